"""Cells of the report's tables as text, each number with the place that explains it.

An entry lists the input rows that a column rests on, briefly. Columns late in a chain rest on
hundreds of rows, nearly all of them those of an earlier column. Naming that column is shorter than
a list, and so a person would write it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from loopbook.report.format import (
    NO_NUMBER,
    Anchors,
    column_decimals,
    decimals,
    is_number,
    is_share,
    number_text,
    unit_text,
    value_text,
)
from loopbook.report.headline import Estimate, Headline
from loopbook.report.page.front import estimates_of
from loopbook.report.result import GRADES, RunResult
from loopbook.report.table import Cell, Column, Quote, Table

GRADE_TEXTS = {**GRADES, "setting": "a choice of the case, not a fact"}
"""Grades of input rows, and what they mean."""


ColumnName: TypeAlias = tuple[str, str]
"""Table and column."""

_NAME = re.compile(r"[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)?")
_LEAST = 5  # rows that naming another column must save
_MOST_PARENTS = 6


class Part(NamedTuple):
    """A piece of a cell's text; a number has the place that explains it, a quotation its title."""

    text: str
    link: str = ""
    title: str = ""


class CellText(NamedTuple):
    """A cell in pieces, and whether it is a number."""

    parts: tuple[Part, ...]
    number: bool = False

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(part.text for part in self.parts)


class Places:
    """Where everything is in the page: identifiers of columns, input rows and sources."""

    def __init__(self, result: RunResult, headline: Headline) -> None:
        self.result = result
        self.rests = shared_basis(result.tables)
        self._anchors = Anchors()
        figures = enumerate(estimates_of(headline), 1)
        self._figures = {id(estimate): k for k, (_, estimate, _) in figures}

    def table(self, name: str) -> str:
        """Place of a table, or of the list of tables where there is none of that name."""
        return self._anchors.of("table", name) if name in self.result.tables else "tables"

    def column(self, table: str, column: str) -> str:
        """Place of the entry that explains a column."""
        return self._anchors.of("how", table, column)

    def titles(self, table: str, column: str) -> tuple[str, str]:
        """Title of a column and of its table."""
        home = self.result.tables[table]
        return home.columns[home.position(column)].title, home.title

    def input(self, key: str) -> str:
        """Place of an input row."""
        return self._anchors.of("in", key)

    def source(self, key: str) -> str:
        """Place of a source, or nothing if the sources do not list it."""
        return self._anchors.of("source", key) if key in self.result.sources else ""

    def quoted(self, text: str, quote: Quote) -> Part:
        """A quotation with the place and the title of what it quotes."""
        if not quote.table:
            where = self.result.inputs[quote.name].where
            return Part(text, self.input(quote.name), where)
        column, table = self.titles(quote.table, quote.name)
        return Part(text, self.column(quote.table, quote.name), f"{column} ({table})")

    def estimate(self, estimate: Estimate) -> str:
        """Place of the entry of a figure of page one."""
        return self._anchors.of("figure", str(self._figures[id(estimate)]))

    def formula(self, table: Table, column: Column) -> list[Part]:
        """The rule of a column in pieces; the name of a column leads to its entry."""
        parts, done = [], 0
        for match in _NAME.finditer(column.formula):
            name = match[0].rpartition(".")
            home = self.result.tables.get(name[0] or table.name)
            if home and any(c.name == name[2] for c in home.columns):
                parts.append(Part(column.formula[done : match.start()]))
                parts.append(Part(match[0], self.column(home.name, name[2])))
                done = match.end()
        return [*parts, Part(column.formula[done:])]

    def cells(self, table: Table) -> Iterator[list[CellText]]:
        """Rows of a table as text; the numbers of a column are written alike."""
        places = [
            column_decimals(table.column(c.name), c) if c.decimals is None else c.decimals
            for c in table.columns
        ]
        unit_at = unit_column(table)
        for number, row in enumerate(table.rows):
            own = unit_at is not None and bool(row[unit_at])
            alike = _row_decimals(row, table.columns) if own else None
            yield [
                self._cell(table, number, column, (cell, _text(cell, column, n, alike)))
                for cell, column, n in zip(row, table.columns, places, strict=True)
            ]

    def _cell(self, table: Table, row: int, column: Column, cell: tuple[Cell, str]) -> CellText:
        value, text = cell
        quotes = table.quotes.get((row, column.name), ())
        if isinstance(value, (str, bool)):
            ends = [0, *(quote.end for quote in quotes)]
            parts = [Part(text[ends[-1] :])]
            for quote, end in zip(reversed(quotes), reversed(ends[:-1]), strict=True):
                linked = self.quoted(text[quote.start : quote.end], quote)
                parts = [Part(text[end : quote.start]), linked, *parts]
            return CellText(tuple(parts))
        if text == NO_NUMBER:
            return CellText((Part(text),), number=True)
        if _is_name(column):
            return CellText((Part(text),))
        own = self.column(table.name, column.name) if table.name in self.result.tables else ""
        link = self.quoted("", quotes[0]).link if quotes else own
        return CellText((Part(text, link),), number=True)


