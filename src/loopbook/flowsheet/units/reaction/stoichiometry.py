"""Chemistry by stoichiometry only: a reaction is refused unless every element closes.

A reaction is written with the component names of the flowsheet, its limiting reactant first::

    Li2SO4(aq) + Na2CO3 -> Li2CO3 + Na2SO4(aq)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np
from numpy.typing import NDArray

from loopbook.errors import Finding, Findings, FormulaError, InputError, raise_findings
from loopbook.matter import ComponentSet
from loopbook.tables import Array, FieldType

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

    def side(self, sign: int) -> tuple[str, ...]:
        """Names of what is consumed (-1) or made (1)."""
        return tuple(name for name, count in self.coefficients if count * sign > 0.0)

    def without_first(self, name: str) -> Reaction:
        """The same reaction with another reactant first.

        >>> print(Reaction.parse("2 NaOH + H2SO4 -> Na2SO4 + 2 water").without_first("NaOH"))
        H2SO4 + 2 NaOH -> Na2SO4 + 2 water
        """
        own = tuple(term for term in self.coefficients if term[0] == name)
        others = tuple(term for term in self.coefficients if term[0] != name)
        return Reaction((others[0], *own, *others[1:]))

    @staticmethod
    @cache
    def parse(text: str) -> Reaction:
        """Read ``a A + b B -> c C``, once; raises `FormulaError` where that cannot be read."""
        sides = text.split("->")
        if len(sides) != 2:
            raise_findings([Finding("formula", text, "reactants -> products", text)])
        merged: dict[str, float] = {}
        for sign, side in zip((-1.0, 1.0), sides, strict=True):
            for term in re.split(r"\s\+\s", side):
                match = _TERM.match(term.strip())
                if match is None:
                    raise FormulaError.of("formula", text, "a term", repr(term))
                count = float(Fraction(match["count"] or "1"))
                name = match["name"].strip()
                merged[name] = merged.get(name, 0.0) + sign * count
        return Reaction(tuple(merged.items()))

    def __str__(self) -> str:
        """Write it as it is read."""

        def side(sign: int) -> str:
            terms = [(n, abs(v)) for n, v in self.coefficients if v * sign > 0]
            return " + ".join(n if v == 1 else f"{v:.12g} {n}" for n, v in terms)

        return f"{side(-1)} -> {side(1)}"

    def mass_column(self, basis: ComponentSet) -> Array:
        """Change in kg of every component per kg of the limiting reactant that reacts."""
        column = np.zeros(len(basis))
        for name, count in self.coefficients:
            i = basis.index[name]
            column[i] += count * basis.molar_mass[i]
        column /= -column[basis.index[self.limiting]]
        return column

    def check(self, basis: ComponentSet, findings: Findings) -> bool:
        """Whether all names are components with a molar mass and every element closes."""
        at = f"reaction {self}"
        for name, _ in self.coefficients:
            if name not in basis.index:
                findings.unknown("a component of the flowsheet", name, basis.names, at=at)
                return False
            if not np.isfinite(basis.molar_mass[basis.index[name]]):
                findings.note(
                    "formula",
                    "a component with a formula",
                    name,
                    at=at,
                    hint="give the component a formula",
                )
                return False
        mass = self.mass_column(basis)
        change = basis.element_matrix @ mass
        moved = basis.element_matrix @ np.abs(mass)
        for element, dm, m in zip(basis.elements, change, moved, strict=True):
            if not abs(dm) <= _BALANCE_TOLERANCE * max(m, 1e-30):
                findings.note(
                    "reaction",
                    "every element closes",
                    f"{element} changes by {dm:+.3g} kg per kg of {self.limiting}",
                    at=at,
                )
                return False
        return True


@dataclass(frozen=True)
class ReactionText(FieldType[Findings]):
    """A reaction, or its text."""

    words: str = "a reaction such as Li2SO4(aq) + Na2CO3 -> Li2CO3 + Na2SO4(aq)"

    def read(self, written: object, at: str, findings: Findings) -> object:
        """The text; it is parsed when the unit is bound."""
        return self.expect(isinstance(written, str), written, at, findings)


def sound_reactions(
    written: Sequence[str | Reaction], basis: ComponentSet, findings: Findings
) -> list[Reaction]:
    """Reactions that can be read and close; the others are findings."""
    reactions = []
    for one in written:
        try:
            reaction = one if isinstance(one, Reaction) else Reaction.parse(one)
        except InputError as error:
            findings.items += error.findings
        else:
            if reaction.check(basis, findings):
                reactions.append(reaction)
    return reactions


def mass_matrix(
    reactions: Sequence[Reaction], basis: ComponentSet
) -> tuple[Array, NDArray[np.intp]]:
    """kg per kg of limiting reactant, shape (component, reaction); rows of the limiting ones."""
    limiting = np.array([basis.index[r.limiting] for r in reactions], dtype=np.intp)
    matrix = np.zeros((len(basis), len(reactions)))
    for j, reaction in enumerate(reactions):
        matrix[:, j] = reaction.mass_column(basis)
    return matrix, limiting
