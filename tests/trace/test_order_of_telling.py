"""Edges that change, and lots that are made again: rows by hand, against sums of fractions.

Late facts change what old lots were made of, and a lot whose making was reversed may be made again,
after the lots that were made of it. In whatever pages that was read, the arrays are those of what
is left of it.
"""

from __future__ import annotations

import random
import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trace_compare import alike, near

from loopbook.book import NOW, AsOf, Book
from loopbook.errors import BalanceError
from loopbook.trace import (
    Genealogy,
    Recall,
    Trace,
    lineage_back,
    open_genealogy,
    path,
    recall,
    trace,
    with_events,
)
from loopbook.trace.genealogy.arrays import Graph, best_kernels
from loopbook.trace.genealogy.edge_rows import EdgeRows, LotRow, additions
from loopbook.trace.genealogy.numpy_loops import Kernels
from support.seeds import seeds

SUBSTANCES = ("Ni", "other")
ENGINES: list[Kernels] = [Kernels(), best_kernels()]

Amount = tuple[int, ...]
Row = tuple[str, str, int, *tuple[int, ...]]


@dataclass
class Rows:
    """Rows of lots and edges as a book's events leave them, and what is left of them."""

    lots: list[LotRow] = field(default_factory=list)
    edges: list[Row] = field(default_factory=list)
    nets: dict[str, dict[str, Amount]] = field(default_factory=dict)
    made: dict[str, LotRow] = field(default_factory=dict)
    last: int = 0

    def make(self, lot: str, material: str, parts: Mapping[str, Amount]) -> None:
        """A lot is made, or made again, of lots and boundaries."""
        self.last += 1
        self.made[lot] = lot, material, self.last
        self.lots.append(self.made[lot])
        self.nets[lot] = {}
        self._carry(lot, parts)

    def change(self, lot: str, parts: Mapping[str, Amount]) -> None:
        """A later event changes what a lot was made of; to nothing, if it is reversed."""
        self.last += 1
        self._carry(lot, parts)

    def _carry(self, lot: str, parts: Mapping[str, Amount]) -> None:
        before, none = self.nets[lot], (0,) * len(SUBSTANCES)
        for source in sorted({*before, *parts}):
            pairs = zip(parts.get(source, none), before.get(source, none), strict=True)
            change = [x - y for x, y in pairs]
            if any(change):
                self.edges.append((source, lot, self.last, *change))
        self.nets[lot] = {source: x for source, x in parts.items() if any(x)}

    def above(self, lot: str) -> set[str]:
        """A lot and all that it was made of."""
        above, front = {lot}, [lot]
        while front:
            parents = {x for x in self.nets[front.pop()] if "/" not in x} - above
            above |= parents
            front += parents
        return above

    def feed(self, graph: Graph, begin: int, end: int) -> None:
        """Add the rows of the events after a number, up to and with another one."""
        lots = [row for row in self.lots if begin < row[2] <= end]
        edges = [row for row in self.edges if begin < row[2] <= end]
        graph.extend(additions(graph, lots, EdgeRows(edges)))

    def graph(self, engine: Kernels | None = None, pages: Sequence[int] = ()) -> Genealogy:
        """The genealogy, read up to some events, one after another."""
        graph, begin = Graph(SUBSTANCES, engine), 0
        for end in (*pages, self.last):
            self.feed(graph, begin, end)
            begin = end
        graph.settle()
        return Genealogy(graph, self.last)

    def through(self, place: int) -> dict[str, dict[str, Fraction]]:
        """Share of each lot that came through each of its ancestors, itself included."""
        done: dict[str, dict[str, Fraction]] = {}

        def of(lot: str) -> dict[str, Fraction]:
            if lot not in done:
                shares: dict[str, Fraction] = defaultdict(Fraction)
                total = sum(x[place] for x in self.nets[lot].values())
                shares[lot] = Fraction(1)
                for source, x in self.nets[lot].items():
                    if "/" not in source and x[place]:
                        for name, share in of(source).items():
                            shares[name] += share * x[place] / total
                done[lot] = dict(shares)
            return done[lot]

        return {lot: of(lot) for lot in self.nets}


