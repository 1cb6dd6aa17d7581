"""Result tables of money: the plant and its owners, and the refiner, in dollars of the case.

The plant buys scrap at a share of its contained metal, fetches it, and sells black mass at a share
of its contained metal ex works, and its copper and aluminium fractions. Its costs follow
EverBatt's method (source_id everbatt2023) for a plant of its full capacity: what is fixed is paid
in full from the year of the start, what is variable with every tonne. The refiner fetches black
mass and sells metals; it is another firm, and its margin is not the owners'.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.case import Case, join_keys
from loopbook.cases.folder.metals import ACTIVE, CRUDE, METALS
from loopbook.cases.year.mass import Outcome
from loopbook.cases.year.plants import ALUMINIUM, BLACK_MASS, COPPER, annual_cost, metal_share
from loopbook.errors import Finding, UnknownNameError, nearest_hint
from loopbook.report import Table, YearSheet, slug
from loopbook.tables import Array

GROUPS: Mapping[str, tuple[str, ...]] = {
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
"""Cost lines of EverBatt's method by the groups that the table shows."""


@dataclass(frozen=True, slots=True)
class Freight:
    """Freight of a year's loads: cost and greenhouse gases, by year."""

    usd: Array
    ghg_t: Array
    keys: tuple[str, ...]


def _haul(case: Case, lane: str, mode: str, tonnes: Array) -> Freight:
    """Full loads over a lane, with the way back empty.

    ``usd = t * (miles * price / payload + packaging)``, ``ghg = t / payload * miles * (loaded +
    empty)``.
    """
    rate = {
        name: case.value("freight_rates.csv", mode=mode, parameter=name)
        for name in ("price", "payload", "packaging", "ghg", "return ghg")
    }
    miles = case.value("freight.csv", lane=lane)
    per_t = miles * rate["price"] / rate["payload"] + rate["packaging"] * 1000.0
    ghg_kg = miles * (rate["ghg"] + rate["return ghg"]) / rate["payload"]
    keys = join_keys(case.keys("freight.csv", lane=lane), case.keys("freight_rates.csv", mode=mode))
    return Freight(tonnes * per_t, tonnes * ghg_kg / 1000.0, keys)


def inbound(outcome: Outcome) -> Freight:
    """Freight of the scrap that the plant takes, by type and lane."""
    zero = np.zeros(len(outcome.case.years))
    usd, ghg, keys = zero, zero, []
    for flow in outcome.made.scrap:
        mode = "hazmat" if flow.hazmat else "plain"
        tonnes = flow.taken_t.sum(axis=0)
        part = _haul(outcome.case, flow.producer.lane, mode, tonnes)
        usd, ghg = usd + part.usd, ghg + part.ghg_t
        keys.append(part.keys)
    return Freight(usd, ghg, join_keys(*keys))


def outbound(outcome: Outcome) -> Freight:
    """Freight of black mass to the refiner; not dangerous goods, as in EverBatt."""
    lane = outcome.case.settings.get("refiner.lane")
    return _haul(outcome.case, lane, "plain", outcome.plant.products_t[BLACK_MASS])


def money_tables(outcome: Outcome) -> Iterator[Table]:
    """The plant's and the refiner's money."""
    sold, keys = _black_mass_usd(outcome)
    yield _money(outcome, sold, keys)
    yield _refining(outcome, sold, keys)


def _price(case: Case, item: str) -> tuple[Array, tuple[str, ...]]:
    """USD per tonne, by year, and input keys."""
    per_kg = case.series("prices.csv", "value", item=item)
    return per_kg * 1000.0, case.keys("prices.csv", item=item)


def _paid(case: Case, material: str, contents: Mapping[str, Array]) -> tuple[Array, list[str]]:
    """Contained metal x price x payable share; metals without a row are not paid."""
    usd, keys = np.zeros(len(case.years)), []
    for metal in METALS:
        rows = case.rows("payables.csv", material=material, metal=metal.name)
        if not rows:
            continue
        price, price_keys = _price(case, metal.product)
        per_metal = metal_share(metal.element, metal.product)
        usd = usd + contents[metal.element] / per_metal * price * rows[0]["value"]
        keys += [rows[0].key("value"), *price_keys]
    return usd, keys


