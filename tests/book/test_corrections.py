"""A wrong fact is corrected: the book is the one in which it was right from the start.

``--stories N`` corrects a fact in a quarter of N generated stories on each store; N are told
late; the usual run corrects a few.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from loopbook import book as b
from loopbook.book.commands.planning import as_text
from loopbook.book.listings import list_lots
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.book.statement.statement import metal_statement
from loopbook.book.verification.report import verify
from loopbook.errors import InputError
from loopbook.trace import Genealogy, Trace, trace
from support.advice import follows
from support.plain_book import Impossible, PlainBook
from support.plant import Plant
from support.seeds import seeds
from support.shelves import Shelf, sqlite_shelf
from support.stories import SUBSTANCES, Fact, Story, moment
from support.teller import Teller, a_shelf, agrees_with_fractions, have_same_statements
from support.world import DAY, us

PARTS = 10  # of the many stories: tests that run side by side
RESTING = 5  # events that rest on the wrong one


def wrong_fact(story: Story) -> tuple[Fact, dict[str, str]] | None:
    """A wrong form of an early fact on which others rest, and how it is corrected."""
    draw = story.draw
    for right in draw.sample(story.facts[:-RESTING], len(story.facts) - RESTING):
        made = {right.get("lot"), *right.get("parts", ()), *right.get("outputs", ())} - {None}
        resting = [f for f in story.facts if f["at"] > right["at"] and lots_of(f) & made]
        if len(resting) < RESTING:
            continue
        for wrong, changes in wrongs(right):
            told = [wrong if f is right else f for f in story.facts]
            try:
                PlainBook(SUBSTANCES).play(told)
            except Impossible:
                continue
            return wrong, changes
    return None


def lots_of(fact: Fact) -> set[str]:
    """Lots that a fact names."""
    return {fact.get("lot", ""), *fact.get("inputs", ()), *fact.get("parts", ())} - {""}


def wrongs(right: Fact) -> list[tuple[Fact, dict[str, str]]]:
    """Wrong forms of a fact, each with the changes that make it right."""
    forms: list[tuple[Fact, dict[str, str]]] = []
    if right["kind"] == "receive":
        other = "B" if right["owner"] == "A" else "A"
        forms.append(({**right, "owner": other}, {"owner": right["owner"]}))
        forms.append(({**right, "kg": right["kg"] + 100}, {"mass_kg": str(right["kg"])}))
        nickel = right["shares"]["Ni"]
        forms.append(
            (
                {**right, "shares": {"Ni": "0.1234"}},
                {"shares.Ni": nickel, "shares.Co": right["shares"]["Co"]},
            )
        )
    if right["kind"] == "assay":
        json = "{" + ", ".join(f'"{k}": "{v}"' for k, v in right["shares"].items()) + "}"
        forms.append(({**right, "shares": {"Ni": "0.2"}}, {"shares": json}))
    if right["kind"] == "weigh":
        changes = {"gross_kg": str(right["kg"] + 1000)}
        forms.append(({**right, "kg": right["kg"] + 10}, changes))
    if right["kind"] == "stock-take":
        forms.append(({**right, "kg": right["kg"] + 10}, {"counted_kg": str(right["kg"])}))
    return forms


def origins(answer: Trace) -> dict[tuple[str, str, str], list[float]]:
    """Where a lot's matter came from: thousandths of a milligram, since floats are added up."""
    return {
        (x.id, x.material, x.supplier): [round(float(mg), 3) for mg in x.amounts_mg]
        for x in answer.origins
    }


