"""Reading a table of a case: every mistake of a file at once, each with its line."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loopbook.cases.folder.schema import PROVENANCE, VALUE, FileSpec, Kind
from loopbook.errors import Finding, InputError, nearest_hint
from loopbook.matter import Library, Number
from loopbook.report import GRADES
from loopbook.tables import convert, unit_finding

YEARS_KNOWN = (1990, 2100)  # what can be a year at all; anything else is a slip of the keyboard
SIZES = (1e-15, 1e15)  # outside, a number is a slip, and sums would lose or overflow
_NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_COMMA = re.compile(r"^[+-]?\d+,\d+$")
_TODO = re.compile(r"\bTODO\b", re.IGNORECASE)
_FLAGS = {"yes": True, "no": False}
SHARES_ONLY = ("recoveries.csv", "payables.csv")
"""Tables whose values are shares."""


@dataclass(slots=True)
class Context:
    """What reading needs to know, and the findings that it collects.

    Attributes
    ----------
    years : first and last year of the case, or None where these are wrong themselves.
    library : the data library.
    sources : source_ids that may be named.
    findings : everything found wrong so far.
    """

    years: tuple[int, int] | None
    library: Library
    sources: set[str]
    findings: list[Finding] = field(default_factory=list)

    def note(self, code: str, where: str, expected: str, found: str, *, hint: str = "") -> None:
        """Collect a finding."""
        self.findings.append(Finding(code, where, expected, found, hint))


@dataclass(frozen=True, slots=True)
class Record:
    """One good row of a table: its cells by column, its line, and its library row if it has one."""

    file: str
    line: int
    cells: Mapping[str, Any]
    name: str
    number: Number | None = None

    def __getitem__(self, column: str) -> Any:
        """Cell of a column."""
        return self.cells[column]

    @property
    def where(self) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line}"

    def key(self, column: str) -> str:
        """Key of the input row of a number in this row."""
        return f"case/{self.file}/{self.name}/{column}"


def decode(path: Path, context: Context) -> str | None:
    """Text of a file, or None with a finding: missing, wrong encoding, empty, cut off."""
    if not path.is_file():
        context.note("missing-file", path.name, "the file", "nothing")
        return None
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        where = f"{path.name}:{line}"
        found = f"byte {raw[error.start]:#04x}"
        context.note("encoding", where, "UTF-8", found, hint="save the file as UTF-8")
        return None
    if not text.strip():
        context.note("file-truncated", f"{path.name}:1", "a table", "an empty file")
        return None
    if not text.endswith("\n"):
        hint = "the file looks cut off; it ends with a line end"
        end = f"{path.name}:{len(text.splitlines())}"
        context.note("file-truncated", end, "a line end", "the end of file", hint=hint)
    return text


def read_records(path: Path, spec: FileSpec, context: Context) -> list[Record]:
    """Good rows of a table; everything wrong with it goes to the context's findings."""
    text = decode(path, context)
    if text is None:
        return []
    rows = _split(text, spec, context)
    if rows is None:
        return []
    before = len(context.findings)
    records = [r for line, row in rows if (r := _record(spec, line, row, context)) is not None]
    if not rows:
        context.note("file-truncated", f"{spec.name}:1", "at least one row", "a header alone")
    _check_keys(records, spec, context)
    if len(context.findings) == before:  # with wrong rows, what is missing is not known yet
        _check_years(records, spec, context)
    return records


def _split(text: str, spec: FileSpec, context: Context) -> list[tuple[int, dict[str, str]]] | None:
    """Rows by column with their line; None where the header is wrong."""
    reader = csv.reader(text.splitlines(), strict=True)
    rows: list[tuple[int, list[str]]] = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num, [cell.strip() for cell in row]))
    except csv.Error as error:
        where = f"{spec.name}:{reader.line_num}"
        context.note("file-truncated", where, "closed quotes", str(error))
        return None
    if not rows:
        context.note("file-truncated", f"{spec.name}:1", "a header", "blank rows")
        return None
    header = rows[0][1]
    if not _check_header(header, spec, context):
        return None
    good = []
    for line, row in rows[1:]:
        if len(row) == len(header):
            good.append((line, dict(zip(header, row, strict=True))))
            continue
        hint = ""
        if len(row) > len(header):
            hint = "a decimal point is a dot, and text with a comma stands in quotes"
        found = f"{len(row)} cells"
        context.note("columns", f"{spec.name}:{line}", f"{len(header)} cells", found, hint=hint)
    return good


