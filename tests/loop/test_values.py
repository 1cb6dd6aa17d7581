"""Cells: quantities, amounts, conditions, lags, days; right ones and wrong ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from loopbook.errors import Findings, InputError, UnitError
from loopbook.loop import NEVER, Amount, Lag, Quantity, Series, span_of
from loopbook.loop.time.series import read_line
from loopbook.loop.values.cells import AmountOf, Day, LagOf, LifetimeOf, Own, PartOf, WhenOf
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.measure import Measure
from loopbook.matter import load_library

LIBRARY = load_library()
YEAR = span_of("2026")
SERIES = {
    "lines": Series("lines", "GWh/yr", read_line(["8"], [YEAR], Findings())),
    "reject": Series("reject", "%", read_line(["22.5"], [YEAR], Findings())),
}


def findings() -> LoopFindings:
    return LoopFindings(library=LIBRARY, series=SERIES, where="t.csv:2", address="t/row")


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("13500 t/yr", "t/month", 1125.0),
        ("13,500 t/yr", "t/yr", 13500.0),
        ("2 M USD/quarter", "USD/yr", 8e6),
        ("2 k USD", "USD", 2000.0),
        ("2 MUSD", "USD", 2e6),
        ("3%", "1", 0.03),
        ("2 months", "month", 2.0),
        ("12 years", "yr", 12.0),
        ("35 t of Ni", "kg", 35000.0),
        ("410 kg/pack", "t/pack", 0.41),
        ("50000 packs/yr", "pack/month", 50000 / 12),
        ("20 GWh/yr", "GWh/quarter", 5.0),
        ("1.5 t CO2e/t", "kgCO2e/kg", 1.5),
        ("lines", "GWh/month", 8 / 12),
        ("lib:recoveries/hydro/Li", "%", 90.0),
        ("-5 USD/t", "USD/kg", -0.005),
    ],
)
def test_a_quantity(text: str, unit: str, value: float) -> None:
    wrong = findings()
    quantity = Measure(low=-1e9).read(text, "value", wrong)
    assert not [str(x) for x in wrong]
    assert quantity.over(YEAR, unit) == pytest.approx([value])
    assert (quantity.address, quantity.where) == ("t/row/value", "t.csv:2")


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("13500", "unit", ""),
        ("13500 ton/yr", "unit", "a tonne is t"),
        ("13500 t/yrs", "unit", "did you mean"),
        ("2 million USD", "unit", "a million as M"),
        ("1,5 t", "not-a-number", "is it 1.5?"),
        ("linse", "unknown-name", "did you mean lines?"),
        ("lib:recoveries/hydro/Lithium", "unknown-name", "known"),
        ("lib:recoveries", "unknown-name", "write table/subject/parameter"),
        ("2 USD/t per 0.1 t", "unit", ""),
        ("1e999 t", "not-finite", ""),
    ],
)
def test_no_quantity(text: str, code: str, hint: str) -> None:
    wrong = findings()
    assert Measure().read(text, "value", wrong) is None
    (finding,) = wrong
    assert (finding.code, finding.where) == (code, "t.csv:2, value")
    assert hint in finding.hint


@pytest.mark.parametrize(
    ("kind", "text", "code", "hint"),
    [
        (Measure("t/yr"), "13500 t", "unit", "a rate has a time in its unit: t/yr"),
        (Measure("month"), "3 t/yr", "unit", ""),
        (Measure("t"), "3 t/yr", "unit", "leave out the time"),
        (Measure("1", high=1), "101 %", "share", "0..100 %"),
        (Measure("1", high=1), "reject", "", ""),
        (Measure("t/yr"), "-3 t/yr", "negative", ""),
        (Measure("km"), "0 km", "", ""),
        (Measure("USD/t"), "12 KRW/kg", "", ""),
    ],
)
def test_a_quantity_has_a_kind_and_a_range(kind: Measure, text: str, code: str, hint: str) -> None:
    wrong = findings()
    kind.read(text, "value", wrong)
    assert [x.code for x in wrong] == [code] * bool(code)
    assert all(hint in x.hint for x in wrong)


def test_a_quantity_in_time_is_never_zero_where_it_has_no_value() -> None:
    quantity = Quantity(unit="GWh/yr", series=SERIES["lines"])
    with pytest.raises(InputError, match="value of lines in 2027-01 is missing"):
        quantity.over(span_of("2027"), "GWh/yr")
    with pytest.raises(UnitError):
        quantity.over(YEAR, "t/yr")


def test_draws_are_in_the_place_of_numbers_and_cut_at_what_a_column_allows() -> None:
    row = SERIES["lines"]
    draws = np.array([[0.0 if x is None else x] for x in row.line.numbers]) * [0.5, 1.0, 2.0]
    number = Quantity(number=4.0, unit="t", draws=np.array([3.0, 4.0, 5.0]))
    assert number.over(YEAR, "kg").tolist() == [3000.0, 4000.0, 5000.0]
    series = Quantity(unit="GWh/yr", series=replace(row, draws=draws), most=15.0)
    assert series.over(YEAR, "GWh/yr").tolist() == [4.0, 8.0, 15.0]


def test_amounts() -> None:
    def read(text: str) -> Amount | None:
        return AmountOf().read(text, "amount", findings())

    assert read("all") == Amount("all")
    assert read("as needed") == Amount("needed")
    assert read("offer all") == Amount("all", offer=True)
    share = read("offer 35 % of left")
    assert (share.kind, share.of, share.offer, share.upper.number) == ("share", "left", True, 35)
    band = read("200..300 t/month")
    assert (band.kind, band.lower.number, band.upper.number) == ("rate", 200, 300)
    assert read("reject of made").upper.series is SERIES["reject"]
    assert read("lines").upper.series is SERIES["lines"]


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("35 %", "share", "35 % of made"),
        ("reject", "share", "reject of made"),
        ("120 % of made", "share", ""),
        ("300 t", "unit", "a rate has a time in its unit: t/yr"),
        ("300..200 t/month", "order", ""),
        ("300 tons/month", "unit", "a tonne is t"),
        ("-5 t/yr", "negative", ""),
        ("everything", "unknown-name", ""),
        ("offer", "missing", ""),
    ],
)
def test_no_amount(text: str, code: str, hint: str) -> None:
    wrong = findings()
    assert AmountOf().read(text, "amount", wrong) is None
    (finding,) = wrong
    assert finding.code == code
    assert hint in finding.hint


def test_conditions_lags_and_days() -> None:
    when = WhenOf("grade").read(">= 15 %, < 25 %, F > 5 %", "when", findings())
    assert [(c.of, c.sign, c.limit.number) for c in when.comparisons] == [
        ("", ">=", 15),
        ("", "<", 25),
        ("F", ">", 5),
    ]
    assert when.comparisons[0].holds(np.array([0.1, 0.15, np.nan]), np.array(0.15)).tolist() == [
        0.0,
        1.0,
        0.0,
    ]
    assert (
        WhenOf("base", "grade").read("base 2027-01", "when", findings()).base
        == span_of("2027-01").first
    )
    assert WhenOf("at").read("at 7 %", "when", findings()).rate.number == 7
    assert WhenOf("share").read("80 %", "when", findings()).share.number == 80
    assert (
        WhenOf("rate").read("<= 30 t/month", "when", findings()).comparisons[0].limit.unit
        == "t/month"
    )
    lifetime = LifetimeOf().read("weibull 2.8, 12 yr", "value", findings())
    assert (lifetime.law, lifetime.shape, lifetime.time.number) == ("weibull", 2.8, 12)
    assert LifetimeOf().read("8 yr", "value", findings()).law == "fixed"
    part = PartOf("rejects", "anode").read("70 % of anode", "value", findings())
    assert (part.of, part.upper.number) == ("anode", 70)
    assert LagOf().read("A+1", "lag", findings()) == Lag(True, 1)
    assert LagOf().read("M", "lag", findings()) == Lag()
    assert LagOf().read("2 months", "lag", findings()) == Lag(True, 2)
    assert Day().read("2027-01-01", "starts", findings()) == date(2027, 1, 1)
    assert Day().read("2027", "starts", findings()) == date(2027, 1, 1)
    assert Day(last=True).read("2027-Q2", "ends", findings()) == date(2027, 6, 30)
    assert Day().read("never", "starts", findings()) == NEVER


@pytest.mark.parametrize(
    ("kind", "text", "code", "hint"),
    [
        (WhenOf("grade"), "> 3", "unit", ""),
        (WhenOf("grade"), "> 3 %; < 5 %", "unit", ""),
        (WhenOf("grade"), "> 3 % and < 5 %", "unit", ""),
        (WhenOf("grade"), "> 3 %, 5 %", "condition", "commas"),
        (WhenOf("base"), "base January", "period", ""),
        (WhenOf("grade"), "base 2027-01", "condition", ""),
        (WhenOf("rate"), "<= 30 t", "unit", "t/yr"),
        (PartOf("rejects"), "70 %", "share", "a share of rejects"),
        (PartOf("rejects"), "170 % of rejects", "share", ""),
        (LifetimeOf(), "weibull 12 yr", "unknown-name", ""),
        (LifetimeOf(), "weibull 0, 12 yr", "lifetime", ""),
        (LifetimeOf(), "12", "unit", ""),
        (WhenOf("at"), "at 7", "unit", ""),
        (LagOf(), "M-1", "lag", ""),
        (LagOf(), "next month", "lag", ""),
        (LagOf(), "2", "unit", ""),
        (Day(), "1/2/2027", "date", "the year first"),
        (Day(), "2027-02-30", "date", ""),
        (Day(last=True), "never", "date", ""),
        (Own(), "a; b", "name", ""),
        (Own(), "a/b", "name", ""),
        (Own(), "outside", "name", "another name"),
        (Own(), "3 t", "name", ""),
    ],
)
def test_no_condition_lag_day_or_name(kind: object, text: str, code: str, hint: str) -> None:
    wrong = findings()
    value = kind.read(text, "cell", wrong)
    if value is not None:
        kind.check(value, "cell", wrong)
    (finding,) = wrong
    assert finding.code == code
    assert hint in finding.hint
