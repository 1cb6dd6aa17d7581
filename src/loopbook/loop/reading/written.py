"""Tables as they are written: texts with their places, before anything is read in them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from loopbook.loop.nouns.facts import Curve, InTime, Law, Parameter, Result, Work
from loopbook.loop.nouns.matter import Material, Split
from loopbook.loop.nouns.page import KeyFigure, Message, Reading, Statement, Station
from loopbook.loop.nouns.people import Ownership, Party
from loopbook.loop.nouns.places import Lane, Site
from loopbook.loop.nouns.row import Row, all_columns, column_of, columns_of
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.terms.ours import LAWS
from loopbook.loop.values.cells import Own, Ref
from loopbook.tables import Field, TextTable

NOUNS: Mapping[str, type[Row]] = {
    noun.table: noun
    for noun in (
        *(Work, Party, Ownership, Site, Material, Split, Parameter, InTime),
        *(Lane, Contract, Term, Law, Result, Curve),
        *(Station, KeyFigure, Statement, Reading, Message),
    )
}
"""Nouns by the name of their table."""

SERIES = InTime.table
_LISTS = (("periods",), ("plugins",), ("recycled", "readings"))
SEPARATOR = ";"
"""What parts the names of a cell that stands for several rows."""


class Cell(NamedTuple):
    """A text and its place."""

    text: str
    where: str


NOTHING = Cell("", "")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table as it is written, without its empty cells; one of series has those too.

    Parameters
    ----------
    table : name of the table.
    where : ``file:line``.
    cells : by column.
    """

    table: str
    where: str
    cells: Mapping[str, Cell]

    def __getitem__(self, column: str) -> str:
        return self.cells.get(column, NOTHING).text

    def over(self, other: "Line") -> "Line":
        """This row over another one of the same key: its filled cells replace the other's."""
        filled = {column: cell for column, cell in self.cells.items() if cell.text}
        return Line(self.table, self.where, {**other.cells, **filled})

    def with_cell(self, column: str, text: str, where: str) -> "Line":
        """The row with another cell."""
        return Line(self.table, self.where, {**self.cells, column: Cell(text, where)})


@dataclass(slots=True)
class Tables:
    """A loop as it is written.

    Parameters
    ----------
    name : of the folder or workbook.
    settings : of ``case.toml``, nested.
    places : ``file:line`` of a setting by its path with dots; of the file itself under "".
    sheets : texts by the name of their file without its ending, or of their sheet.
    lines : rows of each table.
    broken : tables without a column that they need, or that cannot be read.
    files : files beside the tables: flowsheets, and site models in Python.
    lost_series : names of series in files whose columns are not periods.
    """

    name: str
    settings: dict[str, object] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, TextTable] = field(default_factory=dict)
    lines: dict[str, list[Line]] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    files: dict[str, Path] = field(default_factory=dict)
    lost_series: set[str] = field(default_factory=set)

    def put(self, path: Sequence[str], value: str, where: str) -> None:
        """Set a setting from a text; a list has semicolons between its parts."""
        *parents, name = path
        inner = self.settings
        for part in parents:
            below = inner.get(part, {})
            inner[part] = below = below if isinstance(below, dict) else {"": below}
            inner = below
        flag: object = {"true": True, "false": False}.get(value, value)
        inner[name] = [x.strip() for x in value.split(";")] if tuple(path) in _LISTS else flag
        self.places[".".join(path)] = where

    def place(self, path: str) -> str:
        """``file:line`` of a setting, or of the nearest one around it."""
        while path and path not in self.places:
            path = path.rpartition(".")[0]
        return self.places.get(path, self.places.get("", self.name))


@cache
def fields_of_table(table: str) -> Mapping[str, Field]:
    """Fields of a table by column: of `terms` those of all laws, the first that has a column."""
    nouns = [NOUNS[table], *(LAWS.values() if table == Term.table else ())]
    fields = [(column_of(one.name), one) for noun in nouns for one in columns_of(noun)]
    return dict(fields) | dict(reversed(fields))


def known_columns(table: str) -> tuple[str, ...]:
    """Columns that a table may have, beside periods and components."""
    return tuple({**fields_of_table(table), **all_columns(NOUNS[table])})


def opened(lines: Iterable[Line]) -> Iterator[Line]:
    """Rows with one name in each cell: a list of names stands for a row for each.

    >>> cells = {"on": Cell("scrap; copper", "t:2"), "of": Cell("Ni; Co", "t:2")}
    >>> [f"{row['on']}/{row['of']}" for row in opened([Line("terms", "t:2", cells)])]
    ['scrap/Ni', 'scrap/Co', 'copper/Ni', 'copper/Co']
    """
    for line in lines:
        names = [
            x for x, one in fields_of_table(line.table).items() if isinstance(one.type, Own | Ref)
        ]
        several = {name: line.cells[name] for name in names if SEPARATOR in line[name]}
        parts = [
            [(name, Cell(text.strip(), cell.where)) for text in cell.text.split(SEPARATOR)]
            for name, cell in several.items()
        ]
        for cells in product(*parts):
            yield Line(line.table, line.where, {**line.cells, **dict(cells)})
