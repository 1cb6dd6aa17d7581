"""Cells as moments: a date and a time in a known form, with an offset or a time zone.

A time that can be read in two ways is refused with both readings: a local hour that comes twice in
autumn, the name of a zone beside the time, a form without half of the day.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from datetime import time as clock_time
from functools import cache
from typing import cast
from zoneinfo import ZoneInfo

from loopbook.tables.cells import refuse_errors
from loopbook.tables.numbers import CellError, within_years
from loopbook.tables.sheet import Cell, FileSettings

_DAY_ZERO = datetime(1899, 12, 30)  # Excel's day 0 (its 29 February 1900 never was)
_FIRST_YEAR = 1990
_LONGEST_FORM = 100  # signs; a form is compiled, which takes the square of its length
_ZONE = re.compile(r"(?<![A-Za-z%])(?:Z|UTC|[A-Z]{2,4}T|MSK)(?![A-Za-z])")
_OFFSET = re.compile(r"(.+[\dMm])\s*(Z|UTC|GMT|[+-]\d\d:?\d\d)", re.ASCII | re.DOTALL)
_ZONE_HINT = (
    "set time_zone to the zone of that name (UTC for Z), or read UTC, GMT and offsets with %z"
)


def form_problem(form: str) -> str:
    """The fault of a form for `strptime`, with the remedy; empty if it has none.

    What `strptime` reads and then drops, or reads by the language of the computer, is refused.

    >>> form_problem("%d.%m.%Y %H:%M"), form_problem("%d.%M.%Y")
    ('', 'the form has no month: write %m')
    """
    if not form:
        return ""
    if len(form) > _LONGEST_FORM:
        return f"the form has {len(form)} signs; at most {_LONGEST_FORM} are read"
    signs = set(re.findall(r"%(.)", form.replace("%%", ""), re.DOTALL))
    literal = re.sub(r"%.", " ", form, flags=re.DOTALL)
    problems = [
        ("Z" in signs, "%Z drops the zone: write %z for UTC, GMT and offsets, else set time_zone"),
        (signs & set("cxX"), "%c, %x and %X depend on the computer's language: name each part"),
        ("I" in signs and "p" not in signs, "%I is an hour up to 12: write %H, or %I with %p"),
        ("p" in signs and "I" not in signs, "%p is read together with %I only"),
        (re.search(r"\b[AaPp][Mm]\b", literal), "AM and PM are read by %I and %p"),
        (re.search(r"[+-]\d\d:?\d\d", literal), "an offset is read by %z"),
        (not signs & set("YyG"), "the form has no year: write %Y"),
        (not signs & set("mbBjVUW"), "the form has no month: write %m"),
        (not signs & set("djuw"), "the form has no day: write %d"),
    ]
    try:
        datetime.strptime("", form)
    except (ValueError, re.error) as error:
        problems.insert(0, ("does not match format" not in str(error), str(error)))
    return next((problem for is_one, problem in problems if is_one), "")


def moment(cells: Sequence[Cell], settings: FileSettings, epoch: datetime | None) -> datetime:
    """A moment with its time zone, from one cell or from a date and a time in two.

    >>> settings = FileSettings(time_zone="America/New_York", date_format="%d.%m.%Y %H:%M")
    >>> moment([Cell("01.03.2026"), Cell("08:15")], settings, None).isoformat()
    '2026-03-01T08:15:00-05:00'
    """
    for cell in cells:
        refuse_errors(cell)
    read = _as_read(cells, settings, epoch or _DAY_ZERO)
    if read.year < _FIRST_YEAR:
        raise CellError("date", f"a year from {_FIRST_YEAR} on", read.isoformat())
    within_years(read)
    if read.tzinfo:
        return read
    zoned = localised(read, settings.time_zone)
    named = _named_zone(settings.date_format)
    if named and zoned.tzname() != named.replace("Z", "UTC"):
        raise CellError(
            "time",
            f"a time in {named}, by date_format",
            f"{read.isoformat(' ', 'minutes')} {zoned.tzname()} ({settings.time_zone})",
            _ZONE_HINT,
        )
    return zoned


@cache
def _named_zone(form: str) -> str:
    """The name of a zone in a form; empty if it has none."""
    match = _ZONE.search(re.sub(r"%.", " ", form))
    return match[0] if match else ""


def _as_read(cells: Sequence[Cell], settings: FileSettings, epoch: datetime) -> datetime:
    values = [c.value for c in cells if c.value not in (None, "")]
    match values:
        case [datetime() as day]:
            return day
        case [datetime() as day, clock_time() | str() as clock]:
            return datetime.combine(day, _clock(clock))
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


def _clock(written: clock_time | str) -> clock_time:
    """A time of day beside a date; as text it may have an offset."""
    try:
        return clock_time.fromisoformat(written) if isinstance(written, str) else written
    except ValueError as error:
        raise CellError("date", "a time as 08:15 or 08:15-05:00", repr(written)) from error


def _from_text(written: str, form: str) -> datetime:
    """A moment in a form; one with an offset after it is read too."""
    own = _OFFSET.fullmatch(written)
    if "%z" in form:
        written = re.sub("(UTC|GMT)$", "Z", written)
    elif own and form and _parses(own[1], form) and not _parses(written, form):
        return datetime.strptime(own[1], form).replace(tzinfo=_offset(own[2]))
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


def _offset(text: str) -> timezone:
    return cast(timezone, datetime.strptime(re.sub("UTC|GMT", "Z", text), "%z").tzinfo)


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
        raise CellError(
            "time",
            "a time zone",
            local.isoformat(),
            'write time_zone = "America/New_York" or the zone of the scale',
        )
    early = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    late = early.replace(fold=1)
    if early.utcoffset() == late.utcoffset():
        return early
    clock = local.time().isoformat("auto" if local.second else "minutes")
    offsets = " or ".join(f"{clock}{one.isoformat()[-6:]}" for one in (early, late))
    if early.astimezone(UTC).astimezone(early.tzinfo).replace(tzinfo=None) == local:
        hint = f"clocks are changed in this hour: write the time with its offset, {offsets}"
    else:
        hint = f"clocks skip this hour: is time_zone right? else write {offsets}"
    raise CellError("time", "a local time that comes once", f"{local.isoformat()} {zone}", hint)
