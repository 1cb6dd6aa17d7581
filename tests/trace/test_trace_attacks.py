"""Others who post meanwhile, storage that fails, and writers who commit out of order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from trace_books import BEGIN, SITES, Desk, a_book
from trace_compare import same

from loopbook import book as c
from loopbook.book import AsOf, Book
from loopbook.book.commands.planning import plan
from loopbook.errors import BalanceError, InputError, StorageError
from loopbook.trace import Genealogy, recall, save_genealogy, trace
from loopbook.trace.genealogy.arrays import Additions, Graph
from loopbook.trace.genealogy.edge_rows import EdgeRows, additions
from support.shelves import Shelf, postgres_shelf


@pytest.fixture
def desk(shelf: Shelf) -> Iterator[Desk]:
    made = Desk(shelf)
    made.receive("A", 100, {"Ni": "0.5"})
    made.receive("B", 100, {"Ni": "0.2"})
    made.post(c.Split, lot="A", parts_kg={"A1": 10, "A2": 10})
    yield made
    made.book.close()


class Meddler:
    """Posts through a connection of its own, just before some query of another."""

    def __init__(self, desk: Desk, act: Callable[[Book], Any]) -> None:
        self.desk, self.act, self.before, self.seen = desk, act, -1, 0
        self.rows = desk.book.store.rows

    def __call__(self, sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        if self.seen == self.before:
            with self.desk.shelf.open(clock=self.desk.clock) as other:
                self.act(other)
        self.seen += 1
        return self.rows(sql, values)


def blend(desk: Desk, lot: str, *inputs: str) -> c.Blend:
    return c.Blend(
        lot=lot, inputs_kg=dict.fromkeys(inputs, 1), site=SITES[0], material="scrap", **desk()
    )


def meddled(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, ask: Callable[[], Any]
) -> Iterator[tuple[Any, Any, Any]]:
    """What is answered before somebody posts, while he does (before each query), and after."""
    for place in range(30):
        before = ask()
        lot = f"N{place}"
        meddler = Meddler(desk, lambda book, lot=lot: book.post(blend(desk, lot, "A", "B", "A1")))
        meddler.before = place
        with monkeypatch.context() as patch:
            patch.setattr(desk.book.store, "rows", meddler)
            found = ask()
        if meddler.seen <= place:
            return
        yield before, found, ask()
    raise AssertionError("more queries than there should be")


@pytest.mark.parametrize("question", [recall, trace])
def test_a_cold_answer_is_of_one_moment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, question: Any
) -> None:
    """Not half of what somebody posts between two queries: a lot that is there without its parents.

    A new lot takes of A, B and A1, so that A's share in it is right only with all three known.
    """
    lot = "A"
    count = 0
    for before, found, after in meddled(desk, monkeypatch, lambda: question(desk.book, lot)):
        assert str(found) in (str(before), str(after))
        count += 1
    assert count >= 2


def test_building_misses_nothing_that_is_posted_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = 0
    for _, found, anew in meddled(desk, monkeypatch, lambda: Genealogy.of(desk.book)):
        found.update(desk.book)
        same(found, anew)
        count += 1
    assert count >= 3


def test_an_update_that_fails_goes_on_where_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew, plain = Genealogy.of(desk.book), desk.book.store.rows
    for place in range(30):
        found, calls = Genealogy(Graph(desk.book.substances)), iter(range(1000))

        def rows(sql: str, values: Any = (), *, at: int = place, calls: Any = calls) -> Any:
            if next(calls) == at:
                raise StorageError("the wire is cut")
            return plain(sql, values)

        with monkeypatch.context() as patch:
            patch.setattr(desk.book.store, "rows", rows)
            try:
                found.update(desk.book, page=2)
            except StorageError:
                pass
            else:
                break
        found.update(desk.book)
        same(found, anew)
    assert place > 10


@pytest.mark.parametrize("page", [1, 2, 7])
def test_pages_make_no_difference(shelf: Shelf, page: int) -> None:
    made = a_book(shelf, 5, 60, add_at=20)
    whole = Genealogy.of(made.book)
    same(Genealogy.of(made.book, page=page), whole)
    lot = whole.graph.names[len(whole.graph) - 1]
    assert str(trace(made.book, lot)) == str(Genealogy.of(made.book, page=page).trace(lot))
    made.book.close()


def test_a_genealogy_as_of_a_moment_stays_there(desk: Desk, tmp_path: Any) -> None:
    knew = desk.clock()
    happened = desk.last()
    of_knowledge = Genealogy.of(desk.book, asof=AsOf(recorded=knew))
    of_events = Genealogy.of(desk.book, asof=AsOf(occurred=happened))
    held = str(of_knowledge.recall("A"))
    desk.post(c.Dispose, lot="A", site=SITES[0], mass_kg=1)
    desk.post(c.Dispose, BEGIN + timedelta(days=30), lot="A", site=SITES[0], mass_kg=2)
    for genealogy in (of_knowledge, of_events):
        genealogy.update(desk.book)
        same(genealogy, Genealogy.of(desk.book, asof=genealogy.asof))
        assert str(genealogy.recall("A")) == held
        with pytest.raises(InputError, match="asof: expected a genealogy of all that"):
            save_genealogy(genealogy, desk.book, tmp_path / "arrays")
    assert not (tmp_path / "arrays").exists()


def test_matter_of_a_lot_that_is_not_there_is_refused(desk: Desk) -> None:
    """Books of old may hold events that are dated before their lots: as of then nothing is said."""
    graph = Genealogy.of(desk.book).graph
    amounts = (5, 0, 0)
    for source, target in (
        ("none", "C"),
        ("A", "none"),
        ("none", "waste//works/"),
        ("supplier/LGES//", "none"),
    ):
        with pytest.raises(BalanceError, match="lot none: matter came or went when it was not"):
            additions(graph, [("C", "scrap", 99)], EdgeRows([(source, target, 99, *amounts)]))


def test_matter_that_cannot_have_gone_is_refused(desk: Desk) -> None:
    """Matter of a late fact may go into an old lot, but not in a circle, nor out of nothing."""
    for source, target, amount, words in (
        ("A1", "A", 5, "matter went from a lot in a circle back to it"),
        ("A", "A1", -(10**9), "from lot A to A1: more is reversed than went"),
        ("B", "A1", -5, "from lot B to A1: more is reversed than went"),
    ):
        graph = Genealogy.of(desk.book).graph
        more = additions(graph, [], EdgeRows([(source, target, 99, amount, 0, 0)]))
        with pytest.raises(BalanceError, match=words):
            settled(graph, more)


def settled(graph: Graph, more: Additions) -> None:
    """Add rows, and put them in their places."""
    graph.extend(more)
    graph.settle()


# --- a server -------------------------------------------------------------------------------------


def slowly(book: Book, command: c.Command, started: Any, done: Any) -> None:
    """Post a command and stop before it is committed."""

    def work(session: Any) -> None:
        session.append(*plan(session, command, book.recorded_at(session)))
        started.set()
        assert done.wait(30)

    book.store.transact([command], work)


@pytest.mark.server
def test_what_commits_late_with_a_low_number_is_not_missed(server: Any) -> None:
    """A writer has drawn a number and not committed; another one draws a higher one and commits."""
    desk = Desk(postgres_shelf(server))
    lot = {
        "material": "scrap",
        "supplier": "LGES",
        "owner": "LGES",
        "site": SITES[0],
        "mass_kg": 10,
        "shares": {"Ni": "0.5"},
    }
    started, done = threading.Event(), threading.Event()
    genealogy = Genealogy.of(desk.book)
    opened = [desk.shelf.open(clock=desk.clock) for _ in range(3)]
    one, two, three = opened
    with one, two, three:
        slow = threading.Thread(
            target=slowly, args=(one, c.Receive(lot="low", **lot, **desk()), started, done)
        )
        slow.start()
        assert started.wait(30)
        two.post(c.Receive(lot="high", **lot, **desk()))
        found = threading.Thread(target=genealogy.update, args=(three,))
        found.start()
        found.join(0.5)
        waits = found.is_alive()
        done.set()
        slow.join(30)
        found.join(30)
        assert not slow.is_alive()
        assert not found.is_alive()
    (order,) = zip(*desk.book.store.rows("SELECT id FROM lot ORDER BY event"), strict=True)
    assert order == ("low", "high")
    assert waits
    genealogy.update(desk.book)
    same(genealogy, Genealogy.of(desk.book))
    assert trace(desk.book, "low").shares("Ni") == genealogy.trace("low").shares("Ni")
    desk.book.close()


@pytest.mark.server
def test_updates_while_many_write(server: Any) -> None:
    desk = Desk(postgres_shelf(server))
    said = {"actor": "amy", "occurred_at": BEGIN}

    def write(name: str) -> None:
        with desk.shelf.open(clock=desk.clock) as book:
            for n in range(25):
                lot = f"{name}{n}"
                receive = c.Receive(
                    lot=lot,
                    material="scrap",
                    supplier="LGES",
                    owner="LGES",
                    site=SITES[0],
                    mass_kg=10,
                    shares={"Ni": "0.5"},
                    key=f"r{lot}",
                    **said,
                )
                split = c.Split(lot=lot, parts_kg={f"{lot}.1": 3}, key=f"s{lot}", **said)
                book.post([receive, split])
                if n % 5 == 0:
                    book.post(c.Reverse(event=split.key, reason="no", key=f"v{lot}", **said))

    writers = [threading.Thread(target=write, args=(name,)) for name in "xyz"]
    genealogy = Genealogy.of(desk.book)
    for writer in writers:
        writer.start()
    rounds = 0
    while any(writer.is_alive() for writer in writers):
        genealogy.update(desk.book)
        rounds += 1
    for writer in writers:
        writer.join(30)
    genealogy.update(desk.book)
    assert len(genealogy.graph) == 3 * 50
    assert rounds > 1
    same(genealogy, Genealogy.of(desk.book))
    desk.book.close()
