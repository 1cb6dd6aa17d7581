"""What a plant costs: purchased equipment, capital, operating lines, cost per kg.

The method is that of EverBatt 2023 (source_id ``everbatt2023``), which follows Towler and Sinnott:
purchase cost by capacity, factors to fixed capital, fixed and variable lines, capital spread over
the plant's life. Every number comes from a table: ``equipment_2023``, ``cost_index``,
``capital_factors``, ``operating_factors``, ``prices``, ``geography``.

Not covered: diesel is not bought (EverBatt buys none), no income tax, no start-up cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from loopbook.flowsheet.economics.burden import check_place
from loopbook.matter import Sourced
from loopbook.tables import Array

_TABLE = "equipment_2023"
_CAPACITY_STEP = 10.0  # design capacities are rounded up to the next 0.1 t/h (Preproc. Par.!AC503)
_ROUNDING = 1e-9  # what float noise may add before a capacity is rounded up
_INSIDE = (
    "erection",
    "piping",
    "instruments and control",
    "electrical",
    "civil",
    "structures",
    "lagging and paint",
)
_MJ_PER_KWH = 3.6
OF_PLACE = (
    "purchased equipment",
    *(f"{name} price" for name in ("electricity", "natural gas", "water", "wastewater")),
    *("landfill price", "labour price"),
)
"""What the cost of a plant takes of its place, in table ``geography``."""
COST_GROUPS: Mapping[str, tuple[str, ...]] = {
    "reagents": ("reagents", "consumables", "packaging and shipping"),
    "energy": ("electricity", "natural gas"),
    "water and disposal": ("water", "wastewater", "landfill"),
    "labour": ("operating labour", "supervision", "salary overhead"),
    "maintenance": ("maintenance",),
    "overhead": (
        "general and administrative",
        "property taxes and insurance",
        "rent",
        "environmental charges",
        "research and development",
        "selling and marketing",
        "licences and royalties",
        "interest on working capital",
    ),
    "capital": ("capital",),
}
"""Cost lines of EverBatt's method by the groups that tables show."""
VARIABLE_GROUPS = ("reagents", "energy", "water and disposal")
"""Groups that are paid with every tonne; the others are fixed."""
_ON_SITE = ("property taxes and insurance", "rent", "environmental charges")


@dataclass(frozen=True, slots=True)
class Equipment:
    """A line of the equipment list; arrays of shape (scenario,).

    Attributes
    ----------
    name : equipment of the catalogue.
    capacity_t_per_h : design capacity of one piece, t/h (m3/h for flotation).
    pieces : pieces of one set.
    purchase_usd : purchase cost of all sets.
    labour_person_hour_per_d : operators' time.
    """

    name: str
    capacity_t_per_h: Array
    pieces: float
    purchase_usd: Array
    labour_person_hour_per_d: float


@dataclass(frozen=True, slots=True)
class EquipmentCatalogue:
    """Equipment with cost law, labour and number of pieces, from table ``equipment_2023``.

    Parameters
    ----------
    numbers : tables.
    dollar_year : year of the USD; costs are escalated by the plant cost index. The workbook's
        default is 2020 (CM Rec Par.!C7).
    location : subject of ``geography`` whose price of equipment against the US holds.

    >>> catalogue = EquipmentCatalogue(Sourced())
    >>> round(float(catalogue.purchase_usd("hopper", np.array([2.109375]))[0]), 2)
    80100.47
    """

    numbers: Sourced
    dollar_year: int = 2020
    location: str = "US"

    def line(
        self,
        equipment: str,
        feed_t_per_h: Array,
        *,
        sets: float = 1.0,
        train_t_per_h: float | None = None,
    ) -> Equipment:
        """Size and price a line of the equipment list.

        Parameters
        ----------
        equipment : name in the catalogue.
        feed_t_per_h : feed of the plant, or of the part that this equipment serves, t/h.
        sets : how many times the line is bought.
        train_t_per_h : capacity of a train where the law prices one train, t/h.

        The law, ``purchase = pieces * sets * escalation * place * (a * capacity**b + c)`` with
        ``capacity = ceil(0.1 t/h; feed * share * step)`` and the step 1.5 for one piece and half
        of that for each of two (Preproc. Par.!AC503, AE583).

        Raises
        ------
        UnknownNameError : no such equipment (the nearest names are offered), or a year without
            index.
        """
        number = partial(self.numbers, equipment, table=_TABLE)
        price = self.numbers.row(equipment, "cost a", _TABLE)
        exponent, fixed = number("cost exponent b"), number("cost c")
        escalation = self._index(str(self.dollar_year)) / self._index(price.year)
        per_feed, labour, pieces = map(number, ("capacity per plant feed", "labour", "pieces"))
        step = self.numbers("plant", "capacity step", "operating_factors")
        needed = np.atleast_1d(feed_t_per_h) * per_feed * (step if pieces == 1 else step / 2.0)
        capacity = np.ceil(needed * _CAPACITY_STEP - _ROUNDING) / _CAPACITY_STEP
        # no flow, no machine: 0**0 would price an empty hopper
        one = price.value * np.maximum(capacity, 1e-300) ** exponent + fixed
        place = self.numbers(self.location, "purchased equipment", "geography")
        purchase = np.where(capacity > 0.0, one, 0.0) * (escalation * place) * (pieces * sets)
        if train_t_per_h is not None:
            purchase = purchase * np.ceil(capacity / train_t_per_h - _ROUNDING)
        return Equipment(equipment, capacity, pieces, purchase, labour)

    def _index(self, year: str) -> float:
        return self.numbers.row("CEPCI", "annual index", "cost_index", year=year).value

    def purchase_usd(self, equipment: str, capacity_t_per_h: Array) -> Array:
        """Purchase cost in USD for a throughput in t/h; see `line`."""
        return self.line(equipment, capacity_t_per_h).purchase_usd


