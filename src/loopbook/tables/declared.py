"""Declared fields: what a person may enter, written down once.

A record is a plain frozen dataclass. The annotation of each field names its type, and a text in the
annotation gives what the field means:

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

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType, NoneType
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from loopbook.errors import Findings, nearest_hint
from loopbook.tables.names import unfit
from loopbook.tables.numbers import CellError, exact, within_years

Schema: TypeAlias = dict[str, object]
"""A fragment of JSON Schema."""

Value: TypeAlias = Any
"""A value of a field; its `FieldType` alone knows the type."""

F_contra = TypeVar("F_contra", bound=Findings, contravariant=True)
_INFINITE = float("inf")
_KEY = "__declared__"  # where a record keeps its fields
_NAMED = "__named__"  # where it keeps those that hold names, by the roles that are asked for
_CHECKS = "__checks__"  # where it keeps how they are checked


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

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """A value of JSON or TOML as the record holds it."""
        return written

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The checked value of what the record holds."""
        return value

    def names(self, value: object) -> Iterable[tuple[str, str]]:
        """Names in a value, each with its role; what is no name is passed over."""
        return ((self.role, value),) if self.role and value and isinstance(value, str) else ()

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the names that a value may hold."""
        return frozenset({self.role} - {""})

    def schema(self) -> Schema:
        """JSON Schema of a written value."""
        return {}

    def expect(
        self, right: bool, written: Value, at: str, findings: F_contra, *, words: str = ""
    ) -> Value:
        """The written value if it is of the right type; a finding otherwise."""
        if right:
            return written
        findings.note("type", words or self.words, json.dumps(written, default=str)[:200], at=at)
        return None


def check_line(text: str, words: str, at: str, findings: Findings) -> None:
    """A finding for a text with a character that people do not see as it is (`unfit`)."""
    problem = unfit(text)
    if problem:
        findings.note(
            "text",
            f"{words} without it",
            problem,
            at=at,
            hint="write it without this character",
            sentence=f"{text!a} has {problem}",
        )


@dataclass(frozen=True)
class Text(FieldType[F_contra]):
    """A text of one line, which may be empty; a role is of a name that is looked up."""

    words: str = "a text"
    role: str = ""

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The text."""
        return self.expect(isinstance(written, str), written, at, findings, words="a text")

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The text as it is written, if people see all of it."""
        if not self.role and not (value.isascii() and value.isprintable()):
            check_line(value, self.words, at, findings)
        return value

    def schema(self) -> Schema:
        """A string."""
        return {"type": "string"}


@dataclass(frozen=True)
class Name(Text[F_contra]):
    """A text that is not empty."""

    words: str = "a name"

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The text as it is written."""
        if not value.strip():
            findings.missing(self.words, at=at)
        return super().check(value, at, findings)

    def schema(self) -> Schema:
        """A string that is not empty."""
        return {"type": "string", "minLength": 1}


