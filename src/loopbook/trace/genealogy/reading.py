"""From a book's edges to the genealogy's arrays: all of them, what is new, or what one lot needs.

Everything that is asked goes through `edge_rows.additions`, so that the arrays of a whole book and
those of one lot's ancestors are the same arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from operator import le
from types import MappingProxyType
from typing import TYPE_CHECKING

from loopbook.book.storage.database import in_lists
from loopbook.book.storage.schema import quoted
from loopbook.errors import Finding, InputError, nearest_hint
from loopbook.trace.genealogy.arrays import Graph, restates
from loopbook.trace.genealogy.edge_rows import EdgeRows, Row, additions
from loopbook.trace.genealogy.numpy_loops import Kernels

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.book.storage.database import Database


_PAGE = 5_000  # events whose edges are read at once: more leave the processor's cache


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

    def limits(self, event: str) -> tuple[str, list[int]]:
        """Conditions on a table of events, each begun with AND, and their values."""
        given = (("occurred_at", self.occurred), ("recorded_at", self.recorded))
        used = [(name, moment) for name, moment in given if moment is not None]
        sql = "".join(f" AND {event}.{name} <= ?" for name, _ in used)
        return sql, [moment for _, moment in used]

    def clauses(self) -> tuple[str, str, list[int]]:
        """A table's join with its events ``v``, if it is needed; conditions; their values.

        The table's name has to be put into the join.
        """
        dated = "" if self.now else " JOIN event v ON v.id = {}.event"
        return dated, *self.limits("v")


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
    dated, limits, values = asof.clauses()
    names = ", ".join(f"g.{quoted(s)}" for s in graph.substances)
    for begin in range(after, int(last), _PAGE):
        end = min(begin + _PAGE, int(last))
        span = (begin, end)
        lots = store.rows(
            f"SELECT l.id, l.material, l.event FROM lot l{dated.format('l')} "
            f"WHERE l.event > ? AND l.event <= ?{limits} ORDER BY l.event, l.line",
            (*span, *values),
        )
        edges = store.rows(
            f"SELECT g.source, g.target, g.event, {names} FROM edge g{dated.format('g')} "
            f"WHERE g.event > ? AND g.event <= ?{limits} ORDER BY g.event, g.source, g.target",
            (*span, *values),
        )
        if lots or edges:
            graph.extend(additions(graph, lots, EdgeRows(edges)))
        yield end


# -- what one lot needs


def read_ancestors(book: Book, lot: str, asof: AsOf = NOW, *, materials: bool = False) -> Graph:
    """The genealogy of a lot's ancestors, a generation at a time: quick for one question.

    Parameters
    ----------
    book, lot, asof : which lot, and up to which moment.
    materials : of all ancestors; else the graph knows those of the lot and of lots from suppliers.

    Raises
    ------
    InputError : no such lot.
    """
    with _reader(book, asof) as reader:
        found, edges = reader.ancestors(lot)
        made = _made(found, edges) if asof.now and not materials else {}
        lots = reader.lots(sorted(_untold(found, made) | reader.supplied | {lot}), made)
    if not any(name == lot for name, *_ in lots):
        raise unknown_lot(lot, recent_lots(book))
    return _graph(reader.substances, lots, edges)


def _made(found: Set[str], edges: EdgeRows) -> dict[str, int]:
    """The event that first brought something into each lot: the one that made it."""
    into, events = edges.targets, edges.events
    made = dict(zip(reversed(into), reversed(events), strict=True))  # the first row of each lot
    if not all(map(le, map(made.__getitem__, into), events)):
        for name, event in zip(into, events, strict=True):
            made[name] = min(made[name], event)
    return {name: event for name, event in made.items() if name in found}


def _untold(found: Set[str], made: Mapping[str, int]) -> set[str]:
    """Lots that have to be looked up, because the edges into them do not tell their place.

    Those that one event made together have an order in it.
    """
    untold, events = found - made.keys(), [*made.values()]
    if len({*events}) < len(events):
        several = {event for event, lots in Counter(events).items() if lots > 1}
        untold.update([name for name, event in made.items() if event in several])
    return untold


def read_descendants(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's descendants, a generation at a time.

    Other parents of the descendants are there without what made them, which no answer needs: as one
    lot without a name, if nothing was taken back.

    Raises
    ------
    InputError : no such lot.
    """
    with _reader(book, asof) as reader:
        found, edges = reader.descendants(lot)
        lots = reader.lots(sorted(found))
    if not lots:
        raise unknown_lot(lot, recent_lots(book))
    others = edges.merge_sources({name for name in edges.sources if "/" not in name} - found)
    return _graph(reader.substances, [*((name, "", 0) for name in sorted(others)), *lots], edges)


