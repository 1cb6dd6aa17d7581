"""Result tables of what "so many batteries" can mean; nothing else is computed from them."""

from collections.abc import Iterator

from loopbook.cases.folder.case import join_keys
from loopbook.cases.year.mass import Outcome, recovered_t
from loopbook.cases.year.plants import BLACK_MASS
from loopbook.report import Cell, Column, Table
from loopbook.tables import convert

_PACK = "pack mass per energy"


def equivalent_tables(outcome: Outcome) -> Iterator[Table]:
    """Readings of the stated number of batteries, and real cars against the plant's capacity."""
    case = outcome.case
    packs = case.rows("batteries.csv", parameter=_PACK)
    if not packs:
        return
    stated = case.settings.get("stated_batteries")
    if stated:
        name, _, number = stated.partition("/")
        row = case.row("article_numbers.csv", id=name, number=number)
        yield _readings(outcome, (float(row["value"]), row.key("value")))
    yield _cars(outcome)


def _nickel(outcome: Outcome) -> dict[str, float]:
    """kg of nickel per tonne of scrap, in black mass and recovered; kg per kWh of cells."""
    taken = float(outcome.plant.feed_t.sum())
    gwh = float(outcome.made.made_gwh.sum())
    held = float(outcome.plant.elements_t[BLACK_MASS]["Ni"].sum())
    back = float(recovered_t(outcome, "Ni").sum())
    cells = float(outcome.element_t(outcome.made.cells_t, "Ni").sum())
    return {
        "black mass": 1000.0 * held / taken if taken > 0.0 else 0.0,
        "recovered": 1000.0 * back / taken if taken > 0.0 else 0.0,
        "cells": cells / (1000.0 * gwh) if gwh > 0.0 else 0.0,
    }


def _readings(outcome: Outcome, stated: tuple[float, str]) -> Table:
    case, (count, count_key) = outcome.case, stated
    pack = case.rows("batteries.csv", parameter=_PACK)[0]
    nickel = _nickel(outcome)
    keys = join_keys((count_key,), case.setting_keys("plant.capacity"))
    deep = join_keys(keys, outcome.taken_keys, outcome.plant.keys, (pack.key("value"),))
    columns = (
        Column("reading", "Batteries counted by"),
        Column("read_as", "Tons read as"),
        Column("used", "Reading of the case"),
        Column("capacity_t", "Capacity", "t", keys, "the plant's capacity number in that unit"),
        Column("kg_per_battery", "Per battery", "kg", deep, "capacity (or its nickel) / batteries"),
        Column(
            "kwh_per_battery",
            "Energy of that battery",
            "kWh",
            deep,
            "kg per battery / kg per kWh of packs, of cells, or of nickel in cells",
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    reading = str(case.settings.get("tonne_reading"))
    printed = convert(float(case.settings.get("plant.capacity")), "t", reading)
    for unit in ("t", "short_ton"):
        tonnes = convert(printed, unit, "t")
        kg = 1000.0 * tonnes / count
        per_kwh = (
            ("pack mass", kg, float(pack["value"])),
            ("bare cell mass", kg, outcome.made.mass_per_energy),
            ("nickel in black mass", kg * nickel["black mass"] / 1000.0, nickel["cells"]),
            ("nickel recovered", kg * nickel["recovered"] / 1000.0, nickel["cells"]),
        )
        for counted_by, amount, need in per_kwh:
            kwh = amount / need if need > 0.0 else None
            rows.append((counted_by, unit, unit == reading, tonnes, amount, kwh))
    return Table(
        "batteries",
        "So many batteries",
        columns,
        tuple(rows),
        "What the stated number of batteries would be; no other table uses any of it.",
    )


def _cars(outcome: Outcome) -> Table:
    case = outcome.case
    pack = case.rows("batteries.csv", parameter=_PACK)[0]
    nickel = _nickel(outcome)
    capacity = float(case.settings.get("plant.capacity"))
    keys = join_keys(case.setting_keys("plant.capacity"), (pack.key("value"),))
    energy = case.keys("batteries.csv", parameter="energy")
    deep = join_keys(keys, outcome.taken_keys, outcome.plant.keys, outcome.refiner.keys)
    columns = (
        Column("battery", "Battery"),
        Column("energy_kwh", "Energy", "kWh", energy, "batteries.csv"),
        Column(
            "by_pack_mass",
            "Batteries by pack mass",
            "1",
            join_keys(keys, energy),
            "capacity / (energy x kg per kWh of pack)",
        ),
        Column(
            "by_cell_mass",
            "Batteries by cell mass",
            "1",
            join_keys(keys, energy, outcome.made.keys),
            "capacity / (energy x kg per kWh of cell)",
        ),
        Column(
            "by_nickel",
            "Batteries by nickel recovered",
            "1",
            join_keys(deep, energy),
            "capacity x nickel recovered per tonne / nickel in the battery's cells",
        ),
    )
    rows: list[tuple[Cell, ...]] = []
    for row in case.rows("batteries.csv", parameter="energy"):
        kwh = float(row["value"])
        need = kwh * nickel["cells"]
        rows.append(
            (
                row["battery"],
                kwh,
                1000.0 * capacity / (kwh * float(pack["value"])),
                1000.0 * capacity / (kwh * outcome.made.mass_per_energy),
                capacity * nickel["recovered"] / need if need > 0.0 else None,
            )
        )
    return Table(
        "cars",
        "The plant's capacity in real batteries",
        columns,
        tuple(rows),
        "A year of the plant at full capacity, in batteries of real cars.",
    )
