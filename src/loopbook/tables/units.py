"""Units at the edges: text with a unit comes in, a plain number in a named unit goes on.

Inside, numbers are floats in units that their names carry (``mass_kg``). Units known in advance
(`KNOWN_UNITS`, all that the packaged tables use) convert by a factor from a table; any other goes
to pint, which is imported only then. Rules:

1. A quantity without a unit is refused, except where a plain number (``1``) is wanted.
2. ``ton`` is refused: a tonne (``t``, 1000 kg) and a short ton (907.18474 kg) differ by 10 %.
   ``mt`` is refused too: it means a tonne to traders and a kilogram (milli-tonne) to pint.
3. Currencies do not convert into each other, and neither do kgCO2e and kg.
4. A year is 365.25 days. Operating hours are a plant's own calendar, not a unit.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from loopbook.errors import Finding, NotFiniteError, UnitError, nearest_hint

_SHORT_TON = 907.18474  # kg; 2000 lb of 0.45359237 kg
_GALLON = 3.785411784  # L; US liquid gallon
_MILE = 1.609344  # km
_MMBTU = 1055.056  # MJ; the Btu of ISO 31-4, as pint has it
_YEAR = 365.25 * 24.0  # h

KNOWN_UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        # share
        "1": ("1", 1.0),
        "kg/kg": ("1", 1.0),
        "t/t": ("1", 1.0),
        "mol/mol": ("1", 1.0),
        "%": ("1", 0.01),
        "wt%": ("1", 0.01),
        "g/kg": ("1", 1e-3),
        "ppm": ("1", 1e-6),
        # mass
        "kg": ("kg", 1.0),
        "g": ("kg", 1e-3),
        "mg": ("kg", 1e-6),
        "t": ("kg", 1e3),
        "kt": ("kg", 1e6),
        "short_ton": ("kg", _SHORT_TON),
        "kg/kmol": ("kg/kmol", 1.0),
        "g/mol": ("kg/kmol", 1.0),
        # flow
        "kg/h": ("kg/h", 1.0),
        "t/h": ("kg/h", 1e3),
        "t/d": ("kg/h", 1e3 / 24.0),
        "t/yr": ("kg/h", 1e3 / _YEAR),
        "kg/yr": ("kg/h", 1.0 / _YEAR),
        # energy and power
        "kWh": ("kWh", 1.0),
        "Wh": ("kWh", 1e-3),
        "MWh": ("kWh", 1e3),
        "GWh": ("kWh", 1e6),
        "MJ": ("kWh", 1.0 / 3.6),
        "GJ": ("kWh", 1e3 / 3.6),
        "mmBtu": ("kWh", _MMBTU / 3.6),
        "kW": ("kW", 1.0),
        "MW": ("kW", 1e3),
        "GWh/yr": ("kW", 1e6 / _YEAR),
        "kWh/kg": ("kWh/kg", 1.0),
        "kWh/t": ("kWh/kg", 1e-3),
        "Wh/kg": ("kWh/kg", 1e-3),
        "MJ/kg": ("kWh/kg", 1.0 / 3.6),
        "kg/kWh": ("kg/kWh", 1.0),
        "t/GWh": ("kg/kWh", 1e-3),
        "g/kWh": ("kg/kWh", 1e-3),
        "mg/Wh": ("kg/kWh", 1e-3),
        "Btu/mile": ("MJ/km", _MMBTU * 1e-6 / _MILE),
        # volume, length, time
        "L": ("L", 1.0),
        "gal": ("L", _GALLON),
        "m3": ("L", 1e3),
        "L/kg": ("L/kg", 1.0),
        "gal/kg": ("L/kg", _GALLON),
        "m3/t": ("L/kg", 1.0),
        "g/L": ("g/L", 1.0),
        "kg/m3": ("g/L", 1.0),
        "g/m3": ("g/L", 1e-3),
        "kg/L": ("g/L", 1e3),
        "km": ("km", 1.0),
        "mile": ("km", _MILE),
        "um": ("km", 1e-9),
        "h": ("h", 1.0),
        "d": ("h", 24.0),
        "yr": ("h", _YEAR),
        "h/d": ("h/d", 1.0),
        "d/yr": ("d/yr", 1.0),
        "h/yr": ("h/yr", 1.0),
        "person_hour": ("person_hour", 1.0),
        "person_hour/d": ("person_hour/d", 1.0),
        "mAh/cm**2": ("mAh/cm**2", 1.0),
        "g/Ah": ("g/Ah", 1.0),
        # money
        "USD": ("USD", 1.0),
        "EUR": ("EUR", 1.0),
        "KRW": ("KRW", 1.0),
        "CNY": ("CNY", 1.0),
        "USD/kg": ("USD/kg", 1.0),
        "USD/t": ("USD/kg", 1e-3),
        "USD/short_ton": ("USD/kg", 1.0 / _SHORT_TON),
        "CNY/kg": ("CNY/kg", 1.0),
        "CNY/t": ("CNY/kg", 1e-3),
        "USD/kWh": ("USD/kWh", 1.0),
        "USD/mmBtu": ("USD/kWh", 3.6 / _MMBTU),
        "USD/L": ("USD/L", 1.0),
        "USD/gal": ("USD/L", 1.0 / _GALLON),
        "USD/m3": ("USD/L", 1e-3),
        "USD/person_hour": ("USD/person_hour", 1.0),
        "USD/mile": ("USD/km", 1.0 / _MILE),
        "USD/km": ("USD/km", 1.0),
        "USD/t/km": ("USD/t/km", 1.0),
        "USD/short_ton/mile": ("USD/t/km", 1e3 / _SHORT_TON / _MILE),
        "EUR/yr": ("EUR/yr", 1.0),
        "USD/yr": ("USD/yr", 1.0),
        # footprint
        "kgCO2e": ("kgCO2e", 1.0),
        "kgCO2e/kg": ("kgCO2e/kg", 1.0),
        "kgCO2e/t": ("kgCO2e/kg", 1e-3),
        "kgCO2e/kWh": ("kgCO2e/kWh", 1.0),
        "kgCO2e/MJ": ("kgCO2e/kWh", 3.6),
        "kgCO2e/mmBtu": ("kgCO2e/kWh", 3.6 / _MMBTU),
        "kgCO2e/mile": ("kgCO2e/km", 1.0 / _MILE),
        "kgCO2e/km": ("kgCO2e/km", 1.0),
        # temperature stays as written: an offset is no factor
        "degC": ("degC", 1.0),
    }
)
"""Unit -> (kind, factor to the kind's base): every unit string that packaged tables may use."""

_REFUSED = {
    "ton": "a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg)",
    "tons": "a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg)",
    "mt": "a tonne is t, a megatonne Mt",
    "MT": "a tonne is t, a megatonne Mt",
    "dmt": "a dry tonne is t; say dry in the basis",
    "wmt": "a wet tonne is t; say as received in the basis",
    "$": "write USD",
    "€": "write EUR",
    "₩": "write KRW",
    "¥": "write CNY",
    "RMB": "write CNY",
}
_DEFINITIONS = (
    "USD = [currency_usd]",
    "EUR = [currency_eur]",
    "KRW = [currency_krw]",
    "CNY = [currency_cny]",
    "kgCO2e = [co2_equivalent]",
    "gCO2e = 1e-3 * kgCO2e",
    "tCO2e = 1e3 * kgCO2e",
    "person = [person]",
    "person_hour = person * hour",
    "mmBtu = 1e6 * Btu = MMBtu",
    "m3 = meter ** 3",
)
_FACTOR = r"(?:[A-Za-zµμΩ°_][A-Za-z0-9_µμ°]*|%)(?:(?:\*\*|\^)-?\d{1,2})?"
_GROUP = rf"(?:{_FACTOR}|\({_FACTOR}(?: ?[*/] ?{_FACTOR})*\))"
_GRAMMAR = re.compile(rf"^(?:1|wt%|{_GROUP})(?: ?[*/] ?{_GROUP}){{0,5}}$")
_TOKEN = re.compile(r"[^\W\d]+|[$€₩¥]")
_QUANTITY = re.compile(
    r"^\s*(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"(?![\d,.])\s*(?P<unit>.*?)\s*$"
)


@cache
def _registry() -> Any:
    """The pint registry with our units; made on first use, then kept."""
    import pint

    registry: Any = pint.UnitRegistry()
    for definition in _DEFINITIONS:
        registry.define(definition)
    return registry


def unit_finding(unit: str, where: str) -> Finding | None:
    """What is wrong with a unit string, or None.

    Parameters
    ----------
    unit : unit text, such as ``kg/h``.
    where : place of it, for the message.

    >>> unit_finding("kWh/t", "plant.toml:3") is None
    True
    >>> unit_finding("USD/ton", "plant.toml:3").hint
    'a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg)'
    """
    if unit in KNOWN_UNITS:
        return None
    if not unit.strip():
        return Finding("unit", where, "a unit", "none", "write 1 for a plain number")
    for token in _TOKEN.findall(unit):
        if token in _REFUSED:
            return Finding("unit", where, "a unit that reads one way", unit, _REFUSED[token])
    unknown = Finding("unit", where, "a known unit", unit, nearest_hint(unit, KNOWN_UNITS))
    if not _GRAMMAR.match(unit):  # pint would also evaluate sums and towers of powers
        return unknown
    try:
        _pint_unit(unit)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        return unknown
    return None


def _pint_unit(unit: str) -> Any:
    text = unit.replace("wt%", "percent").replace("%", "percent")
    text = re.sub(r"\bkt\b", "kilotonne", text)  # pint reads kt as knot
    return _registry().parse_units(text)


def check_unit(unit: str, where: str = "unit") -> str:
    """Return the unit, or raise `UnitError` where it is unknown, refused or missing.

    >>> check_unit("t/yr")
    't/yr'
    >>> check_unit("tons")
    Traceback (most recent call last):
    loopbook.errors.UnitError: unit: unit: expected a unit that reads one way, found tons \
(a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg))
    """
    finding = unit_finding(unit, where)
    if finding:
        raise UnitError([finding])
    return unit


def convert(value: float, unit: str, to: str, *, where: str = "convert") -> float:
    """Number in another unit.

    Parameters
    ----------
    value : number in `unit`.
    unit, to : unit texts of the same kind.
    where : place of it, for the message.

    >>> convert(0.2, "MJ/kg", "kWh/t").__round__(2)
    55.56
    >>> convert(20, "degC", "kelvin")
    293.15
    >>> convert(1, "kg", "kWh")
    Traceback (most recent call last):
    loopbook.errors.UnitError: convert: unit: expected a unit of the kind of kWh, found kg
    """
    if not math.isfinite(value):
        raise NotFiniteError([Finding("not-finite", where, f"a number in {unit}", repr(value))])
    check_unit(unit, where)
    check_unit(to, where)
    if unit == to:
        return float(value)
    known, wanted = KNOWN_UNITS.get(unit), KNOWN_UNITS.get(to)
    if known and wanted and known[0] == wanted[0]:
        return value * (known[1] / wanted[1])
    source, target = _pint_unit(unit), _pint_unit(to)
    if source.dimensionality != target.dimensionality:
        raise UnitError([Finding("unit", where, f"a unit of the kind of {to}", unit)])
    return float(_registry().Quantity(value, source).to(target).magnitude)


def parse_quantity(text: str, to: str, *, where: str = "quantity") -> float:
    """Number in unit `to` from text with a number and a unit.

    Parameters
    ----------
    text : such as ``3.5 t/h``, ``13,500 t/yr`` (commas only between thousands), ``56 kWh/t``.
    to : unit of the result. For ``1`` a plain number needs no unit.
    where : place of it, for the message.

    >>> parse_quantity("3.5 t/h", to="kg/h")
    3500.0
    >>> parse_quantity("3.5", to="kg/h", where="feed.scrap")
    Traceback (most recent call last):
    loopbook.errors.UnitError: feed.scrap: unit: expected a unit, such as 3.5 kg/h, found 3.5
    """
    match = _QUANTITY.match(str(text))
    if not match:
        raise UnitError(
            [
                Finding(
                    "unit",
                    where,
                    f"a number and {to}",
                    repr(text),
                    "a decimal point is a dot" if re.search(r"\d,\d", str(text)) else "",
                )
            ]
        )
    value = float(match["number"].replace(",", ""))
    if not match["unit"]:
        if to == "1":
            return convert(value, "1", "1", where=where)
        raise UnitError(
            [Finding("unit", where, f"a unit, such as {match['number']} {to}", str(text).strip())]
        )
    return convert(value, match["unit"], to, where=where)
