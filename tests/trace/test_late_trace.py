"""Origins and recalls after facts that were reported late: those of the book told in time.

``--stories N`` plays N generated stories; the usual run plays a few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trace_compare import Sure, alike, contents
from trace_oracle import Oracle

from loopbook import book as c
from loopbook.book import NOW, AsOf, Book
from loopbook.trace import (
    Genealogy,
    Recall,
    open_genealogy,
    recall,
    save_genealogy,
    sure_shares,
    suspect,
    trace,
)
from support.seeds import seeds
from support.shelves import Shelf, sqlite_shelf
from support.stories import FIRST, Fact, Story
from support.teller import Teller
from support.world import DAY, Desk, us


@dataclass
class Tracer(Teller):
    """A book that is told facts, and its genealogy on the way."""

    genealogy: Genealogy = field(init=False)
    recorded: int = 0

    def __post_init__(self) -> None:
        self.genealogy = Genealogy.of(self.book)

    def note(self, fact: Fact) -> None:
        self.recorded = self.book.event(fact["key"]).recorded_at
        self.genealogy.update(self.book)


def play(shelf: Shelf, folder: Path, seed: int) -> None:
    """Play a story in time and as it is told; ask both of every lot."""
    story = Story(seed)
    told = story.told()
    (folder / "intime").mkdir()
    intime, late = Tracer.at(sqlite_shelf(folder / "intime")), Tracer.at(shelf)
    assert not intime.tell(story.facts)
    waiting = late.tell(told[: len(told) // 2])
    asof, before = AsOf(recorded=late.recorded), contents(late.genealogy)
    save_genealogy(late.genealogy, late.book, folder / "arrays")
    assert not late.tell([*waiting, *told[len(told) // 2 :]])
    now = Genealogy.of(late.book)
    alike(late.genealogy, now)
    alike(open_genealogy(late.book, folder / "arrays"), now)
    assert facts_of(now) == facts_of(intime.genealogy)
    assert contents(Genealogy.of(late.book, asof=asof)) == before
    sure = Sure(Oracle(intime.book))
    lots = [*sure.oracle.total]
    sort = partial(in_order, lots)
    sure.check_answers(lots, now.trace, lambda lot: sort(now.recall(lot)))
    cold = lots[:: max(1, len(lots) // 8)]
    sure.check_answers(
        cold, lambda lot: trace(late.book, lot), lambda lot: sort(recall(late.book, lot))
    )
    for lot in cold:
        reached = [x.lot for x in recall(late.book, lot).reached]
        assert reached == [x.lot for x in now.recall(lot).reached]
    for at in (AsOf(occurred=us(FIRST) + DAY // 2), replace(asof, occurred=us(FIRST) + DAY)):
        check_moment(late.book, at, intime.book if at.recorded is None else late.book)
    for teller in (intime, late):
        teller.book.close()


def check_moment(book: Book, asof: AsOf, sure_of: Book) -> None:
    """Answers at a moment, against the oracle."""
    sure = Sure(Oracle(sure_of, occurred=asof.occurred, recorded=asof.recorded))
    lots, genealogy = [*sure.oracle.total], Genealogy.of(book, asof=asof)
    sort = partial(in_order, lots)
    sure.check_answers(lots, genealogy.trace, lambda lot: sort(genealogy.recall(lot)))
    some = lots[:: max(1, len(lots) // 4)]
    sure.check_answers(
        some,
        lambda lot: trace(book, lot, asof=asof),
        lambda lot: sort(recall(book, lot, asof=asof)),
    )


def facts_of(genealogy: Genealogy) -> dict[str, object]:
    """What the arrays say, whatever the order in which the lots were recorded."""
    told = contents(genealogy)
    rows = zip(told["lots"], told["materials"], *told["totals"], strict=True)
    return {"lots": sorted(rows), "edges": told["edges"], "outside": told["outside"]}


def in_order(lots: Sequence[str], told: Recall) -> Recall:
    """A recall with its lots in the order of others."""
    assert told.reached[0].lot == told.lot
    return replace(told, reached=tuple(sorted(told.reached, key=lambda x: lots.index(x.lot))))


@pytest.mark.parametrize("seed", seeds(8))
def test_a_story_told_late(shelf: Shelf, tmp_path: Path, seed: int) -> None:
    play(shelf, tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(10))
def test_many_stories_told_late(request: pytest.FixtureRequest, part: int, tmp_path: Path) -> None:
    count = int(request.config.getoption("--stories")) // 10
    for seed in seeds(100 + part * count, 100 + (part + 1) * count):
        folder = tmp_path / str(seed)
        (folder / "late").mkdir(parents=True)
        play(sqlite_shelf(folder / "late"), folder, seed)


# -- one at a time


@pytest.fixture
def desk(shelf: Shelf) -> Iterator[Desk]:
    """A is received on the second day, cut on the fourth, and what is left delivered."""
    desk = Desk(shelf)
    desk.receive("A", 1_000, {"Ni": "0.5"}, at=2)
    desk.post(c.Split, 4, lot="A", parts_kg={"A1": 400})
    desk.post(c.Deliver, 5, "deliver", lot="A", site="works", customer="GMBI", document="note 7")
    yield desk
    desk.book.close()


def test_a_delivery_that_a_late_ticket_amends_is_one_delivery(desk: Desk) -> None:
    """The customer got what was there: 580 kg, not 600; what the book knew before stays."""
    before = AsOf(recorded=desk.clock())
    weigh(desk, 3, 980)
    for asof, kg in ((NOW, 580), (before, 600)):
        for genealogy in (None, Genealogy.of(desk.book, asof=asof)):
            answer = suspect(desk.book, "A", asof=asof, genealogy=genealogy)
            (one,) = answer.deliveries
            assert (one.key, one.document, one.customer) == ("deliver", "note 7", "GMBI")
            assert one.amounts_mg.tolist() == [kg * 500_000, 0, kg * 500_000]
            (ended,) = [x for x in answer.recall.ended if x.kind == "customer"]
            assert ended.amounts_mg.sum() == kg * 1e6
            assert [x.lot for x in answer.held] == ["A1"]
    assert (
        len(suspect(desk.book, "A", asof=AsOf(occurred=us(desk.start) + 9 * DAY // 2)).deliveries)
        == 0
    )


def test_a_late_ticket_that_is_taken_back_leaves_no_trace(desk: Desk) -> None:
    before = contents(Genealogy.of(desk.book))
    weigh(desk, 3, 980, key="ticket")
    assert contents(Genealogy.of(desk.book)) != before
    desk.post(c.Reverse, 9, event="ticket", reason="of another truck")
    assert contents(Genealogy.of(desk.book)) == before
    (one,) = suspect(desk.book, "A").deliveries
    assert one.amounts_mg.sum() == 600e6


def test_a_reversed_delivery_that_was_amended_is_none(desk: Desk) -> None:
    weigh(desk, 3, 980)
    desk.post(c.Reverse, 9, event="deliver", reason="not fetched")
    answer = suspect(desk.book, "A")
    assert answer.deliveries == ()
    assert [(x.lot, sum(x.content) / 1e6) for x in answer.held] == [("A", 580), ("A1", 400)]


def test_a_late_assay_brings_a_substance_into_old_lots(desk: Desk) -> None:
    """Lithium was in A all the time, and so in what was cut from it."""
    genealogy = Genealogy.of(desk.book)
    assay = {"lot": "A", "stage": "final", "basis": "as received", "shares": {"Li": "0.1"}}
    desk.post(c.Assay, 3, **assay)
    genealogy.update(desk.book)
    for answer in (genealogy.trace("A1"), trace(desk.book, "A1")):
        assert answer.shares("Li") == {"A": 1.0}
        assert answer.total_mg.tolist() == [180e6, 40e6, 180e6]


def test_the_uncertainty_is_that_of_the_latest_assay_by_date(desk: Desk) -> None:
    """An assay of the third day that comes in after one of the fifth does not replace it."""
    desk.receive("B", 1_000, {"Ni": "0.5"}, at=2)
    for lot, day, u in (("A1", 6, "0.01"), ("B", 6, "0.02"), ("B", 3, "0.1")):
        weigh(desk, day - 0.5, 400 if lot == "A1" else 1_000, lot=lot, uncertainty_kg=1)
        assay = {"lot": lot, "shares": {"Ni": "0.5"}, "uncertainty": {"Ni": u}}
        desk.post(c.Assay, day, stage="final", basis="as received", **assay)
    taken = {"A1": 200, "B": 200}
    desk.post(c.Blend, 8, lot="M", inputs_kg=taken, site="works", material="scrap")
    late = sure_shares(desk.book, "M", "Ni")
    assert late.covered == 1
    assert late.sigmas["A"] == pytest.approx(0.25 * np.hypot(0.02, 0.04), rel=0.01)


def weigh(desk: Desk, day: float, kg: float, lot: str = "A", key: str = "", **more: Any) -> None:
    ticket = {"ticket": f"T{desk.count}", "gross_kg": kg, "tare_kg": 0}
    desk.post(c.Weigh, day, key, lot=lot, **ticket, **more)
