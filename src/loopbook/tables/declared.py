"""Declared fields: what a person may enter, written down once.

A record is a plain frozen dataclass. The annotation of each field names its type, and a text in the
annotation says what the field means:

>>> @dataclass(frozen=True, kw_only=True)
... class Sieve:
...     mesh: Annotated[Decimal, Number("mm", low=0, high=50), "width of the openings"]
...     duty: Annotated[str, Choice("wet", "dry"), "how it is run"] = "dry"
>>> for field in fields_of(Sieve):
...     print(field.name, "|", field.type.words, "|", field.meaning, "|", field.required)
mesh | a number in mm | width of the openings | True
duty | wet or dry | how it is run | False

A `FieldType` is one noun of the trade. It reads a value of JSON or TOML (`read`), checks what the
record holds (`check`), lists the names in it (`names`) and describes itself (`words`, `unit`,
`schema`). Rooms add their own nouns as subclasses. Containers follow from the annotation:
``Mapping[K, V]``, ``Sequence[X]``, ``X | None``, and records inside records.

`read` and `check` add errors to `Findings` and go on, so that all of them are reported at once. A
value with an error becomes None.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from types import NoneType
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from loopbook.errors import Findings

Schema: TypeAlias = dict[str, Any]
"""A fragment of JSON Schema."""

F_contra = TypeVar("F_contra", bound=Findings, contravariant=True)
_INFINITE = float("inf")
_KEY = "__declared__"  # where a record keeps its fields


class FieldType(Generic[F_contra]):
    """What a field may hold.

    Attributes
    ----------
    words : in findings and lists: ``a mass in kg``.
    unit : of a number that is written without one; empty where there is no number.
    role : of a name: what it stands for in the room, such as ``lot`` or ``new lot``.
    """

    words: str = "a value"
    unit: str = ""
    role: str = ""

    def read(self, written: Any, at: str, findings: F_contra) -> Any:
        """A value of JSON or TOML as the record holds it."""
        return written

    def check(self, value: Any, at: str, findings: F_contra) -> Any:
        """The checked value of what the record holds."""
        return value

    def names(self, value: object) -> Iterator[tuple[str, str]]:
        """Names in a value, each with its role; what is no name is passed over."""
        if self.role and value and isinstance(value, str):
            yield self.role, value

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the names that a value may hold."""
        return frozenset({self.role} - {""})

    def schema(self) -> Schema:
        """JSON Schema of a written value."""
        return {}

    def expect(self, right: bool, written: object, at: str, findings: F_contra) -> Any:
        """The value if it is of the right type; a finding otherwise."""
        if right:
            return written
        findings.note("type", self.words, json.dumps(written, default=str), at=at)
        return None


@dataclass(frozen=True)
class Text(FieldType[Findings]):
    """A text, which may be empty."""

    words: str = "a text"
    role: str = ""

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The text."""
        return self.expect(isinstance(written, str), written, at, findings)

    def schema(self) -> Schema:
        """A string."""
        return {"type": "string"}


@dataclass(frozen=True)
class Name(Text):
    """A text that is not empty."""

    words: str = "a name"

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The text as it is written."""
        if not value.strip():
            findings.missing(self.words, at=at)
        return value

    def schema(self) -> Schema:
        """A string that is not empty."""
        return {"type": "string", "minLength": 1}


