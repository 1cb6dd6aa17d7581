"""An investment of a site or company."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.terms.law import Amount, Money
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.cells import WhenOf
from loopbook.loop.values.quantity import When
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Invest(Amount):
    """The site or company pays `value` on the day `starts`, with interest ``at RATE``."""

    law = "invest"
    dated = True
    pays = ("", "outside")
    kinds = ("site", "party")

    value: Money
    when: Annotated[When | None, WhenOf("at"), "interest of what is invested"] = None

    def amount(self, lot: Lot) -> Array:
        """``value``."""
        return lot.money(self.value, "USD")
