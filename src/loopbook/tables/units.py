"""Units at the edges: text with a unit comes in, a plain number in a named unit goes on.

Inside, numbers are floats in units that their names carry (``mass_kg``). Units are composed of a
closed table of names (`KNOWN_UNITS`); a name that is not in it is refused. Rules:

1. A quantity without a unit is refused, except where a plain number (``1``) is wanted.
2. ``ton`` is refused: a tonne (``t``, 1000 kg) and a short ton (907.18474 kg) differ by 10 %.
   ``mt`` is refused too: a tonne to traders, and a milli-tonne by the rules of prefixes.
   So is every word that is built on them (``kton``, ``mton``), with its readings.
3. Currencies do not convert into each other, and neither do kgCO2e and kg.
4. A year is 365.25 days, a month a twelfth and a quarter a fourth of it. Operating hours are a
   plant's own calendar, not a unit.
5. A ratio is of what it divides: kg/kg is a share of mass, as ``1``, ``%`` and ppm are; mol/mol,
   m3/m3 and h/d are other kinds. A plain number may stand for any ratio, no ratio for another.
"""

import math
import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from loopbook.errors import Finding, NotFiniteError, UnitError, nearest_hint

_SHORT_TON = 907.18474  # kg; 2000 lb of 0.45359237 kg
_LONG_TON = 1016.0469088  # kg; 2240 lb
_GALLON = 3.785411784  # L; US liquid gallon
_MILE = 1.609344  # km
_MMBTU = 1055.056  # MJ; the Btu of ISO 31-4, as the tests' oracle has it
_YEAR = 365.25 * 24.0  # h

_DIMENSIONS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "1": {"1": 1.0, "%": 0.01, "wt%": 0.01, "percent": 0.01, "ppm": 1e-6},
        "mass": {
            "kg": 1.0,
            "g": 1e-3,
            "mg": 1e-6,
            "ug": 1e-9,
            "t": 1e3,
            "tonne": 1e3,
            "kt": 1e6,
            "Mt": 1e9,
            "lb": 0.45359237,
            "short_ton": _SHORT_TON,
            "long_ton": _LONG_TON,
        },
        "amount": {"kmol": 1.0, "mol": 1e-3},
        "time": {
            "h": 1.0,
            "s": 1 / 3600,
            "min": 1 / 60,
            "d": 24.0,
            "month": _YEAR / 12,
            "quarter": _YEAR / 4,
            "yr": _YEAR,
        },
        "energy": {
            "kWh": 1.0,
            "Wh": 1e-3,
            "MWh": 1e3,
            "GWh": 1e6,
            "TWh": 1e9,
            "kJ": 1e-3 / 3.6,
            "MJ": 1.0 / 3.6,
            "GJ": 1e3 / 3.6,
            "Btu": _MMBTU * 1e-6 / 3.6,
            "mmBtu": _MMBTU / 3.6,
        },
        "energy/time": {"kW": 1.0, "W": 1e-3, "MW": 1e3, "GW": 1e6},
        "charge": {"Ah": 1.0, "mAh": 1e-3},
        "length": {"km": 1.0, "m": 1e-3, "cm": 1e-5, "mm": 1e-6, "um": 1e-9, "mile": _MILE},
        "volume": {"L": 1.0, "mL": 1e-3, "m3": 1e3, "gal": _GALLON},
        "temperature": {"degC": 1.0},  # as written: an offset is no factor
        "packs": {"pack": 1.0},
        "person": {"person": 1.0},
        "person*time": {"person_hour": 1.0},
        "USD": {"USD": 1.0},
        "EUR": {"EUR": 1.0},
        "KRW": {"KRW": 1.0},
        "CNY": {"CNY": 1.0},
        "CO2e": {"kgCO2e": 1.0, "gCO2e": 1e-3, "tCO2e": 1e3, "ktCO2e": 1e6},
    }
)
"""Dimension -> its units with their factors: all names that a unit may be composed of."""

_PLAIN = frozenset(("1", "%", "percent", "ppm"))  # shares of something that they do not name
_DIMENSION_OF = {name: kind for kind, names in _DIMENSIONS.items() for name in names}
KNOWN_UNITS = frozenset(_DIMENSION_OF)
"""Names of units; with ``*``, ``/``, powers and parentheses they make all others."""

