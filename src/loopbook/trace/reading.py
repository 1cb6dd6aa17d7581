"""From a book's edges to the genealogy's arrays: all of them, what is new, or what one lot needs.

Everything that is asked goes through `additions`, so that the arrays of a whole book and those of
one lot's ancestors are the same arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from loopbook.book.schema import quoted
from loopbook.book.store import in_lists
from loopbook.errors import BalanceError, Finding, InputError, nearest_hint
from loopbook.trace.graph import MASS, Additions, Graph
from loopbook.trace.kernels import NumpyKernels

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.book.store import Database

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
    ends = dict.fromkeys(
        (row[0], False) if "/" in row[0] else (row[1], True)
        for row in edges
        if "/" in row[0] or "/" in row[1]
    )
    for end, leaving in ends:  # numbered in the order of the rows, however many come at once
        graph.end_number(end, out=leaving)
    columns = (MASS, *graph.substances)
    sources, targets, *amounts = zip(*edges, strict=True) if edges else ((),) * (2 + len(columns))
    new = {row[0]: k for k, row in enumerate(lots, len(graph))}
    source = np.array([*map(_Numbers(graph, new, out=False).__getitem__, sources)], np.int64)
    target = np.array([*map(_Numbers(graph, new, out=True).__getitem__, targets)], np.int64)
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


class _Numbers(dict[str, int]):
    """Numbers of the ends of edges, looked up once; of boundaries the complement, below zero."""

    def __init__(self, graph: Graph, new: Mapping[str, int], *, out: bool) -> None:
        super().__init__(new)
        self._graph, self._out = graph, out

    def __missing__(self, name: str) -> int:
        if "/" in name:
            number = -1 - self._graph.end_number(name, out=self._out)
        elif (number := self._graph.names.number(name)) < 0:
            raise BalanceError(f"lot {name}: matter came or went when it was not yet made")
        self[name] = number
        return number


# -- what one lot needs


def read_ancestors(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's ancestors, a generation at a time: quick for one question.

    Raises
    ------
    InputError : no such lot.
    """
    with _reader(book, asof) as reader:
        found, edges = reader.ancestors(lot)
        lots = reader.lots(found)
    if not lots:
        raise unknown_lot(lot, recent_lots(book))
    return _graph(reader.substances, lots, edges)


def read_descendants(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's descendants, a generation at a time.

    Other parents of the descendants are there without what made them, which no answer needs.

    Raises
    ------
    InputError : no such lot.
    """
    with _reader(book, asof) as reader:
        found, edges = reader.descendants(lot)
        lots = reader.lots(found)
    if not lots:
        raise unknown_lot(lot, recent_lots(book))
    givers = {row[0] for row in edges if "/" not in row[0]}
    others = sorted(givers.difference(found))
    return _graph(reader.substances, [*((name, "", 0) for name in others), *lots], edges)


def _graph(substances: Sequence[str], lots: Sequence[Row], edges: Sequence[Row]) -> Graph:
    graph = Graph(substances, NumpyKernels())
    graph.extend(additions(graph, lots, edges))
    return graph


@contextmanager
def _reader(book: Book, asof: AsOf) -> Iterator[_Reader]:
    """A reader that sees the book at one moment."""
    store = book.store
    substances = book.substances
    if asof.recorded is not None:
        store.settle(asof.recorded)
    with store.snapshot():
        yield _Reader(store, substances, asof)


class _Reader:
    """Asks for edges and lots by name, some hundred names at a time.

    A lot is met again on many ways, and its edges are read once: recursive SQL reads them twice,
    to find the lots and to tell what they got, and keeps its own list of the lots that it met.
    """

    def __init__(self, store: Database, substances: Sequence[str], asof: AsOf) -> None:
        self._store, self.substances = store, substances
        self._columns = ", ".join(["g.mass", *(f"g.{quoted(s)}" for s in substances)])
        self._limits, self._values = asof.clauses()
        self._dated = "" if asof.now else " JOIN event v ON v.id = {}.event"

    def ancestors(self, lot: str) -> tuple[list[str], list[Row]]:
        """A lot and its ancestors; what came into them, and what of it went back.

        Of all that left the book's lots a trace needs no more: that spares a third of the pages.
        """
        found, front = {lot}, [lot]
        edges: list[Row] = []
        while front:
            got = self._edges("target", front)
            edges += got
            front = sorted({row[0] for row in got if "/" not in row[0]} - found)
            found.update(front)
        came = {(row[1], row[0]) for row in edges if "/" in row[0]}
        left = self._edges("source", sorted({owner for owner, _ in came}), outwards=True)
        return list(found), edges + [row for row in left if (row[0], row[1]) in came]

    def descendants(self, lot: str) -> tuple[list[str], list[Row]]:
        """A lot and its descendants; what came into them, and what left the book from them."""
        found, front = {lot}, [lot]
        left: set[str] = set()
        while front:
            got = self._ask("SELECT g.source, g.target FROM edge g", "g.source", front)
            left.update([source for source, target in got if "/" in target])
            front = sorted({target for _, target in got if "/" not in target} - found)
            found.update(front)
        edges = self._edges("target", sorted(found))
        return list(found), edges + self._edges("source", sorted(left), outwards=True)

    def lots(self, names: Sequence[str]) -> list[Row]:
        """Name, material and event of lots, in the order in which they were made."""
        made = self._ask("SELECT l.event, l.line, l.id, l.material FROM lot l", "l.id", names)
        return [(name, material, event) for event, _, name, material in sorted(made)]

    def _edges(self, end: str, names: Sequence[str], *, outwards: bool = False) -> list[Row]:
        """Source, target, mass and content of edges by one of their ends."""
        sql = f"SELECT g.source, g.target, {self._columns} FROM edge g"
        more = " AND g.target LIKE '%/%'" if outwards else ""
        return self._ask(sql, f"g.{end}", names, more)

    def _ask(self, sql: str, key: str, names: Sequence[str], more: str = "") -> list[Row]:
        """Rows by name."""
        dated = self._dated.format(key[0])
        rows: list[Row] = []
        for some, places in in_lists(names):
            rows += self._store.rows(
                f"{sql}{dated} WHERE {key} IN ({places}){more}{self._limits}",
                (*some, *self._values),
            )
        return rows


def recent_lots(book: Book) -> list[str]:
    """Names of lots made lately, for hints."""
    sql = "SELECT id FROM lot ORDER BY event DESC LIMIT 10000"
    return [name for (name,) in book.store.rows(sql)]


def unknown_lot(lot: str, known: Sequence[str]) -> InputError:
    """The error for a lot that is not there."""
    hint = nearest_hint(lot, known)
    return InputError([Finding("unknown-name", "lot", "a lot of the book", repr(lot), hint)])
