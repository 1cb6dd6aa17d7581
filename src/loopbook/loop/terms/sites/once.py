"""Money that is paid once."""

from dataclasses import dataclass

from loopbook.loop.terms.law import Amount, Money, Payee, Payer
from loopbook.loop.terms.lot import Lot
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Once(Amount):
    """The payer pays the payee `value` on the day `starts`."""

    law = "once"
    dated = True
    pays = ("", "outside")
    kinds = ("contract", "site", "party")

    value: Money
    payer: Payer = ""
    payee: Payee = "outside"

    def amount(self, lot: Lot) -> Array:
        """``value``."""
        return lot.money(self.value, "USD")
