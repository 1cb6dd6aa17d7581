"""Verify's pass over the events: rows in pages, each event computed again, sums in NumPy."""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Event, Leg, Lot, Measurement
from loopbook.book.records import event_bytes, leaf_of
from loopbook.book.schema import quoted
from loopbook.book.store import Database
from loopbook.errors import BalanceError, Finding, StorageError

__all__ = ["Amounts", "EventScan", "Notes", "one_line"]

_PAGE = 4_000  # events read at once
_MOST = 20  # findings listed

Amounts = NDArray[np.int64]


def one_line(error: Exception) -> str:
    """An error as text for a finding."""
    return f"{type(error).__name__}: {error}".replace("\n", "; ")


@dataclass(slots=True)
class Notes:
    """Findings as they come; the first on an event names the first wrong event."""

    first_wrong: str = ""
    findings: list[Finding] = field(default_factory=list)
    found: int = 0

    def add(self, code: str, where: str, expected: str, found: str, *, event: bool = False) -> None:
        """Keep a finding; only count it when there are many."""
        if event and not self.first_wrong:
            self.first_wrong = where
        self.found += 1
        if len(self.findings) < _MOST:
            self.findings.append(Finding(code, where, expected, found))

    @property
    def full(self) -> bool:
        """Whether there are as many as will be listed."""
        return self.found >= _MOST


