"""Places for one book: a file, or a schema of the tests' own server."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loopbook.book.book import Book

if TYPE_CHECKING:
    from support.postgres_server import Server

_SCHEMAS = itertools.count(1)


@dataclass(slots=True)
class Shelf:
    """A place for one book, in one of the stores.

    Parameters
    ----------
    kind : ``sqlite`` or ``postgres``.
    address : for `Book`.
    owner : address for the role that may change the tables.
    schema : on PostgreSQL, the book's.
    """

    kind: str
    address: str
    owner: str
    _direct: Callable[[], Any]
    schema: str = ""
    _admit: Callable[[], None] = lambda: None

    def new(self, **settings: Any) -> Book:
        """Make the book; on PostgreSQL it is then opened by a role that may only post."""
        if self.kind == "sqlite":
            return Book(self.address, create=True, **settings)
        made = Book(self.owner, create=True, **settings)
        made.close()
        self._admit()
        return self.open(**settings)

    def open(self, **settings: Any) -> Book:
        """Open it again."""
        settings.pop("substances", None)
        return Book(self.address, **settings)

    def as_owner(self, **settings: Any) -> Book:
        """Open it as its owner, who may add a substance."""
        return Book(self.owner, **settings)

    def direct(self) -> Any:
        """A connection of the poster's, beside the book; commits each statement."""
        return self._direct()


def sqlite_shelf(folder: Path) -> Shelf:
    """A shelf for a file."""
    path = str(folder / "book.sqlite")

    def direct() -> sqlite3.Connection:
        link = sqlite3.connect(path, isolation_level=None)
        link.execute("PRAGMA foreign_keys = ON")
        return link

    return Shelf("sqlite", path, path, direct)


def postgres_shelf(server: Server) -> Shelf:
    """A shelf in a schema of its own."""
    schema = f"book{next(_SCHEMAS)}"
    with server.connect() as link:
        link.execute(f"CREATE SCHEMA {schema}".encode())
    return Shelf(
        "postgres",
        server.url(schema, "poster"),
        server.url(schema),
        lambda: server.connect(schema, "poster"),
        schema,
        lambda: server.admit(schema),
    )
