"""A user's own flowsheet as the process of a site."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from loopbook.errors import InputError
from loopbook.flowsheet import Flowsheet, Solution, read_flowsheet
from loopbook.loop.goods.basis import Basis
from loopbook.loop.goods.exchange import Facts, Outcome
from loopbook.matter import component_names
from loopbook.tables import Array, convert


@dataclass(frozen=True, slots=True)
class OwnFlowsheet:
    """A flowsheet that takes what arrives, in place of what its file feeds.

    Per tonne of feed its flows are those of its file, also what it is fed beside. Streams that
    leave it and are named like a material are made; the others are disposal, as is what arrives
    and is none of its components.

    Parameters
    ----------
    flowsheet : as its file has it.
    feed : name of the feed.
    materials : names of materials.
    basis : components of all streams.
    opened : see `Basis.opened`.
    """

    flowsheet: Flowsheet
    feed: str
    materials: frozenset[str]
    basis: Basis
    opened: Array

    @classmethod
    def of(cls, facts: Facts) -> "OwnFlowsheet":
        """The flowsheet of a site; of several feeds the one named ``feed`` takes what arrives."""
        assert facts.flowsheet is not None
        flowsheet = read_flowsheet(facts.flowsheet)
        names = [*flowsheet.feeds]
        feed = "feed" if "feed" in names else names[0]
        if len(names) > 1 and feed != "feed":
            where, listed = facts.flowsheet.name, ", ".join(names)
            raise InputError.of("feeds", where, "one feed, or one of the name feed", listed)
        opened = facts.basis.opened(flowsheet.components.names)
        return cls(flowsheet, feed, facts.materials, facts.basis, opened)

    def run(self, feed: Array) -> Outcome:
        """What it makes of a stream, (component, draw); reagents are drawn."""
        seen = self.opened @ feed
        rows = [
            k
            for k, name in enumerate(self.basis.names)
            if name in self.flowsheet.components.index and seen[k].any()
        ]
        past = seen.copy()
        past[rows] = 0.0
        if not rows:
            return Outcome(disposal=past)
        tonnes = seen[rows].sum(axis=0)
        shares = np.where(tonnes > 0, seen[rows], seen[rows].sum(axis=1, keepdims=True))
        solution = self._solve([self.basis.names[k] for k in rows], shares / shares.sum(axis=0))
        scale = tonnes / solution.mass(self.feed)
        places = [self.basis.index[name] for name in solution.plan.basis.names]

        def stream(name: str) -> Array:
            whole = np.zeros((len(self.basis.names), len(scale)))
            whole[places] = solution.flow(name) * scale
            return whole

        outlets = {name: stream(name) for name in self.flowsheet.products}
        made = {name: outlets.pop(name) for name in [*outlets] if name in self.materials}
        supplies = [s for x in self.flowsheet.placed.values() for s in x.supplies.values()]
        supplies += [name for name in self.flowsheet.feeds if name != self.feed]
        drawn = sum(map(stream, supplies), self.basis.zeros())
        return Outcome(made=made, disposal=sum(outlets.values(), past), drawn=drawn)

    def _solve(self, names: list[str], shares: Array) -> Solution:
        """Solve it for a feed of its written mass with other shares."""
        written = self.flowsheet.feeds[self.feed]
        kg_per_h = float(np.sum([x[0] for x in written.kg_per_h.values()]))
        whole = kg_per_h / convert(1.0, written.unit, "kg/h")
        flows: dict[str, Array] = {name: np.zeros(1) for name in written.kg_per_h}
        flows |= {name: share * whole for name, share in zip(names, shares, strict=True)}
        return self.flowsheet.solve({f"{self.feed}.{name}": x for name, x in flows.items()})


def own_components(facts: Facts) -> Mapping[str, Mapping[str, float]]:
    """Components of a site's flowsheet, with the elements of those that are not the library's."""
    assert facts.flowsheet is not None
    items = read_flowsheet(facts.flowsheet).components.items
    return {x.name: {} if x.name in component_names() else x.element_shares() for x in items}
