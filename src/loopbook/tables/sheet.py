"""Files of others as rows of cells: CSV in any named encoding, and one sheet of an XLSX workbook.

Nothing is guessed. Bytes of another encoding than the named one, a file that ends in the middle, a
row with too few columns, a formula without a value: each is a finding with its line, and the hint
names the setting of the column-mapping file that reads the file if it is right after all.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, TypeAlias

from loopbook.errors import Finding, Findings, MissingExtraError, nearest_hint
from loopbook.tables.numbers import CellError
from loopbook.tables.text import CsvForm, Grid, LineOf, parse_csv, read_bytes
from loopbook.tables.unpacked import MOST_CELLS, MOST_ROWS, MOST_TEXT, check_parts, too_large

CellValue: TypeAlias = str | int | float | bool | datetime | time | timedelta | None

_ZIP, _OLE2 = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"


@cache
def _damaged() -> tuple[type[Exception], ...]:
    """What the readers of workbooks and of their parts raise over damaged ones."""
    import lzma
    import struct
    import zipfile
    import zlib
    from xml.etree.ElementTree import ParseError

    return (
        ArithmeticError,
        AssertionError,
        AttributeError,
        EOFError,
        LookupError,
        NameError,
        OSError,
        ParseError,
        RuntimeError,  # of encrypted parts, unknown packing and parts that hold themselves
        SyntaxError,
        TypeError,
        ValueError,
        lzma.LZMAError,
        struct.error,
        zipfile.BadZipFile,
        zlib.error,
    )


@dataclass(frozen=True, slots=True)
class FileSettings(CsvForm):
    """How a file is written, as its column-mapping file describes it; see `CsvForm` too.

    Parameters
    ----------
    decimal, thousands : marks in numbers that are text; no thousands mark if empty.
    time_zone : of times without an offset (``America/New_York``); empty if they all have one.
    date_format : as for `strptime`; empty for ISO 8601, ``excel`` for Excel's day numbers.
    sheet : of a workbook; empty if it has only one.
    total_row : ``skip`` leaves out rows that sum those above, ``take`` takes them as rows; if
        empty, one is a finding.
    """

    decimal: str = "."
    thousands: str = ""
    time_zone: str = ""
    date_format: str = ""
    sheet: str = ""
    total_row: str = ""
    hints: ClassVar[Mapping[str, str]] = {
        "encoding": "name the encoding of the file, encoding = ..., in which this word is right",
        "mark": 'write encoding = "{}"',
        "zero": 'if each second byte is zero, write encoding = "utf-16-{}"',
        "cut": "the file looks cut off; if it is whole, write open_end = true",
    }


class Cell(NamedTuple):
    """A value as the file has it; `form` is the number format of a workbook's cell."""

    value: CellValue
    form: str = ""


_EMPTY = Cell(None)
MERGED = "merged"
"""Number format of a cell whose value is in another one, that it is merged with."""
_MERGED_RANGE = re.compile(
    rb'<(?:\w{1,20}:)?mergeCell [^<>]{0,100}?ref="([A-Z]{1,3}[1-9]\d{0,6}:[A-Z]{1,3}[1-9]\d{0,6})"'
)


_Grid: TypeAlias = list[tuple[int, list[Cell], list[Cell]]]  # line, values, formulas

Row: TypeAlias = LineOf[Cell]
"""Cells of a row, and its line."""


@dataclass(frozen=True, slots=True)
class Sheet(Grid[Cell]):
    """A header and its rows of cells.

    Parameters
    ----------
    epoch : the day that a workbook's day numbers count from.
    """

    epoch: datetime | None = None

    def where(self, line: int, column: str = "") -> str:
        """``file:line, column``."""
        return f"{self.name}:{line}, {column}" if column else f"{self.name}:{line}"


def read_sheet(path: Path, settings: FileSettings, findings: list[Finding]) -> Sheet | None:
    """Read a CSV or XLSX file; its ending decides which.

    Parameters
    ----------
    path : the file.
    settings : how it is written.
    findings : takes the errors; None is returned when nothing of the file can be used.
    """
    raw = read_bytes(path, Findings(items=findings))
    if raw is None:
        return None
    name, workbook = path.name, path.suffix.lower() in (".xlsx", ".xlsm")
    if raw.startswith(_OLE2):
        findings.append(
            Finding(
                "file",
                name,
                "CSV or XLSX",
                "an old or locked workbook",
                "save it as XLSX without a password, or as CSV",
            )
        )
    elif workbook and not raw.startswith(_ZIP):
        findings.append(
            Finding(
                "file",
                name,
                "an XLSX workbook",
                "another kind of file",
                "if it is CSV, name it .csv",
            )
        )
    elif raw.startswith(_ZIP) and not workbook:
        findings.append(Finding("file", name, "CSV", "an XLSX workbook", "name it .xlsx"))
    elif workbook:
        return _read_workbook(raw, name, settings, findings)
    else:
        return _read_csv(raw, name, settings, findings)
    return None


