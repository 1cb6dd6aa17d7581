"""Facts that are reported late: the book is the one in which each was reported in time.

``--stories N`` plays N generated stories on each store; the usual run plays a few.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from loopbook import book as b
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.book.statement.statement import metal_statement
from loopbook.book.verification.report import verify
from support.advice import follows
from support.plain_book import Impossible, PlainBook
from support.plant import Plant
from support.seeds import seeds
from support.shelves import Shelf, sqlite_shelf
from support.stories import MEASURING, SUBSTANCES, Fact, Story, moment
from support.teller import Teller, a_shelf, agrees_with_fractions, have_same_statements
from support.world import DAY, us

PARTS = 10  # of the many stories: tests that run side by side


def play(shelf: Shelf, folder: Path, seed: int) -> Counter[str]:
    """Play a story in time and as it is told; late measurements, those refused, on lots used up."""
    story = Story(seed)
    told = story.told()
    intime, late = Teller.at(sqlite_shelf(folder)), Teller.at(shelf)
    assert not intime.tell(story.facts)
    assert not intime.refused
    middle = len(told) // 2
    waiting = late.tell(told[:middle])
    signer = generate_signer("book")
    kept = read_kept(proofs.checkpoint(late.book, signer))
    proof = proofs.inclusion(late.book, "party A")
    assert not late.tell([*waiting, *told[middle:]])
    for at in range(-1, len(story.facts)):
        occurred = us(moment(at))
        expected = dict(intime.book.balances(occurred=occurred))
        assert dict(late.book.balances(occurred=occurred)) == expected, (seed, at)
        assert not any(map(sum, zip(*expected.values(), strict=True)))
    assert dict(late.book.balances()) == dict(intime.book.balances())
    have_same_statements(late.book, intime.book, len(story.facts), seed)
    agrees_with_fractions(late.book, story.facts, seed)
    for recorded, answer in late.answers:
        assert dict(late.book.balances(recorded=recorded)) == answer, seed
    for name, statement in late.statements.items():
        assert late.statement(name) == statement, (seed, name)
    assert verify(late.book, keys=[signer.verifier], kept=kept, replan=True).findings == (), seed
    assert proofs.check_inclusion(proof, signer.verifier, kept).key == "party A"
    for teller in (intime, late):
        teller.book.close()
    counts = counted(story.facts, told)
    counts["refused"] = len(late.refused & {f["key"] for f in story.facts if measures(f)})
    return counts


def measures(fact: Fact) -> bool:
    """Whether it is a ticket, a count or an assay."""
    return fact["kind"] in MEASURING


def counted(facts: Sequence[Fact], told: Sequence[Fact]) -> Counter[str]:
    """Measurements told after a later fact, and those of lots that were used up by then."""
    counts: Counter[str] = Counter(stories=1)
    for place, fact in enumerate(told):
        before = [f for f in told[:place] if f in facts]
        if measures(fact) and any(f["at"] > fact["at"] for f in before):
            counts["late"] += 1
            seen = PlainBook(SUBSTANCES)
            with suppress(Impossible):  # without some of its measurements the story may be none
                seen.play([f for f in facts if f in before or not measures(f)])
                counts["used up"] += not seen.held(fact["lot"])
    return counts


@pytest.mark.parametrize("seed", seeds(4))
def test_a_story_told_late(tmp_path: Path, seed: int) -> None:
    (tmp_path / "late").mkdir()
    play(sqlite_shelf(tmp_path / "late"), tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
@pytest.mark.parametrize("part", range(PARTS))
def test_many_stories_told_late(
    request: pytest.FixtureRequest, store: str, part: int, tmp_path: Path
) -> None:
    """Under a fifth of the late measurements are refused at first; many are of lots used up."""
    count = int(request.config.getoption("--stories")) // PARTS
    total: Counter[str] = Counter()
    for seed in seeds(100 + part * count, 100 + (part + 1) * count):
        folder = tmp_path / str(seed)
        (folder / "late").mkdir(parents=True)
        total.update(play(a_shelf(request, store, folder / "late"), folder, seed))
    print(f"{count} stories on {store}: {dict(total)}")
    assert total["refused"] * 5 < total["late"]
    assert total["used up"] * 4 > total["late"]


# -- reported cases and their siblings


@pytest.fixture
def plant(shelf: Shelf) -> Iterator[Plant]:
    made = Plant(shelf)
    yield made
    made.book.close()


def test_a_late_ticket_of_a_lot_that_was_split(plant: Plant) -> None:
    """Reported case 01."""
    plant.receive(2.1, "L-1", 20_000, Ni="0.3", Co="0.04")
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 5_000}))
    plant.weigh(2.2, "L-1", 19_980)
    assert (plant.kg("L-1"), plant.kg("L-1", "Ni"), plant.kg("L-1a")) == (14_980, 4_494, 5_000)
    assert (plant.kg("L-1", day=3), plant.kg("reassay")) == (19_980, 20)
    assert verify(plant.book).clean


def test_a_late_assay_of_a_lot_that_a_run_used_up(plant: Plant) -> None:
    """Reported case 02."""
    plant.receive(2.1, "L-1", 20_000, Ni="0.3", Co="0.04")
    shares = {"Ni": "0.3", "Co": "0.04"}
    output = b.Output(lot="BM-1", material="black mass", mass_kg=19_900, shares=shares)
    plant.post(5, partial(b.Process, run="R", site="W", inputs_kg={"L-1": None}, outputs=[output]))
    assay = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.29"}}
    plant.post(3, partial(b.Assay, lot="L-1", **assay))
    assert plant.kg("unaccounted", "Ni") == -170
    assert (plant.kg("reassay", "Ni"), plant.kg("BM-1", "Ni")) == (200, 5_970)
    assert verify(plant.book).clean


def test_a_late_ticket_after_a_late_title_is_of_the_run_that_it_changed(plant: Plant) -> None:
    """The second late fact amends a leg that only the first one brought to the run."""
    plant.receive(2, "L-1", 10_000, Ni="0.3")
    output = b.Output(lot="BM", material="black mass", mass_kg=9_700, shares={"Ni": "0.3"})
    plant.post(10, partial(b.Process, run="R", site="W", inputs_kg={"L-1": None}, outputs=[output]))
    plant.post(4, partial(b.TransferTitle, lot="L-1", seller="A", buyer="B"))
    plant.weigh(6, "L-1", 9_850)
    start = plant.envelope.start
    span = {"start": start, "end": start + timedelta(days=31)}
    for scope, made in (({}, 9_700), ({"lot": "L-1"}, 0), ({"party": "B"}, 9_700)):
        statement = metal_statement(plant.book, **span, **scope)
        assert (statement.kg("consumed"), statement.kg("produced")) == (-9_850, made)
    assert (
        "unaccounted in runs: 1.52 % of the mass consumed"
        in metal_statement(plant.book, **span).notes
    )


def test_a_late_ticket_of_a_lot_that_was_delivered(plant: Plant) -> None:
    """A sibling of case 01: what the customer got is amended, the lot stays empty."""
    plant.receive(2, "L-1", 1_000, Ni="0.5")
    plant.post(5, partial(b.Deliver, lot="L-1", site="W", customer="B"))
    plant.weigh(3, "L-1", 990)
    assert (plant.kg("L-1"), plant.kg("customer"), plant.kg("customer", "Ni")) == (0, 990, 495)
    assert plant.kg("L-1", day=4) == 990


def test_a_late_ticket_that_finds_less_than_was_taken_is_refused(plant: Plant) -> None:
    """The way that the message names works: the split is reversed, and told again."""
    plant.receive(2, "L-1", 1_000, Ni="0.5")
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 900}), key="cut")
    ticket = partial(b.Weigh, lot="L-1", ticket="T", gross_kg=850, tare_kg=0)
    text = plant.refused(3, ticket)
    follows(text, "reverse these first, the last one first")
    assert "'cut' of 2026-03-05" in text
    assert plant.kg("L-1a") == 900
    plant.post(6, partial(b.Reverse, event="cut", reason="another lot"))
    plant.post(3, ticket)
    assert plant.kg("L-1") == 850


def test_a_reversed_late_ticket_restores_every_date(plant: Plant) -> None:
    plant.receive(2, "L-1", 1_000, Ni="0.5")
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 300}))
    plant.post(7, partial(b.Blend, inputs_kg={"L-1": None}, site="W", lot="B-1", material="foil"))
    dates = [us(plant.envelope.start) + day * DAY for day in range(8)]
    before = [dict(plant.book.balances(occurred=at)) for at in dates]
    plant.weigh(3, "L-1", 900, key="ticket")
    assert (plant.kg("B-1"), plant.kg("B-1", "Ni")) == (600, 300)
    plant.post(9, partial(b.Reverse, event="ticket", reason="of another truck"))
    assert [dict(plant.book.balances(occurred=at)) for at in dates] == before
    assert verify(plant.book).clean


def test_the_last_of_two_tickets_counts_from_its_date(plant: Plant) -> None:
    plant.receive(2, "L-1", 1_000)
    plant.weigh(6, "L-1", 980)
    plant.weigh(4, "L-1", 950)
    assert [plant.kg("L-1", day=d) for d in (3, 5, 7)] == [1_000, 950, 980]
    assert plant.kg("reassay") == 20


def test_a_late_hold_binds_from_its_date(plant: Plant) -> None:
    plant.receive(2, "L-1", 1_000)
    plant.post(6, partial(b.Split, lot="L-1", parts_kg={"L-1a": 100}))
    plant.post(4, partial(b.Hold, lot="L-1", reason="wet"))
    assert plant.kg("L-1a") == 100
    assert "on hold: wet" in plant.refused(5, partial(b.Split, lot="L-1", parts_kg={"L-1b": 100}))
    plant.post(3, partial(b.Split, lot="L-1", parts_kg={"L-1b": 100}))
    assert plant.kg("L-1") == 800


def test_holds_count_by_their_dates_in_whatever_order_they_are_reported(plant: Plant) -> None:
    plant.receive(1, "L-1", 1_000)
    plant.post(10, partial(b.Hold, lot="L-1", reason="bad assay"))
    plant.post(2, partial(b.Hold, lot="L-1", reason="wet"))
    plant.post(3, partial(b.Release, lot="L-1"))
    part = partial(b.Split, lot="L-1", parts_kg={"L-1a": 100})
    assert "on hold: bad assay" in plant.refused(12, part)
    assert [x.hold for x in b.list_lots(plant.book).lots] == ["bad assay"]
    plant.post(5, part)


def test_a_late_hold_before_a_release_holds_nothing_today(plant: Plant) -> None:
    plant.receive(1, "L-1", 1_000)
    plant.post(3, partial(b.Hold, lot="L-1", reason="wet"))
    plant.post(5, partial(b.Release, lot="L-1"))
    plant.post(2, partial(b.Hold, lot="L-1", reason="an earlier paper"))
    assert [x.hold for x in b.list_lots(plant.book).lots] == [""]
    plant.post(12, partial(b.Split, lot="L-1", parts_kg={"L-1a": 100}))


# -- counted as nothing and found again (reported case 21)


def count(lot: str, kg: float, site: str = "W") -> partial[b.StockTake]:
    return partial(b.StockTake, lot=lot, site=site, counted_kg=kg)


def test_a_lot_that_was_counted_as_nothing_is_found(plant: Plant) -> None:
    plant.receive(2, "L-1", 100, Ni="0.3")
    plant.post(4, count("L-1", 0))
    plant.post(12, count("L-1", 98))
    assert (plant.kg("L-1"), plant.kg("L-1", "Ni")) == (98, 29.4)
    assert (plant.kg("stock-take"), plant.kg("L-1", day=5)) == (2, 0)
    assert verify(plant.book, replan=True).findings == ()


def test_a_found_lot_takes_a_late_assay_and_its_owners(plant: Plant) -> None:
    plant.receive(2, "L-1", 100, Ni="0.3")
    plant.post(3, partial(b.TransferTitle, lot="L-1", seller="A", buyer="B", mass_kg=25))
    plant.post(4, count("L-1", 0))
    plant.post(12, count("L-1", 80))
    plant.post(13, partial(b.Split, lot="L-1", parts_kg={"L-1a": 40}))
    shares = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.2"}}
    plant.post(3, partial(b.Assay, lot="L-1", **shares))
    assert (plant.kg("L-1a", "Ni"), plant.kg("L-1", "Ni")) == (8, 8)
    held = {a.party: sum(x) / 1e6 for a, x in plant.book.balances(lot="L-1").items()}
    assert held == {"A": 30, "B": 10}
    assert verify(plant.book, replan=True).findings == ()


def test_what_was_not_counted_out_is_not_found_by_a_count(plant: Plant) -> None:
    plant.receive(2, "L-1", 100)
    plant.post(4, partial(b.Deliver, lot="L-1", site="W", customer="B"))
    assert "lot L-1 is empty" in plant.refused(5, count("L-1", 98))
    plant.receive(2, "L-2", 100)
    plant.post(4, count("L-2", 0))
    assert "not at R" in plant.refused(5, count("L-2", 98, site="R"))
    assert "lot L-2 is empty" in plant.refused(5, partial(b.Split, lot="L-2", parts_kg={"L-2a": 1}))


# -- closed periods


@pytest.fixture
def closed(plant: Plant) -> Plant:
    """March up to the 15th is closed with 30,000 kg, 5,000 kg of it split off (case 22)."""
    start, end = plant.envelope.start, plant.envelope.start + timedelta(days=15)
    plant.post(1, partial(b.OpenPeriod, period="first half", start=start, end=end))
    plant.receive(2, "L-1", 30_000, Ni="0.3")
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 5_000}))
    plant.post(16, partial(b.ClosePeriod, period="first half"))
    return plant


def lines(plant: Plant, first: int, last: int) -> list[str]:
    """Rows of the metal statement of some days of March."""
    start = plant.envelope.start
    end = start + timedelta(days=last)
    record = metal_statement(plant.book, start=start + timedelta(days=first), end=end).as_record()
    return [str([*row]) for table in (record.facts, *record.tables) for row in table.rows]


def test_a_late_fact_of_a_closed_period_is_posted_into_the_open_one(closed: Plant) -> None:
    before = lines(closed, 0, 15)
    closed.weigh(3, "L-1", 29_900, key="ticket")
    closed.receive(-9, "L-0", 700)  # of February, a time of no period
    assert lines(closed, 0, 15) == before
    assert closed.kg("L-1", day=4) == 29_900  # as known now
    open_from = us(closed.envelope.start + timedelta(days=15))
    assert closed.book.event("ticket").posted_at == open_from
    text = "\n".join(lines(closed, 15, 31))
    for row in ("'opening', True, Decimal('30000", "'re-assay', True, Decimal('-100"):
        assert row in text
    assert "'received', True, Decimal('700" in text
    assert "'closing', True, Decimal('30600" in text
    assert verify(closed.book).clean


def test_a_moment_of_a_closed_period_has_both_states(closed: Plant) -> None:
    """As it was known at the closing, and as it is known now; one of them if they are the same."""
    day_4 = b.AsOf(occurred=us(closed.envelope.start) + 4 * DAY - 1)
    assert not b.list_balances(closed.book, asof=day_4).changed
    closed.weigh(3, "L-1", 29_900)
    answer = b.list_balances(closed.book, lot="L-1", asof=day_4)
    assert [sum(x.content) for x in answer.accounts] == [29_900 * 10**6]
    assert [sum(x.content) for x in answer.as_closed] == [30_000 * 10**6]
    assert "more is known now than when the period was closed" in answer.headline()
    assert answer.shown() == ("accounts", "as_closed")
    at_closing = b.AsOf(day_4.occurred, recorded=closed.book.event("k10").recorded_at)
    assert not b.list_balances(closed.book, asof=at_closing).changed
    day_20 = b.AsOf(occurred=us(closed.envelope.start) + 20 * DAY)
    assert not b.list_balances(closed.book, asof=day_20).changed


def test_periods_close_in_order(closed: Plant) -> None:
    start = closed.envelope.start
    for name, first, last in (("second half", 15, 31), ("April", 31, 61)):
        days = {"start": start + timedelta(days=first), "end": start + timedelta(days=last)}
        closed.post(17, partial(b.OpenPeriod, period=name, **days))
    april = partial(b.ClosePeriod, period="April")
    text = closed.refused(62, april)
    follows(text, "close second half first")
    assert "second half is earlier than April" in text
    closed.post(62, partial(b.ClosePeriod, period="second half"))
    closed.post(62, partial(b.ClosePeriod, period="April"))


def test_no_period_begins_before_the_end_of_a_closed_one(closed: Plant) -> None:
    start = closed.envelope.start
    february = {"start": start - timedelta(days=28), "end": start}
    text = closed.refused(17, partial(b.OpenPeriod, period="February", **february))
    assert "the book is closed up to 2026-03-16" in text


# -- a shipment and its arrival that are both reported late


def test_a_shipment_and_its_arrival_are_both_late(plant: Plant) -> None:
    """The way of the message is followed: the book is the one that was told in time."""
    ship = partial(b.Ship, lot="L-1", from_site="W", consignment="C-1")
    arrive = partial(b.Arrive, lot="L-1", consignment="C-1", site="W", mass_kg=990)
    counted_980 = count("L-1", 980)
    plant.receive(2, "L-1", 1_000, Ni="0.3")
    plant.post(6, counted_980, key="count")
    text = plant.refused(3, ship)
    follows(text, "reverse these first, the last one first")
    assert "'count' of 2026-03-06" in text
    assert "lot L-1 is not at in transit C-1" in plant.refused(4, arrive)
    plant.post(7, partial(b.Reverse, event="count", reason="told before the shipment"))
    plant.post(3, ship)
    plant.post(4, arrive)
    plant.post(6, counted_980, key="count again")
    assert [plant.kg("L-1", day=d) for d in (2, 3, 5, 6)] == [1_000, 1_000, 990, 980]
    assert (plant.kg("unaccounted"), plant.kg("stock-take")) == (10, 10)
    assert verify(plant.book, replan=True).findings == ()
