"""JSON of others, read strictly: exact numbers, each name once, text that UTF-8 can carry.

Whatever the text holds, it gives a value or findings: too many levels of brackets, a number with
thousands of digits, half of a pair of surrogates.
"""

import json
from decimal import Decimal, InvalidOperation

from loopbook.errors import Findings
from loopbook.tables.declared import Value

DEEPEST = 64
"""Levels of lists and objects in each other that a document may have."""

_LONG = 4_000  # characters; a shorter text holds no number that cannot be shown
_MOST_BITS = 1_024  # of a whole number, some 300 digits


class _RepeatedFieldError(ValueError):
    """A field that an object has twice."""


def parse_json(text: str, findings: Findings) -> Value:
    """The value of a JSON text; None after a finding.

    >>> findings = Findings("a.jsonl:1")
    >>> parse_json('{"kg": 0.10}', findings)
    {'kg': Decimal('0.10')}
    >>> parse_json("[" * 5000, findings), parse_json('{"lot": "L-\\\\ud83d"}', findings)
    (None, None)
    >>> for finding in findings:
    ...     print(finding)
    a.jsonl:1: too-large: expected at most 64 levels of brackets, found more
    a.jsonl:1, lot: text: expected text that UTF-8 can carry, found a lone surrogate \\ud83d
    """
    before = len(findings)
    try:
        value = json.loads(
            text, parse_float=Decimal, parse_constant=Decimal, object_pairs_hook=_once
        )
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) or "Unterminated" in error.msg
        findings.note("file-truncated" if cut else "syntax", "JSON", str(error))
    except _RepeatedFieldError as error:
        findings.note("duplicate", "each field once", str(error))
    except RecursionError:
        note_depth(findings)
    except (ValueError, InvalidOperation):  # of more digits than the language reads
        findings.note("too-large", "numbers of at most 300 digits", "a longer one")
    else:
        brackets = text.count("[") + text.count("{")
        if "\\u" in text or brackets > DEEPEST or len(text) > _LONG:
            inspect(value, findings)
        return value if len(findings) == before else None
    return None


def note_depth(findings: Findings) -> None:
    """Record that a document has too many levels."""
    findings.note("too-large", f"at most {DEEPEST} levels of brackets", "more")


def inspect(value: Value, findings: Findings, at: str = "", depth: int = 0) -> None:
    """Findings for values of a document that cannot be shown: too deep, too long, half signs."""
    if depth > DEEPEST:
        note_depth(findings)
    elif isinstance(value, str):
        half = next((sign for sign in value if "\ud800" <= sign <= "\udfff"), "")
        if half:
            sign = f"a lone surrogate \\u{ord(half):04x}"
            findings.note("text", "text that UTF-8 can carry", sign, at=at)
    elif isinstance(value, int) and value.bit_length() > _MOST_BITS:
        findings.note("too-large", "numbers of at most 300 digits", "a longer one", at=at)
    elif isinstance(value, (dict, list)):
        entries = value.items() if isinstance(value, dict) else enumerate(value, start=1)
        head = f"{at}." if at else ""
        for name, one in entries:
            place = head + str(name).encode("utf-8", "backslashreplace").decode()
            inspect(name, findings, place, depth)
            inspect(one, findings, place, depth + 1)


def _once(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise _RepeatedFieldError(f"{ascii(name)[1:-1]} twice")
            seen.add(name)
    return values
