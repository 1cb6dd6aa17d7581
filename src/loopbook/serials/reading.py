"""CSV and Parquet files of serials or ranges, read a million rows at a time, with lines.

Nothing is guessed: text is UTF-8, columns are separated by commas and have our names, serials are
text (a number would have lost its leading zeros), and a file that ends in the middle of a line is
cut off. Rows without any text are left out.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from loopbook.errors import Finding, InputError, nearest_hint, raise_findings
from loopbook.report import counted
from loopbook.serials.check import LineFindings
from loopbook.serials.ranges import Range
from loopbook.serials.runs import Sizes
from loopbook.serials.text import ending_of

_SERIALS = ("lot", "serial")
_RANGES = ("lot", "first", "last", "width")
_NUMBERS = _RANGES[1:]
_OPTIONAL = ("prefix", "suffix")
_UTF16 = "save it as UTF-8"
_CUT_OFF = "if the file is whole, end its last line"
_Lines: TypeAlias = npt.NDArray[np.int64]
_Tables: TypeAlias = Iterator[tuple[pa.Table, _Lines]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of a file of serials.

    Parameters
    ----------
    serials : without white space around them; may hold bytes that are no text.
    codes, names : place of each row's lot in `names`.
    lines : of each row in the file.
    """

    serials: pa.StringArray
    codes: npt.NDArray[np.int32]
    names: Sequence[str]
    lines: _Lines

    def line(self, row: int) -> int:
        """Line in the file, or row of a Parquet file."""
        return int(self.lines[row])

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
    rows : opens the rows as batches of binary columns. It notes torn rows, leaves them out, and
        lists the lines that they would have if there were no torn rows before them.
    share : share of the file that was read, 0..1.
    first : line of the first row.
    truncated : finding of a file that cannot be read to its end, from the reason.
    """

    name: str
    kind: str
    ignored: tuple[str, ...]
    rows: Callable[[LineFindings, list[int]], Iterable[pa.RecordBatch]]
    share: Callable[[], float]
    first: int
    truncated: Callable[[Exception], Finding]

    def read(self, findings: LineFindings) -> _Tables:
        """Tables of rows with any text, and the lines of the rows."""
        done, torn = self.first, list[int]()
        try:
            for batch in self.rows(findings, torn):
                lines = np.arange(done, done + batch.num_rows)
                done += batch.num_rows
                lines += np.searchsorted(torn, lines, "right")  # torn rows are not among them
                lengths = [pc.binary_length(column).to_numpy() for column in batch.columns]
                filled = np.any(lengths, axis=0)
                yield pa.Table.from_batches([batch.filter(pa.array(filled))]), lines[filled]
        except (OSError, pa.ArrowInvalid) as error:
            findings.add(done, self.truncated(error))

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
        cells = _joined(table["serial"]).cast(pa.string(), safe=False)
        serials = pc.ascii_trim_whitespace(cells)
        lots = _joined(table["lot"]).dictionary_encode()
        named = [cell.decode("utf-8", "replace").strip() for cell in lots.dictionary.to_pylist()]
        places = {name: k for k, name in enumerate(dict.fromkeys(named))}
        ranked = np.array([places[name] for name in named], np.int32)
        codes = ranked[lots.indices.to_numpy(zero_copy_only=False)]
        return Batch(serials, codes, list(places), lines)

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
        numbers: dict[str, int] = {}
        for name in _RANGES:
            text = cells[name]
            what = "a whole number of at most 18 digits" if name in _NUMBERS else "a lot"
            if not text:
                findings.note(line, "missing", what, "an empty cell", at=name)
            elif name in _NUMBERS and not re.fullmatch("-?[0-9]{1,18}", text):
                findings.note(line, "number", what, repr(text), at=name)
            elif name in _NUMBERS:
                numbers[name] = int(text)
        if findings.count > before:
            return None
        first, last, width = numbers.values()
        prefix, suffix = (cells.get(name, "") for name in _OPTIONAL)
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
    if ending_of(path) == ".parquet":
        with path.open("rb") as raw:
            yield _open_parquet(path.name, raw, sizes)
    else:
        with pa.OSFile(str(path)) as raw:
            yield _open_csv(path.name, raw, sizes)


def _columns(header: Sequence[str], where: str) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Kind of a file, columns to read and columns to ignore; or findings of missing columns."""
    ranges = "serial" not in header and bool({*_NUMBERS, "prefix"} & set(header))
    optional = (name for name in _OPTIONAL if ranges and name in header)
    used = (*(_RANGES if ranges else _SERIALS), *optional)
    findings = []
    for name in used:
        several = header.count(name)
        column = f"column {name!r}"
        if not several:
            findings.append(
                Finding(
                    "missing-column",
                    where,
                    f"a {column}",
                    f"{counted(len(header), 'column')} without it",
                    _near(name, header),
                )
            )
        elif several > 1:
            findings.append(
                Finding(
                    "duplicate",
                    where,
                    f"one {column}",
                    f"{several} columns {name!r}",
                    "rename one of them",
                )
            )
    raise_findings(findings)
    ignored = tuple(name for name in header if name and name not in used)
    return ("ranges" if ranges else "serials"), used, ignored


def _near(name: str, header: Sequence[str]) -> str:
    """Hint for a column that a header does not have."""
    if len(header) > 1:
        return nearest_hint(name, filter(None, header))
    marks = [mark for mark in ";\t|" if mark in "".join(header)]
    return f"separate columns by commas, not {marks[0]!r}" if marks else ""


