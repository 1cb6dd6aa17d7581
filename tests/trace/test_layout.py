"""The layout of a lineage: everything is placed once, in order, apart, and with few crossings."""

from __future__ import annotations

import random
import time
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineages import content, large, lineage, lineages, loop

from loopbook.errors import UnknownNameError
from loopbook.trace import End, Layout, Lineage, Link, Spacing, count_crossings, lay_out


@given(lineages())
def test_every_end_stands_once_and_a_boundary_on_each_side_that_it_has(drawn: Lineage) -> None:
    laid = lay_out(drawn)
    placed = [(box.end, box.side) for box in laid.boxes]
    assert len(placed) == len(set(placed))
    assert [b.end for b in laid.boxes if b.side != "in"] == [e.id for e in drawn.ends]
    gives, takes = {k.source for k in drawn.links}, {k.target for k in drawn.links}
    twice = {e.id for e in drawn.ends if e.kind != "lot"} & gives & takes
    assert {end for end, side in placed if side} == twice


@given(lineages(), st.randoms(use_true_random=False))
def test_boxes_and_bands_do_not_overlap(drawn: Lineage, chance: random.Random) -> None:
    widths = [chance.choice([1.0, 8.5, 120.0]) for _ in drawn.links]
    laid = lay_out(drawn, widths=widths)
    columns: dict[int, list[tuple[float, float]]] = {}
    for box in laid.boxes:
        columns.setdefault(box.column, []).append((box.y, box.y + box.height))
        assert 0 <= box.x <= box.x + box.width <= laid.width
        assert 0 <= box.y <= box.y + box.height <= laid.height + 0.1
    boxes = {column: sorted(spans) for column, spans in columns.items()}
    for spans in boxes.values():
        assert all(
            high - 0.11 + Spacing().box_gap <= low for (_, high), (low, _) in pairwise(spans)
        )
    x_of = {round(c.x, 1): number for number, c in enumerate(laid.columns)}
    for route in laid.routes:
        for (x, y), (_, same) in list(pairwise(route.points))[1::2]:
            assert y == same
            top, low = y - route.width / 2, y + route.width / 2
            through = boxes.get(x_of[round(x, 1)], []) if round(x, 1) in x_of else []
            assert all(low <= a + 0.11 or top >= b - 0.11 for a, b in through)


@given(lineages())
def test_links_go_right_and_lots_stand_by_stage(drawn: Lineage) -> None:
    laid = lay_out(drawn)
    columns: dict[str, set[int]] = {}
    for box in laid.boxes:
        columns.setdefault(box.end, set()).add(box.column)
    lots = [e for e in drawn.ends if e.kind == "lot"]
    for a, b in combinations(lots, 2):
        (left,), (right,) = columns[a.id], columns[b.id]
        assert (left < right) == (a.stage < b.stage)
        assert (left == right) == (a.stage == b.stage)
    assert [c.stage for c in laid.columns if c.stage is not None] == sorted({e.stage for e in lots})
    for link in drawn.links:
        assert min(columns[link.source]) < max(columns[link.target])
    for route in laid.routes:
        assert all(a[0] < b[0] for a, b in pairwise(route.points))


@given(lineages(), st.randoms(use_true_random=False))
def test_links_end_at_their_boxes_side_by_side(drawn: Lineage, chance: random.Random) -> None:
    widths = [chance.choice([1.0, 8.5, 120.0]) for _ in drawn.links]
    laid = lay_out(drawn, widths=widths)
    out = {b.end: b for b in laid.boxes if b.side != "in"}
    into = {b.end: b for b in laid.boxes if b.side != "out"}
    ports: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for route, link, width in zip(laid.routes, drawn.links, widths, strict=True):
        assert (route.source, route.target, route.width) == (link.source, link.target, width)
        source, target = out[link.source], into[link.target]
        (x0, y0), (x1, y1) = route.points[0], route.points[-1]
        assert (x0, x1) == (source.x + source.width, target.x)
        for box, y, side in ((source, y0, "out"), (target, y1, "in")):
            span = (y - width / 2, y + width / 2)
            assert span[0] >= box.y - 0.11
            assert span[1] <= box.y + box.height + 0.11
            ports.setdefault((box.end, side), []).append(span)
    for spans in ports.values():
        assert all(low >= high - 0.02 for (_, high), (low, _) in pairwise(sorted(spans)))


