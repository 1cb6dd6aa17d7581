"""Each unit operation: conservation for free, and its law by hand arithmetic."""

import numpy as np
import pytest

from loopbook.errors import BalanceError, InputError
from loopbook.flowsheet import (
    AirClassifier,
    Crystalliser,
    Dose,
    Dryer,
    EddyCurrentSeparator,
    Filter,
    Flowsheet,
    HeatTreatment,
    Leach,
    MagneticSeparator,
    Mixer,
    OffGasTreatment,
    Precipitation,
    Reaction,
    Reactor,
    Shredder,
    Sieve,
    SolventExtraction,
    Splitter,
    Unit,
    check_unit,
)
from loopbook.matter import components

BASIS = components(
    "copper",
    "graphite",
    "PE",
    "water",
    "NiSO4(aq)",
    "NiSO4.6H2O",
    "Ni(OH)2",
    "Na2SO4(aq)",
    "NaOH",
    "NMC811",
    "H2SO4",
    "H2O2",
    "Li2SO4(aq)",
    "CoSO4(aq)",
    "MnSO4(aq)",
    "O2",
    "CO2",
    "H2O(g)",
    "HF",
    "CaO",
    "CaF2",
)

LEACH = (
    "NMC811 + 1.5 H2SO4 + 0.5 H2O2 -> 0.8 NiSO4(aq) + 0.1 CoSO4(aq) + 0.1 MnSO4(aq)"
    " + 0.5 Li2SO4(aq) + 2 water + 0.5 O2"
)

UNITS = {
    unit.kind: unit
    for unit in (
        Mixer("mixer"),
        Splitter("splitter", share=0.3),
        Shredder("shredder", dust_loss=0.01),
        Dryer("dryer", to_vapour={"water": 0.95, "default": 0.0}),
        Sieve("sieve", to_undersize={"default": 0.1, "graphite": 0.95}),
        MagneticSeparator("magnet", to_magnetic=0.02),
        EddyCurrentSeparator("eddy", to_metal={"default": 0.0, "copper": 0.9}),
        AirClassifier("air", to_heavy={"solid": 0.5, "default": 0.0}),
        Filter("filter", solids_to_cake=0.98, liquid_to_cake=0.1, wash_efficiency=0.9),
        SolventExtraction("sx", extraction={"default": 0.0, "NiSO4(aq)": 0.985}),
        Leach(
            "leach",
            reactions=(LEACH,),
            conversion={"NMC811": 0.98},
            doses=(Dose("H2SO4", excess=1.1, carrier={"water": 1.0}), Dose("H2O2", excess=1.2)),
        ),
        Precipitation(
            "precipitation",
            reactions=("NiSO4(aq) + 2 NaOH -> Ni(OH)2 + Na2SO4(aq)",),
            conversion=0.99,
            doses=(Dose("NaOH", excess=1.05),),
        ),
        Crystalliser(
            "crystalliser",
            reactions=("NiSO4(aq) + 6 water -> NiSO4.6H2O",),
            conversion={"NiSO4(aq)": 0.85},
            evaporation=0.4,
            doses=(Dose("water", per_component={"NiSO4(aq)": 2.0}),),
        ),
        HeatTreatment(
            "furnace",
            reactions=("PE + 3 O2 -> 2 CO2 + 2 H2O(g)",),
            conversion=0.98,
            doses=(Dose("O2", excess=1.1),),
            dust={"default": 0.0, "graphite": 0.02},
        ),
        OffGasTreatment(
            "scrubber",
            reactions=("HF + 1/2 CaO -> 1/2 CaF2 + 1/2 H2O(g)",),
            conversion=0.999,
            doses=(Dose("CaO", excess=1.2),),
        ),
        Reactor("tank", doses=(Dose("water", per_kg=2.0), Dose("CaO", per_element={"F": 56 / 38}))),
    )
}


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_every_unit_conserves_scales_and_is_pure(unit: Unit) -> None:
    wash = [p for p in unit.ins if p == "wash"]
    assert check_unit(unit, BASIS, optional=wash).worst_closure < 1e-12


def solve_one(
    unit: Unit, feed: dict[str, float], **more: dict[str, float]
) -> dict[str, np.ndarray]:
    """Outlets of one unit by port, in kg/h."""
    fs = Flowsheet("one", BASIS)
    for port, flow in {unit.ins[0]: feed, **more}.items():
        fs.feed(f"{port} in", flow, unit="kg/h")
    ports = {p: f"{p} in" for p in (unit.ins[0], *more)} | {p: p for p in unit.outs}
    fs.add(unit, **ports)
    flows = fs.solve().unit_flows(unit.name)
    return {**flows.outs, **flows.supplies}


def kg(flow: np.ndarray, name: str) -> float:
    return float(flow[BASIS.index[name], 0])


def test_a_sieve_splits_by_its_transfer_coefficients() -> None:
    out = solve_one(UNITS["sieve"], {"graphite": 100.0, "copper": 50.0})
    assert kg(out["undersize"], "graphite") == pytest.approx(95.0)
    assert kg(out["undersize"], "copper") == pytest.approx(5.0)
    assert kg(out["oversize"], "copper") == pytest.approx(45.0)


