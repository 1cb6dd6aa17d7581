"""Cells as values: exact numbers in a known unit, and texts as the workbook shows them.

A cell that can be read in two ways is refused with both readings in the hint: a comma that may be a
decimal mark, a percent format over a column in percent, a number format with a unit of its own.
"""

import re
from datetime import datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from functools import cache, partial

from loopbook.errors import UnitError
from loopbook.tables.numbers import SPACES, CellError, exact, is_plain, limit_parts
from loopbook.tables.sheet import MERGED, Cell, FileSettings
from loopbook.tables.units import convert, unit_finding

_NO_NUMBER = (bool, datetime, clock_time, timedelta)  # what a workbook makes of some cells
_MOST_KG = Decimal(10) ** 9  # a million tonnes: more than any plant holds
_APOSTROPHES = "'\u2019"
_EXACT = 10**15  # a workbook keeps no more digits of a number
_LITERAL = r'(?:"[^"]*"|\\.|[- ])*'  # what a number format shows as it is
_WHOLE_FORM = re.compile(rf"({_LITERAL})(?:(0+)|#|General|@)({_LITERAL})", re.IGNORECASE)
_SCALED_FORM = re.compile(r"[0#?],+(?![0#?,])")  # shows thousandths of the value
_AS_GENERAL = "the workbook shows no mass: format the cells as General if the numbers are right"
_LIMIT_FORM = re.compile(r'(?:"|\\)?\s*([<>])\s*"?(?=[0#?])')  # shows a number as a limit
_FORMULA_ERROR = re.compile(r"#(?:REF|VALUE|DIV/0|NAME|NUM|NULL|SPILL|CALC)[!?]|#N/A|#{3,}")
_WITH_UNIT = re.compile(
    rf"([+\-\u2212]?[\d.,'\u2019{SPACES}]*\d[.,]?(?:[eE][+-]?\d{{1,2}})?"  # a number
    rf"|[+-]?(?:[Nn]a[Nn]|[Ii]nf)(?=[{SPACES}]))"  # what is to be refused as none
    rf"[{SPACES}]*((?![eE][+-]?\d)[A-Za-z\u00b5\u03bc%].*)",  # its unit
    re.ASCII,
)


def refuse_errors(cell: Cell) -> None:
    """Raise a `CellError` for a formula that is wrong or was never calculated."""
    if cell.form == "formula":
        raise CellError(
            "formula-error",
            "a calculated value",
            str(cell.value),
            "open the workbook, let it calculate, and save it",
        )
    if cell.form == MERGED:
        raise CellError(
            "merged",
            "a value in each cell",
            f"the merged cells {cell.value}",
            "unmerge them, and write the value into each cell that it holds for",
        )
    text = cell.value
    if isinstance(text, str) and text[:1] == "#" and _FORMULA_ERROR.fullmatch(text):
        raise CellError(
            "formula-error", "a value", text, "correct the formula in the workbook and export again"
        )


def cell_text(cell: Cell) -> str:
    """Text; whole numbers of a workbook are names too (lot 1001).

    >>> cell_text(Cell(1001.0))
    '1001'
    """
    value = cell.value
    if type(value) is str and not cell.form and value[:1] != "#":
        return value.strip()  # as most are
    refuse_errors(cell)
    if value is None:
        return ""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, _NO_NUMBER):
        raise CellError(
            "text",
            "a text",
            str(value),
            "the workbook took the text for something else: format the cells as text, and write "
            "the text again",
        )
    shown = _shown(value, cell.form)
    if shown is None:
        raise CellError(
            "text",
            "a text",
            f"{value:.15g} in the number format {cell.form or 'General'}",
            "format the cells as text, and write the text again",
        )
    return shown


def _shown(value: float, form: str) -> str | None:
    """A whole number as the workbook shows it; None where that is not certain.

    >>> _shown(7, "0000"), _shown(7, '"L-"000'), _shown(7, "General"), _shown(7, "0.00")
    ('0007', 'L-007', '7', None)
    """
    match = _WHOLE_FORM.fullmatch(form or "General")
    if not match or not float(value).is_integer() or not 0 <= value < _EXACT:
        return None
    before, after = (re.sub(r'["\\]', "", text) for text in (match[1], match[3]))
    return f"{before}{int(value):0{len(match[2] or '0')}d}{after}"


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
    if cell.form:
        _check_form(cell, unit, base)
    value = number(cell, settings) * factor(unit, base)
    if base == "kg" and abs(value) > _MOST_KG:
        raise CellError("too-large", "at most 1e9 kg", f"{value:.12g} kg")
    return value