def _check_header(header: Sequence[str], spec: FileSpec, context: Context) -> bool:
    where = f"{spec.name}:1"
    before = len(context.findings)
    if len(header) == 1 and ";" in header[0]:
        context.note("columns", where, "columns parted by commas", "semicolons")
        return False
    for name in header:
        if name not in spec.header:
            hint = nearest_hint(name, spec.header)
            context.note(
                "unknown-name", where, "a column of the table", name or "an empty name", hint=hint
            )
        elif list(header).count(name) > 1:
            context.note("duplicate", where, "each column once", name)
    if missing := [name for name in spec.header if name not in header]:
        context.note("columns", where, ", ".join(spec.header), "no " + ", ".join(missing))
    return len(context.findings) == before


def _record(spec: FileSpec, line: int, row: Mapping[str, str], context: Context) -> Record | None:
    where = f"{spec.name}:{line}"
    before = len(context.findings)
    if any(_TODO.search(cell) for cell in row.values()):
        context.note("todo", where, "a finished row", "TODO")
        return None
    cells: dict[str, Any] = {}
    for column, kind in spec.columns.items():
        cells[column] = _cell(row[column], kind, f"{where}: {column}", context)
    number: Number | None = None
    if spec.value_units:
        cells["value"], cells["unit"], number = _value(spec, row, where, context)
    if spec.sourced:
        cells.update({name: row[name] for name in PROVENANCE})
        if number is None:
            provenance_findings(row, where, context)
    if len(context.findings) != before:
        return None
    name = "/".join(str(cells[column]) for column in spec.key)
    return Record(spec.name, line, cells, name, number)


def _cell(text: str, kind: Kind, where: str, context: Context) -> Any:
    """Value of a cell, or None with a finding."""
    if kind.what in {"text", "name"}:
        if kind.what == "name":
            _check_name(text, kind, where, context)
        return text
    if kind.what == "flag":
        if text not in _FLAGS:
            context.note("unknown-name", where, "yes or no", text or "an empty cell")
        return _FLAGS.get(text)
    if kind.what == "year":
        return parse_year(text, where, context)
    number = parse_number(text, where, context)
    if number is None:
        return None
    if kind.what == "place" and number != int(number):
        context.note("number", where, "a whole number", text)
    if kind.what in {"share", "yield loss"}:
        return share(number, where, context, below_one=kind.what == "yield loss")
    return number


def _check_name(text: str, kind: Kind, where: str, context: Context) -> None:
    if not text:
        context.note("missing", where, "a name", "an empty cell")
    elif kind.choices and text not in kind.choices:
        hint = nearest_hint(text, kind.choices)
        context.note("unknown-name", where, " or ".join(kind.choices), text, hint=hint)


def parse_year(text: str, where: str, context: Context) -> int | None:
    """A year inside the case, or None with a finding."""
    if not re.fullmatch(r"\d{4}", text):
        context.note("year", where, "a year, such as 2030", text or "an empty cell")
        return None
    year = int(text)
    if not YEARS_KNOWN[0] <= year <= YEARS_KNOWN[1]:
        context.note("year", where, f"a year {YEARS_KNOWN[0]}..{YEARS_KNOWN[1]}", text)
        return None
    if context.years and not context.years[0] <= year <= context.years[1]:
        expected = f"a year of the case, {context.years[0]}..{context.years[1]}"
        context.note(
            "year", where, expected, text, hint="first_year and last_year are in case.toml"
        )
        return None
    return year


def parse_number(text: str, where: str, context: Context) -> float | None:
    """A finite number >= 0, or None with a finding."""
    if text.lower().lstrip("+-") in {"nan", "inf", "infinity"}:
        context.note("not-finite", where, "a finite number", text)
        return None
    if not _NUMBER.match(text):
        hint = ""
        if _COMMA.match(text):
            hint = "a decimal point is a dot, and thousands have no comma"
        elif text.endswith("%"):
            hint = "a share is a fraction of 1: write 0.05 for 5 %"
        context.note("number", where, "a number", text or "an empty cell", hint=hint)
        return None
    return sensible(float(text), where, context)


def sensible(number: float, where: str, context: Context) -> float | None:
    """The number if it is finite, not negative and of a size that anything here can have."""
    if not math.isfinite(number):
        context.note("not-finite", where, "a finite number", f"{number:g}")
    elif number < 0.0:
        context.note("negative", where, ">= 0", f"{number:g}")
    elif number != 0.0 and not SIZES[0] <= number <= SIZES[1]:
        context.note("range", where, f"0, or {SIZES[0]:g}..{SIZES[1]:g}", f"{number:g}")
    else:
        return number
    return None


def share(number: float, where: str, context: Context, *, below_one: bool = False) -> float | None:
    """A share, or None with a finding; a loss of all leaves nothing to sell and is refused."""
    if number > 1.0:
        hint = f"shares are fractions of 1, not percent: {number:g} % is {number / 100:g}"
        context.note("share", where, "0..1", f"{number:g}", hint=hint)
        return None
    if below_one and number == 1.0:
        context.note("share", where, "below 1", "1", hint="with a loss of all nothing is ever made")
        return None
    return number


