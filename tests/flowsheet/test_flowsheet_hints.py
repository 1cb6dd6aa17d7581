"""What a finding of a flowsheet advises is done, in each way that it names, and it solves."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from test_effect import LIQUOR, MATTER, NICKEL, PULP, SCRAP, SODA, one

from loopbook.errors import InputError
from loopbook.flowsheet import (
    Crystalliser,
    Dose,
    Filter,
    Flowsheet,
    Leach,
    Mixer,
    Reactor,
    Shredder,
    Sieve,
    SolventExtraction,
    Splitter,
    Unit,
)
from loopbook.matter import Component, components
from support.advice import follows

Sheet = Callable[[], Flowsheet]


def leach(feed: dict[str, float], *doses: Dose, **ports: str) -> Flowsheet:
    return one(Leach("u", reactions=(NICKEL,), doses=doses), feed, **ports)


def returning(*, purge: float = 0.5, back: str = "back") -> Flowsheet:
    """A leach whose liquor is returned but for a purge."""
    fs = Flowsheet("loop", components(*MATTER))
    fs.feed("in", {**LIQUOR, "NaOH": 0.0}, unit="kg/h")
    dose = Dose("NaOH", excess=1.2, credit=True)
    fs.add(Leach("u", reactions=(NICKEL,), doses=(dose,)), feed="in", recycle=back, out="out", **{})
    fs.add(Filter("press"), slurry="out", filtrate="liquor", cake="cake")
    fs.add(Splitter("bleed", share=purge), feed="liquor", first="waste", rest=back)
    return fs


def gassed(phase: str) -> Flowsheet:
    """Carbonate in acid, with a vent."""
    gas = Component("carbonic", formula="CO2", phase=phase)
    acid = components("Li2CO3", "H2SO4", "Li2SO4(aq)", "water")
    fs = Flowsheet("gas", components("Li2CO3", "H2SO4", "Li2SO4(aq)", "water", gas))
    assert len(acid) == 4
    fs.feed("in", {"Li2CO3": 73.89, "H2SO4": 98.08}, unit="kg/h")
    reaction = "Li2CO3 + H2SO4 -> Li2SO4(aq) + water + carbonic"
    fs.add(Reactor("u", reactions=(reaction,)), feed="in", out="out", vent="vent")
    return fs


def pressed(phase: str, solute: str = "aqueous", **parameters: float) -> Flowsheet:
    """Powder and salt in water, filtered and washed."""
    powder = Component("powder", formula="C", phase=phase)
    salt = Component("salt", formula="Na2SO4", phase=solute)
    fs = Flowsheet("press", components(powder, salt, "water"))
    fs.feed("in", {"powder": 10.0, "salt": 10.0, "water": 80.0}, unit="kg/h")
    ports = {}
    if parameters:
        fs.feed("fresh", {"water": 10.0}, unit="kg/h")
        ports = {"wash": "fresh"}
    fs.add(Filter("u", **parameters), slurry="in", filtrate="filtrate", cake="cake", **ports)
    return fs


WASH = {"liquid_to_cake": 0.1, "wash_efficiency": 0.9}
NO_WAY_ON = (
    "feed it, dose it, or leave the reaction out (NaOH = 0 in a feed where only scenarios bring it)"
)

ADVICE: dict[str, tuple[str, Sheet, list[tuple[Sheet, str, float]]]] = {
    "a vapour": (
        "connect the outlet vapour, or leave evaporation out",
        lambda: one(Crystalliser("u", evaporation=0.5), LIQUOR),
        [
            (lambda: one(Crystalliser("u", evaporation=0.5), LIQUOR, vapour="v"), "v", 45),
            (lambda: one(Crystalliser("u", reactions=(NICKEL,), doses=(SODA,)), LIQUOR), "in", 100),
        ],
    ),
    "an outlet without evaporation": (
        "give evaporation, or leave the outlet vapour open",
        lambda: one(Crystalliser("u"), LIQUOR, vapour="v"),
        [
            (lambda: one(Crystalliser("u", evaporation=0.5), LIQUOR, vapour="v"), "v", 45),
            (lambda: one(Crystalliser("u", reactions=(NICKEL,), doses=(SODA,)), LIQUOR), "in", 100),
        ],
    ),
    "a reactant": (
        NO_WAY_ON,
        lambda: leach(LIQUOR),
        [
            (lambda: leach(LIQUOR | {"NaOH": 10.0}), "out", 110),
            (lambda: leach(LIQUOR, SODA), "u reagents", 5.169),
            (lambda: one(Mixer("u"), LIQUOR), "out", 100),
        ],
    ),
    "no law": (
        "give reactions or doses, or put a mixer in its place",
        lambda: one(Reactor("u"), LIQUOR),
        [
            (lambda: one(Reactor("u", doses=(Dose("water", per_kg=1.0),)), LIQUOR), "out", 200),
            (lambda: leach(LIQUOR, SODA), "u reagents", 5.169),
            (lambda: one(Mixer("u"), LIQUOR), "out", 100),
        ],
    ),
    "a conversion": (
        "give reactions, or leave conversion out",
        lambda: one(Reactor("u", conversion=0.5, doses=(Dose("water", per_kg=1.0),)), LIQUOR),
        [
            (lambda: one(Reactor("u", doses=(Dose("water", per_kg=1.0),)), LIQUOR), "out", 200),
            (
                lambda: one(
                    Reactor("u", conversion=0.5, reactions=(NICKEL,), doses=(SODA,)), LIQUOR
                ),
                "u reagents",
                5.169,
            ),
        ],
    ),
    "a vent": (
        "give the components that leave by it the phase gas",
        lambda: gassed("aqueous"),
        [(lambda: gassed("gas"), "vent", 44.01)],
    ),
    "a dose of what is not fed": (
        "doses are counted on what comes by feed; feed it, or leave the dose out",
        lambda: one(Reactor("u", doses=(Dose("water", per_component={"NaOH": 1.0}),)), SCRAP),
        [
            (
                lambda: one(
                    Reactor("u", doses=(Dose("water", per_component={"NaOH": 1.0}),)),
                    SCRAP | {"NaOH": 3.0},
                ),
                "u reagents",
                3,
            ),
            (lambda: one(Mixer("u"), SCRAP), "out", 2),
        ],
    ),
    "a credit": (
        "connect a recycle that brings it, or leave credit out",
        lambda: leach(LIQUOR, Dose("NaOH", excess=1.2, credit=True)),
        [
            (returning, "u reagents", 6.203 - 0.5 * 0.01 * 1.034),
            (lambda: leach(LIQUOR, Dose("NaOH", excess=1.2)), "u reagents", 6.203),
        ],
    ),
    "no solid": (
        "give the components that the filter holds back the phase solid",
        lambda: pressed("aqueous"),
        [(lambda: pressed("solid"), "cake", 9.9 + 0.03 * 90)],
    ),
    "an efficiency": (
        "connect the inlet wash, or leave wash_efficiency out",
        lambda: one(Filter("u", wash_efficiency=0.5, liquid_to_cake=0.1), PULP),
        [
            (
                lambda: one(Filter("u", wash_efficiency=0.5, liquid_to_cake=0.1), PULP, wash="w"),
                "cake",
                9.9 + 0.5 + 9.0,
            ),
            (lambda: one(Filter("u", liquid_to_cake=0.1), PULP), "cake", 19.9),
        ],
    ),
    "a wash": (
        "give wash_efficiency, or leave the inlet wash open",
        lambda: one(Filter("u", liquid_to_cake=0.1), PULP, wash="w"),
        [
            (
                lambda: one(Filter("u", wash_efficiency=0.5, liquid_to_cake=0.1), PULP, wash="w"),
                "cake",
                9.9 + 0.5 + 9.0,
            ),
            (lambda: one(Filter("u", liquid_to_cake=0.1), PULP), "cake", 19.9),
        ],
    ),
    "a dry cake": (
        "a cake without liquor has nothing to wash; give liquid_to_cake",
        lambda: one(Filter("u", liquid_to_cake=0.0, wash_efficiency=0.5), PULP, wash="w"),
        [
            (
                lambda: one(Filter("u", wash_efficiency=0.5, liquid_to_cake=0.1), PULP, wash="w"),
                "cake",
                9.9 + 0.5 + 9.0,
            )
        ],
    ),
    "no solute": (
        "give the solutes the phase aqueous",
        lambda: pressed("solid", "solid", **WASH),
        [(lambda: pressed("solid", **WASH), "cake", 9.9 + 0.1 + 8)],
    ),
    "a loss": (
        "connect the outlet dust, or leave dust_loss out",
        lambda: one(Shredder("u", dust_loss=0.1), SCRAP),
        [
            (lambda: one(Shredder("u", dust_loss=0.1), SCRAP, dust="d"), "d", 0.2),
            (lambda: one(Shredder("u"), SCRAP), "shredded", 2),
        ],
    ),
    "an outlet without loss": (
        "give dust_loss, or leave the outlet dust open",
        lambda: one(Shredder("u"), SCRAP, dust="d"),
        [
            (lambda: one(Shredder("u", dust_loss=0.1), SCRAP, dust="d"), "d", 0.2),
            (lambda: one(Shredder("u"), SCRAP), "shredded", 2),
        ],
    ),
    "a number with its unit": (
        "write the number without its unit",
        lambda: one(Shredder("u", dust_loss="10 %"), SCRAP, dust="d"),
        [(lambda: one(Shredder("u", dust_loss=0.1), SCRAP, dust="d"), "d", 0.2)],
    ),
    "no share": (
        "give the component, its phase, or default",
        lambda: one(Sieve("u", to_undersize={"copper": 0.5}), SCRAP),
        [
            (lambda: one(Sieve("u", to_undersize=all_but("graphite")), SCRAP), "undersize", 1.5),
            (lambda: one(Sieve("u", to_undersize=phases()), SCRAP), "undersize", 1),
            (
                lambda: one(Sieve("u", to_undersize={"copper": 0.5, "default": 0.25}), SCRAP),
                "undersize",
                0.75,
            ),
        ],
    ),
    "a share of what never comes": (
        "leave it out, or let a feed bring it (NaOH = 0 where only scenarios do)",
        lambda: one(Sieve("u", to_undersize={"default": 0.5, "NaOH": 1.0}), SCRAP),
        [
            (lambda: one(Sieve("u", to_undersize={"default": 0.5}), SCRAP), "undersize", 1),
            (
                lambda: one(
                    Sieve("u", to_undersize={"default": 0.5, "NaOH": 1.0}), SCRAP | {"NaOH": 1}
                ),
                "undersize",
                2,
            ),
        ],
    ),
    "a share of a phase": (
        "leave it out, or give a component that phase",
        lambda: one(Sieve("u", to_undersize={"default": 0.5, "gas": 1.0}), SCRAP),
        [
            (lambda: one(Sieve("u", to_undersize={"default": 0.5}), SCRAP), "undersize", 1),
            (
                lambda: one(
                    Sieve("u", to_undersize={"default": 0.5, "gas": 1.0}), SCRAP | {"H2O(g)": 1}
                ),
                "undersize",
                2,
            ),
        ],
    ),
    "nothing of all": (
        "name the components that it acts on",
        lambda: one(SolventExtraction("u", extraction={"default": 0.0}), LIQUOR),
        [
            (
                lambda: one(
                    SolventExtraction("u", extraction={"default": 0.0, "NiSO4(aq)": 0.9}), LIQUOR
                ),
                "strip",
                9,
            )
        ],
    ),
}


def all_but(last: str) -> dict[str, float]:
    """A share for each component by its name."""
    return dict.fromkeys(MATTER, 0.5) | {last: 1.0}


def phases() -> dict[str, float]:
    return dict.fromkeys(("solid", "liquid", "aqueous", "gas"), 0.5)


def rid_of_idle(fs: Flowsheet) -> Flowsheet:
    """The sheet for any feed: keys for matter that does not come are no finding of this test."""
    fs.any_feed = True
    return fs


@pytest.mark.parametrize(("advice", "wrong", "right"), ADVICE.values(), ids=[*ADVICE])
def test_a_flowsheet_solves_as_the_hint_says(
    advice: str, wrong: Sheet, right: list[tuple[Sheet, str, float]]
) -> None:
    findings = wrong().diagnose()
    follows(next(f for f in findings if f.hint == advice) if findings else "", advice)
    for build, stream, kg in right:
        fs = build()
        assert not [f for f in fs.diagnose() if f.hint == advice]
        mass = rid_of_idle(fs).solve().mass(stream)[0]
        assert mass == pytest.approx(kg, rel=1e-3), (stream, mass)


def test_a_reactant_that_only_scenarios_bring_is_zero_in_the_feed() -> None:
    fs = leach(LIQUOR | {"NaOH": 0.0})
    assert not fs.diagnose()
    assert fs.solve({"in.NaOH": [10.0]}).mass("out")[0] == pytest.approx(110)


@pytest.mark.parametrize(("soda", "conversion"), [(10.0, 1.0), (1.0, 0.1)])
def test_a_reaction_that_wants_too_much(soda: float, conversion: float) -> None:
    def built(soda: float, conversion: float) -> Flowsheet:
        unit = Leach("u", reactions=(NICKEL,), conversion=conversion)
        return one(unit, LIQUOR | {"NaOH": soda})

    with pytest.raises(InputError) as caught:
        built(1.0, 1.0).solve()
    follows(
        caught.value.findings[0],
        "a reaction wants more of it than there is: raise its dose or lower the conversion",
    )
    assert built(soda, conversion).solve().mass("out")[0] == pytest.approx(100 + soda)


def round_and_round(purge: float) -> Flowsheet:
    fs = Flowsheet("loop", components("copper"))
    fs.feed("in", {"copper": 1.0}, unit="kg/h")
    fs.add(Mixer("m"), feed=["in", "back"], out="all")
    fs.add(Splitter("s", share=purge), feed="all", first="waste", rest="back")
    return fs


def test_a_loop_gets_a_way_out() -> None:
    (finding,) = round_and_round(0.0).diagnose()
    follows(finding, "give the loop a purge or another outlet for it")
    assert round_and_round(0.01).solve().mass("waste")[0] == pytest.approx(1)


def mixed(*, streams: bool, splitter: bool) -> Flowsheet:
    """Two feeds to one sieve, whose undersize two sieves take."""
    fs = Flowsheet("wires", components("copper", "graphite"))
    for feed in ("a", "b"):
        fs.feed(feed, SCRAP, unit="kg/h")
    fs.add(Mixer("m"), feed=["a", "b"] if streams else "a", out="in")
    if not streams:
        fs.add(Mixer("n"), feed="b", out="in")
    fs.add(Mixer("o"), feed="in", out="fine")
    if splitter:
        fs.add(Splitter("s", share=0.5), feed="fine", first="one", rest="two")
    fs.add(Mixer("p"), feed="one" if splitter else "fine", out="left")
    fs.add(Mixer("q"), feed="two" if splitter else "fine", out="right")
    return fs


def test_streams_that_meet_are_mixed_and_one_that_parts_is_split() -> None:
    by_code = {f.expected: f for f in mixed(streams=False, splitter=False).diagnose()}
    follows(by_code["one maker"], "mix them: an inlet takes a list of streams")
    follows(by_code["one taker"], "put a splitter between them")
    solution = mixed(streams=True, splitter=True).solve()
    assert solution.mass("left")[0] == solution.mass("right")[0] == pytest.approx(2)


def test_a_feed_gets_its_unit() -> None:
    fs = Flowsheet("feed", components("copper"))
    advice = 'give unit="kg/h", "t/h" or "t/yr"'
    with pytest.raises(InputError) as caught:
        fs.feed("in", {"copper": 1.0})
    follows(caught.value.findings[0], advice)
    for unit in re.findall(r'"(.*?)"', advice):
        fs.feed(unit.replace("/", " per "), {"copper": 1.0}, unit=unit)


def dissolved(**ore: object) -> Flowsheet:
    fs = Flowsheet(
        "ore", components(Component("ore", phase="solid", **ore), "H2SO4", "NiSO4(aq)", "water")
    )
    fs.feed("in", {"ore": 74.69, "H2SO4": 98.07}, unit="kg/h")
    fs.add(Reactor("u", reactions=("ore + H2SO4 -> NiSO4(aq) + water",)), feed="in", out="out")
    return fs


def test_a_component_that_reacts_gets_a_formula() -> None:
    with pytest.raises(InputError) as caught:
        dissolved(shares={"Ni": 0.7858, "O": 0.2142}).solve()
    follows(caught.value.findings[0], "give the component a formula")
    assert dissolved(formula="NiO").solve().flow("out", "NiSO4(aq)")[0] == pytest.approx(
        154.75, rel=1e-3
    )


def test_a_unit_of_ones_own_defines_its_law() -> None:
    class Idle(Unit):
        """Nothing."""

    class Pipe(Unit):
        """What comes goes."""

        def run(self, p, feed):
            return (feed,)

    with pytest.raises(TypeError) as caught:
        one(Idle("u"), SCRAP).solve()
    follows(caught.value, "has no law: define run()")
    assert one(Pipe("u"), SCRAP).solve().mass("out")[0] == pytest.approx(2)