# -- CSV


def _read_csv(
    raw: bytes, name: str, settings: FileSettings, findings: list[Finding]
) -> Sheet | None:
    table = parse_csv(raw, name, Findings(items=findings), settings)
    if table is None:
        return None
    torn = tuple((_row(line), finding) for line, finding in table.torn)
    rows, skipped = tuple(map(_row, table.rows)), tuple(map(_row, table.skipped))
    sheet = Sheet(name, table.header, table.header_line, rows, torn, skipped)
    return _with_rows(sheet, findings)


def _row(row: LineOf[str]) -> Row:
    return LineOf(row.line, tuple(map(Cell, row.cells)))


# -- XLSX


def _read_workbook(
    raw: bytes, name: str, settings: FileSettings, findings: list[Finding]
) -> Sheet | None:
    def chosen(names: list[str]) -> list[str]:
        sheet = _sheet_name(names, name, settings, findings)
        return [] if sheet is None else [sheet]

    for _, grid, epoch in _grids(raw, name, chosen, findings):
        return _workbook_sheet(grid, name, settings, findings, epoch=epoch)
    return None


def read_sheets(path: Path, findings: list[Finding]) -> dict[str, Sheet]:
    """Sheets of a workbook by name, each with a header in its first row; empty ones are left out.

    Parameters
    ----------
    path : an XLSX file.
    findings : takes the errors; the name of a sheet stands for the file in them.
    """
    raw = read_bytes(path, Findings(items=findings))
    if raw is None:
        return {}
    if not raw.startswith(_ZIP):
        findings.append(Finding("file", path.name, "an XLSX workbook", "another kind of file"))
        return {}
    sheets = {}
    for name, grid, epoch in _grids(raw, path.name, lambda names: names, findings):
        if any(_is_filled(cell) for _, cells, _ in grid for cell in cells):
            place = f"{path.name}[{name}]"
            sheet = _workbook_sheet(grid, place, FileSettings(), [*findings], epoch=epoch)
            sheets[name] = sheet or Sheet(place, (), 1, ())
    return sheets


def _grids(
    raw: bytes, name: str, chosen: Callable[[list[str]], list[str]], findings: list[Finding]
) -> list[tuple[str, _Grid, datetime]]:
    """Name, cells and first day of the sheets of a workbook that are chosen from all its names."""
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise MissingExtraError(
            f"{name}: reading XLSX needs openpyxl: install it with pip install 'loopbook[xlsx]'"
        ) from error
    try:
        check_parts(raw)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # of charts that openpyxl does not keep, of dates that it cannot read
            values = load_workbook(io.BytesIO(raw), data_only=True, read_only=True)
            formulas = load_workbook(io.BytesIO(raw), read_only=True)
            grids = []
            for sheet in chosen(values.sheetnames):
                pairs = zip(_grid(values[sheet]), _grid(formulas[sheet]), strict=True)
                grid = [(line, cells, made) for (line, cells), (_, made) in pairs if cells or made]
                grids.append((sheet, _with_merged(values[sheet], grid), values.epoch))
            return grids
    except CellError as error:  # beyond a limit
        findings.append(Finding(error.code, name, error.expected, error.found, error.hint))
    except _damaged() as error:
        findings.append(
            Finding(
                "file-truncated",
                name,
                "a whole workbook",
                str(error).splitlines()[0] if str(error) else type(error).__name__,
                "the file is cut off or damaged; copy or export it again",
            )
        )
    return []


def _sheet_name(
    names: list[str], file: str, settings: FileSettings, findings: list[Finding]
) -> str | None:
    if settings.sheet in names:
        return settings.sheet
    if not settings.sheet and len(names) == 1:
        return names[0]
    if not settings.sheet:
        findings.append(
            Finding(
                "sheet",
                file,
                "one sheet",
                ", ".join(names),
                f'write sheet = "{names[0]}" or another of them',
            )
        )
    else:
        findings.append(
            Finding(
                "unknown-name",
                file,
                "a sheet of it",
                settings.sheet,
                nearest_hint(settings.sheet, names),
            )
        )
    return None


