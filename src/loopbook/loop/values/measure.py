"""Cells with a quantity: ``12000 t/yr``, ``35 t of Ni``, ``2 M USD/quarter``, ``2 USD/t per 1 %``.

In its place may stand the name of a series, or a row of the data library:
``lib:table/subject/parameter@date``, which brings unit, range and source.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from loopbook.errors import InputError, nearest_hint
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.quantity import CURRENCIES, Quantity
from loopbook.matter import Library, Number
from loopbook.tables import FieldType, Schema, Value, convert, exact_or_none, unit_finding

LIBRARY = "lib:"
"""What a reference to the data library begins with."""

_MONEY = "|".join(CURRENCIES)
_NUMBER = re.compile(
    r"(?P<number>[+\-\u2212]?(?:\d[\d.,_]*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?P<rest>.*)", re.ASCII
)
_ANY_MONEY = re.compile(rf"\b(?:{_MONEY})\b")  # the walk converts it
_TIMES = {"k": 1e3, "M": 1e6, "bn": 1e9}
_BEFORE_MONEY = re.compile(rf"(?P<times>k|M|bn) ?(?=(?:{_MONEY})\b)")
_MONEY_YEAR = re.compile(rf"\b({_MONEY})\((\d{{4}})\)")
_WORDS = {
    "years": "yr",
    "year": "yr",
    "months": "month",
    "quarters": "quarter",
    "days": "d",
    "day": "d",
    "hours": "h",
    "hour": "h",
    "packs": "pack",
}
_WORD = re.compile(rf"\b({'|'.join(_WORDS)})\b")
_CARBON = re.compile(r"\b(kg|g|t|kt) CO2e\b")
_MILLION = re.compile(rf"\b(?:million|mn|mio|MM|m)\b\.? ?(?=(?:{_MONEY})\b)")


@dataclass(frozen=True)
class Measure(FieldType[LoopFindings]):
    """A quantity of one of some kinds.

    Parameters
    ----------
    units : a unit of each kind; none for any. The kinds are tried in order.
    low, high : the range, in the first unit that fits.
    usual : the usual range by unit; a number outside is warned of, for it may be a slip.
    steady : whether a series must have the same number in all of time.
    """

    units: tuple[str, ...] = ()
    low: float = 0.0
    high: float = math.inf
    words: str = ""
    usual: Mapping[str, tuple[float, float]] = field(default_factory=dict, hash=False)
    steady: bool = False

    def __init__(
        self,
        *units: str,
        low: float = 0.0,
        high: float = math.inf,
        words: str = "",
        usual: Mapping[str, tuple[float, float]] = MappingProxyType({}),
        steady: bool = False,
    ) -> None:
        kinds = " or ".join("a share" if unit == "1" else unit for unit in units)
        words = words or (f"a quantity ({kinds})" if units else "a quantity")
        vars(self).update(units=units, low=low, high=high, words=words, usual=usual, steady=steady)

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The quantity, or None with a finding."""
        example = (self.units or ("t/yr",))[0]
        quantity = read_quantity(written, at, findings, example="%" if example == "1" else example)
        return None if quantity is None else self.fit(quantity, at, findings)

    def fit(self, quantity: Quantity, at: str, findings: LoopFindings) -> Quantity | None:
        """The quantity if it is of one of the kinds and within the range."""
        factors = {one: factor_to(quantity.unit, one) for one in self.units}
        unit, factor = next(((x, f) for x, f in factors.items() if f is not None), ("", None))
        if self.units and factor is None:
            what = f"a unit of the kind of {' or '.join(map(_unit_name, self.units))}"
            hint = _kind_hint(quantity.unit, self.units)
            return findings.refuse("unit", what, _unit_name(quantity.unit), at=at, hint=hint)
        for number in numbers_of(quantity):
            value = number * (factor or 1.0)
            if not self.low <= value <= self.high:
                self._refuse(number, value, quantity, at=at, findings=findings)
                return None
        if self.steady and len(several := dict.fromkeys(numbers_of(quantity))) > 1:
            expected = "one number for all of time"
            return findings.refuse(
                "series", expected, ", ".join(map("{:g}".format, several)), at=at
            )
        if unit in self.usual:
            warn_unusual(quantity, self.usual[unit], unit, at=at, findings=findings)
        least, most = (limit / (factor or 1.0) for limit in (self.low, self.high))
        return replace(quantity, least=least, most=most)

    def _refuse(
        self, number: float, value: float, quantity: Quantity, *, at: str, findings: LoopFindings
    ) -> None:
        share = self.units == ("1",) and math.isfinite(self.high)
        code = "share" if share else "negative" if value < self.low == 0 else "range"
        limit = f"at least {self.low:g}" if value < self.low else f"at most {self.high:g}"
        series = f" of series {quantity.series.name}" if quantity.series else ""
        text = f"{number:g}" + (f" {quantity.unit}" if quantity.unit != "1" else "")
        hint = "a share is 0..100 %" if share else ""
        band = f"{100 * self.low:g}..{100 * self.high:g} %"
        findings.note(code, band if share else limit, text + series, at=at, hint=hint)

    def schema(self) -> Schema:
        """A text."""
        return {"type": "string", "x-units": list(self.units)}


