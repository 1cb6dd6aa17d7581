"""Units: the fast table against pint, what reads and what is refused."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook.errors import InputError, NotFiniteError, UnitError
from loopbook.tables import KNOWN_UNITS, check_unit, convert, parse_quantity
from loopbook.tables.units import _pint_unit, _registry, unit_finding

RIGHT = [
    ("3.5 t/h", "kg/h", 3500.0),
    ("13,500 t/yr", "t/yr", 13500.0),
    ("0.1 gal/kg", "L/kg", 0.3785411784),
    ("7.77 USD/mmBtu", "USD/kWh", 7.77 * 3.6 / 1055.056),
    ("54.03 USD/short_ton", "USD/t", 54.03 / 0.90718474),
    ("5%", "kg/kg", 0.05),
    ("5 wt%", "1", 0.05),
    ("900 ppm", "kg/kg", 9e-4),
    ("0.25", "1", 0.25),
    ("56 kWh/t", "MJ/kg", 0.2016),
    ("25 degC", "kelvin", 298.15),
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
    ("3 USD", "KRW", "kind of KRW"),
    ("3 EUR", "USD", "kind of USD"),
    ("3 kg + kg", "kg", "a known unit"),
    ("3 kg**9**9**9", "kg", "a known unit"),
    ("3 __import__", "kg", "a known unit"),
    ("3 kg; h", "kg", "a known unit"),
]


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


@pytest.mark.parametrize("unit", sorted(set(KNOWN_UNITS) - {"degC"}))
def test_the_table_of_factors_agrees_with_pint(unit: str) -> None:
    kind, factor = KNOWN_UNITS[unit]
    theirs = _registry().Quantity(1.0, _pint_unit(unit)).to(_pint_unit(kind)).magnitude
    assert factor == pytest.approx(theirs, rel=1e-12)
    assert unit_finding(unit, "") is None


pairs = st.sampled_from(
    [(a, b) for a, x in KNOWN_UNITS.items() for b, y in KNOWN_UNITS.items() if x[0] == y[0]]
)


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


def test_known_units_do_not_import_pint() -> None:
    code = (
        "import sys; from loopbook.matter import load_library; from loopbook.tables import convert;"
        "load_library(); convert(1.0, 't', 'kg');"
        "sys.exit(any(m in sys.modules for m in ('pint', 'pyarrow', 'plotly')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
