"""Numbers and moments: one rule for fields of commands, cells of others and tables of our own."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache

SPACES = " \u00a0\u202f\u2009"
"""Blanks that part thousands, or a number from its unit."""

_TOO_LONG = 10**40
_YEARS = range(1900, 9999)  # of workbooks on one end, of clocks that are set to UTC on the other
_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:s?nan|inf(?:inity)?)", re.IGNORECASE)


class CellError(ValueError):
    """A cell that cannot be read; becomes a finding at its place."""

    def __init__(self, code: str, expected: str, value: str, hint: str = "") -> None:
        super().__init__(f"{code}: expected {expected}, found {value}")
        self.code, self.expected, self.found, self.hint = code, expected, value, hint


def remedy(text: str) -> str:
    """How to write a number that has no decimal point, or is in percent."""
    if text.endswith("%"):
        return "write a share as a fraction of 1: 0.05 for 5 %"
    readings = []
    if _COMMAS.fullmatch(text):
        readings.append(text.replace(",", ""))
    if text.count(",") == 1 and text.rfind(",") > text.rfind("."):
        readings.append(text.replace(".", "").replace(",", "."))
    return f"is it {' or '.join(readings)}? write it without a comma" if readings else ""


def exact(
    value: str | Decimal | float,
    *,
    decimal: str = ".",
    thousands: str = "",
    hint: Callable[[str], str] = remedy,
) -> Decimal:
    """The exact number; what is no number or not finite is a `CellError`.

    Parameters
    ----------
    value : the number, or its text.
    decimal, thousands : marks in the text; no thousands mark if empty.
    hint : the remedy for a text that is no number.

    >>> exact("12,400.5", thousands=","), exact("\u22125e-3")
    (Decimal('12400.5'), Decimal('-0.005'))
    >>> exact("1_000")
    Traceback (most recent call last):
    loopbook.tables.numbers.CellError: not-a-number: expected a number, found '1_000'
    """
    if isinstance(value, int) and abs(value) >= _TOO_LONG:
        raise CellError("not-a-number", "a number", "one of more than 40 digits")
    text = str(value).strip()
    match = _pattern(decimal, thousands).fullmatch(text)
    if match and (match[2] or match[3]) and len(text) <= 40:
        whole = re.sub(r"\D", "", match[2] or "0") if thousands else match[2] or "0"
        sign = "-" if match[1] else ""
        return Decimal(f"{sign}{whole}.{match[3] or ''}e{match[4] or '0'}")
    if _NOT_FINITE.fullmatch(text):
        raise CellError("not-finite", "a number", text)
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    written = repr(shown) if isinstance(value, str) else shown
    raise CellError("not-a-number", "a number", written, hint(text[:40]))


def within_years(moment: datetime) -> datetime:
    """The moment, if every calendar and clock has it; else a `CellError`.

    >>> within_years(datetime(9999, 12, 31))
    Traceback (most recent call last):
    loopbook.tables.numbers.CellError: date: expected a year 1900..9998, found 9999
    """
    if moment.year in _YEARS:
        return moment
    years = f"a year {_YEARS.start}..{_YEARS.stop - 1}"
    raise CellError("date", years, str(moment.year))


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Numbers with these marks: sign, whole part, decimals, power of ten."""
    marks = SPACES if thousands in (" ", "\u00a0") else thousands
    group = rf"|\d{{1,3}}(?:[{re.escape(marks)}]\d{{3}})+" if marks else ""
    point = re.escape(decimal)
    pattern = rf"(?:\+|([-\u2212]))?(\d+{group})?(?:{point}(\d*))?(?:[eE]([+-]?\d{{1,3}}))?"
    return re.compile(pattern, re.ASCII)
