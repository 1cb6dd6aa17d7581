"""What an event's own rows say: pages of events as read, each event's hash and edges again.

Nothing here needs another event, so a second process can do it for a part of a large book (see
`loopbook.book.verification.second_process`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

from loopbook.book.edges import edges_of
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.nouns import Account, Leg, Lot, Measurement
from loopbook.book.storage.database import Database
from loopbook.book.storage.questions.checks import Rows, event_rows
from loopbook.book.storage.rows import event_from
from loopbook.errors import BalanceError

PAGE = 4_000  # events read at once

Told: TypeAlias = tuple[str, str, str]
"""What is wrong with an event: code, expected, found."""


def one_line(error: Exception) -> str:
    """An error as text for a finding."""
    return f"{type(error).__name__}: {error}".replace("\n", "; ")


@dataclass
class Page:
    """Rows of some events in order, with what belongs to them by event number."""

    heads: Rows
    postings: Rows = ()
    edge_rows: Rows = ()
    lots: dict[int, list[tuple[int, Lot]]] = field(default_factory=dict)
    measurements: dict[int, list[tuple[int, Measurement]]] = field(default_factory=dict)
    nouns: dict[int, list[Told]] = field(default_factory=dict)
    dates: dict[int, int] = field(default_factory=dict)
    wrong: dict[int, list[Told]] = field(default_factory=dict)

    @cached_property
    def legs(self) -> dict[int, list[Leg]]:
        """Legs by event; made when the first seal of the page is computed here."""
        accounts: dict[int, Account] = {}
        legs: dict[int, list[Leg]] = {}
        for row in self.postings:
            account = accounts.get(row[1])
            if account is None:
                account = accounts[row[1]] = Account(*[x or "" for x in row[2:6]])
            legs.setdefault(row[0], []).append(Leg(account, row[7:]))
        return legs

    @cached_property
    def edges(self) -> dict[int, list[tuple[Any, ...]]]:
        """Source, target, mass and content of edges by event; made as the legs are."""
        edges: dict[int, list[tuple[Any, ...]]] = {}
        for row in self.edge_rows:
            edges.setdefault(row[0], []).append(row[1:])
        return edges

    def add(self, number: int, code: str, expected: str, found: str) -> None:
        """Note what is wrong with an event."""
        self.wrong.setdefault(number, []).append((code, expected, found))


def read_page(db: Database, substances: Sequence[str], after: int, limit: int) -> Page:
    """Some events after a number, with all rows that belong to them.

    Raises
    ------
    StorageError, TypeError, ValueError : rows that cannot be read.
    """
    rows = event_rows(db, substances, after, limit)
    page = Page(rows.heads, rows.postings, rows.edges)
    for n, line, *names in rows.lots:
        page.lots.setdefault(n, []).append((line, Lot(*names)))
    for n, line, *measured in rows.measurements:
        page.measurements.setdefault(n, []).append((line, Measurement(*measured)))
    for n, kind, noun, body in rows.nouns:
        page.nouns.setdefault(n, []).append((kind, noun, body))
    return page


def wrong_seal(page: Page, head: tuple[Any, ...], substances: Sequence[str]) -> Iterator[Told]:
    """Compute an event's hash and its edges again from its rows."""
    number = head[0]
    lots, measured = page.lots.get(number, ()), page.measurements.get(number, ())
    for table, lines in (("lot", lots), ("measurement", measured)):
        if not lines:
            continue
        order = [line for line, _ in lines]
        if order != list(range(len(order))):
            yield "line", f"lines of {table} 0, 1, 2, ...", ", ".join(map(str, order))
    try:
        event = event_from(
            head,
            page.legs.get(number, ()),
            [lot for _, lot in lots],
            [m for _, m in measured],
            nouns=page.nouns.get(number, ()),
        )
        sealed = bytes(head[9])
        leaf = leaf_of(event_bytes(event, substances))
    except (TypeError, ValueError) as error:
        yield "leaf", "rows that make an event", one_line(error)
        return
    if leaf != sealed:
        found = f"its rows give {leaf.hex()[:16]}..."
        yield "leaf", f"the sealed hash {sealed.hex()[:16]}...", found
        return
    try:
        derived = edges_of(event.legs, reverses=bool(event.reverses))
    except (BalanceError, TypeError, ValueError):  # the sums tell why
        return
    edges = [(source, target, sum(x), *x) for source, target, x in derived]
    if edges != page.edges.get(number, []):
        wrong = set(edges).symmetric_difference(page.edges.get(number, []))
        yield "edge", "edges that follow from the legs", ", ".join(sorted(map(str, wrong))[:2])
