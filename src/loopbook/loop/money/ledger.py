"""Payments and burdens of all steps, written down as they are worked out."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from loopbook.errors import Finding
from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Amount
from loopbook.loop.terms.lot import Quotes
from loopbook.loop.time.calendar import Step, month_in_force
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Quantity
from loopbook.loop.walking.result import Walk
from loopbook.tables import Array


@dataclass(frozen=True, slots=True)
class Entry:
    """What a payment is for.

    Parameters
    ----------
    payer, payee : parties, or ``outside``.
    on : the contract, site or company whose term it is.
    term : the law, or the line of a costing.
    of, material : what the term is of, and the material or group that moved.
    payer_site, payee_site : sites whose money it is; empty of a company, ``outside`` of others.
    where : ``file:line`` of the row; empty where none states it.
    day, rate : of money on a day, and its own interest.
    """

    payer: str
    payee: str
    on: str
    term: str
    of: str = ""
    material: str = ""
    payer_site: str = ""
    payee_site: str = ""
    where: str = ""
    day: date | None = None
    rate: Quantity | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a burden is for.

    Parameters
    ----------
    site : that carries it.
    on : the site or contract that it is of.
    term : ``burden``, ``freight``, or the line of a costing.
    of, material : as of an `Entry`.
    where : ``file:line`` of the row.
    """

    site: str
    on: str
    term: str
    of: str = ""
    material: str = ""
    where: str = ""


class Ledger:
    """Sums by entry and step, and findings.

    Parameters
    ----------
    walked : the walk.
    quotes : prices.
    """

    def __init__(self, walked: Walk, quotes: Quotes) -> None:
        self.walked, self.quotes, self.loop = walked, quotes, walked.loop
        self.steps = walked.steps
        self.findings: dict[tuple[str, ...], Finding] = {}
        self.paid: dict[int, dict[int, Array]] = defaultdict(dict)
        self._payments: dict[Entry, dict[int, Array]] = defaultdict(dict)
        self._burdens: dict[Carried, dict[int, Array]] = defaultdict(dict)
        self._steps = {month: step.index for step in self.steps for month in step}

    def step_of(self, month: int) -> int:
        """Index of the step that a month is in; of a later month the index after the last."""
        return self._steps.get(month, len(self.steps) if month >= self.steps[-1].end else -1)

    def pay(self, entry: Entry, month: int, amount: Array) -> None:
        """Add a payment in a month; between a party and itself no money moves."""
        if entry.payer != entry.payee and np.any(amount):
            _add(self._payments[entry], self.step_of(month), amount)

    def carry(self, burden: Carried, step: int, tonnes: Array) -> None:
        """Add a burden in a step, t CO2e."""
        if np.any(tonnes):
            _add(self._burdens[burden], step, tonnes)

    def note(self, code: str, where: str, sentence: str, *key: str) -> None:
        """Add a finding once."""
        self.findings.setdefault(
            key or (where, sentence), Finding(code, where, "", "", sentence=sentence)
        )

    def payments(self) -> dict[Entry, Array]:
        """Sums by entry, shape (step + 1, draw); the last is due after the last step."""
        return {entry: self.stacked(rows, 1) for entry, rows in self._payments.items()}

    def burdens(self) -> dict[Carried, Array]:
        """Sums by burden, t CO2e, shape (step, draw)."""
        return {burden: self.stacked(rows, 0) for burden, rows in self._burdens.items()}

    def drop_before(self, month: int) -> None:
        """Leave out money before a month."""
        first = next((step.index for step in self.steps if step.end > month), len(self.steps))
        for rows in (*self._payments.values(), *self.paid.values()):
            for step in [step for step in rows if step < first]:
                del rows[step]

    def settle(self, flow: int, month: int, amount: Array) -> None:
        """Add what the buyer pays the seller for a flow, by its number."""
        _add(self.paid[flow], self.step_of(month), amount)

    def cost(self, sites: Collection[str], step: int) -> Array:
        """What sites have paid the outside in a step for what they do."""
        rows = (
            rows
            for entry, rows in self._payments.items()
            if entry.on in sites and entry.payee == OUTSIDE
        )
        return np.asarray(sum((x[step] for x in rows if step in x), np.zeros(1)))

    def carbon(self, sites: Collection[str], step: int) -> Array:
        """Burdens of what sites do in a step, without those of freight and of what they buy."""
        rows = (rows for burden, rows in self._burdens.items() if burden.on in sites)
        return np.asarray(sum((x[step] for x in rows if step in x), np.zeros(1)))

    def stacked(self, rows: Mapping[int, Array], more: int = 0) -> Array:
        """Sums by step as an array (step + more, draw)."""
        draws = max((len(amount) for amount in rows.values()), default=1)
        whole = np.zeros((len(self.steps) + more, draws))
        for step, amount in rows.items():
            if step < len(whole):
                whole[step] = amount
        return whole


def _add(rows: dict[int, Array], step: int, amount: Array) -> None:
    if step >= 0:
        rows[step] = rows[step] + amount if step in rows else amount


def months_of(
    shares: Mapping[int, float], lead: float = 0.0
) -> Iterator[tuple[int, int, float, float]]:
    """Even parts of a step's flow: months of shipment and arrival, share, share of the month.

    Parameters
    ----------
    shares : share of each month of the step in force.
    lead : months on the way.
    """
    whole = sum(shares.values())
    later, rest = int(lead // 1), lead % 1.0
    for month, share in shares.items():
        for arrived, part in ((month + later, 1.0 - rest), (month + later + 1, rest)):
            if share > 0.0 and part > 0.0:
                yield month, arrived, share / whole * part, share


def shares_of(days: tuple[date | None, date | None], step: Step) -> dict[int, float]:
    """Share of each month of a step between two days."""
    return {month: month_in_force(*days, month) for month in step}


def held(term: Term, days: tuple[date | None, date | None], month: int, share: float) -> float:
    """Share of what moves in a month for which a term holds.

    Parameters
    ----------
    days, share : days in force of what it is on, and the share of the month.
    """
    if term.starts is None and term.ends is None:
        return 1.0
    starts = max((day for day in (days[0], term.starts) if day), default=None)
    ends = min((day for day in (days[1], term.ends) if day), default=None)
    return month_in_force(starts, ends, month) / share


def sides(term: Amount, names: Mapping[str, str]) -> tuple[str, str]:
    """Payer and payee of a term, by the parties that `buyer`, `seller` and the empty name are."""
    payer, payee = (
        getattr(term, column, side)
        for column, side in zip(("payer", "payee"), term.pays, strict=True)
    )
    return names.get(payer, payer), names.get(payee, payee)
