"""The book inside one transaction, for both stores.

A `Session` is the planner's `View`: it reads rows once, keeps them together with the events that
the transaction has planned so far, and writes all of these in a few batches at the end. The
database then checks every event again (see `loopbook.book.storage.schema`).
"""

import json
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from loopbook.book.commands.empty_lots import EmptyLots
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.nouns import (
    Account,
    Assayed,
    Content,
    Entry,
    Event,
    Leg,
    Location,
    Lot,
    Material,
    Month,
    Party,
    Period,
    Site,
    Vehicle,
    add_to,
    is_zero,
    mass,
)
from loopbook.book.storage.database import Database, first_value
from loopbook.book.storage.known import BEFORE_ALL, Nouns
from loopbook.book.storage.needs import HeldRow, MadeRow, Seen
from loopbook.book.storage.questions.batch import accounts_of, ever_held, makings
from loopbook.book.storage.questions.closing import month_of
from loopbook.book.storage.questions.events import event_number, holds_after, keys_taken, tickets_of
from loopbook.book.storage.questions.history import (
    facts_of,
    lot_history,
    place_of_event,
    results_of,
    reversals_of,
)
from loopbook.book.storage.questions.lots import recent_lots, strange_lots
from loopbook.book.storage.rows import (
    Sealed,
    read_events,
    refuse_unwritten,
    seal_events,
    write_parts,
)
from loopbook.book.storage.snapshots import keep_snapshots
from loopbook.tables import look

_OF_LOTS = ("clock", "hold", "located")
"""Kinds of nouns that concern an event or its lots; all others concern the whole book."""


class Stated:
    """The part of a `View` that the nouns answer."""

    __slots__ = ()
    nouns: Nouns

    @property
    def substances(self) -> tuple[str, ...]:
        """Declared substances."""
        return self.nouns.substances

    def party(self, name: str) -> Party | None:
        """A registered party."""
        return self.nouns.parties.get(name)

    def site(self, name: str) -> Site | None:
        """A registered site."""
        return self.nouns.sites.get(name)

    def material(self, name: str) -> Material | None:
        """A registered material."""
        return self.nouns.materials.get(name)

    def period(self, name: str) -> Period | None:
        """A period by name."""
        return self.nouns.periods.get(name)

    def location(self, name: str) -> Location | None:
        """A registered location, by its site and name."""
        return self.nouns.locations.get(name)

    def vehicle(self, name: str) -> Vehicle | None:
        """A registered vehicle."""
        return self.nouns.vehicles.get(name)

    def closed_until(self) -> int:
        """The end of the last closed period; below all dates if none is closed."""
        return self.nouns.closed_until

    def open_before(self, moment: int) -> Period | None:
        """A period that began before a moment and is open."""
        periods = self.nouns.periods.values()
        return next((p for p in periods if p.start < moment and not p.closed), None)

    def overlapping(self, start: int, end: int, *, but: str = "") -> Period | None:
        """A period but one that overlaps a stretch of time."""
        for period in self.nouns.periods.values():
            if period.id != but and period.start < end and start < period.end:
                return period
        return None


