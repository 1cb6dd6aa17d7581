"""The provisional payment."""

from dataclasses import dataclass

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Share


@dataclass(frozen=True, kw_only=True)
class Provisional(Term):
    """The share of the price that is paid before assays are exchanged."""

    law = "provisional"
    for_invoices = True

    value: Share
