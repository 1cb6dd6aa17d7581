"""What can be seen to be wrong with a flowsheet before it is solved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from loopbook.errors import Finding, InputError, nearest_hint

if TYPE_CHECKING:
    from loopbook.flowsheet.compiled import Plan
    from loopbook.flowsheet.graph import Group
    from loopbook.flowsheet.model import Flowsheet


_STUCK = 1.0 - 1e-9  # share of a component that a loop may return; 1 means that it never leaves


def diagnose(flowsheet: Flowsheet) -> list[Finding]:
    """All findings at once; empty when the flowsheet can be solved."""
    from loopbook.flowsheet.compiled import compile_plan

    try:
        compile_plan(flowsheet)
    except InputError as error:
        return list(error.findings)
    return []


def wiring(flowsheet: Flowsheet) -> list[Finding]:
    """Unconnected ports, streams made or taken twice, feeds that nothing takes."""
    findings = []
    makers, takers = flowsheet.makers(), flowsheet.takers()
    for name in sorted(flowsheet.placed):
        place = flowsheet.placed[name]
        for port in (*place.unit.ins, *place.unit.outs):
            connected = place.ins.get(port) or place.outs.get(port)
            if not connected and port not in place.unit.optional:
                where = f"unit {name}, {port}"
                findings.append(Finding("wiring", where, "a stream", "nothing connected"))
        for port, streams in place.ins.items():
            for stream in streams:
                if stream not in makers:
                    hint = nearest_hint(stream, makers)
                    where = f"unit {name}, {port}"
                    want = "a feed or another unit's outlet"
                    findings.append(Finding("wiring", where, want, stream, hint))
    for stream, units in sorted(makers.items()):
        if len(units) > 1:
            hint = "mix them: an inlet takes a list of streams"
            found = ", ".join(sorted(units))
            findings.append(Finding("wiring", f"stream {stream}", "one maker", found, hint))
    for stream, units in sorted(takers.items()):
        if len(units) > 1:
            hint = "put a splitter between them"
            found = ", ".join(sorted(units))
            findings.append(Finding("wiring", f"stream {stream}", "one taker", found, hint))
    for name in sorted(set(flowsheet.feeds) & set(flowsheet.placed)):
        hint = "a path such as name.copper must mean one thing"
        findings.append(Finding("duplicate", f"feed {name}", "another name", "a unit's", hint))
    for name in sorted(set(flowsheet.feeds) - set(takers)):
        findings.append(Finding("wiring", f"feed {name}", "a unit that takes it", "none"))
    return findings


def accumulating(plan: Plan) -> list[Finding]:
    """Components that a recycle returns whole, so that any trace of them would pile up.

    The torn streams' response to a little of each component in turn, with no feed, is the loop's
    matrix; an eigenvalue of one or more is a component (or a set of them) without a way out.
    """
    findings = []
    for group in plan.groups:
        if group.tears:
            findings += _stuck(plan, group)
    return findings


def _stuck(plan: Plan, group: Group) -> list[Finding]:
    from loopbook.flowsheet.recycle import run_pass

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
    for k in np.flatnonzero(np.abs(values) >= _STUCK).tolist():
        weight = np.abs(vectors[:, k])
        for j in np.flatnonzero(weight > 0.1 * weight.max()).tolist():
            stuck.add(plan.basis.names[j % rows])
    if not stuck:
        return []
    where = "recycle through " + ", ".join(plan.streams[i] for i in group.tears)
    hint = "give the loop a purge or another outlet for it"
    found = ", ".join(sorted(stuck)) + " can accumulate"
    return [Finding("accumulates", where, "a way out for every component", found, hint)]
