"""What counts over what, by dates: stages of assays, lots that are used up, holds that come late.

Each test posts as people do, and does what the message advises.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from loopbook.book import AsOf, Book, correct, import_file, microseconds, post_lines, verify
from loopbook.errors import Finding, InputError
from loopbook.trace import recall_lot, suspect
from support.advice import follows
from support.shelves import Shelf

NOUNS: list[dict[str, Any]] = [
    *({"kind": "register-party", "party": name} for name in "AB"),
    {"kind": "register-site", "site": "W"},
    *({"kind": "register-material", "material": name} for name in ("foil", "black mass")),
]


def day(number: int, hour: int = 8) -> str:
    return f"2026-03-{number:02}T{hour:02}:00:00+00:00"


class Desk:
    """A book to which lines are posted as a person posts them; lot L-1 has 10 t, 40 % nickel."""

    def __init__(self, book: Book) -> None:
        self.book, self.number = book, 0
        self.post(*NOUNS)
        self.receive("L-1")

    def receive(self, lot: str) -> None:
        load = {"material": "foil", "supplier": "A", "owner": "A", "site": "W", "mass_kg": 10_000}
        self.post({"kind": "receive", "key": lot, "lot": lot, **load, "shares": {"Ni": "0.40"}})

    def post(self, *lines: dict[str, Any], **accepted: str) -> list[Finding]:
        """Findings of lines that were posted together; none if they are in the book."""
        texts = []
        for line in lines:
            self.number += 1
            common = {"key": f"k{self.number}", "actor": "amy", "occurred_at": day(2)}
            texts.append(json.dumps({**common, **line}))
        try:
            post_lines(self.book, "\n".join(texts).encode(), name="day.jsonl", accept=accepted)
        except InputError as error:
            return list(error.findings)
        return []

    def nickel(self, *lots: str) -> float:
        place = self.book.substances.index("Ni")
        return sum(x[place] for lot in lots for x in self.book.balances(lot=lot).values()) / 1e6


@pytest.fixture
def desk(shelf: Shelf) -> Iterator[Desk]:
    with shelf.new(substances=("Ni", "Co", "other")) as book:
        made = Desk(book)
        yield made
        assert verify(book, replan=True).findings == ()


def assay(key: str, when: str, stage: str, lot: str = "L-1", **shares: str) -> dict[str, Any]:
    result = {"lot": lot, "stage": stage, "basis": "as received"}
    return {"kind": "assay", "key": key, "occurred_at": when, "shares": shares, **result}


def run(when: str, *lots: str) -> dict[str, Any]:
    mass = 10_000 * len(lots)
    output = {"lot": "BM", "material": "black mass", "mass_kg": mass, "shares": {"Ni": "0.40"}}
    fields = {"run": "R", "site": "W", "inputs_kg": dict.fromkeys(lots), "outputs": [output]}
    return {"kind": "process", "key": "run", "occurred_at": when, **fields}


# -- stages


def test_a_final_result_that_a_provisional_one_counts_over(desk: Desk) -> None:
    assert not desk.post(assay("prov", day(4), "provisional", Ni="0.39"))
    final = assay("fin", day(3), "final", Ni="0.42")
    (finding,) = desk.post(final)
    assert "stage: this final result counts until 2026-03-04T08:00:00+00:00 only" in str(finding)
    follows(
        finding,
        f"date 'prov' {day(3)} or before (loopbook book correct, --set occurred_at={day(3)}), "
        "then report this result",
    )
    correct(desk.book, "prov", {"occurred_at": day(3)}, reason="its sample", actor="amy")
    assert not desk.post(final)
    assert desk.nickel("L-1") == 4200


@pytest.mark.parametrize(
    ("first", "second", "warned"),
    [
        ("final", "provisional", True),
        ("umpire", "exchanged", True),
        ("exchanged", "provisional", True),
        ("final", "umpire", False),
        ("umpire", "final", False),
        ("provisional", "exchanged", False),
        ("provisional", "provisional", False),
    ],
)
def test_stages_that_follow_each_other(desk: Desk, first: str, second: str, warned: bool) -> None:
    assert not desk.post(assay("first", day(3), first, Ni="0.42"))
    findings = desk.post(assay("second", day(4), second, Ni="0.39"))
    assert [x.code for x in findings] == ["stage"] * warned
    for finding in findings:
        follows(finding, f"date this result before {day(3)}")
        assert not desk.post(assay("second", day(3, 7), second, Ni="0.39"))
    assert desk.nickel("L-1") == (4200 if warned else 3900)


def test_a_stage_is_accepted_with_a_reason(desk: Desk) -> None:
    result = assay("prov", day(4), "provisional", Ni="0.39")
    assert not desk.post(assay("fin", day(3), "final", Ni="0.42"))
    (finding,) = desk.post(result)
    assert "from 2026-03-04T08:00:00+00:00 on, over the final one of 'fin'" in str(finding)
    assert not desk.post(result, stage="the final one is of another lot")
    assert desk.nickel("L-1") == 3900
    assert not desk.post(assay("next", day(5), "provisional", Ni="0.38"))


def test_stages_of_other_substances_lots_and_reversed_results_are_no_matter(desk: Desk) -> None:
    desk.receive("L-2")
    assert not desk.post(assay("other lot", day(3), "final", "L-2", Ni="0.42"))
    assert not desk.post(assay("cobalt", day(3), "final", Co="0.02"))
    assert not desk.post(assay("wrong", day(3), "final", Ni="0.41"))
    undone = {"kind": "reverse", "event": "wrong", "reason": "typed", "occurred_at": day(4)}
    assert not desk.post(undone, assay("prov", day(4), "provisional", Ni="0.39"))


def test_both_results_of_one_file(desk: Desk) -> None:
    prov, final = (
        assay("p", day(4), "provisional", Ni="0.39"),
        assay("f", day(3), "final", Ni="0.42"),
    )
    (finding,) = desk.post(prov, final)
    assert finding.code == "stage"
    (finding,) = desk.post(final, prov)
    follows(finding, f"date this result before {day(3)}")
    assert not desk.post(final, {**prov, "occurred_at": day(3, 7)})
    assert desk.nickel("L-1") == 4200


# -- lots that are used up


@pytest.mark.parametrize("late", [False, True], ids=["after all", "before a later event"])
def test_a_final_result_that_is_dated_at_its_report(desk: Desk, late: bool) -> None:
    desk.receive("L-2")
    assert not desk.post(run(day(5), "L-1", "L-2"))
    if late:
        assert not desk.post(assay("of BM", day(20), "final", "BM", Ni="0.40"))
    (finding,) = desk.post(assay("fin", day(12), "final", Ni="0.42"))
    text = "lot L-1 is empty: 'run' of 2026-03-05T08:00:00+00:00 took all of it"
    assert text in str(finding)
    dated = "2026-03-05T07:59:59+00:00"
    advice = "an assay counts from the moment of its sample, not of its report: date it "
    follows(finding, f"{advice}{dated} or before")
    assert not desk.post(assay("fin", dated, "final", Ni="0.42"))
    assert desk.nickel("BM") == 8000
    lost = sum(x[0] for a, x in desk.book.balances().items() if a.kind == "unaccounted")
    assert lost == 200 * 10**6


def test_a_ticket_of_a_lot_that_was_delivered(desk: Desk) -> None:
    sold = {"kind": "deliver", "key": "sold", "lot": "L-1", "site": "W", "customer": "B"}
    assert not desk.post({**sold, "occurred_at": day(6)})
    ticket = {"kind": "weigh", "lot": "L-1", "ticket": "T", "gross_kg": 25_100, "tare_kg": 15_000}
    (finding,) = desk.post({**ticket, "occurred_at": day(7)})
    assert "'sold' of 2026-03-06T08:00:00+00:00 took all of it" in str(finding)
    follows(
        finding, "a ticket counts from the moment of weighing: date it 2026-03-06T07:59:59+00:00"
    )
    assert not desk.post({**ticket, "occurred_at": "2026-03-06T07:59:59+00:00"})


def test_a_lot_that_was_made_and_used_up_at_one_moment(desk: Desk) -> None:
    assert not desk.post(run(day(2), "L-1"))
    (finding,) = desk.post(assay("fin", day(2, 9), "final", Ni="0.42"))
    assert "'run' of 2026-03-02T08:00:00+00:00 took all of it" in str(finding)
    assert not finding.hint
    part = {"kind": "split", "lot": "L-1", "parts_kg": {"L-1a": 5}, "occurred_at": day(3)}
    (finding,) = desk.post(part)
    assert "'run' of 2026-03-02" in str(finding)
    assert not finding.hint


def test_an_import_of_results_dated_at_their_reports(desk: Desk, tmp_path: Path) -> None:
    assert not desk.post(run(day(5), "L-1"))
    file, mapping = tmp_path / "lab.csv", tmp_path / "lab.toml"
    file.write_text(f"Lot,Sampled,Reported,Ni\nL-1,{day(2, 9)},{day(12)},42\n")
    columns = (
        '[columns]\nlot = "Lot"\noccurred_at = "Reported"\n'
        'shares.Ni = { column = "Ni", unit = "%" }\n'
        '[constants]\nactor = "lab"\nstage = "final"\nbasis = "as received"\n'
    )
    mapping.write_text(columns)
    with pytest.raises(InputError, match="an assay counts from the moment of its sample") as caught:
        import_file(desk.book, file, mapping, kind="assays")
    assert "'run' of 2026-03-05" in str(caught.value)
    mapping.write_text(columns.replace("Reported", "Sampled"))
    import_file(desk.book, file, mapping, kind="assays")
    lost = sum(x[0] for a, x in desk.book.balances().items() if a.kind == "unaccounted")
    assert lost == 200 * 10**6


# -- holds


SPLIT = {"kind": "split", "lot": "L-1", "parts_kg": {"L-1a": 4000}}
BLEND = {"kind": "blend", "lot": "B-1", "material": "foil", "site": "W", "inputs_kg": {"L-1": 4000}}
USES: dict[str, tuple[dict[str, Any], str, str]] = {
    "a split": (SPLIT, "lot", "L-1a"),
    "a sample": ({"kind": "sample", "lot": "L-1", "sample": "S", "mass_kg": 100}, "lot", "S"),
    "a blend": (BLEND, "inputs_kg.L-1", "B-1"),
    "a run": (run(day(3), "L-1"), "inputs_kg.L-1", "BM"),
}


def held(lot: str, when: str) -> dict[str, Any]:
    return {"kind": "hold", "lot": lot, "reason": "PFAS", "occurred_at": when}


@pytest.mark.parametrize(("use", "field", "made"), USES.values(), ids=USES.keys())
def test_a_lot_is_used_before_its_hold(
    desk: Desk, use: dict[str, Any], field: str, made: str
) -> None:
    assert not desk.post(held("L-1", day(10)))
    (finding,) = desk.post({**use, "occurred_at": day(9)})
    assert finding.where.endswith(field)
    text = "lot L-1 is on hold now (PFAS), and this is dated before the hold: "
    assert f"{text}{made}, made of it, is not on hold" in str(finding)
    follows(finding, f"hold {made}, too")
    assert not desk.post({**use, "occurred_at": day(9)}, held="it was before")
    sold = {"kind": "deliver", "lot": made, "site": "W", "customer": "B", "occurred_at": day(20)}
    assert not desk.post(held(made, day(10)))
    (finding,) = desk.post(sold)
    assert f"lot {made} is on hold: PFAS" in str(finding)


@pytest.mark.parametrize("kind", ["deliver", "dispose"])
def test_what_leaves_before_a_hold(desk: Desk, kind: str) -> None:
    more = {"customer": "B"} if kind == "deliver" else {"way": "waste"}
    gone = {"kind": kind, "lot": "L-1", "site": "W", "occurred_at": day(9), **more}
    assert not desk.post(held("L-1", day(10)))
    (finding,) = desk.post(gone)
    assert "what leaves here is not on hold" in str(finding)
    assert not desk.post(gone, held="it was before")


def test_suspect_and_recall_show_what_is_on_hold(desk: Desk) -> None:
    assert not desk.post(held("L-1", day(10)))
    assert not desk.post({**SPLIT, "occurred_at": day(9)}, held="it was before")
    expected = {"L-1": "PFAS", "L-1a": None}
    assert {x.lot: x.on_hold for x in suspect(desk.book, "L-1").held} == expected
    assert {x.lot: x.on_hold for x in recall_lot(desk.book, "L-1").reached} == expected
    before = AsOf(occurred=microseconds(datetime.fromisoformat(day(9, 12))))
    for answer in (suspect(desk.book, "L-1", asof=before).held, suspect(desk.book, "L-1a").held):
        assert {x.on_hold for x in answer} == {None}
    assert not desk.post({"kind": "release", "lot": "L-1", "occurred_at": day(12)})
    assert {x.on_hold for x in recall_lot(desk.book, "L-1").reached} == {None}


def test_no_word_of_a_hold_that_is_over_or_keeps_the_lot(desk: Desk) -> None:
    assert not desk.post(held("L-1", day(10)))
    assert not desk.post({**assay("fin", day(9), "final", Ni="0.40")})
    desk.post({"kind": "register-site", "site": "R"})
    move = {"kind": "move", "lot": "L-1", "from_site": "W", "to_site": "R", "occurred_at": day(8)}
    assert not desk.post(move)
    (finding,) = desk.post({**SPLIT, "occurred_at": day(11)})
    assert finding.code == "hold"
    assert not desk.post({"kind": "release", "lot": "L-1", "occurred_at": day(12)})
    assert not desk.post({**SPLIT, "occurred_at": day(9)})
