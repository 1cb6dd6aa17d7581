"""Units: the closed table against pint, what reads and what is refused."""

from __future__ import annotations

import math
import subprocess
import sys
from functools import cache
from typing import Any

import pint
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.errors import InputError, NotFiniteError, UnitError
from loopbook.tables import KNOWN_UNITS, check_unit, convert, parse_quantity, unit_finding

RIGHT = [
    ("3.5 t/h", "kg/h", 3500.0),
    ("13,500 t/yr", "t/yr", 13500.0),
    ("0.1 gal/kg", "L/kg", 0.3785411784),
    ("7.77 USD/mmBtu", "USD/kWh", 7.77 * 3.6 / 1055.056),
    ("54.03 USD/short_ton", "USD/t", 54.03 / 0.90718474),
    ("5%", "kg/kg", 0.05),
    ("5 wt%", "1", 0.05),
    ("900 ppm", "kg/kg", 9e-4),
    ("3 g/t", "ppm", 3.0),
    ("5 %", "mol/mol", 0.05),
    ("1 long_ton", "lb", 2240.0),
    ("0.25", "1", 0.25),
    ("56 kWh/t", "MJ/kg", 0.2016),
    ("25 degC", "degC", 25.0),
    ("6 USD/(t*km)", "USD/t/km", 6.0),
    ("9 (kg*h)/d", "kg", 0.375),
    ("1 lb", "kg", 0.45359237),
    ("1 kt", "t", 1000.0),
    ("2 m^3", "L", 2000.0),
    ("1e3 kg", "t", 1.0),
    ("-5 USD/kg", "USD/t", -5000.0),
    (".5 kg", "g", 500.0),
    ("192 person_hour/d", "person_hour/d", 192.0),
    ("1 tCO2e/MWh", "kgCO2e/kWh", 1.0),
]
WRONG = [
    ("3 ton", "kg", "short_ton"),
    ("3 tons", "kg", "short_ton"),
    ("3 short ton", "kg", "short_ton"),
    ("3 metric ton", "kg", "tonne is t"),
    ("3 USD/ton", "USD/kg", "short_ton"),
    ("3 mt", "kg", "tonne is t"),
    ("3 kton", "kg", "thousand tonnes are kt"),
    ("3 Kilotons/yr", "kg/h", "thousand short tons"),
    ("3 mton", "kg", "million tonnes are Mt"),
    ("3 MTons", "kg", "tonne is t"),
    ("3 degree", "1", "degC"),
    ("3 oz", "kg", "troy"),
    ("3 tpa", "kg/h", "t/yr"),
    ("0.2 mol/mol", "kg/kg", "share of amount"),
    ("0.2 mol/mol", "1", "share of amount"),
    ("0.3 m3/m3", "1", "share of volume"),
    ("0.4 h/d", "1", "share of time"),
    ("0.4 mm/m", "1", "share of length"),
    ("0.4 USD/USD", "kg/kg", "share of USD"),
    ("0.4 mol%", "1", "molar masses"),
    ("0.2 kg/kg", "mol/mol", "kind of mol/mol"),
    ("5 wt%", "mol/mol", "kind of mol/mol"),
    ("3 dmt", "kg", "dry"),
    ("3 $/kg", "USD/kg", "write USD"),
    ("3 €/kg", "EUR/kg", "write EUR"),
    ("3.5", "kg/h", "a unit"),
    ("3.5", "kg/kg", "a unit"),
    ("kg", "kg", "a number"),
    ("", "kg", "a number"),
    ("3,5 t", "kg", "a decimal point is a dot"),
    ("1,35 t", "kg", "a decimal point is a dot"),
    ("3.5.1 t", "kg", "a number"),
    ("nan kg", "kg", "a number"),
    ("inf kg", "kg", "a number"),
    ("3 Kg", "kg", "did you mean kg"),
    ("3 kwh", "kWh", "did you mean kWh"),
    ("3 kg", "kWh", "kind of kWh"),
    ("3 kg", "kgCO2e", "kind of kgCO2e"),
    ("3 kelvin", "degC", "a known unit"),
    ("3 knot", "km/h", "a known unit"),
    ("3 USD", "KRW", "kind of KRW"),
    ("3 EUR", "USD", "kind of USD"),
    ("3 kg + kg", "kg", "a known unit"),
    ("3 kg**9**9**9", "kg", "a known unit"),
    ("3 Mt**9*Mt**9*Mt**9*Mt**9", "kg", "a known unit"),
    ("3 __import__", "kg", "a known unit"),
    ("3 kg; h", "kg", "a known unit"),
]

