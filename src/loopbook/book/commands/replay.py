"""Facts that are reported late: what they change in the events that came after them.

The book as it is known now is the one that results when all facts are played in order of their
dates. A ticket of 2 March that comes in after a run of 5 March is planned on what its lot held on
2 March; then each later event that used what it changed is planned again from its own command, at
its own date, on what it would have found. The difference between the legs it gets and the legs it
has is an event that *amends* it, of the same date. Kilograms that were taken, measured outputs and
suppliers do not change: they are in the commands. An event that could not have happened so is a
finding, and nothing is posted.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from loopbook.book.commands.again import plan_again
from loopbook.book.commands.draft import CommandFinding, moment_at
from loopbook.book.commands.empty_lots import COUNTED, counted_out, to_customers
from loopbook.book.commands.kinds import PLUGIN, command_of, rules_of
from loopbook.book.commands.same_view import SameView
from loopbook.book.nouns import (
    LAST,
    Account,
    Content,
    Entry,
    Event,
    Lot,
    Vehicle,
    add_to,
    is_zero,
    negate,
)
from loopbook.errors import Finding

_NO_LEGS: Mapping[Account, Content] = {}
_SOME = 3  # refused events that a sentence explains


@dataclass(slots=True)
class Replay(SameView):
    """The book as of one place in the order of its facts, with what a late fact changes.

    A place is a date and the number of an event; what is before it has happened.

    Parameters
    ----------
    book : as it is, inside the transaction.
    at, number : the place.
    kind : of the command in hand.
    """

    at: int
    kind: str = field(kw_only=True)
    number: int = LAST
    amended: list[tuple[Event, Mapping[Account, Content]]] = field(default_factory=list)
    _changes: dict[str, list[Entry]] = field(default_factory=dict)
    _hidden: set[str] = field(default_factory=set)
    _planned_again: bool = False
    _in_hand: str = ""
    _removed: set[str] = field(default_factory=set)
    _made: dict[str, Lot] = field(default_factory=dict)
    _other: set[str] = field(default_factory=set)  # lots that are of another material now
    _seen: set[str] = field(default_factory=set)
    _waiting: list[tuple[int, int, str]] = field(default_factory=list)
    _refused: dict[str, str] = field(default_factory=dict)

    # -- the view of a planner

    def lot(self, name: str) -> Lot | None:
        """A lot; none that the event in hand makes, or a removed one made."""
        if name in self._hidden or name in self._removed:
            return None
        return self._made.get(name) or self.book.lot(name)

    def hold(self, lot: str, moment: int) -> str:
        """Why the lot was on hold at a moment; what was done then was done."""
        return "" if self._planned_again else self.book.hold(lot, moment)

    def alike(self, kind: str, name: str) -> str:
        """Another name that looks the same; none for an event in hand: it was accepted then."""
        return "" if self._planned_again else self.book.alike(kind, name)

    def vehicle(self, name: str) -> Vehicle | None:
        """A vehicle, with the tares that were known when the event in hand was recorded."""
        known = self.book.vehicle(name)
        if known is None or not self._in_hand:
            return known
        return known.as_before(self.book.number_of(self._in_hand))

    def last_date(self, lot: str) -> int:
        """Date of the last posting on a lot, up to this place."""
        return min(self.at, self.book.last_date(lot))

    def history(self, lot: str) -> Sequence[Entry]:
        """What was posted on a lot, with what is changed."""
        return [*self.book.history(lot), *self._changes.get(lot, ())]

    def delivered(self, lot: str) -> Mapping[str, Content]:
        """What customers have of a lot at this place, by customer."""
        sums = self._sums(self.history(lot))
        return {a.party: content for a, content in sums.items() if a.kind != "lot"}

    def holdings(self, lot: str) -> Mapping[Account, Content]:
        """The content of the lot's accounts at this place."""
        sums = self._sums(self.history(lot))
        return {account: content for account, content in sums.items() if account.kind == "lot"}

    def counted_out(self, lot: str) -> Mapping[Account, Content]:
        """What a lot that is empty at this place had before it was counted as nothing."""
        place = (self.at, self.number)
        entries = [x for x in self.history(lot) if x[:2] < place]
        return counted_out(self.book, entries, self.kind)

    # -- playing

    def _sums(self, entries: Iterable[Entry]) -> dict[Account, Content]:
        """Content by account of the entries before this place."""
        sums: dict[Account, Content] = {}
        for entry in entries:
            if (entry.at, entry.number) < (self.at, self.number):
                add_to(sums, entry.account, entry.content)
        return {account: content for account, content in sums.items() if not is_zero(content)}

    def change(
        self,
        legs: Mapping[Account, Content],
        *,
        reverses: bool = False,
        before: Mapping[Account, Content] = _NO_LEGS,
    ) -> None:
        """Note what is changed at this place, on the accounts of lots and of their customers.

        Parameters
        ----------
        reverses : whether the legs are those of an event with the sign turned.
        before : legs of the event that they amend.
        """
        of_lots = [(x.lot, x, content) for x, content in legs.items() if x.kind == "lot"]
        of_customers = to_customers(legs, reverses=reverses, before=before)
        for lot, account, content in (*of_lots, *of_customers):
            entry = Entry(self.at, self.number, "", account, content)
            self._changes.setdefault(lot, []).append(entry)

    def remove(self, event: Event) -> None:
        """Play without an event: the lots that it made are not there."""
        self.at, self.number = event.occurred_at, self.book.place(event.key)
        self._removed.update(lot.id for lot in event.lots)
        self._seen.add(event.key)

    def go_to(self, at: int) -> None:
        """Go on to a date at which an event is corrected: to its place, if that is its date."""
        place = (at, self.number if at == self.at else LAST)
        self.play(place)
        self.at, self.number = place

    def put(self, lots: Iterable[Lot], legs: Mapping[Account, Content]) -> None:
        """Note what an event makes and moves at this place."""
        made = {lot.id: replace(lot, made_at=self.at) for lot in lots}
        was = {name: self.book.lot(name) for name in made}
        self._other |= {name for name, lot in was.items() if lot and not _alike(lot, made[name])}
        self._made.update(made)
        self._removed -= made.keys()
        self.change(legs)

    def play(self, until: tuple[int, int] = (LAST, LAST)) -> None:
        """Plan again, in order, the events after this place that used what is changed.

        Parameters
        ----------
        until : a place; what is there and after waits.
        """
        self._wait_for(self._changes)
        while self._waiting and self._waiting[0][:2] < until:
            self.at, self.number, key = heapq.heappop(self._waiting)
            event = self.book.event(key)
            if event is None or event.reverses or self.book.reversal(key):
                continue
            lots = {leg.account.lot for leg in event.legs} - {""}
            changed = any(self._sums(self._changes.get(lot, ())) for lot in lots)
            if event.kind == COUNTED:  # what is found again has what it had before
                changed = not lots.isdisjoint(self._changes)
            if not changed and not lots & (self._removed | self._other):
                continue
            legs = self._planned(event)
            if legs is None:  # played without it, so that what depends on it is found, too
                self._removed.update(lot.id for lot in event.lots)
            changes, before = dict(legs or {}), self.book.fact(key)
            for account, content in before.items():
                add_to(changes, account, negate(content))
            changes = {account: x for account, x in changes.items() if not is_zero(x)}
            if changes:
                self.amended.append((event, changes))
                self.change(changes, before=before)
                self._wait_for({account.lot for account in changes})

    def _wait_for(self, lots: Iterable[str]) -> None:
        """Wait for the events after this place that touch lots."""
        for lot in sorted(set(lots) - {""}):
            for entry in self.book.history(lot):
                later = (entry.at, entry.number) > (self.at, self.number)
                if later and entry.key not in self._seen:
                    self._seen.add(entry.key)
                    heapq.heappush(self._waiting, entry[:3])

    def _planned(self, event: Event) -> Mapping[Account, Content] | None:
        """Legs that an event gets at this place; None after a finding."""
        kind = command_of(event.kind)
        if kind is None:
            self._refuse(event, f"no command of kind {event.kind} is known; it needs its plugin")
            return None
        if event.planner // PLUGIN != rules_of(kind) // PLUGIN:
            version, now = event.planner // PLUGIN + 1, kind.version
            why = f"version {version} of kind {event.kind} planned it, and version {now} is here"
            self._refuse(event, why)
            return None
        self._hidden, self._planned_again = {lot.id for lot in event.lots}, True
        self._in_hand = event.key
        draft = plan_again(self, kind, event.key, event.command, at=event.occurred_at)
        self._hidden, self._in_hand = set(), ""
        if draft.items:
            first = draft.items[0]
            self._refuse(event, first.sentence or f"{first.found} is not {first.expected}")
            return None
        was = {lot.id: lot for lot in event.lots}
        for lot in draft.lots:
            if lot.id in was and not _alike(lot, was[lot.id]):
                why = (
                    f"it made lot {lot.id} of {was[lot.id].material}, which would be {lot.material}"
                )
                self._refuse(event, why)
                return None
        return draft.legs

    def _refuse(self, event: Event, why: str) -> None:
        """Note that an event could not have happened."""
        self._refused[event.key] = f"{event.key!r} of {moment_at(event.occurred_at)}: {why}"

    def refusals(self, where: str, at: str) -> list[Finding]:
        """A finding at a field that names the events that could not have happened, and why."""
        if not self._refused:
            return []
        keys, why = ", ".join(self._refused), "; ".join(self._refused.values())
        hint = "reverse these first, the last one first"
        if len(self._refused) > _SOME:
            first = next(iter(self._refused.values()))
            why = f"{first}; and so {len(self._refused) - 1} others"
            backwards = ", ".join(map(repr, reversed(self._refused)))
            hint = f"reverse these first, in this order: {backwards}"
        return [
            CommandFinding(
                "depends",
                f"{where}, {at}" if at else where,
                "later events that are right with it",
                keys,
                hint,
                sentence=f"later events could not have happened so: {why}",
                field=at,
                about="state",
            )
        ]


def _alike(one: Lot, other: Lot) -> bool:
    """Whether two lots of a name are of one material."""
    return one.material == other.material
