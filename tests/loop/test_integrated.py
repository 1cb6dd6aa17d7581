"""The second loop: an integrated recycler with two cell makers, tolling and three owners."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from loopbook.flowsheet import ROUTES
from loopbook.loop import Loop, Walk, load, read_loop, walk
from loopbook.matter import Sourced, components, composition, load_library
from loopbook.tables import Array

INTEGRATED = Path(__file__).parents[2] / "cases" / "integrated"
SWITCHES = ("all_lithium", "dear_lithium")


@pytest.fixture(scope="module")
def loop() -> Loop:
    return load(INTEGRATED)


@pytest.fixture(scope="module")
def walked(loop: Loop) -> Walk:
    return walk(loop)


@pytest.mark.parametrize("on", [(), *((name,) for name in SWITCHES), SWITCHES])
def test_it_loads_without_findings(on: tuple[str, ...]) -> None:
    read = read_loop(INTEGRATED, switches=dict.fromkeys(on, True))
    assert read.findings == ()
    assert read.loop is not None
    assert read.loop.warnings == ()


def test_three_owners_hold_all_of_it_on_every_day(loop: Loop) -> None:
    for day, shares in (
        (date(2027, 1, 1), {"Miner": 45, "Trader": 35, "Fund": 20}),
        (date(2030, 1, 1), {"Miner": 45, "Trader": 50, "Fund": 5}),
    ):
        owners = loop.owners_of("Recycler", day)
        assert {name: share.number for name, share in owners.items()} == shares
        assert sum(share.number for share in owners.values()) == 100


def test_it_is_another_shape_than_the_founding_case(loop: Loop) -> None:
    assert {step.months for step in loop.calendar.steps} == {3}
    assert {row.title for row in loop.contracts} == {"passes", "stays"}
    assert loop.composition("NCA cells").keys() & {"NCA", "LFP"} == {"NCA"}
    assert loop.composition("LFP cells").keys() & {"NCA", "LFP"} == {"LFP"}
    assert not [name for name in loop.series if "foil" in name]
    own = {site.party for site in loop.sites.values() if site.model == "process"}
    assert own == {"Recycler"}


def test_a_switch_sends_all_lithium_to_the_works() -> None:
    amounts = []
    for on in (False, True):
        loop = load(INTEGRATED, switches={"all_lithium": on})
        (row,) = [row for row in loop.contracts if row.to == "lithium works"]
        assert row.amount.upper is not None
        amounts.append(row.amount.upper.number)
    assert amounts == [40, 100]


# -- a quarter by hand, from numbers of the tables and of the library alone

LIBRARY = load_library()
ACTIVE_LOSS, FOIL_LOSS = 0.078216, 0.13474
COATING = ("graphite", "carbon black", "PVDF", "anode binder")
FOILS = ("copper", "aluminium")


def scrap_by_hand(cell: str, gwh: float, reject: float) -> dict[str, float]:
    """Scrap of an energy of accepted cells by component, t: rejects and losses of electrodes."""
    shares = composition(Sourced(LIBRARY), "composition_cell", cell)
    kg_per_kwh = LIBRARY.get(cell, "cell mass per energy").value
    begun = 1000.0 * gwh * kg_per_kwh / (1.0 - reject)
    scrap = {name: begun * reject * share for name, share in shares.items()}
    for name in (cell, *COATING):
        scrap[name] += begun * shares[name] * ACTIVE_LOSS / (1.0 - ACTIVE_LOSS)
    for name in FOILS:
        scrap[name] += begun * shares[name] * FOIL_LOSS / (1.0 - FOIL_LOSS)
    return scrap


def test_nickel_comes_home_a_quarter_after_it_was_tolled(walked: Walk) -> None:
    scrap = scrap_by_hand("NCA", 6.0 / 4, 0.225)
    whole = sum(scrap.values())
    worked = 9000.0 / 4 * 0.60
    taken = min(whole, worked + 600.0)  # the store of both kinds of scrap
    (toll,) = walked.of("NCA toll")
    assert toll.taken[1, 0] == pytest.approx(taken, rel=1e-9)
    in_nca = components("NCA").items[0].element_shares()["Ni"]
    nickel = scrap["NCA"] * in_nca * taken / whole
    (home,) = [flow for flow in walked.of("metal home") if flow.row.material == "Ni"]
    assert home.taken[1, 0] == 0
    # in its first quarter the works refines what it can; all is set aside for two quarters' credit
    grade = 0.95 * nickel / black_mass(scrap, taken)
    refined = min(2 * black_mass(scrap, worked), 8000.0 / 4 * 0.60) * grade
    made = walked.sites["hydro works"].made["Ni"].sum(axis=1)[:, 0]
    assert made[2] == pytest.approx(0.98 * refined, rel=1e-9)
    assert home.taken[2, 0] == pytest.approx(min(0.93 * nickel, made[2]), rel=1e-9)
    (market,) = [flow for flow in walked.of("metal market") if flow.row.material == "Ni"]
    lacking, credit = 0.0, 0.93 * walked.content(toll_stream(walked), "Ni")[:, 0]
    for k, tonnes in enumerate(made):
        lacking += credit[k]
        own = max(tonnes - lacking, 0.0)
        assert market.taken[k, 0] == pytest.approx(own, rel=1e-9, abs=1e-9)
        lacking -= tonnes - own


def toll_stream(walked: Walk) -> Array:
    """NCA scrap that arrives at the line, by step, component and draw."""
    return np.sum([x[:-1] for f in walked.of("NCA toll") for x in f.arrived.values()], axis=0)


def black_mass(scrap: dict[str, float], taken: float) -> float:
    """Black mass of a quarter as the walk has it in its first full one."""
    shares = {name: tonnes / sum(scrap.values()) for name, tonnes in scrap.items()}
    made = ROUTES["preprocessing"](shares, numbers=Sourced(LIBRARY)).products["black mass"]
    return taken * float(made[0])


def test_lithium_of_lfp_is_sold_or_refined(walked: Walk) -> None:
    quarter = 4  # of 2028, when the lithium works runs
    scrap = scrap_by_hand("LFP", 12.0 / 4, 0.05)
    whole = sum(scrap.values())
    taken = min(whole, 8000.0 / 4 * 0.90)
    kept = dict.fromkeys(("LFP", "graphite", "carbon black"), 0.95)
    kept |= dict.fromkeys(("PVDF", "anode binder", *FOILS), 0.05)
    black = {name: scrap[name] * share * taken / whole for name, share in kept.items()}
    lithium = black["LFP"] * components("LFP").items[0].element_shares()["Li"]
    (gate,), (works,) = walked.of("LFP gate"), walked.of("LFP black mass")
    (sale,), (market,) = walked.of("LFP black mass sale"), walked.of("lithium market")
    assert gate.taken[quarter, 0] == pytest.approx(taken, rel=1e-9)
    assert works.taken[quarter, 0] == pytest.approx(0.4 * sum(black.values()), rel=1e-9)
    assert sale.taken[quarter, 0] == pytest.approx(0.6 * sum(black.values()), rel=1e-9)
    assert market.taken[quarter, 0] == pytest.approx(0.4 * 0.9 * lithium, rel=1e-9)


def test_nothing_waits_beyond_its_store_and_little_is_owed(walked: Walk) -> None:
    assert walked.findings == ()
    assert {contract for contract, _ in walked.owed} == {"NCA toll"}
    for owed in walked.owed.values():
        assert owed.min() > -1e-9
