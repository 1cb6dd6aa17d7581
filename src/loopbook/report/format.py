"""How the report writes numbers, units and places: for people, the same on every machine."""

import math
import re
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import TypeGuard

from loopbook.report.table import Cell, Column

NO_NUMBER = "–"
"""Text of a cell without a number: one that is None, NaN or infinite."""

UNITS = {
    "kg CO2e": "kg CO₂e",
    "t CO2e": "t CO₂e",
    "m3": "m³",
    "m2": "m²",
    "delta_degC": "°C",
    "degC": "°C",
}
"""Units that people read in another spelling than programs."""

_MINUS = "\u2212"
_DIGITS = 4
_MOST_DECIMALS = 6


def is_number(cell: Cell) -> TypeGuard[float]:
    """Whether a cell holds a finite number.

    >>> [is_number(c) for c in (1, 2.5, True, None, "1", float("nan"))]
    [True, True, False, False, False, False]
    """
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return False
    return math.isfinite(cell)


def is_share(column: Column) -> bool:
    """Whether a column holds shares 0..1, which people read as percent.

    >>> is_share(Column("covered_share", "Covered", "1")), is_share(Column("units", "Units", "1"))
    (True, False)
    """
    return column.unit == "1" and "share" in column.name


def decimals(cells: Iterable[Cell]) -> int:
    """Decimals that give the largest of some numbers four digits; whole numbers get none.

    >>> decimals([1234.5, 2.0]), decimals([0.1234]), decimals([3, 40]), decimals([None])
    (0, 4, 0, 0)
    """
    finite = [float(c) for c in cells if is_number(c) and c is not None]
    largest = max((abs(v) for v in finite), default=0.0)
    if largest == 0.0 or all(v == round(v) for v in finite):
        return 0
    before = math.floor(math.log10(largest)) + 1
    return min(max(_DIGITS - before, 0), _MOST_DECIMALS)


def number_text(value: float, places: int | None = None, *, grouped: bool = True) -> str:
    """A number with thousands separators and a true minus sign.

    >>> number_text(12000), number_text(-0.25), number_text(2026, grouped=False)
    ('12,000', '−0.25', '2026')
    >>> number_text(1234.5678, 1), number_text(-0.0001, 1), number_text(1.5e-9)
    ('1,234.6', '0.0', '1.5e−9')
    """
    if places is None:
        if 0 < abs(value) < 10.0 ** -(_MOST_DECIMALS - 1):
            mantissa, _, exponent = f"{value:.3e}".partition("e")
            short = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
            return short.replace("-", _MINUS)
        text = f"{value:z,.{decimals([value])}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    else:
        text = f"{value:z,.{places}f}"
    return (text if grouped else text.replace(",", "")).replace("-", _MINUS)


def value_text(cell: Cell, unit: str = "") -> str:
    """One cell with its unit, for running text.

    >>> value_text(0.0845, "USD/kWh"), value_text(2026), value_text(None, "t")
    ('0.0845 USD/kWh', '2026', '–')
    """
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return f"{cell} {unit}" if unit else cell
    if cell is None or not is_number(cell):
        return NO_NUMBER
    text = number_text(cell, grouped=bool(unit))
    return text if unit in ("", "1") else f"{text} {unit_text(unit)}"


def unit_text(unit: str) -> str:
    """A unit as people write it.

    >>> unit_text("t CO2e"), unit_text("kWh"), unit_text("kg CO2e/kg")
    ('t CO₂e', 'kWh', 'kg CO₂e/kg')
    """
    if unit in UNITS:
        return UNITS[unit]
    return re.sub(r"\bm3\b", "m³", unit.replace("CO2", "CO₂"))


class Anchors:
    """Identifiers for places in the page: readable, safe in an address, each once.

    >>> anchors = Anchors()
    >>> anchors.of("in", "case/a b.csv"), anchors.of("in", "case/a_b.csv")
    ('in-case-a-b.csv', 'in-case-a_b.csv')
    >>> anchors.of("in", "case/a?b.csv"), anchors.of("in", "case/a b.csv")
    ('in-case-a-b.csv-2', 'in-case-a-b.csv')
    """

    def __init__(self) -> None:
        self._anchors: dict[tuple[str, ...], str] = {}
        self._taken: set[str] = set()

    def of(self, kind: str, *names: str) -> str:
        """The identifier of a thing; the same thing always gets the same."""
        key = (kind, *names)
        if key not in self._anchors:
            name = "-".join(map(_safe, key))
            free = chain([name], (f"{name}-{number}" for number in count(2)))
            self._anchors[key] = next(anchor for anchor in free if anchor not in self._taken)
            self._taken.add(self._anchors[key])
        return self._anchors[key]


def _safe(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", name).strip("-") or "x"


def column_decimals(cells: Sequence[Cell], column: Column) -> int | None:
    """Decimals of a whole column, or None where each cell is written on its own."""
    return 1 if is_share(column) else decimals(cells)
