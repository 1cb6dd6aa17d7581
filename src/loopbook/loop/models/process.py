"""A process: a route, a flowsheet file, or shares of components."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np

from loopbook.errors import Finding
from loopbook.flowsheet import ROUTES, RouteSetting
from loopbook.loop.goods.basis import Basis
from loopbook.loop.goods.exchange import Facts, Goods, Now, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.matter import Split
from loopbook.loop.routes.own import OwnFlowsheet, own_components
from loopbook.loop.routes.running import Running, route_components
from loopbook.loop.values.measure import factor_to, numbers_of
from loopbook.loop.values.refused import require_draws
from loopbook.matter import load_library
from loopbook.tables import Array, Choice, Text, Whole

_CLOSURE = 1e-9


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

    def faults(self) -> Iterable[Finding]:
        """A plant of a route is sized by its capacity."""
        size = self.capacity.get("")
        if size is not None and self.process in ROUTES and not max(numbers_of(size)) > 0.0:
            what = f"above 0 {size.unit}, for {self.process} is sized by it"
            yield Finding("negative", f"{size.where}, value", what, f"0 {size.unit}")

    def outputs(self, splits: Sequence[Split]) -> Iterable[str] | None:
        """Materials of the rows of ``shares``; those of a route or flowsheet are its own."""
        return [row.to for row in splits if row.to != "disposal"] or None

    def components(self, facts: Facts) -> Mapping[str, Mapping[str, float]]:
        """Those of its route or flowsheet."""
        if facts.flowsheet is not None:
            return own_components(facts)
        if self.process not in ROUTES:
            return {}
        library = facts.library or load_library()
        return {name: {} for name in route_components(self.process, library)}

    def prepare(self, facts: Facts) -> object:
        """The process of its name."""
        if facts.flowsheet is not None:
            return OwnFlowsheet.of(facts)
        if self.process in ROUTES:
            library = facts.library or load_library()
            return Running.of(self.process, self._setting(facts.priced_as), library, facts.basis)
        columns = {name for split in facts.splits for name in split.components}
        return Splitting(facts.basis.opened(columns), tuple(facts.splits))

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """What its process makes of all that arrives."""
        process, whole = now.prepared, sum(feed.values(), now.basis.zeros())
        if isinstance(process, Running):
            return process.run(whole, now.state)
        if isinstance(process, OwnFlowsheet):
            return process.run(whole)
        assert isinstance(process, Splitting)
        return process.run(feed, now)

    def _setting(self, priced_as: Mapping[str, str]) -> RouteSetting:
        """Size by its largest capacity, place and prices."""
        setting = RouteSetting(
            location=self.region, dollar_year=self.equipment_year, priced_as=priced_as
        )
        size = self.capacity.get("")
        if size is None:
            return setting
        row = size.series
        drawn = size.draws if row is None or row.draws is None else np.nanmax(row.draws, axis=0)
        largest = np.asarray(max(numbers_of(size)) if drawn is None else drawn)
        factor = factor_to(size.unit, "t/yr") or math.nan
        return replace(setting, throughput_t_per_yr=largest * factor)


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

    def idle(self, feed: Goods, basis: Basis) -> Iterable[tuple[Split, str, str]]:
        """Columns that take nothing, for another that acts holds what they are of.

        Yields the row, its column, and the component that has the other.
        """
        columns = dict.fromkeys(name for split in self.splits for name in split.components)
        whole = sum((x for name, x in feed.items() if name not in columns), basis.zeros())
        seen = self.opened @ whole
        acting = [x for x in columns if x in feed or seen[basis.index[x]].any()]
        for split in self.splits:
            for name in (x for x in split.components if x not in acting):
                outer = next((x for x in acting if basis.holds(x, (name,))), None)
                if outer is not None:
                    yield split, name, outer

    def run(self, feed: Goods, now: Now) -> Outcome:
        """Each row takes its shares of materials that arrive and of what others open into.

        A material that has a column stays as it is. What no row takes is disposal.
        """
        columns = {name for split in self.splits for name in split.components}
        opened = [stream for name, stream in feed.items() if name not in columns]
        seen = self.opened @ sum(opened, now.basis.zeros())
        rest, made = seen + sum((feed[x] for x in columns & {*feed}), now.basis.zeros()), {}
        for split in self.splits:
            shares = {name: now.mean(share) for name, share in split.components.items()}
            draws = np.broadcast_shapes(*(share.shape for share in shares.values()))
            each = np.zeros((len(rest), *draws))
            for name, share in shares.items():
                each[now.basis.index[name]] = share
            whole = [share * feed[name] for name, share in shares.items() if name in feed]
            taken = sum(whole, each * seen)
            made[split.to] = taken
            rest = rest - taken
        for split in self.splits[:1]:
            good = rest.min(axis=0) >= -_CLOSURE * sum(feed.values(), seen).max(axis=0)
            expected = f"shares of {split.process} that sum to at most 100 % of each component"
            require_draws(good, "sum", split.where, expected)
        disposal = np.maximum(rest, 0.0) + made.pop("disposal", 0.0)
        return Outcome(made=made, disposal=disposal)
