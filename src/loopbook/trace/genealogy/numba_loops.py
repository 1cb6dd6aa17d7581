"""The inner loops of tracing, compiled by numba; `numpy_loops` documents them.

They compute the same sums in the order of the lots' numbers. Compiled code is kept beside the
package where that folder can be written, so that only the first process waits for the compiler.
"""

from collections.abc import Sequence
from typing import Any

import numba
import numpy as np

from loopbook.trace.genealogy.columns import MASS, Columns, Numbers, Shares
from loopbook.trace.genealogy.numpy_loops import Kernels, distinct

_jit = numba.njit(cache=True, nogil=True)


@_jit
def _link(parent: Numbers, head: Numbers, following: Numbers, first: int) -> None:
    for k in range(first, len(parent)):
        following[k] = head[parent[k]]
        head[parent[k]] = k


@_jit
def _levels(in_ptr: Numbers, parent: Numbers, level: Numbers, first: int) -> None:
    for lot in range(first, len(level)):
        most = -1
        for k in range(in_ptr[lot], in_ptr[lot + 1]):
            most = max(most, level[parent[k]])
        level[lot] = most + 1


@_jit
def _ancestors(columns: Any, mark: Numbers, stamp: int, lots: Numbers) -> Numbers:
    in_ptr, parent, mass = columns
    count, done = len(lots), 0
    room = np.empty(len(mark), np.int64)  # pages that nothing is written to cost nothing
    room[:count] = lots
    mark[lots] = stamp
    while done < count:
        lot = room[done]
        done += 1
        for k in range(in_ptr[lot], in_ptr[lot + 1]):
            if mark[parent[k]] != stamp and mass[k] != 0:
                mark[parent[k]] = stamp
                room[count] = parent[k]
                count += 1
    return np.sort(room[:count])


@_jit
def _descendants(columns: Any, mark: Numbers, stamp: int, lots: Numbers) -> Numbers:
    head, following, child, mass = columns
    count, done = len(lots), 0
    room = np.empty(len(mark), np.int64)  # pages that nothing is written to cost nothing
    room[:count] = lots
    mark[lots] = stamp
    while done < count:
        edge = head[room[done]]
        done += 1
        while edge >= 0:
            if mark[child[edge]] != stamp and mass[edge] != 0:
                mark[child[edge]] = stamp
                room[count] = child[edge]
                count += 1
            edge = following[edge]
    return np.sort(room[:count])


@_jit
def _back(columns: Any, scratch: Shares, order: Numbers, start: Shares) -> Shares:
    in_ptr, parent, content, total = columns
    scratch[order] = start
    for place in range(len(order) - 1, -1, -1):
        lot = order[place]
        share = scratch[lot]
        if share != 0.0 and total[lot] > 0.0:
            for k in range(in_ptr[lot], in_ptr[lot + 1]):
                if content[k] != 0:
                    scratch[parent[k]] += share * (content[k] / total[lot])
    shares = scratch[order]
    scratch[order] = 0.0
    return shares


@_jit
def _forward(columns: Any, scratch: Shares, order: Numbers, start: Shares) -> Shares:
    in_ptr, parent, content, total = columns
    scratch[order] = start
    for place in range(len(order)):
        lot = order[place]
        if start[place] == 0.0 and total[lot] > 0.0:
            share = 0.0
            for k in range(in_ptr[lot], in_ptr[lot + 1]):
                if content[k] != 0:
                    share += scratch[parent[k]] * (content[k] / total[lot])
            scratch[lot] = share
    shares = scratch[order]
    scratch[order] = 0.0
    return shares


@_jit
def _compose(columns: Any, shares: Shares) -> None:
    in_ptr, parent, content, total = columns
    for lot in range(len(total)):
        if total[lot] > 0.0:
            for k in range(in_ptr[lot], in_ptr[lot + 1]):
                part = content[k] / total[lot]
                for group in range(shares.shape[1]):
                    shares[lot, group] += shares[parent[k], group] * part


class NumbaKernels(Kernels):
    """The loops compiled."""

    name = "numba"

    link = staticmethod(_link)
    levels = staticmethod(_levels)

    def ancestors(self, graph: Columns, lots: Numbers) -> Numbers:
        """As in `Kernels`."""
        columns = graph.in_ptr, graph.parent, graph.content(MASS)
        return _ancestors(columns, *graph.marks(), distinct(lots))

    def descendants(self, graph: Columns, lots: Numbers) -> Numbers:
        """As in `Kernels`."""
        columns = graph.head, graph.following, graph.child, graph.content(MASS)
        return _descendants(columns, *graph.marks(), distinct(lots))

    def back(
        self, graph: Columns, substances: Sequence[str], order: Numbers, start: Shares
    ) -> Shares:
        """As in `Kernels`."""
        return _each(_back, graph, substances, order, start)

    def forward(
        self, graph: Columns, substances: Sequence[str], order: Numbers, start: Shares
    ) -> Shares:
        """As in `Kernels`."""
        return _each(_forward, graph, substances, order, start)

    def compose(self, graph: Columns, substance: str, shares: Shares) -> None:
        """As in `Kernels`."""
        _compose(_columns(graph, substance), shares)


def _each(loop: Any, graph: Columns, substances: Sequence[str], *lots: Numbers | Shares) -> Shares:
    """A loop over lots, for each substance: (lot, substance)."""
    columns = [_columns(graph, substance) for substance in substances]
    return np.stack([loop(x, graph.scratch(), *lots) for x in columns], axis=1)


def _columns(graph: Columns, substance: str) -> tuple[Numbers, Numbers, Numbers, Shares]:
    return graph.in_ptr, graph.parent, graph.content(substance), graph.total(substance)
