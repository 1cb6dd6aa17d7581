"""Serials as commands name them: one, or all that are numbered from a first to a last.

A command names serials as texts, ``P-0601 to P-1000`` or ``HK7Q2MZD``. They are kept in the event
as they are written; which lot has which serials is the business of the room ``serials``.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, TypeAlias

from loopbook.book.commands.draft import Draft
from loopbook.tables import Text, Value

_MOST = 64  # characters of a serial; GS1 allows 20, GB/T 34014 has 24
_SERIAL = re.compile(f"[!-~]{{1,{_MOST}}}")
_MOST_WIDTH = 18  # digits of a number that fits into 64 bits
_TO = " to "


@dataclass(frozen=True, slots=True)
class Span:
    """Serials from `first` to `last`, both included.

    Parameters
    ----------
    prefix, suffix : text before and after the number; may be empty.
    first, last : the numbers.
    width : digits of the number, with zeros in front; 0 for one serial without a digit.
    """

    prefix: str
    first: int
    last: int
    width: int
    suffix: str = ""

    def overlaps(self, other: "Span") -> bool:
        """Whether both have a serial, where their numbers are at the same place."""
        (one, low, high), (two, least, most) = self.place, other.place
        return one == two and low <= most and least <= high

    @property
    def place(self) -> tuple[tuple[str, int, str], int, int]:
        """Stem, width and suffix, and the numbers, with all digits at the end of the prefix."""
        stem = self.prefix.rstrip("0123456789")
        head = int(self.prefix[len(stem) :] or 0) * 10**self.width
        width = len(self.prefix) - len(stem) + self.width
        return (stem, width, self.suffix), head + self.first, head + self.last


def span_between(first: str, last: str) -> Span | None:
    """Serials between those of a first and a last label; None if they differ in more than a number.

    >>> span_between("LG26A-000001/B", "LG26A-005000/B")
    Span(prefix='LG26A-00', first=1, last=5000, width=4, suffix='/B')
    >>> span_between("A-9", "A-10"), span_between("cell", "cell")
    (None, Span(prefix='cell', first=0, last=0, width=0, suffix=''))
    """
    last_digit = max(map(first.rfind, "0123456789"))  # where two labels are the same
    if first == last and last_digit < 0:
        return Span(first, 0, 0, 0)
    pairs = enumerate(zip(first, last, strict=False))
    start = next((k for k, (a, b) in pairs if a != b), last_digit)
    one, other = (re.match(r"([0-9]+)(.*)", text[start:]) for text in (first, last))
    same = len(first) == len(last) and (first + last).isascii()
    if not (same and one and other and one[2] == other[2]):
        return None
    return Span(first[:start], int(one[1]), int(other[1]), len(one[1]), one[2])


def read_span(text: str) -> Span | None:
    """The serials that a command's text names; None for a text that names none.

    >>> read_span("P-0601 to P-1000"), read_span("P-0601 to Q-1000")
    (Span(prefix='P-', first=601, last=1000, width=4, suffix=''), None)
    """
    first, _, last = text.partition(_TO)
    if not _SERIAL.fullmatch(first) or not _SERIAL.fullmatch(last or first):
        return None
    span = span_between(first, last or first)
    right = span is not None and span.first <= span.last and span.width <= _MOST_WIDTH
    return span if right else None


@dataclass(frozen=True)
class SerialsField(Text[Draft]):
    """A serial, or a first and a last one with all between."""

    words: str = "a serial, or a first and a last one as P-0601 to P-1000"

    def check(self, value: str, at: str, draft: Draft) -> Value:
        """The serials."""
        span = read_span(value)
        if span is None:
            draft.note(
                "serial",
                self.words,
                repr(value),
                at=at,
                hint="first and last have one length and differ in one number; the last is not "
                "less",
            )
        return span


SerialText = Annotated[str, SerialsField()]
Spans: TypeAlias = Sequence[Span]


def check_spans(
    draft: Draft, named: Mapping[str, Spans] | None, lots: Mapping[str, object], words: str
) -> None:
    """Serials are of lots of the command, and each serial is named once.

    Parameters
    ----------
    named : serials by lot.
    lots : names that the serials may be of, which are `words`.
    """
    spans: list[tuple[str, Span]] = []
    for lot, some in (named or {}).items():
        if lot not in lots:
            draft.unknown(words, repr(lot), lots, at=f"serials.{lot}")
        spans += [(lot, span) for span in some]
    spans.sort(key=lambda x: x[1].place)
    for (lot, one), (other, two) in pairwise(spans):
        if one.overlaps(two):
            both = f"two spans of {lot}" if lot == other else f"a span of {lot} and one of {other}"
            draft.note(
                "duplicate",
                "each serial once",
                both,
                at="serials",
                sentence=f"a serial is named twice: {both} overlap",
            )
