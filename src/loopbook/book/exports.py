"""Everything in a book as CSV, XLSX, JSON Lines or Parquet, for other programs.

Six tables, each in a fixed order. Masses are in kg, exact to the milligram: decimal text in CSV and
JSON Lines, decimals in Parquet, numbers in XLSX (as text where a workbook's 15 digits do not hold
them). Those of a modelled book have one more column, ``modelled``: what computed it. An export
covers the events from the first to the last at its start, whatever is posted meanwhile. The same
book gives the same bytes, and a file is there whole or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from loopbook.book.book import Book
from loopbook.book.modelled import says_modelled
from loopbook.book.nouns import Account, Measurement
from loopbook.book.storage import schema
from loopbook.book.storage.questions.events import last_event
from loopbook.book.storage.questions.tables import rows_between
from loopbook.errors import InputError
from loopbook.files import refuse_book, whole_folder
from loopbook.report import (
    WRITERS,
    Answer,
    Cell,
    Column,
    Rows,
    kilograms,
    moment_of,
    write_workbook,
)

FORMATS = ("csv", "xlsx", "jsonl", "parquet")
"""Formats of an export."""

_PAGE = 5_000  # events read at once
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_AMOUNTS = ("account", *Account._fields[1:], "mass_kg", "kg")

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "events": ("event", *schema.column_names("event")[1:]),
        "postings": ("event", *_AMOUNTS),
        "lots": ("lot", "material", "event"),
        "measurements": ("event", "line", *Measurement._fields, "unit"),
        "nouns": schema.column_names("noun"),
        "balances": _AMOUNTS,
    }
)
"""Columns of each table of an export; ``kg`` is one a substance."""


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """A table that was written."""

    table: Annotated[str, "its name"]
    rows: Annotated[int, "how many it has"]


@dataclass(frozen=True, slots=True)
class Exported(Answer):
    """An export that was written."""

    folder: Annotated[str, "where it is"]
    files: Annotated[tuple[str, ...], "names of its files"]
    last_event: Annotated[int, "number of the last event in it"]
    tables: Annotated[tuple[ExportedTable, ...], Rows("Tables")]

    def headline(self) -> str:
        """How many files and rows."""
        rows = ", ".join(f"{x.rows} {x.table}" for x in self.tables)
        return f"{self.folder}: {len(self.files)} file{'s' * (len(self.files) != 1)} with {rows}"

    def shown(self) -> tuple[str, ...]:
        """The headline has all."""
        return ()


@says_modelled
def export_book(
    book: Book, folder: Path, form: str, *, page: int = _PAGE, for_spreadsheet: bool = False
) -> Exported:
    """Write all tables into a folder, which is replaced as a whole if it is an older export.

    Parameters
    ----------
    folder : made if it is not there; one that holds other files is refused.
    form : one of `FORMATS`.
    page : events read at once.
    for_spreadsheet : write an apostrophe before texts of CSV that a spreadsheet would run as a
        formula, such as a lot ``=A1``; without it CSV has the texts as they are.
    """
    try:
        _refuse_other_files(folder)
        with whole_folder(folder) as made, book.store.snapshot():
            last = last_event(book.store)
            tables = [
                (name, columns_of(name, book.substances), table_rows(book, name, last, page=page))
                for name in TABLES
            ]
            if book.modelled:
                tables = [
                    (name, [*head, Column("modelled", kind=str)], _marked(rows, book.modelled))
                    for name, head, rows in tables
                ]
            if for_spreadsheet and form == "csv":
                tables = [(name, head, map(_harmless, rows)) for name, head, rows in tables]
            if form == "xlsx":
                counts = write_workbook(made / "book.xlsx", tables)
            else:
                write = WRITERS[f".{form}"]
                counts = [write(made / f"{name}.{form}", head, rows) for name, head, rows in tables]
        files = tuple(sorted(path.name for path in folder.iterdir()))
        return Exported(str(folder), files, last, tuple(map(ExportedTable, TABLES, counts)))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError.of("file", str(folder), "a folder that can be written", reason) from error


def _refuse_other_files(folder: Path) -> None:
    names = {f"{name}.{ending}" for name in TABLES for ending in FORMATS} | {"book.xlsx"}
    if folder.exists() and not {p.name for p in folder.iterdir()} <= names:
        raise InputError.of(
            "file",
            str(folder),
            "a new folder",
            "other files in it",
            hint="give a folder of its own",
        )
    refuse_book(*(folder / name for name in names))


# -- rows


def _marked(rows: Iterator[list[Cell]], model: str) -> Iterator[list[Cell]]:
    """Rows with one more cell: what computed the book."""
    return ([*row, model] for row in rows)


def _harmless(row: list[Cell]) -> list[Cell]:
    """A row in which no text is a formula of a spreadsheet.

    >>> _harmless(["=A1", "L-1", Decimal("-1")])
    ["'=A1", 'L-1', Decimal('-1')]
    """
    return [f"'{x}" if isinstance(x, str) and x.startswith(_FORMULAS) else x for x in row]


def columns_of(table: str, substances: Sequence[str]) -> list[Column]:
    """A table's columns, with ``Li_kg`` and so on for ``kg``."""
    specs = (spec for spec in schema.TABLES if spec.name in (table.removesuffix("s"), "account"))
    meanings = {column.name: column.why for spec in specs for column in spec.columns}
    each = [f"{s}_kg" for s in substances]
    names = [name for x in TABLES[table] for name in (each if x == "kg" else [x])]
    return [Column(name, kind=_kind(name), meaning=meanings.get(name, "")) for name in names]


def _kind(name: str) -> type:
    return Decimal if name.endswith("_kg") else int if name in ("event", "line") else str


def table_rows(book: Book, name: str, last: int, *, page: int = _PAGE) -> Iterator[list[Cell]]:
    """Rows of a table up to an event: texts, whole numbers, and masses as decimals in kg."""
    columns = columns_of(name, book.substances)
    page = last if name == "balances" else page
    for begin in range(0, last, max(page, 1)):
        for row in rows_between(
            book.store,
            name,
            TABLES[name],
            substances=book.substances,
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
