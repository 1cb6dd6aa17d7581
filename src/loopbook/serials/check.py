"""One serial, one lot: whole columns of serials, and ranges, against all that a register has.

Nothing is looked up serial by serial. A column is hashed and merged with the sorted fingerprints of
each run whose serials reach into it, and only what is found there is read. New ranges are merged
with the row groups that they reach into.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from loopbook.errors import Finding, nearest_hint, raise_findings
from loopbook.serials.fingerprints import Asked
from loopbook.serials.ranges import Range, RangeTable
from loopbook.serials.register import SerialRegister
from loopbook.serials.runs import Run, prints_of
from loopbook.serials.text import Matrix, Words, hashes_of, lengths_of, matrix_of

_MOST = 1000  # findings that are shown; a wrong file may have millions
_HINTS = 20  # nearest names are looked for so often; among many lots each takes a while


@dataclass(slots=True)
class Found:
    """Findings of a file by line: the first thousand, and how many there are."""

    file: str
    count: int = 0
    hints: int = 0
    _held: list[tuple[int, Finding]] = field(default_factory=list)

    def add(self, line: int, finding: Finding) -> None:
        """Take a finding; those of later lines go first when there are too many."""
        self.count += 1
        self._held.append((line, finding))
        if len(self._held) >= 2 * _MOST:
            self._cut()

    def _cut(self) -> None:
        self._held = sorted(self._held, key=lambda x: x[0])[:_MOST]

    def stop(self) -> None:
        """Raise all that was found, in the order of lines; do nothing if that is nothing."""
        self._cut()
        told = [finding for _, finding in self._held]
        if self.count > len(told):
            more = f"{self.count - len(told):,} more"
            hint = f"the first {_MOST:,} are shown"
            told.append(Finding("more", self.file, "no findings", more, hint))
        raise_findings(told)

    def hint(self, lot: str, lots: Collection[str]) -> str:
        """Lots with the nearest names."""
        self.hints += 1
        return nearest_hint(lot, lots) if self.hints <= _HINTS else ""


def unknown_lot(
    lot: str, lots: Collection[str], where: str, found: Found, *, rows: int = 1
) -> Finding:
    """Finding of a lot that the book does not have; told once for all of its rows."""
    told = repr(lot) + (f" in {rows:,} rows" if rows > 1 else "")
    return Finding("unknown-name", where, "a lot of the book", told, found.hint(lot, lots))


def month_finding(month: str) -> Iterator[Finding]:
    """What is wrong with a month.

    >>> print(*month_finding("2026-13"))
    month: month: expected a month such as 2026-03, found '2026-13'
    """
    year, dash, number = month.partition("-")
    whole = month.isascii() and len(year) == 4 and len(number) == 2 and year.isdigit() and dash
    if not (whole and number.isdigit() and 1 <= int(number) <= 12):
        yield Finding("month", "month", "a month such as 2026-03", repr(month))


def clashes(
    register: SerialRegister, runs: Sequence[Run], serials: Any, *, matrix: Matrix, words: Words
) -> Iterator[tuple[int, str]]:
    """Rows of a column whose serials are in a range or run, with the lot that has them.

    Parameters
    ----------
    runs : of the register, and those that are being written.
    serials : string array, of which `matrix` and `words` are made.
    """
    if not len(serials):
        return
    place = register.ranges.find(matrix, lengths_of(serials))
    for row in np.flatnonzero(place >= 0).tolist():
        yield row, register.ranges[int(place[row])].lot
    if not runs:
        return
    hashes = hashes_of(words)
    order = np.argsort(hashes)
    asked = Asked(hashes[order])
    for run in runs:
        held = asked.places(prints_of(register.folder, run), run.rows)
        if not len(held):
            continue
        rows = order[held].tolist()
        told = sorted((serials[row].as_py(), row) for row in rows)
        known = register.opened(run, ".serials.parquet")
        for k, lot in known.lots_of([serial for serial, _ in told]):
            yield told[k][1], lot


def range_clashes(
    register: SerialRegister, ranges: Sequence[Range]
) -> dict[int, tuple[int, str, str]]:
    """New ranges that have serials of runs: place -> how many, the first, and its lot."""
    found: dict[int, tuple[int, str, str]] = {}
    spans = sorted((one.first_serial, one.last_serial) for one in ranges)
    firsts = [first for first, _ in spans]
    ends: list[str] = []  # the greatest last serial so far
    for _, last in spans:
        ends.append(max(last, ends[-1]) if ends else last)

    def reach(low: str, high: str) -> bool:
        place = bisect_right(firsts, high)
        return place > 0 and ends[place - 1] >= low

    table = RangeTable.of(ranges)
    for run in register.runs:
        if not reach(run.first, run.last):
            continue
        file = register.opened(run, ".serials.parquet")
        for k, (low, high) in enumerate(file.edges()):
            if not reach(low, high):
                continue
            group = file.group(k)
            serials = group["serial"].combine_chunks()
            place = table.find(matrix_of(serials), lengths_of(serials))
            for row in np.flatnonzero(place >= 0).tolist():
                count, serial, lot = found.get(
                    int(place[row]), (0, serials[row].as_py(), group["lot"][row].as_py())
                )
                found[int(place[row])] = (count + 1, serial, lot)
    return found
