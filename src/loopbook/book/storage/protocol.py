"""What a book needs of its storage: a database that can plan and write a batch of commands.

SQLite is in `sqlite`, PostgreSQL in `postgres`; `open_store` in `open` chooses by the address.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from loopbook.book.commands.command import Command
from loopbook.book.storage.database import Database
from loopbook.book.storage.known import Nouns
from loopbook.book.storage.session import Session

T = TypeVar("T")


class Store(Database, Protocol):
    """A book's tables, in a file or on a server.

    `address` opens it again from another process.
    `gapless` is whether events are numbered 1, 2, 3, ... in the order of recording.
    `slack_us` is how long before the last event another one may have been recorded that comes in
    only now: the clients of a server plan beside one another.
    """

    address: str
    gapless: bool
    slack_us: int

    def transact(self, batch: Sequence[Command], work: Callable[[Session], T]) -> T:
        """Run `work` with the book in a writing transaction: all of it is kept, or none.

        Parameters
        ----------
        batch : what `work` will post, so that it can be read and locked in one go.
        work : gets the book. May be called again when the database had to give up an attempt,
            so it must change nothing but the session.
        """

    def nouns(self) -> Nouns:
        """Parties, sites, materials, periods and substances as they are now."""

    def settle(self, recorded_at: int) -> None:
        """Wait until all that was recorded by a moment is in the book, or never will be.

        An answer as of that moment then never changes, if the moment is not after now.

        Raises
        ------
        StorageError : inside a snapshot that did not wait for it.
        """

    def snapshot(self, recorded_at: int | None = None) -> AbstractContextManager[None]:
        """Reads and snapshots inside see the book at one moment, while others may post.

        Parameters
        ----------
        recorded_at : what was recorded by then is in it; see `settle`.
        """

    def damage(self) -> Iterable[str]:
        """Damage of the storage itself: pages, indexes, the database's own checks.

        The check may run beside other work from the call on; it ends when the answers are read.
        """

    def place_leaves(self) -> int:
        """Give places in the Merkle log to all committed events that have none.

        Places follow the order of recording. Returns the number of leaves.
        """

    def close(self) -> None:
        """Close the connection."""
