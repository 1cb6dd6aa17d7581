"""A credit: a share of a cost, or money per quantity."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Goods, Payee, Payer
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Credit(Term):
    """The payee gets a share of its cost, or money per quantity of `of`."""

    law = "credit"
    kinds = ("contract", "site", "party")

    of: Goods = ""
    value: Annotated[Quantity, Measure("1", "USD/t", "USD/pack", "USD/kWh"), "share or money"]
    payer: Payer = "outside"
    payee: Payee = ""