SHARE = Measure("1", high=1.0)
"""A share of a whole."""


def numbers_of(quantity: Quantity) -> list[float]:
    """All numbers of a quantity, in its unit."""
    if quantity.series is None:
        return [quantity.number]
    return [x for x in quantity.series.line.numbers if x is not None]


def warn_unusual(
    quantity: Quantity, usual: tuple[float, float], unit: str, *, at: str, findings: LoopFindings
) -> None:
    """Warn of a quantity that is outside of the usual range, zeros excepted."""
    factor = factor_to(quantity.unit, unit) or math.nan
    low, high = usual
    for number in numbers_of(quantity):
        if number and not low <= abs(number) * factor <= high:
            meant = [x for x in (number * 1000, number / 1000) if low <= abs(x) * factor <= high]
            hint = f"is it {meant[0]:,.12g} {quantity.unit}?" if meant else ""
            name = f" of series {quantity.series.name}" if quantity.series else ""
            shown = f"{number:,g} {quantity.unit}{name}"
            sentence = f"{shown}: the usual is {low:,g}..{high:,g} {unit}"
            findings.warn("slip", sentence, at=at, hint=hint)
            return


def is_kind(unit: str, kind: str) -> bool:
    """Whether a unit is of the kind of another; a plain number and ``%`` are shares.

    >>> is_kind("kg/h", "t/yr"), is_kind("%", "1"), is_kind("EUR/kg", "USD/t")
    (True, True, True)
    """
    return factor_to(unit, kind) is not None


def factor_to(unit: str, kind: str) -> float | None:
    """Factor from a unit to one of its kind, with one for one of currencies; None for others."""
    try:
        return convert(1.0, *(_ANY_MONEY.sub(CURRENCIES[0], one) for one in (unit, kind)))
    except InputError:
        return None


def _unit_name(unit: str) -> str:
    return "a plain number" if unit == "1" else unit


def _kind_hint(unit: str, units: tuple[str, ...]) -> str:
    """The remedy where time is missing in a rate, or is too much."""
    for kind in units:
        if kind.endswith("/yr") and is_kind(unit, kind.removesuffix("/yr")):
            return f"a rate has a time in its unit: {unit}/yr"
        if is_kind(unit, f"{kind}/yr"):
            return "this is no rate: leave out the time"
    return ""


def read_quantity(
    text: str, at: str, findings: LoopFindings, *, example: str = "t/yr"
) -> Quantity | None:
    """The quantity that a cell holds, or None with a finding.

    Parameters
    ----------
    text, at : the cell and its column.
    findings : takes the errors.
    example : a unit that it may have, for the finding of one without.

    >>> from loopbook.matter import load_library
    >>> findings = LoopFindings(library=load_library())
    >>> read = lambda text: read_quantity(text, "value", findings)
    >>> read("2 M USD/quarter").number, read("3%").unit, read("35 t of Ni").content
    (2000000.0, '%', 'Ni')
    >>> read("2 USD(2022)/t per 0.1 %").per, read("2 USD(2022)/t").money_year
    (0.001, '2022')
    >>> read("12000 ton/yr"), [(finding.code, finding.found) for finding in findings]
    (None, [('unit', 'ton/yr')])
    """
    if text.startswith(LIBRARY):
        return _of_library(text, at, findings)
    match = _NUMBER.fullmatch(text)
    if match is None:
        return _of_series(text, at, findings)
    rest, per, content = match["rest"], None, ""
    if " per " in f" {rest}":
        rest, _, step = rest.rpartition("per ")
        per = _share(step.strip(), at, findings)
        if per is None:
            return None
    if " of " in rest:
        rest, _, content = rest.partition(" of ")
    number, unit = _number(match["number"], at, findings), rest.strip()
    if number is None:
        return None
    times, unit = without_times(unit)
    number = number * times
    unit, year = plain_unit(unit)
    if _refuse_unit(unit, f"{match['number']} {example}", at, findings):
        return None
    return Quantity(
        number=number,
        unit=unit,
        per=per,
        content=content.strip(),
        money_year=year,
        address=f"{findings.address}/{at}",
        where=findings.where,
        source=findings.source,
    )


