"""Genealogies worked out by hand: each number stands in a comment with the sum that gives it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from lineages import lineage_of_json
from trace_books import BEGIN, Desk
from trace_compare import Sure
from trace_oracle import Oracle

from loopbook import book as c
from loopbook.book import AsOf
from loopbook.book.commands.draft import microseconds
from loopbook.errors import InputError
from loopbook.trace import (
    Genealogy,
    Recall,
    Trace,
    fold_lineage,
    lineage_back,
    lineage_forward,
    lineage_graphml,
    lineage_json,
    lineage_svg,
    on_site,
    recall,
    suspect,
    trace,
)
from support.shelves import Shelf

SUBSTANCES = ("Li", "Ni", "Cu", "other")
WORKS = "unaccounted//works/"


@pytest.fixture
def desk(shelf: Shelf) -> Iterator[Desk]:
    """A book in which whatever is written is also right by the oracle."""
    made = Desk(shelf, SUBSTANCES)
    yield made
    sure = Sure(Oracle(made.book))
    sure.check_genealogy(Genealogy.of(made.book))
    lots = list(sure.oracle.total)
    sure.check_answers(lots, lambda x: trace(made.book, x), lambda x: recall(made.book, x))
    made.book.close()


def shares(told: Trace, substance: str = "Ni") -> dict[str, Any]:
    return {name: pytest.approx(x, abs=1e-12) for name, x in told.shares(substance).items()}


def held_kg(told: Recall, substance: str = "Ni") -> dict[str, Any]:
    k = told.substances.index(substance)
    found = {x.lot: x.held_mg[k] / 1e6 for x in told.reached if x.held_mg[k]}
    return {name: pytest.approx(x, abs=1e-9) for name, x in found.items()}


def ended_kg(told: Recall, substance: str = "Ni") -> dict[tuple[str, str], Any]:
    k = told.substances.index(substance)
    found = {(x.id, x.lot): x.amounts_mg[k] / 1e6 for x in told.ended if x.amounts_mg[k]}
    return {name: pytest.approx(x, abs=1e-9) for name, x in found.items()}


HALF = {"Ni": "0.5"}


def test_a_lot_that_holds_nothing_reached_nothing(desk: Desk) -> None:
    desk.post(c.Reverse, event=desk.receive("E", 100, HALF), reason="a load of somebody else")
    record = recall(desk.book, "E").as_record().as_json()
    assert record["reached"] == record["ended"] == []
    (place,) = record["whereabouts"]
    assert (place["mass_kg"], place["Ni_share"]) == ("0.000000", None)


def test_run_around_scrap_through_five_rounds(desk: Desk) -> None:
    """Each round makes cells of four fifths of its nickel; one fifth comes back as a new lot.

    Round 1 is fed with 100 kg of nickel, each later one with 80 kg and the 20 kg that came back.
    """
    for r in range(1, 6):
        desk.receive(f"F{r}", 200 if r == 1 else 160, HALF)
        feed = {f"F{r}": None} | ({} if r == 1 else {f"R{r - 1}": None})
        desk.run("shred", feed, [(f"BM{r}", 200, HALF)])
        desk.run("refine", {f"BM{r}": None}, [(f"salt{r}", 200, HALF)])
        desk.run("calcine", {f"salt{r}": None}, [(f"cathode{r}", 200, HALF)])
        desk.run("cells", {f"cathode{r}": None}, [(f"cells{r}", 160, HALF), (f"R{r}", 40, HALF)])
    # a fifth of a round's nickel is of the round before, so feed k is in round r with
    # 0.2**(r - k) * 0.8, and the first with 0.2**(r - 1): of round 5 that is
    wanted = {"F5": 0.8, "F4": 0.16, "F3": 0.032, "F2": 0.0064, "F1": 0.0016}
    for lot in ("cells5", "R5", "BM5"):
        assert shares(trace(desk.book, lot)) == wanted  # they sum to 1
    # 20 kg came back from round 1, and 20 kg * 0.2**(r - 1) of it from round r
    told = recall(desk.book, "F1")
    assert held_kg(told) == {
        "cells1": 80,
        "cells2": 16,
        "cells3": 3.2,
        "cells4": 0.64,
        "cells5": 0.128,
        "R5": 0.032,
    }  # the sum is 100
    assert told.ended == ()
    # fed: 100 + 4 * 80 = 420 kg; there: 5 * 80 + 20
    there = [trace(desk.book, x).total_mg[1] for x in (*(f"cells{r}" for r in range(1, 6)), "R5")]
    assert sum(there) == 420e6


def test_splits_and_merges_keep_history(desk: Desk) -> None:
    desk.receive("A", 60, {"Ni": "0.5"})  # 30 kg of nickel
    desk.receive("B", 40, {"Ni": "0.25"})  # 10 kg
    desk.receive("C", 10, {"Ni": "0.8"})  # 8 kg
    blend = {"site": "works", "material": "scrap"}
    desk.post(c.Blend, lot="M", inputs_kg={"A": None, "B": None}, **blend)
    desk.post(c.Split, lot="M", parts_kg={"M1": 30, "M2": 70})
    desk.post(c.Blend, lot="N", inputs_kg={"M1": None, "C": None}, **blend)
    desk.post(c.Split, lot="N", parts_kg={"N1": 8})
    assert shares(trace(desk.book, "M2")) == {"A": 0.75, "B": 0.25}
    # M1 has 12 kg of nickel, N has 20: A 0.75 * 12 / 20, B 0.25 * 12 / 20, C 8 / 20
    assert shares(trace(desk.book, "N1")) == {"A": 0.45, "B": 0.15, "C": 0.4}
    # of 40 kg: A 0.6 * 30, B 0.4 * 30, C 10
    assert shares(trace(desk.book, "N1"), "mass") == {"A": 0.45, "B": 0.3, "C": 0.25}
    # 70 % in M2; N1 is a fifth of N
    assert held_kg(recall(desk.book, "A")) == {"M2": 21, "N": 7.2, "N1": 1.8}
    assert held_kg(recall(desk.book, "M1")) == {"N": 9.6, "N1": 2.4}
    assert trace(desk.book, "N1").ancestors == 6


def test_samples_before_and_after_an_assay_have_one_composition(desk: Desk) -> None:
    desk.receive("X", 100, {"Ni": "0.2"})
    desk.receive("Y", 100, {"Ni": "0.1"})
    desk.post(
        c.Blend, lot="B", inputs_kg={"X": None, "Y": None}, site="works", material="scrap"
    )  # 20 + 10 kg of nickel in 200
    desk.post(c.Sample, lot="B", sample="before", mass_kg=2)  # 0.3 kg
    desk.post(c.Assay, lot="B", stage="final", basis="as received", shares={"Ni": "0.3"})
    desk.post(c.Sample, lot="B", sample="after", mass_kg=2)  # 0.6 kg
    # 198 kg * 0.3 - 29.7 kg = 29.7 kg more, of 59.7 in all that ever came into B
    wanted = {"X": 20 / 59.7, "Y": 10 / 59.7, "reassay//works/": 29.7 / 59.7}
    for lot in ("B", "before", "after"):
        assert shares(trace(desk.book, lot)) == wanted
    assert trace(desk.book, "before").total_mg[1] == 300_000
    # a lot from a supplier was always what the laboratory says
    desk.receive("Z", 10, {"Ni": "0.2"})
    desk.post(c.Assay, lot="Z", stage="final", basis="as received", shares={"Ni": "0.1"})
    desk.post(c.Sample, lot="Z", sample="z", mass_kg=1)
    desk.post(c.Assay, lot="Z", stage="umpire", basis="as received", shares={"Ni": "0.4"})
    assert shares(trace(desk.book, "Z")) == shares(trace(desk.book, "z")) == {"Z": 1}
    # 2 kg; then 1; a sample of 0.1; then 9 kg * 0.4 = 3.6: in all 2 + (2.7 - 1) = 3.7
    assert trace(desk.book, "Z").total_mg[1] == 3_700_000
    assert held_kg(recall(desk.book, "Z")) == {"Z": 3.6, "z": 0.1}


def test_co_products_each_take_their_own_metal(desk: Desk) -> None:
    desk.receive("cathodes", 50, {"Ni": "0.6"})  # 30 kg
    desk.receive("foils", 50, {"Cu": "0.8", "Ni": "0.2"})  # 40 kg and 10 kg
    desk.run(
        "refine",
        {"cathodes": None, "foils": None},
        [("nickel", 40, {"Ni": 1}), ("copper", 40, {"Cu": 1}), ("slag", 20, {})],
    )
    assert shares(trace(desk.book, "nickel")) == {"cathodes": 0.75, "foils": 0.25}
    assert shares(trace(desk.book, "copper"), "Cu") == {"foils": 1}
    assert trace(desk.book, "copper").shares("Ni") == {}
    assert shares(trace(desk.book, "slag"), "other") == {"cathodes": 1}
    assert {x.lot for x in recall(desk.book, "cathodes").reached} == {"cathodes", "nickel", "slag"}
    # copper comes of foils alone, through whatever nickel it lay with
    desk.post(
        c.Blend,
        lot="alloy",
        inputs_kg={"nickel": None, "copper": None},
        site="works",
        material="salt",
    )
    desk.run("part", {"alloy": None}, [("Ni", 40, {"Ni": 1}), ("Cu", 40, {"Cu": 1})])
    assert shares(trace(desk.book, "Cu"), "Cu") == {"foils": 1}
    assert trace(desk.book, "Cu").ancestors == 3  # foils, copper, alloy
    linked = Genealogy.of(desk.book)
    names = linked.graph.names.many(linked.ancestors("Cu"))
    assert names == ["cathodes", "foils", "nickel", "copper", "alloy", "Cu"]


def test_lithium_that_no_input_had_is_unaccounted(desk: Desk) -> None:
    desk.receive("A", 100, {"Li": "0.05"})
    desk.run("leach", {"A": None}, [("L", 100, {"Li": "0.06"})])
    assert shares(trace(desk.book, "L"), "Li") == {"A": 5 / 6, WORKS: 1 / 6}
    # another run loses 2 kg of the 6: what was found stays found, and the product has it
    desk.run("dry", {"L": None}, [("P", 98, {"Li": "0.040816326530612"})])  # 4.000000 kg
    assert shares(trace(desk.book, "L"), "Li") == {"A": 5 / 6, WORKS: 1 / 6}
    assert shares(trace(desk.book, "P"), "Li") == {"A": 5 / 6, WORKS: 1 / 6}
    assert ended_kg(recall(desk.book, "L"), "Li") == {(WORKS, "L"): 2}
    assert ended_kg(recall(desk.book, "A"), "Li") == {(WORKS, "L"): pytest.approx(5 / 3)}
    by_kind = Genealogy.of(desk.book).composition("Li")
    row = by_kind.shares[list(by_kind.lots).index("P")]
    assert dict(zip(by_kind.groups, row, strict=True)) == {
        "LGES": pytest.approx(5 / 6),
        "unaccounted": pytest.approx(1 / 6),
    }


def test_a_lot_of_nothing_that_entered_is_no_lot_from_outside(desk: Desk) -> None:
    desk.receive("A", 100, {"Ni": 1})
    desk.run("odd", {"A": None}, [("C", 100, {"Cu": 1})])
    told = trace(desk.book, "C")
    (origin,) = told.origins
    assert (origin.id, origin.kind, origin.supplier) == (WORKS, "unaccounted", "")
    assert shares(told, "Cu") == {WORKS: 1}
    assert told.ancestors == 0
    assert ended_kg(recall(desk.book, "A")) == {(WORKS, "A"): 100}


def test_a_run_is_taken_back_and_another_one_runs(desk: Desk) -> None:
    genealogy = Genealogy.of(desk.book)
    desk.receive("A", 100, HALF)
    desk.receive("B", 100, HALF)
    wrong = desk.run("shred", {"A": None, "B": None}, [("W", 200, HALF)])
    genealogy.update(desk.book)
    assert shares(genealogy.trace("W")) == {"A": 0.5, "B": 0.5}
    desk.post(c.Reverse, event=wrong, reason="B was not in it")
    desk.run("shred", {"A": None}, [("R", 100, HALF)])
    genealogy.update(desk.book)
    for told in (genealogy.trace("W"), trace(desk.book, "W")):
        assert told.origins == ()
        assert told.ancestors == 0
        assert not told.total_mg.any()
    assert shares(genealogy.trace("R")) == {"A": 1}
    assert held_kg(genealogy.recall("B")) == {"B": 50}
    assert held_kg(genealogy.recall("A")) == {"R": 50}
    assert genealogy.recall("W").reached == genealogy.recall("W").ended == ()


@pytest.mark.parametrize("share_by", ["mass", "substance"])
def test_owners_make_no_difference_to_matter(desk: Desk, share_by: str) -> None:
    desk.receive("A", 100, {"Ni": "0.4"}, owner="LGES")  # 40 kg
    desk.receive("B", 300, {"Ni": "0.2"}, owner="GMBI")  # 60 kg
    desk.run(
        "mix", {"A": None, "B": None}, [("P", 200, {"Ni": "0.45"})], share_by=share_by
    )  # 90 kg: by mass GMBI gets more nickel than it brought, LGES loses it
    owned = {a.party: x[1] for a, x in desk.book.balances(lot="P").items()}
    assert owned["GMBI"] == {"mass": 67_500_000, "substance": 54_000_000}[share_by]
    assert shares(trace(desk.book, "P")) == {"A": 0.4, "B": 0.6}
    # 10 kg are missing: of A and of B as the pool has it
    assert ended_kg(recall(desk.book, "A")) == {(WORKS, "A"): 4}
    assert ended_kg(recall(desk.book, "B")) == {(WORKS, "B"): 6}


def test_title_places_and_roads_make_no_lot(desk: Desk) -> None:
    desk.receive("A", 100, HALF)
    desk.post(c.TransferTitle, lot="A", seller="LGES", buyer="GMBI", mass_kg=40)
    desk.post(c.Move, lot="A", from_site="works", to_site="refinery _%")
    desk.post(c.Ship, lot="A", from_site="refinery _%", consignment="7")
    desk.post(c.Arrive, lot="A", consignment="7", site="works", mass_kg=98)
    desk.post(c.Split, lot="A", parts_kg={"A1": 49})
    assert shares(trace(desk.book, "A1")) == {"A": 1}
    told = recall(desk.book, "A")
    assert [x.lot for x in told.reached] == ["A", "A1"]
    assert held_kg(told) == {"A": 24.5, "A1": 24.5}
    assert ended_kg(told) == {("unaccounted//in transit 7/", "A"): 1}
    desk.post(c.Deliver, lot="A1", site="works", customer="GMBI")
    told = recall(desk.book, "A")
    assert ended_kg(told)["customer/GMBI//", "A1"] == 24.5


def test_a_substance_that_is_told_apart_later(desk: Desk) -> None:
    desk.receive("A", 100, HALF)
    desk.post(c.Split, lot="A", parts_kg={"A1": 40})
    genealogy = Genealogy.of(desk.book)
    desk.add_substance("Co")
    desk.post(c.Assay, lot="A1", stage="final", basis="as received", shares={"Co": "0.1"})
    desk.receive("B", 20, {"Co": "0.3"})
    desk.post(
        c.Blend, lot="M", inputs_kg={"A1": None, "B": None}, site="works", material="scrap"
    )  # 4 kg of cobalt and 6
    genealogy.update(desk.book)
    assert genealogy.graph.substances == (*SUBSTANCES, "Co")
    for told in (genealogy.trace("M"), trace(desk.book, "M")):
        assert shares(told, "Co") == {"reassay//works/": 0.4, "B": 0.6}
        assert shares(told, "Ni") == {"A": 1}  # the assay left nickel its part of the rest
    assert np.isnan(genealogy.trace("A").origins[0].shares[4])
    for name, column in Genealogy.of(desk.book).graph.columns.items():
        assert column.all.tolist() == genealogy.graph.columns[name].all.tolist(), name


def test_nothing_of_a_substance_is_not_zero(desk: Desk) -> None:
    desk.receive("A", 100, HALF)
    desk.receive("B", 100, {"Cu": "0.5"})
    desk.run("sort", {"A": None, "B": None}, [("N", 50, {"Ni": 1}), ("K", 50, {"Cu": 1})])
    genealogy = Genealogy.of(desk.book)
    for told in (genealogy.trace("N"), trace(desk.book, "N")):
        (origin,) = told.origins
        assert np.isnan(origin.shares).tolist() == [True, False, True, True]
        assert origin.amounts_mg.tolist() == [0, 50e6, 0, 0]
    for gone in (genealogy.recall("A"), recall(desk.book, "A")):
        for reached in gone.reached:  # A has no copper, and N has none: what share is A's of it?
            assert np.isnan(reached.shares[2])
            assert reached.amounts_mg[2] == reached.held_mg[2] == 0
    whole = genealogy.composition("Cu")
    assert whole.shares[list(whole.lots).index("N")].tolist() == [0.0]


def test_pictures_and_files_leave_a_gap_where_there_is_nothing(desk: Desk) -> None:
    """Most lots lack some substance: no lineage of a real book may fail on it, or say "nan"."""
    desk.receive("A", 100, HALF)
    desk.receive("B", 100, {"Cu": "0.5"})
    desk.run("sort", {"A": None, "B": None}, [(f"P{n}", 5, {"Ni": 1}) for n in range(9)])
    desk.post(c.Deliver, lot="P3", site="works", customer="GMBI")
    genealogy = Genealogy.of(desk.book)
    for lineage in (lineage_back(genealogy, "P1"), lineage_forward(genealogy, "A")):
        text = lineage_json(lineage)
        assert lineage_json(lineage_of_json(text)) == text
        assert "NaN" not in text
        few = fold_lineage(lineage, most=2).lineage
        for told in (lineage, few):
            for substance in ("Ni", "Cu", "mass"):
                assert not re.search(r"\bnan\b", lineage_svg(told, substance=substance))
            assert not re.search(r"\bnan\b", lineage_graphml(told))
    (delivery,) = suspect(desk.book, "A").deliveries
    assert delivery.amounts_mg.tolist() == [0, 5e6, 0, 0]


def test_a_site_is_not_another_one_with_a_longer_name(desk: Desk) -> None:
    desk.post(c.RegisterSite, site="works 2")
    desk.receive("A", 100)
    desk.receive("B", 100, site="works 2")
    desk.receive("C", 100)
    desk.post(c.Ship, lot="C", from_site="works", consignment="7")
    assert [x.lot for x in on_site(desk.book, "works").lots] == ["A"]
    assert [x.lot for x in on_site(desk.book, "in transit").lots] == ["C"]
    here = AsOf(occurred=desk.last())
    desk.post(c.Move, lot="A", from_site="works", to_site="works 2")
    assert [x.lot for x in on_site(desk.book, "works 2").lots] == ["A", "B"]
    assert [x.lot for x in on_site(desk.book, "works 2", asof=here).lots] == ["B"]
    with pytest.raises(InputError, match="did you mean works"):
        on_site(desk.book, "work")


@pytest.mark.parametrize("ask", [trace, recall])
def test_an_unknown_lot_has_near_names(desk: Desk, ask: Any) -> None:
    desk.receive("scrap-1", 100)
    genealogy = Genealogy.of(desk.book)
    asked = [lambda: ask(desk.book, "scrap-l"), lambda: getattr(genealogy, ask.__name__)("scrap-l")]
    for question in asked:
        with pytest.raises(InputError, match=r"lot: unknown-name: scrap-l .*scrap-1"):
            question()
    before = AsOf(occurred=microseconds(BEGIN))
    with pytest.raises(InputError, match="unknown-name"):
        ask(desk.book, "scrap-1", asof=before)
    with pytest.raises(InputError, match="unknown-name"):
        getattr(Genealogy.of(desk.book, asof=before), ask.__name__)("scrap-1")


@pytest.mark.parametrize("question", ["composition", "back", "forward"])
def test_an_unknown_substance_has_near_names(desk: Desk, question: str) -> None:
    desk.receive("A", 100)
    asked = ("Nu",) if question == "composition" else ("A", "Nu")
    with pytest.raises(InputError, match=r"substance: unknown-name: Nu is not .*Ni"):
        getattr(Genealogy.of(desk.book), question)(*asked)


def test_before_and_after_a_correction(desk: Desk) -> None:
    desk.receive("A", 100, HALF)
    desk.receive("B", 100, HALF)
    taken = {"site": "works", "material": "scrap"}
    wrong = desk.post(c.Blend, lot="M", inputs_kg={"A": 30, "B": 10}, **taken)
    happened, knew = desk.last(), desk.clock()
    desk.post(c.Reverse, event=wrong, reason="the other way round")
    corrected = desk.last()
    desk.post(c.Blend, lot="M2", inputs_kg={"A": 10, "B": 30}, **taken)
    for asof in (AsOf(recorded=knew), AsOf(happened, knew)):
        then = Genealogy.of(desk.book, asof=asof)
        for told in (then.trace("M"), trace(desk.book, "M", asof=asof)):
            assert shares(told) == {"A": 0.75, "B": 0.25}
        for gone in (then.recall("A"), recall(desk.book, "A", asof=asof)):
            assert held_kg(gone) == {"A": 35, "M": 15}
    asof = AsOf(occurred=corrected)
    assert trace(desk.book, "M", asof=asof).origins == ()
    assert held_kg(recall(desk.book, "A", asof=asof)) == {"A": 50}
    assert shares(trace(desk.book, "M2")) == {"A": 0.25, "B": 0.75}
    assert held_kg(recall(desk.book, "A")) == {"A": 45, "M2": 5}


def test_what_hung_on_a_lot_as_of_a_moment(desk: Desk) -> None:
    """Who had some is asked of a day long gone, too, and of what was known on it."""
    desk.receive("A", 100, HALF)
    desk.post(c.Blend, lot="M", inputs_kg={"A": 30}, site="works", material="scrap")
    before = AsOf(occurred=desk.last())
    wrong = desk.post(c.Deliver, lot="M", site="works", customer="GMBI")
    happened, knew = AsOf(occurred=desk.last()), AsOf(recorded=desk.clock())
    desk.post(c.Reverse, event=wrong, reason="another customer")
    desk.post(c.Deliver, lot="M", site="works", customer="LGES")
    for asof, customers, held in (
        (AsOf(), ["LGES"], ["A"]),
        (before, [], ["A", "M"]),
        (happened, [], ["A", "M"]),
        (knew, ["GMBI"], ["A"]),
    ):
        for genealogy in (None, Genealogy.of(desk.book, asof=asof)):
            told = suspect(desk.book, "A", asof=asof, genealogy=genealogy)
            assert [x.customer for x in told.deliveries] == customers
            assert [x.lot for x in told.held] == held
    with pytest.raises(InputError, match="asof: expected one as of"):
        suspect(desk.book, "A", asof=before, genealogy=Genealogy.of(desk.book))
    with pytest.raises(InputError, match="unknown-name"):
        suspect(desk.book, "A", asof=AsOf(occurred=microseconds(BEGIN)))


@pytest.mark.parametrize("lots", [0, 1])
def test_hardly_a_book(desk: Desk, lots: int) -> None:
    """Nothing, or one lot."""
    if lots:
        desk.receive("A", 100, HALF)
    genealogy = Genealogy.of(desk.book)
    assert len(genealogy.graph) == lots
    for substance in ("Ni", "mass"):
        found = genealogy.composition(substance)
        assert found.shares.tolist() == [[1.0]] * lots
        assert found.groups == ("LGES",) * lots


def test_composition_of_the_mass_is_that_of_all_substances(desk: Desk) -> None:
    desk.receive("A", 60, {"Ni": "0.5"}, supplier="GMBI")
    desk.receive("B", 40, {"Li": "0.5"})
    desk.post(
        c.Blend, lot="M", inputs_kg={"A": None, "B": None}, site="works", material="scrap"
    )  # 30 kg of nickel, 20 of lithium, 50 of others
    desk.post(c.Assay, lot="M", stage="final", basis="as received", shares={"Ni": "0.4"})
    # 10 kg of nickel more, and 60 kg of the rest instead of 70: all that came in is 110 kg
    found = Genealogy.of(desk.book).composition("mass")
    row = dict(zip(found.groups, found.shares[list(found.lots).index("M")], strict=True))
    assert row == {
        "GMBI": pytest.approx(60 / 110),
        "LGES": pytest.approx(40 / 110),
        "reassay": pytest.approx(10 / 110),
    }
    assert shares(trace(desk.book, "M"), "mass") == {
        "A": 60 / 110,
        "B": 40 / 110,
        "reassay//works/": 10 / 110,
    }


def test_odd_events(desk: Desk) -> None:
    """No mass, all mass, one milligram, and a hundred lots at once."""
    desk.receive("A", 100, HALF)
    desk.post(c.StockTake, lot="A", site="works", counted_kg=100)  # no legs
    desk.post(c.Assay, lot="A", stage="final", basis="as received", shares=HALF)  # none either
    desk.post(c.Split, lot="A", parts_kg={f"A'{k}": "0.000001" for k in range(100)})
    desk.post(
        c.Blend,
        lot="all",
        site="works",
        material="scrap",
        inputs_kg={f"A'{k}": None for k in range(100)},
    )
    assert shares(trace(desk.book, "all"), "mass") == {"A": 1}
    assert trace(desk.book, "all").ancestors == 101
    desk.post(c.StockTake, lot="A", site="works", counted_kg=0)
    desk.post(c.Dispose, lot="all", site="works", way="emission")
    told = recall(desk.book, "A")
    assert not any(x.held_mg.any() for x in told.reached)
    assert sum(x.amounts_mg.sum() for x in told.ended) == 100e6
