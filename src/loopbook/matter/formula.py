"""Chemical formulas: from text to atoms, molar mass and element shares.

Rules of the notation, in order:

1. An element is a capital with or without a small letter; a number after it, or after a closing
   bracket, multiplies it. Numbers may be fractions (``LiNi0.8Co0.1Mn0.1O2``).
2. Brackets ``( )`` and ``[ ]`` nest.
3. Parts are joined by ``·`` (also ``•``, ``⋅``, ``*`` and the like), each with a number in front if
   wanted: ``CaSO4·0.5H2O``, ``CaSO4·1/2H2O``.
4. A dot before a letter joins parts. A dot before a digit is a decimal point, except between a
   compound and its water: ``NiSO4.6H2O`` and ``NiSO4.6(H2O)`` are ``NiSO4·6H2O``.
5. A text that reads two ways is refused with both readings: ``Ni10.5H2O`` (not a compound before
   the dot), ``NiSO4.06H2O``, ``NiCO3.2Ni(OH)2`` (a compound on both sides).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

from loopbook.errors import FormulaError, nearest_hint
from loopbook.matter.elements import atomic_weights

_SIGNS = str.maketrans(
    {
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        **dict.fromkeys("•∙*⋅‧・･×", "·"),
        **{"½": "1/2", "¼": "1/4", "¾": "3/4", "⁄": "/"},
    }
)
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_FACTOR = re.compile(r"(?P<over>[0-9]+)/(?P<under>[0-9]+)|[0-9]+(?:\.[0-9]+)?|\.[0-9]+")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_OPEN = {"(": ")", "[": "]"}
_WATER = re.compile(r"(?:H2O|OH2|\((?:H2O|OH2)\)|\[(?:H2O|OH2)\])$")
_ZERO = re.compile(r"(?:^|[.·][0-9./]*\s*)(?P<water>H20)$")
_ZERO_OF_OXYGEN = re.compile(r"([A-Z][a-z]?)(0[1-9](?!\d)|[2-9]0[2-9]?(?![\d.]))")
_LOST_DOT = re.compile(r"[A-Za-z)\]](?P<count>[0-9]*\.[0-9]+)(?:H2O|OH2)$")
_UNSURE_DOTS = 8  # more dots than that make too many readings to compare
_MOST_DOTS = 100  # their readings take time by the square of their number
_MOST = 1e9  # atoms per formula unit
_VALENCES = {
    "H": (-1, 1),
    "C": (-4, 4),
    "Si": (-4, 4),
    "B": (-3, 3),
    "O": (-2, -1),
    "F": (-1, -1),
    "Al": (3, 3),
    **dict.fromkeys(("Li", "Na", "K", "Rb", "Cs"), (1, 1)),
    **dict.fromkeys(("Be", "Mg", "Ca", "Sr", "Ba", "Zn"), (2, 2)),
    **dict.fromkeys(("Cl", "Br", "I"), (-1, 7)),
    **dict.fromkeys(("S", "Se", "Te"), (-2, 6)),
    **dict.fromkeys(("N", "P", "As", "Sb"), (-3, 5)),
}
_METAL = (1, 7)


def _fail(text: str, place: int, expected: str, hint: str = "") -> FormulaError:
    return FormulaError.of(
        "formula",
        f"formula {text if len(text) <= 60 else text[:60] + '...'!r} at {place + 1}",
        expected,
        repr(text[place : place + 6]) if place < len(text) else "the end",
        hint=hint,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a formula: the number in front of it, its atoms, and where it begins."""

    factor: float
    counts: Mapping[str, float]
    text: str
    place: int

    @property
    def body(self) -> str:
        """The part without the number in front."""
        match = _FACTOR.match(self.text)
        return self.text[match.end() :].strip() if match else self.text.strip()

    @property
    def is_compound(self) -> bool:
        """Whether its elements can balance: salts, oxides, hydroxides, and no bare element."""
        ranges = [(n, _VALENCES.get(e, _METAL)) for e, n in self.counts.items()]
        low, high = (sum(n * valence[k] for n, valence in ranges) for k in (0, 1))
        return len(ranges) > 1 and low <= 0.0 <= high


