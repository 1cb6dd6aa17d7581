"""What is made, what becomes scrap, and how much of it the plant can take, by year.

Of cells made, ``m`` tonnes, a share ``r`` is rejected: accepted cells are ``m * (1 - r)``, so the
rejected ones are ``accepted * r / (1 - r)``. What goes into the cells made loses ``loss / (1 -
loss)`` of itself on the way: active materials and binders by one loss, foils by another
(EverBatt 2023, BatPaC IO!B14:F20, source_id everbatt2023). At its mature losses and 2.976 kg/kWh
that is 157 t of cells and 261 t of electrodes per GWh of accepted cells.

Not covered: scrap of separator and electrolyte, and clean trim, which are sold separately.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.case import Case, Producer
from loopbook.matter import Sourced
from loopbook.tables import Array

ELECTROLYTE = ("LiPF6", "EC", "DMC")
CATHODE = ("carbon black", "PVDF")
ANODE = ("graphite", "anode binder")
CATHODE_FOIL, ANODE_FOIL = "aluminium", "copper"
ACTIVE = "active material"


@dataclass(frozen=True, slots=True)
class ScrapFlow:
    """Scrap of one type from one producer.

    Attributes
    ----------
    producer, scrap_type : who and what.
    hazmat : whether it travels as dangerous goods.
    made_t : tonnes by component, shape (component, year).
    taken_share : share of it that the plant takes, shape (year,).
    offered_share : share of it that is offered to the plant.
    """

    producer: Producer
    scrap_type: str
    hazmat: bool
    made_t: Array
    taken_share: Array
    offered_share: float

    @property
    def mass_t(self) -> Array:
        """Tonnes, by year."""
        return np.asarray(self.made_t.sum(axis=0))

    @property
    def taken_t(self) -> Array:
        """Tonnes by component that the plant takes."""
        return self.made_t * self.taken_share


@dataclass(frozen=True, slots=True)
class Supply:
    """Cells, scrap and what the plant takes; arrays by year, or (component, year).

    Attributes
    ----------
    components : components of every array.
    contract_gwh, line_gwh, made_gwh : asked for, possible and accepted cells of the contract.
    cells_t : accepted cells of the contract by component.
    scrap : every flow of scrap, of the contract first.
    capacity_t : what the plant could take in the year.
    mass_per_energy : accepted cells of the contract, kg/kWh.
    cell : composition of the contract's cells, kg/kg.
    producers : contract lines and the clients that are switched on.
    keys : input keys of the library rows that were used.
    """

    components: tuple[str, ...]
    contract_gwh: Array
    line_gwh: Array
    made_gwh: Array
    cells_t: Array
    scrap: tuple[ScrapFlow, ...]
    capacity_t: Array
    mass_per_energy: float
    cell: Mapping[str, float]
    producers: tuple[Producer, ...]
    keys: tuple[str, ...]

    def of(self, *, contract: bool) -> list[ScrapFlow]:
        """Flows of the contract's lines, or of the clients."""
        return [f for f in self.scrap if (f.producer.switch is None) == contract]

    def scrap_t(self) -> Array:
        """Scrap of the contract's lines, (component, year)."""
        return np.asarray(np.sum([f.made_t for f in self.of(contract=True)], axis=0))

    def feed_t(self) -> Array:
        """What the plant takes, (component, year)."""
        return np.asarray(np.sum([f.taken_t for f in self.scrap], axis=0))


def producers(case: Case, switches: Mapping[str, bool]) -> tuple[Producer, ...]:
    """Lines of the contract, then the clients that are switched on, in order of priority."""
    get = case.settings.get
    makers = []
    for line in case.names("lines.csv", "line"):
        row = case.rows("lines.csv", line=line)[0]
        makers.append(
            Producer(
                name=line,
                lane=get("contract.lane"),
                made_gwh=case.series("lines.csv", "made_gwh", line=line),
                path=row["path"],
                chemistry=get("chemistry"),
                cell_design=get("cell_design"),
            )
        )
    for row in sorted(case.rows("clients.csv"), key=lambda row: float(row["priority"])):
        if switches[row["switch"]]:
            makers.append(
                Producer(
                    name=row["client"],
                    lane=row["lane"],
                    made_gwh=case.series("client_output.csv", "made_gwh", client=row["client"]),
                    path=row["path"],
                    chemistry=row["chemistry"],
                    cell_design=row["cell_design"],
                    offered_share=row["offered_share"],
                    priority=float(row["priority"]),
                    switch=row["switch"],
                )
            )
    return tuple(makers)


