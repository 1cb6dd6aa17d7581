"""What a formula is worth: numbers with a unit by period and draw, or a stream of components."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from loopbook.loop.values.measure import plain_unit, without_times
from loopbook.loop.values.refused import Flags
from loopbook.tables import Array, check_unit, composed

_ROUNDING = 1e-9
_COUNTED = "packs"  # a number of packs is a plain number


class OtherUnitError(Exception):
    """Values of two dimensions, where one is wanted: what is expected, and what there is."""


def units_in(unit: str, where: str = "unit") -> tuple[float, dict[str, int]]:
    """Factor to base units, and powers of the dimensions; plain numbers and ratios have none."""
    times, text = without_times(unit)
    factor, powers = composed(check_unit(plain_unit(text)[0], where)) or (1.0, {})
    return factor * times, {x: n for x, n in powers.items() if x != _COUNTED and "/" not in x}


@dataclass(frozen=True, slots=True)
class Value:
    """Numbers in base units (kg, kWh, h, km, a currency, kgCO2e).

    Parameters
    ----------
    array : (period, draw), with one period where it is the same in all; of a stream (period,
        component, draw). NaN where there is no number.
    powers : of its dimensions.
    stream : whether it is a stream; then its mass stands for it where a number is needed.
    scale : base units in one of the unit that people read it in: that of the columns, functions and
        quantities that it is made of.
    """

    array: Array
    powers: Mapping[str, int] = field(default_factory=dict)
    stream: bool = False
    scale: float = 1.0

    @classmethod
    def of(cls, array: Array, unit: str, *, stream: bool = False) -> "Value":
        """Numbers in a unit."""
        factor, powers = units_in(unit)
        return cls(np.asarray(array, dtype=np.float64) * factor, powers, stream, factor)

    @property
    def number(self) -> "Value":
        """Of a stream its mass."""
        array = self.array.sum(axis=1) if self.stream else self.array
        return replace(self, array=array, stream=False)

    @property
    def shown(self) -> Array:
        """Its numbers as people read them; a plain number as it is."""
        return self.number.array / (self.scale if self.powers else 1.0)

    def into(self, unit: str, where: str) -> Array:
        """Its numbers in a unit of its dimensions."""
        factor, powers = units_in(unit, where)
        if powers != self.powers:
            raise OtherUnitError(f"a formula in {unit}", self.kind)
        return self.number.array / factor

    @property
    def kind(self) -> str:
        """Its dimensions in words."""
        parts = (x if n == 1 else f"{x}^{n}" for x, n in sorted(self.powers.items()))
        return " * ".join(parts) or "a plain number"

    def map(self, law: Callable[[Array], Array]) -> "Value":
        """A law on its numbers that keeps the unit."""
        return replace(self.number, array=law(self.number.array))

    def alike(self, other: "Value") -> "Value":
        """Another value, which must have the same dimensions."""
        if self.powers != other.powers:
            raise OtherUnitError(f"another {self.kind}", other.kind)
        return other.number

    def plus(self, other: "Value", sign: float = 1.0) -> "Value":
        """Sum or difference; of two streams a stream."""
        number = self.alike(other)
        if self.stream and other.stream:
            return replace(self, array=self.array + sign * other.array)
        return replace(self.number, array=self.number.array + sign * number.array)

    def times(self, other: "Value", power: int = 1) -> "Value":
        """Product, or with power -1 the ratio, which is none by nothing; of a stream a stream."""
        if self.stream < other.stream and power > 0:
            return other.times(self)
        factor = other.number.array
        factor = factor if power > 0 else 1.0 / np.where(factor == 0.0, np.nan, factor)
        both = {**self.powers, **other.powers}
        powers = {x: self.powers.get(x, 0) + power * other.powers.get(x, 0) for x in both}
        one = self.number if other.stream else self
        array = one.array * (factor[:, None] if one.stream else factor)
        scale = self.scale * other.scale**power
        return Value(array, {x: n for x, n in powers.items() if n}, one.stream, scale)

    def otherwise(self, other: "Value") -> "Value":
        """Its numbers, and those of another where there are none; nothing has any unit."""
        number = self.alike(other) if other.number.array.any() else other.number
        return self.map(lambda x: np.where(np.isnan(x), number.array, x))

    def compared(self, law: Callable[[Array, Array], Array], other: "Value") -> "Value":
        """1 where a comparison holds, 0 where not, and none where either has no number.

        Numbers that differ by rounding are equal.
        """
        left, right = np.broadcast_arrays(self.number.array, self.alike(other).array)
        none = np.zeros(1)
        holds = np.where(equal(left, right), law(none, none), law(left, right))
        return Value(np.where(np.isnan(left) | np.isnan(right), np.nan, holds))


def equal(left: Array, right: Array | float) -> Flags:
    """Whether numbers differ by rounding alone."""
    return np.isclose(left, right, rtol=_ROUNDING, atol=_ROUNDING)