def random_rows(seed: int, length: int = 60) -> Rows:
    """Lots are made, changed, reversed, and made again of lots that are younger."""
    draw, rows = random.Random(seed), Rows()

    def parts(lot: str) -> dict[str, Amount]:
        under = {x for x in rows.nets if lot in rows.nets and lot in rows.above(x)}
        free = sorted(rows.nets.keys() - under - {lot})
        sources = draw.sample(free, min(len(free), draw.randint(0, 3)))
        if draw.random() < 0.3 or not sources:
            sources.append(f"supplier/{draw.choice('AB')}//")
        return {x: (draw.choice((0, 5, 7)), draw.choice((0, 1, 9))) for x in sources}

    for k in range(length):
        old = sorted(rows.nets)
        empty = [lot for lot in old if not rows.nets[lot]]
        act = draw.random()
        if act < 0.5 or not old:
            rows.make(f"L{k}", draw.choice("xy"), parts(f"L{k}"))
        elif act < 0.7:
            lot = draw.choice(old)
            rows.change(lot, parts(lot))
        elif act < 0.85 or not empty:
            rows.change(draw.choice(old), {})
        else:
            lot = draw.choice(empty)
            rows.make(lot, draw.choice("xyz"), parts(lot))
    return rows


@pytest.mark.parametrize("seed", seeds(20))
def test_random_rows_are_those_that_are_left(seed: int) -> None:
    rows = random_rows(seed)
    draw = random.Random(seed)
    for engine in ENGINES:
        genealogy = rows.graph(engine)
        graph = genealogy.graph
        ends = {
            (graph.names[p], graph.names[c]): tuple(graph.content(s)[k] for s in SUBSTANCES)
            for k, (p, c) in enumerate(zip(graph.parent, graph.child, strict=True))
            if graph.content("mass")[k]
        }
        expected = {
            (source, lot): x
            for lot, parts in rows.nets.items()
            for source, x in parts.items()
            if "/" not in source
        }
        assert ends == expected
        assert np.all(graph.parent < graph.child)
        assert {x: genealogy.material(genealogy.number(x)) for x in rows.made} == {
            lot: material for lot, material, _ in rows.made.values()
        }
        pages = sorted(draw.sample(range(1, rows.last), 12))
        alike(rows.graph(engine, pages), genealogy)
        alike(rows.graph(engine, range(1, rows.last)), genealogy)
        check_shares(rows, genealogy)


@pytest.mark.parametrize("seed", seeds(100, 106))
def test_random_rows_are_settled_after_each_event(seed: int) -> None:
    rows = random_rows(seed, 40)
    graph, parts = Graph(SUBSTANCES), Rows(rows.lots, rows.edges)
    for parts.last in range(1, rows.last + 1):
        parts.feed(graph, parts.last - 1, parts.last)
        graph.settle()
        alike(Genealogy(graph, parts.last), parts.graph())
    check_shares(rows, Genealogy(graph, rows.last))


def check_shares(rows: Rows, genealogy: Genealogy) -> None:
    """Shares of all lots through all others, and origins."""
    for place, substance in enumerate(SUBSTANCES):
        through = rows.through(place)
        for lot in rows.nets:
            numbers, shares = genealogy.back(lot, substance)
            names = genealogy.graph.names.many(numbers)
            told = dict(zip(names, shares.tolist(), strict=True))
            assert set(names) == rows.above(lot)
            exact = through[lot]
            assert all(near(told.get(x, 0.0), exact.get(x, 0)) for x in {*told, *exact})
            numbers, shares = genealogy.forward(lot, substance)
            below = zip(genealogy.graph.names.many(numbers), shares.tolist(), strict=True)
            for name, share in below:
                assert near(share, through[name].get(lot, 0))
        for lot, row in zip(rows.nets, rows.nets.values(), strict=True):
            total = sum(x[place] for x in row.values())
            assert genealogy.graph.total(substance)[genealogy.number(lot)] == total