def _text(cell: Cell, column: Column, places: int | None, alike: int | None) -> str:
    """A cell as text; `alike` are the decimals of a row that has a unit of its own."""
    if isinstance(cell, str) and column.name == "unit":
        return unit_text(cell) if cell != "1" else ""
    if isinstance(cell, str | bool) or not is_number(cell):
        return value_text(cell)
    if alike is not None and not column.unit and not is_label(column):
        return number_text(cell, alike)
    if _is_name(column):
        places = 0
    shown = 100 * cell if is_share(column) else cell
    return number_text(shown, places, grouped=not is_label(column))


def _row_decimals(row: Sequence[Cell], columns: Sequence[Column]) -> int:
    """Decimals of the numbers of a row that has a unit of its own."""
    return decimals(x for x, c in zip(row, columns, strict=True) if not c.unit and not is_label(c))


def _is_name(column: Column) -> bool:
    """Whether numbers of a column are names that rest on no input row."""
    return is_label(column) and not column.basis


def unit_column(table: Table) -> int | None:
    """Position of a column that gives the unit of each row's numbers, if there is one."""
    names = [c.name for c in table.columns]
    return names.index("unit") if "unit" in names else None


def is_label(column: Column) -> bool:
    """Whether whole numbers of a column are names, such as years, and take no separators.

    >>> [is_label(Column(name, "")) for name in ("year", "period", "no", "count")]
    [True, True, True, False]
    """
    names = "year|^period$|id|^no$"
    return column.unit in ("", "year", "yr") and re.search(names, column.name) is not None


def numeric_columns(table: Table) -> list[bool]:
    """Whether each column holds numbers."""
    cells = [table.column(c.name) for c in table.columns]
    return [
        any(map(is_number, x)) or (bool(column.unit) and bool(x))
        for column, x in zip(table.columns, cells, strict=True)
    ]


def shown_unit(column: Column) -> str:
    """Unit in the head of a column."""
    return "%" if is_share(column) else unit_text(column.unit)


def source_detail(source: Mapping[str, str]) -> str:
    """Authors, publisher, year and page of a source."""
    named = (source.get(name) for name in ("authors", "publisher", "year", "page"))
    return ", ".join(dict.fromkeys(filter(None, named)))


def source_address(source: Mapping[str, str]) -> str:
    """Address of a source; empty unless a browser may open it."""
    text = source.get("address") or source.get("url_or_doi") or ""
    return text if re.fullmatch(r"https?://[^\s\"'<>]+", text) else ""


# ---- what columns rest on


@dataclass(frozen=True, slots=True)
class Rests:
    """What a column rests on.

    Parameters
    ----------
    count : number of its input rows.
    on : columns whose input rows are all among them, with their numbers.
    keys : input rows of no column in `on`, in the order of the basis.
    """

    count: int
    on: tuple[tuple[ColumnName, int], ...]
    keys: tuple[str, ...]


def shared_basis(tables: Mapping[str, Table]) -> dict[ColumnName, Rests]:
    """What each column rests on; together `Rests.on` and `Rests.keys` give its whole basis.

    A column only names columns with fewer rows than it has, or the first one with the same rows,
    so that following the names always ends.

    >>> rows = tuple(f"r{i}" for i in range(9))
    >>> columns = (Column("a", "A", "t", rows), Column("b", "B", "t", (*rows, "more")))
    >>> shared_basis({"t": Table("t", "T", columns, ())})["t", "b"]
    Rests(count=10, on=((('t', 'a'), 9),), keys=('more',))
    """
    first: dict[frozenset[str], ColumnName] = {}
    names: dict[ColumnName, tuple[str, ...]] = {}
    for table in tables.values():
        for column in table.columns:
            names[table.name, column.name] = tuple(dict.fromkeys(column.basis))
            first.setdefault(frozenset(column.basis), (table.name, column.name))
    smaller = sorted((s for s in first if len(s) >= _LEAST), key=len)
    return {name: _rests(name, basis, first, smaller) for name, basis in names.items()}


def _rests(
    name: ColumnName,
    basis: tuple[str, ...],
    first: Mapping[frozenset[str], ColumnName],
    smaller: list[frozenset[str]],
) -> Rests:
    whole = frozenset(basis)
    if len(whole) >= _LEAST and first[whole] != name:
        return Rests(len(whole), ((first[whole], len(whole)),), ())
    inside = [s for s in smaller if s < whole]
    left = set(whole)
    on: list[tuple[ColumnName, int]] = []
    while inside and len(on) < _MOST_PARENTS:
        best = max(inside, key=lambda s: (len(s & left), -len(s)))
        if len(best & left) < _LEAST:
            break
        on.append((first[best], len(best)))
        left -= best
    return Rests(len(whole), tuple(on), tuple(k for k in basis if k in left))
