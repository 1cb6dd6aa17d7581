"""What the terms of contracts pay: each flow is priced month by month, as one lot of its step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, reduce

import numpy as np

from loopbook.loop.goods.basis import Basis
from loopbook.loop.money.grades import Grades
from loopbook.loop.money.ledger import Carried, Entry, Ledger, Parts, sides
from loopbook.loop.nouns.places import Lane
from loopbook.loop.terms.law import Amount, Bounded
from loopbook.loop.terms.lot import ZERO, Lot
from loopbook.loop.terms.policies.credit import Credit
from loopbook.loop.terms.prices.freight import Freight, freight, freight_carbon
from loopbook.loop.terms.prices.take_or_pay import TakeOrPay
from loopbook.loop.terms.settling.pay import Pay, waits
from loopbook.loop.terms.sites.burden import Burden
from loopbook.loop.time.calendar import Step
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Months
from loopbook.loop.walking.result import Flow
from loopbook.tables import Array

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


@dataclass(frozen=True)
class _Trade:
    """A row of a contract with its terms."""

    ledger: Ledger
    flow: Flow
    number: int

    def price(self) -> None:
        """Price the flow of all steps."""
        steps = [step for step in self.ledger.steps if self._moves(step.index)]
        name, loop = self.flow.row.contract, self.ledger.loop
        bounds, waits = loop.laws_on(name, Bounded), loop.laws_on(name, Pay)
        laws: tuple[Amount | Bounded | Pay, ...] = (*self._terms, *bounds, *waits)
        pieces = self.ledger.pieces(loop.days(self.flow.row), laws, steps, self._lead)
        priced = [parts for parts in pieces if len(parts.step)]
        for parts in priced:
            self._piece(parts, laws)
        if priced:
            self._freight(steps)
            Grades(self.ledger, self.flow.row, self._lot, priced).check()

    def _piece(self, parts: Parts, laws: Sequence[Amount | Bounded | Pay]) -> None:
        """Price even parts of the flow; months in which the same terms hold together."""
        whole = self._lot
        terms = [(term, parts.held(term)) for term in laws]
        there = {getattr(term, "of", "") for term in self._terms} - {""}
        flags = [np.ones(len(parts.step)), *(held[:, 0] for _, held in terms)]
        flags += [np.abs(whole.content(of)).max(axis=-1)[parts.step] for of in sorted(there)]
        groups: dict[tuple[bool, ...], list[int]] = {}
        for month, key in enumerate((np.array(flags) > 0.0).T.tolist()):
            groups.setdefault(tuple(key), []).append(month)
        for some in map(np.array, groups.values()):
            holding = [(term, held[some]) for term, held in terms if held[some[0], 0] > 0.0]
            self._months(parts.only(some), holding)

    def _parts(self, steps: Sequence[Step], lead: Array = ZERO) -> Parts:
        return self.ledger.parts(self.ledger.loop.days(self.flow.row), steps, lead)

    def _moves(self, step: int) -> bool:
        """Whether there is something to pay for: what is taken, or what was to be."""
        is_bound = any(isinstance(term, TakeOrPay) for term in self._terms)
        return bool((self.flow.asked if is_bound else self.flow.taken)[step].any())

    @cached_property
    def _terms(self) -> tuple[Amount, ...]:
        return self.ledger.loop.laws_on(self.flow.row.contract, Amount)

    @cached_property
    def _lead(self) -> Array:
        """Months on the way: of a group the longest."""
        lanes = (self._lane(name) for name in self.flow.materials)
        first = self.ledger.steps[0]
        leads = (lane.lead.over(first, "month") for lane in lanes if lane and lane.lead)
        return reduce(np.maximum, leads, ZERO)

    @cached_property
    def _site(self) -> str:
        """The site that carries what the buyer pays and buys."""
        row = self.flow.row
        return row.from_ if row.to == OUTSIDE else row.to

    def _lane(self, material: str) -> Lane | None:
        return self.ledger.loop.lane(self.flow.row.from_, self.flow.row.to, material)

    @cached_property
    def _lot(self) -> Lot:
        """All that moved, blended by step."""
        flow, walked, none = self.flow, self.ledger.walked, self.ledger.zeros()
        tonnes = {name: stream.sum(axis=1) for name, stream in flow.materials.items()}
        mass = np.asarray(sum(tonnes.values(), none))
        counts: dict[tuple[str, str], Array] = {}
        asked: dict[str, Array] = {"t": flow.asked}
        for unit in UNITS_OF_GOODS:
            whole = counted(walked.basis, tonnes or {flow.row.material: none}, unit)
            if whole is not None:
                counts["", unit] = counts[flow.row.material, unit] = whole
                of = dict.fromkeys(tonnes, none) | {
                    next(iter(tonnes), flow.row.material): flow.asked
                }
                each = counted(walked.basis, of, unit)
                asked |= {} if each is None else {unit: each}
        blend = np.asarray(sum(flow.materials.values(), none[:, None]))
        return Lot(
            mass=mass,
            contents=cache(lambda of: walked.content(blend, of)),
            quotes=self.ledger.quotes,
            shipped=0,
            arrived=0,
            paid=0,
            asked=asked,
            goods={**tonnes, flow.row.material: mass},
            counts=counts,
        )

    def _months(self, parts: Parts, terms: Sequence[tuple[Amount | Bounded | Pay, Array]]) -> None:
        """Payments of months: prices first, then what is a share of them.

        Parameters
        ----------
        terms : that hold in them, with their shares, (month, 1).
        """
        bounds = tuple(term for term, _ in terms if isinstance(term, Bounded))
        due = parts.arrived if self.flow.row.due == "arrival" else parts.shipped
        laws = [(x, held) for x, held in terms if isinstance(x, Amount) and not x.dated]
        lot, settled = replace(parts.of_lot(self._lot, due), bounds=bounds), ZERO
        for term, held in laws:
            if isinstance(term, Burden):
                self._burden(term, parts.shipped, term.amount(lot) * held)
        for later, share in waits([(x, held) for x, held in terms if isinstance(x, Pay)]):
            lot = replace(lot, paid=due + later)
            for term, held in laws:
                if not (term.is_policy or isinstance(term, Burden)):
                    amount = term.amount(lot) * held * share
                    settled = settled + (amount if term.pays[0] == "buyer" else -amount)
                    self._pay(term, due, amount, later)
        if self.flow.buyer == self.flow.seller:
            return
        self.ledger.settle(self.number, due, settled)
        lot = replace(lot, paid=due, settled=settled, cost=settled)
        for term, held in laws:
            if term.is_policy:
                self._pay(term, due, term.amount(lot) * held)

    def _pay(self, term: Amount, due: Months, amount: Array, later: int = 0) -> None:
        """Add a payment, some months after it is due."""
        buyer, seller = self.flow.buyer, self.flow.seller
        is_share = isinstance(term, Credit) and not term.of
        names = {"buyer": buyer, "seller": seller, "": buyer if is_share else seller}
        paid = due + later, amount
        of = self.flow.row.material
        self._enter(term, sides(term, names), of, paid, due=due if later else None)

    def _enter(
        self,
        term: Amount | Freight,
        parties: tuple[str, str],
        material: str,
        paid: tuple[Months, Array],
        *,
        due: Months | None = None,
    ) -> None:
        """Add a payment in a month; a party pays at its own end of the contract."""
        row, loop, of = self.flow.row, self.ledger.loop, getattr(term, "of", "")
        own = {loop.party_of(site): site for site in (row.from_, row.to)}
        sites = {self.flow.seller: "", self.flow.buyer: "", **own}
        payer, payee = parties
        ends = sites.get(payer, OUTSIDE), sites.get(payee, OUTSIDE)
        entry = Entry(payer, payee, row.contract, term.term, of, material, *ends, term.where)
        self.ledger.pay(entry, *paid, due=due)

    def _burden(self, term: Amount, months: Months, tonnes: Array) -> None:
        row, of = self.flow.row, getattr(term, "of", "")
        burden = Carried(self._site, row.contract, term.term, of, row.material, term.where)
        self.ledger.carry(burden, months, tonnes)

    # -- freight

    def _freight(self, steps: Sequence[Step]) -> None:
        """Cost and burden of the freight of each material, by its own lane or mode."""
        flow, loop, row = self.flow, self.ledger.loop, self.flow.row
        if OUTSIDE in (row.from_, row.to):
            return
        terms = loop.laws_on(row.contract, Freight)
        if not terms and flow.buyer == flow.seller:
            own = Freight(on=row.contract, term=Freight.law, value="buyer")
            terms = (replace(own, provenance=row.provenance),)
        for name in flow.materials:
            mass, lane = self._lot.goods[name], self._lane(name)
            parts = self._parts([step for step in steps if mass[step.index].any()])
            if lane is None or not len(parts.step):
                continue
            material = loop.materials.get(name)
            mode = loop.modes.get(lane.mode or (material.mode if material else ""))
            lot = parts.of_lot(replace(self._lot, mass=mass))
            carbon, cost = freight_carbon(lot, lane, mode), freight(lot, lane, mode)
            if carbon is None:
                self._unstated(f"no burden of the freight of {name} in {row.contract}")
            else:
                burden = Carried(self._site, row.contract, "freight", "", name, lane.where)
                self.ledger.carry(burden, parts.shipped, carbon)
            if not terms and (cost is None or np.any(cost)):
                self._unstated(f"no payer of the freight of {name} in {row.contract}")
            for term in terms:
                if cost is None:
                    self._unstated(f"no cost of the freight of {name} in {row.contract}")
                else:
                    payer = flow.buyer if term.value == "buyer" else flow.seller
                    paid = parts.shipped, cost * parts.held(term)
                    self._enter(term, (payer, OUTSIDE), name, paid)

    def _unstated(self, sentence: str) -> None:
        self.ledger.note("not-stated", self.flow.row.where, f"{sentence} is stated")