class Choice(Text[F_contra]):
    """One of a few texts; `synonyms` are words of others for them, named in hints.

    >>> findings = Findings()
    >>> for word in ("wett", "damp"):
    ...     _ = Choice("wet", "dry", synonyms={"damp": "wet"}).check(word, "duty", findings)
    >>> [finding.hint for finding in findings]
    ['did you mean wet?', 'did you mean wet?']
    """

    def __init__(self, *options: str, synonyms: Mapping[str, str] = MappingProxyType({})) -> None:
        super().__init__(" or ".join(filter(None, [", ".join(options[:-1]), options[-1]])))
        object.__setattr__(self, "options", options)
        object.__setattr__(self, "synonyms", synonyms)

    options: tuple[str, ...]
    synonyms: Mapping[str, str]

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The text, if it is one of them."""
        if value not in self.options:
            word = value.strip().casefold().replace("_", " ")
            meant = word if word in self.options else self.synonyms.get(word, "")
            hint = f"did you mean {meant}?" if meant else nearest_hint(value, self.options)
            findings.note("unknown-name", self.words, repr(value), at=at, hint=hint)
        return value

    def schema(self) -> Schema:
        """An enumeration."""
        return {"enum": list(self.options)}


@dataclass(frozen=True)
class Flag(FieldType[F_contra]):
    """Yes or no."""

    words: str = "true or false"

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The truth value."""
        return self.expect(isinstance(written, bool), written, at, findings)

    def schema(self) -> Schema:
        """A boolean."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole(FieldType[F_contra]):
    """A whole number within a closed range."""

    words: str = "a whole number"
    low: int = 0
    high: int = 2**53

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The number."""
        return self.expect(type(written) is int, written, at, findings)

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The number, within the range."""
        if self.low <= value <= self.high:
            return value
        findings.note("range", f"{self.words} {self.low}..{self.high}", str(value), at=at)
        return None

    def schema(self) -> Schema:
        """An integer."""
        return {"type": "integer", "minimum": self.low, "maximum": self.high}


YEAR: Whole[Findings] = Whole("a year", 1990, 2100)


@dataclass(frozen=True)
class Number(FieldType[F_contra]):
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
    [('negative', ''), ('not-finite', ''), ('not-a-number', 'is it 1.5? write it without a comma')]
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

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The number, or its text, as it is written."""
        right = isinstance(written, (str, int, float, Decimal)) and not isinstance(written, bool)
        words = "a number, as number or text"
        return self.expect(right, written, at, findings, words=words)

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The exact number, finite and within the range."""
        try:
            number = exact(value)
        except CellError as error:
            findings.note(error.code, self.words, error.found, at=at, hint=error.hint)
            return None
        if self.low <= number <= self.high:
            return number
        self.refuse(float(number), at, findings)
        return None

    def refuse(self, number: float, at: str, findings: F_contra) -> None:
        """Record a number that is out of the range."""
        code = "share" if self.is_share else "negative" if self.low == 0 > number else "range"
        hint = "shares are fractions of one, not percent" if self.is_share and number > 1 else ""
        unit = self.unit if self.unit != "1" else "kg/kg" if self.is_share else ""
        limit = f"at least {self.low:,}" if number < self.low else f"at most {self.high:,}"
        limit = self.range if self.is_share else limit
        findings.note(
            code, f"{limit} {unit}".strip(), f"{number:g} {unit}".strip(), at=at, hint=hint
        )

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


SHARE: Number[Findings] = Number("1", low=0, high=1)


@dataclass(frozen=True)
class Moment(FieldType[F_contra]):
    """A time with its offset from UTC."""

    words: str = "a time as 2026-03-01T08:15:00-05:00"

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The time, with or without an offset."""
        try:
            return datetime.fromisoformat(written)
        except (TypeError, ValueError):
            return self.expect(False, written, at, findings)

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The time; one without an offset, or at the ends of time, is a finding."""
        try:
            within_years(value)
        except CellError as error:
            findings.note(error.code, error.expected, error.found, at=at)
            return None
        if value.tzinfo is not None:
            return value
        findings.note(
            "time",
            "a time zone",
            value.isoformat(),
            at=at,
            hint="write the offset, for example 2026-03-01T08:00:00-05:00",
        )
        return None

    def schema(self) -> Schema:
        """A date and time of RFC 3339."""
        return {"type": "string", "format": "date-time"}


# -- containers


@dataclass(frozen=True)
class Maybe(FieldType[F_contra]):
    """A value that may be left out."""

    inner: FieldType[F_contra]

    def __post_init__(self) -> None:
        """Words, unit and role are those of the value."""
        for name in ("words", "unit", "role"):
            object.__setattr__(self, name, getattr(self.inner, name))

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """None, or the value."""
        return None if written is None else self.inner.read(written, at, findings)

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """None, or the checked value."""
        return None if value is None else self.inner.check(value, at, findings)

    def names(self, value: object) -> Iterable[tuple[str, str]]:
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
class MapOf(FieldType[F_contra]):
    """Values by name."""

    key: FieldType[F_contra]
    value: FieldType[F_contra]

    def __post_init__(self) -> None:
        """Words are those of names and values."""
        words = f"an object: {self.value.words} by {self.key.words.removeprefix('a ')}"
        object.__setattr__(self, "words", words)
        object.__setattr__(self, "unit", self.value.unit)

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """Values by name."""
        if not isinstance(written, dict):
            return self.expect(False, written, at, findings)
        return {n: self.value.read(one, f"{at}.{n}", findings) for n, one in written.items()}

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """Checked values by checked name, in the order of the names: no result hangs on another."""
        pairs = [
            (
                self.key.check(name, place := f"{at}.{name}", findings),
                self.value.check(one, place, findings),
            )
            for name, one in value.items()
        ]
        return dict(sorted(pairs, key=_name_of) if len(pairs) > 1 else pairs)

    def names(self, value: object) -> Iterable[tuple[str, str]]:
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


def _name_of(pair: tuple[Value, Value]) -> str:
    return str(pair[0])


@dataclass(frozen=True)
class ListOf(FieldType[F_contra]):
    """Values in order."""

    item: FieldType[F_contra]

    def __post_init__(self) -> None:
        """Words are those of the values."""
        object.__setattr__(self, "words", f"a list: each {self.item.words}")

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The values, numbered from 1 in findings."""
        if not isinstance(written, list):
            return self.expect(False, written, at, findings)
        return tuple(self.item.read(x, f"{at}.{k}", findings) for k, x in enumerate(written, 1))

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """The checked values."""
        return tuple(self.item.check(x, f"{at}.{k}", findings) for k, x in enumerate(value, 1))

    def names(self, value: object) -> Iterable[tuple[str, str]]:
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
class RecordOf(FieldType[F_contra]):
    """A record with declared fields."""

    record: type

    def __post_init__(self) -> None:
        """Words list the fields."""
        names = ", ".join(sorted(field.name for field in fields_of(self.record)))
        object.__setattr__(self, "words", f"an object with {names}")

    def read(self, written: Value, at: str, findings: F_contra) -> Value:
        """The record."""
        if not isinstance(written, dict):
            return self.expect(False, written, at, findings)
        values = read_fields(self.record, written, findings, at=at)
        return None if values is None else self.record(**values)

    def check(self, value: Value, at: str, findings: F_contra) -> Value:
        """Checked values by field."""
        return check_fields(value, findings, at=at)

    def names(self, value: object) -> Iterable[tuple[str, str]]:
        """Names in the fields, of a record or of what was written for one."""
        return names_in(self.record, value)

    @property
    def roles(self) -> frozenset[str]:
        """Roles of the fields."""
        return frozenset().union(*(field.roles for field in fields_of(self.record)))

    def schema(self) -> Schema:
        """The record's."""
        return schema_of(fields_of(self.record))


