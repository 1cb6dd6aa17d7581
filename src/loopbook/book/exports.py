"""Everything in a book as CSV, XLSX, JSON Lines or Parquet, for other programs.

Six tables, each in a fixed order. Masses are in kg, exact to the milligram: decimal text in CSV and
JSON Lines, decimals in Parquet, numbers in XLSX (as text where a workbook's 15 digits do not hold
them). An export covers the events from the first to the last at its start, whatever is posted
meanwhile. The same book gives the same bytes, and a file is there whole or not at all.
"""

from __future__ import annotations

import csv
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from loopbook.book.book import Book
from loopbook.book.storage.schema import quoted
from loopbook.errors import Finding, InputError, MissingExtraError
from loopbook.files import whole_folder

FORMATS = ("csv", "xlsx", "jsonl", "parquet")
"""Formats of an export."""

Value: TypeAlias = str | int | Decimal
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = 5_000  # events read at once
_SHEET_ROWS = 1_048_575  # rows of a sheet below its header
_CELL_SIGNS = 32_767  # that a cell holds; openpyxl would cut the rest off
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DIGITS = 15  # that a workbook's numbers hold


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


def export_book(book: Book, folder: Path, form: str) -> Exported:
    """Write all tables into a folder, which is replaced as a whole if it is an older export.

    Parameters
    ----------
    folder : made if it is not there; one that holds other files is refused.
    form : one of `FORMATS`.
    """
    try:
        _must_be_ours(folder)
        with whole_folder(folder) as made, book.store.snapshot():
            last = int(book.store.rows("SELECT coalesce(max(id), 0) FROM event")[0][0])
            if form == "xlsx":
                rows = _write_workbook(book, made / "book.xlsx", last)
            else:
                rows = _write_files(book, made, last, form)
        return Exported(tuple(sorted(folder.iterdir())), rows, last)
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


def columns_of(table: Table, substances: Sequence[str]) -> list[str]:
    """Names of a table's columns, with ``Li_kg`` and so on for ``kg``."""
    kg = [f"{s}_kg" for s in substances]
    return [name for column in table.columns for name in (kg if column == "kg" else [column])]


def table_rows(book: Book, name: str, last: int) -> Iterator[list[Value]]:
    """Rows of a table up to an event: texts, whole numbers, and masses as decimals in kg."""
    table, substances = TABLES[name], book.substances
    columns = columns_of(table, substances)
    sql = table.sql.format(
        kg=", ".join(f"p.{quoted(s)}" for s in substances),
        sums=", ".join(f"sum(p.{quoted(s)})" for s in substances),
    )
    page = last if name == "balances" else _PAGE
    for begin in range(0, last, max(page, 1)):
        for row in book.store.rows(sql, (begin, min(begin + page, last))):
            yield [_value(x, column) for x, column in zip(row, columns, strict=True)]


def _value(value: Any, column: str) -> Value:
    if column.endswith("_kg"):
        return Decimal(int(value)).scaleb(-6)
    if column.endswith("_at"):
        return (_EPOCH + timedelta(microseconds=int(value))).isoformat(timespec="microseconds")
    if column == "leaf":
        return bytes(value).hex()
    return int(value) if column in ("event", "line") else str(value)


# -- formats


Writer: TypeAlias = Callable[[Path, list[str], Iterable[list[Value]]], int]


def _write_files(book: Book, folder: Path, last: int, form: str) -> dict[str, int]:
    """One file a table; the number of rows of each."""
    counts = {}
    for name, table in TABLES.items():
        columns = columns_of(table, book.substances)
        path = folder / f"{name}.{form}"
        counts[name] = _WRITERS[form](path, columns, table_rows(book, name, last))
    return counts


def _text(value: Value) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _csv_file(path: Path, columns: list[str], rows: Iterable[list[Value]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            writer.writerow([_text(x) for x in row])
            count += 1
    return count


def _jsonl_file(path: Path, columns: list[str], rows: Iterable[list[Value]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            plain = (x if isinstance(x, int) else _text(x) for x in row)
            record = dict(zip(columns, plain, strict=True))
            file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")
            count += 1
    return count


def _parquet_file(path: Path, columns: list[str], rows: Iterable[list[Value]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {"event": pa.int64(), "line": pa.int64()}
    schema = pa.schema(
        (name, pa.decimal128(25, 6) if name.endswith("_kg") else types.get(name, pa.string()))
        for name in columns
    )
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in _batches(rows, 50_000):
            columns_now = zip(*batch, strict=True)
            arrays = [pa.array(x, t) for x, t in zip(columns_now, schema.types, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(batch)
    return count


def _batches(rows: Iterable[list[Value]], size: int) -> Iterator[list[list[Value]]]:
    batch: list[list[Value]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _write_workbook(book: Book, path: Path, last: int) -> dict[str, int]:
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
    except ImportError as error:
        text = "writing XLSX needs openpyxl: install it with pip install 'loopbook[xlsx]'"
        raise MissingExtraError(text) from error
    workbook = Workbook(write_only=True)
    counts = {}
    for name, table in TABLES.items():
        sheet = workbook.create_sheet(name)
        sheet.freeze_panes = "A2"
        sheet.append(columns_of(table, book.substances))
        count = 0
        try:
            for count, row in enumerate(table_rows(book, name, last), start=1):
                _refuse_more(count, name)
                cells = [_as_cell(value) for value in row]
                for k, value in enumerate(cells):
                    if isinstance(value, str) and value.startswith("="):
                        cells[k] = cell = WriteOnlyCell(sheet, value=value)
                        cell.data_type = "s"  # a text, and no formula
                sheet.append(cells)
        finally:
            sheet.close()
        counts[name] = count
    workbook.save(path)
    _without_clock(path)
    return counts


def _refuse_more(count: int, name: str) -> None:
    if count > _SHEET_ROWS:
        expected = f"at most {_SHEET_ROWS} rows of {name} in a workbook"
        raise InputError([Finding("too-large", name, expected, "more", "export as parquet")])


def _as_cell(value: Value) -> Any:
    if isinstance(value, Decimal):
        return float(value) if len(value.as_tuple().digits) <= _DIGITS else _text(value)
    if isinstance(value, str) and (len(value) > _CELL_SIGNS or _CONTROL.search(value)):
        expected = f"a text of at most {_CELL_SIGNS} signs without control characters"
        hint = "export as csv, jsonl or parquet"
        raise InputError([Finding("too-large", "xlsx", expected, repr(value[:40]), hint)])
    return value


def _without_clock(path: Path) -> None:
    """Write a workbook again without the times of its making, so that its bytes repeat."""
    made = path.with_suffix(".part")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info)
            if info.filename == "docProps/core.xml":
                body = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", body)
            new.writestr(zipfile.ZipInfo(info.filename), body, zipfile.ZIP_DEFLATED)
    made.replace(path)


_WRITERS: Mapping[str, Writer] = MappingProxyType(
    {"csv": _csv_file, "jsonl": _jsonl_file, "parquet": _parquet_file}
)
