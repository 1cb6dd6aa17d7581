"""Books that nobody wrote, against oracles that know nothing of how the trace works."""

from __future__ import annotations

import itertools
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import spsolve_triangular
from trace_books import Desk, a_book
from trace_compare import CLOSE, Sure, near
from trace_oracle import Oracle, events_of

from loopbook.book import AsOf, verify
from loopbook.trace import Genealogy, recall, trace
from loopbook.trace.genealogy.arrays import best_kernels
from loopbook.trace.genealogy.numpy_loops import Kernels
from support.seeds import seeds
from support.shelves import Shelf, sqlite_shelf

ENGINES: list[Kernels] = [Kernels(), best_kernels()]


@pytest.mark.parametrize("seed", seeds(4))
def test_every_answer_is_the_oracles(shelf: Shelf, seed: int) -> None:
    """Shares, amounts, what lies where and what left, of every lot, to 1e-12.

    Edges are whole milligrams, and a milligram is much in a lot of three. So that 1e-12 can be
    asked for, the oracle rounds pools by the documented rule, with code of its own; the next test
    holds what is rounded against what is not.
    """
    desk = a_book(shelf, seed, 100, add_at=40 if seed % 2 else None)
    book = desk.book
    sure = Sure(Oracle(book))
    for engine in ENGINES:
        sure.check_genealogy(Genealogy.of(book, kernels=engine))
    lots = list(sure.oracle.total)
    sure.check_answers(lots, lambda x: trace(book, x), lambda x: recall(book, x))
    assert verify(book).clean
    book.close()


@pytest.mark.parametrize("seed", seeds(3))
def test_rounding_moves_shares_by_no_more_than_its_bound(tmp_path: Path, seed: int) -> None:
    """Pools shared out exactly, in fractions of a milligram: shares differ by rounding alone.

    With W the shares of parents in children and D what rounding changes of W, the compositions
    differ by (I - W)^-1 D X'. Rounding moves an edge by at most one milligram for each taker of
    its pool and one more; X' is at most one. So a lot's shares differ by no more than the sum over
    its ancestors of (share through it) * (milligrams in doubt) / (milligrams in it).
    """
    book = a_book(sqlite_shelf(tmp_path), seed, 150).book
    events = events_of(book)
    rounded, exact = Oracle(book, events=events), Oracle(book, events=events, rounded=False)
    rounded.check()
    exact.check()
    compared = 0
    for k, substance in enumerate(book.substances):
        found, true = rounded.origins(substance), exact.origins(substance)
        for lot, through in rounded.through(substance).items():
            bound = sum(
                share * Fraction(rounded.doubt[name][k], int(rounded.total[name][k]))
                for name, share in through.items()
            )
            for name in found[lot].keys() | true[lot].keys():
                off = abs(found[lot].get(name, 0) - true[lot].get(name, 0))
                if found[lot] and true[lot]:
                    assert off <= bound
                    compared += 1
    assert compared > 200
    book.close()


