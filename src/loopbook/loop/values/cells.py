"""Cells that are no plain quantity: names, days, amounts, conditions, lags."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from loopbook.loop.time.calendar import FORM, first_day, span_of
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.measure import SHARE, Measure, factor_to, is_kind, read_quantity
from loopbook.loop.values.quantity import Amount, Comparison, Lag, Quantity, When
from loopbook.tables import FieldType, Name, Schema, Text, Value, check_line

OUTSIDE = "outside"
"""The rest of the world, without limits."""

RESERVED = frozenset({OUTSIDE, "feed", "made", "disposal", "rest", "never", "all"})
"""Names that are of Loopbook and of no case."""

NEVER = date.max
"""A start that never comes."""

_NO_NAME = re.compile(r"[;/=]|^[-~+\d.]|^lib:")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ]00:00(?::00(?:\.0+)?)?)?")
_SLASHES = re.compile(r"(\d{1,4})[/.](\d{1,2})[/.](\d{1,4})")


@dataclass(frozen=True)
class Own(Name[LoopFindings]):
    """The name that a row declares, or one half of its key."""

    words: str = "a name"

    def check(self, value: Value, at: str, findings: LoopFindings) -> Value:
        """The name; one that another cell could not hold is a finding."""
        if value in RESERVED:
            hint = "choose another name"
            findings.note("name", "a name that is not reserved", value, at=at, hint=hint)
        elif _NO_NAME.search(value):
            findings.note(
                "name",
                "a name without ; / and =, which begins with a letter",
                value,
                at=at,
                hint="addresses and lists of names are made with these signs",
            )
        return super().check(value, at, findings)


@dataclass(frozen=True)
class Ref(Text[LoopFindings]):
    """A name of another row.

    Parameters
    ----------
    role : list that it is of, or lists with ``|`` between them: ``site``, ``site|outside``.
    blank : whether a key may be empty, which stands for all.
    """

    words: str = "a name"
    blank: bool = False

    def check(self, value: Value, at: str, findings: LoopFindings) -> Value:
        """The name as it is written; it is looked up when all tables are read."""
        check_line(value, self.words, at, findings)
        return value


@dataclass(frozen=True)
class Day(FieldType[LoopFindings]):
    """A day: ``2027-01-01``; of a month or year its first or last one.

    Parameters
    ----------
    last : whether it is a last day.
    """

    last: bool = False
    words: str = "a day as 2027-01-01"

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The day, or None with a finding."""
        if written == "never" and not self.last:
            return NEVER
        span, match = span_of(written), _ISO.fullmatch(written)
        if span is not None:
            return first_day(span.end) - timedelta(days=1) if self.last else first_day(span.first)
        try:
            return date.fromisoformat(match[1] if match else "")
        except ValueError:
            hint = "" if self.last else "a start that never comes is never"
            if _SLASHES.fullmatch(written):
                hint = "write the year first, with hyphens, and format the cells as text"
            findings.note("date", f"{self.words}, or {FORM}", written, at=at, hint=hint)
        return None

    def schema(self) -> Schema:
        """A date."""
        return {"type": "string", "format": "date"}


_OF = re.compile(r"(.+?) of (made|left)")
_BAND = re.compile(r"(.+?)\s*\.\.\s*(.+)")
_RATE = Measure("t/yr", "GWh/yr", "pack/yr")


@dataclass(frozen=True)
class AmountOf(FieldType[LoopFindings]):
    """What a contract asks for: ``all``, ``35 % of made``, ``300 t/month``, ``as needed``."""

    words: str = "an amount, such as all, 35 % of made, 300 t/month or as needed"

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The amount, or None with a finding."""
        text = written.removeprefix("offer ").strip() if written != "offer" else ""
        offer = text != written
        if text in ("all", "as needed"):
            return Amount("all" if text == "all" else "needed", offer=offer)
        if not text:
            findings.missing(self.words, at=at)
            return None
        if share := _OF.fullmatch(text):
            upper = SHARE.read(share[1], at, findings)
            return None if upper is None else Amount("share", share[2], upper, offer=offer)
        if band := _BAND.fullmatch(text):
            return self._band(band[1], band[2], at=at, offer=offer, findings=findings)
        upper = read_quantity(text, at, findings)
        if upper is not None and is_kind(upper.unit, "1"):
            hint = f"write {text} of made, or {text} of left"
            return findings.refuse("share", "a share of something", text, at=at, hint=hint)
        rate = None if upper is None else _RATE.fit(upper, at, findings)
        return None if rate is None else Amount("rate", "", rate, None, offer)

    def _band(
        self, low: str, high: str, *, at: str, offer: bool, findings: LoopFindings
    ) -> Amount | None:
        upper = _RATE.read(high, at, findings)
        text = f"{low} {upper.unit}" if upper and re.fullmatch(r"[\d.,]+", low) else low
        lower = _RATE.read(text, at, findings) if upper else None
        if upper is None or lower is None:
            return None
        constant = upper.series is None and lower.series is None
        factor = factor_to(lower.unit, upper.unit) if constant else None
        if factor is not None and lower.number * factor > upper.number:
            return findings.refuse("order", "a band from its lower end", f"{low}..{high}", at=at)
        return Amount("rate", "", upper, lower, offer)


_COMPARED = re.compile(r"(.*?)\s*(<=|>=|<|>|≤|≥)\s*(.+)")
_SIGNS = {"≤": "<=", "≥": ">="}


_WHEN = {
    "grade": "grades, such as >= 15 %, < 25 %",
    "rate": "a rate, such as <= 30 t/month",
    "base": "a month, as base 2027-01",
    "at": "an interest, as at 7 %",
    "share": "a share, such as 80 %",
}


@dataclass(frozen=True)
class WhenOf(FieldType[LoopFindings]):
    """When and how a term holds.

    Parameters
    ----------
    kinds : what the cell may hold: ``grade``, ``rate``, ``base``, ``at``, ``share``.
    """

    kinds: tuple[str, ...] = ()

    def __init__(self, *kinds: str) -> None:
        vars(self).update(kinds=kinds, words=" or ".join(_WHEN[kind] for kind in kinds))

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The condition, or None with a finding."""
        word, _, rest = written.partition(" ")
        kind = word if word in ("base", "at") else "share"
        if _COMPARED.match(written):
            kind = "grade" if "grade" in self.kinds else "rate"
        if kind not in self.kinds:
            return findings.refuse("condition", self.words, written or "nothing", at=at)
        if kind == "base":
            return _base(rest.strip(), at, findings)
        if kind in ("at", "share"):
            share = SHARE.read(rest.strip() if kind == "at" else written, at, findings)
            name = "rate" if kind == "at" else "share"
            return None if share is None else When(**{name: share})
        unit = SHARE if kind == "grade" else _RATE
        limits = [_comparison(part.strip(), unit, at, findings) for part in written.split(",")]
        return None if None in limits else When(tuple(filter(None, limits)))


