"""Files of others as rows of cells: CSV in any named encoding, and one sheet of an XLSX workbook.

Nothing is guessed. Bytes that are not of the named encoding, a file that ends in the middle, a row
with too few columns, a formula without a value: each is a finding with the line, and the hint says
what to write into the column-mapping file if the file is right after all.
"""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree.ElementTree import ParseError

from loopbook.errors import Finding, InputError, MissingExtraError, nearest_hint

CellValue: TypeAlias = str | int | float | bool | datetime | time | None

_ZIP, _OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MOST_UNPACKED = 500_000_000  # bytes; a workbook of a million rows has about half of it


@dataclass(frozen=True, slots=True)
class FileSettings:
    """How a file is written, as its column-mapping file says.

    Parameters
    ----------
    encoding : name of a codec; ``utf-8`` takes a byte-order mark or none.
    delimiter : between the columns of a CSV file.
    decimal, thousands : marks in numbers that are text; no thousands mark if empty.
    time_zone : of times without an offset (``America/New_York``); empty if they all have one.
    date_format : as for `strptime`; empty for ISO 8601, ``excel`` for Excel's day numbers.
    sheet : of a workbook; empty if it has only one.
    header_line : line with the names of the columns, from 1.
    open_end : whether a CSV file may end without a line end.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    time_zone: str = ""
    date_format: str = ""
    sheet: str = ""
    header_line: int = 1
    open_end: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as the file has it; `form` is the number format of a workbook's cell."""

    value: CellValue
    form: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Cells of a row, in the order of the header."""

    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A header and its rows.

    Parameters
    ----------
    name : of the file.
    header, header_line : names of the columns, and where they stand.
    rows : rows with a cell for each column.
    torn : rows with more or fewer cells, each with its finding.
    epoch : the day that a workbook's day numbers count from.
    """

    name: str
    header: tuple[str, ...]
    header_line: int
    rows: tuple[Row, ...]
    torn: tuple[tuple[Row, Finding], ...] = ()
    epoch: datetime | None = None

    def where(self, line: int, column: str = "") -> str:
        """``file:line, column``."""
        return f"{self.name}:{line}, {column}" if column else f"{self.name}:{line}"


