"""Tables of sourced numbers: the records, and the strict reader of the CSV files.

Columns of a table, one number a row:

    subject,parameter,value,low,high,unit,year,source_id,page,grade,note

and of ``sources.csv``, one work a row:

    source_id,title,authors,year,publisher,url_or_doi,licence,note

Grades: A read in the source itself; B computed from A; C from a secondary source; C* sources
conflict or the value looks wrong; M from memory, not checked; ``assumption`` ours.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from loopbook.errors import Finding, nearest_hint
from loopbook.report import GRADES, HIDDEN, Column
from loopbook.tables.units import convert, unit_finding

COLUMNS = (
    "subject",
    "parameter",
    "value",
    "low",
    "high",
    "unit",
    "year",
    "source_id",
    "page",
    "grade",
    "note",
)
SOURCE_COLUMNS = (
    "source_id",
    "title",
    "authors",
    "year",
    "publisher",
    "url_or_doi",
    "licence",
    "note",
)
_YEAR = re.compile(r"^(\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?)?$")
_TODO = re.compile(r"\bTODO\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """One row of a table: a number and all that is known about where it comes from.

    >>> print(Number("geography", 2, "US", "electricity price", 0.0845, None, None, "USD/kWh",
    ...     "2022", "everbatt2023", "", "A", ""))
    geography/US/electricity price = 0.0845 USD/kWh (2022) [A, everbatt2023]
    """

    table: Annotated[str, "the file, without its ending", Column(drops=HIDDEN)]
    line: Annotated[int, "line of the file", Column(drops=HIDDEN)]
    subject: Annotated[str, "what it is a number of", Column(drops=HIDDEN)]
    parameter: Annotated[str, "which number of the subject", Column(drops=HIDDEN)]
    value: Annotated[float, "the number, in `unit`"]
    low: Annotated[float | None, "least that it may be; none if not known"]
    high: Annotated[float | None, "most that it may be; none if not known"]
    unit: Annotated[str, "one that `check_unit` accepts"]
    year: Annotated[str, "YYYY, YYYY-MM or YYYY-MM-DD that the value holds for"]
    source_id: Annotated[str, "row of sources.csv", Column(title="Source", drops=2)]
    page: Annotated[str, "place in the source", Column(drops=HIDDEN)]
    grade: Annotated[str, "how sure the number is: one of `GRADES`", Column(drops=1)]
    note: Annotated[str, "anything else", Column(drops=HIDDEN)]

    @property
    def key(self) -> Annotated[str, "table/subject/parameter", Column(first=True)]:
        """``table/subject/parameter``."""
        return f"{self.table}/{self.subject}/{self.parameter}"

    @property
    def reference(self) -> str:
        """Key by which a result lists the row: ``library/table/subject/parameter@year``."""
        return f"library/{self.key}@{self.year}" if self.year else f"library/{self.key}"

    @property
    def where(self) -> Annotated[str, "table.csv:line", Column(title="Row", drops=3)]:
        """``table.csv:line``."""
        return f"{self.table}.csv:{self.line}"

    def to(self, unit: str) -> float:
        """Value in another unit of the same kind.

        >>> Number("t", 2, "s", "p", 2.5, None, None, "t", "", "loopbook", "", "A", "").to("kg")
        2500.0
        """
        return convert(self.value, self.unit, unit, where=self.where)

    def __str__(self) -> str:
        """One line for people."""
        year = f" ({self.year})" if self.year else ""
        value = f"{self.value:.6g}" + ("" if self.unit == "1" else f" {self.unit}")
        return f"{self.key} = {value}{year} [{self.grade}, {self.source_id}]"


@dataclass(frozen=True, slots=True)
class Source:
    """A row of ``sources.csv``: a work that numbers come from."""

    source_id: Annotated[str, "its name in the tables", Column(title="Source")]
    title: Annotated[str, "title of the work"]
    authors: Annotated[str, "who wrote it"]
    year: Annotated[str, "when it was published"]
    publisher: Annotated[str, "who published it"]
    url_or_doi: Annotated[str, "where to read it", Column(title="At")]
    licence: Annotated[str, "on which terms it may be used"]
    note: Annotated[str, "anything else"]


def _read_rows(
    file: Path, columns: Sequence[str], findings: list[Finding]
) -> list[tuple[int, list[str]]]:
    """Rows of a CSV file with their line; what is wrong with the file goes to findings."""
    raw = file.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte {raw[error.start]:#04x}"
        hint = "save the file as UTF-8"
        findings.append(Finding("encoding", f"{file.name}:{line}", "UTF-8", found, hint))
        return []
    if not text.endswith("\n"):
        end = f"{file.name}:{text.count(chr(10)) + 1}"
        hint = "the file looks cut off; a table ends with a line end"
        findings.append(Finding("file-truncated", end, "a line end", "the end of file", hint))
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        for row in reader:
            if row:
                rows.append((reader.line_num, row))
    except csv.Error as error:
        where = f"{file.name}:{reader.line_num}"
        findings.append(Finding("file-truncated", where, "closed quotes", str(error)))
        return []
    if not rows or tuple(rows[0][1]) != tuple(columns):
        found = ",".join(rows[0][1]) if rows else "an empty file"
        findings.append(Finding("columns", f"{file.name}:1", ",".join(columns), found))
        return []
    good = []
    for line, row in rows[1:]:
        where = f"{file.name}:{line}"
        if len(row) != len(columns):
            found, expected = f"{len(row)} columns", f"{len(columns)} columns"
            findings.append(Finding("columns", where, expected, found))
        elif any(_TODO.search(cell) for cell in row):
            findings.append(Finding("todo", where, "a finished row", "TODO"))
        else:
            good.append((line, row))
    return good


def read_sources(files: Iterable[Path], findings: list[Finding]) -> dict[str, Source]:
    """Works of ``sources.csv`` files by source_id.

    Parameters
    ----------
    files : files to read.
    findings : takes what is wrong.

    >>> found = []
    >>> read_sources([], found), found
    ({}, [])
    """
    sources: dict[str, Source] = {}
    for file in files:
        for line, row in _read_rows(file, SOURCE_COLUMNS, findings):
            where = f"{file.name}:{line}"
            source = Source(*row)
            if not source.source_id or not source.title:
                findings.append(Finding("source", where, "a source_id and a title", "none"))
            elif source.source_id in sources:
                found = source.source_id
                findings.append(Finding("duplicate", where, "each source_id once", found))
            else:
                sources[source.source_id] = source
    return sources


def read_table(
    file: Path, sources: Mapping[str, Source], findings: list[Finding]
) -> Iterator[Number]:
    """Numbers of one table; a row with anything wrong is left out and named in `findings`.

    Parameters
    ----------
    file : table; its stem is the table's name.
    sources : works by source_id.
    findings : takes what is wrong, by file and line.

    >>> import tempfile
    >>> found = []
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "prices.csv"
    ...     text = ",".join(COLUMNS) + "\\nNi,price,17,,,USD/ton,2026,none,,A,\\n"
    ...     _ = file.write_text(text)
    ...     rows = list(read_table(file, {}, found))
    >>> rows, [finding.code for finding in found]
    ([], ['unit', 'source'])
    """
    units: dict[str, Finding | None] = {}
    for line, row in _read_rows(file, COLUMNS, findings):
        where = f"{file.name}:{line}"
        subject, parameter, value, low, high, unit, year, source_id, page, grade, note = row
        wrong = []
        if not subject.strip() or not parameter.strip():
            wrong.append(Finding("input", where, "a subject and a parameter", "an empty cell"))
        if unit not in units:
            units[unit] = unit_finding(unit, "")
        problem = units[unit]
        if problem:
            wrong.append(Finding("unit", where, problem.expected, unit or "none", problem.hint))
        if source_id not in sources:
            hint = nearest_hint(source_id, sources)
            found = source_id or "none"
            wrong.append(Finding("source", where, "a source_id of sources.csv", found, hint))
        if grade not in GRADES:
            wrong.append(Finding("grade", where, ", ".join(GRADES), grade or "none"))
        if not _YEAR.match(year):
            wrong.append(Finding("year", where, "YYYY, YYYY-MM or YYYY-MM-DD", year))
        numbers = _numbers((value, low, high), where, wrong)
        findings.extend(wrong)
        v, lo, hi = numbers
        if not wrong and v is not None:
            yield Number(
                file.stem,
                line,
                subject,
                parameter,
                v,
                lo,
                hi,
                unit,
                year,
                source_id,
                page,
                grade,
                note,
            )


def _numbers(
    cells: tuple[str, str, str], where: str, wrong: list[Finding]
) -> tuple[float | None, float | None, float | None]:
    """Value, low and high; low and high may be empty, the value may not."""
    out: list[float | None] = []
    for name, cell in zip(("value", "low", "high"), cells, strict=True):
        number: float | None = None
        try:
            number = float(cell) if cell or name == "value" else None
        except ValueError:
            wrong.append(Finding("number", where, f"a number as {name}", cell or "none"))
        if number is not None and not math.isfinite(number):
            wrong.append(Finding("not-finite", where, f"a finite {name}", cell))
            number = None
        out.append(number)
    value, low, high = out
    inside = value is None or ((low is None or low <= value) and (high is None or value <= high))
    ordered = low is None or high is None or low <= high
    if not (inside and ordered):
        found = f"{cells[0]} in [{cells[1]}, {cells[2]}]"
        wrong.append(Finding("range", where, "low <= value <= high", found))
    return value, low, high


def repeated(numbers: Iterable[Number]) -> Iterator[Finding]:
    """Findings for keys that come twice for the same year.

    >>> list(repeated([]))
    []
    """
    seen: dict[tuple[str, str], Number] = {}
    for number in numbers:
        first = seen.setdefault((number.key, number.year), number)
        if first is not number:
            found = f"{number.key} {number.year}".strip()
            hint = f"first at {first.where}"
            yield Finding("duplicate", number.where, "each key and year once", found, hint)
