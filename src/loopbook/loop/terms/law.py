"""What the laws of terms have in common: what their columns are of, and laws of one form."""

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from loopbook.loop.nouns.trade import Term
from loopbook.loop.values.cells import LagOf, Ref, WhenOf
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Lag, Quantity, When

Substance: TypeAlias = Annotated[
    str, Ref("a material or component", "material|group|component"), "element or component"
]
"""What a term on a grade is about."""

Goods: TypeAlias = Annotated[
    str,
    Ref("a material, a component, feed, made or disposal", "material|group|component|flow|count"),
    "what it counts; the whole lot, or the time in operation, if empty",
]
"""What a price is of."""

PRICES = {"USD/t": (0.05, 5e6), "USD/pack": (0.1, 1e6), "USD/kWh": (1e-3, 1e4)}
"""Usual prices, in any currency of about its size."""

Share: TypeAlias = Annotated[Quantity, SHARE, "share"]
Price: TypeAlias = Annotated[
    Quantity,
    Measure("USD/t", "USD/pack", "USD/kWh", usual=PRICES),
    "price of a tonne, pack or energy",
]
PerTonne: TypeAlias = Annotated[Quantity, Measure("USD/t"), "price of a tonne"]
Money: TypeAlias = Annotated[Quantity, Measure("USD"), "sum of money"]
Grade: TypeAlias = Annotated[When | None, WhenOf("grade"), "grades for which it holds"]
SeriesName: TypeAlias = Annotated[str, Ref("a series", "series"), "series of its price"]
PriceMonth: TypeAlias = Annotated[Lag, LagOf(), "price month"]
Payer: TypeAlias = Annotated[
    str, Ref("a party, buyer, seller or outside", "party|outside|side"), "who pays"
]
Payee: TypeAlias = Annotated[
    str, Ref("a party, buyer, seller or outside", "party|outside|side"), "who is paid"
]

SHIPMENT = Lag()
"""The month of the shipment."""

ARRIVAL = Lag(arrival=True)
"""The day of the arrival."""


@dataclass(frozen=True, kw_only=True)
class Priced(Term):
    """Money per quantity, constant or with an index."""

    of: Goods = ""
    value: Price
    index: SeriesName = ""
    lag: PriceMonth = SHIPMENT
    when: Annotated[When | None, WhenOf("base", "grade"), "month at which the index is 1"] = None


@dataclass(frozen=True, kw_only=True)
class Graded(Term):
    """Money per tonne and step of grade beyond a threshold."""

    of: Substance
    value: Annotated[Quantity, Measure("USD/t"), "money per tonne and step of grade"]
    when: Grade = None


@dataclass(frozen=True, kw_only=True)
class Bounded(Term):
    """A bound of the index of payables."""

    of: Substance
    value: PerTonne