def _value(
    spec: FileSpec, row: Mapping[str, str], where: str, context: Context
) -> tuple[float | None, str, Number | None]:
    """Number of a row in the wanted unit, from the row or from the library."""
    parameter = row.get(spec.parameter_column, "")
    wanted = spec.value_units.get("*", spec.value_units.get(parameter))
    if wanted is None:
        hint = nearest_hint(parameter, spec.value_units)
        place = f"{where}: {spec.parameter_column}"
        context.note("unknown-name", place, ", ".join(spec.value_units), parameter, hint=hint)
        return None, "", None
    value, unit, number = _given(row, where, context)
    wanted = wanted or unit
    if value is None:
        return None, wanted, None
    try:
        value = convert(value, unit, wanted, where=f"{where}: unit")
    except InputError as error:
        context.findings.extend(error.findings)
        return None, wanted, None
    value = sensible(value, f"{where}: value", context)
    if value is not None and spec.name in SHARES_ONLY:
        return share(value, f"{where}: value", context), wanted, number
    return value, wanted, number


def _given(
    row: Mapping[str, str], where: str, context: Context
) -> tuple[float | None, str, Number | None]:
    """Value and unit as the row or the library row gives them; no value with a finding."""
    text, unit, reference = (row[name] for name in VALUE)
    if reference and (text or unit):
        context.note("duplicate", where, "a value with its unit, or a library row", "both")
    elif reference:
        number = library_row(reference, f"{where}: library", context)
        if number is not None:
            return number.value, number.unit, number
    else:
        value = parse_number(text, f"{where}: value", context)
        problem = unit_finding(unit, f"{where}: unit")
        if problem is None:
            return value, unit, None
        context.findings.append(problem)
    return None, unit, None


def library_row(reference: str, where: str, context: Context) -> Number | None:
    """Row of the library that ``table/subject/parameter@year`` names, or None with a finding."""
    parts, _, year = reference.partition("@")
    names = parts.split("/")
    if len(names) < len(("table", "subject", "parameter")):
        hint = "write table/subject/parameter, with @year behind it where there are several"
        context.note("unknown-name", where, "a row of the library", reference, hint=hint)
        return None
    table, parameter = names[0], names[-1]
    subject = "/".join(names[1:-1])
    try:
        return context.library.get(subject, parameter, table, year=year or None)
    except InputError as error:
        for found in error.findings:
            context.note(found.code, where, found.expected, reference, hint=found.hint)
    return None


def provenance_findings(row: Mapping[str, str], where: str, context: Context) -> None:
    """Complain about a number without a source, or an assumption without a reason."""
    source, grade = row["source_id"], row["grade"]
    if grade not in GRADES:
        hint = nearest_hint(grade, GRADES) if grade else "grades: " + ", ".join(GRADES)
        context.note("grade", f"{where}: grade", "a grade", grade or "none", hint=hint)
    elif grade == "assumption":
        if not row["note"]:
            context.note("source", f"{where}: note", "why this is assumed", "an empty note")
        if source and source not in context.sources:
            context.note(
                "source",
                f"{where}: source_id",
                "a source_id or nothing",
                source,
                hint=nearest_hint(source, context.sources),
            )
    elif source not in context.sources:
        hint = nearest_hint(source, context.sources) if source else "or mark it as an assumption"
        context.note("source", f"{where}: source_id", "a source_id", source or "none", hint=hint)


def _check_keys(records: Iterable[Record], spec: FileSpec, context: Context) -> None:
    seen: dict[str, Record] = {}
    for record in records:
        first = seen.setdefault(record.name, record)
        if first is not record:
            hint = f"first at {first.where}"
            expected = f"each {' and '.join(spec.key)} once"
            context.note("duplicate", record.where, expected, record.name, hint=hint)


def _check_years(records: Sequence[Record], spec: FileSpec, context: Context) -> None:
    """Each group of rows must have every year of the case."""
    if not spec.every_year or context.years is None:
        return
    wanted = set(range(context.years[0], context.years[1] + 1))
    for group, rows in _groups(records, spec).items():
        missing = sorted(wanted - {r["year"] for r in rows})
        if missing:
            found = "no " + ", ".join(str(year) for year in missing)
            where = f"{spec.name}:{rows[-1].line}"
            expected = "every year of the case" + (f" for {group}" if group else "")
            context.note("missing-year", where, expected, found)


def _groups(records: Sequence[Record], spec: FileSpec) -> Mapping[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for record in records:
        names = (str(record[column]) for column in spec.key if column != "year")
        groups.setdefault("/".join(names), []).append(record)
    return groups