# -- records

AnyField: TypeAlias = FieldType[Any]
_Named: TypeAlias = Callable[[object], Iterable[tuple[str, str]]]


@dataclass(frozen=True)
class Field:
    """A declared field: its name, type, meaning and default (`dataclasses.MISSING` if needed)."""

    name: str
    type: AnyField
    meaning: str
    default: Value = dataclasses.field(default_factory=lambda: MISSING)

    @property
    def required(self) -> bool:
        """Whether it must be given."""
        return self.default is MISSING

    @cached_property
    def checks(self) -> bool:
        """Whether its type checks more than it reads."""
        return type(self.type).check is not FieldType.check

    @cached_property
    def roles(self) -> frozenset[str]:
        """Roles of the names that it may hold."""
        return self.type.roles


_PLAIN: Mapping[object, FieldType[Findings]] = {
    str: Text(),
    bool: Flag(),
    int: Whole(),
    Decimal: Number(),
    float: Number(),
    datetime: Moment(),
}


def field_type(hint: object) -> AnyField:
    """The type that an annotation declares.

    >>> field_type(Mapping[str, Annotated[str, Choice("yes", "no")]]).words
    'an object: yes or no by text'
    """
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        named = [x for x in getattr(hint, "__metadata__", ()) if isinstance(x, FieldType)]
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


def meaning_of(record: type) -> list[str]:
    """Paragraphs of a record's docstring, each on one line and without marks of code."""
    text = inspect.cleandoc(record.__doc__ or "").replace("`", "")
    return [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]


