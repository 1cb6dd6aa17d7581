"""A flowsheet made ready to calculate: streams by index, units in order, parameters as arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from loopbook.errors import Finding, nearest_hint, raise_findings
from loopbook.flowsheet.diagnose import accumulating, wiring
from loopbook.flowsheet.graph import Arc, Group, order_groups
from loopbook.flowsheet.model import Flowsheet, Placed
from loopbook.flowsheet.units.parameters import Array, BindContext, Value, specs_of
from loopbook.flowsheet.units.reaction import Reactor
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import ComponentSet

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

    def bind(self, basis: ComponentSet, overrides: Mapping[str, Array]) -> Any:
        """Parameters as arrays, with scenario values; raises what is wrong with them."""
        findings: list[Finding] = []
        bound = self.try_bind(basis, overrides, findings)
        raise_findings(findings)
        return bound

    def try_bind(
        self, basis: ComponentSet, overrides: Mapping[str, Array], findings: list[Finding]
    ) -> Any:
        """Parameters as arrays; what is wrong goes to `findings`."""
        context = BindContext(basis, self.unit.name, overrides, self.connected, findings)
        return self.unit.bind(context)


@dataclass(frozen=True, slots=True)
class Step:
    """One unit's calculation within a pass."""

    run: Callable[..., tuple[Array | None, ...]]
    bound: Any
    ins: tuple[Inlet, ...]
    outs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything the solver needs; immutable, shared between solves, keeps no state of any.

    Attributes
    ----------
    streams : names by index; one more index, `trash`, stands for outlets that go nowhere.
    units : in name order.
    groups : units by index in the order of calculation, with the streams to tear.
    bound : parameters of each unit, in its first scenario where they differ.
    tally : for each stream, the units that it enters and that it leaves; one index past the units
        stands for the whole flowsheet, which feeds and supplies enter and products leave.
    """

    flowsheet: Flowsheet
    streams: tuple[str, ...]
    index: Mapping[str, int]
    units: tuple[UnitPlan, ...]
    groups: tuple[Group, ...]
    bound: tuple[Any, ...]
    tally: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]

    @property
    def basis(self) -> ComponentSet:
        """Components in order."""
        return self.flowsheet.components

    @property
    def trash(self) -> int:
        """Index that stands for outlets that go nowhere."""
        return len(self.streams)

    def steps(self, group: Group, bound: tuple[Any, ...]) -> list[Step]:
        """The calculations of one pass through a group."""
        return [
            Step(self.units[u].unit.run, bound[u], self.units[u].ins, self.units[u].outs)
            for u in group.units
        ]


def compile_plan(flowsheet: Flowsheet) -> Plan:
    """Order, tear and bind; raises every finding at once.

    Raises
    ------
    InputError
        What `Flowsheet.diagnose` lists.
    """
    findings = wiring(flowsheet)
    plan = _assemble(flowsheet, findings)
    if plan is not None and not findings:
        findings += accumulating(plan)
    raise_findings(_with_place(f, flowsheet.origin) for f in findings)
    assert plan is not None
    return plan


def _with_place(finding: Finding, origin: Mapping[str, str]) -> Finding:
    """Put ``file:line`` before the place of a finding, where the flowsheet came from a file."""
    unit, _, rest = finding.where.partition(", ")
    place = origin.get(f"{unit}, {rest.partition('.')[0]}") or origin.get(unit)
    if place is None:
        return finding
    return replace(finding, where=f"{place}: {finding.where}")


def _assemble(flowsheet: Flowsheet, findings: list[Finding]) -> Plan | None:
    streams = tuple(sorted({s for p in flowsheet.placed.values() for s in p.streams}))
    index = {name: i for i, name in enumerate(streams)}
    units = tuple(
        _unit_plan(flowsheet.placed[n], index, len(streams)) for n in sorted(flowsheet.placed)
    )
    bound = []
    for unit in units:
        first = {path: values[:1] for path, values in unit.inline.items()}
        bound.append(unit.try_bind(flowsheet.components, first, findings))
        if unit.inline and not findings:
            unit.try_bind(flowsheet.components, unit.inline, findings)
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
    given: dict[str, Any] = {name: getattr(unit, name) for name in specs_of(unit)}
    if isinstance(unit, Reactor):
        given["conversion"] = unit.conversion
        given["doses"] = {
            d.reagent: d.excess if d.excess is not None else d.per_kg for d in unit.doses
        }
    flat: dict[str, Any] = {}
    for name, value in given.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{key}": v for key, v in value.items()})
        else:
            flat[name] = value
    return {
        path: np.asarray(value, dtype=np.float64)
        for path, value in flat.items()
        if isinstance(value, (list, tuple, np.ndarray)) and np.size(value) > 1
    }


def bind_scenarios(
    plan: Plan, values: Mapping[str, Mapping[str, Array]]
) -> dict[int, tuple[Any, Any]]:
    """Bind the units that scenarios change: by unit, once in the first scenario and once in all.

    What differs in shape between the two is what has a value per scenario; `sliced` cuts it.
    """
    pairs = {}
    for u, unit in enumerate(plan.units):
        given = values.get(unit.unit.name)
        if given:
            first = unit.bind(plan.basis, {k: v[:1] for k, v in given.items()})
            pairs[u] = (first, unit.bind(plan.basis, given))
    return pairs


def sliced(first: Any, full: Any, part: slice) -> SimpleNamespace:
    """Bound parameters for a part of the scenarios."""
    cut = {}
    for name, value in vars(full).items():
        varies = isinstance(value, np.ndarray) and value.shape != getattr(first, name).shape
        cut[name] = value[..., part] if varies else value
    return SimpleNamespace(**cut)


def split_scenarios(
    plan: Plan, scenarios: Mapping[str, Value]
) -> tuple[dict[str, dict[str, Array]], dict[str, dict[str, Array]], int]:
    """Sort scenario values into those for units and those for feeds, and count the scenarios.

    Returns
    -------
    units : overrides by unit name and path, inline arrays included.
    feeds : flows in the feed's unit, by feed and component (``""`` for the total).
    count : number of scenarios.
    """
    findings: list[Finding] = []
    units = {u.unit.name: dict(u.inline) for u in plan.units if u.inline}
    feeds: dict[str, dict[str, Array]] = {}
    placed, declared = plan.flowsheet.placed, plan.flowsheet.feeds
    for path, value in scenarios.items():
        head, _, rest = path.partition(".")
        array = _scenario_array(path, value, findings)
        if head in placed and rest:
            _check_path(placed[head].unit, rest, path, findings)
            units.setdefault(head, {})[rest] = array
        elif head in declared:
            if rest and rest not in plan.basis.index:
                hint = nearest_hint(rest, plan.basis.names)
                findings.append(Finding("unknown-name", path, "a component", rest, hint))
            feeds.setdefault(head, {})[rest] = array
        else:
            hint = nearest_hint(head, [*placed, *declared])
            want = "unit.parameter or feed.component"
            findings.append(Finding("unknown-name", f"scenario {path}", want, path, hint))
    raise_findings(findings)
    sizes = {f"scenario {n}.{k}": v.size for n, d in units.items() for k, v in d.items()}
    sizes |= {f"scenario {n}.{k}": v.size for n, d in feeds.items() for k, v in d.items()}
    for name, feed in declared.items():
        sizes |= {f"feed {name}.{k}": v.size for k, v in feed.kg_per_h.items()}
    count = max(sizes.values(), default=1)
    for where, size in sizes.items():
        if size not in (1, count):
            want = f"1 or {count} scenarios"
            findings.append(Finding("shape", where, want, str(size)))
    raise_findings(findings)
    return units, feeds, count


def _scenario_array(path: str, value: Value, findings: list[Finding]) -> Array:
    try:
        array = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        found = repr(value)[:60]
        findings.append(Finding("not-a-number", f"scenario {path}", "numbers", found))
        return np.zeros(1)
    if array.ndim != 1:
        want = "one number or one per scenario"
        findings.append(Finding("shape", f"scenario {path}", want, f"shape {array.shape}"))
        return np.zeros(1)
    if not np.isfinite(array).all():
        found = "NaN or infinity"
        findings.append(Finding("not-finite", f"scenario {path}", "finite numbers", found))
    return array


def _check_path(unit: Unit, rest: str, path: str, findings: list[Finding]) -> None:
    known = set(specs_of(unit))
    if isinstance(unit, Reactor):
        known |= {"conversion", "doses"}
    head = rest.partition(".")[0]
    if head not in known:
        hint = nearest_hint(head, known)
        want = f"a parameter of {unit.name}"
        findings.append(Finding("unknown-name", f"scenario {path}", want, head, hint))
    elif isinstance(unit, Reactor) and head == "doses":
        names = [d.reagent for d in unit.doses]
        reagent = rest.partition(".")[2]
        if reagent not in names:
            hint = nearest_hint(reagent, names)
            findings.append(Finding("unknown-name", f"scenario {path}", "a dose", reagent, hint))
