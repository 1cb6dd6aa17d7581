"""Verify's pass over the events: rows in pages, each event computed again, sums in NumPy."""

import bisect
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from loopbook.book.commands.draft import moment_at
from loopbook.book.commands.kinds import PLUGIN
from loopbook.book.storage.database import uncollected
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions.checks import DatedPosting, dated_postings
from loopbook.book.storage.rows import Head, Posting
from loopbook.book.verification.seals import PAGE, Page, Wrong, one_line, wrong_seal
from loopbook.book.verification.second_process import Helper
from loopbook.book.verification.together import Group, Together, wrong_amendment
from loopbook.errors import Finding, LoopbookError, StorageError

MOST = 20  # findings listed
UNREADABLE = (LoopbookError, KeyError, ValueError, TypeError, AttributeError)
"""Errors that damaged rows cause."""

_EVER = -(2**63)
_BEFORE_LOT, _THERE = "before-lot", "lots that were made by then"
_NOT_BELOW = "lots of zero or more"
_NO_GROUP: Group = ("", 0)

Numbers: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


@dataclass(slots=True)
class Notes:
    """Findings as they come; the first on an event names the first wrong event."""

    first_wrong: str = ""
    findings: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, code: str, where: str, expected: str, value: str, *, event: bool = False) -> None:
        """Keep a finding; only count it when there are many."""
        if event and not self.first_wrong:
            self.first_wrong = where
        self.count += 1
        if self.count <= MOST:
            self.findings.append(Finding(code, where, expected, value))

    @contextmanager
    def reading(self, where: str, expected: str, *, code: str = "storage") -> Iterator[None]:
        """Keep a finding where rows cannot be read in the block, which ends there."""
        try:
            yield
        except UNREADABLE as error:
            self.add(code, where, expected, one_line(error))


