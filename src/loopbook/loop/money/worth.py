"""What dated cash is worth: its present value, its internal rate of return, and its payback."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from loopbook.tables import Array

_LEAST, _MOST = -0.99, 100.0
"""Interest of a year between which a rate of return is looked for."""

_HALVINGS = 80


@dataclass(frozen=True)
class Flows:
    """Cash of a party, the earliest first; what falls at one moment is one flow.

    Parameters
    ----------
    years : of each flow, from the day to which it is discounted, shape (flow,).
    money : received less paid, shape (flow, draw).
    rates : interest of a year at which each is discounted, shape (flow, 1) or (flow, draw).
    """

    years: Array
    money: Array
    rates: Array

    def present_value(self) -> Array:
        """``sum money / (1 + rate) ** years``, (draw,)."""
        return np.asarray((self.money / (1.0 + self.rates) ** self.years[:, None]).sum(axis=0))

    def rate_of_return(self) -> Array:
        """Interest of a year at which the present value is nothing, (draw,); NaN where none is.

        There is one where cash is paid first and changes its sign once (Descartes), or where its
        balance, the cash added up, does so and ends above zero (Norstrom 1972). Otherwise there is
        none, or there may be several.
        """
        moments, whole = self._by_moment()
        good = (_turns(whole) == 1) & (_first(whole) < 0.0)
        balance = np.cumsum(whole, axis=0)
        good |= (_turns(balance) == 1) & (_first(balance) < 0.0)
        low, high = (np.full(whole.shape[1], np.log1p(x)) for x in (_LEAST, _MOST))
        years = (moments - moments[0])[:, None]
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            is_above = (whole * np.exp(-middle * years)).sum(axis=0) > 0.0
            low, high = np.where(is_above, middle, low), np.where(is_above, high, middle)
        inside = good & (high < np.log1p(_MOST)) & (low > np.log1p(_LEAST))
        return np.where(inside, np.expm1((low + high) / 2.0), np.nan)

    def payback(self) -> Array:
        """Years from the first outlay until the cash, added up, stays above zero, (draw,).

        Between two moments the balance is a straight line. 0 where it is never below zero, NaN
        where it is so at the end.
        """
        moments, whole = self._by_moment()
        balance = np.cumsum(whole, axis=0)
        is_below = balance < 0.0
        draws = np.arange(whole.shape[1])
        last = len(moments) - 1 - np.argmax(is_below[::-1], axis=0)
        after = np.minimum(last + 1, len(moments) - 1)
        start = moments[np.argmax(is_below, axis=0)]
        before, later = balance[last, draws], balance[after, draws]
        share = -before / np.where(later > before, later - before, 1.0)
        years = moments[last] + share * (moments[after] - moments[last]) - start
        return np.where(is_below.any(axis=0), np.where(is_below[-1], np.nan, years), 0.0)

    def _by_moment(self) -> tuple[Array, Array]:
        """Moments, and the money of each, (moment, draw)."""
        moments, places = np.unique(self.years, return_inverse=True)
        whole = np.zeros((max(len(moments), 1), self.money.shape[1]))
        np.add.at(whole, places, self.money)
        return (moments if len(moments) else np.zeros(1)), whole


def _signs(money: Array) -> Array:
    """Signs of money by moment, of none and of rounding that of the moment before."""
    least = 1e-9 * np.abs(money).max(axis=0)
    signs = np.sign(np.where(np.abs(money) > least, money, 0.0))
    for before, sign in pairwise(signs):
        sign[:] = np.where(sign == 0.0, before, sign)
    return signs


def _turns(money: Array) -> Array:
    """How often money changes its sign, (draw,)."""
    signs = _signs(money)
    return np.asarray((signs[1:] * signs[:-1] < 0.0).sum(axis=0))


def _first(money: Array) -> Array:
    """The sign of the first money, (draw,)."""
    signs = _signs(money)
    return np.asarray(signs[np.argmax(signs != 0.0, axis=0), np.arange(signs.shape[1])])
