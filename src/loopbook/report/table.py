"""Tables whose every column names the input rows that it rests on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from loopbook.errors import require_known

HIDDEN = 9
"""`Column.drops` of a column that no screen shows, only files and JSON."""

Cell: TypeAlias = float | int | str | bool | Decimal | datetime | tuple[str, ...] | None
"""A `Decimal` is exact, such as a mass to the milligram; a float is not."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : name for programs, units last: ``black_mass_t``.
    title : name for people, without the unit: ``Black mass``.
    unit : unit of its numbers, ``""`` for text and ``"1"`` for shares.
    basis : keys of the `InputRow` that the numbers rest on.
    how : the rule that makes the number, in words.
    formula : the rule as a formula, in which ``column`` or ``table.column`` name columns.
    meaning : what the column holds, in words.
    decimals : that people see, of a share those of its percent; None for six digits.
    drops : 0 for a column that stays on a narrow screen; of the others the highest goes first. The
        sum of a pattern of columns has one less than they; those of keys that are asked for stay.
    adds : whether the sum of the column means something.
    read : makes a cell from what the field of an answer holds; None where they are the same.
    whole : of a pattern of columns (``{}_kg``) in an answer: the key of one more, for their sum.
    order : columns of an answer are in this order; of equal ones, in that of their fields.
    kind : type of its cells, `object` where they differ; None where only the cells show it.
    key : the substance, group or the like that the column is about, where a table has such columns.
    """

    name: str = ""
    title: str = ""
    unit: str = ""
    basis: tuple[str, ...] = ()
    how: str = ""
    meaning: str = ""
    decimals: int | None = None
    drops: int = 0
    adds: bool = False
    read: Callable[..., Cell] | None = None
    whole: str = ""
    order: int = 0
    kind: type | None = None
    key: str = ""
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Quote:
    """A number that a cell quotes from a column of results or from an input row.

    Parameters
    ----------
    table, name : table and column; or an empty table, and the key of an `InputRow`.
    start, end : its place in the cell's text; both 0 where the cell is the number.
    """

    table: str
    name: str
    start: int = 0
    end: int = 0


class Lazy(Sequence[tuple[Cell, ...]]):
    """Rows that are made when they are read, for tables that are larger than the memory.

    >>> list(Lazy(2, lambda row: (f"lot {row}", row)))
    [('lot 0', 0), ('lot 1', 1)]
    """

    def __init__(self, count: int, make: Callable[[int], tuple[Cell, ...]]) -> None:
        self._count, self._make = count, make

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, row: int) -> tuple[Cell, ...]:  # type: ignore[override]  # no slices
        if not row < self._count:
            raise IndexError(row)
        return self._make(row)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns; a cell may be None where there is no number.

    Parameters
    ----------
    quotes : by row number and column name, the numbers that a cell quotes, in order.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    note: str = ""
    quotes: Mapping[tuple[int, str], tuple[Quote, ...]] = field(default_factory=dict)

    def column(self, name: str) -> list[Cell]:
        """All cells of a column, in row order."""
        return [row[self.position(name)] for row in self.rows]

    def position(self, name: str) -> int:
        """Position of a column; an unknown name is an `UnknownNameError`."""
        names = [c.name for c in self.columns]
        require_known("a column", name, names, where=self.name)
        return names.index(name)

    def records(self) -> Iterator[dict[str, Cell]]:
        """Rows as mappings from column name to cell."""
        names = [c.name for c in self.columns]
        for row in self.rows:
            yield dict(zip(names, row, strict=True))
