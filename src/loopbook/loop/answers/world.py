"""What formulas may ask of a loop that was walked, by period and draw."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from functools import cached_property

import numpy as np

from loopbook.loop.loop import Loop
from loopbook.loop.money.accounts import Accounts
from loopbook.loop.money.footprint import Footprint, footprint
from loopbook.loop.time.calendar import Span
from loopbook.loop.values.quantity import Quantity
from loopbook.loop.walking.network import room_of
from loopbook.loop.walking.result import Flow, Walk
from loopbook.tables import Array

Filter = Mapping[str, Collection[str]]
"""Names that a field of a payment or a burden may have, by field."""


class World:
    """A walk and its accounts, added up by period.

    Parameters
    ----------
    walked : the walk.
    money : its payments and burdens.
    """

    def __init__(self, walked: Walk, money: Accounts) -> None:
        self.walked, self.money, self.loop = walked, money, walked.loop
        self._starts = [
            next(step.index for step in walked.steps if step.period == period)
            for period in self.loop.calendar.periods
        ]

    @property
    def periods(self) -> tuple[Span, ...]:
        """Periods in order: the first axis of all arrays."""
        return self.loop.calendar.periods

    def sums(self, by_step: Array) -> Array:
        """Sums of the steps of each period."""
        return np.asarray(np.add.reduceat(self._every(by_step), self._starts, axis=0))

    def _every(self, by_step: Array) -> Array:
        return np.broadcast_to(by_step, (len(self.walked.steps), *by_step.shape[1:]))

    def at_end(self, by_step: Array) -> Array:
        """What there is after the last step of each period."""
        last = [*(k - 1 for k in self._starts[1:]), len(self.walked.steps) - 1]
        return np.asarray(by_step[last])

    @property
    def nothing(self) -> Array:
        """No stream, (step, component, draw)."""
        return np.zeros((len(self.walked.steps), len(self.walked.basis.names), 1))

    def stream(self, goods: Mapping[str, Array], of: Collection[str]) -> Array:
        """Streams of some materials or groups, or of all, (step, component, draw)."""
        names = {x for name in of for x in self.loop.materials_of(name)}
        parts = (stream for name, stream in goods.items() if not of or name in names)
        return np.asarray(sum(parts, self.nothing))

    def _flows(self, contract: str, some: Iterable[str]) -> Iterator[Flow]:
        """Flows of a contract, of rows with all the sites that are named."""
        sites = {name for name in some if name in self.loop.sites}
        for flow in self.walked.of(contract):
            if sites <= {flow.row.from_, flow.row.to}:
                yield flow

    def taken(self, contract: str, *some: str) -> Array:
        """The stream that a contract moves, of some materials and sites."""
        of = [name for name in some if name not in self.loop.sites]
        parts = (self.stream(flow.materials, of) for flow in self._flows(contract, some))
        return self.sums(np.asarray(sum(parts, self.nothing)))

    def asked(
        self, contract: str, *some: str, what: Callable[[Flow], Array] = lambda flow: flow.asked
    ) -> Array:
        """Tonnes that rows of a contract ask for, or what else is known of them."""
        of = {name for name in some if name not in self.loop.sites}
        rows = (x for x in self._flows(contract, some) if not of or x.row.material in of)
        return self.sums(np.asarray(sum(map(what, rows), np.zeros((len(self.walked.steps), 1)))))

    def capacity(self, site: str, of: str = "") -> Array:
        """Tonnes that a site can take or make, in operation."""
        room = room_of(self.loop.models[site], self.loop, self.walked.basis)
        return self.sums(room.capacity[of])

    def reagent(self, site: str, name: str) -> Array:
        """Tonnes of a reagent that the route of a site takes."""
        done = self.walked.sites[site]
        feed = self._every(done.quantity("feed", self.walked.basis))
        doses = [np.zeros(1) if x is None else x.reagents.get(name, 0.0) for x in done.solved]
        return self.sums(np.array([x * tonnes for x, tonnes in zip(doses, feed, strict=True)]))

    def mean(self, quantity: Quantity) -> Array:
        """A quantity by period in its own unit; in one period where it is constant."""
        spans = self.periods if quantity.series else self.periods[:1]
        return np.stack([quantity.over(span, quantity.unit) for span in spans])

    def share(self, owner: str, company: str) -> Array:
        """Share of a company that an owner has at the start of each period."""
        rows = []
        for span in self.periods:
            owners = self.loop.owners_of(company, date(span.first // 12, span.first % 12 + 1, 1))
            share = owners.get(owner)
            rows.append(np.zeros(1) if share is None else share.in_month(span.first, "1"))
        return np.stack(rows)

    def paid(self, some: Filter) -> Array:
        """Payments with some payer, payee, term and the like."""
        rows = (x for entry, x in self.money.payments.items() if _fits(entry, some))
        return self.sums(np.asarray(sum(rows, np.zeros((len(self.walked.steps), 1)))))

    def burden(self, some: Filter) -> Array:
        """t CO2e of burdens with some site, term and the like."""
        rows = (x for burden, x in self.money.burdens.items() if _fits(burden, some))
        return self.sums(np.asarray(sum(rows, np.zeros((len(self.walked.steps), 1)))))

    @cached_property
    def _carried(self) -> Footprint:
        """Burdens as they go to what is sold."""
        return footprint(self.money)

    def footprint(self, contract: str, *some: str) -> Array:
        """t CO2e that what a contract moves carries."""
        number = {id(flow): k for k, flow in enumerate(self.walked.flows)}
        return self.asked(contract, *some, what=lambda x: self._carried.flows[number[id(x)]])


def _fits(row: object, some: Filter) -> bool:
    return all(getattr(row, name) in names for name, names in some.items())


def is_on(loop: Loop, role: str, name: str) -> bool:
    """Whether a party, site or contract is in force; other names are always."""
    match role:
        case "party":
            return name in loop.parties or name == "outside"
        case "site":
            return name in loop.sites
        case "contract":
            return any(row.contract == name for row in loop.contracts)
    return True
