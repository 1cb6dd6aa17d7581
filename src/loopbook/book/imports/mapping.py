"""The column-mapping file: their columns, our fields.

A mapping gives the place of each field of ours, in TOML::

    [file]                      # how the file is written; see FileSettings
    time_zone = "America/New_York"
    date_format = "%m/%d/%Y %H:%M"

    [columns]                   # our field = their column
    ticket = "Ticket No"
    occurred_at = ["Date", "Time"]
    gross = { column = "Gross", unit = "t" }
    tare = { column = "Tare", unit_column = "UoM" }
    shares.Ni = { column = "Ni", unit = "%" }

    [constants]                 # our field = what holds for all rows
    actor = "gate"
    uncertainty = "20 kg"

    [words.material]            # their word = ours
    "NMC foil" = "cathode foil"

`FIELDS` lists what each kind of file may and must have. Numbers have a unit, without exception.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias
from zoneinfo import available_timezones

from loopbook.errors import Finding, nearest_hint, raise_findings
from loopbook.tables import (
    Cell,
    CellError,
    FileSettings,
    TomlFile,
    moment,
    quantity,
    read_toml,
    unit_problem,
)

Value: TypeAlias = str | Decimal | datetime
BASES: Mapping[str, str] = MappingProxyType({"mass": "kg", "share": "1", "shares": "1"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of ours: its name, type, whether each row needs it, and its meaning."""

    name: str
    kind: str
    needed: bool
    why: str


def _f(name: str, kind: str, why: str, *, needed: bool = False) -> Field:
    return Field(name, kind, needed, why)


_WHEN = _f("occurred_at", "time", "when it happened", needed=True)
_WHO = _f("actor", "text", "who reports it", needed=True)
_PAPER = _f("document", "text", "on which paper; the file's name if not given")

FIELDS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {
        "tickets": (
            _f("ticket", "text", "number of the weighbridge ticket", needed=True),
            _f("lot", "text", "the lot weighed", needed=True),
            _WHEN,
            _WHO,
            _f("gross", "mass", "vehicle with load", needed=True),
            _f("tare", "mass", "vehicle without load", needed=True),
            _f("net", "mass", "as printed; must be gross minus tare"),
            _f("uncertainty", "mass", "one standard uncertainty of the net mass"),
            _f("scale", "text", "which weighbridge"),
            _f("material", "text", "of a lot that comes in with this ticket"),
            _f("supplier", "text", "who sends a lot that comes in"),
            _f("owner", "text", "who has title to it"),
            _f("site", "text", "who has custody of it"),
            _f("shares", "shares", "declared contents of it"),
            _PAPER,
        ),
        "assays": (
            _f("lot", "text", "the lot assayed", needed=True),
            _WHEN,
            _WHO,
            _f("stage", "text", "provisional, exchanged, umpire or final", needed=True),
            _f("basis", "text", "as received or dry", needed=True),
            _f("moisture", "share", "water, kg per kg as received"),
            _f("moisture_uncertainty", "share", "standard uncertainty of the moisture"),
            _f("shares", "shares", "contents; an empty cell is not analysed", needed=True),
            _f("uncertainty", "shares", "standard uncertainty of each; k divides an expanded one"),
            _f("laboratory", "text", "by whom"),
            _f("method", "text", "how"),
            _f("sample", "text", "on which sample"),
            _PAPER,
        ),
        "stock": (
            _f("lot", "text", "name of the lot", needed=True),
            _f("material", "text", "what it is", needed=True),
            _f("owner", "text", "who has title", needed=True),
            _f("site", "text", "who has custody", needed=True),
            _f("mass", "mass", "what there is of it", needed=True),
            _WHEN,
            _WHO,
            _f("shares", "shares", "contents; the rest is other"),
            _f("supplier", "text", "where it came from; the owner if not given"),
            _PAPER,
        ),
        "runs": (
            _f("run", "text", "name of the run; its rows are neighbours", needed=True),
            _f("role", "text", "input, output, emission or waste", needed=True),
            _f("lot", "text", "lot that goes in or is made"),
            _f("mass", "mass", "what goes in or comes out; all of an input lot if empty"),
            _f("material", "text", "of an output"),
            _f("shares", "shares", "contents of an output, emission or waste"),
            _f("site", "text", "where", needed=True),
            _WHEN,
            _WHO,
            _f("share_by", "text", "substance or mass: how owners share the outputs"),
            _PAPER,
        ),
    }
)
"""Fields of each kind of file, in the order in which the docs list them."""


@dataclass(frozen=True, slots=True)
class Column:
    """Where a field is: columns, unit, and the divisor `k` of an expanded uncertainty."""

    columns: tuple[str, ...]
    where: str
    unit: str = ""
    unit_column: str = ""
    k: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True)
