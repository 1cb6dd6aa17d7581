"""The plant and the refiner: one flowsheet solve each, with the years as its scenarios."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from loopbook.cases.folder.case import Case
from loopbook.cases.folder.metals import METALS
from loopbook.cases.year.supply import Supply
from loopbook.errors import BalanceError
from loopbook.flowsheet import (
    ROUTES,
    Equipment,
    Plant,
    PlantCost,
    RouteResult,
    RouteSetting,
    plant_cost,
    preprocessing,
)
from loopbook.matter import Sourced, component_names, components
from loopbook.tables import Array

BLACK_MASS, COPPER, ALUMINIUM = "black mass", "copper", "aluminium"
_CLOSURE = 1e-9


@dataclass(frozen=True, slots=True)
class Works:
    """What a plant made of its feed in each year.

    Attributes
    ----------
    route : the solved route, per kg of feed.
    feed_t : tonnes of feed, by year.
    products_t : tonnes by product.
    elements_t : tonnes of each element (and of graphite) by product.
    keys : input keys of the numbers that the route used.
    """

    route: RouteResult
    feed_t: Array
    products_t: Mapping[str, Array]
    elements_t: Mapping[str, Mapping[str, Array]]
    keys: tuple[str, ...]

    def ghg_t(self, part: str) -> Array:
        """Greenhouse gases of a part (``materials``, ``energy``, ``process``), t CO2e by year."""
        return np.asarray(self.route.burdens.ghg_kgco2e_per_kg[part] * self.feed_t)


def metal_share(element: str, product: str) -> float:
    """kg of an element, or of graphite (``C``), per kg of a product.

    >>> metal_share("Ni", "Ni"), round(metal_share("Li", "Li2CO3"), 4), metal_share("C", "Li2CO3")
    (1.0, 0.1879, 0.0)
    """
    if element == "C":
        return float(product == "graphite")
    if product == element:
        return 1.0
    symbols = {metal.element for metal in METALS}
    if product in symbols:
        return 0.0
    return float(components(product).items[0].element_shares().get(element, 0.0))


def works(case: Case, made: Supply, facts: Sourced) -> tuple[Works, Works]:
    """Solve the plant for what it takes and the refiner for its black mass, in every year.

    The plants are sized by their capacity; a year's amounts are flows per kg times its feed. A
    year without feed has the composition of the contract's cells, times nothing.
    """
    get = case.settings.get
    setting = RouteSetting(
        throughput_t_per_yr=get("plant.capacity"),
        location=get("region"),
        dollar_year=get("equipment_year"),
        priced_as={p.chemistry: p.cell_design for p in made.producers},
    )
    feed = made.feed_t()
    total = feed.sum(axis=0)
    cell = np.array([made.cell.get(name, 0.0) for name in made.components])
    shares = np.where(total > 0.0, feed / np.where(total > 0.0, total, 1.0), cell[:, None])
    numbers = Sourced(case.library)
    plant = preprocessing(
        {n: s for n, s in zip(made.components, shares, strict=True) if s.any()},
        setting,
        numbers=numbers,
    )
    first = _works(plant, total, _references(numbers, facts))
    _check(first)
    numbers = Sourced(case.library)
    black_mass = {n: plant.solution.share(BLACK_MASS, n) for n in plant.solution.plan.basis.names}
    refined = ROUTES[get("route")](
        {n: s for n, s in black_mass.items() if s.any()},
        replace(setting, throughput_t_per_yr=get("refiner.capacity")),
        numbers=numbers,
    )
    return first, _works(refined, first.products_t[BLACK_MASS], _references(numbers, facts))


def _references(numbers: Sourced, facts: Sourced) -> tuple[str, ...]:
    """Input keys of the rows that a plant used; the run records them as used too."""
    for number in numbers.used:
        facts.take(number)
    return numbers.references


def _works(route: RouteResult, feed_t: Array, keys: tuple[str, ...]) -> Works:
    products = {name: share * feed_t for name, share in route.products.items()}
    elements = {
        name: {m.element: tonnes * _content(route, name, m.element) for m in METALS}
        for name, tonnes in products.items()
    }
    return Works(route, feed_t, products, elements, keys)


def _content(route: RouteResult, stream: str, element: str) -> Array | float:
    """kg of an element (graphite for ``C``) per kg of a product; zero where nothing flows.

    A product that is counted as an element or compound is that, whatever its stream holds; a
    mixture, such as black mass, is what its stream holds.
    """
    if stream in {metal.element for metal in METALS} or stream in component_names():
        return metal_share(element, stream)
    flow = route.solution
    basis = flow.plan.basis
    mass = flow.mass(stream)
    safe = np.where(mass > 0.0, mass, 1.0)
    if element == "C" and "graphite" in basis.index:
        return np.asarray(flow.flow(stream, "graphite") / safe)
    if element in basis.elements and element != "C":
        return np.asarray(flow.element(stream, element) / safe)
    return 0.0 * mass


def _check(plant: Works) -> None:
    """Black mass, metals and what is left of the feed must be the feed; each element too."""
    report = plant.route.solution.report
    if not report.worst_closure <= _CLOSURE:
        raise BalanceError(f"{plant.route.route} closes to {report.worst_closure:.3g} only")
    if not (
        np.sum(list(plant.products_t.values()), axis=0) <= plant.feed_t * (1.0 + _CLOSURE)
    ).all():
        raise BalanceError(f"{plant.route.route} makes more than it is fed")


def annual_cost(
    done: Works, *, feed_usd: Array, revenue_usd: Mapping[str, Array], facts: Sourced, location: str
) -> tuple[PlantCost, tuple[str, ...]]:
    """Cost of each year with the plant sized by its capacity, by EverBatt's method.

    Parameters
    ----------
    done : the plant's years.
    feed_usd : what it pays for its feed, USD by year.
    revenue_usd : by product, USD by year.
    facts : the library; it records the rows that were used.
    location : row of ``geography``.

    Returns
    -------
    Cost by line, USD by year; and input keys of what it used.
    """
    route, per_year = done.route, done.feed_t * 1000.0
    sized = route.cost
    at_size = 1000.0 * sized.throughput_t_per_yr
    numbers = Sourced(facts.library)

    def amount(line: str, price: str, unit: str) -> Array:
        """Flow per kg of feed behind a cost line."""
        return sized.annual_usd[line] / at_size / numbers(location, price, "geography", unit=unit)

    def per_kg(usd: Array) -> Array:
        return usd / np.where(per_year > 0.0, per_year, 1.0)

    whole = Equipment(
        "all equipment",
        sized.throughput_t_per_yr,
        1.0,
        sized.capital_usd["purchased equipment"],
        sized.labour_person_hour_per_d,
    )
    plant = Plant(
        throughput_t_per_yr=done.feed_t,
        days_per_yr=numbers("generic", "days", "preprocessing", unit="d/yr"),
        life_yr=numbers("generic", "plant life", "preprocessing", unit="yr"),
        equipment=(whole,),
        reagents_kg_per_kg={
            name: dose
            for name, dose in route.reagents.items()
            if name not in {"O2", "water"} and numbers.has(name, "price", "prices")
        },
        energy_mj_per_kg=route.process_energy_mj_per_kg,
        water_l_per_kg=amount("water", "water price", "USD/L"),
        wastewater_l_per_kg=amount("wastewater", "wastewater price", "USD/L"),
        solid_waste_kg_per_kg=amount("landfill", "landfill price", "USD/kg"),
        feed_usd_per_kg=per_kg(feed_usd),
        revenue_usd_per_kg={name: per_kg(usd) for name, usd in revenue_usd.items()},
    )
    return plant_cost(plant, numbers, location=location), _references(numbers, facts)
