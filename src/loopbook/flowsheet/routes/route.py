"""A route and its runner: solve a closed flowsheet, weigh products and wastes, price and burden it.

A route is a declaration (`Route`): the components and units of its flowsheet, its products, wastes
and equipment. Its doses and its energy are rows of the tables ``refining`` and ``preprocessing``,
named by what they are counted on: ``NaOH per Ni, Co, Mn``, ``natural gas per Li2CO3``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from loopbook.errors import NegativeError
from loopbook.flowsheet.economics.burden import OF_GRID, Burdens, burdens, check_place
from loopbook.flowsheet.economics.cost import (
    OF_PLACE,
    Equipment,
    EquipmentCatalogue,
    Plant,
    PlantCost,
    plant_cost,
)
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.routes.matter import WASTED, ActiveMaterial, active_materials, check_shares
from loopbook.flowsheet.solution import Solution
from loopbook.flowsheet.units.unit import Value
from loopbook.matter import Sourced, atomic_weights, components, molar_mass
from loopbook.tables import Array

Composition: TypeAlias = Mapping[str, Array]

SCRAP, BLACK_MASS = "scrap", "black mass"
STACK, WASTEWATER = "stack gas", "wastewater"
_CARRIERS = ("diesel", "natural gas", "electricity")
_NOT_BOUGHT = ("O2", "water")  # from the air and the tap


@dataclass(frozen=True, slots=True)
class RouteSetting:
    """Settings that all routes have.

    Parameters
    ----------
    throughput_t_per_yr : feed of the plant, t/yr; a number or one per scenario.
    location : row of table ``geography`` for prices and, without `grid`, for electricity.
    grid : row of table ``geography`` for the greenhouse gas of electricity.
    dollar_year : year of the equipment's prices.
    priced_as : product whose price stands for one that table ``prices`` does not have.
    """

    throughput_t_per_yr: float | Array = 10000.0
    location: str = "US"
    grid: str = ""
    dollar_year: int = 2020
    priced_as: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a plant without feed; NaN fails."""
        size = np.asarray(self.throughput_t_per_yr)
        if not ((size > 0.0) & (size < np.inf)).all():
            smallest = f"{float(np.min(size)):g}"
            raise NegativeError.of("negative", "throughput_t_per_yr", "> 0 t/yr", smallest)


class Product(NamedTuple):
    """A product of a route.

    Parameters
    ----------
    stream : the stream that it is.
    price : its name in table ``prices``; empty where contained nickel and cobalt are paid.
    element : element of the stream that is counted and paid; empty for all of the stream.
    """

    stream: str
    price: str = ""
    element: str = ""

    def flow(self, solution: Solution) -> Array:
        """How much of it there is, kg/h."""
        if self.element:
            return solution.element(self.stream, self.element)
        return solution.mass(self.stream)


class Machine(NamedTuple):
    """A line of the equipment list: its share of the plant's feed, sets, capacity of a train."""

    share: Array | float = 1.0
    sets: float = 1.0
    train_t_per_h: float | None = None


