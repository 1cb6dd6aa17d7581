"""Events that are recorded together count together, whatever others post between them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tampering import cut, reseal, tamper

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.commands.command import Command
from loopbook.book.commands.correction import plan_correction
from loopbook.book.commands.planning import plan
from loopbook.book.nouns import Event
from loopbook.book.storage.session import Session
from loopbook.book.verification.report import verify
from support.shelves import Shelf, sqlite_shelf

DAY = datetime(2026, 3, 1, tzinfo=UTC)
LOAD: dict[str, Any] = {"material": "scrap", "supplier": "A", "owner": "A", "site": "W"}
_KEYS = itertools.count()


def on(day: int, key: str = "") -> dict[str, Any]:
    """The envelope of a command."""
    when = DAY + timedelta(days=day)
    return {"key": key or f"k{next(_KEYS)}", "actor": "amy", "occurred_at": when}


def made(shelf: Shelf) -> Iterator[Book]:
    """Lot L of A, of which B gets 60 kg and has none left: what is amended first is below zero."""
    with shelf.new() as book:
        book.post(
            [
                *(c.RegisterParty(party=name, **on(0)) for name in "AB"),
                c.RegisterSite(site="W", **on(0)),
                c.RegisterMaterial(material="scrap", **on(0)),
                c.Receive(lot="L", mass_kg=100, shares={"Ni": "0.5"}, **LOAD, **on(1, "receipt")),
                c.TransferTitle(lot="L", seller="A", buyer="B", mass_kg=60, **on(3, "title")),
                c.TransferTitle(lot="L", seller="B", buyer="A", mass_kg=60, **on(4, "back")),
            ]
        )
        yield book


plant = pytest.fixture(made)


def late_assay(session: Session, at: int) -> Sequence[Event]:
    """Both transfers of title are amended before the assay that changes them."""
    shares = {"Ni": "0.2"}
    fixed: dict[str, Any] = {"lot": "L", "stage": "final", "basis": "as received"}
    return plan(session, c.Assay(shares=shares, **fixed, **on(2, "assay")), at)


def corrected(session: Session, at: int) -> Sequence[Event]:
    """The receipt had less nickel."""
    right = c.Receive(lot="L", mass_kg=100, shares={"Ni": "0.2"}, **LOAD, **on(1, "right"))
    back = c.Reverse(event="receipt", reason="typed wrong", **on(1, "undone"))
    return plan_correction(session, right, back, recorded_at=at)


TOGETHER = {
    "late assay": (late_assay, ["title", "back", "assay"]),
    "correction": (corrected, ["title", "back", "right", "undone"]),
}


def post_with_others(
    book: Book, planned: Callable[[Session, int], Sequence[Event]], meanwhile: Callable[[], None]
) -> list[str]:
    """Post what was planned, while something happens after each event; keys in order."""
    keys: list[str] = []

    def work(session: Session) -> None:
        for event in planned(session, book.recorded_at(session)):
            session.append(event)
            keys.append(event.amends or event.key)
            meanwhile()

    lots: list[Command] = [c.Dispose(lot="L", site="W", mass_kg=1, **on(5))]  # locks the lot
    book.store.transact(lots, work)
    return keys


def found(book: Book, page: int) -> list[str]:
    return [f"{x.code} {x.where}" for x in verify(book, replan=True, page=page).findings]


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5, 4_000])
@pytest.mark.parametrize("case", TOGETHER)
def test_others_post_between_events_that_count_together(
    shelf: Shelf, plant: Book, case: str, page: int
) -> None:
    """Two clients of a server draw numbers in turn, and a page ends anywhere: the book is right."""
    planned, order = TOGETHER[case]
    with shelf.open() as other:

        def receive() -> None:
            if shelf.kind == "postgres":  # a file has one writer at a time
                lot = f"N{next(_KEYS)}"
                other.post(c.Receive(lot=lot, mass_kg=1, shares={}, **LOAD, **on(5)))

        assert post_with_others(plant, planned, receive) == order
    assert found(plant, page) == []


def wrong(path: Path, page: int) -> set[str]:
    with Book(path) as book:
        return {f"{x.code} {x.where}" for x in verify(book, page=page).findings}


@pytest.mark.parametrize("page", [1, 2, 3, 4, 4_000])
def test_events_of_two_moments_do_not_count_together(tmp_path: Path, page: int) -> None:
    """What amends an event before its late fact is recorded leaves a lot below zero meanwhile."""
    path = tmp_path / "book.sqlite"
    for book in made(sqlite_shelf(tmp_path)):
        post_with_others(book, late_assay, lambda: None)
    first = "event 8 'assay amends title'"
    tamper(path, "UPDATE event SET recorded_at = recorded_at - 1 WHERE id = 8")
    reseal(path)
    assert wrong(path, page) == {f"negative {first}", f"amend {first}"}


@pytest.mark.parametrize(
    ("case", "last", "code"), [("correction", 10, "correct"), ("late assay", 9, "amend")]
)
@pytest.mark.parametrize("page", [1, 2, 4_000])
def test_the_last_of_those_that_count_together_is_missed(
    tmp_path: Path, case: str, last: int, code: str, page: int
) -> None:
    path = tmp_path / "book.sqlite"
    for book in made(sqlite_shelf(tmp_path)):
        post_with_others(book, TOGETHER[case][0], lambda: None)
    cut(path, last)
    assert code in {x.partition(" ")[0] for x in wrong(path, page)}
