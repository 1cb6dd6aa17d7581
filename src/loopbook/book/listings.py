"""What a person asks of a book: balances, lots, one event, the latest events, what was posted."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.book import Book, unknown_names
from loopbook.book.imports.posting import Imported
from loopbook.book.nouns import Account, Content, Event, mass
from loopbook.book.scope import NOW, AsOf, Scope
from loopbook.book.storage.questions import events, lots
from loopbook.book.storage.rows import read_event
from loopbook.errors import raise_findings
from loopbook.report import HIDDEN, KEYS, Answer, Column, Rows, each_mass, kilograms, moment_of


@dataclass(frozen=True, slots=True)
class Balance:
    """The content of one account."""

    account: Annotated[str, "lot, or the kind of boundary"]
    party: Annotated[str, "who owns it"]
    site: Annotated[str, "where it is"]
    lot: Annotated[str, "of which lot; empty for boundaries"]
    content: Annotated[Content, "what is on the account", each_mass(adds=False)]


@dataclass(frozen=True, slots=True)
class Balances(Answer):
    """The content of each account."""

    substances: Annotated[tuple[str, ...], KEYS]
    accounts: Annotated[tuple[Balance, ...], Rows("Accounts")]

    def headline(self) -> str:
        """How many accounts."""
        return _count(len(self.accounts), "account")


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot as it is now."""

    lot: Annotated[str, "name of the lot"]
    material: Annotated[str, "what it is"]
    sites: Annotated[tuple[str, ...], "where it is"]
    owners: Annotated[tuple[str, ...], "who owns it"]
    hold: Annotated[str, "why it is on hold"]
    made_by: Annotated[str, "key of the event that made it", Column(drops=HIDDEN)]
    content: Annotated[Content, "what is in it now", each_mass()]


