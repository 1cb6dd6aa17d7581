"""Bring a book on a PostgreSQL server to the tables and rules of this version, in place.

Columns that the first books of the old version lack are added, indexes, functions and triggers are
made again; all of it in one transaction. Roles that may post keep their rights.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg.sql import Identifier

from loopbook.book.edges import edge_rows
from loopbook.book.nouns import Account, Content
from loopbook.book.storage.address import shown_address
from loopbook.book.storage.postgres.connection import connect, explained, one_value, schema_of
from loopbook.book.storage.postgres.schema import (
    balance_view,
    grants,
    indexes_ddl,
    rules_ddl,
    table_ddl,
)
from loopbook.book.storage.rows import AMENDED, legs_of_edges
from loopbook.book.storage.schema import (
    TABLES,
    VERSION,
    require_columns,
    require_known_version,
    require_version,
)
from loopbook.errors import Finding, InputError

_PAGE = 20_000  # events whose edges are derived at once

_EVENT_COLUMNS = (
    'ALTER TABLE event ADD COLUMN amends TEXT COLLATE "C"',
    "ALTER TABLE event ADD COLUMN posted_at BIGINT",
    "UPDATE event SET posted_at = occurred_at",
    "ALTER TABLE event ALTER COLUMN posted_at SET NOT NULL",
    "ALTER TABLE event ADD COLUMN planner BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE event ALTER COLUMN planner DROP DEFAULT",
    'ALTER TABLE event ADD COLUMN corrects TEXT COLLATE "C"',
)
"""The columns of an event that books before version 4 lack."""
_COLUMNS = (
    "ALTER TABLE measurement ADD COLUMN IF NOT EXISTS basis TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE measurement ALTER COLUMN basis DROP DEFAULT",
    "ALTER TABLE balance_of_lot ADD COLUMN IF NOT EXISTS last_at BIGINT NOT NULL DEFAULT 0",
    "UPDATE balance_of_lot b SET last_at = greatest(0, x.last_at) FROM (SELECT p.account, "
    "max(e.occurred_at) AS last_at FROM posting p JOIN event e ON e.id = p.event "
    "GROUP BY p.account) x WHERE x.account = b.account AND x.last_at <> b.last_at",
    "ALTER TABLE edge DROP CONSTRAINT edge_pkey, ADD PRIMARY KEY (target, event, source)",
)
"""The columns and keys of tables that the first books of version 2 lack."""

_TABLES = """
    SELECT table_name::text, array_agg(column_name::text) FROM information_schema.columns
    WHERE table_schema = current_schema() GROUP BY table_name"""
_POSTERS = """
    SELECT DISTINCT grantee FROM information_schema.role_table_grants
    WHERE table_schema = current_schema() AND table_name = 'event' AND privilege_type = 'INSERT'
      AND grantee <> (SELECT tableowner FROM pg_tables
                      WHERE schemaname = current_schema() AND tablename = 'event')"""
_OBJECTS = """
    SELECT format('DROP TRIGGER %%I ON %%I', t.tgname, c.relname)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace
      AND c.relname = ANY (%(tables)s)
    UNION ALL SELECT 'DROP FUNCTION ' || oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace AND proname = ANY (%(functions)s)
    UNION ALL SELECT format('DROP INDEX %%I', c.relname)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND t.relname = ANY (%(tables)s)
      AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)"""
"""Statements that drop the triggers, functions and indexes of a book, in this order."""
_OURS = (
    "refuse_change",
    "refuse_sealed",
    "refuse_closed",
    "refuse_second_maker",
    "open_account",
    "try_lots",
    "append_rows",
    "count_postings",
    "look",
    "post_moves",
)
"""Functions of version 2, which are made again or are no more."""


def migrate_server(address: str) -> str:
    """Bring a book to this version; returns the version that it had. See `migrate` in `open`."""
    with _writing(address) as (link, schema, settings):
        version = settings.get("version", "none")
        require_known_version(f"schema {schema}", version)
        if version != str(VERSION):
            _alter(link, schema, settings)
            link.execute("UPDATE book SET value = %s WHERE key = 'version'", (str(VERSION),))
    return version


def rebuild_edges_on_server(address: str) -> int:
    """Derive the edges of a book of this version again; returns their number."""
    with _writing(address) as (link, schema, settings):
        require_version(f"schema {schema}", settings.get("version", "none"))
        link.execute("ALTER TABLE edge DISABLE TRIGGER USER")
        link.execute("DELETE FROM edge")
        _fill_edges(link, _substances(link, settings))
        link.execute("ALTER TABLE edge ENABLE TRIGGER USER")
        return one_value(link, "SELECT count(*) FROM edge", (), 0)


@contextmanager
def _writing(address: str) -> Iterator[tuple[psycopg.Connection, str, dict[str, str]]]:
    """A locked book in a transaction, its schema and settings; all changes are kept, or none."""
    link = connect(address)
    try:
        with link.transaction():
            schema = schema_of(link)
            try:
                link.execute("LOCK TABLE book, event IN ACCESS EXCLUSIVE MODE")
            except psycopg.errors.UndefinedTable as error:
                finding = Finding("file", f"schema {schema}", "a book", "none")
                raise InputError([finding]) from error
            yield link, schema, dict(link.execute("SELECT key, value FROM book").fetchall())
    except psycopg.Error as error:
        raise explained(error, shown_address(address), lost_in_commit=False) from error
    finally:
        link.close()


def _substances(link: psycopg.Connection, settings: dict[str, str]) -> list[str]:
    added = "SELECT id FROM noun WHERE kind = 'substance' ORDER BY event, id"
    return [*json.loads(settings["substances"]), *(name for (name,) in link.execute(added))]


def _alter(link: psycopg.Connection, schema: str, settings: dict[str, str]) -> None:
    """Give a book of version 2 the columns, indexes, functions and triggers of this version."""
    substances = _substances(link, settings)
    require_columns(f"schema {schema}", dict(link.execute(_TABLES).fetchall()), substances)
    posters = [Identifier(role).as_string(link) for (role,) in link.execute(_POSTERS)]
    tables = [*(spec.name for spec in TABLES), "balance_of_lot", "balance_of_boundary"]
    objects = link.execute(_OBJECTS, {"tables": tables, "functions": list(_OURS)}).fetchall()
    for statement in (*(drop for (drop,) in objects), "DROP VIEW balance"):
        link.execute(statement.encode())
    for statement in _EVENT_COLUMNS:
        link.execute(statement.encode())
    (lot,) = [spec for spec in TABLES if spec.name == "lot"]
    for statement in (
        "ALTER TABLE lot RENAME TO old_lot",
        "ALTER INDEX lot_pkey RENAME TO old_lot_pkey",
        table_ddl(lot, substances),
        "INSERT INTO lot SELECT id, 0, material, event, line FROM old_lot",
        "DROP TABLE old_lot",
    ):
        link.execute(statement.encode())
    if one_value(link, "SELECT to_regclass('edge') IS NULL", (), False):
        (edge,) = [spec for spec in TABLES if spec.name == "edge"]
        link.execute(table_ddl(edge, substances).encode())
        _fill_edges(link, substances)
    for statement in (
        *_COLUMNS,
        balance_view(substances),
        *indexes_ddl(),
        *rules_ddl(substances, schema, int(settings["lock"])),
        *(right for role in posters for right in grants(role, schema)),
    ):
        link.execute(statement.encode())


def _fill_edges(link: psycopg.Connection, substances: Sequence[str]) -> None:
    """Derive the edges of all events from their postings."""
    last = one_value(link, "SELECT coalesce(max(id), 0) FROM event", (), 0)
    insertion = f"INSERT INTO edge VALUES ({', '.join(['%s'] * (4 + len(substances)))})".encode()
    amended = link.execute(AMENDED.encode()).fetchall()
    facts: dict[int, dict[Account, Content]] = {number: {} for (number,) in amended}
    for first in range(0, last, _PAGE):
        page = f"WHERE e.id > {first} AND e.id <= {first + _PAGE}"
        postings = link.execute(legs_of_edges(substances, page).encode())
        with link.cursor() as cursor:
            cursor.executemany(insertion, list(edge_rows(postings.fetchall(), facts)))
