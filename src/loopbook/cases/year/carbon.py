"""Result table of carbon: the loop against the same metals made new."""

from collections.abc import Iterator

import numpy as np

from loopbook.cases.folder.metals import METALS
from loopbook.cases.year.mass import Outcome, recovered_t
from loopbook.cases.year.money import inbound, outbound
from loopbook.matter import components
from loopbook.report import Table, YearColumn, year_table

_PARTS = (
    ("process", "process", "burnt solvents, plastics, binders; carbonates"),
    ("energy", "energy", "electricity, gas, diesel"),
    ("reagents", "materials", "making of the reagents"),
)
"""Name of a part of the burden in the table and in a route, and what it is."""

_NOTE = (
    "Both steps, and freight in both directions with empty returns. Copper and aluminium "
    "fractions count as new metal though they are still to be smelted; shares of a burden that "
    "cell making itself would cause are the same on both sides and left out."
)


def carbon_table(outcome: Outcome) -> Table:
    """Greenhouse gases of plant, freight and refiner, and what they save, t CO2e by year.

    ``avoided = virgin equivalent - process - energy - reagents - freight``; the virgin equivalent
    is each recovered metal as the compound of ``virgin.csv`` times the burden of making that new.
    """
    keys = outcome.back_keys
    hauls = (inbound(outcome), outbound(outcome))
    freight = hauls[0].ghg_t + hauls[1].ghg_t
    hauled = (*outcome.plant_keys, *hauls[0].keys, *hauls[1].keys)
    parts = {
        name: outcome.plant.ghg_t(part) + outcome.refiner.ghg_t(part) for name, part, _ in _PARTS
    }
    loop = np.sum([*parts.values(), freight], axis=0)
    metals = list(_virgin(outcome))
    virgin = np.sum([column.values for column in metals], axis=0)
    virgin_keys = tuple(key for column in metals for key in column.basis)
    everything = (*virgin_keys, *hauled)
    columns = (
        *(
            YearColumn(
                f"{name}_tco2e",
                name.capitalize(),
                "t CO2e",
                parts[name],
                keys,
                f"plant and refiner: {how}",
            )
            for name, _, how in _PARTS
        ),
        YearColumn(
            "freight_tco2e",
            "Freight",
            "t CO2e",
            freight,
            hauled,
            "loads x miles x (loaded + empty return)",
        ),
        YearColumn("loop_tco2e", "The loop", "t CO2e", loop, (*keys, *hauled), "sum"),
        *_alone(outcome),
        *metals,
        YearColumn(
            "virgin_equivalent_tco2e", "The same metals new", "t CO2e", virgin, virgin_keys, "sum"
        ),
        YearColumn(
            "avoided_tco2e",
            "Avoided",
            "t CO2e",
            virgin - loop,
            everything,
            "virgin equivalent - the loop",
        ),
        YearColumn(
            "avoided_share",
            "Avoided share",
            "1",
            virgin - loop,
            everything,
            "avoided / virgin equivalent",
            virgin,
        ),
    )
    return year_table(
        "carbon", "Carbon of the loop against virgin metal", outcome.case.years, columns, note=_NOTE
    )


def _alone(outcome: Outcome) -> Iterator[YearColumn]:
    """Burden of each plant alone."""
    for name, done in (("plant", outcome.plant), ("refiner", outcome.refiner)):
        yield YearColumn(
            f"{name}_tco2e",
            f"The {name} alone",
            "t CO2e",
            np.sum([done.ghg_t(part) for _, part, _ in _PARTS], axis=0),
            (*outcome.taken_keys, *done.keys),
            "process, energy and reagents, without freight",
        )


def _virgin(outcome: Outcome) -> Iterator[YearColumn]:
    """Burden of making the recovered metals new."""
    for metal in METALS:
        row = outcome.case.row("virgin.csv", metal=metal.name)
        compound = components(row["equivalent"]).items[0].element_shares()
        yield YearColumn(
            f"virgin_{metal.name}_tco2e",
            f"Virgin {metal.name}",
            "t CO2e",
            recovered_t(outcome, metal.element) * (row["value"] / compound[metal.element]),
            (row.key("value"), *outcome.back_keys),
            f"recovered as {row['equivalent']} x burden of making it new",
        )
