"""Uncertainty: draws of parameters for a Monte Carlo, intervals and drivers of its results.

Draws are a Latin hypercube, so that a few hundred scenarios already cover each parameter's range
evenly; the same seed gives the same draws on every machine.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import NormalDist
from typing import Protocol, TypeAlias

import numpy as np

from loopbook.errors import InputError, NotFiniteError
from loopbook.tables import Array


class Distribution(Protocol):
    """Something with a quantile function."""

    def quantile(self, p: Array) -> Array:
        """Values at probabilities `p` in 0..1."""


@dataclass(frozen=True, slots=True)
class Uniform:
    """Every value between `low` and `high` alike.

    >>> Uniform(0.9, 1.0).quantile(np.array([0.5])).tolist()
    [0.95]
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self, self.low, self.high)

    def quantile(self, p: Array) -> Array:
        """Values at probabilities `p`."""
        return self.low + (self.high - self.low) * p


@dataclass(frozen=True, slots=True)
class Triangular:
    """Between `low` and `high`, most often `mode`: a number of the library with its range.

    >>> Triangular(0.0, 1.0, 2.0).quantile(np.array([0.5])).tolist()
    [1.0]
    """

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _ordered(self, self.low, self.mode, self.high)

    def quantile(self, p: Array) -> Array:
        """Values at probabilities `p`."""
        width = self.high - self.low
        if width == 0.0:
            return np.full_like(p, self.mode)
        rising = np.sqrt(p * width * (self.mode - self.low))
        falling = np.sqrt((1.0 - p) * width * (self.high - self.mode))
        return np.where(p * width < self.mode - self.low, self.low + rising, self.high - falling)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal with mean and standard deviation, cut off at `low` and `high`.

    >>> Normal(1.0, 0.1, low=0.0).quantile(np.array([0.5])).round(6).tolist()
    [1.0]
    """

    mean: float
    sd: float
    low: float = -np.inf
    high: float = np.inf

    def __post_init__(self) -> None:
        _ordered(self, 0.0, self.sd)
        _ordered(self, self.low, self.mean, self.high)

    def quantile(self, p: Array) -> Array:
        """Values at probabilities `p` of the part between the cuts."""
        if self.sd == 0.0:
            return np.full_like(p, self.mean)
        normal = NormalDist(self.mean, self.sd)
        start, end = normal.cdf(self.low), normal.cdf(self.high)
        inside = np.clip(start + (end - start) * p, 1e-15, 1.0 - 1e-15)
        return np.array([normal.inv_cdf(float(x)) for x in inside])


@dataclass(frozen=True, slots=True)
class Interval:
    """Low, median and high of a sample at a level, 0.9 for the 5 % and 95 % quantiles."""

    low: float
    median: float
    high: float
    level: float


Distributions: TypeAlias = Mapping[str, Distribution]


def sample(distributions: Distributions, count: int, *, seed: int) -> dict[str, Array]:
    """Draw scenarios for `Flowsheet.solve` by Latin hypercube.

    Parameters
    ----------
    distributions : distribution by scenario path, for example ``"sieve.to_undersize.copper"``.
    count : number of scenarios, at least 1.
    seed : seed of the random generator.

    Returns
    -------
    dict
        By path, an array of shape (count,).

    >>> draws = sample({"leach.conversion.NMC": Uniform(0.9, 1.0)}, 4, seed=1)
    >>> sorted((draws["leach.conversion.NMC"] * 40).astype(int).tolist())
    [36, 37, 38, 39]
    """
    if count < 1:
        raise InputError.of("range", "sample", "count >= 1", str(count))
    rng = np.random.default_rng(seed)
    draws = {}
    for path in sorted(distributions):
        cells = (rng.permutation(count) + rng.random(count)) / count
        draws[path] = distributions[path].quantile(cells)
    return draws


def interval(values: Array, level: float = 0.9) -> Interval:
    """Median and central interval of a sample; NaN in it is an error.

    >>> interval(np.arange(101.0))
    Interval(low=5.0, median=50.0, high=95.0, level=0.9)
    """
    values = np.asarray(values, dtype=np.float64)
    if not np.isfinite(values).all():
        raise NotFiniteError.of("not-finite", "interval", "finite values", "NaN or infinity")
    tail = (1.0 - level) / 2.0
    low, median, high = np.quantile(values, [tail, 0.5, 1.0 - tail])
    return Interval(round(float(low), 12), float(median), round(float(high), 12), level)


def drivers(draws: Mapping[str, Array], values: Array) -> list[tuple[str, float]]:
    """Which parameters move a result: rank correlation with each, strongest first.

    >>> x = np.arange(5.0)
    >>> drivers({"a": x, "b": np.array([1.0, 0.0, 1.0, 0.0, 1.0])}, -x)[0]
    ('a', -1.0)
    """
    target = _ranks(np.asarray(values))
    ranked = [(path, _correlation(_ranks(draw), target)) for path, draw in draws.items()]
    return sorted(ranked, key=lambda item: (-abs(item[1]), item[0]))


def _correlation(a: Array, b: Array) -> float:
    """Correlation of two samples; 0 where one of them does not vary."""
    if np.ptp(a) == 0.0 or np.ptp(b) == 0.0:
        return 0.0
    return round(float(np.corrcoef(a, b)[0, 1]), 12)


def _ranks(values: Array) -> Array:
    """Ranks from 0; equal values share their mean rank."""
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    first = np.cumsum(counts) - counts
    return np.asarray((first + (counts - 1) / 2.0)[where])


def _ordered(distribution: object, *values: float) -> None:
    if not all(a <= b for a, b in pairwise(values)):
        raise InputError.of(
            "range", repr(distribution), "low <= mode <= high", ", ".join(f"{v:g}" for v in values)
        )
