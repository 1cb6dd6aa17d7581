"""Text files as rows of cells, each with its line; every error of a file is reported at once.

Nothing is guessed. Bytes of another encoding, a file that ends in the middle, a row with too few
cells: each is a finding with its line.
"""

import codecs
import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, NamedTuple, TypeAlias, TypeVar

from loopbook.errors import Finding, Findings, nearest_hint

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODINGS = ("cp949", "cp932", "gb18030", "big5", "cp1252", "cp1250", "cp1251", "cp437")
_Error: TypeAlias = tuple[int, str, str]  # line, what is there, remedy


@dataclass(frozen=True, slots=True)
class CsvForm:
    """How a CSV file is written.

    Parameters
    ----------
    encoding : name of a codec; ``utf-8`` takes a byte-order mark or none.
    delimiter : between the columns.
    header_line : line with the names of the columns, from 1.
    data_line : first line with data, if lines with units or remarks are below the header; 0 if
        it is the next one.
    open_end : whether the file may end without a line end.

    Attributes
    ----------
    hints : remedy of each kind of error.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    header_line: int = 1
    data_line: int = 0
    open_end: bool = False
    hints: ClassVar[Mapping[str, str]] = {
        "encoding": "save the file as UTF-8",
        "mark": "save the file as UTF-8",
        "zero": "save the file as UTF-8",
        "cut": "if the file is whole, end its last line",
    }


Value_co = TypeVar("Value_co", covariant=True)


class LineOf(NamedTuple, Generic[Value_co]):
    """Cells in the order of the header, and the line on which they begin."""

    line: int
    cells: tuple[Value_co, ...]


@dataclass(frozen=True, slots=True)
class Grid(Generic[Value_co]):
    """A header and its rows.

    Parameters
    ----------
    name : of the file.
    header, header_line : names of the columns, and their line.
    rows : rows with a cell for each column.
    torn : rows with more or fewer cells, each with its finding.
    skipped : rows between the header and the first line with data, such as one of units.
    """

    name: str
    header: tuple[str, ...]
    header_line: int
    rows: tuple[LineOf[Value_co], ...]
    torn: tuple[tuple[LineOf[Value_co], Finding], ...] = ()
    skipped: tuple[LineOf[Value_co], ...] = ()

    def records(self) -> Iterator[tuple[int, dict[str, Value_co]]]:
        """Line and cells by column of each row."""
        for row in self.rows:
            yield row.line, dict(zip(self.header, row.cells, strict=True))


TextTable: TypeAlias = Grid[str]
"""Rows of texts without outer blanks."""


def read_bytes(path: Path, findings: Findings) -> bytes | None:
    """Content of a file; None with a finding if it is absent, not readable or empty."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        findings.note("file", "a readable file", error.strerror or "unreadable", at=path.name)
        return None
    if not raw:
        findings.note("empty", "a header and rows", "an empty file", at=f"{path.name}:1")
    return raw or None


def decode(raw: bytes, name: str, findings: Findings, form: CsvForm | None = None) -> str | None:
    """Text of a file; None with a finding if it is of another encoding than the form's.

    >>> findings = Findings()
    >>> decode(b"a\\nM\\xfcller\\n", "a.csv", findings), [str(f) for f in findings]
    (None, ['a.csv:2: encoding: expected UTF-8, found byte 0xfc (save the file as UTF-8)'])
    """
    form = form or CsvForm()
    codec = codecs.lookup(form.encoding).name
    text = ""
    error = _mark(raw, codec, form)
    if error is None:
        try:
            text = raw.decode("utf-8-sig" if codec == "utf-8" else codec)
        except UnicodeDecodeError as wrong:
            start = min(wrong.start, len(raw) - 1)
            hint = form.hints["encoding"] + _readings(raw, start, form)
            error = _line(raw, start), f"byte 0x{raw[start]:02x}", hint
        else:
            error = _wrong_sign(text, form) or _utf8_in_disguise(raw, text, form)
    if error is None:
        return text.removeprefix("\ufeff")
    line, content, hint = error
    findings.note(
        "encoding",
        "UTF-8" if codec == "utf-8" else form.encoding,
        content,
        at=f"{name}:{line}",
        hint=hint,
    )
    return None


def _line(raw: bytes, start: int) -> int:
    return raw.count(b"\n", 0, start) + 1


def _readings(raw: bytes, start: int, form: CsvForm) -> str:
    """How the word with a wrong byte reads in each encoding that the whole file can have."""
    if form.hints is CsvForm.hints:
        return ""  # of a table of our own: it has one encoding
    begin = max(raw.rfind(sign, 0, start) for sign in (b",", b";", b"\t", b"\n", b'"')) + 1
    end = re.search(rb'[,;\t\r\n"]', raw[start:])
    word = raw[begin : start + end.start() if end else len(raw)][:40]
    readings = []
    for name in _ENCODINGS:
        try:
            raw.decode(name)
            reading = word.decode(name).strip()
        except UnicodeDecodeError:
            continue
        if reading.isprintable():
            readings.append(f"{reading} in {name}")
    return f"; it reads {', '.join(readings)}" if readings else ""