# -- one at a time


@pytest.fixture
def rows() -> Rows:
    """A is received, B is made of A, C of B; X is received."""
    rows = Rows()
    rows.make("A", "x", {"supplier/S//": (10, 10)})
    rows.make("B", "x", {"A": (4, 4)})
    rows.make("C", "x", {"B": (2, 2)})
    rows.make("X", "x", {"supplier/T//": (10, 10)})
    return rows


def order(genealogy: Genealogy) -> list[str]:
    return genealogy.graph.names.many(range(len(genealogy.graph)))


def test_a_late_pair_for_an_old_lot(rows: Rows) -> None:
    """What a lot got nothing of then turns out to have been in it."""
    rows.make("D", "x", {"C": (1, 1)})
    rows.change("D", {"C": (1, 1), "A": (3, 0)})
    genealogy = rows.graph(pages=[5])
    assert order(genealogy) == ["A", "B", "C", "X", "D"]
    assert [x.id for x in genealogy.trace("D").origins] == ["A"]
    assert genealogy.trace("D").total_mg.tolist() == [4, 1]


def test_a_late_pair_from_a_younger_lot_moves_the_child(rows: Rows) -> None:
    """B was made before X was recorded; the order follows, and goes back when it is undone."""
    rows.change("B", {"A": (4, 4), "X": (4, 0)})
    assert order(rows.graph(pages=[4])) == ["A", "X", "B", "C"]
    assert rows.graph().trace("C").shares("Ni") == {"A": 0.5, "X": 0.5}
    rows.change("B", {"A": (4, 4)})
    assert order(rows.graph(pages=[4, 5])) == ["A", "B", "C", "X"]


def test_a_lot_made_again_of_another(rows: Rows) -> None:
    """Another supplier, another material: what was made of it before follows."""
    rows.change("A", {})
    rows.make("A", "y", {"X": (8, 8)})
    for pages in ((), (4,), (5,)):
        genealogy = rows.graph(pages=pages)
        assert order(genealogy) == ["X", "A", "B", "C"]
        assert genealogy.material(genealogy.number("A")) == "y"
        assert genealogy.trace("C").shares("Ni") == {"X": 1.0}
        assert [x.lot for x in genealogy.recall("X").reached] == ["X", "B", "C", "A"]
        assert [x.lot for x in genealogy.recall("A").reached] == ["A", "B", "C"]


def test_a_lot_received_again_from_another_supplier(rows: Rows) -> None:
    rows.change("A", {})
    rows.make("A", "x", {"supplier/T//": (9, 9)})
    genealogy = rows.graph(pages=[4])
    (origin,) = genealogy.trace("C").origins
    assert (origin.id, origin.supplier) == ("A", "T")
    whole = genealogy.composition("Ni")
    assert whole.groups == ("T",)
    assert whole.shares.tolist() == [[1.0]] * 4


def test_lots_that_change_places(rows: Rows) -> None:
    """B was made of A; now A is made of B: nothing is left of the older edge."""
    rows.change("B", {})
    rows.change("A", {})
    rows.make("B", "x", {"supplier/S//": (9, 9)})
    rows.make("A", "x", {"B": (9, 9)})
    genealogy = rows.graph(pages=[4])
    assert order(genealogy) == ["X", "B", "C", "A"]
    assert genealogy.trace("A").shares("Ni") == {"B": 1.0}


def test_a_circle_is_refused(rows: Rows) -> None:
    rows.change("A", {"C": (1, 1)})
    with pytest.raises(BalanceError, match="in a circle"):
        rows.graph()


# -- in a book


