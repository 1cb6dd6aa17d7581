"""Result table of carbon: the loop against the same metals made new."""

import numpy as np

from loopbook.cases.folder.case import join_keys
from loopbook.cases.folder.metals import METALS
from loopbook.cases.year.mass import Outcome, recovered_t
from loopbook.cases.year.money import inbound, outbound
from loopbook.matter import components
from loopbook.report import Table, YearSheet


def carbon_table(outcome: Outcome) -> Table:
    """Greenhouse gases of plant, freight and refiner, and what they save, t CO2e by year.

    ``avoided = virgin equivalent - process - energy - reagents - freight``; the virgin equivalent
    is each recovered metal as the compound of ``virgin.csv`` times the burden of making that new.
    """
    case, plant, refiner = outcome.case, outcome.plant, outcome.refiner
    note = (
        "Both steps, and freight in both directions with empty returns. Copper and aluminium "
        "fractions count as new metal though they are still to be smelted; shares of a burden that "
        "cell making itself would cause are the same on both sides and left out."
    )
    sheet = YearSheet("carbon", "Carbon of the loop against virgin metal", case.years, note)
    keys = join_keys(outcome.taken_keys, plant.keys, refiner.keys)
    ours = np.zeros(len(case.years))
    parts = (
        ("process", "process", "Process", "burnt solvents, plastics, binders; carbonates"),
        ("energy", "energy", "Energy", "electricity, gas, diesel"),
        ("reagents", "materials", "Reagents", "making of the reagents"),
    )
    for name, part, title, how in parts:
        tonnes = plant.ghg_t(part) + refiner.ghg_t(part)
        ours = ours + tonnes
        sheet.add((f"{name}_tco2e", title, "t CO2e"), tonnes, keys, f"plant and refiner: {how}")
    hauls = (inbound(outcome), outbound(outcome))
    freight = hauls[0].ghg_t + hauls[1].ghg_t
    hauled = join_keys(outcome.taken_keys, plant.keys, hauls[0].keys, hauls[1].keys)
    how = "loads x miles x (loaded + empty return)"
    sheet.add(("freight_tco2e", "Freight", "t CO2e"), freight, hauled, how)
    ours = ours + freight
    sheet.add(("loop_tco2e", "The loop", "t CO2e"), ours, join_keys(keys, hauled), "sum")
    for label, done in (("plant", plant), ("refiner", refiner)):
        own = np.sum([done.ghg_t(p) for p in ("process", "energy", "materials")], axis=0)
        basis = join_keys(outcome.taken_keys, done.keys)
        how = "process, energy and reagents, without freight"
        sheet.add((f"{label}_tco2e", f"The {label} alone", "t CO2e"), own, basis, how)
    virgin, virgin_keys = np.zeros(len(case.years)), []
    for metal in METALS:
        row = case.row("virgin.csv", metal=metal.name)
        compound = components(row["equivalent"]).items[0].element_shares()
        per_t = row["value"] / compound[metal.element]
        tonnes = recovered_t(outcome, metal.element) * per_t
        virgin = virgin + tonnes
        virgin_keys.append(row.key("value"))
        basis = join_keys((row.key("value"),), keys)
        how = f"recovered as {row['equivalent']} x burden of making it new"
        sheet.add(
            (f"virgin_{metal.name}_tco2e", f"Virgin {metal.name}", "t CO2e"), tonnes, basis, how
        )
    basis = join_keys(virgin_keys, keys)
    sheet.add(("virgin_equivalent_tco2e", "The same metals new", "t CO2e"), virgin, basis, "sum")
    saved = virgin - ours
    everything = join_keys(basis, hauled)
    how = "virgin equivalent - the loop"
    sheet.add(("avoided_tco2e", "Avoided", "t CO2e"), saved, everything, how)
    sheet.ratio(
        ("avoided_share", "Avoided share", "1"),
        (saved, virgin),
        everything,
        "avoided / virgin equivalent",
    )
    return sheet.table()
