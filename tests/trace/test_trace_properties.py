"""What holds for every book: shares, what goes back and forth, growth, files, engines, clocks.

The quick versions draw small books; the slow ones draw books of up to 5,000 events.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from trace_books import Desk, Maker, a_book
from trace_compare import CLOSE, near, same
from trace_oracle import Oracle

from loopbook import book as c
from loopbook.book import Book
from loopbook.trace import Genealogy, Recall, Trace, open_genealogy, recall, save_genealogy, trace
from loopbook.trace.genealogy.arrays import best_kernels
from loopbook.trace.genealogy.numpy_loops import Kernels
from support.shelves import sqlite_shelf

SMALL = settings(max_examples=8, suppress_health_check=list(HealthCheck))
LARGE = settings(
    max_examples=25,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)

seeds = st.integers(0, 2**32)
small, large = st.integers(0, 45), st.integers(1, 5_000)


@contextmanager
def written(seed: int, size: int, *, add: bool = False) -> Iterator[Desk]:
    """A random book in a folder that is taken away."""
    with tempfile.TemporaryDirectory() as folder:
        shelf = sqlite_shelf(Path(folder))
        desk = a_book(shelf, seed, size, add_at=size // 2 if add else None)
        yield desk
        desk.book.close()


def names_of(genealogy: Genealogy, most: int = 10**9) -> list[str]:
    """Names of lots, thinned out to some number of them."""
    names = genealogy.graph.names.many(range(len(genealogy.graph)))
    return names[:: max(1, len(names) // most)]


# --- shares sum to one, both ways agree, nothing is lost ------------------------------------------


def check_sums(traces: dict[str, Trace]) -> None:
    for told in traces.values():
        shares = np.array([x.shares for x in told.origins]).reshape(-1, len(told.substances))
        there = told.total_mg > 0
        assert np.isnan(shares[:, ~there]).all()
        assert (np.abs(shares[:, there].sum(axis=0) - 1) <= CLOSE).all()
        if there.any():
            assert abs(sum(told.shares("mass").values()) - 1) <= CLOSE


def check_conserves(told: Recall) -> None:
    """Held and ended is all that ever came into it."""
    there = sum((x.held_mg for x in told.reached), np.zeros(len(told.substances)))
    there = sum((x.amounts_mg for x in told.ended), there)
    np.testing.assert_allclose(there, told.total_mg, rtol=1e-9, atol=1e-9)
    assert all((x.held_mg >= 0).all() and (x.held_mg <= x.amounts_mg).all() for x in told.reached)


def check_both_ways(traces: dict[str, Trace], recalls: dict[str, Recall]) -> None:
    """What of a lot reached another one is that one's share of the lot times what came into it."""
    back = {
        (origin.id, lot): np.nan_to_num(origin.amounts_mg)
        for lot, told in traces.items()
        for origin in told.origins
        if origin.kind == "lot"
    }
    forth = {
        (lot, x.lot): x.amounts_mg
        for lot, told in recalls.items()
        for x in told.reached
        if any(o.id == lot for o in traces[lot].origins) and x.lot in traces
    }
    assert back.keys() <= forth.keys()
    for pair, amounts in forth.items():
        scale = traces[pair[1]].total_mg
        assert (np.abs(amounts - back.get(pair, 0.0)) <= CLOSE * scale).all()


def check_pairs(genealogy: Genealogy, lots: list[str]) -> None:
    """The same for every pair of lots, and not for those from suppliers alone."""
    graph = genealogy.graph
    for substance in graph.substances:
        back = np.zeros((len(lots), len(graph)))
        forth = np.zeros((len(lots), len(graph)))
        for n, lot in enumerate(lots):
            for whole, (order, shares) in (
                (back, genealogy.back(lot, substance)),
                (forth, genealogy.forward(lot, substance)),
            ):
                whole[n, order] = shares
        numbers = graph.names.numbers(lots)
        np.testing.assert_allclose(back[:, numbers], forth[:, numbers].T, rtol=0, atol=CLOSE)


