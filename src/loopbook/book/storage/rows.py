"""Rows of an event in the tables of a book, the same in every store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any

from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Event, Leg, Lot, Measurement
from loopbook.book.storage.database import Database
from loopbook.book.storage.schema import quoted, wide_columns

EVENT_COLUMNS = (
    "id",
    "key",
    "kind",
    "actor",
    "document",
    "occurred_at",
    "recorded_at",
    "command",
    "reverses",
    "leaf",
)

_BY_ACCOUNT = itemgetter(0)  # of a leg
Row = tuple[int | str | bytes | None, ...]


def event_row(number: int, event: Event, leaf: bytes) -> Row:
    """The event's own row, in the order of `EVENT_COLUMNS`."""
    e = event
    return (
        number,
        e.key,
        e.kind,
        e.actor,
        e.document,
        e.occurred_at,
        e.recorded_at,
        e.command,
        e.reverses or None,
        leaf,
    )


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
    _, key, kind, actor, document, occurred_at, recorded_at, command, reverses, _ = head
    return Event(
        key=key,
        kind=kind,
        actor=actor,
        document=document,
        occurred_at=occurred_at,
        recorded_at=recorded_at,
        command=command,
        legs=tuple(sorted(legs, key=_BY_ACCOUNT)),
        lots=lots,
        measurements=measurements,
        nouns=nouns,
        reverses=reverses or "",
    )


def posting_rows(
    number: int, event: Event, accounts: Mapping[Account, int]
) -> Iterator[tuple[int, ...]]:
    """Event, account, mass and substances of each leg."""
    for account, content in event.legs:
        yield (number, accounts[account], sum(content), *content)


def edge_rows(number: int, event: Event) -> Iterator[tuple[int | str, ...]]:
    """Event, source, target, mass and substances of each edge."""
    for source, target, content in edges_of(event.legs, reverses=bool(event.reverses)):
        yield (number, source, target, sum(content), *content)


def write_legs(
    db: Database,
    substances: tuple[str, ...],
    told: Sequence[tuple[int, Event, bytes]],
    accounts: Mapping[Account, int],
) -> None:
    """Write the legs of events and the edges that follow from them; open accounts that are new.

    Parameters
    ----------
    told : number, event and leaf hash of each event.
    accounts : numbers of accounts as far as they are known.
    """
    new = {x for _, e, _ in told for x, _ in e.legs if x not in accounts}
    if new:
        known = {x: accounts[x] for _, e, _ in told for x, _ in e.legs if x in accounts}
        accounts = {**known, **db.open_accounts(sorted(new))}
    postings: list[Row] = []
    edges: list[Row] = []
    for number, event, _ in told:
        postings += posting_rows(number, event, accounts)
        edges += edge_rows(number, event)
    db.insert("posting", wide_columns(substances), postings)
    if edges:
        db.insert("edge", wide_columns(substances, "edge"), edges)


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
    measured = db.rows(
        "SELECT lot, quantity, value, uncertainty, method, laboratory, sample, grp, stage, basis "
        "FROM measurement WHERE event = ? ORDER BY line",
        (number,),
    )
    nouns = db.rows("SELECT kind, id, body FROM noun WHERE event = ? ORDER BY kind, id", (number,))
    return event_from(
        head,
        [Leg(Account(*row[:4]), tuple(row[4:])) for row in legs],
        tuple(Lot(*row) for row in lots),
        tuple(Measurement(*row) for row in measured),
        nouns=tuple((kind, name, body) for kind, name, body in nouns),
    )
