"""From a book's edges to the genealogy's arrays: all of them, what is new, or what one lot needs.

Everything that is asked goes through `edge_rows.additions`, so that the arrays of a whole book and
those of one lot's ancestors are the same arrays.

One lot's edges are read a generation at a time, some hundred names at once. A lot is met again on
many ways, and its edges are read once: recursive SQL reads them twice, to find the lots and to sum
what came into them, and keeps its own list of the lots that it met.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from operator import le

from loopbook.book import (
    NOW,
    AsOf,
    Book,
    edges_between,
    edges_into,
    edges_out_of_book,
    lots_between,
    lots_named,
    targets_of,
    unknown_lot,
)
from loopbook.errors import InputError
from loopbook.trace.genealogy.arrays import Graph, restates
from loopbook.trace.genealogy.edge_rows import EdgeRows, LotRow, additions
from loopbook.trace.genealogy.numpy_loops import Kernels

PAGE = 5_000
"""Events whose edges are read at once: more leave the processor's cache."""


def read_new(
    graph: Graph, book: Book, after: int, asof: AsOf = NOW, *, page: int = PAGE
) -> Iterator[int]:
    """Add what the book recorded after an event, a page at a time.

    Parameters
    ----------
    graph : takes it.
    book : an open book.
    after : number of the last event that is in it.
    asof : only what had happened, or was known, by a moment.
    page : events that are read at once.

    Yields
    ------
    number of the last event that is in it now; nothing if the book has recorded nothing.
    """
    store = book.store
    last = book.settled()
    for substance in book.substances[len(graph.substances) :]:
        graph.add_substance(substance)
    try:
        for begin in range(after, last, page):
            end = min(begin + page, last)
            lots = lots_between(store, (begin, end), asof)
            edges = edges_between(store, graph.substances, (begin, end), asof)
            if lots or edges:
                graph.extend(additions(graph, lots, EdgeRows(edges)))
            yield end
    finally:
        graph.settle()


def one_moment(book: Book, asof: AsOf = NOW) -> AbstractContextManager[None]:
    """Questions inside see the book at one moment, while others may post."""
    return book.store.snapshot(asof.recorded)


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
    with one_moment(book, asof):
        names, supplied, edges = _ancestors(book, lot, asof)
        made = _made(names, edges) if asof.now and not materials else {}
        lots = _lots(book, sorted(_unplaced(names, made) | supplied | {lot}), asof, made)
        if not any(name == lot for name, *_ in lots):
            raise InputError([unknown_lot(book.store, lot)])
        return _graph(book, lots, edges)


def _ancestors(book: Book, lot: str, asof: AsOf) -> tuple[set[str], set[str], EdgeRows]:
    """A lot and its ancestors, those from suppliers, and the edges of their shares.

    The edges are those into the lots, and what re-statements took from them. Of all that left the
    book's lots a trace needs no more: that spares a third of the pages.
    """
    store, substances = book.store, book.substances
    names, front, edges = {lot}, [lot], EdgeRows()
    supplied: set[str] = set()
    restated: set[tuple[str, str]] = set()
    while front:
        sources, targets = edges.add(edges_into(store, substances, front, asof))
        outer = [k for k, name in enumerate(sources) if "/" in name]
        restated.update([(targets[k], sources[k]) for k in outer if restates(sources[k])])
        supplied.update([targets[k] for k in outer if sources[k].startswith("supplier/")])
        front = sorted({name for name in sources if "/" not in name} - names)
        names.update(front)
    left = sorted({lot for lot, _ in restated})
    rows = edges_out_of_book(store, substances, left, asof)
    edges.add([row for row in rows if row[:2] in restated])
    return names, supplied, edges


def _made(names: Set[str], edges: EdgeRows) -> dict[str, int]:
    """The event that first brought something into each lot: the one that made it."""
    into, events = edges.targets, edges.events
    made = dict(zip(reversed(into), reversed(events), strict=True))  # the first row of each lot
    if not all(map(le, map(made.__getitem__, into), events)):
        for name, event in zip(into, events, strict=True):
            made[name] = min(made[name], event)
    return {name: event for name, event in made.items() if name in names}


def _unplaced(names: Set[str], made: Mapping[str, int]) -> set[str]:
    """Lots that have to be looked up, because the edges into them do not show their place.

    Those that one event made together have an order in it.
    """
    count = Counter(made.values())
    return {name for name in names if count[made.get(name, 0)] != 1}


def read_descendants(book: Book, lot: str, asof: AsOf = NOW) -> Graph:
    """The genealogy of a lot's descendants, a generation at a time.

    Other parents of the descendants are there without what made them, which no answer needs: as one
    lot without a name, if nothing was reversed.

    Raises
    ------
    InputError : no such lot.
    """
    with one_moment(book, asof):
        names, edges = _descendants(book, lot, asof)
        lots = _lots(book, sorted(names), asof, {})
        if not lots:
            raise InputError([unknown_lot(book.store, lot)])
        others = edges.merge_sources({name for name in edges.sources if "/" not in name} - names)
        return _graph(book, [*((name, "", 0) for name in sorted(others)), *lots], edges)


def _descendants(book: Book, lot: str, asof: AsOf) -> tuple[set[str], EdgeRows]:
    """A lot and its descendants; what came into them, and what left the book from them."""
    names, front = {lot}, [lot]
    left: set[str] = set()
    while front:
        pairs = targets_of(book.store, front, asof)
        left.update([source for source, target in pairs if "/" in target])
        front = sorted({target for _, target in pairs if "/" not in target} - names)
        names.update(front)
    edges = EdgeRows(edges_into(book.store, book.substances, sorted(names), asof))
    edges.add(edges_out_of_book(book.store, book.substances, sorted(left), asof))
    return names, edges


def _lots(book: Book, names: Sequence[str], asof: AsOf, made: Mapping[str, int]) -> list[LotRow]:
    """Name, material and event of lots, in the order in which they were made.

    Parameters
    ----------
    names : of lots to look up.
    made : others, with their events; their material stays empty.
    """
    rows = lots_named(book.store, names, asof)
    rows += [(made[name], 0, name, "") for name in made.keys() - set(names)]
    return [(name, material, event) for event, _, name, material in sorted(rows)]


def _graph(book: Book, lots: Sequence[LotRow], edges: EdgeRows) -> Graph:
    graph = Graph(book.substances, Kernels())
    graph.extend(additions(graph, lots, edges))
    graph.settle()
    return graph


def check_lot(book: Book, lot: str, asof: AsOf = NOW) -> None:
    """Raise InputError if there is no such lot, or was none."""
    if not lots_named(book.store, [lot], asof):
        raise InputError([unknown_lot(book.store, lot)])
