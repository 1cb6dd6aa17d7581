"""The cost of a route by EverBatt's method, of a plant that is sized by its capacity."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.flowsheet import (
    COST_GROUPS,
    VARIABLE_GROUPS,
    Equipment,
    Plant,
    RouteResult,
    plant_cost,
)
from loopbook.tables import Array

_BURDENS = {"process": "process", "energy": "energy", "reagents": "materials"}
_FREE = ("O2", "water")  # from the air and the tap


@dataclass(frozen=True, slots=True)
class EverBattCosting:
    """Cost and burden of a route in a step (source_id everbatt2023).

    The equipment is that of the full capacity. What varies is paid with every tonne; what is fixed
    for the months in operation, in full or in the share of the capacity that the feed fills.

    Parameters
    ----------
    route : the solved route, sized by the capacity; flows per kg of feed, shape (draw,).
    feed_t : feed of steps, (step, draw).
    months : in operation, (step, 1).
    region : row of ``geography`` for prices.
    fixed_in_full : whether fixed costs are paid in full.
    """

    route: RouteResult
    feed_t: Array
    months: Array
    region: str
    fixed_in_full: bool = True

    @property
    def burdens(self) -> Mapping[str, Array]:
        """t CO2e of process, energy and making of reagents."""
        each = self.route.burdens.ghg_kgco2e_per_kg
        return {name: np.asarray(each[part] * self.feed_t) for name, part in _BURDENS.items()}

    def lines(self, bought: Array, sold: Mapping[str, Array]) -> Mapping[str, Array]:
        """USD by group of cost; what is paid for the feed is no line, but bears interest.

        Parameters
        ----------
        bought, sold : USD in the step, for the feed and by product. A fee that comes with the feed
            makes no line cheaper.
        """
        years = self.months / 12.0
        feed = self.feed_t / years
        kg = np.where(feed > 0.0, 1000.0 * feed, 1.0)
        sized, numbers = self.route.cost, self.route.numbers
        full = sized.throughput_t_per_yr

        def flow(line: str, price: str, unit: str) -> Array:
            """Flow per kg of feed behind a cost line."""
            each = numbers(self.region, price, "geography", unit=unit)
            return np.asarray(sized.annual_usd[line] / (1000.0 * full) / each)

        whole = Equipment(
            "all equipment",
            full,
            1.0,
            sized.capital_usd["purchased equipment"],
            sized.labour_person_hour_per_d,
        )
        plant = Plant(
            throughput_t_per_yr=feed,
            days_per_yr=numbers("generic", "days", "preprocessing", unit="d/yr"),
            life_yr=numbers("generic", "plant life", "preprocessing", unit="yr"),
            equipment=(whole,),
            reagents_kg_per_kg={
                name: dose
                for name, dose in self.route.reagents.items()
                if name not in _FREE and numbers.has(name, "price", "prices")
            },
            energy_mj_per_kg=self.route.process_energy_mj_per_kg,
            water_l_per_kg=flow("water", "water price", "USD/L"),
            wastewater_l_per_kg=flow("wastewater", "wastewater price", "USD/L"),
            solid_waste_kg_per_kg=flow("landfill", "landfill price", "USD/kg"),
            feed_usd_per_kg=np.maximum(bought, 0.0) / years / kg,
            revenue_usd_per_kg={name: usd / years / kg for name, usd in sold.items()},
        )
        annual = plant_cost(plant, numbers, location=self.region).annual_usd
        used = np.ones(1) if self.fixed_in_full else feed / full
        return {
            name: np.sum(np.broadcast_arrays(*(annual[line] for line in lines)), axis=0)
            * (1.0 if name in VARIABLE_GROUPS else used)
            * years
            for name, lines in COST_GROUPS.items()
        }
