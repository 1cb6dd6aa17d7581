"""One question to a cold book: the answer of the arrays, through the indexes."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import fields, is_dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from loopbook import book as c
from loopbook.book import AsOf
from loopbook.book.book import Book
from loopbook.errors import InputError
from loopbook.trace import Genealogy, lineage_between, lineage_json, path, recall, suspect, trace
from loopbook.trace.genealogy.arrays import best_kernels
from loopbook.trace.genealogy.numpy_loops import Kernels
from loopbook.trace.genealogy.reading import read_ancestors
from support.shelves import sqlite_shelf
from support.world import START, Desk

SCRAP = {"owner": "A", "supplier": "A", "site": "WS"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """Two blends with a common parent, a re-assay, a delivery, a blend that is reversed."""
    shelf = sqlite_shelf(tmp_path)
    desk = Desk(shelf, ("Ni", "Co", "other"), parties=("A", "B"), sites=("WS",))
    for k in range(6):
        desk.receive(f"S{k}", 100 + k, {"Ni": f"0.{k}"}, **SCRAP)
    desk.post(c.Blend, **_blend("M1", S0=60, S1=None))
    desk.post(c.Blend, **_blend("M2", S0=None, S2=50, S3=None))
    shares = {"Ni": "0.3", "Co": "0.01"}
    desk.post(c.Assay, lot="M2", stage="final", basis="as received", shares=shares)
    desk.post(c.Blend, **_blend("P", M1=80, M2=100))
    desk.post(c.Blend, **_blend("Q", M2=50, S4=None))
    wrong = desk.post(c.Blend, **_blend("R", S5=10, M1=10))
    desk.post(c.Reverse, event=wrong, reason="wrong lot")
    desk.post(c.Deliver, lot="P", customer="B", site="WS")
    yield desk
    desk.book.close()


@pytest.fixture
def book(desk: Desk) -> Book:
    return desk.book


def _blend(lot: str, **inputs: int | None) -> dict[str, Any]:
    return {"lot": lot, "material": "scrap", "site": "WS", "inputs_kg": inputs}


def same(one: Any, other: Any) -> bool:
    if is_dataclass(one):
        return all(same(getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return np.allclose(one, other, rtol=1e-12, atol=1e-9, equal_nan=True)
    return bool(one == other)


@pytest.mark.parametrize("kernels", [Kernels(), best_kernels()], ids=lambda k: k.name)
@pytest.mark.parametrize("minutes", [None, 15, 18])
def test_the_answer_is_that_of_the_arrays(book: Book, kernels: Any, minutes: int | None) -> None:
    when = START + timedelta(minutes=minutes or 0)
    moment = None if minutes is None else int(when.timestamp() * 1e6)
    asof = AsOf(occurred=moment)
    whole = Genealogy.of(book, asof=asof, kernels=kernels)
    lots = whole.graph.names.many(range(len(whole.graph)))
    assert len(lots) == {None: 11, 15: 8, 18: 11}[minutes]
    for lot in lots:
        assert same(trace(book, lot, asof=asof), whole.trace(lot)), lot
        assert same(recall(book, lot, asof=asof), whole.recall(lot)), lot
        for other in lots:
            found, expected = path(book, lot, other, asof=asof), lineage_between(whole, lot, other)
            assert lineage_json(found) == lineage_json(expected), (lot, other)
    for ends in (("S0", "S9"), ("S9", "S0")):
        with pytest.raises(InputError, match="unknown-name"):
            path(book, *ends, asof=asof)


Asked = list[tuple[str, Any]]


@pytest.fixture
def asked(book: Book, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the book's storage is asked from now on."""
    heard: Asked = []
    rows = book.store.rows

    def listening(sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        heard.append((sql, values))
        return rows(sql, values)

    monkeypatch.setattr(book.store, "rows", listening)
    return heard


def test_every_table_is_searched_by_an_index(book: Book, asked: Asked) -> None:
    trace(book, "P")
    recall(book, "S0")
    tables = [x for x in asked if "FROM edge" in x[0] or "FROM lot" in x[0]]
    assert len(tables) > 10
    with closing(sqlite3.connect(str(book.store.path))) as link:
        for sql, values in tables:
            plan = [row[3] for row in link.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [line for line in plan if line.startswith("SCAN")], plan


def test_a_question_sees_the_book_at_one_moment(
    desk: Desk, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What another process posts between two generations is not in the answer."""
    before = recall(book, "S0")
    rows = book.store.rows
    posted: list[str] = []

    def meddling(sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        found = rows(sql, values)
        if "g.source IN" in sql and not posted:
            posted.append("U")
            with desk.shelf.open(clock=desk.clock) as other:
                other.post(c.Split(lot="Q", parts_kg={"U": 1}, **desk()))
        return found

    monkeypatch.setattr(book.store, "rows", meddling)
    assert same(recall(book, "S0"), before)
    assert posted
    assert "U" in [reached.lot for reached in recall(book, "S0").reached]


def test_a_suspicion_is_of_one_moment(
    desk: Desk, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lot that is delivered while somebody asks is either here or with the customer."""
    before = suspect(book, "S4")
    rows = book.store.rows

    def meddling(sql: str, values: Any = ()) -> list[tuple[Any, ...]]:
        found = rows(sql, values)
        if "FROM account a JOIN balance" in sql:
            monkeypatch.setattr(book.store, "rows", rows)
            with desk.shelf.open(clock=desk.clock) as other:
                other.post(c.Deliver(lot="Q", customer="B", site="WS", **desk()))
        return found

    monkeypatch.setattr(book.store, "rows", meddling)
    assert same(suspect(book, "S4"), before)
    assert [x.lot for x in before.held] == ["Q"]
    after = suspect(book, "S4")
    assert ([x.lot for x in after.held], [x.lot for x in after.deliveries]) == ([], ["Q"])


def test_more_names_than_are_asked_for_at_once(book: Book) -> None:
    found = [(trace(book, lot), recall(book, lot)) for lot in ("P", "S0", "M2")]
    for count in (1, 2, 3):
        book.store.at_once = count
        again = [(trace(book, lot), recall(book, lot)) for lot in ("P", "S0", "M2")]
        assert same(tuple(found), tuple(again))


def test_only_what_was_re_stated_is_looked_for_among_what_left(book: Book, asked: Asked) -> None:
    """A trace needs no more of what left the lots, and looks up lots that came from outside."""

    def names(words: str) -> set[Any]:
        return {x for sql, values in asked if words in sql for x in values}

    trace(book, "M1")
    assert not names("g.source IN")
    assert names("l.id IN") == {"M1", "S0", "S1"}
    asked.clear()
    trace(book, "P")
    assert names("g.source IN") == {"M2"}  # the one that was assayed anew
    assert names("l.id IN") == {"P", "S0", "S1", "S2", "S3"}


def test_materials_of_all_ancestors_are_there_when_they_are_wanted(book: Book) -> None:
    whole = Genealogy.of(book).graph

    def told(graph: Any) -> dict[str, str]:
        return {graph.names[k]: graph.materials[graph.material[k]] for k in range(len(graph))}

    plain, full = read_ancestors(book, "P"), read_ancestors(book, "P", materials=True)
    assert told(full) == {lot: told(whole)[lot] for lot in told(full)}
    assert [full.names[k] for k in range(len(full))] == [
        name for name in whole.names.many(range(len(whole))) if name in told(full)
    ]
    assert told(plain) == told(full) | {"M1": "", "M2": ""}


def test_lots_that_one_event_made_keep_their_order(tmp_path: Path) -> None:
    """Co-products whose names rise the other way meet again in a later lot."""
    desk = Desk(sqlite_shelf(tmp_path), ("Ni", "Co", "other"), parties=("A",), sites=("WS",))
    desk.receive("S", 100, {"Ni": "0.2", "Co": "0.1"}, **SCRAP)
    outputs = [("Z", 60, {"Ni": "0.3"}), ("Y", 30, {"Ni": "0.05"})]
    desk.run("r", {"S": None}, outputs, site="WS")
    desk.post(c.Blend, **_blend("B", Z=None, Y=None))
    with desk.book as book:
        whole = Genealogy.of(book)
        graph = read_ancestors(book, "B")
        assert [graph.names[k] for k in range(len(graph))] == ["S", "Z", "Y", "B"]
        for lot in whole.graph.names.many(range(len(whole.graph))):
            assert same(trace(book, lot), whole.trace(lot)), lot
            assert same(recall(book, lot), whole.recall(lot)), lot
