"""From a book's edges to the genealogy's arrays: all of them, what is new, or what one lot needs.

Everything that is asked goes through `edge_rows.additions`, so that the arrays of a whole book and
those of one lot's ancestors are the same arrays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from operator import le
from types import MappingProxyType

from loopbook.book import (
    NOW,
    AsOf,
    Book,
    EdgeRow,
    Store,
    edges_between,
    edges_into,
    edges_out_of_book,
    last_event,
    lots_between,
    lots_named,
    targets_of,
    unknown_lot,
)
from loopbook.errors import InputError
from loopbook.trace.genealogy.arrays import Graph, restates
from loopbook.trace.genealogy.edge_rows import EdgeRows, Row, additions
from loopbook.trace.genealogy.numpy_loops import Kernels

_PAGE = 5_000  # events whose edges are read at once: more leave the processor's cache


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
    last = last_event(store)
    store.settle(2**62)  # events up to the last one are there now, or never will be
    for substance in book.substances[len(graph.substances) :]:
        graph.add_substance(substance)
    for begin in range(after, last, _PAGE):
        end = min(begin + _PAGE, last)
        lots = lots_between(store, (begin, end), asof)
        edges = edges_between(store, graph.substances, (begin, end), asof)
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
        raise InputError([unknown_lot(book.store, lot)])
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
        raise InputError([unknown_lot(book.store, lot)])
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

    def __init__(self, store: Store, substances: Sequence[str], asof: AsOf) -> None:
        self._store, self.substances, self._asof = store, substances, asof
        self.supplied: set[str] = set()  # ancestors that came from suppliers

    def ancestors(self, lot: str) -> tuple[set[str], EdgeRows]:
        """A lot and its ancestors; what came into them, and what re-statements took from them.

        Of all that left the book's lots a trace needs no more: that spares a third of the pages.
        """
        found, front = {lot}, [lot]
        edges = EdgeRows()
        restated: set[tuple[str, str]] = set()
        while front:
            sources, targets = edges.add(self._into(front))
            outer = [k for k, name in enumerate(sources) if "/" in name]
            restated.update([(targets[k], sources[k]) for k in outer if restates(sources[k])])
            supplied = [targets[k] for k in outer if sources[k].startswith("supplier/")]
            self.supplied.update(supplied)
            front = sorted({name for name in sources if "/" not in name} - found)
            found.update(front)
        left = self._out_of_book({lot for lot, _ in restated})
        edges.add([row for row in left if row[:2] in restated])
        return found, edges

    def descendants(self, lot: str) -> tuple[set[str], EdgeRows]:
        """A lot and its descendants; what came into them, and what left the book from them."""
        found, front = {lot}, [lot]
        left: set[str] = set()
        while front:
            got = targets_of(self._store, front, self._asof)
            left.update([source for source, target in got if "/" in target])
            front = sorted({target for _, target in got if "/" not in target} - found)
            found.update(front)
        edges = EdgeRows(self._into(sorted(found)))
        edges.add(self._out_of_book(left))
        return found, edges

    def _into(self, lots: Sequence[str]) -> list[EdgeRow]:
        return edges_into(self._store, self.substances, lots, self._asof)

    def _out_of_book(self, lots: Iterable[str]) -> list[EdgeRow]:
        return edges_out_of_book(self._store, self.substances, sorted(lots), self._asof)

    def lots(
        self, names: Sequence[str], made: Mapping[str, int] = MappingProxyType({})
    ) -> list[Row]:
        """Name, material and event of lots, in the order in which they were made.

        Parameters
        ----------
        names : of lots to look up.
        made : others, with their events; their material stays empty.
        """
        rows = lots_named(self._store, names, self._asof)
        others = made.keys() - set(names)
        rows += [(made[name], 0, name, "") for name in others]
        return [(name, material, event) for event, _, name, material in sorted(rows)]


def check_lot(book: Book, lot: str, asof: AsOf = NOW) -> None:
    """Raise InputError if there is no such lot, or was none."""
    with _reader(book, asof) as reader:
        if not reader.lots([lot]):
            raise InputError([unknown_lot(book.store, lot)])
