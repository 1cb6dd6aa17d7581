"""SQLite's errors in the book's words, and the version of a book's file."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loopbook.errors import BalanceError, InputError, LoopbookError, StorageError

REFUSALS = (sqlite3.Error, UnicodeDecodeError)
"""Errors of SQLite; the latter comes from the bytes of a damaged file."""


def version_of(link: sqlite3.Connection, path: Path) -> str:
    """The version of a book's tables."""
    try:
        row = link.execute("SELECT value FROM book WHERE key = 'version'").fetchone()
    except REFUSALS as error:
        raise InputError.of("file", str(path), "a book of Loopbook", str(error)) from error
    return "none" if row is None else str(row[0])


@contextmanager
def explaining(path: Path) -> Iterator[None]:
    """Raise SQLite's errors as ours."""
    try:
        yield
    except REFUSALS as error:
        raise explained(path, error) from error


def explained(path: Path, error: Exception) -> LoopbookError:
    """Our error for one of SQLite's."""
    if isinstance(error, sqlite3.IntegrityError):
        return BalanceError(f"{path.name}: the database refused the event: {error}")
    return StorageError(f"{path}: {error}; nothing was posted")