@SMALL
@given(seeds, small)
def test_shares_sum_to_one_and_both_ways_agree(seed: int, size: int) -> None:
    with written(seed, size) as desk:
        genealogy = Genealogy.of(desk.book)
        lots = names_of(genealogy)
        traces = {lot: genealogy.trace(lot) for lot in lots}
        recalls = {lot: genealogy.recall(lot) for lot in lots}
        check_sums(traces)
        for told in recalls.values():
            check_conserves(told)
        check_both_ways(traces, recalls)
        check_pairs(genealogy, lots)


@pytest.mark.slow
@LARGE
@given(seeds, large)
def test_large_books_sum_agree_and_are_the_oracles(seed: int, size: int) -> None:
    with written(seed, size, add=bool(seed % 2)) as desk:
        genealogy = Genealogy.of(desk.book)
        lots = names_of(genealogy)
        traces = {lot: genealogy.trace(lot) for lot in lots}
        check_sums(traces)
        some = names_of(genealogy, 60)
        recalls = {lot: genealogy.recall(lot) for lot in some}
        for told in recalls.values():
            check_conserves(told)
        check_pairs(genealogy, some)
        oracle = Oracle(desk.book, number=Decimal)
        oracle.check()
        for k, substance in enumerate(oracle.substances):
            for lot, exact in oracle.origins(substance).items():
                found = {x.id: x.shares[k] for x in traces[lot].origins}
                assert traces[lot].total_mg[k] == oracle.total[lot][k]
                assert exact.keys() <= found.keys()
                assert not exact or all(near(x, exact.get(n, 0)) for n, x in found.items())
        same(genealogy, Genealogy.of(desk.book, kernels=Kernels()))
        cold = names_of(genealogy, 15)
        check_cold(genealogy, desk.book, cold)


# --- engines, stores and growth make no difference ------------------------------------------------


def check_close(one: Any, other: Any, close: float) -> None:
    """Two answers with the same words and nearly the same numbers."""
    for name in one.__dataclass_fields__:
        a, b = getattr(one, name), getattr(other, name)
        if isinstance(a, np.ndarray):
            scale = np.maximum(1.0, np.nan_to_num(np.abs(a)))
            np.testing.assert_allclose(a / scale, b / scale, rtol=0, atol=close)
        elif isinstance(a, tuple) and a and hasattr(a[0], "__dataclass_fields__"):
            for x, y in zip(sorted(a, key=_name), sorted(b, key=_name), strict=True):
                check_close(x, y, close)
        else:
            assert a == b, name


def _name(part: Any) -> tuple[str, str]:
    return getattr(part, "id", ""), getattr(part, "lot", "")


def check_cold(genealogy: Genealogy, book: Book, lots: list[str]) -> None:
    for lot in lots:
        check_close(trace(book, lot), genealogy.trace(lot), CLOSE)
        check_close(recall(book, lot), genealogy.recall(lot), CLOSE)


@SMALL
@given(seeds, small)
def test_compiled_loops_and_recursive_queries_give_the_same(seed: int, size: int) -> None:
    with written(seed, size, add=True) as desk:
        plain = Genealogy.of(desk.book, kernels=Kernels())
        fast = Genealogy.of(desk.book, kernels=best_kernels())
        same(plain, fast)
        for lot in names_of(plain):
            check_close(plain.trace(lot), fast.trace(lot), 1e-15)
            check_close(plain.recall(lot), fast.recall(lot), 1e-15)
        for substance in (*plain.graph.substances, "mass"):
            one, other = plain.composition(substance), fast.composition(substance)
            assert one.groups == other.groups
            np.testing.assert_allclose(one.shares, other.shares, rtol=0, atol=1e-15)
        check_cold(fast, desk.book, names_of(fast))


