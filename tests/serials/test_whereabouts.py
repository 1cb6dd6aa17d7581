"""Serials follow their cells: case by case, in books of one lot of a thousand cells and a few more.

``C-1`` is a lot of 1,000 kg with the serials P-0001 to P-1000, ``C-2`` one of 500 kg with Q-001 to
Q-500, ``C-0`` one of 500 kg without serials.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopbook import book as b
from loopbook.cli import main
from loopbook.errors import InputError
from loopbook.serials import SerialRegister, Whereabouts, add_ranges, rebuild_register, spanning
from loopbook.trace import suspect
from support.advice import follows

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
A = ["P-0601 to P-1000"]


class Plant:
    """A book and its register."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.path, self.register = folder / "book.sqlite", folder / "book.sqlite.serials"
        self.book = b.Book(self.path, create=True, substances=["Ni", "other"])
        for party in ("A", "B", "C"):
            self.post(b.RegisterParty, party=party)
        for site in ("W", "V"):
            self.post(b.RegisterSite, site=site)
        for material in ("cells", "black mass"):
            self.post(b.RegisterMaterial, material=material)
        for lot, mass_kg in (("C-1", 1000), ("C-2", 500), ("C-0", 500)):
            self.receive(lot, mass_kg)
        self.enter("C-1", "P-0001", "P-1000")
        self.enter("C-2", "Q-001", "Q-500")

    def post(self, kind: Callable[..., b.Command], **fields: Any) -> str:
        self.count += 1
        key = f"k{self.count}"
        moment = START + timedelta(hours=self.count)
        self.book.post(kind(key=key, actor="amy", occurred_at=moment, **fields))
        return key

    def receive(self, lot: str, mass_kg: float) -> None:
        place = {"supplier": "A", "owner": "A", "site": "W"}
        shares = {"Ni": "0.2"}
        self.post(
            b.Receive, lot=lot, material="cells", mass_kg=str(mass_kg), shares=shares, **place
        )

    def split(self, lot: str, serials: dict[str, list[str]] | None = None, **parts: float) -> str:
        parts_kg = {name.replace("_", "-"): kg for name, kg in parts.items()}
        return self.post(b.Split, lot=lot, parts_kg=parts_kg, serials=serials)

    def blend(self, lot: str, serials: dict[str, list[str]] | None = None, **inputs: Any) -> str:
        inputs_kg = {name.replace("_", "-"): kg for name, kg in inputs.items()}
        return self.post(
            b.Blend, inputs_kg=inputs_kg, site="W", lot=lot, material="cells", serials=serials
        )

    def deliver(self, lot: str, customer: str = "B", serials: list[str] | None = None) -> str:
        return self.post(b.Deliver, lot=lot, site="W", customer=customer, serials=serials)

    def enter(self, lot: str, first: str, last: str) -> None:
        result = self.run("serials", "add-range", lot, first, last)
        assert result.exit_code == 0, result.output

    def run(self, *arguments: str) -> Any:
        return CliRunner().invoke(main, [*arguments, "--book", str(self.path)])

    def cells(self, *lots: str, asof: b.AsOf = b.NOW) -> list[int | str]:
        places = Whereabouts(SerialRegister(self.register), self.book, asof)
        made = places.of_lots(lots)
        return [made[lot].cell for lot in lots]

    def suspect(self, lot: str, asof: b.AsOf = b.NOW) -> dict[str, int | str | None]:
        """Serials of a suspected lot by customer or site, and lot."""
        answer = suspect(self.book, lot, asof=asof, register=SerialRegister(self.register))
        with_customers = {f"{x.customer} {x.lot}": x.serials for x in answer.deliveries}
        return with_customers | {f"{x.site} {x.lot}": x.serials for x in answer.held}


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path)
    yield made
    made.book.close()


# -- case 23


