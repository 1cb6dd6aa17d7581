"""The genealogy as arrays: lots, edges and what crossed the boundaries, only ever added to.

Lots are numbered in the order in which they were made, so a parent's number is below its
children's, and every edge into a lot comes with the event that made it:

* ``parent``, ``child``, ``content`` of the edges lie in the order of the children; the edges into
  lot i are ``in_ptr[i]:in_ptr[i + 1]``. The edges out of a lot are a linked list (``head``,
  ``following``). So an event is added by writing behind what is there.
* What came into a lot from a boundary or went out to one (``outside``) is a row each, linked by
  lot. Re-statements of a lot with one boundary are added up: a re-assay of +10 kg and one of -8 kg
  are +2 kg. So are losses and gains on one road. What runs found and what they lost is not: the
  lot really had what a run found when it was made, though another run lost it again.
* ``total`` is all that ever came into a lot: its edges, and each boundary's sum where it is above
  zero. What is below zero went out. A lot is well mixed, and a re-statement speaks of the whole
  lot from its beginning; so a lot has one composition of origins, however often it is re-stated.
* A reversal makes the edges of what it takes back zero.

Everything is whole milligrams but ``total``, whose sums are exact in float64 up to nine million
tonnes a lot.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loopbook.book.storage.snapshots import TRANSIT
from loopbook.errors import BalanceError
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import (
    Amounts,
    Kernels,
    Numbers,
    Shares,
    best_kernels,
    distinct,
    spans,
)

MASS = "mass"
"""Name of the column that adds the substances up."""

_ROOM = 1 / 16  # spare part of a column that has to grow
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
    """Whether what a lot got from a boundary and what it gave to it are one amount, added up.

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

    def __init__(self, kind: Any, room: NDArray[Any] | None = None, size: int = 0) -> None:
        self.room: NDArray[Any] = np.empty(0, kind) if room is None else room
        self.size = size

    @property
    def all(self) -> NDArray[Any]:
        """What is in it; a view."""
        return self.room[: self.size]

    def extend(self, values: Any) -> None:
        """Add values at the end; the first ones are kept as they are, without a copy."""
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
        Below zero where an edge is taken back.
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