def _base(text: str, at: str, findings: LoopFindings) -> When | None:
    span = span_of(text)
    if span is None:
        findings.note("period", _WHEN["base"], f"base {text}", at=at)
    return None if span is None else When(base=span.first)


def _comparison(text: str, unit: Measure, at: str, findings: LoopFindings) -> Comparison | None:
    match = _COMPARED.fullmatch(text)
    if match is None:
        hint = "part limits with commas"
        findings.note("condition", "a limit, such as > 3 %", text, at=at, hint=hint)
        return None
    if match[1]:
        findings.uses.add(("component", match[1]))
    limit = unit.read(match[3], at, findings)
    sign = _SIGNS.get(match[2], match[2])
    return None if limit is None else Comparison(match[1], sign, limit)


_LAG = re.compile(r"([MA])(?:\s*\+\s*(\d{1,2}))?")
_MONTHS = Measure("month")


@dataclass(frozen=True)
class LagOf(FieldType[LoopFindings]):
    """From when a price or a return counts: ``M``, ``M+1``, ``A+1``, ``2 months``."""

    words: str = "a price month, such as M, M+1 or A+1, or a time such as 2 months"
    whole: bool = True  # a price is of a month, and a return may be due within one

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The lag, or None with a finding."""
        if match := _LAG.fullmatch(written):
            return Lag(match[1] == "A", float(match[2] or 0))
        if not written[:1].isdigit():
            return findings.refuse("lag", self.words, written, at=at)
        time: Quantity | None = _MONTHS.read(written, at, findings)
        months = 0.0 if time is None else float(time.in_month(0, "month")[0])
        if self.whole and abs(months - round(months)) > 1e-9:
            return findings.refuse("lag", "whole months, for prices are monthly", written, at=at)
        return None if time is None else Lag(True, round(months) if self.whole else months)


@dataclass(frozen=True)
class PartOf(FieldType[LoopFindings]):
    """A share of one of some things: ``70 % of rejects``; without any, of a material."""

    whole: tuple[str, ...] = ()

    def __init__(self, *whole: str) -> None:
        vars(self).update(whole=whole, words=f"a share, such as 70 % of {(*whole, 'packs')[0]}")

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The share, or None with a finding."""
        share, _, whole = written.rpartition(" of ")
        if not share or (self.whole and whole not in self.whole):
            return findings.refuse(
                "share",
                self.words,
                written or "nothing",
                at=at,
                hint=f"write a share of {', '.join(self.whole) or 'a material'}",
            )
        upper = SHARE.read(share, at, findings)
        return None if upper is None else Amount("share", whole, upper)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long goods are in use.

    Parameters
    ----------
    law : ``fixed``, ``weibull``, ``normal`` or ``lognormal``.
    shape : of a Weibull law its shape; of a normal or lognormal one its standard deviation by the
        mean; 0 of a fixed one.
    time : its scale (Weibull) or mean.
    """

    law: str
    shape: float
    time: Quantity


_LIFETIME = re.compile(r"(?:(weibull|normal|lognormal) (\d+(?:\.\d+)?),\s*|fixed )?(.+)")
_YEARS = Measure("yr")


@dataclass(frozen=True)
class LifetimeOf(FieldType[LoopFindings]):
    """How long goods are in use: ``weibull 2.8, 12 yr``, ``8 yr``."""

    words: str = "a lifetime, such as weibull 2.8, 12 yr or fixed 8 yr"

    def read(self, written: Value, at: str, findings: LoopFindings) -> Value:
        """The lifetime, or None with a finding."""
        match = _LIFETIME.fullmatch(written)
        if match is None or (match[1] and not float(match[2]) > 0):
            return findings.refuse("lifetime", self.words, written or "nothing", at=at)
        time = _YEARS.read(match[3], at, findings)
        return None if time is None else Lifetime(match[1] or "fixed", float(match[2] or 0), time)
