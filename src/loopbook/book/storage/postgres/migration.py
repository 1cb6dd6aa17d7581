"""Bring a book on a PostgreSQL server to the tables and rules of this version, in place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import psycopg

from loopbook.book.edges import edge_rows
from loopbook.book.storage.postgres.connection import connect, explained
from loopbook.book.storage.postgres.schema import balance_view, grants, rules_ddl, table_ddl
from loopbook.book.storage.schema import INDEXES, PARTS, TABLES, VERSION, quoted
from loopbook.errors import Finding, InputError

_PAGE = 20_000  # events whose edges are derived at once

_Link = psycopg.Connection[tuple[Any, ...]]

_NEW_INDEXES = ("edge_source", "edge_event")
_TO_2 = (
    "ALTER TABLE event DROP CONSTRAINT event_is_sealed",
    "ALTER TABLE event ADD COLUMN leaf BYTEA",
    "UPDATE event SET leaf = seal.leaf FROM seal WHERE seal.event = event.id",
    "ALTER TABLE event ALTER COLUMN leaf SET NOT NULL",
    "DROP TABLE seal",
    *(index for index in INDEXES if any(f" {x} " in index for x in _NEW_INDEXES)),
    "ALTER TABLE measurement ADD COLUMN basis TEXT COLLATE \"C\" NOT NULL DEFAULT ''",
    "ALTER TABLE measurement ALTER COLUMN basis DROP DEFAULT",
    "ALTER TABLE balance_of_lot ADD COLUMN last_at BIGINT NOT NULL DEFAULT 0",
    "UPDATE balance_of_lot b SET last_at = greatest(0, x.last_at) FROM (SELECT p.account, "
    "max(e.occurred_at) AS last_at FROM posting p JOIN event e ON e.id = p.event "
    "GROUP BY p.account) x WHERE x.account = b.account",
    "DROP VIEW balance",
)
"""From version 1: the seal moves into the event's row; then edges, bases and last dates come."""

_POSTERS = """
    SELECT DISTINCT grantee FROM information_schema.role_table_grants
    WHERE table_schema = %s AND table_name = 'event' AND privilege_type = 'INSERT'
      AND grantee <> (SELECT tableowner FROM pg_tables
                      WHERE schemaname = %s AND tablename = 'event')"""
_TRIGGERS = """
    SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = %s::regnamespace AND c.relname = ANY (%s)"""
_KEYS = """
    SELECT k.conname, c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE k.contype = 'f' AND c.relnamespace = %s::regnamespace AND c.relname = ANY (%s)"""
_FUNCTIONS = """
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = %s::regnamespace AND proname = ANY (%s)"""
_OURS = (
    "refuse_change",
    "refuse_sealed",
    "refuse_closed",
    "open_account",
    "try_lots",
    "append_rows",
    "count_postings",
    "check_seals",
    "look",
)
"""Functions of version 1, which are made anew or are no more."""


def migrate_server(address: str) -> str:
    """Bring a book to this version; returns the version that it had. Roles that post may go on."""
    link = connect(address)
    try:
        with link.transaction():
            return _migrated(link)
    except psycopg.Error as error:
        raise explained(error, address.rpartition("@")[2], lost_in_commit=False) from error
    finally:
        link.close()


def rebuild_edges_on_server(address: str) -> int:
    """Derive the edges of a book of this version again; returns their number."""
    link = connect(address)
    try:
        with link.transaction():
            link.execute("LOCK TABLE book, event IN ACCESS EXCLUSIVE MODE")
            settings: dict[str, str] = dict(link.execute("SELECT key, value FROM book").fetchall())
            version = settings.get("version", "none")
            if version != str(VERSION):
                raise InputError([Finding("version", "book", str(VERSION), version)])
            stated = "SELECT id FROM noun WHERE kind = 'substance' ORDER BY event, id"
            added = [substance for (substance,) in link.execute(stated).fetchall()]
            link.execute("ALTER TABLE edge DISABLE TRIGGER USER")
            link.execute("DELETE FROM edge")
            _fill_edges(link, [*json.loads(settings["substances"]), *added])
            link.execute("ALTER TABLE edge ENABLE TRIGGER USER")
            (count,) = link.execute("SELECT count(*) FROM edge").fetchone() or (0,)
            return int(count)
    except psycopg.Error as error:
        raise explained(error, address.rpartition("@")[2], lost_in_commit=False) from error
    finally:
        link.close()


def _migrated(link: _Link) -> str:
    found = link.execute("SELECT current_schema()").fetchone()
    name = str(found[0] if found else "")
    try:
        link.execute("LOCK TABLE book, event IN ACCESS EXCLUSIVE MODE")
        settings: dict[str, str] = dict(link.execute("SELECT key, value FROM book").fetchall())
    except psycopg.errors.UndefinedTable as error:
        raise InputError([Finding("file", f"schema {name}", "a book", "none")]) from error
    version = settings.get("version", "none")
    if version == "1":
        _to_2(link, name, settings)
        link.execute("UPDATE book SET value = %s WHERE key = 'version'", (str(VERSION),))
    elif version != str(VERSION):
        raise InputError([Finding("version", f"schema {name}", f"at most {VERSION}", version)])
    return version


def _to_2(link: _Link, name: str, settings: dict[str, str]) -> None:
    schema = '"' + name.replace('"', '""') + '"'
    tables = [*(spec.name for spec in TABLES), "seal"]
    stated = "SELECT id FROM noun WHERE kind = 'substance' ORDER BY event, id"
    added = [substance for (substance,) in link.execute(stated).fetchall()]
    substances = [*json.loads(settings["substances"]), *added]
    posters = link.execute(_POSTERS, (name, name)).fetchall()
    statements = [
        *(
            f"DROP TRIGGER {trigger} ON {table}"
            for trigger, table in link.execute(_TRIGGERS, (schema, tables)).fetchall()
        ),
        *(
            f"ALTER TABLE {table} DROP CONSTRAINT {key}"
            for key, table in link.execute(_KEYS, (schema, list(PARTS))).fetchall()
        ),
        *(
            f"DROP FUNCTION {function}"
            for (function,) in link.execute(_FUNCTIONS, (schema, list(_OURS))).fetchall()
        ),
        *(table_ddl(spec, substances) for spec in TABLES if spec.name == "edge"),
        *_TO_2,
        balance_view(substances),
    ]
    later = rules_ddl(substances, schema, int(settings["lock"]))
    for (role,) in posters:
        name_of = psycopg.sql.Identifier(role).as_string(link)
        later += grants(name_of, schema)
    for statement in statements:
        link.execute(statement.encode())
    _fill_edges(link, substances)
    for statement in later:
        link.execute(statement.encode())


def _fill_edges(link: _Link, substances: Sequence[str]) -> None:
    """Derive the edges of all events from their postings."""
    names = ", ".join(f"p.{quoted(s)}" for s in substances)
    (last,) = link.execute("SELECT coalesce(max(id), 0) FROM event").fetchone() or (0,)
    places = ", ".join(["%s"] * (4 + len(substances)))
    for first in range(0, int(last), _PAGE):
        postings = link.execute(
            f"SELECT p.event, e.reverses, a.kind, a.party, a.site, a.lot, {names} FROM event e "
            "JOIN posting p ON p.event = e.id JOIN account a ON a.id = p.account "
            f"WHERE e.id > {first} AND e.id <= {first + _PAGE} ORDER BY p.event".encode()
        )
        with link.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO edge VALUES ({places})".encode(), list(edge_rows(postings.fetchall()))
            )
