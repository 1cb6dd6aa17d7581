"""Tables as a workbook (XLSX) that gives the same bytes each time."""

import re
import zipfile
from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from loopbook.errors import InputError, MissingExtraError
from loopbook.files import part_of, refuse_book
from loopbook.report.answers.answer import Lines, as_text
from loopbook.report.table import Cell, Column

_SHEET_ROWS = 1_048_575  # rows of a sheet below its header
_CELL_SIGNS = 32_767  # that a cell holds; openpyxl would cut off the rest
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DIGITS = 15  # that a workbook's numbers hold


def write_workbook(path: Path, tables: Iterable[tuple[str, Sequence[Column], Lines]]) -> list[int]:
    """Write a workbook of a sheet a table, in this order; the number of rows of each."""
    try:
        from openpyxl import Workbook
    except ImportError as error:
        raise MissingExtraError(
            "writing XLSX needs openpyxl: install it with pip install 'loopbook[xlsx]'"
        ) from error
    workbook = Workbook(write_only=True)
    counts = []
    for name, columns, rows in tables:
        sheet = workbook.create_sheet(name)
        sheet.freeze_panes = "A2"
        sheet.append([column.name for column in columns])
        count = 0
        try:
            for count, row in enumerate(rows, start=1):
                if count > _SHEET_ROWS:
                    raise InputError.of(
                        "too-large",
                        name,
                        f"at most {_SHEET_ROWS} rows of {name} in a workbook",
                        "more",
                        hint="write parquet instead",
                    )
                sheet.append([_as_cell(sheet, cell) for cell in row])
        finally:
            sheet.close()
        counts.append(count)
    refuse_book(path, part_of(path))
    workbook.save(path)
    _without_clock(path)
    return counts


def _as_cell(sheet: Any, cell: Cell) -> Any:
    from openpyxl.cell import WriteOnlyCell

    if cell is None or isinstance(cell, bool | int | float):
        return cell
    if isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= _DIGITS:
        return float(cell)
    text = as_text(cell)
    if len(text) > _CELL_SIGNS or _CONTROL.search(text):
        raise InputError.of(
            "too-large",
            "xlsx",
            f"a text of at most {_CELL_SIGNS} signs without control characters",
            repr(text[:40]),
            hint="write csv, jsonl or parquet instead",
        )
    if not text.startswith("="):
        return text
    made = WriteOnlyCell(sheet, value=text)
    made.data_type = "s"  # a text, and no formula
    return made


def _without_clock(path: Path) -> None:
    """Write a workbook again without the times of its making, so that its bytes repeat."""
    made = part_of(path)
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info)
            if info.filename == "docProps/core.xml":
                body = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", body)
            new.writestr(zipfile.ZipInfo(info.filename), body, zipfile.ZIP_DEFLATED)
    made.replace(path)
