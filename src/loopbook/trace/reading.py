"""From a book's edges to the genealogy's arrays: all of them, what is new, or what one lot needs.

Everything that is asked goes through `additions`, so that the arrays of a whole book and those of
one lot's ancestors are the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loopbook.book.schema import quoted
from loopbook.errors import BalanceError, Finding, InputError, nearest_hint
from loopbook.trace.graph import MASS, Additions, Graph
from loopbook.trace.kernels import NumpyKernels

if TYPE_CHECKING:
    from loopbook.book import Book

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
    edges = [row for row in edges if "/" not in row[0] or "/" not in row[1]]
    # else waste of a substance that no input had: no lot held it
    columns = (MASS, *graph.substances)
    sources, targets, *amounts = zip(*edges, strict=True) if edges else ((),) * (2 + len(columns))
    begins, ends = _places(
        graph, [row[0] for row in lots], list(zip(sources, targets, strict=True))
    )
    source = np.array([begins[name] for name in sources], np.int64)
    target = np.array([ends[name] for name in targets], np.int64)
    content = {name: np.array(x, np.int64) for name, x in zip(columns, amounts, strict=True)}
    out, outer = source < 0, (source < 0) | (target < 0)
    inner = ~outer
    sign = np.where(out[outer], 1, -1)
    materials = [row[1] for row in lots]
    numbers = {name: graph.material_number(name) for name in dict.fromkeys(materials)}
    return Additions(
        names=[row[0] for row in lots],
        material=np.array([numbers[name] for name in materials], np.int32),
        event=np.array([row[2] for row in lots], np.int64),
        parent=source[inner],
        child=target[inner],
        content={name: x[inner] for name, x in content.items()},
        lot=np.where(out, target, source)[outer],
        end=-1 - np.where(out, source, target)[outer],
        outside={name: x[outer] * sign for name, x in content.items()},
    )


def _places(
    graph: Graph, new: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> tuple[dict[str, int], dict[str, int]]:
    """Numbers of sources and of targets; of boundaries the complement, below zero."""
    count = len(graph)
    begins = {name: count + k for k, name in enumerate(new)}
    ends = dict(begins)

    def place(name: str, *, out: bool) -> int:
        if "/" in name:
            return -1 - graph.end_number(name, out=out)
        number = graph.names.number(name)
        if number < 0:
            raise BalanceError(f"lot {name}: matter came or went when it was not yet made")
        return number

    for source, target in pairs:
        if source not in begins:
            begins[source] = place(source, out=False)
        if target not in ends:
            ends[target] = place(target, out=True)
    return begins, ends


# -- what one lot needs


def read_ancestors(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's ancestors, by recursive SQL: quick for one question to a cold book.

    Raises
    ------
    InputError : no such lot.
    """
    return _around(book, lot, asof, back=True)


def read_descendants(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's descendants, by recursive SQL.

    Other parents of the descendants are there without what made them, which no answer needs.

    Raises
    ------
    InputError : no such lot.
    """
    return _around(book, lot, asof, back=False)


_ALL_LEFT = "found JOIN edge g ON g.source = found.lot{dated} WHERE g.target LIKE '%/%'"
_WENT_BACK = (
    "(SELECT DISTINCT i.target AS lot, i.source AS place FROM found JOIN edge i "
    "ON i.target = found.lot WHERE i.source LIKE '%/%') b JOIN edge g "
    "ON g.source = b.lot AND g.target = b.place{dated} WHERE 1 = 1"
)
"""Edges out of the book's lots: all of them, or to where something came from, which is netted."""


def _around(book: Book, lot: str, asof: AsOf, *, back: bool) -> Graph:
    """Arrays of the lots on a way, of all that came into them and what left the book's lots.

    A trace needs of the latter only what went back: that spares a third of the file's pages. One
    statement reads everything, so that the book cannot change between two of them.
    """
    if asof.recorded is not None:
        book.store.settle(asof.recorded)
    graph = Graph(book.substances, NumpyKernels())
    limits, values = asof.clauses()
    dated = "" if asof.now else " JOIN event v ON v.id = g.event"
    made_by = dated.replace("g.event", "l.event")
    columns = ", ".join(f"g.{quoted(s)}" for s in graph.substances)
    zeros = ", 0" * len(graph.substances)
    here, there = ("target", "source") if back else ("source", "target")
    left = (_WENT_BACK if back else _ALL_LEFT).format(dated=dated)
    rows = book.store.rows(
        "WITH RECURSIVE found (lot) AS (SELECT id FROM lot WHERE id = ? UNION "
        f"SELECT g.{there} FROM found JOIN edge g ON g.{here} = found.lot{dated} "
        f"WHERE g.{there} NOT LIKE '%/%'{limits}) "
        f"SELECT -1, g.source, g.target, g.mass, {columns} FROM found "
        f"JOIN edge g ON g.target = found.lot{dated} WHERE 1 = 1{limits} "
        f"UNION ALL SELECT -1, g.source, g.target, g.mass, {columns} FROM {left}{limits} "
        f"UNION ALL SELECT l.line, l.id, l.material, l.event{zeros} FROM found "
        f"JOIN lot l ON l.id = found.lot{made_by} WHERE 1 = 1{limits}",
        (lot, *values * 4),
    )
    edges = [row[1:] for row in rows if row[0] < 0]
    made = sorted((row[3], row[0], row[1], row[2]) for row in rows if row[0] >= 0)
    if not made:
        raise unknown_lot(lot, recent_lots(book))
    givers = set() if back else {source for source, *_ in edges}
    others = sorted(name for name in givers - {row[2] for row in made} if "/" not in name)
    lots = [(name, "", 0) for name in others] + [(row[2], row[3], row[0]) for row in made]
    graph.extend(additions(graph, lots, edges))
    return graph


def recent_lots(book: Book) -> list[str]:
    """Names of lots made lately, for hints."""
    sql = "SELECT id FROM lot ORDER BY event DESC LIMIT 10000"
    return [name for (name,) in book.store.rows(sql)]


def unknown_lot(lot: str, known: Sequence[str]) -> InputError:
    """The error for a lot that is not there."""
    hint = nearest_hint(lot, known)
    return InputError([Finding("unknown-name", "lot", "a lot of the book", repr(lot), hint)])
