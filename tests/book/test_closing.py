"""The check list at the closing of a period: each line, its limit, its acceptance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopbook.book import Book, close_period, post_lines, show_event, verify
from loopbook.cli import main
from loopbook.errors import InputError
from support.shelves import Shelf

AT = "2026-03-{:02}T08:00:00Z"
CLOSED = datetime(2026, 4, 2, 8, tzinfo=UTC)
NOUNS: list[dict[str, Any]] = [
    {"kind": "register-party", "party": "A"},
    *({"kind": "register-site", "site": name} for name in ("W", "R")),
    {"kind": "register-material", "material": "foil"},
    *(
        {
            "kind": "open-period",
            "period": f"2026-0{month}",
            "start": f"2026-0{month}-01T00:00:00Z",
            "end": f"2026-0{month + 1}-01T00:00:00Z",
        }
        for month in (3, 4)
    ),
]
PLACE = {"material": "foil", "supplier": "A", "owner": "A", "site": "W"}
SHARES = {"Ni": "0.3", "Co": "0.04"}


class Month:
    """A book of March."""

    def __init__(self, book: Book) -> None:
        self.book, self.count = book, 0
        self.post(1, *NOUNS)

    def post(self, day: int, *lines: dict[str, Any], **accept: str) -> None:
        texts = []
        for line in lines:
            self.count += 1
            head = {"key": f"k{self.count}", "actor": "gate", "occurred_at": AT.format(day)}
            texts.append(json.dumps({**head, **line}))
        post_lines(self.book, "\n".join(texts).encode(), name="day.jsonl", accept=accept)

    def receive(self, lot: str, kg: str, day: int = 2, *, whole: bool = True) -> None:
        """A lot that comes in, with ticket and assay if it is `whole`."""
        self.post(day, {"kind": "receive", "lot": lot, "mass_kg": kg, "shares": SHARES, **PLACE})
        if whole:
            gross = {"gross_kg": str(float(kg) + 15000), "tare_kg": "15000", "ticket": f"T{lot}"}
            self.post(day, {"kind": "weigh", "lot": lot, **gross})
            self.assay(lot, day, Ni="0.31", Co="0.041")

    def assay(self, lot: str, day: int, **shares: str) -> None:
        named = {"stage": "final", "basis": "as received", "laboratory": "SGS"}
        self.post(day, {"kind": "assay", "lot": lot, "shares": shares, **named})

    def run(self, lot: str, kg: str, day: int = 5, **accept: str) -> None:
        made = {"lot": f"M{lot}", "material": "foil", "mass_kg": kg, "shares": SHARES}
        run = {"kind": "process", "key": f"run {lot}", "run": lot, "site": "W"}
        self.post(day, {**run, "inputs_kg": {lot: None}, "outputs": [made]}, **accept)

    def outside(self) -> dict[str, str]:
        """Results of the lines that are outside."""
        listed = close_period(self.book, "2026-03", actor="amy", at=CLOSED, dry_run=True)
        assert not listed.closed
        return {line.check: line.result for line in listed.checks if line.outside}

    def look(self, check: str) -> list[tuple[str, str]]:
        """Where to look for a check."""
        listed = close_period(self.book, "2026-03", actor="amy", at=CLOSED, dry_run=True)
        return [(item.where, item.what) for item in listed.items if item.check == check]

    def close(self, **accept: str) -> None:
        close_period(self.book, "2026-03", actor="amy", at=CLOSED, accept=accept)


@pytest.fixture
def month(shelf: Shelf) -> Iterator[Month]:
    shelf.new().close()
    with shelf.as_owner() as book:
        yield Month(book)


def test_a_month_that_is_in_order_closes_without_a_word(month: Month) -> None:
    month.receive("L", "20000")
    month.run("L", "19900")
    assert month.outside() == {}
    month.close()
    assert month.book.store.nouns().periods["2026-03"].closed
    assert verify(month.book, replan=True).clean


def test_w6_a_month_with_much_unaccounted_and_no_assay_needs_reasons(month: Month) -> None:
    """The month of the newcomer: 18.5 % unaccounted and not one assay."""
    month.receive("L", "20000", whole=False)
    month.run("L", "16300", unaccounted="to be looked for")
    outside = month.outside()
    assert outside.keys() == {"unassayed", "unweighed", "unaccounted"}
    assert outside["unassayed"] == "1 of 1 lot, 100 % of the mass"
    assert outside["unaccounted"] == "3,700 kg of 20,000 kg in 1 run, 18.5 %"
    assert month.look("unaccounted")[0][0] == "run L"
    with pytest.raises(InputError) as error:
        month.close()
    assert {x.code for x in error.value.findings} == outside.keys()
    with pytest.raises(InputError):
        month.close(unassayed="SGS reports in April", unweighed="scale broken")
    assert not month.book.store.nouns().periods["2026-03"].closed
    month.close(unassayed="SGS in April", unweighed="scale broken", unaccounted="dust bags")
    assert show_event(month.book, "close 2026-03").accepted == (
        "unaccounted: dust bags",
        "unassayed: SGS in April",
        "unweighed: scale broken",
    )
    assert verify(month.book, replan=True).clean


def test_the_same_holds_where_the_closing_is_posted_as_a_line(month: Month) -> None:
    month.receive("L", "20000", whole=False)
    with pytest.raises(InputError, match="unassayed"):
        month.post(28, {"kind": "close-period", "period": "2026-03"})
    reasons = {"unassayed": "later", "unweighed": "later"}
    month.post(28, {"kind": "close-period", "period": "2026-03", "accepted": reasons})
    assert month.book.store.nouns().periods["2026-03"].closed


def test_small_losses_of_many_runs_add_up(month: Month) -> None:
    for lot in ("A", "B", "C"):
        month.receive(lot, "20000")
        month.run(lot, "19200")
    assert month.outside() == {"unaccounted": "2,400 kg of 60,000 kg in 3 runs, 4 %"}


def test_a_reversed_run_does_not_count(month: Month) -> None:
    month.receive("A", "20000")
    month.run("A", "16000", unaccounted="typed wrongly")
    month.post(6, {"kind": "reverse", "event": "run A", "reason": "typed wrongly"})
    assert month.outside() == {}


def test_an_open_road_is_shown_and_a_long_one_is_outside(month: Month) -> None:
    for lot, day in (("A", 3), ("B", 30)):
        month.receive(lot, "20000")
        month.post(day, {"kind": "ship", "lot": lot, "from_site": "W", "consignment": f"C-{lot}"})
    assert month.outside() == {"road": "2 lots"}
    assert [where for where, _ in month.look("road")] == ["A", "B"]
    arrived = {"lot": "A", "consignment": "C-A", "site": "R", "mass_kg": "20000"}
    month.post(9, {"kind": "arrive", **arrived})
    assert month.outside() == {}
    assert [where for where, _ in month.look("road")] == ["B"]


def test_what_was_accepted_censored_and_late_is_shown(month: Month) -> None:
    month.receive("A", "20000")
    month.assay("A", 4, Cu="<0.001")
    month.run("A", "18500", unaccounted="dust bags not weighed")
    month.receive("B", "10000")
    month.post(4, {"kind": "split", "lot": "B", "parts_kg": {"B1": "4000"}})
    month.post(
        3,
        {
            "kind": "assay",
            "key": "late",
            "lot": "B",
            "shares": {"Ni": "0.32"},
            "stage": "final",
            "basis": "as received",
        },
    )
    assert month.look("accepted warnings") == [("run A", "unaccounted: dust bags not weighed")]
    assert [what for _, what in month.look("results that are limits")] == ["Cu <0.001 of lot A"]
    assert month.look("late facts") == [("late", "posted after its date")]


def test_a_late_fact_of_a_closed_month_is_shown_in_the_next(month: Month) -> None:
    month.receive("A", "20000")
    month.close()
    month.assay("A", 20, Ni="0.32")
    listed = close_period(month.book, "2026-04", actor="amy", at=CLOSED, dry_run=True)
    assert len([x for x in listed.items if x.check == "late facts"]) == 1
    with pytest.raises(InputError, match="closed already"):
        month.close()


def test_lots_of_the_last_days_may_wait_for_the_laboratory(month: Month) -> None:
    month.receive("A", "20000")
    month.receive("B", "1900", 30, whole=False)
    assert month.outside() == {}
    assert [where for where, _ in month.look("unassayed")] == ["B"]


def test_the_terminal_shows_the_list_and_closes(tmp_path: Path) -> None:
    path = str(tmp_path / "b.sqlite")
    with Book(path, create=True) as book:
        Month(book).receive("L", "20000", whole=False)
    call = ["book", "close", "2026-03", "--actor", "amy", "--book", path]
    shown = CliRunner().invoke(main, [*call, "--dry-run", "--json"])
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.output)
    assert [x["check"] for x in answer["checks"] if x["outside"]] == ["unassayed", "unweighed"]
    assert answer["closed"] is False
    refused = CliRunner().invoke(main, call)
    assert refused.exit_code == 1
    assert "--accept unassayed=" in refused.output
    accepted = ["--accept", "unassayed=in April", "--accept", "unweighed=no scale"]
    done = CliRunner().invoke(main, [*call, *accepted])
    assert done.exit_code == 0, done.output
    assert "Period 2026-03 closed; 2 checks outside of the limits" in done.output
    assert CliRunner().invoke(main, [*call, "--dry-run"]).exit_code == 0
    missing = CliRunner().invoke(main, ["book", "close", "2026-3", *call[3:]])
    assert "2026-03" in missing.output
    assert missing.exit_code == 1