@given(lineages())
def test_no_more_crossings_than_in_the_order_given_and_the_same_each_time(drawn: Lineage) -> None:
    laid = lay_out(drawn)
    assert laid.crossings <= laid.crossings_before
    assert lay_out(drawn) == laid


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=30))
def test_crossings_are_those_of_brute_force(pairs: list[tuple[int, int]]) -> None:
    crossing = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(pairs, 2))
    assert count_crossings(pairs) == crossing


def test_the_order_of_the_layout_has_the_crossings_that_it_says() -> None:
    laid = lay_out(large(300))
    steps: dict[float, set[tuple[float, float]]] = {}
    y_of = {(b.end, b.side): b.y + b.height / 2 for b in laid.boxes}
    for route in laid.routes:
        if len(route.points) == 2:
            middle = (y_of[route.source, ""], y_of[route.target, ""])
            steps.setdefault(route.points[0][0], set()).add(middle)
    short_only = sum(map(count_crossings, steps.values()))
    assert 0 < short_only <= laid.crossings < laid.crossings_before / 5


def test_a_tangle_that_can_be_drawn_without_crossings_is() -> None:
    chance = random.Random(4)
    names = [f"{n:02d}" for n in range(30)]
    shuffled = {stage: chance.sample(names, 30) for stage in "abcde"}
    lots = {stage + name: ("m", "") for stage in "abcde" for name in names}
    links = [
        (a + shuffled[a][n], b + shuffled[b][n], content(10**9))
        for a, b in pairwise("abcde")
        for n in range(30)
    ]
    laid = lay_out(lineage(lots, links))
    assert laid.crossings_before > 500
    assert laid.crossings == 0


def test_long_links_run_nearly_straight_between_the_boxes() -> None:
    lots = {"A": ("m", ""), "B": ("m", ""), "C": ("m", ""), "D": ("m", "")}
    links = [(a, b, content(10**9)) for a, b in pairwise("ABCD")] + [("A", "D", content(10**9))]
    laid = lay_out(lineage(lots, links))
    (long,) = [r for r in laid.routes if len(r.points) > 2]
    assert (long.source, long.target, len(long.points)) == ("A", "D", 6)
    inner = [y for _, y in long.points[1:-1]]
    assert max(inner) - min(inner) < 1


def test_links_into_one_boundary_run_as_a_cable() -> None:
    laid = lay_out(large(300))
    into = [r for r in laid.routes if r.target == "waste//Site 1/"]
    at: dict[float, list[float]] = {}
    for route in into:
        for x, y in route.points[1:-1]:
            at.setdefault(x, []).append(y)
    assert any(len(ys) > 5 for ys in at.values())
    for ys in at.values():
        assert max(ys) - min(ys) == pytest.approx(len(ys) - 1, abs=0.1)


def test_suppliers_stand_left_of_what_they_feed_and_the_scrap_comes_back_on_the_right() -> None:
    laid = lay_out(loop())
    column = {(b.end, b.side): b.column for b in laid.boxes}
    assert column["supplier/LGES//", ""] == 0
    assert column["supplier/Reagents Inc//", ""] == column["CAM-11", ""] - 1
    assert column["customer/GM//", ""] == column["CELLS-3", ""] + 1
    assert column["S-900", ""] > column["CELLS-3", ""] > column["S-001", ""]
    assert column["reassay//Refinery/", "out"] < column["NISO4-7", ""]
    assert column["COSO4-7", ""] < column["reassay//Refinery/", "in"]


def test_nothing_and_what_no_book_makes_are_laid_out_too() -> None:
    nothing = lay_out(Lineage(("Ni",), (), (), (), {}))
    assert nothing == Layout((), (), (), 0.0, 0.0, 0, 0)
    ends = [End("A", "lot", "m", 0, (1,)), End("B", "lot", "m", 1, (1,))]
    links = [Link("A", "A", (1,)), Link("A", "B", (1,)), Link("B", "A", (1,))]
    assert len(lay_out(Lineage(("Ni",), (), ends, links, {})).routes) == 3


def test_a_link_to_an_end_that_is_not_there_is_a_finding() -> None:
    ends = [End("S-1", "lot", "m", 0, (1,))]
    with pytest.raises(UnknownNameError, match=r"S-2 is not .*S-1"):
        lay_out(Lineage(("Ni",), (), ends, [Link("S-1", "S-2", (1,))], {}))


def test_sixteen_hundred_ends_take_well_under_a_second() -> None:
    drawn = large(1600)
    start = time.process_time()
    lay_out(drawn)
    assert time.process_time() - start < 2.0  # 0.3 s; other tests run beside this one
