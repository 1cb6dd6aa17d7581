"""Direct recycling: active material and graphite out of black mass by flotation and relithiation.

EverBatt 2023 (CM Rec Par.!DB5): 90 % of each active material and of graphite come back. Lithium
hydroxide is dosed for 30 % of the lithium; production scrap has lost none, so the closed flowsheet
lets the hydroxide leave with the wastewater, as EverBatt's product has the formula of the feed.

EverBatt's own accounting sends 5 % of the reagents to solid waste and 95 % to the wastewater.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from loopbook.flowsheet.economics.cost import Equipment
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
from loopbook.flowsheet.units.reaction import Reactor
from loopbook.flowsheet.units.reaction.dose import Dose
from loopbook.flowsheet.units.separation import Filter, Sieve
from loopbook.matter import Component, Sourced, atomic_weights, components, molar_mass
from loopbook.tables import Array

FEED = "black mass"
_INERT = ("graphite", "carbon black", "PVDF", "anode binder", "copper", "aluminium")


def direct_flowsheet(
    feed: Mapping[str, Value], setting: RouteSetting, numbers: Sourced
) -> Flowsheet:
    """Flowsheet of the plant, ready to solve; its feed is ``black mass``.

    Parameters
    ----------
    feed : composition of the black mass by component, kg/kg; a number or one per scenario each.
    setting : throughput and dosing weights.
    numbers : tables.
    """
    base = RouteBase.of(feed, setting, numbers)
    inert: list[str | Component] = [BINDER if n == BINDER.name else n for n in _INERT]
    extras = [n for n in feed if n not in (*base.names, *_INERT)]
    basis = components(*base.names, *inert, *extras, "LiOH(aq)", "CaO", "Ca(OH)2", "water")
    fs = Flowsheet("direct", basis)
    fs.feed(FEED, base.feed_kg_per_h(feed), unit="kg/h")
    pulping = Reactor(
        "pulping",
        reactions=("CaO + water -> Ca(OH)2",),
        conversion=1.0,
        doses=(
            Dose("LiOH(aq)", per_component=_lithium(base)),
            Dose("CaO", per_component={"PVDF": _lime(base)}),
            Dose("water", per_kg=base.numbers("direct", "water", "refining", unit="L/kg")),
        ),
    )
    fs.add(pulping, feed=FEED, out="pulp")
    fs.add(
        Filter("filter press", solids_to_cake=1.0, liquid_to_cake=0.0),
        slurry="pulp",
        filtrate="wastewater",
        cake="solids",
    )
    float_off = {"default": 0.0, "graphite": _recovery(base, "graphite")}
    fs.add(
        Sieve("graphite flotation", to_undersize=float_off),
        feed="solids",
        undersize="graphite",
        oversize="sinks",
    )
    source = "sinks"
    for name in base.names:
        kept = {"default": 0.0, name: _recovery(base, "active material")}
        rest = "residue" if name == base.names[-1] else f"without {name}"
        fs.add(
            Sieve(f"{name} recovery", to_undersize=kept),
            feed=source,
            undersize=f"{name} product",
            oversize=rest,
        )
        source = rest
    return fs


def _recovery(base: RouteBase, name: str) -> float:
    return base.numbers("direct", name, "recoveries", unit="kg/kg")


def _lithium(base: RouteBase) -> dict[str, float]:
    """LiOH per kg of each active material (CM Rec Par.!DD88)."""
    rule = base.numbers("direct", "LiOH per Li", "refining", unit="mol/mol")
    per_kg = rule * molar_mass("LiOH", base.weights) / base.weights["Li"]
    return {a.name: per_kg * a.share("Li") for a in base.actives}


def _lime(base: RouteBase) -> float:
    """CaO per kg of PVDF (CM Rec Par.!DD89)."""
    rule = base.numbers("direct", "CaO per F", "refining", unit="mol/mol")
    per_f = rule * molar_mass("CaO", base.weights) / base.weights["F"]
    return 2.0 * atomic_weights()["F"] / molar_mass("C2H2F2") * per_f


def direct(
    feed: Mapping[str, Value],
    setting: RouteSetting | None = None,
    *,
    numbers: Sourced | None = None,
    scenarios: Mapping[str, Value] | None = None,
    feed_usd_per_kg: Value = 0.0,
) -> RouteResult:
    """Solve, cost and burden direct recycling.

    Parameters
    ----------
    feed : composition of the black mass by component, kg/kg.
    setting : throughput, location, dosing weights; ``priced_as`` for active materials without a
        price.
    numbers : tables; None for the packaged ones.
    scenarios : values by path of the flowsheet, see `Flowsheet.solve`.
    feed_usd_per_kg : price of the black mass; EverBatt's cost is without it.

    >>> result = direct({"NMC811": 0.6, "graphite": 0.4})
    >>> round(float(result.products["NMC811"][0]), 4)
    0.54
    """
    setting, numbers = setting or RouteSetting(), numbers or Sourced()
    solution = direct_flowsheet(feed, setting, numbers).solve(scenarios)
    base = RouteBase.of(feed, setting, numbers)
    total = solution.mass(FEED)
    shares = shares_of(solution, FEED, (*base.names, *_INERT))
    throughput = base.throughput_t_per_yr(solution, FEED)
    products = {n: solution.mass(f"{n} product") / total for n in base.names}
    products["graphite"] = solution.mass("graphite") / total
    wastes = {n: solution.mass(n) / total for n in ("residue", "wastewater")}
    reagents = drawn(solution, FEED)
    energy = _energy(base, shares)
    zero = np.zeros_like(total)
    feed_usd = zero + np.asarray(feed_usd_per_kg, dtype=np.float64)
    revenue = {n: x * base.price(n) for n, x in products.items()}
    ours = Account(
        reagents=bought(reagents),
        energy=energy,
        water_l=reagents["water"],
        solid_waste=wastes["residue"],
        wastewater_l=wastes["wastewater"],
        process_co2=zero,
        feed_usd=feed_usd,
        revenue=revenue,
    )
    figures = everbatt_figures(base, shares)
    theirs = Account(
        reagents={n: figures[n] for n in ("LiOH", "CaO")},
        energy=energy,
        water_l=reagents["water"],
        solid_waste=figures["solid waste"],
        wastewater_l=figures["wastewater"],
        process_co2=zero,
        feed_usd=feed_usd,
        revenue=revenue,
    )
    equipment = _equipment(base, shares, throughput / base.hours_per_yr)
    return RouteResult(
        "direct",
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


def _energy(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """Energy by carrier, MJ per kg of feed (CM Rec Par.!DD104:DD106)."""

    def rule(name: str) -> float:
        return base.numbers("direct", name, "refining", unit="MJ/kg")

    active = base.active(shares)
    both = active + shares["graphite"]
    gas = rule("natural gas per active material and graphite") * both
    return {
        "diesel": np.full_like(active, rule("diesel")),
        "natural gas": gas + rule("natural gas per active material") * active,
        "electricity": rule("electricity") + rule("electricity per active material") * active,
    }


def _equipment(
    base: RouteBase, shares: Mapping[str, Array], feed_t_per_h: Array
) -> tuple[Equipment, ...]:
    """Machines sized by what they see (CM Rec Par.!DC509:DC1409), one line per active material."""
    catalogue, kinds = base.catalogue(), len(base.actives)
    listed = base.numbers.rows("route_equipment", "direct")

    def rule(name: str) -> float:
        return base.numbers("direct", name, "route_rules")

    graphite, active = shares["graphite"], base.active(shares)
    first = (active + graphite) / rule("solids in graphite flotation")
    further = active / rule("solids in active material flotation")
    train = rule("furnace train") / base.hours_per_yr
    special: dict[str, list[tuple[Array, float, float | None]]] = {
        "froth flotation cell": [(first, 1.0, None), (further, kinds - 1.0, None)],
        "filter press": [
            (graphite + shares["carbon black"], 1.0, None),
            (active / kinds, float(kinds), None),
        ],
        "dryer": [(active / kinds, float(kinds), None)],
        "ball mill": [(active / kinds, float(kinds), None)],
        "furnace and saggar handling system": [(active, 1.0, train)],
    }
    lines = []
    for name, count in listed.items():
        plain: list[tuple[Array, float, float | None]]
        plain = [(np.ones_like(active), 1.0, None)] * int(count)
        for share, sets, trains in special.get(name, plain):
            lines.append(
                catalogue.line(name, feed_t_per_h * share, sets=sets, train_t_per_h=trains)
            )
    return tuple(lines)


def everbatt_figures(base: RouteBase, shares: Mapping[str, Array]) -> dict[str, Array]:
    """EverBatt's figures per kg of black mass by its own formulas (CM Rec Par.!DD88:DD136)."""
    lithium = np.sum([shares[n] * k for n, k in _lithium(base).items()], axis=0)
    figures = {"LiOH": lithium, "CaO": shares["PVDF"] * _lime(base)}
    reagents = figures["LiOH"] + figures["CaO"]
    made = {n: shares[n] * _recovery(base, "active material") for n in base.names}
    made["graphite"] = shares["graphite"] * _recovery(base, "graphite")
    products: Array = np.sum(list(made.values()), axis=0)
    to_solid = base.numbers("direct", "reagents to solid waste", "route_rules")
    solid = 1.0 - products + to_solid * reagents
    water = base.numbers("direct", "water", "refining", unit="L/kg")
    figures |= made
    figures["solid waste"] = solid
    figures["wastewater"] = 1.0 + (1.0 - to_solid) * reagents + water - products - solid
    return figures
