"""Result tables of mass: production, scrap, black mass, metals, copper, clients."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.case import Case, join_keys
from loopbook.cases.folder.metals import METALS
from loopbook.cases.year.plants import ALUMINIUM, BLACK_MASS, COPPER, Works
from loopbook.cases.year.supply import Supply, supply
from loopbook.errors import BalanceError
from loopbook.matter import ComponentSet, Sourced, components
from loopbook.report import Cell, Column, Table, YearSheet, finite, slug
from loopbook.tables import Array

_CLOSURE = 1e-9  # relative, and in tonnes for years in which nothing flows


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything computed once: what the tables are made of.

    Attributes
    ----------
    case, switches, facts : what was asked.
    made : cells, scrap, what the plant takes.
    plant, refiner : what they make of it.
    """

    case: Case
    switches: Mapping[str, bool]
    facts: Sourced
    made: Supply
    plant: Works
    refiner: Works

    @property
    def contents(self) -> ComponentSet:
        """Components of the scrap, with their elements."""
        return components(*self.made.components)

    def element_t(self, tonnes: Array, element: str) -> Array:
        """Tonnes of an element (graphite for ``C``) in amounts by component, by year."""
        basis = self.contents
        if element == "C":
            found: Array = tonnes[basis.index["graphite"]]
        else:
            found = basis.element_matrix[basis.elements.index(element)] @ tonnes
        return found

    @property
    def scrap_keys(self) -> tuple[str, ...]:
        """Input keys of the contract's scrap."""
        case = self.case
        path_columns = ("cell_reject_share", "active_material_loss", "foil_loss")
        paths = case.names("lines.csv", "path")
        return join_keys(
            case.keys("contract.csv", "contract_gwh"),
            case.keys("lines.csv", "made_gwh"),
            *(case.keys("scrap_path.csv", *path_columns, path=path) for path in paths),
            self.made.keys,
        )

    @property
    def client_keys(self) -> tuple[str, ...]:
        """Input keys of the scrap of the clients that are switched on."""
        case = self.case
        columns = ("cell_reject_share", "active_material_loss", "foil_loss")
        mine = [p for p in self.made.producers if p.switch is not None]
        return join_keys(
            *(case.keys("client_output.csv", "made_gwh", client=p.name) for p in mine),
            *(case.keys("clients.csv", "offered_share", client=p.name) for p in mine),
            *(case.keys("scrap_path.csv", *columns, path=p.path) for p in mine),
        )

    @property
    def capacity_keys(self) -> tuple[str, ...]:
        """Input keys of what the plant can take."""
        case = self.case
        return join_keys(
            case.setting_keys("plant.capacity", "plant.start"),
            case.keys("running.csv", "running_share"),
        )

    @property
    def taken_keys(self) -> tuple[str, ...]:
        """Input keys of what the plant takes."""
        types = self.case.keys("scrap_types.csv", "share")
        return join_keys(self.scrap_keys, types, self.client_keys, self.capacity_keys)


def recovered_t(outcome: Outcome, element: str) -> Array:
    """Tonnes of a metal that come back: the refiner's, and copper and aluminium of the plant."""
    parts = [made[element] for made in outcome.refiner.elements_t.values()]
    fraction = {"Cu": COPPER, "Al": ALUMINIUM}.get(element)
    if fraction:
        parts.append(outcome.plant.elements_t[fraction][element])
    total: Array = np.sum(parts, axis=0)
    return total


def check_metals(outcome: Outcome) -> None:
    """No plant gives more of a metal than it got, in any year; raises `BalanceError`."""
    feed, black = outcome.made.feed_t(), outcome.plant.elements_t[BLACK_MASS]
    for metal in METALS:
        steps = (
            ("plant", outcome.plant, outcome.element_t(feed, metal.element)),
            ("refiner", outcome.refiner, black[metal.element]),
        )
        for name, done, got in steps:
            given = np.sum([made[metal.element] for made in done.elements_t.values()], axis=0)
            if not (given <= got * (1.0 + _CLOSURE) + _CLOSURE).all():
                raise BalanceError(f"{name}: {metal.name} out {given} t, in {got} t")


def mass_tables(outcome: Outcome) -> Iterator[Table]:
    """All tables of mass."""
    yield _production(outcome)
    yield _scrap(outcome)
    yield _black_mass(outcome)
    yield _metals(outcome)
    yield _copper(outcome)
    yield _clients(outcome)


