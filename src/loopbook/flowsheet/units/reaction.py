"""Chemistry by stoichiometry only: reactions, reagent doses, and the units that hold them.

A reaction is written with the component names of the flowsheet, its limiting reactant first::

    Li2SO4(aq) + Na2CO3 -> Li2CO3 + Na2SO4(aq)

It is refused unless every element closes. A dose says how much of a reagent the unit draws from
outside: a multiple of what the reactions want, or so much per kg of feed, element or component.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np

from loopbook.errors import Finding, FormulaError, raise_findings
from loopbook.flowsheet.units.parameters import (
    BindContext,
    Bound,
    ParameterSpec,
    Value,
    parameter,
    specs_of,
    stack_rows,
)
from loopbook.flowsheet.units.unit import Unit
from loopbook.tables import Array

_TERM = re.compile(r"^(?:(?P<count>\d+(?:\.\d+)?(?:/\d+)?)\s+)?(?P<name>\S.*)$")
_BALANCE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Reaction:
    """Stoichiometric coefficients in mol, negative for what is consumed; the first one limits.

    >>> Reaction.parse("Li2SO4(aq) + Na2CO3 -> Li2CO3 + Na2SO4(aq)").limiting
    'Li2SO4(aq)'
    """

    coefficients: tuple[tuple[str, float], ...]

    @property
    def limiting(self) -> str:
        """The reactant on which the conversion is based."""
        return self.coefficients[0][0]

    @classmethod
    def parse(cls, text: str) -> Reaction:
        """Read ``a A + b B -> c C``; raises `FormulaError` where that cannot be read."""
        sides = text.split("->")
        if len(sides) != 2:
            raise_findings([Finding("formula", text, "reactants -> products", text)])
        merged: dict[str, float] = {}
        for sign, side in zip((-1.0, 1.0), sides, strict=True):
            for term in re.split(r"\s\+\s", side):
                match = _TERM.match(term.strip())
                if match is None:
                    hint = "separate terms by ' + '"
                    raise FormulaError([Finding("formula", text, "a term", repr(term), hint)])
                count = float(Fraction(match["count"] or "1"))
                name = match["name"].strip()
                merged[name] = merged.get(name, 0.0) + sign * count
        return cls(tuple(merged.items()))

    def __str__(self) -> str:
        """Write it as it is read."""

        def side(sign: int) -> str:
            terms = [(n, abs(v)) for n, v in self.coefficients if v * sign > 0]
            return " + ".join(n if v == 1 else f"{v:.12g} {n}" for n, v in terms)

        return f"{side(-1)} -> {side(1)}"


@dataclass(frozen=True, slots=True)
class Dose:
    """How much of a reagent a unit draws from outside, by exactly one of four rules.

    Parameters
    ----------
    reagent : component name.
    excess : multiple of what the unit's reactions want at full conversion, mol/mol.
    per_kg : kg per kg of feed.
    per_element : kg per kg of each element in the feed.
    per_component : kg per kg of each component in the feed.
    credit : whether the reagent that comes back through the ``recycle`` port is subtracted.
    carrier : kg of other components that come with each kg of the reagent, such as dilution water.
    """

    reagent: str
    excess: Value | None = None
    per_kg: Value | None = None
    per_element: Mapping[str, float] | None = None
    per_component: Mapping[str, float] | None = None
    credit: bool = False
    carrier: Mapping[str, float] = field(default_factory=dict)

    @property
    def factor(self) -> Value:
        """The number that scenarios may replace: excess, kg per kg of feed, or 1 times the rest."""
        return next((v for v in (self.excess, self.per_kg) if v is not None), 1.0)


def _as_reactions(given: tuple[str | Reaction, ...]) -> tuple[Reaction, ...]:
    return tuple(r if isinstance(r, Reaction) else Reaction.parse(r) for r in given)


class Reactor(Unit):
    """A well-mixed vessel: doses, then parallel reactions on what is in it.

    Law, in mol: ``extent_r = conversion_r * n(limiting_r)``, ``out = in + sum_r nu_r * extent_r``.
    Doses are counted on the ``feed`` port alone; ``recycle`` brings back liquor. Gases leave by
    ``vent`` where that is connected and stay in ``out`` where it is not.
    """

    kind = "reactor"
    ins: ClassVar[tuple[str, ...]] = ("feed", "recycle")
    outs: ClassVar[tuple[str, ...]] = ("out", "vent")
    supplies = ("reagents",)
    optional: ClassVar[tuple[str, ...]] = ("recycle", "vent")

    reactions: tuple[str | Reaction, ...] = field(default=(), kw_only=True)
    doses: tuple[Dose, ...] = field(default=(), kw_only=True)
    conversion: Mapping[str, Value] | Value = parameter(
        "mol/mol",
        high=1.0,
        per="reaction",
        default=1.0,
        doc="share of each limiting reactant that reacts, by its name or default",
    )

    def adjustable(self) -> dict[str, Value | Mapping[str, Value]]:
        """The parameters' numbers, and the factor of each dose."""
        return {**super().adjustable(), "doses": {d.reagent: d.factor for d in self.doses}}

    def bind(self, context: BindContext) -> Bound:
        """Precompute the reaction matrix (component, reaction) per kg of limiting reactant."""
        p = super().bind(context)
        reactions = [r for r in _as_reactions(self.reactions) if _known(r, context)]
        p.matrix, p.limiting = _matrix(reactions, context)
        p.extent = self._conversions(reactions, context)
        reagents = [d.reagent for d in self.doses]
        for name in context.overridden("doses"):
            if name not in reagents:
                context.findings.unknown("a dose", name, reagents, at=f"doses.{name}")
        doses = [b for d in self.doses if (b := _bind_dose(d, reactions, context))]
        p.draws = len(doses) > 0
        p.rates = np.array([b.row for b in doses]).reshape(len(doses), len(context.basis))
        p.factor = stack_rows([b.factor for b in doses])
        p.credited = [k for k, b in enumerate(doses) if b.credit]
        p.returned = [doses[k].index for k in p.credited]
        p.brings = np.array([b.brings for b in doses]).reshape(len(doses), len(context.basis)).T
        p.gas = np.array([i for i, ph in enumerate(context.basis.phases) if ph == "gas"], int)
        return p

    def _conversions(self, reactions: list[Reaction], context: BindContext) -> Array:
        spec = specs_of(self)["conversion"]
        value = self.conversion
        if not isinstance(value, Mapping):
            value = {"default": context.overrides.get("conversion", value)}
        values: dict[str, Any] = {**value, **context.overridden("conversion")}
        limiting = [r.limiting for r in reactions]
        rows = []
        for name in limiting:
            at = f"conversion.{name}"
            number = values.get(name, values.get("default"))
            if number is None:
                context.findings.missing("a conversion 0..1", at=at)
            rows.append(np.zeros(1) if number is None else context.number(number, spec, at))
        for name in set(values) - set(limiting) - {"default"}:
            want = "the limiting reactant of a reaction: " + ", ".join(limiting)
            context.findings.note("unknown-name", want, str(name), at=f"conversion.{name}")
        total = {n: sum(r for m, r in zip(limiting, rows, strict=True) if m == n) for n in limiting}
        for name, share in total.items():
            if not (np.asarray(share) <= 1.0 + 1e-12).all():
                hint = "reactions in parallel share one reactant"
                largest, at = f"{float(np.max(share)):g}", f"conversion.{name}"
                context.findings.note("share", "sum <= 1", largest, at=at, hint=hint)
        return stack_rows(rows) if rows else np.zeros((0, 1))

    def react(self, p: Bound, x: Array) -> Array:
        """Contents after the reactions, kg/h."""
        if len(p.limiting) == 0:
            return x
        extent = p.extent * x.take(p.limiting, axis=0)
        out: Array = p.matrix * extent if len(extent) == 1 else p.matrix @ extent
        out += x
        return out

    def draw(self, p: Bound, feed: Array, recycle: Array | None) -> Array:
        """Reagents drawn from outside, kg/h, shape of the feed."""
        need = p.rates @ feed
        need *= p.factor
        if recycle is not None and p.credited:
            need[p.credited] = np.maximum(need[p.credited] - recycle[p.returned], 0.0)
        supply: Array = p.brings * need if len(need) == 1 else p.brings @ need
        return supply

    def contents(self, p: Bound, *ins: Array) -> tuple[Array, Array | None]:
        """What is in the vessel after dosing and reacting, and what was drawn from outside."""
        feed, recycle = ins[0], ins[1] if len(ins) > 1 else None
        x = feed if recycle is None else feed + recycle
        supply = None
        if p.draws:
            supply = self.draw(p, feed, recycle)
            x = x + supply if recycle is None else np.add(x, supply, out=x)
        return self.react(p, x), supply

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """Dose, mix, react, vent."""
        x, supply = self.contents(p, *ins)
        if "vent" not in p.connected:
            return x, None, supply
        vent = np.zeros_like(x)
        vent[p.gas] = x[p.gas]
        return x - vent, vent, supply


