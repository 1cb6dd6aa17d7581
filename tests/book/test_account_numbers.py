"""Numbers of accounts in a file: those of a lot lie side by side, whoever opened what between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from loopbook.book.nouns import Account
from loopbook.book.storage.sqlite.store import SqliteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "book.sqlite", create=True)) as made:
        yield made


def opened(store: SqliteStore, *accounts: Account) -> list[int]:
    numbers = store.transact((), lambda _: store.open_accounts(accounts))
    return [numbers[account] for account in accounts]


def of_lot(lot: str, *parties: str) -> list[Account]:
    return [Account("lot", party, "works", lot) for party in parties]


def test_a_lots_accounts_lie_side_by_side(store: SqliteStore) -> None:
    (first,) = opened(store, *of_lot("A", "LGES"))
    (other,) = opened(store, *of_lot("B", "LGES"))
    opened(store, Account("supplier", "LGES"), Account("unaccounted", "", "works"))
    assert opened(store, *of_lot("A", "GMBI", "GM")) == [first + 1, first + 2]
    assert opened(store, *of_lot("C", "LGES"))[0] // 8 > other // 8 > first // 8
    assert opened(store, *of_lot("A", "Ford", "GMBI")) == [first + 3, first + 1]


def test_a_lot_with_many_accounts_goes_on_behind_the_last(store: SqliteStore) -> None:
    numbers = opened(store, *of_lot("A", *(f"P{k}" for k in range(5))))
    other = opened(store, *of_lot("B", "P0"))
    numbers += opened(store, *of_lot("A", *(f"P{k}" for k in range(5, 20))))
    assert len({*numbers, *other}) == 21
    assert numbers == [*range(numbers[0], numbers[0] + 8), *range(other[0] + 1, other[0] + 13)]


def test_in_a_book_numbered_one_after_the_other_no_number_is_taken_twice(
    store: SqliteStore, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "book.sqlite")) as link:
        for number, lot in enumerate(("A", "B", "A", "C"), start=4):
            names = (number, lot, "lot", f"P{number}", "works")
            link.execute(
                "INSERT INTO account (id, lot, kind, party, site) VALUES (?, ?, ?, ?, ?)", names
            )
        link.commit()
    assert opened(store, *of_lot("A", "P4", "P6", "new")) == [4, 6, 8]
    assert opened(store, *of_lot("C", "new"), *of_lot("D", "P4")) == [9, 16]
