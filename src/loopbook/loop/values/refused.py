"""Draws whose numbers do not go together, such as shares of more than the whole."""

import numpy as np

from loopbook.errors import DrawsError

Flags = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
"""Yes or no, the draw last."""


def require_draws(
    good: Flags, code: str, where: str, expected: str, *, found: str = "more"
) -> None:
    """Refuse draws.

    Parameters
    ----------
    good : whether the numbers are allowed, the draw last.
    code, where, expected, found : of the finding.

    Raises
    ------
    DrawsError : some are not.

    >>> require_draws(np.array([True, True]), "sum", "shares.csv:2", "at most 100 %")
    """
    bad = ~good.reshape(-1, good.shape[-1]).min(axis=0)
    if bad.any():
        error = DrawsError.of(code, where, expected, found)
        error.bad = tuple(bad.tolist())
        raise error