def _production(outcome: Outcome) -> Table:
    case, made = outcome.case, outcome.made
    contract = case.keys("contract.csv", "contract_gwh")
    lines = case.keys("lines.csv", "made_gwh")
    sheet = YearSheet("production", "Cells under the contract", case.years)
    sheet.add(("contract_gwh", "Contract", "GWh"), made.contract_gwh, contract, "contract.csv")
    sheet.add(("line_gwh", "Lines can make", "GWh"), made.line_gwh, lines, "sum of lines.csv")
    both = join_keys(contract, lines)
    how = "the smaller of contract and lines"
    sheet.add(("made_gwh", "Made", "GWh"), made.made_gwh, both, how)
    cells = join_keys(both, made.keys)
    how = f"made GWh x {made.mass_per_energy:.4g} kg/kWh of cell"
    sheet.add(("cells_t", "Mass of cells", "t"), made.cells_t.sum(axis=0), cells, how)
    how = "nickel in the cells' active material, by its formula"
    nickel = outcome.element_t(made.cells_t, "Ni")
    sheet.add(("nickel_t", "Nickel in cells", "t"), nickel, cells, how)
    return sheet.table()


def _scrap(outcome: Outcome) -> Table:
    case, made, keys = outcome.case, outcome.made, outcome.scrap_keys
    note = (
        "Rejected cells are accepted cells x r / (1 - r); electrode scrap is cells made x share of "
        "the component x loss / (1 - loss). Split by type as in scrap_types.csv."
    )
    sheet = YearSheet("scrap", "Production scrap", case.years, note)
    own = made.of(contract=True)
    kinds = dict.fromkeys(flow.scrap_type for flow in own)
    zero = np.zeros(len(case.years))
    for kind in kinds:
        mass = sum((f.mass_t for f in own if f.scrap_type == kind), start=zero)
        basis = join_keys(keys, case.keys("scrap_types.csv", "share", scrap_type=kind))
        how = "scrap of the contract's lines of this type"
        sheet.add((f"{slug(kind)}_t", kind.capitalize(), "t"), mass, basis, how)
    total = sum((f.mass_t for f in own), start=zero)
    sheet.add(("contract_t", "Scrap of the contract", "t"), total, keys, "sum of the types")
    clients = made.of(contract=False)
    client_t = sum((f.mass_t * f.offered_share for f in clients), start=zero)
    how = "scrap of the clients that are switched on x share that they offer"
    sheet.add(("clients_t", "Offered by clients", "t"), client_t, outcome.client_keys, how)
    offered = total + client_t
    both = join_keys(keys, outcome.client_keys)
    sheet.add(("offered_t", "Offered", "t"), offered, both, "contract and clients")
    how = "capacity x share of the year that it runs, 0 before the start"
    sheet.add(("capacity_t", "Plant can take", "t"), made.capacity_t, outcome.capacity_keys, how)
    taken = made.feed_t().sum(axis=0)
    how = "the smaller of offered and capacity; the contract first, then clients by priority"
    sheet.add(("taken_t", "Taken by the plant", "t"), taken, outcome.taken_keys, how)
    how = "offered - taken"
    other = sum((f.mass_t * (f.offered_share - f.taken_share) for f in made.scrap), start=zero)
    sheet.add(("other_t", "To other recyclers", "t"), other, outcome.taken_keys, how)
    return sheet.table()


def _black_mass(outcome: Outcome) -> Table:
    case, plant = outcome.case, outcome.plant
    basis = join_keys(outcome.taken_keys, plant.keys)
    note = "EverBatt's generic preprocessing, solved over the years; every element closes."
    sheet = YearSheet("black_mass", "Black mass and fractions of the plant", case.years, note)
    flow = plant.route.solution
    mass = plant.products_t[BLACK_MASS]
    how = "coatings, binder and foil that the plant's transfer coefficients send to black mass"
    sheet.add(("mass_t", "Black mass", "t"), mass, basis, how)
    for metal in METALS:
        content = plant.elements_t[BLACK_MASS][metal.element]
        title = f"{metal.name.capitalize()} in black mass"
        how = "content of the solved stream x tonnes"
        sheet.add((f"{metal.name}_t", title, "t"), content, basis, how)
    safe = np.where(flow.mass(BLACK_MASS) > 0.0, flow.mass(BLACK_MASS), 1.0)
    foil = flow.flow(BLACK_MASS, "aluminium") / safe * mass
    sheet.add(("aluminium_foil_t", "Aluminium from foil", "t"), foil, basis, "metallic aluminium")
    lattice = plant.elements_t[BLACK_MASS]["Al"] - foil
    how = "aluminium inside the active material: no mechanical step removes it"
    sheet.add(("aluminium_lattice_t", "Aluminium in the lattice", "t"), lattice, basis, how)
    for metal in METALS:
        content = plant.elements_t[BLACK_MASS][metal.element]
        title = f"Grade of {metal.name}"
        sheet.ratio((f"{metal.name}_share", title, "1"), (content, mass), basis, "content / mass")
    for product, name in ((COPPER, "copper_fraction_t"), (ALUMINIUM, "aluminium_fraction_t")):
        how = f"recovery of {product} x {product} in the scrap"
        sheet.add(
            (name, f"{product.capitalize()} fraction", "t"), plant.products_t[product], basis, how
        )
    rest = plant.feed_t - sum(plant.products_t.values())
    how = "feed - black mass - fractions: solvents and plastics burnt, residues"
    sheet.add(("burnt_and_waste_t", "Burnt and waste", "t"), rest, basis, how)
    return sheet.table()


