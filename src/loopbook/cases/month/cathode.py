"""Salts become active material, recovered and bought metal in the year's proportion.

Each campaign's salts are made up with bought ones to the formula of the contract's active
material, and run lot by lot. The lot is assayed, sold to the owner of the cell lines, and shipped.
"""

import math
from collections.abc import Mapping

import numpy as np

from loopbook import book as c
from loopbook.cases.month.beyond import CAUSTIC, REAGENTS, SALTS, Lines, caustic_kg, element_share
from loopbook.cases.month.state import Month, Road, Stock, When, amounts_text, draw, measured

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
        last = turn == runs - 1
        _run(month, when, lines, [(s, used[s.lot], last) for s in (*salts.values(), *bought)])


def _buy(
    month: Month, when: When, missing: Mapping[str, float], need: Mapping[str, float]
) -> list[Stock]:
    """Bought salts for what is missing of each metal, and caustic for all of it, kg."""
    step = max(month.number("scale_division"), 1.0)
    wanted = [
        (SALTS[e].material, SALTS[e].component, kg / element_share(SALTS[e].component, e))
        for e, kg in missing.items()
        if kg > 0.0
    ]
    caustic = sum(kg * caustic_kg(e) for e, kg in need.items())
    wanted.append((REAGENTS[CAUSTIC], CAUSTIC, caustic))
    number = month.next("delivery")
    lots = []
    for place, (material, component, kg) in enumerate(wanted):
        amount = math.ceil(kg / step) * round(step)
        stock = Stock(f"V{number:02d} {material}", month.matter.of({component: amount}), amount)
        who = "reagent_supplier" if component == CAUSTIC else "virgin_supplier"
        lots.append(
            month.buy(
                when.later(0.3 * place),
                stock,
                material,
                supplier=month.text(who),
                owner=month.text("cathode_maker"),
                site=month.text("cathode_site"),
            )
        )
    return lots


def _run(month: Month, when: When, lines: Lines, fed: list[tuple[Stock, float, bool]]) -> None:
    """One lot: precipitated, lithiated, weighed; carbonate's carbon leaves as carbon dioxide."""
    matter, run = month.matter, f"K{month.next('cathode'):03d}"
    inputs: dict[str, c.Kg | None] = {}
    true_kg = np.zeros(len(matter.names))
    for stock, wanted, last in fed:
        all_of_it = last and wanted >= 0.99 * stock.book_kg
        taken, part, _ = draw([stock], stock.book_kg if all_of_it else max(math.floor(wanted), 1))
        inputs |= taken
        true_kg = true_kg + part
    metals = matter.by_name(true_kg)
    share = {e: element_share(lines.active, e) for e in SALTS}
    limit = min(metals[e] / share[e] for e in SALTS if share[e] > 0.0)
    whole = matter.of({lines.active: limit * month.number("cathode_share")})
    kg = whole * (1.0 - month.number("hold_up_share"))
    carbon = float(matter.of({"Li2CO3": element_share("Li2CO3", "C")}) @ true_kg)
    gas = matter.substances(matter.of({"CO2": carbon / element_share("CO2", "C")}))
    left = matter.substances(true_kg) - matter.substances(whole) - gas
    mass = max(round(float(kg.sum()) + month.normal(month.number("floor_scale_uncertainty"))), 1)
    stock = Stock(f"{run} cathode", kg, mass, when.day)
    stock.owners = frozenset({month.text("cathode_maker")})
    output = c.Output(stock.lot, CATHODE, mass, measured(matter.substances(kg) / float(kg.sum())))
    envelope = month.envelope(when, f"run {run}", f"run sheet {run}")
    site = month.text("cathode_site")
    month.say(
        when.day,
        c.Process(
            **envelope,
            run=run,
            site=site,
            inputs_kg=inputs,
            outputs=[output],
            emissions_kg=amounts_text(gas),
            waste_kg=month.waste(left),
        ),
    )
    month.floor_ticket(when.later(0.2), stock, "cathode maker's floor scale")
    _sell(month, When(when.day + 1, when.hour), stock)


def _sell(month: Month, when: When, stock: Stock) -> None:
    """Final assay, title to the owner of the lines, and the road to them."""
    month.assay(when, stock, "cathode laboratory", uncertainty="product_uncertainty")
    month.sell(when.later(0.2), stock, month.text("owner"))
    source, target = month.text("cathode_site"), month.text("cell_site")
    days = month.whole("cell_road_days")
    there = month.send(when.later(0.5), stock, Road(source, target, days, "lines' weighbridge"))
    stock.ready = there.day
    month.cathode.append(stock)
