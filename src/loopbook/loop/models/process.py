"""A process: a route, a flowsheet file, or shares of components."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Split
from loopbook.tables import Choice, Text, Whole


@dataclass(frozen=True, kw_only=True)
class Process(SiteModel):
    """Makes of what arrives what its process gives; what goes nowhere is `disposal`.

    The column `process` names a route (``preprocessing``, ``hydro``, ``pyro``, ``direct``), a
    flowsheet file, or a process of ``shares``.
    """

    model = "process"
    by_arrival = True
    runs = "needed"

    costing: Annotated[
        str,
        Choice("everbatt"),
        "how the plant's own cost is computed: sized by its capacity, by EverBatt's method",
    ] = ""
    fixed_costs: Annotated[
        str,
        Choice("in full", "by use"),
        "whether they are paid in full, or in the share of the capacity that is used",
    ] = "in full"
    region: Annotated[
        str, Text("a place"), "row of the library's geography: prices of energy and labour, grid"
    ] = "US"
    equipment_year: Annotated[
        int, Whole("a year", 1950, 2100), "to which prices of equipment are escalated"
    ] = 2020

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Materials of the rows of ``shares``; those of a route or flowsheet are its own."""
        return [row.to for row in splits if row.to != "disposal"] or None
