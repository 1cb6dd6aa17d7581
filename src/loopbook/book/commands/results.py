"""Results of laboratories: shares, limits such as ``<0.0001`` and ND, and replicates of a sample.

A result below the limit L of a method means that the share is somewhere between 0 and L. What it
counts as is a rule that the command states, with the standard uncertainty of an even distribution
from 0 to L about it (JCGM 100:2008, 4.3.7):

    half    L / 2,  u = L / (2 sqrt(3))
    zero    0,      u = L / sqrt(3)
    limit   L,      u = L / sqrt(3)

A result above a limit counts as the limit; it may be as high as the other results leave room for.

Of n replicates x_i the mean counts, with its standard error s(x) / sqrt(n) and, where some are
limits, with the mean of their u beside it in squares.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated, NamedTuple, TypeAlias

from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import Kg, Substance
from loopbook.tables import CellError, MapOf, Number, Value, limit_parts, quantity_text

BELOW: Mapping[str, Decimal] = MappingProxyType(
    {"half": Decimal("0.5"), "zero": Decimal(0), "limit": Decimal(1)}
)
"""What a result below a limit counts as, by rule: a part of the limit."""

_NONE = Decimal(0)
_ROOT3 = Decimal(3).sqrt()


class Reading(NamedTuple):
    """A reading of a laboratory: a share, or a limit with its direction.

    Parameters
    ----------
    share : kg/kg; None for ND and trace, which name no limit.
    sign : ``<`` or ``>``; empty for a share.
    """

    share: Decimal | None
    sign: str = ""


@dataclass(frozen=True)
class ResultField(Number[Draft]):
    """A result: a share, a limit, ND, or a list of these from replicates of one sample.

    It is stored as it is written and checked to readings.
    """

    low: float = 0
    high: float = 1
    words: str = "a share 0..1, a limit such as <0.0001, or a list of them"

    def read(self, written: Value, at: str, findings: Draft) -> Value:
        """The result as it is written."""
        if not isinstance(written, list):
            return super().read(written, at, findings)
        return tuple(super(ResultField, self).read(x, at, findings) for x in written)

    def check(self, value: Value, at: str, draft: Draft) -> Value:
        """Its readings; one that is wrong is None."""
        if not isinstance(value, (list, tuple)):
            return (self._reading(value, at, draft),)
        if not value:
            draft.note("empty", "at least one result", "an empty list", at=at)
        return tuple(self._reading(one, at, draft) for one in value)

    def _reading(self, value: Kg, at: str, draft: Draft) -> Reading | None:
        """One reading."""
        parts = limit_parts(value) if isinstance(value, str) else None
        if parts is None:
            share = super().check(value, at, draft)
            return None if share is None else Reading(share)
        sign, text = parts
        if not text:
            return Reading(None, sign)
        try:
            in_unit = quantity_text(text, "1")
        except CellError as error:
            draft.note(error.code, error.expected, error.found, at=at, hint=error.hint)
            return None
        share = super().check(text if in_unit is None else in_unit, at, draft)
        if share == 0:
            draft.note("censored", "a limit above zero", repr(value), at=at)
        return None if share is None else Reading(share, sign)

    def schema(self) -> dict[str, object]:
        """A number, its text, or a list of them."""
        one = super().schema()
        return {"anyOf": [one, {"type": "array", "items": one, "minItems": 1}]}


Readings: TypeAlias = Mapping[str, Sequence[Reading]]
Results = Annotated[Mapping[str, Kg | Sequence[Kg]], MapOf(Substance(), ResultField())]


class Counted(NamedTuple):
    """What the readings of an analyte count as.

    Parameters
    ----------
    share : that counts, kg/kg.
    value : as it is shown: a share, or a limit with its direction.
    doubt : one standard uncertainty by the rule and the replicates; zero if neither gives one.
    readings : of each replicate, as it is shown; empty where there is one.
    """

    share: Decimal
    value: str
    doubt: Decimal
    readings: tuple[str, ...] = ()


def plain_shares(results: Readings) -> dict[str, Decimal] | None:
    """Shares where all results are such, each of one reading, as most are; else None."""
    plain: dict[str, Decimal] = {}
    for name, (first, *others) in results.items():
        if others or first.sign or first.share is None:
            return None
        plain[name] = first.share
    return plain


def signs(results: Readings) -> dict[str, set[str]]:
    """Directions of the limits among the readings of each analyte."""
    return {name: {one.sign for one in readings} - {""} for name, readings in results.items()}


def is_below(result: Kg | Sequence[Kg]) -> bool:
    """Whether a result as it is written, or one of its replicates, is below a limit.

    >>> is_below("<0.01"), is_below(["0.3", "ND"]), is_below(0.3), is_below(">0.1")
    (True, True, False, False)
    """
    if isinstance(result, str):
        return (limit_parts(result) or ("", ""))[0] == "<"
    return isinstance(result, (list, tuple)) and any(map(is_below, result))


def rules_of(command: str) -> tuple[str, ...]:
    """The rules by which the limits of a stored command count, as sentences.

    >>> rules_of('{"below": "half", "kind": "assay"}')
    ('a result below a limit counts as half of it',)
    """
    if '"below":' not in command and '"above":' not in command:
        return ()
    stored = json.loads(command)
    counts = {"half": "half of it", "zero": "zero", "limit": "the limit"}
    return tuple(
        f"a result {side} a limit counts as {counts[stored[side]]}"
        for side in ("below", "above")
        if stored.get(side) in counts
    )


def count(results: Readings, limits: Mapping[str, Decimal], below: str) -> dict[str, Counted]:
    """What each result counts as.

    Parameters
    ----------
    results : readings by analyte.
    limits : of detection, kg/kg, for readings that name none; all of these are there.
    below : the rule, one of `BELOW`.

    >>> limits = {"Co": Decimal("0.001")}
    >>> half = count({"Co": [Reading(None, "<")]}, limits, "half")["Co"]
    >>> half.value, half.share, round(half.doubt, 6)
    ('<0.001', Decimal('0.0005'), Decimal('0.000289'))
    >>> twice = [Reading(Decimal("0.31")), Reading(Decimal("0.29"))]
    >>> count({"Ni": twice}, {}, "half")["Ni"]
    Counted(share=Decimal('0.30'), value='0.30', doubt=Decimal('0.01'), readings=('0.31', '0.29'))
    """
    plain = plain_shares(results)
    if plain is not None:
        return {name: Counted(share, str(share), _NONE) for name, share in plain.items()}
    part = BELOW[below]
    pairs = {
        name: [(limits[name] if one.share is None else one.share, one.sign) for one in readings]
        for name, readings in results.items()
    }
    shares = {
        name: [share * part if sign == "<" else share for share, sign in of_name]
        for name, of_name in pairs.items()
    }
    means = {name: _mean(some) for name, some in shares.items()}
    room = max(1 - sum(means.values(), Decimal(0)), Decimal(0))
    counted = {}
    for name, of_name in pairs.items():
        widths = [
            {"": Decimal(0), "<": limit * max(part, 1 - part), ">": room}[sign]
            for limit, sign in of_name
        ]
        doubt, value, sign = _mean(widths) / _ROOT3, str(means[name]), of_name[0][1]
        if sign and all(one == sign for _, one in of_name):
            value = f"{sign}{_mean([limit for limit, _ in of_name]).normalize():f}"
        if len(of_name) > 1:
            import statistics  # brings random numbers and fractions

            error = statistics.stdev(shares[name]) / Decimal(len(of_name)).sqrt()
            doubt = (doubt**2 + error**2).sqrt()
        readings = tuple(f"{sign}{share:f}" for share, sign in of_name * (len(of_name) > 1))
        counted[name] = Counted(means[name], value, Decimal(f"{doubt:.3g}").normalize(), readings)
    return counted


def _mean(values: Sequence[Decimal]) -> Decimal:
    """The mean, to twelve digits; of one value the value as it is."""
    if len(values) == 1:
        return values[0]
    return Decimal(f"{sum(values, Decimal(0)) / len(values):.12g}")
