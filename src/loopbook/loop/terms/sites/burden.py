"""Carbon of what is bought or done."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.terms.law import Amount, Goods
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Burden(Amount):
    """A site or the buyer carries ``quantity of `of` * value`` of CO2e."""

    law = "burden"
    kinds = ("contract", "site")

    of: Goods = ""
    value: Annotated[
        Quantity,
        Measure(
            *("tCO2e/t", "t/t", "tCO2e/pack", "tCO2e/kWh", "tCO2e/yr"),
            usual={"tCO2e/t": (1e-4, 200.0), "t/t": (1e-4, 200.0)},
        ),
        "burden of a tonne, pack, energy or time in operation",
    ]

    def amount(self, lot: Lot) -> Array:
        """``quantity * value``, t CO2e."""
        return lot.times(self.value, self.of, money=False)
