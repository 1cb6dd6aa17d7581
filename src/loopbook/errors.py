"""Errors of Loopbook: findings for people, exceptions for programs.

The tree::

    LoopbookError
    |-- InputError            bad user input; carries every Finding at once
    |   |-- NotFiniteError      NaN or infinity where a number must be        not-finite
    |   |-- NegativeError       a mass, flow or price below zero              negative
    |   |-- ShareError          a share outside 0..1                          share
    |   |-- UnknownNameError    a name that nothing has (three nearest given) unknown-name
    |   |-- DuplicateError      a key given twice                             duplicate
    |   |-- UnitError           unit missing, unknown, refused or of wrong kind  unit
    |   |-- FormulaError        a formula that does not parse                 formula
    |   |-- FileTruncatedError  a file that ends before its content does      file-truncated
    |   |-- WiringError    a port or stream wired wrongly                wiring
    |   `-- DrawsError     numbers of some draws that do not go together  draws
    |-- MissingExtraError     an optional package is not installed
    |-- StorageError          a book's file or server refused: full, read-only, locked, damaged
    |-- ProofError            a proof or signature that does not prove what it should
    |-- BalanceError          an element that does not close: an invariant is broken
    `-- ConvergenceError      a recycle that does not converge

A `Finding` is one error in an input, with its place; an `InputError` stops the work and shows
all of them.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Self

__all__ = [
    "BalanceError",
    "ConvergenceError",
    "DrawsError",
    "DuplicateError",
    "FileTruncatedError",
    "Finding",
    "Findings",
    "FormulaError",
    "InputError",
    "LoopbookError",
    "MissingExtraError",
    "NegativeError",
    "NotFiniteError",
    "ProofError",
    "ShareError",
    "StorageError",
    "UnitError",
    "UnknownNameError",
    "WiringError",
    "article",
    "nearest_hint",
    "no_date",
    "raise_findings",
    "require_known",
    "visible",
]


_NOTHING = ("", "none", "nothing")
_ARTICLE = re.compile(r"^(an?|the) ")


def visible(text: str) -> str:
    """A text with its control, direction and other hidden characters written as JSON escapes.

    Line feeds and blanks of other widths stay.

    >>> visible("amy\u202e\x1b[2J")
    'amy\\\\u202e\\\\u001b[2J'
    """
    return text if text.isprintable() else "".join(map(_visible_sign, text))


def _visible_sign(sign: str) -> str:
    if sign.isprintable() or sign == "\n" or unicodedata.category(sign) == "Zs":
        return sign
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[k : k + 4]}" for k in range(0, len(units), 4))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong in what a person gave.

    Parameters
    ----------
    code : short name of the kind of mistake, the same as the error's (``"share"``).
    where : ``file:line``, a lot, or a unit and its parameter.
    expected, found : the value that belongs there, and the value that is there; for programs.
    hint : the remedy.
    difference : found minus expected with unit, where that has a meaning.
    sentence : the mistake in words, with the thing, its value and the limit. By default it is
        made from `expected` and `found`.

    >>> print(Finding("share", "scrap.csv:4", "0..1", "1.2", hint="shares are fractions"))
    scrap.csv:4: share: expected 0..1, found 1.2 (shares are fractions)
    >>> print(Finding("missing", "ticket 7", "an actor", "nothing"))
    ticket 7: missing: actor is missing
    >>> print(Finding("unknown-name", "ticket 7", "a party of the book", "LGE"))
    ticket 7: unknown-name: LGE is not a party of the book
    """

    code: Annotated[str, "the kind of error"]
    where: Annotated[str, "file and line, a lot, or a unit and its parameter"]
    expected: Annotated[str, "the value that belongs there"]
    found: Annotated[str, "the value that is there"]
    hint: Annotated[str, "the remedy"] = ""
    difference: Annotated[str, "found minus expected, with unit"] = ""
    sentence: Annotated[str, "the error in words"] = ""

    def __str__(self) -> str:
        hint = f" ({self.hint})" if self.hint else ""
        place = f"{self.where}: " if self.where else ""
        text = f"{place}{self.code}: {self.sentence or self._in_words()}{hint}"
        return visible(text).replace("\n", "\\n")

    def _in_words(self) -> str:
        """The sentence that `expected` and `found` make."""
        if self.code == "missing" and self.found in _NOTHING:
            return f"{_ARTICLE.sub('', self.expected)} is missing"
        if self.code == "unknown-name" and self.found not in _NOTHING:
            return f"{self.found} is not {self.expected}"
        tail = f", difference {self.difference}" if self.difference else ""
        return f"expected {self.expected}, found {self.found}{tail}"


