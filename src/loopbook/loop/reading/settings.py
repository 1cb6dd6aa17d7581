"""Settings of ``case.toml``, or of the sheet ``case``, by their declarations."""

from collections.abc import Mapping
from dataclasses import MISSING, replace
from typing import TypeVar

from loopbook.errors import Finding, raise_findings
from loopbook.loop.models.model import SiteModel
from loopbook.loop.models.ours import MODELS
from loopbook.loop.nouns.row import column_of
from loopbook.loop.nouns.settings import (
    NOMINAL,
    Carbon,
    Money,
    PresentValue,
    Recycled,
    Settings,
    Switch,
)
from loopbook.loop.reading.folder import CASE, setting_texts
from loopbook.loop.reading.written import Tables
from loopbook.loop.time.calendar import Calendar, read_calendar, span_of
from loopbook.loop.values.cells import Day
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.quantity import Quantity
from loopbook.tables import Flag, ListOf, Value, add_kinds, class_place, fields_of, kinds_in_files

Record = TypeVar("Record", Money, PresentValue, Carbon, Recycled, Switch)

PARTS = (
    *("title", "as_of", "periods", "step", "plugins", "money", "npv", "carbon", "recycled"),
    "switch",
)
"""What may be set."""

STEPS = ("period", "month")


def read_settings(
    tables: Tables, switches: Mapping[str, Switch], findings: LoopFindings
) -> Settings | None:
    """Settings of a loop; None where its periods cannot be read.

    Parameters
    ----------
    tables : as they are written.
    switches : of the case.
    findings : takes the errors, at the line of the setting.
    """
    written = tables.settings
    for name in sorted(written.keys() - set(PARTS)):
        _at(tables, name, findings).unknown("a setting of a loop", name, PARTS, at=name)
    title = written.get("title")
    if not isinstance(title, str) or not title.strip():
        _at(tables, "title", findings).missing("a title", at="title")
    calendar = _calendar(tables, findings)
    money = _record(Money, "money", tables, findings)
    npv = _record(PresentValue, "npv", tables, findings) if "npv" in written else None
    carbon = _record(Carbon, "carbon", tables, findings)
    recycled = _record(Recycled, "recycled", tables, findings)
    at = _at(tables, "as_of", findings)
    as_of = _value(written["as_of"], Day(), "as_of", at) if "as_of" in written else None
    if money is not None:
        _check_money(money, calendar, tables, findings)
    if calendar is None:
        return None
    return Settings(
        title=str(title),
        calendar=calendar,
        money=money or Money(),
        npv=npv,
        carbon=carbon or Carbon(),
        recycled=recycled or Recycled(),
        as_of=as_of,
        switches=switches,
        written={
            path.replace(".", "/"): (text, tables.place(path))
            for path, text in setting_texts(written)
            if not path.startswith(("title", "switch."))
        },
    )


def _at(tables: Tables, path: str, findings: LoopFindings) -> LoopFindings:
    return findings.about(tables.place(path))


def _calendar(tables: Tables, findings: LoopFindings) -> Calendar | None:
    step = tables.settings.get("step", "period")
    if step not in STEPS:
        _at(tables, "step", findings).unknown("a step", str(step), STEPS, at="step")
    periods = _listed("periods", tables, findings)
    at = _at(tables, "periods", findings)
    return None if periods is None else read_calendar(periods, at, monthly=step == "month")


def _listed(name: str, tables: Tables, findings: LoopFindings) -> list[str] | None:
    """A setting that is a list, or one part alone; None with a finding."""
    written = tables.settings.get(name, [])
    if isinstance(written, (str, int, list)):
        return [*map(str, written if isinstance(written, list) else [written])]
    return _at(tables, name, findings).refuse(
        "type", f"a list of {name}", repr(written)[:60], at=name
    )


