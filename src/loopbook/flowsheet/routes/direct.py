"""Direct recycling: active material and graphite out of black mass by flotation and relithiation.

EverBatt 2023 (CM Rec Par.!DB5): 90 % of each active material and of graphite come back. Lithium
hydroxide is dosed for 30 % of the lithium; production scrap has lost none, so the closed flowsheet
lets the hydroxide leave with the wastewater, as EverBatt's product has the formula of the feed.

>>> result = direct({"NMC811": 0.6, "graphite": 0.4})
>>> round(float(result.products["NMC811"][0]), 4)
0.54
"""

from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.route import (
    BLACK_MASS,
    WASTEWATER,
    Composition,
    Machine,
    Product,
    Route,
    RouteBase,
)
from loopbook.flowsheet.units.ours import Filter, Reactor, Sieve
from loopbook.flowsheet.units.reaction.reactor import Dose


def _build(fs: Flowsheet, base: RouteBase) -> None:
    pulping = Reactor(
        "pulping",
        reactions=("CaO + water -> Ca(OH)2",),
        doses=(
            Dose("LiOH(aq)", per_component=base.per_active(base.dose("LiOH"))),
            Dose("CaO", per_component=base.per_binder(base.dose("CaO"))),
            Dose("water", per_kg=base.rule("water", "L/kg")),
        ),
    )
    fs.add(pulping, feed=BLACK_MASS, out="pulp")
    press = Filter("filter press", solids_to_cake=1.0, liquid_to_cake=0.0)
    fs.add(press, slurry="pulp", filtrate=WASTEWATER, cake="solids")
    float_off = {"default": 0.0, "graphite": base.recovery("graphite")}
    flotation = Sieve("graphite flotation", to_undersize=float_off)
    fs.add(flotation, feed="solids", undersize="graphite", oversize="sinks")
    source = "sinks"
    for name in base.names:
        kept = {"default": 0.0, name: base.recovery("active material")}
        rest = "residue" if name == base.names[-1] else f"without {name}"
        sieve = Sieve(f"{name} recovery", to_undersize=kept)
        fs.add(sieve, feed=source, undersize=f"{name} product", oversize=rest)
        source = rest


def _products(base: RouteBase) -> dict[str, Product]:
    actives = {name: Product(f"{name} product", name) for name in base.names}
    return {**actives, "graphite": Product("graphite", "graphite")}


def _machines(base: RouteBase, shares: Composition) -> dict[str, list[Machine]]:
    """Machines sized by what they see (CM Rec Par.!DC509:DC1409), one line per active material."""
    drivers, kinds = base.drivers(shares), len(base.actives)
    active, both = drivers["active material"], drivers["active material and graphite"]

    def rule(name: str) -> float:
        return base.numbers("direct", name, "route_rules")

    each = Machine(active / kinds, float(kinds))
    train = rule("furnace train") / base.hours_per_yr
    first = Machine(both / rule("solids in graphite flotation"))
    further = Machine(active / rule("solids in active material flotation"), kinds - 1.0)
    return {
        "froth flotation cell": [first, further],
        "filter press": [Machine(shares["graphite"] + shares["carbon black"]), each],
        "dryer": [each],
        "ball mill": [each],
        "furnace and saggar handling system": [Machine(active, train_t_per_h=train)],
    }


direct = Route(
    name="direct",
    feed=BLACK_MASS,
    rules=("direct", "refining"),
    parts=("graphite", "carbon black", "PVDF", "anode binder", "copper", "aluminium"),
    made=("LiOH(aq)", "CaO", "Ca(OH)2", "water"),
    build=_build,
    products=_products,
    solid_wastes=("residue",),
    machines=_machines,
)
