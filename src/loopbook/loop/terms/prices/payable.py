"""Payable metal: a share of the content at a price."""

from dataclasses import dataclass

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import SHIPMENT, Grade, PriceMonth, SeriesName, Share, Substance


@dataclass(frozen=True, kw_only=True)
class Payable(Term):
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