def _black_mass_usd(outcome: Outcome) -> tuple[Array, tuple[str, ...]]:
    usd, keys = _paid(outcome.case, BLACK_MASS, outcome.plant.elements_t[BLACK_MASS])
    return usd, tuple(keys)


def _scrap_usd(outcome: Outcome) -> tuple[Array, tuple[str, ...]]:
    feed = outcome.made.feed_t()
    contents = {m.element: outcome.element_t(feed, m.element) for m in METALS}
    usd, keys = _paid(outcome.case, "scrap", contents)
    return usd, tuple(keys)


def _money(outcome: Outcome, black_mass: Array, keys: tuple[str, ...]) -> Table:
    case, plant = outcome.case, outcome.plant
    year = case.settings.get("currency_year")
    note = (
        "Bought: scrap by its contained metal, fetched at the plant's cost. Sold: black mass by "
        "its contained metal ex works, copper and aluminium fractions. Costs by EverBatt's method "
        "for the full capacity: fixed lines in full from the year of the start. Prices as dated "
        f"in prices.csv, equipment in dollars of {case.settings.get('equipment_year')}; nothing "
        "is inflated. Margin is after the capital charge, before tax and subsidies."
    )
    sheet = YearSheet("money", f"Money of the plant, USD of {year}", case.years, note)
    copper, copper_keys = _paid(case, "copper fraction", plant.elements_t[COPPER])
    foil, foil_keys = _paid(case, "aluminium fraction", plant.elements_t[ALUMINIUM])
    mass = join_keys(outcome.taken_keys, plant.keys)
    revenue = {"black mass": black_mass, "copper": copper, "aluminium": foil}
    for (name, usd), basis in zip(
        revenue.items(), (keys, tuple(copper_keys), tuple(foil_keys)), strict=True
    ):
        how = "contained metal x price x payable share, summed over metals"
        sheet.add(
            (f"revenue_{slug(name)}_usd", f"Revenue of {name}", "USD"),
            usd,
            join_keys(basis, mass),
            how,
        )
    total = np.sum(list(revenue.values()), axis=0)
    paid = join_keys(keys, copper_keys, foil_keys)
    sheet.add(("revenue_usd", "Revenue", "USD"), total, paid, "sum")
    scrap, scrap_keys = _scrap_usd(outcome)
    how = "contained metal of the scrap x price x payable share"
    sheet.add(("scrap_usd", "Scrap bought", "USD"), scrap, join_keys(scrap_keys, mass), how)
    freight = inbound(outcome)
    how = "tonnes x (miles x price per mile / payload + packaging), by type and lane"
    sheet.add(("freight_usd", "Freight in", "USD"), freight.usd, join_keys(freight.keys, mass), how)
    costs = _processing(outcome, sheet, feed_usd=scrap, revenue=revenue)
    cost = scrap + freight.usd + np.sum([usd for usd, _ in costs.values()], axis=0)
    cost_keys = join_keys(scrap_keys, freight.keys, *(k for _, k in costs.values()))
    sheet.add(("cost_usd", "Cost", "USD"), cost, cost_keys, "sum")
    margin, basis = total - cost, join_keys(paid, cost_keys)
    capital = costs["capital"][0]
    sheet.add(
        ("cash_margin_usd", "Margin before capital", "USD"),
        margin + capital,
        basis,
        "revenue - cost + capital",
    )
    sheet.add(("margin_usd", "Margin", "USD"), margin, basis, "revenue - cost")
    for number, owner in zip(case.settings.names("owner"), case.owners, strict=True):
        own = join_keys(basis, case.setting_keys(f"owner.{number}.share"))
        sheet.add(
            (f"{owner.id}_share_usd", f"Share of {owner.name}", "USD"),
            margin * owner.share,
            own,
            f"margin x {owner.share:g}",
        )
    taken = np.where(plant.feed_t > 0.0, plant.feed_t, 0.0)
    sheet.ratio(
        ("margin_usd_per_t", "Margin per tonne of scrap", "USD/t"),
        (margin, taken),
        basis,
        "margin / scrap taken",
    )
    return sheet.table()