@dataclass(frozen=True, slots=True)
class Lots(Answer):
    """Lots by name."""

    substances: Annotated[tuple[str, ...], KEYS]
    lots: Annotated[tuple[LotRow, ...], Rows("Lots")]

    def headline(self) -> str:
        """How many lots."""
        return _count(len(self.lots), "lot")


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event without its legs."""

    event: Annotated[int, "its number"]
    kind: Annotated[str, "kind of its command"]
    occurred_at: Annotated[int, "when it happened", Column(read=moment_of)]
    recorded_at: Annotated[int, "when the book recorded it", Column(read=moment_of, drops=HIDDEN)]
    actor: Annotated[str, "who entered it", Column(drops=2)]
    key: Annotated[str, "its key"]
    document: Annotated[str, "on which paper", Column(drops=HIDDEN)]
    reverses: Annotated[str, "key of the event that it reverses", Column(drops=1)]
    lots: Annotated[tuple[str, ...], "lots that it made or moved"]
    moved: Annotated[
        int, "mass that it moved", Column("mass_kg", "Mass", "kg", decimals=3, read=kilograms)
    ]


@dataclass(frozen=True, slots=True)
class LatestEvents(Answer):
    """The latest events in the order in which they were recorded."""

    events: Annotated[tuple[EventRow, ...], Rows("Events")]

    def headline(self) -> str:
        """How many events."""
        return f"Latest {_count(len(self.events), 'event')}"


@dataclass(frozen=True, slots=True)
class LegRow:
    """A leg of an event: what one account got."""

    key: Annotated[str, "key of the event"]
    kind: Annotated[str, "kind of its command"]
    occurred_at: Annotated[int, "when it happened", Column(read=moment_of, drops=3)]
    account: Annotated[str, "lot, or the kind of boundary"]
    party: Annotated[str, "who owns it"]
    site: Annotated[str, "where it is"]
    lot: Annotated[str, "of which lot; empty for boundaries"]
    content: Annotated[Content, "what came; what left is negative", each_mass(adds=False)]


@dataclass(frozen=True, slots=True)
class MeasurementRow:
    """A measurement of a lot."""

    lot: Annotated[str, "the lot measured"]
    quantity: Annotated[str, "mass, gross, tare or a substance"]
    value: Annotated[str, "as it was reported"]
    uncertainty: Annotated[str, "one standard uncertainty, in the same unit"]
    unit: Annotated[str, "of value and uncertainty"]
    basis: Annotated[str, "dry, or empty for as received"]
    method: Annotated[str, "how"]
    laboratory: Annotated[str, "by whom"]
    sample: Annotated[str, "on which sample"]
    group: Annotated[str, "of measurements that share an error", Column(drops=HIDDEN)]
    stage: Annotated[str, "provisional, exchanged, umpire or final"]


@dataclass(frozen=True, slots=True)
class NounRow:
    """A noun that an event stated."""

    kind: Annotated[str, "party, site, material, hold, period, ..."]
    id: Annotated[str, "its name"]
    body: Annotated[str, "what was stated of it"]


@dataclass(frozen=True, slots=True)
class OneEvent(Answer):
    """One event: who, when, why, its legs and what was measured."""

    substances: Annotated[tuple[str, ...], KEYS]
    key: Annotated[str, "its key"]
    kind: Annotated[str, "kind of its command"]
    actor: Annotated[str, "who entered it"]
    document: Annotated[str, "on which paper"]
    occurred_at: Annotated[int, "when it happened", Column(read=moment_of)]
    recorded_at: Annotated[int, "when the book recorded it", Column(read=moment_of)]
    reverses: Annotated[str, "key of the event that it reverses"]
    number: Annotated[int, "its number", Column(drops=HIDDEN)]
    legs: Annotated[tuple[Balance, ...], Rows("Legs")]
    measurements: Annotated[tuple[MeasurementRow, ...], Rows("Measurements")]
    nouns: Annotated[tuple[NounRow, ...], Rows("Nouns")]

    def shown(self) -> tuple[str, ...]:
        """The tables that have rows."""
        return tuple(x for x in ("nouns", "legs", "measurements") if getattr(self, x))


@dataclass(frozen=True, slots=True)
class Posted(Answer):
    """What a file of commands or an import posted, or would post."""

    file: Annotated[str, "its name"]
    rows: Annotated[int, "rows, or runs, that were read"]
    posted: Annotated[bool, "whether it was posted; no for a dry run"]
    again: Annotated[int, "events that were in the book already"]
    ignored_columns: Annotated[tuple[str, ...], "columns that the mapping does not name"]
    substances: Annotated[tuple[str, ...], KEYS]
    events: Annotated[tuple[EventRow, ...], Rows("Events")]
    legs: Annotated[tuple[LegRow, ...], Rows("Legs")]

    def headline(self) -> str:
        """How many events."""
        verb = "posted" if self.posted else "would be posted; nothing was written"
        again = f"; {self.again} were in the book already" if self.again else ""
        unused = ", ".join(self.ignored_columns)
        ignored = f"; columns not used: {unused}" if unused else ""
        return f"{self.file}: {_count(len(self.events), 'event')} {verb}{again}{ignored}"

    def shown(self) -> tuple[str, ...]:
        """The legs of a dry run."""
        return ("legs",) if self.legs and not self.posted else ()


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'' if number == 1 else 's'}"


def list_balances(
    book: Book,
    *,
    lot: str | None = None,
    party: str | None = None,
    site: str | None = None,
    asof: AsOf = NOW,
) -> Balances:
    """The content of each account; an unknown lot, party or site is an `UnknownNameError`.

    Parameters
    ----------
    lot, party, site : only accounts of these; ``in transit`` is a site.
    asof : only what had happened, or was known, by a moment, inclusive.
    """
    raise_findings(unknown_names(book.store, Scope(party, site, lot)))
    balances = book.balances(
        lot=lot, party=party, site=site, occurred=asof.occurred, recorded=asof.recorded
    )
    return Balances(book.substances, tuple(_balance(a, c) for a, c in balances.items()))


def _balance(account: Account, content: Content) -> Balance:
    return Balance(account.kind, account.party, account.site, account.lot, content)


def list_lots(book: Book, *, material: str | None = None, gone: bool = False) -> Lots:
    """Lots with content, by name: material, where, whose, how much, and why it is on hold.

    Parameters
    ----------
    material : only lots of this material.
    gone : also lots that are empty now.
    """
    held: dict[str, dict[Account, Content]] = {}
    for account, content in book.balances().items():
        if account.kind == "lot":
            held.setdefault(account.lot, {})[account] = content
    on_hold = events.holds(book.store)
    rows = []
    for lot, made_of, key in lots.all_lots(book.store):
        accounts = held.get(lot, {})
        if material not in (None, made_of) or not (accounts or gone):
            continue
        total = tuple(map(sum, zip(*accounts.values(), strict=True)))
        sites, owners = ({a.site for a in accounts}, {a.party for a in accounts})
        whole = total or (0,) * len(book.substances)
        names = (tuple(sorted(sites)), tuple(sorted(owners)), on_hold.get(lot, ""), key)
        rows.append(LotRow(lot, made_of, *names, whole))
    return Lots(book.substances, tuple(rows))


def lot_names(book: Book) -> frozenset[str]:
    """Names of all lots that the book ever had."""
    return frozenset(lots.lot_names(book.store))


def show_event(book: Book, key: str) -> OneEvent:
    """A posted event by its key; an unknown one is an `UnknownNameError` with the nearest keys."""
    event = book.event(key)
    return OneEvent(
        book.substances,
        event.key,
        event.kind,
        event.actor,
        event.document,
        event.occurred_at,
        event.recorded_at,
        event.reverses,
        events.event_number(book.store, key) or 0,
        tuple(_balance(leg.account, leg.content) for leg in event.legs),
        tuple(
            MeasurementRow(
                m.lot,
                m.quantity,
                str(m.value),
                str(m.uncertainty),
                "mg" if m.quantity in ("mass", "gross", "tare") else "kg/kg",
                m.basis,
                m.method,
                m.laboratory,
                m.sample,
                m.group,
                m.stage,
            )
            for m in event.measurements
        ),
        tuple(
            NounRow(kind, name, ", ".join(f"{k} {v}" for k, v in json.loads(body).items()))
            for kind, name, body in event.nouns
        ),
    )


def latest_events(book: Book, last: int = 20) -> LatestEvents:
    """The latest events in the order of recording, without their legs.

    Parameters
    ----------
    last : how many.
    """
    numbers = events.latest_events(book.store, last)
    return LatestEvents(
        tuple(_event_row(read_event(book.store, n, book.substances), n) for n in numbers)
    )


def _event_row(event: Event, number: int = 0) -> EventRow:
    touched = [*(x.id for x in event.lots), *(x.account.lot for x in event.legs)]
    moved = sum(mass(x.content) for x in event.legs if mass(x.content) > 0)
    return EventRow(
        number,
        event.kind,
        event.occurred_at,
        event.recorded_at,
        event.actor,
        event.key,
        event.document,
        event.reverses,
        tuple(lot for lot in dict.fromkeys(touched) if lot),
        moved,
    )


def posted(book: Book, done: Imported) -> Posted:
    """The answer to an import or a file of commands."""
    return Posted(
        done.file,
        done.rows,
        done.posted,
        done.again,
        done.ignored,
        book.substances,
        tuple(map(_event_row, done.events)),
        tuple(leg for event in done.events for leg in _legs(event)),
    )


def _legs(event: Event) -> Iterator[LegRow]:
    for leg in event.legs:
        a = leg.account
        names = (a.kind, a.party, a.site, a.lot)
        yield LegRow(event.key, event.kind, event.occurred_at, *names, leg.content)
