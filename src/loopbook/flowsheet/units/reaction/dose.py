"""Reagent doses: how much of a reagent a unit draws from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, TypeAlias

import numpy as np

from loopbook.flowsheet.units.parameters import Amount, BindContext, Value
from loopbook.flowsheet.units.reaction.stoichiometry import Reaction
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
        names = [(self.reagent, at), *((c, f"{at}.carrier") for c in self.carrier)]
        names += [(c, f"{at}.per_component") for c in self.per_component or ()]
        before = len(findings)
        rules = (self.excess, self.per_kg, self.per_element, self.per_component)
        count = sum(rule is not None for rule in rules)
        if count != 1:
            findings.note(
                "missing",
                "exactly one of excess, per_kg, per_element, per_component",
                str(count),
                at=at,
            )
        for name, place in names:
            if name not in basis.index:
                findings.unknown("a component of the flowsheet", name, basis.names, at=place)
        for element in self.per_element or ():
            if element not in basis.elements:
                place = f"{at}.per_element"
                findings.unknown("an element of the flowsheet", element, basis.elements, at=place)
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
