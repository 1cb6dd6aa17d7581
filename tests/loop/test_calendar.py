"""Periods, steps, months in force, delays and numbers in time."""

from __future__ import annotations

import math
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.errors import Findings, InputError
from loopbook.loop import Calendar, Span, month_number, months_in_force, span_of
from loopbook.loop.time.series import read_line

YEARS = [span_of(str(year)) for year in range(2025, 2036)]


def year(number: int) -> Span:
    span = span_of(str(number))
    assert span is not None
    return span


def test_years_quarters_and_months_follow_each_other() -> None:
    calendar = Calendar.of(["2026-01..2026-03", "2026-Q2..2026-Q4", "2027", "2028..2030"])
    assert " ".join(step.name for step in calendar.steps) == (
        "2026-01 2026-02 2026-03 2026-Q2 2026-Q3 2026-Q4 2027 2028 2029 2030"
    )
    assert [s.months for s in calendar.steps] == [1, 1, 1, 3, 3, 3, 12, 12, 12, 12]
    assert sum(s.months for s in calendar.steps) == 60 == calendar.span.months


def test_steps_of_a_month_are_in_their_periods() -> None:
    calendar = Calendar.of(["2026-Q4", "2027"], monthly=True)
    assert len(calendar.steps) == 15
    assert {s.period.name for s in calendar.steps[:3]} == {"2026-Q4"}
    assert [s.name for s in calendar.steps[2:4]] == ["2026-12", "2027-01"]


@pytest.mark.parametrize(
    ("periods", "code"),
    [
        ([], "missing"),
        (["2028", "2030"], "period"),
        (["2028..2026"], "order"),
        (["2026-Q1..2027"], "period"),
        (["2026-Q5"], "period"),
        (["2026-13"], "period"),
        (["FY2026"], "period"),
        (["2026..2027", "2027..2028"], "period"),
        (["26..27"], "period"),
    ],
)
def test_what_is_no_calendar(periods: list[str], code: str) -> None:
    with pytest.raises(InputError) as error:
        Calendar.of(periods)
    assert [finding.code for finding in error.value.findings] == [code]


@pytest.mark.parametrize(
    ("starts", "ends", "months"),
    [
        (None, None, 12.0),
        (date(2026, 1, 1), date(2026, 12, 31), 12.0),
        (date(2026, 7, 1), None, 6.0),
        (date(2026, 2, 15), None, 10.5),
        (None, date(2026, 6, 15), 5.5),
        (date(2027, 1, 1), None, 0.0),
        (None, date(2025, 12, 31), 0.0),
        (date(2026, 4, 11), date(2026, 4, 20), 1 / 3),
        (date(2026, 4, 20), date(2026, 4, 11), 0.0),
    ],
)
def test_months_in_force(starts: date | None, ends: date | None, months: float) -> None:
    assert months_in_force(starts, ends, year(2026)) == pytest.approx(months, abs=1e-12)


DAYS = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@given(DAYS, DAYS)
def test_months_in_force_add_up_and_are_those_of_the_days(one: date, other: date) -> None:
    starts, ends = min(one, other), max(one, other)
    whole = Span("all", month_number(date(2023, 1, 1)), 12 * 10)
    months = months_in_force(starts, ends, whole)
    parts = [months_in_force(starts, ends, year(number)) for number in range(2023, 2033)]
    assert months == pytest.approx(sum(parts), abs=1e-9)
    assert months == pytest.approx(((ends - starts) + timedelta(1)).days / 30.44, abs=0.15)


@given(st.floats(0, 40), st.sampled_from([1, 3, 12]), st.integers(0, 5))
def test_a_delay_within_equal_steps(delay: float, length: int, index: int) -> None:
    periods = {1: "2026-01..2030-12", 3: "2026-Q1..2040-Q4", 12: "2026..2060"}[length]
    calendar = Calendar.of([periods])
    arrivals = dict(calendar.arrivals(calendar.steps[index], delay))
    later = math.floor(delay / length)
    rest = delay / length - later
    assert arrivals.get(index + later, 0.0) == pytest.approx(1 - rest, abs=1e-9)
    assert arrivals.get(index + later + 1, 0.0) == pytest.approx(rest, abs=1e-9)
    assert sum(arrivals.values()) == pytest.approx(1.0, abs=1e-9)


def test_a_delay_over_steps_of_other_lengths_and_past_the_end() -> None:
    calendar = Calendar.of(["2026-Q4", "2027"])
    assert dict(calendar.arrivals(calendar.steps[0], 2)) == pytest.approx({0: 1 / 3, 1: 2 / 3})
    assert dict(calendar.arrivals(calendar.steps[1], 3)) == pytest.approx({1: 0.75, 2: 0.25})


def test_numbers_of_a_row() -> None:
    cells = ["22.5", "22.5", "~", "~", "~", "~", "10", "~", "~", "~", "5"]
    findings = Findings()
    line = read_line(cells, YEARS, findings)
    assert not len(findings)
    assert line.numbers == pytest.approx([22.5, 22.5, 20, 17.5, 15, 12.5, 10, 8.75, 7.5, 6.25, 5])
    assert line.in_month(year(2027).first + 11) == 20
    assert math.isnan(line.in_month(year(2036).first))


def test_a_straight_line_is_in_time_where_columns_have_other_lengths() -> None:
    columns = [span_of(name) for name in ("2026-Q4", "2027-Q1", "2027", "2028")]
    columns[2] = Span("rest", columns[1].end, 9)
    numbers = read_line(["0", "~", "~", "19.5"], columns, Findings()).numbers
    assert numbers == pytest.approx([0, 3, 9, 19.5])


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        (["~", "1"], "missing", "2025"),
        (["1", "~"], "missing", "2026"),
        (["1", "~", "", "4"], "missing", "2026"),
        (["1", "~", "-"], "missing", "2026"),
        (["+2 %"], "missing", "2025"),
        (["1", "-", "+2 %"], "missing", "2027"),
        (["5 %"], "unit", "2025"),
        (["12 USD/t"], "not-a-number", "2025"),
        (["1,5"], "not-a-number", "2025"),
        (["nan"], "not-finite", "2025"),
        (["n.a."], "not-a-number", "2025"),
        (["<5"], "censored", "2025"),
    ],
)
def test_a_cell_that_is_no_number_of_a_series(cells: list[str], code: str, column: str) -> None:
    findings = Findings("series.csv:2")
    read_line(cells, YEARS[: len(cells)], findings)
    assert [(x.code, x.where) for x in findings] == [(code, f"series.csv:2, {column}")]


def test_what_ends_has_no_value_until_it_is_written_again() -> None:
    line = read_line(["1", "-", "", "2"], YEARS[:4], Findings())
    assert line.numbers == (1.0, None, None, 2.0)
    assert [month % 12 for month in line.missing(Span("all", year(2025).first, 48))] == [
        *range(12),
        *range(12),
    ]


def test_ages_count_from_the_start_of_a_site() -> None:
    ages = [Span(f"age {k}", 12 * k, 12) for k in range(3)]
    line = read_line(["22.5", "10", "5"], ages, Findings(), by_age=True)
    start = month_number(date(2027, 7, 1))
    assert [line.in_month(start + k, start) for k in (0, 11, 12, 35)] == [22.5, 22.5, 10, 5]
    assert math.isnan(line.in_month(start + 36, start))
    assert math.isnan(line.in_month(start - 1, start))
    assert math.isnan(line.in_month(start))
