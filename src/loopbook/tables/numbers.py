"""Numbers and moments: one rule for fields of commands, cells of others and tables of our own."""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import cache

from loopbook.errors import Findings

SPACES = " \u00a0\u202f\u2009"
"""Blanks that part thousands, or a number from its unit."""

_TOO_LONG = 10**40
_NO_LIMITS = "only the shares of an assay may be limits; write the number that is to count"
_YEARS = range(1900, 9999)  # of workbooks on one end, of clocks that are set to UTC on the other
_COMMAS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(?:s?nan|inf(?:inity)?)", re.IGNORECASE)


_LIMIT = re.compile(r"(<=?|>=?|less than|below|more than|above)(.+)", re.IGNORECASE)
_NAMED_LIMIT = re.compile(r"(.*?)[\s(<:=]+([\d.,][^()]*?)\s*\)?")  # ND (<0.01)
_LONGEST = 60
_SIGNS = str.maketrans("\u2264\u2a7d\uff1c\ufe64\u2265\u2a7e\uff1e\ufe65", "<<<<>>>>")
_UNDETECTED = frozenset(
    (
        *("dl", "idl", "ld", "lod", "loq", "lq", "mdl", "pql", "rl"),
        *("detection", "detectionlimit", "limitofdetection", "limitofquantification"),
        *("quantification", "quantificationlimit", "reportinglimit"),
        *("nd", "notdetected", "nonedetected", "nondetect", "nondetected", "nond\u00e9tect\u00e9"),
        *("undetected", "nn", "nichtnachweisbar", "trace", "traces", "tr", "u"),
        *("bdl", "bld", "blod", "bloq", "blq", "bmdl", "bql", "brl"),
        *("\ubd88\uac80\ucd9c", "\ubbf8\uac80\ucd9c"),  # Korean
        *("\u672a\u68c0\u51fa", "\u672a\u6aa2\u51fa", "\u4e0d\u691c\u51fa"),  # Chinese, Japanese
    )
)
"""Words for a result below an unnamed limit, without blanks and dots, in small letters."""


def limit_parts(text: str) -> tuple[str, str] | None:
    """Direction and number of a result that is only a limit; no number for a word such as ND.

    >>> limit_parts("< 0.01 %"), limit_parts("\u2265 10"), limit_parts("n.d."), limit_parts("<LOD")
    (('<', '0.01 %'), ('>', '10'), ('<', ''), ('<', ''))
    >>> limit_parts("0.01"), limit_parts("n.a.")
    (None, None)
    >>> limit_parts("ND (<0.01 %)"), limit_parts("<LOD 0.01")
    (('<', '0.01 %'), ('<', '0.01'))
    """
    if text[:1].isdecimal() or len(text) > _LONGEST:
        return None
    match = _LIMIT.fullmatch(text.strip().translate(_SIGNS))
    rest = match[2].strip() if match else text.strip()
    named = _NAMED_LIMIT.fullmatch(rest)
    word, number = (named[1], named[2]) if named else (rest, "")
    is_word = re.sub(r"[\W_]", "", word).casefold() in _UNDETECTED
    if match is None:
        return ("<", number) if is_word else None
    sign = ">" if match[1].lower() in (">", ">=", "above", "more than") else "<"
    return sign, number if sign == "<" and is_word else rest


class CellError(ValueError):
    """A cell that cannot be read; becomes a finding at its place."""

    def __init__(self, code: str, expected: str, value: str, hint: str = "") -> None:
        super().__init__(f"{code}: expected {expected}, found {value}")
        self.code, self.expected, self.found, self.hint = code, expected, value, hint


def remedy(text: str) -> str:
    """How to write a number that has no decimal point, or is in percent."""
    if re.fullmatch(r"[+-]?[\d.,]+ ?(?:wt)?%", text):
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
    if isinstance(value, str) and decimal == "." and not thousands and is_plain(value):
        return Decimal(value)
    if isinstance(value, int) and abs(value) >= _TOO_LONG:
        raise CellError("not-a-number", "a number", "one of more than 40 digits")
    text = str(value).strip()
    if isinstance(value, Decimal) and value.is_finite() and "E" not in text and len(text) <= 40:
        return value
    match = _pattern(decimal, thousands).fullmatch(text)
    if match and (match[2] or match[3]) and len(text) <= 40:
        if decimal == "." and not thousands and text.isascii():
            return Decimal(text)
        whole = re.sub(r"\D", "", match[2] or "0") if thousands else match[2] or "0"
        sign = "-" if match[1] else ""
        return Decimal(f"{sign}{whole}.{match[3] or ''}e{match[4] or '0'}")
    if _NOT_FINITE.fullmatch(text):
        raise CellError("not-finite", "a number", text)
    shown = text if len(text) <= 40 else f"{text[:40]}..."
    written = repr(shown) if isinstance(value, str) else shown
    if limit_parts(text):
        raise CellError("censored", "a number", written, _NO_LIMITS)
    raise CellError("not-a-number", "a number", written, hint(text[:40]))


def exact_or_none(
    text: str, expected: str, at: str, findings: Findings, *, hint: Callable[[str], str] = remedy
) -> float | None:
    """The number in a cell; None with a finding for what `exact` refuses."""
    try:
        return float(exact(text, hint=hint))
    except CellError as error:
        findings.note(error.code, expected, error.found, at=at, hint=error.hint)
    return None


def is_plain(text: str) -> bool:
    """Whether a text is a number of digits and at most one point, as most numbers are.

    >>> is_plain("12.5"), is_plain("-12.5"), is_plain("1e3"), is_plain(".")
    (True, False, False, False)
    """
    return text.isascii() and text.replace(".", "", 1).isdecimal() and len(text) <= 40


def within_years(moment: datetime) -> datetime:
    """The moment, if every calendar and clock has it; else a `CellError`.

    >>> within_years(datetime(9999, 12, 31))
    Traceback (most recent call last):
    loopbook.tables.numbers.CellError: date: expected a year 1900..9998, found 9999
    """
    if moment.year in _YEARS:
        return moment
    raise CellError("date", f"a year {_YEARS.start}..{_YEARS.stop - 1}", str(moment.year))


@cache
def _pattern(decimal: str, thousands: str) -> re.Pattern[str]:
    """Numbers with these marks: sign, whole part, decimals, power of ten."""
    marks = SPACES if thousands in (" ", "\u00a0") else thousands
    group = rf"|\d{{1,3}}(?:[{re.escape(marks)}]\d{{3}})+" if marks else ""
    point = re.escape(decimal)
    pattern = rf"(?:\+|([-\u2212]))?(\d+{group})?(?:{point}(\d*))?(?:[eE]([+-]?\d{{1,3}}))?"
    return re.compile(pattern, re.ASCII)
