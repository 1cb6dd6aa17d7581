"""Flowsheets as TOML: what Python builds and what a file says are the same thing.

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

Components that the library does not have stand under ``[components.NAME]`` with ``formula`` or
``shares`` and ``phase``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from loopbook.errors import Finding, InputError, nearest_hint, raise_findings
from loopbook.flowsheet.model import Flowsheet
from loopbook.flowsheet.units.reaction import (
    Crystalliser,
    Dose,
    HeatTreatment,
    Leach,
    OffGasTreatment,
    Precipitation,
    Reactor,
)
from loopbook.flowsheet.units.separation import (
    AirClassifier,
    Dryer,
    EddyCurrentSeparator,
    Filter,
    MagneticSeparator,
    Mixer,
    Shredder,
    Sieve,
    SolventExtraction,
    Splitter,
)
from loopbook.flowsheet.units.unit import Unit
from loopbook.matter import Component, ComponentSet, component_names, components
from loopbook.tables.toml_places import TomlFile, parse_toml, read_toml

KINDS: Mapping[str, type[Unit]] = {
    unit.kind: unit
    for unit in (
        AirClassifier,
        Crystalliser,
        Dryer,
        EddyCurrentSeparator,
        Filter,
        HeatTreatment,
        Leach,
        MagneticSeparator,
        Mixer,
        OffGasTreatment,
        Precipitation,
        Reactor,
        Shredder,
        Sieve,
        SolventExtraction,
        Splitter,
    )
}
"""Unit operations that a file can name."""


def to_toml(flowsheet: Flowsheet) -> str:
    """Write a flowsheet as TOML; reading it back gives the same flowsheet."""
    import tomli_w

    basis = flowsheet.components
    head: dict[str, Any] = {"name": flowsheet.name, "components": list(basis.names)}
    if basis.weights is not None:
        head["atomic_weights"] = dict(basis.weights)
    own = {c.name: _component_table(c) for c in basis.items if not _in_library(c, basis)}
    feeds = {
        name: {"unit": feed.unit, "flow": _plain(feed.flow)}
        for name, feed in flowsheet.feeds.items()
    }
    units = {name: _unit_table(flowsheet, name) for name in flowsheet.placed}
    document: dict[str, Any] = {"flowsheet": head}
    if own:
        document["components"] = own
    return tomli_w.dumps({**document, "feeds": feeds, "units": units})


def read_flowsheet(path: str | Path, *, kinds: Sequence[type[Unit]] = ()) -> Flowsheet:
    """Read a flowsheet file; see `from_toml`."""
    return _build(read_toml(Path(path)), kinds)


def from_toml(text: str, *, kinds: Sequence[type[Unit]] = ()) -> Flowsheet:
    """Read a flowsheet from TOML text.

    Parameters
    ----------
    kinds : unit operations of your own that the text may name by their `kind`.

    Raises
    ------
    InputError
        All findings at once, each with its line.
    """
    return _build(parse_toml(text, "flowsheet.toml"), kinds)


def _in_library(component: Component, basis: ComponentSet) -> bool:
    if component.name not in component_names():
        return False
    return components(component.name, weights=basis.weights).items[0] == component


def _component_table(component: Component) -> dict[str, Any]:
    table: dict[str, Any] = {"phase": component.phase}
    if component.formula is not None:
        table["formula"] = component.formula
    if component.shares is not None:
        table["shares"] = dict(component.shares)
    if component.molar_mass is not None:
        table["molar_mass"] = component.molar_mass
    return table


def _unit_table(flowsheet: Flowsheet, name: str) -> dict[str, Any]:
    place = flowsheet.placed[name]
    streams: dict[str, Any] = {
        port: names[0] if len(names) == 1 else list(names) for port, names in place.ins.items()
    }
    streams |= dict(place.outs)
    streams |= {p: s for p, s in place.supplies.items() if s != f"{name} {p}"}
    table: dict[str, Any] = {"kind": place.unit.kind, "streams": streams}
    for field in dataclasses.fields(cast(Any, place.unit)):
        value = getattr(place.unit, field.name)
        if field.name != "name" and not _is_default(field, value):
            table[field.name] = _plain(value)
    return table


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return field.default is not dataclasses.MISSING and value is field.default


def _plain(value: Any) -> Any:
    """Tables, lists, numbers and text only."""
    if isinstance(value, Dose):
        given = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return {
            k: _plain(v) for k, v in given.items() if v is not None and v != {} and v is not False
        }
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, (bool, int, float, str)) else str(value)


def _build(file: TomlFile, own_kinds: Sequence[type[Unit]]) -> Flowsheet:
    findings: list[Finding] = []
    _unknown(file, (), {"flowsheet", "components", "feeds", "units"}, findings)
    head = _table(file, ("flowsheet",), findings)
    _unknown(file, ("flowsheet",), {"name", "components", "atomic_weights"}, findings)
    basis = _components(file, head, findings)
    raise_findings(findings)
    assert basis is not None
    flowsheet = Flowsheet(str(head.get("name", file.name)), basis)
    for name in _table(file, ("feeds",), findings):
        _add_feed(flowsheet, file, name, findings)
    kinds = {**KINDS, **{k.kind: k for k in own_kinds}}
    for name in _table(file, ("units",), findings):
        _add_unit(flowsheet, file, (name, kinds), findings)
    raise_findings(findings)
    flowsheet.origin = _origin(file, flowsheet)
    return flowsheet


def _origin(file: TomlFile, flowsheet: Flowsheet) -> dict[str, str]:
    """``file:line`` of every unit, parameter and feed, by the way findings name them."""
    origin = {}
    for name, place in flowsheet.placed.items():
        origin[f"unit {name}"] = file.where("units", name)
        for field in dataclasses.fields(cast(Any, place.unit)):
            origin[f"unit {name}, {field.name}"] = file.where("units", name, field.name)
    for name in flowsheet.feeds:
        origin[f"feed {name}"] = file.where("feeds", name)
    return origin


def _table(file: TomlFile, path: tuple[str, ...], findings: list[Finding]) -> dict[str, Any]:
    value: Any = file.data
    for key in path:
        value = value.get(key, {}) if isinstance(value, dict) else None
    if isinstance(value, dict):
        return value
    findings.append(Finding("type", file.where(*path), "a table", type(value).__name__))
    return {}


def _unknown(
    file: TomlFile, path: tuple[str, ...], known: set[str], findings: list[Finding]
) -> None:
    for key in _table(file, path, findings):
        if key not in known:
            hint = nearest_hint(key, known)
            want = "one of " + ", ".join(sorted(known))
            findings.append(Finding("unknown-name", file.where(*path, key), want, key, hint))


def _components(
    file: TomlFile, head: dict[str, Any], findings: list[Finding]
) -> ComponentSet | None:
    own: dict[str, Any] = {}
    for name, table in _table(file, ("components",), findings).items():
        _unknown(file, ("components", name), {"formula", "shares", "phase", "molar_mass"}, findings)
        own[name] = _placed(
            lambda n=name, t=table: Component(n, **t), file.where("components", name), findings
        )
    names = head.get("components")
    if not isinstance(names, list) or not names:
        where = file.where("flowsheet", "components")
        findings.append(Finding("missing", where, "a list of components", repr(names)))
        return None
    if findings:
        return None
    given: list[Any] = [own.get(n, n) for n in names]
    where = file.where("flowsheet", "components")
    made: ComponentSet | None = _placed(
        lambda: components(*given, weights=head.get("atomic_weights")), where, findings
    )
    return made


def _placed(make: Any, where: str, findings: list[Finding]) -> Any:
    """Call, and give every finding of an `InputError` its place in the file."""
    try:
        return make()
    except InputError as error:
        findings += [
            Finding(f.code, f"{where}: {f.where}", f.expected, f.found, f.hint, f.difference)
            for f in error.findings
        ]
    except (TypeError, AttributeError) as error:
        findings.append(Finding("type", where, "a value of the right kind", str(error)))
    return None


def _add_feed(flowsheet: Flowsheet, file: TomlFile, name: str, findings: list[Finding]) -> None:
    where = file.where("feeds", name)
    table = _table(file, ("feeds", name), findings)
    _unknown(file, ("feeds", name), {"unit", "flow"}, findings)
    flow = _table(file, ("feeds", name, "flow"), findings)
    _placed(lambda: flowsheet.feed(name, flow, unit=table.get("unit")), where, findings)


def _add_unit(
    flowsheet: Flowsheet,
    file: TomlFile,
    what: tuple[str, Mapping[str, type[Unit]]],
    findings: list[Finding],
) -> None:
    name, kinds = what
    where = file.where("units", name)
    table = dict(_table(file, ("units", name), findings))
    kind = kinds.get(str(table.pop("kind", "")))
    if kind is None:
        found = str(file.data["units"][name].get("kind", "none"))
        hint = nearest_hint(found, kinds)
        findings.append(Finding("unknown-name", where, "a kind of unit operation", found, hint))
        return
    streams = table.pop("streams", {})
    make: Any = kind
    fields = {f.name: f for f in dataclasses.fields(make) if f.name != "name"}
    _unknown(file, ("units", name), {*fields, "kind", "streams"}, findings)
    missing = [
        n
        for n, f in fields.items()
        if n not in table
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    findings += [Finding("missing", where, f"parameter {n}", "none") for n in missing]
    if missing or any(k not in fields for k in table):
        return
    if "doses" in table:
        table["doses"] = tuple(
            _placed(lambda d=d: Dose(**d), where, findings) for d in table["doses"]
        )
    for key in ("reactions", "equipment"):
        if key in table:
            table[key] = tuple(table[key])
    unit = _placed(lambda: make(name, **table), where, findings)
    if unit is not None:
        _placed(lambda: flowsheet.add(unit, **streams), where, findings)
