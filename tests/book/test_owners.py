"""An assay of a lot of several owners says what the lot contains, and moves no metal for nothing.

Right values are computed by hand from the law: what falls, falls for each owner in proportion to
what it has of it; what rises, rises for each in proportion to what it gave up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loopbook import book as b
from loopbook.book.commands.measuring.between_owners import changes_by_owner
from loopbook.book.verification.report import verify
from support.plant import Plant
from support.shelves import Shelf, sqlite_shelf

# -- the law


@st.composite
def assays(draw: st.DrawFn) -> tuple[dict[b.Account, b.Content], b.Content]:
    """What owners have of a lot, and what an assay finds in it, of the same mass."""
    count = draw(st.integers(2, 5))
    amounts = st.one_of(st.just(0), st.integers(0, 9), st.integers(0, 10**9))
    contents = st.lists(amounts, min_size=count, max_size=count).map(tuple)
    some = draw(st.lists(contents.filter(any), min_size=1, max_size=4))
    weights = draw(contents.filter(any))
    whole = sum(map(sum, some))
    cuts = [whole * x // sum(weights) for x in weights]
    cuts[draw(st.integers(0, count - 1))] += whole - sum(cuts)
    return {b.Account("lot", f"owner {k}"): x for k, x in enumerate(some)}, tuple(cuts)


@given(assays())
def test_masses_and_totals_are_exact_and_nothing_is_below_zero(
    assay: tuple[dict[b.Account, b.Content], b.Content],
) -> None:
    held, total = assay
    changes = changes_by_owner(held, total)
    after = {a: [x + y for x, y in zip(held[a], changes[a], strict=True)] for a in held}
    assert [sum(column) for column in zip(*after.values(), strict=True)] == list(total)
    assert all(sum(after[a]) == sum(held[a]) and min(after[a]) >= 0 for a in held)
    for a, exact in in_fractions(held, total).items():
        assert max(abs(x - y) for x, y in zip(after[a], exact, strict=True)) <= len(total) + 2


@given(assays())
def test_an_assay_of_what_the_book_has_changes_nothing(
    assay: tuple[dict[b.Account, b.Content], b.Content],
) -> None:
    held, _ = assay
    total = tuple(map(sum, zip(*held.values(), strict=True)))
    assert not any(any(x) for x in changes_by_owner(held, total).values())


@given(assays(), st.randoms())
def test_the_order_of_owners_is_irrelevant(
    assay: tuple[dict[b.Account, b.Content], b.Content], random: Any
) -> None:
    held, total = assay
    items = list(held.items())
    random.shuffle(items)
    assert changes_by_owner(dict(items), total) == changes_by_owner(held, total)


def in_fractions(
    held: Mapping[b.Account, b.Content], total: b.Content
) -> dict[b.Account, list[Fraction]]:
    """What each owner has afterwards, exactly."""
    old = [sum(column) for column in zip(*held.values(), strict=True)]
    keeps = [
        min(Fraction(new, x), Fraction(1)) if x else 1 for new, x in zip(total, old, strict=True)
    ]
    freed = {a: sum(x * (1 - k) for x, k in zip(c, keeps, strict=True)) for a, c in held.items()}
    whole = sum(freed.values())
    return {
        a: [
            x * k + (max(new - o, 0) * freed[a] / whole if whole else 0)
            for x, k, new, o in zip(c, keeps, total, old, strict=True)
        ]
        for a, c in held.items()
    }


# -- in the book


@pytest.fixture
def shared(shelf: Shelf) -> Iterator[Plant]:
    """Black mass BM of two owners, 10,000 kg each: A brought 40 % nickel, B 20 %."""
    plant = Plant(shelf)
    for owner, share in (("A", "0.40"), ("B", "0.20")):
        more = {"material": "foil", "supplier": owner, "owner": owner, "site": "W"}
        plant.post(
            2, partial(b.Receive, lot=f"L-{owner}", mass_kg=10_000, shares={"Ni": share}, **more)
        )
    output = b.Output("BM", "black mass", 20_000, {"Ni": "0.30"})
    inputs = {"L-A": None, "L-B": None}
    plant.post(5, partial(b.Process, run="R", site="W", inputs_kg=inputs, outputs=[output]))
    yield plant
    plant.book.close()


def assay(lot: str, stage: str = "final", **shares: str) -> partial[b.Assay]:
    return partial(b.Assay, lot=lot, stage=stage, basis="as received", shares=shares)


def owned(plant: Plant, lot: str, substance: str = "Ni") -> dict[str, float]:
    """Kilograms of a substance by owner."""
    place = plant.book.substances.index(substance)
    return {a.party: x[place] / 1e6 for a, x in sorted(plant.book.balances(lot=lot).items())}


def test_an_assay_that_is_the_book_moves_no_metal_between_owners(shared: Plant) -> None:
    shared.post(6, assay("BM", Ni="0.30"))
    assert owned(shared, "BM") == {"A": 4000, "B": 2000}
    assert shared.kg("reassay") == shared.kg("reassay", "Ni") == 0
    assert verify(shared.book, replan=True).findings == ()


def test_less_nickel_is_less_in_proportion_to_what_each_has(shared: Plant) -> None:
    # of 6,000 kg Ni a tenth is not there: A 4,000 - 400, B 2,000 - 200; the rest is `other`
    shared.post(6, assay("BM", "provisional", Ni="0.27"))
    assert owned(shared, "BM") == {"A": 3600, "B": 1800}
    assert owned(shared, "BM", "other") == {"A": 6400, "B": 8200}


def test_more_nickel_is_of_who_gave_up_the_rest(shared: Plant) -> None:
    # 700 kg of 14,000 kg `other` turn out to be Ni: A had 6,000 of it (300), B 8,000 (400)
    shared.post(6, assay("BM", Ni="0.335"))
    assert owned(shared, "BM") == {"A": 4300, "B": 2400}


def test_two_rises_are_shared_alike_and_a_count_keeps_each_owners_metal(shared: Plant) -> None:
    # `other` falls from 14,000 to 12,600: A gives 600, B 800; of each rise A gets 3/7, B 4/7
    shared.post(6, assay("BM", Ni="0.335", Co="0.035"))
    assert owned(shared, "BM", "Co") == {"A": 300, "B": 400}
    assert owned(shared, "BM") == {"A": 4300, "B": 2400}
    shared.post(7, partial(b.StockTake, lot="BM", site="W", counted_kg=19_000))
    assert owned(shared, "BM") == {"A": 4085, "B": 2280}
    shared.post(8, assay("BM", Ni="0.335", Co="0.035"))
    assert owned(shared, "BM") == {"A": 4085, "B": 2280}


def test_a_dry_assay_and_a_partial_one_that_are_the_book_move_nothing(shared: Plant) -> None:
    shared.post(6, assay("BM", Co="0"))
    assert owned(shared, "BM") == {"A": 4000, "B": 2000}
    shared.post(6.5, assay("BM", Ni="0.30", Co="0", other="0.70"))
    assert owned(shared, "BM") == {"A": 4000, "B": 2000}


def test_a_dry_assay_takes_the_water_from_what_each_gives_up(tmp_path: Path) -> None:
    plant = Plant(sqlite_shelf(tmp_path))  # on a server only its owner adds a substance
    plant.post(1, partial(b.AddSubstance, substance="H2O"))
    for owner, share in (("A", "0.40"), ("B", "0.20")):
        more = {"material": "foil", "supplier": owner, "owner": owner, "site": "W"}
        plant.post(
            2, partial(b.Receive, lot=f"L-{owner}", mass_kg=10_000, shares={"Ni": share}, **more)
        )
    inputs = {"L-A": None, "L-B": None}
    plant.post(5, partial(b.Blend, lot="BL", material="black mass", site="W", inputs_kg=inputs))
    dry = {"basis": "dry", "moisture": "0.07", "shares": {"Ni": "0.30"}}
    plant.post(6, partial(b.Assay, lot="BL", stage="final", **dry))
    # Ni 5,580 of 6,000: A -280, B -140; `other` 13,020 of 14,000: A -420, B -560; water 1,400
    assert owned(plant, "BL") == {"A": 3720, "B": 1860}
    assert owned(plant, "BL", "H2O") == {"A": 700, "B": 700}
    assert owned(plant, "BL", "other") == {"A": 5580, "B": 7440}
    plant.book.close()


def test_a_late_assay_of_two_owners_is_as_in_time(shared: Plant) -> None:
    shared.post(8, partial(b.Split, lot="BM", parts_kg={"BM-1": 5_000}))
    shared.post(9, partial(b.Deliver, lot="BM", site="W", customer="B"))
    shared.post(6, assay("BM", Ni="0.27"))
    assert owned(shared, "BM-1") == {"A": 900, "B": 450}
    assert shared.kg("customer", "Ni") == 0.75 * 5400
    assert verify(shared.book, replan=True).findings == ()