class ImportMap:
    """A checked mapping; shares are fields named ``shares.Ni``, `places` are those of constants."""

    kind: str
    settings: FileSettings
    columns: Mapping[str, Column]
    constants: Mapping[str, Value]
    places: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def kind_of(self, name: str) -> str:
        """What a field holds: text, time, mass or share."""
        base, _, substance = name.partition(".")
        kind = next(f.kind for f in FIELDS[self.kind] if f.name == base)
        return "share" if substance else kind

    def substances(self, group: str) -> list[str]:
        """Substances of a group of shares, in the order of the mapping."""
        names = [*self.columns, *self.constants]
        return [n.partition(".")[2] for n in names if n.startswith(f"{group}.")]


def read_map(path: Path, kind: str) -> ImportMap:
    """Read a mapping file for a kind of file; all that is wrong with it is raised together."""
    file = read_toml(path)
    findings: list[Finding] = []
    for name in set(file.data) - {"file", "columns", "constants", "words"}:
        findings.append(
            Finding(
                "unknown-name",
                file.where(name),
                "a part",
                name,
                nearest_hint(name, ("file", "columns", "constants", "words")),
            )
        )
    settings = _settings(file, findings)
    columns, constants = _columns(file, kind, findings), _constants(file, kind, settings, findings)
    given = {*columns, *constants}
    for one in FIELDS[kind]:
        if one.needed and not any(n.partition(".")[0] == one.name for n in given):
            expected, found = f"{one.name}: {one.why}", "no column and no constant"
            findings.append(Finding("missing", f"{file.name}:1", expected, found))
    for name in sorted(set(columns) & set(constants)):
        findings.append(
            Finding(
                "duplicate",
                file.where("constants", *name.split(".")),
                "a column or a constant",
                f"{name} is both",
            )
        )
    words = _words(file, kind, findings)
    raise_findings(sorted(findings, key=lambda f: _line(f.where)))
    places = {name: file.where("constants", *name.split(".")) for name in constants}
    return ImportMap(kind, settings, columns, constants, places, words)


def _line(where: str) -> int:
    return int(where.rpartition(":")[2])


def _table(file: TomlFile, name: str, findings: list[Finding]) -> dict[str, Any]:
    found = file.data.get(name, {})
    if isinstance(found, dict):
        return found
    findings.append(Finding("type", file.where(name), f"a table [{name}]", repr(found)))
    return {}


def _settings(file: TomlFile, findings: list[Finding]) -> FileSettings:
    known = {f.name: f.default for f in fields(FileSettings)}
    good: dict[str, Any] = {}

    def note(name: str, expected: str, found: object, hint: str = "") -> None:
        findings.append(Finding("setting", file.where("file", name), expected, repr(found), hint))

    for name, value in _table(file, "file", findings).items():
        if name not in known:
            where, hint = file.where("file", name), nearest_hint(name, known)
            findings.append(Finding("unknown-name", where, "a setting", name, hint))
        elif type(value) is not type(known[name]):
            note(name, type(known[name]).__name__, value)
        else:
            good[name] = value
    settings = FileSettings(**good)
    if not _has_codec(settings.encoding):
        note("encoding", "an encoding, such as utf-8, cp1252 or utf-16", settings.encoding)
    if len(settings.delimiter) != 1 or settings.delimiter in '"\r\n':
        note("delimiter", "one sign", settings.delimiter, r'a tab is "\t"')
    if settings.decimal not in (".", ","):
        note("decimal", "a dot or a comma", settings.decimal)
    if settings.thousands not in ("", ".", ",", " ", "\u00a0", "'", "\u2019"):
        note("thousands", "a dot, comma, blank or apostrophe", settings.thousands)
    if settings.thousands == settings.decimal:
        note("thousands", "another mark than decimal", settings.thousands)
    if settings.date_format != "excel" and (wrong := _wrong_format(settings.date_format)):
        note("date_format", "a form such as %d.%m.%Y %H:%M", settings.date_format, wrong)
    if settings.header_line < 1:
        note("header_line", "a line from 1 on", settings.header_line)
    if settings.time_zone and settings.time_zone not in available_timezones():
        hint = nearest_hint(settings.time_zone, available_timezones())
        note("time_zone", "a time zone", settings.time_zone, hint)
        return FileSettings(**{**good, "time_zone": "UTC"})
    return settings


def _wrong_format(form: str) -> str:
    """What `strptime` has against a form; that a text does not fit it is no matter here."""
    try:
        datetime.strptime("", form)
    except (ValueError, re.error) as error:
        return "" if "does not match format" in str(error) else str(error)
    return ""


def _has_codec(name: str) -> bool:
    try:
        return bool(codecs.lookup(name)._is_text_encoding)
    except LookupError:
        return False


def _flat(file: TomlFile, part: str, kind: str, findings: list[Finding]) -> dict[str, Any]:
    """Entries of a part by field name; unknown fields are findings."""
    known = {f.name: f for f in FIELDS[kind]}
    flat: dict[str, Any] = {}
    for name, value in _table(file, part, findings).items():
        if name not in known:
            where, hint = file.where(part, name), nearest_hint(name, known)
            findings.append(Finding("unknown-name", where, f"a field of {kind}", name, hint))
        elif known[name].kind != "shares":
            flat[name] = value
        elif isinstance(value, dict):
            flat.update({f"{name}.{substance}": one for substance, one in value.items()})
        else:
            expected, found = f"{name}.Ni = ...: one a substance", repr(value)
            findings.append(Finding("type", file.where(part, name), expected, found))
    return flat