def play(shelf: Shelf, folder: Path, seed: int) -> bool:
    """Correct a fact of a story; False if it has none on which enough others rest."""
    story = Story(seed)
    form = wrong_fact(story)
    if form is None:
        return False
    wrong, changes = form
    right_book, book = Teller.at(sqlite_shelf(folder)), Teller.at(shelf)
    assert not right_book.tell(story.facts)
    if book.tell([wrong if f["key"] == wrong["key"] else f for f in story.facts]):
        return False
    signer = generate_signer("book")
    kept = read_kept(proofs.checkpoint(book.book, signer))
    proof = proofs.inclusion(book.book, wrong["key"])
    before = dict(book.book.balances())
    would = b.correct(book.book, wrong["key"], changes, reason="x", actor="bob", dry_run=True)
    assert dict(book.book.balances()) == before
    grown = Genealogy.of(book.book)
    done = b.correct(book.book, wrong["key"], changes, reason="x", actor="bob")
    grown.update(book.book)
    assert (would.after, [e.key for e in would.events]) == (
        done.after,
        [e.key for e in done.events],
    )
    for at in range(-1, len(story.facts)):
        occurred = us(moment(at))
        expected = dict(right_book.book.balances(occurred=occurred))
        assert dict(book.book.balances(occurred=occurred)) == expected, (seed, at, wrong)
    have_same_statements(book.book, right_book.book, len(story.facts), seed)
    agrees_with_fractions(book.book, story.facts, seed)
    for recorded, answer in book.answers:
        assert dict(book.book.balances(recorded=recorded)) == answer, seed
    assert verify(book.book, keys=[signer.verifier], kept=kept, replan=True).findings == (), seed
    assert proofs.check_inclusion(proof, signer.verifier, kept).key == wrong["key"]
    all_lots = Genealogy.of(book.book)
    for lot in sorted({a.lot for a in book.book.balances() if a.lot}):
        expected = origins(trace(right_book.book, lot))
        for answer in (trace(book.book, lot), all_lots.trace(lot), grown.trace(lot)):
            assert origins(answer) == expected, (seed, lot)
    for teller in (right_book, book):
        teller.book.close()
    return True


@pytest.mark.parametrize("seed", seeds(4))
def test_a_corrected_story(tmp_path: Path, seed: int) -> None:
    (tmp_path / "book").mkdir()
    play(sqlite_shelf(tmp_path / "book"), tmp_path, seed)


@pytest.mark.slow
@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
@pytest.mark.parametrize("part", range(PARTS))
def test_many_corrected_stories(
    request: pytest.FixtureRequest, store: str, part: int, tmp_path: Path
) -> None:
    """As many stories as were asked for have a fact on which enough rests, and it is corrected."""
    count, done = int(request.config.getoption("--stories")) // 4 // PARTS, 0
    for seed in seeds(1_000 * (part + 1), 1_000 * (part + 2)):
        if done == count:
            break
        folder = tmp_path / str(seed)
        (folder / "book").mkdir(parents=True)
        done += play(a_shelf(request, store, folder / "book"), folder, seed)
    assert done == count


# -- reported case 03, and others by hand


@pytest.fixture
def plant(shelf: Shelf) -> Iterator[Plant]:
    made = Plant(shelf)
    yield made
    made.book.close()


def amend(plant: Plant, key: str, **changes: str) -> b.Corrected:
    fields = {name.replace("__", "."): value for name, value in changes.items()}
    return b.correct(plant.book, key, fields, reason="typed wrongly", actor="bob")


def refused(plant: Plant, key: str, **changes: str) -> str:
    before = dict(plant.book.balances())
    with pytest.raises(InputError) as caught:
        amend(plant, key, **changes)
    assert dict(plant.book.balances()) == before
    return str(caught.value)


def test_a_lot_is_entered_again_after_its_reversal(plant: Plant) -> None:
    """Reported case 03: the wrong kilograms stay to be seen as they were known."""
    plant.receive(2, "L-1", 25_000, key="wrong", Ni="0.3")
    known = plant.book.event("wrong").recorded_at
    plant.post(3, partial(b.Reverse, event="wrong", reason="another lorry"))
    text = plant.refused(3, partial(b.Weigh, lot="L-1", ticket="T", gross_kg=9, tare_kg=1))
    assert "L-1" in text
    plant.receive(2, "L-1", 20_000, key="right", Ni="0.3")
    assert (plant.kg("L-1"), plant.kg("L-1", "Ni")) == (20_000, 6_000)
    assert sum(map(sum, plant.book.balances(lot="L-1", recorded=known).values())) == 25_000 * 10**6
    plant.post(4, partial(b.Split, lot="L-1", parts_kg={"L-1a": 5_000}))
    (origin,) = trace(plant.book, "L-1a").origins
    assert (origin.id, sum(origin.amounts_mg)) == ("L-1", 5_000 * 10**6)
    assert verify(plant.book, replan=True).findings == ()


