"""Edges of the genealogy: what goes from lot to lot follows from the legs, to the milligram."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statement_books import a_book

from loopbook.book import Account, Leg, verify
from loopbook.book.edges import Edge, edges_of, end_of
from loopbook.book.nouns import negate, zero
from support.seeds import seeds
from support.shelves import Shelf

KINDS = ("lot", "supplier", "customer", "emission", "waste", "unaccounted", "reassay")


def lot(name: str, party: str = "A", site: str = "WS") -> Account:
    return Account("lot", party, site, name)


ACCOUNTS = st.builds(
    lambda kind, party, site, name: Account(kind, party, site, name if kind == "lot" else ""),
    st.sampled_from(KINDS),
    st.sampled_from("AB"),
    st.sampled_from(["WS", "Refinery"]),
    st.sampled_from(["L1", "L2", "L3", "L4"]),
)


@st.composite
def balanced_legs(draw: st.DrawFn) -> list[Leg]:
    """Legs that sum to zero in each of three substances; on lots none that is zero in all."""
    accounts = draw(st.lists(ACCOUNTS, min_size=2, max_size=8, unique=True))
    amounts = st.integers(-(10**9), 10**9) | st.integers(-3, 3) | st.just(0)
    columns = []
    for _ in range(3):
        column = draw(st.lists(amounts, min_size=len(accounts) - 1, max_size=len(accounts) - 1))
        columns.append([*column, -sum(column)])
    contents = zip(*columns, strict=True)
    legs = [Leg(a, tuple(c)) for a, c in zip(accounts, contents, strict=True)]
    return [leg for leg in legs if any(leg.content) or not leg.account.lot]


@given(balanced_legs())
def test_edges_add_up_to_the_legs(legs: list[Leg]) -> None:
    net: Counter[tuple[str, int]] = Counter()
    for leg in legs:
        for k, x in enumerate(leg.content):
            net[end_of(leg.account), k] += x
    edges = edges_of(legs)
    for source, target, content in edges:
        assert source != target
        assert any(content)
        assert all(x >= 0 for x in content)
        for k, x in enumerate(content):
            net[source, k] += x
            net[target, k] -= x
    assert not any(net.values())
    assert list(edges) == sorted(edges, key=lambda e: e[:2])
    assert len({e[:2] for e in edges}) == len(edges)


@given(balanced_legs())
def test_each_taker_gets_of_every_giver_in_proportion(legs: list[Leg]) -> None:
    edges = edges_of(legs)
    for k in range(3):
        given_mg: Counter[str] = Counter()
        taken_mg: Counter[str] = Counter()
        for source, target, content in edges:
            given_mg[source] += content[k]
            taken_mg[target] += content[k]
        pool = sum(given_mg.values())
        for source, target, content in edges:
            exact = given_mg[source] * taken_mg[target] / pool if pool else 0
            assert abs(content[k] - exact) <= len(taken_mg) + 1


@given(balanced_legs())
def test_a_reversal_takes_the_same_edges_back(legs: list[Leg]) -> None:
    undone = edges_of([Leg(x.account, negate(x.content)) for x in legs], reverses=True)
    assert [(s, t, negate(c)) for s, t, c in undone] == list(edges_of(legs))


TABLE = [
    ("title passes", [Leg(lot("L1", "A"), (-5,)), Leg(lot("L1", "B"), (5,))], []),
    ("a move", [Leg(lot("L1", site="WS"), (-5,)), Leg(lot("L1", site="R"), (5,))], []),
    (
        "nickel goes where nickel is, whoever owns it",
        [
            Leg(lot("L1", "A"), (-6, 0)),
            Leg(lot("L2", "B"), (-4, -10)),
            Leg(lot("P1", "A"), (5, 0)),
            Leg(lot("P1", "B"), (5, 0)),
            Leg(lot("P2", "B"), (0, 10)),
        ],
        [("L1", "P1", (6, 0)), ("L2", "P1", (4, 0)), ("L2", "P2", (0, 10))],
    ),
    (
        "missing metal goes to its account",
        [
            Leg(lot("L1"), (-10,)),
            Leg(lot("P1"), (8,)),
            Leg(Account("unaccounted", "A", "WS"), (2,)),
        ],
        [("L1", "P1", (8,)), ("L1", "unaccounted//WS/", (2,))],
    ),
    (
        "metal beyond what entered comes from its account",
        [
            Leg(lot("L1"), (-10,)),
            Leg(lot("P1"), (12,)),
            Leg(Account("unaccounted", "A", "WS"), (-2,)),
        ],
        [("L1", "P1", (10,)), ("unaccounted//WS/", "P1", (2,))],
    ),
    (
        "one owner's gain is not another's loss: the run is one pool",
        [
            Leg(lot("L1", "A"), (-10,)),
            Leg(lot("L2", "B"), (-10,)),
            Leg(lot("P1", "A"), (19,)),
            Leg(Account("unaccounted", "A", "WS"), (-9,)),
            Leg(Account("unaccounted", "B", "WS"), (10,)),
        ],
        [("L1", "P1", (10,)), ("L2", "P1", (9,)), ("L2", "unaccounted//WS/", (1,))],
    ),
    (
        "an assay states more nickel and less of the rest",
        [Leg(Account("reassay", "A", "WS"), (-3, 3)), Leg(lot("L1"), (3, -3))],
        [("L1", "reassay//WS/", (0, 3)), ("reassay//WS/", "L1", (3, 0))],
    ),
    (
        "goods come back by the lot that they were delivered as",
        [
            Leg(Account("customer", "B"), (-4, -1)),
            Leg(lot("L1"), (0, 0)),
            Leg(lot("L2", "A"), (3, 1)),
            Leg(lot("L2", "B"), (1, 0)),
        ],
        [("L1", "L2", (4, 1)), ("L1", "customer/B//", (-4, -1))],
    ),
    (
        "a customer gives what no lot had",
        [
            Leg(Account("customer", "B"), (-4,)),
            Leg(lot("L1", "A"), (-1,)),
            Leg(lot("L1", "B"), (1,)),
            Leg(lot("L2"), (4,)),
        ],
        [("customer/B//", "L2", (4,))],
    ),
    ("nothing", [], []),
    ("zeros", [Leg(lot("L1"), zero(2))], []),
]


@pytest.mark.parametrize(("legs", "wanted"), [row[1:] for row in TABLE], ids=[r[0] for r in TABLE])
def test_edges_by_hand(legs: list[Leg], wanted: list[tuple[str, str, tuple[int, ...]]]) -> None:
    assert edges_of(legs) == tuple(Edge(*row) for row in wanted)


@pytest.mark.parametrize("seed", seeds(4))
def test_what_came_in_less_what_went_out_lies_in_the_lot(shelf: Shelf, seed: int) -> None:
    book = a_book(shelf, seed).book
    columns = ", ".join(f'"s_{s}"' for s in book.substances)
    flows: Counter[tuple[str, int]] = Counter()
    rows = book.store.rows(f"SELECT source, target, {columns} FROM edge")
    for source, target, *content in rows:
        for k, x in enumerate(content):
            flows[source, k] -= x
            flows[target, k] += x
    for account, content in book.balances().items():
        for k, x in enumerate(content):
            flows[end_of(account), k] -= x
    assert len(rows) > 50
    assert not any(flows.values())
    assert verify(book).clean
    book.close()
