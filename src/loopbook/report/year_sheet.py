"""Building result tables: a column has its unit, the rows that it rests on, and its rule."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import BalanceError, Finding, raise_findings
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


@dataclass(frozen=True, slots=True)
class YearColumn:
    """A column of a table with a row a year.

    Parameters
    ----------
    name, title, unit, how : as of a `Column`.
    values : numbers by year.
    basis : keys of the input rows that they rest on.
    over : what the values are divided by, if anything; no number where it is zero.
    """

    name: str
    title: str
    unit: str
    values: Array
    basis: Iterable[str]
    how: str
    over: Array | None = None

    def cells(self, table: str) -> list[Cell]:
        """Numbers of the years; NaN and infinity are refused."""
        if self.over is None:
            return finite(self.values, f"{table}.{self.name}")
        pairs = zip(self.values, self.over, strict=True)
        return [float(part / whole) if whole > 0.0 else None for part, whole in pairs]


def year_table(
    name: str, title: str, years: Sequence[int], columns: Iterable[YearColumn], *, note: str = ""
) -> Table:
    """A table with a row a year.

    >>> made = YearColumn("made_gwh", "Made", "GWh", np.array([1.0, 2.0]), (), "lines.csv")
    >>> year_table("cells", "Cells", (2025, 2026), [made]).rows
    ((2025, 1.0), (2026, 2.0))
    """
    columns = tuple(columns)
    names = ["year", *(column.name for column in columns)]
    hint = "two things of the case share a name, or one has the name of a column"
    raise_findings(
        Finding("duplicate", f"table {name}", "each column once", column, hint)
        for column in dict.fromkeys(names)
        if names.count(column) > 1
    )
    heads = (Column(c.name, c.title, c.unit, tuple(dict.fromkeys(c.basis)), c.how) for c in columns)
    rows = zip(years, *(column.cells(name) for column in columns), strict=True)
    return Table(name, title, (Column("year", "Year"), *heads), tuple(rows), note)
