"""Costs of a site."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.terms.law import PRICES, SHIPMENT, Amount, Goods, SeriesName
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity, When
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Cost(Amount):
    """The site pays the outside ``quantity of `of` * value``, or `value` for its time."""

    law = "cost"
    kinds = ("site",)
    pays = ("", "outside")

    of: Goods = ""
    value: Annotated[
        Quantity,
        Measure("USD/t", "USD/pack", "USD/kWh", "USD/yr", usual=PRICES),
        "money per tonne, pack, energy or time in operation",
    ]
    index: SeriesName = ""
    when: Annotated[When | None, WhenOf("base"), "month at which the index is 1"] = None

    def amount(self, lot: Lot) -> Array:
        """``quantity * value``, times ``index / index at base`` with an index."""
        ratio = lot.ratio(self.index, SHIPMENT, self.when.base if self.when else None)
        return lot.times(self.value, self.of) * ratio
