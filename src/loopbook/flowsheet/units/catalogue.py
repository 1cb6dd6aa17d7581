"""The catalogue of unit operations in words, made from their declarations."""

import inspect
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING

from loopbook.errors import Findings
from loopbook.flowsheet.units.ours import KINDS
from loopbook.flowsheet.units.reaction.dose import Dose
from loopbook.flowsheet.units.unit import Unit
from loopbook.tables import Field, fields_of, installed_kinds

GROUP = "loopbook.units"
"""Entry point group under which installed packages register unit operations."""


def known_kinds() -> dict[str, type[Unit]]:
    """Our unit operations and those of installed packages, by kind."""
    return KINDS | {unit.kind: unit for unit in installed_kinds(GROUP, Unit)}


def unit_kinds() -> dict[str, str]:
    """One line for each unit operation, by kind: ours and those of installed packages.

    >>> unit_kinds()["sieve"]
    'Screening: undersize = to_undersize * feed per component; black mass is undersize.'
    """
    return {
        name: re.sub(r"\s+", " ", _law(kind).split("\n\n")[0]).replace("``", "")
        for name, kind in sorted(known_kinds().items())
    }


def describe_unit(name: str, kinds: Mapping[str, type[Unit]] | None = None) -> str:
    """Law, ports, parameters and source of a unit operation, in Markdown.

    Parameters
    ----------
    name : its kind; the three nearest are offered for an unknown one.
    kinds : where it is looked up; None for ours and those of installed packages.

    >>> print(describe_unit("splitter").splitlines()[4])
    Inlets: feed. Outlets: first, rest. Source of the law: conservation of mass.
    """
    known = known_kinds() if kinds is None else kinds
    findings = Findings()
    if name not in known:
        findings.unknown("a kind of unit operation", name, known)
    findings.raise_all()
    kind = known[name]
    common = {field.name for field in fields_of(Unit)}
    fields = [field for field in fields_of(kind) if field.name not in common]
    ports = {
        "Inlets": kind.ins,
        "Outlets": kind.outs,
        "Drawn from outside": kind.supplies,
        "Optional": kind.optional,
        "Source of the law": (kind.source,),
    }
    lines = [f"## {name}", "", _law(kind).replace("``", "`"), ""]
    lines.append(" ".join(f"{what}: {', '.join(ports[what])}." for what in ports if ports[what]))
    return "\n".join([*lines, *(_table(fields) if fields else ())]) + "\n"


def catalogue_page(kinds: Iterable[str]) -> str:
    """The page of all unit operations, in Markdown."""
    fields = [field for field in fields_of(Unit) if field.name != "name"]
    head = [
        "# Unit operations",
        "",
        "Made from the declarations in `src/loopbook/flowsheet/units/`; `loopbook units KIND`"
        " prints one of them. Flows are in kg/h, and scenarios may replace every number. Any unit"
        " may also have:",
        *_table(fields),
        "",
        "A dose, for units that draw reagents from outside, has the reagent and exactly one rule:",
        *_table(fields_of(Dose)),
    ]
    return "\n".join(["\n".join(head) + "\n", *(describe_unit(name) for name in sorted(kinds))])


def _law(kind: type[Unit]) -> str:
    return inspect.cleandoc(kind.__doc__ or "")


def _table(fields: Iterable[Field]) -> list[str]:
    """Rows of a table in Markdown."""
    rows = [("parameter", "value", "unit", "default", "meaning"), ("---",) * 5]
    for field in fields:
        default = "needed" if field.default is MISSING else json.dumps(field.default)
        default = "" if default in ("null", "[]", "{}", '""') else default
        unit = "" if field.type.unit == "1" else field.type.unit
        rows.append((f"`{field.name}`", field.type.words, unit, default, field.meaning))
    return ["", *("| " + " | ".join(row) + " |" for row in rows)]
