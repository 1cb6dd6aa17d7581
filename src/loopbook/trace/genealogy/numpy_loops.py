"""The inner loops of tracing in NumPy; `numba_loops` computes the same numbers faster.

A genealogy's lots are numbered so that a parent's number is below its children's. The edges into a
lot are together (``in_ptr``), in order of the lots; the edges out of a lot are a linked list
(``head``, ``following``), so that a new edge changes one number and moves none. For one substance,
with ``content`` of the edges and ``total`` of all that came into a lot,

    share of a parent in a child = content / total[child]

`back` multiplies shares from a lot down to its ancestors, `forward` from a lot up to its
descendants, `compose` from all origins to all lots.
"""

from collections.abc import Callable, Sequence

import numpy as np

from loopbook.trace.genealogy.columns import MASS, Columns, Numbers, Shares


def spans(starts: Numbers, counts: Numbers) -> Numbers:
    """Indices of several spans behind one another.

    >>> spans(np.array([5, 0]), np.array([2, 3]))
    array([5, 6, 0, 1, 2])
    """
    ends = np.cumsum(counts)
    whole = int(ends[-1]) if len(ends) else 0
    indices: Numbers = np.arange(whole) + np.repeat(starts - (ends - counts), counts)
    return indices


def edges_into(graph: Columns, lots: Numbers) -> tuple[Numbers, Numbers]:
    """Edges into lots, and how many there are into each."""
    starts = graph.in_ptr[lots]
    counts = graph.in_ptr[lots + 1] - starts
    return spans(starts, counts), counts


def chained(entries: Numbers, following: Numbers) -> Numbers:
    """Entries of linked lists, from the numbers of their first ones; those of all lists first.

    >>> chained(np.array([2, -1, 3]), np.array([-1, -1, 0, -1]))
    array([2, 3, 0])
    """
    chain = [entries := entries[entries >= 0]]
    while len(entries):
        entries = following[entries]
        chain.append(entries := entries[entries >= 0])
    return np.concatenate(chain)


def distinct(values: Numbers) -> Numbers:
    """Values without repetition, rising.

    `numpy.unique` loads `numpy.ma`, which takes as long as a question to a cold book.

    >>> distinct(np.array([5, 2, 5]))
    array([2, 5])
    """
    rising = np.sort(values)
    once: Numbers = rising[np.append(True, rising[1:] != rising[:-1])[: len(rising)]]
    return once


