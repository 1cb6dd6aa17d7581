"""Plan the events of a book again from their commands, and compare with what was posted.

The order is that of the dates: each event is planned on what there was at its place, and what was
posted is its own legs with all that amended them since. So legs, lots, measurements and nouns that
do not follow from their command are found, also where they sum to zero and their hashes were made
again. What other rules planned than the present ones, and what a plugin that is not here planned,
is taken as it was posted, and counted.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from loopbook.book.commands.again import plan_again
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, kg
from loopbook.book.commands.empty_lots import COUNTED, to_customers
from loopbook.book.commands.kinds import is_ours, rules_of
from loopbook.book.commands.view import View
from loopbook.book.nouns import (
    Account,
    Assayed,
    Content,
    Entry,
    Event,
    Lot,
    Month,
    Period,
    Vehicle,
    add,
    add_to,
    zero,
)
from loopbook.book.storage.database import uncollected
from loopbook.book.storage.known import Nouns, first_substances
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions import checks
from loopbook.book.storage.questions.places import (
    PlacedLeg,
    StatingHead,
    Stretch,
    lots_ever_held,
    next_dates,
    placed_changes,
    placed_heads,
    placed_legs,
    placed_locations,
    placed_lots,
    placed_measurements,
    stating_heads,
)
from loopbook.book.storage.session import Stated
from loopbook.book.verification.events import UNREADABLE, Notes
from loopbook.book.verification.seals import by_event, one_line

_PAGE = 4_000  # events read at once
_FIRST = -(2**63)
_UNPLANNED = (*UNREADABLE, ArithmeticError, LookupError, RecursionError)
"""Errors of a damaged command."""
_HELD: Mapping[Account, Content] = {Account("lot"): (1,)}
_Parts: TypeAlias = Sequence[tuple[str, ...]]
_NOTHING: Mapping[Account, Content] = {}


class _Unasked:
    """What only a command that is entered asks for."""

    __slots__ = ()

    def assays(self, lot: str) -> Sequence[Assayed]:
        """No results: what was warned of was accepted then."""
        return ()


@dataclass(slots=True)
class _Fleet(Stated):
    """Vehicles with the tares that were known when the event in hand was recorded.

    Parameters
    ----------
    number : of the event in hand.
    """

    nouns: Nouns
    number: int = 0

    def vehicle(self, name: str) -> Vehicle | None:
        """A vehicle with its tares of then."""
        known = self.nouns.vehicles.get(name)
        return None if known is None else known.as_before(self.number)

    def taken(self, keys: Sequence[str]) -> frozenset[str]:
        """No keys: nothing is posted."""
        return frozenset()

    def number_of(self, key: str) -> int:
        """Number of the event in hand."""
        return self.number

    def later_holds(self, lot: str, moment: int) -> Sequence[tuple[int, str]]:
        """No holds: late ones were accepted then."""
        return ()

    def month(self, period: Period) -> Month:
        """Nothing: months were accepted then."""
        return Month()

    def tickets(self, vehicle: str, moment: int) -> Sequence[tuple[int, str]]:
        """No tickets: late tares were accepted then."""
        return ()


@dataclass(slots=True)
class _Played(_Unasked, _Fleet):
    """The book as of one place in the order of its dates, in memory.

    What was done then was done: no hold is asked for, nor whether names look alike.
    """

    held: dict[str, dict[Account, Content]] = field(default_factory=dict)
    made: dict[str, Lot] = field(default_factory=dict)
    counted: dict[str, Mapping[Account, Content]] = field(default_factory=dict)
    gone: dict[str, dict[str, Content]] = field(default_factory=dict)

    def lot(self, name: str) -> Lot | None:
        """A lot that was made by then."""
        return self.made.get(name)

    def holdings(self, lot: str) -> Mapping[Account, Content]:
        """The content of the lot's accounts at this place."""
        return self.held.get(lot, _NOTHING)

    def hold(self, lot: str, moment: int) -> str:
        """No hold."""
        return ""

    def load_mg(self, site: str, hazard: str) -> int:
        """No load: limits were checked then."""
        return 0

    def alike(self, kind: str, name: str) -> str:
        """No other name."""
        return ""

    def names(self, kind: str) -> Sequence[str]:
        """No names for hints."""
        return ()

    def event(self, key: str) -> Event | None:
        """No event: reversals are not planned."""
        return None

    def fact(self, key: str) -> Mapping[Account, Content]:
        """No legs of another event."""
        return _NOTHING

    def counted_out(self, lot: str) -> Mapping[Account, Content]:
        """What a lot that is empty had before it was counted as nothing."""
        return self.counted.get(lot, _NOTHING)

    def delivered(self, lot: str) -> Mapping[str, Content]:
        """What customers have of a lot, by customer."""
        return {party: x for party, x in self.gone.get(lot, {}).items() if any(x)}

    def reversal(self, key: str) -> str:
        """No reversal."""
        return ""

    def last_date(self, lot: str) -> int:
        """No date."""
        return _FIRST

    def history(self, lot: str) -> Sequence[Entry]:
        """No history."""
        return ()

    def place(self, key: str) -> int:
        """No place."""
        return 0

    def apply(self, legs: Mapping[Account, Content], kind: str) -> None:
        """Add legs to what lots hold; of a count that leaves nothing note what was there."""
        for lot in {account.lot for account in legs} if self.counted or kind == COUNTED else ():
            if kind != COUNTED:
                self.counted.pop(lot, None)
            elif lot in self.held:
                self.counted[lot] = dict(self.held[lot])
        for lot, customer, content in to_customers(legs):
            add_to(self.gone.setdefault(lot, {}), customer.party, content)
        for account, content in legs.items():
            if account.kind == "lot":
                accounts = self.held.setdefault(account.lot, {})
                old = accounts.get(account)
                new = content if old is None else add(old, content)
                if any(new):
                    accounts[account] = new
                elif old is not None:
                    del accounts[account]
                    if not accounts:
                        del self.held[account.lot]


