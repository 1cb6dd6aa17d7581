"""Tables of texts from a folder with ``case.toml`` and CSV files, or from a workbook.

In a workbook each table is a sheet. The settings are a sheet ``case`` with the columns ``setting``
and ``value``: the path of a setting has dots (``money.currency``), a list has semicolons.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from loopbook import tables
from loopbook.errors import Findings, InputError
from loopbook.loop.reading.written import NOUNS, Tables
from loopbook.tables import CellError, Grid, LineOf, TextTable, cell_text, read_sheets, read_toml

CASE = "case"
"""Name of the settings: ``case.toml``, or a sheet ``case``."""

OTHERS = ("month.toml", "report.toml")
"""Files of a case that other rooms read."""

_MONTH = re.compile(r"(\d{4}-\d\d)-01 00:00:00")  # a period that a spreadsheet took for a date


def read_texts(place: Path, findings: Findings) -> Tables | None:
    """The texts of a folder or workbook; None if there is nothing of the name."""
    if place.is_dir():
        return _folder(place, findings)
    if place.is_file() and place.suffix.lower() == ".xlsx":
        return _workbook(place, findings)
    hint = "a loop is a folder with case.toml, or a workbook .xlsx with a sheet case"
    findings.note(
        "file", "a folder or a workbook", "nothing of this name", at=str(place), hint=hint
    )
    return None


def _folder(root: Path, findings: Findings) -> Tables:
    raw = Tables(root.resolve().name, places={"": f"{CASE}.toml:1"})
    paths = [path for path in sorted(root.iterdir()) if _is_plain(path, raw, findings)]
    if CASE not in raw.broken:
        _read_settings(root / f"{CASE}.toml", raw, findings)
    for path in paths:
        if path.suffix == ".csv":
            table = tables.read_table(path, (), findings, others=True, may_be_empty=True)
            if table is None:
                raw.broken.add(path.stem)
            else:
                raw.sheets[path.stem] = table
        elif path.suffix.lower() == ".csv":  # not read; its ending is in small letters
            known = [f"{name}.csv" for name in NOUNS]
            findings.unknown("a table of a loop", path.name, known, at=path.name)
        elif path.suffix in (".toml", ".py") and path.name not in (f"{CASE}.toml", *OTHERS):
            raw.files[path.name] = path
    return raw


def _read_settings(path: Path, raw: Tables, findings: Findings) -> None:
    try:
        document = read_toml(path)
    except InputError as error:
        findings.items.extend(error.findings)
        raw.broken.add(CASE)
    else:
        raw.settings = document.data
        for keys, line in document.lines.items():
            raw.places[".".join(map(str, keys))] = f"{document.name}:{line}"


def _is_plain(path: Path, raw: Tables, findings: Findings) -> bool:
    """Whether a file can be read to its end; a finding if it is one of a case and cannot."""
    if path.suffix not in (".csv", ".toml", ".py") or path.is_file() or not path.exists():
        return True
    kind = "a folder" if path.is_dir() else "a pipe, a socket or a device"
    findings.note("file", "a plain file", kind, at=path.name)
    raw.broken.add(path.stem)
    return False


def _workbook(path: Path, findings: Findings) -> Tables:
    raw = Tables(path.stem, places={"": f"{path.name}[{CASE}]:1"})
    sheets = read_sheets(path, findings.items)
    for name, sheet in sheets.items():
        header = tuple(_MONTH.sub(r"\1", column) for column in sheet.header)
        rows = tuple(_texts(sheet, header, findings))
        filled = [k for k, column in enumerate(header) if column or any(r.cells[k] for r in rows)]
        raw.sheets[name] = Grid(
            sheet.name,
            tuple(header[k] for k in filled),
            sheet.header_line,
            tuple(LineOf(row.line, tuple(row.cells[k] for k in filled)) for row in rows),
        )
    case = raw.sheets.pop(CASE, None)
    if case is not None:
        _read_case(case, raw, findings)
        return raw
    raw.broken.add(CASE)
    if sheets or not findings.items:
        findings.unknown("a sheet of the workbook", CASE, sorted(raw.sheets), at=path.name)
    return raw


def _texts(
    sheet: tables.Sheet, header: tuple[str, ...], findings: Findings
) -> Iterator[LineOf[str]]:
    for row in sheet.rows:
        texts = []
        for column, cell in zip(header, row.cells, strict=True):
            try:
                texts.append(text_of(cell))
            except CellError as error:
                at = sheet.where(row.line, column)
                findings.note(error.code, error.expected, error.found, at=at, hint=error.hint)
                texts.append("")
        yield LineOf(row.line, tuple(texts))


def text_of(cell: tables.Cell) -> str:
    """The text of a workbook's cell, as a CSV file has it.

    >>> text_of(tables.Cell(0.35, "0%")), text_of(tables.Cell(12000)), text_of(tables.Cell(True))
    ('35 %', '12000', 'true')
    >>> text_of(tables.Cell(datetime(2027, 1, 1)))
    '2027-01-01'
    """
    value = cell.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime) and value == datetime(value.year, value.month, value.day):
        return value.date().isoformat()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"{100 * value:.12g} %" if "%" in cell.form else f"{value:.15g}"
    return cell_text(cell)


def _read_case(case: TextTable, raw: Tables, findings: Findings) -> None:
    """The settings of a sheet, nested as in TOML."""
    place = f"{case.name}:{case.header_line}"
    for column in ("setting", "value"):
        if column not in case.header:
            findings.missing(f"column {column}", at=place)
            raw.broken.add(CASE)
            return
    for line, row in case.records():
        path, where = row["setting"], f"{case.name}:{line}"
        if path in raw.places:
            findings.note("duplicate", "each setting once", path, at=where)
        raw.put(split_path(path), row["value"], where)


def split_path(path: str) -> tuple[str, ...]:
    """Parts of a setting's path; the name of a switch may have dots and blanks.

    >>> split_path("switch.U.S. plant.title"), split_path("money.year")
    (('switch', 'U.S. plant', 'title'), ('money', 'year'))
    """
    first, _, rest = path.partition(".")
    if first == "switch" and "." in rest:
        name, _, last = rest.rpartition(".")
        return first, name, last
    return tuple(path.split("."))


def setting_texts(settings: Mapping[str, object], head: str = "") -> Iterator[tuple[str, str]]:
    """Settings by their paths with dots, as texts."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from setting_texts(value, f"{head}{name}.")
        elif isinstance(value, list):
            yield head + name, "; ".join(map(str, value))
        else:
            yield head + name, str(value).lower() if isinstance(value, bool) else str(value)
