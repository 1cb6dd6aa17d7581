"""The tests that every unit operation gets for free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.errors import BalanceError
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import ComponentSet
from loopbook.tables import Array

_SCALE = 3.0


@dataclass(frozen=True, slots=True)
class UnitCheck:
    """What was checked: number of feeds, and the worst closure of an element among them."""

    feeds: int
    worst_closure: float


def check_unit(
    unit: Unit,
    components: ComponentSet,
    *,
    feeds: int = 64,
    seed: int = 0,
    optional: Sequence[str] = (),
) -> UnitCheck:
    """Run a unit on random feeds and check what every unit must hold.

    Every element closes to 1e-9, no flow is negative, three times the feed gives three times the
    outlets, the inlets are left unchanged, and the same feeds give the same bytes again.

    Parameters
    ----------
    unit : the unit, with all its parameters.
    components : components to try it on.
    feeds : number of random feeds, from empty to 1,000 kg/h of each component.
    seed : seed of the random generator.
    optional : optional inlets to connect as well; a reactor doses for its feed alone, so that a
        random recycle would ask for more than there is.

    Raises
    ------
    BalanceError, InputError
        What does not hold.

    >>> from loopbook.matter import components
    >>> from loopbook.flowsheet import Splitter
    >>> check_unit(Splitter("bleed", share=0.05), components("copper", "water")).feeds
    64
    """
    rng = np.random.default_rng(seed)
    inlets = [p for p in unit.ins if p not in unit.optional or p in optional]
    flows = {}
    for port in inlets:
        flow = rng.uniform(0.0, 1000.0, (len(components), feeds))
        flow *= rng.random(flow.shape) < 0.8  # some components are absent
        flow[:, 0] = 0.0
        flows[port] = flow
    alone = _flowsheet(unit, components, flows)
    first, again = alone.solve(), alone.solve()
    larger = _flowsheet(unit, components, {p: _SCALE * flow for p, flow in flows.items()}).solve()
    for stream, flow in first.flows.items():
        if not np.array_equal(flow, again.flows[stream]):
            raise BalanceError(f"unit {unit.name}: {stream} differs between two runs alike")
        if not np.allclose(larger.flows[stream], _SCALE * flow, rtol=1e-9, atol=1e-9):
            raise BalanceError(f"unit {unit.name}: {stream} does not scale with the feed")
    for port, flow in flows.items():
        if not np.array_equal(flow, first.flow(f"{port} feed")):
            raise BalanceError(f"unit {unit.name}: run() changes its inlet {port}")
    return UnitCheck(feeds, first.report.worst_closure)


def _flowsheet(unit: Unit, components: ComponentSet, flows: Mapping[str, Array]) -> Flowsheet:
    """The unit alone, with these flows of components at its inlets."""
    flowsheet = Flowsheet(f"check of {unit.name}", components)
    for port, flow in flows.items():
        flowsheet.feed(f"{port} feed", dict(zip(components.names, flow, strict=True)), unit="kg/h")
    ports = {p: f"{p} feed" for p in flows} | {p: f"{p} out" for p in unit.outs}
    flowsheet.add(unit, **ports)
    return flowsheet
