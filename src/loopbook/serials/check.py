"""One serial, one lot: whole columns of serials, and ranges, against all that a register has.

No serial is looked up alone. A column is hashed and merged with the sorted fingerprints of each run
whose serials reach into it, and only the hits are read. New ranges are merged with the row groups
that they reach into.
"""

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter

import numpy as np
import pyarrow as pa

from loopbook.errors import Finding, InputError, nearest_hint, raise_findings
from loopbook.serials.ranges import Range, RangeTable
from loopbook.serials.register import SerialRegister
from loopbook.serials.runs import Lookup, Run, prints_of
from loopbook.serials.text import Matrix, Words, hashes_of, lengths_of, matrix_of

_MOST = 1000  # findings that are shown; a wrong file may have millions
_HINTS = 20  # lots whose nearest names are looked for; among many lots each takes a while


@dataclass(slots=True)
class LineFindings:
    """Findings of a file by line: the first thousand, and how many there are."""

    file: str
    count: int = 0
    hints: int = 0
    _first: list[tuple[int, Finding]] = field(default_factory=list)

    def note(
        self, line: int, code: str, expected: str, actual: str, *, at: str = "", hint: str = ""
    ) -> None:
        """Record a finding of a line; `at` is the column that it is about."""
        self.add(
            line,
            Finding(
                code,
                f"{self.file}:{line}, {at}" if at else f"{self.file}:{line}",
                expected,
                actual,
                hint,
            ),
        )

    def add(self, line: int, finding: Finding) -> None:
        """Record a finding; those of the last lines are dropped when there are too many."""
        self.count += 1
        self._first.append((line, finding))
        if len(self._first) >= 2 * _MOST:
            self._cut()

    def _cut(self) -> None:
        self._first = sorted(self._first, key=itemgetter(0))[:_MOST]

    def raise_all(self) -> None:
        """Raise the error that these findings make, in the order of lines, if there are any."""
        self._cut()
        shown = [finding for _, finding in self._first]
        if self.count > len(shown):
            shown.append(
                Finding(
                    "more",
                    self.file,
                    "no findings",
                    f"{self.count - len(shown):,} more",
                    f"the first {_MOST:,} are shown",
                )
            )
        raise_findings(shown)

    def empty(self) -> None:
        """Record that the file has no rows, unless it was not read for other reasons."""
        if not self.count:
            self.note(1, "empty", "rows below the header", "none")

    def unknown_lot(self, lot: str, lots: Collection[str], line: int, *, rows: int = 1) -> None:
        """Record a lot that the book does not have, once for all of its rows."""
        self.hints += 1
        self.note(
            line,
            "unknown-name",
            "a lot of the book",
            repr(lot) + (f" in {rows:,} rows" if rows > 1 else ""),
            at="lot",
            hint=nearest_hint(lot, lots) if self.hints <= _HINTS else "",
        )


def check_month(month: str) -> None:
    """Refuse what is no month.

    >>> check_month("2026-13")
    Traceback (most recent call last):
    loopbook.errors.InputError: month: month: expected a month such as 2026-03, found '2026-13'
    """
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month):
        raise InputError.of("month", "month", "a month such as 2026-03", repr(month))


def clashes(
    register: SerialRegister,
    runs: Sequence[Run],
    serials: pa.StringArray,
    *,
    matrix: Matrix,
    words: Words,
) -> Iterator[tuple[int, str]]:
    """Rows of a column whose serials are in a range or run, with the lot that has them.

    Parameters
    ----------
    runs : of the register, and those that are being written.
    serials : of which `matrix` and `words` are made.
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
    lookup = Lookup(hashes[order])
    for run in runs:
        hits = lookup.places(prints_of(register.folder, run), run.rows)
        if not len(hits):
            continue
        rows = sorted((serials[row].as_py(), row) for row in order[hits].tolist())
        file = register.opened(run, ".serials.parquet")
        for k, lot in file.lots_of([serial for serial, _ in rows]):
            yield rows[k][1], lot


def range_clashes(
    register: SerialRegister, ranges: Sequence[Range]
) -> dict[tuple[int, str], tuple[int, str]]:
    """New ranges that have serials of runs: place and lot in the runs -> how many, the first."""
    clashing: dict[tuple[int, str], tuple[int, str]] = {}
    spans = sorted((one.first_serial, one.last_serial) for one in ranges)
    firsts = [first for first, _ in spans]
    ends = list(accumulate((last for _, last in spans), max))  # the greatest last serial so far

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
                key = (int(place[row]), group["lot"][row].as_py())
                count, serial = clashing.get(key, (0, serials[row].as_py()))
                clashing[key] = (count + 1, serial)
    return clashing