@dataclass(frozen=True, slots=True)
class Plant:
    """What `plant_cost` needs; arrays of shape (scenario,), per kg of feed.

    Attributes
    ----------
    throughput_t_per_yr : feed.
    days_per_yr : operating days.
    life_yr : years over which the capital is spread.
    equipment : the equipment list.
    reagents_kg_per_kg : bought materials by name in table ``prices``.
    energy_mj_per_kg : by carrier (``electricity``, ``natural gas``, ``diesel``).
    water_l_per_kg, wastewater_l_per_kg, solid_waste_kg_per_kg : utilities and disposal.
    feed_usd_per_kg : what the plant pays for its feed; negative when it is paid.
    revenue_usd_per_kg : by product.
    """

    throughput_t_per_yr: Array
    days_per_yr: float
    life_yr: float
    equipment: tuple[Equipment, ...]
    reagents_kg_per_kg: Mapping[str, Array]
    energy_mj_per_kg: Mapping[str, Array]
    water_l_per_kg: Array
    wastewater_l_per_kg: Array
    solid_waste_kg_per_kg: Array
    feed_usd_per_kg: Array
    revenue_usd_per_kg: Mapping[str, Array]


@dataclass(frozen=True, slots=True)
class PlantCost:
    """Cost of a plant; arrays of shape (scenario,).

    Attributes
    ----------
    capital_usd : capital by line.
    annual_usd : cost by line, USD/yr; the lines add up to the total cost of production.
    revenue_usd_per_kg : by product, per kg of feed.
    throughput_t_per_yr : feed.
    labour_person_hour_per_d : operators' time.
    """

    capital_usd: Mapping[str, Array]
    annual_usd: Mapping[str, Array]
    revenue_usd_per_kg: Mapping[str, Array]
    throughput_t_per_yr: Array
    labour_person_hour_per_d: float

    @property
    def total_usd_per_yr(self) -> Array:
        """Total cost of production, USD/yr."""
        return np.asarray(np.sum(list(self.annual_usd.values()), axis=0))

    @property
    def cost_usd_per_kg(self) -> Array:
        """Total cost of production per kg of feed, what the feed costs included."""
        return self.total_usd_per_yr / (1000.0 * self.throughput_t_per_yr)


def capital_usd(purchased_usd: Array, numbers: Sourced) -> dict[str, Array]:
    """Fixed capital by line from the purchase cost of equipment, USD.

    ``ISBL = purchased * (1 + factors)``, ``OSBL = 0.4 ISBL``, engineering 25 % of both and
    contingency 10 % of both, after Towler and Sinnott. The workbook's label agrees, but its
    formula takes contingency on ISBL and engineering (Preproc. Par.!AD435).

    >>> lines = capital_usd(np.array([1e6]), Sourced())
    >>> round(float(lines["fixed capital"][0]))
    6048000
    """
    factor = {f: numbers("purchased equipment", f, "capital_factors") for f in _INSIDE}
    lines = {"purchased equipment": purchased_usd}
    lines |= {name: purchased_usd * f for name, f in factor.items()}
    isbl: Array = np.sum(list(lines.values()), axis=0)
    osbl = isbl * numbers("ISBL", "OSBL", "capital_factors")
    engineering = (isbl + osbl) * numbers("ISBL and OSBL", "engineering", "capital_factors")
    contingency = (isbl + osbl) * numbers("ISBL and OSBL", "contingency", "capital_factors")
    lines |= {"ISBL": isbl, "OSBL": osbl, "engineering": engineering, "contingency": contingency}
    return lines | {"fixed capital": isbl + osbl + engineering + contingency}


