"""CSV and Parquet files of serials or ranges, read a million rows at a time, with lines.

Nothing is guessed: text is UTF-8, columns stand between commas and have our names, serials are text
(a number would have lost its leading zeros), and a file that ends in the middle of a line is cut
off. Rows without any text are left out.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from loopbook.errors import Finding, InputError, nearest_hint, raise_findings
from loopbook.serials.check import Found
from loopbook.serials.ranges import Range
from loopbook.serials.text import trimmed

_ROWS = 1 << 20  # rows of a batch, and so of a run
_BLOCK = 1 << 24  # bytes of CSV that are parsed at once
_SERIALS = ("lot", "serial")
_RANGES = ("lot", "first", "last", "width")
_NUMBERS = _RANGES[1:]
_MAY = ("prefix", "suffix")
_Lines: TypeAlias = npt.NDArray[np.int64]
_Rows: TypeAlias = Iterator[tuple[Any, _Lines]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a file of serials.

    Parameters
    ----------
    file : its name.
    serials : string array, white space taken off; may hold bytes that are no text.
    codes, names : place of each row's lot in `names`.
    lines : of each row in the file.
    """

    file: str
    serials: Any
    codes: npt.NDArray[np.int32]
    names: Sequence[str]
    lines: _Lines

    def line(self, row: int) -> int:
        """Line in the file, or row of a Parquet file."""
        return int(self.lines[row])

    def where(self, row: int) -> str:
        """``file:line``."""
        return f"{self.file}:{self.line(row)}"

    def text(self, row: int) -> str:
        """A serial, readable whatever it is."""
        told: bytes = self.serials.slice(row, 1).cast(pa.binary())[0].as_py()
        return told.decode("utf-8", "replace")

    def lot(self, row: int) -> str:
        """Lot of a row."""
        return self.names[int(self.codes[row])]


@dataclass(slots=True)
class SerialFile:
    """An open file.

    Parameters
    ----------
    name : without its folder.
    kind : ``serials`` or ``ranges``.
    columns, ignored : those that are read, and the others.
    read : gives tables of binary columns with the lines of their rows; takes findings.
    tell : share of the file that was read, 0..1.
    """

    name: str
    kind: str
    columns: tuple[str, ...]
    ignored: tuple[str, ...]
    read: Callable[[Found], _Rows]
    tell: Callable[[], float]

    @property
    def share(self) -> float:
        """Share of the file that was read, 0..1."""
        return self.tell()

    def batches(self, found: Found) -> Iterator[Batch]:
        """Rows of a file of serials, about a million at a time; `found` takes torn rows."""
        waiting: list[tuple[Any, _Lines]] = []
        rows = 0
        for table, lines in self.read(found):
            waiting.append((table, lines))
            rows += table.num_rows
            if rows >= _ROWS:
                yield self._batch(waiting)
                waiting, rows = [], 0
        if rows:
            yield self._batch(waiting)

    def _batch(self, waiting: Sequence[tuple[Any, _Lines]]) -> Batch:
        table = pa.concat_tables([t for t, _ in waiting]).combine_chunks()
        lines = np.concatenate([told for _, told in waiting])
        serials = trimmed(_joined(table["serial"]).cast(pa.string(), safe=False))
        lots = _joined(table["lot"]).dictionary_encode()
        told = [name.decode("utf-8", "replace").strip() for name in lots.dictionary.to_pylist()]
        names = list(dict.fromkeys(told))
        place = {name: k for k, name in enumerate(names)}
        ours = np.array([place[name] for name in told], np.int32)
        codes = ours[lots.indices.to_numpy(zero_copy_only=False)]
        return Batch(self.name, serials, codes, names, lines)

    def ranges(self, found: Found) -> tuple[list[Range], list[tuple[str, int]]]:
        """Ranges of a file of ranges, with file and line; `found` takes what cannot be read."""
        ranges, places = [], []
        for table, lines in self.read(found):
            for row, line in zip(table.to_pylist(), lines.tolist(), strict=True):
                cells = {k: v.decode("utf-8", "replace").strip() for k, v in row.items()}
                one = self._range(cells, line, found)
                if one is not None:
                    ranges.append(one)
                    places.append((self.name, line))
        if not ranges and not found.count:
            place = f"{self.name}:1"
            found.add(1, Finding("empty", place, "rows below the header", "none"))
        return ranges, places

    def _range(self, cells: dict[str, str], line: int, found: Found) -> Range | None:
        numbers, before = {}, found.count
        for name in _NUMBERS:
            text = cells[name]
            if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19:
                numbers[name] = int(text)
                continue
            code, told = ("number", repr(text)) if text else ("missing", "an empty cell")
            expected = "a whole number of at most 18 digits"
            found.add(line, Finding(code, f"{self.name}:{line}, {name}", expected, told))
        if not cells["lot"]:
            where = f"{self.name}:{line}, lot"
            found.add(line, Finding("missing", where, "a lot", "an empty cell"))
        if found.count > before:
            return None
        prefix, suffix = cells.get("prefix", ""), cells.get("suffix", "")
        first, last, width = (numbers[name] for name in _NUMBERS)
        return Range(cells["lot"], prefix, first, last, width, suffix)


