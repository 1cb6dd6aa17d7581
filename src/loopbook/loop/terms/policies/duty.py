"""A duty on payments."""

from dataclasses import dataclass

import numpy as np

from loopbook.loop.terms.law import Amount, Payee, Payer, Share
from loopbook.loop.terms.lot import Lot
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Duty(Amount):
    """The payer pays the share `value` of the payments."""

    law = "duty"
    is_policy = True
    kinds = ("contract",)

    value: Share
    payer: Payer = "buyer"
    payee: Payee = "outside"

    def amount(self, lot: Lot) -> Array:
        """``value * max(0, paid)``, of what the buyer pays the seller in all."""
        return self.value.in_month(lot.shipped, "1") * np.maximum(0.0, lot.settled)
