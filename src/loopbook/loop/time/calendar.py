"""The calendar of a loop: periods of years, quarters and months, walked in steps of whole months.

A month has a number, ``12 * year + month - 1``, so that spans are sums. A year is twelve equal
months: a rate of ``t/yr`` is twelve times that of ``t/month`` in every month.
"""

import math
import re
from calendar import monthrange
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from loopbook.errors import Findings
from loopbook.tables import Array

_NAME = re.compile(r"(?P<year>\d{4})(?:-Q(?P<quarter>[1-4])|-(?P<month>0[1-9]|1[0-2]))?")
FORM = "a year 2028, a quarter 2026-Q1 or a month 2027-03"
"""How a period is written."""


def month_number(day: date) -> int:
    """Number of the month that a day is in.

    >>> month_number(date(2026, 3, 31)) - month_number(date(2025, 3, 1))
    12
    """
    return 12 * day.year + day.month - 1


def month_name(month: int) -> str:
    """Name of a month by its number.

    >>> month_name(month_number(date(2026, 3, 31)))
    '2026-03'
    """
    return f"{month // 12:04d}-{month % 12 + 1:02d}"


def first_day(month: int) -> date:
    """First day of a month by its number.

    >>> first_day(month_number(date(2026, 3, 31)))
    datetime.date(2026, 3, 1)
    """
    return date(month // 12, month % 12 + 1, 1)


@dataclass(frozen=True, slots=True)
class Span:
    """Whole months: a period of a calendar, or a column of a table of series.

    Parameters
    ----------
    name : ``2028``, ``2026-Q1``, ``2027-03``.
    first : number of the first month.
    months : how many.
    """

    name: str
    first: int
    months: int

    @property
    def end(self) -> int:
        """Number of the month after the last."""
        return self.first + self.months

    @property
    def middle(self) -> float:
        """The middle, in months."""
        return self.first + self.months / 2

    @property
    def years(self) -> float:
        """Its length, in years."""
        return self.months / 12

    def __contains__(self, month: int) -> bool:
        return self.first <= month < self.end

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.end))


@dataclass(frozen=True, slots=True)
class Step(Span):
    """A step of the walk.

    Parameters
    ----------
    index : its place among the steps, from 0.
    period : the period that it is in.
    """

    index: int
    period: Span


def span_of(text: str) -> Span | None:
    """The span that a name is of; None for another text.

    >>> span_of("2026-Q2").months, span_of("2026-13")
    (3, None)
    """
    match = _NAME.fullmatch(text)
    if not match or not 1900 <= int(match["year"]) <= 2200:
        return None
    year = 12 * int(match["year"])
    if match["quarter"]:
        return Span(text, year + 3 * (int(match["quarter"]) - 1), 3)
    return Span(text, year + int(match["month"]) - 1, 1) if match["month"] else Span(text, year, 12)


def _named(first: int, months: int) -> Span:
    """The span of a year, quarter or month, with its name."""
    names = {12: f"{first // 12}", 3: f"{first // 12}-Q{first % 12 // 3 + 1}"}
    return Span(names.get(months, month_name(first)), first, months)


