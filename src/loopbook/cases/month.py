"""A case keeps a book: a month of operations is posted and its metal statement becomes a table.

The month follows from the computed year and from ``month.toml`` (`month_settings`); what truly
happens is drawn from the seed (`month_matter`), and told to the book as people would tell it
(`month_events`). The same case gives the same events, byte for byte.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loopbook.book.book import Book
from loopbook.book.drafting import microseconds
from loopbook.book.statement import Statement, metal_statement
from loopbook.cases.mass import Outcome
from loopbook.cases.month_events import month_commands
from loopbook.cases.month_matter import month_matter
from loopbook.cases.month_settings import MonthSettings
from loopbook.cases.result import Cell, Column, Table

__all__ = ["keep_book", "statement_table"]


def keep_book(outcome: Outcome, settings: MonthSettings) -> tuple[Table, bytes]:
    """Post the month to a new book.

    Parameters
    ----------
    outcome : the computed case.
    settings : of the month.

    Returns
    -------
    The month's metal statement as a result table, and the book's file (SQLite).
    """
    matter = month_matter(outcome, settings)
    digest = hashlib.sha256(settings.texts["seed"].encode("utf-8")).digest()
    seed = int.from_bytes(digest[:8], "big")
    with tempfile.TemporaryDirectory(prefix="loopbook-") as folder:
        path = Path(folder) / "book.sqlite"
        with _ticking_book(path) as (book, clock):
            for entered, commands in month_commands(matter, settings, seed):
                clock[0] = microseconds(entered)
                book.post(commands)
            statement = metal_statement(book, start=settings.start, end=settings.end)
        raw = path.read_bytes()
    keys = tuple(dict.fromkeys((*outcome.taken_keys, *settings.keys)))
    return statement_table(statement, settings, keys), raw


@contextmanager
def _ticking_book(path: Path) -> Iterator[tuple[Book, list[int]]]:
    """A new book whose clock is set by hand."""
    clock = [0]
    with Book(path, create=True, clock=lambda: clock[0]) as book:
        yield book, clock


def statement_table(statement: Statement, settings: MonthSettings, keys: tuple[str, ...]) -> Table:
    """A metal statement as a result table, in tonnes; lines that are zero are left out."""
    shown = [line for line in statement.lines if any(line.content)]
    moving = [k for k in range(len(statement.substances)) if any(x.content[k] for x in shown)]
    how = "sum of the book's postings in the month, by line of the metal statement"
    columns = [
        Column("line", "Line"),
        Column("mass_t", "Mass", "t", keys, how),
        Column(
            "mass_u_t", "Mass, standard uncertainty", "t", keys, "from tickets; groups by scale"
        ),
    ]
    for k in moving:
        name = statement.substances[k]
        columns.append(Column(f"{name.lower()}_t", name, "t", keys, how))
    rows: list[tuple[Cell, ...]] = []
    for line in shown:
        sure = line.sure
        known = sure is not None and bool(sure.mass_covered)
        sigma = sure.mass / 1e9 if sure is not None and known else None
        numbers = [line.content[k] / 1e9 for k in moving]
        rows.append((line.name, line.mass / 1e9, sigma, *numbers))
    note = (
        "Opening and movements are closing, in whole milligrams; lines 'of which' are in the lines "
        "above them. Tickets, assays, runs and shipments are drawn from the computed year by "
        "month.toml, not recorded at a plant; the whole book is in book.sqlite. "
        + " ".join(f"{text[0].upper()}{text[1:]}." for text in statement.notes)
    )
    title = f"Metal statement of {settings.texts['month']}, a modelled month"
    return Table("metal_statement", title, tuple(columns), tuple(rows), note)
