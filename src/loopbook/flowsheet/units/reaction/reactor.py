"""The well-mixed vessel, on which all units with reactions are built, and its reagent doses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, TypeAlias

import numpy as np

from loopbook.errors import Findings
from loopbook.flowsheet.units.reaction.stoichiometry import (
    Reaction,
    ReactionText,
    mass_matrix,
    sound_reactions,
)
from loopbook.flowsheet.units.unit import (
    Amount,
    BindContext,
    Bound,
    Flags,
    Numbers,
    Streams,
    Unit,
    Value,
    stack_rows,
)
from loopbook.tables import Array

_RATE = Amount("kg/kg", 0)
PerName: TypeAlias = Mapping[str, Annotated[float, _RATE]]


@dataclass(frozen=True, slots=True)
class BoundDose:
    """A dose in arrays.

    Attributes
    ----------
    index : position of the reagent.
    rates : kg of reagent per kg of each component of the feed, before the factor.
    factor : multiplies the rates, shape (1,) or (scenario,).
    brings : kg of each component that comes with a kg of the reagent, itself included.
    """

    index: int
    rates: Array
    factor: Array
    brings: Array


@dataclass(frozen=True)
class Dose:
    """How much of a reagent a unit draws from outside, by exactly one of four rules."""

    reagent: Annotated[str, "component name"]
    excess: Annotated[
        Value | None,
        Amount("mol/mol", 0),
        "multiple of the reagent that the unit's reactions take at full conversion",
    ] = None
    per_kg: Annotated[Value | None, _RATE, "kg per kg of feed"] = None
    per_element: Annotated[PerName | None, "kg per kg of each element in the feed"] = None
    per_component: Annotated[PerName | None, "kg per kg of each component in the feed"] = None
    credit: Annotated[
        bool, "whether reagent that comes back through the recycle port is subtracted"
    ] = False
    carrier: Annotated[
        PerName, "kg of other components that come with each kg of it, such as dilution water"
    ] = field(default_factory=dict)

    @property
    def factor(self) -> Value:
        """The number that scenarios may replace: excess, kg per kg of feed, or 1 times the rest."""
        return next((v for v in (self.excess, self.per_kg) if v is not None), 1.0)

    def bind(self, reactions: Sequence[Reaction], context: BindContext) -> BoundDose | None:
        """Arrays of the dose; None after a finding."""
        basis, findings, at = context.basis, context.findings, f"doses.{self.reagent}"
        before = len(findings)
        by_component, by_element = self.per_component or {}, self.per_element or {}
        rules = (self.excess, self.per_kg, self.per_element, self.per_component)
        count = sum(rule is not None for rule in rules)
        if count != 1:
            findings.note(
                "missing",
                "exactly one of excess, per_kg, per_element, per_component",
                str(count),
                at=at,
            )
        for words, known, names, place in (
            ("a component of the flowsheet", basis.names, [self.reagent], at),
            ("a component of the flowsheet", basis.names, self.carrier, f"{at}.carrier"),
            ("a component of the flowsheet", basis.names, by_component, f"{at}.per_component"),
            ("an element of the flowsheet", basis.elements, by_element, f"{at}.per_element"),
        ):
            for name in names:
                findings.check_known(words, name, known, at=place)
        if len(findings) > before:
            return None
        rates = self._rates(reactions, context)
        if self.excess is not None and not rates.any():
            findings.note("dose", "a reaction that consumes it", "none", at=at)
        _RATE.allows(rates, at, findings)
        brings = np.zeros(len(basis))
        brings[basis.index[self.reagent]] = 1.0
        for name, kg in self.carrier.items():
            brings[basis.index[name]] += kg
        factor = context.number(_RATE, at, self.factor)
        return BoundDose(basis.index[self.reagent], rates, factor, brings)

    def _rates(self, reactions: Sequence[Reaction], context: BindContext) -> Array:
        basis = context.basis
        rates = np.full(len(basis), 0.0 if self.per_kg is None else 1.0)
        for reaction in reactions if self.excess is not None else ():
            taken = -reaction.mass_column(basis)[basis.index[self.reagent]]
            rates[basis.index[reaction.limiting]] += max(taken, 0.0)
        for name, kg in (self.per_component or {}).items():
            rates[basis.index[name]] = kg
        for element, kg in (self.per_element or {}).items():
            rates += kg * basis.element_matrix[basis.elements.index(element)]
        return rates


@dataclass(frozen=True)
class PerReaction(Numbers):
    """A share per reaction: by its limiting reactant, ``default`` for the rest."""

    each: ClassVar[str] = " per limiting reactant"

    def bind_each(
        self, context: BindContext, name: str, value: object, reactions: list[Reaction]
    ) -> Array:
        """Array of shape (reaction, 1) or (reaction, scenario)."""
        findings = context.findings
        if not isinstance(value, Mapping):
            value = {"default": context.overrides.get(name, value)}
        values = {**value, **context.overridden(name)}
        limiting = [r.limiting for r in reactions]
        total: dict[str, Array] = {}
        rows = []
        for reactant in limiting:
            at = f"{name}.{reactant}"
            number = values.get(reactant, values.get("default"))
            if number is None:
                findings.missing(f"a number {self.range}", at=at)
            row = np.zeros(1) if number is None else context.number(self, at, number)
            rows.append(row)
            total[reactant] = total.get(reactant, 0.0) + row
        for reactant in set(values) - {*limiting, "default"}:
            at = f"{name}.{reactant}"
            findings.unknown("the limiting reactant of a reaction", reactant, limiting, at=at)
        for reactant, share in total.items():
            if not (share <= 1.0 + 1e-12).all():
                hint, at = "reactions in parallel share one reactant", f"{name}.{reactant}"
                findings.note("share", "sum <= 1", f"{share.max():g}", at=at, hint=hint)
        return stack_rows(rows) if rows else np.zeros((0, 1))


class Reactor(Unit):
    """A well-mixed vessel: doses, then parallel reactions on what is in it.

    Law, in mol: ``extent_r = conversion_r * n(limiting_r)``, ``out = in + sum_r nu_r * extent_r``.
    Doses are counted on the ``feed`` port alone; ``recycle`` brings back liquor. Gases leave by
    ``vent`` where that is connected and stay in ``out`` where it is not.
    """

    ins: ClassVar[tuple[str, ...]] = ("feed", "recycle")
    outs: ClassVar[tuple[str, ...]] = ("out", "vent")
    supplies = ("reagents",)
    optional: ClassVar[tuple[str, ...]] = ("recycle", "vent")
    source = "stoichiometry"

    reactions: Annotated[
        tuple[Annotated[str | Reaction, ReactionText()], ...], "reactions in parallel"
    ] = ()
    doses: Annotated[tuple[Dose, ...], "reagents that are drawn from outside"] = ()
    conversion: Annotated[
        Mapping[str, Value] | Value,
        PerReaction("mol/mol", 0, 1),
        "share of each limiting reactant that reacts",
    ] = 1.0

    def adjustable(self) -> dict[str, Value | Mapping[str, Value]]:
        """The parameters' numbers, and the factor of each dose."""
        return {**super().adjustable(), "doses": {d.reagent: d.factor for d in self.doses}}

    def bind(self, context: BindContext) -> Bound:
        """Precompute the reaction matrix (component, reaction) per kg of limiting reactant."""
        p, basis = super().bind(context), context.basis
        reactions = sound_reactions(self.reactions, basis, context.findings)
        p.matrix, p.limiting = mass_matrix(reactions, basis)
        kind = PerReaction("mol/mol", 0, 1)
        p.extent = kind.bind_each(context, "conversion", self.conversion, reactions)
        reagents = [d.reagent for d in self.doses]
        for name in context.overridden("doses"):
            context.findings.check_known("a dose", name, reagents, at=f"doses.{name}")
        bound = [(d, b) for d in self.doses if (b := d.bind(reactions, context))]
        shape = len(bound), len(basis)
        p.draws = len(bound) > 0
        p.rates = np.array([b.rates for _, b in bound]).reshape(shape)
        p.factor = stack_rows([b.factor for _, b in bound])
        p.credited = [k for k, (d, _) in enumerate(bound) if d.credit]
        p.returned = [bound[k][1].index for k in p.credited]
        p.brings = np.array([b.brings for _, b in bound]).reshape(shape).T
        p.chemistry, p.rated = reactions, {d.reagent: b.rates for d, b in bound}
        p.gas = np.array([i for i, phase in enumerate(basis.phases) if phase == "gas"], int)
        return p

    def may_hold(self, p: Bound, coming: Flags) -> Flags:
        """What enters, what is drawn, and the products of reactions whose reactants are there."""
        inside: Flags = coming | p.brings.any(axis=1)
        taken, made = p.matrix < 0.0, p.matrix > 0.0
        for _ in p.chemistry:
            possible = (inside[:, None] >= taken).all(axis=0)
            inside = inside | made[:, possible].any(axis=1)
        return inside

    def has_own_law(self, p: Bound) -> bool:
        """Whether the unit does something beside dosing and reacting."""
        return "vent" in p.connected

    def check_effect(self, p: Bound, coming: Mapping[str, Flags], findings: Findings) -> None:
        """Every reaction needs its reactants, every dose what it is counted on."""
        super().check_effect(p, coming, findings)
        inside = self.may_hold(p, coming[self.ins[0]] | coming["recycle"])
        for reaction in p.chemistry:
            for name in reaction.side(-1):
                if not inside[p.basis.index[name]]:
                    findings.note(
                        "no-effect",
                        f"{name} in the unit",
                        "none",
                        at=f"reactions, {reaction}",
                        hint=f"feed it, dose it, or leave the reaction out ({name} = 0 in a feed "
                        "where only scenarios bring it)",
                    )
        for dose in self.doses:
            self._check_dose(dose, p, coming, findings)
        if not (self.reactions or self.doses or self.has_own_law(p)):
            findings.note(
                "no-effect",
                "reactions or doses",
                "none",
                hint="give reactions or doses, or put a mixer in its place",
            )
        if not self.reactions and self.conversion not in (1.0, {}):
            findings.note(
                "no-effect",
                "reactions",
                "none",
                at="conversion",
                hint="give reactions, or leave conversion out",
            )
        if "vent" in p.connected and not inside[p.gas].any():
            findings.note(
                "no-effect",
                "a gas to vent",
                "none",
                at="vent",
                hint="give the components that leave by it the phase gas",
            )

    def _check_dose(
        self, dose: Dose, p: Bound, coming: Mapping[str, Flags], findings: Findings
    ) -> None:
        reagent, rates = dose.reagent, p.rated[dose.reagent]
        at = f"doses.{reagent}"
        for reaction in p.chemistry if dose.excess is not None else ():
            if reaction.limiting == reagent and len(reaction.side(-1)) > 1:
                findings.note(
                    "dose",
                    "a reaction that begins with what the dose is counted on",
                    str(reaction),
                    at=at,
                    hint=f"write {reaction.without_first(reagent)}",
                )
                return
        fed = coming[self.ins[0]]
        absent = [name for name in dose.per_component or {} if not fed[p.basis.index[name]]]
        if rates.any() and (absent or not rates[fed].any()):
            findings.note(
                "no-effect",
                "what the dose is counted on",
                ", ".join(absent) or "nothing of it",
                at=at,
                hint=f"doses are counted on what comes by {self.ins[0]}; feed it, or leave the "
                "dose out",
            )
        if dose.credit and not coming["recycle"][p.basis.index[reagent]]:
            findings.note(
                "no-effect",
                f"{reagent} that comes back through the port recycle",
                "none",
                at=at,
                hint="connect a recycle that brings it, or leave credit out",
            )

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

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Dose, mix, react, vent."""
        x, supply = self.contents(p, *ins)
        if "vent" not in p.connected:
            return x, None, supply
        vent = np.zeros_like(x)
        vent[p.gas] = x[p.gas]
        return x - vent, vent, supply
