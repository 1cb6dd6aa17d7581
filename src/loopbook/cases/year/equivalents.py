"""Result tables of what "so many batteries" can mean; nothing else is computed from them."""

from collections.abc import Iterator

from loopbook.cases.folder.case import join_keys
from loopbook.cases.folder.tables import Record
from loopbook.cases.year.mass import Outcome, recovered_t
from loopbook.cases.year.plants import BLACK_MASS
from loopbook.report import Cell, Column, Table
from loopbook.tables import convert


def equivalent_tables(outcome: Outcome) -> Iterator[Table]:
    """Readings of the stated number of batteries, and real cars against the plant's capacity."""
    case = outcome.case
    for pack in case.rows("batteries.csv", parameter="pack mass per energy")[:1]:
        if stated := case.settings.get("stated_batteries"):
            name, _, number = stated.partition("/")
            row = case.row("article_numbers.csv", id=name, number=number)
            yield _readings(outcome, pack, row)
        yield _cars(outcome, pack)


def _nickel(outcome: Outcome) -> tuple[float, float, float]:
    """kg of nickel per tonne of scrap, in black mass and recovered; kg per kWh of cells."""
    taken_t, made_mwh = outcome.plant.feed_t.sum(), 1000.0 * outcome.made.made_gwh.sum()
    held_kg = 1000.0 * outcome.plant.elements_t[BLACK_MASS]["Ni"].sum()
    back_kg = 1000.0 * recovered_t(outcome, "Ni").sum()
    cells_t = outcome.element_t(outcome.made.cells_t, "Ni").sum()
    pairs = ((held_kg, taken_t), (back_kg, taken_t), (cells_t, made_mwh))
    in_black_mass, recovered, in_cells = (float(a / b) if b > 0.0 else 0.0 for a, b in pairs)
    return in_black_mass, recovered, in_cells


def _readings(outcome: Outcome, pack: Record, stated: Record) -> Table:
    case, count = outcome.case, float(stated["value"])
    black_mass, recovered, in_cells = _nickel(outcome)
    keys = join_keys((stated.key("value"),), case.setting_keys("plant.capacity"))
    deep = join_keys(keys, outcome.plant_keys, (pack.key("value"),))
    reading = str(case.settings.get("tonne_reading"))
    printed = convert(float(case.settings.get("plant.capacity")), "t", reading)
    rows: list[tuple[Cell, ...]] = []
    for unit in ("t", "short_ton"):
        tonnes = convert(printed, unit, "t")
        kg = 1000.0 * tonnes / count
        for counted_by, amount, need in (
            ("pack mass", kg, float(pack["value"])),
            ("bare cell mass", kg, outcome.made.mass_per_energy),
            ("nickel in black mass", kg * black_mass / 1000.0, in_cells),
            ("nickel recovered", kg * recovered / 1000.0, in_cells),
        ):
            rows.append(
                (
                    counted_by,
                    unit,
                    unit == reading,
                    tonnes,
                    amount,
                    (amount / need if need > 0.0 else None),
                )
            )
    return Table(
        "batteries",
        "So many batteries",
        (
            Column("reading", "Batteries counted by"),
            Column("read_as", "Tons read as"),
            Column("used", "Reading of the case"),
            Column("capacity_t", "Capacity", "t", keys, "the plant's capacity number in that unit"),
            Column(
                "kg_per_battery", "Per battery", "kg", deep, "capacity (or its nickel) / batteries"
            ),
            Column(
                "kwh_per_battery",
                "Energy of that battery",
                "kWh",
                deep,
                "kg per battery / kg per kWh of packs, of cells, or of nickel in cells",
            ),
        ),
        tuple(rows),
        "What the stated number of batteries would be; no other table uses any of it.",
    )


def _cars(outcome: Outcome, pack: Record) -> Table:
    case = outcome.case
    _, recovered, in_cells = _nickel(outcome)
    capacity = float(case.settings.get("plant.capacity"))
    energy = case.keys("batteries.csv", parameter="energy")
    keys = join_keys(case.setting_keys("plant.capacity"), (pack.key("value"),), energy)
    return Table(
        "cars",
        "The plant's capacity in real batteries",
        (
            Column("battery", "Battery"),
            Column("energy_kwh", "Energy", "kWh", energy, "batteries.csv"),
            Column(
                "by_pack_mass",
                "Batteries by pack mass",
                "1",
                keys,
                "capacity / (energy x kg per kWh of pack)",
            ),
            Column(
                "by_cell_mass",
                "Batteries by cell mass",
                "1",
                join_keys(keys, outcome.made.keys),
                "capacity / (energy x kg per kWh of cell)",
            ),
            Column(
                "by_nickel",
                "Batteries by nickel recovered",
                "1",
                join_keys(keys, outcome.back_keys),
                "capacity x nickel recovered per tonne / nickel in the battery's cells",
            ),
        ),
        tuple(
            (
                row["battery"],
                float(row["value"]),
                1000.0 * capacity / (row["value"] * float(pack["value"])),
                1000.0 * capacity / (row["value"] * outcome.made.mass_per_energy),
                capacity * recovered / (row["value"] * in_cells) if in_cells > 0.0 else None,
            )
            for row in case.rows("batteries.csv", parameter="energy")
        ),
        "A year of the plant at full capacity, in batteries of real cars.",
    )
