"""Who pays the freight."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.tables import Choice


@dataclass(frozen=True, kw_only=True)
class Freight(Term):
    """The payer pays the outside the cost of the lane, else that of the mode."""

    law = "freight"

    value: Annotated[str, Choice("buyer", "seller"), "who pays"]
