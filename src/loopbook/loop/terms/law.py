"""What the laws of terms have in common: what their columns are of, and laws of one form."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

import numpy as np

from loopbook.loop.nouns.trade import Term
from loopbook.loop.terms.lot import Lot
from loopbook.loop.values.cells import LagOf, Ref, WhenOf
from loopbook.loop.values.measure import SHARE, Measure
from loopbook.loop.values.quantity import Lag, Quantity, When
from loopbook.tables import Array

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
class Amount(Term):
    """A law that gives an amount of money, or of carbon, for a lot.

    Attributes
    ----------
    pays : who pays whom unless the row has `payer` and `payee`: ``buyer``, ``seller``, ``outside``,
        or empty for the party of the site or company that it is on.
    """

    pays: ClassVar[tuple[str, str]] = ("buyer", "seller")

    def amount(self, lot: Lot) -> Array:
        """Money in the currency of the lot's quotes, or t CO2e; shape (1,) or (draws,)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Priced(Amount):
    """Money per quantity, constant or with an index."""

    of: Goods = ""
    value: Price
    index: SeriesName = ""
    lag: PriceMonth = SHIPMENT
    when: Annotated[When | None, WhenOf("base", "grade"), "month at which the index is 1"] = None

    def amount(self, lot: Lot) -> Array:
        """``quantity * value * index / index at base`` where the grades hold."""
        ratio = lot.ratio(self.index, self.lag, self.when.base if self.when else None)
        return lot.times(self.value, self.of) * ratio * lot.holds(self.when, self.of)


@dataclass(frozen=True, kw_only=True)
class Graded(Amount):
    """Money per tonne and step of grade beyond a threshold."""

    of: Substance
    value: Annotated[Quantity, Measure("USD/t"), "money per tonne and step of grade"]
    when: Grade = None

    def amount(self, lot: Lot) -> Array:
        """``mass * value * excess / step``.

        The excess is the grade over the limit of ``>``, at most up to a limit of ``<``; with a
        limit of ``<`` alone what the grade lacks of it; without limits the grade. Limits on another
        element hold or not.
        """
        grade = lot.grade(self.of)
        low, high = np.zeros(1), np.full(1, np.inf)
        limits = self.when.comparisons if self.when else ()
        own = [limit for limit in limits if limit.of in ("", self.of)]
        for limit in own:
            bound = limit.limit.in_month(lot.shipped, "1")
            if limit.sign.startswith(">"):
                low = np.maximum(low, bound)
            else:
                high = np.minimum(high, bound)
        excess = np.maximum(0.0, np.minimum(grade, high) - low)
        if own and not any(limit.sign.startswith(">") for limit in own):
            excess = np.maximum(0.0, high - grade)
        others = When(tuple(limit for limit in limits if limit not in own))
        money = lot.mass * lot.money(self.value, "USD/t") * lot.holds(others, self.of)
        return np.where(lot.mass > 0.0, money * excess / (self.value.per or 1.0), 0.0)


@dataclass(frozen=True, kw_only=True)
class Bounded(Term):
    """A bound of the index of payables on `of`."""

    of: Substance
    value: PerTonne

    def bound(self, price: Array, lot: Lot) -> Array:
        """The price of a tonne, within the bound."""
        raise NotImplementedError
