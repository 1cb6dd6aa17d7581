"""A book on a PostgreSQL server (15 or newer), through psycopg 3.

How many clients post at once without harm:

1. A transaction first takes a shared lock on the book's nouns (exclusive if it states some, adds a
   substance, opens or closes a period, or makes a lot whose name is not what it looks like), then
   row locks on the loads of limited sites, then on all lots of its batch, each sorted. What
   planning finds out it needs beyond that is tried without waiting; if another client has it, the
   attempt is given up and begun again with a longer list, and the third time alone: a late fact may
   turn out to need ever more lots.
   Nobody waits for a lower lock while holding a higher one, so there is no circle to break.
2. Everything that the batch needs to know is read in one round trip, everything that it posts is
   written, checked and committed in another one.
3. Event numbers come from a sequence after the locks are held: for each lot they rise in the order
   of posting. They may have gaps. The Merkle log's order is given later, by `place_leaves`.

One store is one connection and serves one thread. After a loss it connects again.
"""

import json
import random
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from typing import TypeVar, cast

import psycopg
from psycopg import errors

from loopbook.book.commands.command import Command
from loopbook.book.nouns import SUBSTANCES, Account
from loopbook.book.storage.database import RowT, Value, first_column, first_value
from loopbook.book.storage.known import Nouns, read_nouns
from loopbook.book.storage.needs import More, Needs, Seen, needs_of
from loopbook.book.storage.postgres.connection import (
    SAFE,
    ask,
    connect,
    explained,
    one_value,
    schema_of,
)
from loopbook.book.storage.postgres.rows import (
    literal,
    row_array,
    sorted_rows,
    text_array,
    translated,
)
from loopbook.book.storage.postgres.schema import (
    APPENDED,
    LONGEST_US,
    NOUNS_VERSION,
    declare_ddl,
    postgres_ddl,
    rule_names,
)
from loopbook.book.storage.schema import VERSION, require_version
from loopbook.book.storage.session import Session
from loopbook.errors import InputError, LoopbookError, StorageError

T = TypeVar("T")

_ATTEMPTS = 20
_NOUNS = 0  # advisory lock of the nouns; shards of boundary balances are 1, 2, ...
_RACES = (errors.SerializationFailure, errors.DeadlockDetected, errors.UniqueViolation)
_SPARE = 32  # numbers of new accounts drawn at once
_ACCOUNTS_KEPT = 100_000  # numbers kept at hand: an account's number never changes

_NOW = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
_WAIT_FOR_NOUNS = "SELECT pg_advisory_xact_lock(?::int, ?::int)"
_NAMES = "unnest(%s::text[], %s::text[], %s::text[], %s::text[]) AS t (kind, party, site, lot)"
_LOAD = """
    SELECT 1 FROM load l JOIN unnest(%s::text[], %s::text[]) AS t (site, hazard)
    USING (site, hazard) ORDER BY site, hazard FOR NO KEY UPDATE OF l"""
_REVERSED = """
    SELECT DISTINCT a.lot FROM event e JOIN posting p ON p.event = e.id
    JOIN account a ON a.id = p.account WHERE e.key = ANY (%s) AND a.kind = 'lot'"""
_POSTED_SINCE = """
    SELECT EXISTS (SELECT 1 FROM account a JOIN posting p ON p.account = a.id
    JOIN event e ON e.id = p.event WHERE a.lot = ANY (%s) AND (e.id > %s OR e.recorded_at > %s))"""
_RULES = """
    SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND c.relnamespace = ?::regnamespace
    UNION SELECT conname FROM pg_constraint WHERE connamespace = ?::regnamespace"""
_PLACE = """
    INSERT INTO leaf (place, event)
    SELECT (SELECT count(*) FROM leaf) + row_number() OVER (ORDER BY e.recorded_at, e.id) - 1, e.id
    FROM event e WHERE NOT EXISTS (SELECT 1 FROM leaf l WHERE l.event = e.id)
      AND (e.id > coalesce((SELECT max(event) FROM leaf), 0)
           OR e.recorded_at > coalesce((SELECT d.recorded_at FROM leaf k JOIN event d
                ON d.id = k.event ORDER BY k.place DESC LIMIT 1), 0) - %s)"""


