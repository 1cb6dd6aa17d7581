"""From a book's edges to the genealogy's arrays: all of them, what is new, or what one lot needs.

Everything that is asked goes through `additions`, so that the arrays of a whole book and those of
one lot's ancestors are the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loopbook.book.schema import quoted
from loopbook.errors import BalanceError, Finding, InputError, nearest_hint
from loopbook.trace.graph import MASS, Additions, Graph
from loopbook.trace.kernels import NumpyKernels

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.book.store import Store

__all__ = [
    "NOW",
    "AsOf",
    "additions",
    "read_ancestors",
    "read_descendants",
    "read_new",
    "recent_lots",
    "unknown_lot",
]

_PAGE = 50_000  # events whose edges are read at once
_NAMES = 400  # names in one query

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class AsOf:
    """A moment on each clock, microseconds since 1970 UTC, inclusive; None for now.

    Parameters
    ----------
    occurred : what had happened by then.
    recorded : what the book knew by then.
    """

    occurred: int | None = None
    recorded: int | None = None

    @property
    def now(self) -> bool:
        """Whether everything counts."""
        return self.occurred is None and self.recorded is None

    def clauses(self) -> tuple[str, list[int]]:
        """Conditions on an event ``v``, each begun with AND, and their values."""
        given = (("v.occurred_at <= ?", self.occurred), ("v.recorded_at <= ?", self.recorded))
        used = [(sql, value) for sql, value in given if value is not None]
        return "".join(f" AND {sql}" for sql, _ in used), [value for _, value in used]


NOW = AsOf()


def read_new(graph: Graph, book: Book, after: int, asof: AsOf = NOW) -> Iterator[int]:
    """Add what the book recorded after an event, a page at a time.

    Parameters
    ----------
    graph : takes it.
    book : an open book.
    after : number of the last event that is in it.
    asof : only what had happened, or was known, by a moment.

    Yields
    ------
    number of the last event that is in it now; nothing if the book has recorded nothing.
    """
    store = book.store
    (last,) = store.rows("SELECT coalesce(max(id), 0) FROM event")[0]
    store.settle(2**62)  # events up to the last one are there now, or never will be
    for substance in book.substances[len(graph.substances) :]:
        graph.add_substance(substance)
    limits, values = asof.clauses()
    names = ", ".join(f"g.{quoted(s)}" for s in graph.substances)
    for begin in range(after, int(last), _PAGE):
        end = min(begin + _PAGE, int(last))
        span = (begin, end)
        lots = store.rows(
            "SELECT l.id, l.material, l.event FROM lot l JOIN event v ON v.id = l.event "
            f"WHERE l.event > ? AND l.event <= ?{limits} ORDER BY l.event, l.line",
            (*span, *values),
        )
        edges = store.rows(
            f"SELECT g.source, g.target, g.mass, {names} FROM edge g "
            "JOIN event v ON v.id = g.event "
            f"WHERE g.event > ? AND g.event <= ?{limits} ORDER BY g.event, g.source, g.target",
            (*span, *values),
        )
        if lots or edges:
            graph.extend(additions(graph, lots, edges))
        yield end


def additions(graph: Graph, lots: Sequence[Row], edges: Sequence[Row]) -> Additions:
    """Rows as arrays.

    Parameters
    ----------
    graph : knows the lots that were made before.
    lots : name, material, number of the event, in the order in which they were made.
    edges : source, target, mass, and content of each of the graph's substances.

    Raises
    ------
    BalanceError : an edge of a lot that is not there.
    """
    count = len(graph)
    numbers = {name: count + k for k, (name, _, _) in enumerate(lots)}
    inner: list[Row] = []
    outer: list[Row] = []

    def number(name: str) -> int:
        found = numbers.get(name)
        if found is None:
            found = numbers[name] = graph.names.number(name)
        if found < 0:
            raise BalanceError(f"lot {name}: matter came or went when it was not yet made")
        return found

    for source, target, *content in edges:
        if "/" in source and "/" in target:
            continue  # waste of a substance that no input had: no lot held it
        if "/" in source:
            outer.append((number(target), graph.end_number(source), *content))
        elif "/" in target:
            outer.append(
                (number(source), graph.end_number(target, out=True), *[-x for x in content])
            )
        else:
            inner.append((number(source), number(target), *content))
    within, across = _table(inner, graph), _table(outer, graph)
    names = (MASS, *graph.substances)
    return Additions(
        names=[row[0] for row in lots],
        material=np.array([graph.material_number(row[1]) for row in lots], np.int32),
        event=np.array([row[2] for row in lots], np.int64),
        parent=within[:, 0],
        child=within[:, 1],
        content={name: within[:, k + 2].copy() for k, name in enumerate(names)},
        lot=across[:, 0],
        end=across[:, 1],
        outside={name: across[:, k + 2].copy() for k, name in enumerate(names)},
    )


def _table(rows: Sequence[Row], graph: Graph) -> Any:
    table = np.array(rows, np.int64)
    return table.reshape(len(rows), 3 + len(graph.substances))


# -- what one lot needs


def read_ancestors(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's ancestors, by recursive SQL: quick for one question to a cold book.

    Raises
    ------
    InputError : no such lot.
    """
    limits, values = asof.clauses()
    with _at_one_moment(book, asof):
        found = book.store.rows(
            "WITH RECURSIVE up (lot) AS (SELECT id FROM lot WHERE id = ? UNION SELECT g.source "
            "FROM up JOIN edge g ON g.target = up.lot JOIN event v ON v.id = g.event "
            f"WHERE g.source NOT LIKE '%/%'{limits}) SELECT lot FROM up",
            (lot, *values),
        )
        names = [name for (name,) in found]
        return _of_lots(book, names, (lot, asof), " AND g.target LIKE '%/%'")


