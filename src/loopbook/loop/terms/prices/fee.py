"""A fee: money per quantity that the seller pays."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import SHIPMENT, Goods, Price, PriceMonth, SeriesName
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When


@dataclass(frozen=True, kw_only=True)
class Fee(Term):
    """Seller pays buyer ``quantity * value``, times ``index / index at base`` with an index."""

    law = "fee"

    of: Goods = ""
    value: Price
    index: SeriesName = ""
    lag: PriceMonth = SHIPMENT
    when: Annotated[When | None, WhenOf("base", "grade"), "month at which the index is 1"] = None
