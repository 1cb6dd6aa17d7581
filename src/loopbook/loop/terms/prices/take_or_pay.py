"""Take or pay."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Price
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When


@dataclass(frozen=True, kw_only=True)
class TakeOrPay(Term):
    """Buyer pays ``value * max(0, share * asked - taken)``; the share is in `when`."""

    law = "take_or_pay"

    value: Price
    when: Annotated[When, WhenOf("share"), "share of what is asked"]
