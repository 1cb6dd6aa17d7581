"""Goods that were delivered come back, whole or in part (reported case 13)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest

from loopbook import book as b
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.book.statement.statement import metal_statement
from loopbook.book.storage.open import rebuild_edges
from loopbook.book.verification.report import verify
from loopbook.errors import InputError
from loopbook.trace import Genealogy, recall, suspect, trace
from support.advice import follows
from support.plant import Plant
from support.shelves import Shelf
from support.world import DAY, us


@pytest.fixture
def plant(shelf: Shelf) -> Iterator[Plant]:
    """100 kg of S-1 became BM-1, which went to B on the 4th."""
    made = Plant(shelf)
    made.receive(2, "S-1", 100, Ni="0.3")
    output = b.Output(lot="BM-1", material="black mass", mass_kg=100, shares={"Ni": "0.3"})
    run = partial(b.Process, run="R-1", site="W", inputs_kg={"S-1": None}, outputs=[output])
    made.post(3, run, key="run")
    made.post(4, partial(b.Deliver, lot="BM-1", site="W", customer="B"), key="delivery")
    yield made
    made.book.close()


BACK = partial(b.ReturnGoods, lot="BM-1", customer="B", new_lot="BM-1-ret", owner="A", site="W")


def here(plant: Plant, lot: str) -> dict[str, float]:
    """Kilograms by place that a recall of a lot shows: lots in stock, and where the rest went."""
    answer = recall(plant.book, lot)
    stock = {x.lot: float(sum(x.held_mg)) / 1e6 for x in answer.reached if sum(x.held_mg) > 0.5}
    sums = Counter(stock)
    for x in answer.ended:
        if x.kind == "customer":
            sums[x.id] += round(float(sum(x.amounts_mg))) / 1e6
    return dict(sums)


def test_a_delivered_lot_comes_back(plant: Plant) -> None:
    """Reported case 13."""
    plant.post(8, BACK)
    (origin,) = trace(plant.book, "BM-1-ret").origins
    assert (origin.id, origin.amounts_mg.tolist()) == ("S-1", [30e6, 0, 70e6])
    assert here(plant, "S-1") == here(plant, "BM-1") == {"BM-1-ret": 100}
    suspicion = suspect(plant.book, "S-1")
    assert [(x.lot, x.site) for x in suspicion.held] == [("BM-1-ret", "W")]
    assert suspicion.deliveries == ()
    assert (plant.kg("customer", day=6), plant.kg("customer")) == (100, 0)
    day_6 = b.AsOf(occurred=us(plant.envelope.start) + 6 * DAY)
    (delivery,) = suspect(plant.book, "S-1", asof=day_6).deliveries
    assert (delivery.customer, sum(delivery.amounts_mg)) == ("B", 100e6)
    assert verify(plant.book, replan=True).findings == ()


def test_a_part_comes_back_and_then_the_rest(plant: Plant) -> None:
    """Never more than was delivered, less what came back; the hint of the finding is followed."""
    plant.post(8, partial(BACK, mass_kg=40))
    assert here(plant, "S-1") == {"BM-1-ret": 40, "customer/B//": 60}
    (delivery,) = suspect(plant.book, "S-1").deliveries
    assert delivery.amounts_mg.tolist() == [18e6, 0, 42e6]
    rest = partial(BACK, new_lot="BM-1-ret2")
    text = plant.refused(9, partial(rest, mass_kg="60.5"))
    assert "B has 60 kg of lot BM-1; 60.5 kg were asked for" in text
    follows(text, "leave out mass_kg, and report what the scale showed as a ticket of the new lot")
    plant.post(9, rest)
    plant.weigh(9, "BM-1-ret2", 60.5)
    assert (plant.kg("BM-1-ret2"), plant.kg("customer"), plant.kg("reassay")) == (60.5, 0, -0.5)
    assert "B has nothing of lot BM-1" in plant.refused(10, partial(BACK, new_lot="BM-1-ret3"))
    assert {x.id for x in trace(plant.book, "BM-1-ret2").origins} == {"S-1", "reassay//W/"}
    assert Genealogy.of(plant.book).recall("S-1").ended == ()
    assert verify(plant.book, replan=True).findings == ()


def test_what_came_back_goes_on(plant: Plant) -> None:
    """It is blended, delivered and comes back once more; and it is an origin of the next lot."""
    plant.post(8, partial(BACK, mass_kg=40))
    plant.receive(8, "S-2", 60, material="black mass", Ni="0.1")
    inputs = {"BM-1-ret": None, "S-2": None}
    plant.post(9, partial(b.Blend, inputs_kg=inputs, site="W", lot="B-1", material="black mass"))
    plant.post(10, partial(b.Deliver, lot="B-1", site="W", customer="B"))
    plant.post(11, partial(BACK, lot="B-1", new_lot="B-1-ret", mass_kg=50, site="R"))
    origins = {x.id: x.amounts_mg.round().tolist() for x in trace(plant.book, "B-1-ret").origins}
    assert origins == {"S-1": [6e6, 0, 14e6], "S-2": [3e6, 0, 27e6]}
    assert here(plant, "S-1") == {"B-1-ret": 20, "customer/B//": 80}
    assert sum(sum(x.amounts_mg) for x in suspect(plant.book, "S-1").deliveries) == 80e6
    assert verify(plant.book, replan=True).findings == ()


def test_late_facts_reach_what_came_back(plant: Plant) -> None:
    """A late assay of the lot that was delivered, and a late ticket; both reversed in the end."""
    plant.post(8, partial(BACK, mass_kg=40))
    plant.post(9, partial(BACK, new_lot="rest"))
    before = dict(plant.book.balances())
    assay = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.2"}}
    plant.post(3.5, partial(b.Assay, lot="BM-1", **assay), key="assay")
    assert (plant.kg("BM-1-ret", "Ni"), plant.kg("rest", "Ni")) == (8, 12)
    plant.weigh(3.6, "BM-1", 95, key="ticket")
    assert (plant.kg("BM-1-ret"), plant.kg("rest"), plant.kg("customer")) == (40, 55, 0)
    assert "B has 39 kg of lot BM-1" in plant.refused(3.7, partial(b.Weigh, lot="BM-1", **SCALE))
    assert here(plant, "BM-1") == {"BM-1-ret": 40, "rest": 55}
    assert verify(plant.book, replan=True).findings == ()
    for key in ("ticket", "assay"):
        plant.post(12, partial(b.Reverse, event=key, reason="of another lot"))
    assert dict(plant.book.balances()) == before
    assert verify(plant.book, replan=True).findings == ()


SCALE = {"ticket": "T", "gross_kg": 1_039, "tare_kg": 1_000}


def test_goods_that_came_back_are_reported_late(plant: Plant) -> None:
    """Told after the rest came back, and before the delivery, and at a date before it."""
    plant.post(9, partial(BACK, new_lot="rest"))
    plant.post(8, partial(BACK, mass_kg=40))
    assert (plant.kg("rest"), plant.kg("rest", day=8)) == (60, 0)
    early = plant.refused(3.5, partial(BACK, new_lot="early"))
    assert "B has nothing of lot BM-1 at 2026-03-03T12:00:00" in early
    assert "later events could not have happened so" in plant.refused(
        8.5, partial(BACK, new_lot="all")
    )
    assert here(plant, "S-1") == {"BM-1-ret": 40, "rest": 60}
    assert verify(plant.book, replan=True).findings == ()


def test_a_delivery_is_reversed_only_after_what_came_back(plant: Plant) -> None:
    """The hint of the finding is followed."""
    plant.post(8, partial(BACK, mass_kg=40), key="back")
    text = plant.refused(9, partial(b.Reverse, event="delivery", reason="not so"))
    follows(text, "reverse these first, the last one first")
    assert "'back' of 2026-03-08" in text
    plant.post(9, partial(b.Reverse, event="back", reason="not so"))
    assert here(plant, "S-1") == {"customer/B//": 100}
    plant.post(9, partial(b.Reverse, event="delivery", reason="not so"))
    assert here(plant, "S-1") == {"BM-1": 100}
    assert verify(plant.book, replan=True).findings == ()


def test_corrections(plant: Plant) -> None:
    """Of what came back, of the run before it, and of the customer."""
    plant.post(8, partial(BACK, mass_kg=40), key="back")
    known = plant.book.event("back").recorded_at
    b.correct(plant.book, "back", {"mass_kg": "30"}, reason="typed wrongly", actor="bob")
    assert here(plant, "S-1") == {"BM-1-ret": 30, "customer/B//": 70}
    output = '[{"lot": "BM-1", "material": "black mass", "mass_kg": "90", "shares": {"Ni": "0.2"}}]'
    b.correct(plant.book, "run", {"outputs": output}, reason="typed wrongly", actor="bob")
    assert (plant.kg("BM-1-ret", "Ni"), plant.kg("customer")) == (6, 60)
    with pytest.raises(InputError, match="'back corrected' of 2026-03-08"):
        b.correct(plant.book, "delivery", {"customer": "A"}, reason="typed wrongly", actor="bob")
    held = plant.book.balances(lot="BM-1-ret", recorded=known)
    assert sum(map(sum, held.values())) == 40 * 10**6
    assert verify(plant.book, replan=True).findings == ()


def test_statements_of_the_month(plant: Plant) -> None:
    """A line of its own; a return of a closed period counts in the open one."""
    start = plant.envelope.start
    first = {"start": start, "end": start + timedelta(days=7)}
    plant.post(5, partial(b.OpenPeriod, period="first week", **first))
    plant.post(8, partial(b.ClosePeriod, period="first week"))
    plant.post(8, partial(BACK, mass_kg=40))
    plant.post(6, partial(BACK, new_lot="late", mass_kg=10))

    def returned(first_day: int, last_day: int) -> list[str]:
        days = {"start": start + timedelta(days=first_day), "end": start + timedelta(days=last_day)}
        statement = metal_statement(plant.book, **days).as_record()
        rows = [str([*row]) for table in statement.tables for row in table.rows]
        return [row for row in rows if "returned" in row]

    assert returned(0, 7) == []
    (row,) = returned(7, 31)
    assert "Decimal('50.000000')" in row
    assert "Decimal('15.000000')" in row
    assert plant.kg("late", day=7) == 10


def test_proofs_and_rebuilt_edges(plant: Plant, shelf: Shelf) -> None:
    plant.post(8, partial(BACK, mass_kg=40), key="back")
    signer = generate_signer("book")
    kept = read_kept(proofs.checkpoint(plant.book, signer))
    proof = proofs.inclusion(plant.book, "back")
    assert proofs.check_inclusion(proof, signer.verifier, kept).kind == "return-goods"
    assert verify(plant.book, keys=[signer.verifier], kept=kept, replan=True).findings == ()
    before = here(plant, "S-1")
    rebuild_edges(shelf.owner if shelf.kind == "postgres" else shelf.address)
    assert here(plant, "S-1") == before


WRONG = {
    "more than was delivered": (8, {"mass_kg": 101}, ["mass_kg: negative", "B has 100 kg"]),
    "another lot": (
        8,
        {"lot": "S-1"},
        ["customer: place", "B has nothing of lot S-1 at 2026-03-08"],
    ),
    "another customer": (8, {"customer": "A"}, ["customer: place", "A has nothing", "B has some"]),
    "before it was made": (1, {}, ["occurred_at: before-lot", "when lot BM-1 was made"]),
    "before it was delivered": (3.5, {}, ["customer: place", "at 2026-03-03T12:00"]),
    "a name that is there": (8, {"new_lot": "S-1"}, ["new_lot: duplicate", "S-1 exists already"]),
    "nowhere": (8, {"site": "V"}, ["site: unknown-name"]),
    "to nobody": (8, {"owner": "C"}, ["owner: unknown-name"]),
    "nothing": (8, {"mass_kg": 0}, ["mass_kg: empty"]),
    "no such lot": (8, {"lot": "BM-2"}, ["lot: unknown-name", "did you mean BM-1?"]),
    "a serial twice": (8, {"serials": ["P-1 to P-5", "P-3"]}, ["serials: duplicate"]),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG)
def test_what_cannot_come_back(
    plant: Plant, case: tuple[float, dict[str, object], list[str]]
) -> None:
    day, wrong, words = case
    before = dict(plant.book.balances())
    text = plant.refused(day, partial(BACK, **wrong))
    assert [word for word in words if word not in text] == []
    assert dict(plant.book.balances()) == before


def test_all_errors_are_reported_together_and_a_site_has_its_limit(plant: Plant) -> None:
    hazards = partial(b.RegisterMaterial, material="cells", hazard="fire")
    plant.post(1, hazards, partial(b.RegisterSite, site="C", limits_kg={"fire": "50"}))
    plant.receive(2, "C-1", 60, material="cells")
    plant.post(4, partial(b.Deliver, lot="C-1", site="W", customer="B"))
    with pytest.raises(InputError) as caught:
        plant.post(8, partial(BACK, lot="C-1", new_lot="S-1", owner="Z", site="Y", customer="A"))
    assert [f.code for f in caught.value.findings] == [
        "duplicate",
        "unknown-name",
        "unknown-name",
        "place",
    ]
    cells = partial(BACK, lot="C-1", new_lot="C-1r", site="C")
    assert "C would hold 60 kg of fire" in plant.refused(8, cells)
    plant.post(8, partial(cells, mass_kg=50))
    assert plant.kg("C-1r") == 50
