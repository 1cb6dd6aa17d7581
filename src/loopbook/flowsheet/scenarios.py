"""Scenarios: values by path, sorted into those of units and of feeds, bound and cut into chunks."""

from collections.abc import Mapping

import numpy as np

from loopbook.errors import Findings, nearest_hint
from loopbook.flowsheet.compiled import Plan
from loopbook.flowsheet.units.parameters import Amount, Bound, Value
from loopbook.tables import Array, convert

_ANY = Amount()


def bind_scenarios(
    plan: Plan, values: Mapping[str, Mapping[str, Array]]
) -> dict[int, tuple[Bound, Bound]]:
    """Bind the units that scenarios change: by unit, once in the first scenario and once in all.

    What differs in shape between the two is what has a value per scenario; `sliced` cuts it.
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


def sliced(first: Bound, full: Bound, part: slice) -> Bound:
    """Bound parameters for a part of the scenarios."""
    cut = {}
    for name, value in vars(full).items():
        varies = isinstance(value, np.ndarray) and value.shape != getattr(first, name).shape
        cut[name] = value[..., part] if varies else value
    return Bound(**cut)


def split_scenarios(
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
            if parameter not in known:
                own.unknown(f"a parameter of {head}", parameter, known)
            units.setdefault(head, {})[rest] = _ANY.read_array(value, "", own)
        elif head in declared:
            if rest and rest not in plan.basis.index:
                own.unknown("a component of the flowsheet", rest, plan.basis.names)
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
    sizes = {f"scenario {n}.{k}": v.size for n, d in units.items() for k, v in d.items()}
    sizes |= {f"scenario {n}.{k}": v.size for n, d in feeds.items() for k, v in d.items()}
    for name, feed in declared.items():
        sizes |= {f"feed {name}.{k}": v.size for k, v in feed.kg_per_h.items()}
    count = max(sizes.values(), default=1)
    for where, size in sizes.items():
        if size not in (1, count):
            findings.note("shape", f"1 or {count} scenarios", str(size), at=where)
    findings.raise_all()
    return units, feeds, count
