"""Take or pay."""

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from loopbook.loop.terms.law import Amount, Price
from loopbook.loop.terms.lot import Lot, counted_in
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class TakeOrPay(Amount):
    """Buyer pays ``value * max(0, share * asked - taken)``; the share is in `when`."""

    law = "take_or_pay"

    value: Price
    when: Annotated[When, WhenOf("share"), "share of what is asked"]

    def amount(self, lot: Lot) -> Array:
        """``value * max(0, share * asked - taken)``."""
        share = self.when.share.in_month(lot.shipped, "1") if self.when.share else np.ones(1)
        unit = counted_in(self.value.unit, "USD")
        lacking = np.maximum(0.0, share * lot.asked[unit] - lot.quantity("", unit))
        return lacking * lot.money(self.value, f"USD/{unit}")