@dataclass(frozen=True, slots=True)
class RouteBase:
    """The numbers, calendar and active materials by which a route is built and priced."""

    route: Route
    setting: RouteSetting
    numbers: Sourced
    actives: tuple[ActiveMaterial, ...]
    phosphates: tuple[str, ...]
    hours_per_yr: float
    days_per_yr: float
    life_yr: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the active materials."""
        return tuple(a.name for a in self.actives)

    @property
    def feed_kg_per_h(self) -> float | Array:
        """Feed of the plant; a number or one per scenario."""
        return self.setting.throughput_t_per_yr * 1000.0 / self.hours_per_yr

    def rule(self, name: str, unit: str) -> float:
        """A number of the route's own table."""
        subject, table = self.route.rules
        return self.numbers(subject, name, table, unit=unit)

    def recovery(self, name: str) -> float:
        """Recovery of a product, kg/kg."""
        return self.numbers(self.route.name, name, "recoveries", unit="kg/kg")

    def dose(self, reagent: str) -> dict[str, float]:
        """kg of a reagent per kg of each element, from the rows ``REAGENT per ELEMENTS``."""
        library, doses = self.numbers.library, {}
        for row in (*library.table("refining"), *library.table("route_rules")):
            name, _, driver = row.parameter.partition(" per ")
            if (row.subject, name) == (self.route.name, reagent):
                number = self.numbers.take(row).value
                for element in driver.removeprefix("lattice ").split(", "):
                    mol = molar_mass(reagent) / atomic_weights()[element]
                    doses[element] = number * (mol if row.unit == "mol/mol" else 1.0)
        return doses

    def per_active(self, dose: Mapping[str, float]) -> dict[str, float]:
        """kg of a reagent per kg of each active material, from kg per kg of element."""
        return {a.name: sum(k * a.share(e) for e, k in dose.items()) for a in self.actives}

    def per_binder(self, dose: Mapping[str, float]) -> dict[str, float]:
        """kg of a reagent per kg of PVDF, from kg per kg of fluorine."""
        return {"PVDF": 2.0 * atomic_weights()["F"] / molar_mass("C2H2F2") * dose["F"]}

    def element(self, shares: Composition, symbol: str) -> Array:
        """kg of an element in the active materials per kg of feed."""
        parts = (shares[a.name] * a.share(symbol) for a in self.actives)
        return np.asarray(sum(parts, np.zeros_like(next(iter(shares.values())))))

    def drivers(self, shares: Composition) -> dict[str, Array]:
        """Amounts per kg of feed on which energy is counted, by their name in the tables."""
        active: Array = sum((shares[n] for n in self.names), np.zeros_like(shares["copper"]))
        copper, lithium = shares["copper"], atomic_weights()["Li"]
        return {
            "": np.ones_like(active),
            "Cu": copper,
            "Ni, Co, Cu": copper + self.element(shares, "Co") + self.element(shares, "Ni"),
            "Li2CO3": self.element(shares, "Li") * molar_mass("Li2CO3") / (2.0 * lithium),
            "active material": active,
            "active material and graphite": active + shares["graphite"],
        }

    def energy_mj_per_kg(self, shares: Composition) -> dict[str, Array]:
        """Energy by carrier per kg of feed, from the rows ``CARRIER per DRIVER``."""
        drivers, (subject, table) = self.drivers(shares), self.route.rules
        energy = {carrier: np.zeros_like(drivers[""]) for carrier in _CARRIERS}
        for row in self.numbers.library.table(table):
            carrier, _, driver = row.parameter.partition(" per ")
            if row.subject == subject and carrier in energy:
                energy[carrier] += self.numbers.take(row).to("MJ/kg") * drivers[driver]
        return energy

    def payable(self, shares: Composition, kind: str) -> Array:
        """Price by contained Ni and Co times the payable share, USD per kg (Preproc. Par.!C95)."""
        metals = {"Ni": "nickel", "Co": "cobalt"}
        value = sum(
            self.element(shares, e) * self.numbers(n, "price", "prices") for e, n in metals.items()
        )
        return np.asarray(value) * self.numbers(kind, "payable of Ni and Co", "route_rules")

    def price(self, name: str) -> float:
        """Price of a recovered product, USD/kg."""
        priced = self.setting.priced_as.get(name, name)
        return self.numbers(priced, "recovered price", "prices", unit="USD/kg")

    def equipment(self, shares: Composition, feed_t_per_h: Array) -> tuple[Equipment, ...]:
        """The route's equipment list; a machine is sized by the plant's feed unless declared."""
        catalogue = EquipmentCatalogue(
            self.numbers, self.setting.dollar_year, self.setting.location
        )
        special = self.route.machines(self, shares)
        listed = self.numbers.rows("route_equipment", self.route.name)
        return tuple(
            catalogue.line(name, feed_t_per_h * m.share, sets=m.sets, train_t_per_h=m.train_t_per_h)
            for name, count in listed.items()
            for m in special.get(name, [Machine()] * int(count))
        )


@dataclass(frozen=True, slots=True)
class RouteResult:
    """A solved route; arrays of shape (scenario,), per kg of feed.

    Attributes
    ----------
    route : name of the route.
    solution : flows of all streams; every element closes.
    feed : composition of the feed, kg/kg.
    products, reagents, wastes : kg per kg of feed by name.
    contaminants : what it takes and does not recover, by component, kg per kg of feed.
    process_energy_mj_per_kg : by carrier.
    burdens, cost : of these flows.
    numbers : tables with the rows that were used.
    """

    route: str
    solution: Solution
    feed: Composition
    products: Mapping[str, Array]
    reagents: Mapping[str, Array]
    wastes: Mapping[str, Array]
    contaminants: Mapping[str, Array]
    process_energy_mj_per_kg: Mapping[str, Array]
    burdens: Burdens
    cost: PlantCost
    numbers: Sourced


