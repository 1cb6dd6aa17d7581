"""Vehicles with a stored tare: tickets that leave the tare out, tares stated again, imports."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopbook.book import Book, correct, export_book, import_file, post_lines, show_event, verify
from loopbook.cli import main
from loopbook.errors import Finding, InputError
from support.advice import follows
from support.shelves import Shelf

AT = "2026-03-{:02}T08:00:00Z"
NOUNS: list[dict[str, Any]] = [
    {"kind": "register-party", "party": "A"},
    {"kind": "register-site", "site": "W"},
    {"kind": "register-material", "material": "foil"},
    {"kind": "register-vehicle", "vehicle": "T-7", "tare_kg": "15000"},
]
LOT = {"material": "foil", "supplier": "A", "owner": "A", "site": "W", "shares": {"Ni": "0.3"}}


class Gate:
    """A book to which a gate's lines are posted."""

    def __init__(self, book: Book) -> None:
        self.book, self.count = book, 0
        assert not self.post(1, *NOUNS, {"kind": "receive", "lot": "L", "mass_kg": "20000", **LOT})

    def post(self, day: int, *lines: dict[str, Any], **accept: str) -> list[Finding]:
        """Findings of lines of a day; none if they are in the book."""
        texts = []
        for line in lines:
            self.count += 1
            head = {"key": f"k{self.count}", "actor": "gate", "occurred_at": AT.format(day)}
            texts.append(json.dumps({**head, **line}))
        try:
            post_lines(self.book, "\n".join(texts).encode(), name="day.jsonl", accept=accept)
        except InputError as error:
            return list(error.findings)
        return []

    def weigh(self, day: int, gross: str, lot: str = "L", **rest: str) -> list[Finding]:
        ticket = {"kind": "weigh", "key": f"W{day}", "lot": lot, "ticket": f"W{day}"}
        return self.post(day, {**ticket, "gross_kg": gross, **rest})

    def tare(self, day: int, kg: str, **accept: str) -> list[Finding]:
        return self.post(day, {"kind": "tare-vehicle", "vehicle": "T-7", "tare_kg": kg}, **accept)

    def kg(self, lot: str = "L", day: int | None = None) -> float:
        at = None if day is None else int((1772352000 + 86400 * (day - 1)) * 1e6)
        held = self.book.balances(lot=lot, occurred=at).items()
        return sum(sum(content) for account, content in held if account.kind == "lot") / 1e6


@pytest.fixture
def gate(shelf: Shelf) -> Iterator[Gate]:
    shelf.new().close()
    with shelf.as_owner() as book:
        yield Gate(book)


def test_a_ticket_takes_the_stored_tare_of_its_date(gate: Gate) -> None:
    assert not gate.weigh(2, "35100", vehicle="T-7")
    assert gate.kg() == 20_100
    assert not gate.tare(3, "15040")
    assert not gate.weigh(4, "35100", vehicle="T-7")
    assert gate.kg() == 20_060
    tares = {
        key: [(m.value, m.method) for m in show_event(gate.book, key).measurements][1]
        for key in ("W2", "W4")
    }
    assert tares["W2"] == ("15000", "stored tare, vehicle T-7")
    assert tares["W4"] == ("15040", "stored tare, vehicle T-7")
    assert verify(gate.book, replan=True).clean


def test_a_ticket_of_an_earlier_date_takes_the_tare_of_then(gate: Gate) -> None:
    assert not gate.tare(5, "15400")
    assert not gate.weigh(4, "35100", vehicle="T-7")
    assert gate.kg() == 20_100
    assert not gate.weigh(6, "35100", vehicle="T-7")
    assert gate.kg() == 19_700
    assert verify(gate.book, replan=True).clean