def test_a_lot_that_is_there_is_not_entered_again(plant: Plant) -> None:
    plant.receive(2, "L-1", 25_000)
    with pytest.raises(InputError, match="lot L-1 exists already"):
        plant.receive(3, "L-1", 20_000)


def test_a_lot_is_entered_again_twice_and_as_another_material(plant: Plant) -> None:
    for count, material in enumerate(("foil", "black mass", "foil")):
        plant.receive(2, "L-1", 100 + count, key=f"r{count}", material=material)
        if count < 2:
            plant.post(3, partial(b.Reverse, event=f"r{count}", reason="not so"))
    plant.post(4, partial(b.Split, lot="L-1", parts_kg={"L-1a": 2}))
    assert plant.kg("L-1") == 100
    assert [x.material for x in b.list_lots(plant.book).lots if x.lot == "L-1"] == ["foil"]
    assert verify(plant.book, replan=True).findings == ()


def test_a_wrong_owner_of_a_lot_that_was_weighed_at_once_and_split(plant: Plant) -> None:
    """The ticket has the moment of the receipt: the right receipt is in the place of the wrong."""
    plant.receive(2, "L-1", 20_000, key="receipt", Ni="0.3")
    plant.weigh(2, "L-1", 19_980)
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 5_000}), key="cut")
    known = plant.book.event("cut").recorded_at
    done = amend(plant, "receipt", owner="B")
    assert [x.kind for x in done.events] == ["amend", "amend", "receive", "reverse"]
    assert {a.party for a in plant.book.balances() if a.lot} == {"B"}
    assert {a.party for a in plant.book.balances(recorded=known) if a.lot} == {"A"}
    done = amend(plant, "receipt corrected", supplier="B", owner="A")
    assert done.key == "receipt corrected 2"
    assert plant.kg("L-1a") == 5_000
    assert {a.party for a in plant.book.balances() if a.lot or a.kind == "supplier"} == {"A", "B"}
    assert verify(plant.book, replan=True).findings == ()


def uncertainty(plant: Plant, lot: str) -> tuple[b.Uncertainty, ...]:
    """What the statement of March says of a lot's standard uncertainty."""
    start, end = plant.envelope.start, plant.envelope.start + timedelta(days=31)
    return metal_statement(plant.book, start=start, end=end, lot=lot).uncertainty


@pytest.mark.parametrize("more", [{}, {"day": 2}, {"day": 3}], ids=["", "and assayed", "later"])
def test_a_corrected_receipt_keeps_the_uncertainty_of_its_ticket(
    plant: Plant, more: dict[str, int]
) -> None:
    """The ticket of the same moment is after the right receipt, as it was after the wrong one."""
    plant.receive(2, "L-1", 20_000, key="receipt", Ni="0.3")
    scale = {"ticket": "T", "gross_kg": 35_000, "tare_kg": 15_000, "uncertainty_kg": 15}
    plant.post(2, partial(b.Weigh, lot="L-1", **scale), key="ticket")
    if more:
        result = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.3"}}
        result["uncertainty"] = {"Ni": "0.003"}
        plant.post(more["day"], partial(b.Assay, lot="L-1", **result))
    before = uncertainty(plant, "L-1")
    assert [(x.name, x.mass, x.mass_covered) for x in before] == [
        ("received", 15e6, 1.0),
        ("closing", 15e6, 1.0),
    ]
    for owner, key in (("B", "receipt"), ("A", "receipt corrected")):
        amend(plant, key, owner=owner)
        assert uncertainty(plant, "L-1") == before
    amend(plant, "ticket", uncertainty_kg="20")
    assert plant.kg("L-1") == 20_000
    amend(plant, "receipt corrected 2", mass_kg="19990")
    assert verify(plant.book, replan=True).findings == ()
    assert [x.mass for x in uncertainty(plant, "L-1")] == [19.99e6, 20e6]  # as a share of what came


