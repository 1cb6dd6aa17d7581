"""Scenarios of a loop: each number with a range becomes an array of draws."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.draws.changing import with_numbers
from loopbook.loop.draws.quantiles import BLOCK, correlated, drawn, number_of_point, scores
from loopbook.loop.loop import Loop
from loopbook.loop.nouns.facts import Law
from loopbook.loop.values.quantity import Months, Quantity, Series
from loopbook.loop.values.refused import Flags, require_draws
from loopbook.matter import atomic_weights, component_names
from loopbook.tables import Array

METALS = "metal prices"
"""The word of series that price an element or compound and have none of their own."""


@dataclass(frozen=True)
class Sample:
    """A loop in scenarios.

    Parameters
    ----------
    loop : with draws in place of its numbers; a walk of it has all of them.
    numbers : of the draws.
    cut : by address, draws whose number in force was cut at what its column allows, (draw,).
    words : by the word of a draw, addresses of the numbers in force that it moves; what has one
        value in all draws is moved by none.
    """

    loop: Loop
    numbers: Sequence[int]
    cut: Mapping[str, Flags]
    words: Mapping[str, tuple[str, ...]]


def sample(loop: Loop, draws: int | Sequence[int], *, seed: int) -> Sample:
    """Draw the numbers of a loop that have a range.

    Low, value and high are the 5 %, 50 % and 95 % points. A row of ``series`` has one quantile for
    all its columns. Numbers with the same word in `moves` have the same quantile, and so have
    numbers from one row of the data library, and prices of metals that have no word of their own.
    The law is a split normal unless ``laws`` has a row for the word.

    Parameters
    ----------
    draws : how many, or their numbers.
    seed : of the draws; with it each draw is the same, however many there are.

    Raises
    ------
    InputError : no draw is asked for.
    DrawsError : some draws are infinite.
    """
    numbers = range(draws) if isinstance(draws, int) else draws
    if not numbers or min(numbers) < 0:
        raise InputError.of("range", "sample", "1 draw or more, numbered from 0", str(draws))
    sampler = _Sampler(loop, np.array(numbers), seed)
    in_force = with_numbers(replace(loop, quantities={}), sampler.change, len(numbers))
    words = {word: tuple(addresses) for word, addresses in sampler.words.items()}
    cut = set(sampler.cut)
    quantities = {address: sampler.quantity(x) for address, x in loop.quantities.items()}
    cut |= sampler.cut.keys() & quantities.keys()  # prices; the others are of rows that are off
    whole = replace(in_force, quantities=quantities)
    return Sample(whole, numbers, {x: sampler.cut[x] for x in sampler.cut if x in cut}, words)


def scores_of(
    loop: Loop, words: Iterable[str], draws: Sequence[int], *, seed: int
) -> Iterator[Array]:
    """By word a number of each draw that rises with what it moves, (draw,).

    It is the standard normal score; of ``one of`` the number of the point, 0..2.
    """
    sampler = _Sampler(loop, np.array(draws), seed)
    for word in words:
        yield sampler.rising(word)


def word_of(number: Quantity | Series) -> str:
    """The word of a number, with which it is drawn: its own, or one that it has by its kind."""
    if number.moves:
        return number.moves
    if isinstance(number, Series):
        is_metal = number.name in atomic_weights() or number.name in component_names()
        is_price = bool(Quantity(unit=number.unit).currency)
        return METALS if is_price and is_metal else f"series/{number.name}"
    return number.source if "/" in number.source else number.address


@dataclass
class _Sampler:
    """What was drawn already.

    Parameters
    ----------
    loop, numbers, seed : see `sample`.
    """

    loop: Loop
    numbers: Months
    seed: int
    cut: dict[str, Flags] = field(default_factory=dict)
    words: dict[str, dict[str, None]] = field(default_factory=dict)
    _scores: dict[str, Array] = field(default_factory=dict)
    _series: dict[str, Series] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Find the laws by their words."""
        self._laws = {law.moves: law for law in self.loop.laws}

    def change(self, number: Quantity | Series) -> Quantity | Series:
        """A number with its draws."""
        return self.series(number) if isinstance(number, Series) else self.quantity(number)

    def quantity(self, number: Quantity) -> Quantity:
        """A number, or a series in its place, with its draws."""
        if number.series is not None:
            row = self.series(number.series)
            if row.draws is not None:
                self._count(number, row.draws)
            return number if row.draws is None else replace(number, series=row)
        if number.low is None and number.high is None:
            return number
        value = number.number
        low, high = (value if x is None else x for x in (number.low, number.high))
        word = word_of(number)
        points = [np.asarray(x) for x in (low, value, high)]
        draws = self._drawn(word, number.address, points, where=number.where)
        self._count(number, draws[None])
        return replace(number, draws=np.clip(draws, number.least, number.most))

    def series(self, row: Series) -> Series:
        """A row of series with its draws, (column, draw)."""
        if row.limits is None:
            return row
        if row.name not in self._series:
            word = word_of(row)
            value = [math.nan if x is None else x for x in row.line.numbers]
            points = [np.array(x)[:, None] for x in (row.limits[0], value, row.limits[1])]
            draws = self._drawn(word, f"series/{row.name}", points, where=row.where)
            self._series[row.name] = replace(row, draws=draws)
        return self._series[row.name]

    def rising(self, word: str) -> Array:
        """Scores of a word, or of ``one of`` numbers of the points."""
        law = self._law(word)
        scores = self._of_word(law)
        return number_of_point(scores, law.weights) if law.law == "one of" else scores

    def _law(self, word: str) -> Law:
        return self._laws.get(word, Law(moves=word))

    def _drawn(self, word: str, address: str, points: list[Array], *, where: str) -> Array:
        law = self._law(word)
        if not all(np.array_equal(x, points[1], equal_nan=True) for x in points[::2]):
            self.words.setdefault(word, {})[address] = None
        with np.errstate(over="ignore"):
            draws = drawn(points, self._of_word(law), law.law, law.weights)
        require_draws(~np.isinf(draws), "not-finite", where, "a finite number", found="inf")
        return draws

    def _of_word(self, law: Law) -> Array:
        """Standard normal scores of a word, with those of the word that it moves with."""
        if law.moves not in self._scores:
            blocks = self.numbers // BLOCK
            own = np.zeros(len(blocks))
            for block in np.unique(blocks):
                here = blocks == block
                own[here] = scores(self.seed, law.moves, block)[self.numbers[here] % BLOCK]
            if law.with_:
                other = self._of_word(self._law(law.with_))
                own = correlated(other, own, law.correlation)
            self._scores[law.moves] = own
        return self._scores[law.moves]

    def _count(self, number: Quantity, draws: Array) -> None:
        """Note draws that are cut at what the column of a number allows."""
        is_cut = (draws != np.clip(draws, number.least, number.most)).max(axis=0)
        if is_cut.any():
            self.cut[number.address] = is_cut