def _check_form(cell: Cell, unit: str, base: str) -> None:
    """Refuse a number format that shows another number, or another unit, than the column has."""
    shown = f"a cell in the number format {cell.form}, whose value is {cell.value}"
    bare = _bare(cell.form)
    if "%" in bare and unit not in ("1", "kg/kg"):
        shown = f"a cell with percent format, whose value is {cell.value}"
        hint = _AS_GENERAL if base == "kg" else 'write unit = "1" for this column'
        raise CellError("unit", f"a number in {unit}", shown, hint)
    if isinstance(cell.value, (int, float)) and _SCALED_FORM.search(bare):
        raise CellError(
            "unit",
            f"a number in {unit}, as it is shown",
            shown,
            "the workbook shows thousandths of the value: format the cells as General",
        )
    if re.search("[<>]", re.sub(r"\[[^\]]*\]", "", cell.form)):
        raise CellError(
            "censored",
            f"a number in {unit}, as it is shown",
            shown,
            "format the cells as General, and write <0.01 as text where that is the result",
        )
    if re.search(r"[$\u20ac\u00a3\u00a5\u20a9]", re.sub(r"\[\$-[^\]]*\]", "", cell.form)):
        raise CellError("unit", f"a number in {unit}", shown, _AS_GENERAL)
    literal = "".join("".join(x) for x in re.findall(r'"([^"]*)"|\\(.)', cell.form))
    own = literal.strip() or "\u2030" * ("\u2030" in bare)
    problem = unit_problem(own, base) if own else None
    if problem and problem[0] != "a known unit":
        raise CellError("unit", f"a number in {unit}", shown, problem[1])
    if own and not problem and factor(own, base) != factor(unit, base):
        raise CellError(
            "unit", f"a number in {unit}", shown, f'write unit = "{own}" for this column'
        )


def _bare(form: str) -> str:
    """A number format without its literal texts."""
    return re.sub(r'"[^"]*"|\\.|\[[^\]]*\]', "", form)


def is_percent(cell: Cell) -> bool:
    """Whether the workbook shows a cell in percent.

    >>> is_percent(Cell(0.315, "0.0%")), is_percent(Cell(31.5, '0.0" %"')), is_percent(Cell(0.3))
    (True, False, False)
    """
    return "%" in cell.form and "%" in _bare(cell.form)


def without_sign(cell: Cell) -> tuple[str, Cell]:
    """Direction of a result that is only a limit, and the cell of its number, empty for ND.

    >>> without_sign(Cell("<0.01 %")), without_sign(Cell(3))
    (('<', Cell(value='0.01 %', form='')), ('', Cell(value=3, form='')))
    >>> without_sign(Cell(0.01, '"<"0.00'))
    ('<', Cell(value=0.01, form='0.00'))
    """
    if isinstance(cell.value, str):
        parts = limit_parts(cell.value)
        return (parts[0], Cell(parts[1], cell.form)) if parts else ("", cell)
    match = _LIMIT_FORM.match(cell.form)
    return (match[1], Cell(cell.value, cell.form[match.end() :])) if match else ("", cell)


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
    if match is None:
        return None
    exact(match[1])  # whose remedy names no setting of a mapping
    return quantity(Cell(match[1]), match[2], base, FileSettings())


def number(cell: Cell, settings: FileSettings) -> Decimal:
    """Exact number; a workbook's binary numbers are read to the 15 digits that it shows.

    >>> number(Cell(0.1 + 0.2), FileSettings())
    Decimal('0.3')
    """
    value = cell.value
    is_point = settings.decimal == "." and not settings.thousands
    if isinstance(value, str) and is_point and not cell.form and is_plain(value):
        return Decimal(value)  # as most are
    refuse_errors(cell)
    if isinstance(value, _NO_NUMBER):
        raise CellError(
            "not-a-number",
            "a number",
            str(value),
            "the workbook took the number for something else: format the cells as numbers, and "
            "write the numbers again",
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
    other = "," if settings.decimal == "." else "."
    if other in value and not re.search(r"[A-Za-z]", value):
        return (
            f'write decimal = "{other}" in the mapping if that is the decimal mark, '
            f'thousands = "{other}" if it parts thousands'
        )
    if mark := re.match(r"\d{1,3}([ \u00a0\u202f'\u2019])\d{3}", value):
        return f'write thousands = "{mark[1] if mark[1] in _APOSTROPHES else " "}" in the mapping'
    return ""
