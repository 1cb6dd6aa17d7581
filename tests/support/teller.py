"""A book that generated stories are told to, and what it answers on the way."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Self

import pytest

from loopbook import book as b
from loopbook.book.statement.statement import metal_statement
from loopbook.errors import InputError
from support.plain_book import PlainBook
from support.shelves import Shelf, postgres_shelf, sqlite_shelf
from support.stories import FIRST, PARTIES, SITES, SUBSTANCES, Fact, command, moment, nouns, period
from support.world import DAY, us

ROUNDING_MG = 60  # a milligram for each step of a lot's content


@dataclass
class Teller:
    """A book that is told facts, and what it answered on the way."""

    book: b.Book
    answers: list[tuple[int, Mapping[b.Account, b.Content]]] = field(default_factory=list)
    statements: dict[str, list[str]] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    dropped: set[str] = field(default_factory=set)

    @classmethod
    def at(cls, shelf: Shelf) -> Self:
        clock = itertools.count(us(FIRST) + 100 * DAY, 1_000_000)
        teller = cls(shelf.new(substances=SUBSTANCES, clock=lambda: next(clock)))
        if shelf.kind == "sqlite":
            teller.book.store.rows("PRAGMA synchronous = OFF")
        teller.book.post(nouns())
        return teller

    def tell(self, facts: Sequence[Fact]) -> list[Fact]:
        """Tell facts, those that are refused again after each that is taken; what still waits.

        A wrong fact that was refused is not told again, nor taken back.
        """
        waiting: list[Fact] = []
        for fact in facts:
            if fact.get("event") in self.dropped:
                continue
            if self._tell(fact):
                waiting = self._again(waiting)
            elif fact["key"].startswith("x"):
                self.dropped.add(fact["key"])
            else:
                waiting.append(fact)
        return waiting

    def _again(self, waiting: list[Fact]) -> list[Fact]:
        """Tell facts that were refused again, in the order of their dates; what still waits."""
        count = -1
        while len(waiting) != count:
            count = len(waiting)
            waiting = [x for x in sorted(waiting, key=lambda x: x["at"]) if not self._tell(x)]
        return waiting

    def _tell(self, fact: Fact) -> bool:
        try:
            self.book.post(command(fact))
        except InputError:
            self.refused.add(fact["key"])
            return False
        self.note(fact)
        return True

    def note(self, fact: Fact) -> None:
        """What the book answers after a fact that it took."""
        event = self.book.event(fact["key"])
        self.answers.append((event.recorded_at, dict(self.book.balances())))
        if fact["kind"] == "close":
            self.statements[fact["period"]] = self.statement(fact["period"])

    def statement(self, name: str) -> list[str]:
        start, end = period(int(name[1:]))
        record = metal_statement(self.book, start=start, end=end).as_record()
        return [str([*row]) for table in (record.facts, *record.tables) for row in table.rows]


def a_shelf(request: pytest.FixtureRequest, store: str, folder: Path) -> Shelf:
    """A new place for a book in a store."""
    if store == "sqlite":
        return sqlite_shelf(folder)
    return postgres_shelf(request.getfixturevalue("server"))


def have_same_statements(book: b.Book, other: b.Book, count: int, where: object) -> None:
    """Every line of the statements of all the time is the same: of all, and of each part."""
    span = {"start": FIRST - timedelta(days=31), "end": moment(count + 1), "uncertainty": False}
    scopes: list[dict[str, str]] = [{}, *({"party": p} for p in PARTIES)]
    scopes += [{"site": s} for s in (*SITES, "in transit")]
    scopes += [{"lot": x.lot} for x in b.list_lots(other, gone=True).lots]
    for scope in scopes:
        first, second = (
            {x.name: x.content for x in metal_statement(each, **span, **scope).lines}
            for each in (book, other)
        )
        assert first == second, (where, scope)


def agrees_with_fractions(book: b.Book, facts: Sequence[Fact], seed: int) -> None:
    """The independent book has the same, to rounding."""
    for at in (len(facts) // 2, len(facts)):
        plain = PlainBook(SUBSTANCES).play([f for f in facts if f["at"] <= at])
        balances = dict(book.balances(occurred=us(moment(at))))
        for (lot, owner, site), matter in plain.lots.items():
            held = balances.pop(b.Account("lot", owner, site, lot), (0,) * len(SUBSTANCES))
            for substance, amount in zip(SUBSTANCES, held, strict=True):
                assert abs(amount - matter[substance] * 10**6) <= ROUNDING_MG, (seed, lot)
        assert not [a for a in balances if a.kind == "lot"], seed
        for (kind, party, site), matter in plain.outside.items():
            gone = balances.get(b.Account(kind, party, site), (0,) * len(SUBSTANCES))
            for substance, amount in zip(SUBSTANCES, gone, strict=True):
                limit = ROUNDING_MG * 8
                assert abs(amount - matter[substance] * Fraction(10**6)) <= limit, (seed, kind)
