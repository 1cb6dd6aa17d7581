"""The columns of a genealogy, which the loops read and `arrays.Graph` adds to."""

from collections.abc import Sequence
from typing import cast

import numpy as np
from numpy.typing import DTypeLike, NDArray

MASS = "mass"
"""Name of the column that adds the substances up."""

Amounts = NDArray[np.int64]
Numbers = NDArray[np.integer]
Flags = NDArray[np.bool_]
Shares = NDArray[np.float64]

MOST = 2**31 - 1
"""Lots and edges that there can be, and marks."""

_ROOM = 1 / 16  # spare share of a column that has to grow


class Column:
    """An array that grows at its end.

    >>> column = Column(np.int64)
    >>> column.extend([1, 2])
    >>> column.all
    array([1, 2])
    """

    __slots__ = ("room", "size")

    def __init__(
        self, kind: DTypeLike, room: NDArray[np.generic] | None = None, size: int = 0
    ) -> None:
        self.room: NDArray[np.generic] = np.empty(0, kind) if room is None else room
        self.size = size

    @property
    def all(self) -> NDArray[np.generic]:
        """All of its values; a view."""
        return self.room[: self.size]

    def extend(self, values: NDArray[np.generic] | Sequence[int]) -> None:
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


class _View:
    """A column as an attribute."""

    def __init__(self, kind: DTypeLike) -> None:
        self.kind = kind

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, columns: "Columns", owner: type) -> Numbers:
        return cast(Numbers, columns.columns[self._name].all)


class Columns:
    """Lots, edges and boundary rows; `loopbook.trace.genealogy.arrays` describes them.

    Parameters
    ----------
    substances : of the book, in its order.
    """

    material = _View(np.int32)
    event = _View(np.int64)
    level = _View(np.int32)
    head = _View(np.int32)
    outside_head = _View(np.int32)
    parent = _View(np.int32)
    child = _View(np.int32)
    following = _View(np.int32)
    outside_lot = _View(np.int32)
    outside_end = _View(np.int32)
    outside_next = _View(np.int32)
    in_ptr = _View(np.int64)

    def __init__(self, substances: Sequence[str]) -> None:
        self.substances: tuple[str, ...] = ()
        views = vars(Columns).items()
        self.columns = {name: Column(x.kind) for name, x in views if isinstance(x, _View)}
        self.columns["in_ptr"].extend([0])
        self._open(MASS)
        for name in substances:
            self.add_substance(name)
        self._mark: Numbers = np.empty(0, np.int32)
        self._stamp = 0
        self._scratch: Shares = np.empty(0)

    def __len__(self) -> int:
        return self.columns["event"].size

    def add_substance(self, substance: str) -> None:
        """A substance that was part of ``other`` until now."""
        self.substances = (*self.substances, substance)
        self._open(substance)

    def _open(self, name: str) -> None:
        lots, edges, rows = len(self), len(self.parent), len(self.outside_lot)
        self.columns[f"total {name}"] = Column(np.float64, np.zeros(lots), lots)
        self.columns[f"content {name}"] = Column(np.int64, np.zeros(edges, np.int64), edges)
        self.columns[f"outside {name}"] = Column(np.int64, np.zeros(rows, np.int64), rows)

    def content(self, substance: str) -> Amounts:
        """Content of each edge, mg of a substance, or of all for ``mass``."""
        return cast(Amounts, self.columns[f"content {substance}"].all)

    def total(self, substance: str) -> Shares:
        """All that came into each lot, mg of a substance or of ``mass``."""
        return cast(Shares, self.columns[f"total {substance}"].all)

    def outside(self, substance: str) -> Amounts:
        """What came from a boundary, mg of a substance or of ``mass``; below zero what left."""
        return cast(Amounts, self.columns[f"outside {substance}"].all)

    def marks(self) -> tuple[Numbers, int]:
        """A mark for each lot, and a stamp that no mark has."""
        if len(self._mark) < len(self) or self._stamp >= MOST:
            self._mark = np.zeros(len(self) + 1024, np.int32)
            self._stamp = 0
        self._stamp += 1
        return self._mark, self._stamp

    def scratch(self) -> Shares:
        """A zero for each lot; a loop that writes to it leaves zeros."""
        if len(self._scratch) < len(self):
            self._scratch = np.zeros(len(self) + 1024)
        return self._scratch
