"""Warnings: what is outside of what is usual stops until it is accepted with a reason.

Each test posts as people do: lines of JSON, a file to import, a terminal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopbook.book import Book, import_file, post_lines, show_event, verify
from loopbook.book.commands.warnings.limits import COLUMNS, LIMITS_FILE, read_limits
from loopbook.book.commands.warnings.warned import KINDS
from loopbook.cli import main
from loopbook.errors import Finding, InputError
from loopbook.matter import load_library
from support.advice import follows
from support.shelves import Shelf
from support.terminal import at_terminal

LEAVE_OUT = "leave it out; a warning is accepted when it has come, not in advance"
DAY = "2026-03-0{}T08:00:00Z"
NOUNS: list[dict[str, Any]] = [
    *({"kind": "register-party", "party": name} for name in ("A", "B")),
    *({"kind": "register-site", "site": name} for name in ("W", "R")),
    *({"kind": "register-material", "material": name} for name in ("foil", "black mass", "cells")),
]
TICKETS = """\
[columns]
ticket = "Ticket"
lot = "Lot"
occurred_at = "Date"
gross = { column = "Gross", unit = "kg" }
tare = { column = "Tare", unit = "kg" }

[constants]
actor = "gate"
"""


class Desk:
    """A book to which lines and files are posted as a person posts them."""

    def __init__(self, book: Book, folder: Path) -> None:
        self.book, self.folder, self.number = book, folder, 0
        self.post(*NOUNS)
        self.post(receipt("L-1", "20000"))

    def post(self, *fields: dict[str, Any], accept: dict[str, str] | None = None) -> list[Finding]:
        """Findings of lines that were posted together; none if they are in the book."""
        lines = []
        for line in fields:
            self.number += 1
            common = {"key": f"k{self.number}", "actor": "amy", "occurred_at": DAY.format(2)}
            lines.append(json.dumps({**common, **line}))
        try:
            post_lines(self.book, "\n".join(lines).encode(), name="day.jsonl", accept=accept)
        except InputError as error:
            return list(error.findings)
        return []

    def take_in(self, rows: str, accept: dict[str, str] | None = None) -> list[Finding]:
        """Findings of a file of tickets; none if it is in the book."""
        file, mapping = self.folder / "tickets.csv", self.folder / "tickets.toml"
        file.write_text("Ticket,Lot,Date,Gross,Tare\n" + rows)
        mapping.write_text(TICKETS)
        try:
            import_file(self.book, file, mapping, kind="tickets", accept=accept)
        except InputError as error:
            return list(error.findings)
        return []

    def kg(self, lot: str, substance: str = "") -> float:
        """Kilograms of a lot, or of one of its substances."""
        place = self.book.substances.index(substance) if substance else None
        held = [c for a, c in self.book.balances(lot=lot).items() if a.kind == "lot"]
        return sum(sum(c) if place is None else c[place] for c in held) / 1e6

    def events(self) -> int:
        return int(self.book.store.rows("SELECT count(*) FROM event")[0][0])


def receipt(lot: str, kg: str, material: str = "foil", **shares: str) -> dict[str, Any]:
    place = {"material": material, "supplier": "A", "owner": "A", "site": "W"}
    declared = shares or {"Ni": "0.3", "Co": "0.04"}
    return {"kind": "receive", "lot": lot, "mass_kg": kg, "shares": declared, **place}


def ticket(gross: str, tare: str = "15000", lot: str = "L-1") -> dict[str, Any]:
    weights = {"gross_kg": gross, "tare_kg": tare}
    return {"kind": "weigh", "lot": lot, "ticket": f"T-{gross}", **weights}


def assay(lot: str = "L-1", **shares: object) -> dict[str, Any]:
    named = {"laboratory": "Lab X", "stage": "final", "basis": "as received"}
    return {"kind": "assay", "lot": lot, "shares": shares, **named}


def run(kg: str, ni: str = "0.3", co: str = "0.04", fed: str | None = None) -> dict[str, Any]:
    made = {"lot": "M-1", "material": "foil", "mass_kg": kg, "shares": {"Ni": ni, "Co": co}}
    return {
        "kind": "process",
        "run": "R-1",
        "site": "W",
        "inputs_kg": {"L-1": fed},
        "outputs": [made],
    }


def count(kg: str) -> dict[str, Any]:
    return {"kind": "stock-take", "lot": "L-1", "site": "W", "counted_kg": kg}


@pytest.fixture
def desk(shelf: Shelf, tmp_path: Path) -> Iterator[Desk]:
    shelf.new(substances=("Li", "Ni", "Co", "H2O", "other")).close()
    with shelf.as_owner() as book:
        yield Desk(book, tmp_path)


OUTSIDE = {
    # a factor of 1,000 in each thing that a person enters
    "receipt in t": (receipt("X", "20.1"), "load", "mass_kg"),
    "another receipt in t": (receipt("X", "8.425"), "load", "mass_kg"),
    "a receipt in whole tonnes": (receipt("X", "20"), "load", "mass_kg"),
    "a moisture in percent": (
        {**assay(Ni="0.3"), "basis": "dry", "moisture": "0.9"},
        "moisture assay",
        "moisture",
    ),
    "an uncertainty as large as its result": (
        {**assay(Ni="0.3"), "uncertainty": {"Ni": "0.3"}},
        "uncertainty",
        "uncertainty.Ni",
    ),
    "receipt in g": (receipt("X", "20100000"), "load", "mass_kg"),
    "ticket in t": (ticket("35.1", "15"), "ticket load", "gross_kg"),
    "ticket in g": (ticket("35100000", "15000000"), "ticket load", "gross_kg"),
    "ticket, another tare": (ticket("35100", "15"), "ticket", "gross_kg"),
    "count in t": (count("19.9"), "count", "counted_kg"),
    "count in g": (count("19900000"), "count", "counted_kg"),
    "part in t": ({"kind": "split", "lot": "L-1", "parts_kg": {"P": "5"}}, "part", "parts_kg"),
    "dispose in t": (
        {"kind": "dispose", "lot": "L-1", "site": "W", "mass_kg": "2"},
        "part",
        "mass_kg",
    ),
    "title in t": (
        {"kind": "transfer-title", "lot": "L-1", "seller": "A", "buyer": "B", "mass_kg": "6"},
        "part",
        "mass_kg",
    ),
    "run in t": (run("19.9"), "unaccounted", "outputs"),
    "run fed in t": (run("4.9", fed="5"), "part", "inputs_kg"),
    "result in ppm for %": (assay(Ni="0.000030"), "assay", "shares.Ni"),
    "result in % for a share": (assay(Ni="0.003"), "assay", "shares.Ni"),
    "result of a minor one in ppm for %": (assay(Co="0.000004"), "assay", "shares.Co"),
    "declared in ppm for %": (receipt("X", "20000", Ni="0.000030"), "sum", "shares"),
    "run's shares in ppm": (
        run("19900", ni="0.000030", co="0.000004"),
        "sum unaccounted",
        "outputs",
    ),
    "uncertainty in g": (
        {**ticket("35000"), "uncertainty_kg": "20000"},
        "uncertainty",
        "uncertainty_kg",
    ),
    "uncertainty in %": (
        {**assay(Ni="0.3"), "uncertainty": {"Ni": "0.5"}},
        "uncertainty",
        "uncertainty.Ni",
    ),
    "a tenth of the nickel": (assay(Ni="0.03"), "assay", "shares.Ni"),
    "no nickel at all": (assay(Ni="0"), "assay", "shares.Ni"),
    "three times and more": (assay(Ni="0.95"), "assay", "shares.Ni"),
    "a limit where 4 % are": ({**assay(Co="<0.01"), "below": "half"}, "assay", "shares.Co"),
    "a limit counted as zero": ({**assay(Co="<0.01"), "below": "zero"}, "assay", "shares.Co"),
    "counted as nothing": (count("0"), "count", "counted_kg"),
    # what is only far off
    "ticket 2.1 % off": (ticket("35420"), "ticket", "gross_kg"),
    "count 6 % off": (count("18800"), "count", "counted_kg"),
    "5.5 % unaccounted": (run("18900"), "unaccounted", "outputs"),
    "25 % of the cobalt unaccounted": (run("19900", co="0.03"), "unaccounted", "outputs"),
    "nickel out of nothing": (run("19900", ni="0.36"), "unaccounted", "outputs"),
    "44 t on a lorry of 20 t": (ticket("79000", "59000"), "load", "gross_kg"),
    "a full analysis of 103 %": (
        {**assay(Ni="0.33", Co="0.04", other="0.66"), "uncertainty": {"other": "0.02"}},
        "sum",
        "shares",
    ),
    "a full analysis of 96 %, declared": (
        receipt("X", "20000", Ni="0.3", other="0.66"),
        "sum",
        "shares",
    ),
    "black mass with 4 % of nickel": (
        receipt("X", "20000", "black mass", Ni="0.04"),
        "range",
        "shares.Ni",
    ),
}
INSIDE = {
    "receipt": receipt("X", "24100"),
    "a small receipt": receipt("X", "9"),
    "a small receipt with decimals": receipt("X", "52.5"),
    "ticket at its limit": ticket("35400"),
    "late ticket of case 01": ticket("34980"),
    "count": count("19900"),
    "part": {"kind": "split", "lot": "L-1", "parts_kg": {"P": "5000"}},
    "sample": {"kind": "sample", "lot": "L-1", "sample": "S", "mass_kg": "0.5"},
    "all of it": {"kind": "dispose", "lot": "L-1", "site": "W"},
    "run at its limit": run("19000"),
    "run without cobalt's shares": run("19900", co="0"),
    "final assay": assay(Ni="0.29"),
    "uncertainties": {**assay(Ni="0.29"), "uncertainty": {"Ni": "0.002"}},
    "a rough scale": {**ticket("35000"), "uncertainty_kg": "200"},
    "case 15": assay(Ni="0.312", Co="0.00041"),
    "an oxide's lithium": assay(Li="0.023"),
    "not detected": assay(Co="0"),
    "below a limit": assay(Co="<0.000001"),
    "a limit as the book": {**assay(Co="<0.05"), "below": "half"},
    "a limit of a substance that is not there": {**assay(Li="<0.000001"), "below": "half"},
    "nickel by a third": assay(Ni="0.11"),
    "replicates": assay(Ni=["0.31", "0.30"]),
    "black mass": receipt("X", "20000", "black mass", Ni="0.315", Co="0.014"),
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_is_outside_is_posted_only_with_a_reason(desk: Desk, name: str) -> None:
    line, kinds, at = OUTSIDE[name]
    before = desk.events()
    findings = desk.post(line)
    assert {finding.code for finding in findings} == set(kinds.split())
    assert all(finding.where.startswith("day.jsonl:1, ") for finding in findings)
    assert any(f", {at.partition('.')[0]}" in finding.where for finding in findings)
    assert desk.events() == before
    accepted = dict.fromkeys(kinds.split(), "the scale was checked")
    assert desk.post({**line, "accepted": accepted}) == []
    key = f"k{desk.number}"
    assert json.loads(desk.book.event(key).command)["accepted"] == accepted
    shown = show_event(desk.book, key).accepted
    assert sorted(shown) == sorted(f"{kind}: the scale was checked" for kind in accepted)
    assert verify(desk.book).clean


@pytest.mark.parametrize("name", INSIDE)
def test_what_is_usual_is_posted_without_a_word(desk: Desk, name: str) -> None:
    assert desk.post(INSIDE[name]) == []
    assert "accepted" not in desk.book.event(f"k{desk.number}").command


def test_an_arrival_is_compared_with_what_was_shipped(desk: Desk) -> None:
    desk.post({"kind": "ship", "lot": "L-1", "from_site": "W", "consignment": "C-1"})
    arrive = {"kind": "arrive", "lot": "L-1", "consignment": "C-1", "site": "R"}
    findings = desk.post({**arrive, "mass_kg": "19.99"})
    assert {finding.code for finding in findings} == {"arrival", "load"}
    (finding,) = desk.post({**arrive, "mass_kg": "19500"})
    assert str(finding).startswith(
        "day.jsonl:1, mass_kg: arrival: 19,500 kg is 2.5 % less than the 20,000 kg that the book "
        "has of lot L-1; usual is at most 2 %"
    )
    assert desk.post({**arrive, "mass_kg": "19990"}) == []


def test_a_result_is_compared_with_the_usual_range_of_its_material(desk: Desk) -> None:
    assert desk.post(receipt("BM", "20000", "black mass", Ni="0.3", Co="0.04")) == []
    (assayed, finding) = desk.post(assay("BM", Ni="0.049"))
    assert assayed.code == "assay"
    assert (finding.code, finding.expected, finding.found) == ("range", "5 % to 55 %", "4.9 %")
    assert desk.post(assay("BM", Ni="0.43", Co="0.02")) == []


@pytest.mark.parametrize(("kg", "codes"), [("90", []), ("65", []), ("40", ["ticket"])])
def test_a_small_lot_is_weighed_to_two_divisions(desk: Desk, kg: str, codes: list[str]) -> None:
    desk.post(receipt("lime", "80"))
    findings = desk.post(ticket(str(15000 + int(kg)), lot="lime"))
    assert [finding.code for finding in findings] == codes


def test_a_factor_of_1000_of_a_small_lot_is_found(desk: Desk) -> None:
    desk.post(receipt("pail", "9"))
    assert [x.code for x in desk.post({**count("0.009"), "lot": "pail"})] == ["count"]
    assert [x.code for x in desk.post({**count("9000"), "lot": "pail"})] == ["count"]


# -- late facts


def split_and_run(desk: Desk) -> None:
    """5,000 kg split off on 5 March; the rest run on 6 March, a twelfth unaccounted: accepted."""
    day_5, day_6 = {"occurred_at": DAY.format(5)}, {"occurred_at": DAY.format(6)}
    assert desk.post({"kind": "split", "lot": "L-1", "parts_kg": {"L-1a": "5000"}, **day_5}) == []
    accepted = {"accepted": {"unaccounted": "a filter broke"}}
    assert desk.post({**run("13750"), **day_6, **accepted}) == []


def test_a_hold_that_a_release_has_ended_is_asked_about(desk: Desk) -> None:
    """A hold that is reported late, and dated before a release; not where the lot is on hold."""
    hold = {"kind": "hold", "lot": "L-1", "reason": "wet", "occurred_at": DAY.format(4)}
    release = {"kind": "release", "lot": "L-1", "occurred_at": DAY.format(5)}
    assert not desk.post(hold, release)
    late = {**hold, "reason": "a letter", "occurred_at": DAY.format(3)}
    (finding,) = desk.post(late)
    assert (finding.code, "this hold ends there" in str(finding)) == ("released", True)
    follows(finding, "if the lot is to be on hold now, date the hold after 2026-03-05T08:00:00")
    assert not desk.post({**late, "occurred_at": DAY.format(6)})
    assert not desk.post(late)
    assert verify(desk.book, replan=True).clean


def test_a_hold_before_a_release_is_accepted_with_a_reason(desk: Desk) -> None:
    hold = {"kind": "hold", "lot": "L-1", "reason": "wet", "occurred_at": DAY.format(4)}
    release = {"kind": "release", "lot": "L-1", "occurred_at": DAY.format(5)}
    assert not desk.post(hold, release)
    late = {**hold, "occurred_at": DAY.format(3)}
    assert [x.code for x in desk.post(late)] == ["released"]
    assert not desk.post(late, accept={"released": "for the file"})


def test_a_late_ticket_is_judged_by_what_the_book_has_at_its_date(desk: Desk) -> None:
    split_and_run(desk)
    late = {"occurred_at": DAY.format(3)}
    (finding,) = desk.post({**ticket("36000"), **late})
    assert finding.sentence.startswith("21,000 kg is 5 % more than the 20,000 kg")
    assert desk.post({**ticket("34980"), **late}) == []


def test_what_a_late_fact_plans_again_is_not_judged_again(desk: Desk) -> None:
    split_and_run(desk)
    late = {"occurred_at": DAY.format(3), "accepted": {"ticket": "weighed again"}}
    assert desk.post({**ticket("40000"), **late}) == []  # a third is unaccounted now
    assert desk.post({**assay(Ni="0.25"), "occurred_at": DAY.format(4)}) == []
    assert desk.kg("M-1") == 13750
    assert verify(desk.book).clean


def test_a_late_result_of_a_lot_that_was_used_up_is_judged_at_its_date(desk: Desk) -> None:
    split_and_run(desk)
    (finding,) = desk.post({**assay(Ni="0.0003"), "occurred_at": DAY.format(4)})
    assert finding.sentence == (
        "Ni is 0.03 % of lot L-1, where the book has 30 %; usual is a factor of at most 3"
    )
    assert desk.post({**assay(Ni="0.29"), "occurred_at": DAY.format(4)}) == []


# -- how it is accepted


def test_the_hint_is_followed_in_the_line(desk: Desk) -> None:
    (finding,) = desk.post(ticket("36000"))
    match = re.search(r'"accepted": (\{.*?\})', finding.hint)
    assert match is not None
    assert desk.post({**ticket("36000"), "accepted": json.loads(match[1])}) == []
    assert desk.kg("L-1") == 21000


def test_the_hint_is_followed_by_the_option_for_a_file(desk: Desk) -> None:
    desk.post(receipt("L-2", "20000"))
    rows = "T-1,L-1,2026-03-03T08:00:00Z,36000,15000\nT-2,L-2,2026-03-03T09:00:00Z,35000,15000\n"
    (finding,) = desk.take_in(rows)
    assert finding.where == "tickets.csv:2, Gross"
    match = re.search(r'--accept (\w+)="(.*?)"', finding.hint)
    assert match is not None
    assert desk.take_in(rows, {match[1]: match[2]}) == []
    assert (desk.kg("L-1"), desk.kg("L-2")) == (21000, 20000)
    stored = [desk.book.event(f"tickets.csv/T-{k}/weigh").command for k in (1, 2)]
    assert ['"accepted"' in text for text in stored] == [True, False]


def test_all_findings_come_at_once_and_nothing_is_posted(desk: Desk) -> None:
    before = desk.events()
    findings = desk.post(
        ticket("36000"),
        {**count("21000"), "site": "Z"},
        {"kind": "split", "lot": "L-1", "parts_kg": {"P": "5"}},
        assay(Ni="0.0003"),
        run("15000"),
    )
    shown = [(finding.where.partition(",")[0][-1], finding.code) for finding in findings]
    assert shown == [
        ("1", "ticket"),
        ("2", "unknown-name"),
        *(("3", "depends"), ("4", "depends"), ("5", "depends")),
    ]
    findings = desk.post(
        ticket("36000"),
        {"kind": "split", "lot": "L-1", "parts_kg": {"P": "5"}},
        assay(Ni="0.0003"),
        run("15000", ni="0.0003"),
    )
    codes = [finding.code for finding in findings]
    assert codes == ["ticket", "part", "assay", "unaccounted", "unaccounted"]
    assert desk.events() == before


def test_a_reason_for_one_kind_leaves_the_others(desk: Desk) -> None:
    line = ticket("35100", "15")
    assert [x.code for x in desk.post({**ticket("35.1", "15"), "accepted": {"ticket": "x"}})] == [
        "load"
    ]
    assert desk.post(line, count("19900"), accept={"load": "scrap yard"})[0].code == "ticket"


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ({"ticket": "always"}, "accepted"),
        ({"tickets": "always"}, "unknown-name"),
        ({"count": "always"}, "accepted"),
    ],
)
def test_nothing_is_accepted_in_advance(desk: Desk, accepted: dict[str, str], code: str) -> None:
    line = ticket("35000")
    (finding,) = desk.post({**line, "accepted": accepted})
    assert (finding.code, finding.where) == (code, f"day.jsonl:1, accepted.{next(iter(accepted))}")
    if code == "accepted":  # the hint is followed
        follows(finding, LEAVE_OUT)
        assert desk.post(line) == []


def test_an_option_that_meets_no_warning_is_a_finding(desk: Desk) -> None:
    rows = "T-1,L-1,2026-03-03T08:00:00Z,35000,15000\n"
    (finding,) = desk.take_in(rows, {"ticket": "as every night"})
    assert (finding.code, finding.where) == ("accepted", "--accept ticket")
    follows(finding, LEAVE_OUT)
    assert desk.take_in(rows) == []


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_reason_is_not_empty(desk: Desk, reason: str) -> None:
    codes = [x.code for x in desk.post({**ticket("36000"), "accepted": {"ticket": reason}})]
    assert codes == ["ticket", "missing"]


def test_an_acceptance_is_no_part_of_the_fact(desk: Desk) -> None:
    rows = "T-1,L-1,2026-03-03T08:00:00Z,36000,15000\n"
    assert desk.take_in(rows, {"ticket": "weighed wet"}) == []
    events = desk.events()
    assert desk.take_in(rows) == []  # imported again, with and without the option
    assert desk.take_in(rows, {"ticket": "weighed wet"}) == []
    assert desk.take_in(rows, {"ticket": "in other words"}) == []
    assert desk.events() == events


def test_a_warning_comes_with_its_row_only_if_the_rows_before_are_right(desk: Desk) -> None:
    findings = desk.post({**receipt("X", "20000"), "owner": "nobody"}, ticket("99000", lot="X"))
    assert [finding.code for finding in findings] == ["unknown-name", "depends"]


def test_what_is_reversed_is_not_judged_again(desk: Desk) -> None:
    assert desk.post({**run("15000"), "accepted": {"unaccounted": "a fire"}}) == []
    assert desk.post({"kind": "reverse", "event": f"k{desk.number}", "reason": "no fire"}) == []
    assert desk.kg("L-1") == 20000


def test_the_slip_of_the_first_receipt_is_found_at_the_ticket(desk: Desk) -> None:
    line = {**receipt("L-9", "20.1"), "accepted": {"load": "as the paper says"}}
    assert desk.post(line) == []
    (finding,) = desk.post(ticket("38470", "18400", "L-9"))
    assert (finding.code, finding.found) == ("ticket", "99,751 % more")


def test_a_program_is_judged_if_it_asks(desk: Desk) -> None:
    common = {"actor": "p", "occurred_at": "2026-03-04T08:00:00Z"}
    weigh = {"lot": "L-1", "ticket": "T", "gross_kg": "36000", "tare_kg": "15000"}
    line = json.dumps({"kind": "weigh", "key": "w", **common, **weigh})
    from loopbook.book.imports.json_lines import read_command_lines

    (command,) = read_command_lines(line, "x")[0].commands
    with pytest.raises(InputError, match="ticket: 21,000 kg is 5 % more"):
        desk.book.post(command, judged=True)
    desk.book.post(command)
    assert desk.kg("L-1") == 21000


# -- at a terminal


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """Words of the commands of a book whose lot L-1 has 20,000 kg, beside two late tickets."""
    with Book(tmp_path / "book.sqlite", create=True) as book:
        Desk(book, tmp_path)
    lines = ({"key": k, "actor": "amy", "occurred_at": DAY.format(3)} for k in "ab")
    heavy = {**next(lines), **ticket("36000")}
    light = {**next(lines), **ticket("35500"), "scale": "B"}
    (tmp_path / "day.jsonl").write_text(f"{json.dumps(heavy)}\n{json.dumps(light)}\n")
    rows = "T-1,L-1,2026-03-03T08:00:00Z,36000,15000\nT-2,L-1,2026-03-03T09:00:00Z,35900,15000\n"
    (tmp_path / "tickets.csv").write_text("Ticket,Lot,Date,Gross,Tare\n" + rows)
    (tmp_path / "tickets.toml").write_text(TICKETS)
    return ["book", "--book", str(tmp_path / "book.sqlite")]


def typed(words: list[str], folder: Path, kind: str, *more: str) -> list[str]:
    file = [str(folder / "day.jsonl")]
    if kind == "import":
        file = ["tickets", str(folder / "tickets.csv"), "--map", str(folder / "tickets.toml")]
    return ["book", kind, *file, *words[1:], *more]


@pytest.mark.parametrize(("kind", "key"), [("post", "a"), ("import", "tickets.csv/T-1/weigh")])
def test_a_reason_at_a_terminal_posts_the_file(
    words: list[str], tmp_path: Path, kind: str, key: str
) -> None:
    code, shown = at_terminal(typed(words, tmp_path, kind), "two trailers\n")
    assert code == 0, shown
    assert shown.count("Reason to accept ticket (empty: post nothing)") == 1
    assert "21,000 kg is 5 % more than the 20,000 kg" in shown
    with Book(tmp_path / "book.sqlite") as book:
        assert json.loads(book.event(key).command)["accepted"] == {"ticket": "two trailers"}


@pytest.mark.parametrize("kind", ["post", "import"])
def test_without_a_reason_at_a_terminal_nothing_is_posted(
    words: list[str], tmp_path: Path, kind: str
) -> None:
    code, shown = at_terminal(typed(words, tmp_path, kind), "\n")
    assert code == 1
    assert "nothing was posted" in shown
    with Book(tmp_path / "book.sqlite") as book:
        assert sum(map(sum, book.balances(lot="L-1").values())) == 20_000 * 10**6


@pytest.mark.parametrize("kind", ["post", "import"])
def test_in_a_pipe_nothing_is_asked(words: list[str], tmp_path: Path, kind: str) -> None:
    typed_words = typed(words, tmp_path, kind)
    done = CliRunner().invoke(main, typed_words)
    assert done.exit_code == 1
    assert "--accept ticket=" in done.stderr
    done = CliRunner().invoke(main, [*typed_words, "--accept", "ticket=two trailers"])
    assert done.exit_code == 0, done.stderr
    shown = CliRunner().invoke(
        main, ["book", "event", "a" if kind == "post" else "tickets.csv/T-1/weigh", *words[1:]]
    )
    assert "ticket: two trailers" in shown.stdout


@pytest.mark.parametrize("option", ["ticket", "ticket=", "tickets=wet", "=wet"])
def test_a_wrong_option_is_misuse(words: list[str], tmp_path: Path, option: str) -> None:
    done = CliRunner().invoke(main, typed(words, tmp_path, "import", "--accept", option))
    assert done.exit_code == 2
    assert "ticket, arrival, count" in re.sub(r"\s+", " ", done.stderr)


# -- the table


def test_each_limit_has_a_source_and_each_assumption_a_reason() -> None:
    rows = load_library([LIMITS_FILE]).numbers
    assert len(rows) == len(LIMITS_FILE.read_text().splitlines()) - 1
    assert all(row.note for row in rows)
    assert set(COLUMNS) == set(LIMITS_FILE.read_text().splitlines()[0].split(","))
    limits = read_limits()
    subjects = {*limits.most, *limits.ranges} - {"black mass", "closing"}
    assert subjects <= KINDS.keys()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LOOPBOOK_SETTINGS", str(tmp_path / "loopbook.toml"))
    return tmp_path / "loopbook.toml"


def test_a_user_sets_limits_and_the_range_of_a_material(desk: Desk, settings: Path) -> None:
    settings.write_text(
        '[limits.ticket]\ndifference = "0.5 %"\n\n[limits.load]\ngross = "5 t to 36.3 t"\n\n'
        '[limits.Foil]\nNi = "25 % to 35 %"\n'
    )
    assert desk.post(ticket("35100")) == []
    assert [x.code for x in desk.post(ticket("35220", "15000"))] == ["ticket"]
    assert [x.code for x in desk.post(ticket("40000", "19900"))] == ["load"]
    (finding,) = desk.post(assay(Ni="0.24"))
    assert (finding.code, finding.expected) == ("range", "25 % to 35 %")
    assert desk.post(assay(Ni="0.26")) == []


@pytest.mark.parametrize(
    ("text", "where", "code"),
    [
        ('[limits.ticket]\ndifference = "1"\n', "loopbook.toml:2", "unit"),
        ('[limits.ticket]\ndiference = "1 %"\n', "loopbook.toml:2", "unknown-name"),
        ('[limits.ticket]\ndifference = "1 % to 2 %"\n', "loopbook.toml:2", "limit"),
        ('[limits.ticket]\ndifference = "-1 %"\n', "loopbook.toml:2", "negative"),
        ('[limits.load]\ngross = "36 t"\n', "loopbook.toml:2", "limit"),
        ('[limits.load]\ngross = "36 t to 5 t"\n', "loopbook.toml:2", "limit"),
        ('[limits.load]\ngross = "36 ton to 50 t"\n', "loopbook.toml:2", "unit"),
        ('[limits.load]\nweight = "5 t to 36 t"\n', "loopbook.toml:2", "unknown-name"),
        ("[limits]\nticket = 2\n", "loopbook.toml", "type"),
        ("[limits.ticket]\ndifference = 2\n", "loopbook.toml", "type"),
    ],
)
def test_errors_of_the_settings_are_findings(
    desk: Desk, settings: Path, text: str, where: str, code: str
) -> None:
    settings.write_text(text)
    (finding,) = desk.post(ticket("35100"))
    assert (finding.code, finding.where[: len(where)]) == (code, where)


@pytest.mark.parametrize("moisture", ["<0.01", "1,5", "wet"])
def test_a_moisture_that_is_no_number_is_a_finding(desk: Desk, moisture: str) -> None:
    line = {**ticket("35000"), "kind": "assay", "stage": "final", "basis": "as received"}
    line = {name: x for name, x in line.items() if name not in ("gross_kg", "tare_kg", "ticket")}
    found = desk.post({**line, "shares": {"Ni": "0.3"}, "moisture": moisture})
    assert {one.where for one in found} == {"day.jsonl:1, moisture"}
