"""One connection to a book's tables, by the few calls that the book needs of it.

SQLite is in `sqlite`, PostgreSQL in `postgres`; both speak this protocol.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeAlias, TypeVar

from loopbook.book.nouns import Account

T = TypeVar("T")
Value: TypeAlias = int | str | bytes | None
"""What a column holds, or a parameter of a query."""
RowT = TypeVar("RowT", bound=tuple[object, ...])
"""A row of a query: the code that asks it states the types of its columns."""


class Database(Protocol):
    """One connection, by the few calls that the book needs; ``?`` marks a parameter.

    `at_once` limits the values in one list of a query, `id_bytes` is the length of `id` in bytes.
    """

    at_once: int
    id_bytes: str

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[RowT]:
        """Run a query."""

    def write(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each row of values."""

    def insert(self, table: str, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows to a table of the schema, with values of all its columns in their order."""

    def open_accounts(self, accounts: Sequence[Account]) -> Mapping[Account, int]:
        """Numbers of accounts; new ones are opened. They come sorted."""

    def declare(self, substance: str, after: Sequence[str]) -> None:
        """Add a substance's columns; `after` are all substances with it."""

    def lock(self, lots: Sequence[str]) -> None:
        """Lock lots, in sorted order, where others may write at the same time."""

    def lock_load(self, site: str, hazard: str) -> None:
        """Lock what a site holds of a hazard class, where others may write at the same time."""

    def lock_all(self) -> None:
        """Have nobody else write, where others may write at the same time."""


def first_value(db: Database, sql: str, values: Sequence[Value], default: T) -> T:
    """The first value of a query's first row, of the type of `default`, which is for no row."""
    rows: list[tuple[T]] = db.rows(sql, values)
    return rows[0][0] if rows else default


def first_column(db: Database, sql: str, values: Sequence[Value] = ()) -> list[T]:
    """The first value of each row of a query."""
    rows: list[tuple[T]] = db.rows(sql, values)
    return [row[0] for row in rows]


def in_lists(values: Sequence[T], at_once: int) -> Iterator[tuple[list[T], str]]:
    """Values for ``IN (...)``, some at a time, with the marks of their places.

    The last value fills up the places to a power of two, so that a database has few statements to
    keep ready.

    >>> list(in_lists(["A", "B", "C"], at_once=256))
    [(['A', 'B', 'C', 'C'], '?, ?, ?, ?')]
    """
    for first in range(0, len(values), at_once):
        some = list(values[first : first + at_once])
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
