"""Tables of the report: cells as text, each number with the place that explains it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loopbook.report.basis import shared_basis
from loopbook.report.format import (
    NO_NUMBER,
    Anchors,
    column_decimals,
    is_number,
    is_share,
    number_text,
    unit_text,
    value_text,
)
from loopbook.report.table import GRADES, CaseResult, Cell, Column, InputRow, Table

GRADE_TEXTS = {**GRADES, "setting": "a choice of the case, not a fact"}
"""Grades of input rows, and what they mean."""


@dataclass(frozen=True, slots=True)
class CellView:
    """A cell: its text, whether it is a number, and the place that explains it (or nothing)."""

    text: str
    number: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """An input row as the entry of a column names it."""

    link: str
    where: str
    subject: str
    value: str
    grade: str
    source: str
    source_link: str


@dataclass(frozen=True, slots=True)
class ColumnView:
    """Head of a column and the entry that explains it.

    `on` names the columns that share their input rows with it: place, title, table, and count;
    `basis` holds the other rows of the `count`.
    """

    name: str
    title: str
    unit: str
    number: bool
    place: str
    how: str
    count: int
    on: tuple[tuple[str, str, str, int], ...]
    basis: tuple[Basis, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """A result table, ready to be written."""

    place: str
    name: str
    title: str
    note: str
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[CellView, ...], ...]


@dataclass(frozen=True, slots=True)
class InputView:
    """A row of the list of inputs."""

    place: str
    row: InputRow
    subject: str
    value: str
    number: bool
    grade_text: str
    source: str
    source_link: str


@dataclass(frozen=True, slots=True)
class SourceView:
    """A work of the list of sources; the address is empty unless a browser may open it."""

    place: str
    key: str
    title: str
    detail: str
    address: str


class Places:
    """Where everything is in the page: identifiers of columns, input rows and sources."""

    def __init__(self, result: CaseResult) -> None:
        self.result = result
        self.rests = shared_basis(result.tables)
        self._anchors = Anchors()
        for table in result.tables.values():
            self._anchors.of("table", table.name)
            for column in table.columns:
                self._anchors.of("how", table.name, column.name)
        for key in result.inputs:
            self._anchors.of("in", key)
        for key in result.sources:
            self._anchors.of("source", key)

    def table(self, name: str) -> str:
        """Place of a table, or of the list of tables where there is none of that name."""
        return self._anchors.of("table", name) if name in self.result.tables else "tables"

    def column(self, table: str, column: str) -> str:
        """Place of the entry that explains a column."""
        return self._anchors.of("how", table, column)

    def titles(self, table: str, column: str) -> tuple[str, str]:
        """Title of a column and of its table."""
        found = self.result.tables[table]
        return found.columns[found.position(column)].title, found.title

    def input(self, key: str) -> str:
        """Place of an input row."""
        return self._anchors.of("in", key)

    def source(self, key: str) -> str:
        """Place of a source, or nothing if the sources do not list it."""
        return self._anchors.of("source", key) if key in self.result.sources else ""

    def source_title(self, key: str) -> str:
        """Title of a source, or its key if the sources do not list it."""
        source = self.result.sources.get(key)
        return source.get("title") or key if source else key


def table_view(table: Table, places: Places) -> TableView:
    """A table with its numbers written alike in each column and linked to its entry."""
    views = tuple(_column_view(table, c, places) for c in table.columns)
    per_cell = find_unit_column(table)
    written: list[tuple[CellView, ...]] = []
    columns = [table.column(c.name) for c in table.columns]
    decimals = [column_decimals(cells, c) for cells, c in zip(columns, table.columns, strict=True)]
    for row in table.rows:
        unit = str(row[per_cell]) if per_cell is not None and row[per_cell] else ""
        written.append(
            tuple(
                _cell(cell, column, places=n, unit=unit, link=view.place)
                for cell, column, n, view in zip(row, table.columns, decimals, views, strict=True)
            )
        )
    return TableView(
        places.table(table.name), table.name, table.title, table.note, views, tuple(written)
    )


def find_unit_column(table: Table) -> int | None:
    """Position of a column that gives the unit of each row's ``value``, if there is one."""
    names = [c.name for c in table.columns]
    return names.index("unit") if "unit" in names and "value" in names else None


