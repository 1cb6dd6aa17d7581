"""The database refuses by itself what would break a book, whoever asks it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.nouns import Account
from loopbook.book.verification.report import verify
from loopbook.errors import BalanceError, InputError
from support.lots import SUBSTANCES, receive
from support.shelves import Shelf, postgres_shelf
from support.world import Envelopes, balances_kg

REFUSED = (sqlite3.Error, psycopg.Error)

FACTS = ("event", "posting", "lot", "measurement", "noun", "account", "leaf")


@pytest.fixture
def posted(book: Book, envelope: Envelopes) -> Book:
    book.post([receive(envelope, "A"), receive(envelope, "B", owner="GMBI")])
    book.post(c.Weigh(lot="A", ticket="T1", gross_kg=1510, tare_kg=500, **envelope()))
    book.store.place_leaves()
    return book


@pytest.mark.parametrize("table", FACTS)
@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "TRUNCATE", "REPLACE"])
def test_facts_stay(shelf: Shelf, posted: Book, table: str, verb: str) -> None:
    if (verb == "TRUNCATE") != (shelf.kind == "postgres") and verb in ("TRUNCATE", "REPLACE"):
        pytest.skip(f"{shelf.kind} has no {verb}")
    before = posted.store.rows(f"SELECT * FROM {table} ORDER BY 1, 2")
    assert before
    column = {"event": "id", "lot": "id", "account": "id"}.get(table, "event")
    statement = {
        "UPDATE": f"UPDATE {table} SET {column} = {column}",
        "DELETE": f"DELETE FROM {table}",
        "TRUNCATE": f"TRUNCATE {table} CASCADE",
        "REPLACE": f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    }[verb]
    with shelf.direct() as link, pytest.raises(REFUSED, match=r"frozen|denied|duplicate|sealed"):
        link.execute(statement)
    assert posted.store.rows(f"SELECT * FROM {table} ORDER BY 1, 2") == before


@pytest.mark.server
@pytest.mark.parametrize("table", FACTS)
def test_facts_stay_for_the_owner(server: Any, table: str, envelope: Envelopes) -> None:
    """Triggers hold where rights do not."""
    shelf = postgres_shelf(server)
    shelf.new(substances=SUBSTANCES).close()
    with shelf.as_owner() as book:
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            with pytest.raises(BalanceError, match="frozen"):
                book.store.rows(statement)


EVENT = (
    "INSERT INTO event (id, key, kind, actor, document, occurred_at, recorded_at, command, leaf, "
    "posted_at, planner) VALUES (900, 'x', 'receive', 'eve', '', 0, 0, '', {leaf}, 0, 0)"
)
LEG = 'INSERT INTO posting (event, account, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", s_other) VALUES '
LOT = "INSERT INTO lot (id, again, material, event, line) VALUES ('Z', 0, 'scrap', 900, 0)"


def attack(shelf: Shelf, *statements: str) -> None:
    """Run statements in one transaction of the poster's own connection.

    An event's row comes after its parts in SQLite and before them in PostgreSQL.
    """
    leaf = "x'00'" if shelf.kind == "sqlite" else r"'\x00'::bytea"
    with shelf.direct() as link:
        link.execute("BEGIN")
        for statement in sorted(statements, key=EVENT.__eq__, reverse=shelf.kind == "postgres"):
            link.execute(statement.replace("{leaf}", leaf))
        link.execute("COMMIT")


def accounts(book: Book) -> Mapping[str, int]:
    found = book.store.rows("SELECT id, kind, party, site, lot FROM account")
    return {str(Account(*names)): number for number, *names in found}


@pytest.mark.parametrize(
    ("legs", "why"),
    [
        (["lot/LGES/WS/A, 5, 5, 0, 0, 0, 0", "supplier/LGES//, -4, -4, 0, 0, 0, 0"], "zero"),
        (["lot/LGES/WS/A, 5, 5, 0, 0, 0, 0", "supplier/LGES//, -5, 0, -5, 0, 0, 0"], "zero"),
        (["lot/LGES/WS/A, 5, 4, 0, 0, 0, 0", "supplier/LGES//, -5, -4, 0, 0, 0, 0"], "add"),
        (["lot/LGES/WS/A, 0, -1, 0, 0, 0, 1"], "zero"),
        (["lot/LGES/WS/A, 0, 0, -1, 0, 0, 1", "supplier/LGES//, 0, 0, 1, 0, 0, -1"], "negative"),
        (
            [
                "lot/LGES/WS/A, -2000000000, 0, 0, 0, 0, -2000000000",
                "supplier/LGES//, 2000000000, 0, 0, 0, 0, 2000000000",
            ],
            "negative",
        ),
    ],
)
def test_wrong_legs(shelf: Shelf, posted: Book, legs: list[str], why: str) -> None:
    before, numbers = balances_kg(posted), accounts(posted)
    rows = []
    for leg in legs:
        name, rest = leg.split(", ", 1)
        rows.append(f"(900, {numbers[name]}, {rest})")
    with pytest.raises(REFUSED, match=why):
        attack(shelf, EVENT, LEG + ", ".join(rows))
    assert balances_kg(posted) == before


def test_right_legs_pass_once(shelf: Shelf, posted: Book) -> None:
    """The attacks above fail for their reason, not for another one."""
    numbers = accounts(posted)
    a, s = numbers["lot/LGES/WS/A"], numbers["supplier/LGES//"]
    legs = f"(900, {a}, 5, 5, 0, 0, 0, 0), (900, {s}, -5, -5, 0, 0, 0, 0)"
    attack(shelf, EVENT, LEG + legs)
    assert balances_kg(posted)["lot/LGES/WS/A"] == 1010.000005
    b = numbers["lot/GMBI/WS/B"]
    with pytest.raises(REFUSED, match="sealed"):
        attack(shelf, LEG + f"(900, {b}, 0, 0, 0, 0, 0, 0)")
    with pytest.raises(REFUSED, match="sealed"):
        attack(shelf, LOT)


@pytest.mark.parametrize(
    "part",
    [
        LEG + "(900, {a}, 5, 5, 0, 0, 0, 0), (900, {s}, -5, -5, 0, 0, 0, 0)",
        LOT,
        "INSERT INTO noun (event, kind, id, body) VALUES (900, 'party', 'EVE', '{{}}')",
        "INSERT INTO closing (period, event, start_at, end_at) VALUES ('x', 900, 0, 1)",
        "INSERT INTO measurement (event, line, lot, quantity, value, uncertainty, method, "
        "laboratory, sample, grp, stage, basis) "
        "VALUES (900, 0, 'A', 'Ni', '1', '', '', '', '', '', '', '')",
    ],
)
def test_parts_without_an_event(shelf: Shelf, posted: Book, part: str) -> None:
    numbers = accounts(posted)
    a, s = numbers["lot/LGES/WS/A"], numbers["supplier/LGES//"]
    before = balances_kg(posted)
    with pytest.raises(REFUSED, match=r"(?i)foreign key|sealed"):
        attack(shelf, part.format(a=a, s=s))
    assert balances_kg(posted) == before
    attack(shelf, EVENT, part.format(a=a, s=s))  # with its event it passes


def test_a_leg_without_an_account(shelf: Shelf, posted: Book) -> None:
    with pytest.raises(REFUSED, match=r"(?i)foreign key|account"):
        attack(shelf, EVENT, LEG + "(900, 99, 0, 0, 0, 0, 0, 0)")


def test_a_leg_in_place_of_another(shelf: Shelf, posted: Book) -> None:
    """A balance is the sum of its postings: none is put over one that was counted."""
    if shelf.kind == "postgres":
        pytest.skip("postgres has no REPLACE")
    numbers = accounts(posted)
    a, s = numbers["lot/LGES/WS/A"], numbers["supplier/LGES//"]
    legs = LEG + f"(900, {a}, 5, 5, 0, 0, 0, 0), (900, {s}, -5, -5, 0, 0, 0, 0)"
    with pytest.raises(REFUSED, match="duplicate"):
        attack(shelf, legs, legs.replace("INSERT", "INSERT OR REPLACE"), EVENT)


@pytest.mark.parametrize("word", ["IGNORE", "REPLACE", "FAIL", "ABORT", "ROLLBACK"])
def test_more_than_there_is_whatever_a_conflict_may_do(
    shelf: Shelf, posted: Book, word: str
) -> None:
    """SQLite hands the word on to what triggers do: it could have skipped the balance alone."""
    if shelf.kind == "postgres":
        pytest.skip("postgres has no such words")
    before, numbers = balances_kg(posted), accounts(posted)
    a, s = numbers["lot/LGES/WS/A"], numbers["supplier/LGES//"]
    much = "2000000000"
    legs = LEG + f"(900, {a}, -{much}, 0, 0, 0, 0, -{much}), (900, {s}, {much}, 0, 0, 0, 0, {much})"
    with pytest.raises(REFUSED, match="negative"):
        attack(shelf, *[x.replace("INSERT", f"INSERT OR {word}") for x in (legs, EVENT)])
    assert balances_kg(posted) == before
    assert verify(posted).clean


@pytest.mark.server
def test_parts_of_the_event_of_another(server: Any, envelope: Envelopes) -> None:
    """Nobody adds to an event that somebody else is writing, in whatever order they commit."""
    shelf = postgres_shelf(server)
    shelf.new(substances=SUBSTANCES).close()
    with shelf.direct() as one, shelf.direct() as two:
        for level in ("READ COMMITTED", "SERIALIZABLE"):
            one.execute(f"BEGIN ISOLATION LEVEL {level}")
            two.execute("BEGIN")
            one.execute("SELECT count(*) FROM event")
            number = 900 if level == "SERIALIZABLE" else 901
            event = EVENT.replace("900, 'x'", f"{number}, '{level}'")
            two.execute(event.replace("{leaf}", r"'\x00'::bytea"))
            with pytest.raises(REFUSED, match="sealed"):
                one.execute(LOT.replace("900", str(number)))
            one.execute("ROLLBACK")
            two.execute("COMMIT")
            with pytest.raises(REFUSED, match="sealed"):
                one.execute(LOT.replace("900", str(number)))


def test_direct_into_a_closed_period(shelf: Shelf, posted: Book, envelope: Envelopes) -> None:
    start, end = datetime(1969, 12, 1, tzinfo=UTC), datetime(1970, 2, 1, tzinfo=UTC)
    posted.post(c.OpenPeriod(period="old", start=start, end=end, **envelope()))
    posted.post(c.ClosePeriod(period="old", **envelope()))
    with pytest.raises(REFUSED, match="closed"):
        attack(shelf, EVENT)


def test_storage_limit(shelf: Shelf, book: Book, envelope: Envelopes) -> None:
    book.post(receive(envelope, "M1", 4000, material="BM"))
    with pytest.raises(InputError, match=r"WS.*6,000 kg of black mass.*5,000 kg"):
        book.post(receive(envelope, "M2", 2000, material="BM"))
    book.post(receive(envelope, "M3", 2000, material="BM", site="REF"))
    assert book.store.rows("SELECT site, hazard, mass FROM load") == [
        ("WS", "black mass", 4000 * 10**6)
    ]
    with pytest.raises(REFUSED, match="storage_limit"):
        attack(shelf, "UPDATE load SET mass = mass + 2000000000")


@pytest.mark.server
def test_a_role_that_was_not_admitted_cannot_post(server: Any) -> None:
    shelf = postgres_shelf(server)
    Book(server.url(shelf.schema), create=True, substances=SUBSTANCES).close()
    with server.connect() as link:
        link.execute(f"GRANT USAGE ON SCHEMA {shelf.schema} TO poster".encode())
    for call in ("try_lots(NULL)", "look(false, NULL, NULL, NULL, NULL, 0)"):
        with shelf.direct() as link, pytest.raises(psycopg.errors.InsufficientPrivilege):
            link.execute(f"SELECT {call}".encode())


@pytest.mark.server
def test_the_poster_cannot_touch_balances(server: Any, envelope: Envelopes) -> None:
    shelf = postgres_shelf(server)
    shelf.new(substances=SUBSTANCES).close()
    for table in ("balance_of_lot", "balance_of_boundary", "book"):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {{}} = {{}}"):
            column = "key" if table == "book" else "mass"
            with shelf.direct() as link, pytest.raises(psycopg.errors.InsufficientPrivilege):
                link.execute(statement.format(column, column))


def test_wrong_legs_of_a_new_substance(shelf: Shelf, posted: Book, envelope: Envelopes) -> None:
    with shelf.as_owner(clock=envelope.clock) as owner:
        owner.post(c.AddSubstance(substance="Ti", **envelope()))
    a = accounts(posted)["lot/LGES/WS/A"]
    leg = LEG.replace("s_other", 's_other, "s_Ti"') + f"(900, {a}, 0, 0, 0, 0, 0, 0, 7)"
    with pytest.raises(REFUSED, match="add"):
        attack(shelf, EVENT, leg)
