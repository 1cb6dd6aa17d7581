"""Several trucks of one consignment: each is a lot, and the difference is the consignment's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from loopbook import book as b
from loopbook.book.imports.importing import import_file
from loopbook.book.statement.statement import metal_statement
from loopbook.book.verification.report import verify
from loopbook.errors import InputError
from loopbook.report.answers.terminal import record_text
from loopbook.trace import recall
from support.advice import follows
from support.plant import Plant
from support.shelves import Shelf
from support.world import DAY, us


@pytest.fixture
def plant(shelf: Shelf) -> Iterator[Plant]:
    made = Plant(shelf)
    yield made
    made.book.close()


def rows(plant: Plant, day: float | None = None) -> list[tuple[str, ...]]:
    """Number, declared, arrived, in transit, difference, kg, and loads of each consignment."""
    at = None if day is None else us(plant.envelope.start) + round(day * DAY) - 1
    answer = b.list_consignments(plant.book, asof=b.AsOf(occurred=at))
    return [
        (
            x.consignment,
            *(None if mg is None else mg / 1e6 for mg in (x.declared, x.arrived)),
            None if x.in_transit is None else x.in_transit / 1e6,
            x.difference / 1e6,
            " ".join(x.loads),
        )
        for x in answer.consignments
    ]


LOAD = {"material": "foil", "supplier": "A", "owner": "A", "site": "W", "shares": {"Ni": "0.3"}}
OF_PAPERS = {"consignment": "C-7", "papers_kg": 60_000, **LOAD}


def test_three_trucks_of_a_supplier(plant: Plant) -> None:
    """The papers state 60,000 kg; the scale decides what each truck brought."""
    plant.post(2, partial(b.Receive, lot="C-7-1", mass_kg=20_000, **OF_PAPERS))
    plant.weigh(2.1, "C-7-1", 19_980)
    plant.post(3, partial(b.Receive, lot="C-7-2", mass_kg=20_010, **OF_PAPERS), key="second")
    assert rows(plant) == [("C-7", 60_000, 39_990, None, 20_010, "C-7-1 C-7-2")]
    plant.post(4, partial(b.Receive, lot="C-7-3", mass_kg=19_950, **OF_PAPERS))
    plant.post(5, partial(b.Split, lot="C-7-1", parts_kg={"part": 5_000}))
    plant.weigh(6, "C-7-1", 14_970)
    plant.post(7, partial(b.Dispose, lot="C-7-2", site="W", mass_kg=10))
    assert rows(plant) == [("C-7", 60_000, 59_930, None, 70, "C-7-1 C-7-2 C-7-3")]
    assert rows(plant, day=3) == [("C-7", 60_000, 39_990, None, 20_010, "C-7-1 C-7-2")]
    assert (plant.kg("supplier"), plant.kg("unaccounted")) == (-59_960, 0)
    b.correct(plant.book, "second", {"mass_kg": "20005"}, reason="typed wrongly", actor="bob")
    assert rows(plant)[0][2] == 59_925
    assert verify(plant.book, replan=True).findings == ()


def test_a_narrow_screen_has_a_line_for_each_consignment(plant: Plant) -> None:
    for number in (1, 2):
        named = {**OF_PAPERS, "consignment": f"C-{number}"}
        plant.post(2, partial(b.Receive, lot=f"truck {number}", mass_kg=20_000, **named))
    text = record_text(b.list_consignments(plant.book).as_record(), width=80)
    assert text.splitlines()[2:5] == [
        "Consignment  Way       Declared, kg  Arrived, kg  Difference, kg  Loads",
        "C-1          received    60,000.000   20,000.000      40,000.000  truck 1",
        "C-2          received    60,000.000   20,000.000      40,000.000  truck 2",
    ]


def test_papers_that_differ_and_none(plant: Plant) -> None:
    """Several masses by the papers are shown; without any, the declared loads are added up."""
    plant.post(2, partial(b.Receive, lot="a", mass_kg=100, **OF_PAPERS))
    plant.post(2, partial(b.Receive, lot="b", mass_kg=100, **(OF_PAPERS | {"papers_kg": 7})))
    plant.post(2, partial(b.Receive, lot="c", mass_kg=50, consignment="C-8", **LOAD))
    plant.post(2, partial(b.Receive, lot="d", mass_kg=60, consignment="C-8", **LOAD), key="d")
    plant.weigh(3, "c", 48)
    seven, eight = b.list_consignments(plant.book).consignments
    assert (seven.declared, seven.papers) == (60_000 * 10**6, "7 kg, 60,000 kg")
    assert (eight.declared, eight.arrived, eight.papers) == (110 * 10**6, 108 * 10**6, "")
    plant.post(4, partial(b.Reverse, event="d", reason="never came"))
    assert rows(plant)[1] == ("C-8", 50, 48, None, 2, "c")
    text = plant.refused(5, partial(b.Receive, lot="e", mass_kg=1, papers_kg=5, **LOAD))
    assert "consignment: missing" in text


def arrive(lot: str, kg: float, load: str | None = None) -> partial[b.Arrive]:
    return partial(b.Arrive, lot=lot, consignment="C-9", site="R", mass_kg=kg, load=load)


@pytest.fixture
def shipped(plant: Plant) -> Plant:
    """60,000 kg of L-1 are on the road to R on three trucks."""
    plant.receive(2, "L-1", 60_000, Ni="0.3")
    plant.post(3, partial(b.Ship, lot="L-1", from_site="W", consignment="C-9"), key="ship")
    return plant


def test_a_consignment_that_never_was_is_not_listed(shipped: Plant) -> None:
    """A corrected number, a reversed shipment, a reversed part; on the older clock they are."""
    known = shipped.book.event("ship").recorded_at
    b.correct(shipped.book, "ship", {"consignment": "C-1"}, reason="typed", actor="bob")
    assert rows(shipped) == [("C-1", 60_000, 0, 60_000, 0, "L-1")]
    shipped.post(4, partial(b.Split, lot="L-1", parts_kg={"L-9": 100}), key="cut")
    assert rows(shipped) == [("C-1", 60_000, 0, 60_000, 0, "L-1 L-9")]
    shipped.post(5, partial(b.Reverse, event="cut", reason="of another lot"))
    assert rows(shipped) == [("C-1", 60_000, 0, 60_000, 0, "L-1")]
    shipped.weigh(2.5, "L-1", 59_000)
    assert rows(shipped) == [("C-1", 59_000, 0, 59_000, 0, "L-1")]
    shipped.post(6, partial(b.Reverse, event="ship corrected", reason="stayed"))
    assert rows(shipped) == []
    then = b.list_consignments(shipped.book, asof=b.AsOf(recorded=known)).consignments
    assert [x.consignment for x in then] == ["C-9"]


def test_three_trucks_between_sites(shipped: Plant) -> None:
    """Nothing is lost before the last truck is there; then the difference is the road's."""
    shipped.post(4, arrive("L-1", 20_020, "t1"))
    assert (shipped.kg("unaccounted"), shipped.kg("t1", "Ni")) == (0, 6_006)
    assert rows(shipped) == [("C-9", 60_000, 20_020, 39_980, 0, "L-1 t1")]
    shipped.post(4, arrive("L-1", 19_990, "t2"))
    assert rows(shipped)[0][1:5] == (60_000, 40_010, 19_990, 0)
    shipped.post(5, arrive("L-1", 19_950))
    assert rows(shipped)[0][1:5] == (60_000, 59_960, 0, 40)
    assert rows(shipped, day=4)[0][1:5] == (60_000, 40_010, 19_990, 0)
    balances = shipped.book.balances(site="in transit C-9")
    assert {a.kind: sum(x) for a, x in balances.items()} == {"unaccounted": 40 * 10**6}
    assert {x.lot for x in recall(shipped.book, "L-1").reached if sum(x.held_mg)} == {
        *("L-1", "t1", "t2")
    }
    start = shipped.envelope.start
    end = start.replace(month=4)
    statement = (
        metal_statement(shipped.book, start=start, end=end, scope=b.Scope())
        if (False)
        else metal_statement(shipped.book, start=start, end=end)
    )
    assert statement.kg("shipped in") == 59_960
    assert verify(shipped.book, replan=True).findings == ()