def _processing(
    outcome: Outcome, sheet: YearSheet, *, feed_usd: Array, revenue: Mapping[str, Array]
) -> dict[str, tuple[Array, tuple[str, ...]]]:
    """Cost of the plant by group, added to its table; nothing before it runs."""
    case = outcome.case
    region = case.settings.get("region")
    cost, keys = annual_cost(
        outcome.plant, feed_usd=feed_usd, revenue_usd=revenue, facts=outcome.facts, location=region
    )
    open_ = outcome.made.capacity_t > 0.0
    groups = {}
    for name, lines in GROUPS.items():
        usd = np.sum([cost.annual_usd[line] for line in lines], axis=0) * open_
        basis = join_keys(keys, outcome.capacity_keys)
        sheet.add(
            (f"{slug(name)}_usd", name.capitalize(), "USD"),
            usd,
            basis,
            "EverBatt: " + ", ".join(lines),
        )
        groups[name] = (usd, basis)
    return groups


def _refining(outcome: Outcome, black_mass: Array, keys: tuple[str, ...]) -> Table:
    case, done = outcome.case, outcome.refiner
    note = (
        f"The refiner is {case.settings.get('refiner.name')}; route {done.route.route}. Its money "
        "is not the plant's. Costs by EverBatt's method for its full capacity, scaled to the share "
        "of it that this black mass fills."
    )
    sheet = YearSheet("refining", "Refining of the black mass", case.years, note)
    made = join_keys(outcome.taken_keys, outcome.plant.keys, done.keys)
    sheet.add(("black_mass_t", "Black mass", "t"), done.feed_t, outcome.taken_keys, "of the plant")
    revenue: dict[str, Array] = {}
    sold_keys: list[str] = []
    for product, tonnes in done.products_t.items():
        if not tonnes.any():
            continue
        item = sold_as(case, product, {p.chemistry for p in outcome.made.producers})
        price, price_keys = _price(case, item)
        revenue[product] = tonnes * price
        sold_keys += price_keys
        title = f"{product} made"
        sheet.add((f"{slug(product)}_t", title, "t"), tonnes, made, "the solved route x tonnes")
        sheet.add(
            (f"revenue_{slug(product)}_usd", f"Revenue of {product}", "USD"),
            tonnes * price,
            join_keys(price_keys, made),
            f"tonnes x price of {item}",
        )
    for reagent, per_kg in done.route.reagents.items():
        if reagent not in {"water", "O2"}:
            sheet.add(
                (f"{slug(reagent)}_t", f"{reagent} used", "t"),
                per_kg * done.feed_t,
                made,
                "dose by stoichiometry",
            )
    total = sum(revenue.values(), start=np.zeros(len(case.years)))
    sheet.add(("revenue_usd", "Revenue", "USD"), total, sold_keys, "sum")
    sheet.add(
        ("black_mass_usd", "Black mass bought", "USD"),
        black_mass,
        keys,
        "contained metal x price x payable share",
    )
    freight = outbound(outcome)
    sheet.add(
        ("freight_usd", "Freight of black mass", "USD"),
        freight.usd,
        freight.keys,
        "tonnes x (miles x price per mile / payload + packaging)",
    )
    share = done.feed_t / float(case.settings.get("refiner.capacity"))
    full = annual_cost(
        done,
        feed_usd=black_mass,
        revenue_usd=revenue,
        facts=outcome.facts,
        location=case.settings.get("region"),
    )
    costs, used = full
    cost = black_mass + freight.usd
    basis = join_keys(used, case.setting_keys("refiner.capacity"))
    variable = {*GROUPS["reagents"], *GROUPS["energy"], *GROUPS["water and disposal"]}
    for name, lines in GROUPS.items():
        usd = np.sum(
            [costs.annual_usd[n] * (1.0 if n in variable else share) for n in lines], axis=0
        )
        cost = cost + usd
        sheet.add(
            (f"{slug(name)}_usd", name.capitalize(), "USD"),
            usd,
            basis,
            "EverBatt: " + ", ".join(lines),
        )
    sheet.add(("cost_usd", "Cost", "USD"), cost, join_keys(basis, keys, freight.keys), "sum")
    sheet.add(
        ("margin_usd", "Margin of the refiner", "USD"),
        total - cost,
        join_keys(basis, keys, freight.keys, sold_keys),
        "revenue - cost",
    )
    return sheet.table()


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
    expected = f"a price of {item}, which the refiner makes"
    hint = nearest_hint(item, known)
    raise UnknownNameError([Finding("unknown-name", "prices.csv", expected, "none", hint)])