def test_a_wrong_date(plant: Plant) -> None:
    plant.receive(4, "L-1", 1_000, key="receipt")
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 300}), key="cut")
    amend(plant, "receipt", occurred_at="2026-03-02T00:00:00Z")
    assert (plant.kg("L-1", day=2), plant.kg("L-1", day=1)) == (1_000, 0)
    amend(plant, "receipt corrected", occurred_at="2026-03-04T12:00:00Z")
    assert (plant.kg("L-1", day=3), plant.kg("L-1"), plant.kg("L-1a")) == (0, 700, 300)
    text = refused(plant, "receipt corrected 2", occurred_at="2026-03-06T00:00:00Z")
    assert "'cut' of 2026-03-05" in text
    assert verify(plant.book, replan=True).findings == ()


def test_a_run_whose_output_was_wrong(plant: Plant) -> None:
    plant.receive(2, "L-1", 1_000, Ni="0.3")
    output = b.Output(lot="BM-1", material="black mass", mass_kg=900, shares={"Ni": "0.3"})
    run = partial(b.Process, run="R", site="W", inputs_kg={"L-1": None}, outputs=[output])
    plant.post(5, run, key="run")
    plant.post(6, partial(b.Deliver, lot="BM-1", site="W", customer="B"))
    right = (
        '[{"lot": "BM-1", "material": "black mass", "mass_kg": "950", "shares": {"Ni": "0.31"}}]'
    )
    amend(plant, "run", outputs=right)
    assert (plant.kg("customer"), plant.kg("customer", "Ni")) == (950, 294.5)
    assert plant.kg("unaccounted") == 50
    assert verify(plant.book, replan=True).findings == ()


def test_a_correction_that_later_events_forbid(plant: Plant) -> None:
    plant.receive(2, "L-1", 1_000, key="receipt")
    plant.post(5, partial(b.Split, lot="L-1", parts_kg={"L-1a": 900}), key="cut")
    assert "'cut' of 2026-03-05" in refused(plant, "receipt", mass_kg="800")
    plant.post(6, partial(b.Reverse, event="cut", reason="first the receipt"))
    amend(plant, "receipt", mass_kg="800")
    assert plant.kg("L-1") == 800


def test_an_event_that_was_corrected_already(plant: Plant) -> None:
    """The hint is followed: what is in its place is corrected."""
    plant.receive(2, "L-1", 1_000, key="receipt")
    amend(plant, "receipt", owner="B")
    for key in ("receipt", "receipt corrected"):
        with pytest.raises(InputError) as caught:
            amend(plant, "receipt", mass_kg="900")
        (finding,) = caught.value.findings
        right = "receipt corrected 2" if key == "receipt corrected" else "receipt corrected"
        follows(finding, f"correct '{right}', which is in its place")
        amend(plant, right, mass_kg="900")
    assert plant.kg("L-1") == 900
    assert verify(plant.book, replan=True).findings == ()


def test_a_material_of_another_hazard_class(plant: Plant) -> None:
    """The hint is followed: the loads of the site are right after it."""
    hazards = partial(b.RegisterMaterial, material="cells", hazard="fire")
    plant.post(1, hazards, partial(b.RegisterSite, site="C", limits_kg={"fire": "2000"}))
    plant.receive(2, "L-1", 1_000, key="receipt", site="C")
    plant.post(3, partial(b.Split, lot="L-1", parts_kg={"L-1a": 300}), key="cut")
    with pytest.raises(InputError) as caught:
        amend(plant, "receipt", material="cells")
    (finding,) = caught.value.findings
    follows(finding, "reverse receipt and what followed, and post them again")
    for key in ("cut", "receipt"):
        plant.post(4, partial(b.Reverse, event=key, reason="they were cells"))
    plant.receive(2, "L-1", 1_000, material="cells", site="C")
    plant.post(3, partial(b.Split, lot="L-1", parts_kg={"L-1a": 300}))
    assert verify(plant.book, replan=True).findings == ()
    plant.refused(5, partial(b.Receive, lot="L-2", material="cells", **CELLS, mass_kg="1001"))