def _joined(column: Any) -> Any:
    """A column of a table as one array."""
    told = column.combine_chunks()
    return told.chunk(0) if isinstance(told, pa.ChunkedArray) else told


@contextmanager
def open_file(path: Path) -> Iterator[SerialFile]:
    """Open a file by its ending and look at its columns.

    Raises
    ------
    InputError
        A file of another kind or encoding, cut off, or without the columns that are needed.
    """
    if path.suffix.lower() == ".parquet":
        with path.open("rb") as raw:
            yield _open_parquet(path, raw)
    elif path.suffix.lower() == ".csv":
        with pa.OSFile(str(path)) as raw:
            yield _open_csv(path, raw)
    else:
        expected, hint = "a file that ends in .csv or .parquet", "name it so"
        _refuse("file", path.name, expected, path.suffix or path.name, hint=hint)


def _refuse(code: str, where: str, expected: str, found: str, *, hint: str = "") -> None:
    raise InputError([Finding(code, where, expected, found, hint)])


def _columns(header: Sequence[str], where: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Kind of a file, columns to read and columns left; or findings of what is missing."""
    ranges = "serial" not in header and bool({*_NUMBERS, "prefix"} & set(header))
    needed = _RANGES if ranges else _SERIALS
    findings = []
    for name in needed:
        if name not in header:
            hint = nearest_hint(name, [h for h in header if h]) if len(header) > 1 else ""
            signs = [s for s in ";\t|" if len(header) == 1 and s in header[0]]
            hint = f"columns stand between commas, not {signs[0]!r}" if signs else hint
            told = f"{len(header)} column{'s' if len(header) != 1 else ''} without it"
            findings.append(Finding("missing-column", where, f"a column {name!r}", told, hint))
    used = (*needed, *(n for n in _MAY if ranges and n in header))
    for name in used:
        if header.count(name) > 1:
            told, hint = f"{header.count(name)} columns {name!r}", "rename one of them"
            findings.append(Finding("duplicate", where, f"one column {name!r}", told, hint))
    raise_findings(findings)
    left = tuple(h for h in header if h and h not in used)
    return ("ranges" if ranges else "serials"), used, left


# -- CSV


def _open_csv(path: Path, raw: Any) -> SerialFile:
    size = raw.size()
    head: bytes = raw.read(min(size, 1 << 16))
    name = path.name
    if not head:
        _refuse("empty", name, "a header and rows", "an empty file")
    if head[:4] in (b"PK\x03\x04", b"PAR1"):
        kind = "Parquet" if head[:4] == b"PAR1" else "an XLSX workbook"
        hint = "name it .parquet" if kind == "Parquet" else "save it as CSV"
        _refuse("file", name, "CSV", kind, hint=hint)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in head:
        hint = "is it UTF-16? then save it as UTF-8"
        _refuse("encoding", f"{name}:1", "UTF-8", "zero bytes or the mark of UTF-16", hint=hint)
    raw.seek(size - 1)
    if raw.read(1) not in (b"\n", b"\r"):
        hint = "was it cut off? if not, end its last line"
        _refuse("file-truncated", name, "a file that ends with a line end", "none", hint=hint)
    line = head.splitlines()[0]
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = "save it as UTF-8"
        _refuse("encoding", f"{name}:1", "UTF-8", f"byte 0x{line[error.start]:02x}", hint=hint)
    header = [cell.strip() for cell in next(csv.reader([text]), [])]
    kind, used, left = _columns(header, f"{name}:1")
    raw.seek(0)

    def read(found: Found) -> _Rows:
        return _read_csv(name, raw, (header, used), found)

    return SerialFile(name, kind, used, left, read, lambda: raw.tell() / size)


def _read_csv(
    name: str, raw: Any, columns: tuple[list[str], tuple[str, ...]], found: Found
) -> _Rows:
    header, used = columns
    torn: list[int] = []

    def take_torn(row: Any) -> str:
        torn.append(row.number - len(torn))
        expected, told = f"{row.expected_columns} columns", f"{row.actual_columns} columns"
        short = row.actual_columns < row.expected_columns
        hint = "was the row cut off?" if short else "a comma in a text, without quotes?"
        finding = Finding("columns", f"{name}:{row.number}", expected, told, hint)
        found.add(row.number, finding)
        return "skip"

    unique = [h if header.count(h) == 1 else f"{h}/{k}" for k, h in enumerate(header)]
    done = 0
    try:
        batches = pa_csv.open_csv(
            raw,
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=_BLOCK, column_names=unique, skip_rows=1
            ),
            parse_options=pa_csv.ParseOptions(
                ignore_empty_lines=False, invalid_row_handler=take_torn
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(used),
                column_types={column: pa.binary() for column in used},
                strings_can_be_null=False,
            ),
        )
        for batch in batches:
            lines = np.arange(done, done + batch.num_rows) + 2
            done += batch.num_rows
            lines += np.searchsorted(torn, lines, "right")  # torn rows are not among them
            yield _filled(pa.Table.from_batches([batch]), lines)
    except pa.ArrowInvalid as error:
        told, hint = str(error).splitlines()[0], "is a quotation mark never closed?"
        finding = Finding("file-truncated", name, "a whole CSV file", told, hint)
        found.add(done + 2, finding)


def _filled(table: Any, lines: _Lines) -> tuple[Any, _Lines]:
    """Rows with any text."""
    empty = np.ones(table.num_rows, bool)
    for column in table.columns:
        empty &= pc.binary_length(column).to_numpy() == 0
    if not empty.any():
        return table, lines
    return table.filter(pa.array(~empty)), lines[~empty]


# -- Parquet


def _open_parquet(path: Path, raw: Any) -> SerialFile:
    name, hint = path.name, "the file is cut off or damaged; copy or export it again"
    try:
        file = pq.ParquetFile(raw)
    except (OSError, pa.ArrowInvalid) as error:
        told = str(error).splitlines()[0]
        finding = Finding("file-truncated", name, "a whole Parquet file", told, hint)
        raise InputError([finding]) from error
    schema = file.schema_arrow
    kind, used, left = _columns(schema.names, name)
    findings = []
    for column in used:
        of = schema.field(column).type
        of = of.value_type if pa.types.is_dictionary(of) else of
        text = pa.types.is_string(of) or pa.types.is_large_string(of)
        if text or (column in _NUMBERS and pa.types.is_integer(of)):
            continue
        told = "a number has lost its leading zeros" if pa.types.is_integer(of) else ""
        expected = "whole numbers" if column in _NUMBERS else "text"
        findings.append(Finding("type", f"{name}, {column}", expected, str(of), told))
    raise_findings(findings)
    total, done = max(file.metadata.num_rows, 1), [0]

    def read(found: Found) -> _Rows:
        try:
            for batch in file.iter_batches(_ROWS, columns=list(used), use_threads=False):
                table = pa.Table.from_batches([batch])
                columns = [
                    pc.fill_null(c.cast(pa.string()), "").cast(pa.binary()) for c in table.columns
                ]
                lines = np.arange(done[0], done[0] + table.num_rows) + 1
                done[0] += table.num_rows
                yield _filled(pa.table(columns, names=table.column_names), lines)
        except (OSError, pa.ArrowInvalid) as error:
            told = str(error).splitlines()[0]
            finding = Finding("file-truncated", name, "a whole Parquet file", told, hint)
            found.add(done[0] + 1, finding)

    return SerialFile(name, kind, used, left, read, lambda: done[0] / total)
