"""Terms against what they are on: prices that are known, grades that do not overlap, freight."""

from loopbook.loop.checking.subject import Subject
from loopbook.loop.checking.times import index_of, money_months, note_missing, price_months
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.terms.lot import counted_in
from loopbook.loop.terms.prices.freight import Freight
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.sites.burden import Burden
from loopbook.loop.terms.sites.cost import Cost
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.measure import is_kind, numbers_of
from loopbook.loop.values.quantity import Quantity, quantities_in, rates_in

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
        elif min(numbers_of(Quantity(unit=series.unit, series=series)), default=0.0) < 0.0:
            subject.findings.about(series.where).note("range", "prices from 0 up", "others")
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
    rates = _rates(subject)
    reported: set[str] = set()
    for row in (*loop.terms, *loop.lanes, *loop.parameters):
        series = loop.series.get(index_of(row)) if isinstance(row, Term) else None
        prices = {x.currency: x.address.rpartition("/")[2] for x in quantities_in(row)}
        prices |= {Quantity(unit=series.unit).currency: "value"} if series else {}
        for foreign, column in prices.items():
            pair = {f"{foreign}/{home}", f"{home}/{foreign}"}
            subject.findings.uses |= {("series", rates[unit]) for unit in pair & rates.keys()}
            for unit in (pair & rates.keys()) - reported:
                if note_missing(loop.series[rates[unit]], money_months(row, subject), row, subject):
                    reported.add(unit)
            if foreign and foreign != home and not pair & rates.keys():
                hint = f"write a series with the unit {foreign}/{home}"
                what = f"a rate of {foreign} in {home}"
                subject.at(row).note("missing", what, "nothing", at=column, hint=hint)


def _rates(subject: Subject) -> dict[str, str]:
    """Series of rates of exchange by unit: one of each pair of currencies, all above 0."""
    rates: dict[str, str] = {}
    pairs: dict[frozenset[str], str] = {}
    for rate in rates_in(subject.loop.series.values()):
        rates[rate.unit] = rate.name
        at, two = subject.findings.about(rate.where), frozenset(rate.unit.split("/"))
        if pairs.setdefault(two, rate.name) != rate.name:
            shown = f"{pairs[two]} and {rate.name}"
            at.note("duplicate", f"one rate of {' and '.join(sorted(two))}", shown, at="unit")
        if not min(numbers_of(Quantity(unit=rate.unit, series=rate)), default=1.0) > 0.0:
            at.note("range", "rates above 0", "others")
    return rates
