"""A book in one SQLite file: write-ahead log, every commit on disk before it is acknowledged."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, nullcontext
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TypeAlias, TypeVar

from loopbook.book.commands.command import Command
from loopbook.book.nouns import SUBSTANCES, Account
from loopbook.book.storage.database import RowT, Value, first_column, first_value, in_lists
from loopbook.book.storage.known import Nouns, first_substances, read_nouns
from loopbook.book.storage.questions.batch import seen_of
from loopbook.book.storage.schema import VERSION, require_version
from loopbook.book.storage.session import Session
from loopbook.book.storage.sqlite.connection import REFUSALS, explained, explaining, version_of
from loopbook.book.storage.sqlite.schema import declare_in, sqlite_ddl
from loopbook.errors import InputError

T = TypeVar("T")
Latest: TypeAlias = tuple[int, int]
"""Number and time of recording of the last event."""
_Object: TypeAlias = tuple[str, str, str]  # type, name and statement of a table, index or trigger

_WAIT_MS = 10_000
_WAL_PAGES = 4_000  # 8 MB of log, then it is used again: a log that grows costs each commit more
_PAGE_BYTES = 2_048  # a commit changes seven pages, a little of each: the log takes half the bytes
_ACCOUNTS_KEPT = 100_000  # numbers kept at hand: an account's number never changes
_FAMILY = 8  # numbers that the accounts of a lot have side by side
_OBJECTS = "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
_BOUNDARY = "SELECT id FROM account WHERE lot = '' AND kind = ? AND party = ? AND site = ?"


class SqliteStore:
    """A book's file; opens one connection.

    Parameters
    ----------
    path : the file; made with its tables if it is not there and `create` is set.
    create : whether to make a new book.
    substances : substances of a new book.
    """

    at_once = 256
    id_bytes = "length(CAST(id AS BLOB))"
    gapless = True
    slack_us = 0  # one writer at a time

    def __init__(
        self, path: Path | str, *, create: bool = False, substances: Sequence[str] = SUBSTANCES
    ) -> None:
        self.path = Path(path)
        self.address = str(self.path.absolute())
        if not create and not self.path.exists():
            raise InputError.of(
                "file", str(path), "a book", "no such file", hint="make one with loopbook book new"
            )
        if create and self.path.exists() and self.path.stat().st_size:
            raise InputError.of("duplicate", str(path), "a new file", "it exists")
        with explaining(self.path), ExitStack() as undo:
            made = create and _is_first(self.path)
            self._link = sqlite3.connect(self.address, isolation_level=None, cached_statements=512)
            undo.callback(self._give_up, made=made)
            self._link.execute(f"PRAGMA busy_timeout = {_WAIT_MS}")
            self._link.execute("PRAGMA foreign_keys = ON")
            if create:
                self._link.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                self._link.execute("PRAGMA journal_mode = WAL")
            self._link.execute("PRAGMA synchronous = FULL")
            self._link.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
            if create:
                self._make(tuple(substances))
            require_version(str(self.path), version_of(self._link, self.path))
            undo.pop_all()
        self._nouns: tuple[int, Nouns] | None = None
        self._latest: Latest | None = None  # of the version of `_nouns`
        self._numbers: dict[Account, int] = {}

    def _give_up(self, *, made: bool) -> None:
        """Close a file that could not be opened; leave no half of a new one."""
        self._link.close()
        if made:
            self.path.unlink(missing_ok=True)

    def _make(self, substances: tuple[str, ...]) -> None:
        self._link.execute("BEGIN IMMEDIATE")
        for statement in sqlite_ddl(substances):
            self._link.execute(statement)
        settings = {"version": str(VERSION), "substances": json.dumps(substances)}
        self._link.executemany("INSERT INTO book VALUES (?, ?)", settings.items())
        self._link.execute("COMMIT")

    # -- Database

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[RowT]:
        """Run a query."""
        try:
            return self._link.execute(sql, values).fetchall()
        except REFUSALS as error:
            raise explained(self.path, error) from error

    def write(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each row of values."""
        try:
            self._link.executemany(sql, rows)
        except REFUSALS as error:
            raise explained(self.path, error) from error

    def insert(self, table: str, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows to a table, with values of all its columns in their order."""
        if len(rows) == 1:
            self.rows(_insertion(table, len(rows[0])), rows[0])
        elif rows:
            self.write(_insertion(table, len(rows[0])), rows)

    def open_accounts(self, accounts: Sequence[Account]) -> Mapping[Account, int]:
        """Numbers of accounts; new ones are opened."""
        known = self._numbers
        if len(known) > _ACCOUNTS_KEPT:
            known.clear()
        unknown = [account for account in accounts if account not in known]
        siblings = self._find(unknown)
        last = first_value(self, "SELECT coalesce(max(id), 0) FROM account", (), 0)
        highest: dict[int, int] = {}  # numbers of families that got some, by the family
        rows: list[tuple[int, *Account]] = []
        for account in [account for account in unknown if account not in known]:
            number = self._free_number(account.lot, siblings.get(account.lot, 0), last, highest)
            rows.append((number, *account))
            known[account] = siblings[account.lot] = number
            highest[number // _FAMILY] = number
            last = max(last, number)
        self.insert("account", rows)
        return {account: known[account] for account in accounts}

    def _find(self, accounts: Sequence[Account]) -> dict[str, int]:
        """Read the numbers of accounts, where they have one; a number of each lot that has some."""
        lots, siblings = sorted({account.lot for account in accounts} - {""}), dict[str, int]()
        for some, places in in_lists(lots, self.at_once):
            rows: list[tuple[int, str, str, str, str]] = self.rows(
                f"SELECT id, kind, party, site, lot FROM account WHERE lot IN ({places})", some
            )
            self._numbers.update((Account(*names), number) for number, *names in rows)
            siblings.update((row[4], row[0]) for row in rows)
        for account in accounts:
            if not account.lot:
                kind, party, site, _ = account
                number = first_value(self, _BOUNDARY, (kind, party, site), 0)
                self._numbers |= {account: number} if number else {}
        return siblings

    def _free_number(self, lot: str, sibling: int, last: int, highest: Mapping[int, int]) -> int:
        """A number for a new account: beside the lot's others while there is room.

        A move between owners or sites of a lot then changes one page of the balances and one of the
        index of postings, not two.

        Parameters
        ----------
        sibling : number of another account of the lot; 0 if it has none.
        last : the highest number.
        highest : numbers that are given and not written yet, the highest of each family.
        """
        if not lot or not sibling:
            return last // _FAMILY * _FAMILY + _FAMILY if lot else last + 1
        end = sibling // _FAMILY * _FAMILY + _FAMILY
        beside = highest.get(sibling // _FAMILY, 0) + 1
        if beside == 1:
            sql = "SELECT max(id) FROM account WHERE id >= ? AND id < ?"
            beside = first_value(self, sql, (end - _FAMILY, end), sibling) + 1
        return beside if beside < end else last + 1

    def declare(self, substance: str, after: Sequence[str]) -> None:
        """Add a substance's columns, and make the triggers that name substances again."""
        declare_in(self._link, substance, after)

    def lock(self, lots: Sequence[str]) -> None:
        """Nothing to do: a writing transaction has the file for itself."""

    def lock_load(self, site: str, hazard: str) -> None:
        """Nothing to do, as for lots."""

    def lock_all(self) -> None:
        """Nothing to do, as for lots."""

    # -- Store

    def close(self) -> None:
        """Close the file."""
        self._link.close()

    def transact(self, batch: Sequence[Command], work: Callable[[Session], T]) -> T:
        """Run `work` with the book in a writing transaction: all of it is kept, or none."""
        kept = False
        try:
            with self._transaction("BEGIN IMMEDIATE"):
                nouns = self.nouns()
                latest = self._latest or self._read_latest()
                now = time.time_ns() // 1000
                session = Session(self, nouns, count(latest[0] + 1), now, latest[1], latest)
                if len(batch) > 1:
                    session.preload(seen_of(self, nouns.substances, batch))
                result = work(session)
                session.flush()
                self._link.execute("COMMIT")
            kept = True
        finally:
            if not kept:  # what was read is undone, too
                self._nouns = self._latest = None
                self._numbers.clear()
        self._latest = session.latest
        return result

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[None]:
        """A transaction; what is not committed inside is undone."""
        try:
            self._link.execute(begin)
            yield
        except REFUSALS as error:
            raise explained(self.path, error) from error
        finally:
            if self._link.in_transaction:
                self._link.execute("ROLLBACK")

    def nouns(self) -> Nouns:
        """Parties, sites, materials, periods and substances as they are now."""
        version = first_value(self, "PRAGMA data_version", (), 0)  # changes if others write
        if self._nouns is None or self._nouns[0] != version:
            self._nouns, self._latest = (version, read_nouns(self)), None
        return self._nouns[1]

    def _read_latest(self) -> Latest:
        """Number and time of recording of the last event."""
        rows: list[Latest] = self.rows("SELECT id, recorded_at FROM event ORDER BY id DESC LIMIT 1")
        return rows[0] if rows else (0, 0)

    @contextmanager
    def snapshot(self, recorded_at: int | None = None) -> Iterator[None]:
        """Reads and snapshots inside see the book at one moment, while others may post."""
        with nullcontext() if self._link.in_transaction else self._transaction("BEGIN"):
            yield

    def damage(self) -> Iterator[str]:
        """Damage of the file itself: its pages, indexes, and the database's own checks.

        A thread of its own reads the pages until the first answer is asked for.
        """
        pool = ThreadPoolExecutor(1)
        pages = pool.submit(_damaged_pages, self.path)
        pool.shutdown(wait=False)
        return self._damage(pages)

    def _damage(self, pages: Future[list[str]]) -> Iterator[str]:
        with explaining(self.path):
            yield from pages.result()
        objects: set[_Object] = set(self.rows(_OBJECTS))
        names = {name for _, name, _ in objects}
        first = tuple(first_substances(self))
        expected = _expected_objects(first, tuple(read_nouns(self).substances[len(first) :]))
        harmless = {x for x in objects - expected if _is_harmless(*x, expected)}
        for kind, name, _ in sorted((expected ^ objects) - harmless):
            yield f"{kind} {name} is {'changed or added' if name in names else 'missing'}"

    def settle(self, recorded_at: int) -> None:
        """Nothing to do: one writer at a time, so what is recorded is in the book."""

    def place_leaves(self) -> int:
        """Give places in the Merkle log to all events that have none, in their order."""
        with self._transaction("BEGIN IMMEDIATE"):
            size = first_value(self, "SELECT count(*) FROM leaf", (), 0)
            sql = "SELECT id FROM event WHERE id > (SELECT coalesce(max(event), 0) FROM leaf)"
            new: list[int] = first_column(self, f"{sql} ORDER BY id")
            self.insert("leaf", list(enumerate(new, size)))
            self._link.execute("COMMIT")
        return size + len(new)


def _is_first(path: Path) -> bool:
    """Make an empty file; False where there is one, which is not ours to delete, or none can be."""
    try:
        path.open("xb").close()
    except OSError:
        return False
    return True


@lru_cache(maxsize=16)
def _expected_objects(first: tuple[str, ...], added: tuple[str, ...]) -> frozenset[_Object]:
    """Tables, indexes and triggers as this version makes them, substance by substance."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as empty:
        for statement in sqlite_ddl(first):
            empty.execute(statement)
        for k, substance in enumerate(added):
            declare_in(empty, substance, (*first, *added[: k + 1]))
        return frozenset(empty.execute(_OBJECTS))


def _is_harmless(kind: str, name: str, sql: str, expected: frozenset[_Object]) -> bool:
    """Whether an added object changes no event and refuses none: statistics, or a plain index."""
    if name in {known for _, known, _ in expected}:
        return False
    plain = kind == "index" and sql.upper().startswith("CREATE INDEX ")
    return plain or name in ("sqlite_stat1", "sqlite_stat3", "sqlite_stat4")


def _damaged_pages(path: Path) -> list[str]:
    """Damage that SQLite reports in the pages, indexes and references of a file."""
    with closing(sqlite3.connect(path.absolute(), isolation_level=None)) as link:
        damage = [str(x) for (x,) in link.execute("PRAGMA integrity_check(20)") if x != "ok"]
        for table, row, parent, _ in link.execute("PRAGMA foreign_key_check").fetchmany(20):
            damage.append(f"row {row} of {table} names no {parent}")
    return damage


@lru_cache(maxsize=256)
def _insertion(table: str, count: int) -> str:
    return f"INSERT INTO {table} VALUES ({', '.join('?' * count)})"
