"""Costs of a site."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import PRICES, Goods, SeriesName
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Cost(Term):
    """The site pays the outside ``quantity of `of` * value``, or `value` for its time."""

    law = "cost"
    kinds = ("site",)

    of: Goods = ""
    value: Annotated[
        Quantity,
        Measure("USD/t", "USD/pack", "USD/kWh", "USD/yr", usual=PRICES),
        "money per tonne, pack, energy or time in operation",
    ]
    index: SeriesName = ""
