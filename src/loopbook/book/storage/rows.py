"""Rows of an event in the tables of a book, the same in every store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Event, Leg, Lot, Measurement
from loopbook.book.storage.schema import wide_columns

if TYPE_CHECKING:
    from loopbook.book.storage.protocol import Database
    from loopbook.book.storage.session import Nouns


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


def only_moves(event: Event, nouns: Nouns) -> bool:
    """Whether an event changes nothing but what lies on accounts: no lot, load or snapshot."""
    if event.lots or event.measurements or event.nouns:
        return False
    for period in nouns.periods.values():
        if period.closed and period.end > event.occurred_at:
            return False
    for leg in event.legs:
        site = nouns.sites.get(leg.account.site)
        if site is not None and site.limits and leg.account.kind == "lot":
            return False
    return True