def cell_composition(
    facts: Sourced, design: str, chemistry: str
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Cell by component, kg/kg, with the active material swapped kg for kg; and input keys."""
    rows = [n for n in facts.library.table("composition_cell") if n.subject == design]
    shares = {facts.take(row).parameter: row.to("kg/kg") for row in rows}
    active = shares.pop(ACTIVE)
    return {chemistry: active, **shares}, tuple(row.reference for row in rows)


def electrode_loss(
    cell: Mapping[str, float], chemistry: str, active_loss: Array, foil_loss: Array
) -> dict[str, tuple[str, Array]]:
    """Loss of each component per tonne of cells made, with the side of the cell it belongs to.

    ``loss = share * l / (1 - l)``: what goes in is ``share / (1 - l)``, what stays is ``share``.

    >>> lost = electrode_loss({"NMC811": 0.4}, "NMC811", np.array([0.2]), np.array([0.5]))
    >>> lost["NMC811"][0], lost["NMC811"][1].round(3).tolist()
    ('cathode', [0.1])
    """
    active, foil = active_loss / (1.0 - active_loss), foil_loss / (1.0 - foil_loss)
    lost = {
        name: ("cathode", cell[name] * active) for name in (chemistry, *CATHODE) if name in cell
    }
    lost |= {name: ("anode", cell[name] * active) for name in ANODE if name in cell}
    if CATHODE_FOIL in cell:
        lost[CATHODE_FOIL] = ("cathode", cell[CATHODE_FOIL] * foil)
    if ANODE_FOIL in cell:
        lost[ANODE_FOIL] = ("anode", cell[ANODE_FOIL] * foil)
    return lost


def supply(case: Case, switches: Mapping[str, bool], facts: Sourced) -> Supply:
    """Production, scrap and what the plant takes.

    Parameters
    ----------
    case : the loaded case.
    switches : each switch of the case and whether it is on.
    facts : the library; it records the rows that were used.
    """
    makers = producers(case, switches)
    cells = {
        (p.cell_design, p.chemistry): cell_composition(facts, p.cell_design, p.chemistry)
        for p in makers
    }
    names = tuple(dict.fromkeys(name for shares, _ in cells.values() for name in shares))
    density = {
        p.cell_design: facts.row(p.cell_design, "cell mass per energy", "cell_design")
        for p in makers
    }
    contract = case.series("contract.csv", "contract_gwh")
    possible = np.sum([p.made_gwh for p in makers if p.switch is None], axis=0)
    made = np.minimum(contract, possible)
    running = np.divide(made, possible, out=np.zeros_like(made), where=possible > 0.0)
    flows: list[ScrapFlow] = []
    for p in makers:
        cell, _ = cells[p.cell_design, p.chemistry]
        accepted = p.made_gwh * (running if p.switch is None else 1.0)
        accepted_t = accepted * 1000.0 * density[p.cell_design].to("kg/kWh")
        flows += _scrap_of(case, p, cell, (accepted_t, names))
    capacity = _capacity(case)
    taken = _take(flows, capacity)
    shares, _ = cells[case.settings.get("cell_design"), case.settings.get("chemistry")]
    mass = density[case.settings.get("cell_design")].to("kg/kWh")
    cell_array = np.array([shares.get(name, 0.0) for name in names])
    keys = [key for _, used in cells.values() for key in used]
    keys += [row.reference for row in density.values()]
    return Supply(
        names,
        contract,
        possible,
        made,
        np.outer(cell_array, made * 1000.0 * mass),
        taken,
        capacity,
        mass,
        shares,
        makers,
        tuple(dict.fromkeys(keys)),
    )


def _scrap_of(
    case: Case,
    producer: Producer,
    cell: Mapping[str, float],
    accepted: tuple[Array, tuple[str, ...]],
) -> list[ScrapFlow]:
    """Scrap of a producer by type; nothing is taken yet."""
    accepted_t, names = accepted
    reject, active, foil = (
        case.series("scrap_path.csv", column, path=producer.path)
        for column in ("cell_reject_share", "active_material_loss", "foil_loss")
    )
    begun_t = accepted_t / (1.0 - reject)
    lost = electrode_loss(cell, producer.chemistry, active, foil)
    place = {name: number for number, name in enumerate(names)}
    flows: dict[str, Array] = {}
    hazmat: dict[str, bool] = {}
    for row in case.rows("scrap_types.csv"):
        kind = row["scrap_type"]
        made = flows.setdefault(kind, np.zeros((len(names), len(accepted_t))))
        hazmat[kind] = hazmat.get(kind, False) or row["hazmat"]
        if row["origin"] == "cells":
            held = {n: s for n, s in cell.items() if row["electrolyte"] or n not in ELECTROLYTE}
            whole = sum(held.values())
            for name, share in held.items():
                made[place[name]] += begun_t * reject * row["share"] * share / whole
        else:
            for name, (side, loss) in lost.items():
                if side == row["origin"]:
                    made[place[name]] += begun_t * loss * row["share"]
    return [
        ScrapFlow(
            producer, kind, hazmat[kind], made, np.zeros_like(accepted_t), producer.offered_share
        )
        for kind, made in flows.items()
    ]


def _capacity(case: Case) -> Array:
    """Tonnes that the plant can take: capacity times the share of the year that it runs."""
    running = case.series("running.csv", "running_share")
    return np.asarray(
        case.settings.get("plant.capacity")
        * running
        * (np.array(case.years) >= case.settings.get("plant.start"))
    )


def _take(flows: Sequence[ScrapFlow], capacity: Array) -> tuple[ScrapFlow, ...]:
    """Fill the plant by priority; of one priority all flows are taken in the same share."""
    room = capacity.copy()
    done: list[ScrapFlow] = []
    for priority in sorted({f.producer.priority for f in flows}):
        mine = [f for f in flows if f.producer.priority == priority]
        offered = np.sum([f.mass_t * f.offered_share for f in mine], axis=0)
        take = np.minimum(offered, room)
        share = np.divide(take, offered, out=np.zeros_like(take), where=offered > 0.0)
        room = room - take
        done += [
            ScrapFlow(
                f.producer,
                f.scrap_type,
                f.hazmat,
                f.made_t,
                share * f.offered_share,
                f.offered_share,
            )
            for f in mine
        ]
    return tuple(done)
