"""The accounts of a walk: all payments between parties and all burdens of sites, by step."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from loopbook.errors import Finding, InputError
from loopbook.loop.money.ledger import Carried, Entry, Ledger
from loopbook.loop.money.operating import price_sites
from loopbook.loop.money.owning import PAYOUT, net_of, share_cash
from loopbook.loop.money.trading import price_flows
from loopbook.loop.money.worth import Flows
from loopbook.loop.terms.lot import Quotes
from loopbook.loop.terms.sites.invest import Invest
from loopbook.loop.time.calendar import Step, month_number, span_of
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Quantity
from loopbook.loop.walking.result import Walk
from loopbook.tables import Array

ROLES = ("seller", "buyer", "operator", "company", "owner", "other")
"""Of a party: of goods it sells, buys, for what its sites and itself pay, towards its owners, as an
owner of companies, and else.
"""


@dataclass(frozen=True)
class Accounts:
    """Money and carbon of a walk.

    Parameters
    ----------
    walked : the walk.
    payments : in the currency of the loop by entry, (step, draw); an amount below zero flows back.
    later : what is due after the last step, (draw,).
    burdens : t CO2e by burden, (step, draw).
    unpaid : of payments what is due and not yet paid at the end of a step, (step, draw).
    paid : what the buyer pays the seller for each flow, without duties and credits, (step, draw).
    findings : what no row states (``not-stated``), grades that no payable fits (``not-paid``) or
        that are not accepted (``grade``), money that is not counted, and what only invoices use
        (``not-used``).
    """

    walked: Walk
    payments: Mapping[Entry, Array]
    later: Mapping[Entry, Array]
    burdens: Mapping[Carried, Array]
    unpaid: Mapping[Entry, Array]
    paid: tuple[Array, ...]
    findings: tuple[Finding, ...]

    @property
    def parties(self) -> tuple[str, ...]:
        """Parties in the order of the tables, and the outside."""
        return (*self.walked.loop.parties, OUTSIDE)

    def cash(self, party: str, *, shared: bool = True) -> Array:
        """What a party receives less what it pays, (step, draw).

        Parameters
        ----------
        shared : whether with what owners bring and get.
        """
        return net_of(self._entries(shared), party, len(self.walked.steps))

    def unsettled(self, party: str) -> Array:
        """What is due to a party less what it owes, at the end of a step, (step, draw)."""
        return net_of(self.unpaid, party, len(self.walked.steps))

    def account(self, site: str) -> Array:
        """What a site receives less what it pays, (step, draw)."""
        ends = ("payer_site", "payee_site")
        return net_of(self._entries(shared=False), site, len(self.walked.steps), ends)

    def invested(self, party: str) -> Array:
        """What a party has paid by terms of ``invest``, (draw,)."""
        rows = (x.sum(axis=0) for entry, x in self.payments.items() if _invests(entry, party))
        return np.asarray(sum(rows, np.zeros(1)))

    def role(self, entry: Entry, party: str) -> str:
        """In which role a party pays or gets a payment; see `ROLES`."""
        if is_shared(entry):
            return "company" if party == entry.on else "owner"
        rows = [row for row in self.walked.loop.contracts if row.contract == entry.on]
        if not rows:
            return "operator" if party == entry.payer or entry.payer_site else "other"
        sides = {"seller": self.walked.loop.seller, "buyer": self.walked.loop.buyer}
        return next((x for x, of in sides.items() if party in map(of, rows)), "other")

    def _entries(
        self, shared: bool, payments: Mapping[Entry, Array] | None = None
    ) -> Mapping[Entry, Array]:
        """Payments, with those between companies and their owners or without."""
        rows = self.payments if payments is None else payments
        return {x: amount for x, amount in rows.items() if shared or not is_shared(x)}

    def burden(self, site: str) -> Array:
        """t CO2e that a site carries: its own, of its purchases and its freight, (step, draw)."""
        rows = (tonnes for burden, tonnes in self.burdens.items() if burden.site == site)
        return np.asarray(sum(rows, np.zeros((len(self.walked.steps), 1))))

    def present_value(self, party: str, *, shared: bool = True) -> Array:
        """Net present value of a party's cash by the settings ``[npv]``, (draw,).

        ``sum cash / (1 + rate) ** years``; years from `at` to the end or middle of the period, and
        of money on a day to that day, at its own rate if it has one.

        Raises
        ------
        InputError : the settings have no ``[npv]``.
        """
        if self.walked.loop.settings.npv is None:
            raise InputError.of("missing", "case.toml", "a table [npv] with rate and at", "none")
        return self.flows(party, shared=shared).present_value()

    def flows(self, party: str, *, shared: bool = True, role: str = "") -> Flows:
        """A party's dated cash; without ``[npv]`` at no interest, at the ends of the periods.

        What is due after the last step counts at its end.

        Parameters
        ----------
        shared : whether with what owners bring and get.
        role : only what it pays and gets in this role (`ROLES`).
        """
        steps, settings = self.walked.steps, self.walked.loop.settings.npv
        start = _moment(settings.at) if settings else float(steps[0].first)

        def concerns(entry: Entry) -> bool:
            return party in (entry.payer, entry.payee) and role in ("", self.role(entry, party))

        paid = self._entries(shared)
        entries = {entry: amount for entry, amount in paid.items() if concerns(entry)}
        even = {entry: amount for entry, amount in entries.items() if entry.day is None}
        rows: list[tuple[float, Quantity | None, Step, Array]] = [
            (_falls(step, settings.flows if settings else "end"), None, step, money)
            for step, money in zip(steps, net_of(even, party, len(steps)), strict=True)
        ]
        last = _falls(steps[-1], "end")
        rows += [
            (last, entry.rate, steps[-1], amount * (1.0 if party == entry.payee else -1.0))
            for entry, amount in self._entries(shared, self.later).items()
            if concerns(entry)
        ]
        for entry, amount in entries.items():
            if entry.day:
                step = next(x for x, money in zip(steps, amount, strict=True) if money.any())
                money = amount[step.index] * (1.0 if party == entry.payee else -1.0)
                rows.append((_moment(entry.day), entry.rate, step, money))
        general = settings.rate if settings else Quantity(number=0.0, unit="1")
        interest = [(own or general).in_month(step.first, "1") for _, own, step, _ in rows]
        years = (np.array([moment for moment, *_ in rows]) - start) / 12.0
        money, rates = (_alike(some) for some in ([money for *_, money in rows], interest))
        return Flows(years, money, rates)


def is_shared(entry: Entry) -> bool:
    """Whether a payment is between a company and its owners."""
    return entry.term == PAYOUT or (entry.term == Invest.law and entry.payee != OUTSIDE)


def _alike(rows: list[Array]) -> Array:
    """Rows with as many draws each, (row, draw)."""
    return np.stack(np.broadcast_arrays(*rows))


def _invests(entry: Entry, party: str) -> bool:
    return entry.term == Invest.law and entry.payer == party


def _moment(day: date) -> float:
    """A day in months."""
    return month_number(day) + (day.day - 1) / monthrange(day.year, day.month)[1]


def _falls(step: Step, flows: str) -> float:
    """When the money of a period falls, in months."""
    return step.period.end if flows == "end" else step.period.middle


def accounts(walked: Walk) -> Accounts:
    """Money and carbon of a walk, by the terms of its loop.

    Raises
    ------
    InputError : a price, a rate of exchange or a quantity that is missing, or money of a year that
        is not the loop's.
    """
    loop = walked.loop
    money = loop.settings.money
    quotes = Quotes.of(money, loop.series)
    start = span_of(money.from_)
    ledger = Ledger(walked, quotes, start.first if start else 0)
    price_flows(ledger)
    price_sites(ledger)
    ledger.note_left_out()
    ledger.drop_residues()
    share_cash(ledger)
    _list_unused(ledger)
    payments = ledger.payments
    return Accounts(
        walked,
        {entry: amount[:-1] for entry, amount in payments.items()},
        {entry: amount[-1] for entry, amount in payments.items() if amount[-1].any()},
        {burden: tonnes[:-1] for burden, tonnes in ledger.burdens.items()},
        {entry: np.cumsum(amount, axis=0)[:-1] for entry, amount in ledger.unpaid.items()},
        tuple(money[:-1] for money in ledger.paid.values()),
        (*loop.unstated, *ledger.findings.values()),
    )


def _list_unused(ledger: Ledger) -> None:
    """What contracts say for invoices, and the accounts of a walk do not read."""
    for term in ledger.loop.terms:
        if term.for_invoices:
            sentence = f"{term.term} on {term.on} is for invoices and not used in these accounts"
            ledger.note("not-used", term.where, sentence)
    for row in ledger.loop.contracts:
        if row.currency:
            sentence = f"{row.contract} pays in {row.currency}; its accounts are in those of prices"
            ledger.note("not-used", row.where, sentence)
