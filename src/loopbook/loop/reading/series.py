"""The tables of series: rows of numbers by period, or by years of age."""

import re
from collections.abc import Iterable
from itertools import pairwise

from loopbook.errors import Findings
from loopbook.loop.reading.arranging import AGE
from loopbook.loop.reading.keys import address_of
from loopbook.loop.reading.rows import read_provenance
from loopbook.loop.reading.written import Line, known_columns
from loopbook.loop.time.calendar import Span, span_of
from loopbook.loop.time.series import read_line
from loopbook.loop.values.cells import Own
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.measure import factor_to, library_row, plain_unit
from loopbook.loop.values.quantity import Series
from loopbook.tables import exact_or_none, unit_finding

_FACTOR = re.compile(r"[+\-\u2212]?\d+(?:\.\d+)? ?%")


def read_series(lines: Iterable[Line], findings: LoopFindings) -> dict[str, Series]:
    """Rows of series by name; a row that cannot be read is left out with its findings."""
    made: dict[str, Series] = {}
    orders: set[str] = set()  # of columns that were found wrong, each reported once
    for line in lines:
        row = _row(line, findings, orders)
        if row is not None:
            made[row.name] = row
    for row in made.values():
        for name, limit in (("low", row.low), ("high", row.high)):
            if isinstance(limit, str):
                findings.uses.add(("series", limit))
                findings.about(row.where).check_known("a series", limit, made, at=name)
    return made


def _row(line: Line, findings: LoopFindings, orders: set[str]) -> Series | None:
    address = address_of(line)
    at = findings.about(line.where, address, line["source_id"])
    before, name = len(findings), line["series"]
    Own().check(name, "series", at)
    unit, year = plain_unit(line["unit"])
    problem = unit_finding(unit, "")
    if problem:
        at.note("unit", problem.expected, line["unit"] or "none", at="unit", hint=problem.hint)
        unit = ""
    columns = _columns(line, at, orders)
    provenance = read_provenance(line, address, at)

    def from_library(text: str, column: str) -> float | None:
        number = library_row(text, column, at)
        if number is None or not unit:
            return None
        factor = factor_to(number.unit, unit)
        if factor is None:
            at.note("unit", f"a number in {unit}", number.unit, at=column)
        return None if factor is None else number.value * factor

    cells = [line[column] for column, _ in columns]
    spans = [span for _, span in columns]
    by_age = any(AGE.fullmatch(column) for column, _ in columns)
    numbers = read_line(cells, spans, at, by_age=by_age, library=from_library)
    limits = [_limit(line[word], word, at) for word in ("low", "high")]
    if len(findings) > before:
        return None
    low, high = limits
    return Series(
        name,
        unit,
        numbers,
        money_year=year,
        low=low,
        high=high,
        moves=provenance.moves,
        where=line.where,
        source=provenance.source_id,
        page=provenance.page,
        grade=provenance.grade,
        note=provenance.note,
        written={column: line.cells[column] for column, _ in columns},
    )


def _columns(line: Line, findings: LoopFindings, orders: set[str]) -> list[tuple[str, Span]]:
    """Columns of periods or of ages, in their order."""
    known = known_columns("series")
    columns: list[tuple[str, Span]] = []
    for column in line.cells:
        age = AGE.fullmatch(column)
        span = Span(column, 12 * int(age[1]), 12) if age else span_of(column)
        if column not in known and span is not None:
            columns.append((column, span))
    kinds = {bool(AGE.fullmatch(column)) for column, _ in columns}
    file = line.where.rpartition(":")[0]
    wrong = next((b for a, b in pairwise(columns) if b[1].first < a[1].end), None)
    if (len(kinds) > 1 or wrong) and file not in orders:
        orders.add(file)
        shown = wrong[0] if wrong else "both"
        what = "columns of periods, or of ages, each after the last"
        findings.about(f"{file}:1").note("order", what, shown)
    return columns if len(kinds) == 1 and not wrong else []


def _limit(text: str, at: str, findings: Findings) -> float | str | None:
    """A factor from ``-20 %``, or the name of another row."""
    if not text:
        return None
    if not _FACTOR.fullmatch(text):
        return text
    share = exact_or_none(text.removesuffix("%"), "a factor as -20 %", at, findings)
    return None if share is None else 1 + share / 100