def _field(field: dataclasses.Field[Any], hint: Any) -> Field:
    default = field.default
    if field.default_factory is not MISSING:
        default = field.default_factory()
    texts = [x for x in getattr(hint, "__metadata__", ()) if isinstance(x, str)]
    return Field(field.name, field_type(hint), " ".join(texts), default)


def read_fields(
    record: type, written: Mapping[str, Value], findings: Findings, *, at: str = ""
) -> dict[str, Value] | None:
    """What a record holds, from an object of JSON or a table of TOML; None after a finding.

    Unknown fields, missing fields and values of another type are findings.

    >>> findings = Findings("a.jsonl:1")
    >>> Output = dataclasses.make_dataclass("Output", [("lot", str), ("kg", Decimal)])
    >>> read_fields(Output, {"lott": "L-1", "kg": True}, findings)
    >>> [(finding.code, finding.where) for finding in findings]
    [('unknown-name', 'a.jsonl:1, lott'), ('missing', 'a.jsonl:1, lot'), ('type', 'a.jsonl:1, kg')]
    """
    head, before, values = f"{at}." if at else "", len(findings.items), {}
    known = {field.name: field for field in fields_of(record)}
    for name in sorted(written.keys() - known.keys()):
        findings.unknown("a field of it", name, known, at=head + name)
    for name, field in known.items():
        if name in written:
            values[name] = field.type.read(written[name], head + name, findings)
        elif field.required:
            findings.missing(f"the field {name}", at=head + name)
    return values if len(findings.items) == before else None


def check_fields(record: object, findings: Findings, *, at: str = "") -> dict[str, Value]:
    """Checked values of a record's fields; errors are added to the findings."""
    head, checked = f"{at}." if at else "", {}
    for name, check, is_optional in _checks_of(type(record)):
        value = getattr(record, name)
        if check is not None and not (value is None and is_optional):
            value = check(value, head + name, findings)
        checked[name] = value
    return checked


def _checks_of(record: type) -> tuple[tuple[str, Callable[..., Value] | None, bool], ...]:
    """Fields of a record, each with its check, if it has one, and whether None needs none."""
    known: tuple[tuple[str, Callable[..., Value] | None, bool], ...] | None
    known = record.__dict__.get(_CHECKS)
    if known is None:
        fields = fields_of(record)
        known = tuple(
            (x.name, x.type.check if x.checks else None, x.default is None) for x in fields
        )
        setattr(record, _CHECKS, known)
    return known


def names_in(record: type, values: object, *roles: str) -> list[tuple[str, str]]:
    """Names in a record, or in what was written for one, each with its role.

    Parameters
    ----------
    roles : fields that can have none of these are passed over; none for all fields.
    """
    names: list[tuple[str, str]] = []
    if type(values) is record or not isinstance(values, Mapping):
        for name, named in _named_in(record, roles):
            if one := getattr(values, name, None):
                names += named(one)
        return names
    for name, named in _named_in(record, roles):
        if one := values.get(name):
            names += named(one)
    return names


def _named_in(record: type, roles: tuple[str, ...]) -> list[tuple[str, _Named]]:
    """Fields of a record that may hold names of some roles, each with what finds them."""
    known: dict[tuple[str, ...], list[tuple[str, _Named]]] | None = record.__dict__.get(_NAMED)
    if known is None:
        known = {}
        setattr(record, _NAMED, known)
    if roles not in known:
        fields = [field for field in fields_of(record) if field.roles]
        some = [x for x in fields if not (roles and x.roles.isdisjoint(roles))]
        known[roles] = [(field.name, field.type.names) for field in some]
    return known[roles]


def schema_of(fields: Iterable[Field]) -> Schema:
    """JSON Schema of declared fields, with their meanings."""
    listed = [*fields]
    return {
        "type": "object",
        "properties": {f.name: {**f.type.schema(), "description": f.meaning} for f in listed},
        "required": [field.name for field in listed if field.required],
        "additionalProperties": False,
    }
