"""The catalogue of unit operations: answers that are made from their declarations."""

import json
from collections.abc import Iterable
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Annotated

from loopbook.errors import Finding, raise_findings, require_known
from loopbook.flowsheet.units.ours import KINDS
from loopbook.flowsheet.units.own_laws import flaws_of
from loopbook.flowsheet.units.unit import Unit
from loopbook.report import Answer, Column, Rows
from loopbook.tables import add_kinds, fields_of, installed_kinds, kinds_in_files, meaning_of

GROUP = "loopbook.units"
"""Entry point group under which installed packages register unit operations."""


@dataclass(frozen=True, slots=True)
class KindLine:
    """A kind of unit operation in a line."""

    kind: Annotated[str, "its name in flowsheet files"]
    law: Annotated[str, "its law in a sentence"]


@dataclass(frozen=True, slots=True)
class UnitKinds(Answer):
    """The unit operations that flowsheets are built of."""

    units: Annotated[tuple[KindLine, ...], Rows("Unit operations")]

    def headline(self) -> str:
        """How many."""
        return f"{len(self.units)} unit operations"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A declared parameter."""

    parameter: Annotated[str, "its name"]
    value: Annotated[str, "type and range"]
    unit: Annotated[str, "unit of its numbers"]
    default: Annotated[str, "value without an entry, as JSON; or that an entry is needed"]
    meaning: Annotated[str, "what it is"]


@dataclass(frozen=True, slots=True)
class UnitKind(Answer):
    """A unit operation: law, ports and parameters."""

    kind: Annotated[str, "its name in flowsheet files"]
    law: Annotated[str, "what it computes"]
    inlets: Annotated[tuple[str, ...], "ports that streams enter"]
    outlets: Annotated[tuple[str, ...], "ports that streams leave"]
    supplies: Annotated[
        tuple[str, ...], "streams that it draws from outside", Column(title="Drawn from outside")
    ]
    optional: Annotated[tuple[str, ...], "ports that need no stream"]
    source: Annotated[str, "where the law comes from", Column(title="Source of the law")]
    parameters: Annotated[tuple[Parameter, ...], Rows("Parameters")]


def known_kinds(
    files: Iterable[Path] = (), own: Iterable[type[Unit]] = (), *, where: str = ""
) -> dict[str, type[Unit]]:
    """Our unit operations and those of installed packages, files and programs, by kind.

    Parameters
    ----------
    files : Python files with unit operations.
    own : unit operations of the program that asks.
    where : place that names the files, for findings.

    Raises
    ------
    InputError : what cannot be loaded, and two unit operations of one kind.
    """
    known, findings = dict(KINDS), list[Finding]()
    units = installed_kinds(GROUP, Unit, findings)
    units += kinds_in_files(files, Unit, findings, where=where)
    for kind in units:
        findings += flaws_of(kind)
    add_kinds(known, [*units, *own], "kind", findings)
    raise_findings(findings)
    return known


def unit_kinds() -> UnitKinds:
    """All unit operations, ours and those of installed packages.

    >>> next(one.law for one in unit_kinds().units if one.kind == "sieve")
    'Screening: undersize = to_undersize * feed per component; black mass is undersize.'
    """
    kinds = sorted(known_kinds().items())
    return UnitKinds(tuple(KindLine(name, meaning_of(kind)[0]) for name, kind in kinds))


def describe_unit(name: str) -> UnitKind:
    """Law, ports, parameters and source of a unit operation.

    Parameters
    ----------
    name : its kind; the three nearest are offered for an unknown one.

    >>> describe_unit("splitter").outlets
    ('first', 'rest')
    """
    known = known_kinds()
    require_known("a kind of unit operation", name, known)
    kind = known[name]
    common = {field.name for field in fields_of(Unit)}
    own = tuple(p for p in parameters_of(kind) if p.parameter not in common)
    ports = kind.ins, kind.outs, kind.supplies, kind.optional
    return UnitKind(name, " ".join(meaning_of(kind)), *ports, kind.source, own)


def parameters_of(record: type) -> tuple[Parameter, ...]:
    """Parameters that a unit operation, or a dose, declares."""
    parameters = []
    for field in fields_of(record):
        default = "needed" if field.default is MISSING else json.dumps(field.default)
        default = "" if default in ("null", "[]", "{}", '""') else default
        unit = "" if field.type.unit == "1" else field.type.unit
        parameters.append(Parameter(field.name, field.type.words, unit, default, field.meaning))
    return tuple(parameters)