def test_all_trucks_have_names_and_nothing_more_comes(shipped: Plant) -> None:
    """What is left in transit is closed by an arrival of nothing."""
    for name, kg in (("t1", 20_000), ("t2", 20_000), ("t3", 19_970)):
        shipped.post(4, arrive("L-1", kg, name))
    assert rows(shipped)[0][1:5] == (60_000, 59_970, 30, 0)
    shipped.post(5, arrive("L-1", 0))
    assert rows(shipped)[0][1:5] == (60_000, 59_970, 0, 30)
    assert shipped.kg("unaccounted") == 30


def test_the_last_truck_weighs_more_than_what_is_left(shipped: Plant) -> None:
    """The hint of the finding is followed."""
    shipped.post(4, arrive("L-1", 40_000, "t1"))
    for kg in (20_000, 20_010):
        text = shipped.refused(5, arrive("L-1", kg, "t2"))
        follows(text, "if it is the last truck, leave out load: the lot itself arrives")
        assert "20,000 kg of lot L-1 are in transit C-9" in text
    shipped.post(5, arrive("L-1", 20_010))
    assert rows(shipped)[0][1:5] == (60_000, 60_010, 0, -10)
    assert (shipped.kg("L-1"), shipped.kg("unaccounted")) == (20_010, -10)


