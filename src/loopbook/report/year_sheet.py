"""Building result tables: a column has its unit, the rows that it rests on, and its rule."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import BalanceError, DuplicateError, Finding
from loopbook.report.table import Cell, Column, Table

Array = NDArray[np.float64]


def slug(name: str) -> str:
    """Name of a column from the name of a thing.

    >>> slug("SK Nexilis Malaysia")
    'sk_nexilis_malaysia'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def finite(values: Array, what: str) -> list[Cell]:
    """Numbers as cells; NaN or infinity is a broken invariant."""
    if not np.isfinite(values).all():
        raise BalanceError(f"{what} is not finite: {values}")
    return [float(v) for v in values]


class YearSheet:
    """A table with a row a year, built column by column.

    >>> sheet = YearSheet("cells", "Cells", (2025, 2026))
    >>> sheet.add(("made_gwh", "Made", "GWh"), np.array([1.0, 2.0]), (), "given")
    >>> sheet.table().rows
    ((2025, 1.0), (2026, 2.0))
    """

    __slots__ = ("cells", "columns", "name", "note", "title", "years")

    def __init__(self, name: str, title: str, years: Sequence[int], note: str = "") -> None:
        self.name, self.title, self.years, self.note = name, title, tuple(years), note
        self.columns: list[Column] = [Column("year", "Year")]
        self.cells: list[list[Cell]] = [list(self.years)]

    def add(
        self, head: tuple[str, str, str], values: Array, basis: Iterable[str], how: str
    ) -> None:
        """Add a column of numbers; `head` is name, title and unit."""
        self._add(head, finite(values, f"{self.name}.{head[0]}"), basis, how)

    def ratio(
        self, head: tuple[str, str, str], parts: tuple[Array, Array], basis: Iterable[str], how: str
    ) -> None:
        """Add a column of ratios, part by whole; no number where the whole is zero."""
        pairs = zip(*parts, strict=True)
        self._add(head, [float(a / b) if b > 0.0 else None for a, b in pairs], basis, how)

    def _add(
        self, head: tuple[str, str, str], cells: list[Cell], basis: Iterable[str], how: str
    ) -> None:
        if head[0] in (column.name for column in self.columns):
            raise DuplicateError(
                [
                    Finding(
                        "duplicate",
                        f"table {self.name}",
                        "each column once",
                        head[0],
                        "two things of the case share a name, or one has the name of a column",
                    )
                ]
            )
        self.columns.append(Column(*head, tuple(dict.fromkeys(basis)), how))
        self.cells.append(cells)

    def table(self) -> Table:
        """The finished table."""
        rows = tuple(zip(*self.cells, strict=True))
        return Table(self.name, self.title, tuple(self.columns), rows, self.note)
