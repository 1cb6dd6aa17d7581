"""Salts become active material, recovered and bought metal in the year's proportion.

Each campaign's salts are made up with bought ones to the formula of the contract's active
material, and run lot by lot. The lot is assayed, sold to the owner of the cell lines, and shipped.
"""

import math
from collections.abc import Mapping

import numpy as np

from loopbook import book as c
from loopbook.plant.matter import CAUSTIC, REAGENTS, SALTS, Lines, caustic_kg, element_share
from loopbook.plant.state import Month, Road, Stock, When, amounts_text, draw, waste

CATHODE = "cathode active material"


def make_cathode(month: Month, day: int, salts: Mapping[str, Stock]) -> None:
    """Run a campaign's salts from a day on, as many lots as they make with what is bought."""
    lines = month.matter.lines
    assert lines is not None
    if day >= month.settings.days:
        return
    share = {e: element_share(lines.active, e) for e in SALTS}
    kept = month.number("cathode_share")
    has = {e: month.matter.by_name(stock.true_kg)[e] for e, stock in salts.items()}
    made_kg = has["Ni"] * kept / (lines.recovered_share * share["Ni"])
    need = {e: made_kg * share[e] / kept for e in SALTS}
    runs = max(1, math.ceil(made_kg / max(month.number("cathode_lot"), 1.0)))
    bought = _buy(month, When(day, 5), {e: kg - has.get(e, 0.0) for e, kg in need.items()}, need)
    for stock in salts.values():
        stock.ready = day
    used = {
        stock.lot: min(1.0, need[e] / has[e]) * stock.book_kg / runs for e, stock in salts.items()
    }
    used |= {stock.lot: stock.book_kg / runs for stock in bought}
    for turn in range(runs):
        later, share_of_day = divmod(turn * month.whole("campaign_days", 1) / runs, 1.0)
        when = When(day + int(later), 8 + 10 * share_of_day)
        if when.day + 1 >= month.settings.days:
            return
        _run(
            month,
            when,
            lines,
            [(s, used[s.lot], turn == runs - 1) for s in (*salts.values(), *bought)],
        )


def _buy(
    month: Month, when: When, missing: Mapping[str, float], need: Mapping[str, float]
) -> list[Stock]:
    """Bought salts for what is missing of each metal, and caustic for all of it, kg."""
    bought = [
        (SALTS[e].material, SALTS[e].component, kg / element_share(SALTS[e].component, e))
        for e, kg in missing.items()
        if kg > 0.0
    ]
    caustic = sum(kg * caustic_kg(e) for e, kg in need.items())
    number = month.next("delivery")
    return [
        month.buy(
            when.later(0.3 * place),
            pure_lot(month, f"V{number:02d} {material}", component, kg),
            material,
            supplier="reagent_supplier" if component == CAUSTIC else "virgin_supplier",
            owner="cathode_maker",
            site="cathode_site",
        )
        for place, (material, component, kg) in enumerate(
            [*bought, (REAGENTS[CAUSTIC], CAUSTIC, caustic)]
        )
    ]


def pure_lot(month: Month, lot: str, component: str, kg: float) -> Stock:
    """A lot of one component, in whole divisions of the scale."""
    step = max(month.number("scale_division"), 1.0)
    amount = math.ceil(kg / step) * round(step)
    return Stock(lot, month.matter.of({component: amount}), amount)


def _run(month: Month, when: When, lines: Lines, fed: list[tuple[Stock, float, bool]]) -> None:
    """One lot: precipitated, lithiated, weighed; carbonate's carbon leaves as carbon dioxide."""
    matter, run = month.matter, f"K{month.next('cathode'):03d}"
    inputs: dict[str, c.Kg | None] = {}
    true_kg = np.zeros(len(matter.names))
    for stock, kg, last in fed:
        all_of_it = last and kg >= 0.99 * stock.book_kg
        taken, part, _ = draw([stock], stock.book_kg if all_of_it else max(math.floor(kg), 1))
        inputs |= taken
        true_kg = true_kg + part
    metals = matter.by_name(true_kg)
    share = {e: element_share(lines.active, e) for e in SALTS}
    limit = min(metals[e] / share[e] for e in SALTS if share[e] > 0.0)
    whole = matter.of({lines.active: limit * month.number("cathode_share")})
    carbon = float(matter.of({"Li2CO3": element_share("Li2CO3", "C")}) @ true_kg)
    gas = matter.substances(matter.of({"CO2": carbon / element_share("CO2", "C")}))
    left = matter.substances(true_kg) - matter.substances(whole) - gas
    stock, output = month.make(
        f"{run} cathode",
        CATHODE,
        whole * (1.0 - month.number("hold_up_share")),
        day=when.day,
        owners=frozenset({month.text("cathode_maker")}),
        least=1,
    )
    month.process(
        when,
        run,
        inputs,
        [output],
        site="cathode_site",
        emissions_kg=amounts_text(gas),
        waste_kg=waste(month, left),
    )
    month.floor_ticket(when.later(0.2), stock, "cathode maker's floor scale")
    _sell(month, When(when.day + 1, when.hour), stock)


def _sell(month: Month, when: When, stock: Stock) -> None:
    """Final assay, title to the owner of the lines, and the road to them."""
    month.assay(when, stock, "cathode laboratory", uncertainty="product_uncertainty")
    month.sell(when.later(0.2), stock, month.text("owner"))
    source, target = month.text("cathode_site"), month.text("cell_site")
    stock.ready = month.send(
        when.later(0.5),
        stock,
        Road(source, target, month.whole("cell_road_days"), "lines' weighbridge"),
    ).day
    month.cathode.append(stock)
