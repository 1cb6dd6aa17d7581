"""The genealogy as arrays: lots, edges and what crossed the boundaries, only ever added to.

Lots are numbered in the order in which they were made, so a parent's number is below its
children's, and every edge into a lot comes with the event that made it:

* ``parent``, ``child``, ``content`` of the edges are in the order of the children; the edges into
  lot i are ``in_ptr[i]:in_ptr[i + 1]``. The edges out of a lot are a linked list (``head``,
  ``following``). So an event is added by writing after the existing rows.
* What came into a lot from a boundary or went out to one (``outside``) is a row each, linked by
  lot. Re-statements of a lot with one boundary are added up: a re-assay of +10 kg and one of -8 kg
  are +2 kg. So are losses and gains on one road. Gains and losses of runs are not: the lot really
  had what a run gained when it was made, although another run lost it again.
* ``total`` is all that ever came into a lot: its edges, and each boundary's sum where it is above
  zero. A sum below zero went out. A lot is well mixed, and a re-statement applies to the whole lot
  from its beginning; so a lot has one composition of origins, however often it is re-stated.
* A reversal sets the edges of the reversed event to zero.

Everything is whole milligrams except ``total``, whose sums are exact in float64 up to nine million
tonnes a lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from loopbook.book import TRANSIT
from loopbook.errors import BalanceError
from loopbook.trace.genealogy.engine import best_kernels
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import (
    MASS,
    Amounts,
    Kernels,
    Numbers,
    Shares,
    distinct,
    spans,
)

_ROOM = 1 / 16  # spare share of a column that has to grow
_MOST = 2**31 - 1
_RESTATING = ("reassay/", "stock-take/", f"unaccounted//{TRANSIT} ")

_LOT = {
    "material": np.int32,
    "event": np.int64,
    "level": np.int32,
    "head": np.int32,
    "outside_head": np.int32,
}
_EDGE = {"parent": np.int32, "child": np.int32, "following": np.int32}
_OUTSIDE = {"outside_lot": np.int32, "outside_end": np.int32, "outside_next": np.int32}


def restates(end: str) -> bool:
    """Whether what a lot got from a boundary and what it gave to it add up to one amount.

    >>> restates("reassay///L-1"), restates("supplier/LGES//")
    (True, False)
    """
    return end.startswith(_RESTATING)


class Column:
    """An array that grows at its end.

    >>> column = Column(np.int64)
    >>> column.extend([1, 2])
    >>> column.all
    array([1, 2])
    """

    __slots__ = ("room", "size")

    def __init__(self, kind: DTypeLike, room: Numbers | None = None, size: int = 0) -> None:
        self.room: Numbers = np.empty(0, kind) if room is None else room
        self.size = size

    @property
    def all(self) -> Numbers:
        """What is in it; a view."""
        return self.room[: self.size]

    def extend(self, values: Numbers | Sequence[int]) -> None:
        """Add values at the end; the first ones are kept without a copy."""
        new = np.asarray(values, self.room.dtype)
        need = self.size + len(new)
        if not self.size:
            self.room = new
        elif need > len(self.room):
            room = np.empty(need + int(need * _ROOM) + 64, self.room.dtype)
            room[: self.size] = self.all
            self.room = room
        if self.size:
            self.room[self.size : need] = new
        self.size = need


@dataclass(frozen=True, slots=True)
class Additions:
    """Lots, edges and boundary rows that are added together.

    Parameters
    ----------
    names, material, event : of the new lots; material by its number in the graph.
    parent, child, content : edges between lots, old and new; mg by substance and for ``mass``.
        Below zero where an edge is reversed.
    lot, end, outside : what came into a lot from a boundary; below zero what went out to it.
    """

    names: Names | Sequence[str]
    material: Numbers
    event: Numbers
    parent: Numbers
    child: Numbers
    content: Mapping[str, Amounts]
    lot: Numbers
    end: Numbers
    outside: Mapping[str, Amounts]


class _View:
    """A column of a graph as an attribute."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, graph: Graph, owner: type) -> Numbers:
        return graph.columns[self._name].all


