"""A price of carbon."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.terms.law import Amount, Payee, Payer
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class CarbonPrice(Amount):
    """The payer pays `value` per tonne of CO2e."""

    law = "carbon price"
    kinds = ("site", "party")

    value: Annotated[Quantity, Measure("USD/tCO2e"), "money per tonne of CO2e"]
    payer: Payer = ""
    payee: Payee = "outside"

    def amount(self, lot: Lot) -> Array:
        """``carbon * value``."""
        return lot.carbon * lot.money(self.value, "USD/tCO2e")
