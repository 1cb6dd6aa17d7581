"""What a finding of a cell advises is written, and the cell is read as it was meant."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from test_values import findings

from loopbook.errors import Findings
from loopbook.loop import Amount, Quantity, span_of
from loopbook.loop.time.calendar import read_calendar
from loopbook.loop.time.series import read_line
from loopbook.loop.values.cells import AmountOf, Day, LagOf, Own, PartOf, WhenOf
from loopbook.loop.values.measure import Measure
from loopbook.tables import FieldType
from support.advice import follows

MEANT: list[tuple[FieldType[Any], str, str, str, object]] = [
    (Day(), "1/2/2027", "write the year first, with hyphens", "2027-01-02", date(2027, 1, 2)),
    (Own(), "made", "choose another name", "made cells", "made cells"),
    (
        Measure("USD"),
        "2 million USD",
        "write a million as M and a thousand as k, with a blank: 2 M USD",
        "2 M USD",
        2e6,
    ),
    (Measure("t/yr"), "13500 t", "a rate has a time in its unit: t/yr", "13500 t/yr", 13500),
    (Measure("t"), "35 t/yr", "this is no rate: leave out the time", "35 t", 35),
    (
        Measure("1"),
        "lib:recoveries",
        "write table/subject/parameter, with @year behind it where there are several",
        "lib:recoveries/hydro/Li",
        0.9,
    ),
    (AmountOf(), "35 %", "write 35 % of made, or 35 % of left", "35 % of made", "made"),
    (AmountOf(), "35 %", "write 35 % of made, or 35 % of left", "35 % of left", "left"),
    (PartOf("rejects"), "70 %", "write a share of rejects", "70 % of rejects", "rejects"),
    (WhenOf("grade"), "> 3 %, 5 %", "part limits with commas", "> 3 %, < 5 %", 2),
]


@pytest.mark.parametrize(("kind", "wrong", "hint", "right", "meant"), MEANT)
def test_a_cell_is_written_as_its_hint_advises(
    kind: FieldType[Any], wrong: str, hint: str, right: str, meant: object
) -> None:
    bad = findings()
    value = kind.read(wrong, "cell", bad)
    if value is not None:
        kind.check(value, "cell", bad)
    (finding,) = bad
    follows(finding, hint)
    good = findings()
    value = kind.check(kind.read(right, "cell", good), "cell", good)
    assert not [*good]
    match value:
        case Quantity():
            assert value.over(span_of("2026"), value.unit)[0] == meant
        case Amount():
            assert value.of == meant
        case date() | str():
            assert value == meant
        case _:
            assert len(value.comparisons) == meant


@pytest.mark.parametrize(
    ("cells", "hint", "right", "meant"),
    [
        (["12 USD/t"], "the row's unit is in its column unit; write the number only", ["12"], 12),
        (["5 %"], "write 5 in a row with the unit %, or +5 % to raise the last value", ["5"], 5),
        (["100", "5 %"], "or +5 % to raise the last value", ["100", "+5 %"], 105),
    ],
)
def test_a_cell_of_a_series_is_written_as_its_hint_advises(
    cells: list[str], hint: str, right: list[str], meant: float
) -> None:
    years = [span_of("2026"), span_of("2027")][: len(cells)]
    bad, good = Findings(), Findings()
    read_line(cells, years, bad)
    (finding,) = bad
    follows(finding, hint)
    assert read_line(right, years, good).numbers[-1] == pytest.approx(meant)
    assert not [*good]


def test_a_range_is_turned_as_its_hint_advises() -> None:
    bad, good = Findings(), Findings()
    read_calendar(["2028..2026"], bad)
    (finding,) = bad
    follows(finding, "swap the two")
    calendar = read_calendar(["2026..2028"], good)
    assert calendar is not None
    assert len(calendar.steps) == 3


def test_a_lag_is_a_time_with_its_unit() -> None:
    bad = findings()
    LagOf().read("2", "lag", bad)
    assert [x.expected for x in bad] == ["a unit, such as 2 month"]
