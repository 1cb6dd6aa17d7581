"""Bring a book's file to the tables of this version, in one transaction or not at all.

Nothing that was posted changes: every event keeps its number, its bytes and its hash, so old
checkpoints and proofs hold. All tables are made again and filled from the old ones, so that the
file then has exactly the tables of a new book, whichever tables books of the old version had; it
needs as much free space again while it lasts.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from loopbook.book.edges import edge_rows
from loopbook.book.nouns import Account, Content
from loopbook.book.storage.rows import AMENDED, legs_of_edges
from loopbook.book.storage.schema import (
    TABLES,
    VERSION,
    require_columns,
    require_known_version,
    require_version,
)
from loopbook.book.storage.sqlite.connection import explaining, version_of
from loopbook.book.storage.sqlite.schema import declare_in, sqlite_ddl
from loopbook.errors import Finding, InputError

_FILLED = {
    ("measurement", "basis"): "''",  # as it was sealed
    ("event", "amends"): "NULL",
    ("event", "posted_at"): "o.occurred_at",
    ("event", "planner"): "0",
    ("event", "corrects"): "NULL",
    ("lot", "again"): "0",
    ("balance", "last_at"): "CASE o.bounded WHEN 1 THEN (SELECT max(0, max(e.occurred_at)) "
    "FROM posting p JOIN event e ON e.id = p.event WHERE p.account = o.account) ELSE 0 END",
}
"""Values of the columns in `FILLED`, for the old row ``o``."""

_SETTINGS = (
    "busy_timeout = 10000",
    "synchronous = FULL",
    "foreign_keys = OFF",
    "legacy_alter_table = ON",
)


def migrate_file(path: Path) -> str:
    """Bring a book to this version; returns the version that it had. See `migrate` in `open`."""
    with _writing(path) as (link, version):
        require_known_version(str(path), version)
        if version != str(VERSION):
            _rebuild(link, path)
            link.execute("UPDATE book SET value = ? WHERE key = 'version'", (str(VERSION),))
    return version


def rebuild_edges_in_file(path: Path) -> int:
    """Derive the edges of a book of this version again; returns their number."""
    with _writing(path) as (link, version):
        require_version(str(path), version)
        triggers = _drop_all(link, "trigger", "edge")
        link.execute("DELETE FROM edge")
        names = [x.removeprefix("s_") for x in _columns(link, "edge") if x.startswith("s_")]
        _fill_edges(link, names)
        for statement in triggers:
            link.execute(statement)
        (count,) = link.execute("SELECT count(*) FROM edge").fetchone()
        return int(count)


@contextmanager
def _writing(path: Path) -> Iterator[tuple[sqlite3.Connection, str]]:
    """A file in a writing transaction, and its version; all changes are kept, or none."""
    if not path.exists():
        raise InputError([Finding("file", str(path), "a book", "no such file")])
    with explaining(path), closing(sqlite3.connect(path.absolute(), isolation_level=None)) as link:
        for setting in _SETTINGS:
            link.execute(f"PRAGMA {setting}")
        link.execute("BEGIN IMMEDIATE")  # closing without COMMIT undoes everything
        yield link, version_of(link, path)
        link.execute("COMMIT")


def _rebuild(link: sqlite3.Connection, path: Path) -> None:
    """Make all tables again beside the old ones, fill them, and drop the old ones."""
    old = {spec.name: names for spec in TABLES if (names := _columns(link, spec.name))}
    substances = json.loads(dict(link.execute("SELECT key, value FROM book"))["substances"])
    sql = "SELECT id FROM noun WHERE kind = 'substance' ORDER BY event, id"
    added = [name for (name,) in link.execute(sql)]
    require_columns(str(path), old, [*substances, *added])
    for kind in ("trigger", "index"):
        _drop_all(link, kind)
    for name in old:
        link.execute(f"ALTER TABLE {name} RENAME TO old_{name}")
    for statement in sqlite_ddl(substances):
        link.execute(statement)
    for substance in added:
        substances.append(substance)
        declare_in(link, substance, substances)
    triggers = _drop_all(link, "trigger")
    for name, had in old.items():
        values = {x: f'o."{x}"' if x in had else _FILLED[name, x] for x in _columns(link, name)}
        into = ", ".join(f'"{x}"' for x in values)
        link.execute(
            f"INSERT INTO {name} ({into}) SELECT {', '.join(values.values())} FROM old_{name} o"
        )
        link.execute(f"DROP TABLE old_{name}")
    if "edge" not in old:
        _fill_edges(link, substances)
    for statement in triggers:
        link.execute(statement)


def _fill_edges(link: sqlite3.Connection, substances: Sequence[str]) -> None:
    """Derive the edges of all events from their postings."""
    postings = link.execute(legs_of_edges(substances))
    facts: dict[int, dict[Account, Content]] = {n: {} for (n,) in link.execute(AMENDED)}
    places = ", ".join("?" * (4 + len(substances)))
    link.executemany(f"INSERT INTO edge VALUES ({places})", edge_rows(postings, facts))


def _columns(link: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in link.execute(f"PRAGMA table_info({table})")]


def _drop_all(link: sqlite3.Connection, kind: str, table: str = "%") -> list[str]:
    """Drop all triggers or indexes of tables; returns the statements that make them again."""
    sql = "SELECT name, sql FROM sqlite_master WHERE type = ? AND tbl_name LIKE ? AND sql NOT NULL"
    objects = link.execute(sql, (kind, table)).fetchall()
    for name, _ in objects:
        link.execute(f"DROP {kind} {name}")
    return [statement for _, statement in objects]
