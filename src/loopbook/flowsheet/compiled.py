"""A flowsheet made ready to calculate: streams by index, units in order, parameters as arrays."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from loopbook.errors import Findings
from loopbook.flowsheet.graph import Arc, Group, order_groups
from loopbook.flowsheet.units.parameters import BindContext, Bound
from loopbook.flowsheet.units.unit import Unit
from loopbook.flowsheet.wiring import Placed, Wiring
from loopbook.matter import ComponentSet
from loopbook.tables import Array

Inlet: TypeAlias = int | tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class UnitPlan:
    """A unit with its streams by index; `trash` takes what an unconnected outlet would get."""

    place: Placed
    ins: tuple[Inlet, ...]
    outs: tuple[int, ...]
    connected: frozenset[str]
    inline: Mapping[str, Array]

    @property
    def unit(self) -> Unit:
        """The unit operation."""
        return self.place.unit

    def bind(
        self, basis: ComponentSet, overrides: Mapping[str, Array], findings: Findings
    ) -> Bound:
        """Parameters as arrays, with scenario values; errors in them go to `findings`."""
        own = Findings(f"unit {self.unit.name}", findings.items)
        return self.unit.bind(BindContext(basis, overrides, self.connected, own))


@dataclass(frozen=True, slots=True)
class Step:
    """One unit's calculation within a pass."""

    run: Callable[..., tuple[Array | None, ...]]
    bound: Bound
    ins: tuple[Inlet, ...]
    outs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the solver needs; immutable, shared between solves, keeps no state of any.

    Attributes
    ----------
    streams : names by index; one more index, `trash`, stands for outlets that go nowhere.
    units : in name order.
    groups : units by index in the order of calculation, with the streams to tear.
    bound : parameters of each unit, in its first scenario where they differ.
    tally : for each stream, the units that it enters and that it leaves; one index past the units
        stands for the whole flowsheet, which feeds and supplies enter and products leave.
    """

    flowsheet: Wiring
    streams: tuple[str, ...]
    index: Mapping[str, int]
    units: tuple[UnitPlan, ...]
    groups: tuple[Group, ...]
    bound: tuple[Bound, ...]
    tally: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    @property
    def basis(self) -> ComponentSet:
        """Components in order."""
        return self.flowsheet.components

    @property
    def trash(self) -> int:
        """Index that stands for outlets that go nowhere."""
        return len(self.streams)

    def steps(self, group: Group, bound: tuple[Bound, ...]) -> list[Step]:
        """The calculations of one pass through a group."""
        return [
            Step(self.units[u].unit.run, bound[u], self.units[u].ins, self.units[u].outs)
            for u in group.units
        ]


def run_pass(steps: Sequence[Step], streams: list[Array]) -> None:
    """Run every unit once, in order, on the list of streams."""
    for step in steps:
        ins = step.ins
        if len(ins) == 1 and isinstance(ins[0], int):
            made = step.run(step.bound, streams[ins[0]])
        else:
            made = step.run(step.bound, *[_inlet(i, streams) for i in ins])
        for o, x in zip(step.outs, made, strict=True):
            if x is not None:
                streams[o] = x


def _inlet(inlet: Inlet, streams: list[Array]) -> Array | None:
    """The stream at a port, or the sum of several."""
    if inlet is None:
        return None
    if isinstance(inlet, int):
        return streams[inlet]
    total = streams[inlet[0]] + streams[inlet[1]]
    for i in inlet[2:]:
        total += streams[i]
    return total


def assemble(flowsheet: Wiring, findings: Findings) -> Plan | None:
    """Put streams and units in order and bind the parameters; None if there are findings."""
    streams = tuple(sorted({s for p in flowsheet.placed.values() for s in p.streams}))
    index = {name: i for i, name in enumerate(streams)}
    units = tuple(
        _unit_plan(flowsheet.placed[n], index, len(streams)) for n in sorted(flowsheet.placed)
    )
    bound = []
    for unit in units:
        first = {path: values[:1] for path, values in unit.inline.items()}
        bound.append(unit.bind(flowsheet.components, first, findings))
        if unit.inline and not findings:
            unit.bind(flowsheet.components, unit.inline, findings)
    if findings:
        return None
    makers = {o: u for u, unit in enumerate(units) for o in unit.outs if o != len(streams)}
    arcs = []
    for u, unit in enumerate(units):
        for inlet in unit.ins:
            for stream in _each(inlet):
                if stream in makers:
                    arcs.append(Arc(stream, makers[stream], u))
    groups = tuple(order_groups(len(units), sorted(arcs, key=lambda a: a.stream)))
    return Plan(flowsheet, streams, index, units, groups, tuple(bound), _tally(units, len(streams)))


def _tally(
    units: tuple[UnitPlan, ...], count: int
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    whole = len(units)
    into: list[list[int]] = [[] for _ in range(count)]
    out_of: list[list[int]] = [[] for _ in range(count)]
    for u, unit in enumerate(units):
        taken = [i for inlet in unit.ins for i in _each(inlet)]
        outs = len(unit.unit.outs)
        for i in (*taken, *unit.outs[outs:]):
            into[i].append(u)
        for i in unit.outs[:outs]:
            if i != count:
                out_of[i].append(u)
        for i in unit.outs[outs:]:
            into[i].append(whole)
    for i in range(count):
        if not out_of[i] and whole not in into[i]:
            into[i].append(whole)  # a feed
        elif not into[i]:
            out_of[i].append(whole)  # a product
    return tuple((tuple(a), tuple(b)) for a, b in zip(into, out_of, strict=True))


def _each(inlet: Inlet) -> tuple[int, ...]:
    if inlet is None:
        return ()
    return (inlet,) if isinstance(inlet, int) else inlet


def _unit_plan(place: Placed, index: Mapping[str, int], trash: int) -> UnitPlan:
    unit = place.unit
    ins: list[Inlet] = []
    for port in unit.ins:
        streams = place.ins.get(port, ())
        numbers = tuple(index[s] for s in streams)
        ins.append(None if not numbers else numbers[0] if len(numbers) == 1 else numbers)
    outs = [index[place.outs[p]] if p in place.outs else trash for p in unit.outs]
    outs += [index[place.supplies[p]] for p in unit.supplies]
    connected = frozenset((*place.ins, *place.outs, *place.supplies))
    return UnitPlan(place, tuple(ins), tuple(outs), connected, _inline(unit))


def _inline(unit: Unit) -> dict[str, Array]:
    """Arrays written into a unit's own parameters, as if they were scenario values."""
    flat: dict[str, object] = {}
    for name, value in unit.adjustable().items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": v for key, v in value.items()}
        else:
            flat[name] = value
    return {
        path: np.asarray(value, dtype=np.float64)
        for path, value in flat.items()
        if isinstance(value, (list, tuple, np.ndarray)) and np.size(value) > 1
    }
