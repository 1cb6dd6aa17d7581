"""Solve a plan: pass through the units, converge the recycles, audit.

Scenarios are calculated in chunks that fit the cache. Within a chunk all scenarios pass together;
each scenario keeps its own secants, so its result does not depend on the others.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from loopbook.errors import Findings
from loopbook.flowsheet.audit import Ledger
from loopbook.flowsheet.compiled import Plan, Step, run_pass
from loopbook.flowsheet.graph import Group
from loopbook.flowsheet.recycle import Recycle
from loopbook.flowsheet.scenarios import bind_scenarios, sliced, split_scenarios
from loopbook.flowsheet.solution import Solution, SolveReport
from loopbook.flowsheet.units.parameters import Bound, Value
from loopbook.tables import Array


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
    unit_values, feed_values, count = split_scenarios(plan, scenarios)
    kept = _kept(plan, keep)
    varied = bind_scenarios(plan, unit_values)
    ledger = Ledger(plan, min(chunk, count))
    whole = [np.empty((len(plan.basis), count)) for _ in kept] if count > chunk else []
    reports: list[SolveReport] = []
    for start in range(0, count, chunk):
        part = slice(start, min(start + chunk, count))
        streams = _feed_arrays(plan, feed_values, part)
        passes, residual = 0, np.zeros(streams[-1].shape[1])
        for group in plan.groups:
            steps_of = _stepper(plan, group, varied, part)
            if group.tears:
                recycle = Recycle(plan, group, steps_of, tolerance, max_passes)
                used, left = recycle.converge(streams)
                passes, residual = max(passes, used), np.maximum(residual, left)
            else:
                run_pass(steps_of(None), streams)
        closure = ledger.audit(streams)
        if whole:
            for out, i in zip(whole, kept, strict=True):
                out[:, part] = streams[i]
        else:
            whole = [streams[i] for i in kept]
        reports.append(SolveReport(passes, residual, closure))
    flows = {plan.streams[i]: x for i, x in zip(kept, whole, strict=True)}
    return Solution(plan, flows, SolveReport.join(reports))


def _stepper(
    plan: Plan, group: Group, varied: Mapping[int, tuple[Bound, Bound]], part: slice
) -> Callable[[int | None], list[Step]]:
    """The group's calculations for a whole chunk, or for one scenario of it."""

    changed = [u for u in group.units if u in varied]
    fixed = plan.steps(group, plan.bound)

    def steps_of(scenario: int | None) -> list[Step]:
        if not changed:
            return fixed
        cut = part
        if scenario is not None:
            cut = slice(part.start + scenario, part.start + scenario + 1)
        bound = list(plan.bound)
        for u in changed:
            bound[u] = sliced(*varied[u], cut)
        return plan.steps(group, tuple(bound))

    return steps_of


def _kept(plan: Plan, keep: Sequence[str] | None) -> list[int]:
    findings = Findings("keep")
    for name in keep or ():
        if name not in plan.index:
            findings.unknown("a stream", name, plan.streams)
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
