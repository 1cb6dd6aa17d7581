"""Days until payment."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Pay(Term):
    """Payments are due `value` after the day that the contract names."""

    law = "pay"
    for_invoices = True

    value: Annotated[Quantity, Measure("month"), "time after it is due"]