@dataclass(slots=True)
class EventScan:
    """One pass over the events of a book.

    Parameters
    ----------
    db : the book's storage, in a snapshot.
    substances : all that the book has declared.
    closed : start, end (microseconds since 1970 UTC), number of the closing event and name of the
        closed periods, by start.
    notes : takes the findings.
    helper : judges the hashes and edges of the later events, if there is one.
    page : events that are read at once.
    together : events that count together.
    """

    db: Store
    substances: tuple[str, ...]
    closed: list[tuple[int, int, int, str]]
    notes: Notes
    helper: Helper | None = None
    page: int = PAGE
    together: Together = field(default_factory=Together)
    last: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    slots: dict[int, int] = field(default_factory=dict)
    sums: Numbers = field(default_factory=lambda: np.zeros((0, 1), np.int64))
    bounded: dict[int, bool] = field(default_factory=dict)
    _recorded: int = -(2**63)
    _planner: int = 0
    _open_from: int = _EVER
    _closings: list[tuple[int, int]] = field(default_factory=list)
    _made: dict[str, int] = field(default_factory=dict)
    _dates: Numbers = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    _unordered: set[int] = field(default_factory=set)
    _groups: dict[int, Group] = field(default_factory=dict)
    _unchecked: dict[int, tuple[Group, str, str]] = field(default_factory=dict)

    def run(self) -> None:
        """Read and check all events."""
        self.sums = np.zeros((0, 1 + len(self.substances)), np.int64)
        ends = [(number, end) for _, end, number, _ in self.closed]
        self._closings = sorted(ends, reverse=True)
        with uncollected():
            for page in self._pages():
                self._check(page)
        for account in [*self._unchecked]:
            self._check_end(account)

    def last_at(self, slot: int) -> int:
        """Latest date of a posting on an account, by its place in `sums`."""
        return int(self._dates[slot, 1])

    def back_dated(self) -> None:
        """No lot was below zero at any date; accounts with dates in order need no second look."""
        postings = dated_postings(self.db, self.substances, sorted(self._unordered))
        for _, rows in groupby(postings, key=itemgetter(0)):
            self._run_dates(list(rows))

    def _run_dates(self, rows: list[DatedPosting]) -> None:
        """Note the first date at which an account was below zero, at the last of its events."""
        running = np.cumsum(np.array([row[5:] for row in rows]), axis=0)
        dates = np.array([row[1] for row in rows])
        whole = np.append(np.diff(dates) > 0, True)  # all events of a date count together
        below = np.flatnonzero((running < 0).any(axis=1) & whole)
        if len(below):
            _, _, number, key, lot, *_ = max(rows[: below[0] + 1], key=itemgetter(2))
            self.notes.add(
                "back-dated",
                f"event {number} {key!r}",
                "lots of zero or more at all dates",
                f"lot {lot} below zero on {moment_at(int(dates[below[0]]))}",
                event=True,
            )

    # -- reading

    def _pages(self) -> Iterator[Page]:
        """Pages in order; an event whose rows cannot be read is named and left out."""
        after, alone = 0, 0  # events that are left to be read one at a time
        while True:
            place = f"event after number {after}"
            try:
                page = Page(self.db, self.substances, after, 1 if alone > 0 else self.page)
            except (StorageError, TypeError, ValueError) as error:
                if alone <= 0:
                    alone = self.page
                    continue
                self.notes.add(
                    "storage", place, "rows that can be read", one_line(error), event=True
                )
                if self.notes.count >= MOST:
                    return
                after += 1
                continue
            if not page.heads:
                return
            numbers = [after, *(head[0] for head in page.heads)]
            if any(a >= b for a, b in pairwise(numbers)):
                damage = "numbers that do not rise: the table is damaged"
                self.notes.add("storage", place, "events in order", damage, event=True)
                return
            yield page
            after = numbers[-1]
            alone -= len(page.heads)

    # -- checking

    def _check(self, page: Page) -> None:
        """Check a page's events; findings come in the order of the events."""
        for number, lots in page.lots.items():
            date = page.dates.get(number, 0)
            self._made.update((lot, min(date, self._made.get(lot, date))) for _, lot, _ in lots)
        self._groups = {head[0]: self.together.group(head) for head in page.heads}
        self._amounts(page)
        for head in page.heads:
            number = head[0]
            for code, expected, value in (
                *self._wrong_head(head),
                *page.wrong.get(number, ()),
                *self._too_early(page, number),
                *self._wrong_seal(page, head),
            ):
                self.notes.add(code, f"event {number} {head[1]!r}", expected, value, event=True)
            self.last = number
        self.seen.update(page.sizes)
        self.kinds.update(str(head[2]) for head in page.heads)

    def _wrong_head(self, head: Head) -> Iterator[Wrong]:
        number, occurred_at, recorded_at = head[0], head[5], head[6]
        posted_at, planner = head[11:13]
        if {*map(type, (occurred_at, recorded_at, posted_at, planner))} != {int}:
            values = f"{occurred_at!r}, {recorded_at!r}, {posted_at!r}, {planner!r}"
            yield "type", "times in whole microseconds, and a planner's version", values
            return
        rules = planner % PLUGIN  # without the version of a plugin
        if rules < self._planner:
            yield "planner", f"planner {self._planner} or later, as before it", f"planner {rules}"
        self._planner = max(self._planner, rules)
        if head[10] is not None:
            yield from wrong_amendment(head)
        if self.db.gapless and number != self.last + 1:
            yield "gap", f"event number {self.last + 1}", f"number {number}"
        earliest = self._recorded - self.db.slack_us
        if recorded_at < earliest:
            yield "order", f"recorded at {earliest} or later", str(recorded_at)
        self._recorded = max(self._recorded, recorded_at)
        place = bisect.bisect_right(self.closed, (posted_at, 2**63, 0, "")) - 1
        if place >= 0:
            _, end, closing, name = self.closed[place]
            if posted_at < end and number > closing:
                yield "closed-period", "a date in an open period", f"in {name}, closed before"
        while self._closings and self._closings[-1][0] < number:
            self._open_from = max(self._open_from, self._closings.pop()[1])
        due = max(occurred_at, self._open_from) if planner else occurred_at
        if posted_at != due:
            yield "closed-period", f"posted at {due}", str(posted_at)

    def _too_early(self, page: Page, number: int) -> Iterator[Wrong]:
        """A lot that is measured, held or released before it was made."""
        if number not in page.measurements and number not in page.nouns:
            return
        lots = {lot for _, lot, *_ in page.measurements.get(number, ())}
        lots.update(lot for kind, lot, _ in page.nouns.get(number, ()) if kind == "hold")
        for lot in sorted(lots):
            if page.dates[number] < self._made.get(lot, _EVER):
                yield _BEFORE_LOT, _THERE, _later(lot)

    def _wrong_seal(self, page: Page, head: Head) -> Iterable[Wrong]:
        wrong = None if self.helper is None else self.helper.wrong(head[0])
        return wrong_seal(page, head, self.substances) if wrong is None else wrong

    def _amounts(self, page: Page) -> None:
        """Legs that do not add up, events that do not sum to zero, lots below zero."""
        if not page.postings:
            return
        amounts = np.array([row[6:] for row in page.postings])
        if amounts.dtype != np.int64:
            amounts = _whole(page)
        events = np.array([row[0] for row in page.postings])
        for k in np.flatnonzero(amounts[:, 0] != amounts[:, 1:].sum(axis=1)).tolist():
            row = page.postings[k]
            sums = f"{sum(row[7:])} mg in substances, mass {row[6]} mg"
            page.add(row[0], "leg", "substances that sum to the mass", sums)
        starts = np.flatnonzero(np.diff(events, prepend=events[0] - 1))
        totals = np.add.reduceat(amounts, starts, axis=0)
        for k in np.flatnonzero(totals.any(axis=1)).tolist():
            off = zip(("mass", *self.substances), totals[k].tolist(), strict=True)
            left = ", ".join(f"{s} {x} mg" for s, x in off if x)
            page.add(int(events[starts[k]]), "sum", "legs that sum to zero", left)
        for row in page.postings:
            if row[2] is None:
                page.add(row[0], "account", "an account", f"none of number {row[1]}")
        self._run_balances(page, amounts)

    def _run_balances(self, page: Page, amounts: Numbers) -> None:
        """Add a page to the running balances; note each lot's first step below zero."""
        accounts, inverse = np.unique([row[1] for row in page.postings], return_inverse=True)
        known = len(self.slots)
        slots = np.array([self.slots.setdefault(a, len(self.slots)) for a in accounts.tolist()])
        if len(self.slots) > len(self.sums):
            more = ((0, 2 * len(self.slots) - len(self.sums)), (0, 0))
            self.sums, self._dates = np.pad(self.sums, more), np.pad(self._dates, more)
        order = np.argsort(inverse, kind="stable")
        groups = inverse[order]
        running = np.cumsum(amounts[order], axis=0)
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        for k, slot in zip(order[starts].tolist(), slots.tolist(), strict=True):
            row = page.postings[k]
            self.bounded[row[1]] = row[2] == "lot"
            if slot >= known:
                self._dates[slot, 0] = self._made.get(row[5], _EVER)
            elif row[1] in self._unchecked:
                self._check_end(row[1], self._group(row))
        before = np.zeros((len(starts), amounts.shape[1]), np.int64)
        before[1:] = running[starts[1:] - 1]
        running += (self.sums[slots] - before)[groups]
        ends = np.append(starts[1:], len(groups)) - 1
        self.sums[slots] = running[ends]
        rows = [page.postings[k] for k in order.tolist()]
        of_lot = np.array([row[2] == "lot" for row in rows])
        whole = self._ends_of_groups(page, rows, ends)
        for k in np.flatnonzero((running < 0).any(axis=1) & of_lot & whole).tolist():
            page.add(rows[k][0], "negative", _NOT_BELOW, _below(rows[k]))
        self._run_order(page, rows, of_lot, slots=slots[groups], starts=starts)

    def _group(self, row: Posting) -> Group:
        """The group of a posting's event."""
        return self._groups.get(row[0], ("", row[0]))

    def _ends_of_groups(self, page: Page, rows: Sequence[Posting], ends: Numbers) -> Flags:
        """Whether each posting is the last one of its group on its account.

        Of a group that goes on after the page nobody knows: it is checked at the account's next.

        Parameters
        ----------
        rows, ends : postings account by account, and where each account ends.
        """
        groups = [*map(self._group, rows)]
        are_last = np.array([*(one != other for one, other in pairwise(groups)), True])
        are_last[ends] = True
        for k in ends.tolist() if self.together.waiting else ():
            row = rows[k]
            if groups[k] in self.together.waiting and row[2] == "lot":
                key = next(head[1] for head in page.heads if head[0] == row[0])
                self._unchecked[row[1]] = groups[k], f"event {row[0]} {key!r}", _below(row)
                are_last[k] = False
        return are_last

    def _check_end(self, account: int, group: Group = _NO_GROUP) -> None:
        """Check an account after the last page's group, if that does not go on."""
        last, where, below = self._unchecked.pop(account)
        if last != group and (self.sums[self.slots[account]] < 0).any():
            self.notes.add("negative", where, _NOT_BELOW, below, event=True)

    def _run_order(
        self, page: Page, rows: Sequence[Posting], of_lot: Flags, *, slots: Numbers, starts: Numbers
    ) -> None:
        """Note postings before their lot was made, and accounts whose dates go back.

        Parameters
        ----------
        rows, of_lot, slots : postings account by account; whether the account is a lot's, and its
            place in `sums`.
        starts : where each account begins.
        """
        when = np.array([page.dates.get(row[0], _EVER) for row in rows])
        before = np.append(_EVER, when[:-1])
        before[starts] = self._dates[slots[starts], 1]
        back = np.flatnonzero((when < before) & of_lot).tolist()
        self._unordered.update(rows[k][1] for k in back)
        for k in np.flatnonzero((when < self._dates[slots, 0]) & of_lot).tolist():
            page.add(rows[k][0], _BEFORE_LOT, _THERE, _later(rows[k][5]))
        latest = np.maximum(np.maximum.reduceat(when, starts), before[starts])
        self._dates[slots[starts], 1] = latest


def _below(row: Posting) -> str:
    return f"lot {row[5]} of {row[3]} at {row[4]} below zero"


def _later(lot: str) -> str:
    return f"lot {lot} was made later"


def _whole(page: Page) -> Numbers:
    """Amounts of a damaged page: zeros and a finding where one is no whole number of 64 bits."""
    amounts = np.zeros((len(page.postings), len(page.postings[0]) - 6), np.int64)
    for k, row in enumerate(page.postings):
        if all(type(x) is int and -(2**63) <= x < 2**63 for x in row[6:]):
            amounts[k] = row[6:]
        else:
            page.add(row[0], "type", "amounts in whole milligrams", ", ".join(map(repr, row[6:])))
    return amounts