class Kernels:
    """The loops, a generation of lots at a time."""

    name = "numpy"

    def link(self, parent: Numbers, head: Numbers, following: Numbers, first: int) -> None:
        """Put the edges from number `first` on into the lists of their parents, the last one first.

        So the lists are the same, however many edges are put in at once.
        """
        new = parent[first:]
        if not len(new):
            return
        order = np.argsort(new, kind="stable")
        ranked = new[order]
        edges = order + first
        begins = np.append(True, ranked[1:] != ranked[:-1])
        following[edges[1:]] = edges[:-1]
        following[edges[begins]] = head[ranked[begins]]
        last = np.append(begins[1:], True)
        head[ranked[last]] = edges[last]

    def levels(self, in_ptr: Numbers, parent: Numbers, level: Numbers, first: int) -> None:
        """Longest way from a lot without parents, for the lots from number `first` on."""
        counts = np.diff(in_ptr[first:])
        made = np.flatnonzero(counts)
        level[first:] = 0
        if not len(made):
            return
        begin = int(in_ptr[first])
        parents, starts = parent[begin:], in_ptr[first:-1][made] - begin
        while True:
            higher = np.maximum.reduceat(level[parents], starts) + 1
            if np.array_equal(higher, level[first + made]):
                return
            level[first + made] = higher

    def ancestors(self, graph: Columns, lots: Numbers) -> Numbers:
        """Numbers of lots and of all that is in them, rising."""
        return _reached(graph, lots, graph.parent, lambda front: edges_into(graph, front)[0])

    def descendants(self, graph: Columns, lots: Numbers) -> Numbers:
        """Numbers of lots and of all that they are in, rising."""
        following = graph.following
        return _reached(
            graph, lots, graph.child, lambda front: chained(graph.head[front], following)
        )

    def back(
        self, graph: Columns, substances: Sequence[str], order: Numbers, start: Shares
    ) -> Shares:
        """Share of a lot's matter that came through each of its ancestors: (lot, substance).

        Parameters
        ----------
        substances : whose shares.
        order : the ancestors, rising; all of them.
        start : 1 for the lot that is asked about, 0 for the others.
        """
        shares = np.repeat(start[:, np.newaxis], len(substances), axis=1)
        for stage in reversed(_stages(graph.level[order])[1:]):
            places = stage[shares[stage].any(axis=1)]
            edges, counts = edges_into(graph, order[places])
            parts = _parts(graph, substances, edges, (order[places], counts))
            parts *= np.repeat(shares[places], counts, axis=0)
            _add(shares, np.searchsorted(order, graph.parent[edges]), parts)
        return shares

    def forward(
        self, graph: Columns, substances: Sequence[str], order: Numbers, start: Shares
    ) -> Shares:
        """Share of each descendant's matter that came from a lot: (lot, substance).

        Parameters
        ----------
        substances : whose shares.
        order : the descendants, rising; all of them.
        start : 1 for the lot that is asked about, 0 for the others.
        """
        shares = np.repeat(start[:, np.newaxis], len(substances), axis=1)
        for stage in _stages(graph.level[order]):
            places = stage[start[stage] == 0.0]
            edges, counts = edges_into(graph, order[places])
            slots = np.searchsorted(order, graph.parent[edges])
            slots[slots == len(order)] = 0
            inside = order[slots] == graph.parent[edges]
            parts = _parts(graph, substances, edges, (order[places], counts))
            parts *= shares[slots]
            _add(shares, np.repeat(places, counts)[inside], parts[inside])
        return shares

    def compose(self, graph: Columns, substance: str, shares: Shares) -> None:
        """Fill in the composition of all lots that have parents.

        Parameters
        ----------
        shares : (lot, origin), filled for lots without parents and for what came into others from
            outside; the rest is added here.
        """
        content, total = graph.content(substance), graph.total(substance)
        order = np.argsort(graph.level, kind="stable")
        bounds = np.searchsorted(graph.level[order], np.arange(int(graph.level.max(initial=0)) + 2))
        for stage in range(1, len(bounds) - 1):
            lots = order[bounds[stage] : bounds[stage + 1]]
            edges, counts = edges_into(graph, lots)
            parts = content[edges] / np.maximum(np.repeat(total[lots], counts), 1.0)
            begins = np.cumsum(counts) - counts
            for k in range(shares.shape[1]):
                came = np.add.reduceat(shares[graph.parent[edges], k] * parts, begins)
                shares[lots, k] += came


def _reached(
    graph: Columns, lots: Numbers, ends: Numbers, edges_of: Callable[[Numbers], Numbers]
) -> Numbers:
    """Lots and all that are reached from them, a generation at a time, over edges with matter."""
    mark, stamp = graph.marks()
    mass = graph.content(MASS)
    seen = [front := distinct(lots)]
    while len(front):
        mark[front] = stamp
        edges = edges_of(front)
        near = ends[edges[mass[edges] != 0]]
        front = distinct(near[mark[near] != stamp]).astype(np.int64)
        seen.append(front)
    return np.sort(np.concatenate(seen))


def _stages(levels: Numbers) -> list[Numbers]:
    """Places of the lots of each level that there is, the lowest level first."""
    if not len(levels):
        return []
    order = np.argsort(levels, kind="stable")
    rising = levels[order]
    return np.split(order, np.flatnonzero(rising[1:] != rising[:-1]) + 1)


def _parts(
    graph: Columns, substances: Sequence[str], edges: Numbers, into: tuple[Numbers, Numbers]
) -> Shares:
    """What came over each edge as a share of all that came into its child: (edge, substance).

    Parameters
    ----------
    edges, into : the edges, and into which lots they go, so many into each.
    """
    lots, counts = into
    content = np.stack([graph.content(s)[edges] for s in substances], axis=1)
    total = np.stack([graph.total(s)[lots] for s in substances], axis=1)
    whole = np.repeat(total, counts, axis=0)
    return np.divide(content, whole, out=np.zeros(whole.shape), where=content != 0)


def _add(sums: Shares, rows: Numbers, parts: Shares) -> None:
    """Add rows to rows, in their order; a row may be met again."""
    width = sums.shape[1]
    places = rows[:, np.newaxis] * width + np.arange(width)
    np.add.at(sums.reshape(-1), places.reshape(-1), parts.reshape(-1))