def read_sheet(path: Path, settings: FileSettings, findings: list[Finding]) -> Sheet | None:
    """Read a CSV or XLSX file, told apart by its ending.

    Parameters
    ----------
    path : the file.
    settings : how it is written.
    findings : takes what is wrong; None is returned when nothing of the file can be used.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        found = error.strerror or "unreadable"
        findings.append(Finding("file", str(path), "a readable file", found))
        return None
    name, workbook = path.name, path.suffix.lower() in (".xlsx", ".xlsm")
    if raw.startswith(_OLE2):
        hint = "save it as XLSX without a password, or as CSV"
        findings.append(Finding("file", name, "CSV or XLSX", "an old or locked workbook", hint))
    elif not raw:
        findings.append(Finding("empty", name, "a header and rows", "an empty file"))
    elif workbook and not raw.startswith(_ZIP):
        hint = "is it CSV? then name it so"
        findings.append(Finding("file", name, "an XLSX workbook", "another kind of file", hint))
    elif raw.startswith(_ZIP) and not workbook:
        hint = "name it .xlsx"
        findings.append(Finding("file", name, "CSV", "an XLSX workbook", hint))
    elif workbook:
        return _read_workbook(raw, name, settings, findings)
    else:
        return _read_csv(raw, name, settings, findings)
    return None


# -- CSV


def _decode(raw: bytes, name: str, encoding: str) -> str:
    """Text of a file; another encoding than the one named is an `InputError`."""
    wanted = codecs.lookup(encoding).name
    mark = next((known for start, known in _MARKS if raw.startswith(start)), "")
    if mark and not wanted.startswith(mark[:5]):
        hint = f'write encoding = "{mark}"'
        found = f"the byte-order mark of {mark[:6].rstrip('-').upper()}"
        raise InputError([Finding("encoding", f"{name}:1", encoding, found, hint)])
    try:
        text = raw.decode("utf-8-sig" if wanted == "utf-8" else wanted)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        found = f"byte 0x{raw[error.start]:02x}"
        hint = 'is it from a Windows program? then write encoding = "cp1252"'
        hint = hint if wanted.startswith("utf-8") else "is the encoding right?"
        place = f"{name}:{line}"
        raise InputError([Finding("encoding", place, encoding, found, hint)]) from error
    for sign, found in (("\x00", "a zero byte"), ("\ufffd", "a replacement character")):
        if sign in text:
            line = text.count("\n", 0, text.index(sign)) + 1
            hint = 'if each second byte is zero, write encoding = "utf-16-le"'
            hint = hint if sign == "\x00" else "the text was damaged before; export it again"
            raise InputError([Finding("encoding", f"{name}:{line}", encoding, found, hint)])
    if len(text) == len(raw) and not raw.isascii():  # one byte a sign: it reads everything
        _refuse_utf8(raw, name, encoding)
    return text.removeprefix("\ufeff")


def _refuse_utf8(raw: bytes, name: str, encoding: str) -> None:
    """Text in UTF-8 that another encoding would read as ``MÃ¼ller`` is an `InputError`."""
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return
    start = next(i for i, byte in enumerate(raw) if byte > 127)
    line = raw.count(b"\n", 0, start) + 1
    hint = 'write encoding = "utf-8"'
    raise InputError([Finding("encoding", f"{name}:{line}", encoding, "UTF-8", hint)])


def _read_csv(
    raw: bytes, name: str, settings: FileSettings, findings: list[Finding]
) -> Sheet | None:
    try:
        text = _decode(raw, name, settings.encoding)
    except InputError as error:
        findings.extend(error.findings)
        return None
    cut = not text.endswith(("\n", "\r")) and not settings.open_end
    if cut:
        end = f"{name}:{len(text.splitlines())}"
        hint = "the file looks cut off; if it is whole, write open_end = true"
        findings.append(Finding("file-truncated", end, "a line end", "the end of file", hint))
    rows = _csv_rows(text, name, settings, findings)
    at = next((i for i, (line, _) in enumerate(rows) if line == settings.header_line), None)
    if at is None:
        place, found = f"{name}:{settings.header_line}", "nothing there"
        findings.append(Finding("empty", place, "a header and rows", found))
        return None
    header = tuple(text.strip() for text in rows[at][1])
    good, torn = [], []
    body = rows[at + 1 : -1] if cut else rows[at + 1 :]  # what was cut off cannot be trusted
    for line, cells in body:
        row = Row(line, tuple(Cell(text.strip()) for text in cells))
        if len(cells) == len(header):
            good.append(row)
            continue
        hint = _columns_hint(len(cells), len(header), settings)
        expected, found = f"{len(header)} columns", f"{len(cells)} columns"
        torn.append((row, Finding("columns", f"{name}:{line}", expected, found, hint)))
    sheet = Sheet(name, header, settings.header_line, tuple(good), tuple(torn))
    return _whole(sheet, bool(body), findings)


def _columns_hint(found: int, expected: int, settings: FileSettings) -> str:
    if found < expected:
        return "was the row cut off?"
    if settings.delimiter == ",":
        return "a decimal comma or a comma in a text, without quotes?"
    return f"a {settings.delimiter!r} in a text, without quotes?"


def _csv_rows(
    text: str, name: str, settings: FileSettings, findings: list[Finding]
) -> list[tuple[int, list[str]]]:
    """Rows with the line on which each begins; rows without any text are left out."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=settings.delimiter, strict=True)
    rows: list[tuple[int, list[str]]] = []
    begin = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((begin, cells))
            begin = reader.line_num + 1
    except csv.Error as error:
        hint = "a quotation mark that is opened here is never closed"
        findings.append(Finding("file-truncated", f"{name}:{begin}", "quotes", str(error), hint))
    return rows


def _whole(sheet: Sheet, any_body: bool, findings: list[Finding]) -> Sheet | None:
    """The sheet, unless it has no rows at all."""
    if not any_body and not findings:
        place = sheet.where(sheet.header_line)
        findings.append(Finding("empty", place, "rows below the header", "none"))
        return None
    return sheet


