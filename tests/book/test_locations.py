"""Locations inside a site: where lots are, at every moment, on both clocks."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopbook.book import (
    AsOf,
    Book,
    correct,
    export_book,
    import_file,
    list_balances,
    list_lots,
    post_lines,
    verify,
)
from loopbook.cli import main
from loopbook.errors import Finding, InputError
from loopbook.report.answers.terminal import record_text
from support.advice import follows
from support.shelves import Shelf

AT = "2026-03-{:02}T08:00:00Z"
NOUNS: list[dict[str, Any]] = [
    {"kind": "register-party", "party": "A"},
    *({"kind": "register-site", "site": name} for name in ("W", "R")),
    {"kind": "register-material", "material": "foil"},
    *(
        {"kind": "register-location", "site": site, "location": name}
        for site, name in (("W", "Bay 1"), ("W", "Bay 2"), ("R", "Bay 1"))
    ),
]
LOT = {"material": "foil", "supplier": "A", "owner": "A", "site": "W", "shares": {"Ni": "0.3"}}


class Yard:
    """A book of two sites with bays."""

    def __init__(self, book: Book) -> None:
        self.book, self.count = book, 0
        assert not self.post(1, *NOUNS)

    def post(self, day: int, *lines: dict[str, Any]) -> list[Finding]:
        """Findings of lines of a day; none if they are in the book."""
        texts = []
        for line in lines:
            self.count += 1
            head = {"key": f"k{self.count}", "actor": "yard", "occurred_at": AT.format(day)}
            texts.append(json.dumps({**head, **line}))
        try:
            post_lines(self.book, "\n".join(texts).encode(), name="day.jsonl")
        except InputError as error:
            return list(error.findings)
        return []

    def receive(self, lot: str, location: str | None = "Bay 1", **rest: Any) -> None:
        place = {} if location is None else {"location": location}
        line = {"kind": "receive", "key": f"in {lot}", "lot": lot, "mass_kg": "9000"}
        assert not self.post(2, {**line, **LOT, **place, **rest})

    def move(self, day: int, lot: str, source: str, target: str, to: str | None = None) -> None:
        place = {} if to is None else {"to_location": to}
        line = {"kind": "move", "key": f"move {lot} {day}", "lot": lot, "from_site": source}
        assert not self.post(day, {**line, "to_site": target, **place})

    def where(self, lot: str, day: int | None = None, known: int | None = None) -> str:
        """Site and location of a lot."""
        moment = None if day is None else int(datetime(2026, 3, day, 9, tzinfo=UTC).timestamp())
        asof = AsOf(None if moment is None else moment * 10**6, known)
        rows = [x for x in list_balances(self.book, lot=lot, asof=asof).accounts if x.account]
        return ", ".join(f"{x.site} {x.location}".strip() for x in rows if x.account == "lot")

    def now(self) -> int:
        return int(self.book.store.rows("SELECT max(recorded_at) FROM event")[0][0])


@pytest.fixture
def yard(shelf: Shelf) -> Iterator[Yard]:
    shelf.new().close()
    with shelf.as_owner() as book:
        yield Yard(book)
        assert verify(book, replan=True).clean


def test_a_move_inside_a_site_moves_no_matter(yard: Yard) -> None:
    yard.receive("L")
    before = dict(yard.book.balances())
    yard.move(4, "L", "W", "W", "Bay 2")
    assert dict(yard.book.balances()) == before
    assert (yard.where("L", 3), yard.where("L", 5)) == ("W Bay 1", "W Bay 2")


def test_a_lot_that_left_its_site_does_not_lie_there_when_it_is_back(yard: Yard) -> None:
    yard.receive("L")
    yard.move(4, "L", "W", "R", "Bay 1")
    assert yard.where("L") == "R Bay 1"
    yard.move(6, "L", "R", "W")
    assert (yard.where("L"), yard.where("L", 3)) == ("W", "W Bay 1")
    yard.move(7, "L", "W", "W", "Bay 2")
    assert yard.where("L") == "W Bay 2"


def test_a_shipment_has_no_location_and_an_arrival_may_name_one(yard: Yard) -> None:
    yard.receive("L")
    assert not yard.post(4, {"kind": "ship", "lot": "L", "from_site": "W", "consignment": "C"})
    assert yard.where("L") == "in transit C"
    arrived = {"kind": "arrive", "lot": "L", "consignment": "C", "site": "R", "mass_kg": "9000"}
    assert not yard.post(6, {**arrived, "location": "Bay 1"})
    assert yard.where("L") == "R Bay 1"


def test_parts_lie_where_the_lot_lay_unless_they_name_another_place(yard: Yard) -> None:
    yard.receive("L")
    parts = {"kind": "split", "lot": "L", "parts_kg": {"P": "3000", "Q": "3000"}}
    assert not yard.post(4, {**parts, "locations": {"Q": "Bay 2"}})
    yard.move(5, "L", "W", "W", "Bay 2")
    assert (yard.where("P"), yard.where("Q"), yard.where("L")) == ("W Bay 1", "W Bay 2", "W Bay 2")


def test_a_late_move_is_played_at_its_date(yard: Yard) -> None:
    yard.receive("L")
    assert not yard.post(5, {"kind": "split", "lot": "L", "parts_kg": {"P": "3000"}})
    known = yard.now()
    yard.move(4, "L", "W", "W", "Bay 2")
    assert (yard.where("L"), yard.where("P"), yard.where("L", 3)) == (
        "W Bay 2",
        "W Bay 2",
        "W Bay 1",
    )
    assert (yard.where("P", known=known), yard.where("L", known=known)) == ("W Bay 1", "W Bay 1")


def test_outputs_and_blends_name_their_places(yard: Yard) -> None:
    yard.receive("L")
    yard.receive("M", None)
    made = [
        {"lot": f"O{k}", "material": "foil", "mass_kg": "4400", "shares": {"Ni": "0.3"}}
        for k in (1, 2)
    ]
    made[0]["location"] = "Bay 2"
    run = {"kind": "process", "run": "R1", "site": "W", "inputs_kg": {"L": None}}
    assert not yard.post(4, {**run, "outputs": made})
    assert (yard.where("O1"), yard.where("O2"), yard.where("M")) == ("W Bay 2", "W", "W")
    blend = {"kind": "blend", "inputs_kg": {"O1": None, "O2": None}, "site": "W", "lot": "B"}
    assert not yard.post(5, {**blend, "material": "foil", "location": "Bay 1"})
    assert yard.where("B") == "W Bay 1"


def test_a_correction_and_a_reversal_hold(yard: Yard) -> None:
    yard.receive("L")
    yard.move(4, "L", "W", "W", "Bay 2")
    correct(yard.book, "in L", {"location": ""}, reason="unknown", actor="amy")
    assert (yard.where("L", 3), yard.where("L", 5)) == ("W", "W Bay 2")
    assert not yard.post(6, {"kind": "reverse", "event": "move L 4", "reason": "another lot"})
    assert yard.where("L") == "W"
    correct(yard.book, "in L corrected", {"location": "Bay 2"}, reason="seen", actor="amy")
    assert yard.where("L", 3) == "W Bay 2"


def test_a_correction_comes_at_the_place_of_what_it_corrects(yard: Yard) -> None:
    yard.receive("L")
    yard.move(2, "L", "W", "W", "Bay 2")  # at the same moment, after it
    correct(yard.book, "in L", {"mass_kg": "9100"}, reason="typed", actor="amy")
    assert yard.where("L") == "W Bay 2"


def test_a_load_of_a_consignment_is_where_it_arrived_and_the_rest_is_not(yard: Yard) -> None:
    yard.receive("L")
    assert not yard.post(4, {"kind": "ship", "lot": "L", "from_site": "W", "consignment": "C"})
    truck = {"kind": "arrive", "lot": "L", "consignment": "C", "site": "R"}
    first = {**truck, "mass_kg": "4000", "load": "L-1", "location": "Bay 1"}
    assert any("Bay 1" in str(x) for x in yard.post(6, {**first, "location": "Bay 7"}))
    assert not yard.post(6, first)
    assert not yard.post(7, {**truck, "mass_kg": "5000"})
    assert (yard.where("L-1"), yard.where("L")) == ("R Bay 1", "R")


@pytest.mark.parametrize("again", ["corrected", "reversed", "reversed in another bay"])
def test_a_part_that_was_cut_on_another_day_is_where_the_lot_was_then(
    yard: Yard, again: str
) -> None:
    yard.receive("L")
    cut = {"kind": "split", "lot": "L", "parts_kg": {"P": "3000"}}
    assert not yard.post(3, {**cut, "key": "cut"})
    known = yard.now()
    if again == "corrected":
        later = {"occurred_at": AT.format(5)}
        correct(yard.book, "cut", later, reason="typed", actor="amy")
        assert (yard.where("P"), yard.where("P", 4)) == ("W Bay 1", "")
        earlier = {"occurred_at": AT.format(4)}
        correct(yard.book, "cut corrected", earlier, reason="typed", actor="amy")
        assert yard.where("P", 4) == "W Bay 1"
    else:
        assert not yard.post(6, {"kind": "reverse", "event": "cut", "reason": "of M"})
        assert yard.where("P") == ""
        if again == "reversed":
            assert not yard.post(7, cut)
            assert yard.where("P") == "W Bay 1"
        else:
            yard.move(7, "L", "W", "W", "Bay 2")
            assert not yard.post(8, cut)
            assert yard.where("P") == "W Bay 2"
    assert yard.where("P", known=known) == "W Bay 1"


def test_a_part_that_was_all_of_a_lot_and_went_back_left_nothing(yard: Yard) -> None:
    yard.receive("L")
    assert not yard.post(3, {"kind": "split", "lot": "L", "parts_kg": {"P": "3000"}})
    away = {"kind": "deliver", "key": "gone", "lot": "P", "site": "W", "customer": "A"}
    assert not yard.post(4, away)
    assert not yard.post(5, {"kind": "reverse", "event": "gone", "reason": "stayed"})
    assert yard.where("P") == "W Bay 1"
    yard.move(6, "P", "W", "R")
    yard.move(7, "P", "R", "W")
    assert yard.where("P") == "W"


def test_a_lot_that_was_counted_as_nothing_is_found_where_it_was(yard: Yard) -> None:
    yard.receive("L")
    assert not yard.post(3, {"kind": "split", "lot": "L", "parts_kg": {"P": "3000"}})
    for lot, kg in (("L", "5990"), ("P", "2990")):
        count = {"kind": "stock-take", "lot": lot, "site": "W", "accepted": {"count": "not seen"}}
        assert not yard.post(4, {**count, "counted_kg": "0"})
        assert yard.where(lot) == ""
        found = {"kind": "stock-take", "lot": lot, "site": "W", "counted_kg": kg}
        assert not yard.post(6, found) or not yard.post(6, {**found, "accepted": {"count": "yes"}})
        assert yard.where(lot) == "W Bay 1"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"kind": "move", "from_site": "W", "to_site": "W", "to_location": "Bay 3"}, "Bay 1"),
        ({"kind": "move", "from_site": "W", "to_site": "W"}, "write to_location"),
        ({"kind": "move", "from_site": "W", "to_site": "R", "to_location": "Bay 2"}, "Bay 1"),
        ({"kind": "move", "from_site": "R", "to_site": "R", "to_location": "Bay 1"}, "is not at R"),
        ({"kind": "split", "parts_kg": {"P": "9"}, "locations": {"X": "Bay 1"}}, "new lot"),
        ({"kind": "split", "parts_kg": {"P": "9000"}, "locations": {"P": "Hall"}}, "Bay 1"),
    ],
)
def test_a_wrong_location_is_a_finding(yard: Yard, line: dict[str, Any], words: str) -> None:
    yard.receive("L")
    findings = yard.post(4, {"lot": "L", **line})
    assert any(words in str(finding) for finding in findings), findings


def test_the_hint_of_a_move_to_the_same_site_is_followed(yard: Yard) -> None:
    yard.receive("L")
    move = {"kind": "move", "lot": "L", "from_site": "W", "to_site": "W"}
    (finding,) = yard.post(4, move)
    follows(finding, "write to_location for a move inside a site")
    assert not yard.post(4, {**move, "to_location": "Bay 2"})
    assert yard.where("L") == "W Bay 2"


def test_two_names_that_are_nearly_one_are_refused(yard: Yard) -> None:
    for name, code in (("Bay 1", "duplicate"), ("bay-1", "alike")):
        line = {"kind": "register-location", "site": "W", "location": name}
        assert [x.code for x in yard.post(2, line)] == [code]
    assert not yard.post(2, {"kind": "register-location", "site": "R", "location": "Bay 2"})


def test_balance_and_lots_show_filter_and_group(yard: Yard) -> None:
    yard.receive("L")
    yard.receive("M", "Bay 1")
    yard.receive("N", None)
    listed = list_balances(yard.book, location="Bay 1").accounts
    assert {x.lot for x in listed} == {"L", "M"}
    by = list_balances(yard.book, by_location=True).locations
    assert [(x.site, x.location, x.lots, sum(x.content)) for x in by] == [
        ("W", "", ("N",), 9000 * 10**6),
        ("W", "Bay 1", ("L", "M"), 18000 * 10**6),
    ]
    assert {x.lot: x.locations for x in list_lots(yard.book).lots} == {
        "L": ("Bay 1",),
        "M": ("Bay 1",),
        "N": (),
    }
    with pytest.raises(InputError, match="Bay 1"):
        list_balances(yard.book, location="Bay 7")


def test_a_narrow_screen_shows_content_before_locations(yard: Yard) -> None:
    yard.receive("a lot with a longer name")
    listed = list_balances(yard.book).as_record()
    heads = [record_text(listed, width=width).splitlines()[2] for width in (120, 72)]
    assert heads[0].split()[:5] == ["Account", "Party", "Site", "Lot", "Location"]
    assert "Location" not in heads[1]
    assert "Ni, kg" in heads[1]


STOCK = """\
[columns]
lot = "Lot"
mass = { column = "kg", unit = "kg" }
location = "Bay"

