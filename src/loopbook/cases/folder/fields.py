"""What a setting or a column of a case may hold, and where its numbers come from.

Every number has a source: a ``source_id`` of the data library or of the case's own
``sources.csv``, or the grade ``assumption`` with a note that gives the reason.
"""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from loopbook.errors import Findings, InputError, nearest_hint
from loopbook.matter import Library, component_names, components
from loopbook.report import GRADES
from loopbook.tables import (
    YEAR,
    Field,
    FieldType,
    Name,
    Number,
    Text,
    TomlFile,
    Value,
    parse_quantity,
    read_leaves,
)

SIZES = (1e-15, 1e15)  # outside, a number is a slip, and sums would lose or overflow
_LATTICE = {"Li", "Ni", "Co", "Mn", "Al", "O"}

PROVENANCE = (
    Field("source_id", Text(), "work of the library's or the case's sources.csv", ""),
    Field("page", Text(), "place in the work", ""),
    Field("grade", Text(), f"how sure the number is: {', '.join(GRADES)}", ""),
    Field("note", Text(), "anything else; the reason of an assumption", ""),
)
"""Last columns of every table with numbers, and keys beside the value of a sourced setting."""


@dataclass(slots=True, kw_only=True)
class CaseFindings(Findings):
    """Findings of a case, and what its fields may name.

    Attributes
    ----------
    library : the data library.
    sources : source_ids that may be named.
    years : first and last year of the case, or None where these are wrong themselves.
    known : names by file and column; of files with errors there are none.
    document : the TOML file that is read, which knows the line of each setting.
    """

    library: Library
    sources: Collection[str]
    years: tuple[int, int] | None = None
    known: dict[tuple[str, str], Collection[str]] = field(default_factory=dict)
    document: TomlFile | None = None

    def about(self, where: str) -> CaseFindings:
        """Takes findings of one place and adds them to these."""
        return replace(self, where=where, document=None)

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
        """Record one finding; in a TOML file its place is the line of the setting."""
        if self.document is not None:
            at = ", ".join(filter(None, (self.document.place(at), at)))
        Findings.note(self, code, expected, value, at=at, hint=hint, sentence=sentence)


@dataclass(frozen=True)
class Real(Number[CaseFindings]):
    """A number as float, of a size that anything in a case can have.

    Parameters
    ----------
    low, high : the range; 0 and no upper end by default.
    above, below : whether `low` and `high` themselves are out of it.
    whole : whether it must be a whole number.
    quantity : whether it is written with its unit, which is converted.
    """

    low: float = 0.0
    above: bool = False
    below: bool = False
    whole: bool = False
    quantity: bool = False

    def check(self, value: object, at: str, findings: CaseFindings) -> float | None:
        """The number in the unit of the field."""
        if self.quantity:
            try:
                value = parse_quantity(str(value), self.unit)
            except InputError as error:
                findings.adopt(error, at=at)
                return None
        exact = super().check(value, at, findings)
        if exact is None:
            return None
        number = float(exact)
        if not math.isfinite(number):
            findings.note("not-finite", "a finite number", f"{number:g}", at=at)
        elif number != 0.0 and not SIZES[0] <= abs(number) <= SIZES[1]:
            findings.note("range", f"0, or {SIZES[0]:g}..{SIZES[1]:g}", f"{number:g}", at=at)
        elif self.above and number == self.low:
            findings.note("negative", f"above {self.low:g} {self.unit}", f"{number:g}", at=at)
        elif self.below and number == self.high:
            findings.note("share", f"below {self.high:g}", f"{number:g}", at=at)
        elif self.whole and number != int(number):
            findings.note("not-a-number", "a whole number", f"{number:g}", at=at)
        else:
            return number
        return None


@dataclass(frozen=True)
class Year(FieldType[CaseFindings]):
    """A year.

    Parameters
    ----------
    of_case : whether it must be one of the case's years.
    """

    words: str = "a year such as 2030"
    of_case: bool = False

    def read(self, written: object, at: str, findings: CaseFindings) -> int | None:
        """The year, from a number or its text, if it can be one, and one of the case."""
        text, (first, last) = str(written), findings.years or (YEAR.low, YEAR.high)
        if not re.fullmatch(r"\d{4}", text, re.ASCII):
            findings.note("year", self.words, repr(written), at=at)
        elif not YEAR.low <= int(text) <= YEAR.high:
            findings.note("year", f"a year {YEAR.low}..{YEAR.high}", text, at=at)
        elif self.of_case and not first <= int(text) <= last:
            findings.note(
                "year",
                f"a year of the case, {first}..{last}",
                text,
                at=at,
                hint="first_year and last_year are in case.toml",
            )
        else:
            return int(text)
        return None


@dataclass(frozen=True)
class YesNo(FieldType[CaseFindings]):
    """Yes or no."""

    words: str = "yes or no"

    def read(self, written: object, at: str, findings: CaseFindings) -> bool | None:
        """The truth value."""
        if written not in ("yes", "no"):
            findings.note("unknown-name", self.words, repr(written), at=at)
            return None
        return written == "yes"


# -- names


