"""The least price of payables."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Substance
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Floor(Term):
    """The index of payables on `of` counts as at least `value`."""

    law = "floor"

    of: Substance
    value: Annotated[Quantity, Measure("USD/t"), "price of a tonne"]
