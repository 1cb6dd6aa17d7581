"""Rank correlations (Spearman) of inputs with figures over draws."""

import math
from statistics import NormalDist

import numpy as np

from loopbook.tables import Array


def ranks(values: Array) -> Array:
    """Ranks of numbers, equal ones with the mean of theirs, as deviations of unit length, (draw,).

    Numbers are equal where they are to ten digits of the largest. If all are, they have no ranks,
    and are 0.

    >>> ranks(np.array([3.0, 1.0, 1.0])).round(4).tolist()
    [0.8165, -0.4082, -0.4082]
    >>> ranks(162.0 + np.array([0.0, 3e-14])).tolist()
    [0.0, 0.0]
    """
    rounded = np.round(values / (np.abs(values).max(initial=0.0) or 1.0), 10)
    _, place, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    mean = np.cumsum(counts) - (counts + 1) / 2.0
    deviations = mean[place] - (len(values) - 1) / 2.0
    length = math.sqrt(float((deviations**2).sum()))
    return np.asarray(deviations / length if length else np.zeros(len(values)))


def chance(draws: int, inputs: int) -> float:
    """The rank correlation that none of so many inputs reaches by chance, in 95 % of runs.

    Ranks that have nothing to do with each other have a correlation that is nearly normal, with
    mean 0 and deviation ``1 / sqrt(draws - 1)`` (Kendall and Gibbons, Rank Correlation Methods,
    1990, section 4.14); the 5 % are divided among the inputs (Bonferroni).

    >>> round(chance(1000, 100), 3)
    0.11
    """
    if draws < 2 or not inputs:
        return 1.0
    return NormalDist().inv_cdf(1.0 - 0.025 / inputs) / math.sqrt(draws - 1)