@dataclass(frozen=True)
class Calendar:
    """Periods that follow each other, and the steps in them.

    Parameters
    ----------
    periods : in order, without gaps.
    monthly : whether each month is a step; else each period is.

    >>> calendar = Calendar.of(["2026-Q1..2026-Q4", "2027..2028"])
    >>> [step.name for step in calendar.steps]
    ['2026-Q1', '2026-Q2', '2026-Q3', '2026-Q4', '2027', '2028']
    """

    periods: tuple[Span, ...]
    monthly: bool = False

    @classmethod
    def of(cls, written: list[str], *, monthly: bool = False) -> "Calendar":
        """The calendar of texts such as ``2028..2035``; errors are an `InputError`."""
        findings = Findings()
        calendar = read_calendar(written, findings, monthly=monthly)
        findings.raise_all()
        assert calendar is not None
        return calendar

    @property
    def first(self) -> int:
        """Number of the first month."""
        return self.periods[0].first

    @property
    def end(self) -> int:
        """Number of the month after the last."""
        return self.periods[-1].end

    @property
    def span(self) -> Span:
        """All of it."""
        name = f"{self.periods[0].name}..{self.periods[-1].name}"
        return Span(name, self.first, self.end - self.first)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """Steps of the walk in order."""
        spans = [
            (period, span)
            for period in self.periods
            for span in ([_named(month, 1) for month in period] if self.monthly else [period])
        ]
        return tuple(
            Step(span.name, span.first, span.months, k, period)
            for k, (period, span) in enumerate(spans)
        )

    def arrivals(self, step: Step, delay: Array | float) -> Iterator[tuple[int, Array]]:
        """Steps in which an even flow of one step arrives after a delay, with their shares.

        Parameters
        ----------
        step : the step of departure.
        delay : in months, a number or one for each draw, shape (draw,); within steps of one length
            ``L`` the share ``1 - r`` arrives ``floor(delay / L)`` steps later and
            ``r = delay / L - floor(delay / L)`` one more.

        Yields
        ------
        index of the step and the share that arrives in it; what arrives after the last step has
        the index after it.

        >>> calendar = Calendar.of(["2026-Q1..2026-Q4"])
        >>> [(k, float(share.round(3))) for k, share in calendar.arrivals(calendar.steps[0], 4)]
        [(1, 0.667), (2, 0.333)]
        """
        return self.spread(step.first + delay, step.end + delay, self.steps[step.index :])

    def spread(
        self, begin: Array | float, end: Array | float, steps: Iterable[Step]
    ) -> Iterator[tuple[int, Array]]:
        """Steps of some in which an even flow between two moments falls; see `arrivals`."""
        for step in (*steps, None):
            first, last = (step.first, step.end) if step else (self.end, np.inf)
            overlap = np.maximum(np.minimum(end, last) - np.maximum(begin, first), 0.0)
            if overlap.any():
                yield step.index if step else len(self.steps), overlap / (end - begin)
            elif step and np.all(first >= end):
                return


def read_calendar(
    written: list[str], findings: Findings, *, monthly: bool = False, at: str = "periods"
) -> Calendar | None:
    """The calendar of texts, each a period or a range of periods of one kind."""
    periods: list[Span] = []
    before = len(findings)
    for text in written:
        begin, dots, last = (part.strip() for part in text.partition(".."))
        spans = span_of(begin), span_of(last if dots else begin)
        if spans[0] is None or spans[1] is None:
            findings.note("period", f"{FORM}, or a range 2028..2035", repr(text), at=at)
            continue
        months, (first, end) = spans[0].months, (spans[0].first, spans[1].end)
        if spans[1].months != months:
            findings.note("period", "a range of one kind of period", repr(text), at=at)
        elif end <= first:
            findings.note(
                "order", f"a range that ends after {begin}", text, at=at, hint="swap the two"
            )
        elif periods and first != periods[-1].end:
            expected = f"a period that begins at {month_name(periods[-1].end)}"
            findings.note("period", expected, text, at=at, hint="each follows the last")
        else:
            periods += [_named(start, months) for start in range(first, end, months)]
    if not written:
        findings.missing("a period", at=at)
    return Calendar(tuple(periods), monthly) if periods and len(findings) == before else None


def months_in_force(starts: date | None, ends: date | None, span: Span) -> float:
    """Months of a span from the first day in force to the last; a broken month counts by days.

    Parameters
    ----------
    starts, ends : first and last day; None without such an end.

    >>> months_in_force(date(2026, 1, 16), None, span_of("2026-Q1")).__round__(4)
    2.5161
    """
    return math.fsum(month_in_force(starts, ends, month) for month in span)


def month_in_force(starts: date | None, ends: date | None, month: int) -> float:
    """Share of a month from the first day in force to the last."""
    first = month_number(starts) if starts else month
    last = month_number(ends) if ends else month
    if not first <= month <= last:
        return 0.0
    days = monthrange(month // 12, month % 12 + 1)[1]
    begin = starts.day if starts and first == month else 1
    end = ends.day if ends and last == month else days
    return max(0, end - begin + 1) / days
