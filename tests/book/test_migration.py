"""A book of an older version becomes one of this version: same events, same hashes, same rules."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from test_conformance import story

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.log import proofs
from loopbook.book.log.keys import generate_signer
from loopbook.book.storage.open import migrate, rebuild_edges
from loopbook.book.storage.schema import TABLES
from loopbook.book.storage.sqlite import migration
from loopbook.book.verification.report import verify
from loopbook.errors import BalanceError, InputError, LoopbookError, StorageError
from support.lots import SUBSTANCES, nouns, receive
from support.shelves import Shelf, postgres_shelf, sqlite_shelf
from support.world import Envelopes, balances_kg

FOLDER = Path(__file__).parent
SIGNER = generate_signer("gmbi.example/book")
OLD_TABLES = [spec for spec in TABLES if spec.name != "edge"]
NEW_COLUMNS = {
    "event": ("leaf",),
    "measurement": ("basis",),
    "balance": ("last_at",),
    "balance_of_lot": ("last_at",),
}
SEALS = "INSERT INTO seal SELECT id, leaf FROM {0}.event"


def fill(book: Book, envelope: Envelopes) -> str:
    """A book with everything in it, a substance more, and a checkpoint; returns the note."""
    book.post(nouns(envelope))
    book.post([x for x in story(envelope) if not isinstance(x, c.Reverse)])
    book.post(c.AddSubstance(substance="Ti", **envelope()))
    book.post(receive(envelope, "T", shares={"Ti": "0.5"}))
    return proofs.checkpoint(book, SIGNER)


def ddl(name: str, schema: str = "v1") -> tuple[list[str], list[str]]:
    """Statements of version 1: tables, and the rules that come when they are filled."""
    text = (FOLDER / name).read_text(encoding="utf-8").replace('"v1"', f'"{schema}"')
    made = text.split("\n--\n")[1:]
    rules = [x for x in made if x.startswith(("CREATE TRIGGER", "CREATE OR REPLACE FUNCTION"))]
    return [x for x in made if x not in rules], rules


def copied(table: str, columns: list[str], source: str) -> str:
    names = ", ".join(f'"{x}"' for x in columns if x not in NEW_COLUMNS.get(table, ()))
    return f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}.{table}"


def version_1_file(shelf: Shelf, folder: Path, envelope: Envelopes) -> str:
    """A file of version 1 with the rows of a book of this version."""
    new = sqlite_shelf(folder)
    with new.new(substances=SUBSTANCES, clock=envelope.clock) as book:
        note = fill(book, envelope)
    tables, late = ddl("version1.sql")
    with closing(sqlite3.connect(shelf.address, isolation_level=None)) as link:
        link.execute("PRAGMA journal_mode = WAL")
        link.execute("ATTACH ? AS new", (new.address,))
        for statement in tables:
            link.execute(statement)
        for spec in OLD_TABLES:
            columns = [row[1] for row in link.execute(f"PRAGMA new.table_info({spec.name})")]
            link.execute(copied(spec.name, columns, "new"))
        link.execute(SEALS.format("new"))
        for statement in late:
            link.execute(statement)
        link.execute("UPDATE book SET value = '1' WHERE key = 'version'")
    return note


def version_1_server(shelf: Shelf, server: Any, envelope: Envelopes) -> str:
    """A schema of version 1 with the rows of a book of this version."""
    new = postgres_shelf(server)
    new.new(substances=SUBSTANCES).close()
    with new.as_owner(clock=envelope.clock) as book:
        note = fill(book, envelope)
    tables, late = ddl("version1_postgres.sql", shelf.schema)
    with server.connect(shelf.schema) as link:
        for statement in tables:
            link.execute(statement.encode())
        link.execute("BEGIN")
        names = [spec.name for spec in OLD_TABLES if spec.name != "balance"]
        for table in [*names, "balance_of_lot", "balance_of_boundary"]:
            sql = f"SELECT * FROM {new.schema}.{table} LIMIT 0"
            columns = [x.name for x in link.execute(sql.encode()).description or ()]
            link.execute(copied(table, columns, new.schema).encode())
        link.execute(SEALS.format(new.schema).encode())
        link.execute("COMMIT")
        for sequence in ("event_number", "account_number"):
            last = f"(SELECT last_value FROM {new.schema}.{sequence})"
            link.execute(f"SELECT setval('{sequence}', {last})".encode())
        for statement in late:
            link.execute(statement.encode())
        link.execute("UPDATE book SET value = '1' WHERE key = 'version'")
        link.execute("UPDATE book SET value = '7' WHERE key = 'lock'")
        link.execute(f"GRANT USAGE ON SCHEMA {shelf.schema} TO poster".encode())
        link.execute("GRANT INSERT ON event TO poster")
    return note


@pytest.fixture
def old(request: pytest.FixtureRequest, shelf: Shelf, tmp_path: Path, envelope: Envelopes) -> str:
    """A book of version 1 on the shelf; its last signed note."""
    if shelf.kind == "sqlite":
        (tmp_path / "new").mkdir()
        return version_1_file(shelf, tmp_path / "new", envelope)
    return version_1_server(shelf, request.getfixturevalue("server"), envelope)


def owned(shelf: Shelf) -> str:
    """The address for whoever owns the tables."""
    return shelf.address.replace("poster@", "postgres@")


def test_an_old_book_is_refused_and_told_what_helps(shelf: Shelf, old: str) -> None:
    with pytest.raises(InputError, match=r"version.*expected 2, found 1.*loopbook book migrate"):
        shelf.as_owner()


def test_a_migrated_book_is_the_same_book(shelf: Shelf, old: str, envelope: Envelopes) -> None:
    assert migrate(owned(shelf)) == "1"
    assert migrate(owned(shelf)) == "2"
    with shelf.as_owner(clock=envelope.clock) as book:
        report = verify(book, keys=[SIGNER.verifier])
        assert report.clean, report.findings
        assert report.checkpoints == 1
        assert proofs.checkpoint(book, SIGNER) == old  # the same size and root
    with shelf.open(clock=envelope.clock) as book:
        before = balances_kg(book)
        book.post(receive(envelope, "U", shares={"Ti": "0.1"}))
        assert balances_kg(book) == before | {
            "lot/LGES/WS/U": 1000,
            "supplier/LGES//": before["supplier/LGES//"] - 1000,
        }
        assert verify(book).clean
        with pytest.raises(LoopbookError, match=r"frozen|owner may"):
            book.store.write("UPDATE event SET actor = 'eve'", [()])
        lot = "INSERT INTO lot (id, material, event, line) SELECT 'Z', 'scrap', max(id), 0 "
        with pytest.raises(BalanceError, match="sealed"):
            book.store.write(lot + "FROM event", [()])


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_a_migration_that_fails_changes_nothing(
    shelf: Shelf, old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def schema() -> list[Any]:
        with closing(sqlite3.connect(shelf.address)) as link:
            return link.execute("SELECT * FROM sqlite_master").fetchall()

    before = schema()
    wrong = {"1": {("event", "leaf"): "NULL"}}
    with monkeypatch.context() as patch:
        patch.setattr(migration, "_FILLED", wrong)
        with pytest.raises(BalanceError, match="NOT NULL"):
            migrate(shelf.address)
    assert schema() == before
    with closing(sqlite3.connect(shelf.address)) as link, link:
        link.execute("DROP TRIGGER seal_no_delete")
        link.execute("DELETE FROM seal WHERE event = 3")
    before = schema()
    with pytest.raises(StorageError, match="1 events without a seal"):
        migrate(shelf.address)
    assert schema() == before


def test_no_book_and_a_version_of_the_future(shelf: Shelf, book: Book, tmp_path: Path) -> None:
    with shelf.as_owner() as owner:
        owner.store.write("UPDATE book SET value = '99' WHERE key = 'version'", [()])
    with pytest.raises(InputError, match="expected at most 2, found 99"):
        migrate(owned(shelf))
    with pytest.raises(InputError, match="no such file"):
        migrate(tmp_path / "none.sqlite")


def test_damaged_edges_are_found_and_derived_again(shelf: Shelf, envelope: Envelopes) -> None:
    shelf.new(substances=SUBSTANCES, clock=envelope.clock).close()
    with shelf.as_owner(clock=envelope.clock) as book:
        fill(book, envelope)
        before = book.store.rows("SELECT * FROM edge ORDER BY event, source, target")
    if shelf.kind == "sqlite":
        with closing(sqlite3.connect(shelf.address)) as link, link:
            (rule,) = link.execute(
                "SELECT sql FROM sqlite_master WHERE name = 'edge_no_update'"
            ).fetchone()
            link.execute("DROP TRIGGER edge_no_update")
            link.execute(
                "UPDATE edge SET mass = mass + 1 WHERE event = (SELECT max(event) FROM edge)"
            )
            link.execute(rule)
    else:
        with shelf.as_owner() as book:
            for step in (
                "ALTER TABLE edge DISABLE TRIGGER USER",
                "UPDATE edge SET mass = mass + 1 WHERE event = (SELECT max(event) FROM edge)",
                "ALTER TABLE edge ENABLE TRIGGER USER",
            ):
                book.store.write(step, [()])
    with shelf.as_owner(clock=envelope.clock) as book:
        report = verify(book)
        assert [x.code for x in report.findings] == ["edge"]
    assert rebuild_edges(owned(shelf)) == len(before)
    with shelf.as_owner(clock=envelope.clock) as book:
        assert book.store.rows("SELECT * FROM edge ORDER BY event, source, target") == before
        assert verify(book).clean
