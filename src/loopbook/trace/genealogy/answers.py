"""Answers of tracing: where a lot's matter came from, and where it went.

Shares are 0..1 of the lot's matter of one substance; amounts are milligrams, as float64, because a
share of a whole number is none. A share is NaN where the lot holds nothing of a substance, so that
"no nickel" is never read as "no nickel from there".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import Shares


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that a lot's matter came from.

    Parameters
    ----------
    id : a lot that came from outside; or the boundary where metal was found that no input had:
        ``unaccounted`` of a run, ``reassay`` or ``stock-take``.
    kind : ``"lot"`` or the boundary's kind.
    material, supplier : of the lot; empty for boundaries.
    shares : of the traced lot's matter, by substance.
    amounts_mg : the same in mg of all that came into the traced lot.
    """

    id: str
    kind: str
    material: str
    supplier: str
    shares: Shares
    amounts_mg: Shares


@dataclass(frozen=True, slots=True)
class Trace:
    """Where a lot's matter came from.

    Parameters
    ----------
    lot, material : which.
    substances : in the order of shares and amounts.
    total_mg : all that came into the lot.
    origins : by share of the mass, the largest first.
    ancestors : number of lots that are in it, itself not counted.
    """

    lot: str
    material: str
    substances: tuple[str, ...]
    total_mg: Shares
    origins: tuple[Origin, ...]
    ancestors: int

    def shares(self, substance: str) -> dict[str, float]:
        """Share of each origin in one substance, or in ``mass``; without the zeros."""
        if substance == "mass":
            whole = float(self.total_mg.sum())
            shares = {x.id: float(x.amounts_mg.sum()) / whole for x in self.origins if whole}
        else:
            place = self.substances.index(substance)
            shares = {x.id: float(x.shares[place]) for x in self.origins}
        return {name: share for name, share in shares.items() if share > 0.0}

    def by(self, groups: Mapping[str, str] | str) -> dict[str, Shares]:
        """Amounts by group, mg of each substance.

        Parameters
        ----------
        groups : ``"supplier"`` or ``"material"`` of the origins; or a group by origin's id, where
            origins that are not in it are groups of their own.
        """
        amounts: dict[str, Shares] = {}
        for origin in self.origins:
            if isinstance(groups, str):
                name = getattr(origin, groups) or origin.kind
            else:
                name = groups.get(origin.id, origin.id)
            amounts[name] = amounts.get(name, 0.0) + origin.amounts_mg
        return amounts


@dataclass(frozen=True, slots=True)
class Reached:
    """A lot that holds, or held, matter from the recalled lot.

    Parameters
    ----------
    lot, material : which.
    shares : of this lot's matter that came from the recalled one, by substance.
    amounts_mg : all that came into this lot from there.
    held_mg : the part that is in this lot now; the rest went on.
    """

    lot: str
    material: str
    shares: Shares
    amounts_mg: Shares
    held_mg: Shares


@dataclass(frozen=True, slots=True)
class Ended:
    """Matter from the recalled lot that left the book's lots.

    Parameters
    ----------
    id, kind : of the boundary: a customer, waste, emission, unaccounted, ...
    lot : from which lot it left.
    amounts_mg : how much of it, by substance.
    """

    id: str
    kind: str
    lot: str
    amounts_mg: Shares


@dataclass(frozen=True, slots=True)
class Recall:
    """Where a lot's matter went.

    Parameters
    ----------
    lot, material : which.
    substances : in the order of shares and amounts.
    total_mg : all that came into the lot; what its descendants hold and what ended is the same.
    reached : the lot itself first, then all that holds or held matter from it, as they were made.
    ended : what left, by boundary and lot.
    """

    lot: str
    material: str
    substances: tuple[str, ...]
    total_mg: Shares
    reached: tuple[Reached, ...]
    ended: tuple[Ended, ...]

    def customers(self) -> dict[str, Shares]:
        """Amounts by customer, mg of each substance."""
        amounts: dict[str, Shares] = {}
        for end in self.ended:
            if end.kind == "customer":
                name = end.id.split("/")[1]
                amounts[name] = amounts.get(name, 0.0) + end.amounts_mg
        return amounts


@dataclass(frozen=True, slots=True)
class Composition:
    """Origins of all lots, by group.

    Parameters
    ----------
    lots : their names, in the order in which they were made.
    groups : names of the groups.
    substance : of which the shares are.
    shares : (lot, group); a row of zeros where a lot has nothing of the substance.
    total_mg : all that came into each lot.
    """

    lots: Names
    groups: tuple[str, ...]
    substance: str
    shares: Shares = field(repr=False)
    total_mg: Shares = field(repr=False)
