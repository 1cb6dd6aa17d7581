"""The check list at the closing of a period: each line, its limit, its acceptance."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from loopbook.book import (
    Book,
    ClosePeriod,
    close_period,
    correct,
    period_statement,
    post_lines,
    show_event,
    verify,
)
from loopbook.cli import main
from loopbook.errors import InputError
from support.advice import follows
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
REASONS = {"unassayed": "later", "unweighed": "later"}
END = {"kind": "close-period", "period": "2026-03", "occurred_at": "2026-04-01T08:00:00Z"}


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
        month.post(28, END)
    month.post(28, {**END, "accepted": REASONS})
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


def a_part(lot: str, part: str, kg: str) -> dict[str, Any]:
    return {"kind": "split", "lot": lot, "parts_kg": {part: kg}}


def test_a_lot_that_was_cut_up_counts_by_its_parts(month: Month) -> None:
    month.receive("A", "20000", whole=False)
    month.post(3, {"kind": "split", "lot": "A", "parts_kg": {"A1": "12000", "A2": "8000"}})
    month.post(4, {"kind": "split", "lot": "A1", "parts_kg": {"A11": "5000", "A12": "7000"}})
    for lot, kg in (("A2", "8000"), ("A11", "5000")):
        month.post(5, ticket(lot, kg))
        month.assay(lot, 5, Ni="0.31")
    assert month.look("unassayed") == [("A", "7,000 kg by k7")] == month.look("unweighed")
    assert month.outside()["unassayed"] == "1 of 1 lot, 35 % of the mass"
    month.post(5, ticket("A12", "7000"))
    month.assay("A12", 5, Ni="0.31")
    assert month.outside() == {}


def ticket(lot: str, kg: str) -> dict[str, Any]:
    gross = {"gross_kg": str(int(kg) + 15000), "tare_kg": "15000"}
    return {"kind": "weigh", "lot": lot, "ticket": f"W{lot}", **gross}


def test_a_part_that_was_reversed_measures_nothing(month: Month) -> None:
    month.receive("A", "20000", whole=False)
    month.post(3, {"key": "cut", **a_part("A", "A1", "20000")})
    month.assay("A1", 3, Ni="0.31")
    assert month.look("unassayed") == []
    month.post(4, {"kind": "reverse", "event": "k9", "reason": "of another lot"})
    month.post(4, {"kind": "reverse", "event": "cut", "reason": "of another lot"})
    assert month.look("unassayed") == [("A", "20,000 kg by k7")]


def of_april(month: Month) -> dict[str, str]:
    """Results of the lines of April that are outside, when it has ended."""
    may = CLOSED.replace(month=5)
    listed = close_period(month.book, "2026-04", actor="amy", at=may, dry_run=True)
    return {line.check: line.result for line in listed.checks if line.outside}


@pytest.mark.parametrize("late", ["ticket", "assay", "ticket corrected"])
def test_a_loss_that_a_late_fact_brings_into_a_run_of_a_closed_month(
    month: Month, late: str
) -> None:
    """The run is judged again, as a whole, in the month into which the late fact is posted."""
    month.receive("A", "20000")
    month.run("A", "19900")
    month.close()
    assert of_april(month) == {}
    if late == "ticket":
        month.post(4, ticket("A", "26000"), ticket="the trailer, too")
        assert of_april(month) == {"unaccounted": "6,100 kg of 26,000 kg in 1 run, 23.5 %"}
    elif late == "assay":
        month.assay("A", 4, Ni="0.4", Co="0.041")
        assert of_april(month) == {"unaccounted": "100 kg of 20,000 kg in 1 run, 0.5 %"}
    else:
        values = {"gross_kg": "41000"}
        correct(month.book, "k8", values, reason="typed", actor="amy", accept={"ticket": "yes"})
        assert of_april(month) == {"unaccounted": "6,100 kg of 26,000 kg in 1 run, 23.5 %"}


def test_a_small_late_loss_of_a_run_of_a_closed_month_passes(month: Month) -> None:
    month.receive("A", "20000")
    month.run("A", "19900")
    month.close()
    month.post(4, ticket("A", "20050"))
    assert of_april(month) == {}


def test_what_is_dated_between_two_periods_is_in_the_later_one(month: Month) -> None:
    """April is closed, June is open, and a load comes in May."""
    june = {"start": "2026-06-01T00:00:00Z", "end": "2026-07-01T00:00:00Z"}
    month.post(1, {"kind": "open-period", "period": "2026-06", **june})
    month.receive("A", "20000")
    month.post(
        2,
        {
            "kind": "receive",
            "key": "of May",
            "occurred_at": "2026-05-10T08:00:00Z",
            **{"lot": "B", "mass_kg": "9000", "shares": SHARES, **PLACE},
        },
    )
    july = CLOSED.replace(month=7)
    for closed in (False, True):
        received = {
            name: period_statement(month.book, name).kg("received")
            for name in ("2026-03", "2026-04", "2026-06")
        }
        assert received == {"2026-03": 20000, "2026-04": 0, "2026-06": 9000}
        listed = close_period(month.book, "2026-06", actor="amy", at=july, dry_run=True)
        assert [x.where for x in listed.items if x.check == "unassayed"] == ["B"]
        if not closed:
            month.close()
            close_period(month.book, "2026-04", actor="amy", at=july)
    title = period_statement(month.book, "2026-06").headline()
    assert title.startswith("Metal statement, 2026-06 with the time since the period before")
    assert "2026-05-01 to 2026-07-01" in title
    with pytest.raises(InputError, match="unassayed: 1 of 1 lot"):
        close_period(month.book, "2026-06", actor="amy", at=july)


def test_a_month_that_has_not_begun_is_not_closed(month: Month) -> None:
    early = {"kind": "close-period", "period": "2026-04", "key": "early"}
    month.close()
    with pytest.raises(InputError, match="2026-04 begins at 2026-04-01") as error:
        month.post(15, early)
    follows(error.value, "close it when it has ended")
    with pytest.raises(InputError, match="2026-04 begins at 2026-04-01"):
        close_period(month.book, "2026-04", actor="amy", at=CLOSED.replace(month=3))
    command = ClosePeriod(
        key="c", actor="amy", occurred_at=CLOSED.replace(month=3), period="2026-04"
    )
    with pytest.raises(InputError, match="2026-04 begins at 2026-04-01"):
        month.book.post(command)
    month.post(15, {**early, "occurred_at": "2026-05-01T00:00:00Z"})
    assert month.book.store.nouns().periods["2026-04"].closed


def test_a_period_with_a_wrong_end_is_changed_while_it_is_open(month: Month) -> None:
    """The wrong end made April impossible; what was posted stays in the period of its date."""
    month.close()
    wrong = {"start": "2026-05-01T00:00:00Z", "end": "2027-06-01T00:00:00Z"}
    month.post(20, {"kind": "open-period", "key": "may", "period": "2026-05", **wrong})
    month.post(20, {"kind": "receive", "lot": "B", "mass_kg": "9000", "shares": SHARES, **PLACE})
    right = {**wrong, "end": "2026-06-01T00:00:00Z"}
    advice = "post a change-period with the right start and end, as long as the period is open"
    with pytest.raises(InputError) as error:
        correct(month.book, "may", {"end": right["end"]}, reason="typed", actor="amy")
    follows(error.value, advice)
    with pytest.raises(InputError) as error:
        month.post(20, {"kind": "reverse", "event": "may", "reason": "typed"})
    follows(error.value, advice)
    june = {"start": "2026-06-01T00:00:00Z", "end": "2026-07-01T00:00:00Z"}
    with pytest.raises(InputError, match="overlaps period 2026-05"):
        month.post(20, {"kind": "open-period", "period": "2026-06", **june})
    before = period_statement(month.book, "2026-03")
    change = {"kind": "change-period", "period": "2026-05", **right}
    month.post(20, change)
    month.post(20, {"kind": "open-period", "period": "2026-06", **june})
    for refused, why in (
        ({**change, "end": "2026-06-02T00:00:00Z"}, "2026-05 overlaps period 2026-06"),
        ({**change, "start": "2026-03-30T00:00:00Z"}, "the book is closed up to 2026-04-01"),
        ({**change, "period": "2026-03"}, "2026-03 is closed, and keeps its bounds"),
    ):
        with pytest.raises(InputError, match=why):
            month.post(20, refused)
    assert period_statement(month.book, "2026-03") == before
    assert period_statement(month.book, "2026-04").kg("received") == 9000
    close_period(month.book, "2026-04", actor="amy", at=CLOSED.replace(month=5), accept=REASONS)
    close_period(month.book, "2026-05", actor="amy", at=CLOSED.replace(month=6))
    assert verify(month.book, replan=True).clean


def test_a_wrong_location_or_site_has_a_way(month: Month) -> None:
    month.receive("A", "20000")
    month.post(3, {"kind": "register-location", "key": "bay", "site": "W", "location": "Bey"})
    with pytest.raises(InputError) as error:
        correct(month.book, "bay", {"location": "Bay"}, reason="typed", actor="amy")
    follows(error.value, "register the right location, and move the lots there")
    month.post(3, {"kind": "register-location", "site": "W", "location": "Bay"})
    month.post(
        4, {"kind": "move", "lot": "A", "from_site": "W", "to_site": "W", "to_location": "Bay"}
    )
    with pytest.raises(InputError) as error:
        month.post(5, {"kind": "reverse", "event": "k2", "reason": "another limit"})
    follows(error.value, "register another one under a name of its own, and use that from now on")
    month.post(5, {"kind": "register-site", "site": "W 2", "limits_kg": {"foil": "40000"}})
    month.post(6, {"kind": "move", "lot": "A", "from_site": "W", "to_site": "W 2"})


def test_a_month_that_has_not_ended_is_closed_with_a_reason(month: Month) -> None:
    with pytest.raises(InputError, match=r"running: lasts until 2026-04-01T00:00:00\+00:00"):
        month.post(15, {"kind": "close-period", "period": "2026-03"})
    middle = CLOSED.replace(month=3, day=15)
    listed = close_period(month.book, "2026-03", actor="amy", at=middle, dry_run=True)
    assert [x.check for x in listed.checks if x.outside] == ["running"]
    close_period(month.book, "2026-03", actor="amy", at=middle, accept={"running": "plant is sold"})
    assert show_event(month.book, "close 2026-03").accepted == ("running: plant is sold",)
    assert verify(month.book, replan=True).clean


def test_a_road_is_open_since_the_shipment_that_counts(month: Month) -> None:
    """A corrected date counts, and of two journeys under one number the second one."""
    month.receive("A", "20000")
    month.post(3, {"kind": "ship", "key": "s", "lot": "A", "from_site": "W", "consignment": "C-1"})
    assert "since 2026-03-03" in month.look("road")[0][1]
    changes = {"occurred_at": "2026-03-28T08:00:00Z"}
    correct(month.book, "s", changes, reason="typed", actor="amy")
    assert "since 2026-03-28" in month.look("road")[0][1]
    assert month.outside() == {}
    arrived = {"lot": "A", "consignment": "C-1", "site": "R", "mass_kg": "20000"}
    month.post(29, {"kind": "arrive", **arrived})
    assert month.look("road") == []
    month.post(30, {"kind": "ship", "lot": "A", "from_site": "R", "consignment": "C-1"})
    assert "since 2026-03-30" in month.look("road")[0][1]


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
