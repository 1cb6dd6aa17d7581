"""Result tables of money: the plant and its owners, and the refiner, in dollars of the case.

The plant buys scrap at a share of its contained metal, fetches it, and sells black mass at a share
of its contained metal ex works, and its copper and aluminium fractions. Its costs follow
EverBatt's method (source_id everbatt2023) for a plant of its full capacity: what is fixed is paid
in full from the year of the start, what is variable with every tonne. The refiner fetches black
mass and sells metals; it is another firm, and its margin is not the owners'.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.case import Case, join_keys
from loopbook.cases.folder.metals import ACTIVE, CRUDE, METALS
from loopbook.cases.year.mass import Outcome
from loopbook.cases.year.plants import (
    ALUMINIUM,
    BLACK_MASS,
    COPPER,
    Works,
    annual_cost,
    metal_share,
)
from loopbook.errors import Finding, UnknownNameError, nearest_hint
from loopbook.flowsheet import COST_GROUPS, VARIABLE_GROUPS
from loopbook.report import Table, YearColumn, slug, year_table
from loopbook.tables import Array

_FREIGHT = "tonnes x (miles x price per mile / payload + packaging)"
_NOTE = (
    "Bought: scrap by its contained metal, fetched at the plant's cost. Sold: black mass by its "
    "contained metal ex works, copper and aluminium fractions. Costs by EverBatt's method for the "
    "full capacity: fixed lines in full from the year of the start. Prices as dated in prices.csv, "
    "equipment in dollars of {}; nothing is inflated. Margin is after the capital charge, before "
    "tax and subsidies."
)
_PAYABLE = "contained metal x price x payable share"


@dataclass(frozen=True, slots=True)
class Money:
    """Dollars by year, and the input keys that they rest on."""

    usd: Array
    keys: tuple[str, ...]

    @classmethod
    def sum(cls, parts: Iterable["Money"]) -> "Money":
        """All parts together."""
        parts = tuple(parts)
        usd = np.sum([part.usd for part in parts], axis=0)
        return cls(usd, join_keys(*(part.keys for part in parts)))

    def column(
        self,
        name: str,
        title: str,
        how: str,
        *,
        keys: Iterable[str] = (),
        over: Array | None = None,
    ) -> YearColumn:
        """The column of a table, which may rest on more input rows."""
        unit = "USD" if over is None else "USD/t"
        return YearColumn(name, title, unit, self.usd, (*self.keys, *keys), how, over)


@dataclass(frozen=True, slots=True)
class Freight(Money):
    """Freight of a year's loads: its cost, and its greenhouse gases by year."""

    ghg_t: Array


def _haul(case: Case, lane: str, mode: str, tonnes: Array) -> Freight:
    """Full loads over a lane, with the way back empty.

    ``usd = t * (miles * price / payload + packaging)``, ``ghg = t / payload * miles * (loaded +
    empty)``.
    """
    rate = {row["parameter"]: row["value"] for row in case.rows("freight_rates.csv", mode=mode)}
    miles = case.value("freight.csv", lane=lane)
    per_t = miles * rate["price"] / rate["payload"] + rate["packaging"] * 1000.0
    ghg_kg = miles * (rate["ghg"] + rate["return ghg"]) / rate["payload"]
    keys = join_keys(case.keys("freight.csv", lane=lane), case.keys("freight_rates.csv", mode=mode))
    return Freight(tonnes * per_t, keys, tonnes * ghg_kg / 1000.0)


def inbound(outcome: Outcome) -> Freight:
    """Freight of the scrap that the plant takes, by type and lane."""
    hauls = [
        _haul(
            outcome.case,
            flow.producer.lane,
            "hazmat" if flow.hazmat else "plain",
            flow.taken_t.sum(axis=0),
        )
        for flow in outcome.made.scrap
    ]
    total = Money.sum(hauls)
    return Freight(total.usd, total.keys, np.sum([haul.ghg_t for haul in hauls], axis=0))


def outbound(outcome: Outcome) -> Freight:
    """Freight of black mass to the refiner; not dangerous goods, as in EverBatt."""
    return _haul(
        outcome.case,
        outcome.case.settings.get("refiner.lane"),
        "plain",
        outcome.plant.products_t[BLACK_MASS],
    )


