"""A price of carbon."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Payee, Payer
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class CarbonPrice(Term):
    """The payer pays `value` per tonne of CO2e."""

    law = "carbon price"
    kinds = ("site", "party")

    value: Annotated[Quantity, Measure("USD/tCO2e"), "money per tonne of CO2e"]
    payer: Payer = ""
    payee: Payee = "outside"