_TON = (
    "a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg), a long ton long_ton "
    "(1016.0469088 kg)"
)
_KILOTON = "a thousand tonnes are kt; a thousand short tons are 1000 short_ton"
_MEGATON = "a tonne is t; a million tonnes are Mt"
_SHORT = "a short ton is short_ton (907.18474 kg), a stone 6.35029318 kg; a tonne is t"
_HUNDRED = "a hundredweight is 100 lb in America and 112 lb in Britain; write lb"
_QUINTAL = "a quintal is 100 kg; write kg"
_DEGREE = "a temperature is degC; an angle has no unit here"
_NO_MASS = "a share of mass is 1, %, wt%, ppm or kg/kg; convert it with molar masses or densities"
_REFUSED = {
    **dict.fromkeys(("ton", "tons"), _TON),
    **dict.fromkeys(("kton", "ktons", "kiloton", "kilotons"), _KILOTON),
    **dict.fromkeys(("mton", "mtons", "megaton", "megatons", "mt"), _MEGATON),
    **dict.fromkeys(("tonnes", "metric"), "a tonne is t"),
    **dict.fromkeys(("kilotonne", "kilotonnes"), "a thousand tonnes are kt"),
    **dict.fromkeys(("tpa", "tpy"), "tonnes a year are t/yr, short tons a year short_ton/yr"),
    **dict.fromkeys(("ktpa", "mtpa"), "write kt/yr, t/yr or Mt/yr: m is metric to some"),
    **dict.fromkeys(("lbs", "pound", "pounds"), "a pound is lb"),
    **dict.fromkeys(("oz", "ounce", "ounces"), "a troy ounce is 31.1034768 g, another 28.3495 g"),
    **dict.fromkeys(("degree", "degrees", "deg", "°"), _DEGREE),
    **dict.fromkeys(("mol%", "at%", "vol%", "v%", "ppmv"), _NO_MASS),
    **dict.fromkeys(("\u2030", "permille", "promille"), "a thousandth by mass is g/kg"),
    **dict.fromkeys(("mg", "megagram", "megagrams"), "a megagram is t; a milligram is mg"),
    **dict.fromkeys(("st", "tn", "stn", "sht"), _SHORT),
    **dict.fromkeys(("lt", "lgt"), "a long ton is long_ton (1016.0469088 kg)"),
    **dict.fromkeys(("stone", "stones"), "a stone is 6.35029318 kg; write kg"),
    **dict.fromkeys(("cwt", "hundredweight"), _HUNDRED),
    **dict.fromkeys(("q", "qtl", "quintal", "quintals", "dz", "doppelzentner"), _QUINTAL),
    "ppb": "a part in a billion by mass is ug/kg",
    "ppmw": "a part in a million by mass is ppm",
    "dmt": "a dry tonne is t",
    "wmt": "a wet tonne is t",
    "$": "write USD",
    "€": "write EUR",
    "₩": "write KRW",
    "¥": "write CNY",
    "rmb": "write CNY",
}
"""What reads in two ways, or is another word for a unit, in small letters, with the remedy."""
_FACTOR = r"(?:[A-Za-zµμΩ°_][A-Za-z0-9_µμ°]*|%)(?:(?:\*\*|\^)-?\d)?"
_GROUP = rf"(?:{_FACTOR}|\({_FACTOR}(?: ?[*/] ?{_FACTOR})*\))"
_GRAMMAR = re.compile(rf"^(?:1|wt%|{_GROUP})(?: ?[*/] ?{_GROUP}){{0,5}}$")
_PART = re.compile(
    r"(?P<mark>\*(?!\*)|[/()])|(?P<name>wt%|%|1|[^\W\d]\w*)(?:(?:\*\*|\^)(?P<power>-?\d+))?"
)
_TOKEN = re.compile(r"[^\W\d]+%?|[$€₩¥°\u2030]")
_QUANTITY = re.compile(
    r"^\s*(?P<number>[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"(?![\d,.])\s*(?P<unit>.*?)\s*$"
)


