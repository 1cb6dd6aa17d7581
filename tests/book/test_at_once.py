"""Two clients at once: what one of them reads to plan by, the other does not change meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.commands.command import Command
from loopbook.book.commands.planning import plan
from loopbook.book.storage.session import Session
from loopbook.errors import InputError
from loopbook.serials import SerialRegister, rebuild_register
from loopbook.serials.step import moves_in_step
from support.shelves import Shelf, postgres_shelf

if TYPE_CHECKING:
    from support.postgres_server import Server

pytestmark = pytest.mark.server
PLAIN, TWIN = "S-1", "S\u20111"
LONG = 20.0


def on(key: str) -> dict[str, Any]:
    return {"key": key, "actor": "amy", "occurred_at": datetime(2026, 3, 1, tzinfo=UTC)}


def load(lot: str) -> Command:
    fixed = {"material": "scrap", "supplier": "A", "owner": "A", "site": "W", "mass_kg": 5}
    return c.Receive(lot=lot, shares={}, **fixed, **on(f"receipt of {lot}"))


@pytest.fixture
def shelf(server: Server) -> Shelf:
    shelf = postgres_shelf(server)
    with shelf.new() as book:
        book.post([c.RegisterParty(party="A", **on("a")), c.RegisterSite(site="W", **on("w"))])
        book.post([c.RegisterMaterial(material="scrap", **on("s")), load("L")])
    return shelf


def posting(
    book: Book,
    planned: Sequence[Command],
    *,
    named: Sequence[Command] = (),
    then: Callable[[], Any],
) -> None:
    """Post commands; what happens when they are planned, and before they are committed.

    Parameters
    ----------
    named : the commands by which the transaction locks, if they are others.
    """

    def work(session: Session) -> None:
        at = book.recorded_at(session)
        for command in planned:
            session.append(*plan(session, command, at))
        session.flush()
        then()

    book.store.transact(named or planned, work)


@contextmanager
def under_way(shelf: Shelf, command: Command) -> Iterator[threading.Event]:
    """Another client has planned a command, and commits it when the event is set."""
    is_planned, may_commit = threading.Event(), threading.Event()

    def then() -> None:
        is_planned.set()
        assert may_commit.wait(LONG)

    with shelf.open() as book:
        thread = threading.Thread(target=posting, args=(book, [command]), kwargs={"then": then})
        thread.start()
        assert is_planned.wait(LONG)
        try:
            yield may_commit
        finally:
            may_commit.set()
            thread.join(LONG)


@contextmanager
def soon(event: threading.Event) -> Iterator[None]:
    """Set an event in a while: what is in the block waits for it."""
    timer = threading.Timer(0.3, event.set)
    timer.start()
    try:
        yield
    finally:
        timer.join()


@pytest.mark.parametrize(("first", "second"), [(PLAIN, TWIN), (TWIN, PLAIN)])
def test_two_lots_that_look_alike(shelf: Shelf, first: str, second: str) -> None:
    """The second client waits for the first, and is told of the lot that looks the same."""
    with (
        shelf.open() as book,
        under_way(shelf, load(first)) as may_commit,
        soon(may_commit),
        pytest.raises(InputError, match="looks like the lot"),
    ):
        book.post(load(second))


def test_a_lot_that_looks_alike_comes_in_late(shelf: Shelf) -> None:
    """A client that reads what is new meets one whose number is lower than what it has read."""
    with shelf.open() as reader:
        with under_way(shelf, load(TWIN)) as may_commit, soon(may_commit):
            for lot in "MNO":
                reader.post(load(lot))
        with pytest.raises(InputError, match="looks like the lot"):
            reader.post(load(PLAIN))


def test_what_concerns_the_whole_book_is_stated_alone(shelf: Shelf) -> None:
    """Also by a command that does not declare it: nobody posts by the nouns as they were."""
    party = c.RegisterParty(party="B", **on("b"))
    done: list[str] = []
    with shelf.open() as book, under_way(shelf, load("M")) as may_commit, soon(may_commit):
        posting(
            book, [party], named=[load("N")], then=lambda: done.append(str(may_commit.is_set()))
        )
    assert done == ["True"]


def test_a_register_keeps_step_with_what_comes_in_late(shelf: Shelf, tmp_path: Path) -> None:
    """Serials are named under a number below that of the last event, and come in after it."""
    folder = tmp_path / "register"
    with shelf.open() as book:
        book.post(load("M"))
        rebuild_register(folder, book)
        parts = c.Split(lot="L", parts_kg={"L1": 3}, serials={"L1": ["P-1 to P-3"]}, **on("cut"))
        with under_way(shelf, parts) as may_commit, soon(may_commit):
            book.post(load("N"))
            rebuild_register(folder, book)
        moves = moves_in_step(SerialRegister(folder), book)
        assert [(x.serials.lot, x.serials.last) for x in moves] == [("L1", 3)]