def _metals(outcome: Outcome) -> Table:
    case, made = outcome.case, outcome.made
    cells = join_keys(
        case.keys("contract.csv", "contract_gwh"), case.keys("lines.csv", "made_gwh"), made.keys
    )
    back = join_keys(outcome.taken_keys, outcome.plant.keys, outcome.refiner.keys)
    columns = (
        Column("year", "Year"),
        Column("metal", "Metal"),
        Column("recovered_t", "Recovered", "t", back, "products of refiner and plant"),
        Column("demand_net_t", "In accepted cells", "t", cells, "composition x mass of cells"),
        Column(
            "demand_gross_t",
            "Bought for the lines",
            "t",
            outcome.scrap_keys,
            "in accepted cells and in the contract's scrap",
        ),
        Column(
            "covered_share",
            "Share of the cells' need",
            "1",
            join_keys(back, cells),
            "recovered / in accepted cells",
        ),
        Column(
            "covered_gross_share",
            "Share of the purchases",
            "1",
            join_keys(back, outcome.scrap_keys),
            "recovered / bought for the lines",
        ),
    )
    scrap = np.sum([f.made_t for f in made.of(contract=True)], axis=0)
    rows: list[tuple[Cell, ...]] = []
    found = {
        metal.name: (
            recovered_t(outcome, metal.element),
            outcome.element_t(made.cells_t, metal.element),
            outcome.element_t(made.cells_t + scrap, metal.element),
        )
        for metal in METALS
    }
    for place, year in enumerate(case.years):
        for metal in METALS:
            got, net, gross = (float(x[place]) for x in found[metal.name])
            shares = tuple(got / need if need > 0.0 else None for need in (net, gross))
            rows.append((year, metal.name, got, net, gross, *shares))
    note = (
        "Metal recovered in a year is set against the cells of the same year; client scrap counts "
        "as recovered where it is switched on. Graphite is the component, not all carbon."
    )
    return Table("metals", "Metals: recovered against needed", columns, tuple(rows), note)


def _copper(outcome: Outcome) -> Table:
    case, made, plant = outcome.case, outcome.made, outcome.plant
    back = join_keys(outcome.taken_keys, plant.keys)
    note = (
        "The copper fraction is shredded foil: it goes to a smelter or refinery before it can be "
        "foil again, and the foil makers named here need not buy it."
    )
    sheet = YearSheet("copper", "Copper from anode foil against foil demand", case.years, note)
    held = {
        kind: sum(
            (outcome.element_t(f.taken_t, "Cu") for f in made.scrap if f.scrap_type == kind),
            start=np.zeros(len(case.years)),
        )
        for kind in dict.fromkeys(f.scrap_type for f in made.scrap)
    }
    total = np.sum(list(held.values()), axis=0)
    copper = plant.elements_t[COPPER]["Cu"]
    safe = np.where(total > 0.0, total, 1.0)
    for kind, tonnes in held.items():
        if tonnes.any():
            how = "copper fraction x share of the copper taken that came in this type"
            name, title = f"from_{slug(kind)}_t", f"From {kind}"
            sheet.add((name, title, "t"), copper * tonnes / safe, back, how)
    sheet.add(("copper_t", "Copper in the copper fraction", "t"), copper, back, "sum")
    chosen = case.settings.get("foil")
    lines = case.keys("lines.csv", "made_gwh")
    foils = [r for r in case.rows("foil.csv") if r["parameter"] == "foil per energy"]
    for row in foils:
        need = made.made_gwh * 1000.0 * row["value"]
        basis = join_keys(lines, (row.key("value"),))
        name = "contract_foil_t" if row["item"] == chosen else f"contract_{slug(row['item'])}_t"
        title = f"Contract's cells with {row['item']}"
        sheet.add((name, title, "t"), need, basis, "made GWh x foil per kWh")
    per_kwh = case.value("foil.csv", item=chosen, parameter="foil per energy")
    need = made.made_gwh * 1000.0 * per_kwh
    foil_key = case.keys("foil.csv", item=chosen, parameter="foil per energy")
    whole = np.sum([made.cells_t, *(f.made_t for f in made.of(contract=True))], axis=0)
    held_t = outcome.element_t(made.cells_t, "Cu")
    ratio = outcome.element_t(whole, "Cu") / np.where(held_t > 0.0, held_t, 1.0)
    bought = join_keys(outcome.scrap_keys, foil_key)
    how = "foil of the cells x copper bought / copper in accepted cells"
    sheet.add(
        ("contract_foil_bought_t", "Foil bought for the lines", "t"), need * ratio, bought, how
    )
    head = ("covered_share", "Share of the foil in the cells", "1")
    basis = join_keys(back, lines, foil_key)
    sheet.ratio(head, (copper, need), basis, "copper fraction / foil of the contract's cells")
    head = ("covered_gross_share", "Share of the foil bought", "1")
    sheet.ratio(
        head, (copper, need * ratio), join_keys(back, bought), "copper fraction / foil bought"
    )
    _foil_makers(outcome, sheet, copper, back)
    _foil_regions(outcome, sheet, (copper, per_kwh), join_keys(back, foil_key))
    return sheet.table()


