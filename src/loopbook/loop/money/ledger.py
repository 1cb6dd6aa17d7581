"""Payments and burdens of all steps, written down as they are worked out."""

import math
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from typing import TypeAlias, TypeVar

import numpy as np

from loopbook.errors import Finding
from loopbook.loop.goods.exchange import in_force
from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Amount
from loopbook.loop.terms.lot import ZERO, Lot, Quotes
from loopbook.loop.time.calendar import Step, month_in_force
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.quantity import Months, Quantity
from loopbook.loop.walking.result import Walk
from loopbook.tables import Array

_K = TypeVar("_K", bound=Hashable)
Days: TypeAlias = tuple[date | None, date | None]
"""First and last day in force; None without such an end."""
_RESIDUE = 1e-14  # of the largest: what a sum of some million is rounded by


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
    first : month before which no payment counts.
    """

    def __init__(self, walked: Walk, quotes: Quotes, first: int = 0) -> None:
        self.first = first
        self.walked, self.quotes, self.loop = walked, quotes, walked.loop
        self.steps = walked.steps
        self.findings: dict[tuple[str, ...], Finding] = {}
        self.payments: dict[Entry, Array] = {}
        self.burdens: dict[Carried, Array] = {}
        self.unpaid: dict[Entry, Array] = {}
        self.paid: dict[int, Array] = dict.fromkeys(range(len(walked.flows)), self.zeros(1))
        self._left_out = defaultdict[tuple[str, str], float](float)
        self._costs: dict[str, Array] = {}
        self._carbon: dict[str, Array] = {}
        self._steps = {month: step.index for step in self.steps for month in step}
        self._parts: dict[tuple[Days, tuple[Step, ...], bytes], Parts] = {}

    def zeros(self, more: int = 0) -> Array:
        """Nothing in each step, shape (step + more, 1)."""
        return np.zeros((len(self.steps) + more, 1))

    def parts(self, days: Days, steps: Sequence[Step], lead: Array = ZERO) -> "Parts":
        """See `Parts.of`; made once for all that is done on the same days."""
        key = days, tuple(steps), lead.tobytes()
        if key not in self._parts:
            self._parts[key] = Parts.of(days, steps, lead)
        return self._parts[key]

    def pieces(
        self, days: Days, terms: Iterable[Term], steps: Sequence[Step], lead: Array = ZERO
    ) -> "Iterator[Parts]":
        """Parts between the days, within a month, on which a term begins or has ended.

        In each of them a term holds in all of a month, or in none of it.
        """
        ends = (term.ends + timedelta(days=1) for term in terms if term.ends)
        turns = {*(term.starts for term in terms if term.starts), *ends}
        first, last = (day or end for day, end in zip(days, (date.min, date.max), strict=True))
        cuts = sorted(day for day in turns if day.day > 1 and first < day <= last)
        if not cuts:
            yield self.parts(days, steps, lead)
            return
        for start, after in pairwise((days[0], *cuts, None)):
            some = start, (after - timedelta(days=1) if after else days[1])
            share = {
                step.index: sum(shares_of(some, step).values()) / whole
                for step in steps
                if (whole := sum(shares_of(days, step).values()))
            }
            parts = self.parts(some, steps, lead)
            of_step = np.array([share[step] for step in parts.step.tolist()]).reshape(-1, 1)
            yield replace(parts, share=parts.share * of_step)

    def step_of(self, month: int) -> int:
        """Index of the step that a month is in; of a later month the index after the last."""
        return self._steps.get(month, len(self.steps) if month >= self.steps[-1].end else -1)

    def pay(
        self, entry: Entry, months: Months, amount: Array, *, due: Months | None = None
    ) -> None:
        """Add payments in some months, (month, draw); between a party and itself none moves.

        Those before the first month that counts are left out; see `note_left_out`.

        `payments` has their sums by entry, shape (step + 1, draw); the last is due after the last
        step. `unpaid` has what falls due in a step and is paid later, with its payment below zero.

        Parameters
        ----------
        due : months in which they fall due; those of payment if not given.
        """
        if entry.payer != entry.payee and np.any(amount):
            if entry.payee == OUTSIDE and entry.on in self.loop.sites:
                self._add_months(self._costs, entry.on, months, amount)
            counts = months >= self.first
            if not counts.all():
                every = np.broadcast_to(amount, (len(months), amount.shape[-1]))
                of = f"{entry.term} of {entry.day} on {entry.on}" if entry.day else entry.term
                where = entry.where if entry.day else self.loop.settings.written["money/from"][1]
                self._left_out[where, of] += float(np.abs(every[~counts]).sum(axis=0).mean())
                months, amount = months[counts], every[counts]
                due = None if due is None else due[counts]
            self._add(self.payments, entry, [*map(self.step_of, months.tolist())], amount)
            if due is not None:
                both = np.concatenate([due, months])
                signed = np.concatenate([amount, -amount])
                self._add(self.unpaid, entry, [*map(self.step_of, both.tolist())], signed)

    def carry(self, burden: Carried, months: Months, tonnes: Array) -> None:
        """Add burdens in some months, t CO2e, (month, draw); `burdens` has their sums by step."""
        if np.any(tonnes):
            self._add(self.burdens, burden, [*map(self.step_of, months.tolist())], tonnes)
            if burden.on in self.loop.sites:
                self._add_months(self._carbon, burden.on, months, tonnes)

    def settle(self, flow: int, months: Months, amount: Array) -> None:
        """Add what the buyer pays the seller for a flow, by its number."""
        self._add(self.paid, flow, [*map(self.step_of, months.tolist())], amount)

    def _add(self, sums: dict[_K, Array], key: _K, steps: Sequence[int], amount: Array) -> None:
        amount = np.broadcast_to(amount, (len(steps), amount.shape[-1]))
        whole = np.zeros((len(self.steps) + 2, amount.shape[-1]))
        np.add.at(whole, steps, amount)  # what is before the first step is the last row: -1
        sums[key] = sums[key] + whole[:-1] if key in sums else whole[:-1]

    def note(self, code: str, where: str, sentence: str, *key: str) -> None:
        """Add a finding once."""
        self.findings.setdefault(
            key or (where, sentence), Finding(code, where, "", "", sentence=sentence)
        )

    def note_left_out(self) -> None:
        """A finding for each sum on a day and each law that is before the first month."""
        for (where, of), amount in self._left_out.items():
            money = f"{amount:,.0f} {self.quotes.currency}"
            sentence = f"{of} is before {self.loop.settings.money.from_}, and not counted: {money}"
            self.note("not-counted", where, sentence)

    def drop_residues(self) -> None:
        """Leave out payments and burdens that are rounding beside the largest one."""
        self.payments = _above_residue(self.payments)
        self.burdens = _above_residue(self.burdens)

    def cost(self, sites: Collection[str], months: Months) -> Array:
        """What sites have paid the outside for what they do in some months, (month, draw)."""
        return self._of_months(self._costs, sites, months)

    def carbon(self, sites: Collection[str], months: Months) -> Array:
        """Burdens of what sites do, without those of freight and of what they buy, likewise."""
        return self._of_months(self._carbon, sites, months)

    def _add_months(self, sums: dict[str, Array], site: str, months: Months, amount: Array) -> None:
        whole = np.zeros((len(self._steps), amount.shape[-1]))
        np.add.at(whole, months - self.steps[0].first, amount)
        sums[site] = sums[site] + whole if site in sums else whole

    def _of_months(
        self, sums: Mapping[str, Array], sites: Collection[str], months: Months
    ) -> Array:
        rows = (sums[site][months - self.steps[0].first] for site in sites if site in sums)
        return np.asarray(sum(rows, np.zeros((len(months), 1))))


@dataclass(frozen=True, slots=True)
class Parts:
    """Even parts of what is done in steps: one for each month in force, or two of a broken lead.

    Parameters
    ----------
    days : first and last day in force of what does it.
    step : index of the step.
    shipped, arrived : months of shipment and arrival.
    share : of what is done in the step, (month, 1) or (month, draw).
    force : share of the month in force.
    """

    days: Days
    step: Months
    shipped: Months
    arrived: Months
    share: Array
    force: Array

    @classmethod
    def of(cls, days: Days, steps: Iterable[Step], lead: Array = ZERO) -> "Parts":
        """Parts of steps between two days, with months on the way."""
        rows = [
            (step.index, *row) for step in steps for row in months_of(shares_of(days, step), lead)
        ]
        if not rows:
            none = np.zeros(0, dtype=np.int64)
            return cls(days, none, none, none, np.zeros((0, 1)), np.zeros(0))
        step, shipped, arrived, share, force = zip(*rows, strict=True)
        first, left, came = (np.array(x, dtype=np.int64) for x in (step, shipped, arrived))
        return cls(days, first, left, came, np.array(share), np.array(force))

    def only(self, rows: Months) -> "Parts":
        """Some of them."""
        step, shipped, arrived = (x[rows] for x in (self.step, self.shipped, self.arrived))
        return Parts(self.days, step, shipped, arrived, self.share[rows], self.force[rows])

    def held(self, term: Term) -> Array:
        """Share of each for which a term holds, (month, 1); see `held`."""
        if term.starts is None and term.ends is None:
            return np.ones((len(self.step), 1))
        rows = zip(self.shipped.tolist(), self.force.tolist(), strict=True)
        return np.array([[held(term, self.days, *row)] for row in rows]).reshape(-1, 1)

    def of_lot(self, lot: Lot, paid: Months | None = None) -> Lot:
        """The parts of a lot by step, one for each month; paid on shipment if not said."""
        paid = self.shipped if paid is None else paid
        return lot.part(
            self.share, shipped=self.shipped, arrived=self.arrived, paid=paid, rows=self.step
        )


def months_of(
    shares: Mapping[int, float], lead: Array = ZERO
) -> Iterator[tuple[int, int, Array, float]]:
    """Even parts of a step's flow: months of shipment and arrival, share, share of the month.

    A lead of 1.5 months brings half of a month's flow one month later, and half two.

    Parameters
    ----------
    shares : share of each month of the step in force.
    lead : months on the way, shape (1,) or (draw,), as the share is.
    """
    whole = sum(shares.values())
    for month, share in shares.items():
        for later in range(int(lead.min()), math.ceil(lead.max()) + 1):
            part = np.maximum(1.0 - np.abs(lead - later), 0.0)
            if share > 0.0 and part.any():
                yield month, month + later, share / whole * part, share


def shares_of(days: Days, step: Step) -> dict[int, float]:
    """Share of each month of a step between two days."""
    return dict(zip(step, in_force(days, step), strict=True))


def held(term: Term, days: Days, month: int, share: float) -> float:
    """Share of what moves in a month for which a term holds.

    Parameters
    ----------
    days, share : days in force of what it is on, and the share of the month.
    """
    starts = max((day for day in (days[0], term.starts) if day), default=None)
    ends = min((day for day in (days[1], term.ends) if day), default=None)
    return month_in_force(starts, ends, month) / share


def _above_residue(sums: dict[_K, Array]) -> dict[_K, Array]:
    most = {key: float(np.abs(amount).max()) for key, amount in sums.items()}
    least = _RESIDUE * max(most.values(), default=0.0)
    return {key: amount for key, amount in sums.items() if most[key] > least}


def sides(term: Amount, names: Mapping[str, str]) -> tuple[str, str]:
    """Payer and payee of a term, by the parties that `buyer`, `seller` and the empty name are."""
    payer, payee = (
        getattr(term, column, side)
        for column, side in zip(("payer", "payee"), term.pays, strict=True)
    )
    return names.get(payer, payer), names.get(payee, payee)
