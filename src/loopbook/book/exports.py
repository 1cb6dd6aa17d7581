"""Everything in a book as CSV, XLSX, JSON Lines or Parquet, for other programs.

Six tables, each in a fixed order. Masses are in kg, exact to the milligram: decimal text in CSV and
JSON Lines, decimals in Parquet, numbers in XLSX (as text where a workbook's 15 digits do not hold
them). An export covers the events from the first to the last at its start, whatever is posted
meanwhile. The same book gives the same bytes, and a file is there whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

from loopbook.book.book import Book
from loopbook.book.storage.schema import quoted
from loopbook.errors import Finding, InputError
from loopbook.files import whole_folder
from loopbook.report import WRITERS, Cell, Column, kilograms, moment, write_workbook

FORMATS = ("csv", "xlsx", "jsonl", "parquet")
"""Formats of an export."""

_PAGE = 5_000  # events read at once


@dataclass(frozen=True, slots=True)
class Table:
    """A table of an export: its columns, ``kg`` standing for one a substance, and its query."""

    name: str
    why: str
    columns: tuple[str, ...]
    sql: str


TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            Table(
                "events",
                "what happened, in the order of recording",
                (
                    "event",
                    "key",
                    "kind",
                    "actor",
                    "document",
                    "occurred_at",
                    "recorded_at",
                    "reverses",
                    "command",
                    "leaf",
                ),
                "SELECT e.id, e.key, e.kind, e.actor, e.document, e.occurred_at, e.recorded_at, "
                "coalesce(e.reverses, ''), e.command, e.leaf FROM event e "
                "WHERE e.id > ? AND e.id <= ? ORDER BY e.id",
            ),
            Table(
                "postings",
                "legs of the events, in kg",
                ("event", "account", "party", "site", "lot", "mass_kg", "kg"),
                "SELECT p.event, a.kind, a.party, a.site, a.lot, p.mass, {kg} FROM posting p "
                "JOIN account a ON a.id = p.account WHERE p.event > ? AND p.event <= ? "
                "ORDER BY p.event, a.kind, a.party, a.site, a.lot",
            ),
            Table(
                "lots",
                "every lot, with the event that made it",
                ("lot", "material", "event"),
                "SELECT l.id, l.material, l.event FROM lot l WHERE l.event > ? AND l.event <= ? "
                "ORDER BY l.event, l.id",
            ),
            Table(
                "measurements",
                "what scales and laboratories said",
                (
                    "event",
                    "line",
                    "lot",
                    "quantity",
                    "value",
                    "unit",
                    "uncertainty",
                    "method",
                    "laboratory",
                    "sample",
                    "group",
                    "stage",
                    "basis",
                ),
                "SELECT m.event, m.line, m.lot, m.quantity, m.value, CASE WHEN m.quantity IN "
                "('mass', 'gross', 'tare') THEN 'mg' ELSE 'kg/kg' END, m.uncertainty, m.method, "
                "m.laboratory, m.sample, m.grp, m.stage, m.basis FROM measurement m "
                "WHERE m.event > ? AND m.event <= ? ORDER BY m.event, m.line",
            ),
            Table(
                "nouns",
                "parties, sites, materials, substances, holds and periods as they were stated",
                ("event", "kind", "id", "body"),
                "SELECT n.event, n.kind, n.id, n.body FROM noun n "
                "WHERE n.event > ? AND n.event <= ? ORDER BY n.event, n.kind, n.id",
            ),
            Table(
                "balances",
                "what lies on each account, in kg",
                ("account", "party", "site", "lot", "mass_kg", "kg"),
                "SELECT a.kind, a.party, a.site, a.lot, sum(p.mass), {sums} FROM posting p "
                "JOIN account a ON a.id = p.account WHERE p.event > ? AND p.event <= ? "
                "GROUP BY a.kind, a.party, a.site, a.lot ORDER BY a.kind, a.party, a.site, a.lot",
            ),
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
            last = int(book.store.rows("SELECT coalesce(max(id), 0) FROM event")[0][0])
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
    sql = table.sql.format(
        kg=", ".join(f"p.{quoted(s)}" for s in substances),
        sums=", ".join(f"sum(p.{quoted(s)})" for s in substances),
    )
    page = last if name == "balances" else page
    for begin in range(0, last, max(page, 1)):
        for row in book.store.rows(sql, (begin, min(begin + page, last))):
            yield [_value(x, column) for x, column in zip(row, columns, strict=True)]


def _value(value: Any, column: Column) -> Cell:
    if column.kind is Decimal:
        return kilograms(int(value))
    if column.name.endswith("_at"):
        return moment(int(value)).isoformat(timespec="microseconds")
    if column.name == "leaf":
        return bytes(value).hex()
    return int(value) if column.kind is int else str(value)
