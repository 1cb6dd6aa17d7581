"""What a formula is worth: numbers with a unit by period and draw, or a stream of components."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.values.measure import plain_unit
from loopbook.tables import Array, check_unit, composed

_COUNTED = "packs"  # a number of packs is a plain number


def units_in(unit: str, where: str) -> tuple[float, dict[str, int]]:
    """Factor to base units, and powers of the dimensions; plain numbers and ratios have none."""
    text, _ = plain_unit(unit)
    factor, powers = composed(check_unit(text, where)) or (1.0, {})
    return factor, {x: n for x, n in powers.items() if x != _COUNTED and "/" not in x}


@dataclass(frozen=True, slots=True)
class Value:
    """Numbers in base units (kg, kWh, h, km, a currency, kgCO2e).

    Parameters
    ----------
    array : (period, draw), with one period where it is the same in all; of a stream (period,
        component, draw). NaN where there is no number.
    powers : of its dimensions.
    stream : whether it is a stream; then its mass stands for it where a number is needed.
    """

    array: Array
    powers: Mapping[str, int] = field(default_factory=dict)
    stream: bool = False

    @classmethod
    def of(cls, array: Array, unit: str, *, stream: bool = False, where: str = "") -> "Value":
        """Numbers in a unit."""
        factor, powers = units_in(unit, where)
        return cls(np.asarray(array, dtype=np.float64) * factor, powers, stream)

    @property
    def number(self) -> "Value":
        """Of a stream its mass."""
        return Value(self.array.sum(axis=1), self.powers) if self.stream else self

    def into(self, unit: str, where: str) -> Array:
        """Its numbers in a unit; of another dimension they are an `InputError`."""
        factor, powers = units_in(unit, where)
        if powers != self.powers:
            raise InputError.of("unit", where, f"a formula in {unit}", self.kind)
        return self.number.array / factor

    @property
    def kind(self) -> str:
        """Its dimensions in words."""
        parts = (f"{x}^{n}" if n != 1 else x for x, n in sorted(self.powers.items()))
        return "one of " + " * ".join(parts) if self.powers else "a plain number"

    def map(self, law: Callable[[Array], Array]) -> "Value":
        """A law on its numbers that keeps the unit."""
        return replace(self.number, array=law(self.number.array))

    def plus(self, other: "Value", where: str, sign: float = 1.0) -> "Value":
        """Sum or difference; of two streams a stream."""
        if self.powers != other.powers:
            raise InputError.of("unit", where, f"{self.kind} to add", other.kind)
        if not (self.stream and other.stream):
            return replace(self.number, array=self.number.array + sign * other.number.array)
        return replace(self, array=self.array + sign * other.array)

    def times(self, other: "Value") -> "Value":
        """Product; a stream times a number is a stream."""
        powers = _sum(self.powers, other.powers, 1)
        if self.stream != other.stream:
            stream, number = (self, other) if self.stream else (other, self)
            return Value(stream.array * number.array[:, None, :], powers, stream=True)
        return Value(self.number.array * other.number.array, powers)

    def over(self, other: "Value") -> "Value":
        """Ratio; by nothing there is none."""
        below = other.number.array
        inverse = Value(1.0 / np.where(below == 0.0, np.nan, below), _sum({}, other.powers, -1))
        if self.stream:
            return self.times(inverse)
        return Value(self.array * inverse.array, _sum(self.powers, other.powers, -1))

    def otherwise(self, other: "Value", where: str) -> "Value":
        """Its numbers, and those of another where there are none."""
        rest = other.number
        if not rest.array.any():  # nothing has any unit
            rest = replace(rest, powers=self.powers)
        same = self.number.plus(rest.map(np.zeros_like), where)
        return replace(same, array=np.where(np.isnan(same.array), rest.array, same.array))


def _sum(left: Mapping[str, int], right: Mapping[str, int], sign: int) -> dict[str, int]:
    powers = {x: left.get(x, 0) + sign * right.get(x, 0) for x in {**left, **right}}
    return {x: n for x, n in powers.items() if n}
