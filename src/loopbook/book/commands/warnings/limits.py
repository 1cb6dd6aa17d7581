"""Limits of what passes without a word: our table, and what the user's settings put over it.

``limits.csv`` has a row a limit, with its source and grade. ``loopbook.toml`` changes a limit, or
adds the usual range of a material of the user's own::

    [limits.ticket]
    difference = "1 %"

    [limits.load]
    gross = "5 t to 36.3 t"

    [limits."cathode foil"]
    Ni = "25 % to 40 %"
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from loopbook.book.plugins import user_settings
from loopbook.errors import Findings
from loopbook.tables import CellError, quantity_text

LIMITS_FILE = Path(__file__).with_name("limits.csv")
COLUMNS = [
    *("subject", "parameter", "value", "low", "high"),
    *("unit", "year", "source_id", "page", "grade", "note"),
]
_RANGE = " to "


@dataclass(frozen=True, slots=True)
class Limits:
    """What passes without a word.

    Parameters
    ----------
    most : single numbers, by subject and parameter: kg/kg, or a factor.
    ranges : low and high, by subject and parameter: kg, or kg/kg; subjects are in lower case.
    """

    most: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    ranges: Mapping[str, Mapping[str, tuple[float, float]]] = field(default_factory=dict)


def read_limits() -> Limits:
    """Our limits, with those of the user's settings put over them.

    Raises
    ------
    InputError : every error of the settings, with file and line.

    >>> read_limits().most["ticket"]
    {'difference': 0.02, 'divisions': 20.0}
    """
    settings, file = user_settings()
    if file is None or not settings.limits:
        return _our_limits()[0]
    ours, bases = _our_limits()
    most = {subject: dict(numbers) for subject, numbers in ours.most.items()}
    ranges = {subject: dict(ends) for subject, ends in ours.ranges.items()}
    findings = Findings()
    for written, limits in settings.limits.items():
        subject = written.lower()
        known = [name for kind, name in bases if kind == subject]
        for parameter, text in limits.items():
            at, base = file.where("limits", written, parameter), bases.get((subject, parameter))
            is_number = parameter in most.get(subject, {})
            if base is None and (subject in most or subject == "load"):
                findings.unknown(f"a limit of {subject}", parameter, known, at=at)
                continue
            numbers = _numbers(text, base or "1", at, findings)
            if numbers and min(numbers) < 0:
                findings.note("negative", "a limit of zero or more", text, at=at)
            elif is_number and len(numbers) == 1:
                most[subject][parameter] = numbers[0]
            elif not is_number and len(numbers) == 2 and numbers[0] <= numbers[1]:
                ranges.setdefault(subject, {})[parameter] = (numbers[0], numbers[1])
            elif numbers:
                findings.note("limit", _form(base or "1", is_number=is_number), text, at=at)
    findings.raise_all()
    return Limits(most, ranges)


@cache
def _our_limits() -> tuple[Limits, Mapping[tuple[str, str], str]]:
    """The limits of our table, and the base unit of each: ``kg`` or ``1``."""
    from loopbook.tables import read_table

    findings = Findings()
    table = read_table(LIMITS_FILE, COLUMNS, findings)
    findings.raise_all()
    most: dict[str, dict[str, float]] = {}
    ranges: dict[str, dict[str, tuple[float, float]]] = {}
    bases: dict[tuple[str, str], str] = {}
    for _, row in table.records() if table else ():
        subject, parameter = row["subject"], row["parameter"]
        bases[subject, parameter] = "kg" if row["unit"] == "kg" else "1"
        if row["low"]:
            ends = float(row["low"]), float(row["high"])
            ranges.setdefault(subject, {})[parameter] = ends
        else:
            most.setdefault(subject, {})[parameter] = float(row["value"])
    return Limits(most, ranges), bases


def _form(base: str, *, is_number: bool) -> str:
    """How a limit is written."""
    unit = "kg" if base == "kg" else "%"
    return (
        f"one number, such as 2 {unit}" if is_number else f"a range, such as 10 {unit} to 40 {unit}"
    )


def _numbers(text: str, base: str, at: str, findings: Findings) -> list[float]:
    """Numbers of a limit in its base unit; none after a finding."""
    numbers = []
    for part in text.split(_RANGE):
        try:
            number = quantity_text(part, base)
        except CellError as error:
            findings.note(error.code, error.expected, error.found, at=at, hint=error.hint)
            return []
        if number is None:
            unit = "5 t to 36 t" if base == "kg" else "2 %"
            findings.note("unit", f"a number with its unit, such as {unit}", text, at=at)
            return []
        numbers.append(float(number))
    return numbers
