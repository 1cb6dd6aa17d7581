"""What a unit operation is told: parameters with unit, range, meaning and source.

A parameter is one number, or one number per component, per limiting reactant or per reagent. Each
number may be a plain float or one value per scenario. Binding turns what a person wrote into arrays
whose last axis is the scenario, and collects a `Finding` for everything that cannot be used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from loopbook.errors import Findings
from loopbook.matter import PHASES, ComponentSet
from loopbook.tables import Array

Value: TypeAlias = float | Sequence[float] | Array


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """Unit, closed range, meaning and source of a parameter; `per` is ``""`` or ``"component"``."""

    unit: str
    low: float
    high: float
    per: str = ""
    doc: str = ""
    source: str = ""
    required: bool = True

    def check(self, values: Array, findings: Findings, at: str = "") -> bool:
        """Check range and finiteness; the comparison is written so that NaN fails."""
        good = np.isfinite(values) & (values >= self.low) & (values <= self.high)
        if good.all():
            return True
        bad = float(values[~good].flat[0])
        expected = f"{self.low:g}..{self.high:g} [{self.unit}]"
        code, hint = "range", ""
        if not np.isfinite(bad):
            code, expected = "not-finite", f"a finite number [{self.unit}]"
        elif (self.low, self.high) == (0.0, 1.0):
            code = "share"
            hint = "shares are fractions of one, not percent" if bad > 1.0 else ""
        elif self.low == 0.0 and bad < 0.0:
            code, expected = "negative", f"a number >= 0 [{self.unit}]"
        findings.note(code, expected, f"{bad:g}", at=at, hint=hint)
        return False


def read_numbers(value: object, findings: Findings, at: str = "") -> Array:
    """One number or one per scenario as an array, shape (1,) or (scenario,).

    Anything else is a finding, and zero is returned in its place.
    """
    array = np.zeros(1)
    try:
        if isinstance(value, (bool, str)) or value is None:
            raise TypeError
        array = np.atleast_1d(np.asarray(value, dtype=np.float64))
    except (TypeError, ValueError):
        hint = "write the number without its unit" if isinstance(value, str) else ""
        expected = "a number or one per scenario"
        findings.note("not-a-number", expected, repr(value)[:60], at=at, hint=hint)
    if array.ndim == 1:
        return array
    findings.note("shape", "one number or one per scenario", f"shape {array.shape}", at=at)
    return np.zeros(1)


class Bound(SimpleNamespace):
    """Parameters of a unit as arrays, by name, and what `Unit.bind` computed from them.

    Attributes
    ----------
    basis : components of the flowsheet, in order.
    connected : names of the ports that are connected.
    """

    basis: ComponentSet
    connected: frozenset[str]


def parameter(
    unit: str,
    *,
    low: float = 0.0,
    high: float = np.inf,
    per: str = "",
    default: Any = dataclasses.MISSING,
    doc: str = "",
    source: str = "",
) -> Any:
    """Declare a parameter of a unit operation.

    Parameters
    ----------
    unit : unit of the number, ``"kg/kg"`` for a transfer coefficient.
    low, high : closed range outside of which the flowsheet refuses to solve.
    per : ``"component"`` when each component has its own number; the value is then a mapping from
        component name (or phase name, or ``"default"``) to number.
    default : value when none is given; without it the parameter must be given.
    doc, source : what it means; where its law or usual value comes from.
    """
    required = default is dataclasses.MISSING
    spec = ParameterSpec(unit, low, high, per, doc, source, required)
    if required:
        return field(kw_only=True, metadata={"spec": spec})
    if isinstance(default, (dict, list)):
        return field(kw_only=True, default_factory=default.copy, metadata={"spec": spec})
    return field(kw_only=True, default=default, metadata={"spec": spec})


def specs_of(unit: Any) -> dict[str, ParameterSpec]:
    """Parameter specifications of a unit operation (class or instance), by name."""
    return {f.name: f.metadata["spec"] for f in dataclasses.fields(unit) if f.metadata.get("spec")}


@dataclass(slots=True)
class BindContext:
    """What a unit needs to turn its parameters into arrays.

    Parameters
    ----------
    basis : components of the flowsheet, in order.
    overrides : scenario values by parameter path, for example ``{"to_undersize.copper": array}``.
    connected : names of the ports that are connected.
    findings : collects the errors of the unit.
    """

    basis: ComponentSet
    overrides: Mapping[str, Array]
    connected: frozenset[str]
    findings: Findings

    def overridden(self, name: str) -> dict[str, Array]:
        """Scenario values given for single keys of a mapping parameter."""
        head = name + "."
        return {k[len(head) :]: v for k, v in self.overrides.items() if k.startswith(head)}

    def number(self, value: object, spec: ParameterSpec, at: str) -> Array:
        """One number in its range, shape (1,) or (scenario,); zero and a finding where it fails."""
        array = read_numbers(self.overrides.get(at, value), self.findings, at)
        return array if spec.check(array, self.findings, at) else np.zeros(1)

    def per_component(self, name: str, value: Any, spec: ParameterSpec) -> Array:
        """One number per component, as an array of shape (component, 1) or (component, scenario).

        Keys are component names; a phase name stands for all components of that phase and
        ``default`` for the rest. A component that nothing covers is a finding.
        """
        if not isinstance(value, Mapping):
            value = {"default": value}
        basis, values = self.basis, {**value, **self.overridden(name)}
        rows: list[Array | None] = [None] * len(basis)
        for key in (k for k in ("default", *PHASES, *basis.names) if k in values):
            row = self.number(values[key], spec, f"{name}.{key}")
            for i in self._members(key):
                rows[i] = row
        for key in values:
            if key not in {*basis.names, *PHASES, "default"}:
                expected = "a component of the flowsheet"
                self.findings.unknown(expected, str(key), basis.names, at=f"{name}.{key}")
        missing = [n for n, r in zip(basis.names, rows, strict=True) if r is None]
        if missing:
            hint = "give the component, its phase, or default"
            names = ", ".join(missing)
            self.findings.note("missing", "a number per component", names, at=name, hint=hint)
        return stack_rows([np.zeros(1) if r is None else r for r in rows])

    def _members(self, key: str) -> Iterable[int]:
        basis = self.basis
        if key == "default":
            return range(len(basis))
        if key in PHASES:
            return [i for i, phase in enumerate(basis.phases) if phase == key]
        return [basis.index[key]]


def stack_rows(rows: Sequence[Array]) -> Array:
    """Stack rows of shape (1,) or (scenario,) into (row, 1) or (row, scenario)."""
    width = max((r.shape[0] for r in rows), default=1)
    out = np.empty((len(rows), width))
    for i, row in enumerate(rows):
        out[i] = row
    return out