def _foil_makers(outcome: Outcome, sheet: YearSheet, copper: Array, back: tuple[str, ...]) -> None:
    case = outcome.case
    for row in case.rows("foil.csv", parameter="capacity"):
        name, capacity = slug(row["item"]), np.full(len(case.years), row["value"])
        basis = (row.key("value"),)
        title = f"Capacity of {row['item']}"
        sheet.add((f"{name}_capacity_t", title, "t"), capacity, basis, "foil.csv")
        head = (f"share_of_{name}", f"Copper by that of {row['item']}", "1")
        both = join_keys(back, basis)
        sheet.ratio(head, (copper, capacity), both, "copper fraction / capacity")


def _foil_regions(
    outcome: Outcome, sheet: YearSheet, foil: tuple[Array, float], back: tuple[str, ...]
) -> None:
    case, (copper, per_kwh) = outcome.case, foil
    for region in case.names("foil_demand.csv", "region"):
        gwh = case.series("foil_demand.csv", "made_gwh", region=region)
        basis = join_keys(case.keys("foil_demand.csv", "made_gwh", region=region), back)
        need, name = gwh * 1000.0 * per_kwh, slug(region)
        head = (f"{name}_demand_t", f"Foil demand of {region}", "t")
        sheet.add(head, need, basis, "cells made there x foil per kWh")
        head = (f"share_of_{name}", f"Copper by the demand of {region}", "1")
        sheet.ratio(head, (copper, need), basis, "copper fraction / demand")


def _clients(outcome: Outcome) -> Table:
    case = outcome.case
    columns: tuple[Column, ...] = (
        Column("year", "Year"),
        Column("client", "Client"),
        Column("switch", "Switch"),
        Column("on", "Switched on"),
    )
    texts = (
        ("made_gwh", "Makes", "GWh", "client_output.csv"),
        ("scrap_t", "Scrap", "t", "by its scrap path, as for the contract"),
        ("offered_t", "Offered to the plant", "t", "scrap x share offered"),
        ("taken_t", "Taken by the plant", "t", "what the contract and earlier clients leave room"),
    )
    path = ("cell_reject_share", "active_material_loss", "foil_loss")
    basis = join_keys(
        case.keys("client_output.csv", "made_gwh"),
        case.keys("clients.csv", "offered_share"),
        *(case.keys("scrap_path.csv", *path, path=p) for p in case.names("clients.csv", "path")),
    )
    for name, title, unit, how in texts:
        keys = case.keys("client_output.csv", "made_gwh") if name == "made_gwh" else basis
        columns = (*columns, Column(name, title, unit, keys, how))
    rows: list[tuple[Cell, ...]] = []
    everyone = supply(case, dict.fromkeys(outcome.switches, True), outcome.facts)
    for producer in everyone.producers:
        if producer.switch is None:
            continue
        mine = [f for f in everyone.scrap if f.producer.name == producer.name]
        scrap = np.sum([f.mass_t for f in mine], axis=0)
        on = [f for f in outcome.made.scrap if f.producer.name == producer.name]
        taken = sum((f.taken_t.sum(axis=0) for f in on), start=np.zeros_like(scrap))
        numbers = (producer.made_gwh, scrap, scrap * producer.offered_share, taken)
        cells = [finite(x, f"clients {producer.name}") for x in numbers]
        for place, year in enumerate(case.years):
            head = (year, producer.name, producer.switch, bool(on))
            rows.append((*head, *(column[place] for column in cells)))
    rows.sort(key=lambda row: int(str(row[0])))
    note = "Scrap of clients that are switched off is shown and not taken."
    return Table("clients", "Further clients", columns, tuple(rows), note)
