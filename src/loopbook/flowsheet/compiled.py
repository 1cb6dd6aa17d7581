"""A flowsheet made ready to calculate: streams by index, units in order, parameters as arrays.

Errors that can be seen before it is solved are found here, all of them at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from loopbook.errors import Findings, raise_findings
from loopbook.flowsheet.graph import Arc, Group, order_groups
from loopbook.flowsheet.units.own_laws import law_of
from loopbook.flowsheet.units.unit import BindContext, Bound, Flags, Unit
from loopbook.flowsheet.wiring import Placed, Wiring, with_place
from loopbook.matter import ComponentSet
from loopbook.tables import Array

Inlet: TypeAlias = tuple[int, ...]
"""Streams at an inlet, by index; their sum enters."""

LEAST_PURGE = 5e-7
"""Share of a component that must leave a loop in a round: below it, flows in the loop are so large
that their rounding alone exceeds the closure of 1e-9."""


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

    @property
    def taken(self) -> list[int]:
        """Streams at all inlets."""
        return [i for inlet in self.ins for i in inlet]

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

    def steps(self, group: Group, bound: Sequence[Bound] | Mapping[int, Bound]) -> list[Step]:
        """The calculations of one pass through a group."""
        return [
            Step(law_of(self.units[u].unit), bound[u], self.units[u].ins, self.units[u].outs)
            for u in group.units
        ]


def run_pass(steps: Sequence[Step], streams: list[Array]) -> None:
    """Run every unit once, in order, on the list of streams."""
    for step in steps:
        made = step.run(step.bound, *[_inlet(inlet, streams) for inlet in step.ins])
        for o, x in zip(step.outs, made, strict=True):
            if x is not None:
                streams[o] = x


def _inlet(inlet: Inlet, streams: list[Array]) -> Array | None:
    """The stream at a port, or the sum of several; None where none is connected."""
    if len(inlet) < 2:
        return streams[inlet[0]] if inlet else None
    total = streams[inlet[0]] + streams[inlet[1]]
    for i in inlet[2:]:
        total += streams[i]
    return total


def compile_plan(flowsheet: Wiring) -> Plan:
    """Check the wiring, order, tear, bind, and look for components that cannot leave a recycle.

    Raises
    ------
    InputError
        Every finding at once, with ``file:line`` where the flowsheet came from a file.
    """
    findings = Findings()
    flowsheet.check(findings)
    plan = _assemble(flowsheet, findings)
    if plan is not None:
        for group in plan.groups:
            if group.tears:
                _check_leaving(plan, group, findings)
        if not flowsheet.any_feed:
            _check_effects(plan, findings)
    raise_findings(with_place(f, flowsheet.source) for f in findings)
    assert plan is not None
    return plan


def _assemble(flowsheet: Wiring, findings: Findings) -> Plan | None:
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
    takers = {i: u for u, unit in enumerate(units) for i in unit.taken}
    arcs = [Arc(i, makers[i], takers[i]) for i in sorted(makers.keys() & takers.keys())]
    groups = tuple(order_groups(len(units), arcs))
    return Plan(flowsheet, streams, index, units, groups, tuple(bound), _tally(units, len(streams)))


def _tally(
    units: tuple[UnitPlan, ...], count: int
) -> tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]:
    whole = len(units)
    into: list[list[int]] = [[] for _ in range(count)]
    out_of: list[list[int]] = [[] for _ in range(count)]
    for u, unit in enumerate(units):
        outs = len(unit.unit.outs)
        for i in (*unit.taken, *unit.outs[outs:]):
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


def _unit_plan(place: Placed, index: Mapping[str, int], trash: int) -> UnitPlan:
    unit = place.unit
    ins = tuple(tuple(index[s] for s in place.ins.get(port, ())) for port in unit.ins)
    outs = [index[place.outs[p]] if p in place.outs else trash for p in unit.outs]
    outs += [index[place.supplies[p]] for p in unit.supplies]
    connected = frozenset((*place.ins, *place.outs, *place.supplies))
    return UnitPlan(place, ins, tuple(outs), connected, _inline(unit))


def _inline(unit: Unit) -> dict[str, Array]:
    """Arrays written into a unit's own parameters, as if they were scenario values."""
    flat: dict[str, object] = {}
    for name, value in unit.adjustable().items():
        if isinstance(value, Mapping):
            flat |= {f"{name}.{key}": v for key, v in value.items()}
        else:
            flat[name] = value
    several = {path: _numbers(value) for path, value in flat.items()}
    return {path: array for path, array in several.items() if array.size > 1}


