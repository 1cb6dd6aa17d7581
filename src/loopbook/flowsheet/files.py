"""Flowsheets as TOML: a file and a program build the same flowsheet.

```toml
[flowsheet]
name = "sieve"
components = ["graphite", "copper"]

[feeds.scrap]
unit = "kg/h"
flow = { graphite = 600.0, copper = 400.0 }

[units.sieve]
kind = "sieve"
streams = { feed = "scrap", undersize = "black mass", oversize = "foil" }
to_undersize = { graphite = 0.95, copper = 0.05 }
```

Components that the library does not have are under ``[components.NAME]`` with ``formula`` or
``shares`` and ``phase``. Unit operations of your own come from installed packages, or from the
Python files that ``plugins = ["sifter.py"]`` under ``[flowsheet]`` names.
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from loopbook.errors import Findings, InputError, raise_findings
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.units.catalogue import known_kinds
from loopbook.flowsheet.units.parameters import Amount, Value
from loopbook.flowsheet.units.reaction.stoichiometry import Reaction
from loopbook.flowsheet.units.unit import Unit
from loopbook.flowsheet.wiring import with_place
from loopbook.matter import Component, ComponentSet, component_names, components
from loopbook.tables import (
    FieldType,
    TomlFile,
    fields_of,
    kinds_in_files,
    parse_toml,
    read_fields,
    read_toml,
)

_SECTIONS = ("flowsheet", "components", "feeds", "units")


@dataclass(frozen=True)
class _Figure(FieldType[Findings]):
    """A number that is written as one."""

    words: str = "a number"

    def read(self, written: object, at: str, findings: Findings) -> object:
        """The number."""
        return self.expect(type(written) in (int, float), written, at, findings)


@dataclass(frozen=True)
class _Stream(FieldType[Findings]):
    """The name of a stream, or a list of names."""

    words: str = "the name of a stream, or a list of names"

    def read(self, written: object, at: str, findings: Findings) -> object:
        """The name or names."""
        names = written if isinstance(written, list) else [written]
        return self.expect(all(isinstance(n, str) for n in names), written, at, findings)


@dataclass(frozen=True, kw_only=True)
class _Head:
    """Table ``flowsheet``."""

    name: str = ""
    components: tuple[str, ...]
    atomic_weights: Mapping[str, Annotated[float, _Figure()]] | None = None
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _OwnComponent:
    """Table ``components.NAME``."""

    formula: str | None = None
    shares: Mapping[str, Annotated[float, _Figure()]] | None = None
    phase: str = "solid"
    molar_mass: Annotated[float | None, _Figure()] = None


@dataclass(frozen=True, kw_only=True)
class _FeedTable:
    """Table ``feeds.NAME``; `Flowsheet.feed` checks unit and numbers."""

    unit: str = ""
    flow: Mapping[str, Annotated[Value, Amount()]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class _Place:
    """Kind and streams in table ``units.NAME``."""

    kind: str
    streams: Mapping[str, Annotated[str | list[str], _Stream()]] = field(default_factory=dict)


def to_toml(flowsheet: Flowsheet) -> str:
    """Write a flowsheet as TOML; reading it back gives the same flowsheet."""
    import tomli_w

    basis = flowsheet.components
    head = _Head(
        name=flowsheet.name,
        components=basis.names,
        atomic_weights=basis.weights,
        plugins=flowsheet.plugins,
    )
    document = {"flowsheet": _plain(head)}
    own = {c.name: c for c in basis.items if not _in_library(c, basis)}
    if own:
        document["components"] = _plain(own)
        for name in own:
            del document["components"][name]["name"]
    document["feeds"] = {
        name: {"unit": feed.unit, "flow": _plain(feed.flow)}
        for name, feed in flowsheet.feeds.items()
    }
    document["units"] = {name: _unit_table(flowsheet, name) for name in flowsheet.placed}
    return tomli_w.dumps(document)


def read_flowsheet(path: str | Path, *, kinds: Sequence[type[Unit]] = ()) -> Flowsheet:
    """Read a flowsheet file; see `from_toml`. Its plugins are beside it."""
    return _build(read_toml(Path(path)), kinds, Path(path).parent)


def from_toml(text: str, *, kinds: Sequence[type[Unit]] = ()) -> Flowsheet:
    """Read a flowsheet from TOML text.

    Parameters
    ----------
    kinds : unit operations of your own that the text may name, beside ours, those of installed
        packages and those of the files in its ``plugins``.

    Raises
    ------
    InputError
        All findings at once, each with its line.
    """
    return _build(parse_toml(text, "flowsheet.toml"), kinds, Path())


def _in_library(component: Component, basis: ComponentSet) -> bool:
    if component.name not in component_names():
        return False
    return components(component.name, weights=basis.weights).items[0] == component


def _unit_table(flowsheet: Flowsheet, name: str) -> dict[str, Any]:
    place = flowsheet.placed[name]
    streams: dict[str, Any] = {
        port: names[0] if len(names) == 1 else list(names) for port, names in place.ins.items()
    }
    streams |= dict(place.outs)
    streams |= {p: s for p, s in place.supplies.items() if s != f"{name} {p}"}
    fields: dict[str, Any] = _plain(place.unit)
    del fields["name"]
    return {"kind": place.unit.kind, "streams": streams, **fields}


def _plain(value: Any) -> Any:
    """Tables, lists, numbers and text only; of a record, the fields that are not at default."""
    if isinstance(value, Reaction):
        return str(value)
    if dataclasses.is_dataclass(value):
        fields = ((f, getattr(value, f.name)) for f in fields_of(type(value)))
        return {f.name: _plain(one) for f, one in fields if not _same(one, f.default)}
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _same(value: object, default: object) -> bool:
    """Whether a value is the default; an array never is."""
    return value is default or (type(value) is type(default) and bool(value == default))


def _build(file: TomlFile, own_kinds: Sequence[type[Unit]], folder: Path) -> Flowsheet:
    findings, origin = Findings(), _origin(file)
    for key in file.data:
        if key not in _SECTIONS:
            findings.unknown("a section of a flowsheet", key, _SECTIONS, at=file.where(key))
    head = _read(_Head, file.data.get("flowsheet", {}), "flowsheet", findings)
    own: dict[str, Component] = {}
    for name, table in _tables(file, "components", findings):
        values = _read(_OwnComponent, table, f"component {name}", findings)
        with _collected(findings):
            own |= {} if values is None else {name: Component(name, **values)}
    if head is not None and not head["components"]:
        findings.missing("a list of components", at="flowsheet, components")
    flowsheet = None
    if head is not None and not findings:
        basis = _basis(head, own, findings)
        plugins = tuple(head.get("plugins", ()))
        with _collected(findings):
            flowsheet = Flowsheet(
                head.get("name", file.name), basis, origin=origin, plugins=plugins
            )
            _fill(flowsheet, file, own_kinds, folder)
    raise_findings(with_place(f, origin) for f in findings)
    assert flowsheet is not None
    return flowsheet


def _basis(
    head: Mapping[str, Any], own: Mapping[str, Component], findings: Findings
) -> ComponentSet:
    """The flowsheet's components; empty after a finding."""
    try:
        names = (own.get(name, name) for name in head["components"])
        return components(*names, weights=head.get("atomic_weights"))
    except InputError as error:
        for f in error.findings:
            place = "flowsheet, components." + f.where.removeprefix("components ")
            findings.items.append(replace(f, where=place))
        return components()