class Leach(Reactor):
    """Leaching: solids to dissolved salts by reaction; see `Reactor` for the law."""

    kind = "leach"


class Precipitation(Reactor):
    """Precipitation: dissolved salts to solids by reaction; a filter behind it separates them."""

    kind = "precipitation"


class Crystalliser(Reactor):
    """Crystallisation: ``vapour = evaporation * water``, salts to crystals by reaction."""

    kind = "crystalliser"
    outs = ("out", "vent", "vapour")
    optional = ("recycle", "vent", "vapour")

    evaporation: Value = parameter(
        "kg/kg", high=1.0, default=0.0, doc="share of the water that is evaporated"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """React, then evaporate where a vapour port is connected."""
        out, vent, supply = super().run(p, *ins)
        if "vapour" not in p.connected or out is None:
            return out, vent, None, supply
        vapour = np.zeros_like(out)
        for i, name in enumerate(p.basis.names):
            if name == "water":
                vapour[i] = p.evaporation * out[i]
        return out - vapour, vent, vapour, supply


class HeatTreatment(Reactor):
    """Furnace: reactions (combustion, decomposition), gases to ``gas``, a share of solids to dust.

    ``gas = all gaseous components + dust * solids``; doses bring the air.
    """

    kind = "heat-treatment"
    outs = ("solids", "gas")
    optional = ("recycle",)

    dust: Mapping[str, Value] | float = parameter(
        "kg/kg", high=1.0, per="component", default=0.0, doc="share carried away with the gas"
    )

    def run(self, p: Bound, *ins: Array) -> tuple[Array | None, ...]:
        """React, then part gas from solids."""
        x, supply = self.contents(p, *ins)
        gas = x * p.dust
        gas[p.gas] = x[p.gas]
        return x - gas, gas, supply


class OffGasTreatment(HeatTreatment):
    """Gas cleaning: reactions bind acid gases (lime to fluoride); solids leave as residue."""

    kind = "off-gas-treatment"
    ins = ("gas", "recycle")
    outs = ("residue", "stack")


@dataclass(frozen=True, slots=True)
class _BoundDose:
    """A dose in arrays: what it counts, its factor by scenario, and what it brings per kg."""

    index: int
    row: Array
    factor: Array
    credit: bool
    brings: Array


def _known(reaction: Reaction, context: BindContext) -> bool:
    """Whether all names are components with a molar mass and every element closes."""
    basis = context.basis
    at = f"reaction {reaction}"
    for name, _ in reaction.coefficients:
        if name not in basis.index:
            context.findings.note("unknown-name", "a component of the flowsheet", name, at=at)
            return False
        if not np.isfinite(basis.molar_mass[basis.index[name]]):
            hint = "give the component a formula"
            context.findings.note("formula", "a component with a formula", name, at=at, hint=hint)
            return False
    mass = _mass_column(reaction, context)
    change = basis.element_matrix @ mass
    moved = basis.element_matrix @ np.abs(mass)
    for element, dm, m in zip(basis.elements, change, moved, strict=True):
        if not abs(dm) <= _BALANCE_TOLERANCE * max(m, 1e-30):
            found = f"{element} changes by {dm:+.3g} kg per kg of {reaction.limiting}"
            context.findings.note("reaction", "every element closes", found, at=at)
            return False
    return True


def _mass_column(reaction: Reaction, context: BindContext) -> Array:
    """Change in kg of every component per kg of the limiting reactant that reacts."""
    basis = context.basis
    column = np.zeros(len(basis))
    for name, count in reaction.coefficients:
        i = basis.index[name]
        column[i] += count * basis.molar_mass[i]
    column /= -column[basis.index[reaction.limiting]]
    return column


def _matrix(
    reactions: list[Reaction], context: BindContext
) -> tuple[Array, np.ndarray[Any, np.dtype[np.intp]]]:
    limiting = np.array([context.basis.index[r.limiting] for r in reactions], dtype=np.intp)
    matrix = np.zeros((len(context.basis), len(reactions)))
    for j, reaction in enumerate(reactions):
        matrix[:, j] = _mass_column(reaction, context)
    return matrix, limiting


def _bind_dose(dose: Dose, reactions: list[Reaction], context: BindContext) -> _BoundDose | None:
    basis, at = context.basis, f"doses.{dose.reagent}"
    spec = ParameterSpec("kg/kg", 0.0, np.inf)
    rules = [dose.excess, dose.per_kg, dose.per_element, dose.per_component]
    if sum(r is not None for r in rules) != 1:
        want = "exactly one of excess, per_kg, per_element, per_component"
        context.findings.note("missing", want, f"{sum(r is not None for r in rules)}", at=at)
        return None
    row = np.zeros(len(basis))
    names = [(dose.reagent, at), *((c, f"{at}.carrier") for c in dose.carrier)]
    names += [(c, f"{at}.per_component") for c in dose.per_component or ()]
    for name, where in names:
        if name not in basis.index:
            context.findings.note("unknown-name", "a component of the flowsheet", name, at=where)
            return None
    reagent = basis.index[dose.reagent]
    if dose.excess is not None:
        for reaction in reactions:
            wanted = _mass_column(reaction, context)[reagent]
            row[basis.index[reaction.limiting]] += max(-wanted, 0.0)
        if not row.any():
            context.findings.note("dose", "a reaction that consumes it", "none", at=at)
    elif dose.per_kg is not None:
        row[:] = 1.0
    elif dose.per_component is not None:
        for name, kg in dose.per_component.items():
            row[basis.index[name]] = kg
    for element, kg in (dose.per_element or {}).items():
        if element not in basis.elements:
            want = "an element of the flowsheet: " + ", ".join(basis.elements)
            context.findings.note("unknown-name", want, element, at=f"{at}.per_element")
            return None
        row += kg * basis.element_matrix[basis.elements.index(element)]
    factor = context.number(dose.factor, spec, at)
    spec.check(row, context.findings, at)
    brings = np.zeros(len(basis))
    brings[reagent] = 1.0
    for name, kg in dose.carrier.items():
        brings[basis.index[name]] += kg
    return _BoundDose(reagent, row, factor, dose.credit, brings)
