"""Chemical formulas: from text to atoms, molar mass and element shares.

Rules of the notation, in order:

1. An element is a capital with or without a small letter; a number after it, or after a closing
   bracket, multiplies it. Numbers may be fractions (``LiNi0.8Co0.1Mn0.1O2``).
2. Brackets ``( )`` and ``[ ]`` nest.
3. Parts are joined by ``·`` (also ``•``, ``∙``, ``*``), each with a number in front if wanted.
4. A dot is a decimal point, except before water at the end: ``NiSO4.6H2O`` is ``NiSO4·6H2O``.
   Where the digits in front of that dot are ``0`` the text reads both ways and is refused.
"""

import re
from collections.abc import Mapping

from loopbook.errors import Finding, FormulaError, nearest_hint
from loopbook.matter.elements import atomic_weights

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉•∙*", "0123456789···")
_WATER = re.compile(r"^(?P<base>.+?)\.(?P<n>\d+(?:\.\d+)?)?H2O$")
_NUMBER = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_OPEN = {"(": ")", "[": "]"}


def _fail(text: str, place: int, expected: str, hint: str = "") -> FormulaError:
    return FormulaError(
        [
            Finding(
                "formula",
                f"formula {text!r} at {place + 1}",
                expected,
                repr(text[place : place + 6]) if place < len(text) else "the end",
                hint,
            )
        ]
    )


def _parts(text: str) -> list[tuple[int, str]]:
    """Parts joined by dots, each with its place in the text."""
    plain = text.translate(_SUBSCRIPTS)
    water = _WATER.match(plain)
    if water:
        base = water["base"]
        if re.search(r"(?<![\d.])0$", base):
            hint = "write NiSO4·6H2O with a raised dot, or bracket the water: Ni0.5(H2O)"
            raise _fail(text, len(base) - 1, "a count that reads one way only", hint)
        plain = f"{base}·{plain[len(base) + 1 :]}"
    parts, place = [], 0
    for part in plain.split("·"):
        parts.append((place, part))
        place += len(part) + 1
    return parts


class _Reader:
    """Recursive reader of one part of a formula; holds the place and nothing else."""

    __slots__ = ("part", "place", "start", "text")

    def __init__(self, text: str, start: int, part: str) -> None:
        self.text, self.start, self.part, self.place = text, start, part, 0

    def fail(self, expected: str, hint: str = "") -> FormulaError:
        return _fail(self.text, self.start + self.place, expected, hint)

    def number(self) -> float:
        match = _NUMBER.match(self.part, self.place)
        if not match:
            return 1.0
        value = float(match.group())
        if not 0.0 < value < 1e6:
            raise self.fail("a count above 0")
        self.place = match.end()
        return value

    def symbol(self, known: Mapping[str, float]) -> str:
        match = _SYMBOL.match(self.part, self.place)
        if not match:
            raise self.fail(
                "an element or a bracket",
                "elements start with a capital letter" if self.part[self.place].islower() else "",
            )
        symbol = match.group()
        if symbol not in known:
            raise self.fail("an element", nearest_hint(symbol, known))
        self.place = match.end()
        return symbol

    def group(self, known: Mapping[str, float], close: str | None = None) -> dict[str, float]:
        counts: dict[str, float] = {}
        first = self.place
        while self.place < len(self.part) and self.part[self.place] not in ")]":
            char = self.part[self.place]
            if char in _OPEN:
                self.place += 1
                inner = self.group(known, _OPEN[char])
                self.place += 1
            else:
                inner = {self.symbol(known): 1.0}
            factor = self.number()
            for symbol, count in inner.items():
                counts[symbol] = counts.get(symbol, 0.0) + factor * count
        end = self.part[self.place] if self.place < len(self.part) else None
        if end != close:
            raise self.fail(f"'{close}'" if close else "an element, not a closing bracket")
        if self.place == first:
            raise self.fail("an element")
        return counts


def parse_formula(text: str) -> dict[str, float]:
    """Atoms of a formula: element -> count per formula unit, in order of appearance.

    Parameters
    ----------
    text : formula, by the rules at the top of this module.

    Raises
    ------
    FormulaError : with the place (1 is the first character) and a hint.

    >>> parse_formula("NiSO4.6H2O")
    {'Ni': 1.0, 'S': 1.0, 'O': 10.0, 'H': 12.0}
    >>> parse_formula("LiNi0.89Co0.04Mn0.04Al0.03O2")["Ni"]
    0.89
    >>> parse_formula("Al2(SO4)3")["O"]
    12.0
    >>> parse_formula("NiXo4")
    Traceback (most recent call last):
    loopbook.errors.FormulaError: formula 'NiXo4' at 3: formula: expected an element, \
found 'Xo4' (did you mean O?)
    """
    if not text or not text.strip():
        raise FormulaError([Finding("formula", "formula", "a formula", repr(text))])
    text = text.strip()
    known = atomic_weights()
    parts = _parts(text)
    total: dict[str, float] = {}
    for start, part in parts:
        reader = _Reader(text, start, part)
        factor = reader.number()
        if reader.place and len(parts) == 1:
            reader.place = 0
            raise reader.fail("an element", "a formula counts one unit; drop the number in front")
        for symbol, count in reader.group(known).items():
            total[symbol] = total.get(symbol, 0.0) + factor * count
    return total


def molar_mass(formula: str, weights: Mapping[str, float] | None = None) -> float:
    """Molar mass of a formula, g/mol (= kg/kmol): ``sum_e n_e * A_e``.

    Parameters
    ----------
    formula : chemical formula.
    weights : atomic weights in g/mol that replace the standard ones (`atomic_weights`).

    >>> round(molar_mass("NiSO4.6H2O"), 2)
    262.84
    """
    table = atomic_weights(weights)
    return sum(count * table[symbol] for symbol, count in parse_formula(formula).items())


def element_shares(formula: str, weights: Mapping[str, float] | None = None) -> dict[str, float]:
    """Mass shares of the elements of a formula, kg/kg: ``n_e * A_e / sum_f n_f * A_f``.

    Parameters
    ----------
    formula : chemical formula.
    weights : atomic weights in g/mol that replace the standard ones.

    >>> round(element_shares("LiNi0.8Co0.1Mn0.1O2")["Ni"], 4)
    0.4827
    """
    table = atomic_weights(weights)
    masses = {symbol: count * table[symbol] for symbol, count in parse_formula(formula).items()}
    total = sum(masses.values())
    return {symbol: mass / total for symbol, mass in masses.items()}