class Choice(Text):
    """One of a few texts."""

    def __init__(self, *options: str) -> None:
        super().__init__(" or ".join(options))
        object.__setattr__(self, "options", options)

    options: tuple[str, ...]

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The text; a finding with the nearest options if it is none of them."""
        if value not in self.options:
            findings.unknown(self.words, repr(value), self.options, at=at)
        return value

    def schema(self) -> Schema:
        """An enumeration."""
        return {"enum": list(self.options)}


@dataclass(frozen=True)
class Flag(FieldType[Findings]):
    """Yes or no."""

    words: str = "true or false"

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The truth value."""
        return self.expect(isinstance(written, bool), written, at, findings)

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole(FieldType[Findings]):
    """A whole number within a closed range."""

    words: str = "a whole number"
    low: int = 0
    high: int = 2**53

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The number."""
        return self.expect(type(written) is int, written, at, findings)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The number, within the range."""
        if self.low <= value <= self.high:
            return value
        findings.note("range", f"{self.words} {self.low}..{self.high}", str(value), at=at)
        return None

    def schema(self) -> Schema:
        """An integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


YEAR = Whole("a year", 1990, 2100)


@dataclass(frozen=True)
class Number(FieldType[Findings]):
    """An exact number in a unit, within a closed range.

    Parameters
    ----------
    unit : ``1`` for a plain number or a share.
    low, high : the range.
    words : by default made from unit and range.

    >>> findings = Findings("ticket 7")
    >>> Number("kg", low=0).check("12.5", "gross_kg", findings)
    Decimal('12.5')
    >>> for value in ("-1", "nan", "1,5"):
    ...     Number("kg", low=0).check(value, "gross_kg", findings)
    >>> [(finding.code, finding.hint) for finding in findings]
    [('negative', ''), ('not-finite', ''), ('not-a-number', 'write a decimal point')]
    """

    unit: str = "1"
    low: float = -_INFINITE
    high: float = _INFINITE
    words: str = ""

    def __post_init__(self) -> None:
        """Words from unit and range."""
        words = "a share 0..1" if self.is_share else f"a number in {self.unit}"
        object.__setattr__(self, "words", self.words or words.removesuffix(" in 1"))

    @property
    def is_share(self) -> bool:
        """Whether it is a share of a whole."""
        return (self.low, self.high) == (0, 1) and self.unit in ("1", "kg/kg", "mol/mol")

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The number, or its text, as it is written."""
        if isinstance(written, (str, int, float, Decimal)) and not isinstance(written, bool):
            return written
        expected = "a number, as number or text"
        findings.note("type", expected, json.dumps(written, default=str), at=at)
        return None

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The exact number, finite and within the range."""
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            hint = "write a decimal point" if "," in str(value) else ""
            findings.note("not-a-number", self.words, repr(value), at=at, hint=hint)
            return None
        if not number.is_finite():
            findings.note("not-finite", self.words, str(value), at=at)
        elif self.low <= number <= self.high:
            return number
        else:
            self.refuse(float(number), at, findings)
        return None

    def refuse(self, number: float, at: str, findings: Findings) -> None:
        """Record a number that is out of the range."""
        code = "share" if self.is_share else "negative" if self.low == 0 > number else "range"
        hint = "shares are fractions of one, not percent" if self.is_share and number > 1 else ""
        plain = "kg/kg" if self.is_share else ""
        unit = plain if self.unit == "1" else self.unit
        found = f"{number:g} {unit}".strip()
        findings.note(code, f"{self.range} {unit}".strip(), found, at=at, hint=hint)

    @property
    def range(self) -> str:
        """The closed range as text: ``0..1``, ``>= 0``."""
        if self.high == _INFINITE:
            return "" if self.low == -_INFINITE else f">= {self.low:g}"
        return f"<= {self.high:g}" if self.low == -_INFINITE else f"{self.low:g}..{self.high:g}"

    def schema(self) -> Schema:
        """A number, or its text; with its unit."""
        ends = {"minimum": self.low, "maximum": self.high}
        limits = {name: end for name, end in ends.items() if abs(end) != _INFINITE}
        return {"type": ["number", "string"], "x-unit": self.unit, **limits}


SHARE = Number("1", low=0, high=1)


@dataclass(frozen=True)
class Moment(FieldType[Findings]):
    """A time with its offset from UTC."""

    words: str = "a time as 2026-03-01T08:15:00-05:00"

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The time, with or without an offset."""
        try:
            return datetime.fromisoformat(written)
        except (TypeError, ValueError):
            return self.expect(False, written, at, findings)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The time; one without an offset is a finding."""
        if value.tzinfo is not None:
            return value
        hint = "write the offset, for example 2026-03-01T08:00:00-05:00"
        findings.note("time", "a time zone", value.isoformat(), at=at, hint=hint)
        return None

    def schema(self) -> Schema:
        """A date and time of RFC 3339."""
        return {"type": "string", "format": "date-time"}


# -- containers


@dataclass(frozen=True)
class Maybe(FieldType[Any]):
    """A value that may be left out."""

    inner: FieldType[Any]

    def __post_init__(self) -> None:
        """Words, unit and role are those of the value."""
        for name in ("words", "unit", "role"):
            object.__setattr__(self, name, getattr(self.inner, name))

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """None, or the value."""
        return None if written is None else self.inner.read(written, at, findings)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """None, or the checked value."""
        return None if value is None else self.inner.check(value, at, findings)

    def names(self, value: object) -> Iterator[tuple[str, str]]:
        """Names in the value."""
        return self.inner.names(value)

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the value."""
        return self.inner.roles

    def schema(self) -> Schema:
        """The value's, or null."""
        return {"anyOf": [self.inner.schema(), {"type": "null"}]}


