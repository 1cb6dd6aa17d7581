"""Rows of an event in the tables of a book, the same in every store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Event

if TYPE_CHECKING:
    from loopbook.book.sqlstore import Nouns

__all__ = ["EVENT_COLUMNS", "edge_rows", "event_row", "only_moves", "posting_rows"]

EVENT_COLUMNS = (
    "id", "key", "kind", "actor", "document", "occurred_at", "recorded_at", "command", "reverses",
    "leaf",
)  # fmt: skip

Row = tuple[int | str | bytes | None, ...]


def event_row(number: int, event: Event, leaf: bytes) -> Row:
    """The event's own row, in the order of `EVENT_COLUMNS`."""
    e = event
    return (
        number, e.key, e.kind, e.actor, e.document, e.occurred_at, e.recorded_at, e.command,
        e.reverses or None, leaf,
    )  # fmt: skip


def posting_rows(
    number: int, event: Event, accounts: Mapping[Account, int]
) -> Iterator[tuple[int, ...]]:
    """Event, account, mass and substances of each leg."""
    for leg in event.legs:
        yield (number, accounts[leg.account], sum(leg.content), *leg.content)


def edge_rows(number: int, event: Event) -> Iterator[tuple[int | str, ...]]:
    """Event, source, target, mass and substances of each edge."""
    for source, target, content in edges_of(event.legs, reverses=bool(event.reverses)):
        yield (number, source, target, sum(content), *content)


def only_moves(event: Event, nouns: Nouns) -> bool:
    """Whether an event changes nothing but what lies on accounts: no lot, load or snapshot."""
    if event.lots or event.measurements or event.nouns:
        return False
    if any(p.closed and p.end > event.occurred_at for p in nouns.periods.values()):
        return False
    sites = {leg.account.site for leg in event.legs if leg.account.kind == "lot"}
    return not any(nouns.sites[s].limits for s in sites if s in nouns.sites)
