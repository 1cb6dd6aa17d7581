"""Reading ``case.toml``: settings with the line of each, every mistake at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loopbook.cases.folder.reading import (
    YEARS_KNOWN,
    Context,
    decode,
    provenance_findings,
    sensible,
    share,
)
from loopbook.cases.folder.schema import PROVENANCE, SETTINGS, SOURCED, Setting
from loopbook.errors import Finding, InputError, nearest_hint
from loopbook.tables import TomlFile, parse_quantity, parse_toml


@dataclass(frozen=True, slots=True)
class SettingValue:
    """A setting that is there: its value, the line of it, and provenance where it is a number."""

    value: Any
    line: int
    unit: str = ""
    provenance: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """All good settings by dotted path; array tables by number: ``owner.0.share``."""

    values: Mapping[str, SettingValue]

    def get(self, path: str, default: Any = None) -> Any:
        """Value of a setting, or the default."""
        found = self.values.get(path)
        return default if found is None else found.value

    def names(self, table: str) -> list[str]:
        """Names or numbers under a table, in order of the file."""
        inside = (p.split(".")[1] for p in self.values if p.startswith(table + "."))
        return list(dict.fromkeys(inside))


def read_settings(path: Path, context: Context) -> Settings:
    """Settings of a ``case.toml``; everything wrong goes to the context's findings."""
    text = decode(path, context)
    if text is None:
        return Settings({})
    try:
        document = parse_toml(text, path.name)
    except InputError as error:
        context.findings.extend(error.findings)
        return Settings({})
    reader = _Reader(document, context)
    reader.table("", document.data)
    return Settings(reader.values)


class _Reader:
    """Walks the document beside `SETTINGS`; holds what it found."""

    __slots__ = ("context", "document", "values")

    def __init__(self, document: TomlFile, context: Context) -> None:
        self.document, self.context = document, context
        self.values: dict[str, SettingValue] = {}

    def where(self, path: str) -> str:
        parts = (int(part) if part.isdecimal() else part for part in path.split("."))
        return self.document.where(*parts)

    def line(self, path: str) -> int:
        return int(self.where(path).rpartition(":")[2])

    def table(self, path: str, found: Mapping[str, Any], schema: str = "") -> None:
        """Read one table: settings, and at the top the tables under it."""
        known = SETTINGS[schema]
        tables = [name for name in SETTINGS if name] if not schema else []
        for name, value in found.items():
            inner = f"{path}.{name}" if path else name
            if name in known:
                self.setting(inner, value, known[name], found)
            elif name in tables:
                self.subtable(name, value)
            elif not (schema == "owner" and name in PROVENANCE):
                hint = nearest_hint(name, [*known, *tables])
                self.context.note("unknown-name", self.where(inner), "a setting", inner, hint=hint)
        for name in [*known, *(t for t in tables if t not in {"owner", "switch"})]:
            if name not in found and (name not in known or known[name].required):
                inner = f"{path}.{name}" if path else name
                self.context.note("missing", self.where(path), f"a setting {inner}", "none")

    def subtable(self, name: str, value: Any) -> None:
        inner: dict[str, Any]
        if name == "owner":
            inner = {str(i): v for i, v in enumerate(value)} if isinstance(value, list) else {}
        elif name == "switch":
            inner = value if isinstance(value, dict) else {}
        else:
            inner = {"": value}
        if not inner or not all(isinstance(v, dict) for v in inner.values()):
            hint = "owner is [[owner]], switch is [switch.NAME], the others are [NAME]"
            self.context.note(
                "toml", self.where(name), f"a table {name}", repr(value)[:40], hint=hint
            )
            return
        for part, table in inner.items():
            self.table(f"{name}.{part}" if part else name, table, name)

    def setting(self, path: str, value: Any, spec: Setting, table: Mapping[str, Any]) -> None:
        provenance: Mapping[str, str] | None = None
        line = self.line(path)
        if spec.what in {"quantity", "sourced year"}:
            if not isinstance(value, dict):
                hint = f"write [{path}] with value, source_id, page, grade, note under it"
                self.context.note(
                    "source", self.where(path), "a table with its source", repr(value), hint=hint
                )
                return
            provenance = self.provenance(path, value, sourced=True)
            line = self.line(f"{path}.value")
            value = value.get("value")
            path_of_value = f"{path}.value"
        else:
            path_of_value = path
            if spec.what == "share":
                provenance = self.provenance(path, table, sourced=False)
        good = self.check(value, spec, self.where(path_of_value))
        if good is not None:
            unit = spec.unit or ("1" if spec.what == "share" else "")
            self.values[path] = SettingValue(good, line, unit, provenance)

    def provenance(
        self, path: str, table: Mapping[str, Any], *, sourced: bool
    ) -> Mapping[str, str]:
        row = {name: str(table.get(name, "")) for name in PROVENANCE}
        provenance_findings(row, self.where(path), self.context)
        for name in table if sourced else ():
            if name not in SOURCED:
                hint = nearest_hint(name, SOURCED)
                where = self.where(f"{path}.{name}")
                self.context.note("unknown-name", where, ", ".join(SOURCED), name, hint=hint)
        return row

    def check(self, value: Any, spec: Setting, where: str) -> Any:
        """The value in the wanted unit, or None with a finding."""
        match spec.what:
            case "text":
                if not isinstance(value, str) or not value.strip():
                    self.context.note("text", where, "text in quotes", repr(value))
                elif spec.choices and value not in spec.choices:
                    hint = nearest_hint(value, spec.choices)
                    expected = " or ".join(spec.choices)
                    self.context.note("unknown-name", where, expected, value, hint=hint)
                else:
                    return value
            case "flag":
                if isinstance(value, bool):
                    return value
                self.context.note("text", where, "true or false", repr(value))
            case "year" | "sourced year":
                if type(value) is int and YEARS_KNOWN[0] <= value <= YEARS_KNOWN[1]:
                    return value
                self.context.note(
                    "year", where, f"a year {YEARS_KNOWN[0]}..{YEARS_KNOWN[1]}", repr(value)
                )
            case "share":
                number = self.number(value, where)
                return None if number is None else share(number, where, self.context)
            case "quantity":
                return self.quantity(value, spec.unit, where)
        return None

    def number(self, value: Any, where: str) -> float | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.context.note("number", where, "a number", repr(value))
        else:
            return sensible(float(value), where, self.context)
        return None

    def quantity(self, value: Any, unit: str, where: str) -> float | None:
        if not isinstance(value, str):
            hint = f'write it with its unit, in quotes, such as "100 {unit}"'
            self.context.note("unit", where, f"a number and {unit}", repr(value), hint=hint)
            return None
        try:
            number = parse_quantity(value, unit, where=where)
        except InputError as error:
            self.context.findings.extend(
                Finding(f.code, where, f.expected, f.found, f.hint) for f in error.findings
            )
            return None
        if number == 0.0:
            self.context.note("negative", where, f"above 0 {unit}", value)
            return None
        return self.number(number, where)
