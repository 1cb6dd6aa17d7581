"""The declared answer of a solve: streams by component, with units, in every scenario."""

import pytest

from loopbook.flowsheet import Flowsheet, Mixer, Sieve, Solution, Splitter
from loopbook.matter import components
from loopbook.report import record_text


@pytest.fixture
def solution() -> Solution:
    fs = Flowsheet("shred", components("copper", "graphite"))
    fs.feed("scrap", {"copper": [40.0, 80.0], "graphite": 60.0}, unit="kg/h")
    fs.add(Mixer("mixer"), feed=["scrap", "return"], out="mill feed")
    sieve = Sieve("sieve", to_undersize={"copper": 0.1, "graphite": 0.9})
    fs.add(sieve, feed="mill feed", undersize="black mass", oversize="coarse")
    fs.add(Splitter("bleed", share=0.5), feed="coarse", first="foil", rest="return")
    return fs.solve()


def test_a_record_holds_every_stream_in_every_scenario(solution: Solution) -> None:
    record = solution.as_record().as_json()
    assert (record["answer"], record["version"], record["scenarios"]) == ("solution", 1, 2)
    assert record["components"] == ["copper", "graphite"]
    outer = {(s["stream"], s["role"], s["scenario"]): s for s in record["streams"]}
    assert list(outer) == [
        (stream, role, scenario)
        for stream, role in (("scrap", "feed"), ("black mass", "product"), ("foil", "product"))
        for scenario in (0, 1)
    ]
    assert outer["scrap", "feed", 1]["total_kg_per_h"] == 140.0
    assert outer["foil", "product", 1]["copper_kg_per_h"] == solution.flow("foil", "copper")[1]
    assert {s["stream"] for s in record["inner"]} == {"mill feed", "coarse", "return"}


def test_columns_declare_their_unit(solution: Solution) -> None:
    table = solution.as_record().tables[0]
    units = {c.name: c.unit for c in table.columns if c.name.endswith("_kg_per_h")}
    assert units == dict.fromkeys(
        ("total_kg_per_h", "copper_kg_per_h", "graphite_kg_per_h"), "kg/h"
    )


def test_people_see_what_enters_and_leaves(solution: Solution) -> None:
    text = record_text(solution.as_record())
    assert text.startswith("shred: 2 scenarios, ")
    assert "black mass" in text
    assert "mill feed" not in text


def test_streams_that_were_not_kept_are_not_in_the_record(solution: Solution) -> None:
    fs = solution.plan.flowsheet
    assert isinstance(fs, Flowsheet)
    record = fs.solve(keep=["foil"]).as_record().as_json()
    assert [s["stream"] for s in record["streams"]] == ["foil", "foil"]
    assert record["inner"] == []
