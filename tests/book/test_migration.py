"""A book of an older version becomes one of this version: same events, same hashes, same rules.

`books/` keeps a book of each version, made by the last code of that version on both stores: every
kind of event, a substance added, a dry assay, two checkpoints and proofs that somebody kept; from
version 4 on facts that were reported late, some of a closed period, and one that was reversed.
"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from test_conformance import story

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.log.checkpoint import open_checkpoint
from loopbook.book.log.keys import VerifierKey
from loopbook.book.log.proofs import check_proof
from loopbook.book.storage.open import migrate, rebuild_edges
from loopbook.book.storage.schema import VERSION
from loopbook.book.storage.sqlite import migration
from loopbook.book.verification.report import verify
from loopbook.errors import BalanceError, InputError, LoopbookError, StorageError
from support.lots import SUBSTANCES, nouns, receive
from support.shelves import Shelf
from support.world import Envelopes, balances_kg

BOOKS = Path(__file__).parent / "books"
VERSIONS = sorted({path.name.split("_")[0].split(".")[0] for path in BOOKS.glob("version*.sql")})


@dataclass(frozen=True, slots=True)
class Old:
    """A book of an older version, and what an outsider kept of it."""

    version: str
    key: str
    notes: list[str]
    proofs: list[dict[str, Any]]
    balances: dict[str, list[int]] = field(default_factory=dict)


def restore(shelf: Shelf, request: pytest.FixtureRequest, version: str) -> None:
    """Fill a shelf with the book of a version."""
    if shelf.kind == "sqlite":
        text = (BOOKS / f"{version}.sql").read_text(encoding="utf-8")
        with closing(sqlite3.connect(shelf.address, isolation_level=None)) as link:
            link.executescript(text)
        return
    text = (BOOKS / f"{version}_postgres.sql").read_text(encoding="utf-8")
    text = re.sub(r"\bv\d\b", shelf.schema, text.partition("\n")[2])  # without CREATE SCHEMA
    with request.getfixturevalue("server").connect(shelf.schema) as link:
        link.execute(text.encode())
        link.execute(f"GRANT USAGE ON SCHEMA {shelf.schema} TO poster".encode())
        link.execute(f"GRANT INSERT ON {shelf.schema}.event TO poster".encode())
    if version == f"version{VERSION}":  # an older one gets its rights from the migration
        request.getfixturevalue("server").admit(shelf.schema)


@pytest.fixture(params=VERSIONS)
def old(request: pytest.FixtureRequest, shelf: Shelf) -> Old:
    """A book of a version on the shelf."""
    restore(shelf, request, request.param)
    kept = json.loads((BOOKS / f"{request.param}_proofs.json").read_text(encoding="utf-8"))
    one = kept[shelf.kind]
    proofs = [*one["inclusion"], one["consistency"]]
    return Old(request.param[-1], one["key"], one["notes"], proofs, kept["balances"])


def owned(shelf: Shelf) -> str:
    """The address for whoever owns the tables."""
    return shelf.address.replace("poster@", "postgres@")


def late(envelope: Envelopes) -> Envelopes:
    """Envelopes and a clock after those of the old book."""
    envelope.now += 3_600_000_000
    for _ in range(100):
        envelope()
    return envelope


def test_a_book_of_every_version_is_kept() -> None:
    assert VERSIONS[-1] == f"version{VERSION}"
    assert [int(name[-1]) for name in VERSIONS] == list(range(2, VERSION + 1))


def test_an_old_book_is_refused_with_the_command_that_helps(shelf: Shelf, old: Old) -> None:
    if old.version == str(VERSION):
        shelf.as_owner().close()
    else:
        wanted = rf"version.*expected {VERSION}, found {old.version}.*loopbook book migrate"
        with pytest.raises(InputError, match=wanted):
            shelf.as_owner()


def test_a_migrated_book_is_the_same_book(shelf: Shelf, old: Old, envelope: Envelopes) -> None:
    assert migrate(owned(shelf)) == old.version
    assert migrate(owned(shelf)) == str(VERSION)
    late(envelope)
    key = VerifierKey.parse(old.key)
    with shelf.as_owner(clock=envelope.clock) as book:
        report = verify(book, keys=[key])
        assert report.clean, report.findings
        assert report.checkpoints == len(old.notes)
        assert {str(a): list(x) for a, x in book.balances().items()} == old.balances
    for note in old.notes:
        open_checkpoint(note, key)
    for proof in old.proofs:
        check_proof(json.dumps(proof).encode(), old.key)
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
        lot = "INSERT INTO lot (id, again, material, event, line) "
        with pytest.raises(BalanceError, match="sealed"):
            book.store.write(lot + "SELECT 'ZZ', 0, 'scrap', max(id), 0 FROM event", [()])


def test_a_changed_byte_of_a_kept_proof_is_found(old: Old) -> None:
    proof = json.dumps(old.proofs[0])
    changed = (
        proof.replace('"amy', '"eve', 1) if '"amy' in proof else proof.replace("amy", "eve", 1)
    )
    assert changed != proof
    with pytest.raises(LoopbookError):
        check_proof(changed.encode(), old.key)


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_the_first_books_of_version_2_are_migrated_too(
    shelf: Shelf, request: pytest.FixtureRequest, envelope: Envelopes
) -> None:
    """Their tables had no basis of a measurement and no last date of a balance."""
    restore(shelf, request, "version2")
    with closing(sqlite3.connect(shelf.address, isolation_level=None)) as link:
        rules = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        for (name,) in link.execute(rules).fetchall():
            link.execute(f"DROP TRIGGER {name}")
        last = link.execute("SELECT account, last_at FROM balance").fetchall()
        link.execute("ALTER TABLE balance DROP COLUMN last_at")
    assert migrate(shelf.address) == "2"
    with closing(sqlite3.connect(shelf.address)) as link:
        assert link.execute("SELECT account, last_at FROM balance").fetchall() == last
    with shelf.open(clock=late(envelope).clock) as book:
        assert verify(book).clean


def test_tables_that_nothing_can_fill_are_refused(
    shelf: Shelf, request: pytest.FixtureRequest
) -> None:
    """Unreleased books of version 2 kept their seals in a table of their own."""
    restore(shelf, request, "version2")
    if shelf.kind == "sqlite":
        with closing(sqlite3.connect(shelf.address, isolation_level=None)) as link:
            rules = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in link.execute(rules).fetchall():
                link.execute(f"DROP TRIGGER {name}")
            link.execute("ALTER TABLE event DROP COLUMN leaf")
    else:
        with request.getfixturevalue("server").connect(shelf.schema) as link:
            link.execute("ALTER TABLE event DROP COLUMN leaf")
    before = objects(shelf, request)
    with pytest.raises(InputError) as refused:
        migrate(owned(shelf))
    (finding,) = refused.value.findings
    assert (finding.code, finding.found) == ("columns", "event.leaf")
    assert objects(shelf, request) == before


def objects(shelf: Shelf, request: pytest.FixtureRequest) -> list[Any]:
    """All of a book's file; on a server, its version, indexes and triggers."""
    if shelf.kind == "sqlite":
        with closing(sqlite3.connect(shelf.address)) as link:
            return list(link.iterdump())
    with request.getfixturevalue("server").connect(shelf.schema) as link:
        return link.execute(
            "SELECT key || value AS line FROM book UNION ALL SELECT indexdef FROM pg_indexes "
            "WHERE schemaname = current_schema() UNION ALL SELECT pg_get_triggerdef(oid) "
            "FROM pg_trigger WHERE tgrelid::regclass::text = 'event' AND NOT tgisinternal "
            "ORDER BY line"
        ).fetchall()


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
def test_a_migration_that_fails_changes_nothing(
    shelf: Shelf, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore(shelf, request, "version2")

    def full_disk(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with closing(sqlite3.connect(shelf.address)) as link:
        before = list(link.iterdump())
    with monkeypatch.context() as patch:
        patch.setattr(migration, "declare_in", full_disk)
        with pytest.raises(StorageError, match="full"):
            migrate(shelf.address)
    with closing(sqlite3.connect(shelf.address)) as link:
        assert list(link.iterdump()) == before


def test_no_book_and_a_version_of_the_future(shelf: Shelf, book: Book, tmp_path: Path) -> None:
    with shelf.as_owner() as owner:
        owner.store.write("UPDATE book SET value = '99' WHERE key = 'version'", [()])
    with pytest.raises(InputError, match=f"expected 2 to {VERSION}, found 99"):
        migrate(owned(shelf))
    with pytest.raises(InputError, match="no such file"):
        migrate(tmp_path / "none.sqlite")


def fill(book: Book, envelope: Envelopes) -> None:
    """A book with everything in it, and a substance more."""
    book.post(nouns(envelope))
    book.post([x for x in story(envelope) if not isinstance(x, c.Reverse)])
    book.post(c.AddSubstance(substance="Ti", **envelope()))
    book.post(receive(envelope, "T", shares={"Ti": "0.5"}))


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
