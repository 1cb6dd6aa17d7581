"""Rules of time: nothing ends before it starts, and no value is missing when it is needed."""

import math
from collections.abc import Iterable, Iterator
from datetime import date
from operator import itemgetter

from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.people import Ownership
from loopbook.loop.nouns.places import Site
from loopbook.loop.nouns.row import Row
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.terms.prices.payable import Payable
from loopbook.loop.terms.settling.pay import Pay
from loopbook.loop.time.calendar import month_name, month_number
from loopbook.loop.values.cells import NEVER
from loopbook.loop.values.measure import factor_to, numbers_of
from loopbook.loop.values.quantity import Quantity, Series, quantities_in
from loopbook.tables import Value

_NEVER = month_number(NEVER)


def check_order(subject: Subject) -> None:
    """What ends does so after it starts; what is paid once has its day."""
    rows = subject.every
    dated: list[Site | Contract | Term] = [*rows.of(Site), *rows.of(Contract), *rows.of(Term)]
    for row in dated:
        if row.starts and row.ends and row.ends < row.starts != NEVER:
            expected = f"a last day from {row.starts} on"
            subject.at(row).note("order", expected, str(row.ends), at="ends")
    for term in rows.of(Term):
        if term.dated and term.starts is None:
            subject.at(term).missing(f"the day on which {term.law} is paid", at="starts")


def check_never(subject: Subject) -> None:
    """Warn of what is never in force within the periods of the case."""
    loop = subject.loop
    rows: list[Site | Contract] = [*loop.sites.values(), *loop.contracts]
    for row in rows:
        if not subject.months(row) and row.starts != NEVER:
            what = f"the {type(row).role} {getattr(row, type(row).role)}"
            span = loop.calendar.span.name
            subject.at(row).warn("never", f"{what} is in force in no month of {span}")


def check_left_out(subject: Subject) -> None:
    """Warn of what is outside of the periods, counted: a run may have fewer than the tables."""
    loop, span = subject.loop, subject.loop.calendar.span
    rows: list[Site | Contract | Term | Ownership] = [*loop.sites.values(), *loop.contracts]
    rows += [*loop.terms, *loop.owners]
    late = [x for x in rows if x.starts and span.end <= month_number(x.starts) < _NEVER]
    past = [x for x in rows if (end := getattr(x, "ends", None)) and month_number(end) < span.first]
    priced = [(index_of(x), max(price_months(x, subject), default=0)) for x in loop.terms]
    last = dict(sorted(priced, key=itemgetter(1)))
    columns = [
        column.name
        for series in loop.series.values()
        for column in (() if series.line.by_age else series.line.columns)
        if column.first >= max(span.end, last.get(series.name, 0) + 1)
        and series.written[column.name][0]
    ]
    if late or past or columns:
        numbers = f"{len(columns)} numbers of series in {len(set(columns))} later columns"
        sentence = f"{numbers} and {len(late) + len(past)} rows are outside of {span.name}"
        subject.findings.about("case/periods").warn("left-out", sentence)


def check_values(subject: Subject) -> None:
    """A value that is needed in a month is there."""
    reported: set[str] = set()
    needed = (
        (row, x, months) for row, cells, months in _needs(subject) for x in quantities_in(cells)
    )
    for row, quantity, months in needed:
        series = quantity.series
        if series is None or series.name in reported:
            continue
        if note_missing(series, months, row, subject, since=quantity.since):
            reported.add(series.name)


def note_missing(
    series: Series, months: Iterable[int], row: Row, subject: Subject, *, since: int | None = None
) -> bool:
    """Whether a value that a row needs is missing, with its finding."""
    month = next(series.line.missing(months, since), None)
    if month is not None:
        age = " at the age of the site that uses it" if series.line.by_age else ""
        what = f"a value of {series.name} in {month_name(month)}{age}"
        subject.findings.about(series.where).missing(what, hint=f"{row.where} needs it")
    return month is not None


def _needs(subject: Subject) -> Iterator[tuple[Row, Value, list[int]]]:
    """Rows with cells that may hold quantities, and the months in which each is needed."""
    loop = subject.loop
    for row in loop.parameters:
        for site in loop.sites.values():
            if row.on in (site.site, site.model):
                start = month_number(site.starts) if site.starts else loop.calendar.first
                aged = tuple(x.since_month(start) for x in quantities_in(row.value))
                yield row, aged, subject.months(site)
    for contract in loop.contracts:
        yield contract, contract.amount, subject.months(contract)
    for term in loop.terms:
        cells = getattr(term, "value", None), getattr(term, "when", None)
        yield term, cells, term_months(term, subject)
    for process, splits in loop.splits.items():
        sites = [x for x in loop.sites.values() if x.process == process]
        months = sorted({month for site in sites for month in subject.months(site)})
        yield from ((split, tuple(split.components.values()), months) for split in splits)
    for owned in loop.owners:
        first = month_number(owned.starts) if owned.starts else loop.calendar.first
        yield owned, owned.share, [m for m in loop.calendar.span if m >= first]


def term_months(term: Term, subject: Subject) -> list[int]:
    """Months in which a term holds: those of the term and of what it is on."""
    loop, months = subject.loop, subject.months(term)
    things: list[Site | Contract] = [row for row in loop.contracts if row.contract == term.on]
    things += [site for site in loop.sites.values() if site.site == term.on]
    held = {month for thing in things for month in subject.months(thing)}
    return [month for month in months if month in held or not things]


def shared_months(first: Term, second: Term, subject: Subject) -> list[int]:
    """Months in which two terms hold on the same days."""
    one, other = ((x.starts or date.min, x.ends or date.max) for x in (first, second))
    if max(one[0], other[0]) > min(one[1], other[1]):
        return []
    return sorted({*term_months(first, subject)} & {*term_months(second, subject)})


def money_months(row: Row, subject: Subject) -> list[int]:
    """Months in which money of a row is converted: of a term those of its payments."""
    if not isinstance(row, Term):
        return [*subject.loop.calendar.span]
    waits = (x for x in subject.loop.laws_on(row.on, Pay) if shared_months(x, row, subject))
    later = max((math.ceil(max(numbers_of(x.value)) * _months(x.value)) for x in waits), default=0)
    return sorted({m for month in term_months(row, subject) for m in (month, month + later)})


def _months(time: Quantity) -> float:
    return factor_to(time.unit, "month") or 0.0


def price_months(term: Term, subject: Subject) -> list[int]:
    """Months whose price a term needs: those in which it holds, and its lag and way later."""
    lag, loop, lead = getattr(term, "lag", None), subject.loop, 0.0
    for row in loop.contracts if lag and lag.arrival else ():
        for material in loop.materials_of(row.material) if row.contract == term.on else ():
            lane = loop.lane(row.from_, row.to, material)
            if lane and lane.lead:
                lead = max(lead, _months(lane.lead) * max(numbers_of(lane.lead)))
    later = math.ceil(lag.months + lead) if lag else 0
    return [month + later for month in term_months(term, subject)]


def index_of(row: Term) -> str:
    """The series that prices a term; empty where none does."""
    return getattr(row, "index", "") or (row.of if isinstance(row, Payable) else "")
