"""Bring a book of an older version to the tables of this one, in one transaction or not at all.

Nothing that was posted changes: every event keeps its number, its bytes and its hash, so old
checkpoints and proofs hold, and `loopbook.book.verification.report` can say so afterwards.

In a file all tables are made anew and filled from the old ones, so that the file is then exactly
what a new book would be; it needs as much free space again while it lasts. A server's tables are
altered in place (`loopbook.book.storage.postgres.migration`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from loopbook.book.edges import edge_rows
from loopbook.book.storage.schema import TABLES, VERSION, quoted
from loopbook.book.storage.sqlite.connection import told_of, version_of
from loopbook.book.storage.sqlite.schema import declare_in, sqlite_ddl
from loopbook.errors import Finding, InputError, StorageError

_FILLED = {
    "1": {
        ("event", "leaf"): "(SELECT s.leaf FROM old_seal s WHERE s.event = o.id)",
        ("measurement", "basis"): "''",  # as it was sealed
        ("balance", "last_at"): "CASE o.bounded WHEN 1 THEN (SELECT max(0, max(e.occurred_at)) "
        "FROM posting p JOIN event e ON e.id = p.event WHERE p.account = o.account) ELSE 0 END",
    }
}
"""By version: columns that its tables lack, and what fills them, from the old row ``o``."""

_GONE = {"1": ("seal",)}
"""By version: tables that are no more."""

_SETTINGS = (
    "busy_timeout = 10000",
    "synchronous = FULL",
    "foreign_keys = OFF",
    "legacy_alter_table = ON",
)


def migrate_file(path: Path) -> str:
    """Bring a book to this version; returns the version that it had. See `migrate` in `open`."""
    with _writing(path) as (link, found):
        if found in _FILLED:
            _rebuild(link, found)
            link.execute("UPDATE book SET value = ? WHERE key = 'version'", (str(VERSION),))
        elif found != str(VERSION):
            raise InputError([Finding("version", str(path), f"at most {VERSION}", found)])
    return found


@contextmanager
def _writing(path: Path) -> Iterator[tuple[sqlite3.Connection, str]]:
    """A file in a writing transaction, and its version; all that is done is kept, or nothing."""
    if not path.exists():
        raise InputError([Finding("file", str(path), "a book", "no such file")])
    with told_of(path), closing(sqlite3.connect(path, isolation_level=None)) as link:
        for setting in _SETTINGS:
            link.execute(f"PRAGMA {setting}")
        link.execute("BEGIN IMMEDIATE")  # closing without COMMIT takes it all back
        yield link, version_of(link, path)
        link.execute("COMMIT")


def rebuild_edges_in_file(path: Path) -> int:
    """Derive the edges of a book of this version again; returns their number."""
    with _writing(path) as (link, found):
        if found != str(VERSION):
            raise InputError([Finding("version", str(path), str(VERSION), found)])
        triggers = _drop_all(link, "trigger", "edge")
        link.execute("DELETE FROM edge")
        names = [x.removeprefix("s_") for x in _columns(link, "edge") if x.startswith("s_")]
        _fill_edges(link, names)
        for statement in triggers:
            link.execute(statement)
        (count,) = link.execute("SELECT count(*) FROM edge").fetchone()
    return int(count)


def _rebuild(link: sqlite3.Connection, version: str) -> None:
    """Make all tables anew beside the old ones, fill them, and drop those."""
    if version == "1":
        _require_seals(link)
    for kind in ("trigger", "index"):
        _drop_all(link, kind)
    old = [spec.name for spec in TABLES if _columns(link, spec.name)] + list(_GONE[version])
    for name in old:
        link.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    first = json.loads(_setting(link, "substances"))
    for statement in sqlite_ddl(first):
        link.execute(statement)
    added = "SELECT id FROM old_noun WHERE kind = 'substance' ORDER BY event, id"
    after = list(first)
    for (substance,) in link.execute(added).fetchall():
        after.append(substance)
        declare_in(link, substance, after)
    triggers = _drop_all(link, "trigger")
    for spec in TABLES:
        if spec.name in old:
            names = _columns(link, spec.name)
            values = [_FILLED[version].get((spec.name, x), f'o."{x}"') for x in names]
            into = ", ".join(f'"{x}"' for x in names)
            link.execute(
                f"INSERT INTO {spec.name} ({into}) SELECT {', '.join(values)} "
                f"FROM old_{spec.name} o"
            )
    for name in old:
        link.execute(f"DROP TABLE old_{name}")
    if "edge" not in old:
        _fill_edges(link, after)
    for statement in triggers:
        link.execute(statement)


def _fill_edges(link: sqlite3.Connection, substances: Sequence[str]) -> None:
    """Derive the edges of all events from their postings."""
    names = ", ".join(f"p.{quoted(s)}" for s in substances)
    postings = link.execute(
        f"SELECT p.event, e.reverses, a.kind, a.party, a.site, a.lot, {names} FROM event e "
        "JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account ORDER BY p.event"
    )
    places = ", ".join("?" * (4 + len(substances)))
    link.executemany(f"INSERT INTO edge VALUES ({places})", edge_rows(postings))


def _require_seals(link: sqlite3.Connection) -> None:
    """Each event of version 1 must have its seal and each seal its event: none is made up."""
    (wrong,) = link.execute(
        "SELECT count(*) FROM (SELECT id FROM event EXCEPT SELECT event FROM seal "
        "UNION ALL SELECT event FROM (SELECT event FROM seal EXCEPT SELECT id FROM event))"
    ).fetchone()
    if wrong:
        raise StorageError(
            f"{wrong} events without a seal, or seals without an event: not migrated"
        )


def _columns(link: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in link.execute(f"PRAGMA table_info({table})")]


def _setting(link: sqlite3.Connection, key: str) -> str:
    (found,) = link.execute("SELECT value FROM old_book WHERE key = ?", (key,)).fetchone()
    return str(found)


def _drop_all(link: sqlite3.Connection, kind: str, table: str = "%") -> list[str]:
    """Drop all triggers or indexes of tables; returns the statements that make them again."""
    sql = "SELECT name, sql FROM sqlite_master WHERE type = ? AND tbl_name LIKE ? AND sql NOT NULL"
    found = link.execute(sql, (kind, table)).fetchall()
    for name, _ in found:
        link.execute(f"DROP {kind} {name}")
    return [statement for _, statement in found]
