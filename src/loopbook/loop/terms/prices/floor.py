"""The least price of payables."""

import numpy as np

from loopbook.loop.terms.law import Bounded
from loopbook.loop.terms.lot import Lot
from loopbook.tables import Array


class Floor(Bounded):
    """The index of payables on `of` counts as at least `value`."""

    law = "floor"

    def bound(self, price: Array, lot: Lot) -> Array:
        """``max(price, value)``."""
        return np.maximum(price, lot.money(self.value, "USD/t"))
