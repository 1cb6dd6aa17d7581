"""A correction is judged as a posting is: by warnings, papers, dates and fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopbook import book as b
from loopbook.book.book import Book
from loopbook.cli import main
from loopbook.errors import Finding, InputError
from support.advice import follows
from support.plant import Plant
from support.shelves import Shelf, sqlite_shelf
from support.terminal import at_terminal


@pytest.fixture
def plant(shelf: Shelf) -> Iterator[Plant]:
    made = Plant(shelf)
    made.receive(2, "L-1", 12_500, key="receipt", Ni="0.21")
    weights = {"gross_kg": 22_500, "tare_kg": 10_000}
    made.post(3, partial(b.Weigh, lot="L-1", ticket="T1", **weights), key="t1")
    made.receive(2, "L-2", 12_000, key="second", Ni="0.21")
    made.post(
        3, partial(b.Weigh, lot="L-2", ticket="T2", gross_kg=22_000, tare_kg=10_000), key="t2"
    )
    yield made
    made.book.close()


def change(plant: Plant, key: str, accept: dict[str, str] | None = None, **changes: str) -> str:
    """Key of the right event."""
    fields = {name.replace("__", "."): value for name, value in changes.items()}
    why = {"reason": "typed wrongly", "actor": "bob"}
    return b.correct(plant.book, key, fields, **why, accept=accept or {}).key


def findings(
    plant: Plant, key: str, accept: dict[str, str] | None = None, **changes: str
) -> list[Finding]:
    """What a correction is refused for; the book is as it was."""
    before = plant.book.balances()
    with pytest.raises(InputError) as caught:
        change(plant, key, accept, **changes)
    assert dict(plant.book.balances()) == dict(before)
    return list(caught.value.findings)


# -- warnings


@pytest.mark.parametrize(
    ("key", "field", "value", "kind"),
    [
        ("receipt", "mass_kg", "12.5", "load"),
        ("t1", "gross_kg", "22.5", "weights"),
        ("t2", "tare_kg", "10", "ticket"),
        ("receipt", "mass_kg", "125000", "load"),
    ],
)
def test_what_a_posting_warns_of_stops_a_correction(
    plant: Plant, key: str, field: str, value: str, kind: str
) -> None:
    assert kind in {f.code for f in findings(plant, key, **{field: value})}


def test_a_warning_is_accepted_with_its_reason(plant: Plant) -> None:
    """The hint is followed; the reason is in the event, and stays with the next correction."""
    (warning,) = findings(plant, "receipt", mass_kg="12.5")
    follows(warning, 'if it is right, accept it: --accept load="the reason"')
    key = change(plant, "receipt", {"load": "a sample drum"}, mass_kg="12.5")
    assert json.loads(plant.book.event(key).command)["accepted"] == {"load": "a sample drum"}
    again = change(plant, key, owner="B")
    assert json.loads(plant.book.event(again).command)["accepted"] == {"load": "a sample drum"}
    assert [f.code for f in findings(plant, again, mass_kg="11.5")] == ["load"]
    right = change(plant, again, mass_kg="12500")
    assert "accepted" not in json.loads(plant.book.event(right).command)
    assert b.verify(plant.book, replan=True).findings == ()


def test_an_assay_that_is_far_from_the_book_is_a_warning(plant: Plant) -> None:
    result = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.2"}}
    plant.post(4, partial(b.Assay, lot="L-1", **result), key="a")
    assert [f.code for f in findings(plant, "a", shares__Ni="0.0021")] == ["assay"]
    change(plant, "a", {"assay": "washed"}, shares__Ni="0.0021")
    assert plant.kg("L-1", "Ni") == 26.25


def test_nothing_is_accepted_in_advance(plant: Plant) -> None:
    """The hint is followed: left out, the correction is posted."""
    (finding,) = findings(plant, "receipt", {"load": "x"}, owner="B")
    follows(finding, "leave it out; a warning is accepted when it has come, not in advance")
    (finding,) = findings(plant, "receipt", owner="B", accepted__load="x")
    follows(finding, "leave it out, and give --accept KIND=REASON when a warning has come")
    change(plant, "receipt", owner="B")
    assert {a.party for a in plant.book.balances(lot="L-1")} == {"B"}


def test_a_person_at_a_terminal_is_asked_for_the_reason(tmp_path: Path) -> None:
    made = Plant(sqlite_shelf(tmp_path))
    made.receive(2, "L-1", 12_500, key="receipt", Ni="0.21")
    made.book.close()
    path = tmp_path / "book.sqlite"
    words = ["book", "correct", "receipt", "--book", str(path)]
    words += ["--set", "mass_kg=12.5", "--reason", "x", "--actor", "amy"]
    code, text = at_terminal(words, "\n")
    assert (code, "nothing was posted" in text) == (1, True)
    code, text = at_terminal(words, "a drum\n")
    assert code == 0, text
    with Book(path) as book:
        assert '"accepted":{"load":"a drum"}' in book.event("receipt corrected").command


# -- papers


def test_a_ticket_that_the_book_has_is_no_right_number(plant: Plant) -> None:
    """The hint is followed: the other is corrected first."""
    (finding,) = findings(plant, "t2", ticket="T1")
    assert finding.code == "duplicate"
    follows(finding, "correct or reverse t1 first, if this is the right paper")
    change(plant, "t1", ticket="T3")
    assert change(plant, "t2", ticket="T1") == "t2 corrected"
    change(plant, "t2 corrected", gross_kg="22010")  # its own number is no other's


def test_a_sample_that_the_book_has_is_no_right_number(plant: Plant) -> None:
    for count in (1, 2):
        result = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.2"}}
        lab = {"sample": f"S{count}", "laboratory": "X"}
        plant.post(4, partial(b.Assay, lot="L-1", **result, **lab), key=f"a{count}")
    assert [f.code for f in findings(plant, "a2", sample="S1")] == ["duplicate"]
    plant.post(5, partial(b.Reverse, event="a1", reason="x"))
    change(plant, "a2", sample="S1")


# -- fields


def test_a_field_twice_in_json_is_a_finding(plant: Plant) -> None:
    (finding,) = findings(plant, "receipt", shares='{"Ni":"0.3","Ni":"0.03"}')
    assert (finding.code, "Ni twice" in str(finding)) == ("duplicate", True)
    inside = '[{"lot": "X", "lot": "Y"}]'
    assert "lot twice" in str(findings(plant, "receipt", shares=inside)[0])


def test_paths_lead_into_lists(plant: Plant) -> None:
    made = [
        b.Output(lot=f"BM-{k}", material="black mass", mass_kg=mass, shares={"Ni": "0.2"})
        for k, mass in ((1, 9_000), (2, 3_000))
    ]
    run = partial(b.Process, run="R", site="W", inputs_kg={"L-1": None}, outputs=made)
    plant.post(5, run, key="run")
    change(plant, "run", outputs__2__mass_kg="3.3 t", outputs__1__shares__Ni="0.23")
    assert (plant.kg("BM-2"), plant.kg("BM-1", "Ni")) == (3_300, 2_070)
    for path in ("outputs__0__mass_kg", "outputs__3__mass_kg", "outputs__x"):
        (finding,) = findings(plant, "run corrected", **{path: "29500"})
        follows(finding, "entries count from 1; give the whole list as JSON for another entry")
        assert "an entry 1..2" in str(finding)
    whole = [
        {"lot": f"BM-{k}", "material": "black mass", "mass_kg": str(mass), "shares": {"Ni": "0.2"}}
        for k, mass in ((1, 9_000), (2, 3_000), (3, 400))
    ]
    change(plant, "run corrected", outputs=json.dumps(whole))
    assert plant.kg("BM-3") == 400
    change(plant, "run corrected 2", outputs__3="")
    assert plant.kg("BM-3") == 0


# -- dates


def test_a_clock_that_is_behind_takes_no_later_date_by_a_correction(shelf: Shelf) -> None:
    plant = Plant(shelf)
    plant.receive(2, "L-1", 12_500, key="receipt", Ni="0.21")
    plant.receive(3, "L-2", 12_500, key="other", Ni="0.21")
    last = plant.book.event("other").recorded_at
    plant.book.close()
    with shelf.as_owner(clock=lambda: last - 30 * 86_400 * 10**6) as book:
        plant.book = book
        for accept in ({}, None):
            later = (plant.envelope.start + timedelta(days=20)).isoformat()
            why = {"reason": "x", "actor": "bob"}
            with pytest.raises(InputError) as caught:
                b.correct(book, "receipt", {"occurred_at": later}, **why, accept=accept)
            assert [f.code for f in caught.value.findings] == ["future"]


# -- keys


def test_a_part_of_a_key_names_the_keys_that_have_it(plant: Plant) -> None:
    """The hint is followed: one of the keys is the one."""
    plant.receive(2, "L-9", 12_500, key="day.csv/W-2005/receive", Ni="0.2")
    plant.post(
        2,
        partial(b.Weigh, lot="L-9", ticket="W-2005", gross_kg=22_500, tare_kg=10_000),
        key="day.csv/W-2005/weigh",
    )
    (finding,) = findings(plant, "W-2005", owner="B")
    follows(finding, "did you mean day.csv/W-2005/receive, day.csv/W-2005/weigh?")
    change(plant, "day.csv/W-2005/receive", owner="B")


def test_a_field_is_set_once(tmp_path: Path) -> None:
    words = ["book", "correct", "k", "--set", "owner=A", "--set", "owner=B"]
    result = CliRunner().invoke(main, [*words, "--reason", "x", "--actor", "y"])
    assert (result.exit_code, "'owner' is set twice" in result.output) == (2, True)


# -- what is said of a correction, and what is counted


def test_the_other_event_of_a_ticket_is_named(plant: Plant) -> None:
    """The advice is followed: receipt and weighing state the same mass."""
    plant.receive(5, "L-5", 12_500, key="t5/receive")
    paper = {"document": "t.csv"}
    load = {"material": "foil", "supplier": "A", "owner": "A", "site": "W", "shares": {}}
    at = plant.envelope(5, "T6/receive")
    plant.book.post(b.Receive(lot="L-6", mass_kg=12_500, **load, **at, **paper))
    weights = {"gross_kg": 22_500, "tare_kg": 10_000, "ticket": "T6"}
    plant.book.post(b.Weigh(lot="L-6", **weights, **(at | {"key": "T6/weigh"}), **paper))
    why = {"reason": "x", "actor": "bob"}
    done = b.correct(plant.book, "T6/receive", {"mass_kg": "12400"}, **why)
    (note,) = done.notes
    follows(note, "if it is wrong there: loopbook book correct T6/weigh --set gross_kg=KG")
    assert plant.kg("L-6") == 12_500
    done = b.correct(plant.book, "T6/weigh", {"gross_kg": "22400"}, **why)
    assert "T6/receive corrected of the same paper" in done.notes[0]
    assert plant.kg("L-6") == 12_400
    assert not b.correct(plant.book, "T6/weigh corrected", {"ticket": "T7"}, **why).notes
    assert not b.correct(plant.book, "t5/receive", {"mass_kg": "12400"}, **why).notes


@pytest.mark.parametrize("part", [False, True])
def test_a_lot_with_another_name_counts_once_at_its_site(plant: Plant, part: bool) -> None:
    hazard = partial(b.RegisterMaterial, material="cells", hazard="fire")
    plant.post(1, hazard, partial(b.RegisterSite, site="C", limits_kg={"fire": "1500"}))
    plant.receive(2, "X", 1_000, key="x", material="cells", site="C")
    if part:
        plant.post(3, partial(b.Split, lot="X", parts_kg={"Y": 900}), key="cut")
        change(plant, "cut", parts_kg='{"Z": "900"}')
    else:
        change(plant, "x", lot="Z")
    assert plant.kg("Z") == (900 if part else 1_000)
    assert "would hold" in str(findings(plant, "x" if part else "x corrected", mass_kg="1600")[0])
    assert b.verify(plant.book, replan=True).findings == ()


def test_a_key_like_that_of_an_amendment_is_nobodys(plant: Plant) -> None:
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"P": 2_000}), key="cut")
    plant.post(6, partial(b.Hold, lot="L-2", reason="x"), key="late amends cut")
    plant.post(7, partial(b.Release, lot="L-2"), key="late amends cut (2)")
    plant.post(4, partial(b.Assay, lot="L-1", **RESULT), key="late")
    assert plant.book.event("late amends cut (3)").amends == "cut"
    assert b.verify(plant.book, replan=True).findings == ()


RESULT = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.2"}}


def test_a_hold_of_a_lot_that_was_reversed_is_ended_by_a_release(plant: Plant) -> None:
    """The hint is followed: the next lot of that name is free."""
    plant.receive(5, "H", 12_000, key="h")
    plant.post(6, partial(b.Hold, lot="H", reason="wet"), key="hold")
    plant.post(7, partial(b.Reverse, event="h", reason="x"))
    plant.receive(7, "H", 11_000)
    (finding,) = findings(plant, "hold", lot="L-2")
    follows(finding, "post a release of the lot, which ends the hold")
    plant.post(8, partial(b.Release, lot="H"), key="free")
    plant.post(9, partial(b.Move, lot="H", from_site="W", to_site="R"))
    (finding,) = findings(plant, "free", lot="L-2")
    follows(finding, "post a hold of the lot with its reason")
    plant.post(9, partial(b.Hold, lot="H", reason="wet"))
    assert "on hold" in plant.refused(10, partial(b.Move, lot="H", from_site="R", to_site="W"))


def test_a_lot_that_is_empty_is_said_to_be(plant: Plant) -> None:
    """A domino of a correction: the lot was nowhere any more."""
    plant.post(4, partial(b.Move, lot="L-1", from_site="W", to_site="R"))
    plant.post(5, partial(b.StockTake, lot="L-1", site="R", counted_kg=0))
    again = partial(b.StockTake, lot="L-1", site="W", counted_kg=5)
    assert "it is empty" in plant.refused(6, again)


def test_of_many_events_that_rest_on_one_the_first_is_explained(plant: Plant) -> None:
    """The hint is followed in its order."""
    for day in range(4, 10):
        parts = {f"P{day}": 12_000 - 1_000 * day}
        source = "L-2" if day == 4 else f"P{day - 1}"
        plant.post(day, partial(b.Split, lot=source, parts_kg=parts), key=f"s{day}")
    back = partial(b.Reverse, event="second", reason="x")
    text = plant.refused(11, back)
    follows(text, "reverse these first, in this order: 's9', 's8', 's7', 's6', 's5', 's4'")
    assert (text.count(" of 2026"), "and so 6 others" in text) == (1, True), text
    for key in re.findall(r"'(\w+)'", text.partition("in this order: ")[2]):
        plant.post(11, partial(b.Reverse, event=key, reason="x"))
    plant.post(11, back)
    assert plant.kg("L-2") == 0