@dataclass(frozen=True)
class Slug(Name[CaseFindings]):
    """A name that can be part of a column's name."""

    words: str = "a name of small letters, digits and underscores"

    def check(self, value: object, at: str, findings: CaseFindings) -> str | None:
        """The name as it is written."""
        if re.fullmatch(r"[a-z][a-z0-9_]*", str(value)):
            return str(value)
        findings.note("name", self.words, repr(value), at=at)
        return None


@dataclass(frozen=True)
class Known(Name[CaseFindings], ABC):
    """A name that something else of the case, or the library, must have."""

    @abstractmethod
    def known(self, findings: CaseFindings) -> Collection[str] | None:
        """Names that there are; None where the file that gives them has errors itself."""

    def refer(self, value: object, at: str, findings: CaseFindings) -> None:
        """Check the name when all files have been read."""
        names = self.known(findings)
        if names is not None and str(value) not in names:
            findings.unknown(self.words, str(value), names, at=at)


@dataclass(frozen=True)
class In(Known):
    """A name in a column of another table; of ``case.toml``, in a table of settings."""

    file: str = ""
    column: str = ""

    def known(self, findings: CaseFindings) -> Collection[str] | None:
        """Names in the column."""
        return findings.known.get((self.file, self.column))


@dataclass(frozen=True)
class Subject(Known):
    """A subject of a table of the library."""

    table: str = ""

    def known(self, findings: CaseFindings) -> Collection[str]:
        """Subjects of the table."""
        return findings.library.subjects(self.table)


@dataclass(frozen=True)
class IndexYear(Known):
    """A year of the library's index of equipment cost."""

    words: str = "a year of cost_index"

    def read(self, written: object, at: str, findings: CaseFindings) -> int | None:
        """The year."""
        return Year().read(written, at, findings)

    def check(self, value: object, at: str, findings: CaseFindings) -> object:
        """The year."""
        return value

    def known(self, findings: CaseFindings) -> Collection[str]:
        """Years of the index."""
        return [row.year for row in findings.library.table("cost_index")]

    def refer(self, value: object, at: str, findings: CaseFindings) -> None:
        """Check the year as the text that it is in the library."""
        super().refer(str(value), at, findings)


@dataclass(frozen=True)
class Component(Known):
    """A component of the library."""

    words: str = "a component"

    def known(self, findings: CaseFindings) -> Collection[str]:
        """All components."""
        return component_names()


@dataclass(frozen=True)
class Oxide(Component):
    """An active material that the routes take: a lithium oxide of nickel, cobalt, manganese."""

    words: str = "an active material"

    def refer(self, value: object, at: str, findings: CaseFindings) -> None:
        """Check the name and the elements."""
        super().refer(value, at, findings)
        name = str(value)
        if name in component_names():
            elements = set(components(name).elements)
            if not ({"Li", "O"} <= elements <= _LATTICE and elements & {"Ni", "Co", "Mn"}):
                findings.note(
                    "not-covered",
                    "a lithium oxide of Ni, Co, Mn, Al",
                    name,
                    at=at,
                    hint="phosphates have no route yet",
                )


# -- numbers with their source


@dataclass(frozen=True, slots=True)
class SourcedValue:
    """A number or year with the columns of `PROVENANCE`."""

    value: float
    provenance: Mapping[str, str]


@dataclass(frozen=True)
class Sourced(FieldType[CaseFindings]):
    """A table with a value and its source: ``value, source_id, page, grade, note``."""

    number: FieldType[CaseFindings]

    def __post_init__(self) -> None:
        """Words and unit are those of the number."""
        object.__setattr__(self, "words", f"a table with its source, value {self.number.words}")
        object.__setattr__(self, "unit", self.number.unit)

    def read(self, written: object, at: str, findings: CaseFindings) -> SourcedValue | None:
        """The value and its source."""
        if not isinstance(written, dict):
            findings.note(
                "source",
                "a table with its source",
                repr(written),
                at=at,
                hint=f"write [{at}] with value, source_id, page, grade, note under it",
            )
            return None
        fields = (Field("value", self.number, ""), *PROVENANCE)
        row: dict[str, Value] = {
            leaf.field.name: leaf.value for leaf in read_leaves(fields, written, findings, at=at)
        }
        value = row.pop("value", None)
        check_provenance(row, findings, at=f"{at}.")
        return None if value is None else SourcedValue(value, row)


def check_provenance(row: Mapping[str, str], findings: CaseFindings, *, at: str = "") -> None:
    """Record a number without a source, or an assumption without a reason.

    Parameters
    ----------
    row : values by the names of `PROVENANCE`.
    at : what comes before a name in the place of a finding.
    """
    source, grade = row.get("source_id", ""), row.get("grade", "")
    hint = nearest_hint(source, findings.sources) if source else "or mark it as an assumption"
    if grade not in GRADES:
        findings.note(
            "grade",
            "a grade",
            grade or "none",
            at=f"{at}grade",
            hint=nearest_hint(grade, GRADES) if grade else "grades: " + ", ".join(GRADES),
        )
        return
    if grade == "assumption" and not row.get("note"):
        findings.note("source", "why this is assumed", "an empty note", at=f"{at}note")
    if source not in findings.sources and (source or grade != "assumption"):
        findings.note("source", "a source_id", source or "none", at=f"{at}source_id", hint=hint)