CELLS = {"supplier": "A", "owner": "A", "site": "C", "shares": {}}


COPIES = (
    {"cut": partial(b.Split, lot="L-1", parts_kg={"L-1a": 300})},
    {"taken": partial(b.Sample, lot="L-1", mass_kg=1, sample="L-1a")},
    {
        "cut": partial(b.Split, lot="L-1", parts_kg={"L-1a": 300}),
        "cut again": partial(b.Split, lot="L-1a", parts_kg={"L-1b": 100}),
    },
    {
        "sent": partial(b.Ship, lot="L-1", from_site="C", consignment="S-1"),
        "came": partial(b.Arrive, consignment="S-1", lot="L-1", site="D", mass_kg=9, load="L-1a"),
    },
    {
        "sold": partial(b.Deliver, lot="L-1", site="C", customer="B"),
        "back": partial(
            b.ReturnGoods, lot="L-1", customer="B", new_lot="L-1a", owner="A", site="C", mass_kg=5
        ),
    },
)


@pytest.mark.parametrize("rests", COPIES)
def test_a_material_that_lots_were_made_of(plant: Plant, rests: dict[str, b.Command]) -> None:
    """The hint is followed: all lots are of the right material after it."""
    plant.post(1, *(partial(b.RegisterSite, site=site) for site in "CD"))
    plant.receive(2, "L-1", 1_000, key="receipt", site="C")
    for day, (key, fact) in enumerate(rests.items(), start=3):
        plant.post(day, fact, key=key)
    with pytest.raises(InputError) as caught:
        amend(plant, "receipt", material="black mass")
    (finding,) = caught.value.findings
    assert "made lot L-1a of foil, which would be black mass" in str(finding)
    follows(finding, "reverse these first, the last one first")
    keys = str(finding.found).split(", ")
    for key in reversed(keys):
        plant.post(8, partial(b.Reverse, event=key, reason="another material"))
    amend(plant, "receipt", material="black mass")
    for day, (key, fact) in enumerate(rests.items(), start=3):
        if key in keys:
            plant.post(day, fact)
    assert {lot.material for lot in list_lots(plant.book, gone=True).lots} == {"black mass"}
    assert verify(plant.book, replan=True).findings == ()


def test_what_cannot_be_corrected(plant: Plant) -> None:
    plant.receive(2, "L-1", 1_000, key="receipt")
    assert "owner" in refused(plant, "receipt", ownr="B")
    assert "mass_kg" in refused(plant, "receipt", mass_kg="-3")
    assert "mass_kg" in refused(plant, "receipt", mass_kg="")
    assert "field and its right value" in refused(plant, "receipt")
    assert "party" in refused(plant, "receipt", owner="C")
    assert "no entry of owner" in refused(plant, "receipt", owner__x="B")
    assert "moved or measured" in refused(plant, "k1", party="C")
    plant.post(3, partial(b.Reverse, event="receipt", reason="no"), key="back")
    assert "moved or measured" in refused(plant, "back", reason="yes")
    assert "reversed by back already" in refused(plant, "receipt", owner="B")


