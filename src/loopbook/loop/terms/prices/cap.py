"""The greatest price of payables."""

import numpy as np

from loopbook.loop.terms.law import Bounded
from loopbook.loop.terms.lot import Lot
from loopbook.tables import Array


class Cap(Bounded):
    """The index of payables on `of` counts as at most `value`."""

    law = "cap"

    def bound(self, price: Array, lot: Lot) -> Array:
        """``min(price, value)``."""
        return np.minimum(price, lot.money(self.value, "USD/t"))
