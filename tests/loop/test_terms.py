"""Laws of terms against sums by hand, one and more a law."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from loopbook.errors import Findings, InputError
from loopbook.loop import Lane, Quantity, Series, span_of
from loopbook.loop.nouns.numbers import ModeNumbers
from loopbook.loop.nouns.row import columns_of
from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Bounded
from loopbook.loop.terms.lot import Lot, Quotes
from loopbook.loop.terms.ours import LAWS
from loopbook.loop.terms.prices.freight import freight, freight_carbon
from loopbook.loop.time.series import read_line
from loopbook.loop.values.findings import LoopFindings
from loopbook.matter import load_library

LIBRARY = load_library()
MONTHS = [f"2027-0{month}" for month in range(1, 7)]
JANUARY, FEBRUARY, MARCH = (12 * 2027 + month for month in range(3))


def series(name: str, unit: str, *cells: str) -> Series:
    columns = [span_of(month) for month in MONTHS]
    texts = [*cells, *[""] * (len(MONTHS) - len(cells))]
    return Series(name, unit, read_line(texts, [x for x in columns if x], Findings()))


SERIES = {
    row.name: row
    for row in (
        series("Ni", "USD/t", "16000", "17000", "18000"),
        series("Li2CO3", "USD/kg", "12", "13"),
        series("NiSO4", "CNY/t", "30000"),
        series("yuan", "CNY/USD", "7.5", "8"),
        series("won", "USD/KRW", "0.00075", "0.0008"),
        series("power", "USD/kWh", "0.05", "0.06", "0.08"),
        series("Co metal", "USD/t", "28000"),
    )
}
QUOTES = Quotes("USD", {name: Quantity(unit=x.unit, series=x) for name, x in SERIES.items()})


def law(name: str, **cells: str) -> Term:
    """A row of terms from its cells as written."""
    findings = LoopFindings(library=LIBRARY, series=SERIES, where="terms.csv:2", address="terms")
    columns = {column.name: column for column in columns_of(LAWS[name])}
    fields = {key: columns[key].type.read(text, key, findings) for key, text in cells.items()}
    assert not [str(finding) for finding in findings]
    return LAWS[name](on="black mass", term=name, **fields)


def lot(
    mass: float = 100.0,
    contents: Mapping[str, float] | None = None,
    *,
    bounds: tuple[Bounded, ...] = (),
    **fields: object,
) -> Lot:
    """A lot of January 2027 that arrives in February and is paid in January."""
    held = contents or {}
    months = {"shipped": JANUARY, "arrived": FEBRUARY, "paid": JANUARY}
    return Lot(
        mass=np.array([mass]),
        contents=lambda of: np.array([held.get(of, 0.0)]),
        quotes=QUOTES,
        bounds=bounds,
        **{**months, **fields},
    )


def amount(term: Term, of: Lot) -> float:
    (number,) = term.amount(of)
    return float(number)


BLACK_MASS = {"Ni": 20.0, "Co": 5.0, "Li": 4.0, "F": 0.9}


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"of": "Ni", "value": "70 %"}, 20 * 0.70 * 16000),
        ({"of": "Ni", "value": "70 %", "lag": "M+1"}, 20 * 0.70 * 17000),
        ({"of": "Ni", "value": "70 %", "lag": "A+1"}, 20 * 0.70 * 18000),
        ({"of": "Co", "value": "60 %", "index": "Co metal"}, 5 * 0.60 * 28000),
        # 4 t Li as Li2CO3: molar masses 73.89 and 2 x 6.94
        ({"of": "Li", "value": "5 %", "index": "Li2CO3"}, 4 * 73.89 / 13.88 * 0.05 * 12000),
        # 20 t Ni as NiSO4 of 154.75, in yuan at 7.5
        ({"of": "Ni", "value": "100 %", "index": "NiSO4"}, 20 * 154.75 / 58.693 * 30000 / 7.5),
        ({"of": "Ni", "value": "70 %", "when": ">= 20 %, < 25 %"}, 20 * 0.70 * 16000),
        ({"of": "Ni", "value": "70 %", "when": "< 20 %"}, 0.0),
        ({"of": "Ni", "value": "70 %", "when": ">= 20 %, F > 1 %"}, 0.0),
        ({"of": "Ni", "value": "70 %", "when": "F > 0.5 %"}, 20 * 0.70 * 16000),
    ],
)
def test_payable(cells: dict[str, str], expected: float) -> None:
    paid = amount(law("payable", **cells), lot(contents=BLACK_MASS))
    assert paid == pytest.approx(expected, rel=1e-4 if "index" in cells else 1e-12)


def test_a_floor_and_a_cap_bound_the_price_and_not_the_payment() -> None:
    row = law("payable", of="Ni", value="70 %")
    floor, cap = law("floor", of="Ni", value="17 USD/kg"), law("cap", of="Ni", value="15500 USD/t")
    other = law("cap", of="Co", value="1 USD/t")
    assert isinstance(floor, Bounded)
    assert isinstance(cap, Bounded)
    assert isinstance(other, Bounded)
    assert amount(row, lot(contents=BLACK_MASS, bounds=(floor, other))) == pytest.approx(
        20 * 0.7 * 17000
    )
    assert amount(row, lot(contents=BLACK_MASS, bounds=(cap,))) == pytest.approx(20 * 0.7 * 15500)


def test_an_index_of_another_element_is_refused() -> None:
    with pytest.raises(InputError, match="index that prices Co, found one of NiSO4"):
        amount(law("payable", of="Co", value="100 %", index="NiSO4"), lot(contents=BLACK_MASS))


@pytest.mark.parametrize("name", ["fixed", "fee"])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"value": "900 USD/t"}, 100 * 900.0),
        ({"value": "0.9 USD/kg", "of": "Co"}, 5 * 900.0),
        ({"value": "450000 KRW/t"}, 100 * 450000 * 0.00075),
        ({"value": "20 USD/pack"}, 250 * 20.0),
        ({"value": "30 USD/kWh", "of": "cells"}, 800 * 30.0),
        # the base is the price of January, the price month is March
        (
            {"value": "900 USD/t", "index": "power", "when": "base 2027-01", "lag": "A+1"},
            100 * 900 * 0.08 / 0.05,
        ),
        ({"value": "900 USD/t", "of": "Co", "when": "< 4 %"}, 0.0),
    ],
)
def test_a_price_by_quantity(name: str, cells: dict[str, str], expected: float) -> None:
    counts = {("", "pack"): np.array([250.0]), ("cells", "kWh"): np.array([800.0])}
    of = lot(contents=BLACK_MASS, counts=counts)
    assert amount(law(name, **cells), of) == pytest.approx(expected, rel=1e-12)


def test_who_pays() -> None:
    pays = {name: LAWS[name].pays for name in LAWS if hasattr(LAWS[name], "pays")}
    buyer = {name for name, sides in pays.items() if sides == ("buyer", "seller")}
    assert pays["fee"] == pays["penalty"] == ("seller", "buyer")
    assert {"payable", "fixed", "premium", "take_or_pay"} <= buyer


def test_what_is_not_counted_is_refused() -> None:
    with pytest.raises(InputError, match="a number of pack of all, found none"):
        amount(law("fixed", value="20 USD/pack"), lot())
    month = {("", "month"): np.ones(1)}
    with pytest.raises(InputError, match="a number of t of all, found none"):
        amount(law("cost", value="20 USD/t"), lot(counts=month))
    with pytest.raises(InputError, match="base 2027-01"):
        amount(law("fixed", value="20 USD/t", index="power"), lot())


@pytest.mark.parametrize("name", ["premium", "penalty"])
@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        # 0.9 % F is 0.4 % over 0.5 %: four steps of 0.1 % at 2 USD/t, 100 t
        ({"of": "F", "value": "2 USD/t per 0.1 %", "when": "> 0.5 %"}, 100 * 2 * 4),
        ({"of": "F", "value": "2 USD/t per 0.1 %", "when": "> 1 %"}, 0.0),
        ({"of": "F", "value": "2 USD/t per 0.1 %"}, 100 * 2 * 9),
        ({"of": "F", "value": "2 USD/t per 0.1 %", "when": "> 0.5 %, <= 0.7 %"}, 100 * 2 * 2),
        ({"of": "Ni", "value": "3 USD/t per 1 %", "when": "< 25 %"}, 100 * 3 * 5),
        ({"of": "F", "value": "2 USD/t per 0.1 %", "when": "> 0.5 %, Co > 6 %"}, 0.0),
        ({"of": "F", "value": "2 USD/t per 0.1 %", "when": "> 0.5 %, Co > 4 %"}, 100 * 2 * 4),
    ],
)
def test_money_by_grade(name: str, cells: dict[str, str], expected: float) -> None:
    assert amount(law(name, **cells), lot(contents=BLACK_MASS)) == pytest.approx(expected)
    assert amount(law(name, **cells), lot(mass=0.0)) == 0.0


@pytest.mark.parametrize(("taken", "expected"), [(60.0, (96 - 60) * 100.0), (97.0, 0.0)])
def test_take_or_pay(taken: float, expected: float) -> None:
    row = law("take_or_pay", value="100 USD/t", when="80 %")
    assert amount(row, lot(taken, asked={"t": np.array([120.0])})) == pytest.approx(expected)
    by_pack = law("take_or_pay", value="7 USD/pack", when="80 %")
    asked, counts = {"pack": np.array([50.0])}, {("", "pack"): np.array([30.0])}
    assert amount(by_pack, lot(asked=asked, counts=counts)) == pytest.approx((40 - 30) * 7)


def test_metal_that_is_returned() -> None:
    row = law("return", of="Ni", value="92 %", lag="2 months", when="<= 30 t/month")
    assert (row.lag.arrival, row.lag.months) == (True, 2.0)
    assert row.credit(lot(contents=BLACK_MASS)) == pytest.approx([20 * 0.92])
    quarter = span_of("2027-Q1")
    due = row.due(np.array([50.0, 100.0]), quarter, 3.0)
    assert due.tolist() == [50.0, 90.0]
    assert row.due(np.array([50.0]), quarter, 1.5).tolist() == [45.0]


def test_policies() -> None:
    assert amount(law("duty", value="25 %"), lot(settled=np.array([4000.0]))) == 1000.0
    assert amount(law("duty", value="25 %"), lot(settled=np.array([-4000.0]))) == 0.0
    assert amount(law("credit", value="10 %"), lot(cost=np.array([5000.0]))) == 500.0
    kwh = {("made", "kWh"): np.array([2e6])}
    assert amount(law("credit", of="made", value="35 USD/kWh"), lot(counts=kwh)) == 7e7
    assert amount(law("carbon price", value="30 USD/t CO2e"), lot(carbon=np.array([7.0]))) == 210.0


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ({"of": "feed", "value": "310 USD/t"}, 1000 * 310.0),
        ({"of": "black mass", "value": "9 USD/t"}, 400 * 9.0),
        ({"value": "1.2 M USD/yr"}, 1.2e6 / 12 * 0.5),
        ({"of": "cells", "value": "3 USD/kWh"}, 5e4 * 3.0),
        (
            {"of": "feed", "value": "310 USD/t", "index": "power", "when": "base 2027-03"},
            1000 * 310 * 0.05 / 0.08,
        ),
    ],
)
def test_costs_of_a_site(cells: dict[str, str], expected: float) -> None:
    goods = {"feed": np.array([1000.0]), "black mass": np.array([400.0])}
    counts = {("", "month"): np.array([0.5]), ("cells", "kWh"): np.array([5e4])}
    assert amount(law("cost", **cells), lot(goods=goods, counts=counts)) == pytest.approx(expected)


def test_burdens() -> None:
    goods = {"feed": np.array([1000.0])}
    month = {("", "month"): np.array([0.5])}
    assert amount(law("burden", of="feed", value="0.1 t CO2e/t"), lot(goods=goods)) == 100.0
    assert amount(law("burden", of="Ni", value="9 t/t"), lot(contents=BLACK_MASS)) == 180.0
    assert amount(law("burden", value="9 t CO2e/t"), lot(contents=BLACK_MASS)) == 900.0
    assert amount(law("burden", value="240 t CO2e/yr"), lot(counts=month)) == pytest.approx(10.0)


def test_money_on_a_day() -> None:
    assert amount(law("invest", value="25 M USD", when="at 7 %"), lot()) == 25e6
    assert amount(law("once", value="2 M KRW"), lot(paid=FEBRUARY)) == pytest.approx(1600.0)


def test_a_grade_that_is_not_accepted() -> None:
    row = law("accept", of="F", when="<= 0.5 %")
    assert row.refused(lot(contents=BLACK_MASS)).tolist() == [1.0]
    assert row.refused(lot(contents={"F": 0.5})).tolist() == [0.0]
    assert row.refused(lot(0.0)).tolist() == [0.0]


def number(value: float, unit: str) -> Quantity:
    return Quantity(number=value, unit=unit)


def test_freight() -> None:
    own = Lane(from_="a", to="b", cost=number(180, "USD/t"), carbon=number(0.2, "tCO2e/t"))
    assert freight(lot(), own, None) == pytest.approx([18000])
    assert freight_carbon(lot(), own, None) == pytest.approx([20])
    way = Lane(from_="a", to="b", distance=number(1000, "km"))
    truck = ModeNumbers(
        name="truck",
        price=number(2.0, "USD/km"),
        payload=number(20, "t"),
        packaging=number(0.005, "USD/kg"),
        carbon=number(1.2, "kgCO2e/km"),
        empty_carbon=number(0.8, "kgCO2e/km"),
    )
    assert freight(lot(), way, truck) == pytest.approx([100 * (1000 * 2 / 20 + 5)])
    assert freight_carbon(lot(), way, truck) == pytest.approx([100 * 1000 * 0.0020 / 20])
    ship = ModeNumbers(
        name="ship", price=number(0.01, "USD/t/km"), carbon=number(0.02, "kgCO2e/t/km")
    )
    assert freight(lot(), way, ship) == pytest.approx([100 * 1000 * 0.01])
    assert freight_carbon(lot(), way, ship) == pytest.approx([100 * 1000 * 0.02 / 1000])
    for lane, mode in ((way, None), (Lane(from_="a", to="b"), truck)):
        assert freight(lot(), lane, mode) is None
        assert freight_carbon(lot(), lane, mode) is None


def test_a_payment_is_converted_in_its_month() -> None:
    row = law("fixed", value="900 CNY/t")
    assert amount(row, lot(paid=JANUARY)) == pytest.approx(100 * 900 / 7.5)
    assert amount(row, lot(paid=FEBRUARY)) == pytest.approx(100 * 900 / 8)
    with pytest.raises(InputError, match="series with the unit EUR/USD"):
        amount(law("fixed", value="900 EUR/t"), lot())


def test_months_of_an_even_flow_add_up() -> None:
    row = law("payable", of="Ni", value="70 %")
    whole = lot(300.0, {"Ni": 60.0})
    parts = [
        whole.part(1 / 3, shipped=month, arrived=month, paid=month)
        for month in (JANUARY, FEBRUARY, MARCH)
    ]
    assert sum(amount(row, part) for part in parts) == pytest.approx(
        20 * 0.7 * (16000 + 17000 + 18000)
    )
    once = law("penalty", of="Ni", value="1 USD/t per 1 %", when="> 10 %")
    assert sum(amount(once, part) for part in parts) == pytest.approx(300 * 10)
