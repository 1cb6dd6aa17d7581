"""A price: money per quantity, constant or with an index."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import SHIPMENT, Goods, Price, PriceMonth, SeriesName
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When


@dataclass(frozen=True, kw_only=True)
class Fixed(Term):
    """Buyer pays seller ``quantity * value``, times ``index / index at base`` with an index."""

    law = "fixed"

    of: Goods = ""
    value: Price
    index: SeriesName = ""
    lag: PriceMonth = SHIPMENT
    when: Annotated[When | None, WhenOf("base", "grade"), "month at which the index is 1"] = None