@cache
def composed(unit: str) -> tuple[float, Mapping[str, int]] | None:
    """Factor and powers of the dimensions of a unit; None where it is no unit.

    A ratio of two of one dimension other than mass has that ratio as its dimension.

    >>> composed("kWh/t"), composed("h/d")
    ((0.001, {'energy': 1, 'mass': -1}), (0.041666666666666664, {'time/time': 1}))
    """
    written = re.sub(r"\bm(?:\*\*|\^)3\b", "m3", unit)
    if not _GRAMMAR.match(written):
        return None
    value, powers = 1.0, dict[str, int]()
    sign, outer = 1, 1  # of what follows, and of the parentheses around it
    for part in _PART.finditer(written):
        match part["mark"]:
            case "/" | "*" as mark:
                sign = -1 if mark == "/" else 1
            case "(":
                sign, outer = 1, sign
            case ")":
                outer = 1
            case _:
                dimension = next(
                    (d for d, names in _DIMENSIONS.items() if part["name"] in names), ""
                )
                if not dimension:
                    return None
                power = int(part["power"] or 1) * sign * outer
                scale = _DIMENSIONS[dimension][part["name"]]
                value = value * scale**power if power > 0 else value / scale**-power
                for place, name in enumerate(re.split(r"[*/]", dimension)):
                    turn = -1 if place and "/" in dimension else 1
                    powers[name] = powers.get(name, 0) + turn * power
    if not 0.0 < value < math.inf:
        return None
    return value, _kind(powers)


def _kind(powers: Mapping[str, int]) -> dict[str, int]:
    """Powers that are not zero; of a ratio of two of one dimension that ratio."""
    left = {name: power for name, power in powers.items() if power and name != "1"}
    return left or {f"{name}/{name}": 1 for name in powers.keys() - {"1", "mass"}}


def unit_finding(unit: str, where: str) -> Finding | None:
    """The error in a unit's text, or None.

    Parameters
    ----------
    unit : unit text, such as ``kg/h``.
    where : place of it, for the message.

    >>> unit_finding("kWh/t", "plant.toml:3") is None
    True
    >>> unit_finding("USD/ton", "plant.toml:3").hint
    'a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg), a long ton long_ton \
(1016.0469088 kg)'
    """
    if unit in KNOWN_UNITS or composed(unit):
        return None
    if not unit.strip():
        return Finding("unit", where, "a unit", "none", "write 1 for a plain number")
    for token in _TOKEN.findall(unit):
        remedy = "" if token in KNOWN_UNITS else _REFUSED.get(token.lower(), "")
        if remedy:
            return Finding("unit", where, "a unit that reads one way", unit, remedy)
    return Finding("unit", where, "a known unit", unit, nearest_hint(unit, KNOWN_UNITS))


def check_unit(unit: str, where: str = "unit") -> str:
    """Return the unit, or raise `UnitError` where it is unknown, refused or missing.

    >>> check_unit("t/yr")
    't/yr'
    >>> check_unit("tons")
    Traceback (most recent call last):
    loopbook.errors.UnitError: unit: unit: expected a unit that reads one way, found tons \
(a tonne is t (1000 kg); a short ton is short_ton (907.18474 kg), a long ton long_ton \
(1016.0469088 kg))
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
    >>> convert(1, "kg", "kWh")
    Traceback (most recent call last):
    loopbook.errors.UnitError: convert: unit: expected a unit of the kind of kWh, found kg
    """
    if not math.isfinite(value):
        raise NotFiniteError.of("not-finite", where, f"a number in {unit}", repr(value))
    check_unit(unit, where)
    check_unit(to, where)
    if unit == to:
        return float(value)
    source, target = composed(unit), composed(to)
    plain = unit in _PLAIN and target is not None and all("/" in name for name in target[1])
    if not source or not target or (source[1] != target[1] and not plain):
        hint = _ratio_hint(source[1]) if source and target and not target[1] else ""
        raise UnitError.of("unit", where, f"a unit of the kind of {to}", unit, hint=hint)
    return value * (source[0] / target[0])


def _ratio_hint(powers: Mapping[str, int]) -> str:
    """Why a ratio is no share of mass; empty for what is no ratio."""
    names = [name.partition("/")[0] for name in powers if "/" in name]
    if not names:
        return ""
    return f"it is a share of {names[0]}; a share of mass is 1, %, wt%, ppm or kg/kg"


def parse_quantity(text: str, to: str, *, where: str = "quantity") -> float:
    """Number in unit `to` from text with a number and a unit.

    Parameters
    ----------
    text : such as ``3.5 t/h``, ``12,000 t/yr`` (commas only between thousands), ``56 kWh/t``.
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
        raise UnitError.of(
            "unit",
            where,
            f"a number and {to}",
            repr(text),
            hint="a decimal point is a dot" if re.search(r"\d,\d", str(text)) else "",
        )
    value = float(match["number"].replace(",", ""))
    if not match["unit"]:
        if to == "1":
            return convert(value, "1", "1", where=where)
        raise UnitError.of(
            "unit", where, f"a unit, such as {match['number']} {to}", str(text).strip()
        )
    return convert(value, match["unit"], to, where=where)