def _graph(substances: Sequence[str], lots: Sequence[Row], edges: EdgeRows) -> Graph:
    graph = Graph(substances, Kernels())
    graph.extend(additions(graph, lots, edges))
    return graph


@contextmanager
def one_moment(book: Book, asof: AsOf = NOW) -> Iterator[None]:
    """Questions inside see the book at one moment, while others may post."""
    with book.store.snapshot(asof.recorded):
        yield


@contextmanager
def _reader(book: Book, asof: AsOf) -> Iterator[_Reader]:
    """A reader that sees the book at one moment."""
    with one_moment(book, asof):
        yield _Reader(book.store, book.substances, asof)


class _Reader:
    """Asks for edges and lots by name, some hundred names at a time.

    A lot is met again on many ways, and its edges are read once: recursive SQL reads them twice,
    to find the lots and to tell what they got, and keeps its own list of the lots that it met.
    """

    def __init__(self, store: Database, substances: Sequence[str], asof: AsOf) -> None:
        self._store, self.substances = store, substances
        self._columns = ", ".join([f"g.{quoted(s)}" for s in substances])
        self._dated, self._limits, self._values = asof.clauses()
        self.supplied: set[str] = set()  # ancestors that came from suppliers

    def ancestors(self, lot: str) -> tuple[set[str], EdgeRows]:
        """A lot and its ancestors; what came into them, and what re-statements took from them.

        Of all that left the book's lots a trace needs no more: that spares a third of the pages.
        """
        found, front = {lot}, [lot]
        edges = EdgeRows()
        restated: set[tuple[str, str]] = set()
        while front:
            sources, targets = edges.add(self._edges("target", front))
            outer = [k for k, name in enumerate(sources) if "/" in name]
            restated.update([(targets[k], sources[k]) for k in outer if restates(sources[k])])
            supplied = [targets[k] for k in outer if sources[k].startswith("supplier/")]
            self.supplied.update(supplied)
            front = sorted({name for name in sources if "/" not in name} - found)
            found.update(front)
        left = self._edges("source", sorted({lot for lot, _ in restated}), outwards=True)
        edges.add([row for row in left if row[:2] in restated])
        return found, edges

    def descendants(self, lot: str) -> tuple[set[str], EdgeRows]:
        """A lot and its descendants; what came into them, and what left the book from them."""
        found, front = {lot}, [lot]
        left: set[str] = set()
        while front:
            got = self._ask("SELECT g.source, g.target FROM edge g", "g.source", front)
            left.update([source for source, target in got if "/" in target])
            front = sorted({target for _, target in got if "/" not in target} - found)
            found.update(front)
        edges = EdgeRows(self._edges("target", sorted(found)))
        edges.add(self._edges("source", sorted(left), outwards=True))
        return found, edges

    def lots(
        self, names: Sequence[str], made: Mapping[str, int] = MappingProxyType({})
    ) -> list[Row]:
        """Name, material and event of lots, in the order in which they were made.

        Parameters
        ----------
        names : of lots to look up.
        made : others, with their events; their material stays empty.
        """
        rows = self._ask("SELECT l.event, l.line, l.id, l.material FROM lot l", "l.id", names)
        others = made.keys() - set(names)
        rows += [(made[name], 0, name, "") for name in others]
        return [(name, material, event) for event, _, name, material in sorted(rows)]

    def _edges(self, end: str, names: Sequence[str], *, outwards: bool = False) -> list[Row]:
        """Source, target, event and content of edges by one of their ends."""
        sql = f"SELECT g.source, g.target, g.event, {self._columns} FROM edge g"
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


def check_lot(book: Book, lot: str, asof: AsOf = NOW) -> None:
    """Raise InputError if there is no such lot, or was none."""
    with _reader(book, asof) as reader:
        if not reader.lots([lot]):
            raise unknown_lot(lot, recent_lots(book))


def recent_lots(book: Book) -> list[str]:
    """Names of lots made lately, for hints."""
    sql = "SELECT id FROM lot ORDER BY event DESC LIMIT 10000"
    return [name for (name,) in book.store.rows(sql)]


def unknown_lot(lot: str, known: Sequence[str]) -> InputError:
    """The error for a lot that is not there."""
    hint = nearest_hint(lot, known)
    return InputError([Finding("unknown-name", "lot", "a lot of the book", repr(lot), hint)])
