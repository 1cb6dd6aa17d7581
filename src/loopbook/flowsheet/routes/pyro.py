"""Pyrometallurgy: whole cells to copper, nickel and cobalt (EverBatt 2023, CM Rec Par.!BB5).

The closed flowsheet: everything organic burns, active material falls apart into metal, oxides and
oxygen, aluminium burns, limestone calcines; alloy is tapped from slag; the off-gas is limed by
stoichiometry; the alloy is dissolved in sulphuric acid; copper is won by electrolysis, cobalt and
nickel are extracted as sulphates. Recovery (95 %) is placed at the tap: the rest of the metal is in
the slag, with all lithium, manganese and aluminium, and LFP as it came.

>>> result = pyro({"NMC811": 0.6, "graphite": 0.3, "copper": 0.1})
>>> round(float(result.products["Cu"][0]), 4)
0.095
"""

from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import WASTED, combustion
from loopbook.flowsheet.routes.route import (
    SCRAP,
    STACK,
    WASTEWATER,
    Composition,
    Machine,
    Product,
    Route,
    RouteBase,
)
from loopbook.flowsheet.units.ours import (
    HeatTreatment,
    Leach,
    Mixer,
    OffGasTreatment,
    Reactor,
    Sieve,
    SolventExtraction,
)
from loopbook.flowsheet.units.reaction.reactor import Dose

_SOLVENTS = ("EC", "DMC")
_SOLID_FUELS = ("graphite", "carbon black", "PVDF", "anode binder", "PP", "PE", "PET")
_METALS = {"Cu": "copper", "Ni": "nickel", "Co": "cobalt"}


def _flux(base: RouteBase, reagent: str) -> dict[str, float]:
    """kg of a flux per kg of copper and of each active material."""
    per_metal = base.dose(reagent)
    copper = per_metal.pop("Cu")
    return {**base.per_active(per_metal), "copper": copper}


def _smelter(base: RouteBase) -> HeatTreatment:
    dust = base.numbers("pyro", "flue dust per burnt mass", "route_rules")
    burnt = dict.fromkeys(_SOLID_FUELS, 1.0 - dust) | dict.fromkeys(_SOLVENTS, 1.0)
    return HeatTreatment(
        "smelter",
        reactions=(
            *(a.smelting() for a in base.actives),
            *(combustion(n) for n in (*_SOLID_FUELS, *_SOLVENTS)),
            "4 aluminium + 3 O2 -> 2 Al2O3",
            "2 LiPF6 + 3 H2O(g) -> Li2O + 2 POF3 + 6 HF",
            "CaCO3 -> CaO + CO2",
        ),
        conversion={"default": 1.0, **burnt},
        doses=(
            Dose("O2", excess=1.0),
            Dose("CaCO3", per_component=_flux(base, "CaCO3")),
            Dose("SiO2", per_component=_flux(base, "SiO2")),
        ),
        dust={"default": 0.0, **dict.fromkeys(_SOLID_FUELS, 1.0)},
    )


def _build(fs: Flowsheet, base: RouteBase) -> None:
    fs.add(_smelter(base), feed=SCRAP, solids="melt", gas="smelter gas")
    water = base.feed_kg_per_h * base.rule("water", "L/kg")
    fs.feed("process water", {"water": water}, unit="kg/h")
    cleaning = OffGasTreatment(
        "gas treatment",
        reactions=("2 HF + CaO -> CaF2 + H2O(g)", "2 POF3 + 6 CaO -> Ca3(PO4)2 + 3 CaF2"),
        doses=(Dose("CaO", excess=1.0),),
    )
    fs.add(cleaning, gas="smelter gas", residue="gas residue", stack=STACK)
    tap = {name: base.recovery(e) for e, name in _METALS.items()}
    sieve = Sieve("tap", to_undersize={"default": 0.0, **tap})
    fs.add(sieve, feed="melt", undersize="alloy", oversize="slag")
    # acid is dosed for the metal in the scrap, of which the tap has let the recovery through
    per_metal = base.dose("H2SO4")
    acid = {name: per_metal[e] / base.recovery(e) for e, name in _METALS.items()}
    leach = Leach(
        "alloy leach",
        reactions=(
            "nickel + H2SO4(aq) -> NiSO4(aq) + H2",
            "cobalt + H2SO4(aq) -> CoSO4(aq) + H2",
            "copper + H2SO4(aq) + 0.5 O2 -> CuSO4(aq) + water",
        ),
        doses=(Dose("H2SO4(aq)", per_component=acid), Dose("O2", excess=1.0)),
    )
    fs.add(leach, feed=["alloy", "process water"], out="leach liquor", vent="leach gas")
    source = "leach liquor"
    for metal in ("Cu", "Co", "Ni"):
        rest = f"{metal} raffinate"
        extraction = {"default": 0.0, f"{metal}SO4(aq)": 1.0}
        unit = SolventExtraction(f"SX {metal}", extraction=extraction)
        fs.add(unit, feed=source, strip=f"{metal} salt", raffinate=rest)
        source = rest
    fs.add(Mixer("electrolyte"), feed=["Cu salt", "Ni raffinate"], out="electrolyte")
    winning = Reactor(
        "electrowinning", reactions=("CuSO4(aq) + water -> copper + H2SO4(aq) + 0.5 O2",)
    )
    fs.add(winning, feed="electrolyte", out="spent electrolyte", vent="anode gas")
    stripping = Sieve("cathode stripping", to_undersize={"default": 0.0, "copper": 1.0})
    fs.add(stripping, feed="spent electrolyte", undersize="copper", oversize=WASTEWATER)


def _products(base: RouteBase) -> dict[str, Product]:
    salts = {m: Product(f"{m} salt", f"{m} in salt", m) for m in ("Co", "Ni")}
    return {"Cu": Product("copper", "copper metal"), **salts}


def _machines(base: RouteBase, shares: Composition) -> dict[str, list[Machine]]:
    """Machines sized by what they see (CM Rec Par.!BC509:BC1709)."""
    cobalt, nickel = base.element(shares, "Co"), base.element(shares, "Ni")
    alloy = Machine(base.drivers(shares)["Ni, Co, Cu"])
    return {
        "leaching tank": [alloy],
        "solvent extraction unit": [alloy, Machine(cobalt + nickel), Machine(nickel)],
        "electrowinning cell": [Machine(shares["copper"])],
    }


pyro = Route(
    name="pyro",
    feed=SCRAP,
    rules=("pyro", "refining"),
    parts=(*_SOLID_FUELS, *_SOLVENTS, "copper", "aluminium", "LiPF6"),
    made=(
        *("nickel", "cobalt", "MnO", "Li2O", "Al2O3", "CaO", "CaCO3", "SiO2", "CaF2", "Ca3(PO4)2"),
        *("O2", "CO2", "H2O(g)", "HF", "POF3", "H2"),
        *("H2SO4(aq)", "CuSO4(aq)", "NiSO4(aq)", "CoSO4(aq)", "water"),
    ),
    build=_build,
    products=_products,
    solid_wastes=("slag", "gas residue"),
    phosphates=WASTED,
    machines=_machines,
)