def test_a_posted_ticket_keeps_its_tare_until_it_is_corrected(gate: Gate) -> None:
    assert not gate.weigh(6, "35100", vehicle="T-7")
    (warning,) = gate.tare(5, "15400")
    assert warning.code == "tare"
    assert "W6 took an older tare of T-7 and keep it" in warning.sentence
    assert not gate.tare(5, "15400", tare="weighed on the 5th, reported today")
    assert gate.kg() == 20_100
    correct(gate.book, "W6", {"tare_kg": ""}, reason="tare of the 5th", actor="amy")
    assert gate.kg() == 19_700
    assert gate.kg(day=5) == 20_000
    assert verify(gate.book, replan=True).clean


@pytest.mark.parametrize(
    ("change", "kept", "new"),
    [({"ticket": "W-6"}, 20_100, 19_700), ({"gross_kg": "35200"}, 20_200, 19_800)],
)
def test_a_correction_of_a_ticket_asks_which_stored_tare_counts(
    gate: Gate, change: dict[str, str], kept: int, new: int
) -> None:
    """Both ways of the hint are followed; no correction of another field changes the tare."""
    assert not gate.weigh(6, "35100", vehicle="T-7")
    assert not gate.tare(5, "15400", tare="late")
    with pytest.raises(InputError) as caught:
        correct(gate.book, "W6", change, reason="typed wrongly", actor="amy")
    (finding,) = caught.value.findings
    assert finding.sentence.endswith("stored tare 15,000 kg, which is 15,400 kg by now")
    follows(finding, "add --set tare_kg=15000 to keep it, --set tare_kg= for the new one")
    assert gate.kg() == 20_100
    correct(gate.book, "W6", {**change, "tare_kg": "15000"}, reason="typed wrongly", actor="amy")
    assert gate.kg() == kept
    correct(gate.book, "W6 corrected", {"tare_kg": ""}, reason="tare of the 5th", actor="amy")
    assert gate.kg() == new
    assert not verify(gate.book, replan=True).findings


def test_a_late_fact_plays_a_ticket_again_with_its_own_tare(gate: Gate) -> None:
    assert not gate.weigh(6, "35100", vehicle="T-7")
    assert not gate.post(7, {"kind": "split", "lot": "L", "parts_kg": {"L2": "10000"}})
    assert not gate.tare(5, "15400", tare="reported late")
    assay = {"lot": "L", "stage": "final", "basis": "as received", "shares": {"Ni": "0.31"}}
    assert not gate.post(4, {"kind": "assay", **assay})
    assert (gate.kg(), gate.kg("L2")) == (10_100, 10_000)
    assert verify(gate.book, replan=True).clean


def test_a_weighed_tare_far_from_the_stored_one_is_a_warning(gate: Gate) -> None:
    assert not gate.weigh(2, "35100", vehicle="T-7", tare_kg="15300")
    (warning,) = gate.weigh(3, "36100", vehicle="T-7", tare_kg="16100")
    assert warning.code == "tare"
    assert "tare 16,100 kg is 7.33 % more than the stored 15,000 kg" in warning.sentence
    (again,) = gate.tare(3, "15.0")[:1]
    assert again.code in ("load", "tare")
    assert gate.kg() == 19_800


@pytest.mark.parametrize(
    ("fields", "code", "words"),
    [
        ({"vehicle": "T-8"}, "unknown-name", "T-7"),
        ({"vehicle": "t 7"}, "alike", "T-7"),
        ({}, "missing", "a vehicle whose tare is stored"),
    ],
)
def test_a_wrong_vehicle_is_a_finding(
    gate: Gate, fields: dict[str, str], code: str, words: str
) -> None:
    (finding,) = gate.weigh(2, "35100", **fields)
    assert finding.code == code
    assert words in str(finding)


def test_a_ticket_before_the_first_tare_is_refused_with_two_ways(gate: Gate) -> None:
    new = {"kind": "register-vehicle", "vehicle": "T-9", "tare_kg": "14000"}
    assert not gate.post(5, new)
    (finding,) = gate.weigh(3, "34100", vehicle="T-9")
    assert "no tare of vehicle T-9" in finding.sentence
    follows(
        finding,
        "post a tare-vehicle of T-9 dated 2026-03-03T08:00:00+00:00 or before, or write tare_kg",
    )
    earlier = {"kind": "tare-vehicle", "vehicle": "T-9", "tare_kg": "13900"}
    assert not gate.post(3, earlier)
    assert not gate.weigh(3, "34100", vehicle="T-9")
    assert gate.kg() == 20_200


