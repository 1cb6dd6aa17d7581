"""The loop as flows between nodes, by year: mass and nickel, each node in balance."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from loopbook.cases.folder.case import join_keys
from loopbook.cases.folder.metals import METALS
from loopbook.cases.year.mass import Outcome
from loopbook.cases.year.plants import ALUMINIUM, BLACK_MASS, COPPER
from loopbook.errors import BalanceError
from loopbook.report import Column, Table
from loopbook.tables import Array

_TOLERANCE = 1e-9  # of the largest flow at a node
LINES, NEW_CELLS, OTHERS, NEW_METAL = "cell lines", "new cells", "other recyclers", "new material"
BLACK, FOIL_CU, FOIL_AL, WASTE = "black mass", "copper fraction", "aluminium fraction", "waste"
RESIDUE, SURPLUS = "oxygen and residue", "metal market"


@dataclass(frozen=True, slots=True)
class Flow:
    """Tonnes from one node to another, by year; of mass and of nickel."""

    source: str
    target: str
    mass_t: Array
    nickel_t: Array


def loop_table(outcome: Outcome) -> Table:
    """Flows of the loop; raises `BalanceError` where a node does not close."""
    flows = [*_scrap(outcome), *_plant(outcome), *_refiner(outcome), *_new_cells(outcome)]
    check_flows(flows, _ends(outcome))
    keys = join_keys(outcome.taken_keys, outcome.plant.keys, outcome.refiner.keys)
    columns = (
        Column("year", "Year"),
        Column("source", "From"),
        Column("target", "To"),
        Column("mass_t", "Mass", "t", keys, "mass of the flow, each node in balance"),
        Column("nickel_t", "Nickel", "t", keys, "nickel in the flow, each node in balance"),
    )
    rows = []
    for place, year in enumerate(outcome.case.years):
        for flow in flows:
            mass, nickel = float(flow.mass_t[place]), float(flow.nickel_t[place])
            if mass > 0.0:
                rows.append((year, flow.source, flow.target, mass, max(nickel, 0.0)))
    note = (
        "Refined products are counted by their metal. What the plant burns and dumps counts by "
        "what it weighed in the scrap. New material is what the lines need beyond what comes back."
    )
    return Table("loop_flows", "The loop", columns, tuple(rows), note)


def _ends(outcome: Outcome) -> set[str]:
    """Nodes where something begins or ends."""
    clients = {p.name for p in outcome.made.producers if p.switch is not None}
    ends = {NEW_CELLS, OTHERS, NEW_METAL, FOIL_CU, FOIL_AL, WASTE, RESIDUE, SURPLUS}
    return ends | clients


def _scrap(outcome: Outcome) -> Iterable[Flow]:
    """Lines and clients to types of scrap, types to the plant and to others."""
    made, plant = outcome.made, str(outcome.case.settings.get("plant.name"))
    yield Flow(LINES, NEW_CELLS, made.cells_t.sum(axis=0), outcome.element_t(made.cells_t, "Ni"))
    for kind in dict.fromkeys(f.scrap_type for f in made.scrap):
        mine = [f for f in made.scrap if f.scrap_type == kind]
        for name in dict.fromkeys(_origin(f.producer.name, f.producer.switch) for f in mine):
            own = [f for f in mine if _origin(f.producer.name, f.producer.switch) == name]
            part = np.sum([f.made_t * f.offered_share for f in own], axis=0)
            yield Flow(name, kind, part.sum(axis=0), outcome.element_t(part, "Ni"))
        taken = np.sum([f.taken_t for f in mine], axis=0)
        left = np.sum([f.made_t * (f.offered_share - f.taken_share) for f in mine], axis=0)
        for target, part in ((plant, taken), (OTHERS, left)):
            yield Flow(kind, target, part.sum(axis=0), outcome.element_t(part, "Ni"))


def _origin(name: str, switch: str | None) -> str:
    return LINES if switch is None else name


def _plant(outcome: Outcome) -> Iterable[Flow]:
    plant, name = outcome.plant, str(outcome.case.settings.get("plant.name"))
    nickel_in = outcome.element_t(outcome.made.feed_t(), "Ni")
    mass_left, nickel_left = plant.feed_t.copy(), nickel_in.copy()
    for product, node in ((BLACK_MASS, BLACK), (COPPER, FOIL_CU), (ALUMINIUM, FOIL_AL)):
        mass, nickel = plant.products_t[product], plant.elements_t[product]["Ni"]
        mass_left, nickel_left = mass_left - mass, nickel_left - nickel
        yield Flow(name, node, mass, nickel)
    yield Flow(name, WASTE, mass_left, nickel_left)


def _refiner(outcome: Outcome) -> Iterable[Flow]:
    """Black mass to the refiner and its metals, counted by metal."""
    done, name = outcome.refiner, "refiner"
    nickel_in = outcome.plant.elements_t[BLACK_MASS]["Ni"]
    yield Flow(BLACK, name, done.feed_t, nickel_in)
    mass_left, nickel_left = done.feed_t.copy(), nickel_in.copy()
    zero = np.zeros_like(mass_left)
    for metal in METALS:
        mass = sum((made[metal.element] for made in done.elements_t.values()), start=zero)
        nickel = mass if metal.element == "Ni" else zero
        mass_left, nickel_left = mass_left - mass, nickel_left - nickel
        yield Flow(name, metal.name, mass, nickel)
    yield Flow(name, RESIDUE, mass_left, nickel_left)


def _new_cells(outcome: Outcome) -> Iterable[Flow]:
    """Metals back to the lines as far as these need them, and new material for the rest."""
    made, zero = outcome.made, np.zeros(len(outcome.case.years))
    scrap = np.sum([f.made_t for f in made.of(contract=True)], axis=0)
    need = made.cells_t + scrap
    mass_left, nickel_left = need.sum(axis=0), outcome.element_t(need, "Ni")
    for metal in METALS:
        parts = (got[metal.element] for got in outcome.refiner.elements_t.values())
        mass = sum(parts, start=zero)
        back = np.minimum(mass, outcome.element_t(need, metal.element))
        nickel = metal.element == "Ni"
        mass_left = mass_left - back
        nickel_left = nickel_left - back * nickel
        yield Flow(metal.name, LINES, back, back * nickel)
        yield Flow(metal.name, SURPLUS, mass - back, (mass - back) * nickel)
    yield Flow(NEW_METAL, LINES, mass_left, nickel_left)


def check_flows(flows: Iterable[Flow], ends: set[str]) -> None:
    """Every node but the ends gives what it gets, and nothing is negative.

    >>> one = np.ones(1)
    >>> check_flows([Flow("a", "b", one, one), Flow("b", "c", 2 * one, one)], {"a", "c"})
    Traceback (most recent call last):
    loopbook.errors.BalanceError: node b: 1 t in, 2 t out of mass
    """
    flows = list(flows)
    for what in ("mass", "nickel"):
        for node in dict.fromkeys(name for f in flows for name in (f.source, f.target)):
            into = [getattr(f, f"{what}_t") for f in flows if f.target == node]
            out = [getattr(f, f"{what}_t") for f in flows if f.source == node]
            largest = np.max([np.abs(x).max(initial=0.0) for x in (*into, *out)], initial=0.0)
            lowest = np.min([x.min(initial=0.0) for x in (*into, *out)])
            if not lowest >= -_TOLERANCE * largest:
                raise BalanceError(f"node {node}: a flow of {lowest:g} t of {what}")
            if node in ends:
                continue
            got, given = np.sum(into, axis=0), np.sum(out, axis=0)
            if not np.abs(got - given).max(initial=0.0) <= _TOLERANCE * largest:
                raise BalanceError(
                    f"node {node}: {np.max(got):g} t in, {np.max(given):g} t out of {what}"
                )
