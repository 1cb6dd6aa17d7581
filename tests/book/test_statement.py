"""The metal statement: hand arithmetic, sums over its parts, both clocks, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from inspect import unwrap
from typing import Any

import pytest
from statement_books import DAY, END, START, SUBSTANCES, Desk, brute, events_of

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.commands.command import LINES
from loopbook.book.commands.draft import microseconds
from loopbook.book.nouns import Account
from loopbook.book.statement.runs import run_accounts
from loopbook.book.statement.statement import metal_statement, period_statement
from loopbook.errors import BalanceError, InputError
from support.shelves import Shelf


@pytest.fixture
def desk(shelf: Shelf) -> Iterator[Desk]:
    made = Desk(shelf)
    yield made
    made.book.close()


def a_month(desk: Desk) -> None:
    """Every sort of movement once, in round numbers."""
    post = desk.post
    for lot, owner, kg in (("A", "LGES", 1000), ("B", "GMBI", 500)):
        post(
            c.Receive,
            1,
            f"receive {lot}",
            lot=lot,
            material="scrap",
            supplier="LGES",
            owner=owner,
            site="plant",
            mass_kg=kg,
            shares={"Ni": "0.3", "Li": "0.04"},
        )
    post(
        c.Weigh,
        1.1,
        "weigh A",
        lot="A",
        ticket="T1",
        gross_kg=1500,
        tare_kg=510,
        uncertainty_kg=2,
        scale="W",
    )
    post(
        c.Assay,
        2,
        "assay A",
        lot="A",
        stage="provisional",
        basis="as received",
        shares={"Ni": "0.32"},
        uncertainty={"Ni": "0.004"},
        laboratory="P",
    )
    post(c.TransferTitle, 3, "title", lot="A", seller="LGES", buyer="GMBI", mass_kg=90)
    post(c.Sample, 3, "sample", lot="B", sample="B1", mass_kg=1)
    post(
        c.Process,
        4,
        "run",
        run="R1",
        site="plant",
        inputs_kg={"A": None, "B": 10},
        outputs=[c.Output("M", "black mass", 700, {"Ni": "0.45", "Li": "0.05"})],
        emissions_kg={"other": 30},
        waste_kg={"other": 200},
    )
    post(c.Ship, 5, "ship", lot="M", from_site="plant", consignment="C1")
    post(c.Arrive, 6, "arrive", lot="M", consignment="C1", site="refinery", mass_kg=660)
    post(c.Dispose, 7, "dispose", lot="B1", site="plant", way="emission")
    post(c.StockTake, 8, "count", lot="B", site="plant", counted_kg=480)
    post(c.Deliver, 9, "deliver", lot="M", site="refinery", customer="smelter")


def test_a_month_by_hand(desk: Desk) -> None:
    a_month(desk)
    found = {line.name: line.mass / 1e6 for line in desk.state().lines if any(line.content)}
    assert found == {
        "received": 1500,
        "title in": 90,
        "title out": -90,
        "from lots": 1,
        "to lots": -1,
        "consumed": -(990 + 10),
        "produced": 700,
        "of which emissions": -30,
        "of which waste": -200,
        "of which unaccounted": -70,
        "shipped out": -700,
        "into transit": 700,
        "out of transit": -660,
        "shipped in": 660,
        "delivered": -660,
        "emissions": -1,
        "unaccounted": -40,
        "re-assay": -10,
        "stock-take": 480 - (500 - 1 - 10),
        "closing": 480,
    }


def test_nickel_by_hand(desk: Desk) -> None:
    a_month(desk)
    statement = desk.state()
    assert statement.kg("received", "Ni") == 1500 * 0.3
    assert statement.kg("re-assay", "Ni") == pytest.approx(990 * 0.32 - 1000 * 0.3, abs=1e-6)
    assert statement.kg("consumed", "Ni") == pytest.approx(-(990 * 0.32 + 10 * 0.3), abs=1e-6)
    assert statement.kg("produced", "Ni") == 700 * 0.45
    lost = 990 * 0.32 + 10 * 0.3 - 700 * 0.45
    assert statement.kg("of which unaccounted", "Ni") == pytest.approx(-lost, abs=1e-6)
    assert statement.kg("unaccounted", "Ni") == pytest.approx(-40 * 0.45, abs=1e-6)
    assert statement.kg("closing", "Ni") == pytest.approx(480 * 0.3, abs=1e-5)


def test_a_party_a_site_a_lot(desk: Desk) -> None:
    a_month(desk)
    mine = desk.state(party="LGES")
    assert mine.kg("title out") == -90
    assert mine.kg("received") == 1000
    assert mine.kg("consumed") == -900
    road = desk.state(site="in transit")
    assert [x.mass / 1e6 for x in road.lines if any(x.content)] == [700, -660, -40]
    lot = desk.state(lot="M")
    assert lot.kg("produced") == 700
    assert lot.kg("unaccounted") == -40
    assert not any(lot.line("of which unaccounted").content)  # a run's loss is no lot's
    gone = desk.state(lot="B1")
    assert (gone.kg("from lots"), gone.kg("emissions"), gone.kg("closing")) == (1, -1, 0)


def test_a_reversal_stands_on_the_line_of_what_it_takes_back(desk: Desk) -> None:
    a_month(desk)
    end = START + timedelta(days=10)
    desk.post(c.OpenPeriod, 10, period="first", start=START, end=end)
    desk.post(c.ClosePeriod, 10, period="first")
    before = desk.state(end=end).lines
    desk.post(c.Reverse, 10, event="deliver", reason="wrong lot")
    assert desk.state(end=end).lines == before
    assert desk.state().kg("delivered") == 0
    assert desk.state().kg("closing") == 480 + 660
    late = desk.state(start=end)
    assert late.kg("delivered") == 660
    assert "reverses deliver deliver of 2026-02-10" in late.text()


def test_what_was_believed(desk: Desk) -> None:
    """A late fact is in the statement of the month, but was not known before."""
    a_month(desk)
    before = desk.state()
    known = desk.now
    desk.post(c.OpenPeriod, 31, period="2026-03", start=END, end=END + timedelta(days=31))
    desk.now += DAY
    desk.book.post(c.Dispose(**desk(20), lot="B", site="plant", mass_kg=5))
    assert desk.state().kg("waste") == -5
    assert desk.state().kg("closing") == 475
    then = desk.state(known_at=known)
    assert [x.content for x in then.lines] == [x.content for x in before.lines]
    assert "as known on 2026-02-10" in then.text()


def test_a_period_by_name_says_whether_it_is_closed(desk: Desk) -> None:
    a_month(desk)
    desk.post(c.OpenPeriod, 9, period="2026-02", start=START, end=END)
    assert "2026-02, not closed" in period_statement(desk.book, "2026-02").text()
    desk.post(c.ClosePeriod, 30, period="2026-02")
    closed = period_statement(desk.book, "2026-02")
    assert closed.title == "Metal statement, 2026-02, closed"
    assert [x.content for x in closed.lines] == [x.content for x in desk.state().lines]
    with pytest.raises(InputError, match="did you mean 2026-02"):
        period_statement(desk.book, "2026-20")


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"party": "GBMI"}, "party: unknown-name: .*GMBI"),
        ({"site": "plan"}, "site: unknown-name: .*plant"),
        ({"lot": "AA"}, "lot: unknown-name: .*AA"),
        ({"end": START}, "end: range: expected after 2026-02-01"),
        ({"start": datetime(2026, 2, 1)}, "start: time: expected a time zone"),
        ({"known_at": datetime(2026, 2, 1)}, "known_at: time"),
    ],
)
def test_a_senseless_question_is_refused(desk: Desk, asked: dict[str, Any], complaint: str) -> None:
    a_month(desk)
    with pytest.raises(InputError, match=complaint):
        desk.state(**asked)


def test_a_lost_leg_is_no_statement(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    a_month(desk)
    names = unwrap(metal_statement).__globals__
    moved: Callable[..., Any] = names["moved"]

    def forgetful(*args: Any, **more: Any) -> Any:
        return {line: lots for line, lots in moved(*args, **more).items() if line != "delivered"}

    monkeypatch.setitem(names, "moved", forgetful)
    with pytest.raises(BalanceError, match="opening and movements are"):
        desk.state()


# -- check-in, check-out


def test_check_in_and_check_out_of_a_run(desk: Desk) -> None:
    a_month(desk)
    (run,) = run_accounts(desk.book, start=microseconds(START), end=microseconds(END))
    assert {lot: sum(x) / 1e6 for lot, x in run.checked_in.items()} == {"A": 990, "B": 10}
    assert {lot: sum(x) / 1e6 for lot, x in run.checked_out.items()} == {"M": 700}
    assert sum(run.emissions) / 1e6 == 30
    assert sum(run.waste) / 1e6 == 200
    assert sum(run.unaccounted) / 1e6 == 70
    assert run.share() == 0.07
    assert run.share("Ni") == pytest.approx((319.8 - 315) / 319.8)
    assert "unaccounted of checked in: mass 7.00 %, Ni 1.50 %, Li" in run.text()
    lines = "in, in, checked in, out, checked out, emissions, waste, unaccounted"
    assert [row.line for row in run.lines] == lines.split(", ")
    assert run_accounts(desk.book, start=0, end=microseconds(END), site="refinery") == ()


def test_nothing_unaccounted_has_no_sign(desk: Desk) -> None:
    a_month(desk)
    assert "unaccounted in runs: 0.00 % of the mass consumed" in desk.state(lot="A").notes


def test_a_run_that_was_taken_back_is_not_shown(desk: Desk) -> None:
    a_month(desk)
    for key in ("deliver", "arrive", "ship"):
        desk.post(c.Reverse, 10, event=key, reason="test")
    known = desk.now
    desk.now += DAY
    desk.post(c.Reverse, 12, "undo count", event="count", reason="test")
    desk.post(c.Reverse, 12, event="run", reason="test")
    span = {"start": microseconds(START), "end": microseconds(END)}
    assert run_accounts(desk.book, **span) == ()
    assert len(run_accounts(desk.book, **span, known_at=known)) == 1
    assert desk.state().kg("consumed") == 0


def test_a_run_that_a_late_fact_amends_is_shown_as_amended(desk: Desk) -> None:
    """An assay from before the run: more nickel was checked in, and more of it is unaccounted."""
    a_month(desk)
    span = {"start": microseconds(START), "end": microseconds(END)}
    known, (before,) = desk.now, run_accounts(desk.book, **span)
    desk.now += DAY
    assay = {"lot": "A", "stage": "final", "basis": "as received", "shares": {"Ni": "0.33"}}
    desk.post(c.Assay, 2.5, "late", laboratory="P", **assay)
    (after,) = run_accounts(desk.book, **span)
    nickel = after.substances.index("Ni")
    assert after.checked_in["A"][nickel] == 990 * 330_000
    assert after.checked_out == before.checked_out
    more = after.checked_in["A"][nickel] - before.checked_in["A"][nickel]
    assert after.unaccounted[nickel] == before.unaccounted[nickel] + more
    assert (after.key, after.run, list(after.checked_in)) == (before.key, before.run, ["A", "B"])
    assert run_accounts(desk.book, **span, known_at=known) == (before,)


# -- uncertainty


def weighed(desk: Desk, lot: str, *, scale: str, sigma: float = 3, day: float = 1) -> None:
    desk.post(
        c.Receive,
        day,
        lot=lot,
        material="scrap",
        supplier="LGES",
        owner="LGES",
        site="plant",
        mass_kg=1000,
        shares={"Ni": "0.3"},
    )
    desk.post(
        c.Weigh,
        day,
        lot=lot,
        ticket=lot,
        gross_kg=1500,
        tare_kg=500,
        uncertainty_kg=sigma,
        scale=scale,
    )


def u(desk: Desk, line: str, shared: float, substance: int | None = None) -> float:
    sure = desk.state(shared=shared).line(line).sure
    assert sure is not None
    return (sure.mass if substance is None else sure.substances[substance]) / 1e6


@pytest.mark.parametrize(
    ("shared", "two", "three"), [(1.0, 6, 10), (0.0, 18**0.5, 82**0.5), (0.5, 27**0.5, 91**0.5)]
)
def test_errors_of_one_scale_add_up_and_of_two_in_squares(
    desk: Desk, shared: float, *, two: float, three: float
) -> None:
    """Twice 3 kg on one scale: 6 if all is bias, 3 root 2 if all is noise; then 8 on another."""
    weighed(desk, "A", scale="W")
    weighed(desk, "B", scale="W")
    assert u(desk, "closing", shared) == pytest.approx(two)
    weighed(desk, "C", scale="V", sigma=8)
    assert u(desk, "closing", shared) == pytest.approx(three)
    sure = desk.state().line("closing").sure
    assert sure is not None
    assert sure.mass_covered == 1
    assert sure.covered[0] == 0  # nickel was not assayed


def test_a_substance_has_the_errors_of_scale_and_laboratory(desk: Desk) -> None:
    for lot in ("A", "B"):
        weighed(desk, lot, scale="W")
        desk.post(
            c.Assay,
            2,
            lot=lot,
            stage="final",
            basis="as received",
            shares={"Ni": "0.25"},
            uncertainty={"Ni": "0.005"},
            laboratory="P",
        )
    by_scale, by_laboratory = 250 * 3 / 1000, 1000 * 0.005
    one = by_scale**2 + by_laboratory**2
    assert u(desk, "closing", 1.0, 0) == pytest.approx(2 * one**0.5)
    assert u(desk, "closing", 0.0, 0) == pytest.approx((2 * one) ** 0.5)
    sure = desk.state().line("closing").sure
    assert sure is not None
    assert sure.covered == (1.0, None, 0.0)


def test_a_scale_that_is_wrong_at_both_ends_says_nothing_wrong_of_the_loss(desk: Desk) -> None:
    weighed(desk, "A", scale="W")
    desk.post(
        c.Process,
        2,
        run="R",
        site="plant",
        inputs_kg={"A": None},
        outputs=[c.Output("M", "black mass", 1000, {"Ni": "0.3"})],
    )
    noise = (3**2 + 3**2) ** 0.5
    for scale, bias in (("W", 0.0), ("V", noise)):
        desk.post(
            c.Weigh,
            3,
            lot="M",
            ticket=scale,
            gross_kg=1100,
            tare_kg=100,
            uncertainty_kg=3,
            scale=scale,
        )
        assert u(desk, "of which unaccounted", 1.0) == pytest.approx(bias)
        assert u(desk, "of which unaccounted", 0.0) == pytest.approx(noise)


def test_what_was_taken_back_is_not_known(desk: Desk) -> None:
    weighed(desk, "A", scale="W")
    key = desk.post(
        c.Weigh, 2, lot="A", ticket="2", gross_kg=1500, tare_kg=500, uncertainty_kg=50, scale="W"
    )
    known = desk.now
    desk.now += DAY
    desk.post(c.Reverse, 3, event=key, reason="another truck")
    for at, sigma in ((None, 3), (known, 50)):
        sure = desk.state(known_at=at).line("closing").sure
        assert sure is not None
        assert sure.mass / 1e6 == pytest.approx(sigma)


def test_what_is_not_covered_is_said(desk: Desk) -> None:
    weighed(desk, "A", scale="W")
    desk.post(
        c.Receive,
        1,
        lot="B",
        material="scrap",
        supplier="LGES",
        owner="LGES",
        site="plant",
        mass_kg=3000,
        shares={"Ni": "0.3"},
    )
    statement = desk.state()
    sure = statement.line("closing").sure
    assert sure is not None
    assert sure.mass_covered == 0.25
    (_, closing) = statement.uncertainty
    assert (closing.mass, closing.mass_covered) == (pytest.approx(3e6), 0.25)
    assert "part of the matter was not weighed" in statement.text()
    plain = desk.state(uncertainty=False)
    assert all(line.sure is None for line in plain.lines)
    assert [x.content for x in plain.lines] == [x.content for x in statement.lines]


def test_the_record_is_exact(desk: Desk) -> None:
    a_month(desk)
    statement = desk.state()
    record = statement.as_record()
    assert record.as_json()["version"] == 1
    (table, _) = record.tables
    for row, line in zip(table.records(), statement.balance, strict=True):
        assert row["mass_kg"] * 10**6 == line.mass
        assert [row[f"{name}_kg"] * 10**6 for name in SUBSTANCES] == list(line.content)
        assert row["counts"] == (row["line"] in ("opening", *LINES, "closing"))
    assert {x.name for x in statement.lines} > {x.name for x in statement.balance}


# -- snapshots


def moments(book: Book) -> list[int]:
    return [row[0] for row in book.store.rows("SELECT DISTINCT moment FROM snapshot ORDER BY 1")]


def test_a_closed_period_leaves_a_snapshot(desk: Desk) -> None:
    a_month(desk)
    assert moments(desk.book) == []
    desk.post(c.OpenPeriod, 9, period="2026-02", start=START, end=END)
    desk.post(c.ClosePeriod, 30, period="2026-02")
    assert moments(desk.book) == [microseconds(END)]
    kept = desk.book.store.rows(
        'SELECT a.kind, a.party, a.site, a.lot, s."s_Ni", s."s_Li", s."s_other" '
        "FROM snapshot s JOIN account a ON a.id = s.account"
    )
    found = {Account(*row[:4]): tuple(row[4:]) for row in kept}
    whole = brute(events_of(desk.book), microseconds(END), None)
    assert found == {account: x for account, x in whole.items() if account.kind == "lot"}


def test_an_event_dated_before_a_snapshot_is_posted_after_it(desk: Desk) -> None:
    """It can only fall into time that belongs to no period: before the first one."""
    a_month(desk)
    for name, first in (("1", START), ("2", START + timedelta(days=10))):
        span = {"start": first, "end": first + timedelta(days=10)}
        desk.post(c.OpenPeriod, 30, period=name, **span)
        desk.post(c.ClosePeriod, 30, period=name)
    assert len(moments(desk.book)) == 2
    early = START - timedelta(days=3)
    desk.book.post(
        c.Receive(
            key="old",
            actor="me",
            occurred_at=early,
            lot="OLD",
            material="scrap",
            supplier="LGES",
            owner="LGES",
            site="plant",
            mass_kg=7,
            shares={},
        )
    )
    assert len(moments(desk.book)) == 2
    assert desk.state().kg("opening") == 0
    assert desk.state(start=START + timedelta(days=20)).kg("received") == 7


def test_a_substance_declared_later_is_in_old_snapshots_as_nothing(
    desk: Desk, shelf: Shelf
) -> None:
    a_month(desk)
    desk.post(c.OpenPeriod, 9, period="2026-02", start=START, end=END)
    desk.post(c.ClosePeriod, 30, period="2026-02")
    with shelf.as_owner(clock=desk.clock) as owner:
        owner.post(c.AddSubstance(**desk(31), substance="Co"))
    assert moments(desk.book) == [microseconds(END)]
    assert desk.state().kg("closing", "Co") == 0
    assert desk.state().kg("closing") == 480


def test_the_text_is_what_an_accountant_reads(desk: Desk) -> None:
    a_month(desk)
    assert desk.state().text(["Ni"]).splitlines()[:9] == [
        "Metal statement",
        "2026-02-01 to 2026-03-01 UTC",
        "",
        "Opening, movements and closing",
        "Line                    Mass, kg    Ni, kg",
        "received               1,500.000   450.000",
        "title in                  90.000    28.800",
        "title out                -90.000   -28.800",
        "from lots                  1.000     0.300",
    ]