class LoopbookError(Exception):
    """Root of all errors that Loopbook raises on purpose."""


class InputError(LoopbookError):
    """Bad user input: holds every finding, not only the first.

    >>> InputError([Finding("share", "a.csv:1", "0..1", "2")]).findings[0].found
    '2'
    """

    code: ClassVar[str] = "input"

    def __init_subclass__(cls, *, code: str) -> None:
        super().__init_subclass__()
        cls.code = code

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: tuple[Finding, ...] = tuple(findings)
        super().__init__("\n".join(str(f) for f in self.findings))

    @classmethod
    def of(cls, code: str, where: str, expected: str, value: str, *, hint: str = "") -> Self:
        """The error of one finding.

        >>> raise NegativeError.of("negative", "mass", "0 kg or more", "-3 kg")
        Traceback (most recent call last):
        loopbook.errors.NegativeError: mass: negative: expected 0 kg or more, found -3 kg
        """
        return cls([Finding(code, where, expected, value, hint)])


class NotFiniteError(InputError, code="not-finite"):
    """NaN or infinity where a number must be."""


class NegativeError(InputError, code="negative"):
    """A mass, flow or price below zero."""


class ShareError(InputError, code="share"):
    """A share outside 0..1."""


class UnknownNameError(InputError, code="unknown-name"):
    """A name that nothing has; the hint gives the three nearest."""


class DuplicateError(InputError, code="duplicate"):
    """A key given twice."""


class UnitError(InputError, code="unit"):
    """A unit that is missing, unknown, refused (``ton``) or of the wrong kind."""


class FormulaError(InputError, code="formula"):
    """A chemical formula that does not parse."""


class FileTruncatedError(InputError, code="file-truncated"):
    """A file that ends before its content does."""


class DrawsError(InputError, code="draws"):
    """Numbers of some draws that do not go together; `bad` is true for these draws."""

    bad: tuple[bool, ...] = (True,)


class WiringError(InputError, code="wiring"):
    """A port or stream wired wrongly."""


class MissingExtraError(LoopbookError):
    """What was asked for needs an optional package that is not installed."""


class StorageError(LoopbookError):
    """A book's file or server refused: full, read-only, gone, damaged, or held by another."""


class ProofError(LoopbookError):
    """A proof or signature that does not prove what it should."""


class BalanceError(LoopbookError):
    """An element does not close: an invariant of the software is broken."""


class ConvergenceError(LoopbookError):
    """A recycle did not converge within the passes allowed."""


_BY_CODE: dict[str, type[InputError]] = {kind.code: kind for kind in InputError.__subclasses__()}


def raise_findings(findings: Iterable[Finding]) -> None:
    """Raise the named error if there are findings; do nothing if there are none.

    One kind of mistake raises its own error, several kinds raise `InputError`.

    >>> raise_findings([])
    >>> raise_findings([Finding("negative", "feed scrap", ">= 0 kg/h", "-1.0")])
    Traceback (most recent call last):
    loopbook.errors.NegativeError: feed scrap: negative: expected >= 0 kg/h, found -1.0
    """
    errors = tuple(findings)
    if not errors:
        return
    codes = {error.code for error in errors}
    kind = _BY_CODE.get(codes.pop(), InputError) if len(codes) == 1 else InputError
    raise kind(errors)