def _no_machines(base: RouteBase, shares: Composition) -> dict[str, list[Machine]]:
    return {}


@dataclass(frozen=True, slots=True)
class Route:
    """A way from scrap or black mass to products; call it to solve, price and burden it.

    Parameters
    ----------
    name : of the route, and its subject in the tables.
    feed : ``scrap``, which is paid by its nickel and cobalt, or ``black mass``.
    rules : subject and table of its numbers.
    parts : components that a feed may have beside active materials.
    made : components that the plant makes or draws.
    build : adds the units to a flowsheet that has the feed.
    products : by name.
    solid_wastes : streams for the landfill.
    other_wastes : streams that leave for nothing; `WASTEWATER` is treated at a price.
    machines : equipment that is not sized by the plant's feed, by name.
    phosphates : whether LFP is ``kept`` in black mass or ``wasted``; empty where it is refused.
    service_water : name of the rule for water that is used and let go beside the flowsheet.
    """

    name: str
    feed: str
    rules: tuple[str, str]
    parts: tuple[str, ...]
    made: tuple[str, ...]
    build: Callable[[Flowsheet, RouteBase], None]
    products: Callable[[RouteBase], Mapping[str, Product]]
    solid_wastes: tuple[str, ...]
    other_wastes: tuple[str, ...] = (WASTEWATER,)
    machines: Callable[[RouteBase, Composition], Mapping[str, list[Machine]]] = _no_machines
    service_water: str = ""
    phosphates: str = ""

    def base(self, feed: Mapping[str, Value], setting: RouteSetting, numbers: Sourced) -> RouteBase:
        """Check the feed and read the calendar (Preproc. Par.!AC9:AC13, the same for all)."""
        check_shares(feed)
        check_place(numbers, setting.location, OF_PLACE)
        check_place(numbers, setting.grid or setting.location, OF_GRID)
        days = numbers("generic", "days", "preprocessing", unit="d/yr")
        hours = days * numbers("generic", "processing hours", "preprocessing", unit="h/d")
        life = numbers("generic", "plant life", "preprocessing", unit="yr")
        actives = active_materials(feed, self.phosphates)
        return RouteBase(self, setting, numbers, *actives, hours, days, life)

    def flowsheet(self, feed: Mapping[str, Value], base: RouteBase) -> Flowsheet:
        """The closed flowsheet, ready to solve.

        Parameters
        ----------
        feed : composition by component, kg/kg; a number or one per scenario each.
        base : see `base`.
        """
        extras = [n for n in feed if n not in (*base.names, *self.parts)]
        fs = Flowsheet(
            self.name, components(*base.names, *self.parts, *extras, *self.made), any_feed=True
        )
        flow = {n: np.asarray(v, dtype=np.float64) * base.feed_kg_per_h for n, v in feed.items()}
        fs.feed(self.feed, flow, unit="kg/h")
        self.build(fs, base)
        return fs

    def __call__(
        self,
        feed: Mapping[str, Value],
        setting: RouteSetting | None = None,
        *,
        numbers: Sourced | None = None,
        scenarios: Mapping[str, Value] | None = None,
        feed_usd_per_kg: Value = 0.0,
    ) -> RouteResult:
        """Solve, price and burden the route.

        Parameters
        ----------
        feed : composition of the feed by component, kg/kg; a number or one per scenario each.
        setting : throughput, location, prices.
        numbers : tables; None for the packaged ones.
        scenarios : values by path of the flowsheet, see `Flowsheet.solve`.
        feed_usd_per_kg : price of black mass; scrap is paid by its nickel and cobalt.
        """
        base = self.base(feed, setting or RouteSetting(), numbers or Sourced())
        return self.priced(self.flowsheet(feed, base).solve(scenarios), base, feed_usd_per_kg)

    def priced(
        self, solution: Solution, base: RouteBase, feed_usd_per_kg: Value = 0.0
    ) -> RouteResult:
        """Price and burden a solved flowsheet of the route, with the base that it was built on."""
        total = solution.mass(self.feed)
        shares = shares_of(solution, self.feed, (*base.names, *base.phosphates, *self.parts))
        made = self.products(base)
        products = {name: product.flow(solution) / total for name, product in made.items()}
        reagents = _drawn(solution, total)
        wastes = {n: solution.mass(n) / total for n in (*self.solid_wastes, *self.other_wastes)}
        service = base.rule(self.service_water, "L/kg") if self.service_water else 0.0
        water = reagents.get("water", 0.0) + _fed(solution, self.feed) + service
        scrap = self.feed == SCRAP
        plant = Plant(
            throughput_t_per_yr=total * base.hours_per_yr / 1000.0,
            days_per_yr=base.days_per_yr,
            life_yr=base.life_yr,
            equipment=base.equipment(shares, total / 1000.0),
            reagents_kg_per_kg={n: x for n, x in reagents.items() if n not in _NOT_BOUGHT},
            energy_mj_per_kg=base.energy_mj_per_kg(shares),
            water_l_per_kg=np.broadcast_to(water, total.shape),
            wastewater_l_per_kg=wastes.get(WASTEWATER, np.zeros_like(total)) + service,
            solid_waste_kg_per_kg=np.sum([wastes[n] for n in self.solid_wastes], axis=0),
            feed_usd_per_kg=base.payable(shares, "feed")
            if scrap
            else np.broadcast_to(np.asarray(feed_usd_per_kg, dtype=np.float64), total.shape),
            revenue_usd_per_kg={
                name: products[name] * _price(name, product, solution, base)
                for name, product in made.items()
            },
        )
        burned = solution.flow(STACK, "CO2") if STACK in solution.flows else np.zeros_like(total)
        burden = burdens(
            plant.reagents_kg_per_kg,
            plant.energy_mj_per_kg,
            base.numbers,
            process_co2_kg_per_kg=burned / total,
            process_water_l_per_kg=plant.water_l_per_kg,
            location=base.setting.grid or base.setting.location,
        )
        return RouteResult(
            route=self.name,
            solution=solution,
            feed=shares,
            products=products,
            reagents=reagents,
            wastes=wastes,
            contaminants={n: shares[n] for n in base.phosphates if self.phosphates == WASTED},
            process_energy_mj_per_kg=plant.energy_mj_per_kg,
            burdens=burden,
            cost=plant_cost(plant, base.numbers, location=base.setting.location),
            numbers=base.numbers,
        )