@dataclass(slots=True)
class _Page:
    """Rows of some events in order, with what belongs to them by event number."""

    heads: list[tuple[Any, ...]]
    postings: list[tuple[Any, ...]] = field(default_factory=list)
    legs: dict[int, list[Leg]] = field(default_factory=dict)
    lots: dict[int, list[tuple[int, Lot]]] = field(default_factory=dict)
    measurements: dict[int, list[tuple[int, Measurement]]] = field(default_factory=dict)
    nouns: dict[int, list[tuple[str, str, str]]] = field(default_factory=dict)
    edges: dict[int, list[tuple[Any, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class EventScan:
    """One pass over the events of a book.

    Parameters
    ----------
    db : connection to the book, in a snapshot.
    substances : all that the book has declared.
    closed : start, end (microseconds since 1970 UTC), number of the closing event and name of the
        closed periods, by start.
    gapless : whether the storage numbers events 1, 2, 3, ... without gaps.
    notes : takes the findings.
    """

    db: Database
    substances: tuple[str, ...]
    closed: list[tuple[int, int, int, str]]
    gapless: bool
    notes: Notes
    events: int = 0
    last: int = 0
    seen: dict[str, int] = field(default_factory=dict)
    slots: dict[int, int] = field(default_factory=dict)
    sums: Amounts = field(default_factory=lambda: np.zeros((0, 1), np.int64))
    bounded: dict[int, bool] = field(default_factory=dict)
    _recorded: int = -(2**63)

    def run(self) -> None:
        """Read and check all events."""
        self.sums = np.zeros((0, 1 + len(self.substances)), np.int64)
        for page in self._pages():
            self._check(page)

    # -- reading

    def _pages(self) -> Iterator[_Page]:
        """Pages in order; an event whose rows cannot be read is named and left out."""
        after, size, left = 0, _PAGE, 0
        while True:
            try:
                page = self._read(after, size)
            except (StorageError, TypeError, ValueError) as error:
                if size > 1:
                    size, left = 1, _PAGE
                    continue
                told = one_line(error)
                place = f"event after number {after}"
                self.notes.add("storage", place, "rows that can be read", told, event=True)
                if self.notes.full:
                    return
                after += 1
                continue
            if not page.heads:
                return
            numbers = [after, *(head[0] for head in page.heads)]
            if any(a >= b for a, b in pairwise(numbers)):
                told = "numbers that do not rise: the table is damaged"
                place = f"event after number {after}"
                self.notes.add("storage", place, "events in order", told, event=True)
                return
            yield page
            after = page.heads[-1][0]
            left -= len(page.heads)
            size = 1 if left > 0 else _PAGE

    def _read(self, after: int, limit: int) -> _Page:
        rows = self.db.rows
        page = _Page(
            rows(
                "SELECT id, key, kind, actor, document, occurred_at, recorded_at, command, "
                "reverses, leaf FROM event WHERE id > ? ORDER BY id LIMIT ?",
                (after, limit),
            )
        )
        if not page.heads:
            return page
        span = (page.heads[0][0], page.heads[-1][0])
        names = ", ".join(f"p.{quoted(s)}" for s in self.substances)
        page.postings = rows(
            f"SELECT p.event, p.account, a.kind, a.party, a.site, a.lot, p.mass, {names} "
            "FROM posting p LEFT JOIN account a ON a.id = p.account "
            "WHERE p.event BETWEEN ? AND ? ORDER BY p.event, p.account",
            span,
        )
        accounts: dict[int, Account] = {}
        for row in page.postings:
            account = accounts.get(row[1])
            if account is None:
                account = accounts[row[1]] = Account(*[x or "" for x in row[2:6]])
            page.legs.setdefault(row[0], []).append(Leg(account, row[7:]))
        where = "WHERE event BETWEEN ? AND ? ORDER BY event"
        for n, line, *lot in rows(f"SELECT event, line, id, material FROM lot {where}, line", span):
            page.lots.setdefault(n, []).append((line, Lot(*lot)))
        for n, line, *told in rows(
            "SELECT event, line, lot, quantity, value, uncertainty, method, laboratory, sample, "
            f"grp, stage FROM measurement {where}, line",
            span,
        ):
            page.measurements.setdefault(n, []).append((line, Measurement(*told)))
        for n, kind, noun, body in rows(f"SELECT event, kind, id, body FROM noun {where}", span):
            page.nouns.setdefault(n, []).append((kind, noun, body))
        names = ", ".join(quoted(s) for s in self.substances)
        ends = f"SELECT event, source, target, mass, {names} FROM edge {where}, source, target"
        for n, *edge in rows(ends, span):
            page.edges.setdefault(n, []).append(tuple(edge))
        return page

    # -- checking

    def _check(self, page: _Page) -> None:
        """Check a page's events; findings come in the order of the events."""
        wrong = self._wrong_amounts(page)
        for head in page.heads:
            number = head[0]
            told = [
                *self._wrong_head(head),
                *wrong.get(number, ()),
                *self._wrong_leaf(page, head),
            ]
            for code, expected, found in told:
                where = f"event {number} {head[1]!r}"
                self.notes.add(code, where, expected, found, event=True)
            self.last = number
        self.events += len(page.heads)
        belongings: dict[str, Mapping[int, Sequence[object]]] = {
            "posting": page.legs,
            "edge": page.edges,
            "lot": page.lots,
            "measurement": page.measurements,
            "noun": page.nouns,
        }
        for table, mine in belongings.items():
            self.seen[table] = self.seen.get(table, 0) + sum(map(len, mine.values()))

    def _wrong_head(self, head: tuple[Any, ...]) -> Iterator[tuple[str, str, str]]:
        number, occurred_at, recorded_at = head[0], head[5], head[6]
        if type(occurred_at) is not int or type(recorded_at) is not int:
            yield "type", "times in whole microseconds", f"{occurred_at!r}, {recorded_at!r}"
            return
        if self.gapless and number != self.last + 1:
            yield "gap", f"event number {self.last + 1}", f"number {number}"
        if recorded_at < self._recorded and self.gapless:
            yield "order", f"recorded at {self._recorded} or later", str(recorded_at)
        self._recorded = max(self._recorded, recorded_at)
        place = bisect.bisect_right(self.closed, (occurred_at, 2**63, 0, "")) - 1
        if place >= 0:
            _, end, closing, name = self.closed[place]
            if occurred_at < end and number > closing:
                yield "closed-period", "a date in an open period", f"in {name}, closed before"

    def _wrong_leaf(self, page: _Page, head: tuple[Any, ...]) -> Iterator[tuple[str, str, str]]:
        """Compute the event's hash again from its rows."""
        number, key, kind, actor, document, occurred_at, recorded_at, command, reverses = head[:9]
        lots, measured = page.lots.get(number, ()), page.measurements.get(number, ())
        for table, lines in (("lot", lots), ("measurement", measured)):
            order = [line for line, _ in lines]
            if order != list(range(len(order))):
                yield "line", f"lines of {table} 0, 1, 2, ...", ", ".join(map(str, order))
        event = Event(
            key=key,
            kind=kind,
            actor=actor,
            document=document,
            occurred_at=occurred_at,
            recorded_at=recorded_at,
            command=command,
            legs=sorted(page.legs.get(number, ()), key=lambda leg: leg.account),
            lots=[lot for _, lot in lots],
            measurements=[m for _, m in measured],
            nouns=page.nouns.get(number, ()),
            reverses=reverses or "",
        )
        try:
            sealed = bytes(head[9])
            leaf = leaf_of(event_bytes(event, self.substances))
        except (TypeError, ValueError) as error:
            yield "leaf", "rows that make an event", one_line(error)
            return
        if leaf != sealed:
            found = f"its rows give {leaf.hex()[:16]}..."
            yield "leaf", f"the sealed hash {sealed.hex()[:16]}...", found
            return
        try:
            derived = edges_of(event.legs, reverses=bool(reverses))
        except (BalanceError, TypeError, ValueError):  # `_wrong_amounts` tells why
            return
        edges = [(source, target, sum(x), *x) for source, target, x in derived]
        if edges != page.edges.get(number, []):
            wrong = set(edges).symmetric_difference(page.edges.get(number, []))
            yield "edge", "edges that follow from the legs", ", ".join(sorted(map(str, wrong))[:2])

    def _wrong_amounts(self, page: _Page) -> dict[int, list[tuple[str, str, str]]]:
        """Legs that do not add up, events that do not sum to zero, lots below zero."""
        wrong: dict[int, list[tuple[str, str, str]]] = {}
        if not page.postings:
            return wrong
        amounts = np.array([row[6:] for row in page.postings])
        if amounts.dtype != np.int64:
            amounts = _whole(page, wrong)
        events = np.array([row[0] for row in page.postings])
        for k in np.flatnonzero(amounts[:, 0] != amounts[:, 1:].sum(axis=1)):
            row = page.postings[k]
            found = f"{sum(row[7:])} mg in substances, mass {row[6]} mg"
            wrong.setdefault(row[0], []).append(("leg", "substances that sum to the mass", found))
        starts = np.flatnonzero(np.diff(events, prepend=events[0] - 1))
        totals = np.add.reduceat(amounts, starts, axis=0)
        for k in np.flatnonzero(totals.any(axis=1)):
            off = dict(zip(("mass", *self.substances), totals[k].tolist(), strict=True))
            found = ", ".join(f"{s} {x} mg" for s, x in off.items() if x)
            place = int(events[starts[k]])
            wrong.setdefault(place, []).append(("sum", "legs that sum to zero", found))
        for row in page.postings:
            if row[2] is None:
                told = ("account", "an account", f"none of number {row[1]}")
                wrong.setdefault(row[0], []).append(told)
        self._run_balances(page, amounts, wrong)
        return wrong

    def _run_balances(
        self, page: _Page, amounts: Amounts, wrong: dict[int, list[tuple[str, str, str]]]
    ) -> None:
        """Add a page to the running balances; note each lot's first step below zero."""
        accounts, inverse = np.unique([row[1] for row in page.postings], return_inverse=True)
        slots = np.array([self.slots.setdefault(a, len(self.slots)) for a in accounts.tolist()])
        if len(self.slots) > len(self.sums):
            grown = np.zeros((2 * len(self.slots), amounts.shape[1]), np.int64)
            grown[: len(self.sums)] = self.sums
            self.sums = grown
        order = np.argsort(inverse, kind="stable")
        groups = inverse[order]
        running = np.cumsum(amounts[order], axis=0)
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        before = np.zeros((len(starts), amounts.shape[1]), np.int64)
        before[1:] = running[starts[1:] - 1]
        running += (self.sums[slots] - before)[groups]
        ends = np.append(starts[1:], len(groups)) - 1
        self.sums[slots] = running[ends]
        for k in starts:
            row = page.postings[order[k]]
            self.bounded[row[1]] = row[2] == "lot"
        below = (running < 0).any(axis=1)
        for k in np.flatnonzero(below):
            row = page.postings[order[k]]
            if row[2] == "lot":
                found = f"lot {row[5]} of {row[3]} at {row[4]} below zero"
                wrong.setdefault(row[0], []).append(("negative", "lots of zero or more", found))


def _whole(page: _Page, wrong: dict[int, list[tuple[str, str, str]]]) -> Amounts:
    """Amounts of a damaged page: zeros and a finding where one is no whole number of 64 bits."""
    amounts = np.zeros((len(page.postings), len(page.postings[0]) - 6), np.int64)
    for k, row in enumerate(page.postings):
        if all(type(x) is int and -(2**63) <= x < 2**63 for x in row[6:]):
            amounts[k] = row[6:]
        else:
            told = ("type", "amounts in whole milligrams", ", ".join(map(repr, row[6:])))
            wrong.setdefault(row[0], []).append(told)
    return amounts