def moments(desk: Desk, count: int) -> list[AsOf]:
    """Moments on both clocks: just at an event, just before one, and anywhere."""
    events = events_of(desk.book)
    some = events[10 :: max(1, (len(events) - 10) // count)]
    happened = sorted(e.occurred_at for e in events)[:: max(1, len(events) // count)]
    found = [AsOf(recorded=e.recorded_at) for e in some]
    found += [AsOf(occurred=x) for x in happened]
    pairs = zip(happened, some, strict=False)
    found += [AsOf(occurred=x - 1, recorded=e.recorded_at - 1) for x, e in pairs]
    return found


@pytest.mark.parametrize("seed", seeds(2))
def test_as_of_any_moment_on_both_clocks(shelf: Shelf, seed: int) -> None:
    desk = a_book(shelf, seed + 10, 70)
    book, events = desk.book, events_of(desk.book)
    for asof in moments(desk, 5):
        sure = Sure(Oracle(book, occurred=asof.occurred, recorded=asof.recorded, events=events))
        genealogy = Genealogy.of(book, asof=asof)
        lots = list(sure.oracle.total)
        assert list(genealogy.composition("Ni").lots) == lots
        sure.check_answers(lots, genealogy.trace, genealogy.recall)
        sure.check_composition(genealogy)
        some = lots[:: max(1, len(lots) // 5)]
        sure.check_answers(
            some,
            lambda x, a=asof: trace(book, x, asof=a),
            lambda x, a=asof: recall(book, x, asof=a),
        )
    book.close()


# --- other people's code --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", seeds(20, 23))
def test_networkx_finds_the_same_ancestors_and_descendants(tmp_path: Path, seed: int) -> None:
    book = a_book(sqlite_shelf(tmp_path), seed, 120).book
    oracle = Oracle(book)
    digraph: nx.DiGraph[str] = nx.DiGraph()
    digraph.add_nodes_from(oracle.total)
    for lot, parents in oracle.parents.items():
        digraph.add_edges_from((parent, lot) for parent, amounts in parents.items() if any(amounts))
    assert nx.is_directed_acyclic_graph(digraph)
    level = dict.fromkeys(digraph, 0)
    for lot in nx.topological_sort(digraph):
        level[lot] = max((level[x] + 1 for x in digraph.predecessors(lot)), default=0)
    for engine in ENGINES:
        genealogy = Genealogy.of(book, kernels=engine)
        names = genealogy.graph.names
        for lot in digraph:
            assert set(names.many(genealogy.ancestors(lot))) == nx.ancestors(digraph, lot) | {lot}
            after = nx.descendants(digraph, lot) | {lot}
            assert set(names.many(genealogy.descendants(lot))) == after
            # a run that was taken back leaves its stage behind: never below the right one
            assert genealogy.graph.level[genealogy.number(lot)] >= level[lot]
    book.close()


@pytest.mark.parametrize("seed", seeds(30, 32))
def test_a_sparse_triangular_solve_gives_the_same_shares(tmp_path: Path, seed: int) -> None:
    """(I - W) X = S, where W holds the shares of parents in children and S what came from outside.

    Its transpose gives what went through each ancestor, and a column of its inverse what of a lot
    is in each descendant.
    """
    book = a_book(sqlite_shelf(tmp_path), seed, 500).book
    oracle, genealogies = Oracle(book), [Genealogy.of(book, kernels=x) for x in ENGINES]
    lots = {lot: n for n, lot in enumerate(oracle.total)}
    assert len(lots) > 250
    for k, substance in enumerate(book.substances):
        rows, columns, shares = [], [], []
        for lot, parents in oracle.parents.items():
            for parent, amounts in parents.items():
                if amounts[k]:
                    rows.append(lots[lot])
                    columns.append(lots[parent])
                    shares.append(amounts[k] / oracle.total[lot][k])
        count = len(lots)
        lower = csr_array(eye_array(count)) - csr_array((shares, (rows, columns)), (count, count))
        lower, upper = csr_array(lower), csr_array(lower.T)
        told = [x.composition(substance) for x in genealogies]
        source = np.zeros((count, len(told[0].groups)))
        for lot, n in lots.items():
            if oracle.total[lot][k]:
                for end, amounts in oracle.found[lot].items():
                    group = oracle.supplier.get(lot, end.split("/")[0])
                    if amounts[k]:
                        part = amounts[k] / oracle.total[lot][k]
                        source[n, told[0].groups.index(group)] += part
        solved = spsolve_triangular(lower, source, lower=True, unit_diagonal=True)
        for found in told:
            np.testing.assert_allclose(found.shares, solved, rtol=0, atol=CLOSE)
        for n in range(0, count, 9):
            one = np.zeros(count)
            one[n] = 1.0
            lot = told[0].lots[n]
            back = spsolve_triangular(upper, one, lower=False, unit_diagonal=True)
            forth = spsolve_triangular(lower, one, lower=True, unit_diagonal=True)
            for genealogy in genealogies:
                for (order, found_), solution in (
                    (genealogy.back(lot, substance), back),
                    (genealogy.forward(lot, substance), forth),
                ):
                    whole = np.zeros(count)
                    whole[order] = found_
                    np.testing.assert_allclose(whole, solution, rtol=0, atol=CLOSE)
    book.close()


# --- large books ----------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "size"), list(zip(seeds(40, 42), (5_000, 2_500), strict=True)))
def test_a_large_book_against_the_oracle(tmp_path: Path, seed: int, size: int) -> None:
    """Fractions would have thousands of digits here; decimals of sixty are exact enough."""
    book = a_book(sqlite_shelf(tmp_path), seed, size, add_at=size // 2).book
    events = events_of(book)
    assert len(events) > size * 0.6
    oracle = Oracle(book, events=events, number=Decimal)
    oracle.check()
    through = [oracle.through(s) for s in oracle.substances]
    for engine in ENGINES:
        genealogy = Genealogy.of(book, kernels=engine)
        for k, substance in enumerate(oracle.substances):
            found = genealogy.composition(substance, lambda supplier, material: supplier)
            origins = oracle.origins(substance)
            for row, (lot, exact) in zip(found.shares, origins.items(), strict=True):
                groups: dict[str, Decimal] = {}
                for origin, share in exact.items():
                    group = oracle.supplier.get(origin, origin.split("/")[0])
                    groups[group] = groups.get(group, Decimal(0)) + share
                told = dict(zip(found.groups, row.tolist(), strict=True))
                assert all(near(x, groups.get(name, 0)) for name, x in told.items()), lot
            for lot in itertools.islice(oracle.total, 0, None, 40):
                order, shares = genealogy.back(lot, substance)
                names = genealogy.graph.names.many(order)
                exact = through[k][lot]
                assert exact.keys() <= set(names)
                if exact:
                    pairs = zip(names, shares, strict=True)
                    assert all(near(x, exact.get(name, 0)) for name, x in pairs)
    book.close()
