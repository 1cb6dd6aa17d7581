"""Result tables of mass: production, scrap, black mass, metals, copper, clients."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.case import Case, join_keys
from loopbook.cases.folder.metals import METALS
from loopbook.cases.folder.tables import Record
from loopbook.cases.year.plants import ALUMINIUM, BLACK_MASS, COPPER, Works
from loopbook.cases.year.supply import Supply, supply
from loopbook.errors import BalanceError
from loopbook.matter import ComponentSet, Sourced, components
from loopbook.report import Cell, Column, Table, YearColumn, finite, slug, year_table
from loopbook.tables import Array

_SCRAP_NOTE = (
    "Rejected cells are accepted cells x r / (1 - r); electrode scrap is cells made x share of "
    "the component x loss / (1 - loss). Split by type as in scrap_types.csv."
)
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
            return np.asarray(tonnes[basis.index["graphite"]])
        return np.asarray(basis.element_matrix[basis.elements.index(element)] @ tonnes)

    @property
    def made_keys(self) -> tuple[str, ...]:
        """Input keys of the contract's cells."""
        return (
            *self.case.keys("contract.csv", "contract_gwh"),
            *self.case.keys("lines.csv", "made_gwh"),
        )

    @property
    def cell_keys(self) -> tuple[str, ...]:
        """Input keys of what the contract's cells consist of."""
        return (*self.made_keys, *self.made.keys)

    @property
    def scrap_keys(self) -> tuple[str, ...]:
        """Input keys of the contract's scrap."""
        return (
            *self.made_keys,
            *_path_keys(self.case, self.case.names("lines.csv", "path")),
            *self.made.keys,
        )

    @property
    def client_keys(self) -> tuple[str, ...]:
        """Input keys of the scrap of the clients that are switched on."""
        case = self.case
        clients = [p for p in self.made.producers if p.switch is not None]
        return join_keys(
            *(case.keys("client_output.csv", "made_gwh", client=p.name) for p in clients),
            *(case.keys("clients.csv", "offered_share", client=p.name) for p in clients),
            _path_keys(case, [p.path for p in clients]),
        )

    @property
    def capacity_keys(self) -> tuple[str, ...]:
        """Input keys of what the plant can take."""
        return (
            *self.case.setting_keys("plant.capacity", "plant.start"),
            *self.case.keys("running.csv", "running_share"),
        )

    @property
    def taken_keys(self) -> tuple[str, ...]:
        """Input keys of what the plant takes."""
        return join_keys(
            self.scrap_keys,
            self.case.keys("scrap_types.csv", "share"),
            self.client_keys,
            self.capacity_keys,
        )

    @property
    def plant_keys(self) -> tuple[str, ...]:
        """Input keys of what the plant makes."""
        return join_keys(self.taken_keys, self.plant.keys)

    @property
    def back_keys(self) -> tuple[str, ...]:
        """Input keys of the metal that comes back."""
        return join_keys(self.plant_keys, self.refiner.keys)


def _path_keys(case: Case, paths: Iterable[str]) -> tuple[str, ...]:
    """Input keys of scrap paths."""
    return join_keys(
        *(
            case.keys(
                "scrap_path.csv",
                *("cell_reject_share", "active_material_loss", "foil_loss"),
                path=path,
            )
            for path in paths
        )
    )


def recovered_t(outcome: Outcome, element: str) -> Array:
    """Tonnes of a metal that come back: the refiner's, and copper and aluminium of the plant."""
    parts = [made[element] for made in outcome.refiner.elements_t.values()]
    if fraction := {"Cu": COPPER, "Al": ALUMINIUM}.get(element):
        parts.append(outcome.plant.elements_t[fraction][element])
    return np.asarray(np.sum(parts, axis=0))


def check_metals(outcome: Outcome) -> None:
    """No plant gives more of a metal than it got, in any year; raises `BalanceError`."""
    feed, black = outcome.made.feed_t(), outcome.plant.elements_t[BLACK_MASS]
    for metal in METALS:
        for name, done, into in (
            ("plant", outcome.plant, outcome.element_t(feed, metal.element)),
            ("refiner", outcome.refiner, black[metal.element]),
        ):
            out = np.sum([made[metal.element] for made in done.elements_t.values()], axis=0)
            if not (out <= into * (1.0 + _CLOSURE) + _CLOSURE).all():
                raise BalanceError(f"{name}: {metal.name} out {out} t, in {into} t")


def mass_tables(outcome: Outcome) -> Iterator[Table]:
    """All tables of mass."""
    makers = (_production, _scrap, _black_mass, _metals, _copper, _clients)
    return (make(outcome) for make in makers)