def test_a_correction_in_a_closed_period_counts_in_the_open_one(plant: Plant) -> None:
    start, end = plant.envelope.start, plant.envelope.start + timedelta(days=15)
    plant.post(1, partial(b.OpenPeriod, period="first half", start=start, end=end))
    plant.receive(2, "L-1", 1_000, key="receipt")
    plant.post(16, partial(b.ClosePeriod, period="first half"))

    def statement() -> str:
        record = metal_statement(plant.book, start=start, end=end).as_record()
        return str([[*row] for table in (record.facts, *record.tables) for row in table.rows])

    before = statement()
    amend(plant, "receipt", mass_kg="900")
    assert statement() == before
    assert plant.kg("L-1", day=3) == 900
    assert verify(plant.book, replan=True).findings == ()


def test_what_a_corrected_event_says_of_itself(plant: Plant) -> None:
    """The wrong event names what reverses it and what is in its place, and its proof says so."""
    plant.receive(2, "L-1", 1_000, key="receipt")
    plant.weigh(2, "L-1", 980)
    amend(plant, "receipt", mass_kg="900")
    wrong = b.show_event(plant.book, "receipt")
    assert (wrong.reversed_by, wrong.corrected_by) == ("receipt reversed", "receipt corrected")
    assert b.show_event(plant.book, "receipt reversed").reason == "typed wrongly"
    right = b.show_event(plant.book, "receipt corrected")
    assert (right.corrects, right.reversed_by, right.corrected_by) == ("receipt", "", "")
    amend(plant, "receipt corrected", mass_kg="950")
    right = b.show_event(plant.book, "receipt corrected")
    assert right.corrected_by == "receipt corrected 2"
    proofs.checkpoint(plant.book, generate_signer("book"))
    assert "is reversed by receipt reversed" in proofs.inclusion(plant.book, "receipt").remark()
    assert "reversed" not in proofs.inclusion(plant.book, "receipt corrected 2").remark()


# -- facts of the same moment, and corrections of corrections


def test_parts_are_planned_alike_in_whatever_order_they_are_named(plant: Plant) -> None:
    """The stored command has names in their order, and is planned again from that."""
    for n in range(30):
        plant.receive(2, f"L{n}", 1_000 + n * 1.234567, Ni=f"0.1{n:02}123", Co=f"0.2{n:02}321")
        parts = {f"Z{n}": 33.333333, f"A{n}": 70.777777, f"K{n}": 5.1}
        plant.post(2, partial(b.Split, lot=f"L{n}", parts_kg=parts))
        blend = partial(b.Blend, site="W", material="foil", lot=f"B{n}")
        plant.post(3, partial(blend, inputs_kg={f"Z{n}": None, f"A{n}": 50, f"K{n}": 2}))
    assert verify(plant.book, replan=True).findings == ()


def test_a_date_is_corrected_and_then_the_mass(plant: Plant) -> None:
    """Of one moment: the receipt that came there first stays before the ticket."""
    plant.receive(2, "L", 500, key="r")
    amend(plant, "r", occurred_at="2026-03-03T00:00:00Z")
    plant.weigh(3, "L", 510)
    amend(plant, "r corrected", supplier="B")
    amend(plant, "r corrected 2", mass_kg="600")
    assert (plant.kg("L"), plant.kg("reassay")) == (510, 90)
    assert verify(plant.book, replan=True).findings == ()


MOMENTS = (2, 3, 4)
"""Days of March; all facts of a day have the same moment."""


def wrong_and_right(rng: Random) -> list[Callable[..., b.Command]]:
    """A ticket, an assay, a split, a sale, a sample or a second lot: two forms of one fact."""
    kind = rng.randrange(6)
    if kind == 0:
        scales = [{"gross_kg": 20_000 + rng.randrange(90), "tare_kg": 19_000} for _ in range(2)]
        return [partial(b.Weigh, lot="L", ticket="T", **scale) for scale in scales]
    if kind == 1:
        form = partial(b.Assay, lot="L", stage="final", basis="as received")
        element = rng.choice(["Ni", "Co"])
        return [partial(form, shares={element: f"0.{rng.randrange(100, 200)}"}) for _ in range(2)]
    if kind == 2:
        part = f"P{rng.randrange(10**6)}"
        return [
            partial(b.Split, lot="L", parts_kg={part: kg, f"A{part}": 5})
            for kg in rng.sample(range(1, 60), 2)
        ]
    if kind == 3:
        sale = partial(b.TransferTitle, lot="L", seller="A", buyer="B")
        return [partial(sale, mass_kg=kg) for kg in rng.sample(range(1, 50), 2)]
    if kind == 4:
        name = f"S{rng.randrange(10**6)}"
        return [
            partial(b.Sample, lot="L", sample=name, mass_kg=kg) for kg in rng.sample(range(1, 9), 2)
        ]
    place = {"supplier": "A", "owner": "A", "site": "W", "material": "foil"}
    lot = f"K{rng.randrange(10**6)}"
    return [
        partial(b.Receive, lot=lot, mass_kg=kg, shares={}, **place)
        for kg in rng.sample(range(1, 99), 2)
    ]