def _cell(cell: Cell, column: Column, *, places: int | None, unit: str, link: str) -> CellView:
    if isinstance(cell, bool):
        return CellView("yes" if cell else "no")
    if isinstance(cell, str):
        plain = "" if cell == "1" else unit_text(cell)
        return CellView(plain if column.name == "unit" else cell)
    if cell is None or not is_number(cell):
        return CellView(NO_NUMBER, number=True)
    if is_label(column) and not column.basis:
        return CellView(number_text(cell, 0, grouped=False))
    if column.name == "value" and unit:
        text = number_text(cell)
    elif is_share(column):
        text = number_text(100 * cell, places)
    else:
        text = number_text(cell, places, grouped=not is_label(column))
    return CellView(text, number=True, link=link)


def is_label(column: Column) -> bool:
    """Whether whole numbers of a column are names, such as years, and take no separators."""
    return column.unit in ("", "year", "yr") and re.search("year|id|^no$", column.name) is not None


def _column_view(table: Table, column: Column, places: Places) -> ColumnView:
    cells = table.column(column.name)
    number = any(is_number(c) for c in cells) or (bool(column.unit) and bool(cells))
    unit = "%" if is_share(column) else unit_text(column.unit)
    rests = places.rests[table.name, column.name]
    return ColumnView(
        column.name,
        column.title,
        unit,
        number,
        places.column(table.name, column.name),
        column.how,
        rests.count,
        tuple((places.column(*name), *places.titles(*name), count) for name, count in rests.on),
        tuple(_basis(places.result.inputs[key], places) for key in rests.keys),
    )


def _basis(row: InputRow, places: Places) -> Basis:
    return Basis(
        places.input(row.key),
        row.where,
        subject_of(row),
        value_text(row.value, row.unit),
        row.grade,
        row.source,
        places.source(row.source),
    )


def subject_of(row: InputRow) -> str:
    """What an input row is a number of: its key without the file's name.

    >>> row = InputRow("case/prices.csv/Ni/price", "prices.csv:2", 1, "USD/kg", "s", "", "A")
    >>> subject_of(row)
    'Ni / price'
    """
    file = row.where.partition(":")[0]
    parts = row.key.split("/")
    known = {file, file.removesuffix(".csv"), file.removesuffix(".toml"), "case", "library"}
    while len(parts) > 1 and parts[0] in known:
        parts = parts[1:]
    return " / ".join(parts)


def inputs_view(result: CaseResult, places: Places) -> list[InputView]:
    """All input rows, in the order of the result."""
    return [
        InputView(
            places.input(row.key),
            row,
            subject_of(row),
            value_text(row.value, row.unit),
            is_number(row.value),
            GRADE_TEXTS.get(row.grade, ""),
            row.source,
            places.source(row.source),
        )
        for row in result.inputs.values()
    ]


def sources_view(result: CaseResult, places: Places) -> list[SourceView]:
    """The works that an input row names, in the order of the list of sources."""
    used = {row.source for row in result.inputs.values()}
    return [
        SourceView(
            places.source(key),
            key,
            source.get("title") or key,
            ", ".join(dict.fromkeys(_details(source))),
            _address(source),
        )
        for key, source in result.sources.items()
        if key in used
    ]


def _details(source: Mapping[str, str]) -> Iterator[str]:
    get = source.get
    for name in ("authors", "publisher", "year", "page"):
        if get(name):
            yield str(get(name))


def _address(source: Mapping[str, str]) -> str:
    text = source.get("address") or source.get("url_or_doi") or ""
    return text if re.fullmatch(r"https?://[^\s\"'<>]+", text) else ""