def stated_in(text: str, library: Library) -> list[tuple[str, Quantity | None]]:
    """Parts of a text with semicolons between them, each with its quantity if it is one.

    >>> from loopbook.matter import load_library
    >>> [(x, y and y.number) for x, y in stated_in("51 %; 40000; a third", load_library())]
    [('51 %', 51.0), ('40000', 40000.0), ('a third', None)]
    """
    parts = []
    for part in filter(None, map(str.strip, text.split(";"))):
        findings = LoopFindings(library=library)
        plain = exact_or_none(part, "a number", "stated", findings)
        quantity = None if plain is None else Quantity(number=plain)
        parts.append((part, quantity or read_quantity(part, "stated", findings)))
    return parts


def without_times(unit: str) -> tuple[float, str]:
    """A thousand, million or billion before money as a factor, and the unit.

    >>> without_times("M USD/yr"), without_times("t")
    ((1000000.0, 'USD/yr'), (1.0, 't'))
    """
    match = _BEFORE_MONEY.match(unit)
    return (_TIMES[match["times"]], unit[match.end() :]) if match else (1.0, unit)


def plain_unit(text: str) -> tuple[str, str]:
    """A unit in words of `loopbook.tables`, and the year of its money.

    >>> plain_unit("USD(2022)/t CO2e"), plain_unit("years")
    (('USD/tCO2e', '2022'), ('yr', ''))
    """
    years = [year for _, year in _MONEY_YEAR.findall(text)]
    unit = _CARBON.sub(r"\1CO2e", _MONEY_YEAR.sub(r"\1", text))
    return _WORD.sub(lambda word: _WORDS[word[1]], unit), "".join(years[:1])


def _number(text: str, at: str, findings: LoopFindings) -> float | None:
    plain = re.sub(r",(?=\d{3}(?:,|\.|$))", "", text) if re.match(r"[+-]?[1-9]", text) else text
    value = exact_or_none(plain, "a number", at, findings)
    if value is None or math.isfinite(value):
        return value
    return findings.refuse("not-finite", "a number", text, at=at)


def _share(text: str, at: str, findings: LoopFindings) -> float | None:
    """A step of grade, as a share above zero."""
    match = _NUMBER.fullmatch(text)
    if match and is_kind(plain_unit(match["rest"])[0], "1"):
        number = _number(match["number"], at, findings)
        share = None if number is None else convert(number, match["rest"], "1")
        if share is None or share > 0:
            return share
    return findings.refuse("unit", "a step of grade, such as per 0.1 %", f"per {text}", at=at)


def _refuse_unit(unit: str, example: str, at: str, findings: LoopFindings) -> bool:
    """Whether a unit is missing or unknown, with its finding."""
    number = example.partition(" ")[0]
    problem = unit_finding(unit, "")
    if not unit:
        findings.note("unit", f"a unit, such as {example}", number, at=at)
    elif problem is not None:
        hint = problem.hint
        if _MILLION.search(unit):
            hint = f"write a million as M and a thousand as k, with a blank: {number} M USD"
        findings.note("unit", problem.expected, unit, at=at, hint=hint)
    return problem is not None


def _of_series(text: str, at: str, findings: LoopFindings) -> Quantity | None:
    series = findings.series.get(text)
    if series is not None and text not in findings.lost_series:
        findings.uses.add(("series", text))
        return Quantity(
            unit=series.unit,
            series=series,
            money_year=series.money_year,
            address=f"{findings.address}/{at}",
            where=findings.where,
            source=findings.source,
        )
    if text in findings.lost_series:
        findings.losses.append(findings.where)
    else:
        what = "a quantity with its unit, a series or a row of the library"
        hint = nearest_hint(text, findings.series) if findings.series else ""
        findings.note("unknown-name", what, text or "nothing", at=at, hint=hint)
    return None


def library_row(text: str, at: str, findings: LoopFindings) -> Number | None:
    """The row that ``lib:table/subject/parameter@date`` names, or None with a finding."""
    try:
        return findings.library.named(text.removeprefix(LIBRARY))
    except InputError as error:
        findings.adopt(error, at=at)
    return None


def _of_library(text: str, at: str, findings: LoopFindings) -> Quantity | None:
    row = library_row(text, at, findings)
    if row is None:
        return None
    return Quantity(
        number=row.value,
        unit=row.unit,
        low=row.low,
        high=row.high,
        money_year=row.year[:4] if any(money in row.unit for money in CURRENCIES) else "",
        address=f"{findings.address}/{at}",
        where=findings.where,
        source=row.reference,
    )