def test_a_split_without_serials_is_up_to(plant: Plant) -> None:
    plant.split("C-1", C_1a=400)
    plant.deliver("C-1a")
    assert plant.suspect("C-1") == {"B C-1a": "up to 1,000", "W C-1": "up to 1,000"}
    assert plant.cells("C-1", "C-1a") == ["up to 1,000"] * 2
    out = plant.folder / "out.csv"
    answer = plant.run("serials", "list", "C-1a", "--out", str(out))
    assert "1,000 serials that are, or may be, in 1 lot" in answer.stdout
    assert out.read_text().splitlines()[:2] == ['"lot","serial","sure"', '"C-1a","P-0001","no"']
    assert len(out.read_text().splitlines()) == 1001
    counted = json.loads(plant.run("serials", "count", "C-1", "C-1a", "--json").stdout)
    assert counted["count"] == 1000
    assert [row["others"] for row in counted["lots"]] == [["C-1a"], ["C-1"]]
    assert "May be in\nP-0700  C-1, C-1a" in plant.run("serials", "find", "P-0700").stdout


def test_a_split_that_names_its_serials_is_exact(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    plant.deliver("C-1a")
    assert plant.suspect("C-1") == {"B C-1a": 400, "W C-1": 600}
    assert "P-0600  C-1" in plant.run("serials", "find", "P-0600").stdout
    assert "P-0601  C-1a" in plant.run("serials", "find", "P-0601").stdout
    before = b.AsOf(occurred=b.microseconds(START + timedelta(hours=plant.count - 2)))
    assert plant.cells("C-1", asof=before) == [1000]


def test_serials_may_be_entered_after_the_split_that_names_them(tmp_path: Path) -> None:
    plant = Plant(tmp_path)
    plant.receive("C-3", 1000)
    plant.split("C-3", {"C-3a": ["R-0601 to R-1000"]}, C_3a=400)
    assert plant.cells("C-3", "C-3a") == [0, 400]
    plant.enter("C-3", "R-0001", "R-1000")
    assert plant.cells("C-3", "C-3a") == [600, 400]


def test_the_hint_is_followed_and_the_part_gets_its_serials(plant: Plant) -> None:
    plant.split("C-1", C_1a=400)
    plant.deliver("C-1a")
    hint = plant.run("serials", "count", "C-1a").stdout
    assert "loopbook serials add-range PART FIRST LAST" in hint
    plant.enter("C-1a", "P-0601", "P-1000")
    assert plant.suspect("C-1") == {"B C-1a": 400, "W C-1": 600}
    again = plant.run("serials", "add-range", "C-1a", "P-0601", "P-1000")
    assert "nothing was changed" in again.stdout
    last = plant.run("serials", "list", "C-1", "--limit", "0").stdout.splitlines()[-1]
    assert last.split() == ["C-1", "P-0600"]


def test_serials_of_a_part_from_a_file_one_by_one(plant: Plant) -> None:
    plant.receive("C-4", 3)
    path = plant.folder / "cells.csv"
    path.write_text("lot,serial\n" + "".join(f"C-4,X{k}Y\n" for k in range(3)))
    assert plant.run("serials", "import", str(path)).exit_code == 0
    plant.split("C-4", C_4a=1)
    assert plant.cells("C-4", "C-4a") == ["up to 3", "up to 3"]
    part = plant.folder / "part.csv"
    part.write_text("lot,serial\nC-4a,X1Y\n")
    assert plant.run("serials", "import", str(part)).exit_code == 0
    assert plant.cells("C-4", "C-4a") == [2, 1]
    plant.receive("C-5", 3)
    part.write_text("lot,serial\nC-5,X1Y\n")
    refused = plant.run("serials", "import", str(part))
    assert "one lot for each serial, found X1Y of lot C-5, and in lot C-4 already" in refused.stderr


def test_the_serials_of_another_lot_are_refused(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400, C_1b=100)
    for lot in ("C-2", "C-1b"):
        result = plant.run("serials", "add-range", lot, "P-0601", "P-0602")
        assert result.exit_code == 1
        assert "ranges that do not overlap" in result.stderr, lot
    plant.enter("C-1b", "P-0001", "P-0100")
    assert plant.cells("C-1", "C-1a", "C-1b") == [500, 400, 100]


# -- all ways to cut and to send away


def test_a_part_of_a_part(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    plant.split("C-1a", {"C-1b": ["P-0801 to P-0900"]}, C_1b=100)
    assert plant.cells("C-1", "C-1a", "C-1b") == [600, 300, 100]
    plant.split("C-1b", C_1c=50)
    assert plant.cells("C-1a", "C-1b", "C-1c") == [300, "up to 100", "up to 100"]


def test_one_named_part_of_two(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400, C_1b=100)
    assert plant.cells("C-1", "C-1a", "C-1b") == ["up to 600", 400, "up to 600"]


def test_a_sample(plant: Plant) -> None:
    plant.post(b.Sample, lot="C-1", sample="C-1-s", mass_kg=1, serials=["P-0007"])
    assert plant.cells("C-1", "C-1-s") == [999, 1]
    plant.post(b.Sample, lot="C-2", sample="C-2-s", mass_kg=1)
    assert plant.cells("C-2", "C-2-s") == ["up to 500"] * 2


def test_a_blend_of_whole_lots_has_all_serials(plant: Plant) -> None:
    plant.blend("B-1", C_1=None, C_2=None)
    assert plant.cells("B-1", "C-1", "C-2") == [1500, 0, 0]
    plant.deliver("B-1")
    assert plant.suspect("C-1") == {"B B-1": 1500}
    assert plant.run("serials", "find", "Q-007").stdout.split()[-1] == "B-1"


def test_a_blend_of_parts(plant: Plant) -> None:
    plant.blend("B-1", C_1=400, C_2=None)
    assert plant.cells("B-1", "C-1", "C-2") == ["500 to 1,500", "up to 1,000", 0]
    plant.blend("B-2", {"C-0": []}, C_0=None, C_1=None)
    assert plant.cells("B-1", "B-2") == ["500 to 1,500", "up to 1,000"]


def test_a_blend_that_names_serials_of_one_input(plant: Plant) -> None:
    plant.blend("B-1", {"C-1": A}, C_1=400, C_2=None)
    assert plant.cells("B-1", "C-1", "C-2") == [900, 600, 0]


def test_a_delivery_counts_the_serials_of_its_lot(plant: Plant) -> None:
    plant.split("C-1", C_1a=400)
    plant.deliver("C-1a", serials=A)
    assert plant.suspect("C-1") == {"B C-1a": 400, "W C-1": 600}


def test_a_delivery_counts_what_was_left_in_its_lot(plant: Plant) -> None:
    plant.split("C-1", C_1a=400)
    plant.split("C-1a", C_1b=100)  # which cells went, nobody knows
    plant.deliver("C-1a", serials=["P-0701 to P-1000"])
    assert plant.cells("C-1", "C-1b")[0] == "up to 700"
    assert "P-0650" in plant.run("serials", "list", "C-1b", "--limit", "0").stdout


def test_a_shipment_counts_the_serials_of_its_lot(plant: Plant) -> None:
    plant.split("C-1", C_1a=400)
    plant.post(b.Ship, lot="C-1a", from_site="W", consignment="7", serials=A)
    assert plant.suspect("C-1") == {"in transit 7 C-1a": 400, "W C-1": 600}
    plant.post(b.Arrive, lot="C-1a", consignment="7", site="V", mass_kg=400)
    assert plant.suspect("C-1") == {"V C-1a": 400, "W C-1": 600}


def test_waste(plant: Plant) -> None:
    plant.post(b.Dispose, lot="C-1", site="W", mass_kg=10, serials=["P-0001 to P-0010"])
    assert plant.cells("C-1") == [990]
    assert "P-0001  waste at W" in plant.run("serials", "find", "P-0001").stdout
    plant.post(b.Dispose, lot="C-2", site="W", mass_kg=10)
    assert plant.cells("C-2") == ["up to 500"]
    assert "Q-001   C-2, waste at W" in plant.run("serials", "find", "Q-001").stdout
    plant.post(b.Dispose, lot="C-2", site="W")
    assert plant.cells("C-2") == [0]


def test_waste_whose_serials_are_named_once_and_not_again(plant: Plant) -> None:
    plant.post(b.Dispose, lot="C-1", site="W", mass_kg=10, serials=["P-0001 to P-0010"])
    plant.post(b.Dispose, lot="C-1", site="W", mass_kg=10)
    assert plant.cells("C-1") == ["up to 990"]


@pytest.mark.parametrize("kg", [990, 1_010])
def test_waste_whose_serials_are_named_and_whose_mass_is_corrected_late(
    plant: Plant, kg: int
) -> None:
    """A ticket from before it amends what was disposed of: its serials are named all the same."""
    before = START + timedelta(hours=plant.count)
    dispose = plant.post(b.Dispose, lot="C-1", site="W", serials=["P-0001 to P-0900"])
    places = [plant.run("serials", "find", x).stdout for x in ("P-0001", "P-0950")]
    ticket = {"key": "late", "actor": "amy", "occurred_at": before, "ticket": "T"}
    plant.book.post(b.Weigh(lot="C-1", gross_kg=kg, tare_kg=0, **ticket))
    assert plant.book.event(f"late amends {dispose}").kind == "amend"
    assert [plant.run("serials", "find", x).stdout for x in ("P-0001", "P-0950")] == places
    assert "P-0001  waste at W" in places[0]


def test_a_delivery_that_is_amended_late_counts_its_serials_once(plant: Plant) -> None:
    before = START + timedelta(hours=plant.count)
    deliver = plant.deliver("C-1")
    ticket = {"key": "late", "actor": "amy", "occurred_at": before, "ticket": "T"}
    plant.book.post(b.Weigh(lot="C-1", gross_kg=990, tare_kg=0, **ticket))
    answer = suspect(plant.book, "C-1", register=SerialRegister(plant.register))
    (delivery,) = answer.deliveries
    assert (delivery.key, delivery.serials, delivery.amounts_mg.sum() / 1e6) == (deliver, 1000, 990)


def test_a_lot_of_two_owners_is_not_counted_twice(plant: Plant) -> None:
    plant.blend("B-1", C_1=None)
    plant.post(b.TransferTitle, lot="B-1", seller="A", buyer="C", mass_kg=500)
    answer = suspect(plant.book, "C-1", register=SerialRegister(plant.register))
    assert [x.serials for x in answer.held] == ["up to 1,000"] * 2


def test_a_run_has_the_cells_that_went_in(plant: Plant) -> None:
    output = b.Output(lot="BM-1", material="black mass", mass_kg=300, shares={"Ni": "0.3"})
    plant.post(b.Process, inputs_kg={"C-1": 400}, site="W", outputs=[output], run="R-1")
    assert plant.cells("C-1", "BM-1") == ["up to 1,000"] * 2


def formed(plant: Plant, serials: dict[str, list[str]] | None, **mass_kg: float) -> str:
    """A run that takes 400 kg of C-1 and makes lots of cells."""
    outputs = [
        b.Output(name.replace("_", "-"), "cells", kg, {"Ni": "0.2"}) for name, kg in mass_kg.items()
    ]
    run = {"run": f"F-{plant.count}", "site": "W", "inputs_kg": {"C-1": 400}}
    return plant.post(b.Process, outputs=outputs, serials=serials, **run)


def test_a_run_names_the_cells_that_went_through(plant: Plant) -> None:
    formed(plant, {"F-1": A}, F_1=390)
    plant.deliver("F-1")
    assert plant.cells("C-1", "F-1") == [600, 400]
    assert plant.suspect("C-1") == {"B F-1": 400, "W C-1": 600}
    assert plant.run("serials", "find", "P-0601").stdout.split()[-1] == "F-1"


def test_a_run_names_the_cells_that_it_made(plant: Plant) -> None:
    """Sibling: new serials; those of what went in are in what it made without serials."""
    plant.post(
        b.Process,
        run="M-1",
        site="W",
        inputs_kg={"C-0": 500},
        outputs=[b.Output("M-1", "cells", 490, {"Ni": "0.2"})],
        serials={"M-1": ["M-001 to M-490"]},
    )
    assert plant.cells("M-1", "C-0") == [490, 0]
    assert plant.cells("C-1") == [1000]


def test_a_run_of_two_lots_of_which_one_is_named(plant: Plant) -> None:
    """Sibling: the other one may have what is left."""
    formed(plant, {"F-1": ["P-0601 to P-0900"]}, F_1=300, F_2=90)
    assert plant.cells("C-1", "F-1", "F-2") == ["up to 700", 300, "up to 700"]


def test_a_run_that_is_reversed_named_nothing(plant: Plant) -> None:
    key = formed(plant, {"F-1": A}, F_1=390)
    plant.post(b.Reverse, event=key, reason="another lot")
    assert plant.cells("C-1", "F-1") == [1000, 0]


# -- two events that name the same serials


def named_twice(plant: Plant) -> tuple[str, str, str]:
    """Two splits that name P-0901 to P-1000, and what people are shown."""
    one = plant.split("C-1", {"C-1a": A}, C_1a=400)
    two = plant.split("C-1", {"C-1b": ["P-0901 to P-1000", "P-0001"]}, C_1b=101)
    text = (
        f"P-0901 to P-1000 are named by event {one} (C-1a) and by event {two} (C-1b), though "
        "neither lot was made of the other: they are counted in both; reverse the event that is "
        "wrong and post it with the right ones"
    )
    return one, two, text


def test_serials_of_another_lot_are_named(plant: Plant) -> None:
    """The register has them for a lot that the event does not touch: said wherever they count."""
    key = plant.post(b.Deliver, lot="C-1", site="W", customer="B", serials=["Q-001 to Q-009"])
    for words in (
        ("serials", "count", "C-1"),
        ("serials", "find", "Q-009"),
        ("serials", "rebuild"),
        ("suspect", "C-1"),
    ):
        done = plant.run(*words)
        assert done.exit_code == 0, done.output
        assert f"Q-009 is named by event {key} (C-1), and was entered" in done.stdout
        assert "for lot C-2, of which that was not made" in " ".join(done.stdout.split())
        follows(done.stdout, "reverse the event and post it with the right serials")
    plant.post(b.Reverse, event=key, reason="the serials of another lot")
    plant.post(b.Deliver, lot="C-1", site="W", customer="B", serials=["P-0001 to P-1000"])
    assert "is named by event" not in plant.run("serials", "count", "C-1", "C-2").stdout
    assert plant.cells("C-2") == [500]


def test_serials_of_a_part_of_another_lot_are_named(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": ["Q-001 to Q-400"]}, C_1a=400)
    assert "Q-400 is named by event" in plant.run("serials", "count", "C-1a").stdout


def test_two_splits_that_name_the_same_cells(plant: Plant) -> None:
    _, two, text = named_twice(plant)
    for arguments in (
        ("serials", "count", "C-1a"),
        ("serials", "count", "C-1b"),
        ("serials", "list", "C-1"),
        ("serials", "find", "P-0950"),
        ("suspect", "C-1"),
    ):
        result = plant.run(*arguments)
        assert result.exit_code == 0, result.output
        assert f"Note: {text}" in result.stdout, arguments
        follows(result.stdout, "reverse the event that is wrong and post it with the right ones")
    assert "found" not in plant.run("serials", "find", "P-0700").stdout
    # the advice is followed
    plant.post(b.Reverse, event=two, reason="the cells of another lot")
    plant.split("C-1", {"C-1c": ["P-0500 to P-0599", "P-0001"]}, C_1c=101)
    assert "named by" not in plant.run("serials", "count", "C-1", "C-1a", "C-1c").stdout
    assert plant.cells("C-1", "C-1a", "C-1b", "C-1c") == [499, 400, 0, 101]


def test_a_delivery_that_counts_cells_of_another_lot(plant: Plant) -> None:
    """Sibling: of two lots that have no part in each other, and one cell."""
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    key = plant.deliver("C-2", serials=["Q-001 to Q-499", "P-0601"])
    shown = plant.run("serials", "count", "C-2", "C-1a").stdout
    assert "P-0601 is named by event" in shown
    assert f"event {key} (C-2)" in shown


def test_a_run_and_a_waste_that_name_the_same_cells(plant: Plant) -> None:
    """Sibling: what left the book."""
    plant.post(b.Dispose, lot="C-1", site="W", mass_kg=10, serials=["P-0601 to P-0610"])
    formed(plant, {"F-1": A}, F_1=390)
    assert "P-0601 to P-0610 are named by" in plant.run("serials", "count", "F-1").stdout


def test_cells_that_go_from_lot_to_lot_are_named_by_each(plant: Plant) -> None:
    """No double: a part of a part, its delivery, and the same blend again."""
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    plant.split("C-1a", {"C-1b": ["P-0901 to P-1000"]}, C_1b=100)
    plant.blend("B-1", {"C-1b": ["P-0901 to P-1000"]}, C_1b=None)
    plant.deliver("B-1", serials=["P-0901 to P-1000"])
    shown = plant.run("serials", "count", "C-1", "C-1a", "C-1b", "B-1").stdout
    assert "named by" not in shown
    assert plant.cells("C-1", "C-1a", "C-1b", "B-1") == [600, 300, 0, 100]


def test_suspect_reads_a_register_elsewhere(plant: Plant) -> None:
    """A book on a server has no folder beside it."""
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    elsewhere = plant.folder / "shelf" / "serials"
    elsewhere.parent.mkdir()
    plant.register.rename(elsewhere)
    without = json.loads(plant.run("suspect", "C-1", "--json").stdout)
    assert {row["serials"] for row in without["held"]} == {None}
    told = json.loads(plant.run("suspect", "C-1", "--register", str(elsewhere), "--json").stdout)
    assert {row["lot"]: row["serials"] for row in told["held"]} == {"C-1": 600, "C-1a": 400}
    wrong = plant.run("suspect", "C-1", "--register", str(plant.folder / "none"))
    assert wrong.exit_code == 1
    assert "expected the folder of a register" in wrong.stderr


def test_a_lot_with_serials_of_its_own_has_no_others(plant: Plant) -> None:
    plant.blend("N-1", C_1=400, C_0=100)
    plant.enter("N-1", "N-001", "N-500")
    assert plant.cells("N-1") == [500]


# -- reversals


def test_a_reversed_split_took_nothing(plant: Plant) -> None:
    key = plant.split("C-1", {"C-1a": A}, C_1a=400)
    before = b.AsOf(occurred=b.microseconds(START + timedelta(hours=plant.count)))
    plant.post(b.Reverse, event=key, reason="other lot")
    assert plant.cells("C-1", "C-1a") == [1000, 0]
    assert plant.suspect("C-1", before) == {"W C-1": 1000}  # as if it had never been posted
    key = plant.split("C-2", C_2a=100)
    plant.post(b.Reverse, event=key, reason="other lot")
    assert plant.cells("C-2", "C-2a") == [500, 0]


def test_a_reversed_delivery_is_here(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    key = plant.deliver("C-1a", serials=["P-0601 to P-0999"])
    assert plant.suspect("C-1")["B C-1a"] == 400
    plant.post(b.Reverse, event=key, reason="stayed")
    assert plant.suspect("C-1") == {"W C-1": 600, "W C-1a": 400}


# -- in step with the book


def copied(plant: Plant, name: str) -> None:
    plant.book.close()
    shutil.copy(plant.path, plant.folder / name)
    plant.book = b.Book(plant.path)


def test_a_register_newer_than_its_book(plant: Plant) -> None:
    copied(plant, "old.sqlite")
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    plant.enter("C-1a", "P-0601", "P-1000")
    plant.book.close()
    shutil.copy(plant.folder / "old.sqlite", plant.path)
    plant.book = b.Book(plant.path)
    for arguments in (("count", "C-1"), ("list", "C-1"), ("find", "P-0001")):
        result = plant.run("serials", *arguments)
        assert result.exit_code == 1
        assert "was the book restored" in result.stderr
    refused = plant.run("suspect", "C-1")
    assert "loopbook serials rebuild" in refused.stderr
    result = plant.run("serials", "rebuild")  # what the hint advises
    assert result.exit_code == 0, result.output
    assert "1 lot with serials, but not in the book (C-1a)" in result.stdout
    assert plant.cells("C-1") == [1000]
    plant.split("C-1", C_1a=400)  # the lost event again
    assert plant.cells("C-1", "C-1a") == [600, 400]


def test_another_book_of_as_many_events(plant: Plant) -> None:
    copied(plant, "old.sqlite")
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    plant.enter("C-2", "Q-501", "Q-502")
    plant.book.close()
    shutil.copy(plant.folder / "old.sqlite", plant.path)
    plant.book = b.Book(plant.path)
    plant.split("C-1", {"C-1a": ["P-0001 to P-0100"]}, C_1a=100)
    plant.split("C-2", C_2a=100)
    assert "in step with event" in plant.run("serials", "count", "C-1").stderr
    assert plant.run("serials", "rebuild").exit_code == 0
    assert plant.cells("C-1", "C-1a") == [900, 100]


def test_a_register_behind_its_book_is_played_on(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    behind = plant.folder / "behind"
    shutil.copytree(plant.register, behind)
    plant.split("C-1a", {"C-1b": ["P-0601"]}, C_1b=1)
    places = Whereabouts(SerialRegister(behind), plant.book).of_lots(["C-1", "C-1a", "C-1b"])
    assert [x.cell for x in places.values()] == [600, 399, 1]
    answer = rebuild_register(behind, plant.book)
    assert (answer.events, answer.serials, answer.newer) == (2, 400, False)
    assert [
        x.cell for x in Whereabouts(SerialRegister(behind), plant.book).of_lots(places).values()
    ] == [600, 399, 1]


def test_a_rebuild_lists_the_doubles_of_the_whole_book(plant: Plant) -> None:
    _, _, text = named_twice(plant)
    assert rebuild_register(plant.register, plant.book).notes == (text,)
    done = plant.run("serials", "rebuild")
    assert done.exit_code == 0
    assert "P-0901 to P-1000 are named by event" in done.stdout


def test_a_rebuild_lists_no_serial_of_a_part_of_a_part(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    plant.split("C-1a", {"C-1b": ["P-0601"]}, C_1b=1)
    assert rebuild_register(plant.register, plant.book).notes == ()


def test_doubles_of_a_reversed_event_are_none(plant: Plant) -> None:
    _, two, _ = named_twice(plant)
    plant.post(b.Reverse, event=two, reason="typed wrongly")
    assert rebuild_register(plant.register, plant.book).notes == ()


def test_a_lost_register_is_rebuilt_from_the_events(plant: Plant) -> None:
    plant.split("C-1", {"C-1a": A}, C_1a=400)
    shutil.rmtree(plant.register)
    assert plant.run("serials", "rebuild").exit_code == 0
    assert plant.cells("C-1", "C-1a") == [0, 400]
    plant.enter("C-1", "P-0001", "P-1000")
    assert plant.cells("C-1", "C-1a") == [600, 400]


def test_without_a_book_parts_are_refused(plant: Plant) -> None:
    plant.split("C-1", C_1a=400)
    with pytest.raises(InputError, match="ranges that do not overlap"):
        add_ranges(
            plant.register, [spanning("C-1a", "P-0601", "P-1000")], lots={"C-1a"}, month="2026-03"
        )


def test_find_notes_that_it_did_not_read_the_book(plant: Plant) -> None:
    places = ("--register", str(plant.register), "--book", "no.sqlite")
    result = CliRunner().invoke(main, ["serials", "find", "P-0001", *places])
    assert "the book was not read" in result.stdout


# -- cells that come back from a customer


def back(plant: Plant, new_lot: str, **fields: Any) -> str:
    sent = {"lot": "C-1", "customer": "B", "owner": "A", "site": "V"}
    return plant.post(b.ReturnGoods, new_lot=new_lot, **{**sent, **fields})


def test_all_cells_come_back(plant: Plant) -> None:
    plant.deliver("C-1")
    back(plant, "C-1r")
    assert plant.suspect("C-1") == {"V C-1r": 1_000}
    assert plant.cells("C-1", "C-1r") == [0, 1_000]


def test_cells_that_come_back_are_named(plant: Plant) -> None:
    plant.deliver("C-1")
    key = back(plant, "C-1r", mass_kg=400, serials=A)
    assert plant.suspect("C-1") == {"B C-1": 600, "V C-1r": 400}
    back(plant, "C-1s")
    assert plant.suspect("C-1") == {"V C-1r": 400, "V C-1s": 600}
    places = Whereabouts(SerialRegister(plant.register), plant.book)
    assert [places.lots_of(serial) for serial in ("P-0700", "P-0001")] == [("C-1r",), ("C-1s",)]
    assert places.doubles() == ()
    plant.post(b.Reverse, event=f"k{plant.count}", reason="not so")
    plant.post(b.Reverse, event=key, reason="not so")
    assert plant.suspect("C-1") == {"B C-1": 1_000}


def test_some_cells_that_come_back_are_up_to(plant: Plant) -> None:
    plant.deliver("C-1")
    back(plant, "C-1r", mass_kg=400)
    assert plant.suspect("C-1") == {"B C-1": "up to 1,000", "V C-1r": "up to 1,000"}
