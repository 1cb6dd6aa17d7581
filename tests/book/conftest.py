"""What the book's tests share: books with parties, sites and materials."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from import_case import make_book, open_book
from import_desk import Desk

from loopbook.book import verify
from loopbook.book.book import Book
from support.lots import SUBSTANCES, nouns
from support.shelves import Shelf
from support.world import Envelopes


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One book for many wrong files: none of them may leave a trace in it."""
    path = tmp_path_factory.mktemp("shared") / "book.sqlite"
    make_book(path)
    before = path.read_bytes()
    yield path
    assert path.read_bytes() == before
    with open_book(path) as book:
        assert verify(book).clean


@pytest.fixture
def envelope() -> Envelopes:
    """Envelopes and a clock."""
    return Envelopes()


@pytest.fixture
def book(shelf: Shelf, envelope: Envelopes) -> Iterator[Book]:
    """A book with parties, sites and materials, opened by whoever posts."""
    made = shelf.new(substances=SUBSTANCES, clock=envelope.clock)
    made.post(nouns(envelope))
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    make_book(tmp_path / "book.sqlite")
    with open_book(tmp_path / "book.sqlite") as book:
        yield Desk(book, tmp_path)
