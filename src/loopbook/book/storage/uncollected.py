"""Work on many rows without the search for circles among objects.

Rows make none. Python looks for some each time that a few hundred tuples are there, and at times
among all objects of the process, which takes longer than reading the rows of a question.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """The collector rests inside; afterwards it is as it was.

    >>> with uncollected():
    ...     gc.isenabled()
    False
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
