"""Money that is paid once."""

from dataclasses import dataclass

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Money, Payee, Payer


@dataclass(frozen=True, kw_only=True)
class Once(Term):
    """The payer pays the payee `value` on the day `starts`."""

    law = "once"
    dated = True
    kinds = ("contract", "site", "party")

    value: Money
    payer: Payer = ""
    payee: Payee = "outside"