def _fill(
    flowsheet: Flowsheet, file: TomlFile, own_kinds: Sequence[type[Unit]], folder: Path
) -> None:
    """Add feeds and units; raises all findings at once."""
    files = [folder / name for name in flowsheet.plugins]
    kinds = known_kinds()
    plugins = kinds_in_files(files, Unit, where="flowsheet, plugins")
    kinds |= {kind.kind: kind for kind in (*plugins, *own_kinds)}
    findings = Findings()
    for name, table in _tables(file, "feeds", findings):
        values = _read(_FeedTable, table, f"feed {name}", findings)
        with _collected(findings):
            if values is not None:
                flowsheet.feed(name, values.get("flow", {}), unit=values.get("unit"))
    for name, table in _tables(file, "units", findings):
        where = f"unit {name}"
        place = {k: v for k, v in table.items() if k in ("kind", "streams")}
        values = _read(_Place, place, where, findings)
        if values is None:
            continue
        kind = kinds.get(values["kind"])
        if kind is None:
            findings.unknown("a kind of unit operation", values["kind"], kinds, at=f"{where}, kind")
            continue
        fields = {k: v for k, v in table.items() if k not in place}
        if "name" in fields:
            findings.note("duplicate", "the name of the table", "a name", at=f"{where}, name")
        parameters = _read(kind, {**fields, "name": name}, where, findings)
        with _collected(findings):
            if parameters is not None:
                flowsheet.add(kind(**parameters), **values.get("streams", {}))
    findings.raise_all()


def _tables(file: TomlFile, section: str, findings: Findings) -> Iterator[tuple[str, Any]]:
    tables = file.data.get(section, {})
    if isinstance(tables, dict):
        yield from tables.items()
    else:
        findings.note("type", "a table", type(tables).__name__, at=file.where(section))


def _read(record: type, table: Any, where: str, findings: Findings) -> dict[str, Any] | None:
    """Declared fields of a table; None after a finding."""
    if isinstance(table, dict):
        return read_fields(record, table, Findings(where, findings.items))
    findings.note("type", "a table", type(table).__name__, at=where)
    return None


def _origin(file: TomlFile) -> dict[str, str]:
    """``file:line`` of every table and key, by the way findings name them."""
    labels = {"units": "unit", "feeds": "feed", "components": "component"}
    tables: dict[str, tuple[tuple[str, ...], Any]] = {
        "flowsheet": (("flowsheet",), file.data.get("flowsheet"))
    }
    for section, label in labels.items():
        inside = file.data.get(section)
        for name, table in inside.items() if isinstance(inside, dict) else ():
            tables[f"{label} {name}"] = ((section, name), table)
    origin = {}
    for where, (path, table) in tables.items():
        origin[where] = file.where(*path)
        for key in table if isinstance(table, dict) else ():
            origin[f"{where}, {key}"] = file.where(*path, key)
    return origin


@contextmanager
def _collected(findings: Findings) -> Iterator[None]:
    """Add the findings of an `InputError` to others, and go on."""
    try:
        yield
    except InputError as error:
        findings.items += error.findings
