"""What a unit operation is told: parameters with unit, range, meaning and source.

A parameter is one number, or one number per component, per limiting reactant or per reagent. Each
number may be a plain float or one value per scenario. Binding turns what a person wrote into arrays
whose last axis is the scenario, and collects a `Finding` for everything that cannot be used.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import Finding, nearest_hint
from loopbook.matter import ComponentSet

Array: TypeAlias = NDArray[np.float64]
Value: TypeAlias = float | Sequence[float] | Array

_PHASES = ("solid", "aqueous", "liquid", "gas")


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """Unit, closed range, meaning and source of a parameter; `per` is ``""`` or ``"component"``."""

    unit: str
    low: float
    high: float
    per: str
    doc: str
    source: str
    required: bool


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
    where : name of the unit, for findings.
    overrides : scenario values by parameter path, for example ``{"to_undersize.copper": array}``.
    connected : names of the optional ports that are connected.
    findings : collects what is wrong.
    """

    basis: ComponentSet
    where: str
    overrides: Mapping[str, Array]
    connected: frozenset[str]
    findings: list[Finding]

    def fail(self, code: str, expected: str, found: str, *, at: str, hint: str = "") -> None:
        """Record a finding at a parameter of this unit."""
        self.findings.append(Finding(code, f"unit {self.where}, {at}", expected, found, hint))

    def keys_overridden(self, name: str) -> dict[str, Array]:
        """Scenario values given for single keys of a mapping parameter."""
        head = name + "."
        return {k[len(head) :]: v for k, v in self.overrides.items() if k.startswith(head)}

    def check(self, values: Array, spec: ParameterSpec, at: str) -> bool:
        """Check range and finiteness; the comparison is written so that NaN fails."""
        if not np.isfinite(values).all():
            self.fail("not-finite", f"a finite number [{spec.unit}]", "NaN or infinity", at=at)
            return False
        if (values >= spec.low).all() and (values <= spec.high).all():
            return True
        bad = float(values[(values < spec.low) | (values > spec.high)].flat[0])
        code = "range"
        if spec.low == 0.0 and spec.high == 1.0:
            code = "share"
        elif spec.low == 0.0 and bad < 0.0:
            code = "negative"
        hint = "shares are fractions of one, not percent" if code == "share" and bad > 1 else ""
        want = f"{spec.low:g}..{spec.high:g} [{spec.unit}]"
        self.fail(code, want, f"{bad:g}", at=at, hint=hint)
        return False

    def scalar(self, name: str, value: Any, spec: ParameterSpec) -> Array:
        """One number, as an array of shape (1,) or (scenario,)."""
        got = self.numbers(self.overrides.get(name, value), name)
        if got.ndim > 1:
            self.fail("shape", "one number or one per scenario", f"shape {got.shape}", at=name)
            return np.zeros(1)
        got = np.atleast_1d(got)
        self.check(got, spec, name)
        return got

    def per_component(self, name: str, value: Any, spec: ParameterSpec) -> Array:
        """One number per component, as an array of shape (component, 1) or (component, scenario).

        Keys are component names; a phase name stands for all components of that phase and
        ``default`` for the rest. A component that nothing covers is a finding.
        """
        basis = self.basis
        if not isinstance(value, Mapping):
            value = {"default": value}
        given = {**value, **self.keys_overridden(name)}
        known = {*basis.names, *_PHASES, "default"}
        rows: list[Array | None] = [None] * len(basis)
        for level in (("default",), _PHASES, basis.names):
            for key in level:
                if key not in given:
                    continue
                row = np.atleast_1d(self.numbers(given[key], f"{name}.{key}"))
                if not self.check(row, spec, f"{name}.{key}"):
                    row = np.zeros(1)
                for i in self._members(key):
                    rows[i] = row
        for key in given:
            if key not in known:
                hint = nearest_hint(str(key), basis.names)
                at = f"{name}.{key}"
                self.fail(
                    "unknown-name", "a component of the flowsheet", str(key), at=at, hint=hint
                )
        missing = [n for n, r in zip(basis.names, rows, strict=True) if r is None]
        if missing:
            hint = "give the component, its phase, or default"
            self.fail("missing", "a number per component", ", ".join(missing), at=name, hint=hint)
        return stack_rows([np.zeros(1) if r is None else r for r in rows])

    def _members(self, key: str) -> Iterable[int]:
        basis = self.basis
        if key == "default":
            return range(len(basis))
        if key in _PHASES:
            return [i for i, phase in enumerate(basis.phases) if phase == key]
        return [basis.index[key]]

    def numbers(self, value: Any, at: str) -> Array:
        """Anything number-like as float64, or a finding and a zero."""
        if isinstance(value, (bool, str)) or value is None:
            hint = "write the number without its unit" if isinstance(value, str) else ""
            self.fail("not-a-number", "a number", repr(value), at=at, hint=hint)
            return np.zeros(1)
        try:
            return np.asarray(value, dtype=np.float64)
        except (TypeError, ValueError):
            self.fail("not-a-number", "a number or one per scenario", repr(value)[:60], at=at)
            return np.zeros(1)


def stack_rows(rows: Sequence[Array]) -> Array:
    """Stack rows of shape (1,) or (scenario,) into (row, 1) or (row, scenario)."""
    width = max((r.shape[0] for r in rows), default=1)
    out = np.empty((len(rows), width))
    for i, row in enumerate(rows):
        out[i] = row
    return out
