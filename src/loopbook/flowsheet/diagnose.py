"""Errors in a flowsheet that can be seen before it is solved, and its compilation without them."""

import numpy as np

from loopbook.errors import Findings, raise_findings
from loopbook.flowsheet.compiled import Plan, assemble, run_pass
from loopbook.flowsheet.graph import Group
from loopbook.flowsheet.wiring import Wiring, with_place

_STUCK = 1.0 - 1e-9  # share of a component that a loop may return; 1 means that it never leaves


def compile_plan(flowsheet: Wiring) -> Plan:
    """Check the wiring, order, tear, bind, and look for components that cannot leave a recycle.

    Raises
    ------
    InputError
        Every finding at once, with ``file:line`` where the flowsheet came from a file.
    """
    findings = Findings()
    flowsheet.check(findings)
    plan = assemble(flowsheet, findings)
    if plan is not None:
        for group in plan.groups:
            if group.tears:
                _check_leaving(plan, group, findings)
    raise_findings(with_place(f, flowsheet.origin) for f in findings)
    assert plan is not None
    return plan


def _check_leaving(plan: Plan, group: Group, findings: Findings) -> None:
    """Find components that a recycle returns whole, so that any trace of them would pile up.

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
    for k in np.flatnonzero(np.abs(values) >= _STUCK).tolist():
        weight = np.abs(vectors[:, k])
        for j in np.flatnonzero(weight > 0.1 * weight.max()).tolist():
            stuck.add(plan.basis.names[j % rows])
    if stuck:
        findings.note(
            "accumulates",
            "a way out for every component",
            ", ".join(sorted(stuck)) + " can accumulate",
            at="recycle through " + ", ".join(plan.streams[i] for i in group.tears),
            hint="give the loop a purge or another outlet for it",
        )
