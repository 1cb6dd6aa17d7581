"""The loop as flows between nodes, by year: mass and nickel, each node in balance."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

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
_ENDS = {NEW_CELLS, OTHERS, NEW_METAL, FOIL_CU, FOIL_AL, WASTE, RESIDUE, SURPLUS}
"""Nodes where something begins or ends; clients are such, too."""


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
    check_flows(flows, _ENDS | {p.name for p in outcome.made.producers if p.switch is not None})
    keys = outcome.back_keys
    columns = (
        Column("year", "Year"),
        Column("source", "From"),
        Column("target", "To"),
        Column("mass_t", "Mass", "t", keys, "mass of the flow, each node in balance"),
        Column("nickel_t", "Nickel", "t", keys, "nickel in the flow, each node in balance"),
    )
    rows = tuple(
        (year, flow.source, flow.target, float(mass), max(float(nickel), 0.0))
        for place, year in enumerate(outcome.case.years)
        for flow in flows
        for mass, nickel in [(flow.mass_t[place], flow.nickel_t[place])]
        if mass > 0.0
    )
    return Table(
        "loop_flows",
        "The loop",
        columns,
        rows,
        (
            "Refined products are counted by their metal. What the plant burns and dumps counts "
            "by what it weighed in the scrap. New material is what the lines need beyond what "
            "comes back."
        ),
    )


def _flow(outcome: Outcome, source: str, target: str, tonnes: Array) -> Flow:
    """A flow of tonnes by component."""
    return Flow(source, target, tonnes.sum(axis=0), outcome.element_t(tonnes, "Ni"))


def _scrap(outcome: Outcome) -> Iterable[Flow]:
    """Lines and clients to types of scrap, types to the plant and to others."""
    made, plant = outcome.made, str(outcome.case.settings.get("plant.name"))
    yield _flow(outcome, LINES, NEW_CELLS, made.cells_t)
    for kind in dict.fromkeys(f.scrap_type for f in made.scrap):
        of_kind = [f for f in made.scrap if f.scrap_type == kind]
        origins: dict[str, list[Array]] = {}
        for f in of_kind:
            origin = LINES if f.producer.switch is None else f.producer.name
            origins.setdefault(origin, []).append(f.made_t * f.offered_share)
        for name, parts in origins.items():
            yield _flow(outcome, name, kind, np.sum(parts, axis=0))
        left = [f.made_t * (f.offered_share - f.taken_share) for f in of_kind]
        yield _flow(outcome, kind, plant, np.sum([f.taken_t for f in of_kind], axis=0))
        yield _flow(outcome, kind, OTHERS, np.sum(left, axis=0))


def _rest(flows: Sequence[Flow], target: str, mass_t: Array, nickel_t: Array) -> Flow:
    """What a node gets and none of its flows takes."""
    return Flow(
        flows[0].source,
        target,
        mass_t - sum(flow.mass_t for flow in flows),
        nickel_t - sum(flow.nickel_t for flow in flows),
    )


def _plant(outcome: Outcome) -> Iterable[Flow]:
    plant, name = outcome.plant, str(outcome.case.settings.get("plant.name"))
    flows = [
        Flow(name, node, plant.products_t[product], plant.elements_t[product]["Ni"])
        for product, node in ((BLACK_MASS, BLACK), (COPPER, FOIL_CU), (ALUMINIUM, FOIL_AL))
    ]
    return [
        *flows,
        _rest(flows, WASTE, plant.feed_t, outcome.element_t(outcome.made.feed_t(), "Ni")),
    ]


def _refined(outcome: Outcome) -> dict[str, tuple[Array, Array]]:
    """Mass and nickel of each metal that the refiner makes."""
    masses = {
        m: np.sum([made[m.element] for made in outcome.refiner.elements_t.values()], axis=0)
        for m in METALS
    }
    return {m.name: (mass, mass * (m.element == "Ni")) for m, mass in masses.items()}


def _refiner(outcome: Outcome) -> Iterable[Flow]:
    """Black mass to the refiner and its metals, counted by metal."""
    done, nickel_t = outcome.refiner, outcome.plant.elements_t[BLACK_MASS]["Ni"]
    flows = [Flow("refiner", name, *amounts) for name, amounts in _refined(outcome).items()]
    return [
        Flow(BLACK, "refiner", done.feed_t, nickel_t),
        *flows,
        _rest(flows, RESIDUE, done.feed_t, nickel_t),
    ]


def _new_cells(outcome: Outcome) -> Iterable[Flow]:
    """Metals back to the lines as far as these need them, and new material for the rest."""
    need = outcome.made.cells_t + outcome.made.scrap_t()
    back, surplus = [], []
    for metal, (mass, nickel) in zip(METALS, _refined(outcome).values(), strict=True):
        used = np.minimum(mass, outcome.element_t(need, metal.element))
        is_nickel = metal.element == "Ni"
        back.append(Flow(metal.name, LINES, used, used * is_nickel))
        surplus.append(Flow(metal.name, SURPLUS, mass - used, nickel - used * is_nickel))
    rest = _rest(back, LINES, need.sum(axis=0), outcome.element_t(need, "Ni"))
    pairs = [flow for pair in zip(back, surplus, strict=True) for flow in pair]
    return [*pairs, replace(rest, source=NEW_METAL)]


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
            total_in, total_out = np.sum(into, axis=0), np.sum(out, axis=0)
            if not np.abs(total_in - total_out).max(initial=0.0) <= _TOLERANCE * largest:
                raise BalanceError(
                    f"node {node}: {np.max(total_in):g} t in, {np.max(total_out):g} t out of {what}"
                )
