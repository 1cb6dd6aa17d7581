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
from typing import Annotated

import numpy as np

from loopbook.errors import Findings, InputError, raise_findings
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.units.catalogue import known_kinds
from loopbook.flowsheet.units.reaction.stoichiometry import Reaction
from loopbook.flowsheet.units.unit import Amount, Unit, Value
from loopbook.flowsheet.wiring import SECTIONS, with_place
from loopbook.matter import Component, ComponentSet, borrowed_name, component_names, components
from loopbook.tables import FieldType, RecordOf, TomlFile, fields_of, parse_toml, read_toml


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
    any_feed: bool = False


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


# ---- writing ----


def to_toml(flowsheet: Flowsheet) -> str:
    """Write a flowsheet as TOML; reading it back gives the same flowsheet."""
    import tomli_w

    basis = flowsheet.components
    head = _Head(
        name=flowsheet.name,
        components=basis.names,
        atomic_weights=basis.weights,
        plugins=flowsheet.plugins,
        any_feed=flowsheet.any_feed,
    )
    own = {c.name: _without_name(c) for c in basis.items if not _in_library(c, basis)}
    document = {
        "flowsheet": _plain(head),
        **({"components": own} if own else {}),
        "feeds": {
            name: {"unit": feed.unit, "flow": _plain(feed.flow)}
            for name, feed in flowsheet.feeds.items()
        },
        "units": {name: _unit_table(flowsheet, name) for name in flowsheet.placed},
    }
    return tomli_w.dumps(document)


def _in_library(component: Component, basis: ComponentSet) -> bool:
    if component.name not in component_names():
        return False
    return components(component.name, weights=basis.weights).items[0] == component


def _unit_table(flowsheet: Flowsheet, name: str) -> dict[str, object]:
    place = flowsheet.placed[name]
    inlets = {p: names[0] if len(names) == 1 else list(names) for p, names in place.ins.items()}
    supplies = {p: s for p, s in place.supplies.items() if s != f"{name} {p}"}
    streams = {**inlets, **place.outs, **supplies}
    return {"kind": place.unit.kind, "streams": streams, **_without_name(place.unit)}


def _without_name(record: object) -> dict[str, object]:
    """Fields of a record whose name is that of its table; those at default are left out."""
    values = {f.name: (getattr(record, f.name), f.default) for f in fields_of(type(record))}
    return {
        name: _plain(value)
        for name, (value, default) in values.items()
        if name != "name" and not _same(value, default)
    }


def _plain(value: object) -> object:
    """Tables, lists, numbers and text only; of a record, the fields that are not at default."""
    if isinstance(value, Reaction):
        return str(value)
    if dataclasses.is_dataclass(value):
        name = {"name": value.name} if isinstance(value, _Head) else {}
        return name | _without_name(value)
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _same(value: object, default: object) -> bool:
    """Whether a value is the default; an array never is."""
    return value is default or (type(value) is type(default) and bool(value == default))


# ---- reading ----


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


def _build(file: TomlFile, own_kinds: Sequence[type[Unit]], folder: Path) -> Flowsheet:
    findings, flowsheet = Findings(), None
    sections = ("flowsheet", *SECTIONS.values())
    for key in file.data:
        findings.check_known("a section of a flowsheet", key, sections, at=file.where(key))
    written, top = file.data.get("flowsheet", {}), Findings("flowsheet", findings.items)
    head = RecordOf[Findings](_Head).read(written, "", top)
    own: dict[str, Component] = {}
    for name, table, inside in _tables(file, "component", findings):
        values = RecordOf[Findings](_OwnComponent).read(table, "", inside)
        with _collected(findings):
            own |= {name: _own(name, values, head)} if values else {}
    if head is not None and not head.components:
        top.missing("a list of components", at="components")
    if not findings:
        with _collected(findings, at="flowsheet, "):
            names = (own.get(name, name) for name in head.components)
            basis = components(*names, weights=head.atomic_weights)
            name = head.name or file.name
            flowsheet = Flowsheet(
                name, basis, source=file, plugins=head.plugins, any_feed=head.any_feed
            )
    if flowsheet is not None:
        with _collected(findings):
            _fill(flowsheet, file, own_kinds, folder)
    raise_findings(with_place(f, file) for f in findings)
    assert flowsheet is not None
    return flowsheet


def _own(name: str, values: _OwnComponent, head: _Head | None) -> Component:
    """A component of the file; it may not have the name of other matter in the library."""
    component = Component(name, **vars(values))
    raise_findings(borrowed_name(component, None if head is None else head.atomic_weights))
    return component


def _fill(
    flowsheet: Flowsheet, file: TomlFile, own_kinds: Sequence[type[Unit]], folder: Path
) -> None:
    """Add feeds and units; raises all findings at once."""
    files = [folder / name for name in flowsheet.plugins]
    kinds = known_kinds(files, own_kinds, where="flowsheet, plugins")
    findings = Findings()
    for name, table, inside in _tables(file, "feed", findings):
        feed = RecordOf[Findings](_FeedTable).read(table, "", inside)
        with _collected(findings):
            if feed is not None:
                flowsheet.feed(name, feed.flow, unit=feed.unit)
    for name, table, inside in _tables(file, "unit", findings):
        first = {k: v for k, v in table.items() if k in ("kind", "streams")}
        place = RecordOf[Findings](_Place).read(first, "", inside)
        if place is None:
            continue
        if place.kind not in kinds:
            inside.unknown("a kind of unit operation", place.kind, kinds, at="kind")
            continue
        if "name" in table:
            inside.note("duplicate", "the name of the table", "a name", at="name")
        parameters = {k: v for k, v in table.items() if k not in first} | {"name": name}
        unit = RecordOf[Findings](kinds[place.kind]).read(parameters, "", inside)
        with _collected(findings):
            if unit is not None:
                flowsheet.add(unit, **place.streams)
    findings.raise_all()


def _tables(
    file: TomlFile, label: str, findings: Findings
) -> Iterator[tuple[str, dict[str, object], Findings]]:
    """Tables of a section by name, each with the findings about it."""
    section = SECTIONS[label]
    tables = file.data.get(section, {})
    if not isinstance(tables, dict):
        findings.note("type", "a table", type(tables).__name__, at=file.where(section))
        return
    for name, table in tables.items():
        inside = Findings(f"{label} {name}", findings.items)
        if isinstance(table, dict):
            yield name, table, inside
        else:
            inside.note("type", "a table", type(table).__name__)


@contextmanager
def _collected(findings: Findings, at: str = "") -> Iterator[None]:
    """Add the findings of an `InputError` to others, and go on."""
    try:
        yield
    except InputError as error:
        findings.items += [replace(f, where=at + f.where) for f in error.findings]