[constants]
actor = "amy"
site = "W"
owner = "A"
material = "foil"
occurred_at = "2026-03-01T08:00:00Z"
"""


def test_files_carry_locations_in_and_out(yard: Yard, tmp_path: Path) -> None:
    file, mapping = tmp_path / "s.csv", tmp_path / "s.toml"
    mapping.write_text(STOCK)
    file.write_text("Lot,kg,Bay\nX,900,Bay 1\nY,800,Bay 9\nZ,700,\n")
    with pytest.raises(InputError, match=r"s\.csv:3, Bay.*Bay 9"):
        import_file(yard.book, file, mapping, kind="stock")
    file.write_text("Lot,kg,Bay\nX,900,Bay 1\nY,800,Bay 2\nZ,700,\n")
    import_file(yard.book, file, mapping, kind="stock")
    assert [yard.where(lot) for lot in "XYZ"] == ["W Bay 1", "W Bay 2", "W"]
    export_book(yard.book, tmp_path / "out", "csv")
    with (tmp_path / "out" / "nouns.csv").open() as text:
        located = {
            x["id"]: json.loads(x["body"]) for x in csv.DictReader(text) if x["kind"] == "located"
        }
    assert located == {
        "X": {"site": "W", "location": "Bay 1"},
        "Y": {"site": "W", "location": "Bay 2"},
    }


def test_the_terminal_lists_by_location(tmp_path: Path) -> None:
    path = str(tmp_path / "b.sqlite")
    with Book(path, create=True) as book:
        yard = Yard(book)
        yard.receive("L")
    call = ["book", "balance", "--by-location", "--json", "--book", path]
    done = CliRunner().invoke(main, call)
    assert done.exit_code == 0, done.output
    (row,) = json.loads(done.output)["locations"]
    assert (row["site"], row["location"], row["lots"]) == ("W", "Bay 1", ["L"])