@dataclass(slots=True)
class _Recorded(_Played):
    """The book as it was when an event that states nouns was recorded; each lot holds something."""

    holds: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def holdings(self, lot: str) -> Mapping[Account, Content]:
        """Something."""
        return _HELD

    def hold(self, lot: str, moment: int) -> str:
        """The last reason that was recorded for a moment."""
        reasons = [reason for at, reason in self.holds.get(lot, ()) if at <= moment]
        return reasons[-1] if reasons else ""


@dataclass(slots=True)
class Replan:
    """Two passes over the events of a book: nouns as they were recorded, legs by their dates.

    Parameters
    ----------
    db : the book's storage, in a snapshot.
    nouns : all that were stated.
    commands : known kinds of commands by name.
    notes : takes the findings.
    left : events that were not planned again.
    """

    db: Store
    nouns: Nouns
    commands: Mapping[str, type[Command]]
    notes: Notes
    left: int = 0
    _accounts: dict[int, Account] = field(default_factory=dict)
    _stating: set[int] = field(default_factory=set)

    def run(self) -> None:
        """Plan all events again."""
        with uncollected():
            self._plan_nouns()
            view, after = _Played(self.nouns), _FIRST
            while dates := next_dates(self.db, after, _PAGE):
                self._plan_dates(view, dates)
                if dates[1] <= after:
                    raise ValueError("dates that do not rise: the table is damaged")
                after = dates[1]

    def _planned(self, view: View, head: StatingHead) -> Draft | None:
        """The draft of an event; None after a finding."""
        at, number, key, kind, text, _ = head
        where, expected = self._place(number, key, kind), "a command that can be planned again"
        try:
            draft = plan_again(view, self.commands[kind], key, text, at=at)
        except _UNPLANNED as error:
            self.notes.add("plan", where, expected, one_line(error), event=True)
            return None
        if draft.items:
            first = draft.items[0]
            why = first.sentence or f"expected {first.expected}, found {first.found}"
            self.notes.add("plan", where, expected, why, event=True)
            return None
        return draft

    def _has_rules(self, kind: str, planner: int) -> bool:
        """Whether the rules that planned an event of a kind are the present ones."""
        return kind in self.commands and planner == rules_of(self.commands[kind])

    def _place(self, number: int, key: str, kind: str) -> str:
        """An event, for findings; of a plugin's with the reason that there may be."""
        changed = f", of kind {kind}, whose plugin may have changed under the same version"
        return f"event {number} {key!r}{'' if is_ours(kind) else changed}"

    # -- nouns

    def _plan_nouns(self) -> None:
        """Plan again what states nouns."""
        stated = by_event(checks.noun_rows(self.db))
        self._stating.update(stated)
        view = _Recorded(Nouns(first_substances(self.db)))
        for lot, made in lots_ever_held(self.db).items():
            view.made[lot] = Lot(lot, *made)
        for head in stating_heads(self.db):
            at, number, _, kind, _, planner = head
            posted = stated.get(number, [])
            if not self._has_rules(kind, planner):
                self.left += 1
            elif (draft := self._planned(view, head)) is not None:
                self._same(head, "nouns", draft.nouns, posted)
            for noun, name, body in posted:
                if noun == "hold":
                    view.holds.setdefault(name, []).append((at, json.loads(body)["reason"]))
                view.nouns.learn(noun, name, body, number=number)

    def _same(self, head: StatingHead, what: str, planned: _Parts, posted: _Parts) -> None:
        """A finding where parts of an event are not those that its command makes."""
        if planned != posted:
            due, there = Counter(planned), Counter(posted)
            if due != there:
                where, expected = self._place(*head[1:4]), _words(due - there)
                expected = f"by its command {what} {expected}"
                self.notes.add("plan", where, expected, _words(there - due), event=True)

    # -- legs

    def _plan_dates(self, view: _Played, dates: Stretch) -> None:
        """Plan the events of a stretch again."""
        substances = self.nouns.substances
        legs = self._by_event(placed_legs(self.db, substances, dates))
        later = placed_changes(self.db, substances, dates)
        changes, amended = self._by_event(later), Counter(x for x, _ in {row[:2] for row in later})
        lots = by_event(placed_lots(self.db, dates))
        measured = by_event(placed_measurements(self.db, dates))
        located = by_event(placed_locations(self.db, dates))
        for head in placed_heads(self.db, dates):
            at, number, key, kind, _, planner, reverses, undone = head
            view.number = number
            posted = legs.get(number, {})
            for account, content in changes.get(number, _NOTHING).items():
                add_to(posted, account, content)
            if number in self._stating:
                continue
            if undone:
                self._compare((number, key, kind), {}, posted)
                continue
            made, draft = lots.get(number, []), None
            if reverses or not self._has_rules(kind, planner):
                self.left += 1 + amended[number]
            elif (draft := self._planned(view, head[:6])) is not None:
                self._compare((number, key, kind), draft.legs, posted)
                self._same(head[:6], "lots", [(x.id, x.material) for x in draft.lots], made)
                values = measured.get(number, [])
                self._same(head[:6], "measurements", [(*x,) for x in draft.measurements], values)
                self._same(head[:6], "nouns", draft.nouns, located.get(number, []))
            view.apply(posted if draft is None else draft.legs, kind)
            view.made.update((lot, Lot(lot, material, at)) for lot, material in made)

    def _by_event(self, rows: Sequence[PlacedLeg]) -> dict[int, dict[Account, Content]]:
        """Sums of legs by event and account."""
        sums: dict[int, dict[Account, Content]] = {}
        for number, _, account, kind, party, site, lot, *content in rows:
            known = self._accounts.get(account)
            if known is None:
                known = self._accounts[account] = Account(kind, party, site, lot)
            add_to(sums.setdefault(number, {}), known, tuple(content))
        return sums

    def _compare(
        self,
        event: tuple[int, str, str],
        planned: Mapping[Account, Content],
        posted: Mapping[Account, Content],
    ) -> None:
        """A finding with the first account whose leg is not the one that the command makes."""
        if planned == posted:
            return
        nothing = zero(len(self.nouns.substances))
        for account in sorted(planned.keys() | posted.keys()):
            due, there = planned.get(account, nothing), posted.get(account, nothing)
            if due != there:
                columns = [*zip(self.nouns.substances, due, there, strict=True)]
                wrong = [(s, x, y) for s, x, y in columns if x != y]
                expected = ", ".join(f"{s} {kg(x)}" for s, x, _ in wrong)
                value = ", ".join(f"{s} {kg(y)}" for s, _, y in wrong)
                expected = f"by its command {expected} on {account}"
                self.notes.add("plan", self._place(*event), expected, value, event=True)
                return


def _words(parts: Counter[tuple[str, ...]]) -> str:
    return "; ".join(" ".join(filter(None, part)) for part in sorted(parts)) or "none"
