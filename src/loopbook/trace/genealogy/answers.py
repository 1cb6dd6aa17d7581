"""Answers of tracing: where a lot's matter came from, and where it went.

Shares are 0..1 of the lot's matter of one substance; amounts are milligrams, as float64, because a
share of a whole number is none. In records they are kg, rounded to the milligram. A share is NaN
where the lot holds nothing of a substance, so that "no nickel" is never read as "no nickel from
there".
"""

from dataclasses import dataclass, field
from typing import Annotated, ClassVar

import numpy as np

from loopbook.report import (
    HIDDEN,
    KEYS,
    Answer,
    Column,
    Rows,
    counted,
    each_mass,
    each_share,
    kilograms,
)
from loopbook.trace.genealogy.columns import Shares
from loopbook.trace.genealogy.names import Names

METALS = ("Ni", "Co", "Li")
"""What people see unless they ask for others: the metals of recycled-content claims."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that a lot's matter came from.

    `id` is a lot that came from outside, or the boundary where metal appeared that no input had:
    ``unaccounted`` of a run, ``reassay`` or ``stock-take``.
    """

    id: Annotated[str, "a lot that came from outside, or a boundary", Column(title="Origin")]
    kind: Annotated[str, "lot, or the kind of the boundary", Column(drops=HIDDEN)]
    material: Annotated[str, "of the lot; empty for boundaries", Column(drops=2)]
    supplier: Annotated[str, "of the lot; empty for boundaries"]
    shares: Annotated[Shares, "of the traced lot's matter", each_share()]
    amounts_mg: Annotated[
        Shares, "the same as mass, of all that came into the lot", each_mass(title="{} came in")
    ]


def moved_notes(moved_mg: float) -> tuple[str, ...]:
    """What to know where assays moved matter between substances, mg."""
    if moved_mg < 0.5:
        return ()
    text = f"{kilograms(moved_mg):,.3f} kg of it is what assays moved from one substance to another"
    return (f"{text}: it counts as what came in, and left again as reassay",)


@dataclass(frozen=True, slots=True)
class Trace(Answer):
    """Where a lot's matter came from, the largest origin first."""

    prefers: ClassVar[tuple[str, ...]] = METALS

    lot: Annotated[str, "the traced lot"]
    material: Annotated[str, "what it is"]
    substances: Annotated[tuple[str, ...], KEYS]
    total_mg: Annotated[Shares, "all that came into the lot", each_mass("total_{}_kg", "All {}")]
    origins: Annotated[tuple[Origin, ...], Rows("Origins")]
    ancestors: Annotated[int, "number of lots that are in it, itself not counted"]
    notes: Annotated[tuple[str, ...], "what to know about it"] = ()

    def headline(self) -> str:
        """Which lot, and how many origins."""
        origins, lots = counted(len(self.origins), "origin"), counted(self.ancestors, "lot")
        return f"{self.lot} ({self.material}): {origins}, {lots} before it"

    def shares(self, substance: str) -> dict[str, float]:
        """Share of each origin in one substance, or in ``mass``; without the zeros."""
        if substance == "mass":
            whole = float(self.total_mg.sum())
            shares = {x.id: float(x.amounts_mg.sum()) / whole for x in self.origins if whole}
        else:
            place = self.substances.index(substance)
            shares = {x.id: float(x.shares[place]) for x in self.origins}
        return {name: share for name, share in shares.items() if share > 0.0}


@dataclass(frozen=True, slots=True)
class SureOrigin(Origin):
    """An origin with the standard uncertainty of its shares; NaN where none was computed."""

    sigmas: Annotated[
        Shares, "standard uncertainty of the share", each_share("{}_u_share", "± of {}")
    ]


@dataclass(frozen=True, slots=True)
class SureTrace(Trace):
    """A trace whose shares have uncertainties, from the measurements."""

    origins: Annotated[tuple[SureOrigin, ...], Rows("Origins")]


@dataclass(frozen=True, slots=True)
class Reached:
    """A lot that contains, or contained, matter from the recalled lot."""

    lot: Annotated[str, "a lot that matter reached"]
    material: Annotated[str, "what it is", Column(drops=2)]
    shares: Annotated[Shares, "of this lot's matter, from the recalled one", each_share()]
    amounts_mg: Annotated[
        Shares, "all that came into this lot from there", each_mass(title="{} came in", adds=False)
    ]
    held_mg: Annotated[
        Shares, "of that, still in this lot", each_mass("{}_here_kg", "{} here now", drops=2)
    ]
    on_hold: Annotated[str | None, "why the lot is on hold"] = None


@dataclass(frozen=True, slots=True)
class Ended:
    """Matter from the recalled lot that left the book's lots."""

    id: Annotated[str, "the boundary: kind, party and site with slashes", Column(drops=HIDDEN)]
    kind: Annotated[str, "customer, waste, emission, unaccounted, ...", Column(title="Left as")]
    lot: Annotated[str, "the lot that it left", Column(title="From lot")]
    amounts_mg: Annotated[Shares, "how much of it left", each_mass()]

    @property
    def place(self) -> Annotated[str, "to which party or at which site", Column(title="To or at")]:
        """The boundary without its kind: ``Trader``."""
        return self.id.strip("/").partition("/")[2].strip("/")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """How much of the recalled matter is in lots of the book, or left it in one way."""

    place: Annotated[str, "in lots of the book, or the kind of boundary"]
    amounts_mg: Annotated[Shares, "how much", each_mass()]
    shares: Annotated[Shares, "of all that came into the recalled lot", each_share()]


@dataclass(frozen=True, slots=True)
class Recall(Answer):
    """Where a lot's matter went; what its descendants hold and what ended add up to all of it.

    `reached` has the lot itself first, then all lots that hold or held matter from it, in the order
    in which they were made.
    """

    prefers: ClassVar[tuple[str, ...]] = METALS

    lot: Annotated[str, "the recalled lot"]
    material: Annotated[str, "what it is"]
    substances: Annotated[tuple[str, ...], KEYS]
    total_mg: Annotated[Shares, "all that came into the lot", each_mass("total_{}_kg", "All {}")]
    reached: Annotated[tuple[Reached, ...], Rows("Lots that it reached")]
    ended: Annotated[tuple[Ended, ...], Rows("What left the book's lots")]

    @property
    def whereabouts(self) -> Annotated[tuple[Whereabouts, ...], Rows("Where it is now")]:
        """The whole of it, by place."""
        held = sum((x.held_mg for x in self.reached), np.zeros(len(self.substances)))
        amounts: dict[str, Shares] = {"in lots of the book": held}
        for end in self.ended:
            amounts[end.kind] = amounts.get(end.kind, 0.0 * held) + end.amounts_mg
        with np.errstate(invalid="ignore"):
            return tuple(Whereabouts(k, mg, mg / self.total_mg) for k, mg in amounts.items())

    @property
    def notes(self) -> Annotated[tuple[str, ...], "what to know about it"]:
        """That assays moved matter between substances."""
        return moved_notes(sum(x.amounts_mg.sum() for x in self.ended if x.kind == "reassay"))

    def headline(self) -> str:
        """Which lot, and how many lots it reached."""
        others = max(len(self.reached) - 1, 0)
        return f"{self.lot} ({self.material}): reached {counted(others, 'lot')}"


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
