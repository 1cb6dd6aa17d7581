"""One value, one sequence of bytes: RFC 8785 canonical JSON.

The Merkle log hashes events, so the same event must give the same bytes on every machine and in
every language. RFC 8785 (JSON Canonicalization Scheme) settles this with four rules:

1. no white space; UTF-8;
2. keys sorted by their UTF-16 code units;
3. strings with the shortest escapes, and only where JSON needs one;
4. numbers as ECMAScript prints the nearest double.

Rule 4 makes every number a double, so an integer beyond 2**53 would lose digits at whoever reads
it: it is refused here, and the book writes large integers as strings.

Most events hold no floats and only ASCII keys. For those the C encoder of the standard library
already prints these bytes, and `canonical` calls it; the rest is written here, key by key. Tests
hold the two equal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, Final

from loopbook.errors import Finding, article, raise_findings

LARGEST_INTEGER: Final = 2**53
"""Largest integer that a JSON reader who uses doubles surely gets back."""

_ENCODER: Final = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
)
_INTEGER_HINT: Final = "write large integers as strings"


def canonical(value: object) -> bytes:
    r"""Canonical JSON bytes of a value (RFC 8785).

    Parameters
    ----------
    value : None, bool, int within +-2**53, finite float, str without lone surrogates, or a list,
        tuple or dict with str keys of such values.

    Raises
    ------
    NotFiniteError : a NaN or an infinity, at the places that the findings name.
    InputError : whatever else JSON cannot carry; all findings at once.

    >>> canonical({"mass_mg": "12500000000", "lot": "BM-7", "leg": [2, 10.0, None]})
    b'{"leg":[2,10,null],"lot":"BM-7","mass_mg":"12500000000"}'
    >>> canonical({"\u20ac": 1e21, "A": -0.0})
    b'{"A":0,"\xe2\x82\xac":1e+21}'
    >>> canonical({"legs": [{"mg": 2**53 + 1}]})
    Traceback (most recent call last):
    loopbook.errors.InputError: $.legs[0].mg: ... found 9007199254740993 (write large integers ...
    """
    try:
        if _is_plain(value):
            return _ENCODER.encode(value).encode()
        _refuse(value)
        return "".join(_pieces(value)).encode()
    except UnicodeEncodeError:
        _refuse(value)  # names the place of every lone surrogate
        raise
    except RecursionError:
        finding = Finding("canonical", "$", "a value nested some hundred deep", "deeper, or a loop")
        raise_findings([finding])
        raise


def _is_plain(value: Any) -> bool:
    """Whether the C encoder prints this value canonically: no floats, ASCII keys, small integers.

    Lone surrogates pass; turning the text into UTF-8 finds them.
    """
    kind = type(value)
    items: Iterable[Any]
    if kind is dict:
        try:
            if not "".join(value).isascii():
                return False
        except TypeError:  # a key that is no string
            return False
        items = value.values()
    elif kind is list or kind is tuple:
        items = value
    else:
        items = (value,)
    for item in items:
        kind = type(item)
        if kind is str or item is None or kind is bool:
            continue
        if kind is int:
            if not -LARGEST_INTEGER <= item <= LARGEST_INTEGER:
                return False
        elif (kind is not dict and kind is not list and kind is not tuple) or not _is_plain(item):
            return False
    return True


def _pieces(value: Any) -> Iterator[str]:
    """The canonical text of a value that `_findings` has nothing against, in pieces."""
    if value is None or isinstance(value, bool):
        yield {None: "null", True: "true", False: "false"}[value]
    elif isinstance(value, str):
        yield _string(value)
    elif isinstance(value, int):
        yield int.__repr__(value)
    elif isinstance(value, float):
        yield _number(value)
    elif isinstance(value, dict):
        opening = "{"
        for key in sorted(value, key=_utf16):
            yield f"{opening}{_string(key)}:"
            yield from _pieces(value[key])
            opening = ","
        yield "}" if value else "{}"
    else:
        opening = "["
        for item in value:
            yield opening
            yield from _pieces(item)
            opening = ","
        yield "]" if value else "[]"


def _string(text: str) -> str:
    return _ENCODER.encode(str(text))


def _utf16(key: str) -> bytes:
    """Sort key of rule 2; differs from Python's order where surrogate pairs meet U+E000..U+FFFF."""
    return key.encode("utf-16-be")


def _number(value: float) -> str:
    """A finite double as ECMAScript prints it (ECMA-262, Number::toString, radix 10).

    Python's repr finds the same shortest digits; only the layout differs. With the value as
    0.d1d2..dk * 10**point, ECMAScript lays out plain digits for -6 < point <= 21.

    >>> [_number(x) for x in (56.0, 1e-6, 1e-7, 4.5, 333333333.33333329, 1.5e300, -0.0)]
    ['56', '0.000001', '1e-7', '4.5', '333333333.3333333', '1.5e+300', '0']
    """
    if value == 0:
        return "0"
    mantissa, _, exponent = float.__repr__(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    point = len(whole) + int(exponent or 0)
    digits = (whole + fraction).lstrip("0")
    point -= len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    sign = "-" if value < 0 else ""
    if len(digits) <= point <= 21:
        return sign + digits.ljust(point, "0")
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{digits.rjust(len(digits) - point, '0')}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{point - 1:+d}"


def _refuse(value: object) -> None:
    raise_findings(_findings(value, "$"))


def _findings(value: Any, where: str) -> Iterator[Finding]:
    """Everything in a value that canonical JSON cannot carry."""
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        yield from _lone_surrogate(value, where)
    elif isinstance(value, int):
        if not -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            expected, found = "an integer within +-2**53", int.__repr__(value)
            yield Finding("canonical", where, expected, found, hint=_INTEGER_HINT)
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield Finding("not-finite", where, "a finite number", float.__repr__(value))
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                yield Finding("canonical", where, "keys that are strings", f"the key {key!r}")
                continue
            yield from _lone_surrogate(key, f"{where}, a key")
            yield from _findings(item, f"{where}.{key}")
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from _findings(item, f"{where}[{place}]")
    else:
        expected = "null, a bool, a number, a string, a list or a dict"
        yield Finding("canonical", where, expected, article(type(value).__name__))


def _lone_surrogate(text: str, where: str) -> Iterator[Finding]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        found = f"a lone surrogate \\u{ord(text[error.start]):04x} at character {error.start}"
        yield Finding("canonical", where, "text that UTF-8 can carry", found)
