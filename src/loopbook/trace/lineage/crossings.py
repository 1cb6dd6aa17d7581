"""The order of boxes and points in the columns of a lineage's picture: few lines cross.

The graph's second eigenvector places connected parts side by side; sweeps of barycentres do the
rest. `loopbook.trace.lineage.layout` describes the whole.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

_SWEEPS = 14
_STEPS = 600  # of the power iteration
_LIGHT = 1e-3  # pull of a boundary against a lot's
_GOLDEN = 0.6180339887498949  # its multiples modulo 1 are spread evenly: a start without chance


@dataclass(slots=True)
class Graph:
    """Boxes and points as numbers, and the results of each step of the layout."""

    ends: list[tuple[str, str]] = field(default_factory=list)  # id and side; boxes come first
    column: list[int] = field(default_factory=list)
    height: list[float] = field(default_factory=list)
    paths: list[list[int]] = field(default_factory=list)  # of each link, through its points
    through: dict[int, list[int]] = field(default_factory=dict)  # links of a point, top first
    left: list[dict[int, float]] = field(default_factory=list)  # neighbours and widths
    right: list[dict[int, float]] = field(default_factory=list)
    light: set[int] = field(default_factory=set)  # boundaries and their cables
    orders: list[list[int]] = field(default_factory=list)  # of each column, top first
    middle: list[float] = field(default_factory=list)

    def add(self, column: int, height: float) -> int:
        """A new box or point."""
        self.column.append(column)
        self.height.append(height)
        self.left.append({})
        self.right.append({})
        return len(self.column) - 1


def count_crossings(pairs: Iterable[tuple[float, float]]) -> int:
    """How many pairs of lines cross that go from a place left to a place right.

    >>> count_crossings([(0, 1), (1, 0), (2, 1)])
    1
    """
    seen: list[float] = []
    count = 0
    for _, right in sorted(pairs):
        count += len(seen) - bisect_right(seen, right)
        insort(seen, right)
    return count


def _crossings(graph: Graph, orders: Sequence[Sequence[int]]) -> int:
    place = {n: i for order in orders for i, n in enumerate(order)}
    return sum(
        count_crossings(
            (place[a], place[b])
            for a in order
            for b in graph.right[a]
            if graph.column[b] == column + 1
        )
        for column, order in enumerate(orders)
    )


def order_columns(graph: Graph) -> tuple[int, int]:
    """Order the columns with few crossings; return the crossings before and after."""
    starts = [_in_columns(graph, x) for x in (range(len(graph.column)), _spread(graph))]
    graph.orders = [list(order) for order in starts[0]]
    before = best = _crossings(graph, graph.orders)
    for orders in starts:
        for sweep in range(_SWEEPS):
            count = _crossings(graph, orders)
            if count < best:
                graph.orders, best = [list(order) for order in orders], count
            _sweep(graph, orders, rightwards=sweep % 2 == 0)
    return before, best


def _in_columns(graph: Graph, nodes: Iterable[int]) -> list[list[int]]:
    """Boxes and points by column, in the order in which they come."""
    orders: list[list[int]] = [[] for _ in range(max(graph.column, default=-1) + 1)]
    for node in nodes:
        orders[graph.column[node]].append(node)
    return orders


def _spread(graph: Graph) -> list[int]:
    """All boxes and points along the picture's longest way across: neighbours are near.

    Second eigenvector of the walk on the graph (Fiedler 1973) by power iteration, for each
    connected part alone. Boundaries pull little: nearly everything leads to them.
    """
    many = len(graph.column)
    pairs = [(a, b) for a in range(many) for b in graph.right[a]]
    a, b = np.array(pairs, dtype=np.intp).reshape(-1, 2).T
    pull = np.array([_LIGHT if {p, q} & graph.light else 1.0 for p, q in pairs])
    degree = np.bincount(a, pull, many) + np.bincount(b, pull, many)
    part = _parts(many, a, b)
    whole = np.bincount(part, degree)
    whole[whole == 0], degree[degree == 0] = 1.0, 1.0
    value: NDArray[np.float64] = np.modf(np.arange(1, many + 1) * _GOLDEN)[0]
    for step in range(_STEPS):
        pulled = np.bincount(a, pull * value[b], many) + np.bincount(b, pull * value[a], many)
        value = (value + pulled / degree) / 2
        value -= (np.bincount(part, degree * value) / whole)[part]
        if step % 50 == 49:
            value /= float(np.abs(value).max(initial=1e-300))
    keys = zip(part.tolist(), np.round(value, 9).tolist(), range(many), strict=True)
    return [n for *_, n in sorted(keys)]


def _parts(many: int, a: NDArray[np.intp], b: NDArray[np.intp]) -> NDArray[np.intp]:
    """The connected part that each belongs to: the lowest number in it."""
    part: NDArray[np.intp] = np.arange(many)
    before = part[:0]
    while not np.array_equal(part, before):
        before = part.copy()
        np.minimum.at(part, a, part[b])
        np.minimum.at(part, b, part[a])
    return part


def _sweep(graph: Graph, orders: list[list[int]], *, rightwards: bool) -> None:
    """Sort each column by the mean place of its neighbours in the one before.

    Boundaries pull little, or each sweep would begin by sorting lots by supplier; a lot without
    lots before it is sorted by those after it too.
    """
    place = {n: (i + 0.5) / len(order) for order in orders for i, n in enumerate(order)}
    before, after = (graph.left, graph.right) if rightwards else (graph.right, graph.left)
    columns = range(len(orders)) if rightwards else range(len(orders) - 1, -1, -1)
    light = graph.light
    for column in columns:
        order = orders[column]
        keys = {}
        for node in order:
            near = [(place[n], _LIGHT if n in light else 1.0) for n in before[node]]
            if sum(pull for _, pull in near) < 1.0 or node in light:
                near += [(place[n], _LIGHT if n in light else 1.0) for n in after[node]]
            total = sum(pull for _, pull in near)
            keys[node] = sum(at * pull for at, pull in near) / total if near else place[node]
        order.sort(key=keys.__getitem__)
        for i, node in enumerate(order):
            place[node] = (i + 0.5) / len(order)
