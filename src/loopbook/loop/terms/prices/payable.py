"""Payable metal: a share of the content at a price."""

from dataclasses import dataclass

from loopbook.loop.terms.law import (
    SHIPMENT,
    Amount,
    Grade,
    PriceMonth,
    SeriesName,
    Share,
    Substance,
)
from loopbook.loop.terms.lot import Lot, as_priced
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Payable(Amount):
    """Buyer pays seller ``content of `of` * share * index in the price month``.

    Without `index` the price is the series named as `of`. An index that is named as a compound
    prices the content as that compound.
    """

    law = "payable"

    of: Substance
    value: Share
    index: SeriesName = ""
    lag: PriceMonth = SHIPMENT
    when: Grade = None

    def amount(self, lot: Lot) -> Array:
        """``content as priced * value * index`` where the grades hold, within floor and cap."""
        content, index = lot.content(self.of), self.index or self.of
        if not content.any():
            return content
        price = lot.price(index, self.lag)
        for row in lot.bounds:
            price = row.bound(price, lot) if row.of == self.of else price
        share = self.value.in_month(lot.shipped, "1") * lot.holds(self.when, self.of)
        return content * as_priced(self.of, index) * share * price