def plant_cost(plant: Plant, numbers: Sourced, *, location: str = "US") -> PlantCost:
    """Cost of a plant by line.

    The workbook's total cost is circular: selling and licences are shares of the total, and
    interest is paid on a working capital that holds weeks of cash cost. The circle is linear and is
    solved exactly here. Operators' time is never less than a crew around the clock.

    Parameters
    ----------
    plant : flows per kg of feed, equipment list.
    numbers : tables.
    location : row of ``geography`` for utilities, labour and disposal.
    """
    check_place(numbers, location, OF_PLACE)
    purchased: Array = np.sum([line.purchase_usd for line in plant.equipment], axis=0)
    capital = capital_usd(purchased, numbers)
    per_year = 1000.0 * plant.throughput_t_per_yr
    listed = sum(line.labour_person_hour_per_d for line in plant.equipment)
    labour_h = max(listed, numbers("plant", "least labour", "operating_factors"))
    lines = _variable(plant, numbers, location) | _fixed(
        capital, labour_h * plant.days_per_yr, numbers, location
    )
    revenue: Array = np.sum(list(plant.revenue_usd_per_kg.values()), axis=0) * per_year
    share = numbers("revenue", "research and development", "operating_factors")
    lines["research and development"] = share * revenue
    rate = numbers("capital", "charge rate", "capital_factors")
    growth = (1.0 + rate) ** plant.life_yr
    lines["capital"] = rate * growth / (growth - 1.0) * capital["fixed capital"]
    lines, working = _close_circle(lines, capital, numbers)
    capital |= {"working capital": working, "total capital": capital["fixed capital"] + working}
    return PlantCost(capital, lines, plant.revenue_usd_per_kg, plant.throughput_t_per_yr, labour_h)


def _variable(plant: Plant, numbers: Sourced, location: str) -> dict[str, Array]:
    per_year = 1000.0 * plant.throughput_t_per_yr
    place = partial(numbers, location, table="geography")
    zero = np.zeros_like(per_year)
    bought = plant.reagents_kg_per_kg.items()
    prices = [x * numbers(n, "price", "prices", unit="USD/kg") for n, x in bought]
    reagents = sum(prices, start=zero)
    electricity = plant.energy_mj_per_kg.get("electricity", zero)
    gas = plant.energy_mj_per_kg.get("natural gas", zero)
    raw = per_year * (reagents + plant.feed_usd_per_kg)
    lines = {
        "feed": per_year * plant.feed_usd_per_kg,
        "reagents": per_year * reagents,
        "electricity": per_year
        * electricity
        * place("electricity price", unit="USD/kWh")
        / _MJ_PER_KWH,
        "natural gas": per_year * gas * place("natural gas price", unit="USD/kWh") / _MJ_PER_KWH,
        "water": per_year * plant.water_l_per_kg * place("water price", unit="USD/L"),
        "landfill": per_year * plant.solid_waste_kg_per_kg * place("landfill price", unit="USD/kg"),
        "wastewater": per_year
        * plant.wastewater_l_per_kg
        * place("wastewater price", unit="USD/L"),
    }
    for name in ("consumables", "packaging and shipping"):
        lines[name] = raw * numbers("raw materials", name, "operating_factors")
    return lines


def _fixed(
    capital: Mapping[str, Array], labour_h_per_yr: float, numbers: Sourced, location: str
) -> dict[str, Array]:
    factor = partial(numbers, table="operating_factors")
    isbl, site = capital["ISBL"], capital["ISBL"] + capital["OSBL"]
    price = numbers(location, "labour price", "geography", unit="USD/person_hour")
    operating = np.full_like(isbl, labour_h_per_yr * price)
    supervision = operating * factor("operating labour", "supervision")
    salary = (operating + supervision) * factor("operating labour", "salary overhead")
    labour = operating + supervision + salary
    lines = {
        "operating labour": operating,
        "supervision": supervision,
        "salary overhead": salary,
        "maintenance": isbl * numbers("ISBL", "maintenance per year", "capital_factors"),
        "general and administrative": labour * factor("labour", "general and administrative"),
    }
    return lines | {name: site * factor("ISBL and OSBL", name) for name in _ON_SITE}


def _close_circle(
    lines: dict[str, Array], capital: Mapping[str, Array], numbers: Sourced
) -> tuple[dict[str, Array], Array]:
    """Add the lines that depend on the total, and the working capital.

    With cash cost C, annual capital A, other cash lines L, shares s of the total, interest i:
    ``C = L + s (C + A) + i W`` and ``W = C k - R m + w (ISBL + OSBL)``.
    """

    factor = partial(numbers, table="operating_factors")
    weeks = factor("year", "weeks")
    k = factor("working capital", "weeks of cash cost") / weeks
    raw = lines["feed"] + lines["reagents"]
    fixed_part = factor("working capital", "share of ISBL and OSBL") * (
        capital["ISBL"] + capital["OSBL"]
    ) - raw * (factor("working capital", "weeks of raw materials") / weeks)
    interest = factor("working capital", "interest")
    shares = {
        name: factor("total cost", name)
        for name in ("selling and marketing", "licences and royalties")
    }
    s = sum(shares.values())
    annual_capital = lines["capital"]
    other = sum((x for n, x in lines.items() if n != "capital"), np.zeros(1))
    cash = (other + s * annual_capital + interest * fixed_part) / (1.0 - s - interest * k)
    working = cash * k + fixed_part
    added = {name: share * (cash + annual_capital) for name, share in shares.items()}
    return lines | added | {"interest on working capital": interest * working}, working
