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
    claims = stacked(asked, draws)
    shares = np.zeros((len(limits), len(asked), draws))
    for k, limit in enumerate(limits):
        for i, part in limit.shares.items():
            shares[k, i] = part
    counted = shares > 0
    left = stacked([limit.there for limit in limits], draws)
    taken, open_, level = np.zeros_like(claims), claims > 0, np.zeros(draws)
    for _ in range(len(limits) + 1):
        rates = np.einsum("lid,id->ld", shares, claims * open_)
        rises = np.where(rates > 0, left / np.where(rates > 0, rates, 1.0), np.inf)
        rise = np.maximum(np.minimum(1.0 - level, rises.min(axis=0, initial=np.inf)), 0.0)
        taken += open_ * claims * rise
        level += rise
        left = np.maximum(left - rise * rates, 0.0)
        binds = (rises <= rise) & (rates > 0)
        open_ &= ~(binds[:, None] & counted).any(axis=0)
        if not open_.any() or (level >= 1.0).all():
            break
    return list(taken)


def stacked(rows: Sequence[Array], draws: int) -> Array:
    """Rows of shape (1,) or (draw,) as one array, (row, draw)."""
    whole = np.empty((len(rows), draws))
    for k, row in enumerate(rows):
        whole[k] = row
    return whole
