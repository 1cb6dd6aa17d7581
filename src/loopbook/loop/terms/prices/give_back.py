"""Metal that is returned under tolling."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import ARRIVAL, Share, Substance
from loopbook.loop.values.cells import LagOf, WhenOf
from loopbook.loop.values.quantity import Lag, When


@dataclass(frozen=True, kw_only=True)
class Return(Term):
    """The share `value` of the content is credited to the giver, due after `lag`."""

    law = "return"

    of: Substance
    value: Share
    lag: Annotated[Lag, LagOf(), "time until it is due"] = ARRIVAL
    when: Annotated[When | None, WhenOf("rate"), "most that is returned in a time"] = None
