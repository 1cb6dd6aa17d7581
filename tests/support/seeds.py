"""Seeds of generated cases: the same ones on every run, others by ``pytest --seed``."""

from __future__ import annotations

import os

VARIABLE = "LOOPBOOK_TEST_SEED"
"""Variable of the environment that hands the seed to the processes of a run."""


def seeds(*bounds: int) -> range:
    """Seeds in bounds as of `range`, moved by the seed of the run.

    >>> len(seeds(20, 23))
    3
    """
    first = int(os.environ.get(VARIABLE, "0"))
    fixed = range(*bounds)
    return range(first + fixed.start, first + fixed.stop)