class _Reader:
    """Reader of one part of a formula; holds the place and nothing else."""

    __slots__ = ("part", "place", "start", "text")

    def __init__(self, text: str, start: int, part: str) -> None:
        self.text, self.start, self.part, self.place = text, start, part, 0

    def fail(self, expected: str, hint: str = "") -> FormulaError:
        return _fail(self.text, self.start + self.place, expected, hint)

    def skip_blanks(self) -> None:
        while self.part[self.place : self.place + 1].isspace():
            self.place += 1

    def number(self, pattern: re.Pattern[str] = _NUMBER) -> float:
        match = pattern.match(self.part, self.place)
        if not match:
            return 1.0
        over, _, under = match.group().partition("/")
        value = float(over) / (float(under or 1) or float("inf"))
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

    def read(self, known: Mapping[str, float]) -> _Part:
        """The whole part."""
        self.skip_blanks()
        factor = self.number(_FACTOR)
        if self.place:
            self.skip_blanks()
        return _Part(factor, self.group(known), self.part, self.start)

    def group(self, known: Mapping[str, float]) -> dict[str, float]:
        """Atoms of everything up to the end; open brackets wait on a stack."""
        counts: dict[str, float] = {}
        waiting: list[tuple[dict[str, float], str]] = []
        end = len(self.part.rstrip())
        while self.place < end:
            char = self.part[self.place]
            if char in _OPEN:
                waiting.append((counts, _OPEN[char]))
                counts = {}
                self.place += 1
                continue
            if char in ")]":
                if not waiting or waiting[-1][1] != char:
                    close = (
                        f"'{waiting[-1][1]}'" if waiting else "an element, not a closing bracket"
                    )
                    raise self.fail(close)
                if not counts:
                    raise self.fail("an element")
                self.place += 1
                inner = counts
                counts, _ = waiting.pop()
            else:
                inner = {self.symbol(known): 1.0}
            factor = self.number()
            for symbol, count in inner.items():
                counts[symbol] = counts.get(symbol, 0.0) + factor * count
        if waiting:
            raise self.fail(f"'{waiting[-1][1]}'")
        if not counts:
            raise self.fail("an element")
        return counts


def _unsure_dots(plain: str) -> list[int]:
    """Dots outside brackets, after a count and before a number, that may join two parts."""
    dots, depth = [], 0
    ends_in_water = _WATER.search(plain) is not None
    for place, char in enumerate(plain):
        depth += (char in "([") - (char in ")]")
        if (
            char == "."
            and depth == 0
            and re.match(r"[0-9]+/?[0-9.]*\s*[A-Z(\[]", plain[place + 1 :])
        ):
            count = re.search(r"[0-9]*$", plain[:place])
            written = count.group() if count else ""
            is_count = written == "" or written.strip("0") != ""
            if is_count and (written != "1" or ends_in_water):
                dots.append(place)
    return dots


def _read(text: str, plain: str, known: Mapping[str, float]) -> list[_Part]:
    """Parts of a text in which only raised dots join."""
    parts, place = [], 0
    for part in plain.split("·"):
        parts.append(_Reader(text, place, part).read(known))
        place += len(part) + 1
    if len(parts) == 1 and _FACTOR.match(plain):
        raise _fail(text, 0, "an element", "a formula counts one unit; drop the number in front")
    return parts


@dataclass(frozen=True, slots=True)
class _Reading:
    """A way to read a text: which dots join, and the parts that this gives."""

    written: str
    joins: tuple[int, ...]
    parts: list[_Part]

    @property
    def is_clean(self) -> bool:
        """Whether each dot that joins has a compound before it and a plain number after it."""
        for before, after in zip(self.parts, self.parts[1:], strict=False):
            if after.place - 1 not in self.joins:
                continue
            odd = re.search(r"[A-Za-z)\]]1$|\.", before.body) or not before.is_compound
            if odd or re.match(r"0[0-9]", after.text):
                return False
        return True

    @property
    def joins_compounds(self) -> bool:
        """Whether each part after a dot is whole in itself: a compound, or an element."""
        later = (p for p in self.parts[1:] if p.place - 1 in self.joins)
        return all(p.is_compound or p.body in p.counts for p in later)

    @property
    def is_hydrate(self) -> bool:
        """Whether its dots join nothing but water at the end."""
        last = self.parts[-1]
        return self.joins == (last.place - 1,) and _WATER.fullmatch(last.body) is not None


