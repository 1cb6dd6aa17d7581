"""What is left of a company's cash goes to its owners, and they bring what it invests."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.money.ledger import Entry, Ledger
from loopbook.loop.nouns.numbers import ONE
from loopbook.loop.terms.lot import ZERO
from loopbook.loop.terms.sites.invest import Invest
from loopbook.loop.time.calendar import first_day, month_number
from loopbook.loop.values.refused import require_draws
from loopbook.tables import Array

PAYOUT = "payout"
"""The term of what owners get of a company's cash, and bear of its losses."""


def share_cash(ledger: Ledger) -> None:
    """Payments between companies and their owners, of the companies that own nothing first.

    Raises
    ------
    InputError : companies own each other in a circle.
    """
    for company in _in_order(ledger):
        payments = dict(ledger.payments)
        for entry in [x for x in payments if x.payer == company and x.term == Invest.law]:
            assert entry.day is not None
            for owner, share in ledger.loop.owners_of(company, entry.day).items():
                month = month_number(entry.day)
                paid = payments[entry].sum(axis=0) * share.in_month(month, "1")
                row = replace(
                    entry, payer=owner, payee=company, on=company, payer_site="", payee_site=""
                )
                ledger.pay(row, np.array([month]), paid)
        earned = {entry: x for entry, x in payments.items() if entry.term != Invest.law}
        cash = net_of(earned, company, len(ledger.steps) + 1)
        numbers = ledger.loop.companies.get(company)
        payout = numbers.payout if numbers else ONE
        where = ledger.loop.parties[company].where
        parts: dict[str, list[tuple[int, int, Array]]] = defaultdict(list)
        counted = [(step, [x for x in step if x >= ledger.first]) for step in ledger.steps]
        every = [(step.index, x, len(some)) for step, some in counted for x in some]
        last = ledger.steps[-1].end - 1
        after = (len(ledger.steps), last + 1, 1)  # what is due after the last step
        for index, month, length in (*every, after):
            day = first_day(min(month, last))
            owners = ledger.loop.owners_of(company, day)
            whole = sum((share.in_month(month, "1") for share in owners.values()), ZERO)
            good = np.abs(whole - bool(owners)) <= 1e-6
            what = f"owners of {company} who share 100 %"
            require_draws(good, "sum", where, what, found="another sum")
            for owner, share in owners.items():
                part = share.in_month(month, "1") * payout.in_month(month, "1") / length
                parts[owner].append((index, month, part))
        for owner, rows in parts.items():
            steps, months, shares = zip(*rows, strict=True)
            paid = cash[[*steps]] * np.array(np.broadcast_arrays(*shares))
            row = Entry(company, owner, company, PAYOUT, where=where)
            ledger.pay(row, np.array(months), paid)


def net_of(
    payments: Mapping[Entry, Array],
    name: str,
    steps: int,
    ends: tuple[str, str] = ("payer", "payee"),
) -> Array:
    """What a party receives less what it pays, (step, draw).

    Parameters
    ----------
    ends : fields of the two sides: parties, or ``payer_site`` and ``payee_site``.
    """
    whole = np.zeros((steps, 1))
    for entry, amount in payments.items():
        pays, gets = (getattr(entry, end) for end in ends)
        if pays != gets and name in (pays, gets):
            whole = whole + (amount if gets == name else -amount)[:steps]
    return whole


def _in_order(ledger: Ledger) -> Iterator[str]:
    """Companies, each after all that it owns."""
    rows = ledger.loop.owners
    waiting = list(dict.fromkeys(row.company for row in rows))
    while waiting:
        ready = [
            name
            for name in waiting
            if not any(row.owner == name and row.company in waiting for row in rows)
        ]
        if not ready:
            what = "companies that do not own each other"
            raise InputError.of("cycle", rows[0].where, what, ", ".join(waiting))
        yield from ready
        waiting = [name for name in waiting if name not in ready]