@dataclass(frozen=True)
class MapOf(FieldType[Any]):
    """Values by name."""

    key: FieldType[Any]
    value: FieldType[Any]

    def __post_init__(self) -> None:
        """Words are those of names and values."""
        words = f"an object: {self.value.words} by {self.key.words.removeprefix('a ')}"
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "unit", self.value.unit)

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """Values by name."""
        if self.expect(isinstance(written, dict), written, at, findings) is None:
            return None
        return {n: self.value.read(one, f"{at}.{n}", findings) for n, one in written.items()}

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """Checked values by checked name."""
        places = {name: f"{at}.{name}" for name in value}
        return {
            self.key.check(name, places[name], findings): self.value.check(
                one, places[name], findings
            )
            for name, one in value.items()
        }

    def names(self, value: object) -> Iterator[tuple[str, str]]:
        """Names in keys and values."""
        for name, one in value.items() if isinstance(value, Mapping) else ():
            yield from self.key.names(name)
            yield from self.value.names(one)

    @property
    def roles(self) -> frozenset[str]:
        """Roles of keys and values."""
        return self.key.roles | self.value.roles

    def schema(self) -> Schema:
        """An object."""
        return {"type": "object", "additionalProperties": self.value.schema()}


@dataclass(frozen=True)
class ListOf(FieldType[Any]):
    """Values in order."""

    item: FieldType[Any]

    def __post_init__(self) -> None:
        """Words are those of the values."""
        object.__setattr__(self, "words", f"a list: each {self.item.words}")

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The values, numbered from 1 in findings."""
        if self.expect(isinstance(written, list), written, at, findings) is None:
            return None
        return tuple(self.item.read(x, f"{at}.{k}", findings) for k, x in enumerate(written, 1))

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """The checked values."""
        return tuple(self.item.check(x, f"{at}.{k}", findings) for k, x in enumerate(value, 1))

    def names(self, value: object) -> Iterator[tuple[str, str]]:
        """Names in the values."""
        for one in value if isinstance(value, (list, tuple)) else ():
            yield from self.item.names(one)

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the values."""
        return self.item.roles

    def schema(self) -> Schema:
        """An array."""
        return {"type": "array", "items": self.item.schema()}


@dataclass(frozen=True)
class RecordOf(FieldType[Any]):
    """A record with declared fields."""

    record: type

    def __post_init__(self) -> None:
        """Words list the fields."""
        names = ", ".join(sorted(field.name for field in fields_of(self.record)))
        object.__setattr__(self, "words", f"an object with {names}")

    def read(self, written: Any, at: str, findings: Findings) -> Any:
        """The record."""
        if self.expect(isinstance(written, dict), written, at, findings) is None:
            return None
        values = read_fields(self.record, written, findings, at=at)
        return None if values is None else self.record(**values)

    def check(self, value: Any, at: str, findings: Findings) -> Any:
        """Checked values by field."""
        return check_fields(value, findings, at=at)

    def names(self, value: object) -> Iterator[tuple[str, str]]:
        """Names in the fields, of a record or of what was written for one."""
        for field in fields_of(self.record):
            one = getattr(value, field.name, None)
            yield from field.type.names(value.get(field.name) if isinstance(value, dict) else one)

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the fields."""
        return frozenset().union(*(field.type.roles for field in fields_of(self.record)))

    def schema(self) -> Schema:
        """The record's."""
        return schema_of(self.record)


