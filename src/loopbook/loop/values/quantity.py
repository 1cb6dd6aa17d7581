"""A number with its unit, constant or in time, that knows the row it comes from."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.time.calendar import Span, month_name
from loopbook.loop.time.series import Line
from loopbook.tables import Array, convert

CURRENCIES = ("USD", "EUR", "KRW", "CNY")
"""Currencies that a quantity may be of."""

Months = np.ndarray[tuple[int], np.dtype[np.int64]]
"""Numbers of months."""

_ROUNDING = 1e-9
_CURRENCY = re.compile(rf"\b({'|'.join(CURRENCIES)})\b")


@cache
def _factor(unit: str, to: str, where: str) -> np.float64:
    """One of a unit in another."""
    return np.float64(convert(1.0, unit, to, where=where))


@dataclass(frozen=True)
class Series:
    """A row of ``series``: numbers in time.

    Parameters
    ----------
    name : of the row.
    unit : of its numbers.
    line : the numbers.
    money_year : of the money in them (``2022`` of ``USD(2022)/t``); empty if not given.
    low, high : 5 % and 95 % points: a factor on all its numbers, or the name of a row that has
        them; None where not known.
    limits : the same for each column, low and high, NaN where it has no number; None without.
    moves : rows with the same word have the same draw.
    where : ``file:line``.
    source, page, grade, note : where its numbers are from; no `source` for an assumption.
    written : cells as they are written, by column: text and place.
    draws : numbers in place of those of the line, (column, draw); None for the line alone.
    """

    name: str
    unit: str
    line: Line
    money_year: str = ""
    low: float | str | None = None
    high: float | str | None = None
    limits: tuple[tuple[float, ...], tuple[float, ...]] | None = None
    moves: str = ""
    where: str = ""
    source: str = ""
    page: str = ""
    grade: str = ""
    note: str = ""
    written: Mapping[str, tuple[str, str]] = field(default_factory=dict, compare=False, repr=False)
    draws: Array | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A quantity of a table: a number in a unit, or a series in its place.

    Parameters
    ----------
    number : in `unit`; NaN where a series is in its place.
    unit : unit text of `loopbook.tables.check_unit`.
    series : the numbers in time, or None.
    per : of ``2 USD/t per 0.1 %``: the step of grade, as a share; else None.
    content : of ``35 t of Ni``: the element or component that it is a mass of.
    money_year : year of the money; empty if not given.
    low, high : 5 % and 95 % points, in `unit`; None where not known, and of a series, which has
        its own.
    moves : numbers with the same word have the same draw; empty if it moves alone.
    since : number of the month in which age 0 of a series by age begins.
    address : what ``--set`` calls it: ``terms/black mass/payable/Li/value``.
    where : ``file:line`` of its row.
    source : reference of the library row that it is from, or the row's source_id; empty for an
        assumption.
    least, most : what its column allows, in `unit`: draws of a series are cut at them.
    draws : numbers in its place, in `unit`, shape (draws,); a series has its own. None for one
        deterministic draw.
    """

    number: float = math.nan
    unit: str = "1"
    series: Series | None = None
    per: float | None = None
    content: str = ""
    money_year: str = ""
    low: float | None = None
    high: float | None = None
    moves: str = ""
    since: int | None = None
    address: str = ""
    where: str = ""
    source: str = ""
    least: float = field(default=0.0, compare=False, repr=False)
    most: float = field(default=math.inf, compare=False, repr=False)
    draws: Array | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_series(cls, row: Series) -> "Quantity":
        """A series that is used by its name, such as a price: its draws are cut at 0, if none of
        its own numbers is below.
        """
        is_negative = any(x is not None and x < 0.0 for x in row.line.numbers)
        return cls(
            unit=row.unit,
            series=row,
            money_year=row.money_year,
            address=f"series/{row.name}",
            where=row.where,
            least=-math.inf if is_negative else 0.0,
        )

    @property
    def currency(self) -> str:
        """The currency in its unit; empty where it is not money.

        >>> Quantity(number=2, unit="KRW/t").currency
        'KRW'
        """
        match = _CURRENCY.search(self.unit)
        return match[1] if match else ""

    def in_month(self, month: int | Months, unit: str) -> Array:
        """Its number in a month, shape (1,) or (draws,); of several (month, 1) or (month, draws).

        Several months have one number, shape (1,) or (draws,), where it is constant.

        Parameters
        ----------
        month : number of the month, or of each month, shape (month,).
        unit : of the result; of the same kind.

        Raises
        ------
        InputError : its series has no number there; UnitError for another kind of unit.

        >>> Quantity(number=12000, unit="t/yr").in_month(0, "t/month").round(9).tolist()
        [1000.0]
        """
        if self.series is None:
            numbers = self.draws if self.draws is not None else np.array([self.number])
        elif isinstance(month, np.ndarray):
            numbers = np.array([self._in_series(self.series, int(one)) for one in month])
        else:
            numbers = self._in_series(self.series, month)
        return numbers * _factor(self.unit, unit, self.where or "quantity")

    def _in_series(self, series: Series, month: int) -> Array:
        column = series.line.column(month, self.since)
        if column is None:
            raise InputError.of(
                "missing",
                series.where or self.where,
                f"a value of {series.name} in {month_name(month)}",
                "nothing",
            )
        if series.draws is not None:
            return np.asarray(np.clip(series.draws[column], self.least, self.most))
        return np.array([series.line.numbers[column]], dtype=np.float64)

    def over(self, span: Span, unit: str) -> Array:
        """Its mean over the months of a span, shape (1,) or (draws,); see `in_month`."""
        if self.series is None:
            return self.in_month(span.first, unit)
        months = np.array([self.in_month(month, unit) for month in span], dtype=np.float64)
        return np.asarray(months.mean(axis=0))

    def since_month(self, month: int | None) -> "Quantity":
        """The same for a site that starts in a month."""
        return replace(self, since=month)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a contract asks for in a step.

    Parameters
    ----------
    kind : ``all`` (all that is left), ``share`` (of `of`), ``rate``, or ``needed`` (what the model
        of the receiver still lacks).
    of : of a share: ``made`` or ``left``.
    upper : the share or rate that is asked for; None for ``all`` and ``needed``.
    lower : rate below which a delivery is short, where it is not `upper`.
    offer : whether it is the buyer's right, which a plan may decline.

    >>> Amount("share", "made", Quantity(number=35, unit="%")).kind
    'share'
    """

    kind: str
    of: str = ""
    upper: Quantity | None = None
    lower: Quantity | None = None
    offer: bool = False


@dataclass(frozen=True, slots=True)
class Comparison:
    """A limit of a grade or of a rate: ``F > 5 %``.

    Parameters
    ----------
    of : element or component; empty for the one that the row is about.
    sign : ``<``, ``<=``, ``>`` or ``>=``.
    limit : what it is compared with.
    """

    of: str
    sign: str
    limit: Quantity

    def holds(self, values: Array, limit: Array) -> Array:
        """1 where values keep to the limit and 0 elsewhere, in one unit; NaN keeps to none.

        A value within 1e-9 of the limit is at it: grades are quotients.
        """
        beyond = values < limit if self.sign[0] == "<" else values > limit
        is_at = np.abs(values - limit) <= _ROUNDING * np.abs(limit)
        return np.where(is_at, float("=" in self.sign), beyond.astype(np.float64))


@dataclass(frozen=True, slots=True)
class When:
    """When and how a term holds: the column ``when``.

    Parameters
    ----------
    comparisons : of grades, or the most that is returned in a time; all must hold.
    base : number of the month at which an index is 1, of ``base 2027-01``; None without.
    rate : of ``at 7 %``: the interest of an investment; None without.
    share : of ``80 %``: the share of what is asked, of take-or-pay; None without.
    """

    comparisons: tuple[Comparison, ...] = ()
    base: int | None = None
    rate: Quantity | None = None
    share: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Lag:
    """From when a price or a return counts.

    Parameters
    ----------
    arrival : whether from the arrival; else from the shipment.
    months : how many later; whole months of a price.
    """

    arrival: bool = False
    months: float = 0.0


def rates_in(rows: Iterable[Series]) -> tuple[Series, ...]:
    """Rates of exchange among rows of series, without rows that are the range of another."""
    rows = tuple(rows)
    ranges = {limit for row in rows for limit in (row.low, row.high)}
    pairs = (row for row in rows if row.name not in ranges)
    return tuple(row for row in pairs if len({*row.unit.split("/")} & {*CURRENCIES}) == 2)


def quantities_in(value: object) -> Iterator[Quantity]:
    """Quantities in a cell, or in several: of an amount, a condition, a lifetime.

    >>> [x.number for x in quantities_in(Amount("share", "made", Quantity(number=35, unit="%")))]
    [35]
    """
    if isinstance(value, Quantity):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from quantities_in(part)
    elif is_dataclass(value):
        for one in fields(value):
            yield from quantities_in(getattr(value, one.name))
