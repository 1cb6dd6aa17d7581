"""A credit: a share of a cost, or money per quantity."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.loop.terms.law import Amount, Goods, Payee, Payer
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.measure import Measure, is_kind
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Credit(Amount):
    """The payee gets a share of its cost, or money per quantity of `of`."""

    law = "credit"
    is_policy = True
    kinds = ("contract", "site", "party")

    of: Goods = ""
    value: Annotated[Quantity, Measure("1", "USD/t", "USD/pack", "USD/kWh"), "share or money"]
    payer: Payer = "outside"
    payee: Payee = ""

    def amount(self, lot: Lot) -> Array:
        """``value * max(0, cost)`` of a share, else ``quantity * value``."""
        if is_kind(self.value.unit, "1"):
            return self.value.in_month(lot.shipped, "1") * np.maximum(0.0, lot.cost)
        return lot.times(self.value, self.of)
