"""The tests that every unit operation gets for free."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from loopbook.errors import BalanceError
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import ComponentSet

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
    flowsheet = Flowsheet(f"check of {unit.name}", components)
    rng = np.random.default_rng(seed)
    inlets = [p for p in unit.ins if p not in unit.optional or p in optional]
    for port in inlets:
        flow = rng.uniform(0.0, 1000.0, (len(components), feeds))
        flow *= rng.random(flow.shape) < 0.8  # some components are absent
        flow[:, 0] = 0.0
        flowsheet.feed(f"{port} feed", dict(zip(components.names, flow, strict=True)), unit="kg/h")
    ports = {p: f"{p} feed" for p in inlets} | {p: f"{p} out" for p in unit.outs}
    flowsheet.add(unit, **ports)
    first = flowsheet.solve()
    again = flowsheet.solve()
    scaled = Flowsheet(flowsheet.name, components)
    for name, feed in flowsheet.feeds.items():
        tripled = {c: np.asarray(v) * _SCALE for c, v in feed.flow.items()}
        scaled.feed(name, tripled, unit="kg/h")
    scaled.add(unit, **ports)
    larger = scaled.solve()
    for stream, flow in first.flows.items():
        if not np.array_equal(flow, again.flows[stream]):
            raise BalanceError(f"unit {unit.name}: {stream} differs between two runs alike")
        if not np.allclose(larger.flows[stream], _SCALE * flow, rtol=1e-9, atol=1e-9):
            raise BalanceError(f"unit {unit.name}: {stream} does not scale with the feed")
    for name, feed in flowsheet.feeds.items():
        given = np.array([feed.kg_per_h[c] for c in components.names])
        if not np.array_equal(given, first.flow(name)):
            raise BalanceError(f"unit {unit.name}: run() changes its inlet {name}")
    return UnitCheck(feeds, first.report.worst_closure)