# -- XLSX


def _read_workbook(
    raw: bytes, name: str, settings: FileSettings, findings: list[Finding]
) -> Sheet | None:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        text = f"{name}: reading XLSX needs openpyxl: install it with pip install 'loopbook[xlsx]'"
        raise MissingExtraError(text) from error
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > _MOST_UNPACKED:
            expected = f"at most {_MOST_UNPACKED / 1e6:.0f} MB unpacked"
            findings.append(Finding("too-large", name, expected, f"{unpacked / 1e6:.0f} MB"))
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of charts and rules that openpyxl does not keep
            values = load_workbook(io.BytesIO(raw), data_only=True, read_only=True)
            formulas = load_workbook(io.BytesIO(raw), read_only=True)
        found = _sheet_name(values.sheetnames, name, settings, findings)
        if found is None:
            return None
        pairs = zip(_grid(values[found]), _grid(formulas[found]), strict=True)
        grid = [(line, cells, made) for (line, cells), (_, made) in pairs]
        epoch = values.epoch
    except (
        zipfile.BadZipFile,
        zlib.error,
        KeyError,
        ValueError,
        TypeError,
        EOFError,
        ParseError,
        NotImplementedError,
    ) as error:
        hint = "the file is cut off or damaged; copy or export it again"
        found_text = str(error).splitlines()[0] if str(error) else type(error).__name__
        findings.append(Finding("file-truncated", name, "a whole workbook", found_text, hint))
        return None
    return _workbook_sheet(grid, name, settings, findings, epoch=epoch)


def _sheet_name(
    names: list[str], file: str, settings: FileSettings, findings: list[Finding]
) -> str | None:
    if settings.sheet in names:
        return settings.sheet
    if not settings.sheet and len(names) == 1:
        return names[0]
    if not settings.sheet:
        hint = f'write sheet = "{names[0]}" or another of them'
        findings.append(Finding("sheet", file, "one sheet", ", ".join(names), hint))
    else:
        hint = nearest_hint(settings.sheet, names)
        findings.append(Finding("unknown-name", file, "a sheet of it", settings.sheet, hint))
    return None


def _grid(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """Rows of a sheet with their number; empty cells at the end are dropped."""
    sheet.reset_dimensions()
    for line, row in enumerate(sheet.iter_rows(), start=1):
        cells = [Cell(c.value, getattr(c, "number_format", "") or "") for c in row]
        while cells and cells[-1].value is None:
            cells.pop()
        yield line, cells


def _workbook_sheet(
    grid: list[tuple[int, list[Cell], list[Cell]]],
    name: str,
    settings: FileSettings,
    findings: list[Finding],
    *,
    epoch: datetime,
) -> Sheet | None:
    top = next((cells for line, cells, _ in grid if line == settings.header_line), [])
    header = tuple("" if c.value is None else str(c.value).strip() for c in top)
    if not header:
        place, found = f"{name}:{settings.header_line}", "nothing there"
        findings.append(Finding("empty", place, "a header and rows", found))
        return None
    rows = []
    for line, cells, made in grid:
        if line <= settings.header_line or not any(_is_filled(c) for c in made):
            continue
        padded = [*cells, *[Cell(None)] * (len(header) - len(cells))][: len(header)]
        formulas = [*made, *[Cell(None)] * (len(header) - len(made))]
        rows.append(Row(line, tuple(map(_calculated, padded, formulas))))
    sheet = Sheet(name, header, settings.header_line, tuple(rows), epoch=epoch)
    return _whole(sheet, bool(rows), findings)


def _is_filled(cell: Cell) -> bool:
    return cell.value is not None and str(cell.value).strip() != ""


def _calculated(cell: Cell, made: Cell) -> Cell:
    """The cell; a formula that was never calculated stays as its text, and is refused later."""
    if cell.value is None and isinstance(made.value, str) and made.value.startswith("="):
        return Cell(made.value, "formula")
    if isinstance(cell.value, str):
        return Cell(cell.value.strip(), cell.form)
    return cell
