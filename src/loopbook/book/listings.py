"""What a person asks of a book: balances, lots, events, its tables, what was posted or made."""

from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
from decimal import Decimal
from typing import Annotated

from loopbook.book.book import Book, unknown_names
from loopbook.book.commands.results import rules_of
from loopbook.book.imports.posting import Imported
from loopbook.book.modelled import says_modelled
from loopbook.book.nouns import WEIGHTS, Content, Event, Leg, Measurement, add_to
from loopbook.book.recording import clock_notes
from loopbook.book.scope import NOW, AsOf, Scope
from loopbook.book.storage.address import same_book, shown_address
from loopbook.book.storage.database import uncollected
from loopbook.book.storage.known import stored_object
from loopbook.book.storage.open import migrate, rebuild_edges
from loopbook.book.storage.questions import events, history, locations, lots
from loopbook.book.storage.rows import read_event
from loopbook.book.storage.schema import TABLES, VERSION
from loopbook.errors import raise_findings, require_known
from loopbook.report import (
    HIDDEN,
    KEYS,
    Answer,
    Column,
    Rows,
    counted,
    each_mass,
    kilograms,
    moment_of,
)


@dataclass(frozen=True, slots=True)
class Balance:
    """The content of one account, or what an event added to it."""

    account: Annotated[str, "lot, or the kind of boundary"]
    party: Annotated[str, "who owns it"]
    site: Annotated[str, "where it is"]
    lot: Annotated[str, "of which lot; empty for boundaries"]
    content: Annotated[
        Content, "what is there, or what came; negative: what left", each_mass(adds=False, drops=1)
    ]


@dataclass(frozen=True, slots=True)
class PlacedBalance(Balance):
    """The content of an account, and where inside its site the lot is."""

    location: Annotated[str, "where inside the site it is", Column(drops=2)] = ""


@dataclass(frozen=True, slots=True)
class AtLocation:
    """What is at one location."""

    site: Annotated[str, "which site"]
    location: Annotated[str, "where inside it; empty where that was not stated"]
    lots: Annotated[tuple[str, ...], "which lots"]
    content: Annotated[Content, "what is there", each_mass(drops=1)]


