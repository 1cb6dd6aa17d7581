"""Hydrometallurgy: black mass to nickel, cobalt, manganese, lithium carbonate, graphite.

EverBatt 2023 (CM Rec Par.!CB5) doses by stoichiometry, and its doses close exactly if the metals
leave as hydroxides and all sulphate as sodium sulphate::

    2 LiMO2 + 3 H2SO4 + H2O2 -> Li2SO4 + 2 MSO4 + 4 H2O + O2     leaching
    H2SO4 + 2 NaOH -> Na2SO4 + 2 H2O                             saponification against strip acid
    MSO4 + 2 NaOH -> M(OH)2 + Na2SO4                             hydroxides
    Li2SO4 + Na2CO3 -> Li2CO3 + Na2SO4                           lithium carbonate

So the closed flowsheet does that. Leaching is complete; what recovery leaves of nickel, cobalt and
manganese goes with the solid waste, what it leaves of lithium with the wastewater. Lattice
aluminium, for which EverBatt doses nothing, takes acid and caustic by stoichiometry and leaves as
Al(OH)3 in the solid waste. Foil copper and aluminium stay in the residue, as in EverBatt (Landfill,
CC115:CC116). The strip liquors stand for their salts; their water stays in the raffinate.

EverBatt's own accounting weighs Li2CO3 as Li * 37/7, takes the products' metals out of the solids
though their sulphate and hydroxide are not counted, and sends 5 % of all reagents to solid waste.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import BINDER
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
from loopbook.flowsheet.units.reaction import Leach, Precipitation, Reactor
from loopbook.flowsheet.units.reaction.dose import Dose
from loopbook.flowsheet.units.separation import Filter, Mixer, Sieve, SolventExtraction
from loopbook.matter import Component, Sourced, atomic_weights, components, molar_mass
from loopbook.tables import Array

FEED = "black mass"
METALS = ("Mn", "Co", "Ni")
_INERT = ("graphite", "carbon black", "PVDF", "anode binder", "copper", "aluminium")
_SALTS = ("Li2SO4(aq)", "NiSO4(aq)", "CoSO4(aq)", "MnSO4(aq)", "Al2(SO4)3(aq)", "Na2SO4(aq)")
_REAGENTS = ("H2SO4(aq)", "H2O2", "NaOH(aq)", "Na2CO3(aq)", "CaO", "water", "O2")
_SOLIDS = ("Ni(OH)2", "Co(OH)2", "Mn(OH)2", "Al(OH)3", "Li2CO3", "CaSO4.2H2O")
_WASTES = ("leach residue", "metal losses", "aluminium hydroxide")


def hydro_flowsheet(
    feed: Mapping[str, Value], setting: RouteSetting, numbers: Sourced
) -> Flowsheet:
    """Flowsheet of the refinery, ready to solve; its feed is ``black mass``.

    Parameters
    ----------
    feed : composition of the black mass by component, kg/kg; a number or one per scenario each.
    setting : throughput and dosing weights.
    numbers : tables.
    """
    base = RouteBase.of(feed, setting, numbers)
    inert: list[str | Component] = [BINDER if n == BINDER.name else n for n in _INERT]
    extras = [n for n in feed if n not in (*base.names, *_INERT)]
    fs = Flowsheet("hydro", components(*base.names, *inert, *extras, *_SALTS, *_REAGENTS, *_SOLIDS))
    fs.feed(FEED, base.feed_kg_per_h(feed), unit="kg/h")
    _leaching(fs, base)
    _purification(fs, base)
    _metals(fs, base)
    _lithium(fs, base)
    return fs


def _mol(base: RouteBase, name: str) -> float:
    return base.numbers("hydro", name, "refining", unit="mol/mol")


def _assumed(base: RouteBase, name: str) -> float:
    return base.numbers("hydro", name, "route_rules", unit="mol/mol")


def _recovery(base: RouteBase, name: str) -> float:
    return base.numbers("hydro", name, "recoveries", unit="kg/kg")


def _dose(base: RouteBase, reagent: str, mol_per_mol: Mapping[str, float]) -> dict[str, float]:
    """kg of reagent per kg of element, by the weights of the rule."""
    mass = molar_mass(reagent, base.weights)
    return {e: n * mass / base.weights[e] for e, n in mol_per_mol.items()}


def _doses(base: RouteBase) -> dict[str, dict[str, float]]:
    """Reagents in kg per kg of element in the active material (CM Rec Par.!CD88:CD91)."""
    rule = {
        "H2SO4": ("H2SO4 per Li", "H2SO4 per Ni, Co, Mn", "H2SO4 per lattice Al"),
        "H2O2": ("", "H2O2 per Ni, Co, Mn", ""),
        "NaOH": ("", "NaOH per Ni, Co, Mn", "NaOH per lattice Al"),
        "Na2CO3": ("Na2CO3 per Li", "", ""),
    }
    out = {}
    for reagent, (lithium, metal, aluminium) in rule.items():
        wanted = {"Li": _mol(base, lithium)} if lithium else {}
        wanted |= {m: _mol(base, metal) for m in METALS} if metal else {}
        wanted |= {"Al": _assumed(base, aluminium)} if aluminium else {}
        out[reagent] = _dose(base, reagent, wanted)
    return out


def _per_active(base: RouteBase, per_element: Mapping[str, float]) -> dict[str, float]:
    """kg of reagent per kg of each active material."""
    return {a.name: sum(k * a.share(e) for e, k in per_element.items()) for a in base.actives}


def _lime(base: RouteBase) -> float:
    """CaO per kg of PVDF (CM Rec Par.!CD92)."""
    per_f = _mol(base, "CaO per F") * molar_mass("CaO", base.weights) / base.weights["F"]
    return 2.0 * atomic_weights()["F"] / molar_mass("C2H2F2") * per_f


def _leaching(fs: Flowsheet, base: RouteBase) -> None:
    doses = _doses(base)
    peroxide = _per_active(base, doses["H2O2"])
    per_mol = {a.name: peroxide[a.name] * a.molar_mass / molar_mass("H2O2") for a in base.actives}
    leach = Leach(
        "leach",
        reactions=(
            *(a.leaching(per_mol[a.name]) for a in base.actives),
            "CaO + H2SO4(aq) + water -> CaSO4.2H2O",
        ),
        conversion=1.0,
        doses=(
            Dose("H2SO4(aq)", per_component=_per_active(base, doses["H2SO4"])),
            Dose("H2O2", per_component=peroxide),
            Dose("CaO", per_component={"PVDF": _lime(base)}),
            Dose("water", per_kg=base.numbers("hydro", "water", "refining", unit="L/kg")),
        ),
    )
    fs.add(leach, feed=FEED, out="pulp", vent="oxygen")
    fs.add(
        Filter("leach filter", solids_to_cake=1.0, liquid_to_cake=0.0),
        slurry="pulp",
        filtrate="leach liquor",
        cake="cake",
    )
    graphite = {"default": 0.0, "graphite": _recovery(base, "graphite")}
    fs.add(
        Sieve("graphite recovery", to_undersize=graphite),
        feed="cake",
        undersize="graphite",
        oversize="leach residue",
    )


def _purification(fs: Flowsheet, base: RouteBase) -> None:
    """Strip acid against caustic, then lattice aluminium."""
    caustic = _doses(base)["NaOH"]
    half = {f"{m}SO4(aq)": caustic[m] / 2.0 * _metal_share(m) for m in METALS}
    fs.add(
        Reactor(
            "saponification",
            reactions=("H2SO4(aq) + 2 NaOH(aq) -> Na2SO4(aq) + 2 water",),
            conversion=1.0,
            doses=(Dose("NaOH(aq)", per_component=half),),
        ),
        feed="leach liquor",
        out="neutral liquor",
    )
    share = 2.0 * atomic_weights()["Al"] / molar_mass("Al2(SO4)3")
    done, dose = _limited(base, "Al", 3.0)
    fs.add(
        Precipitation(
            "aluminium precipitation",
            reactions=("Al2(SO4)3(aq) + 6 NaOH(aq) -> 2 Al(OH)3 + 3 Na2SO4(aq)",),
            conversion=done,
            doses=(Dose("NaOH(aq)", per_component={"Al2(SO4)3(aq)": dose * share}),),
        ),
        feed="neutral liquor",
        out="aluminium pulp",
    )
    fs.add(
        Filter("aluminium filter", solids_to_cake=1.0, liquid_to_cake=0.0),
        slurry="aluminium pulp",
        filtrate="SX feed",
        cake="aluminium hydroxide",
    )


def _metal_share(metal: str) -> float:
    return atomic_weights()[metal] / molar_mass(f"{metal}SO4")


def _limited(base: RouteBase, element: str, mol: float) -> tuple[float, float]:
    """Share of an element that its caustic can precipitate, and that caustic in kg per kg.

    With rounded weights the rule gives a little less than the reaction wants.
    """
    caustic = _doses(base)["NaOH"][element]
    given = caustic if element == "Al" else caustic / 2.0
    wanted = mol * molar_mass("NaOH") / atomic_weights()[element]
    return min(1.0, given / wanted), given


def _metals(fs: Flowsheet, base: RouteBase) -> None:
    """Extract each metal, precipitate its hydroxide, lose what recovery leaves of it."""
    source = "SX feed"
    lost = []
    for metal in METALS:
        salt, solid = f"{metal}SO4(aq)", f"{metal}(OH)2"
        fs.add(
            SolventExtraction(f"SX {metal}", extraction={"default": 0.0, salt: 1.0}),
            feed=source,
            strip=f"{metal} strip",
            raffinate=f"{metal} raffinate",
        )
        done, dose = _limited(base, metal, 2.0)
        fs.add(
            Precipitation(
                f"{metal} precipitation",
                reactions=(f"{salt} + 2 NaOH(aq) -> {solid} + Na2SO4(aq)",),
                conversion=done,
                doses=(Dose("NaOH(aq)", per_component={salt: dose * _metal_share(metal)}),),
            ),
            feed=f"{metal} strip",
            out=f"{metal} pulp",
        )
        fs.add(
            Filter(f"{metal} filter", solids_to_cake=1.0, liquid_to_cake=0.0),
            slurry=f"{metal} pulp",
            filtrate=f"{metal} liquor",
            cake=f"{metal} cake",
        )
        kept = {"default": 1.0, solid: min(1.0, _recovery(base, metal) / done)}
        fs.add(
            Sieve(f"{metal} recovery", to_undersize=kept),
            feed=f"{metal} cake",
            undersize=metal,
            oversize=f"{metal} loss",
        )
        lost.append(f"{metal} loss")
        source = f"{metal} raffinate"
    fs.add(Mixer("metal losses"), feed=lost, out="metal losses")


def _lithium(fs: Flowsheet, base: RouteBase) -> None:
    soda = _doses(base)["Na2CO3"]["Li"] * 2.0 * atomic_weights()["Li"] / molar_mass("Li2SO4")
    fs.add(
        Precipitation(
            "lithium precipitation",
            reactions=("Li2SO4(aq) + Na2CO3(aq) -> Li2CO3 + Na2SO4(aq)",),
            conversion=_recovery(base, "Li"),
            doses=(Dose("Na2CO3(aq)", per_component={"Li2SO4(aq)": soda}),),
        ),
        feed=f"{METALS[-1]} raffinate",
        out="lithium pulp",
    )
    fs.add(
        Filter("lithium filter", solids_to_cake=1.0, liquid_to_cake=0.0),
        slurry="lithium pulp",
        filtrate="lithium liquor",
        cake="Li2CO3",
    )
    fs.add(
        Mixer("water treatment"),
        feed=["lithium liquor", *(f"{m} liquor" for m in METALS)],
        out="wastewater",
    )


def hydro(
    feed: Mapping[str, Value],
    setting: RouteSetting | None = None,
    *,
    numbers: Sourced | None = None,
    scenarios: Mapping[str, Value] | None = None,
    feed_usd_per_kg: Value = 0.0,
) -> RouteResult:
    """Solve, cost and burden the hydrometallurgical refinery.

    Parameters
    ----------
    feed : composition of the black mass by component, kg/kg.
    setting : throughput, location, dosing weights.
    numbers : tables; None for the packaged ones.
    scenarios : values by path of the flowsheet, see `Flowsheet.solve`.
    feed_usd_per_kg : price of the black mass; EverBatt's cost is without it.

    >>> result = hydro({"NMC811": 0.6, "graphite": 0.4})
    >>> round(float(result.products["Ni"][0]), 4)
    0.2838
    """
    setting, numbers = setting or RouteSetting(), numbers or Sourced()
    solution = hydro_flowsheet(feed, setting, numbers).solve(scenarios)
    base = RouteBase.of(feed, setting, numbers)
    total = solution.mass(FEED)
    shares = shares_of(solution, FEED, (*base.names, *_INERT))
    throughput = base.throughput_t_per_yr(solution, FEED)
    products = {m: solution.element(m, m) / total for m in ("Ni", "Co", "Mn")}
    products |= {n: solution.mass(n) / total for n in ("Li2CO3", "graphite")}
    wastes = {n: solution.mass(n) / total for n in (*_WASTES, "wastewater", "oxygen")}
    reagents = drawn(solution, FEED)
    energy = _energy(base, shares)
    feed_usd = np.broadcast_to(np.asarray(feed_usd_per_kg, dtype=np.float64), total.shape)
    ours = Account(
        reagents=bought(reagents),
        energy=energy,
        water_l=reagents["water"],
        solid_waste=np.sum([wastes[n] for n in _WASTES], axis=0),
        wastewater_l=wastes["wastewater"],
        process_co2=np.zeros_like(total),
        feed_usd=feed_usd,
        revenue=_revenue(base, products),
    )
    figures = everbatt_figures(base, shares)
    theirs = Account(
        reagents={n: figures[n] for n in ("H2SO4", "H2O2", "NaOH", "Na2CO3", "CaO")},
        energy=energy,
        water_l=reagents["water"],
        solid_waste=figures["solid waste"],
        wastewater_l=figures["wastewater"],
        process_co2=np.zeros_like(total),
        feed_usd=feed_usd,
        revenue=_revenue(base, figures),
    )
    equipment = base.plain_list("hydro", throughput / base.hours_per_yr)
    return RouteResult(
        "hydro",
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


def _revenue(base: RouteBase, products: Mapping[str, Array]) -> dict[str, Array]:
    out = {m: products[m] * base.price(f"{m} in salt") for m in ("Ni", "Co", "Mn")}
    out["Li2CO3"] = products["Li2CO3"] * base.price("Li2CO3 crude")
    out["graphite"] = products["graphite"] * base.price("graphite")
    return out


def _carbonate(base: RouteBase, shares: Mapping[str, Array], weights: Mapping[str, float]) -> Array:
    """All lithium as Li2CO3, kg per kg of feed."""
    return base.element(shares, "Li") * molar_mass("Li2CO3", weights) / (2.0 * weights["Li"])


def _energy(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """Energy by carrier, MJ per kg of feed (CM Rec Par.!CD104:CD106)."""

    def rule(name: str) -> float:
        return base.numbers("hydro", name, "refining", unit="MJ/kg")

    carbonate = _carbonate(base, shares, base.weights)
    one = np.ones_like(carbonate)
    return {
        "diesel": one * rule("diesel"),
        "natural gas": rule("natural gas") + rule("natural gas per Li2CO3") * carbonate,
        "electricity": one * rule("electricity"),
    }


def everbatt_figures(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """EverBatt's figures per kg of black mass by its own formulas (CM Rec Par.!CD88:CD136)."""
    doses = _doses(base)
    figures: dict[str, Array] = {}
    for reagent, per_element in doses.items():
        parts = [base.element(shares, e) * k for e, k in per_element.items()]
        figures[reagent] = np.sum(parts, axis=0)
    figures["CaO"] = shares["PVDF"] * _lime(base)
    reagents: Array = np.sum(list(figures.values()), axis=0)
    made = {m: base.element(shares, m) * _recovery(base, m) for m in ("Ni", "Co", "Mn")}
    made["Li2CO3"] = _carbonate(base, shares, base.weights) * _recovery(base, "Li")
    made["graphite"] = shares["graphite"] * _recovery(base, "graphite")
    products: Array = np.sum(list(made.values()), axis=0)
    to_solid = base.numbers("hydro", "reagents to solid waste", "route_rules")
    solid = 1.0 - products + to_solid * reagents
    water = base.numbers("hydro", "water", "refining", unit="L/kg")
    figures |= made
    figures["solid waste"] = solid
    figures["wastewater"] = 1.0 + (1.0 - to_solid) * reagents + water - products - solid
    return figures