@dataclass(slots=True)
class Findings:
    """Collects the errors of one thing, so that all of them are shown at once.

    Parameters
    ----------
    where : the thing: a file, a command, a unit; a finding's field or line is added to it.

    >>> findings = Findings("weigh ticket-7")
    >>> findings.missing("an actor", at="actor")
    >>> findings.unknown("a lot of the book", "L-8", ["L-7"], at="lot")
    >>> for finding in findings:
    ...     print(finding)
    weigh ticket-7, actor: missing: actor is missing
    weigh ticket-7, lot: unknown-name: L-8 is not a lot of the book (did you mean L-7?)
    """

    where: str = ""
    items: list[Finding] = field(default_factory=list)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    def note(
        self,
        code: str,
        expected: str,
        value: str,
        *,
        at: str = "",
        hint: str = "",
        sentence: str = "",
    ) -> None:
        """Record one finding; `at` is the field or line that has the `value`."""
        self.items.append(
            Finding(
                code,
                ", ".join(part for part in (self.where, at) if part),
                expected,
                value,
                hint,
                sentence=sentence,
            )
        )

    def missing(self, what: str, *, at: str = "", hint: str = "") -> None:
        """Record that something is missing."""
        self.note("missing", what, "nothing", at=at, hint=hint)

    def unknown(self, what: str, name: str, known: Iterable[str], *, at: str = "") -> None:
        """Record a name that nothing has, with the three nearest."""
        self.note("unknown-name", what, name, at=at, hint=nearest_hint(name, known))

    def check_known(self, what: str, name: str, known: Collection[str], *, at: str = "") -> None:
        """Record a name that is not among the known ones."""
        if name not in known:
            self.unknown(what, name, known, at=at)

    def adopt(self, error: InputError, *, at: str) -> None:
        """Record the findings of an error at a field of this thing."""
        for one in error.findings:
            self.note(one.code, one.expected, one.found, at=at, hint=one.hint)

    def raise_all(self) -> None:
        """Raise the error that these findings make, if there are any."""
        raise_findings(self.items)


def require_known(what: str, name: str, known: Collection[str], *, where: str = "") -> None:
    """Raise `UnknownNameError` with the three nearest names unless a name is known.

    >>> require_known("a metal", "coper", ["copper", "cobalt"], where="price")
    Traceback (most recent call last):
    loopbook.errors.UnknownNameError: price: unknown-name: coper is not a metal \
(did you mean copper?)
    """
    if name not in known:
        raise UnknownNameError.of("unknown-name", where, what, name, hint=nearest_hint(name, known))


def article(noun: str) -> str:
    """A noun with its indefinite article.

    >>> article("lot"), article("assay"), article("unit"), article("hour")
    ('a lot', 'an assay', 'a unit', 'an hour')
    """
    vowel = re.match(r"(?!uni|us[aeiu]|eu|one)[aeiou]|hour|heir|honest", noun, re.IGNORECASE)
    return f"{'an' if vowel else 'a'} {noun}"


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """Hint with the three known names nearest to a wrong one.

    >>> nearest_hint("coper", ["copper", "cobalt", "nickel"])
    'did you mean copper?'
    >>> nearest_hint("L-1 Rep 2", ["L-1", "L-2"])
    'did you mean L-1?'
    """
    names = sorted(known)
    lower = {n.lower(): n for n in names}
    begin = [n for n in lower if len(name) > 1 and n.startswith(name.lower())]
    begin += [n for n in lower if name.lower().startswith(f"{n} ")]
    begin += [n for n in lower if len(name) > 3 and name.lower() in n]
    close = difflib.get_close_matches(name.lower(), lower, n=3, cutoff=0.55)
    hits = list(dict.fromkeys([*begin, *close]))[:3]
    if hits:
        return "did you mean " + ", ".join(lower[h] for h in hits) + "?"
    return ("known: " if names else "") + ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")


def no_date(microseconds: int) -> str:
    """What is wrong with a moment of a book that is beyond all dates."""
    return (
        f"the book is damaged: it has a moment {microseconds} microseconds from 1970; "
        "loopbook book verify lists what else is damaged"
    )