def shares_of(solution: Solution, stream: str, names: Sequence[str]) -> dict[str, Array]:
    """Composition of a stream by component, kg/kg, shape (scenario,); zero where absent."""
    total = solution.mass(stream)
    known = solution.plan.basis.index
    return {
        n: solution.flow(stream, n) / total if n in known else np.zeros_like(total) for n in names
    }


def black_mass_composition(result: RouteResult) -> dict[str, Array]:
    """Composition of the black mass that preprocessing made, kg/kg, as a feed for a refinery."""
    shares = shares_of(result.solution, BLACK_MASS, result.solution.plan.basis.names)
    return {n: x for n, x in shares.items() if x.any()}


def _price(name: str, product: Product, solution: Solution, base: RouteBase) -> Array | float:
    if product.price:
        return base.price(product.price)
    named = (*base.names, *base.phosphates)
    return base.payable(shares_of(solution, product.stream, named), name)


def _drawn(solution: Solution, total: Array) -> dict[str, Array]:
    """Reagents that the units drew from outside, kg per kg of feed, by name without its phase."""
    drawn: dict[str, Array] = {}
    for place in solution.plan.flowsheet.placed.values():
        for stream in place.supplies.values():
            for name, row in zip(solution.plan.basis.names, solution.flow(stream), strict=True):
                if row.any():
                    key = name.removesuffix("(aq)")
                    drawn[key] = drawn.get(key, np.zeros_like(total)) + row / total
    return drawn


def _fed(solution: Solution, feed: str) -> Array | float:
    """Water that is fed beside the feed, kg per kg of feed."""
    others = (n for n in solution.plan.flowsheet.feeds if n != feed)
    return sum((solution.mass(n) / solution.mass(feed) for n in others), 0.0)
