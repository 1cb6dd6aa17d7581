"""CSV and Parquet files of serials or ranges, read a million rows at a time, with lines.

Nothing is guessed: text is UTF-8, columns are separated by commas and have our names, serials are
text (a number would have lost its leading zeros), and a file that ends in the middle of a line is
cut off. Rows without any text are left out.
"""

import codecs
import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from loopbook.errors import Finding, InputError, nearest_hint, raise_findings
from loopbook.serials.check import LineFindings
from loopbook.serials.ranges import Range
from loopbook.serials.runs import Sizes
from loopbook.serials.text import trimmed

_SERIALS = ("lot", "serial")
_RANGES = ("lot", "first", "last", "width")
_NUMBERS = _RANGES[1:]
_OPTIONAL = ("prefix", "suffix")
_Lines: TypeAlias = npt.NDArray[np.int64]
_Tables: TypeAlias = Iterator[tuple[pa.Table, _Lines]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a file of serials.

    Parameters
    ----------
    file : its name.
    serials : without white space around them; may hold bytes that are no text.
    codes, names : place of each row's lot in `names`.
    lines : of each row in the file.
    """

    file: str
    serials: pa.StringArray
    codes: npt.NDArray[np.int32]
    names: Sequence[str]
    lines: _Lines

    def line(self, row: int) -> int:
        """Line in the file, or row of a Parquet file."""
        return int(self.lines[row])

    def where(self, row: int, column: str) -> str:
        """``file:line, column``."""
        return f"{self.file}:{self.line(row)}, {column}"

    def text(self, row: int) -> str:
        """A serial, readable whatever it is."""
        raw: bytes = self.serials.slice(row, 1).cast(pa.binary())[0].as_py()
        return raw.decode("utf-8", "replace")

    def lot(self, row: int) -> str:
        """Lot of a row."""
        return self.names[int(self.codes[row])]


@dataclass(frozen=True, slots=True)
class SerialFile:
    """An open file.

    Parameters
    ----------
    name : without its folder.
    kind : ``serials`` or ``ranges``.
    ignored : columns that are not read.
    read : yields tables of binary columns with the lines of their rows; notes findings.
    share : share of the file that was read, 0..1.
    """

    name: str
    kind: str
    ignored: tuple[str, ...]
    read: Callable[[LineFindings], _Tables]
    share: Callable[[], float]

    def batches(self, findings: LineFindings, rows: int) -> Iterator[Batch]:
        """Rows of a file of serials, about so many at a time; torn rows are findings."""
        waiting: list[tuple[pa.Table, _Lines]] = []
        count = 0
        for table, lines in self.read(findings):
            waiting.append((table, lines))
            count += table.num_rows
            if count >= rows:
                yield self._batch(waiting)
                waiting, count = [], 0
        if count:
            yield self._batch(waiting)

    def _batch(self, waiting: Sequence[tuple[pa.Table, _Lines]]) -> Batch:
        table = pa.concat_tables([t for t, _ in waiting]).combine_chunks()
        lines = np.concatenate([some for _, some in waiting])
        serials = trimmed(_joined(table["serial"]).cast(pa.string(), safe=False))
        lots = _joined(table["lot"]).dictionary_encode()
        cells = [cell.decode("utf-8", "replace").strip() for cell in lots.dictionary.to_pylist()]
        names = list(dict.fromkeys(cells))
        place = {name: k for k, name in enumerate(names)}
        places = np.array([place[cell] for cell in cells], np.int32)
        codes = places[lots.indices.to_numpy(zero_copy_only=False)]
        return Batch(self.name, serials, codes, names, lines)

    def ranges(self, findings: LineFindings) -> dict[int, Range]:
        """Ranges of a file of ranges by line; cells that cannot be read are findings."""
        ranges = {}
        for table, lines in self.read(findings):
            for row, line in zip(table.to_pylist(), lines.tolist(), strict=True):
                cells = {k: v.decode("utf-8", "replace").strip() for k, v in row.items()}
                one = self._range(cells, line, findings)
                if one is not None:
                    ranges[line] = one
        if not ranges:
            findings.empty()
        return ranges

    def _range(self, cells: dict[str, str], line: int, findings: LineFindings) -> Range | None:
        before = findings.count
        numbers = dict.fromkeys(_NUMBERS, 0)
        for name in _RANGES:
            text = cells[name]
            where, what = f"{self.name}:{line}, {name}", "a lot"
            if name in numbers:
                what = "a whole number of at most 18 digits"
                if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 19:
                    numbers[name] = int(text)
                elif text:
                    findings.note(line, Finding("number", where, what, repr(text)))
            if not text:
                findings.note(line, Finding("missing", where, what, "an empty cell"))
        if findings.count > before:
            return None
        prefix, suffix = (cells.get(name, "") for name in _OPTIONAL)
        first, last, width = numbers.values()
        return Range(cells["lot"], prefix, first, last, width, suffix)


def _joined(column: pa.ChunkedArray) -> pa.Array:
    """A column of a table as one array."""
    combined = column.combine_chunks()
    return combined.chunk(0) if isinstance(combined, pa.ChunkedArray) else combined


@contextmanager
def open_file(path: Path, sizes: Sizes) -> Iterator[SerialFile]:
    """Open a file by its ending and look at its columns.

    Raises
    ------
    InputError
        A file of another kind or encoding, cut off, or without the columns that are needed.
    """
    if path.suffix.lower() == ".parquet":
        with path.open("rb") as raw:
            yield _open_parquet(path.name, raw, sizes)
    elif path.suffix.lower() == ".csv":
        with pa.OSFile(str(path)) as raw:
            yield _open_csv(path.name, raw, sizes)
    else:
        expected, hint = "a file that ends in .csv or .parquet", "name it so"
        _refuse("file", path.name, expected, path.suffix or path.name, hint=hint)


def _refuse(code: str, where: str, expected: str, found: str, *, hint: str = "") -> NoReturn:
    raise InputError([Finding(code, where, expected, found, hint)])


def _columns(header: Sequence[str], where: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Kind of a file, columns to read and columns to ignore; or findings of missing columns."""
    ranges = "serial" not in header and bool({*_NUMBERS, "prefix"} & set(header))
    needed = _RANGES if ranges else _SERIALS
    findings = []
    for name in needed:
        if name not in header:
            hint = nearest_hint(name, [h for h in header if h]) if len(header) > 1 else ""
            marks = [s for s in ";\t|" if len(header) == 1 and s in header[0]]
            hint = f"separate columns by commas, not {marks[0]!r}" if marks else hint
            findings.append(
                Finding(
                    "missing-column",
                    where,
                    f"a column {name!r}",
                    f"{len(header)} column{'s' if len(header) != 1 else ''} without it",
                    hint,
                )
            )
    used = (*needed, *(n for n in _OPTIONAL if ranges and n in header))
    for name in used:
        if header.count(name) > 1:
            several, hint = f"{header.count(name)} columns {name!r}", "rename one of them"
            findings.append(Finding("duplicate", where, f"one column {name!r}", several, hint))
    raise_findings(findings)
    ignored = tuple(h for h in header if h and h not in used)
    return ("ranges" if ranges else "serials"), used, ignored


def _filled(table: pa.Table, lines: _Lines) -> tuple[pa.Table, _Lines]:
    """Rows with any text."""
    empty = np.ones(table.num_rows, bool)
    for column in table.columns:
        empty &= pc.binary_length(column).to_numpy() == 0
    if not empty.any():
        return table, lines
    return table.filter(pa.array(~empty)), lines[~empty]


# -- CSV


def _open_csv(name: str, raw: pa.OSFile, sizes: Sizes) -> SerialFile:
    size = raw.size()
    head: bytes = raw.read(min(size, 1 << 16))
    if not head:
        _refuse("empty", name, "a header and rows", "an empty file")
    for mark, kind, hint in (
        (b"PAR1", "Parquet", "name it .parquet"),
        (b"PK\x03\x04", "an XLSX workbook", "save it as CSV"),
    ):
        if head.startswith(mark):
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
    kind, used, ignored = _columns(header, f"{name}:1")
    raw.seek(0)

    def read(findings: LineFindings) -> _Tables:
        return _read_csv(name, raw, findings, header=header, used=used, block=sizes.block)

    return SerialFile(name, kind, ignored, read, lambda: raw.tell() / size)


def _read_csv(
    name: str,
    raw: pa.OSFile,
    findings: LineFindings,
    *,
    header: Sequence[str],
    used: Sequence[str],
    block: int,
) -> _Tables:
    torn: list[int] = []

    def note_torn(row: pa_csv.InvalidRow) -> str:
        torn.append(row.number - len(torn))
        expected, actual = (f"{n} columns" for n in (row.expected_columns, row.actual_columns))
        findings.note(
            row.number,
            Finding(
                "columns",
                f"{name}:{row.number}",
                expected,
                actual,
                "was the row cut off?"
                if (row.actual_columns < row.expected_columns)
                else "a comma in a text, without quotes?",
            ),
        )
        return "skip"

    unique = [h if header.count(h) == 1 else f"{h}/{k}" for k, h in enumerate(header)]
    done = 0
    try:
        batches = pa_csv.open_csv(
            raw,
            read_options=pa_csv.ReadOptions(
                use_threads=False, block_size=block, column_names=unique, skip_rows=1
            ),
            parse_options=pa_csv.ParseOptions(
                ignore_empty_lines=False, invalid_row_handler=note_torn
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
        reason, hint = str(error).splitlines()[0], "is a quotation mark never closed?"
        findings.note(done + 2, Finding("file-truncated", name, "a whole CSV file", reason, hint))


# -- Parquet


def _open_parquet(name: str, raw: BinaryIO, sizes: Sizes) -> SerialFile:
    def truncated(error: Exception) -> Finding:
        return Finding(
            "file-truncated",
            name,
            "a whole Parquet file",
            str(error).splitlines()[0],
            "the file is cut off or damaged; copy or export it again",
        )

    try:
        file = pq.ParquetFile(raw)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError([truncated(error)]) from error
    schema = file.schema_arrow
    kind, used, ignored = _columns(schema.names, name)
    findings = []
    for column in used:
        of = schema.field(column).type
        of = of.value_type if pa.types.is_dictionary(of) else of
        text = pa.types.is_string(of) or pa.types.is_large_string(of)
        if not text and not (column in _NUMBERS and pa.types.is_integer(of)):
            findings.append(
                Finding(
                    "type",
                    f"{name}, {column}",
                    "whole numbers" if column in _NUMBERS else "text",
                    str(of),
                    "a number has lost its leading zeros" if pa.types.is_integer(of) else "",
                )
            )
    raise_findings(findings)
    total, done = max(file.metadata.num_rows, 1), 0

    def read(findings: LineFindings) -> _Tables:
        nonlocal done
        try:
            for batch in file.iter_batches(sizes.batch, columns=list(used), use_threads=False):
                columns = [
                    pc.fill_null(c.cast(pa.string()), "").cast(pa.binary()) for c in batch.columns
                ]
                lines = np.arange(done, done + batch.num_rows) + 1
                done += batch.num_rows
                yield _filled(pa.table(columns, names=batch.schema.names), lines)
        except (OSError, pa.ArrowInvalid) as error:
            findings.note(done + 1, truncated(error))

    return SerialFile(name, kind, ignored, read, lambda: done / total)
