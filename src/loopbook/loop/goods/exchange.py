"""What a site model is asked in a step, and what it answers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from loopbook.errors import UnitError
from loopbook.flowsheet import RouteResult
from loopbook.loop.goods.basis import Basis
from loopbook.loop.nouns.matter import Split
from loopbook.loop.time.calendar import Calendar, Span, Step, month_in_force
from loopbook.loop.values.measure import is_kind
from loopbook.loop.values.quantity import Quantity
from loopbook.matter import Library
from loopbook.tables import Array

Goods = Mapping[str, Array]
"""Streams by material: tonnes, shape (component, draw)."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model may prepare from, before the first step.

    Parameters
    ----------
    basis : components of all streams.
    calendar : of the loop.
    days : first and last day on which the site is open; None without such an end.
    splits : rows of ``shares`` of the site's process.
    flowsheet : the site's flowsheet file, or None.
    library : the data library.
    materials : names of materials.
    priced_as : cell of the library whose active material's price stands for that of another, by
        active material.
    """

    basis: Basis
    calendar: Calendar
    days: tuple[date | None, date | None] = (None, None)
    splits: Sequence[Split] = ()
    flowsheet: Path | None = None
    library: Library | None = None
    materials: frozenset[str] = frozenset()
    priced_as: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Now:
    """A site in a step: all that its model may look at beside what arrives and what is ordered.

    Parameters
    ----------
    step : the step.
    days : first and last day on which the site is open; None without such an end.
    calendar : of the loop.
    basis : components of all streams.
    prepared : what `SiteModel.prepare` made before the first step.
    state : what the model's last `Outcome` carried over; None in the first step.
    """

    step: Step
    days: tuple[date | None, date | None]
    calendar: Calendar
    basis: Basis
    prepared: object = None
    state: object = None

    @property
    def months(self) -> float:
        """Months of the step in which the site is open."""
        return float(sum(in_force(self.days, self.step)))

    def arrivals(self, delay: Array) -> Iterator[tuple[int, Array]]:
        """See `Calendar.arrivals`."""
        return self.calendar.arrivals(self.step, delay)

    def amount(self, rate: Quantity, material: str) -> Array:
        """Tonnes of a material at a rate over the months in operation, shape (1,) or (draw,)."""
        return amount(rate, material, self.days, self.step, basis=self.basis)

    def count(self, rate: Quantity, unit: str) -> Array:
        """A rate over the months in operation, in a unit without time: ``GWh``, ``pack``."""
        return total(rate, f"{unit}/month", self.days, self.step)

    def mean(self, quantity: Quantity, unit: str = "1") -> Array:
        """Mean over the months in operation, shape (1,) or (draw,); 0 where there are none."""
        months = self.months
        return total(quantity, unit, self.days, self.step) / months if months else np.zeros(1)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a site needs in a step.

    Parameters
    ----------
    lacks : tonnes by material, component or element, shape (draw,). What arrives meets them: of
        a material by its mass, of a component or element by its content. Contracts `as needed`
        bring the rest.
    outcome : what the model makes of the same orders, where that is already known.
    """

    lacks: Mapping[str, Array] = field(default_factory=dict)
    outcome: "Outcome | None" = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a site does in a step. Streams are tonnes, shape (component, draw).

    The elements close: ``held before + feed + drawn = made + disposal + absorbed + held``.

    Parameters
    ----------
    made : streams by material.
    disposal : what goes nowhere, and leaves the loop.
    drawn : what comes into the loop here without a contract: what a source makes, reagents, parts
        whose seller no contract names.
    absorbed : what stays for good, such as what a sink takes.
    held : what the model holds after the step: goods in use, goods that stay.
    to_order : whether it makes, of each material that is not in `made`, what contracts take of
        it: they need no stream.
    counts : what `of` of a cost or burden may name beside materials, ``feed``, ``made`` and
        ``disposal``: by name, shape (draw,), in t, GWh or packs.
    state : what the model needs in the next step; it comes back as ``now.state``.
    solved : the route that ran, per kg of feed, with its cost and burden; None without one.
    """

    made: Goods = field(default_factory=dict)
    disposal: Array | None = None
    drawn: Array | None = None
    absorbed: Array | None = None
    held: Array | None = None
    to_order: bool = False
    counts: Mapping[str, Array] = field(default_factory=dict)
    state: object = None
    solved: RouteResult | None = None


def in_force(days: tuple[date | None, date | None], step: Span) -> tuple[float, ...]:
    """Share of each month of a step that is between two days."""
    return _in_force(*days, step.first, step.end)


@cache
def _in_force(starts: date | None, ends: date | None, first: int, end: int) -> tuple[float, ...]:
    return tuple(month_in_force(starts, ends, month) for month in range(first, end))


def total(rate: Quantity, unit: str, days: tuple[date | None, date | None], step: Span) -> Array:
    """Sum of a rate in a unit per month over the months in force, shape (1,) or (draw,).

    A month that is not in force needs no value.
    """
    shares = in_force(days, step)
    if rate.series is None:
        return np.asarray(sum(shares) * rate.in_month(step.first, unit))
    parts = [
        share * rate.in_month(month, unit)
        for month, share in zip(step, shares, strict=True)
        if share > 0
    ]
    return np.asarray(np.sum(parts, axis=0)) if parts else np.zeros(1)


def amount(
    rate: Quantity,
    material: str,
    days: tuple[date | None, date | None],
    step: Step,
    *,
    basis: Basis,
) -> Array:
    """Tonnes of a material at a rate of t, GWh or packs over the months in force."""
    unit = counted_in(rate.unit)
    return total(rate, f"{unit}/month", days, step) * basis.in_tonnes(material, unit)


@cache
def counted_in(unit: str) -> str:
    """The unit in which goods of a rate or stock are counted: ``t``, ``GWh`` or ``pack``.

    >>> counted_in("kt/yr"), counted_in("MWh/month"), counted_in("pack")
    ('t', 'GWh', 'pack')
    """
    for kind in ("t", "GWh", "pack"):
        if is_kind(unit, kind) or is_kind(unit, f"{kind}/yr"):
            return kind
    raise UnitError.of("unit", "amount", "a quantity of goods", unit)
