"""What the rules between rows look at."""

import math
from dataclasses import dataclass
from datetime import date

from loopbook.loop.loop import Loop
from loopbook.loop.nouns.places import Site
from loopbook.loop.nouns.row import Row
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.reading.names import Names
from loopbook.loop.reading.typed import Rows
from loopbook.loop.time.calendar import month_number
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.quantity import Quantity


@dataclass(frozen=True, slots=True)
class Subject:
    """A loop that was read, for the rules.

    Parameters
    ----------
    loop : rows in force.
    every : all good rows, also those whose switch is off.
    names : of the case.
    findings : takes the errors and warnings.
    broken : tables with errors of their own; a rule over all rows of one is left out.
    """

    loop: Loop
    every: Rows
    names: Names
    findings: LoopFindings
    broken: frozenset[str] = frozenset()

    def at(self, row: Row) -> LoopFindings:
        """Takes findings of a row."""
        return self.findings.about(row.where)

    def months(self, row: Site | Contract | Term) -> list[int]:
        """Numbers of the months of the calendar in which it holds."""
        span, (starts, ends) = self.loop.calendar.span, self.loop.days(row)
        first, last = month_number(starts or date.min), month_number(ends or date.max)
        is_empty = (ends or date.max) < (starts or date.min)
        return [] if is_empty else [*range(max(first, span.first), min(last + 1, span.end))]


def share_in(month: int, quantity: Quantity) -> float:
    """A share in a month; NaN where its series has no number, which has its own finding."""
    line = quantity.series.line if quantity.series else None
    if line and math.isnan(line.in_month(month, quantity.since)):
        return math.nan
    return float(quantity.in_month(month, "1")[0])
