"""A connection to PostgreSQL with a book's settings, and the server's errors in its words."""

import logging
from collections.abc import Sequence
from typing import TypeVar, cast
from urllib.parse import unquote

import psycopg
from psycopg import errors, pq
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8Dumper

from loopbook.book.storage.address import secret_of, shown_address
from loopbook.book.storage.postgres.rows import WholeLoader
from loopbook.errors import BalanceError, InputError, LoopbookError, StorageError

T = TypeVar("T")
SAFE = "posting it again with the same keys is safe and posts nothing twice"

_OLDEST = 150000
_WAIT_S = 60  # nobody waits longer for a lock, or holds one longer without working
_SETUP = f"""
    SELECT set_config('jit', 'off', false), set_config('standard_conforming_strings', 'on', false),
      set_config('client_encoding', 'UTF8', false), set_config('lock_timeout', '{_WAIT_S}s', false),
      set_config('idle_in_transaction_session_timeout', '{_WAIT_S}s', false),
      set_config('synchronous_commit',
        CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
        ELSE current_setting('synchronous_commit') END, false)"""


def connect(address: str) -> psycopg.Connection:
    """A connection that commits durably, counts in bigint, and gives up waiting after a minute."""
    notes = logging.getLogger("psycopg")
    if not notes.handlers:  # else its notes on a lost connection go to stderr beside our error
        notes.addHandler(logging.NullHandler())
    link = None
    try:
        link = psycopg.connect(
            address, autocommit=True, prepare_threshold=0, fallback_application_name="loopbook"
        )
        link.execute(_SETUP)
    except psycopg.Error as error:
        if link is not None:
            link.close()
        reason = _first_line(error)
        if not _is_read_as_meant(address):  # its words may hold a part of the password
            hint = "write / @ : ? # % in a password as %2F %40 %3A %3F %23 %25"
            reason = f"{shown_address(address)} is not read as an address ({hint})"
            raise StorageError(f"no connection: {reason}; nothing was posted") from None
        raise StorageError(f"no connection: {reason}; nothing was posted") from error
    if link.info.server_version < _OLDEST:
        version = str(link.info.server_version // 10000)
        link.close()
        raise InputError.of("version", "server", "PostgreSQL 15 or newer", version)
    link.adapters.register_dumper(int, Int8Dumper)
    link.adapters.register_loader("numeric", WholeLoader)
    return link


def _is_read_as_meant(address: str) -> bool:
    """Whether the server's library reads the text in the password's place as the password."""
    try:
        settings = psycopg.conninfo.conninfo_to_dict(address)
    except psycopg.Error:
        return False
    secret = unquote(secret_of(address))
    return not secret or secret == settings.get("password")


def one_value(link: psycopg.Connection, statement: str, values: Sequence[object], default: T) -> T:
    """The first value of a query's first row, of the type of `default`, which is for no row."""
    row = link.execute(statement.encode(), values or None).fetchone()
    return default if row is None else cast("T", row[0])


def schema_of(link: psycopg.Connection) -> str:
    """Quoted name of the schema that a book is in: the first of the search path."""
    name = one_value(link, "SELECT quote_ident(current_schema())", (), "")
    if not name:
        raise InputError.of(
            "schema", f"database {link.info.dbname}", "a schema in the search path", "none"
        )
    return name


_DONE = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


def ask(link: psycopg.Connection, statements: str) -> PGresult:
    """Send statements as they are, in one round trip; returns the result of the last one.

    This bypasses psycopg's cursors, which cost more than the planning of an event. A signal is
    handled when the server has answered.
    """
    if "\0" in statements:
        raise psycopg.DataError("text of PostgreSQL cannot contain NUL (0x00)")
    result = link.pgconn.exec_(statements.encode())
    if result.status not in _DONE:
        raise errors.error_from_result(result)
    return result


def explained(error: psycopg.Error, where: str, *, lost_in_commit: bool) -> LoopbookError:
    """Our error for one of PostgreSQL's.

    Parameters
    ----------
    where : which book.
    lost_in_commit : whether the connection went away after COMMIT was sent.
    """
    reason = f"{where}: {_first_line(error)}"
    if lost_in_commit:
        lost = "the connection was lost while the batch was being committed"
        return StorageError(f"{reason}; {lost}: it may be posted or not; {SAFE}")
    if isinstance(error, psycopg.IntegrityError):
        return BalanceError(f"{reason}: the database refused the event")
    if isinstance(error, psycopg.DataError):
        return InputError.of("text", where, "values that the server can hold", _first_line(error))
    if isinstance(error, errors.InsufficientPrivilege):
        reason = f"{reason} (the book's owner may do this)"
    return StorageError(f"{reason}; nothing was posted")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