KINDS = [
    "kg g mg ug t kt Mt lb short_ton long_ton",
    "1 % wt% ppm kg/kg t/t g/kg mg/kg g/t",
    "mol/mol mol/kmol",
    "m3/m3 L/m3 mL/L",
    "kWh/kWh MJ/kWh",
    "kg/h t/h t/d t/yr kg/yr kg/s kg/min",
    "kWh Wh MWh GWh TWh kJ MJ GJ Btu mmBtu kW*h",
    "kW W MW GW GWh/yr MWh/d",
    "kWh/kg kWh/t Wh/kg MJ/kg kWh/lb",
    "kg/kWh t/GWh g/kWh mg/Wh",
    "Btu/mile MJ/km kWh/km",
    "L mL m3 gal",
    "L/kg gal/kg m3/t",
    "g/L kg/m3 g/m3 kg/L",
    "km m cm mm um mile",
    "h s min d yr",
    "kg/kmol g/mol kg/mol",
    "mAh/cm**2 Ah/m**2",
    "g/Ah kg/Ah",
    "USD/kg USD/t USD/short_ton USD/lb",
    "CNY/kg CNY/t",
    "KRW/USD KRW/USD",
    "USD/kWh USD/mmBtu USD/MWh",
    "USD/L USD/gal USD/m3",
    "USD/mile USD/km",
    "USD/t/km USD/short_ton/mile USD/(t*km)",
    "USD/person_hour USD/person/h",
    "person_hour/d person_hour/yr person",
    "kgCO2e gCO2e tCO2e ktCO2e",
    "kgCO2e/kWh kgCO2e/MJ kgCO2e/mmBtu tCO2e/MWh",
    "kgCO2e/km kgCO2e/mile",
    "d/yr h/d h/yr",
]
"""Units that convert into each other, a kind a line."""
PAIRS = [(a, b) for kind in KINDS for a in kind.split() for b in kind.split()]


@pytest.mark.parametrize(("text", "to", "value"), RIGHT)
def test_a_quantity_reads(text: str, to: str, value: float) -> None:
    assert parse_quantity(text, to) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("text", "to", "says"), WRONG)
def test_a_wrong_quantity_is_refused_with_a_hint(text: str, to: str, says: str) -> None:
    with pytest.raises(UnitError) as caught:
        parse_quantity(text, to, where="plant.toml:7")
    assert says in str(caught.value)
    assert str(caught.value).startswith("plant.toml:7: unit: ")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_are_refused(value: float) -> None:
    with pytest.raises(NotFiniteError):
        convert(value, "kg", "t")
    with pytest.raises(NotFiniteError):
        parse_quantity("1e999 kg", "kg")


@cache
def registry() -> Any:
    """pint with the field's units: the oracle of the factors."""
    made: Any = pint.UnitRegistry()
    for definition in (
        "USD = [currency_usd]",
        "EUR = [currency_eur]",
        "KRW = [currency_krw]",
        "CNY = [currency_cny]",
        "kgCO2e = [co2_equivalent]",
        "gCO2e = 1e-3 * kgCO2e",
        "tCO2e = 1e3 * kgCO2e",
        "kilotonneCO2e = 1e6 * kgCO2e",
        "person = [person]",
        "pack = [packs]",
        "yr_quarter = year / 4",  # pint's quarter is one of a hundredweight
        "person_hour = person * hour",
        "mmBtu = 1e6 * Btu = MMBtu",
        "m3 = meter ** 3",
    ):
        made.define(definition)
    return made


def pint_unit(unit: str) -> Any:
    text = unit.replace("wt%", "percent").replace("%", "percent").replace("kt", "kilotonne")
    text = text.replace("quarter", "yr_quarter")
    return registry().parse_units("dimensionless" if unit == "1" else text)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_factors_agree_with_pint(pair: tuple[str, str]) -> None:
    theirs = registry().Quantity(1.0, pint_unit(pair[0])).to(pint_unit(pair[1])).magnitude
    assert convert(1.0, *pair) == pytest.approx(theirs, rel=1e-12)


@pytest.mark.parametrize("unit", sorted(KNOWN_UNITS))
def test_every_name_reads_and_has_the_dimension_that_pint_gives_it(unit: str) -> None:
    assert unit_finding(unit, "") is None
    for other in KNOWN_UNITS:
        if "degC" not in {unit, other}:
            same = pint_unit(unit).is_compatible_with(pint_unit(other))
            try:
                convert(1.0, unit, other)
            except UnitError:
                assert not same, other
            else:
                assert same, other


pairs = st.sampled_from(PAIRS)


@given(st.floats(-1e9, 1e9), pairs)
def test_there_and_back_is_identity(value: float, pair: tuple[str, str]) -> None:
    unit, to = pair
    assert convert(convert(value, unit, to), to, unit) == pytest.approx(value, rel=1e-12)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e3), pairs)
def test_converting_scales(value: float, factor: float, pair: tuple[str, str]) -> None:
    expected = factor * convert(value, *pair)
    assert convert(factor * value, *pair) == pytest.approx(expected, rel=1e-12)


@given(st.text(max_size=14))
def test_any_text_is_a_unit_or_says_why(text: str) -> None:
    finding = unit_finding(text, "here")
    if finding is None:
        assert check_unit(text) == text
    else:
        assert finding.code == "unit"


@given(st.text(max_size=14))
def test_any_text_is_a_quantity_or_says_why(text: str) -> None:
    try:
        value = parse_quantity(text, "1")
    except InputError:
        return
    assert math.isfinite(value)


def test_units_import_nothing_heavy() -> None:
    code = (
        "import sys; from loopbook.matter import load_library; from loopbook.tables import convert;"
        "load_library(); convert(1.0, 't', 'kg');"
        "sys.exit(any(m in sys.modules for m in ('pint', 'pyarrow')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