class PostgresStore:
    """A book in a schema of a PostgreSQL database.

    Parameters
    ----------
    address : ``postgresql://user@host/database``; the book is in the first schema of the search
        path (``?options=-csearch_path%3Dplant`` names another than ``public``).
    create : whether to make a new book there.
    substances : substances of a new book.
    """

    at_once = 256
    id_bytes = "octet_length(id)"
    gapless = False
    slack_us = LONGEST_US

    def __init__(
        self, address: str, *, create: bool = False, substances: Sequence[str] = SUBSTANCES
    ) -> None:
        self.address = address
        self._posting = self._committing = self._alone = False
        self._settled: int | None = None  # what the snapshot waited for, in one
        self._locked, self._locked_loads = set[str](), set[tuple[str, str]]()
        self._begun = (
            0,
            0,
        )  # the batch's first number, and when the last event before it was recorded
        self._spare: list[int] = []  # numbers for new accounts, drawn ahead
        self._rows: dict[str, list[Sequence[Value]]] = {}
        self._later: list[tuple[bytes, Sequence[Value]]] = []
        self._cached: tuple[int, Nouns] | None = None
        self._numbers: dict[Account, int] = {}
        self._link = connect(self.address)
        self._name, self._schema = self._link.info.dbname, "?"  # until the server answers
        with ExitStack() as undo, self._explaining():
            undo.callback(self._link.close)
            self._schema = schema_of(self._link)
            if create:
                self._make(tuple(substances))
            self._lock_class = int(self._checked_settings()["lock"])
            undo.pop_all()

    # -- opening

    def _reopened(self) -> psycopg.Connection:
        """The connection, made again if it was lost."""
        if self._link.closed or self._link.broken:
            self._link = connect(self.address)
            self._cached = None
        return self._link

    def _make(self, substances: tuple[str, ...]) -> None:
        lock = secrets.randbelow(2**31)
        settings = {"version": VERSION, "substances": json.dumps(substances), "lock": lock}
        with self._link.transaction():
            table = f"{self._schema}.event"
            if one_value(self._link, "SELECT to_regclass(%s) IS NOT NULL", (table,), False):
                raise InputError.of("duplicate", self._where, "an empty schema", "a book")
            for statement in postgres_ddl(substances, self._schema, lock):
                self._link.execute(statement.encode())
            for key, value in settings.items():
                self._link.execute("INSERT INTO book VALUES (%s, %s)", (key, str(value)))

    def _checked_settings(self) -> dict[str, str]:
        try:
            settings: dict[str, str] = dict(self._link.execute("SELECT key, value FROM book"))
        except (errors.UndefinedTable, errors.UndefinedColumn) as error:
            raise InputError.of(
                "file", self._where, "a book", "none", hint="make one with loopbook book new"
            ) from error
        require_version(self._where, settings.get("version", "none"))
        return settings

    @property
    def _where(self) -> str:
        return f"schema {self._schema} of database {self._name}"

    # -- Database

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[RowT]:
        """Run a query."""
        if self._posting:  # `transact` explains its errors, or tries again
            self._send()
            cursor = self._link.execute(translated(sql), values)
        else:
            with self._explaining():
                cursor = self._reopened().execute(translated(sql), values)
        return cast("list[RowT]", cursor.fetchall())

    def write(self, sql: str, rows: Iterable[Sequence[Value]]) -> None:
        """Run a statement once for each row of values; inside a transaction, at its end."""
        self._later += [(translated(sql), row) for row in rows]
        if not self._posting:
            with self._explaining():
                self._reopened()
                self._send()

    def insert(self, table: str, rows: Sequence[Sequence[Value]]) -> None:
        """Add rows to a table, at the end of the transaction.

        Rows with names as keys go in sorted, so that two writers of the same names meet in order.
        """
        if rows and table in APPENDED:
            self._rows.setdefault(table, []).extend(sorted_rows(table, rows))
        elif rows:
            self.write(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    def _send(self, *, commit: bool = False) -> None:
        """Send what waits to be written, and COMMIT, in one round trip."""
        parts: list[str] = []
        if self._rows:
            tables = [self._rows.get(table) for table in APPENDED]
            arrays = [literal(None if rows is None else row_array(rows)) for rows in tables]
            parts.append(f"SELECT append_rows({', '.join(arrays)})")
        if self._later:
            cursor = psycopg.ClientCursor(self._link)
            parts += [cursor.mogrify(statement, row) for statement, row in self._later]
        self._rows, self._later = {}, []
        if commit:
            parts.append("COMMIT")
        if parts:
            status = ask(self._link, "; ".join(parts)).command_status
            if commit and status != b"COMMIT":
                raise StorageError(f"{self._where}: the server did not commit; nothing was posted")

    def open_accounts(self, accounts: Sequence[Account]) -> Mapping[Account, int]:
        """Numbers of accounts; new ones are opened."""
        known = self._numbers
        if len(known) > _ACCOUNTS_KEPT:
            known.clear()
        unknown = [a for a in accounts if a not in known]
        if any(a.kind != "lot" for a in unknown):
            self._open_boundaries([a for a in unknown if a.kind != "lot"])
        self._find([a for a in unknown if a.kind != "lot" or a.lot not in self._locked])
        new = [a for a in unknown if a not in known]  # of lots that are locked and were read
        for account in new:
            known[account] = self._spare.pop() if self._spare else next(self._more())
        self.insert("account", [(known[account], *account) for account in new])
        return {a: known[a] for a in accounts}

    def _open_boundaries(self, accounts: Sequence[Account]) -> None:
        """Open new boundary accounts; another client may open the same ones."""
        self._link.execute(
            "INSERT INTO account (id, lot, kind, party, site) "
            f"SELECT nextval('account_number'), lot, kind, party, site FROM {_NAMES} "
            "WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.lot = '' "
            "AND (a.kind, a.party, a.site) = (t.kind, t.party, t.site)) "
            "ORDER BY kind, party, site ON CONFLICT DO NOTHING",
            _by_column(accounts),
        )

    def _find(self, accounts: Sequence[Account]) -> None:
        """Read the numbers of accounts, where they have one."""
        if accounts:
            rows = self._link.execute(
                f"SELECT a.id, kind, party, site, lot FROM {_NAMES} "
                "JOIN account a USING (kind, party, site, lot)",
                _by_column(accounts),
            )
            self._numbers.update((Account(*names), number) for number, *names in rows)

    def declare(self, substance: str, after: Sequence[str]) -> None:
        """Add a substance's columns, and make the rules that name substances again."""
        self._send()
        for statement in declare_ddl(substance, after, self._schema, self._lock_class):
            self._link.execute(statement.encode())

    def lock(self, lots: Sequence[str]) -> None:
        """Lock lots that the batch did not name, without waiting.

        Where another client has posted on one since the batch began, it is begun again: for each
        lot, numbers and times of recording rise in the order of posting.
        """
        new = set(lots) - self._locked
        if new:
            more = More(lots=self._locked | new)
            self._try_lock("SELECT try_lots(%s::text[])", (sorted(new),), more)
            if one_value(self._link, _POSTED_SINCE, (sorted(new), *self._begun), False):
                raise more
            self._locked |= new

    def lock_load(self, site: str, hazard: str) -> None:
        """Lock a load that the batch did not name, without waiting."""
        if (site, hazard) not in self._locked_loads:
            more = More(loads=[(site, hazard)])
            self._try_lock(_LOAD + " NOWAIT", ([site], [hazard]), more)
            self._locked_loads.add((site, hazard))

    def lock_all(self) -> None:
        """Begin again with the lock that nobody else can share, unless the batch has it."""
        if not self._alone:
            raise More(alone=True)

    def _try_lock(self, sql: str, names: Sequence[list[str]], more: More) -> None:
        """Lock without waiting; raise `more` where another client holds it."""
        try:
            self._link.execute(sql.encode(), names)
        except errors.LockNotAvailable:
            raise more from None

    # -- Store

    def transact(self, batch: Sequence[Command], work: Callable[[Session], T]) -> T:
        """Run `work` with the book in a writing transaction: all of it is kept, or none."""
        needs = needs_of(batch)
        for attempt in range(_ATTEMPTS):
            try:
                return self._attempt(needs, work)
            except More as more:
                needs.lots |= more.lots
                needs.loads |= more.loads
                needs.alone = needs.alone or more.alone or attempt > 0
            except psycopg.Error as error:
                if not isinstance(error, _RACES) or attempt + 1 == _ATTEMPTS:
                    raise self._named(error) from error
            time.sleep(random.uniform(0, 0.002) * 2 ** min(attempt, 6))
        raise StorageError(f"{self._where}: {_ATTEMPTS} attempts met other writers; {SAFE}")

    def _attempt(self, needs: Needs, work: Callable[[Session], T]) -> T:
        self._reopened()
        self._posting = True
        with ExitStack() as undo:
            undo.callback(self._abandon)
            session = self._begin(needs)
            result = work(session)
            session.flush()
            self._committing = True
            self._send(commit=True)
            undo.pop_all()
        self._posting = self._committing = False
        if needs.states_nouns:
            self._cached = None
        return result

    def _abandon(self) -> None:
        """Forget what an attempt read and would have written, and undo it."""
        self._posting = False
        self._cached = None
        self._numbers.clear()
        self._rows, self._later = {}, []
        try:
            if not self._link.closed:
                self._link.execute("ROLLBACK")
        except psycopg.Error:
            self._link.close()
        # `_named` reports a loss while committing, for which it reads `_committing`
        if not self._link.closed:
            self._committing = False

    def _begin(self, needs: Needs) -> Session:
        """Lock what a batch needs, and read it: one round trip."""
        self._committing = False
        self._look_ahead(needs, self.nouns())
        self._alone = needs.states_nouns or needs.alone
        lots, loads = sorted(needs.lots), sorted(needs.loads)
        named = ([site for site, _ in loads], [hazard for _, hazard in loads], lots, needs.keys)
        arrays = ", ".join([literal(text_array(names)) for names in named])
        short = max(0, len(lots) + 2 - len(self._spare))
        spare = max(short, _SPARE) if short else 0
        answer = ask(self._link, f"BEGIN; SELECT look({self._alone}, {arrays}, {spare})")
        version, last, now, numbers, spare, keys, made, held, holds = json.loads(
            answer.get_value(0, 0) or b""
        )
        self._locked, self._locked_loads = set(lots), set(loads)
        self._begun = (min(numbers, default=0), last)
        self._spare += spare
        events = chain(numbers, self._more("event_number"))
        session = Session(self, self._nouns_at(version), events, now, last)
        session.preload(Seen(lots, made, held, holds, set(needs.keys).difference(keys)))
        return session

    def _look_ahead(self, needs: Needs, nouns: Nouns) -> None:
        """Add the lots and loads that reversals and storage limits will lock."""
        link = self._link
        if needs.reverses:
            needs.lots.update(lot for (lot,) in link.execute(_REVERSED, (needs.reverses,)))
        limited = [(s.id, h) for s in nouns.sites.values() for h in s.limits]
        if limited and needs.lots:
            sql = "SELECT DISTINCT material FROM lot WHERE id = ANY (%s)"
            names = needs.materials.union(m for (m,) in link.execute(sql, (sorted(needs.lots),)))
            hazards = {nouns.materials[m].hazard for m in names if m in nouns.materials}
            needs.loads.update(place for place in limited if place[1] in hazards)

    def _more(self, sequence: str = "account_number") -> Iterator[int]:
        """Further numbers, one at a time: most are read ahead."""
        while True:
            yield one_value(self._link, f"SELECT nextval('{sequence}')", (), 0)

    def nouns(self) -> Nouns:
        """Parties, sites, materials, periods and substances as they are now."""
        if self._cached is not None and self._posting:
            return self._cached[1]
        return self._nouns_at(first_value(self, f"SELECT {NOUNS_VERSION}", (), 0))

    def _nouns_at(self, version: int) -> Nouns:
        if self._cached is None or self._cached[0] != version:
            self._cached = (version, read_nouns(self))
        return self._cached[1]

    def settle(self, recorded_at: int) -> None:
        """Wait for the transactions that are posting now, if they may be of that moment."""
        now = first_value(self, _NOW, (), 0)
        if self._settled is not None and recorded_at > max(self._settled, now - self.slack_us):
            raise StorageError(f"{self._where}: inside a snapshot nobody can be waited for")
        if self._settled is None and recorded_at > now - self.slack_us:
            first_value(self, _WAIT_FOR_NOUNS, (self._lock_class, _NOUNS), "")

    def place_leaves(self) -> int:
        """Give places in the Merkle log to all committed events, in the order of recording.

        Nobody posts in that moment, so no event with an earlier time can come after it.
        """
        with self._explaining(), self._reopened().transaction():
            self._link.execute(translated(_WAIT_FOR_NOUNS), (self._lock_class, _NOUNS))
            self._link.execute(_PLACE, (self.slack_us,))
            return one_value(self._link, "SELECT count(*) FROM leaf", (), 0)

    @contextmanager
    def snapshot(self, recorded_at: int | None = None) -> Iterator[None]:
        """Reads and snapshots inside see the book at one moment, while others may post."""
        if recorded_at is not None:
            self.settle(recorded_at)
        if self._settled is not None:
            yield
            return
        with self._explaining():
            self._reopened().execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._settled = recorded_at or 0
            try:
                yield
            finally:
                self._settled = None
                if not self._link.closed:
                    self._link.execute("ROLLBACK")

    def damage(self) -> Iterator[str]:
        """Rules of the schema that are missing or switched off; pages are the server's."""
        rules: list[str] = first_column(self, _RULES, (self._schema, self._schema))
        for name in sorted(rule_names().difference(rules)):
            yield f"rule {name} is missing or switched off"

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    # -- errors

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Raise PostgreSQL's errors as ours."""
        try:
            yield
        except psycopg.Error as error:
            raise self._named(error) from error

    def _named(self, error: psycopg.Error) -> LoopbookError:
        lost = self._link.closed and self._committing
        self._committing = False
        return explained(error, self._where, lost_in_commit=lost)


def _by_column(accounts: Sequence[Account]) -> list[list[str]]:
    return [list(column) for column in zip(*accounts, strict=True)]
