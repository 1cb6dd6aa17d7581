"""What a route gives: flows per kg of feed, burdens, cost, and EverBatt's own accounting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from loopbook.errors import Finding, raise_findings
from loopbook.flowsheet.economics.burden import Burdens, burdens
from loopbook.flowsheet.economics.cost import (
    Equipment,
    EquipmentCatalogue,
    Plant,
    PlantCost,
    plant_cost,
)
from loopbook.flowsheet.routes.matter import (
    ActiveMaterial,
    AtomicWeights,
    active_materials,
    check_shares,
    rule_weights,
)
from loopbook.flowsheet.solution import Solution
from loopbook.flowsheet.units.parameters import Value
from loopbook.matter import Sourced
from loopbook.tables import Array
from loopbook.tables.units import convert

FROM_AIR = ("O2",)
"""Drawn from the air: neither bought nor burdened."""


@dataclass(frozen=True, slots=True)
class RouteSetting:
    """What all routes are told.

    Parameters
    ----------
    throughput_t_per_yr : feed of the plant, t/yr.
    location : row of table ``geography`` for prices and, without `grid`, for electricity.
    grid : row of table ``geography`` for the greenhouse gas of electricity.
    atomic_weights : weights by which reagents are dosed.
    dollar_year : year of the equipment's prices.
    priced_as : product whose price stands for one that table ``prices`` does not have.
    """

    throughput_t_per_yr: float = 13500.0
    location: str = "US"
    grid: str = ""
    atomic_weights: AtomicWeights = "exact"
    dollar_year: int = 2020
    priced_as: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a plant without feed; NaN fails."""
        if not 0.0 < self.throughput_t_per_yr < np.inf:
            found = f"{self.throughput_t_per_yr:g}"
            raise_findings([Finding("negative", "throughput_t_per_yr", "> 0 t/yr", found)])


@dataclass(frozen=True, slots=True)
class RouteResult:
    """A solved route; arrays of shape (scenario,), per kg of feed.

    Attributes
    ----------
    route : ``preprocessing``, ``hydro``, ``pyro`` or ``direct``.
    solution : flows of all streams; every element closes.
    feed : composition of the feed, kg/kg.
    products, reagents, wastes : kg per kg of feed by name.
    process_energy_mj_per_kg : by carrier.
    burdens, cost : of the closed flows.
    everbatt : figures by EverBatt's own accounting, keys as in its sheets; where its accounting
        does not close they differ from the closed flows. See docs/decisions.md.
    everbatt_burdens, everbatt_cost : burdens and cost of those figures.
    numbers : tables with the rows that were used.
    """

    route: str
    solution: Solution
    feed: Mapping[str, Array]
    products: Mapping[str, Array]
    reagents: Mapping[str, Array]
    wastes: Mapping[str, Array]
    process_energy_mj_per_kg: Mapping[str, Array]
    burdens: Burdens
    cost: PlantCost
    everbatt: Mapping[str, Array]
    everbatt_burdens: Burdens
    everbatt_cost: PlantCost
    numbers: Sourced


