"""Open, migrate or mend a book's storage by its address: a file, or ``postgresql://...``.

The module of a server is imported only where one is named, because it needs psycopg.
"""

from collections.abc import Sequence
from pathlib import Path

from loopbook.book.nouns import SUBSTANCES
from loopbook.book.storage.address import check_address, is_server
from loopbook.book.storage.protocol import Store
from loopbook.errors import InputError


def open_store(
    address: Path | str, *, create: bool = False, substances: Sequence[str] = SUBSTANCES
) -> Store:
    """Open, migrate or mend a book's storage by its address: a file, or ``postgresql://...``.

    The module of a server is imported only where one is named, because it needs psycopg.
    """
    check_address(address)
    if is_server(address):
        try:
            from loopbook.book.storage.postgres.store import PostgresStore
        except ModuleNotFoundError as error:
            if error.name != "psycopg":
                raise
            raise InputError.of(
                "missing",
                "PostgreSQL",
                "the package psycopg",
                "none",
                hint="pip install 'loopbook[postgres]'",
            ) from error
        return PostgresStore(str(address), create=create, substances=substances)
    from loopbook.book.storage.sqlite.store import SqliteStore

    return SqliteStore(address, create=create, substances=substances)


def migrate(address: Path | str) -> str:
    """Bring a book to this version; returns the version that it had, which may be this one.

    Parameters
    ----------
    address : a file, or ``postgresql://...`` as the owner of its tables.

    Raises
    ------
    InputError : no book, or one of a version that is not known here.
    StorageError : its rows do not fit; the book is as it was.
    """
    check_address(address)
    if is_server(address):
        from loopbook.book.storage.postgres.migration import migrate_server

        return migrate_server(str(address))
    from loopbook.book.storage.sqlite.migration import migrate_file

    return migrate_file(Path(address))


def rebuild_edges(address: Path | str) -> int:
    """Derive the edges of a book again from its postings; returns their number.

    For a book whose edges were damaged: nothing else of it changes, and all of it happens or
    nothing.

    Parameters
    ----------
    address : a file, or ``postgresql://...`` as the owner of its tables.

    Raises
    ------
    InputError : no book of this version.
    """
    check_address(address)
    if is_server(address):
        from loopbook.book.storage.postgres.migration import rebuild_edges_on_server

        return rebuild_edges_on_server(str(address))
    from loopbook.book.storage.sqlite.migration import rebuild_edges_in_file

    return rebuild_edges_in_file(Path(address))