def _production(outcome: Outcome) -> Table:
    case, made, cells = outcome.case, outcome.made, outcome.cell_keys
    columns = (
        YearColumn(
            "contract_gwh",
            "Contract",
            "GWh",
            made.contract_gwh,
            case.keys("contract.csv", "contract_gwh"),
            "contract.csv",
        ),
        YearColumn(
            "line_gwh",
            "Lines can make",
            "GWh",
            made.line_gwh,
            case.keys("lines.csv", "made_gwh"),
            "sum of lines.csv",
        ),
        YearColumn(
            "made_gwh",
            "Made",
            "GWh",
            made.made_gwh,
            outcome.made_keys,
            "the smaller of contract and lines",
        ),
        YearColumn(
            "cells_t",
            "Mass of cells",
            "t",
            made.cells_t.sum(axis=0),
            cells,
            f"made GWh x {made.mass_per_energy:.4g} kg/kWh of cell",
        ),
        YearColumn(
            "nickel_t",
            "Nickel in cells",
            "t",
            outcome.element_t(made.cells_t, "Ni"),
            cells,
            "nickel in the cells' active material, by its formula",
        ),
    )
    return year_table("production", "Cells under the contract", case.years, columns)


def _scrap(outcome: Outcome) -> Table:
    case, made, keys = outcome.case, outcome.made, outcome.scrap_keys
    own, zero = made.of(contract=True), np.zeros(len(case.years))
    total = sum((f.mass_t for f in own), start=zero)
    client_t = sum((f.mass_t * f.offered_share for f in made.of(contract=False)), start=zero)
    columns = (
        *(
            YearColumn(
                f"{slug(kind)}_t",
                kind.capitalize(),
                "t",
                sum((f.mass_t for f in own if f.scrap_type == kind), start=zero),
                (*keys, *case.keys("scrap_types.csv", "share", scrap_type=kind)),
                "scrap of the contract's lines of this type",
            )
            for kind in dict.fromkeys(flow.scrap_type for flow in own)
        ),
        YearColumn("contract_t", "Scrap of the contract", "t", total, keys, "sum of the types"),
        YearColumn(
            "clients_t",
            "Offered by clients",
            "t",
            client_t,
            outcome.client_keys,
            "scrap of the clients that are switched on x share that they offer",
        ),
        YearColumn(
            "offered_t",
            "Offered",
            "t",
            total + client_t,
            (*keys, *outcome.client_keys),
            "contract and clients",
        ),
        YearColumn(
            "capacity_t",
            "Plant can take",
            "t",
            made.capacity_t,
            outcome.capacity_keys,
            "capacity x share of the year that it runs, 0 before the start",
        ),
        YearColumn(
            "taken_t",
            "Taken by the plant",
            "t",
            made.feed_t().sum(axis=0),
            outcome.taken_keys,
            "the smaller of offered and capacity; the contract first, then clients by priority",
        ),
        YearColumn(
            "other_t",
            "To other recyclers",
            "t",
            sum((f.mass_t * (f.offered_share - f.taken_share) for f in made.scrap), start=zero),
            outcome.taken_keys,
            "offered - taken",
        ),
    )
    return year_table("scrap", "Production scrap", case.years, columns, note=_SCRAP_NOTE)


def _black_mass(outcome: Outcome) -> Table:
    plant, flow, basis = outcome.plant, outcome.plant.route.solution, outcome.plant_keys
    mass, contents = plant.products_t[BLACK_MASS], plant.elements_t[BLACK_MASS]
    safe = np.where(flow.mass(BLACK_MASS) > 0.0, flow.mass(BLACK_MASS), 1.0)
    foil = flow.flow(BLACK_MASS, "aluminium") / safe * mass
    columns = (
        YearColumn(
            "mass_t",
            "Black mass",
            "t",
            mass,
            basis,
            "coatings, binder and foil that the plant's transfer coefficients send to black mass",
        ),
        *_by_metal(outcome, "{}_t", "{} in black mass", "content of the solved stream x tonnes"),
        YearColumn(
            "aluminium_foil_t", "Aluminium from foil", "t", foil, basis, "metallic aluminium"
        ),
        YearColumn(
            "aluminium_lattice_t",
            "Aluminium in the lattice",
            "t",
            contents["Al"] - foil,
            basis,
            "aluminium inside the active material: no mechanical step removes it",
        ),
        *_by_metal(outcome, "{}_share", "grade of {}", "content / mass", over=mass),
        *(
            YearColumn(
                f"{product}_fraction_t",
                f"{product.capitalize()} fraction",
                "t",
                plant.products_t[product],
                basis,
                f"recovery of {product} x {product} in the scrap",
            )
            for product in (COPPER, ALUMINIUM)
        ),
        YearColumn(
            "burnt_and_waste_t",
            "Burnt and waste",
            "t",
            plant.feed_t - sum(plant.products_t.values()),
            basis,
            "feed - black mass - fractions: solvents and plastics burnt, residues",
        ),
    )
    return year_table(
        "black_mass",
        "Black mass and fractions of the plant",
        outcome.case.years,
        columns,
        note="EverBatt's generic preprocessing, solved over the years; every element closes.",
    )