@dataclass(frozen=True, slots=True)
class Account:
    """One accounting of a route, ours or EverBatt's, ready for burdens and cost."""

    reagents: Mapping[str, Array]
    energy: Mapping[str, Array]
    water_l: Array
    solid_waste: Array
    wastewater_l: Array
    process_co2: Array
    feed_usd: Array
    revenue: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class RouteBase:
    """What building and accounting of all routes share."""

    setting: RouteSetting
    numbers: Sourced
    actives: tuple[ActiveMaterial, ...]
    weights: Mapping[str, float]
    hours_per_yr: float
    days_per_yr: float
    life_yr: float

    @classmethod
    def of(cls, feed: Mapping[str, Value], setting: RouteSetting, numbers: Sourced) -> RouteBase:
        """Check the feed and read the calendar (Preproc. Par.!AC9:AC13, the same for all)."""
        check_shares(feed)
        days = numbers("generic", "days", "preprocessing", unit="d/yr")
        hours = days * numbers("generic", "processing hours", "preprocessing", unit="h/d")
        life = numbers("generic", "plant life", "preprocessing", unit="yr")
        weights = rule_weights(setting.atomic_weights, numbers)
        return cls(setting, numbers, active_materials(feed), weights, hours, days, life)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the active materials."""
        return tuple(a.name for a in self.actives)

    def feed_kg_per_h(self, feed: Mapping[str, Value]) -> dict[str, Array]:
        """Feed by component, kg/h."""
        total = self.setting.throughput_t_per_yr * 1000.0 / self.hours_per_yr
        return {n: np.asarray(v, dtype=np.float64) * total for n, v in feed.items()}

    def throughput_t_per_yr(self, solution: Solution, stream: str) -> Array:
        """Throughput of the solved scenarios, t/yr."""
        return solution.mass(stream) * self.hours_per_yr / 1000.0

    def element(self, shares: Mapping[str, Array], symbol: str) -> Array:
        """kg of an element in the active materials per kg of feed."""
        parts = [shares[a.name] * a.share(symbol) for a in self.actives]
        total: Array = np.sum(parts, axis=0)
        return total

    def active(self, shares: Mapping[str, Array]) -> Array:
        """kg of active material per kg of feed."""
        total: Array = np.sum([shares[n] for n in self.names], axis=0)
        return total

    def payable(self, shares: Mapping[str, Array], kind: str) -> Array:
        """Price by contained Ni and Co times the payable share, USD per kg (Preproc. Par.!C95)."""
        metals = {"Ni": "nickel", "Co": "cobalt"}
        value = sum(
            self.element(shares, e) * self.numbers(n, "price", "prices") for e, n in metals.items()
        )
        return np.asarray(value) * self.numbers(kind, "payable of Ni and Co", "route_rules")

    def price(self, name: str) -> float:
        """Price of a recovered product, USD/kg."""
        asked = self.setting.priced_as.get(name, name)
        return self.numbers(asked, "recovered price", "prices", unit="USD/kg")

    def catalogue(self) -> EquipmentCatalogue:
        """Equipment in the setting's dollars."""
        return EquipmentCatalogue(self.numbers, self.setting.dollar_year)

    def plain_list(self, route: str, feed_t_per_h: Array) -> tuple[Equipment, ...]:
        """Equipment list of a route where every machine is sized by the plant's feed."""
        catalogue = self.catalogue()
        listed = self.numbers.rows("route_equipment", route)
        return tuple(
            catalogue.line(name, feed_t_per_h) for name, n in listed.items() for _ in range(int(n))
        )

    def burdens(self, account: Account, *, as_everbatt: bool) -> Burdens:
        """Burdens of an accounting; EverBatt takes a kilogram for 0.0011 short tons."""
        scale = 1.0
        if as_everbatt:
            per_kg = self.numbers("materials", "short tons per kg", "route_rules")
            scale = per_kg * convert(1.0, "short_ton", "kg")
        return burdens(
            account.reagents,
            account.energy,
            self.numbers,
            process_co2_kg_per_kg=account.process_co2,
            process_water_l_per_kg=account.water_l,
            location=self.setting.grid or self.setting.location,
            material_scale=scale,
        )

    def cost(
        self,
        account: Account,
        equipment: tuple[Equipment, ...],
        throughput_t_per_yr: Array,
        *,
        as_everbatt: bool,
    ) -> PlantCost:
        """Cost of an accounting."""
        plant = Plant(
            throughput_t_per_yr=throughput_t_per_yr,
            days_per_yr=self.days_per_yr,
            life_yr=self.life_yr,
            equipment=equipment,
            reagents_kg_per_kg=account.reagents,
            energy_mj_per_kg=account.energy,
            water_l_per_kg=account.water_l,
            wastewater_l_per_kg=account.wastewater_l,
            solid_waste_kg_per_kg=account.solid_waste,
            feed_usd_per_kg=account.feed_usd,
            revenue_usd_per_kg=account.revenue,
        )
        return plant_cost(
            plant, self.numbers, location=self.setting.location, as_everbatt=as_everbatt
        )


def shares_of(solution: Solution, stream: str, names: Sequence[str]) -> dict[str, Array]:
    """Composition of a stream by component, kg/kg, shape (scenario,); zero where absent."""
    total = solution.mass(stream)
    known = solution.plan.basis.index
    return {
        n: solution.flow(stream, n) / total if n in known else np.zeros_like(total) for n in names
    }


def drawn(solution: Solution, feed: str) -> dict[str, Array]:
    """Reagents that the units drew from outside, kg per kg of feed, by name without its phase."""
    total = solution.mass(feed)
    out: dict[str, Array] = {}
    for place in solution.plan.flowsheet.placed.values():
        for stream in place.supplies.values():
            flows = solution.flow(stream)
            for name, row in zip(solution.plan.basis.names, flows, strict=True):
                if row.any():
                    key = name.removesuffix("(aq)")
                    out[key] = out.get(key, np.zeros_like(total)) + row / total
    return out


def bought(reagents: Mapping[str, Array]) -> dict[str, Array]:
    """Reagents without what comes from the air and the tap."""
    return {n: x for n, x in reagents.items() if n not in (*FROM_AIR, "water")}


def black_mass_composition(result: RouteResult) -> dict[str, Array]:
    """Composition of the black mass that preprocessing made, kg/kg, as a feed for a refinery."""
    names = result.solution.plan.basis.names
    shares = shares_of(result.solution, "black mass", names)
    return {n: x for n, x in shares.items() if x.any()}
