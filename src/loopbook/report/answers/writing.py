"""Tables as CSV, JSON Lines, Parquet, Arrow and workbooks: the same cells in each.

Exact numbers are decimal text in CSV and JSON Lines, decimals in Parquet and Arrow, and numbers in
a workbook (text where its 15 digits do not hold them). Moments have their offset. The same rows
give the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from loopbook.errors import InputError
from loopbook.files import writing
from loopbook.report.answers.answer import Lines, Record, as_text, plain
from loopbook.report.answers.workbook import write_workbook
from loopbook.report.table import Cell, Column, Table

if TYPE_CHECKING:
    import pyarrow as pa

_MARKS = re.compile(r'[,"\r\n]')  # in a field of CSV that need quotes
_BATCH = 50_000  # rows of a row group


def kind_of(column: Column, cells: Iterable[Cell]) -> type:
    """Type of a column's cells: as declared, else as they are; text where they differ.

    >>> kind_of(Column(), (1, 2.5, None)), kind_of(Column(), (1, "a"))
    (<class 'float'>, <class 'str'>)
    """
    if column.kind:
        return column.kind
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int, float}:
        return float
    return kinds.pop() if len(kinds) == 1 else str


# ---- text ----


def write_csv(path: Path, columns: Sequence[Column], rows: Lines) -> int:
    """Write a CSV file; the number of rows."""
    return _write_lines(path, csv_lines(columns, rows)) - 1


def _write_lines(path: Path, lines: Iterable[str]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(line)
            count += 1
    return count


def csv_lines(columns: Sequence[Column], rows: Lines) -> Iterator[str]:
    """Head and rows as lines of CSV; a carriage return alone is quoted, too.

    >>> list(csv_lines([Column("lot"), Column("kg")], [('a"b', 1.5)]))
    ['lot,kg\\n', '"a""b",1.5\\n']
    """
    for row in chain([[column.name for column in columns]], rows):
        yield ",".join([_quoted(as_text(cell)) for cell in row]) + "\n"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if _MARKS.search(text) else text


def write_jsonl(path: Path, columns: Sequence[Column], rows: Lines) -> int:
    """Write a JSON object a line; the number of rows."""
    names = [column.name for column in columns]
    records = (dict(zip(names, map(plain, row), strict=True)) for row in rows)
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    return _write_lines(path, (f"{encode(record)}\n" for record in records))


# ---- Parquet and Arrow ----


def write_parquet(path: Path, columns: Sequence[Column], rows: Lines) -> int:
    """Write a Parquet file; the number of rows."""
    import pyarrow.parquet as pq

    at = path.absolute()  # a relative one with a colon is an address to pyarrow
    with pq.ParquetWriter(at, schema := _schema(columns), compression="zstd") as writer:
        return _write_batches(writer, schema, rows)


def write_arrow(path: Path, columns: Sequence[Column], rows: Lines) -> int:
    """Write an Arrow file, which programs map into memory; the number of rows."""
    import pyarrow as pa

    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, schema := _schema(columns)) as w:
        return _write_batches(w, schema, rows)


def _schema(columns: Sequence[Column]) -> pa.Schema:
    """Types of the columns, with unit, title, meaning and rule of each."""
    import pyarrow as pa

    types = {
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        Decimal: pa.decimal128(25, 6),
        datetime: pa.timestamp("us", "UTC"),
        tuple: pa.list_(pa.string()),
    }
    return pa.schema(
        pa.field(
            column.name,
            types.get(column.kind or str, pa.string()),
            metadata={
                "unit": column.unit,
                "title": column.title,
                "meaning": column.meaning,
                "how": column.how,
            },
        )
        for column in columns
    )


def _write_batches(writer: Any, schema: pa.Schema, rows: Lines) -> int:
    import pyarrow as pa

    left, count = iter(rows), 0
    while batch := list(islice(left, _BATCH)):
        columns = [
            [None if x is None else as_text(x) for x in cells] if kind == pa.string() else cells
            for kind, cells in zip(schema.types, zip(*batch, strict=True), strict=True)
        ]
        arrays = [pa.array(x, kind) for x, kind in zip(columns, schema.types, strict=True)]
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
        count += len(batch)
    return count


# ---- by ending ----

Writer: TypeAlias = Callable[[Path, Sequence[Column], Lines], int]

WRITERS: Mapping[str, Writer] = {
    ".csv": write_csv,
    ".jsonl": write_jsonl,
    ".parquet": write_parquet,
    ".arrow": write_arrow,
}
"""Writers of one table by the ending of the file."""


def with_kinds(table: Table) -> list[Column]:
    """A table's columns, each with the type of its cells."""
    return [
        replace(column, kind=kind_of(column, (row[k] for row in table.rows)))
        for k, column in enumerate(table.columns)
    ]


def save_record(record: Record, path: Path) -> list[Path]:
    """Write the tables of a record that people see, in the format of the file's ending.

    Where people see none, all tables are written, and the facts as one of a row.
    A workbook holds all of them; of other formats a record of several tables makes a file each,
    with the table's name added.

    Raises
    ------
    InputError : an ending that none of the formats has; or a book has the name of a file.
    """
    tables = record.seen() or [record.facts, *record.tables]
    if path.suffix == ".xlsx":
        with writing(path):
            write_workbook(path, [(table.name, with_kinds(table), table.rows) for table in tables])
        return [path]
    if path.suffix not in WRITERS:
        expected = ", ".join([*WRITERS, ".xlsx"])
        raise InputError.of("format", str(path), f"one of {expected}", path.suffix or "no ending")
    several = len(tables) > 1
    paths = [path.with_stem(f"{path.stem}-{t.name}") if several else path for t in tables]
    with writing(*paths):
        for table, file in zip(tables, paths, strict=True):
            WRITERS[path.suffix](file, with_kinds(table), table.rows)
    return paths
