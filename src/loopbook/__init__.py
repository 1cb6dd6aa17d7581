"""Loopbook keeps the books of a closed battery loop.

One mass balance, seen as what happened, what should happen, what is planned and what may be
claimed. This package root holds nothing but the version; every room is imported by name::

    >>> import loopbook
    >>> loopbook.__version__.count(".")
    2
"""

__version__ = "0.1.0"

__all__ = ["__version__"]