def changes_to(right: b.Command) -> dict[str, str]:
    """Every field of a command, as a correction states it."""
    fields = json.loads(as_text(right))
    names = fields.keys() - {"key", "actor", "document", "occurred_at", "lot", "sample"}
    names -= {"accepted", "ticket", "stage", "basis", "shares" if not fields.get("shares") else ""}
    return {
        name: x if isinstance(x, str) else json.dumps(x)
        for name, x in fields.items()
        if name in names
    }


@pytest.mark.parametrize("seed", seeds(25))
def test_corrections_of_corrections_among_facts_of_one_moment(tmp_path: Path, seed: int) -> None:
    """A correction has the place of what it corrects, however often; with another date the last."""
    rng = Random(seed)
    for name in ("book", "right"):
        (tmp_path / name).mkdir()
    plant, right = (Plant(sqlite_shelf(tmp_path / name)) for name in ("book", "right"))
    start = {"lot": "L", "mass_kg": 1_000, "material": "foil", "supplier": "A", "owner": "A"}
    first = partial(b.Receive, **start, site="W", shares={"Ni": "0.2"})
    facts = [(2, 0, [first, partial(first, shares={"Ni": "0.25"})])]
    days = sorted(rng.choice(MOMENTS) for _ in range(7))
    facts += [(day, n, wrong_and_right(rng)) for n, day in enumerate(days, 1)]
    for day, n, forms in facts:
        plant.post(day, forms[0], key=f"f{n}")
    book = [(day, {day: n}, forms[0]) for day, n, forms in facts]
    for step in range(rng.randrange(2, 7)):
        n = rng.randrange(len(facts))
        day, places, form = book[n]
        key = f"f{n}"
        while (event := b.show_event(plant.book, key)).reversed_by:
            key = event.corrected_by
        moved = n and rng.random() < 0.2
        form = form if moved else facts[n][2][form is facts[n][2][0]]
        new_day = rng.choice(MOMENTS) if moved else day
        command = form(**plant.envelope(new_day - 1, "x"))
        changes = changes_to(command)
        if moved:
            changes["occurred_at"] = command.occurred_at.isoformat()
        before = dict(plant.book.balances())
        try:
            b.correct(plant.book, key, changes, reason="typed wrongly", actor="bob")
        except InputError:
            assert dict(plant.book.balances()) == before
            continue
        places.setdefault(new_day, len(facts) + step)
        book[n] = (new_day, places, form)
    order = sorted(range(len(book)), key=lambda n: (book[n][0], book[n][1][book[n][0]]))
    for n in order:
        right.post(book[n][0], book[n][2], key=f"f{n}")
    for day in MOMENTS:
        at = us(plant.envelope.start) + (day - 1) * DAY
        assert dict(plant.book.balances(occurred=at)) == dict(right.book.balances(occurred=at))
    assert verify(plant.book, replan=True).findings == ()
    plant.weigh(2, "L", 1_040, key="late")
    right.weigh(2, "L", 1_040, key="late")
    assert dict(plant.book.balances()) == dict(right.book.balances())
    assert verify(plant.book, replan=True).findings == ()
    for one in (plant, right):
        one.book.close()
