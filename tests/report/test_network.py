"""Where the places of a loop stand: ranks, ways back, open ends, room for labels."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from test_report_example import columns, example

from loopbook.report import Table
from loopbook.report.page.network import Graph, closing, graph_of, loop_network

CASES = Path(__file__).resolve().parents[2] / "cases"


def flows(*rows: tuple[Any, ...]) -> Table:
    heads = columns(("year", "Year"), ("source", "S"), ("target", "T"), ("mass_t", "Mass", "t"))
    return Table("links", "Flows", heads, rows)


def drawn(*rows: tuple[Any, ...]) -> dict[str, Any]:
    network = loop_network(example(tables={"links": flows(*rows)}), "links")
    assert network is not None
    return dict(network.data)


@pytest.mark.parametrize(
    ("pairs", "back"),
    [
        ([("a", "a")], {("a", "a")}),
        ([("a", "b"), ("b", "a")], {("b", "a")}),
        ([("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")], set()),
        ([("x", "a"), ("a", "b"), ("b", "a"), ("b", "c"), ("c", "x")], {("b", "a"), ("c", "x")}),
        (
            [("lines", "scrap"), ("client", "scrap"), ("scrap", "metal"), ("metal", "lines")],
            {("metal", "lines")},
        ),
    ],
)
def test_circles_close_where_the_loop_begins_and_nowhere_else(
    pairs: list[tuple[str, str]], back: set[tuple[str, str]]
) -> None:
    assert closing(pairs) == back


def check(graph: Graph) -> None:
    """A link goes to the next rank, by bends; each place of a rank has its own order."""
    for link, back in zip(graph.links, graph.back, strict=True):
        if not back:
            for one, other in pairwise(link):
                assert graph.ranks[other] == graph.ranks[one] + 1
    spots = list(zip(graph.ranks, graph.order, strict=True))
    assert len(spots) == len(set(spots))


@pytest.mark.parametrize("seed", range(20))
def test_any_loop_has_ranks(seed: int) -> None:
    chance = random.Random(seed)
    names = [f"p{k}" for k in range(chance.randint(2, 12))]
    pairs = list(dict.fromkeys((chance.choice(names), chance.choice(names)) for _ in range(20)))
    check(graph_of(pairs, [chance.uniform(1, 100) for _ in pairs]))


def test_the_circle_stands_lowest_so_that_the_way_back_crosses_nothing() -> None:
    pairs = [
        ("mine", "cells"),
        ("cells", "cars"),
        ("cells", "scrap"),
        ("cells", "others"),
        ("scrap", "metal"),
        ("scrap", "waste"),
        ("metal", "cells"),
    ]
    graph = graph_of(pairs, [90, 95, 5, 1, 4, 1, 4])
    for name in ("cells", "scrap", "metal"):
        k = graph.places.index(name)
        assert graph.order[k] == max(
            order
            for rank, order in zip(graph.ranks, graph.order, strict=True)
            if rank == graph.ranks[k]
        )
    assert graph.ranks[graph.places.index("mine")] == 0


def test_what_a_place_does_not_pass_on_is_drawn_and_what_it_gives_more_too() -> None:
    data = drawn(
        (2030, "lines", "plant", 100.0),
        (2030, "plant", "metal", 70.0),
        (2030, "metal", "lines", 70.0),
        (2030, "lines", "cars", 900.0),
    )
    ends = {
        (data["places"][via[0]], data["places"][via[-1]]): value
        for (_, link, _, value), via in zip(
            sorted(data["flows"], key=lambda flow: flow[1]), data["links"], strict=True
        )
    }
    assert ends["Plant", "Waste, stock"] == 30.0
    assert ends["Other material", "Lines"] == 930.0
    assert ends["Metal", "Lines"] == 70.0
    assert "Metal" in data["places"]


def test_labels_have_room_above_each_place() -> None:
    rows = [(2030, f"maker {k}", "plant", 10.0 * k) for k in range(1, 7)]
    data = drawn(*rows, (2030, "plant", "metal", 210.0), (2030, "metal", "maker 1", 210.0))
    spots = data["wide"][0]
    tops, deep = spots["tops"], spots["deep"]
    for rank in set(data["ranks"]):
        own = sorted((tops[k], deep[k]) for k, r in enumerate(data["ranks"]) if r == rank)
        assert own[0][0] >= 57.9
        for (top, depth), (below, _) in pairwise(own):
            assert below - top - depth >= 57.8
    makers = [deep[k] for k, rank in enumerate(data["ranks"]) if rank == 0]
    assert sum(makers) == pytest.approx(170, abs=0.5)


def test_two_recyclers_both_come_back() -> None:
    data = drawn(
        (2030, "cells", "cars", 80.0),
        (2030, "cells", "east", 12.0),
        (2030, "cells", "west", 8.0),
        (2030, "east", "cells", 11.0),
        (2030, "west", "cells", 7.0),
    )
    back = [via for via, closes in zip(data["links"], data["back"], strict=True) if closes]
    assert [data["places"][via[0]] for via in back] == ["East", "West"]


def test_flows_that_touch_no_place_of_the_loop_are_left_out() -> None:
    data = drawn(
        (2030, "cells", "scrap", 5.0),
        (2030, "scrap", "cells", 5.0),
        (2030, "another maker", "another market", 500.0),
    )
    assert data["places"] == ["Cells", "Scrap"]


def test_nothing_that_flows_is_no_network() -> None:
    assert loop_network(example(tables={"links": flows()}), "links") is None
    assert loop_network(example(tables={}), "links") is None


@pytest.mark.parametrize("case", ["gmbi", "integrated", "starter"])
def test_each_case_that_is_shipped_has_its_network(case: str) -> None:
    from loopbook.cases import run_case

    result = run_case(CASES / case)
    network = loop_network(result, "links")
    assert network is not None
    data: Any = network.data
    assert any(data["back"]) is (case != "starter")
    assert {"Ni", "Mass"} <= {measure[0] for measure in data["measures"]}
    rows = [*result.tables["links"].records()]
    passing = {row["source"] for row in rows} & {row["target"] for row in rows}
    mass = sum(
        float(str(row["mass_t"])) for row in rows if {row["source"], row["target"]} & passing
    )
    assert sum(flow[3] for flow in data["flows"] if flow[2]) == pytest.approx(mass, rel=1e-5)
