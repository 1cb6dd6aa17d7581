"""Pyrometallurgy: whole cells to copper, nickel and cobalt (EverBatt 2023, CM Rec Par.!BB5).

The closed flowsheet: everything organic burns, active material falls apart into metal, oxides and
oxygen, aluminium burns, limestone calcines; alloy is tapped from slag; the off-gas is limed; the
alloy is dissolved in sulphuric acid; copper is won by electrolysis, cobalt and nickel are extracted
as sulphates. Recovery (95 %) is placed at the tap: the rest of the metal is in the slag, with all
lithium, manganese and aluminium.

EverBatt's own accounting counts the dust twice, leaves limestone and sand out of the slag and puts
them, and the burnt carbon, into the wastewater, and doses lime by 56/14 per kg of fluorine where
its stoichiometry is 56/38 (BD91); `everbatt_figures` keeps all that. The closed flowsheet doses
lime by stoichiometry.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loopbook.flowsheet.economics.cost import Equipment
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import BINDER, combustion
from loopbook.flowsheet.routes.result import (
    Account,
    RouteBase,
    RouteResult,
    RouteSetting,
    bought,
    drawn,
    shares_of,
)
from loopbook.flowsheet.units.parameters import Value
from loopbook.flowsheet.units.reaction import HeatTreatment, Leach, OffGasTreatment, Reactor
from loopbook.flowsheet.units.reaction.dose import Dose
from loopbook.flowsheet.units.separation import Mixer, Sieve, SolventExtraction
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import Component, Sourced, atomic_weights, components, molar_mass
from loopbook.tables import Array

SCRAP = "scrap"
_SOLVENTS = ("EC", "DMC")
_PLASTICS = ("PP", "PE", "PET")
_SOLID_FUELS = ("graphite", "carbon black", "PVDF", "anode binder", *_PLASTICS)
_PARTS = (*_SOLID_FUELS, *_SOLVENTS, "copper", "aluminium", "LiPF6")
_METALS = {"Cu": "copper", "Ni": "nickel", "Co": "cobalt"}
_MADE = (
    "nickel",
    "cobalt",
    "MnO",
    "Li2O",
    "Al2O3",
    "CaO",
    "CaCO3",
    "SiO2",
    "CaF2",
    "Ca3(PO4)2",
    "O2",
    "CO2",
    "H2O(g)",
    "HF",
    "POF3",
    "H2",
    "H2SO4(aq)",
    "CuSO4(aq)",
    "NiSO4(aq)",
    "CoSO4(aq)",
    "water",
)
_WASTES = ("slag", "gas residue")


def pyro_flowsheet(feed: Mapping[str, Value], setting: RouteSetting, numbers: Sourced) -> Flowsheet:
    """Flowsheet of the smelter and its refinery, ready to solve; its feed is ``scrap``.

    Parameters
    ----------
    feed : composition of the cells by component, kg/kg; a number or one per scenario each.
    setting : throughput and dosing weights.
    numbers : tables.
    """
    base = RouteBase.of(feed, setting, numbers)
    extras = [n for n in feed if n not in (*base.names, *_PARTS)]
    parts: list[str | Component] = [BINDER if n == BINDER.name else n for n in _PARTS]
    fs = Flowsheet("pyro", components(*base.names, *parts, *extras, *_MADE))
    fs.feed(SCRAP, base.feed_kg_per_h(feed), unit="kg/h")
    fs.add(_smelter(base), feed=SCRAP, solids="melt", gas="smelter gas")
    water = base.setting.throughput_t_per_yr * 1000.0 / base.hours_per_yr
    fs.feed("process water", {"water": water * _rule(base, "water", "L/kg")}, unit="kg/h")
    fs.add(
        OffGasTreatment(
            "gas treatment",
            reactions=("2 HF + CaO -> CaF2 + H2O(g)", "2 POF3 + 6 CaO -> Ca3(PO4)2 + 3 CaF2"),
            doses=(Dose("CaO", excess=1.0),),
            dust=0.0,
        ),
        gas="smelter gas",
        residue="gas residue",
        stack="stack gas",
    )
    tap = {name: base.numbers("pyro", e, "recoveries") for e, name in _METALS.items()}
    fs.add(
        Sieve("tap", to_undersize={"default": 0.0, **tap}),
        feed="melt",
        undersize="alloy",
        oversize="slag",
    )
    _refining(fs, base)
    return fs


def _rule(base: RouteBase, name: str, unit: str) -> float:
    return base.numbers("pyro", name, "refining", unit=unit)


def _smelter(base: RouteBase) -> Unit:
    dust = base.numbers("pyro", "flue dust per burnt mass", "route_rules")
    burnt = dict.fromkeys(_SOLID_FUELS, 1.0 - dust) | dict.fromkeys(_SOLVENTS, 1.0)
    flux = {
        name: _per_component(
            base, dict.fromkeys(_METALS, _rule(base, f"{name} per Ni, Co, Cu", "kg/kg"))
        )
        for name in ("CaCO3", "SiO2")
    }
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
            Dose("CaCO3", per_component=flux["CaCO3"]),
            Dose("SiO2", per_component=flux["SiO2"]),
        ),
        dust={"default": 0.0, **dict.fromkeys(_SOLID_FUELS, 1.0)},
    )


def _per_component(base: RouteBase, per_metal: Mapping[str, float]) -> dict[str, float]:
    """kg of a reagent per kg of copper and of each active material, from kg per kg of metal."""
    out = {a.name: sum(per_metal[m] * a.share(m) for m in ("Ni", "Co")) for a in base.actives}
    return out | {"copper": per_metal["Cu"]}


def _acid(base: RouteBase) -> dict[str, float]:
    """H2SO4 per kg of metal in the feed (CM Rec Par.!BD90)."""
    rule = _rule(base, "H2SO4 per Ni, Co, Cu", "mol/mol") * molar_mass("H2SO4", base.weights)
    return {m: rule / base.weights[m] for m in _METALS}


def _refining(fs: Flowsheet, base: RouteBase) -> None:
    # acid is dosed for the metal in the scrap, of which the tap has let the recovery through
    acid = {
        name: _acid(base)[m] / base.numbers("pyro", m, "recoveries") for m, name in _METALS.items()
    }
    fs.add(
        Leach(
            "alloy leach",
            reactions=(
                "nickel + H2SO4(aq) -> NiSO4(aq) + H2",
                "cobalt + H2SO4(aq) -> CoSO4(aq) + H2",
                "copper + H2SO4(aq) + 0.5 O2 -> CuSO4(aq) + water",
            ),
            conversion=1.0,
            doses=(Dose("H2SO4(aq)", per_component=acid), Dose("O2", excess=1.0)),
        ),
        feed=["alloy", "process water"],
        out="leach liquor",
        vent="leach gas",
    )
    source = "leach liquor"
    for metal in ("Cu", "Co", "Ni"):
        strip = {"default": 0.0, f"{metal}SO4(aq)": 1.0}
        fs.add(
            SolventExtraction(f"SX {metal}", extraction=strip),
            feed=source,
            strip=f"{metal} salt",
            raffinate=f"{metal} raffinate",
        )
        source = f"{metal} raffinate"
    fs.add(Mixer("electrolyte"), feed=["Cu salt", "Ni raffinate"], out="electrolyte")
    fs.add(
        Reactor(
            "electrowinning",
            reactions=("CuSO4(aq) + water -> copper + H2SO4(aq) + 0.5 O2",),
            conversion=1.0,
        ),
        feed="electrolyte",
        out="spent electrolyte",
        vent="anode gas",
    )
    fs.add(
        Sieve("cathode stripping", to_undersize={"default": 0.0, "copper": 1.0}),
        feed="spent electrolyte",
        undersize="copper",
        oversize="wastewater",
    )


def pyro(
    feed: Mapping[str, Value],
    setting: RouteSetting | None = None,
    *,
    numbers: Sourced | None = None,
    scenarios: Mapping[str, Value] | None = None,
) -> RouteResult:
    """Solve, cost and burden the pyrometallurgical route.

    Parameters
    ----------
    feed : composition of the cells by component, kg/kg.
    setting : throughput, location, dosing weights.
    numbers : tables; None for the packaged ones.
    scenarios : values by path of the flowsheet, see `Flowsheet.solve`.

    >>> result = pyro({"NMC811": 0.6, "graphite": 0.3, "copper": 0.1})
    >>> round(float(result.products["Cu"][0]), 4)
    0.095
    """
    setting, numbers = setting or RouteSetting(), numbers or Sourced()
    solution = pyro_flowsheet(feed, setting, numbers).solve(scenarios)
    base = RouteBase.of(feed, setting, numbers)
    total = solution.mass(SCRAP)
    shares = shares_of(solution, SCRAP, (*base.names, *_PARTS))
    throughput = base.throughput_t_per_yr(solution, SCRAP)
    products = {"Cu": solution.mass("copper") / total}
    products |= {m: solution.element(f"{m} salt", m) / total for m in ("Co", "Ni")}
    wastes = {n: solution.mass(n) / total for n in (*_WASTES, "wastewater")}
    reagents = drawn(solution, SCRAP)
    water = solution.mass("process water") / total
    energy = _energy(base, shares)
    feed_usd = base.payable(shares, "feed")
    revenue = {m: products[m] * base.price(f"{m} in salt") for m in ("Ni", "Co")}
    revenue["Cu"] = products["Cu"] * base.price("copper metal")
    ours = Account(
        reagents=bought(reagents),
        energy=energy,
        water_l=water,
        solid_waste=np.sum([wastes[n] for n in _WASTES], axis=0),
        wastewater_l=wastes["wastewater"],
        process_co2=solution.flow("stack gas", "CO2") / total,
        feed_usd=feed_usd,
        revenue=revenue,
    )
    figures = everbatt_figures(base, shares)
    theirs = Account(
        reagents={n: figures[n] for n in ("CaCO3", "SiO2", "H2SO4", "CaO")},
        energy=energy,
        water_l=water,
        solid_waste=figures["slag"] + figures["flue dust"],
        wastewater_l=figures["wastewater"],
        process_co2=figures["process CO2"],
        feed_usd=feed_usd,
        revenue=revenue,
    )
    equipment = _equipment(base, shares, throughput / base.hours_per_yr)
    return RouteResult(
        "pyro",
        solution,
        shares,
        products,
        reagents,
        wastes,
        energy,
        base.burdens(ours, as_everbatt=False),
        base.cost(ours, equipment, throughput, as_everbatt=False),
        figures,
        base.burdens(theirs, as_everbatt=True),
        base.cost(theirs, equipment, throughput, as_everbatt=True),
        numbers,
    )


def _metal(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """Recoverable metals, kg per kg of feed."""
    return {"Cu": shares["copper"]} | {m: base.element(shares, m) for m in ("Co", "Ni")}


def _energy(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """Energy by carrier, MJ per kg of feed (CM Rec Par.!BD104:BD106)."""
    metal = _metal(base, shares)
    gas = _rule(base, "natural gas per Ni, Co, Cu", "MJ/kg") * sum(metal.values())
    electricity = _rule(base, "electricity per Cu", "MJ/kg") * metal["Cu"]
    return {
        "diesel": np.full_like(metal["Cu"], _rule(base, "diesel", "MJ/kg")),
        "natural gas": np.asarray(gas),
        "electricity": electricity + _rule(base, "electricity", "MJ/kg"),
    }


def _equipment(
    base: RouteBase, shares: Mapping[str, Array], feed_t_per_h: Array
) -> tuple[Equipment, ...]:
    """Machines sized by what they see (CM Rec Par.!BC509:BC1709)."""
    catalogue, metal = base.catalogue(), _metal(base, shares)
    alloy = metal["Cu"] + metal["Co"] + metal["Ni"]
    special = {
        "leaching tank": [alloy],
        "solvent extraction unit": [alloy, metal["Co"] + metal["Ni"], metal["Ni"]],
        "electrowinning cell": [metal["Cu"]],
    }
    lines = []
    for name, count in base.numbers.rows("route_equipment", "pyro").items():
        plain = [np.ones_like(alloy)] * int(count)
        lines += [catalogue.line(name, feed_t_per_h * x) for x in special.get(name, plain)]
    return tuple(lines)


def everbatt_figures(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """EverBatt's figures per kg of cells by its own formulas (CM Rec Par.!BD88:BD152)."""
    metal = _metal(base, shares)
    alloy = metal["Cu"] + metal["Co"] + metal["Ni"]
    numbers, whole = base.numbers, {"C": 0.0, "O": 0.0, "Ca": 0.0}
    whole = {e: numbers(e, "rounded atomic weight", "route_rules") for e in whole}
    exact = atomic_weights()
    fluorine = shares["LiPF6"] * 6.0 * exact["F"] / molar_mass("LiPF6")
    fluorine = fluorine + shares["PVDF"] * 2.0 * exact["F"] / molar_mass("C2H2F2")
    figures = {
        "CaCO3": alloy * _rule(base, "CaCO3 per Ni, Co, Cu", "kg/kg"),
        "SiO2": alloy * _rule(base, "SiO2 per Ni, Co, Cu", "kg/kg"),
        "H2SO4": np.asarray(sum(metal[m] * k for m, k in _acid(base).items())),
        "CaO": fluorine * _rule(base, "CaO per F", "kg/kg"),
    }
    reagents: Array = np.sum(list(figures.values()), axis=0)
    made = {m: metal[m] * numbers("pyro", m, "recoveries") for m in ("Cu", "Co", "Ni")}
    products: Array = np.sum(list(made.values()), axis=0)
    solvents = shares["EC"] + shares["DMC"]
    burnt: Array = np.sum([shares[n] for n in _SOLID_FUELS], axis=0)
    dust = burnt * numbers("pyro", "flue dust per burnt mass", "route_rules")
    slag = 1.0 - solvents - products - dust - burnt
    fuels = (*_SOLID_FUELS, *_SOLVENTS)
    carbon = sum(shares[n] * numbers(n, "carbon", "route_rules") for n in fuels)
    co2 = molar_mass("CO2", whole)
    calcined = figures["CaCO3"] * co2 / molar_mass("CaCO3", whole)
    water = _rule(base, "water", "L/kg")
    figures |= made
    figures["flue dust"], figures["slag"] = dust, slag
    figures["wastewater"] = 1.0 - solvents + reagents + water - products - dust - slag - calcined
    figures["process CO2"] = np.asarray(carbon) * co2 / whole["C"] + calcined
    return figures
