"""What a book needs of a database: the one protocol between the book and its storage.

`Database` is a connection: queries, inserts, accounts, locks. `Store` is a `Database` that can run
the planning of a batch of commands inside a transaction. SQLite is in `sqlite`, PostgreSQL in
`postgres`; `open_store` chooses by the address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from loopbook.book.commands import records as c
from loopbook.book.commands.draft import moment_at
from loopbook.book.nouns import SUBSTANCES, Account, Event
from loopbook.errors import Finding, InputError

if TYPE_CHECKING:
    from loopbook.book.storage.session import Nouns, Session


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

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Add rows to a table of the schema."""
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


class Store(Database, Protocol):
    """A book's tables, in a file or on a server.

    `address` opens it again from another process.
    `gapless` says whether events are numbered 1, 2, 3, ... in the order of recording.
    `slack_us` is how long before the last event another one may have been recorded that comes in
    only now: the clients of a server plan beside one another.
    """

    address: str
    gapless: bool
    slack_us: int

    def transact(self, batch: Sequence[c.Command], work: Callable[[Session], T]) -> T:
        """Run `work` with the book in a writing transaction: all of it is kept, or none.

        Parameters
        ----------
        batch : what `work` will post, so that it can be read and locked in one go.
        work : gets the book. May be called again when the database had to give up an attempt,
            so it must change nothing but the session.
        """
        ...

    def append(self, events: Sequence[Event]) -> list[int]:
        """Post events that a planner made before: all of them or none. Returns their numbers.

        Nobody looks at holds, owners or names again; the database's own checks hold: legs that sum
        to zero, no lot below zero, closed periods, keys that were used before. What was recorded
        before the last event, by more than `slack_us`, is refused: plan it again.
        """
        ...

    def nouns(self) -> Nouns:
        """Parties, sites, materials, periods and substances as they stand."""
        ...

    def settle(self, recorded_at: int) -> None:
        """Wait until all that was recorded by a moment is in the book, or never will be.

        An answer as of that moment then never changes, if the moment is not after now.

        Raises
        ------
        StorageError : inside a snapshot that did not wait for it.
        """
        ...

    def snapshot(self, recorded_at: int | None = None) -> AbstractContextManager[None]:
        """Reads and snapshots inside see the book at one moment, while others may post.

        Parameters
        ----------
        recorded_at : what was recorded by then is in it; see `settle`.
        """
        ...

    def damage(self) -> Iterable[str]:
        """What is wrong with the storage itself: pages, indexes, the database's own checks.

        The check may run beside other work from the call on; it is over when the answers are read.
        """
        ...

    def place_leaves(self) -> int:
        """Give places in the Merkle log to all committed events that have none.

        Places follow the order of recording. Returns the number of leaves.
        """
        ...

    def close(self) -> None:
        """Close the connection."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch of commands will touch, as far as the commands themselves tell."""

    keys: tuple[str, ...]
    lots: tuple[str, ...]
    materials: frozenset[str]
    reverses: tuple[str, ...]
    states_nouns: bool


_STATING = (
    c.RegisterParty,
    c.RegisterSite,
    c.RegisterMaterial,
    c.AddSubstance,
    c.OpenPeriod,
    c.ClosePeriod,
)


def wanted(batch: Sequence[c.Command]) -> Wanted:
    """What a batch will touch; lots sorted.

    >>> from datetime import UTC, datetime
    >>> hold = c.Hold(key="1", actor="amy", occurred_at=datetime.now(UTC), lot="B", reason="wet")
    >>> wanted([hold]).lots
    ('B',)
    """
    lots: set[str] = set()
    materials: set[str] = set()
    for command in batch:
        for name in ("lot", "sample"):
            value = getattr(command, name, "")
            if value:
                lots.add(value)
        for name in ("inputs_kg", "parts_kg"):
            lots.update(getattr(command, name, ()))
        for output in getattr(command, "outputs", ()):
            lots.add(output.lot)
            materials.add(output.material)
        materials.add(getattr(command, "material", ""))
    return Wanted(
        keys=tuple(command.key for command in batch),
        lots=tuple(sorted(lots)),
        materials=frozenset(materials - {""}),
        reverses=tuple(x.event for x in batch if isinstance(x, c.Reverse)),
        states_nouns=any(isinstance(x, _STATING) for x in batch),
    )


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


def refuse_late(events: Iterable[Event], last: int, slack_us: int) -> None:
    """Refuse events that were recorded too long before others: answers as of then would change.

    Parameters
    ----------
    events : planned before, in the order in which they will be posted.
    last : when the last event of the book was recorded, microseconds since 1970 UTC.
    slack_us : how long before another event one may have been recorded; see `Store`.

    Raises
    ------
    InputError : one was recorded earlier.
    """
    for event in events:
        if not event.recorded_at >= last - slack_us:
            expected, found = (moment_at(x) for x in (last - slack_us, event.recorded_at))
            where, wanted = f"event {event.key}", f"recorded at {expected} or later"
            raise InputError([Finding("order", where, wanted, found, "plan it again")])
        last = max(last, event.recorded_at)


def of_another_version(where: str, expected: int, found: str) -> InputError:
    """That a book cannot be opened, and what helps if it is an older one."""
    older = found.isdigit() and int(found) < expected
    hint = f"loopbook book migrate --book {where}" if older else ""
    return InputError([Finding("version", where, str(expected), found, hint)])


def is_server(address: Path | str) -> bool:
    """Whether an address names a server and not a file.

    >>> is_server("postgresql://db.example/gmbi"), is_server("gmbi.sqlite")
    (True, False)
    """
    return str(address).startswith(("postgresql://", "postgres://"))


def open_store(
    address: Path | str, *, create: bool = False, substances: Sequence[str] = SUBSTANCES
) -> Store:
    """Open a book's storage by its address: a file, or ``postgresql://...``."""
    if is_server(address):
        try:
            from loopbook.book.storage.postgres.store import PostgresStore
        except ModuleNotFoundError as error:
            if error.name != "psycopg":
                raise
            hint = "pip install 'loopbook[postgres]'"
            told = Finding("missing", "PostgreSQL", "the package psycopg", "none", hint)
            raise InputError([told]) from error
        return PostgresStore(str(address), create=create, substances=substances)
    from loopbook.book.storage.sqlite.store import SqliteStore

    return SqliteStore(address, create=create, substances=substances)
