"""Reading a table of a case by its declaration: all errors of a file at once, each with its line.

A table with ``value, unit, library`` may name a row of the data library instead of a value:
``table/subject/parameter``, with ``@year`` behind it where there are several years.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from loopbook.cases.folder.fields import PROVENANCE, CaseFindings, Real, check_provenance
from loopbook.errors import InputError, UnitError
from loopbook.matter import Number
from loopbook.tables import Field, Text, Value, check_unit, convert, read_table

VALUE = (
    Field("value", Real(), "the number, or nothing where `library` names it"),
    Field("unit", Text(), "its unit"),
    Field("library", Text(), "row of the data library: table/subject/parameter@year"),
)
"""Columns of a number that has its own unit, or is in the library."""

_TODO = re.compile(r"\bTODO\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Record:
    """One good row of a table: its cells by column, its line, and its library row if it has one."""

    file: str
    line: int
    cells: Mapping[str, Value]
    name: str
    number: Number | None = None

    def __getitem__(self, column: str) -> Value:
        """Cell of a column."""
        return self.cells[column]

    @property
    def where(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"

    def key(self, column: str) -> str:
        """Key of the input row of a number in this row."""
        return f"case/{self.file}/{self.name}/{column}"


Rule: TypeAlias = Callable[[Sequence[Record], CaseFindings], None]
"""What the rows of a table must be together; it is checked when all files have been read."""


@dataclass(frozen=True, slots=True)
class TableSpec:
    """Declaration of a table of a case.

    Parameters
    ----------
    name, meaning : file name, and its content.
    fields : columns in order; value and provenance columns are not named here.
    key : columns that name a row; each key once.
    values : for tables with a value: its unit and range by the name in the last key column that is
        not a year; ``*`` for all, and an empty unit for any.
    sourced : whether rows end with provenance.
    every_year : whether each group of rows must have all years of the case.
    required : whether a case must have it.
    rules : what its rows must be together.
    """

    name: str
    meaning: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    values: Mapping[str, Real] = field(default_factory=dict)
    sourced: bool = True
    every_year: bool = False
    required: bool = True
    rules: tuple[Rule, ...] = ()

    @property
    def columns(self) -> tuple[Field, ...]:
        """All columns, in order."""
        value = VALUE if self.values else ()
        return (*self.fields, *value, *(PROVENANCE if self.sourced else ()))

    @property
    def group(self) -> tuple[str, ...]:
        """Columns that name a group of rows, one a year."""
        return tuple(column for column in self.key if column != "year")


def read_records(path: Path, spec: TableSpec, findings: CaseFindings) -> list[Record]:
    """Good rows of a table; its errors are added to the findings."""
    before = len(findings)
    table = read_table(path, [column.name for column in spec.columns], findings)
    records: dict[str, Record] = {}
    for line, row in table.records() if table else ():
        about = findings.about(f"{spec.name}:{line}")
        record = _record(spec, line, row, about)
        if record is None:
            continue
        first = records.setdefault(record.name, record)
        if first is not record:
            about.note(
                "duplicate",
                f"each {' and '.join(spec.key)} once",
                record.name,
                hint=f"first at {first.where}",
            )
    if len(findings) == before:  # with wrong rows, what is missing is not known yet
        _check_years(list(records.values()), spec, findings)
    return list(records.values())


def _record(
    spec: TableSpec, line: int, row: Mapping[str, str], findings: CaseFindings
) -> Record | None:
    before = len(findings)
    if any(_TODO.search(cell) for cell in row.values()):
        findings.note("todo", "a finished row", "TODO")
        return None
    cells: dict[str, Value] = dict(row)
    for column in spec.fields:
        cells[column.name] = _cell(row[column.name], column, findings)
    number = None
    if spec.values:
        cells["value"], cells["unit"], number = _value(spec, row, findings)
    if spec.sourced and number is None:
        check_provenance(row, findings)
    name = "/".join(str(cells[column]) for column in spec.key)
    return None if len(findings) > before else Record(spec.name, line, cells, name, number)


def _cell(text: str, column: Field, findings: CaseFindings) -> Value:
    """Value of a cell, or None with a finding."""
    if not text and not isinstance(column.type, Text):
        findings.missing(column.name, at=column.name)
        return None
    value = column.type.read(text, column.name, findings)
    return None if value is None else column.type.check(value, column.name, findings)


def _value(
    spec: TableSpec, row: Mapping[str, str], findings: CaseFindings
) -> tuple[float | None, str, Number | None]:
    """Number of a row in the unit of its table, from the row or from the library."""
    name = row[spec.group[-1]]
    kind = spec.values.get("*", spec.values.get(name))
    if kind is None:
        findings.unknown(f"a {spec.group[-1]} of {spec.name}", name, spec.values, at=spec.group[-1])
        return None, "", None
    value, unit, number = _written(row, findings)
    if value is not None:
        try:
            value = convert(value, unit, kind.unit or unit, where="")
        except InputError as error:
            findings.adopt(error, at="unit")
        else:
            return kind.check(value, "value", findings), kind.unit or unit, number
    return None, unit, None


def _written(
    row: Mapping[str, str], findings: CaseFindings
) -> tuple[float | None, str, Number | None]:
    """Value and unit as the row or its library row has them; no value with a finding."""
    text, unit, reference = row["value"], row["unit"], row["library"]
    if not reference:
        value = Real(words="a number").check(text, "value", findings)
        try:
            check_unit(unit)
        except UnitError as error:
            findings.adopt(error, at="unit")
            return None, unit, None
        return value, unit, None
    number = None
    if text or unit:
        findings.note("duplicate", "a value with its unit, or a library row", "both")
    else:
        number = library_row(reference, findings)
    return (None, unit, None) if number is None else (number.value, number.unit, number)


def library_row(reference: str, findings: CaseFindings) -> Number | None:
    """Row of the library that ``table/subject/parameter@year`` names, or None with a finding."""
    try:
        return findings.library.named(reference)
    except InputError as error:
        findings.adopt(error, at="library")
    return None


def _check_years(records: Sequence[Record], spec: TableSpec, findings: CaseFindings) -> None:
    """Each group of rows must have every year of the case."""
    if not spec.every_year or findings.years is None:
        return
    groups: dict[str, list[Record]] = {}
    for record in records:
        groups.setdefault("/".join(str(record[c]) for c in spec.group), []).append(record)
    first, last = findings.years
    for group, rows in groups.items():
        missing = sorted(set(range(first, last + 1)) - {row["year"] for row in rows})
        if missing:
            findings.note(
                "missing-year",
                "every year of the case" + (f" for {group}" if group else ""),
                "no " + ", ".join(map(str, missing)),
                at=rows[-1].where,
            )
