"""A duty on payments."""

from dataclasses import dataclass

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Payee, Payer, Share


@dataclass(frozen=True, kw_only=True)
class Duty(Term):
    """The payer pays the share `value` of the payments."""

    law = "duty"
    kinds = ("contract",)

    value: Share
    payer: Payer = "buyer"
    payee: Payee = "outside"