def money_tables(outcome: Outcome) -> Iterator[Table]:
    """The plant's and the refiner's money."""
    black_mass = _paid(outcome.case, BLACK_MASS, outcome.plant.elements_t[BLACK_MASS])
    yield _money(outcome, black_mass)
    yield _refining(outcome, black_mass)


def _price(case: Case, item: str) -> Money:
    """USD per tonne, by year."""
    return Money(
        case.series("prices.csv", "value", item=item) * 1000.0, case.keys("prices.csv", item=item)
    )


def _paid(case: Case, material: str, contents: Mapping[str, Array]) -> Money:
    """Contained metal x price x payable share; metals without a row are not paid."""
    parts = [Money(np.zeros(len(case.years)), ())]
    for metal in METALS:
        for row in case.rows("payables.csv", material=material, metal=metal.name):
            price = _price(case, metal.product)
            product_t = contents[metal.element] / metal_share(metal.element, metal.product)
            usd = product_t * price.usd * row["value"]
            parts.append(Money(usd, (row.key("value"), *price.keys)))
    return Money.sum(parts)


def _groups(
    outcome: Outcome, plant: Works, feed: Money, revenue: Mapping[str, Money]
) -> dict[str, Money]:
    """Cost of a plant by group.

    The plant pays its fixed lines in full from the year of its start; the refiner pays them in the
    share of its capacity that this feed fills.
    """
    case = outcome.case
    yearly, used = annual_cost(
        plant,
        feed_usd=feed.usd,
        revenue_usd={name: sold.usd for name, sold in revenue.items()},
        facts=outcome.facts,
        location=case.settings.get("region"),
    )
    if plant is outcome.refiner:
        fixed = plant.feed_t / float(case.settings.get("refiner.capacity"))
        variable = np.ones_like(fixed)
        keys = case.setting_keys("refiner.capacity")
    else:
        variable = fixed = np.where(outcome.made.capacity_t > 0.0, 1.0, 0.0)
        keys = outcome.capacity_keys
    return {
        name: Money(
            np.sum([yearly.annual_usd[line] for line in lines], axis=0)
            * (variable if name in VARIABLE_GROUPS else fixed),
            join_keys(used, keys),
        )
        for name, lines in COST_GROUPS.items()
    }


def _group_columns(groups: Mapping[str, Money]) -> Iterator[YearColumn]:
    for name, cost in groups.items():
        yield cost.column(
            f"{slug(name)}_usd", name.capitalize(), ("EverBatt: " + ", ".join(COST_GROUPS[name]))
        )


def _money(outcome: Outcome, black_mass: Money) -> Table:
    case, plant, mass = outcome.case, outcome.plant, outcome.plant_keys
    sold = {
        "black mass": black_mass,
        "copper": _paid(case, "copper fraction", plant.elements_t[COPPER]),
        "aluminium": _paid(case, "aluminium fraction", plant.elements_t[ALUMINIUM]),
    }
    revenue, freight, feed = Money.sum(sold.values()), inbound(outcome), outcome.made.feed_t()
    scrap = _paid(case, "scrap", {m.element: outcome.element_t(feed, m.element) for m in METALS})
    groups = _groups(outcome, plant, scrap, sold)
    cost = Money.sum([scrap, freight, *groups.values()])
    margin = Money(revenue.usd - cost.usd, join_keys(revenue.keys, cost.keys))
    cash = Money(margin.usd + groups["capital"].usd, margin.keys)
    paid = f"{_PAYABLE}, summed over metals"
    columns = (
        *(
            usd.column(f"revenue_{slug(name)}_usd", f"Revenue of {name}", paid, keys=mass)
            for name, usd in sold.items()
        ),
        revenue.column("revenue_usd", "Revenue", "sum"),
        scrap.column(
            "scrap_usd",
            "Scrap bought",
            "contained metal of the scrap x price x payable share",
            keys=mass,
        ),
        freight.column("freight_usd", "Freight in", f"{_FREIGHT}, by type and lane", keys=mass),
        *_group_columns(groups),
        cost.column("cost_usd", "Cost", "sum"),
        cash.column("cash_margin_usd", "Margin before capital", "revenue - cost + capital"),
        margin.column("margin_usd", "Margin", "revenue - cost"),
        *(
            Money(margin.usd * owner.share, margin.keys).column(
                f"{owner.id}_share_usd",
                f"Share of {owner.name}",
                f"margin x {owner.share:g}",
                keys=case.setting_keys(f"owner.{number}.share"),
            )
            for number, owner in enumerate(case.owners)
        ),
        margin.column(
            "margin_usd_per_t",
            "Margin per tonne of scrap",
            "margin / scrap taken",
            over=plant.feed_t,
        ),
    )
    return year_table(
        "money",
        f"Money of the plant, USD of {case.settings.get('currency_year')}",
        case.years,
        columns,
        note=_NOTE.format(case.settings.get("equipment_year")),
    )


