"""Of books that nobody wrote by hand: parts sum to the whole, as-of answers are sums of events."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from statement_books import DAY, START, SUBSTANCES, a_book, brute, events_of

from loopbook.book.commands.command import LINES
from loopbook.book.commands.draft import microseconds
from loopbook.book.nouns import Content, add, zero
from loopbook.book.statement.statement import metal_statement
from support.shelves import Shelf

SEEDS = range(6)


@pytest.mark.parametrize("seed", SEEDS)
def test_as_of_answers_are_the_sum_of_the_events(shelf: Shelf, seed: int) -> None:
    desk = a_book(shelf, seed)
    book, draw = desk.book, random.Random(seed)
    events = events_of(book)
    moments = [microseconds(START) + draw.randrange(45 * DAY) for _ in range(4)]
    edge = microseconds(START + timedelta(days=20))
    for before in (*moments, edge, edge + 1, None):
        for known in (None, *moments[:2], desk.now):
            wanted = brute(events, before, known)
            occurred = None if before is None else before - 1
            assert book.balances(occurred=occurred, recorded=known) == wanted
            for lot in sorted({a.lot for a in wanted if a.lot})[:5]:
                found = book.balances(lot=lot, occurred=occurred, recorded=known)
                assert found == {a: x for a, x in wanted.items() if a.lot == lot}
    book.close()


@pytest.mark.parametrize("seed", SEEDS)
def test_parts_sum_to_the_whole(shelf: Shelf, seed: int) -> None:
    """Over sites, over parties, over lots and over adjoining stretches, line by line."""
    desk = a_book(shelf, seed)
    draw = random.Random(seed)
    ends = sorted(microseconds(START) + draw.randrange(45 * DAY) for _ in range(3))
    a, b, z = ends
    for known in (None, desk.now - 10 * DAY):
        whole = metal_statement(desk.book, start=a, end=z, known_at=known)
        for name, values in (
            ("site", ("plant", "refinery", "in transit")),
            ("party", ("LGES", "GMBI", "smelter")),
        ):
            parts = [
                metal_statement(desk.book, start=a, end=z, known_at=known, **{name: value})
                for value in values
            ]
            for k, line in enumerate(whole.lines):
                assert total(*(part.lines[k].content for part in parts)) == line.content, line.name
        first = metal_statement(desk.book, start=a, end=b, known_at=known)
        second = metal_statement(desk.book, start=b, end=z, known_at=known)
        for one, two, both in zip(first.lines, second.lines, whole.lines, strict=True):
            if one.name in LINES or one.name.startswith("of which u"):
                assert add(one.content, two.content) == both.content
        assert first.line("closing").content == second.line("opening").content
    lots = [row[0] for row in desk.book.store.rows("SELECT id FROM lot")]
    each = [metal_statement(desk.book, start=a, end=z, lot=lot) for lot in lots]
    whole = metal_statement(desk.book, start=a, end=z)
    for k, line in enumerate(whole.lines):
        if line.counts:
            assert total(*(part.lines[k].content for part in each)) == line.content, line.name
    desk.book.close()


def total(*contents: Content) -> Content:
    found = zero(len(SUBSTANCES))
    for content in contents:
        found = add(found, content)
    return found
