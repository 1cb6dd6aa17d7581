"""Black mass becomes salts: campaigns at the refiner.

Every few days all black mass whose final assay is in is refined together. Reagents are bought by
the refiner, which has title to them and so to their part of the salts. What a campaign makes is
weighed, assayed, and sold by all its owners to the cathode maker; graphite goes to the merchant,
residue and effluent to waste.
"""

import numpy as np

from loopbook.plant.cathode import make_cathode, pure_lot
from loopbook.plant.matter import (
    CAUSTIC,
    REAGENTS,
    SALTS,
    Refining,
    caustic_kg,
    crystal_water_kg,
    element_share,
)
from loopbook.plant.state import Month, Road, Stock, When, amounts_text, deliver, waste
from loopbook.tables import Array


def refine(month: Month, day: int) -> None:
    """Begin a campaign if it is time and there is something; it ends some days later."""
    model = month.matter.refining
    end = day + month.whole("refining_days")
    ready = [stock for stock in month.at_refiner if stock.ready < day]
    if model is None or month.matter.lines is None or not ready:
        return
    if day % month.whole("campaign_days", 1) or end >= month.settings.days:
        return
    true_kg = np.sum([stock.true_kg for stock in ready], axis=0)
    metals = month.matter.by_name(true_kg)
    got = {element: metals[element] * model.recovered[element] for element in _sold(model)}
    got = {element: kg for element, kg in got.items() if kg > 0.0}
    if "Ni" not in got:  # such as graphite alone: it waits for black mass with metal in it
        return
    month.at_refiner = [stock for stock in month.at_refiner if stock.ready >= day]
    campaign = f"C{month.next('campaign'):02d}"
    graphite = true_kg * month.matter.of({"graphite": model.recovered["C"]})
    bought = _reagents(month, When(day, 5), campaign, (model, float(true_kg.sum()), got))
    made = _campaign(month, When(end, 14), campaign, (ready, bought, got, graphite))
    salts = {}
    for place, element in enumerate(got):
        there = _sell_salt(month, When(end + 1, 8 + place), made[element])
        salts[element] = made[element]
    make_cathode(month, there.day + 1, salts)
    deliver(month, When(end + 1, 15), made["C"].lot, site="refiner_site", customer="merchant")


def _sold(model: Refining) -> list[str]:
    """Metals that are recovered as salts."""
    return [element for element in SALTS if model.recovered.get(element, 0.0) > 0.0]


def _reagents(
    month: Month, when: When, campaign: str, need: tuple[Refining, float, dict[str, float]]
) -> list[Stock]:
    """Buy a lot of each reagent: doses by kg of black mass, caustic and water by the crystals."""
    model, black_mass_kg, got = need
    doses = {name: dose for name, dose in model.reagents.items() if name in REAGENTS}
    kg = {name: dose * black_mass_kg for name, dose in doses.items()}
    spared = sum(kg * caustic_kg(element) for element, kg in got.items())
    kg[CAUSTIC] = kg.get(CAUSTIC, 0.0) - spared
    kg["water"] = sum(kg * crystal_water_kg(element) for element, kg in got.items())
    return [
        month.buy(
            when.later(0.3 * place),
            pure_lot(month, f"{campaign} {REAGENTS[component]}", component, kg[component]),
            REAGENTS[component],
            supplier="reagent_supplier",
            owner="refiner",
            site="refiner_site",
        )
        for place, component in enumerate(sorted(kg))
        if kg[component] > 0.0
    ]


def _campaign(
    month: Month,
    when: When,
    campaign: str,
    fed: tuple[list[Stock], list[Stock], dict[str, float], Array],
) -> dict[str, Stock]:
    """The campaign as a run of the book; what it made by metal, graphite as ``C``."""
    black_mass, reagents, got, graphite = fed
    lots = [*black_mass, *reagents]
    matter, kept = month.matter, 1.0 - month.number("hold_up_share")
    owners = frozenset(name for stock in lots for name in stock.owners)
    made, outputs = {}, []
    products = {"C": ("graphite", graphite)} | {
        e: (SALTS[e].material, matter.of({SALTS[e].component: kg / salt_share(e)}))
        for e, kg in got.items()
    }
    left = matter.substances(np.sum([stock.true_kg for stock in lots], axis=0))
    for element, (material, whole_kg) in products.items():
        made[element], output = month.make(
            f"{campaign} {material}",
            material,
            whole_kg * kept,
            day=when.day,
            owners=owners,
            scale="scale_uncertainty",
            least=1,
        )
        outputs.append(output)
        left = left - matter.substances(whole_kg)
    gas = matter.substances(
        matter.of({"O2": sum(stock.total_kg for stock in black_mass) * _model(month).oxygen})
    )
    month.process(
        when,
        campaign,
        {stock.lot: None for stock in lots},
        outputs,
        site="refiner_site",
        paper="campaign",
        emissions_kg=amounts_text(gas),
        waste_kg=waste(month, left - gas),
    )
    for place, stock in enumerate(made.values()):
        month.floor_ticket(when.later(0.2 + 0.1 * place), stock, "refiner's floor scale")
    return made


def _model(month: Month) -> Refining:
    assert month.matter.refining is not None
    return month.matter.refining


def salt_share(element: str) -> float:
    """kg of a metal per kg of its salt."""
    return element_share(SALTS[element].component, element)


def _sell_salt(month: Month, when: When, stock: Stock) -> When:
    """Final assay, title of all owners to the cathode maker, and the road."""
    month.assay(when, stock, "refiner laboratory", uncertainty="product_uncertainty")
    month.sell(when.later(0.2), stock, month.text("cathode_maker"))
    return month.send(
        when.later(0.5),
        stock,
        Road(
            month.text("refiner_site"),
            month.text("cathode_site"),
            month.whole("cathode_road_days"),
            "cathode maker's weighbridge",
        ),
    )