def read_descendants(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's descendants and their parents, by recursive SQL.

    Raises
    ------
    InputError : no such lot.
    """
    limits, values = asof.clauses()
    with _at_one_moment(book, asof):
        found = book.store.rows(
            "WITH RECURSIVE down (lot) AS (SELECT id FROM lot WHERE id = ? UNION "
            "SELECT g.target FROM down JOIN edge g ON g.source = down.lot "
            f"JOIN event v ON v.id = g.event WHERE g.target NOT LIKE '%/%'{limits}) "
            "SELECT lot FROM down",
            (lot, *values),
        )
        return _of_lots(book, [name for (name,) in found], (lot, asof))


def _at_one_moment(book: Book, asof: AsOf) -> AbstractContextManager[None]:
    """Several queries see one book, whoever posts meanwhile."""
    if asof.recorded is not None:
        book.store.settle(asof.recorded)
    return book.store.snapshot()


def _of_lots(book: Book, names: Sequence[str], asked: tuple[str, AsOf], out_to: str = "") -> Graph:
    """Arrays of some lots with all that came into them and what went out of them.

    `out_to` is a condition on the edges out.
    """
    lot, asof = asked
    if not names:
        raise unknown_lot(lot, recent_lots(book))
    graph = Graph(book.substances, NumpyKernels())
    columns = ", ".join(f"g.{quoted(s)}" for s in graph.substances)
    limits, values = asof.clauses()
    edges: dict[Row, Row] = {}
    for some in _chunks(names):
        places = ", ".join("?" * len(some))
        for end, also in (("target", ""), ("source", out_to)):
            rows = book.store.rows(
                f"SELECT g.event, g.source, g.target, g.mass, {columns} FROM edge g "
                f"JOIN event v ON v.id = g.event WHERE g.{end} IN ({places}){also}{limits}",
                (*some, *values),
            )
            edges.update({row[:3]: row[1:] for row in rows})
    there = set(names)
    more = {end for _, *ends in edges for end in ends if "/" not in end} - there
    lots = [row for some in _chunks(sorted(there | more)) for row in _made(book.store, some, asof)]
    lots.sort(key=lambda row: (row[2], row[3]))
    graph.extend(additions(graph, [row[:3] for row in lots], [edges[k] for k in sorted(edges)]))
    return graph


def _made(store: Store, names: Sequence[str], asof: AsOf) -> list[Row]:
    limits, values = asof.clauses()
    places = ", ".join("?" * len(names))
    return store.rows(
        "SELECT l.id, l.material, l.event, l.line FROM lot l JOIN event v ON v.id = l.event "
        f"WHERE l.id IN ({places}){limits}",
        (*names, *values),
    )


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(names), _NAMES):
        yield names[first : first + _NAMES]


def recent_lots(book: Book) -> list[str]:
    """Names of lots made lately, for hints."""
    sql = "SELECT id FROM lot ORDER BY event DESC LIMIT 10000"
    return [name for (name,) in book.store.rows(sql)]


def unknown_lot(lot: str, known: Sequence[str]) -> InputError:
    """The error for a lot that is not there."""
    hint = nearest_hint(lot, known)
    return InputError([Finding("unknown-name", "lot", "a lot of the book", repr(lot), hint)])