def fill(path: Path, rows: Rows) -> Book:
    """A book's file with these rows of events, lots and edges; postings are left out."""
    Book(path, create=True, substances=SUBSTANCES).close()
    link = sqlite3.connect(path, isolation_level=None)
    for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        link.execute(f"DROP TRIGGER {name}")
    link.execute("CREATE TABLE again AS SELECT * FROM lot")
    link.execute("DROP TABLE lot")
    link.execute("ALTER TABLE again RENAME TO lot")
    columns = ["id", "key", "kind", "actor", "document", "occurred_at", "recorded_at", "command"]
    columns += ["leaf", "posted_at", "planner"]
    events = [
        (k, f"e{k}", "blend", "amy", "", k, k, "{}", b"", k, 1) for k in range(1, rows.last + 1)
    ]
    insert(link, "event", columns, events)
    insert(link, "lot", ["id", "material", "event", "line"], [(*row, 0) for row in rows.lots])
    names = ["event", "source", "target", "mass", *(f'"s_{s}"' for s in SUBSTANCES)]
    edges = [(event, source, lot, sum(x), *x) for source, lot, event, *x in rows.edges]
    insert(link, "edge", names, edges)
    link.close()
    return Book(path)


def insert(
    link: sqlite3.Connection, table: str, columns: Sequence[str], rows: Sequence[Any]
) -> None:
    places = ", ".join("?" * len(columns))
    link.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", rows)


@pytest.mark.parametrize("seed", seeds(200, 204))
def test_one_question_is_answered_as_by_all_arrays(tmp_path: Path, seed: int) -> None:
    """Traces, recalls and paths of lots that were made again, now and as of a moment."""
    rows = random_rows(seed, 30)
    with fill(tmp_path / "book.sqlite", rows) as book:
        alike(Genealogy.of(book, page=7), rows.graph())
        for asof in (NOW, AsOf(recorded=rows.last // 2)):
            genealogy = Genealogy.of(book, asof=asof)
            for lot in genealogy.graph.names.many(range(len(genealogy.graph))):
                same_trace(trace(book, lot, asof=asof), genealogy.trace(lot))
                same_recall(recall(book, lot, asof=asof), genealogy.recall(lot))
                lineage = with_events(lineage_back(genealogy, lot), book, asof)
                made = {end.id: end.event for end in lineage.ends if end.kind == "lot"}
                event = genealogy.graph.event[genealogy.number(lot)]
                assert made[lot] == f"e{event}"
        for lot in [*rows.nets][::5]:
            for source in sorted(rows.above(lot)):
                ways = path(book, source, lot)
                between = {x for x in rows.above(lot) if source in rows.above(x)}
                assert {end.id for end in ways.ends if end.kind == "lot"} == between


@pytest.mark.parametrize("seed", seeds(300, 302))
def test_saved_arrays_take_what_came_since(tmp_path: Path, seed: int) -> None:
    """Arrays are saved of half of the events; lots are changed and made again in the others."""
    rows = random_rows(seed)
    half = Rows(
        [row for row in rows.lots if row[2] <= 30],
        [row for row in rows.edges if row[2] <= 30],
        last=30,
    )
    for part in (half, rows):
        with fill(tmp_path / f"{part.last}.sqlite", part) as book:
            genealogy = open_genealogy(book, tmp_path / "arrays")
            alike(genealogy, rows.graph() if part is rows else half.graph())
            alike(open_genealogy(book, tmp_path / "arrays"), genealogy)


def same_trace(one: Trace, other: Trace) -> None:
    assert (one.material, one.ancestors) == (other.material, other.ancestors)
    np.testing.assert_array_equal(one.total_mg, other.total_mg)
    pairs = zip(one.origins, other.origins, strict=True)
    for mine, its in pairs:
        assert (mine.id, mine.material, mine.supplier) == (its.id, its.material, its.supplier)
        np.testing.assert_allclose(mine.shares, its.shares, rtol=1e-12)


def same_recall(one: Recall, other: Recall) -> None:
    assert [x.lot for x in one.reached] == [x.lot for x in other.reached]
    assert [x.material for x in one.reached] == [x.material for x in other.reached]
    for mine, its in zip(one.reached, other.reached, strict=True):
        np.testing.assert_allclose(mine.shares, its.shares, rtol=1e-12)
        np.testing.assert_allclose(mine.held_mg, its.held_mg, atol=1e-9)