def _refining(outcome: Outcome, black_mass: Money) -> Table:
    case, done, made = outcome.case, outcome.refiner, outcome.back_keys
    active = {p.chemistry for p in outcome.made.producers}
    sold: dict[str, Money] = {}
    products: list[YearColumn] = []
    for product, tonnes in done.products_t.items():
        if not tonnes.any():
            continue
        item = sold_as(case, product, active)
        price = _price(case, item)
        sold[product] = Money(tonnes * price.usd, price.keys)
        name, title, how = f"{slug(product)}_t", f"{product} made", f"tonnes x price of {item}"
        products += [
            YearColumn(name, title, "t", tonnes, made, "the solved route x tonnes"),
            sold[product].column(
                f"revenue_{slug(product)}_usd", f"Revenue of {product}", how, keys=made
            ),
        ]
    revenue = Money.sum([Money(np.zeros(len(case.years)), ()), *sold.values()])
    freight, groups = outbound(outcome), _groups(outcome, done, black_mass, sold)
    cost = Money.sum([black_mass, freight, *groups.values()])
    margin = Money(revenue.usd - cost.usd, join_keys(cost.keys, revenue.keys))
    columns = (
        YearColumn(
            "black_mass_t", "Black mass", "t", done.feed_t, outcome.taken_keys, "of the plant"
        ),
        *products,
        *(
            YearColumn(
                f"{slug(reagent)}_t",
                f"{reagent} used",
                "t",
                per_kg * done.feed_t,
                made,
                "dose by stoichiometry",
            )
            for reagent, per_kg in done.route.reagents.items()
            if reagent not in {"water", "O2"}
        ),
        revenue.column("revenue_usd", "Revenue", "sum"),
        black_mass.column("black_mass_usd", "Black mass bought", _PAYABLE),
        freight.column("freight_usd", "Freight of black mass", _FREIGHT),
        *_group_columns(groups),
        cost.column("cost_usd", "Cost", "sum"),
        margin.column("margin_usd", "Margin of the refiner", "revenue - cost"),
    )
    return year_table(
        "refining",
        "Refining of the black mass",
        case.years,
        columns,
        note=(
            f"The refiner is {case.settings.get('refiner.name')}; route {done.route.route}. Its "
            "money is not the plant's. Costs by EverBatt's method for its full capacity, scaled "
            "to the share of it that this black mass fills."
        ),
    )


def sold_as(case: Case, product: str, active: Collection[str]) -> str:
    """Item of the price deck that a refiner's product is sold as.

    Parameters
    ----------
    case : with the price deck.
    product : of the route.
    active : active materials that go in; where they come out, they are sold as such.

    Raises
    ------
    UnknownNameError : the deck has no price for the product.
    """
    if product == "Li2CO3":
        return CRUDE
    by_element = {metal.element: metal.product for metal in METALS if metal.element != "C"}
    item, known = by_element.get(product, product), case.names("prices.csv", "item")
    if item in known:
        return item
    if item in active:
        return ACTIVE
    raise UnknownNameError(
        [
            Finding(
                "unknown-name",
                "prices.csv",
                f"a price of {item}, which the refiner makes",
                "none",
                nearest_hint(item, known),
            )
        ]
    )
