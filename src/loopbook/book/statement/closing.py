"""The closing of a period, with the check list that is read before it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from loopbook.book.book import Book
from loopbook.book.commands.draft import microseconds
from loopbook.book.commands.keeping.close_period import ClosePeriod
from loopbook.book.commands.warnings import read_limits
from loopbook.book.commands.warnings.closing import closing_checks
from loopbook.book.imports.posting import Entry, post_entries
from loopbook.book.modelled import says_modelled
from loopbook.book.storage.questions.closing import month_of
from loopbook.errors import Finding, InputError, require_known
from loopbook.report import HIDDEN, Answer, Column, Rows, counted


@dataclass(frozen=True, slots=True)
class CheckLine:
    """A line of the check list."""

    check: Annotated[str, "what is checked; of a warning, its kind"]
    result: Annotated[str, "what the book has"]
    usual: Annotated[str, "its limit; empty for what is only shown"]
    outside: Annotated[bool, "whether it is outside and needs a reason", Column(title="Outside")]
    reason: Annotated[str, "the reason for which it is accepted"]


@dataclass(frozen=True, slots=True)
class CheckItem:
    """Where to look."""

    check: Annotated[str, "line of the check list"]
    where: Annotated[str, "lot, or key of an event"]
    what: Annotated[str, "what about it"]


@dataclass(frozen=True, slots=True)
class Closing(Answer):
    """The check list of a period, and whether the period was closed with it."""

    period: Annotated[str, "its name"]
    closed: Annotated[bool, "whether it is closed now", Column(drops=HIDDEN)]
    checks: Annotated[tuple[CheckLine, ...], Rows("Check list")]
    items: Annotated[tuple[CheckItem, ...], Rows("Where to look")]

    def headline(self) -> str:
        """Whether the period is closed, and how much is outside of the limits."""
        count = counted(sum(line.outside for line in self.checks), "check")
        verb = "closed" if self.closed else "would be closed; nothing was written"
        return f"Period {self.period} {verb}; {count} outside of the limits"


@says_modelled
def close_period(
    book: Book,
    period: str,
    *,
    actor: str,
    at: datetime,
    accept: Mapping[str, str] | None = None,
    dry_run: bool = False,
) -> Closing:
    """Close a period, after its check list.

    Parameters
    ----------
    period : its name.
    actor, at : who closes it, and when, with a time zone.
    accept : reasons for which lines that are outside of their limits are accepted, by check.
    dry_run : only show the check list.

    Raises
    ------
    InputError : an unknown or closed period, an earlier one that is open, lines outside of their
        limits that are not accepted; nothing is closed.
    """
    periods, reasons = book.store.nouns().periods, accept or {}
    require_known("a period of the book", period, periods, where="period")
    known = periods[period]
    if known.closed and not dry_run:
        text = f"period {period} is closed already"
        raise InputError([Finding("duplicate", "period", "open", "closed", sentence=text)])
    start = book.store.nouns().counts_from(known)
    with book.store.snapshot():
        month = month_of(book.store, book.substances, start, known.end)
    checks = closing_checks(month, book.substances, (microseconds(at), known.end), read_limits())
    if not dry_run:
        key = f"close {period}"
        command = ClosePeriod(key=key, actor=actor, occurred_at=at, period=period)
        entry = Entry(1, key, (command,))
        post_entries(book, [entry], name=period, accept=reasons)
    return Closing(
        period,
        known.closed or not dry_run,
        tuple(CheckLine(*x[:4], reasons.get(x.check, "") if x.outside else "") for x in checks),
        tuple(CheckItem(x.check, *item) for x in checks for item in x.items),
    )