class Graph:
    """The genealogy's arrays.

    Parameters
    ----------
    substances : of the book, in its order.
    kernels : who runs the inner loops; numba where it is installed.
    """

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

    def __getattr__(self, name: str) -> NDArray[Any]:
        columns: dict[str, Column] = self.__dict__.get("columns", {})
        if name in columns:
            return columns[name].all
        raise AttributeError(name)

    @property
    def mass(self) -> Amounts:
        """Mass of each edge, mg."""
        return self.of("content", MASS)

    def of(self, what: str, substance: str) -> NDArray[Any]:
        """Column of a substance, or of ``mass``: its ``content``, ``total`` or ``outside``."""
        return self.columns[f"{what} {substance}"].all

    @property
    def content(self) -> Mapping[str, Amounts]:
        """Content of each edge by substance, mg."""
        return self._by_substance("content")

    @property
    def total(self) -> Mapping[str, Shares]:
        """All that came into each lot by substance, mg."""
        return self._by_substance("total")

    @property
    def outside(self) -> Mapping[str, Amounts]:
        """What came from a boundary by substance, mg; below zero what went to it."""
        return self._by_substance("outside")

    def _by_substance(self, what: str) -> dict[str, NDArray[Any]]:
        names = (MASS, *self.substances)
        return {name: self.of(what, name) for name in names}

    def marks(self) -> tuple[NDArray[np.int32], int]:
        """A mark for each lot, and a stamp that no mark has."""
        if self._mark is None or len(self._mark) < len(self) or self._stamp >= _MOST:
            self._mark = np.zeros(len(self) + 1024, np.int32)
            self._stamp = 0
        self._stamp += 1
        return self._mark, self._stamp

    def scratch(self) -> Shares:
        """A zero for each lot; whoever writes leaves zeros."""
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
            re-stated there, so that what is re-stated adds up and nothing else does.
        """
        key = end, out and not restates(end)
        number = self._end_numbers.get(key)
        if number is None:
            number = self._end_numbers[key] = len(self.ends)
            self.ends.append(end)
        return number

    @property
    def end_keys(self) -> list[tuple[str, bool]]:
        """Boundaries by number, as `end_number` was asked for them."""
        return list(self._end_numbers)

    def material_number(self, material: str) -> int:
        """Number of a material; a new one is added."""
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    def add_substance(self, substance: str) -> None:
        """A substance that was in ``other`` until now."""
        self.substances = (*self.substances, substance)
        self._open(substance)

    # -- growing

    def extend(self, more: Additions) -> None:
        """Add lots, edges and boundary rows.

        Raises
        ------
        BalanceError : an edge into a lot that was made before or out of one made after, or one
            taken back that is not there.
        """
        first = len(self)
        if first + len(more.event) > _MOST or len(self.parent) + len(more.parent) > _MOST:
            raise BalanceError("a genealogy of more than 2^31 lots or edges")
        self._add_lots(more)
        undone = self._add_edges(more, first)
        rows = len(self.outside_lot)
        self._add(_OUTSIDE, (more.lot, more.end, np.full(len(more.lot), -1, np.int32)))
        for name in (MASS, *self.substances):
            self.columns[f"outside {name}"].extend(more.outside[name])
        self.kernels.link(self.outside_lot, self.outside_head, self.outside_next, rows)
        if first:
            touched = np.concatenate([np.arange(first, len(self)), more.lot, undone])
            self._sum(distinct(touched))
        else:
            self._sum(None)

    def _add(self, kinds: Iterable[str], values: Iterable[Any]) -> None:
        for name, column in zip(kinds, values, strict=True):
            self.columns[name].extend(column)

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
        """Add edges into new lots, take back old ones; returns the lots that lost some."""
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
        for name in (MASS, *self.substances):
            self.columns[f"content {name}"].extend(more.content[name][chosen])
        ends = np.cumsum(np.bincount(child - first, minlength=count)) + begin
        self.columns["in_ptr"].extend(ends[:count])
        self.kernels.link(self.parent, self.head, self.following, begin)
        self.kernels.levels(self.in_ptr, self.parent, self.level, first)
        taken = np.flatnonzero(more.content[MASS] < 0)
        for k in taken:
            self._take_back(int(more.parent[k]), int(more.child[k]), int(k), more.content)
        return more.child[taken]

    def _take_back(self, parent: int, child: int, k: int, content: Mapping[str, Amounts]) -> None:
        for edge in range(self.in_ptr[child], self.in_ptr[child + 1]):
            if self.parent[edge] == parent:
                for name in (MASS, *self.substances):
                    self.columns[f"content {name}"].room[edge] += content[name][k]
                if self.mass[edge] >= 0:
                    return
        where = f"from lot {self.names[parent]} to {self.names[child]}"
        raise BalanceError(f"{where}: more is taken back than went")

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
            found = [np.empty(0, np.int64)]
            cursor = self.outside_head[lots]
            while len(cursor := cursor[cursor >= 0]):
                found.append(cursor)
                cursor = self.outside_next[cursor]
            rows = np.concatenate(found)
        keys = self.outside_lot[rows].astype(np.int64) * len(self.ends) + self.outside_end[rows]
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        sums = {
            name: np.add.reduceat(column[rows], begins) if len(begins) else column[:0]
            for name, column in self.outside.items()
        }
        keys = keys[begins]
        return keys // max(len(self.ends), 1), keys % max(len(self.ends), 1), sums

    def _sum(self, lots: Numbers | None) -> None:
        """Compute the totals of lots anew."""
        owner, _, nets = self.nets(lots)
        if lots is None:
            edges: Any = slice(None)
            target = self.child
        else:
            starts = self.in_ptr[lots]
            edges = spans(starts, self.in_ptr[lots + 1] - starts)
            target = self.child[edges]
        for name in self.substances:
            column, came = self.columns[f"total {name}"].all, np.maximum(nets[name], 0)
            content = self.columns[f"content {name}"].all[edges]
            if lots is None:
                column[:] = np.bincount(target, weights=content, minlength=len(self))
                column += np.bincount(owner, weights=came, minlength=len(self))
            else:
                column[lots] = 0.0
                np.add.at(column, target, content)
                np.add.at(column, owner, came)
        some: Any = slice(None) if lots is None else lots
        column = self.columns[f"total {MASS}"].all
        column[some] = 0.0
        for name in self.substances:
            column[some] += self.columns[f"total {name}"].all[some]