def _numbers(value: object) -> Array:
    """Numbers, one per scenario; none where there are others, which `read_array` refuses."""
    if isinstance(value, (list, tuple)):
        right = all(isinstance(x, (int, float)) and not isinstance(x, bool) for x in value)
        return np.asarray(value if right else [], dtype=np.float64)
    return np.asarray(value if isinstance(value, np.ndarray) else [], dtype=np.float64)


def _check_effects(plan: Plan, findings: Findings) -> None:
    """Find laws that can do nothing, whatever the numbers: what they look for never comes.

    A feed may bring the components that it names, one without components all of them. A unit
    that nothing at all reaches is passed over: its streams are empty, which is seen.
    """
    present = [np.zeros(len(plan.basis), dtype=bool) for _ in plan.streams]
    for name, feed in plan.flowsheet.feeds.items():
        if name in plan.index:
            named = [plan.basis.index[c] for c in feed.kg_per_h]
            present[plan.index[name]][named or slice(None)] = True
    order = [(plan.units[u], plan.bound[u]) for group in plan.groups for u in group.units]
    entered: dict[str, bytes] = {}
    waiting = True
    while waiting:
        waiting = False
        for unit, p in order:
            entering = np.zeros(len(plan.basis), dtype=bool)
            for i in unit.taken:
                entering |= present[i]
            name, seen = unit.unit.name, entering.tobytes()
            if (unit.ins and not entering.any()) or entered.get(name) == seen:
                continue
            waiting, entered[name] = True, seen
            held = unit.unit.may_hold(p, entering)
            for o in unit.outs:
                if o != plan.trash:
                    present[o] = held
    for unit, p in zip(plan.units, plan.bound, strict=True):
        coming = _coming(unit, present, plan)
        if any(port.any() for port in coming.values()):
            own = Findings(f"unit {unit.unit.name}", findings.items)
            unit.unit.check_effect(p, coming, own)


def _coming(unit: UnitPlan, present: Sequence[Flags], plan: Plan) -> dict[str, Flags]:
    """Components that may enter, by inlet."""
    nothing = np.zeros(len(plan.basis), dtype=bool)
    return {
        port: np.logical_or.reduce([nothing, *(present[i] for i in inlet)])
        for port, inlet in zip(unit.unit.ins, unit.ins, strict=True)
    }


def _check_leaving(plan: Plan, group: Group, findings: Findings) -> None:
    """Find components that a recycle returns whole, so that any trace of them would pile up.

    So that floats can close the balance, at least `LEAST_PURGE` must leave in a round.

    The torn streams' response to a little of each component in turn, with no feed, is the loop's
    matrix; an eigenvalue of one or more is a component (or a set of them) without a way out.
    """
    rows = len(plan.basis)
    size = len(group.tears) * rows
    streams = [np.zeros((rows, size))] * (len(plan.streams) + 1)
    probe = np.eye(size).reshape(len(group.tears), rows, size)
    for k, i in enumerate(group.tears):
        streams[i] = probe[k]
    run_pass(plan.steps(group, plan.bound), streams)
    response = np.concatenate([streams[i] for i in group.tears])
    values, vectors = np.linalg.eig(response)
    stuck: set[str] = set()
    for k in np.flatnonzero(np.abs(values) > 1.0 - LEAST_PURGE).tolist():
        weight = np.abs(vectors[:, k])
        for j in np.flatnonzero(weight > 0.1 * weight.max()).tolist():
            stuck.add(plan.basis.names[j % rows])
    if stuck:
        findings.note(
            "accumulates",
            f"a way out for every component, {LEAST_PURGE:g} or more of it in a round",
            ", ".join(sorted(stuck)) + " can accumulate",
            at="recycle through " + ", ".join(plan.streams[i] for i in group.tears),
            hint="give the loop a purge or another outlet for it",
        )