def _readings(text: str, plain: str, dots: list[int]) -> Iterator[_Reading]:
    """Every reading that can be read, the one without joins first."""
    known = atomic_weights()
    for choice in product((False, True), repeat=len(dots)):
        joins = tuple(dot for dot, join in zip(dots, choice, strict=True) if join)
        written = "".join("·" if k in joins else char for k, char in enumerate(plain))
        try:
            yield _Reading(written, joins, _read(text, written, known))
        except FormulaError:
            continue


def _two_ways(text: str, place: int, joined: str, other: str) -> FormulaError:
    return _fail(text, place, "a formula that reads one way only", f"write {joined} or {other}")


def _bracketed(plain: str, dot: int) -> str:
    """The text with a dot that can only be a decimal point: all before the number bracketed."""
    number = _NUMBER.match(plain, dot)
    end = number.end() if number else dot
    start = plain.rfind("·", 0, dot) + 1
    factor = _FACTOR.match(plain, start)
    start = factor.end() if factor else start
    return f"{plain[:start]}({plain[start:end]}){plain[end:]}"


def _parts(text: str) -> list[_Part]:
    """Parts of a formula, by the one way in which it reads."""
    plain = re.sub(r"\.(?=\s*[A-Z(\[])", "·", text.translate(_SIGNS))
    zero = _ZERO.search(plain)
    if zero:
        raise _fail(
            text, zero.start("water"), "H2O", "H20 ends in a zero; water ends in a letter O"
        )
    for match in _ZERO_OF_OXYGEN.finditer(plain):
        symbol, count = match.groups()
        if count[0] == "0" or _VALENCES.get(symbol, _METAL)[0] > 0:
            before, after = plain[: match.start()], plain[match.end() :]
            oxygen = f"{before}{symbol}{count.replace('0', 'O')}{after}"
            raise _two_ways(text, match.start(2), oxygen, f"{before}({symbol}){count}{after}")
    dots = _unsure_dots(plain)
    if len(dots) > _UNSURE_DOTS:
        raise _fail(text, dots[0], "dots that read one way only", "write raised dots between parts")
    readings = list(_readings(text, plain, dots))
    lost = _LOST_DOT.search(plain)
    if len(readings) > 1 or any(r.joins for r in readings):
        return _one_of(text, plain, readings).parts
    if readings and lost:
        dot, count = plain.rindex(".", 0, lost.end()), lost.start("count")
        raise _two_ways(text, count, f"{plain[:count]}·{plain[count:]}", _bracketed(plain, dot))
    return _read(text, plain, atomic_weights())


def _one_of(text: str, plain: str, readings: list[_Reading]) -> _Reading:
    """The reading that is meant: a hydrate, else decimal points where no dot can join compounds."""
    joined = [r for r in readings if r.joins]
    decimal = next((r for r in readings if not r.joins), None)
    likely = [r for r in joined if r.is_clean and r.joins_compounds]
    meant = [r for r in likely if r.is_hydrate] or ([] if decimal else likely)
    if len(meant) == 1:
        return meant[0]
    if decimal is None or likely or _WATER.search(plain):
        first = (likely or joined)[0]
        dot = first.joins[-1]
        raise _two_ways(
            text, dot, first.written, _bracketed(plain, dot) if decimal else joined[-1].written
        )
    return decimal


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
        raise FormulaError.of("formula", "formula", "a formula", repr(text))
    return dict(_atoms(text.strip()))


@lru_cache(maxsize=4096)  # flowsheets ask for the same few formulas again and again
def _atoms(text: str) -> Mapping[str, float]:
    """Atoms of a formula; the same for each who asks, and never changed."""
    if text.count(".") > _MOST_DOTS:
        raise _fail(text, 0, f"at most {_MOST_DOTS} dots")
    total: dict[str, float] = {}
    for part in _parts(text):
        for symbol, count in part.counts.items():
            total[symbol] = total.get(symbol, 0.0) + part.factor * count
    if not all(1.0 / _MOST <= count <= _MOST for count in total.values()):
        raise _fail(text, 0, "counts between 1e-9 and 1e9", "the numbers multiply beyond that")
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
