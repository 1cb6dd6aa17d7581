"""How a number is drawn between its 5 % and 95 % points.

The draws of a name depend on the seed and the name alone, and each draw on its number: more draws,
other rows or other parts of the work change none of them.
"""

import math
from collections.abc import Sequence
from hashlib import blake2b
from statistics import NormalDist

import numpy as np

from loopbook.tables import Array

BLOCK = 256
"""Draws that are made, and walked, together."""

_NORMAL = NormalDist()
_POINT = _NORMAL.inv_cdf(0.95)


def scores(seed: int, name: str, block: int) -> Array:
    """Standard normal numbers of a name, shape (`BLOCK`,).

    Parameters
    ----------
    seed, name : of the draws.
    block : number of the block, from 0: draws ``BLOCK * block`` and those after it.

    >>> scores(1, "nickel", 0).shape, bool((scores(1, "nickel", 0) == scores(1, "cobalt", 0)).any())
    ((256,), False)
    """
    digest = blake2b(f"{seed}/{block}/{name}".encode(), digest_size=16).digest()
    raw = np.random.Philox(key=int.from_bytes(digest, "little")).random_raw(BLOCK)
    shares = ((raw >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.array([_NORMAL.inv_cdf(share) for share in shares.tolist()])


def correlated(one: Array, own: Array, rank: float) -> Array:
    """Scores that have a rank correlation with those of another name.

    ``r * one + sqrt(1 - r^2) * own`` with ``r = 2 sin(pi rank / 6)`` of normal numbers.

    >>> correlated(np.array([1.0]), np.array([5.0]), 1.0).round(12).tolist()
    [1.0]
    """
    r = round(2.0 * math.sin(math.pi * rank / 6.0), 12)  # exactly 1 at a rank correlation of 1
    return np.asarray(r * one + math.sqrt(max(1.0 - r * r, 0.0)) * own)


def number_of_point(scores: Array, weights: Sequence[float]) -> Array:
    """0, 1 or 2 for low, value or high: which of them a score draws by their weights.

    >>> number_of_point(np.array([-1.0, 0.0, 1.0]), (0.2, 0.5, 0.3)).tolist()
    [0, 1, 2]
    """
    ends = np.cumsum(weights) / sum(weights)
    return np.minimum(np.searchsorted(ends, _shares(scores), side="right"), 2)


def _shares(scores: Array) -> Array:
    return np.array([_NORMAL.cdf(score) for score in scores.tolist()])


def drawn(points: Sequence[Array], scores: Array, law: str, weights: Sequence[float]) -> Array:
    """Numbers through low, value and high, shape (draw,), or (column, draw) of several points.

    Parameters
    ----------
    points : low, value and high, each of shape () or (column, 1).
    scores : standard normal, shape (draw,).
    law : ``split normal``: each side of the value is half of a normal law; ``lognormal``: so are
        the logarithms; ``uniform``: low and high are the 5 % and 95 % points, and the value does
        not count; ``one of``: the points themselves, with `weights`.

    >>> points = [np.asarray(x) for x in (1.0, 2.0, 4.0)]
    >>> drawn(points, np.array([-1.6448536, 0.0, 1.6448536]), "split normal", ()).round(6).tolist()
    [1.0, 2.0, 4.0]
    """
    if law == "lognormal":
        return np.asarray(np.exp(drawn([np.log(x) for x in points], scores, "", ())))
    if law == "one of":
        number = number_of_point(scores, weights)
        low, value, high = points
        return np.asarray(np.where(number == 0, low, np.where(number == 1, value, high)))
    if law == "uniform":
        high = (_shares(scores) - 0.05) / 0.9
        parts = [1.0 - high, np.zeros_like(high), high]
    else:
        below, above = np.maximum(-scores, 0.0) / _POINT, np.maximum(scores, 0.0) / _POINT
        low, value, high = points
        return np.asarray(value + (low - value) * below + (high - value) * above)
    return np.asarray(sum(point * part for point, part in zip(points, parts, strict=True)))