def test_loads_that_cannot_arrive(shipped: Plant) -> None:
    assert "mass_kg: empty" in shipped.refused(4, arrive("L-1", 0, "t1"))
    assert "lot L-1 exists already" in shipped.refused(4, arrive("L-1", 5, "L-1"))
    wrong = partial(b.Arrive, lot="L-1", consignment="C-8", site="R", mass_kg=5, load="t1")
    assert "is not at in transit C-8" in shipped.refused(4, wrong)
    assert shipped.book.balances(site="R") == {}


def test_late_facts_of_a_consignment(shipped: Plant) -> None:
    """A late ticket and assay before the trucks, and a truck reported after the last one."""
    shipped.post(4, arrive("L-1", 20_000, "t1"))
    shipped.post(6, arrive("L-1", 19_990))
    assert shipped.kg("unaccounted") == 20_010
    shipped.post(5, arrive("L-1", 20_005, "t2"))
    assert rows(shipped)[0][1:5] == (60_000, 59_995, 0, 5)
    shipped.weigh(2.5, "L-1", 59_990)
    assay = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.2"}}
    shipped.post(2.6, partial(b.Assay, lot="L-1", **assay), key="assay")
    assert rows(shipped)[0][1:5] == (59_990, 59_995, 0, -5)
    assert [shipped.kg(lot, "Ni") for lot in ("t1", "t2", "L-1")] == [4_000, 4_001, 3_998]
    assert verify(shipped.book, replan=True).findings == ()


def test_one_truck_of_three_in_a_file_is_a_warning(shipped: Plant) -> None:
    """The advice of the warning is followed: nothing is lost."""
    line = {"kind": "arrive", "key": "t", "actor": "amy", "occurred_at": "2026-03-05T08:00:00Z"}
    line |= {"lot": "L-1", "consignment": "C-9", "site": "R", "mass_kg": "20000"}
    with pytest.raises(InputError) as caught:
        b.post_lines(shipped.book, json.dumps(line).encode(), name="a.jsonl")
    (finding,) = caught.value.findings
    assert "if the rest is on other trucks, name this load as a new lot: load" in str(finding)
    b.post_lines(shipped.book, json.dumps({**line, "load": "t1"}).encode(), name="a.jsonl")
    assert rows(shipped)[0][1:5] == (60_000, 20_000, 40_000, 0)


MAPPING = """
[file]
date_format = "%Y-%m-%d %H:%M"
time_zone = "UTC"
[columns]
ticket = "Ticket"
lot = "Truck"
occurred_at = "Time"
gross = { column = "Gross", unit = "t" }
tare = { column = "Tare", unit = "t" }
material = "Material"
supplier = "From"
consignment = "Consignment"
papers = { column = "Papers", unit = "t" }
[constants]
actor = "gate"
owner = "A"
site = "W"
"""
FILE = """Ticket,Truck,Time,Gross,Tare,Material,From,Consignment,Papers
T-1,C-7-1,2026-03-02 08:00,35.0,15.0,foil,A,C-7,60
T-2,C-7-2,2026-03-02 09:00,34.9,15.0,foil,A,C-7,60
T-3,L-9,2026-03-02 10:00,25.0,15.0,foil,A,,
"""


def test_trucks_of_a_consignment_in_a_file_of_tickets(plant: Plant, tmp_path: Path) -> None:
    (tmp_path / "week.csv").write_text(FILE)
    (tmp_path / "week.toml").write_text(MAPPING)
    import_file(plant.book, tmp_path / "week.csv", tmp_path / "week.toml", kind="tickets")
    assert rows(plant) == [("C-7", 60_000, 39_900, None, 20_100, "C-7-1 C-7-2")]
