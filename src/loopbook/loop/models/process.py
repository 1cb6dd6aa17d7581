"""A process: a route, a flowsheet file, or shares of components."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.loop.goods.exchange import Facts, Goods, Now, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Split
from loopbook.tables import Array, Choice, Text, Whole


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

    def prepare(self, facts: Facts) -> object:
        """The process of its name."""
        columns = {name for split in facts.splits for name in split.components}
        return Splitting(facts.basis.opened(columns), tuple(facts.splits))

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """What its process makes of all that arrives."""
        process = now.prepared
        assert isinstance(process, Splitting)
        return process.run(sum(feed.values(), now.basis.zeros()), now)


@dataclass(frozen=True, slots=True)
class Splitting:
    """A process of ``shares``.

    Parameters
    ----------
    opened : see `Basis.opened`.
    splits : its rows.
    """

    opened: Array
    splits: tuple[Split, ...]

    def run(self, feed: Array, now: Now) -> Outcome:
        """Each row takes its shares of the opened components; the rest is disposal."""
        seen = self.opened @ feed
        rest, made = seen, {}
        for split in self.splits:
            taken = np.zeros_like(seen)
            for name, share in split.components.items():
                row = now.basis.index[name]
                taken[row] = now.mean(share) * seen[row]
            made[split.to] = taken
            rest = rest - taken
        disposal = rest + made.pop("disposal", 0.0)
        return Outcome(made=made, disposal=disposal)
