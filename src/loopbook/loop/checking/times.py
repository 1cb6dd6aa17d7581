"""Rules of time: nothing ends before it starts, and no value is missing when it is needed."""

import math
from collections.abc import Iterator

from loopbook.loop.checking.subject import Subject
from loopbook.loop.nouns.facts import Parameter
from loopbook.loop.nouns.places import Site
from loopbook.loop.nouns.row import Row
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.time.calendar import month_name, month_number
from loopbook.loop.values.cells import NEVER
from loopbook.loop.values.quantity import Amount, Quantity, Series, When


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


def check_values(subject: Subject) -> None:
    """A value that is needed in a month is there."""
    reported: set[str] = set()
    for row, quantity, months in _needs(subject):
        series = quantity.series
        if series is None or series.name in reported:
            continue
        for month in months:
            if math.isnan(series.line.in_month(month, quantity.since)):
                reported.add(series.name)
                age = " at the age of the site that uses it" if series.line.by_age else ""
                missing_value(series, f"{month_name(month)}{age}", row, subject)
                break


def missing_value(series: Series, when: str, row: Row, subject: Subject) -> None:
    """A finding for a value that a row needs and a series does not have."""
    at = subject.findings.about(series.where)
    hint = f"{row.where} needs it"
    at.missing(f"a value of {series.name} in {when}", hint=hint)


def _needs(subject: Subject) -> Iterator[tuple[Row, Quantity, list[int]]]:
    """Rows with their quantities in time, and the months in which each is needed."""
    loop = subject.loop
    for row in loop.parameters:
        yield from _of_parameter(row, subject)
    for contract in loop.contracts:
        months = subject.months(contract)
        for quantity in (contract.amount.upper, contract.amount.lower):
            if quantity is not None:
                yield contract, quantity, months
    for term in loop.terms:
        months = term_months(term, subject)
        for value in (getattr(term, "value", None), *_limits(getattr(term, "when", None))):
            if isinstance(value, Quantity):
                yield term, value, months
    for process, splits in loop.splits.items():
        months = sorted(
            {m for x in loop.sites.values() if x.process == process for m in subject.months(x)}
        )
        for split in splits:
            for quantity in split.components.values():
                yield split, quantity, months
    for owned in loop.owners:
        first = month_number(owned.starts) if owned.starts else loop.calendar.first
        yield owned, owned.share, [m for m in loop.calendar.span if m >= first]


def _of_parameter(row: Parameter, subject: Subject) -> Iterator[tuple[Row, Quantity, list[int]]]:
    loop, value = subject.loop, row.value
    quantity = value.upper if isinstance(value, Amount) else value
    if not isinstance(quantity, Quantity) or quantity.series is None:
        return
    users = [x for x in loop.sites.values() if row.on in (x.site, x.model)]
    for site in users:
        start = month_number(site.starts) if site.starts else loop.calendar.first
        yield row, quantity.since_month(start), subject.months(site)
    if not users:
        yield row, quantity, []


def _limits(when: When | None) -> list[Quantity | None]:
    if when is None:
        return []
    return [*(limit.limit for limit in when.comparisons), when.rate, when.share]


def term_months(term: Term, subject: Subject) -> list[int]:
    """Months in which a term holds: those of the term and of what it is on."""
    loop = subject.loop
    own = set(subject.months(term))
    contracts = [row for row in loop.contracts if row.contract == term.on]
    things: list[Site | Contract] = [*contracts]
    if term.on in loop.sites:
        things.append(loop.sites[term.on])
    if not things:
        return sorted(own)
    return sorted({month for thing in things for month in subject.months(thing)} & own)
