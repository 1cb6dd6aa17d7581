"""Carbon of what is bought or done."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.law import Goods
from loopbook.loop.values.measure import Measure
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, kw_only=True)
class Burden(Term):
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
