"""What a law is worked out on: a lot of goods, or a month of a site, with its prices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import EllipsisType
from typing import Protocol, TypeVar

import numpy as np

from loopbook.errors import InputError, nearest_hint
from loopbook.loop.nouns.settings import NOMINAL, Money
from loopbook.loop.time.calendar import month_name, span_of
from loopbook.loop.values.measure import is_kind
from loopbook.loop.values.quantity import Lag, Months, Quantity, Series, When, rates_in
from loopbook.matter import atomic_weights, component_names, components
from loopbook.tables import Array

_K = TypeVar("_K")
ZERO = np.zeros(1)
UNITS = ("t", "pack", "kWh", "month")
"""Units in which a price may count."""


@cache
def counted_in(unit: str, kind: str) -> str:
    """The unit of `UNITS` that a price or a burden is of; empty where it is of none.

    >>> counted_in("KRW/kg", "USD"), counted_in("tCO2e/yr", "tCO2e"), counted_in("t/t", "tCO2e")
    ('t', 'month', '')
    """
    return next((x for x in UNITS if is_kind(unit, f"{kind}/{x}")), "")


@cache
def as_priced(of: str, index: str) -> float:
    """t of what an index prices in a t of `of`: of a compound that holds it, or of itself.

    Raises
    ------
    InputError : the index is an element or a compound of the library, and has nothing to do with
        `of`.

    >>> round(as_priced("Li", "Li2CO3"), 4), as_priced("Ni", "LME nickel")
    (5.3233, 1.0)
    """
    held, inside = elements_in(index).get(of, 0.0), elements_in(of).get(index, 0.0)
    if of != index and (held or inside):
        return 1.0 / held if held else inside
    if of != index and (index in atomic_weights() or index in component_names()):
        raise InputError.of(
            "index",
            f"series {index}",
            f"an index that prices {of}",
            f"one of {index}, which has none",
            hint="a series that is named as an element or compound is its price",
        )
    return 1.0


def elements_in(name: str) -> dict[str, float]:
    """Mass shares of elements in an element or compound; none in another thing."""
    if name in atomic_weights():
        return {name: 1.0}
    try:
        return components(name).items[0].element_shares()
    except InputError:
        return {}


def _first_name(month: int | Months) -> str:
    return month_name(int(np.min(month)))


@dataclass(frozen=True)
class Quotes:
    """Prices and rates of exchange, as money of one currency.

    Parameters
    ----------
    currency : of all amounts.
    series : rows of ``series`` as quantities, by name.
    year : of the money; empty where money is nominal and nothing is converted.
    index : price index, by which money of another year is converted: of each year its mean.
    """

    currency: str
    series: Mapping[str, Quantity] = field(default_factory=dict)
    year: str = ""
    index: Quantity | None = None

    @classmethod
    def of(cls, money: Money, series: Mapping[str, Series]) -> "Quotes":
        """Prices and rates of a loop."""
        rows = {name: Quantity.of_series(row) for name, row in series.items()}
        year = "" if money.year == NOMINAL else money.year
        return cls(money.currency, rows, year, rows.get(money.index))

    @cached_property
    def _rates(self) -> dict[str, Quantity]:
        rows = (row.series for row in self.series.values() if row.series is not None)
        return {row.unit: self.series[row.name] for row in rates_in(rows)}

    def money(
        self, quantity: Quantity, month: int | Months, unit: str, *, paid: int | Months
    ) -> Array:
        """A sum of money or a price in the currency of results, shape (1,) or (draws,).

        Parameters
        ----------
        month : in which the number is read.
        unit : of the result, with ``USD`` for any currency: ``USD/t``.
        paid : month in which it is converted.
        """
        currency = quantity.currency or self.currency
        number = quantity.in_month(month, unit.replace("USD", currency))
        return number * self.rate(currency, paid) * self._indexed(quantity)

    def _indexed(self, quantity: Quantity) -> Array:
        """What money of its year is worth in the year of results."""
        if not self.year or quantity.money_year in ("", self.year):
            return np.ones(1)
        if self.index is None:
            what = f"money of {self.year}, or nominal money"
            hint = "name a series with a price index in [money] index"
            money = f"money of {quantity.money_year}"
            raise InputError.of("year", quantity.where, what, money, hint=hint)
        now, then = (span_of(year) for year in (self.year, quantity.money_year))
        assert now is not None
        assert then is not None
        return self.index.over(now, "1") / self.index.over(then, "1")

    def rate(self, currency: str, month: int | Months) -> Array:
        """Money of the results for one of a currency, in a month."""
        if currency == self.currency:
            return np.ones(1)
        for unit, power in (f"{self.currency}/{currency}", 1), (f"{currency}/{self.currency}", -1):
            if unit in self._rates:
                return self._rates[unit].in_month(month, unit) ** float(power)
        hint = f"write a series with the unit {currency}/{self.currency}"
        raise InputError.of(
            "missing", _first_name(month), f"a rate of {currency}", "nothing", hint=hint
        )

    def price(self, name: str, month: int | Months, *, unit: str, paid: int | Months) -> Array:
        """The price that a series has in a month; see `money`."""
        if name not in self.series:
            hint = nearest_hint(name, self.series)
            raise InputError.of(
                "missing", _first_name(month), f"a series {name}", "none", hint=hint
            )
        return self.money(self.series[name], month, unit, paid=paid)


class Bound(Protocol):
    """A floor or cap."""

    @property
    def of(self) -> str:
        """What payables it bounds."""

    def bound(self, price: Array, lot: "Lot") -> Array:
        """The price of a tonne, within the bound."""


@dataclass(frozen=True, kw_only=True)
class Lot:
    """What moved under a contract, or what a site did, in a month or an even part of it.

    Of several months, or steps, all arrays have them first: (month, draw).

    Parameters
    ----------
    mass : t, shape (1,) or (draws,).
    contents : t of an element or component in it, by its name.
    quotes : prices.
    shipped, arrived, paid : numbers of the months of shipment, arrival and payment.
    asked : what was asked for, by unit.
    bounds : floors and caps of the contract.
    goods : t of each material; of a site also of ``feed``, ``made``, ``disposal``.
    counts : packs and kWh, of a site also months and what else its model counts; by name and unit.
    settled : money that the buyer pays the seller by the terms before duties and credits.
    cost : money that the site or company pays the outside.
    carbon : t CO2e of the site or company.
    """

    mass: Array = field(default_factory=lambda: ZERO)
    contents: Callable[[str], Array] = lambda of: ZERO
    quotes: Quotes
    shipped: int | Months
    arrived: int | Months
    paid: int | Months
    asked: Mapping[str, Array] = field(default_factory=dict)
    bounds: "Sequence[Bound]" = ()
    goods: Mapping[str, Array] = field(default_factory=dict)
    counts: Mapping[tuple[str, str], Array] = field(default_factory=dict)
    settled: Array = field(default_factory=lambda: ZERO)
    cost: Array = field(default_factory=lambda: ZERO)
    carbon: Array = field(default_factory=lambda: ZERO)

    def part(
        self,
        share: float | Array,
        *,
        shipped: int | Months,
        arrived: int | Months,
        paid: int | Months,
        rows: int | Months | EllipsisType = ...,
    ) -> "Lot":
        """An even part of its goods, of other months; sums of money and carbon are of no goods.

        Parameters
        ----------
        share : of the lot; of several months (month, 1).
        rows : of its arrays, of each month; all of them if not given.
        """

        def parts(numbers: Mapping[_K, Array]) -> dict[_K, Array]:
            return {key: number[rows] * share for key, number in numbers.items()}

        return replace(
            self,
            shipped=shipped,
            arrived=arrived,
            paid=paid,
            asked=parts(self.asked),
            mass=self.mass[rows] * share,
            contents=lambda of: self.contents(of)[rows] * share,
            goods=parts(self.goods),
            counts=parts(self.counts),
        )

    def content(self, of: str) -> Array:
        """t of an element, component or material in it."""
        return self.goods[of] if of in self.goods else self.contents(of)

    def grade(self, of: str) -> Array:
        """Content by mass; NaN of an empty lot."""
        return self.content(of) / np.where(self.mass > 0.0, self.mass, np.nan)

    def quantity(self, of: str, unit: str) -> Array:
        """How much of something there is; of the lot, or of the time, without a name.

        Parameters
        ----------
        of : element, component or material; of a site also ``feed``, ``made``, ``disposal`` or
            another count.
        unit : of `UNITS`.

        Raises
        ------
        InputError : it does not count this in that unit.
        """
        if (of, unit) in self.counts:
            return self.counts[of, unit]
        if unit == "t" and of:
            return self.content(of)
        if unit == "t" and ("", "month") not in self.counts:
            return self.mass
        hint = "packs and energy need the parameters mass and energy of the material"
        raise InputError.of(
            "unit",
            _first_name(self.shipped),
            f"a number of {unit} of {of or 'all'}",
            "none",
            hint=hint,
        )

    def times(self, value: Quantity, of: str, *, money: bool = True) -> Array:
        """How much of something there is, times a value for each t, pack, kWh or month.

        Parameters
        ----------
        value : price in any currency; or a burden, in t CO2e.
        of : see `quantity`.
        money : whether it is a price.
        """
        unit = counted_in(value.unit, "USD" if money else "tCO2e")
        each = (
            self.money(value, f"USD/{unit}")
            if money
            else value.in_month(self.shipped, f"tCO2e/{unit}" if unit else "t/t")
        )
        return self.quantity(of, unit or "t") * each

    def money(self, value: Quantity, unit: str) -> Array:
        """A price or a sum in the month of shipment, in the currency of results."""
        return self.quotes.money(value, self.shipped, unit, paid=self.paid)

    def month(self, lag: Lag) -> int | Months:
        """Number of the price month."""
        return (self.arrived if lag.arrival else self.shipped) + int(lag.months)

    def price(self, index: str, lag: Lag) -> Array:
        """A price of a tonne in its price month."""
        return self.quotes.price(index, self.month(lag), unit="USD/t", paid=self.paid)

    def ratio(self, index: str, lag: Lag, base: int | None) -> Array:
        """An index in its price month by that of its base; 1 without an index."""
        if not index:
            return np.ones(1)
        if base is None:
            raise InputError.of("missing", f"index {index}", "base 2027-01 in when", "no base")
        row = self.quotes.series[index]
        now, then = (row.in_month(month, row.unit) for month in (self.month(lag), base))
        return now / then

    def holds(self, when: When | None, of: str) -> Array:
        """1 where grades keep to all comparisons, and 0 elsewhere."""
        kept = np.ones(1)
        for limit in when.comparisons if when else ():
            kept = kept * limit.holds(
                self.grade(limit.of or of), limit.limit.in_month(self.shipped, "1")
            )
        return kept