@SMALL
@given(seeds, small, st.integers(1, 4))
def test_growing_is_the_same_as_building_anew(seed: int, size: int, step: int) -> None:
    """Event by event, and several at once, so that one is taken back in the batch that made it."""
    with written(seed, 0) as desk:
        maker = Maker(desk, seed)
        plain = Genealogy.of(desk.book, kernels=Kernels())
        fast = Genealogy.of(desk.book)
        for n in range(size):
            maker.one()
            fast.update(desk.book)
            if n % step == 0:
                plain.update(desk.book)
            if n % 7 == 0:
                same(fast, Genealogy.of(desk.book))
        plain.update(desk.book)
        anew = Genealogy.of(desk.book)
        same(fast, anew)
        same(plain, anew)


@SMALL
@given(seeds, small)
def test_written_then_read_is_the_same(seed: int, size: int) -> None:
    """And what is read can grow, and be written again."""
    with written(seed, size) as desk, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        before = Genealogy.of(desk.book)
        save_genealogy(before, desk.book, folder)
        same(open_genealogy(desk.book, folder), before)
        if seed % 2:
            desk.add_substance("Co")
        maker = Maker(desk, seed + 1)
        for _ in range(12):
            maker.one()
        if seed % 2 and maker.lots:
            said = {"stage": "final", "basis": "as received", "shares": {"Co": "0.125"}}
            maker.tell(c.Assay, maker.lots[:1], lot=maker.lots[0], **said)
        anew = Genealogy.of(desk.book)
        same(open_genealogy(desk.book, folder), anew)
        same(open_genealogy(desk.book, folder), anew)


# --- order ----------------------------------------------------------------------------------------


@SMALL
@given(seeds, st.integers(2, 3), st.integers(1, 12))
def test_the_order_of_independent_events_is_irrelevant(seed: int, stories: int, size: int) -> None:
    """Stories that share no lot, told one after the other or in any mixture of them."""
    with written(seed, 0) as desk:
        maker = Maker(desk, seed)
        told: list[list[Any]] = []
        for _ in range(stories):
            begun = len(desk.book.store.rows("SELECT id FROM event"))
            maker.lots, maker.events = [], []
            for _ in range(size):
                maker.one()
            keys = desk.book.store.rows("SELECT key FROM event WHERE id > ? ORDER BY id", (begun,))
            told.append([maker.told[key] for (key,) in keys])
        first = Genealogy.of(desk.book)
        order = [n for n, story in enumerate(told) for _ in story]
        random.Random(seed).shuffle(order)
        left = [iter(story) for story in told]
        with tempfile.TemporaryDirectory() as folder:
            again = Desk(sqlite_shelf(Path(folder)))
            for n in order:
                again.book.post(next(left[n]))
            second = Genealogy.of(again.book)
            lots = names_of(first)
            assert sorted(lots) == sorted(names_of(second))
            for lot in lots:
                check_close(first.trace(lot), second.trace(lot), CLOSE)
                check_close(first.recall(lot), second.recall(lot), CLOSE)
            again.book.close()


def test_chains_are_as_long_as_they_are(tmp_path: Path) -> None:
    """Three hundred stages, half of the lot replaced at each: the first one's share is 0.5**300."""
    desk = Desk(sqlite_shelf(tmp_path))
    desk.receive("L0", 2, {"Ni": 1})
    for n in range(1, 301):
        desk.receive(f"F{n}", 1, {"Ni": 1})
        desk.run("mix", {f"L{n - 1}": 1, f"F{n}": None}, [(f"L{n}", 2, {"Ni": 1})])
    for kernels in (Kernels(), best_kernels()):
        genealogy = Genealogy.of(desk.book, kernels=kernels)
        told = genealogy.trace("L300").shares("Ni")
        assert told["L0"] == 0.5**300
        assert told["F300"] == 0.5
        assert abs(sum(told.values()) - 1) <= CLOSE
        check_conserves(genealogy.recall("L0"))
    check_cold(genealogy, desk.book, ["L300", "L0"])
    desk.book.close()
