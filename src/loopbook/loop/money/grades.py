"""Grades of what was sold: those that no payable fits, and those that are not accepted."""

from collections.abc import Iterable

import numpy as np

from loopbook.loop.money.ledger import Ledger
from loopbook.loop.nouns.trade import Contract
from loopbook.loop.terms.lot import Lot
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.sites.accept import Accept
from loopbook.loop.time.calendar import Step


def check_grades(ledger: Ledger, row: Contract, whole: Lot, steps: Iterable[Step]) -> None:
    """Note the first step in which a grade of a lot has no price, or is refused.

    Parameters
    ----------
    row : of the contract.
    whole : what moved under it, by step.
    steps : in which something moved.
    """
    loop = ledger.loop
    payables = loop.laws_on(row.contract, Payable)
    limits = (*loop.laws_on(row.contract, Accept), *loop.laws_on(row.to, Accept))
    if not limits and all(term.when is None for term in payables):
        return
    for step in steps:
        first = step.first
        lot = whole.part(1.0, shipped=first, arrived=first, paid=first, rows=step.index)
        held = [term for term in payables if loop.months_open(term, step)]
        for of in dict.fromkeys(term.of for term in held):
            fits = np.sum([lot.holds(x.when, of) for x in held if x.of == of], axis=0)
            if ((lot.content(of) > 0.0) & (fits == 0.0)).any():
                sentence = f"no payable of {of} in {row.contract} fits {_percent(lot, of)}"
                where = next(x.where for x in held if x.of == of)
                ledger.note("not-paid", where, f"{sentence} ({step.name})", row.where, of)
        for limit in limits:
            if limit.refused(lot).any():
                sentence = f"{_percent(lot, limit.of)} {limit.of} in {row.contract} is refused"
                key = row.where, limit.where
                ledger.note("grade", limit.where, f"{sentence} ({step.name})", *key)


def _percent(lot: Lot, of: str) -> str:
    """The highest grade of the draws."""
    return f"{100.0 * float(np.nanmax(lot.grade(of))):.4g} %"
