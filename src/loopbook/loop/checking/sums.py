"""Sums that a rule fixes: shares of a company, percent of a composition, shares of a process."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from loopbook.loop.checking.subject import Subject, share_in
from loopbook.loop.models.process import Process
from loopbook.loop.nouns.matter import Material
from loopbook.loop.time.calendar import Span, first_day, month_name, month_number
from loopbook.loop.values.quantity import Amount, Quantity

_PERCENT = 0.05
"""By which the percent of a composition may miss 100."""

_ROUNDING = 1e-9
_RANKS = ("made", "left")  # shares of these follow each other


def check_owners(subject: Subject) -> None:
    """The shares of a company sum to 1 from the day on that one of its rows starts."""
    loop, months = subject.loop, subject.loop.calendar.span
    for company in dict.fromkeys(row.company for row in loop.owners):
        rows = [row for row in loop.owners if row.company == company]
        first = first_day(months.first)
        for day in sorted({max(row.starts or first, first) for row in rows}):
            owners, month = loop.owners_of(company, day), month_number(day)
            shares = {name: share_in(month, x) for name, x in owners.items()}
            whole = math.fsum(shares.values())
            if month in months and not abs(whole - 1) <= _ROUNDING:
                last = [row for row in rows if (row.starts or date.min) <= day][-1]
                what = f"shares of {company} that sum to 100 % on {day}"
                names = ", ".join(f"{name} {100 * share:g} %" for name, share in shares.items())
                subject.at(last).note("sum", what, f"{100 * whole:.10g} % ({names})", at="share")


def check_compositions(subject: Subject) -> None:
    """Percent sum to 100 within 0.05; parts are not all zero; there is a basis."""
    for row in subject.every.of(Material):
        at, whole = subject.at(row), math.fsum(row.components.values())
        if not row.components or row.like:
            continue
        if not row.basis:
            at.note("missing", "a basis, % or parts", "nothing", at="basis")
        elif row.basis == "%" and not abs(whole - 100) <= _PERCENT:
            hint = "add what is missing, or write parts as its basis"
            at.note("sum", "percent that sum to 100 within 0.05", f"{whole:.10g}", hint=hint)
        elif not whole > 0:
            at.note("sum", "parts that are not all zero", "0")


def check_splits(subject: Subject) -> None:
    """Shares of a component in the materials that a process makes sum to at most 1."""
    loop = subject.loop
    for process, rows in loop.splits.items():
        for component in dict.fromkeys(name for row in rows for name in row.components):
            shares = [row.components[component] for row in rows if component in row.components]
            if whole := _above(shares, loop.calendar.span):
                expected = f"shares of {component} in {process} that sum to at most 100 %"
                subject.at(rows[-1]).note("sum", expected, whole, at=component)


def check_parts(subject: Subject) -> None:
    """Parameters that are shares of one whole sum to at most 1; models have no faults."""
    for name, model in subject.loop.models.items():
        subject.findings.items += model.faults()
        if isinstance(model, Process) and model.costing and "" not in model.capacity:
            hint = f"write a row {name},capacity with a value such as 12000 t/yr"
            what = f"the capacity of {name}, by which its cost is sized"
            subject.at(subject.loop.sites[name]).missing(what, hint=hint)
        for rows in vars(model).values():
            shares: dict[str, list[Quantity]] = defaultdict(list)
            for x in rows.values() if isinstance(rows, Mapping) else ():
                if isinstance(x, Amount) and x.upper and x.kind == "share" and x.of not in _RANKS:
                    for of in model.wholes.get(x.of, (x.of,)):
                        shares[of].append(x.upper)
            for of, parts in shares.items():
                if whole := _above(parts, subject.loop.calendar.span):
                    expected = f"shares of {of} at {model.name} that sum to at most 100 %"
                    subject.findings.about(parts[-1].where).note("sum", expected, whole)


def _above(shares: Iterable[Quantity], months: Span) -> str:
    """The sum of shares in the first month in which it is above 1; empty if in none."""
    for month in months:
        whole = math.fsum(share_in(month, share) for share in shares)
        if whole > 1 + _ROUNDING:
            return f"{100 * whole:.10g} % in {month_name(month)}"
    return ""
