"""Numbers in time: a row of ``series``, one cell a period or a year of age.

An empty cell holds the last value, ``-`` ends it, ``~`` is on a straight line between its
neighbours (by the middle of their periods), ``+2 %`` raises the last value by that share. A month
without a value has none: it is never zero.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from loopbook.errors import Findings
from loopbook.loop.time.calendar import Span
from loopbook.tables import exact_or_none, remedy

_ENDS, _LINE = "-", "~"


@dataclass(frozen=True)
class Line:
    """Numbers by month, or by year of age.

    Parameters
    ----------
    columns : the periods of the columns; ages are spans of twelve months from month 0.
    numbers : a number, or None where there is none, a column each.
    by_age : whether columns are years since the start of the site that uses it.
    """

    columns: tuple[Span, ...]
    numbers: tuple[float | None, ...]
    by_age: bool = False
    _months: dict[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the columns that have a number by month."""
        pairs = enumerate(zip(self.columns, self.numbers, strict=True))
        months = {month: k for k, (span, x) in pairs if x is not None for month in span}
        object.__setattr__(self, "_months", months)

    def in_month(self, month: int, since: int | None = None) -> float:
        """The number in a month; NaN where there is none.

        Parameters
        ----------
        month : number of the month.
        since : number of the month in which age 0 begins; needed by a line by age.
        """
        number = self.numbers[k] if (k := self.column(month, since)) is not None else None
        return math.nan if number is None else number

    def column(self, month: int, since: int | None = None) -> int | None:
        """Place of the column that has the number of a month; None where there is none."""
        if self.by_age:
            if since is None:
                return None
            month -= since
        return self._months.get(month)

    def missing(self, months: Iterable[int], since: int | None = None) -> Iterator[int]:
        """Those of some months that have no number."""
        return (month for month in months if math.isnan(self.in_month(month, since)))


def read_line(
    cells: Sequence[str],
    columns: Sequence[Span],
    findings: Findings,
    *,
    by_age: bool = False,
    library: Callable[[str, str], float | None] = lambda text, at: None,
) -> Line:
    """The numbers of a row; a cell that cannot be read is a finding at its column.

    Parameters
    ----------
    cells, columns : texts, and the span that each is of.
    findings : takes the errors.
    by_age : whether the columns are years of age.
    library : the number of a cell that names a row of the library, in the row's unit.

    >>> from loopbook.loop.time.calendar import span_of
    >>> years = [span_of(str(year)) for year in range(2025, 2032)]
    >>> read_line(["", "10", "~", "30", "", "+10 %", "-"], years, Findings()).numbers
    (None, 10.0, 20.0, 30.0, 30.0, 33.0, None)
    """
    numbers: list[float | None] = []
    lines: list[int] = []
    for k, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        last = numbers[-1] if numbers else None
        if cell == _LINE:
            lines.append(k)
            numbers.append(None)
        elif cell in ("", _ENDS):
            numbers.append(None if cell else last)
        elif cell.startswith("lib:"):
            numbers.append(library(cell, column.name))
        else:
            numbers.append(_number(cell, last, column.name, findings))
    return Line(tuple(columns), tuple(_drawn(numbers, lines, columns, findings)), by_age)


def _number(cell: str, last: float | None, at: str, findings: Findings) -> float | None:
    """A number, or the last one raised by a share."""
    raised = cell[:1] in "+-\u2212" and cell.endswith("%")
    text, what = cell.removesuffix("%").strip(), "a number, -, ~ or +2 %"
    value = exact_or_none(text, what, at, findings, hint=_number_hint)
    if value is None:
        return None
    if cell.endswith("%") and not raised:
        hint = "write 5 in a row with the unit %, or +5 % to raise the last value"
        findings.note("unit", "a number in the row's unit", cell, at=at, hint=hint)
        return None
    if raised and last is None:
        findings.note("missing", "a value before it to raise", "none", at=at)
        return None
    number = (last or 0.0) * (1 + value / 100) if raised else value
    if not math.isfinite(number):
        findings.note("not-finite", what, cell, at=at)
        return None
    return number


def _number_hint(text: str) -> str:
    return remedy(text) or "the row's unit is in its column unit; write the number only"


def _drawn(
    numbers: list[float | None], lines: list[int], columns: Sequence[Span], findings: Findings
) -> list[float | None]:
    """Numbers with those on straight lines."""
    drawn = list(numbers)
    for k in lines:
        before = next((j for j in range(k - 1, -1, -1) if j not in lines), -1)
        after = next((j for j in range(k + 1, len(columns)) if j not in lines), -1)
        left, right = (numbers[j] if j >= 0 else None for j in (before, after))
        if left is None or right is None:
            findings.note("missing", "a number on each side of ~", "none", at=columns[k].name)
            continue
        part = (columns[k].middle - columns[before].middle) / (
            columns[after].middle - columns[before].middle
        )
        drawn[k] = left + part * (right - left)
    return drawn