# -- CSV


def _open_csv(name: str, raw: pa.OSFile, sizes: Sizes) -> SerialFile:
    size = raw.size()
    head: bytes = raw.read(min(size, 1 << 16))
    raw.seek(max(size - 1, 0))
    ended = raw.read(1) in (b"\n", b"\r")
    top = f"{name}:1"
    whole = "a file that ends with a line end"
    utf16 = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\x00" in head
    for wrong, code, where, expected, actual, hint in (
        (not head, "empty", name, "a header and rows", "an empty file", ""),
        (head.startswith(b"PAR1"), "file", name, "CSV", "Parquet", "name it .parquet"),
        (head.startswith(b"PK\x03\x04"), "file", name, "CSV", "an XLSX workbook", "save it as CSV"),
        (utf16, "encoding", top, "UTF-8", "zero bytes or the mark of UTF-16", _UTF16),
        (not ended, "file-truncated", name, whole, "none", _CUT_OFF),
    ):
        if wrong:
            raise InputError.of(code, where, expected, actual, hint=hint)
    line = head.splitlines()[0]
    try:
        text = line.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError.of(
            "encoding", top, "UTF-8", f"byte 0x{line[error.start]:02x}", hint="save it as UTF-8"
        ) from error
    header = [cell.strip() for cell in next(csv.reader([text]), [])]
    kind, used, ignored = _columns(header, top)
    readable = _is_utf8(raw, sizes.block)
    raw.seek(0)

    def rows(findings: LineFindings, torn: list[int]) -> pa_csv.CSVStreamingReader:
        def note_torn(row: pa_csv.InvalidRow) -> str:
            torn.append(row.number - len(torn))
            expected, actual = (f"{n} columns" for n in (row.expected_columns, row.actual_columns))
            short = row.actual_columns < row.expected_columns
            hint = "" if short else "put a cell with a comma in quotes"
            findings.note(row.number, "columns", expected, actual, hint=hint)
            return "skip"

        return pa_csv.open_csv(
            raw,
            read_options=pa_csv.ReadOptions(
                use_threads=False,
                block_size=sizes.block,
                column_names=[
                    h if header.count(h) == 1 else f"{h}/{k}" for k, h in enumerate(header)
                ],
                skip_rows=1,
            ),
            parse_options=pa_csv.ParseOptions(
                ignore_empty_lines=False, invalid_row_handler=note_torn if readable else None
            ),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(used),
                column_types={column: pa.binary() for column in used},
                strings_can_be_null=False,
            ),
        )

    truncated = _truncated(name, "a whole CSV file", "close the last quotation mark")
    if not readable:  # a torn row ends the reading: the library would fail to decode it
        truncated = _unreadable(name)
    return SerialFile(name, kind, ignored, rows, lambda: raw.tell() / size, 2, truncated)


def _unreadable(name: str) -> Callable[[Exception], Finding]:
    other = "a row in another encoding"
    return lambda _: Finding("encoding", name, "UTF-8", other, "save it as UTF-8")


def _is_utf8(raw: pa.OSFile, block: int) -> bool:
    raw.seek(0)
    decoder, plain = codecs.getincrementaldecoder("utf-8")(), True
    while part := raw.read(block):
        plain = plain and part.isascii()
        try:
            if not plain:
                decoder.decode(part)
        except UnicodeDecodeError:
            return False
    return not decoder.getstate()[0]


def _truncated(name: str, expected: str, hint: str) -> Callable[[Exception], Finding]:
    return lambda error: Finding("file-truncated", name, expected, str(error).splitlines()[0], hint)


# -- Parquet


def _open_parquet(name: str, raw: BinaryIO, sizes: Sizes) -> SerialFile:
    hint = "the file is cut off or damaged; copy or export it again"
    truncated = _truncated(name, "a whole Parquet file", hint)
    try:
        file = pq.ParquetFile(raw)
    except (OSError, pa.ArrowInvalid) as error:
        raise InputError([truncated(error)]) from error
    schema = file.schema_arrow
    kind, used, ignored = _columns(schema.names, name)
    raise_findings(
        Finding(
            "type",
            f"{name}, {column}",
            "whole numbers" if column in _NUMBERS else "text",
            str(of),
            "a number has lost its leading zeros" if pa.types.is_integer(of) else "",
        )
        for column in used
        for of in [_type_of_cells(schema.field(column).type)]
        if not (pa.types.is_string(of) or pa.types.is_large_string(of))
        and not (column in _NUMBERS and pa.types.is_integer(of))
    )
    done = 0

    def rows(_: LineFindings, __: list[int]) -> Iterator[pa.RecordBatch]:
        nonlocal done
        for batch in file.iter_batches(sizes.batch, columns=list(used), use_threads=False):
            texts = [pc.fill_null(c.cast(pa.string()), "").cast(pa.binary()) for c in batch.columns]
            done += batch.num_rows
            yield pa.record_batch(texts, names=batch.schema.names)

    total = max(file.metadata.num_rows, 1)
    return SerialFile(name, kind, ignored, rows, lambda: done / total, 1, truncated)


def _type_of_cells(of: pa.DataType) -> pa.DataType:
    return of.value_type if pa.types.is_dictionary(of) else of
