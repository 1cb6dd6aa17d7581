"""What formulas may ask of a loop that was walked, by period and draw."""

from collections.abc import Callable, Collection, Mapping
from datetime import date
from functools import cached_property
from typing import TypeVar

import numpy as np

from loopbook.loop.money.accounts import Accounts
from loopbook.loop.money.footprint import Footprint, footprint
from loopbook.loop.nouns.matter import CLASSES, READINGS
from loopbook.loop.values.quantity import Quantity
from loopbook.loop.walking.network import room_of
from loopbook.loop.walking.origins import Origins, origins
from loopbook.loop.walking.result import Flow, Walk
from loopbook.tables import Array

Row = TypeVar("Row")


class World:
    """A walk and its accounts, added up by period.

    Parameters
    ----------
    walked : the walk.
    money : its payments and burdens.
    """

    def __init__(self, walked: Walk, money: Accounts) -> None:
        self.walked, self.money, self.loop, self.sites = walked, money, walked.loop, walked.sites
        self.periods = walked.loop.calendar.periods
        self.zero = np.zeros((len(walked.steps), 1))
        self.nothing = np.zeros((len(walked.steps), len(walked.basis.names), 1))
        of = [step.period for step in walked.steps]
        self._starts = [of.index(period) for period in self.periods]

    def sums(self, by_step: Array) -> Array:
        """Sums of the steps of each period."""
        every = np.broadcast_to(by_step, (len(self.zero), *by_step.shape[1:]))
        return np.asarray(np.add.reduceat(every, self._starts, axis=0))

    def at_end(self, by_step: Array) -> Array:
        """What there is after the last step of each period."""
        return np.asarray(by_step[[*(k - 1 for k in self._starts[1:]), -1]])

    def stream(
        self,
        goods: Mapping[str, Array],
        of: Collection[str],
        law: Callable[[Array], Array] | None = None,
    ) -> Array:
        """Streams of some materials or groups, or of all, (period, component, draw)."""
        names = {x for name in of for x in self.loop.materials_of(name)}
        parts = (stream for name, stream in goods.items() if not of or name in names)
        return (law or self.sums)(np.asarray(sum(parts, self.nothing)))

    def taken(self, contract: str, *some: str) -> Array:
        """The stream that a contract moves, of some materials and sites."""
        of = [name for name in some if name not in self.sites]
        flows = self.walked.of(contract)
        ends = {*some} & self.sites.keys()
        rows = [flow for flow in flows if ends <= {flow.row.from_, flow.row.to}]
        nothing = self.sums(self.nothing)
        return np.asarray(sum((self.stream(flow.materials, of) for flow in rows), nothing))

    def of_flows(self, law: Callable[[int, Flow], Array], contract: str, *some: str) -> Array:
        """What is known of each row of a contract, of some sites and materials, in all."""
        rows = (
            law(k, flow)
            for k, flow in enumerate(self.walked.flows)
            if flow.row.contract == contract
            and {*some} <= {flow.row.from_, flow.row.to, flow.row.material}
        )
        return self.sums(np.asarray(sum(rows, self.zero)))

    def owed(self, contract: str, *some: str) -> Array:
        """Tonnes of metal due under the terms of return of a contract, of some elements."""
        rows = (
            tonnes
            for (name, element), tonnes in self.walked.owed.items()
            if name == contract and (not some or element in some)
        )
        return self.at_end(np.asarray(sum(rows, self.zero)))

    def capacity(self, site: str, of: str = "") -> Array:
        """Tonnes that a site can take or make, in operation; a ValueError without a limit."""
        room = room_of(self.loop.models[site], self.loop, self.walked.basis)
        if of not in room.capacity:
            raise ValueError(f"{site} has no capacity" + (f" of {of}" if of else " of all"))
        return self.sums(room.capacity[of])

    def reagent(self, site: str, name: str) -> Array:
        """Tonnes of a reagent that the route of a site takes."""
        feed = self.sites[site].quantity("feed", self.walked.basis)
        solved = self.sites[site].solved
        doses = [np.zeros(1) if x is None else x.reagents.get(name, np.zeros(1)) for x in solved]
        return self.sums(feed * np.stack(np.broadcast_arrays(*doses))) if doses else self.zero

    def recycled(self, name: str, of: str, reading: str, *some: str) -> Array:
        """Tonnes of an element, of the classes that a reading counts, in what a contract moves or a
        site makes, of some materials.
        """
        row = self.walked.basis.elements
        names = {y for x in some for y in self.loop.materials_of(x)}
        flows = zip(self.walked.flows, self.origins.flows, strict=True)
        goods = [x for flow, x in flows if flow.row.contract == name]
        goods.append({x: y for (site, x), y in self.origins.made.items() if site == name})
        kinds = [CLASSES.index(x) for x in READINGS[reading]]
        parts = (
            stream[:, kinds, row.index(of)].sum(axis=1)
            for streams in goods
            for material, stream in streams.items()
            if of in row and (not some or material in names)
        )
        return self.sums(np.asarray(sum(parts, self.zero)))

    @cached_property
    def origins(self) -> Origins:
        """What flows by class."""
        return origins(self.walked)

    def mean(self, quantity: Quantity) -> Array:
        """A quantity by period in its own unit; in one period where it is constant."""
        spans = self.periods if quantity.series else self.periods[:1]
        return np.stack([quantity.over(span, quantity.unit) for span in spans])

    def share(self, owner: str, company: str) -> Array:
        """Share of a company that an owner has at the start of each period."""
        days = [date(span.first // 12, span.first % 12 + 1, 1) for span in self.periods]
        shares = [self.loop.owners_of(company, day).get(owner) for day in days]
        rows = (
            np.zeros(1) if share is None else share.in_month(span.first, "1")
            for share, span in zip(shares, self.periods, strict=True)
        )
        return np.stack(np.broadcast_arrays(*rows))

    def matching(self, rows: Mapping[Row, Array], some: Mapping[str, Collection[str]]) -> Array:
        """Payments or burdens whose fields have some names."""
        fits = (
            amount
            for row, amount in rows.items()
            if all(getattr(row, field) in names for field, names in some.items())
        )
        return self.sums(np.asarray(sum(fits, self.zero)))

    @cached_property
    def carried(self) -> Footprint:
        """Burdens as they go to what is sold."""
        return footprint(self.money)

    def is_on(self, role: str, name: object) -> bool:
        """Whether a site, contract or party is in force; other names always are."""
        lists = {
            "site": self.sites,
            "contract": {row.contract for row in self.loop.contracts},
            "party": self.loop.parties,
        }
        return name in lists.get(role, (name,))