def _by_metal(
    outcome: Outcome, name: str, title: str, how: str, *, over: Array | None = None
) -> Iterator[YearColumn]:
    """Content of each metal in black mass, in tonnes or over a mass."""
    for metal in METALS:
        heading = title.format(metal.name)
        yield YearColumn(
            name.format(metal.name),
            heading[:1].upper() + heading[1:],
            "t" if over is None else "1",
            outcome.plant.elements_t[BLACK_MASS][metal.element],
            outcome.plant_keys,
            how,
            over,
        )


def _metals(outcome: Outcome) -> Table:
    made, cells = outcome.made, outcome.cell_keys
    back, scrap_keys = outcome.back_keys, outcome.scrap_keys
    columns = (
        Column("year", "Year"),
        Column("metal", "Metal"),
        Column("recovered_t", "Recovered", "t", back, "products of refiner and plant"),
        Column("demand_net_t", "In accepted cells", "t", cells, "composition x mass of cells"),
        Column(
            "demand_gross_t",
            "Bought for the lines",
            "t",
            scrap_keys,
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
            join_keys(back, scrap_keys),
            "recovered / bought for the lines",
        ),
    )
    amounts = {
        metal.name: (
            recovered_t(outcome, metal.element),
            outcome.element_t(made.cells_t, metal.element),
            outcome.element_t(made.cells_t + made.scrap_t(), metal.element),
        )
        for metal in METALS
    }
    rows: list[tuple[Cell, ...]] = []
    for place, year in enumerate(outcome.case.years):
        for name, by_year in amounts.items():
            back_t, net, gross = (float(x[place]) for x in by_year)
            shares = tuple(back_t / need if need > 0.0 else None for need in (net, gross))
            rows.append((year, name, back_t, net, gross, *shares))
    return Table(
        "metals",
        "Metals: recovered against needed",
        columns,
        tuple(rows),
        (
            "Metal recovered in a year is set against the cells of the same year; client scrap "
            "counts as recovered where it is switched on. Graphite is the component, not all "
            "carbon."
        ),
    )


def _copper(outcome: Outcome) -> Table:
    case, made, back = outcome.case, outcome.made, outcome.plant_keys
    copper = outcome.plant.elements_t[COPPER]["Cu"]
    by_type: dict[str, Array] = {}
    for flow in made.scrap:
        tonnes = outcome.element_t(flow.taken_t, "Cu")
        by_type[flow.scrap_type] = by_type.get(flow.scrap_type, np.zeros_like(tonnes)) + tonnes
    total = np.sum(list(by_type.values()), axis=0)
    safe = np.where(total > 0.0, total, 1.0)
    columns = (
        *(
            YearColumn(
                f"from_{slug(kind)}_t",
                f"From {kind}",
                "t",
                copper * tonnes / safe,
                back,
                "copper fraction x share of the copper taken that came in this type",
            )
            for kind, tonnes in by_type.items()
            if tonnes.any()
        ),
        YearColumn("copper_t", "Copper in the copper fraction", "t", copper, back, "sum"),
        *_contract_foil(outcome, copper),
        *_foil_makers(outcome, copper),
        *_foil_regions(outcome, copper),
    )
    return year_table(
        "copper",
        "Copper from anode foil against foil demand",
        case.years,
        columns,
        note=(
            "The copper fraction is shredded foil: it goes to a smelter or refinery before it "
            "can be foil again, and the foil makers named here need not buy it."
        ),
    )


