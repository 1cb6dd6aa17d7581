"""Figures of formulas over many draws: their points, the inputs that matter, and what failed."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.loop.answers.evaluate import Evaluator, Place
from loopbook.loop.answers.tables import in_unit
from loopbook.loop.answers.world import World
from loopbook.loop.doubts.ranks import chance, ranks
from loopbook.loop.doubts.words import title_of
from loopbook.loop.draws.indicators import Indicators, indicators
from loopbook.loop.draws.sample import sample, scores_of
from loopbook.loop.draws.workers import Progress
from loopbook.loop.loop import Loop
from loopbook.loop.money.accounts import Accounts
from loopbook.loop.walking.result import Walk
from loopbook.report import Driver
from loopbook.tables import Array

POINTS = (0.05, 0.5, 0.95)
"""Points of the draws that are shown."""

MATTER = 5
"""How many inputs are shown of a figure."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A formula and the unit of its answer; `where` names it in findings."""

    formula: str
    unit: str = "1"
    where: str = "formula"


@dataclass(frozen=True, slots=True)
class Formulas:
    """Numbers of formulas of a walk: a measure of `indicators`."""

    asked: Mapping[str, Asked]

    def __call__(self, walked: Walk, money: Accounts) -> Mapping[str, Array]:
        """Numbers by name, (draw,); of a formula by period (period, draw)."""
        evaluator = Evaluator(walked.loop, World(walked, money))
        numbers = {}
        for name, one in self.asked.items():
            value = evaluator.formula(one.formula, Place(where=one.where))
            array = in_unit(value, one.unit, one.where)
            numbers[name] = array[0] if len(array) == 1 else array
        return numbers


@dataclass(frozen=True, slots=True)
class Doubt:
    """A figure over the draws.

    Parameters
    ----------
    value : of the loop itself, without draws; NaN where there is none.
    values : of the draws that were computed, in order, (draw,); NaN where one has no number.
    low, median, high : 5, 50 and 95 % points of those with a number; NaN without any.
    share : share of the draws that are above 0; one without a number is not.
    missing : draws without a number.
    drivers : inputs that move it most, largest squared rank correlation first; none that chance
        alone may put there.
    """

    value: float
    values: Array
    low: float
    median: float
    high: float
    share: float
    missing: int
    drivers: tuple[Driver, ...]


@dataclass(frozen=True, slots=True)
class Doubts:
    """Figures over the draws.

    Parameters
    ----------
    asked : formulas by name.
    of : figures of one number, by name.
    bands : of those by period, 5, 50 and 95 % points, (point, period).
    draws, seed : how many were asked for, and from which seed.
    numbers : of the draws that were computed.
    failed : draws that cannot be computed, with the reason; they are in no figure.
    cut : by address, how many draws were cut at what its column allows.
    """

    asked: Mapping[str, Asked]
    of: Mapping[str, Doubt]
    bands: Mapping[str, Array]
    draws: int
    seed: int
    numbers: tuple[int, ...]
    failed: Mapping[int, str]
    cut: Mapping[str, int]


def doubt(
    loop: Loop,
    asked: Mapping[str, Asked],
    *,
    draws: int = 1000,
    seed: int = 1,
    processes: int = 1,
    cluster: str = "",
    progress: Progress = lambda done, count: None,
) -> Doubts:
    """What formulas are worth over the draws of a loop; see `indicators`.

    Parameters
    ----------
    asked : formulas by name.

    Raises
    ------
    InputError : a formula that cannot be read; the loop, or no draw, can be computed.
    """
    kept = indicators(
        loop,
        Formulas(asked),
        draws=draws,
        seed=seed,
        processes=processes,
        cluster=cluster,
        progress=progress,
    )
    singles = {name: x for name, x in kept.values.items() if x.ndim == 1}
    drivers = _drivers(loop, singles, kept, seed)
    of = {name: _doubt(kept.base[name], x, drivers[name]) for name, x in singles.items()}
    bands = {
        name: np.array([_points(x) for x in kept.values[name]]).T
        for name in kept.values.keys() - singles.keys()
    }
    return Doubts(asked, of, bands, draws, seed, kept.numbers, kept.failed, kept.cut)


def _doubt(base: Array, values: Array, drivers: tuple[Driver, ...]) -> Doubt:
    low, median, high = _points(values)
    share, missing = float((values > 0.0).mean()), int(np.isnan(values).sum())
    return Doubt(float(base[0]), values, low, median, high, share, missing, drivers)


def _points(values: Array) -> tuple[float, float, float]:
    """Points of the numbers that there are."""
    some = values[~np.isnan(values)]
    low, median, high = np.quantile(some, POINTS).tolist() if len(some) else [math.nan] * 3
    return low, median, high


def _drivers(
    loop: Loop, values: Mapping[str, Array], kept: Indicators, seed: int
) -> Mapping[str, tuple[Driver, ...]]:
    """Of each figure the inputs that move it most; of draws without a number none counts."""
    words = sample(loop, 1, seed=seed).words
    ranked = {name: ranks(x) for name, x in values.items() if not np.isnan(x).any()}
    some = {name: ~np.isnan(x) for name, x in values.items() if name not in ranked}
    least = chance(len(kept.numbers), len(words))
    matter: dict[str, list[Driver]] = {name: [] for name in values}
    for (word, addresses), scores in zip(
        words.items(), scores_of(loop, words, kept.numbers, seed=seed), strict=True
    ):
        driver = addresses[0] if len(addresses) == 1 else word
        title = title_of(driver)
        rank = ranks(scores)
        for name, correlation in _correlations(ranked, some, values, rank=rank, scores=scores):
            if abs(correlation) > least:
                matter[name].append(Driver(driver, title, correlation))
    return {
        name: tuple(sorted(x, key=lambda one: (-(one.correlation**2), one.address))[:MATTER])
        for name, x in matter.items()
    }


def _correlations(
    ranked: Mapping[str, Array],
    some: Mapping[str, Array],
    values: Mapping[str, Array],
    *,
    rank: Array,
    scores: Array,
) -> Iterator[tuple[str, float]]:
    """Of each figure its rank correlation with an input."""
    for name, of_figure in ranked.items():
        yield name, _within_1(of_figure * rank)
    for name, has_number in some.items():
        yield name, _within_1(ranks(values[name][has_number]) * ranks(scores[has_number]))


def _within_1(products: Array) -> float:
    """Their sum, without what rounding adds to 1."""
    return float(np.clip(products.sum(), -1.0, 1.0))
