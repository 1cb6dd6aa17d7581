"""Terms against what they are on: prices that are known, grades that do not overlap, freight."""

from itertools import combinations, permutations

import numpy as np

from loopbook.loop.checking.subject import Subject
from loopbook.loop.checking.times import index_of, note_missing, price_months, term_months
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.terms.lot import counted_in
from loopbook.loop.terms.prices.cap import Cap
from loopbook.loop.terms.prices.floor import Floor
from loopbook.loop.terms.prices.freight import Freight
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.sites.burden import Burden
from loopbook.loop.terms.sites.cost import Cost
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.measure import factor_to, is_kind
from loopbook.loop.values.quantity import Comparison, Quantity, When, quantities_in, rates_in

_PRICE = ("USD/t", "USD/pack", "USD/kWh")


def check_prices(subject: Subject) -> None:
    """A payable has a series of prices, in every month in which it is needed."""
    loop, reported = subject.loop, set[str]()
    for row in loop.terms:
        name = index_of(row)
        if not name:
            continue
        at, series, when = subject.at(row), loop.series.get(name), getattr(row, "when", None)
        if not isinstance(row, Payable) and (when is None or when.base is None):
            at.missing("the month at which the index is 1, such as base 2027-01", at="when")
        if series is None:
            if isinstance(row, Payable) and not row.index:
                hint = f"write a series {row.of} of prices, or name one in index"
                at.note("missing", f"a price of {row.of}", "nothing", at="index", hint=hint)
            continue
        subject.findings.uses.add(("series", name))
        if not any(is_kind(series.unit, unit) for unit in _PRICE):
            what = "a series of prices, such as USD/t"
            at.note("unit", what, f"{name} in {series.unit}", at="index")
        elif name not in reported and note_missing(
            series, price_months(row, subject), row, subject
        ):
            reported.add(name)


def check_counts(subject: Subject) -> None:
    """A cost or burden of a tonne or pack of a site names what it counts; only a site is fed."""
    for row in subject.loop.terms:
        of, at = getattr(row, "of", ""), subject.at(row)
        if row.on not in subject.loop.sites:
            if of in ("feed", "made", "disposal") and "contract" in row.kinds:
                at.note("wrong-list", "a material, an element or a component", of, at="of")
        elif isinstance(row, (Cost, Burden)) and not of:
            kind = "USD" if isinstance(row, Cost) else "tCO2e"
            if counted_in(row.value.unit, kind) != "month":
                at.missing("what is counted, such as feed, made or disposal", at="of")


def check_bands(subject: Subject) -> None:
    """Two payables of one thing on one contract never hold for one grade at one time."""
    rows = [row for row in subject.loop.terms if isinstance(row, Payable)]
    for first, second in combinations(rows, 2):
        if (first.on, first.of) != (second.on, second.of):
            continue
        months = set(term_months(first, subject)) & set(term_months(second, subject))
        if months and _overlap(first.when, second.when):
            what = f"grades apart from those of {first.where}"
            shown = f"payables of {second.of} on {second.on} that hold at once"
            subject.at(second).note("overlap", what, shown, at="when")


def check_bounds(subject: Subject) -> None:
    """A floor of a price is not above the cap that holds at the same time."""
    for low, high in permutations(subject.loop.terms, 2):
        if not (isinstance(low, Floor) and isinstance(high, Cap)) or low.on != high.on:
            continue
        first, second = low.value, high.value
        if low.of != high.of or first.series or second.series or first.currency != second.currency:
            continue
        months = set(term_months(low, subject)) & set(term_months(high, subject))
        factor = factor_to(first.unit, second.unit) or 1.0
        if months and first.number * factor > second.number:
            what = f"at least the floor of {low.where}, {first.number:g} {first.unit}"
            shown = f"{second.number:g} {second.unit}"
            subject.at(high).note("range", what, shown, at="value")


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


def check_freight(subject: Subject) -> None:
    """What pays freight has a lane with a distance and a mode with a price, or with a cost."""
    loop = subject.loop
    for lane in loop.lanes:
        if lane.mode and lane.distance is None and lane.cost is None:
            hint = "write its distance, or its cost and carbon"
            subject.at(lane).missing("the distance of a lane with a mode", at="distance", hint=hint)
    for contract in loop.contracts:
        terms = loop.laws_on(contract.contract, Freight)
        if terms and OUTSIDE not in (contract.from_, contract.to):
            _check_lanes(contract, terms[0], subject)


def _check_lanes(contract: Contract, term: Term, subject: Subject) -> None:
    loop = subject.loop
    for material in loop.materials_of(contract.material):
        lane = loop.lane(contract.from_, contract.to, material)
        row = loop.materials.get(material)
        mode = (lane.mode if lane else "") or (row.mode if row else "")
        if lane is None:
            hint = f"write a row {contract.from_},{contract.to} in lanes.csv"
            what = f"a lane for the freight of {material}"
            subject.at(term).note("missing", what, "nothing", at="value", hint=hint)
        elif lane.cost is None and (mode not in loop.modes or loop.modes[mode].price is None):
            hint = "write a cost on the lane, or a mode that has a price in parameters"
            what = f"the cost of the freight of {material}"
            subject.at(lane).note("missing", what, "nothing", at="mode", hint=hint)
        elif lane.cost is None and lane.distance is None and not lane.mode:
            hint = "write its distance, or its cost and carbon"
            subject.at(lane).missing(
                "the distance of a lane with freight", at="distance", hint=hint
            )
        else:
            continue
        return


def check_money(subject: Subject) -> None:
    """Money of another currency has a rate; money of a year has an index, or all is nominal."""
    loop = subject.loop
    home, index = loop.settings.money.currency, loop.settings.money.index
    if index:
        at = subject.findings.about(loop.settings.written["money/index"][1])
        at.check_known("a series", index, loop.series, at="money.index")
        subject.findings.uses.add(("series", index))
        if index in loop.series and not is_kind(loop.series[index].unit, "1"):
            at.note("unit", "a series without a unit", loop.series[index].unit, at="money.index")
    rates: dict[str, str] = {}
    pairs: dict[frozenset[str], str] = {}
    for rate in rates_in(loop.series.values()):
        rates[rate.unit] = rate.name
        two = frozenset(rate.unit.split("/"))
        if pairs.setdefault(two, rate.name) != rate.name:
            shown = f"{pairs[two]} and {rate.name}"
            what = f"one rate of {' and '.join(sorted(two))}"
            subject.findings.about(rate.where).note("duplicate", what, shown, at="unit")
    for row in (*loop.terms, *loop.lanes, *loop.parameters):
        series = loop.series.get(index_of(row)) if isinstance(row, Term) else None
        prices = {x.currency: x.address.rpartition("/")[2] for x in quantities_in(row)}
        prices |= {Quantity(unit=series.unit).currency: "value"} if series else {}
        for foreign, column in prices.items():
            pair = {f"{foreign}/{home}", f"{home}/{foreign}"}
            subject.findings.uses |= {("series", rates[unit]) for unit in pair & rates.keys()}
            if foreign and foreign != home and not pair & rates.keys():
                hint = f"write a series with the unit {foreign}/{home}"
                what = f"a rate of {foreign} in {home}"
                subject.at(row).note("missing", what, "nothing", at=column, hint=hint)