def _contract_foil(outcome: Outcome, copper: Array) -> Iterator[YearColumn]:
    """Foil of the contract's cells, by kind of foil; for the chosen one, what is bought."""
    case, made, lines = outcome.case, outcome.made, outcome.case.keys("lines.csv", "made_gwh")
    chosen = _chosen_foil(case)
    for row in case.rows("foil.csv", parameter="foil per energy"):
        yield YearColumn(
            f"contract_{'foil' if row is chosen else slug(row['item'])}_t",
            f"Contract's cells with {row['item']}",
            "t",
            made.made_gwh * 1000.0 * row["value"],
            (*lines, row.key("value")),
            "made GWh x foil per kWh",
        )
    need, foil_key = made.made_gwh * 1000.0 * chosen["value"], chosen.key("value")
    cells_cu = outcome.element_t(made.cells_t, "Cu")
    bought = need * (
        outcome.element_t(made.cells_t + made.scrap_t(), "Cu")
        / np.where(cells_cu > 0.0, cells_cu, 1.0)
    )
    yield YearColumn(
        "contract_foil_bought_t",
        "Foil bought for the lines",
        "t",
        bought,
        (*outcome.scrap_keys, foil_key),
        "foil of the cells x copper bought / copper in accepted cells",
    )
    yield YearColumn(
        "covered_share",
        "Share of the foil in the cells",
        "1",
        copper,
        (*outcome.plant_keys, *lines, foil_key),
        "copper fraction / foil of the contract's cells",
        need,
    )
    yield YearColumn(
        "covered_gross_share",
        "Share of the foil bought",
        "1",
        copper,
        (*outcome.plant_keys, *outcome.scrap_keys, foil_key),
        "copper fraction / foil bought",
        bought,
    )


def _chosen_foil(case: Case) -> Record:
    """Row of the foil that the case's cells have."""
    return case.row("foil.csv", item=case.settings.get("foil"), parameter="foil per energy")


def _foil_makers(outcome: Outcome, copper: Array) -> Iterator[YearColumn]:
    for row in outcome.case.rows("foil.csv", parameter="capacity"):
        item, key, capacity = row["item"], row.key("value"), np.full_like(copper, row["value"])
        yield YearColumn(
            f"{slug(item)}_capacity_t", f"Capacity of {item}", "t", capacity, (key,), "foil.csv"
        )
        yield YearColumn(
            f"share_of_{slug(item)}",
            f"Copper by that of {item}",
            "1",
            copper,
            (*outcome.plant_keys, key),
            "copper fraction / capacity",
            capacity,
        )


def _foil_regions(outcome: Outcome, copper: Array) -> Iterator[YearColumn]:
    case, foil = outcome.case, _chosen_foil(outcome.case)
    for region in case.names("foil_demand.csv", "region"):
        demand = case.series("foil_demand.csv", "made_gwh", region=region) * 1000.0 * foil["value"]
        basis = (
            *case.keys("foil_demand.csv", "made_gwh", region=region),
            *outcome.plant_keys,
            foil.key("value"),
        )
        yield YearColumn(
            f"{slug(region)}_demand_t",
            f"Foil demand of {region}",
            "t",
            demand,
            basis,
            "cells made there x foil per kWh",
        )
        yield YearColumn(
            f"share_of_{slug(region)}",
            f"Copper by the demand of {region}",
            "1",
            copper,
            basis,
            "copper fraction / demand",
            demand,
        )


def _clients(outcome: Outcome) -> Table:
    case, output = outcome.case, outcome.case.keys("client_output.csv", "made_gwh")
    basis = join_keys(
        output,
        case.keys("clients.csv", "offered_share"),
        _path_keys(case, case.names("clients.csv", "path")),
    )
    columns = (
        Column("year", "Year"),
        Column("client", "Client"),
        Column("switch", "Switch"),
        Column("on", "Switched on"),
        Column("made_gwh", "Makes", "GWh", output, "client_output.csv"),
        Column("scrap_t", "Scrap", "t", basis, "by its scrap path, as for the contract"),
        Column("offered_t", "Offered to the plant", "t", basis, "scrap x share offered"),
        Column(
            "taken_t",
            "Taken by the plant",
            "t",
            basis,
            "what the contract and earlier clients leave room",
        ),
    )
    everyone = supply(case, dict.fromkeys(outcome.switches, True), outcome.facts)
    rows: list[tuple[Cell, ...]] = []
    for producer in (p for p in everyone.producers if p.switch is not None):
        name = producer.name
        scrap = np.sum([f.mass_t for f in everyone.scrap if f.producer.name == name], axis=0)
        on = [f for f in outcome.made.scrap if f.producer.name == name]
        taken = sum((f.taken_t.sum(axis=0) for f in on), start=np.zeros_like(scrap))
        numbers = (producer.made_gwh, scrap, scrap * producer.offered_share, taken)
        cells = zip(case.years, *(finite(x, f"clients {name}") for x in numbers), strict=True)
        rows += [(year, name, producer.switch, bool(on), *amounts) for year, *amounts in cells]
    rows.sort(key=lambda row: int(str(row[0])))
    return Table(
        "clients",
        "Further clients",
        columns,
        tuple(rows),
        "Scrap of clients that are switched off is shown and not taken.",
    )