@pytest.mark.parametrize("key", ["lorry", "again"])
def test_a_wrong_tare_is_stated_again(gate: Gate, key: str) -> None:
    """The hint is followed: the ticket takes the tare that was stated last for its date."""
    lorry = {"kind": "register-vehicle", "vehicle": "T-9", "tare_kg": "15000", "key": "lorry"}
    right = {"kind": "tare-vehicle", "vehicle": "T-9", "key": "again"}
    assert not gate.post(2, lorry, {**right, "tare_kg": "14900"})
    with pytest.raises(InputError) as caught:
        correct(gate.book, key, {"tare_kg": "14800"}, reason="typed wrongly", actor="amy")
    (finding,) = caught.value.findings
    follows(finding, "post a tare-vehicle of it with the right tare and the same date")
    assert not gate.post(2, {**right, "tare_kg": "14800", "key": "right"})
    assert not gate.weigh(3, "34900", vehicle="T-9")
    assert gate.kg() == 20_100


def test_the_same_ticket_again_is_the_same_event(gate: Gate) -> None:
    assert not gate.weigh(2, "35100", vehicle="T-7")
    before = gate.kg()
    assert not gate.weigh(2, "35100", vehicle="T-7")
    assert gate.kg() == before


MAP = """\
[columns]
ticket = "Ticket"
lot = "Lot"
vehicle = "Lorry"
occurred_at = "Date"
gross = { column = "Gross", unit = "kg" }
tare = { column = "Tare", unit = "kg" }
material = "Material"
supplier = "From"

[constants]
actor = "gate"
owner = "A"
site = "W"
"""


def test_a_file_of_tickets_names_vehicles(gate: Gate, tmp_path: Path) -> None:
    file, mapping = tmp_path / "t.csv", tmp_path / "t.toml"
    mapping.write_text(MAP)
    rows = "1,L,T-7,2026-03-02T08:00:00Z,35050,,,\n2,N,T-7,2026-03-02T09:00:00Z,33000,,foil,A\n"
    head = "Ticket,Lot,Lorry,Date,Gross,Tare,Material,From\n"
    file.write_text(head + rows + "3,L,T-70,2026-03-03T09:00:00Z,33000,,,\n")
    with pytest.raises(InputError, match=r"t\.csv:4.*T-70"):
        import_file(gate.book, file, mapping, kind="tickets")
    file.write_text(head + rows)
    import_file(gate.book, file, mapping, kind="tickets")
    assert (gate.kg(), gate.kg("N")) == (20_050, 18_000)
    reassayed = [c for a, c in gate.book.balances(lot="N").items() if a.kind == "reassay"]
    assert reassayed == []
    folder = tmp_path / "out"
    export_book(gate.book, folder, "csv")
    with (folder / "measurements.csv").open() as text:
        methods = [row["method"] for row in csv.DictReader(text) if row["quantity"] == "tare"]
    assert methods == ["stored tare, vehicle T-7"] * 2
    with (folder / "nouns.csv").open() as text:
        assert [r["id"] for r in csv.DictReader(text) if r["kind"] == "vehicle"] == ["T-7"]


def test_the_command_that_a_late_tare_advises_works(tmp_path: Path) -> None:
    path = str(tmp_path / "b.sqlite")
    with Book(path, create=True) as book:
        gate = Gate(book)
        assert not gate.weigh(6, "35100", vehicle="T-7")
        assert not gate.tare(5, "15400", tare="late")
    call = ["book", "correct", "W6", "--set", "tare_kg=", "--reason", "r", "--actor", "a"]
    done = CliRunner().invoke(main, [*call, "--book", path])
    assert done.exit_code == 0, done.output
    with Book(path) as book:
        held = book.balances(lot="L").items()
        assert sum(sum(c) for a, c in held if a.kind == "lot") == 19_700 * 10**6