def _columns(file: TomlFile, kind: str, findings: list[Finding]) -> dict[str, Column]:
    columns = {}
    for name, value in _flat(file, "columns", kind, findings).items():
        where = file.where("columns", *name.split("."))
        column = _column(value, where, findings)
        if column is None:
            continue
        columns[name] = column
        _check_column(name, column, _base(kind, name), findings)
    return columns


def _check_column(name: str, column: Column, base: str, findings: list[Finding]) -> None:
    """Findings for more columns than a field can be in, and for units where they do not belong."""
    where, is_time = column.where, name == "occurred_at"
    if len(column.columns) > (2 if is_time else 1):
        findings.append(
            Finding(
                "type",
                where,
                "one column, or date and time" if is_time else "one column",
                str(list(column.columns)),
            )
        )
    if not base and (column.unit or column.unit_column):
        findings.append(Finding("unit", where, f"no unit: {name} is no number", column.unit))
    if column.unit and column.unit_column:
        findings.append(Finding("duplicate", where, "unit or unit_column", "both"))
    if column.k != 1 and "uncertainty" not in name:
        findings.append(
            Finding("type", where, "k with uncertainties only", f"k = {column.k} of {name}")
        )
    if base and not column.unit_column:
        _check_unit(column.unit, base, where, findings)


def _base(kind: str, name: str) -> str:
    one = next(f for f in FIELDS[kind] if f.name == name.partition(".")[0])
    return BASES.get(one.kind, "")


def _check_unit(unit: str, base: str, where: str, findings: list[Finding]) -> None:
    problem = unit_problem(unit, base)
    if problem is not None:
        hint = problem[1] if unit else 'write { column = "...", unit = "kg" }'
        hint = hint.replace("kg", "%") if base == "1" and not unit else hint
        findings.append(Finding("unit", where, problem[0], unit or "none", hint))


def _column(value: Any, where: str, findings: list[Finding]) -> Column | None:
    match value:
        case str() if value:
            return Column((value,), where)
        case [*names] if names and all(isinstance(n, str) and n for n in names):
            return Column(tuple(names), where)
        case {"column": str() as name, **rest} if name and set(rest) <= {
            "unit",
            "unit_column",
            "k",
        }:
            k = _divisor(rest.get("k", 1))
            if k is not None:
                unit, unit_column = str(rest.get("unit", "")), str(rest.get("unit_column", ""))
                return Column((name,), where, unit, unit_column, k)
    findings.append(
        Finding(
            "type",
            where,
            'a column: "Name", ["Date", "Time"] or { column = "Name", unit = "kg" }',
            repr(value),
        )
    )
    return None


def _divisor(value: object) -> Decimal | None:
    try:
        k = Decimal(str(value))
    except InvalidOperation:
        return None
    return k if not isinstance(value, bool) and k.is_finite() and k > 0 else None


def _constants(
    file: TomlFile, kind: str, settings: FileSettings, findings: list[Finding]
) -> dict[str, Value]:
    plain = FileSettings(time_zone=settings.time_zone)
    constants: dict[str, Value] = {}
    for name, value in _flat(file, "constants", kind, findings).items():
        where = file.where("constants", *name.split("."))
        try:
            constants[name] = _constant(name, value, _base(kind, name), plain)
        except CellError as error:
            findings.append(Finding(error.code, where, error.expected, error.found, error.hint))
    return constants


def _constant(name: str, value: object, base: str, plain: FileSettings) -> Value:
    if name == "occurred_at":
        read = value if isinstance(value, datetime) else str(value)
        return moment([Cell(read)], plain, None)
    if not isinstance(value, str):
        raise CellError("type", "a text in quotation marks", repr(value))
    if not base:
        return value
    match = re.fullmatch(r"\s*(\S+)\s+(\S.*?)\s*", value)
    if match is None:
        raise CellError("unit", "a number and a unit, such as 20 kg", repr(value))
    return quantity(Cell(match[1]), match[2], base, plain)


def _words(file: TomlFile, kind: str, findings: list[Finding]) -> dict[str, dict[str, str]]:
    known = [f.name for f in FIELDS[kind] if f.kind == "text"]
    words: dict[str, dict[str, str]] = {}
    for name, table in _table(file, "words", findings).items():
        where = file.where("words", name)
        if name not in known:
            findings.append(
                Finding("unknown-name", where, "a field with text", name, nearest_hint(name, known))
            )
        elif not isinstance(table, dict) or not all(isinstance(w, str) for w in table.values()):
            findings.append(Finding("type", where, '"their word" = "ours"', repr(table)))
        else:
            words[name] = table
    return words
