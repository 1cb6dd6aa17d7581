"""No law that quietly does nothing: a finding says what is missing, and its advice works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from loopbook.errors import InputError
from loopbook.flowsheet import (
    Crystalliser,
    Dose,
    Filter,
    Flowsheet,
    HeatTreatment,
    Leach,
    Mixer,
    Reactor,
    Shredder,
    Sieve,
    SolventExtraction,
    Splitter,
    Unit,
    from_toml,
    read_flowsheet,
)
from loopbook.matter import Component, components

WATER = components("water", Component("H2O", formula="H2O", phase="liquid"))


def tank(reaction: str, feed: dict[str, float], *doses: Dose) -> Flowsheet:
    """A vessel with one reaction."""
    fs = Flowsheet("tank", components("H2SO4", "HF", "NaOH", "CaO", "CaF2", "Na2SO4(aq)", "water"))
    fs.feed("acid", feed, unit="kg/h")
    fs.add(Reactor("tank", reactions=(reaction,), doses=doses), feed="acid", out="out")
    return fs


WRITTEN_FIRST = [
    ("2 NaOH + H2SO4 -> Na2SO4(aq) + 2 water", "NaOH", "H2SO4", 98.072, 79.994),
    ("CaO + 2 HF -> CaF2 + water", "CaO", "HF", 40.012, 56.077),
]


@pytest.mark.parametrize(("reaction", "reagent", "acid", "fed", "drawn"), WRITTEN_FIRST)
def test_a_dose_of_the_limiting_reagent_is_refused_and_the_advice_doses_it(
    reaction: str, reagent: str, acid: str, fed: float, drawn: float
) -> None:
    dose = Dose(reagent, excess=1.0)
    (finding,) = tank(reaction, {acid: fed}, dose).diagnose()
    assert finding.code == "dose"
    advised = finding.hint.removeprefix("write ")
    solution = tank(advised, {acid: fed}, dose).solve()
    assert solution.mass("tank reagents")[0] == pytest.approx(drawn, abs=0.01)
    assert solution.flow("out", acid)[0] == pytest.approx(0.0, abs=1e-9)


EVAPORATOR = """
[flowsheet]
name = "evaporator"
components = ["H2O", "salt"]
[components.H2O]
{water}
phase = "{phase}"
[components.salt]
formula = "Na2SO4"
phase = "aqueous"
[feeds.liquor]
unit = "kg/h"
flow = {{ H2O = 1000.0, salt = 100.0 }}
[units.evaporator]
kind = "crystalliser"
streams = {{ feed = "liquor", out = "concentrate", vapour = "vapour" }}
evaporation = 0.9
"""
OWN_WATER = ['formula = "H2O"', 'formula = "OH2"', "shares = { H = 0.1119, O = 0.8881 }"]


@pytest.mark.parametrize("phase", ["liquid", "aqueous"])
@pytest.mark.parametrize("water", OWN_WATER)
def test_water_is_a_substance_whatever_its_name(water: str, phase: str) -> None:
    solution = from_toml(EVAPORATOR.format(water=water, phase=phase)).solve()
    assert solution.mass("vapour")[0] == pytest.approx(900.0)
    assert solution.flow("concentrate", "H2O")[0] == pytest.approx(100.0)
    assert solution.flow("concentrate", "salt")[0] == pytest.approx(100.0)
    assert "vapour" in {row.stream for row in solution.streams}


@pytest.mark.parametrize("phase", ["solid", "gas"])
def test_ice_and_steam_are_no_water_to_evaporate(phase: str) -> None:
    text = EVAPORATOR.format(water='formula = "H2O"', phase=phase)
    (finding,) = from_toml(text).diagnose()
    assert "water to evaporate" in finding.expected
    assert "phase liquid" in finding.hint
    advised = from_toml(text.replace(f'"{phase}"', '"liquid"'))
    assert advised.solve().mass("vapour")[0] == pytest.approx(900.0)


def test_the_wash_leaves_the_pores_full_of_water_whatever_its_name() -> None:
    for name in ("water", "H2O"):
        salt = Component("salt", formula="Na2SO4", phase="aqueous")
        fs = Flowsheet("f", components("graphite", WATER.items[WATER.index[name]], salt))
        fs.feed("pulp", {"graphite": 10.0, name: 100.0, "salt": 10.0}, unit="kg/h")
        fs.feed("fresh", {name: 50.0}, unit="kg/h")
        press = Filter("press", liquid_to_cake=0.1, wash_efficiency=0.9)
        fs.add(press, slurry="pulp", wash="fresh", filtrate="filtrate", cake="cake")
        solution = fs.solve()
        assert solution.flow("cake", name)[0] == pytest.approx(10.0)
        assert solution.flow("cake", "salt")[0] == pytest.approx(0.1)


MATTER = ("copper", "graphite", "water", "NiSO4(aq)", "NaOH", "Ni(OH)2", "Na2SO4(aq)", "H2O(g)")
NICKEL = "NiSO4(aq) + 2 NaOH -> Ni(OH)2 + Na2SO4(aq)"
SODA = Dose("NaOH", excess=1.0)


def one(unit: Unit, feed: dict[str, float], **ports: str) -> Flowsheet:
    """One unit with its first inlet fed and its other inlets as named."""
    fs = Flowsheet("one", components(*MATTER))
    fs.feed("in", feed, unit="kg/h")
    for port in set(ports) & set(unit.ins):
        fs.feed(ports[port], {"water": 1.0}, unit="kg/h")
    outs = {p: p for p in unit.outs if p not in unit.optional}
    fs.add(unit, **{unit.ins[0]: "in", **outs, **ports})
    return fs


LIQUOR = {"NiSO4(aq)": 10.0, "water": 90.0}
SCRAP = {"copper": 1.0, "graphite": 1.0}
PULP = {"graphite": 10.0, **LIQUOR}
IDLE: list[tuple[str, Callable[[], Flowsheet], str]] = [
    ("a reactant that never comes", lambda: one(Leach("u", reactions=(NICKEL,)), LIQUOR), "NaOH"),
    (
        "a limiting reactant that never comes",
        lambda: one(Leach("u", reactions=(NICKEL,), doses=(Dose("NaOH", per_kg=1.0),)), SCRAP),
        "NiSO4(aq) in the unit",
    ),
    (
        "a dose by an absent component",
        lambda: one(Reactor("u", doses=(Dose("water", per_component={"Ni(OH)2": 1.0}),)), SCRAP),
        "Ni(OH)2",
    ),
    (
        "a dose by an absent element",
        lambda: one(Reactor("u", doses=(Dose("water", per_element={"S": 1.0}),)), SCRAP),
        "counted on",
    ),
    (
        "a credit without recycle",
        lambda: one(
            Leach("u", reactions=(NICKEL,), doses=(Dose("NaOH", excess=1.0, credit=True),)), LIQUOR
        ),
        "port recycle",
    ),
    ("a tank without a law", lambda: one(Reactor("u"), LIQUOR), "reactions or doses"),
    (
        "a conversion of nothing",
        lambda: one(Reactor("u", conversion=0.5, doses=(Dose("water", per_kg=1.0),)), LIQUOR),
        "conversion",
    ),
    (
        "a vent without gas",
        lambda: one(Leach("u", reactions=(NICKEL,), doses=(SODA,)), LIQUOR, vent="vent"),
        "a gas to vent",
    ),
    ("a loss without outlet", lambda: one(Shredder("u", dust_loss=0.1), SCRAP), "outlet dust"),
    ("an outlet without loss", lambda: one(Shredder("u"), SCRAP, dust="dust"), "give dust_loss"),
    (
        "evaporation without outlet",
        lambda: one(Crystalliser("u", evaporation=0.5), LIQUOR),
        "connect the outlet vapour",
    ),
    (
        "an outlet without evaporation",
        lambda: one(Crystalliser("u"), LIQUOR, vapour="vapour"),
        "give evaporation",
    ),
    ("an efficiency without wash", lambda: one(Filter("u", wash_efficiency=0.5), PULP), "wash"),
    ("a wash without efficiency", lambda: one(Filter("u"), PULP, wash="w"), "give wash_efficiency"),
    (
        "a wash of a dry cake",
        lambda: one(Filter("u", liquid_to_cake=0.0, wash_efficiency=0.5), PULP, wash="w"),
        "give liquid_to_cake",
    ),
    (
        "a wash without solutes",
        lambda: one(Filter("u", wash_efficiency=0.5), {"graphite": 1.0, "water": 1.0}, wash="w"),
        "a solute to wash out",
    ),
    ("a filter without solids", lambda: one(Filter("u"), LIQUOR), "a solid"),
    (
        "a sieve of a size nobody has",
        lambda: one(Sieve("u", to_undersize={"default": 0.1, "Ni(OH)2": 0.9}), SCRAP),
        "to_undersize, Ni(OH)2",
    ),
    (
        "a share of a phase that nothing has",
        lambda: one(Sieve("u", to_undersize={"default": 0.1, "gas": 0.9}), SCRAP),
        "to_undersize, gas",
    ),
    (
        "a recovery of what is not in the feed",
        lambda: one(SolventExtraction("u", extraction={"default": 0, "copper": 1.0}), LIQUOR),
        "extraction, copper",
    ),
    (
        "an extraction of nothing",
        lambda: one(SolventExtraction("u", extraction={"default": 0.0}), LIQUOR),
        "0 of all that comes",
    ),
    (
        "dust of what does not come",
        lambda: one(HeatTreatment("u", dust={"default": 0.0, "Ni(OH)2": 0.1}), SCRAP),
        "dust, Ni(OH)2",
    ),
]


@pytest.mark.parametrize(("build", "says"), [c[1:] for c in IDLE], ids=[c[0] for c in IDLE])
def test_a_law_without_effect_is_a_finding(build: Callable[[], Flowsheet], says: str) -> None:
    findings = build().diagnose()
    assert findings
    assert any(says in str(finding) for finding in findings)
    assert all(finding.hint for finding in findings)
    with pytest.raises(InputError):
        build().solve()


def test_a_component_that_scenarios_bring_is_declared_with_zero() -> None:
    unit = Sieve("u", to_undersize={"default": 0.1, "copper": 0.9})
    (finding,) = one(unit, {"graphite": 1.0}).diagnose()
    assert "copper = 0" in finding.hint
    advised = one(unit, {"graphite": 1.0, "copper": 0.0})
    assert advised.solve({"in.copper": 2.0}).flow("undersize", "copper")[0] == pytest.approx(1.8)


def test_matter_that_a_recycle_or_a_reaction_brings_comes() -> None:
    fs = Flowsheet("loop", components(*MATTER))
    fs.feed("in", LIQUOR, unit="kg/h")
    fs.add(Mixer("mix"), feed=["in", "back"], out="mixed")
    fs.add(Leach("leach", reactions=(NICKEL,), doses=(SODA,)), feed="mixed", out="pulp")
    fs.add(Filter("press"), slurry="pulp", filtrate="liquor", cake="cake")
    extraction = {"default": 0.0, "Na2SO4(aq)": 0.9}
    fs.add(SolventExtraction("SX", extraction=extraction), feed="liquor", strip="s", raffinate="r")
    fs.add(Splitter("bleed", share=0.5), feed="r", first="out", rest="back")
    assert fs.diagnose() == []


def test_a_flowsheet_for_any_feed_may_wait_for_matter() -> None:
    fs = one(Sieve("u", to_undersize={"default": 0.1, "Ni(OH)2": 0.9}), SCRAP)
    fs.any_feed = True
    assert fs.diagnose() == []
    assert fs.solve().mass("undersize")[0] == pytest.approx(0.2)


def test_a_unit_of_ones_own_may_make_anything() -> None:
    class Alchemy(Unit):
        def run(self, p, feed):
            return (feed,)

    fs = one(Alchemy("u"), SCRAP)
    fs.add(
        Sieve("s", to_undersize={"default": 0.1, "Ni(OH)2": 0.9}),
        feed="out",
        undersize="a",
        oversize="b",
    )
    assert fs.diagnose() == []
    assert np.all(fs.solve().mass("a") > 0)


@pytest.mark.parametrize(
    "written",
    ['["x", "y"]', '["0.1", "0.2"]', "[true, false]", "[[0.1, 0.2], [0.3]]", "[{ a = 1 }]", "[]"],
)
def test_a_list_of_no_numbers_is_a_finding(tmp_path: Path, written: str) -> None:
    file = tmp_path / "f.toml"
    file.write_text(
        '[flowsheet]\nname = "p"\ncomponents = ["graphite"]\n[feeds.scrap]\nunit = "t/h"\n'
        '[feeds.scrap.flow]\ngraphite = 4.4\n[units.sieve]\nkind = "sieve"\n'
        '[units.sieve.streams]\nfeed = "scrap"\nundersize = "a"\noversize = "b"\n'
        f"[units.sieve.to_undersize]\ngraphite = {written}\n"
    )
    with pytest.raises(InputError, match=r"to_undersize\.graphite.* one per scenario"):
        read_flowsheet(file).solve()