def _grid(sheet: Any) -> Iterator[tuple[int, list[Cell]]]:
    """Rows of a sheet with their number; empty cells at the end are dropped."""
    sheet.reset_dimensions()
    count = 0
    for line, row in enumerate(sheet.iter_rows(), start=1):
        count += len(row)
        if line > MOST_ROWS or count > MOST_CELLS:
            raise too_large(
                f"at most {MOST_ROWS} rows and {MOST_CELLS} cells", f"more, at row {line}"
            )
        if not row:
            yield line, []
            continue
        filled = len(row)
        while filled and row[filled - 1].value is None:
            filled -= 1
        cells = [
            _EMPTY if c.value is None else Cell(c.value, c.number_format or "")
            for c in row[:filled]
        ]
        for cell in cells:
            if isinstance(cell.value, str) and len(cell.value) > MOST_TEXT:
                raise too_large(
                    f"at most {MOST_TEXT} characters in a cell", f"{len(cell.value)} in row {line}"
                )
        yield line, cells


def _with_merged(sheet: Any, grid: _Grid) -> _Grid:
    """The rows with the range in each cell that shows the value of the first one of the range."""
    from openpyxl.utils import range_boundaries

    rows = {line: cells for line, cells, _ in grid}
    width, last = max(map(len, rows.values()), default=0), max(rows, default=0)
    count = 0
    for at in _merged_ranges(sheet):
        left, top, right, bottom = range_boundaries(at)
        columns = range(left, min(right, width) + 1)
        for line in range(top, min(bottom, last) + 1):
            count += 1 + len(columns)
            if count > MOST_CELLS:
                raise too_large(f"at most {MOST_CELLS} merged cells", f"more, at {at}")
            cells = rows.get(line, [])
            for column in columns if cells else ():
                cells += [_EMPTY] * (column - len(cells))
                if (line, column) != (top, left):
                    cells[column - 1] = Cell(at, MERGED)
    return grid


def _merged_ranges(sheet: Any) -> Iterator[str]:
    """Merged ranges of a sheet, which stand behind its cells."""
    text = b""
    with sheet._get_source() as part:
        while chunk := part.read(1_000_000):
            text += chunk
            for match in _MERGED_RANGE.finditer(text):
                yield match[1].decode()
            text = text[max(text.rfind(b"<"), 0) :][-200:]


def _workbook_sheet(
    grid: _Grid, name: str, settings: FileSettings, findings: list[Finding], *, epoch: datetime
) -> Sheet | None:
    top = next((cells for line, cells, _ in grid if line == settings.header_line), [])
    header = tuple("" if c.value is None or c.form == MERGED else str(c.value).strip() for c in top)
    if not header:
        findings.append(
            Finding("empty", f"{name}:{settings.header_line}", "a header and rows", "nothing there")
        )
        return None
    rows: list[Row] = []
    for line, cells, made in grid:
        if line <= settings.header_line or not any(_is_filled(c) for c in made):
            continue
        padded = [*cells, *[Cell(None)] * (len(header) - len(cells))][: len(header)]
        formulas = [*made, *[Cell(None)] * (len(header) - len(made))]
        rows.append(LineOf(line, tuple(map(_calculated, padded, formulas))))
    skipped = tuple(row for row in rows if row.line < settings.data_line)
    below = tuple(rows[len(skipped) :])
    sheet = Sheet(name, header, settings.header_line, below, skipped=skipped, epoch=epoch)
    return _with_rows(sheet, findings)


def _with_rows(sheet: Sheet, findings: list[Finding]) -> Sheet | None:
    if not (sheet.rows or sheet.torn or findings):
        findings.append(
            Finding("empty", sheet.where(sheet.header_line), "rows below the header", "none")
        )
        return None
    return sheet


def _is_filled(cell: Cell) -> bool:
    return cell.value is not None and str(cell.value).strip() != ""


def _calculated(cell: Cell, made: Cell) -> Cell:
    """The cell; a formula that was never calculated stays as its text, and is refused later."""
    if cell.value is None and made.value is not None:  # a formula of one cell, or of several
        return Cell(made.value if isinstance(made.value, str) else "=...", "formula")
    if isinstance(cell.value, str):
        return Cell(cell.value.strip(), cell.form)
    return cell