class Asked:
    """The part of a `View` that warnings ask: results, tickets with stored tares, months."""

    __slots__ = ()
    db: Database
    nouns: Nouns
    _lots: dict[str, Lot | None]
    _assayed: set[str]  # lots whose pending events have results, or reverse some
    _results: dict[str, list[Assayed]]

    def assays(self, lot: str) -> Sequence[Assayed]:
        """All results of a lot that were not reversed, in the order in which they count."""
        if lot in self._assayed:
            self.flush()
        if lot not in self._results:  # and of the batch's other lots, with the same question
            known = self._results.keys() | self._assayed
            others = islice((x for x in self._lots if x not in known), self.db.at_once - 1)
            self._results |= results_of(self.db, [*{lot: None, **dict.fromkeys(others)}])
        return self._results[lot]

    def _note_results(self, lots: set[str]) -> None:
        """Lots have new results, or old ones no more."""
        self._assayed |= lots
        for lot in lots & self._results.keys():
            del self._results[lot]

    def taken(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of some keys that posted events have."""
        self.flush()
        return keys_taken(self.db, keys)

    def number_of(self, key: str) -> int:
        """Number of an event in the order of recording."""
        self.flush()
        return event_number(self.db, key) or 0

    def later_holds(self, lot: str, moment: int) -> Sequence[tuple[int, str]]:
        """Dates and reasons of a lot's holds after a moment, in order; empty of a release."""
        self.flush()
        return holds_after(self.db, lot, moment)

    def month(self, period: Period) -> Month:
        """What was posted into a period and the time before it, and what is open at its end."""
        self.flush()
        start = self.nouns.counts_from(period)
        return month_of(self.db, self.nouns.substances, start, period.end)

    def tickets(self, vehicle: str, moment: int) -> Sequence[tuple[int, str]]:
        """Date and key of the tickets from a moment on that took a stored tare of a vehicle."""
        self.flush()
        return tickets_of(self.db, f"stored tare, vehicle {vehicle}", moment)

    def flush(self) -> None:
        """Write what is pending."""


@dataclass(slots=True)
class Session(EmptyLots, Asked, Stated):
    """The book inside one transaction: reads through, remembers, writes at the end.

    Parameters
    ----------
    db : connection with an open transaction.
    nouns : all that were stated; the session adds to them.
    numbers : numbers for new events, rising.
    now : the storage's clock, microseconds since 1970 UTC.
    last : when the last event was recorded, on the same clock.
    latest : number and time of recording of the last event that was written.
    behind : of a clock that is before the last event: what it showed, and that event; each event
        of the session notes it. See `loopbook.book.recording`.
    """

    db: Database
    nouns: Nouns
    numbers: Iterator[int]
    now: int
    last: int
    latest: tuple[int, int] = (0, 0)
    behind: dict[str, str] = field(default_factory=dict)
    _accounts: dict[Account, int] = field(default_factory=dict)
    _held: dict[str, dict[Account, Content]] = field(default_factory=dict)
    _unread: dict[str, list[Leg]] = field(default_factory=dict)
    _lots: dict[str, Lot | None] = field(default_factory=dict)
    _loads: dict[tuple[str, str], int] = field(default_factory=dict)
    _events: dict[str, Event] = field(default_factory=dict)
    _pending: list[Sealed] = field(default_factory=list)
    _reversed: dict[str, str] = field(default_factory=dict)
    _ever_held: dict[str, bool] = field(default_factory=dict)
    _latest: dict[str, int] = field(default_factory=dict)
    _makings: dict[str, int] = field(default_factory=dict)
    _materials: dict[str, str] = field(default_factory=dict)
    _makers: dict[str, str] = field(default_factory=dict)
    _absent: set[str] = field(default_factory=set)
    _assayed: set[str] = field(default_factory=set)
    _results: dict[str, list[Assayed]] = field(default_factory=dict)
    _all_seen: bool = False
    _histories: dict[str, Sequence[Entry]] = field(default_factory=dict)
    _places: dict[str, tuple[int, int]] = field(default_factory=dict)
    _facts: dict[str, Mapping[Account, Content]] = field(default_factory=dict)

    def preload(self, seen: Seen) -> None:
        """Take in rows that the store has already read and locked, so that none is read again."""
        self._absent.update(seen.absent)
        self._lots.update(dict.fromkeys(seen.lots))
        self._learn_makings(seen.made)
        self._held.update({lot: {} for lot in seen.lots})
        for row in seen.held:
            self._hold_account(row)
        self._ever_held.update({lot: lot in seen.holds for lot in seen.lots})

    # -- what planners ask

    def hold(self, lot: str, moment: int) -> str:
        """Why the lot was on hold at a moment; empty if it was not."""
        if lot not in self._ever_held:
            self._ever_held[lot] = bool(ever_held(self.db, [lot]))
        if not self._ever_held[lot]:
            return ""
        self.flush()
        sql = (
            "SELECT n.body FROM noun n JOIN event e ON e.id = n.event WHERE n.kind = 'hold' "
            "AND n.id = ? AND e.occurred_at <= ? ORDER BY e.occurred_at DESC, n.event DESC LIMIT 1"
        )
        body: str | None = first_value(self.db, sql, (lot, moment), None)
        return "" if body is None else str(json.loads(body)["reason"])

    def lot(self, name: str) -> Lot | None:
        """A lot that was ever made, with when that was."""
        if name not in self._lots:
            self._lots[name] = None
            self._learn_makings(makings(self.db, [name]))
        return self._lots[name]

    def _learn_makings(self, rows: Sequence[MadeRow]) -> None:
        """Remember lots, each by its last making; one whose making was reversed is not there."""
        for name, material, made_at, again, undone in rows:
            self._makings[name], self._materials[name] = again + 1, material
            self._lots[name] = None if undone else Lot(name, material, made_at)

    def holdings(self, lot: str) -> Mapping[Account, Content]:
        """The contents of the lot's accounts, without the empty ones; no name is no lot."""
        held = self._balances(lot) if lot else {}
        return {a: c for a, c in held.items() if not is_zero(c)}

    def _balances(self, lot: str) -> dict[Account, Content]:
        """The lot's accounts, the empty ones too; locked and read once."""
        if lot not in self._held:
            self.db.lock([lot])
            self._held[lot] = {}
            for row in accounts_of(self.db, self.substances, [lot]):
                self._hold_account(row)
            for leg in self._unread.pop(lot, ()):
                add_to(self._held[lot], leg.account, leg.content)
        return self._held[lot]

    def _hold_account(self, row: HeldRow) -> None:
        """Remember one of a lot's accounts."""
        lot, number, party, site, last_at, *content = row
        account = Account("lot", party, site, lot)
        self._accounts[account] = number
        self._held[lot][account] = tuple(content)
        self._dated(lot, last_at)

    def _dated(self, lot: str, moment: int) -> None:
        latest = self._latest.get(lot)
        if latest is None or latest < moment:
            self._latest[lot] = moment

    def last_date(self, lot: str) -> int:
        """Date of the last posting on the lot's accounts; below all dates if there is none."""
        self._balances(lot)
        return self._latest.get(lot, BEFORE_ALL)

    def history(self, lot: str) -> Sequence[Entry]:
        """All that was posted on the lot's accounts and its customers', by date and number."""
        if lot not in self._histories:
            self._balances(lot)  # locks it
            self.flush()
            self._histories[lot] = lot_history(self.db, self.substances, lot)
            self._places.update((entry.key, entry[:2]) for entry in self._histories[lot])
        return self._histories[lot]

    def fact(self, key: str) -> Mapping[Account, Content]:
        """Legs of an event with all that amends or reverses it, by account."""
        self.flush()
        if key not in self._facts:
            self._facts |= facts_of(self.db, self.substances, self._after(key, self._facts))
        return self._facts[key]

    def _after(self, key: str, known: Container[str]) -> list[str]:
        """An event's key, and what a replay asks next: the later keys of the lots' histories."""
        place = self._places.get(key)
        later = [] if place is None else [k for k, x in self._places.items() if x > place]
        return [key, *(k for k in later if k not in known)]

    def load_mg(self, site: str, hazard: str) -> int:
        """Mass of a hazard class that a site holds."""
        if (site, hazard) not in self._loads:
            self.db.lock_load(site, hazard)
            sql = "SELECT mass FROM load WHERE site = ? AND hazard = ?"
            self._loads[site, hazard] = first_value(self.db, sql, (site, hazard), 0)
        return self._loads[site, hazard]

    def event(self, key: str) -> Event | None:
        """A posted event."""
        if key not in self._events and key not in self._absent:
            self._events |= read_events(self.db, self.substances, self._after(key, self._events))
        return self._events.get(key)

    def reversal(self, key: str) -> str:
        """Key of the event that reversed an event; empty if none did."""
        if key not in self._reversed:
            self._reversed |= reversals_of(self.db, self._after(key, self._reversed))
        return self._reversed[key]

    def place(self, key: str) -> int:
        """Number of the place that an event has among those of its date."""
        self.flush()
        return place_of_event(self.db, key)

    def alike(self, kind: str, name: str) -> str:
        """Another name of a kind that looks like a name; empty if none does."""
        if kind != "lot":
            return self.nouns.alike(kind, name)
        nouns, plain = self.nouns, look(name)
        if plain != name:  # nobody makes the lot that it looks like meanwhile
            self.db.lock_all()
        if not self._all_seen:
            (_, last), *lots = strange_lots(self.db, nouns.strange_until)
            nouns.strange_lots.update((look(lot), lot) for lot, _ in lots)
            nouns.strange_until, self._all_seen = last, True
        twin = nouns.strange_lots.get(plain, "")
        if twin in ("", name) and plain != name and self.lot(plain) is not None:
            twin = plain
        return "" if twin == name else twin

    def names(self, kind: str) -> Sequence[str]:
        """Known names of a kind, for hints."""
        if kind == "lot":
            made = [n for n, x in self._lots.items() if x is not None]
            return [*made, *recent_lots(self.db)]
        known: dict[str, Iterable[str]] = {
            "party": self.nouns.parties,
            "site": self.nouns.sites,
            "material": self.nouns.materials,
            "period": self.nouns.periods,
            "vehicle": self.nouns.vehicles,
            "location": self.nouns.locations,
        }
        return list(known[kind])

    # -- planned events

    def append(self, *events: Event) -> int:
        """Add planned events in their order, which `flush` writes; the number of the last."""
        for event in events:
            number = self._append(event)
        return number

    def _append(self, event: Event) -> int:
        if self.behind:
            noun = ("clock", event.key, json.dumps(self.behind, ensure_ascii=False))
            event = replace(event, nouns=tuple(sorted([*event.nouns, noun])))
        refuse_unwritten(event)
        number = next(self.numbers)
        if event.reverses:
            self._unmake(event.reverses)
            self._reversed[event.reverses] = event.key
        if event.lots:
            lots = tuple(map(self._made_again, event.lots))
            event = event if lots == event.lots else replace(event, lots=lots)
        self._histories.clear()
        self._places.clear()
        self._facts.clear()
        self._pending.append((number, event, leaf_of(event_bytes(event, self.substances))))
        self._events[event.key] = event
        self._absent.discard(event.key)
        for lot in event.lots:
            self._lots[lot.id] = Lot(lot.id, lot.material, event.occurred_at, lot.again)
            self._makers[lot.id], self._materials[lot.id] = event.key, lot.material
            self._held.setdefault(lot.id, {})
            plain = look(lot.id)
            if plain != lot.id:
                self.nouns.strange_lots.setdefault(plain, lot.id)
        if event.kind == "assay" or event.reverses:
            self._note_results({leg.account.lot for leg in event.legs})
        for leg in event.legs:
            self._apply(leg, event.occurred_at)
        self._learn_nouns(event, number)
        return number

    def _learn_nouns(self, event: Event, number: int) -> None:
        """Take in what an event states, alone where it concerns the whole book."""
        for kind, name, body in event.nouns:
            if kind == "hold":
                self._ever_held[name] = True
            elif kind not in _OF_LOTS:
                self.db.lock_all()
                if kind == "substance":
                    self._declare(name)
                self.nouns.learn(kind, name, body, number=number)

    def _unmake(self, key: str) -> None:
        """Forget the lots of an event that the reversal in hand undoes."""
        wrong = self.event(key)
        for lot in () if wrong is None else wrong.lots:
            self._materials.setdefault(lot.id, lot.material)  # it leaves the loads of its sites
            if self._makers.get(lot.id, key) == key:
                self._lots[lot.id] = None

    def _made_again(self, lot: Lot) -> Lot:
        """A lot that an event makes, with how often it was made before."""
        self.lot(lot.id)
        before = self._makings.get(lot.id, 0)
        self._makings[lot.id] = before + 1
        return replace(lot, again=before) if before else lot

    def _declare(self, substance: str) -> None:
        """Add a substance's columns, and to the contents that are known here."""
        self.flush()
        self._events.clear()  # contents are read again, with the new substance
        self.db.declare(substance, (*self.substances, substance))
        for held in self._held.values():
            held.update({account: (*content, 0) for account, content in held.items()})

    def _apply(self, leg: Leg, moment: int) -> None:
        account = leg.account
        if account.kind != "lot":
            return
        self._dated(account.lot, moment)
        held = self._held.get(account.lot)
        if held is None:  # no planner has asked for this lot: it is read when one does
            self._unread.setdefault(account.lot, []).append(leg)
        else:
            add_to(held, account, leg.content)
        place = self._limited(account)
        if place is not None:
            self._loads[place] = self.load_mg(*place) + mass(leg.content)

    def _limited(self, account: Account) -> tuple[str, str] | None:
        """Site and hazard class that an account's content counts for, if the site limits it."""
        site = self.site(account.site)
        if site is None or not site.limits:
            return None
        self.lot(account.lot)
        material = self.material(self._materials.get(account.lot, ""))
        if material is None or material.hazard not in site.limits:
            return None
        return site.id, material.hazard

    def flush(self) -> None:
        """Write the pending events, parts first; an event's own row seals it and is checked."""
        pending, self._pending = self._pending, []
        self._assayed.clear()
        if not pending:
            return
        write_parts(self.db, pending, self._accounts, self.nouns)
        if any(site.limits for site in self.nouns.sites.values()):
            self._write_loads(pending)
        seal_events(self.db, pending)
        self._unread.clear()
        self.latest = (pending[-1][0], pending[-1][1].recorded_at)
        events = [event for _, event, _ in pending]
        keep_snapshots(self.db, self.substances, events, self.nouns.periods)

    def _write_loads(self, pending: Sequence[Sealed]) -> None:
        """Write what the sites with limits hold of each hazard class."""
        new = [name for _, e, _ in pending for kind, name, _ in e.nouns if kind == "site"]
        limits = [(s, h, 0, most) for s in new for h, most in self.nouns.sites[s].limits.items()]
        self.db.insert("load", limits)
        loads: Counter[tuple[str, str]] = Counter()
        for _, event, _ in pending:
            for leg in event.legs:
                place = self._limited(leg.account) if leg.account.kind == "lot" else None
                if place is not None:
                    loads[place] += mass(leg.content)
        self.db.write(
            "UPDATE load SET mass = mass + ? WHERE site = ? AND hazard = ?",
            [(change, *place) for place, change in sorted(loads.items()) if change],
        )
