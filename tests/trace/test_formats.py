"""A lineage in other programs' formats: what is written holds all of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lineages import T, content, lineage, lineage_of_json, lineages, links_of_csv, loop

from loopbook.errors import NotFiniteError
from loopbook.trace import End, Lineage, Link, lineage_csv, lineage_graphml, lineage_json


def small() -> Lineage:
    """A load, what was made of it, and what was lost."""
    return lineage(
        {"S-1": ("scrap", "r-1"), "B-1": ("black mass", "run")},
        [
            ("supplier/LGES//", "S-1", content(3 * T)),
            ("S-1", "B-1", content(2 * T)),
            ("S-1", "unaccounted//Winston-Salem/", content(5)),
        ],
        focus=("B-1",),
        shares={"S-1": (1.0, 0.5, 0.1, 1.0)},
    )


# --- JSON ------------------------------------------------------------------------------------


@given(lineages())
def test_json_written_and_read_is_the_same(drawn: Lineage) -> None:
    text = lineage_json(drawn)
    read = lineage_of_json(text)
    assert replace(read, shares={}) == replace(drawn, shares={})
    some = {end: x for end, x in drawn.shares.items() if not all(map(math.isnan, x))}
    assert repr(sorted(read.shares.items())) == repr(sorted(some.items()))  # NaN is not NaN
    assert lineage_json(lineage_of_json(text)) == text


def test_json_has_the_shape_that_is_documented() -> None:
    ends = (
        End("S-1", "lot", "scrap", 0, (220, 780), "e-1", 1_000_000),
        End("B-1", "lot", "bm", 1, (220, 780)),
    )
    links = (Link("S-1", "B-1", (220, 780)),)
    drawn = Lineage(("Ni", "other"), ("B-1",), ends, links, {"S-1": (1.0, 0.5)})
    masses = {"mass_kg": "0.001000", "Ni_kg": "0.000220", "other_kg": "0.000780"}
    assert json.loads(lineage_json(drawn)) == {
        "answer": "lineage",
        "version": 2,
        "substances": ["Ni", "other"],
        "focus": ["B-1"],
        "ends": [
            {
                "id": "S-1",
                "kind": "lot",
                "material": "scrap",
                "stage": 0,
                "event": "e-1",
                "made_at": "1970-01-01T00:00:01+00:00",
                **masses,
                "Ni_share": 1.0,
                "other_share": 0.5,
            },
            {
                "id": "B-1",
                "kind": "lot",
                "material": "bm",
                "stage": 1,
                "event": "",
                "made_at": None,
                **masses,
                "Ni_share": None,
                "other_share": None,
            },
        ],
        "links": [
            {
                "source": "S-1",
                "source_kind": "lot",
                "source_material": "scrap",
                "target": "B-1",
                "target_kind": "lot",
                "target_material": "bm",
                **masses,
            }
        ],
    }


def test_a_share_that_is_no_number_is_not_written() -> None:
    with pytest.raises(NotFiniteError):
        lineage_json(replace(small(), shares={"S-1": (float("inf"), 0.0, 0.0, 0.0)}))


# --- CSV -------------------------------------------------------------------------------------


@given(lineages())
def test_csv_written_and_read_is_the_same(drawn: Lineage) -> None:
    assert links_of_csv(lineage_csv(drawn)) == (drawn.substances, drawn.links)


def test_csv_is_what_a_person_expects() -> None:
    assert lineage_csv(small()).splitlines()[:3] == [
        "source,source_kind,source_material,target,target_kind,target_material,"
        "mass_kg,Ni_kg,Co_kg,Li_kg,other_kg",
        "S-1,lot,scrap,B-1,lot,black mass,2000.000000,400.000000,120.000000,80.000000,1400.000000",
        "S-1,lot,scrap,unaccounted//Winston-Salem/,unaccounted,,"
        "0.000005,0.000001,0.000000,0.000000,0.000004",
    ]


# --- GraphML ---------------------------------------------------------------------------------

PLAIN = st.text(
    st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="/"), min_size=1
).filter(lambda name: name != "mass")


@given(lineages(names=PLAIN))
def test_networkx_reads_what_is_written(drawn: Lineage) -> None:
    graph = nx.parse_graphml(lineage_graphml(drawn))
    assert graph.is_directed()
    assert not graph.is_multigraph()
    names = nx.get_node_attributes(graph, "name")
    assert list(names.values()) == [e.id for e in drawn.ends]
    for node, end in zip(graph.nodes.values(), drawn.ends, strict=True):
        assert (node["kind"], node["stage"], node["made_at_us"]) == (
            end.kind,
            end.stage,
            end.made_at,
        )
        assert node.get("material", "") == end.material
        assert node["focus"] is (end.id in drawn.focus)
        assert round(node["mass_kg"] * 1e6) == sum(end.content)
        if end.id in drawn.shares:
            got = [node.get(f"{s}_share") for s in drawn.substances]
            assert got == [None if math.isnan(s) else s for s in drawn.shares[end.id]]
    edges = {(names[a], names[b]): data for a, b, data in graph.edges(data=True)}
    for link in drawn.links:
        data = edges.pop((link.source, link.target))
        got = tuple(round(data[f"{s}_kg"] * 1e6) for s in drawn.substances)
        assert got == tuple(link.content)
    assert not edges


def test_networkx_finds_the_way_of_the_nickel() -> None:
    graph = nx.parse_graphml(lineage_graphml(loop()))
    node = {data["name"]: n for n, data in graph.nodes(data=True)}
    path = nx.shortest_path(graph, node["S-004"], node["S-900"])
    assert [graph.nodes[n]["stage"] for n in path] == [0, 1, 2, 3, 4, 5, 6]
    assert nx.is_directed_acyclic_graph(
        nx.subgraph(graph, [n for n, data in graph.nodes(data=True) if data["kind"] == "lot"])
    )


@given(lineages(names=st.text(min_size=1)))
def test_any_name_is_well_formed_graphml(drawn: Lineage) -> None:
    root = ET.fromstring(lineage_graphml(drawn))
    space = "{http://graphml.graphdrawing.org/xmlns}"
    keys = {k.get("id"): k.get("for") for k in root.iter(f"{space}key")}
    for what in ("node", "edge"):
        for element in root.iter(f"{space}{what}"):
            assert {keys[d.get("key")] for d in element} <= {what}
