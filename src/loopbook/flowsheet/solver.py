"""Solve a plan: pass through the units, converge the recycles, audit.

Scenarios are calculated in chunks that fit the cache. Within a chunk all scenarios pass together;
each scenario keeps its own secants, so its result does not depend on the others.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from loopbook.errors import Findings, nearest_hint
from loopbook.flowsheet.audit import Ledger
from loopbook.flowsheet.compiled import Plan, Step, run_pass
from loopbook.flowsheet.graph import Group
from loopbook.flowsheet.recycle import Recycle
from loopbook.flowsheet.solution import Solution, SolveReport
from loopbook.flowsheet.units.unit import Amount, Bound, Value
from loopbook.tables import Array, convert

_ANY = Amount()


def solve(
    plan: Plan,
    scenarios: Mapping[str, Value],
    *,
    keep: Sequence[str] | None,
    tolerance: float,
    max_passes: int,
    chunk: int,
) -> Solution:
    """Solve all scenarios; see `Flowsheet.solve`."""
    unit_values, feed_values, count = _split_scenarios(plan, scenarios)
    kept = _kept(plan, keep)
    varied = _bind_scenarios(plan, unit_values)
    ledger = Ledger(plan, min(chunk, count))
    whole = [np.empty((len(plan.basis), count)) for _ in kept] if count > chunk else []
    most, residuals, closures = 0, [], []
    for start in range(0, count, chunk):
        part = slice(start, min(start + chunk, count))
        streams = _feed_arrays(plan, feed_values, part)
        residual = np.zeros(streams[-1].shape[1])
        for group in plan.groups:
            steps_of = partial(_steps, plan, group, varied=varied, part=part)
            if group.tears:
                recycle = Recycle(plan, group, steps_of, tolerance, max_passes)
                used, left = recycle.converge(streams)
                most, residual = max(most, used), np.maximum(residual, left)
            else:
                run_pass(steps_of(None), streams)
        residuals.append(residual)
        closures.append(ledger.audit(streams))
        if whole:
            for out, i in zip(whole, kept, strict=True):
                out[:, part] = streams[i]
        else:
            whole = [streams[i] for i in kept]
    flows = {plan.streams[i]: x for i, x in zip(kept, whole, strict=True)}
    report = SolveReport(most, np.concatenate(residuals), np.concatenate(closures, axis=1))
    return Solution(plan, flows, report)


def _steps(
    plan: Plan,
    group: Group,
    scenario: int | None,
    *,
    varied: Mapping[int, tuple[Bound, Bound]],
    part: slice,
) -> list[Step]:
    """The group's calculations for a whole chunk, or for one scenario of it."""
    first = part.start + (scenario or 0)
    cut = part if scenario is None else slice(first, first + 1)
    return plan.steps(
        group, {u: _sliced(*varied[u], cut) if u in varied else plan.bound[u] for u in group.units}
    )


def _kept(plan: Plan, keep: Sequence[str] | None) -> list[int]:
    findings = Findings("keep")
    for name in keep or ():
        findings.check_known("a stream", name, plan.streams)
    findings.raise_all()
    return list(range(len(plan.streams))) if keep is None else [plan.index[name] for name in keep]


def _feed_arrays(plan: Plan, values: Mapping[str, Mapping[str, Array]], part: slice) -> list[Array]:
    """Streams by index for one chunk: feeds filled in, the rest zero, trash last."""
    shape = len(plan.basis), part.stop - part.start
    streams = [np.zeros(shape)] * (len(plan.streams) + 1)
    for name, feed in plan.flowsheet.feeds.items():
        flow = np.zeros(shape)
        own = values.get(name, {})
        for component, kg in {**feed.kg_per_h, **own}.items():
            row = kg if kg.size == 1 else kg[part]
            if component:
                flow[plan.basis.index[component]] = row
            else:  # the feed's total, its composition kept
                flow *= row / flow.sum(axis=0)
        streams[plan.index[name]] = flow
    return streams


def _bind_scenarios(
    plan: Plan, values: Mapping[str, Mapping[str, Array]]
) -> dict[int, tuple[Bound, Bound]]:
    """Bind the units that scenarios change: by unit, once in the first scenario and once in all.

    What differs in shape between the two is what has a value per scenario; `_sliced` cuts it.
    """
    pairs, findings = {}, Findings()
    for u, unit in enumerate(plan.units):
        own = values.get(unit.unit.name)
        if own:
            first = unit.bind(plan.basis, {k: v[:1] for k, v in own.items()}, findings)
            findings.raise_all()
            pairs[u] = (first, unit.bind(plan.basis, own, findings))
            findings.raise_all()
    return pairs


def _sliced(first: Bound, full: Bound, part: slice) -> Bound:
    """Bound parameters for a part of the scenarios."""
    cut = {}
    for name, value in vars(full).items():
        varies = isinstance(value, np.ndarray) and value.shape != getattr(first, name).shape
        cut[name] = value[..., part] if varies else value
    return Bound(**cut)


def _split_scenarios(
    plan: Plan, scenarios: Mapping[str, Value]
) -> tuple[dict[str, dict[str, Array]], dict[str, dict[str, Array]], int]:
    """Sort scenario values into those for units and those for feeds, and count the scenarios.

    Returns
    -------
    units : overrides by unit name and path, inline arrays included.
    feeds : flows in kg/h, by feed and component (``""`` for the total).
    count : number of scenarios.
    """
    findings = Findings()
    units = {u.unit.name: dict(u.inline) for u in plan.units if u.inline}
    feeds: dict[str, dict[str, Array]] = {}
    placed, declared = plan.flowsheet.placed, plan.flowsheet.feeds
    for path, value in scenarios.items():
        head, _, rest = path.partition(".")
        own = Findings(f"scenario {path}", findings.items)
        if head in placed and rest:
            known = placed[head].unit.adjustable()
            parameter = rest.partition(".")[0]
            own.check_known(f"a parameter of {head}", parameter, known)
            units.setdefault(head, {})[rest] = _ANY.read_array(value, "", own)
        elif head in declared:
            own.check_known("a component of the flowsheet", rest, ("", *plan.basis.names))
            unit = declared[head].unit
            flow = Amount(unit, 0).read_array(value, "", own)
            feeds.setdefault(head, {})[rest] = flow * convert(1.0, unit, "kg/h")
        else:
            own.note(
                "unknown-name",
                "unit.parameter or feed.component",
                path,
                hint=nearest_hint(head, [*placed, *declared]),
            )
    findings.raise_all()
    flows = {name: feed.kg_per_h for name, feed in declared.items()}
    sizes = {
        f"{label} {name}.{key}": array.size
        for label, arrays in (("scenario", units), ("scenario", feeds), ("feed", flows))
        for name, by_key in arrays.items()
        for key, array in by_key.items()
    }
    count = max(sizes.values(), default=1)
    for where, size in sizes.items():
        if size not in (1, count):
            findings.note("shape", f"1 or {count} scenarios", str(size), at=where)
    findings.raise_all()
    return units, feeds, count
