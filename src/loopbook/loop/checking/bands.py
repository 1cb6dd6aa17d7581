"""Terms that must not meet: payables of one grade, and a floor above its cap."""

import math
from itertools import combinations

import numpy as np

from loopbook.errors import InputError
from loopbook.loop.checking.subject import Subject
from loopbook.loop.checking.times import shared_months
from loopbook.loop.terms.lot import Quotes
from loopbook.loop.terms.prices.cap import Cap
from loopbook.loop.terms.prices.floor import Floor
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.time.calendar import month_name
from loopbook.loop.values.quantity import Comparison, When


def check_bands(subject: Subject) -> None:
    """Two payables of one thing on one contract never hold for one grade at one time."""
    groups: dict[tuple[str, str], list[Payable]] = {}
    for row in subject.loop.terms:
        if isinstance(row, Payable):
            groups.setdefault((row.on, row.of), []).append(row)
    for first, second in (two for rows in groups.values() for two in combinations(rows, 2)):
        if shared_months(first, second, subject) and _overlap(first.when, second.when):
            what = f"grades apart from those of {first.where}"
            shown = f"payables of {second.of} on {second.on} that hold at once"
            subject.at(second).note("overlap", what, shown, at="when")


def check_bounds(subject: Subject) -> None:
    """A floor of a price is not above the cap that holds at the same time, in no month."""
    loop = subject.loop
    quotes = Quotes.of(loop.settings.money, loop.series)
    caps: dict[tuple[str, str], list[Cap]] = {}
    for row in loop.terms:
        if isinstance(row, Cap):
            caps.setdefault((row.on, row.of), []).append(row)
    floors = [row for row in loop.terms if isinstance(row, Floor)]
    for low in floors:
        for high in caps.get((low.on, low.of), ()):
            for month in shared_months(low, high, subject):
                least, most = _price(quotes, low, month), _price(quotes, high, month)
                if least > most * (1.0 + 1e-9):
                    unit, name = f"{quotes.currency}/t", month_name(month)
                    what = f"at least the floor of {low.where}, {least:g} {unit} in {name}"
                    subject.at(high).note("range", what, f"{most:g} {unit}", at="value")
                    break


def _price(quotes: Quotes, row: Floor | Cap, month: int) -> float:
    """The price of a bound; NaN where a rate or an index is missing, which has its own finding."""
    try:
        return float(quotes.money(row.value, month, "USD/t", paid=month)[0])
    except InputError:
        return math.nan


def _overlap(first: When | None, second: When | None) -> bool:
    """Whether some grade keeps to both conditions; limits in time count as overlapping."""
    limits = [limit for when in (first, second) if when for limit in when.comparisons]
    names = dict.fromkeys(limit.of for limit in limits)
    return all(_can_hold([limit for limit in limits if limit.of == name]) for name in names)


def _can_hold(limits: list[Comparison]) -> bool:
    """Whether some grade keeps to all limits that are constant: one at a limit, or between two."""
    bounds = [(x, x.limit.in_month(0, "1")) for x in limits if x.limit.series is None]
    ends = np.unique([0.0, 1.0, *(float(value[0]) for _, value in bounds)])
    grades = np.concatenate([ends, (ends[1:] + ends[:-1]) / 2])
    kept = np.ones_like(grades)
    for limit, value in bounds:
        kept = kept * limit.holds(grades, value)
    return bool(kept.any())
