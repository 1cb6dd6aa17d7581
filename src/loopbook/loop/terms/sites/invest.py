"""An investment of a site or company."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Money
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When


@dataclass(frozen=True, kw_only=True)
class Invest(Term):
    """The site or company pays `value` on the day `starts`, with interest ``at RATE``."""

    law = "invest"
    dated = True
    kinds = ("site", "party")

    value: Money
    when: Annotated[When | None, WhenOf("at"), "interest of what is invested"] = None