@dataclass(frozen=True, slots=True)
class Balances(Answer):
    """The content of each account."""

    substances: Annotated[tuple[str, ...], KEYS]
    accounts: Annotated[tuple[PlacedBalance, ...], Rows("Accounts")]
    as_closed: Annotated[
        tuple[Balance, ...], Rows("Accounts as they were known when the period was closed")
    ] = ()
    locations: Annotated[tuple[AtLocation, ...], Rows("Locations")] = ()
    changed: Annotated[bool, "whether more is known of a closed period than at its closing"] = False

    def headline(self) -> str:
        """How many accounts, and whether more is known of a closed period than at its closing."""
        if self.locations:
            return counted(len(self.locations), "location")
        later = "; more is known now than when the period was closed" if self.changed else ""
        return f"{counted(len(self.accounts), 'account')}{later}"

    def shown(self) -> tuple[str, ...]:
        """Locations, if they were asked for; of a closed period both states, if they differ."""
        if self.locations:
            return ("locations",)
        return ("accounts", "as_closed") if self.changed else ("accounts",)


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot as it is now."""

    lot: Annotated[str, "name of the lot"]
    material: Annotated[str, "what it is"]
    sites: Annotated[tuple[str, ...], "where it is"]
    locations: Annotated[tuple[str, ...], "where inside its sites it is", Column(drops=2)]
    owners: Annotated[tuple[str, ...], "who owns it"]
    hold: Annotated[str, "why it is on hold"]
    made_by: Annotated[str, "key of the event that made it", Column(drops=HIDDEN)]
    content: Annotated[Content, "what is in it now", each_mass(drops=1)]


@dataclass(frozen=True, slots=True)
class Lots(Answer):
    """Lots by name."""

    substances: Annotated[tuple[str, ...], KEYS]
    lots: Annotated[tuple[LotRow, ...], Rows("Lots")]

    def headline(self) -> str:
        """How many lots."""
        return counted(len(self.lots), "lot")


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
    amends: Annotated[str, "key of the event whose legs a late fact changes", Column(drops=HIDDEN)]
    posted_at: Annotated[
        int | None, "date that decides its period, if another", Column(read=moment_of, drops=HIDDEN)
    ]
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
        return f"Latest {counted(len(self.events), 'event')}"


@dataclass(frozen=True, slots=True)
class LegRow(Balance):
    """A leg of an event: what one account got."""

    key: Annotated[str, "key of the event", Column(order=-1)]
    kind: Annotated[str, "kind of its command", Column(order=-1)]
    occurred_at: Annotated[int, "when it happened", Column(read=moment_of, drops=3, order=-1)]


@dataclass(frozen=True, slots=True)
class NounRow:
    """A noun that an event stated."""

    kind: Annotated[str, "party, site, material, hold, period, ..."]
    id: Annotated[str, "its name"]
    body: Annotated[str, "what was stated of it"]


class MeasuredRow(Measurement):
    """What an event measured; weights in kg."""

    __slots__ = ()

    @property
    def unit(self) -> Annotated[str, "of value and uncertainty"]:
        """Unit of value and uncertainty."""
        return "kg" if self.quantity in WEIGHTS else "kg/kg"


@dataclass(frozen=True, slots=True)
class OneEvent(EventRow, Answer):
    """One event: who, when, why, its legs and what was measured."""

    recorded_at: Annotated[int, "when the book recorded it", Column(read=moment_of)]
    document: Annotated[str, "on which paper"]
    accepted: Annotated[tuple[str, ...], "warnings that were accepted, each with its reason"]
    amends: Annotated[str, "key of the event whose legs a late fact changes"]
    posted_at: Annotated[
        int | None, "date that decides its period, if another", Column(read=moment_of)
    ]
    reason: Annotated[str, "why it was posted, if its command says so"]
    corrects: Annotated[str, "key of the event in whose place it is"]
    reversed_by: Annotated[str, "key of the event that reverses it; it counts no more"]
    corrected_by: Annotated[str, "key of the event that is in its place"]
    amended_by: Annotated[tuple[str, ...], "keys of the events that change its legs"]
    command: Annotated[str, "what was posted, as JSON", Column(drops=HIDDEN)]
    substances: Annotated[tuple[str, ...], KEYS]
    nouns: Annotated[tuple[NounRow, ...], Rows("Nouns")]
    legs: Annotated[tuple[Balance, ...], Rows("Legs")]
    measurements: Annotated[tuple[MeasuredRow, ...], Rows("Measurements")]
    notes: Annotated[tuple[str, ...], "what to know about it"]

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
    notes: Annotated[tuple[str, ...], "what to know about it"]

    def headline(self) -> str:
        """How many events."""
        verb = "posted" if self.posted else "would be posted; nothing was written"
        were = "was" if self.again == 1 else "were"
        again = f"; {self.again} {were} in the book already" if self.again else ""
        unused = ", ".join(self.ignored_columns)
        ignored = f"; columns not used: {unused}" if unused else ""
        amended = sum(bool(event.amends) for event in self.events)
        count = counted(len(self.events) - amended, "event")
        later = f"; amended: {counted(amended, 'later event')}" if amended else ""
        return f"{self.file}: {count} {verb}{later}{again}{ignored}"

    def shown(self) -> tuple[str, ...]:
        """The legs of a dry run."""
        return ("legs",) if self.legs and not self.posted else ()


@dataclass(frozen=True, slots=True)
class NewBook(Answer):
    """A book that was made."""

    book: Annotated[str, "its file or address"]
    substances: Annotated[tuple[str, ...], "what it tracks separately"]

    def headline(self) -> str:
        """The book and its substances."""
        names = ", ".join(self.substances)
        return f"{self.book}: a new book of {counted(len(self.substances), 'substance')}: {names}"


@dataclass(frozen=True, slots=True)
class Migrated(Answer):
    """A book of an older version that is of this version now."""

    book: Annotated[str, "its file or address"]
    from_version: Annotated[int, "version of its tables before"]
    to_version: Annotated[int, "version of its tables now"]
    edges: Annotated[int | None, "edges that were derived again from the postings"]

    def headline(self) -> str:
        """From which version to which."""
        old, new = self.from_version, self.to_version
        moved = f"from version {old} to {new}; now: loopbook book verify {same_book(self.book)}"
        text = f"{self.book}: " + (f"of version {new} already" if old == new else moved)
        edges = f"{self.book}: {self.edges or 0:,} edges derived again from the postings\n"
        return text if self.edges is None else edges + text


@dataclass(frozen=True, slots=True)
class SchemaTable:
    """A table of the stored book."""

    table: Annotated[str, "its name"]
    why: Annotated[str, "why it is there", Column(title="Reason")]
    constraints: Annotated[tuple[str, ...], "what holds over its rows", Column(drops=1)]


@dataclass(frozen=True, slots=True)
class SchemaColumn:
    """A column of a table."""

    table: Annotated[str, "of which table"]
    column: Annotated[str, "its name; s_... stands for one of each substance"]
    type: Annotated[str, "its type in SQL", Column(drops=1, order=1)]
    why: Annotated[str, "why it is there", Column(title="Reason")]


@dataclass(frozen=True, slots=True)
class BookSchema(Answer):
    """The tables of a book with the reason for each column."""

    substances: Annotated[tuple[str, ...], "in the order of their columns", Column(drops=HIDDEN)]
    tables: Annotated[tuple[SchemaTable, ...], Rows("Tables")]
    columns: Annotated[tuple[SchemaColumn, ...], Rows("Columns")]


def new_book(address: str, substances: Sequence[str]) -> NewBook:
    """Make a new, empty book of these substances."""
    with Book(address, create=True, substances=substances) as book:
        return NewBook(shown_address(address), book.substances)


def migrated(address: str, *, edges: bool = False) -> Migrated:
    """Bring a book of an older version to this one.

    Parameters
    ----------
    edges : whether the edges of the genealogy are derived again, too.
    """
    old = int(migrate(address))
    made = rebuild_edges(address) if edges else None
    return Migrated(shown_address(address), old, VERSION, made)


@says_modelled
def book_schema(book: Book) -> BookSchema:
    """The tables of a book, with a row for the columns of all substances."""
    each = ("s_...", "INTEGER NOT NULL, one each", f"mg of {', '.join(book.substances)}")
    return BookSchema(
        book.substances,
        tuple(SchemaTable(x.name, x.why, x.constraints) for x in TABLES),
        tuple(
            SchemaColumn(table.name, *column)
            for table in TABLES
            for column in (*map(astuple, table.columns), *([each] if table.wide else []))
        ),
    )


@says_modelled
def list_balances(
    book: Book,
    *,
    lot: str | None = None,
    party: str | None = None,
    site: str | None = None,
    location: str | None = None,
    by_location: bool = False,
    asof: AsOf = NOW,
) -> Balances:
    """The content of each account; an unknown lot, party or site is an `UnknownNameError`.

    Parameters
    ----------
    lot, party, site, location : only accounts of these; ``in transit`` is a site.
    by_location : whether accounts of lots are summed by site and location.
    asof : only what had happened, or was known, by a moment, inclusive. Of a moment in a closed
        period the answer has both what is known now and what was known at the closing.
    """
    raise_findings(unknown_names(book.store, Scope(party, site, lot)))
    if location is not None:
        names = {x.name for x in book.store.nouns().locations.values() if site in (None, x.site)}
        require_known(f"a location of {site or 'the book'}", location, names, where="location")
    at, scope = asof.occurred, {"lot": lot, "party": party, "site": site}
    now = book.balances(**scope, occurred=at, recorded=asof.recorded)
    closed = (
        None if at is None or asof.recorded is not None else history.closed_when(book.store, at)
    )
    then = now if closed is None else book.balances(**scope, occurred=at, recorded=closed)
    located = locations.Located(book.store, asof)
    accounts = tuple(
        PlacedBalance(*a, c, located.at(a.lot, a.site) if a.kind == "lot" else "")
        for a, c in now.items()
    )
    accounts = tuple(x for x in accounts if location in (None, x.location))
    changed = dict(now) != dict(then)
    as_closed = tuple(Balance(*a, c) for a, c in then.items()) if changed else ()
    by = _by_location(accounts) if by_location else ()
    return Balances(book.substances, accounts, as_closed, by, changed)


def _by_location(accounts: Sequence[PlacedBalance]) -> tuple[AtLocation, ...]:
    """Sums of the accounts of lots by site and location."""
    sums: dict[tuple[str, str], Content] = {}
    names: dict[tuple[str, str], list[str]] = {}
    for one in accounts:
        if one.account == "lot":
            add_to(sums, (one.site, one.location), one.content)
            names.setdefault((one.site, one.location), []).append(one.lot)
    return tuple(AtLocation(*x, tuple(dict.fromkeys(names[x])), sums[x]) for x in sorted(sums))


@says_modelled
def list_lots(book: Book, *, material: str | None = None, gone: bool = False) -> Lots:
    """Lots with content, by name: material, site, owner, content, and why it is on hold.

    Parameters
    ----------
    material : only lots of this material.
    gone : also lots that are empty now.
    """
    accounts: dict[str, list[Leg]] = {}
    for account, content in book.balances().items():
        accounts.setdefault(account.lot, []).append(Leg(account, content))
    on_hold, located = events.holds(book.store), locations.Located(book.store)
    nothing = (0,) * len(book.substances)
    rows = [
        LotRow(
            lot,
            made_of,
            tuple(sorted({x.account.site for x in accounts.get(lot, ())})),
            tuple(sorted({located.at(lot, x.account.site) for x in accounts.get(lot, ())} - {""})),
            tuple(sorted({x.account.party for x in accounts.get(lot, ())})),
            on_hold.get(lot, ""),
            key,
            tuple(map(sum, zip(nothing, *(x.content for x in accounts.get(lot, ())), strict=True))),
        )
        for lot, made_of, key in lots.all_lots(book.store)
        if material in (None, made_of) and (gone or lot in accounts)
    ]
    return Lots(book.substances, tuple(rows))


def lot_names(book: Book) -> frozenset[str]:
    """Names of all lots that the book ever had."""
    return frozenset(lots.lot_names(book.store))


@says_modelled
def show_event(book: Book, key: str) -> OneEvent:
    """A posted event by its key; an unknown one is an `UnknownNameError` with the nearest keys."""
    event = book.event(key)
    stored = stored_object(event.command, f"the command of event {key!r}")
    accepted: dict[str, str] = stored.get("accepted") or {}
    row = event_row(event, events.event_number(book.store, key) or 0)
    later = events.later_about(book.store, key, event.corrects or key)
    about = {verb: tuple(x for word, x in later if word == verb) for verb, _ in later}
    return OneEvent(
        **asdict(row),
        accepted=tuple(f"{kind}: {reason}" for kind, reason in accepted.items()),
        reason=str(stored.get("reason") or ""),
        corrects=event.corrects,
        reversed_by="".join(about.get("reverses", ())),
        corrected_by="".join(about.get("corrects", ())[-1:]),
        amended_by=about.get("amends", ()),
        command=event.command,
        substances=book.substances,
        nouns=tuple(
            NounRow(
                kind,
                name,
                ", ".join(
                    f"{k} {v}" for k, v in stored_object(body, f"the {kind} {name!r}").items()
                ),
            )
            for kind, name, body in event.nouns
            if kind != "clock"
        ),
        legs=tuple(Balance(*leg.account, leg.content) for leg in event.legs),
        measurements=tuple(map(_measured, event.measurements)),
        notes=(*rules_of(event.command), *clock_notes([event])),
    )


def _measured(measurement: Measurement) -> MeasuredRow:
    """The measurement; of a weight the value and its uncertainty are in kg."""
    row = MeasuredRow(*measurement)
    if row.quantity not in WEIGHTS:
        return row
    stated = (row.value, row.uncertainty)
    value, doubt = (x and f"{Decimal(x).scaleb(-6).normalize():f}" for x in stated)
    return row._replace(value=value, uncertainty=doubt)


@says_modelled
def latest_events(book: Book, last: int = 20) -> LatestEvents:
    """The latest events in the order of recording, without their legs.

    Parameters
    ----------
    last : how many.
    """
    numbers = events.latest_events(book.store, last)
    return LatestEvents(
        tuple(event_row(read_event(book.store, n, book.substances), n) for n in numbers)
    )


def event_row(event: Event, number: int = 0) -> EventRow:
    """An event without its legs; `number` is 0 before it is posted."""
    touched = [*(x.id for x in event.lots), *(x.account.lot for x in event.legs)]
    return EventRow(
        number,
        event.kind,
        event.occurred_at,
        event.recorded_at,
        event.actor,
        event.key,
        event.document,
        event.reverses,
        event.amends,
        event.posted_at,
        tuple(lot for lot in dict.fromkeys(touched) if lot),
        sum([amount for x in event.legs if (amount := sum(x.content)) > 0]),
    )


@uncollected()
@says_modelled
def posted(book: Book, done: Imported) -> Posted:
    """The answer to an import or a file of commands."""
    return Posted(
        done.file,
        done.rows,
        done.posted,
        done.again,
        done.ignored,
        book.substances,
        tuple(map(event_row, done.events)),
        tuple(
            LegRow(*leg.account, leg.content, event.key, event.kind, event.occurred_at)
            for event in done.events
            for leg in event.legs
        ),
        (
            *dict.fromkeys(note for event in done.events for note in rules_of(event.command)),
            *done.notes,
        ),
    )
