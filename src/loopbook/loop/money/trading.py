"""What the terms of contracts pay: each flow is priced month by month, as one lot of its step."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from loopbook.loop.goods.basis import Basis
from loopbook.loop.money.ledger import Carried, Entry, Ledger, held, months_of, shares_of, sides
from loopbook.loop.nouns.places import Lane
from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Amount, Bounded
from loopbook.loop.terms.lot import ZERO, Lot
from loopbook.loop.terms.policies.credit import Credit
from loopbook.loop.terms.policies.duty import Duty
from loopbook.loop.terms.prices.freight import Freight, freight, freight_carbon
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.prices.take_or_pay import TakeOrPay
from loopbook.loop.terms.sites.accept import Accept
from loopbook.loop.terms.sites.burden import Burden
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.walking.result import Flow
from loopbook.tables import Array

_LATE = (Duty, Credit)
UNITS_OF_GOODS = {"kWh": ("GWh", 1e6), "pack": ("pack", 1.0)}
"""Unit in which goods are counted, and what it has of a unit of prices."""


def price_flows(ledger: Ledger) -> None:
    """Payments and burdens of all contracts."""
    for number, flow in enumerate(ledger.walked.flows):
        _Trade(ledger, flow, number).price()


def counted(basis: Basis, tonnes: Mapping[str, Array], unit: str) -> Array | None:
    """Packs or kWh of some materials; None where the mass of one is not known."""
    goods, times = UNITS_OF_GOODS[unit]
    if any((name, goods) not in basis.tonnes for name in tonnes):
        return None
    parts = (t / basis.tonnes[name, goods] * times for name, t in tonnes.items())
    return np.asarray(sum(parts, ZERO))


def contents_of(basis: Basis, stream: Array) -> Callable[[str], Array]:
    """t of an element or component in a stream (component, draw), worked out once."""
    known: dict[str, Array] = {}

    def content(of: str) -> Array:
        if of not in known:
            known[of] = basis.content(stream, of)
        return known[of]

    return content


@dataclass(frozen=True)
class _Trade:
    """A row of a contract with its terms."""

    ledger: Ledger
    flow: Flow
    number: int

    def price(self) -> None:
        """Price the flow of each step."""
        days = self.ledger.loop.days(self.flow.row)
        for step in self.ledger.steps:
            shares = shares_of(days, step)
            if sum(shares.values()) and self._moves(step.index):
                whole = self._lot(step.index)
                for month, arrived, part, share in months_of(shares, self._lead):
                    paid = arrived if self.flow.row.due == "arrival" else month
                    lot = whole.part(part, shipped=month, arrived=arrived, paid=paid)
                    self._month(lot, share)
                self._freight(step.index, shares)
                self._check(whole, step.index)

    def _moves(self, step: int) -> bool:
        """Whether there is something to pay for: what is taken, or what was to be."""
        is_bound = any(isinstance(term, TakeOrPay) for term in self._terms)
        return bool((self.flow.asked if is_bound else self.flow.taken)[step].any())

    @cached_property
    def _terms(self) -> tuple[Amount, ...]:
        rows = self.ledger.loop.terms_on(self.flow.row.contract)
        return tuple(row for row in rows if isinstance(row, Amount))

    @cached_property
    def _bounds(self) -> tuple[Bounded, ...]:
        rows = self.ledger.loop.terms_on(self.flow.row.contract)
        return tuple(row for row in rows if isinstance(row, Bounded))

    @cached_property
    def _lead(self) -> float:
        """Months on the way: of a group the longest, of draws their mean."""
        lanes = (self._lane(name) for name in self.flow.materials)
        first = self.ledger.steps[0]
        leads = (lane.lead.over(first, "month").mean() for lane in lanes if lane and lane.lead)
        return float(max(leads, default=0.0))

    @cached_property
    def _site(self) -> str:
        """The site that carries what the buyer pays and buys."""
        row = self.flow.row
        return row.from_ if row.to == OUTSIDE else row.to

    def _lane(self, material: str) -> Lane | None:
        return self.ledger.loop.lane(self.flow.row.from_, self.flow.row.to, material)

    def _lot(self, step: int) -> Lot:
        """All that moved in a step, blended."""
        flow, basis = self.flow, self.ledger.walked.basis
        streams = {name: stream[step] for name, stream in flow.materials.items()}
        tonnes = {name: stream.sum(axis=0) for name, stream in streams.items()}
        mass = np.asarray(sum(tonnes.values(), ZERO))
        counts, asked = {}, {"t": flow.asked[step]}
        for unit in UNITS_OF_GOODS:
            whole = counted(basis, tonnes or {flow.row.material: ZERO}, unit)
            if whole is not None:
                counts["", unit] = counts[flow.row.material, unit] = whole
                of = dict.fromkeys(tonnes, ZERO) | {
                    next(iter(tonnes), flow.row.material): flow.asked[step]
                }
                asked[unit] = counted(basis, of, unit)
        return Lot(
            mass=mass,
            contents=contents_of(basis, sum(streams.values(), basis.zeros())),
            quotes=self.ledger.quotes,
            shipped=0,
            arrived=0,
            paid=0,
            asked=asked,
            bounds=self._bounds,
            goods={**tonnes, flow.row.material: mass},
            counts=counts,
        )

    def _month(self, lot: Lot, share: float) -> None:
        """Payments of a month: prices first, then what is a share of them."""
        days, settled = self.ledger.loop.days(self.flow.row), ZERO
        bounds = tuple(row for row in self._bounds if held(row, days, lot.shipped, share) > 0.0)
        lot = replace(lot, bounds=bounds)
        for term in self._terms:
            part = held(term, days, lot.shipped, share)
            if part <= 0.0 or term.dated or isinstance(term, _LATE):
                continue
            amount = term.amount(lot) * part
            if isinstance(term, Burden):
                self._burden(term, lot.shipped, amount)
            else:
                settled = settled + (amount if term.pays[0] == "buyer" else -amount)
                self._pay(term, lot.paid, amount)
        if self.flow.buyer == self.flow.seller:
            return
        self.ledger.settle(self.number, lot.paid, settled)
        lot = replace(lot, settled=settled, cost=settled)
        for term in self._terms:
            part = held(term, days, lot.shipped, share)
            if part > 0.0 and isinstance(term, _LATE):
                self._pay(term, lot.paid, term.amount(lot) * part)

    def _pay(self, term: Amount, month: int, amount: Array) -> None:
        buyer, seller = self.flow.buyer, self.flow.seller
        is_share = isinstance(term, Credit) and not term.of
        names = {"buyer": buyer, "seller": seller, "": buyer if is_share else seller}
        self._enter(term, sides(term, names), self.flow.row.material, (month, amount))

    def _enter(
        self, term: Term, parties: tuple[str, str], material: str, paid: tuple[int, Array]
    ) -> None:
        """Add a payment in a month; a party pays at its own end of the contract."""
        row, loop, of = self.flow.row, self.ledger.loop, getattr(term, "of", "")
        own = {loop.party_of(site): site for site in (row.from_, row.to)}
        sites = {self.flow.seller: "", self.flow.buyer: "", **own}
        payer, payee = parties
        ends = sites.get(payer, OUTSIDE), sites.get(payee, OUTSIDE)
        entry = Entry(payer, payee, row.contract, term.term, of, material, *ends, term.where)
        self.ledger.pay(entry, *paid)

    def _burden(self, term: Amount, month: int, tonnes: Array) -> None:
        row, of = self.flow.row, getattr(term, "of", "")
        burden = Carried(self._site, row.contract, term.term, of, row.material, term.where)
        self.ledger.carry(burden, self.ledger.step_of(month), tonnes)

    # -- freight

    def _freight(self, step: int, shares: Mapping[int, float]) -> None:
        """Cost and burden of the freight of each material, by its own lane or mode."""
        flow, loop, row = self.flow, self.ledger.loop, self.flow.row
        if OUTSIDE in (row.from_, row.to):
            return
        terms = [term for term in loop.terms_on(row.contract) if isinstance(term, Freight)]
        for name, stream in flow.materials.items():
            mass, lane = stream[step].sum(axis=0), self._lane(name)
            if lane is None or not mass.any():
                continue
            material = loop.materials.get(name)
            mode = loop.modes.get(lane.mode or (material.mode if material else ""))
            whole = Lot(mass=mass, quotes=self.ledger.quotes, shipped=0, arrived=0, paid=0)
            for month, arrived, part, share in months_of(shares):
                lot = whole.part(part, shipped=month, arrived=arrived, paid=month)
                carbon = freight_carbon(lot, lane, mode)
                if carbon is None:
                    self._unstated(f"no burden of the freight of {name} in {row.contract}")
                else:
                    burden = Carried(self._site, row.contract, "freight", "", name, lane.where)
                    self.ledger.carry(burden, step, carbon)
                if not terms:
                    self._unstated(f"no payer of the freight of {name} in {row.contract}")
                for term in terms:
                    cost = freight(lot, lane, mode)
                    holds = held(term, loop.days(row), month, share)
                    if cost is None:
                        self._unstated(f"no cost of the freight of {name} in {row.contract}")
                    elif holds > 0.0:
                        payer = flow.buyer if term.value == "buyer" else flow.seller
                        self._enter(term, (payer, OUTSIDE), name, (month, cost * holds))

    def _unstated(self, sentence: str) -> None:
        self.ledger.note("not-stated", self.flow.row.where, f"{sentence} is stated")

    # -- findings

    def _check(self, lot: Lot, step: int) -> None:
        """Grades that no payable fits, and grades that are not accepted."""
        row, first = self.flow.row, self.ledger.steps[step]
        whole = replace(lot, shipped=first.first, arrived=first.first)
        payables: dict[str, list[Payable]] = {}
        for term in self._terms:
            if isinstance(term, Payable) and self.ledger.loop.months_open(term, first):
                payables.setdefault(term.of, []).append(term)
        for of, terms in payables.items():
            if any(term.when is None for term in terms):
                continue
            fits = np.sum([whole.holds(term.when, of) for term in terms], axis=0)
            if ((whole.content(of) > 0.0) & (fits == 0.0)).any():
                grade = 100.0 * float(whole.grade(of).max())
                sentence = f"no payable of {of} in {row.contract} fits {grade:.4g} % ({first.name})"
                self.ledger.note("not-paid", terms[0].where, sentence, row.where, of)
        for name in (row.contract, row.to):
            for limit in self.ledger.loop.terms_on(name, Accept.law):
                if isinstance(limit, Accept) and limit.refused(whole).any():
                    grade = 100.0 * float(whole.grade(limit.of).max())
                    sentence = (
                        f"{grade:.4g} % {limit.of} in {row.contract} is refused ({first.name})"
                    )
                    self.ledger.note("grade", limit.where, sentence, row.where, limit.where)
