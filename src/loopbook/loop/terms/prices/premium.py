"""A premium for grade."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Grade, Substance
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Premium(Term):
    """Buyer pays ``mass * value * max(0, grade - threshold) / step``; `when` has the threshold."""

    law = "premium"

    of: Substance
    value: Annotated[Quantity, Measure("USD/t"), "money per tonne and step of grade"]
    when: Grade = None
