"""One connection to a book's tables, by the few calls that the book needs of it.

SQLite is in `sqlite`, PostgreSQL in `postgres`; both speak this protocol.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from loopbook.book.nouns import Account

T = TypeVar("T")
_AT_ONCE = 256  # values in one list


class Database(Protocol):
    """One connection, by the few calls that the book needs; ``?`` marks a parameter."""

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a query."""
        ...

    def write(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""
        ...

    def insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table of the schema, with values of all its columns in their order."""
        ...

    def open_accounts(self, accounts: Sequence[Account]) -> Mapping[Account, int]:
        """Numbers of accounts; new ones are opened. They come sorted."""
        ...

    def declare(self, substance: str, after: Sequence[str]) -> None:
        """Add a substance's columns; `after` are all substances with it."""
        ...

    def lock(self, lots: Sequence[str]) -> None:
        """Lock lots, in sorted order, where others may write at the same time."""
        ...

    def lock_load(self, site: str, hazard: str) -> None:
        """Lock what a site holds of a hazard class, where others may write at the same time."""
        ...


def first_value(db: Database, sql: str, values: Sequence[Any] = ()) -> Any:
    """The first value of a query's first row; None if there is no row."""
    rows = db.rows(sql, values)
    return rows[0][0] if rows else None


def in_lists(values: Sequence[T]) -> Iterator[tuple[list[T], str]]:
    """Values for ``IN (...)``, some hundred at a time, with the marks of their places.

    The last value fills up the places to a power of two, so that a database has few statements to
    keep ready.

    >>> list(in_lists(["A", "B", "C"]))
    [(['A', 'B', 'C', 'C'], '?, ?, ?, ?')]
    """
    for first in range(0, len(values), _AT_ONCE):
        some = list(values[first : first + _AT_ONCE])
        some += some[-1:] * ((1 << (len(some) - 1).bit_length()) - len(some))
        yield some, ", ".join("?" * len(some))


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
