"""Claims of one rank on what there is: equal ones are cut by the same fraction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.tables import Array


@dataclass(frozen=True, slots=True)
class Limit:
    """What some claims may take together.

    Parameters
    ----------
    there : tonnes, shape (draw,).
    shares : share of a claim's tonnes that counts here, by its number, shape (draw,).
    """

    there: Array
    shares: Mapping[int, Array | float]


def filled(asked: Sequence[Array], limits: Sequence[Limit]) -> list[Array]:
    """What each claim gets, in tonnes, shape (draw,).

    All get the same fraction of what they ask, until a limit is reached; those that it does not
    bind share what is left, again by one fraction.

    >>> a, b = np.array([100.0]), np.array([50.0])
    >>> source = Limit(np.array([100.0]), {0: 1.0, 1: 1.0})
    >>> [float(x[0]) for x in filled([a, b], [source, Limit(np.array([40.0]), {0: 1.0})])]
    [40.0, 50.0]
    """
    if len(asked) == 1:
        taken = asked[0]
        for limit in limits:
            share = np.asarray(limit.shares[0])
            most = np.where(share > 0, limit.there / np.where(share > 0, share, 1.0), np.inf)
            taken = np.minimum(taken, most)
        return [np.maximum(taken, 0.0)]
    draws = max(len(x) for x in (*asked, *(limit.there for limit in limits)))
    claims = np.array([np.broadcast_to(x, draws) for x in asked])
    taken, open_ = np.zeros_like(claims), claims > 0
    left = [np.broadcast_to(limit.there, draws).astype(np.float64) for limit in limits]
    level = np.zeros(draws)
    for _ in range(len(limits) + 1):
        rates = [
            np.sum([share * claims[i] * open_[i] for i, share in limit.shares.items()], axis=0)
            for limit in limits
        ]
        rises = [
            np.where(rate > 0, there / np.where(rate > 0, rate, 1.0), np.inf)
            for rate, there in zip(rates, left, strict=True)
        ]
        rise = np.maximum(np.min([1.0 - level, *rises], axis=0), 0.0)
        taken += open_ * claims * rise
        level += rise
        for k, limit in enumerate(limits):
            left[k] = np.maximum(left[k] - rise * rates[k], 0.0)
            for i in limit.shares:
                open_[i] &= (rises[k] > rise) | (rates[k] <= 0)
        if not open_.any():
            break
    return list(taken)
