"""The tables of series: rows of numbers by period, or by years of age."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import pairwise

import numpy as np

from loopbook.errors import Findings
from loopbook.loop.reading.arranging import AGE
from loopbook.loop.reading.keys import SET, address_of
from loopbook.loop.reading.rows import read_provenance
from loopbook.loop.reading.written import Line, known_columns
from loopbook.loop.time.calendar import Span, span_of
from loopbook.loop.time.series import Line as TimeLine
from loopbook.loop.time.series import read_line
from loopbook.loop.values.cells import Own
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.measure import LIBRARY, factor_to, library_row, plain_unit
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
    before = len(findings)
    limited = {name: _limited(row, made, findings) for name, row in made.items()}
    return made if len(findings) > before else limited


def _limited(row: Series, rows: Mapping[str, Series], findings: LoopFindings) -> Series:
    """A row with its limits by column."""
    numbers, limits = _floats(row.line.numbers), []
    for word, limit in (("low", row.low), ("high", row.high)):
        at = findings.about(row.where)
        if isinstance(limit, str):
            findings.uses.add(("series", limit))
            at.check_known("a series", limit, rows, at=word)
            of_row = _of_row(row, rows[limit], word, at) if limit in rows else numbers
        elif limit is not None and (limit > 1.0 if word == "low" else limit < 1.0):
            at.note("range", "low <= value <= high", f"{100 * (limit - 1):+g} %", at=word)
            of_row = numbers
        else:
            of_library = (row.limits or (numbers, numbers))[word == "high"]
            of_row = of_library if limit is None else tuple(x * limit for x in numbers)
        limits.append(of_row)
    low, high = limits
    is_ranged = not all(np.array_equal(x, numbers, equal_nan=True) for x in limits)
    return replace(row, limits=(low, high) if is_ranged else None)


def _floats(numbers: Iterable[float | None]) -> tuple[float, ...]:
    """Numbers, NaN where there is none."""
    return tuple(math.nan if x is None else x for x in numbers)


def _of_row(row: Series, other: Series, word: str, at: Findings) -> tuple[float, ...]:
    """Numbers of another row in the columns of one."""
    if (other.unit, other.line.by_age) != (row.unit, row.line.by_age):
        of_age = " by years of age" if row.line.by_age else ""
        at.note("unit", f"a row in {row.unit}{of_age}", f"{other.name} in {other.unit}", at=word)
    numbers, missing = [], []
    for column, number in zip(row.line.columns, row.line.numbers, strict=True):
        months = range(column.first, column.end)
        some = {other.line.in_month(month, 0) for month in months if number is not None}
        if any(map(math.isnan, some)):
            missing.append(column.name)
        elif len(some) > 1:
            hint = f"give {row.name} the columns of {other.name}"
            what = f"one value of {other.name} in {column.name}"
            at.note("order", what, f"{len(some)} values", at=word, hint=hint)
        numbers.append(min(some, default=math.nan))
    if missing:
        hint = "write 0 where it has not begun or has ended"
        at.missing(f"a value of {other.name} in {', '.join(missing)}", at=word, hint=hint)
    return tuple(numbers)


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

    def from_library(text: str, column: str, *, point: str = "value") -> float | None:
        number = library_row(text, column, at)
        if number is None or not unit:
            return None
        factor, value = factor_to(number.unit, unit), getattr(number, point)
        if factor is None:
            at.note("unit", f"a number in {unit}", number.unit, at=column)
        return None if factor is None else factor * (number.value if value is None else value)

    def line_of(point: str, findings: Findings) -> TimeLine:
        from_row = partial(from_library, point=point)
        return read_line(cells, spans, findings, by_age=by_age, library=from_row)

    cells = [line[column] for column, _ in columns]
    spans = [span for _, span in columns]
    by_age = any(AGE.fullmatch(column) for column, _ in columns)
    numbers = line_of("value", at)
    changed = {column for column, cell in line.cells.items() if cell.where.startswith(SET)}
    is_set = bool(changed) and not {"low", "high"} & changed  # it has no range that the run sets
    texts = ("", "") if is_set else (line["low"], line["high"])
    limits = [_limit(text, word, at) for text, word in zip(texts, ("low", "high"), strict=True)]
    if len(findings) > before:
        return None
    low, high = limits
    of_library = not is_set and any(cell.startswith(LIBRARY) for cell in cells)
    points = [_floats(line_of(point, Findings()).numbers) for point in ("low", "high")]
    return Series(
        name,
        unit,
        numbers,
        money_year=year,
        low=low,
        high=high,
        limits=(points[0], points[1]) if of_library else None,
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
