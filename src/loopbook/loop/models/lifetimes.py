"""Lifetimes: what stays in use and what leaves it, by the spans in which it came.

Time is in spans of one length: months in a loop. What comes in a span comes in its middle, so that
a step of twelve months is the sum of its months. With ``S(a)`` the share that is in use longer than
``a`` (its law), of what came in span ``m`` the share ``S(n - m - 1/2)`` is in use at the start of
span ``n``. A part that a normal law has below zero leaves in the span in which it came.

These are the inflow-driven and the stock-driven model of dynamic material flow analysis, as in ODYM
(S. Pauliuk, N. Heeren, J. Ind. Ecol. 2020) and flodym, with which `bench/fleet.py` compares them.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loopbook.tables import Array

Whole = NDArray[np.int64]

_erfc = np.vectorize(math.erfc, otypes=[np.float64])


def surviving(law: str, shape: float | Array, time: Array, ages: Array) -> Array:
    """Share that is in use longer than some ages, shape (age, draw).

    Parameters
    ----------
    law : ``fixed``: all until `time`. ``weibull``: ``exp(-(a / time) ** shape)``. ``normal`` and
        ``lognormal``: `time` is the mean and ``shape * time`` the standard deviation.
    shape : see `law`; without effect on a fixed lifetime.
    time : shape (draw,), in spans.
    ages : shape (age,), in spans.

    >>> surviving("weibull", 1.0, np.array([2.0]), np.array([0.0, 2.0])).round(4).ravel().tolist()
    [1.0, 0.3679]
    """
    age = np.maximum(ages, 0.0)[:, None]
    if law == "fixed":
        return np.asarray((age < time).astype(np.float64))
    if law == "weibull":
        return np.asarray(np.exp(-((age / time) ** shape)))
    if law == "normal":
        distance = (age / time - 1.0) / shape
    else:
        width = np.sqrt(np.log1p(np.square(shape)))
        with np.errstate(divide="ignore"):
            distance = np.log(age / time) / width + width / 2.0
    return np.asarray(_erfc(distance / math.sqrt(2.0)) / 2.0)


@dataclass(frozen=True, slots=True)
class Staying:
    """What stays in use, by age.

    Parameters
    ----------
    summed : sums of the shares in use at ages 1/2, 3/2, ..., shape (spans + 1, draw).
    """

    summed: Array

    @classmethod
    def of(cls, law: str, shape: float | Array, time: Array, spans: int) -> "Staying":
        """By a law of lifetimes, up to an age of so many spans; see `surviving`."""
        shares = surviving(law, shape, time, np.arange(spans, dtype=np.float64) + 0.5)
        return cls(np.concatenate([np.zeros((1, shares.shape[1])), np.cumsum(shares, axis=0)]))

    def own(self, spans: int) -> Array:
        """Share in use at the end of a step of what came evenly in it, shape (draw,)."""
        own: Array = self.summed[spans] / spans
        return own


@dataclass(frozen=True, slots=True)
class InUse:
    """Goods in use, by the steps in which they came.

    Parameters
    ----------
    bounds : first span of every step that there is, and the end of the last, shape (steps + 1,).
    length : spans of a step where all are alike; 0 where they differ.
    change : by how much more came a span in each of the steps that have passed than in the step
        before, and in the next one if nothing comes, shape (passed + 1, component, draw).
    stock : what is in use, shape (component, draw).
    """

    bounds: Whole
    length: int
    change: Array
    stock: Array

    @classmethod
    def none(cls, bounds: Whole, components: int) -> "InUse":
        """Nothing in use before the first step."""
        lengths = np.diff(bounds)
        even = int(lengths[0]) if (lengths == lengths[0]).all() else 0
        return cls(bounds, even, np.zeros((1, components, 1)), np.zeros((components, 1)))

    def remaining(self, staying: Staying) -> Array:
        """What of it is in use at the end of the next step, shape (component, draw)."""
        passed = len(self.change)
        if self.length:
            sums = staying.summed[passed * self.length : 0 : -self.length]
        else:
            sums = staying.summed.take(self.bounds[passed] - self.bounds[:passed], axis=0)
        return np.asarray(np.einsum("jcd,jd->cd", self.change, sums))

    @property
    def spans(self) -> int:
        """Spans of the next step."""
        passed = len(self.change)
        return self.length or int(self.bounds[passed] - self.bounds[passed - 1])

    def after(self, came: Array, stock: Array) -> "InUse":
        """Goods in use after a step.

        Parameters
        ----------
        came, stock : what came evenly in the step, and all that is in use at its end, each of
            shape (component, draw).
        """
        passed, components, draws = self.change.shape
        change = np.empty((passed + 1, components, max(draws, came.shape[1])))
        rate = came / self.spans
        change[:-1] = self.change
        change[-2] += rate
        change[-1] = -rate
        return InUse(self.bounds, self.length, change, stock)


def step_by_sales(used: InUse, staying: Staying, came: Array) -> tuple[InUse, Array]:
    """The inflow-driven model: goods in use after a step, and what left, (component, draw).

    Parameters
    ----------
    used, staying : goods in use, and what stays of goods by age.
    came : what comes evenly in the step, shape (component, draw).

    >>> year, cars = Staying.of("fixed", 0.0, np.array([12.0]), 24), np.ones((1, 1))
    >>> used, _ = step_by_sales(InUse.none(np.array([0, 12, 24]), 1), year, cars)
    >>> step_by_sales(used, year, cars)[1]
    array([[1.]])
    """
    own = staying.own(used.spans)
    stock = used.remaining(staying) + own * came
    return used.after(came, stock), used.stock + came - stock


def step_by_stock(used: InUse, staying: Staying, stock: Array) -> tuple[InUse, Array, Array]:
    """The stock-driven model of one component: goods in use after a step, what came, what left.

    ``came = (stock - remaining) / share in use of what comes``, nothing where more remains.

    Parameters
    ----------
    used, staying : see `step_by_sales`.
    stock : at the end of the step, shape (draw,).
    """
    own = staying.own(used.spans)
    remaining = used.remaining(staying)
    came = np.maximum(stock - remaining, 0.0) / own
    held = remaining + own * came
    return used.after(came, held), came, used.stock + came - held