def test_a_leach_takes_one_and_a_half_acid_per_oxide() -> None:
    out = solve_one(UNITS["leach"], {"NMC811": 97.28}, recycle={})
    assert kg(out["reagents"], "H2SO4") == pytest.approx(1.1 * 1.5 * 98.072, rel=2e-4)
    assert kg(out["reagents"], "water") == pytest.approx(kg(out["reagents"], "H2SO4"))
    assert kg(out["reagents"], "H2O2") == pytest.approx(1.2 * 0.5 * 34.014, rel=2e-4)
    assert kg(out["out"], "NiSO4(aq)") == pytest.approx(0.98 * 0.8 * 154.75, rel=2e-4)
    assert kg(out["out"], "NMC811") == pytest.approx(0.02 * 97.28)
    assert kg(out["vent"], "O2") == pytest.approx(0.98 * 0.5 * 31.998, rel=2e-4)
    assert kg(out["out"], "O2") == 0.0


def test_recycled_acid_counts_only_where_it_is_credited() -> None:
    credited = Leach(
        "leach",
        reactions=(LEACH,),
        conversion=1.0,
        doses=(Dose("H2SO4", excess=1.0, credit=True), Dose("H2O2", excess=1.0)),
    )
    alone = solve_one(credited, {"NMC811": 100.0}, recycle={})
    returned = solve_one(credited, {"NMC811": 100.0}, recycle={"H2SO4": 40.0, "H2O2": 1.0})
    assert kg(alone["reagents"], "H2SO4") - kg(returned["reagents"], "H2SO4") == pytest.approx(40.0)
    assert kg(alone["reagents"], "H2O2") == pytest.approx(kg(returned["reagents"], "H2O2"))
    flooded = solve_one(credited, {"NMC811": 100.0}, recycle={"H2SO4": 400.0})
    assert kg(flooded["reagents"], "H2SO4") == 0.0


def test_a_filter_washes_solutes_and_not_pore_water() -> None:
    feed = {"graphite": 100.0, "water": 1000.0, "NiSO4(aq)": 50.0}
    out = solve_one(UNITS["filter"], feed, wash={"water": 200.0})
    assert kg(out["cake"], "graphite") == pytest.approx(98.0)
    assert kg(out["cake"], "water") == pytest.approx(100.0)
    assert kg(out["cake"], "NiSO4(aq)") == pytest.approx(0.1 * 0.1 * 50.0)
    assert kg(out["filtrate"], "water") == pytest.approx(900.0 + 200.0)


def test_a_furnace_burns_polyethylene_with_the_oxygen_it_draws() -> None:
    out = solve_one(UNITS["heat-treatment"], {"PE": 28.054, "graphite": 100.0}, recycle={})
    assert kg(out["reagents"], "O2") == pytest.approx(1.1 * 3 * 31.998, rel=2e-4)
    assert kg(out["gas"], "CO2") == pytest.approx(0.98 * 2 * 44.009, rel=2e-4)
    assert kg(out["gas"], "graphite") == pytest.approx(2.0)
    assert kg(out["solids"], "CO2") == 0.0


def test_a_crystalliser_evaporates_what_the_crystals_leave() -> None:
    out = solve_one(UNITS["crystalliser"], {"NiSO4(aq)": 154.75, "water": 1000.0}, recycle={})
    bound = 0.85 * 6 * 18.015
    drawn = 2.0 * 154.75
    assert kg(out["vapour"], "water") == pytest.approx(0.4 * (1000.0 + drawn - bound), rel=1e-4)


def test_size_energy_and_cost_follow_what_enters() -> None:
    class Catalogue:
        def purchase_usd(self, equipment: str, capacity_t_per_h: np.ndarray) -> np.ndarray:
            return {"crusher": 1000.0, "belt": 50.0}[equipment] * capacity_t_per_h

    unit = Shredder(
        "shred", equipment=("crusher", "belt", "belt"), energy_mj_per_kg={"electricity": 0.2}
    )
    fs = Flowsheet("one", BASIS)
    fs.feed("scrap", {"copper": [1000.0, 3000.0]}, unit="kg/h")
    fs.add(unit, feed="scrap", shredded="out")
    flows = fs.solve().unit_flows("shred")
    assert unit.size(flows)["capacity_t_per_h"].tolist() == [1.0, 3.0]
    assert unit.cost(unit.size(flows), Catalogue()).tolist() == [1100.0, 3300.0]
    assert unit.burden(flows)["electricity"].tolist() == [200.0, 600.0]


class Leak(Unit):
    """Loses a percent."""

    kind = "leak"

    def run(self, p, feed):
        return (0.99 * feed,)


class Hoard(Unit):
    """Changes its inlet."""

    kind = "hoard"

    def run(self, p, feed):
        feed *= 1.0 + 1e-10
        return (feed,)


class Threshold(Unit):
    """Lets only large flows pass."""

    kind = "threshold"
    outs = ("out", "rest")

    def run(self, p, feed):
        out = np.where(feed > 500.0, feed, 0.0)
        return out, feed - out


@pytest.mark.parametrize("unit", [Leak("leak"), Threshold("step")])
def test_a_wrong_law_does_not_pass(unit: Unit) -> None:
    with pytest.raises(BalanceError):
        check_unit(unit, BASIS)


def test_a_law_that_changes_its_inlet_does_not_run() -> None:
    with pytest.raises(InputError, match="read-only"):
        check_unit(Hoard("hoard"), BASIS)


def test_a_reaction_reads_as_it_is_written() -> None:
    text = "HF + 0.5 CaO -> 0.5 CaF2 + 0.5 H2O(g)"
    assert str(Reaction.parse(text)) == text
    assert Reaction.parse("HF + 1/2 CaO -> 1/2 CaF2 + 1/2 H2O(g)") == Reaction.parse(text)
