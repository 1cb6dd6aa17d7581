"""Tables of sourced numbers: the records, and the strict reader of the CSV files.

Columns of a table, one number a row:

    subject,parameter,value,low,high,unit,year,source_id,page,grade,note

and of ``sources.csv``, one work a row:

    source_id,title,authors,year,publisher,url_or_doi,licence,note

Grades: A read in the source itself; B computed from A; C from a secondary source; C* sources
conflict or the value looks wrong; M from memory, not checked; ``assumption`` ours.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from loopbook import tables
from loopbook.errors import Finding, Findings, nearest_hint
from loopbook.report import GRADES, HIDDEN, Column
from loopbook.tables import convert, unit_finding

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
_ANY_NUMBER = tables.Number[Findings]()
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
    def key(self) -> Annotated[str, "table/subject/parameter", Column(order=-1)]:
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
    file: Path, columns: Sequence[str], findings: Findings
) -> Iterator[tuple[int, dict[str, str]]]:
    """Finished rows of a CSV file with their line."""
    table = tables.read_table(file, columns, findings, may_be_empty=True)
    for line, row in table.records() if table else ():
        if any(_TODO.search(cell) for cell in row.values()):
            findings.note("todo", "a finished row", "TODO", at=f"{file.name}:{line}")
        else:
            yield line, row


def read_sources(files: Iterable[Path], findings: Findings) -> dict[str, Source]:
    """Works of ``sources.csv`` files by source_id.

    Parameters
    ----------
    files : files to read.
    findings : takes the errors.

    >>> read_sources([], Findings())
    {}
    """
    sources: dict[str, Source] = {}
    for file in files:
        for line, row in _read_rows(file, SOURCE_COLUMNS, findings):
            source, place = Source(**row), f"{file.name}:{line}"
            if not source.source_id or not source.title:
                findings.note("source", "a source_id and a title", "none", at=place)
            elif source.source_id in sources:
                findings.note("duplicate", "each source_id once", source.source_id, at=place)
            else:
                sources[source.source_id] = source
    return sources


def read_numbers(file: Path, sources: Mapping[str, Source], findings: Findings) -> Iterator[Number]:
    """Numbers of one table; a row with an error is left out, and the error is a finding.

    Parameters
    ----------
    file : table; its stem is the table's name.
    sources : works by source_id.
    findings : takes the errors, by file and line.

    >>> import tempfile
    >>> findings = Findings()
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "prices.csv"
    ...     text = ",".join(COLUMNS) + "\\nNi,price,17,,,USD/ton,2026,none,,A,\\n"
    ...     _ = file.write_text(text)
    ...     rows = list(read_numbers(file, {}, findings))
    >>> rows, [finding.code for finding in findings]
    ([], ['unit', 'source'])
    """
    units: dict[str, Finding | None] = {}
    for line, row in _read_rows(file, COLUMNS, findings):
        wrong, unit = Findings(f"{file.name}:{line}", findings.items), row["unit"]
        before = len(findings)
        if not row["subject"] or not row["parameter"]:
            wrong.note("input", "a subject and a parameter", "an empty cell")
        if unit not in units:
            units[unit] = unit_finding(unit, "")
        if problem := units[unit]:
            wrong.note("unit", problem.expected, unit or "none", hint=problem.hint)
        if row["source_id"] not in sources:
            wrong.note(
                "source",
                "a source_id of sources.csv",
                row["source_id"] or "none",
                hint=nearest_hint(row["source_id"], sources),
            )
        if row["grade"] not in GRADES:
            wrong.note("grade", ", ".join(GRADES), row["grade"] or "none")
        if not _YEAR.match(row["year"]):
            wrong.note("year", "YYYY, YYYY-MM or YYYY-MM-DD", row["year"])
        numbers = {name: _number(row[name], name, wrong) for name in ("value", "low", "high")}
        _check_order(row, numbers, wrong)
        if len(findings) == before:
            yield Number(file.stem, line, **{**row, **numbers})  # type: ignore[arg-type]  # `_number` reads them


def _number(cell: str, name: str, findings: Findings) -> float | None:
    """A number; low and high may be empty, the value may not."""
    if not cell and name != "value":
        return None
    number = _ANY_NUMBER.check(cell, name, findings)
    return None if number is None else float(number)


def _check_order(
    row: Mapping[str, str], numbers: Mapping[str, float | None], findings: Findings
) -> None:
    """low <= value <= high, as far as they are known."""
    known = [x for x in (numbers["low"], numbers["value"], numbers["high"]) if x is not None]
    if known != sorted(known):
        findings.note(
            "range", "low <= value <= high", f"{row['value']} in [{row['low']}, {row['high']}]"
        )


def repeated(numbers: Iterable[Number]) -> Iterator[Finding]:
    """Findings for keys that come twice for the same year.

    >>> list(repeated([]))
    []
    """
    seen: dict[tuple[str, str], Number] = {}
    for number in numbers:
        first = seen.setdefault((number.key, number.year), number)
        if first is not number:
            yield Finding(
                "duplicate",
                number.where,
                "each key and year once",
                f"{number.key} {number.year}".strip(),
                f"first at {first.where}",
            )