# -- records


@dataclass(frozen=True)
class Field:
    """A declared field: its name, type, meaning and default (`dataclasses.MISSING` if needed)."""

    name: str
    type: FieldType[Any]
    meaning: str
    default: Any = MISSING

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING


_PLAIN: Mapping[object, FieldType[Findings]] = {
    str: Text(),
    bool: Flag(),
    int: Whole(),
    Decimal: Number(),
    float: Number(),
    datetime: Moment(),
}


def field_type(hint: Any) -> FieldType[Any]:
    """The type that an annotation declares.

    >>> field_type(Mapping[str, Annotated[str, Choice("yes", "no")]]).words
    'an object: yes or no by text'
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        named = [x for x in hint.__metadata__ if isinstance(x, FieldType)]
        return named[-1] if named else field_type(inner[0])
    if NoneType in inner:
        (value,) = (x for x in inner if x is not NoneType)
        return Maybe(field_type(value))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return MapOf(field_type(inner[0]), field_type(inner[1]))
    if isinstance(origin, type) and issubclass(origin, Sequence):
        return ListOf(field_type(inner[0]))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return RecordOf(hint)
    if hint not in _PLAIN:
        raise TypeError(f"no field can be of type {hint}: annotate it with a FieldType")
    return _PLAIN[hint]


def fields_of(record: type) -> tuple[Field, ...]:
    """Declared fields of a record in their order; its annotations are read once."""
    known: tuple[Field, ...] | None = record.__dict__.get(_KEY)
    if known is None:
        hints = get_type_hints(record, include_extras=True)
        known = tuple(_field(one, hints[one.name]) for one in dataclasses.fields(record))
        setattr(record, _KEY, known)
    return known


def _field(field: dataclasses.Field[Any], hint: Any) -> Field:
    default = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    texts = [x for x in getattr(hint, "__metadata__", ()) if isinstance(x, str)]
    return Field(field.name, field_type(hint), " ".join(texts), default)


def read_fields(
    record: type, written: Mapping[str, Any], findings: Findings, *, at: str = ""
) -> dict[str, Any] | None:
    """What a record holds, from an object of JSON or a table of TOML; None after a finding.

    Unknown fields, missing fields and values of another type are findings.

    >>> findings = Findings("a.jsonl:1")
    >>> Output = dataclasses.make_dataclass("Output", [("lot", str), ("kg", Decimal)])
    >>> read_fields(Output, {"lott": "L-1", "kg": True}, findings)
    >>> [(finding.code, finding.where) for finding in findings]
    [('unknown-name', 'a.jsonl:1, lott'), ('missing', 'a.jsonl:1, lot'), ('type', 'a.jsonl:1, kg')]
    """
    head, before, values = f"{at}." if at else "", len(findings), {}
    known = {field.name: field for field in fields_of(record)}
    for name in sorted(written.keys() - known.keys()):
        findings.unknown("a field of it", name, known, at=head + name)
    for name, field in known.items():
        if name in written:
            values[name] = field.type.read(written[name], head + name, findings)
        elif field.required:
            findings.missing(f"the field {name}", at=head + name)
    return values if len(findings) == before else None


def check_fields(record: object, findings: Findings, *, at: str = "") -> dict[str, Any]:
    """Checked values of a record's fields; errors are added to the findings."""
    head = f"{at}." if at else ""
    return {
        field.name: field.type.check(getattr(record, field.name), head + field.name, findings)
        for field in fields_of(type(record))
    }


def schema_of(record: type) -> Schema:
    """JSON Schema of a record, with the meaning of each field."""
    fields = fields_of(record)
    return {
        "type": "object",
        "properties": {f.name: {**f.type.schema(), "description": f.meaning} for f in fields},
        "required": [field.name for field in fields if field.required],
        "additionalProperties": False,
    }