def _mark(raw: bytes, codec: str, form: CsvForm) -> _Error | None:
    """A byte-order mark of another encoding."""
    mark = next((known for start, known in _MARKS if raw.startswith(start)), "")
    if not mark or codec.startswith(mark[:5]):
        return None
    name = mark[:6].rstrip("-").upper()
    return 1, f"the byte-order mark of {name}", form.hints["mark"].format(mark)


def _wrong_sign(text: str, form: CsvForm) -> _Error | None:
    """A sign that no text has."""
    for sign, name, hint in (
        ("\x00", "a zero byte", form.hints["zero"].format("le" if text.find("\x00") % 2 else "be")),
        ("\ufffd", "a replacement character", "the text was damaged before; export it again"),
    ):
        if sign in text:
            return text.count("\n", 0, text.index(sign)) + 1, name, hint
    return None


def _utf8_in_disguise(raw: bytes, text: str, form: CsvForm) -> _Error | None:
    """UTF-8 that an encoding of one byte a sign would read as ``MÃ¼ller``."""
    if len(text) != len(raw) or raw.isascii():
        return None
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return None
    start = next(i for i, byte in enumerate(raw) if byte > 127)
    return _line(raw, start), "UTF-8", form.hints["mark"].format("utf-8")


def _check_end(text: str, name: str, findings: Findings, form: CsvForm) -> bool:
    """Whether a file ends with a line end, or may end without one."""
    whole = text.endswith(("\n", "\r")) or form.open_end
    if not whole:
        findings.note(
            "file-truncated",
            "a line end",
            "the end of file",
            at=f"{name}:{len(text.splitlines())}",
            hint=form.hints["cut"],
        )
    return whole


def parse_csv(
    raw: bytes, name: str, findings: Findings, form: CsvForm | None = None
) -> TextTable | None:
    """Rows of a CSV file; rows without any text are left out.

    Parameters
    ----------
    raw, name : content and name of the file.
    findings : takes the errors; None is returned when nothing of the file can be used.
    form : how it is written; UTF-8 with commas by default.
    """
    form = form or CsvForm()
    text = decode(raw, name, findings, form)
    if text is None:
        return None
    whole = _check_end(text, name, findings, form)
    rows = _rows(text, name, findings, form.delimiter)
    at = next((i for i, row in enumerate(rows) if row.line == form.header_line), None)
    place = f"{name}:{form.header_line}"
    if at is None:
        findings.note("empty", "a header and rows", "nothing there", at=place)
        return None
    header, body = rows[at].cells, rows[at + 1 :]
    good, torn = [], []
    skipped = tuple(row for row in body if row.line < form.data_line)
    body = body[len(skipped) :]
    for row in body if whole else body[:-1]:  # what was cut off cannot be trusted
        if len(row.cells) == len(header):
            good.append(row)
            continue
        torn.append(
            (
                row,
                Finding(
                    "columns",
                    f"{name}:{row.line}",
                    f"{len(header)} columns",
                    f"{len(row.cells)} columns",
                    _columns_hint(len(row.cells), len(header), form.delimiter),
                ),
            )
        )
    return Grid(name, header, form.header_line, tuple(good), tuple(torn), skipped)


def _columns_hint(count: int, expected: int, delimiter: str) -> str:
    return f"put a cell with {delimiter!r} in quotes" if count > expected else ""


def _rows(text: str, name: str, findings: Findings, delimiter: str) -> list[LineOf[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[LineOf[str]] = []
    begin = 1
    try:
        for cells in reader:
            stripped = tuple(cell.strip() for cell in cells)
            if any(stripped):
                rows.append(LineOf(begin, stripped))
            begin = reader.line_num + 1
    except csv.Error as error:
        findings.note(
            "file-truncated",
            "quotes",
            str(error),
            at=f"{name}:{begin}",
            hint="a quotation mark that is opened here is never closed",
        )
    return rows


def read_table(
    path: Path,
    columns: Sequence[str],
    findings: Findings,
    *,
    others: bool = False,
    may_be_empty: bool = False,
) -> TextTable | None:
    """A table of Loopbook's own form: UTF-8, commas, a header with the columns, line ends.

    Parameters
    ----------
    path : the file.
    columns : names of the columns, all needed, in any order.
    findings : takes the errors, torn rows among them.
    others : whether further columns are allowed.
    may_be_empty : whether it may have no rows.
    """
    before, raw = len(findings), read_bytes(path, findings)
    table = None if raw is None else parse_csv(raw, path.name, findings)
    if table is None or not _check_header(table, columns, findings, others=others):
        return None
    findings.items.extend(finding for _, finding in table.torn)
    if not (table.rows or may_be_empty or len(findings) > before):
        findings.note("empty", "rows below the header", "none", at=f"{table.name}:1")
    return table


def _check_header(
    table: TextTable, columns: Sequence[str], findings: Findings, *, others: bool
) -> bool:
    place, header, before = f"{table.name}:{table.header_line}", table.header, len(findings)
    if len(header) == 1 and ";" in header[0]:
        findings.note("columns", "columns between commas", "semicolons", at=place)
        return False
    for name in dict.fromkeys(header):
        if name not in columns and not (others and name):
            findings.unknown("a column of the table", name or "an empty name", columns, at=place)
        elif header.count(name) > 1:
            findings.note("duplicate", "each column once", name, at=place)
    for name in columns:
        if name not in header:
            findings.missing(
                f"column {name}", at=place, hint=nearest_hint(name, filter(None, header))
            )
    return len(findings) == before