class Graph:
    """The genealogy's arrays.

    Parameters
    ----------
    substances : of the book, in its order.
    kernels : the inner loops; numba's where it is installed.
    """

    in_ptr = _View()
    material = _View()
    event = _View()
    level = _View()
    head = _View()
    outside_head = _View()
    parent = _View()
    child = _View()
    following = _View()
    outside_lot = _View()
    outside_end = _View()
    outside_next = _View()

    def __init__(self, substances: Sequence[str], kernels: Kernels | None = None) -> None:
        self.substances = tuple(substances)
        self.kernels = best_kernels() if kernels is None else kernels
        self.names = Names.of()
        self.materials: list[str] = []
        self.ends: list[str] = []
        self._end_numbers: dict[tuple[str, bool], int] = {}
        kinds = {**_LOT, **_EDGE, **_OUTSIDE}
        self.columns = {name: Column(kind) for name, kind in kinds.items()}
        self.columns["in_ptr"] = Column(np.int64, np.zeros(1, np.int64), 1)
        for name in (MASS, *self.substances):
            self._open(name)
        self._mark: NDArray[np.int32] | None = None
        self._stamp = 0
        self._scratch: Shares | None = None

    def _open(self, substance: str) -> None:
        lots, edges, rows = len(self), len(self.parent), len(self.outside_lot)
        for name, kind, size in (
            (f"total {substance}", np.float64, lots),
            (f"content {substance}", np.int64, edges),
            (f"outside {substance}", np.int64, rows),
        ):
            self.columns[name] = Column(kind, np.zeros(size, kind), size)

    def __len__(self) -> int:
        return self.columns["event"].size

    def content(self, substance: str) -> Amounts:
        """Content of each edge, mg of a substance, or of all for ``mass``."""
        return self.columns[f"content {substance}"].all

    def total(self, substance: str) -> Shares:
        """All that came into each lot, mg of a substance or of ``mass``."""
        return self.columns[f"total {substance}"].all

    def outside(self, substance: str) -> Amounts:
        """What came from a boundary, mg of a substance or of ``mass``; below zero what left."""
        return self.columns[f"outside {substance}"].all

    def marks(self) -> tuple[Numbers, int]:
        """A mark for each lot, and a stamp that no mark has."""
        if self._mark is None or len(self._mark) < len(self) or self._stamp >= _MOST:
            self._mark = np.zeros(len(self) + 1024, np.int32)
            self._stamp = 0
        self._stamp += 1
        return self._mark, self._stamp

    def scratch(self) -> Shares:
        """A zero for each lot; a loop that writes to it leaves zeros."""
        if self._scratch is None or len(self._scratch) < len(self):
            self._scratch = np.zeros(len(self) + 1024)
        return self._scratch

    # -- names

    def end_number(self, end: str, *, out: bool = False) -> int:
        """Number of a boundary; a new one is added.

        Parameters
        ----------
        end : its name.
        out : whether matter went out there. It has a number of its own then, unless lots are
            re-stated there, so that re-statements add up and nothing else does.
        """
        key = end, out and not restates(end)
        if key not in self._end_numbers:
            self._end_numbers[key] = len(self.ends)
            self.ends.append(end)
        return self._end_numbers[key]

    @property
    def end_keys(self) -> list[tuple[str, bool]]:
        """Boundaries by number, as arguments of `end_number`."""
        return list(self._end_numbers)

    def material_number(self, material: str) -> int:
        """Number of a material; a new one is added."""
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    def add_substance(self, substance: str) -> None:
        """A substance that was part of ``other`` until now."""
        self.substances = (*self.substances, substance)
        self._open(substance)

    # -- growing

    def extend(self, more: Additions) -> None:
        """Add lots, edges and boundary rows.

        Raises
        ------
        BalanceError : an edge into a lot that was made before or out of one made after, or a
            reversal of an edge that does not exist.
        """
        first, rows = len(self), len(self.outside_lot)
        if first + len(more.event) > _MOST or len(self.parent) + len(more.parent) > _MOST:
            raise BalanceError("a genealogy of more than 2^31 lots or edges")
        self._add_lots(more)
        reversed_lots = self._add_edges(more, first)
        self._add(_OUTSIDE, (more.lot, more.end, np.full(len(more.lot), -1, np.int32)))
        self._add_contents("outside", more.outside)
        self.kernels.link(self.outside_lot, self.outside_head, self.outside_next, rows)
        if first:
            self._sum(
                distinct(np.concatenate([np.arange(first, len(self)), more.lot, reversed_lots]))
            )
        else:
            self._sum(None)

    def _add(self, names: Iterable[str], values: Iterable[Numbers]) -> None:
        for name, column in zip(names, values, strict=True):
            self.columns[name].extend(column)

    def _add_contents(self, what: str, contents: Mapping[str, Numbers], rows: Any = ...) -> None:
        for name in (MASS, *self.substances):
            self.columns[f"{what} {name}"].extend(contents[name][rows])

    def _add_lots(self, more: Additions) -> None:
        count = len(more.event)
        if isinstance(more.names, Names) and not len(self.names):
            self.names = more.names
        else:
            self.names.add([more.names[k] for k in range(count)])
        none = np.full(count, -1, np.int32)
        zeros = np.zeros(count, np.int32)
        self._add(_LOT, (more.material, more.event, zeros, none, none.copy()))
        for name in (MASS, *self.substances):
            self.columns[f"total {name}"].extend(np.zeros(count))

    def _add_edges(self, more: Additions, first: int) -> Numbers:
        """Add edges into new lots, reverse old ones; return the lots whose edges were reversed."""
        begin, count = len(self.parent), len(more.event)
        kept = np.flatnonzero(more.content[MASS] > 0)
        child = more.child[kept]
        if len(child) and child.min() < first:
            name = self.names[int(child.min())]
            raise BalanceError(f"lot {name}: matter from a lot after it was made")
        if np.any(child[1:] < child[:-1]):
            kept = kept[np.argsort(child, kind="stable")]
            child = more.child[kept]
        whole = len(kept) == len(more.child) and np.array_equal(child, more.child)
        chosen: Any = slice(None) if whole else kept
        parent = more.parent[chosen]
        if np.any(parent >= child):
            name = self.names[int(child[np.argmax(parent >= child)])]
            raise BalanceError(f"lot {name}: matter from a lot that was made after it")
        self._add(_EDGE, (parent, child, np.full(len(child), -1, np.int32)))
        self._add_contents("content", more.content, chosen)
        ends = np.cumsum(np.bincount(child - first, minlength=count)) + begin
        self.columns["in_ptr"].extend(ends[:count])
        self.kernels.link(self.parent, self.head, self.following, begin)
        self.kernels.levels(self.in_ptr, self.parent, self.level, first)
        reversals = np.flatnonzero(more.content[MASS] < 0)
        for k in reversals:
            self._reverse(int(more.parent[k]), int(more.child[k]), int(k), more.content)
        return more.child[reversals]

    def _reverse(self, parent: int, child: int, k: int, content: Mapping[str, Amounts]) -> None:
        for edge in range(self.in_ptr[child], self.in_ptr[child + 1]):
            if self.parent[edge] == parent:
                for name in (MASS, *self.substances):
                    self.content(name)[edge] += content[name][k]
                if self.content(MASS)[edge] >= 0:
                    return
        where = f"from lot {self.names[parent]} to {self.names[child]}"
        raise BalanceError(f"{where}: more is reversed than went")

    # -- sums

    def nets(self, lots: Numbers | None) -> tuple[Numbers, Numbers, dict[str, Amounts]]:
        """What came into lots from each boundary, added up: lots, ends, mg by substance.

        Parameters
        ----------
        lots : numbers; None for all.
        """
        if lots is None:
            rows = np.arange(len(self.outside_lot))
        else:
            chain = [np.empty(0, np.int64)]
            cursor = self.outside_head[lots]
            while len(cursor := cursor[cursor >= 0]):
                chain.append(cursor)
                cursor = self.outside_next[cursor]
            rows = np.concatenate(chain)
        keys = self.outside_lot[rows].astype(np.int64) * len(self.ends) + self.outside_end[rows]
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        sums = {}
        for name in (MASS, *self.substances):
            amounts = self.outside(name)
            sums[name] = np.add.reduceat(amounts[rows], begins) if len(begins) else amounts[:0]
        return *divmod(keys[begins], max(len(self.ends), 1)), sums

    def _sum(self, lots: Numbers | None) -> None:
        """Compute the totals of lots again; of all for None."""
        owner, _, nets = self.nets(lots)
        edges: Any = slice(None)
        if lots is not None:
            starts = self.in_ptr[lots]
            edges = spans(starts, self.in_ptr[lots + 1] - starts)
        some: Any = slice(None) if lots is None else lots
        target, mass = self.child[edges], self.total(MASS)
        mass[some] = 0.0
        for name in self.substances:
            total, came = self.total(name), np.maximum(nets[name], 0)
            content = self.content(name)[edges]
            if lots is None:
                total[:] = np.bincount(target, weights=content, minlength=len(self))
                total += np.bincount(owner, weights=came, minlength=len(self))
            else:
                total[lots] = 0.0
                np.add.at(total, target, content)
                np.add.at(total, owner, came)
            mass[some] += total[some]