def _record(kind: type[Record], path: str, tables: Tables, findings: LoopFindings) -> Record | None:
    """A part of the settings, or a part of one by its path; None with its findings."""
    first, _, rest = path.partition(".")
    written: Value = tables.settings.get(first, {})
    written = written[rest] if rest else written
    if not isinstance(written, dict):
        return _at(tables, path, findings).refuse(
            "type", "a table of settings", repr(written)[:60], at=path
        )
    before, values = len(findings), {}
    fields = {column_of(x.name): x for x in fields_of(kind) if x.meaning}
    for name in sorted(written.keys() - fields.keys()):
        at = _at(tables, f"{path}.{name}", findings)
        at.unknown(f"a setting of {path}", name, fields, at=f"{path}.{name}")
    for name, field in fields.items():
        at = _at(tables, f"{path}.{name}", findings)
        if name in written:
            values[field.name] = _value(written[name], field.type, f"{path}.{name}", at)
        elif field.default is MISSING:
            at.missing(f"{path}.{name}", at=f"{path}.{name}")
    return None if len(findings) > before else kind(**values)


def _value(written: object, kind: Value, at: str, findings: LoopFindings) -> Value:
    if isinstance(kind, Flag | ListOf):
        value = kind.read(written, at, findings)
    elif isinstance(written, (str, int)) and not isinstance(written, bool):
        value = kind.read(str(written), at, findings)
    else:
        return findings.refuse("type", "a text in quotes", str(written), at=at)
    if isinstance(value, Quantity):
        return replace(value, address=f"{CASE}/{at.replace('.', '/')}")
    return None if value is None else kind.check(value, at, findings)


def read_switches(
    tables: Tables, chosen: Mapping[str, bool], findings: LoopFindings
) -> dict[str, Switch]:
    """Switches of a case by name, each with whether it is on.

    Parameters
    ----------
    tables : as they are written.
    chosen : those that one run turns on or off.
    findings : takes the errors.
    """
    written = tables.settings.get("switch", {})
    if not isinstance(written, dict):
        at = _at(tables, "switch", findings)
        at.note("type", '[switch."NAME"] tables', repr(written)[:60], at="switch")
        return {}
    switches = {}
    for name in written:
        switch = _record(Switch, f"switch.{name}", tables, findings)
        if switch is not None:
            on = chosen.get(name, switch.default)
            switches[name] = replace(switch, on=on, where=tables.place(f"switch.{name}"))
    for name, is_on in chosen.items():
        at = findings.about("--switch" if is_on else "--without")
        at.check_known("a switch of the case", name, written)
    return switches


def read_plugins(tables: Tables, findings: LoopFindings) -> dict[str, type[SiteModel]]:
    """Our site models, and those of the Python files that the case names."""
    files, at = _listed("plugins", tables, findings) or [], _at(tables, "plugins", findings)
    known = {name: path for name, path in tables.files.items() if path.suffix == ".py"}
    for name in files:
        at.check_known("a Python file beside the tables", name, known, at="plugins")
    paths = [known[name] for name in files if name in known]
    models, errors = dict(MODELS), list[Finding]()
    own = kinds_in_files(paths, SiteModel, errors)
    add_kinds(models, own, "model", errors)
    for model in own:
        if model.run is SiteModel.run:
            remedy = "write run(self, feed, orders, now) in it; it returns an Outcome"
            finding = Finding("plugin", class_place(model), "a class with run()", "none", remedy)
            errors.append(finding)
    raise_findings(errors)
    return models


def _check_money(
    money: Money, calendar: Calendar | None, tables: Tables, findings: LoopFindings
) -> None:
    if money.year != NOMINAL and not (money.year.isdecimal() and len(money.year) == 4):
        at = _at(tables, "money.year", findings)
        at.note("year", "a year or nominal", money.year, at="money.year")
    start = span_of(money.from_) if money.from_ else None
    at = _at(tables, "money.from", findings)
    if money.from_ and start is None:
        at.note("period", "a period", money.from_, at="money.from")
    elif start and calendar and start.first not in calendar.span:
        at.note("period", f"a period within {calendar.span.name}", money.from_, at="money.from")
