"""What a run gives: tables whose every column names the input rows that it rests on."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from loopbook.errors import require_known
from loopbook.report.layout import Layout

GRADES = {
    "A": "read in the source itself",
    "B": "computed from numbers read in the source",
    "C": "from a secondary source",
    "C*": "sources conflict, or the value looks wrong",
    "M": "from memory, not checked",
    "assumption": "an assumption of this project",
}
"""How sure a number is, surest first, and what that means."""

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
    how : the rule that makes the number, in words or as a formula.
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


@dataclass(frozen=True, slots=True)
class InputRow:
    """One number that went in: from a file of the case or from the data library.

    Parameters
    ----------
    key : unique: the address at which a run sets it, such as ``terms/scrap/payable/Ni/value``.
    where : ``terms.csv:5``.
    source, page, grade : the work, the place in it, and how sure (``assumption`` if nobody does).
    low, high : 5 % and 95 % points in its unit; None where not known.
    """

    key: str
    where: str
    value: Cell
    unit: str
    source: str
    page: str
    grade: str
    note: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class InputFile:
    """A file that was read, with its SHA-256 and size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything that a run gives; the report and the files are made from this alone.

    Attributes
    ----------
    name, title : of the case.
    switches : scenarios of the case and whether each is on.
    summary : key figures, columns ``label`` and ``text``.
    tables : result tables by name.
    inputs : every number that went in, by key.
    sources : rows of the sources table: id, title, publisher, year, address.
    files : files that were read.
    attachments : further files that belong to the result, by name.
    layout : sections of the report's page.
    switch_titles : by switch, what the page calls it; its name where it is not among these.
    years : the results that people look at first, a row a year.
    """

    name: str
    title: str
    switches: Mapping[str, bool]
    summary: Table
    tables: Mapping[str, Table]
    inputs: Mapping[str, InputRow]
    sources: Mapping[str, Mapping[str, str]]
    files: Sequence[InputFile]
    attachments: Mapping[str, bytes] = field(default_factory=dict)
    layout: Layout = field(default_factory=Layout)
    switch_titles: Mapping[str, str] = field(default_factory=dict)
    years: Table = Table("years", "Year by year", (), ())
