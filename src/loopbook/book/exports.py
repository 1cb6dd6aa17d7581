"""Everything in a book as CSV, XLSX, JSON Lines or Parquet, for other programs.

Six tables, each in a fixed order. Masses are in kg, exact to the milligram: decimal text in CSV and
JSON Lines, decimals in Parquet, numbers in XLSX (as text where a workbook's 15 digits do not hold
them). An export covers the events from the first to the last at its start, whatever is posted
meanwhile. The same book gives the same bytes, and a file is there whole or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loopbook.book.book import Book
from loopbook.book.storage.questions.events import last_event
from loopbook.book.storage.questions.tables import rows_between
from loopbook.errors import Finding, InputError
from loopbook.files import whole_folder
from loopbook.report import WRITERS, Cell, Column, kilograms, moment_of, write_workbook

FORMATS = ("csv", "xlsx", "jsonl", "parquet")
"""Formats of an export."""

_PAGE = 5_000  # events read at once


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an export: why it is there, and its columns; ``kg`` is one a substance."""

    name: str
    why: str
    columns: tuple[str, ...]


_EVENT = "event key kind actor document occurred_at recorded_at reverses command leaf"
_ACCOUNT = "account party site lot mass_kg kg"

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        name: Table(name, why, tuple(columns.split()))
        for name, why, columns in (
            ("events", "what happened, in the order of recording", _EVENT),
            ("postings", "legs of the events, in kg", f"event {_ACCOUNT}"),
            ("lots", "every lot, with the event that made it", "lot material event"),
            (
                "measurements",
                "what scales and laboratories reported",
                "event line lot quantity value unit uncertainty method laboratory sample group "
                "stage basis",
            ),
            (
                "nouns",
                "parties, sites, materials, substances, holds and periods as they were registered",
                "event kind id body",
            ),
            ("balances", "content of each account, in kg", _ACCOUNT),
        )
    }
)
"""Tables of an export by name."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: files, rows by table, and the last event that they cover."""

    files: tuple[Path, ...]
    rows: Mapping[str, int]
    last_event: int


def export_book(book: Book, folder: Path, form: str, *, page: int = _PAGE) -> Exported:
    """Write all tables into a folder, which is replaced as a whole if it is an older export.

    Parameters
    ----------
    folder : made if it is not there; one that holds other files is refused.
    form : one of `FORMATS`.
    page : events read at once.
    """
    try:
        _must_be_ours(folder)
        with whole_folder(folder) as made, book.store.snapshot():
            last = last_event(book.store)
            tables = [
                (name, columns_of(table, book.substances), table_rows(book, name, last, page=page))
                for name, table in TABLES.items()
            ]
            if form == "xlsx":
                counts = write_workbook(made / "book.xlsx", tables)
            else:
                write = WRITERS[f".{form}"]
                counts = [write(made / f"{name}.{form}", head, rows) for name, head, rows in tables]
        counted = dict(zip(TABLES, counts, strict=True))
        return Exported(tuple(sorted(folder.iterdir())), counted, last)
    except OSError as error:
        found = error.strerror or type(error).__name__
        finding = Finding("file", str(folder), "a folder that can be written", found)
        raise InputError([finding]) from error


def _must_be_ours(folder: Path) -> None:
    names = {f"{name}.{ending}" for name in TABLES for ending in FORMATS} | {"book.xlsx"}
    if folder.exists() and not {p.name for p in folder.iterdir()} <= names:
        hint = "give a folder of its own"
        found = "other files in it"
        raise InputError([Finding("file", str(folder), "a new folder", found, hint)])


# -- rows


def columns_of(table: Table, substances: Sequence[str]) -> list[Column]:
    """A table's columns, with ``Li_kg`` and so on for ``kg``."""
    kg = [f"{s}_kg" for s in substances]
    names = [name for column in table.columns for name in (kg if column == "kg" else [column])]
    return [Column(name, kind=_kind(name)) for name in names]


def _kind(name: str) -> type:
    return Decimal if name.endswith("_kg") else int if name in ("event", "line") else str


def table_rows(book: Book, name: str, last: int, *, page: int = _PAGE) -> Iterator[list[Cell]]:
    """Rows of a table up to an event: texts, whole numbers, and masses as decimals in kg."""
    table, substances = TABLES[name], book.substances
    columns = columns_of(table, substances)
    page = last if name == "balances" else page
    for begin in range(0, last, max(page, 1)):
        for row in rows_between(
            book.store,
            name,
            table.columns,
            substances=substances,
            events=(begin, min(begin + page, last)),
        ):
            yield [_value(x, column) for x, column in zip(row, columns, strict=True)]


def _value(value: Any, column: Column) -> Cell:
    if column.kind is Decimal:
        return kilograms(int(value))
    if column.name.endswith("_at"):
        return moment_of(int(value)).isoformat(timespec="microseconds")
    if column.name == "leaf":
        return bytes(value).hex()
    return int(value) if column.kind is int else str(value)
