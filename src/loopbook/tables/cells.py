"""Cells as values: exact numbers in a known unit, moments with a time zone, texts.

A cell that can be read in two ways is refused with both readings in the hint: a comma that may be a
decimal mark, a local time that comes twice in autumn, a percent format over a column in percent.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import cache, partial
from typing import cast
from zoneinfo import ZoneInfo

from loopbook.errors import UnitError
from loopbook.tables.numbers import SPACES, CellError, exact, within_years
from loopbook.tables.sheet import Cell, FileSettings
from loopbook.tables.units import convert, unit_finding

_DAY_ZERO = datetime(1899, 12, 30)  # Excel's day 0 (its 29 February 1900 never was)
_FIRST_YEAR = 1990
_MOST_KG = Decimal(10) ** 9  # a million tonnes: more than any plant holds
_FORMULA_ERROR = re.compile(r"#(?:REF|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC)[!?]|#N/A|#{3,}")
_WITH_UNIT = re.compile(
    rf"([+\-\u2212]?[\d.,'\u2019{SPACES}]*\d[.,]?(?:[eE][+-]?\d{{1,2}})?"  # a number
    rf"|[+-]?(?:[Nn]a[Nn]|[Ii]nf)(?=[{SPACES}]))"  # what is to be refused as none
    rf"[{SPACES}]*((?![eE][+-]?\d)[A-Za-z\u00b5\u03bc%].*)",  # its unit
    re.ASCII,
)


def _refuse_errors(cell: Cell) -> None:
    if cell.form == "formula":
        hint = "open the workbook, let it calculate, and save it"
        raise CellError("formula-error", "a calculated value", str(cell.value), hint)
    text = cell.value
    if isinstance(text, str) and text[:1] == "#" and _FORMULA_ERROR.fullmatch(text):
        hint = "correct the formula in the workbook and export again"
        raise CellError("formula-error", "a value", text, hint)


def cell_text(cell: Cell) -> str:
    """Text; whole numbers of a workbook are names too (lot 1001).

    >>> cell_text(Cell(1001.0))
    '1001'
    """
    _refuse_errors(cell)
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, (bool, datetime, clock_time)):
        raise CellError(
            "text",
            "a text",
            str(value),
            "the workbook took the text for something else: format the cells as text",
        )
    if float(value).is_integer():
        return str(int(value))
    raise CellError("text", "a text", str(value), "format the cells as text")


# -- numbers


@cache
def factor(unit: str, base: str) -> Decimal:
    """Exact factor from a unit to a base unit; the unit is known to be of that kind.

    >>> factor("t", "kg"), factor("%", "1")
    (Decimal('1000'), Decimal('0.01'))
    """
    return Decimal(f"{convert(1.0, unit, base):.12g}")


@cache
def unit_problem(unit: str, base: str) -> tuple[str, str] | None:
    """What was expected and a hint, if a unit is unknown, refused or of another kind."""
    finding = unit_finding(unit, "")
    if finding:
        return finding.expected, finding.hint
    what = "a unit of mass, such as kg or t" if base == "kg" else "a share, such as % or kg/kg"
    try:
        convert(1.0, unit, base)
    except UnitError as error:
        return what, error.findings[0].hint
    return None


def quantity(cell: Cell, unit: str, base: str, settings: FileSettings) -> Decimal:
    """Number of a cell in a base unit.

    Parameters
    ----------
    cell : with the number in `unit`, or in a unit that the cell itself has.
    unit : of the column or of the row.
    base : ``kg``, or ``1`` for shares.

    >>> quantity(Cell("12,4"), "t", "kg", FileSettings(decimal=","))
    Decimal('12400.0')
    >>> quantity(Cell("12.4 kg"), "t", "kg", FileSettings())
    Decimal('12.4')
    """
    if isinstance(cell.value, str) and not cell.value[-1:].isdecimal():
        own = _WITH_UNIT.fullmatch(cell.value)
        cell, unit = (Cell(own[1]), own[2]) if own else (cell, unit)
    problem = unit_problem(unit, base)
    if problem:
        raise CellError("unit", problem[0], unit or "none", problem[1])
    if "%" in cell.form and unit not in ("1", "kg/kg"):
        raise CellError(
            "unit",
            f"a number in {unit}",
            f"a cell with percent format, whose value is {cell.value}",
            'write unit = "1" for this column',
        )
    value = number(cell, settings) * factor(unit, base)
    if base == "kg" and abs(value) > _MOST_KG:
        raise CellError("too-large", "at most 1e9 kg", f"{value:.12g} kg", "is the unit right?")
    return value


def quantity_text(text: str, base: str) -> Decimal | None:
    """Number in a base unit, from text with a number and its unit; None where it has no unit.

    Parameters
    ----------
    text : such as ``38.46 t``.
    base : ``kg``, or ``1`` for shares.

    >>> quantity_text("38.46 t", "kg"), quantity_text("38460", "kg")
    (Decimal('38460.00'), None)
    """
    match = _WITH_UNIT.fullmatch(text.strip())
    return quantity(Cell(match[1]), match[2], base, FileSettings()) if match else None


def number(cell: Cell, settings: FileSettings) -> Decimal:
    """Exact number; a workbook's binary numbers are read to the 15 digits that it shows.

    >>> number(Cell(0.1 + 0.2), FileSettings())
    Decimal('0.3')
    """
    _refuse_errors(cell)
    value = cell.value
    if isinstance(value, (bool, datetime, clock_time)):
        raise CellError(
            "not-a-number",
            "a number",
            str(value),
            "the workbook took a number for something else: format the cells as numbers",
        )
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(f"{value:.15g}")
    return exact(
        value or "",
        decimal=settings.decimal,
        thousands=settings.thousands,
        hint=partial(_number_hint, settings=settings),
    )


def _number_hint(value: str, settings: FileSettings) -> str:
    if value.startswith(("<", ">")):
        return "a result beyond the detection limit is no value: leave the cell empty"
    other = "," if settings.decimal == "." else "."
    if other in value and not re.search(r"[A-Za-z]", value):
        return (
            f'write decimal = "{other}" in the mapping if that is the decimal mark, '
            f'thousands = "{other}" if it parts thousands'
        )
    if re.match(r"\d{1,3}[ \u00a0\u202f'\u2019]\d{3}", value):
        return 'write thousands = " " or "\'" in the mapping'
    return ""


# -- moments


def moment(cells: Sequence[Cell], settings: FileSettings, epoch: datetime | None) -> datetime:
    """A moment with its time zone, from one cell or from a date and a time in two.

    >>> settings = FileSettings(time_zone="America/New_York", date_format="%d.%m.%Y %H:%M")
    >>> moment([Cell("01.03.2026"), Cell("08:15")], settings, None).isoformat()
    '2026-03-01T08:15:00-05:00'
    """
    for cell in cells:
        _refuse_errors(cell)
    read = _as_read(cells, settings, epoch or _DAY_ZERO)
    if read.year < _FIRST_YEAR:
        raise CellError("date", f"a year from {_FIRST_YEAR} on", read.isoformat())
    within_years(read)
    return read if read.tzinfo else localised(read, settings.time_zone)


def _as_read(cells: Sequence[Cell], settings: FileSettings, epoch: datetime) -> datetime:
    values = [c.value for c in cells if c.value not in (None, "")]
    match values:
        case [datetime() as day]:
            return day
        case [datetime() as day, clock_time()]:
            return datetime.combine(day, cast(clock_time, values[1]))
        case [int() | float() as days] if not isinstance(days, bool):
            return _from_days(str(days), settings, epoch)
    if not values or not all(isinstance(v, str) for v in values):
        raise CellError(
            "date" if values else "missing",
            "a date and time",
            " ".join(str(v) for v in values) or "nothing",
        )
    written = " ".join(str(v) for v in values)
    if settings.date_format == "excel" or re.fullmatch(r"\d{5}(?:[.,]\d+)?", written):
        return _from_days(written, settings, epoch)
    return _from_text(written, settings.date_format)


def _from_days(written: str, settings: FileSettings, epoch: datetime) -> datetime:
    try:
        days = float(written.replace(",", "."))
        date = epoch + timedelta(seconds=round(days * 86_400))
    except (ValueError, OverflowError) as error:
        raise CellError("date", "a day number of Excel", repr(written)) from error
    if settings.date_format != "excel":
        raise CellError(
            "date",
            "a date",
            f"the number {written}",
            f'as an Excel day number it is {date}: then write date_format = "excel"',
        )
    return date


def _from_text(written: str, form: str) -> datetime:
    try:
        return datetime.strptime(written, form) if form else datetime.fromisoformat(written)
    except ValueError as error:
        hint = "" if form else 'name its form, for example date_format = "%d.%m.%Y %H:%M"'
        swapped = form.translate(str.maketrans("dm", "md"))
        if form and swapped != form and _parses(written, swapped):
            hint = f'are day and month swapped? then write date_format = "{swapped}"'
        raise CellError(
            "date",
            f"a date as {form}" if form else "a date as 2026-03-01T08:15:00-05:00",
            repr(written),
            hint,
        ) from error


def _parses(written: str, form: str) -> bool:
    try:
        datetime.strptime(written, form)
    except ValueError:
        return False
    return True


def localised(local: datetime, zone: str) -> datetime:
    """Local time in a zone; one that comes twice or never is refused.

    >>> localised(datetime(2026, 11, 1, 1, 30), "America/New_York")
    Traceback (most recent call last):
    loopbook.tables.numbers.CellError: time: expected a local time that comes once, \
found 2026-11-01T01:30:00 America/New_York
    """
    if not zone:
        hint = 'write time_zone = "America/New_York" or the zone of the scale'
        raise CellError("time", "a time zone", local.isoformat(), hint)
    early = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    if early.utcoffset() != early.replace(fold=1).utcoffset():
        hint = "clocks are changed in this hour: write the time with its offset"
        raise CellError("time", "a local time that comes once", f"{local.isoformat()} {zone}", hint)
    return early
