"""The rows of an event: written and read in one place, the same in every store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any, TypeAlias

from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Event, Leg, Lot, Measurement, Period
from loopbook.book.storage.database import Database
from loopbook.book.storage.schema import column_names, quoted
from loopbook.errors import StorageError

Row: TypeAlias = tuple[int | str | bytes | None, ...]
Sealed: TypeAlias = tuple[int, Event, bytes]
"""An event with its number and its leaf hash."""

EVENT_COLUMNS = column_names("event")
_FIELDS = EVENT_COLUMNS[1:-1]  # of an event, between its number and its leaf hash
_WRITTEN = {*_FIELDS, "legs", "lots", "measurements", "nouns"}  # parts of an event
_values_of = attrgetter(*_FIELDS[:-1])  # all but the last, the key that it reverses
_BY_ACCOUNT = itemgetter(0)  # of a leg


def refuse_unwritten(event: Event) -> None:
    """Refuse an event with a part that `write_events` does not write: it would be sealed and lost.

    Raises
    ------
    StorageError : names the parts.
    """
    lost = [x.name for x in fields(event) if x.name not in _WRITTEN and getattr(event, x.name)]
    if lost:
        raise StorageError(
            f"event {event.key}: no table holds its {', '.join(lost)}; nothing was posted"
        )


def write_parts(
    db: Database,
    events: Sequence[Sealed],
    accounts: Mapping[Account, int],
    periods: Mapping[str, Period],
) -> None:
    """Write all that belongs to events, before their own rows, which seal them.

    Parameters
    ----------
    accounts : numbers of accounts as far as they are known; others are opened.
    periods : periods by name, the ones that the events close among them.
    """
    new = {x for _, e, _ in events for x, _ in e.legs if x not in accounts}
    if new:
        known = {x: accounts[x] for _, e, _ in events for x, _ in e.legs if x in accounts}
        accounts = {**known, **db.open_accounts(sorted(new))}
    postings: list[Row] = []
    edges: list[Row] = []
    for number, event, _ in events:
        for account, content in event.legs:
            postings.append((number, accounts[account], sum(content), *content))
        for source, target, content in edges_of(event.legs, reverses=bool(event.reverses)):
            edges.append((number, source, target, sum(content), *content))
    db.insert("posting", postings)
    db.insert("edge", edges)
    others = [(n, e) for n, e, _ in events if e.lots or e.measurements or e.nouns]
    nouns = [(n, *noun) for n, e in others for noun in e.nouns]
    closed = [(periods[name], n) for n, kind, name, _ in nouns if kind == "close"]
    db.insert("lot", [(x.id, x.material, n, k) for n, e in others for k, x in enumerate(e.lots)])
    db.insert("noun", nouns)
    db.insert("closing", [(p.id, n, p.start, p.end) for p, n in closed])
    db.insert("measurement", [(n, k, *m) for n, e in others for k, m in enumerate(e.measurements)])


def seal_events(db: Database, events: Sequence[Sealed]) -> None:
    """Write the events' own rows; the database checks each event and takes no more parts of it."""
    db.insert("event", [(n, *_values_of(e), e.reverses or None, leaf) for n, e, leaf in events])


def event_from(
    head: Sequence[Any],
    legs: Iterable[Leg],
    lots: Sequence[Lot],
    measurements: Sequence[Measurement],
    *,
    nouns: Sequence[tuple[str, str, str]],
) -> Event:
    """An event from its rows.

    Parameters
    ----------
    head : values of `EVENT_COLUMNS`.
    legs : in any order; an event has them by account.
    """
    values = dict(zip(_FIELDS, head[1:-1], strict=True))
    values["reverses"] = values["reverses"] or ""
    return Event(
        **values,
        legs=tuple(sorted(legs, key=_BY_ACCOUNT)),
        lots=lots,
        measurements=measurements,
        nouns=nouns,
    )


def legs_of_edges(substances: Sequence[str], where: str = "") -> str:
    """The query that `loopbook.book.edges.edge_rows` derives the edges of events from."""
    names = ", ".join(f"p.{quoted(s)}" for s in substances)
    return (
        f"SELECT p.event, e.reverses, a.kind, a.party, a.site, a.lot, {names} FROM event e "
        "JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account "
        f"{where} ORDER BY p.event"
    )


def read_event(db: Database, number: int, substances: Sequence[str]) -> Event:
    """Read an event back from its rows."""
    (head,) = db.rows(f"SELECT {', '.join(EVENT_COLUMNS)} FROM event WHERE id = ?", (number,))
    names = ", ".join(f"p.{quoted(s)}" for s in substances)
    legs = db.rows(
        f"SELECT a.kind, a.party, a.site, a.lot, {names} FROM posting p "
        "JOIN account a ON a.id = p.account WHERE p.event = ?",
        (number,),
    )
    lots = db.rows("SELECT id, material FROM lot WHERE event = ? ORDER BY line", (number,))
    columns = ", ".join(column_names("measurement")[2:])
    measured = db.rows(
        f"SELECT {columns} FROM measurement WHERE event = ? ORDER BY line", (number,)
    )
    nouns = db.rows("SELECT kind, id, body FROM noun WHERE event = ? ORDER BY kind, id", (number,))
    return event_from(
        head,
        [Leg(Account(*row[:4]), tuple(row[4:])) for row in legs],
        tuple(Lot(*row) for row in lots),
        tuple(Measurement(*row) for row in measured),
        nouns=tuple((kind, name, body) for kind, name, body in nouns),
    )
