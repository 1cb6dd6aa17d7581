"""Rows of ``parameters`` by what they are numbers of, and the records that they fill."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.facts import Parameter
from loopbook.loop.nouns.numbers import OTHERS, ModeNumbers, Numbers, parameters_in
from loopbook.loop.nouns.places import Site
from loopbook.loop.nouns.row import columns_of
from loopbook.loop.reading.rows import read_row
from loopbook.loop.reading.written import Line
from loopbook.loop.time.calendar import month_number
from loopbook.loop.values.cells import NEVER
from loopbook.loop.values.findings import LoopFindings
from loopbook.loop.values.quantity import Amount, Quantity, Series
from loopbook.tables import Field, MapOf, Value

Kind = TypeVar("Kind", bound=Numbers)


@dataclass(frozen=True)
class Owners:
    """What parameters may be on.

    Parameters
    ----------
    models : site model by site; sites with an unknown model are left out.
    names : names of materials, contracts, parties and modes, by list.
    kinds : site models by name.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Iterable[str]] = field(default_factory=dict)
    kinds: Mapping[str, type[SiteModel]] = field(default_factory=dict)

    def records(self, on: str) -> list[type[Numbers]]:
        """Records that a name may have parameters of."""
        models = [kind for name, kind in self.kinds.items() if name == self.models.get(on, on)]
        return [*models, *(kind for kind in OTHERS if on in self.names.get(kind.kind, ()))]


def mode_names(lines: Iterable[Line], owners: Owners) -> set[str]:
    """Names of modes of freight: what has the parameters of one and is nothing else."""
    known = parameters_in(ModeNumbers)
    return {x["on"] for x in lines if x["parameter"] in known and not owners.records(x["on"])}


def read_parameter(
    line: Line, owners: Owners, findings: LoopFindings, *, lost: bool = False
) -> Parameter | None:
    """A parameter with its value as its declaration has it; None with findings.

    Parameters
    ----------
    line : the row.
    owners : what it may be on.
    findings : takes the errors.
    lost : whether there are names that are not known, for their table cannot be read.
    """
    name, on, at = line["parameter"], line["on"], findings.about(line.where)
    records = owners.records(on)
    declared = [(x, parameters_in(x)[name]) for x in records if name in parameters_in(x)]
    if not records and (lost or on in owners.models):
        return None  # the table of its name, or the model of the site, has its own finding
    if not records or not on:
        known = {*owners.models, *owners.kinds}.union(*owners.names.values())
        what = "a site, model, material, mode, contract or party"
        at.unknown(what, on or "nothing", known, at="on")
    elif not declared:
        names = {x for record in records for x in parameters_in(record)}
        what = records[0].model if issubclass(records[0], SiteModel) else records[0].kind
        at.unknown(f"a parameter of {what}", name or "nothing", names, at="parameter")
    elif len(declared) > 1:
        kinds = " or ".join(record.kind for record, _ in declared)
        at.note("ambiguous", "one thing of this name", f"{on}, a {kinds}", at="on")
    else:
        return _read_value(line, declared[0][1], findings)
    return None


def _read_value(line: Line, parameter: Field, findings: LoopFindings) -> Parameter | None:
    """A row whose value is of a parameter's type; by material it names one, else none."""
    kind, before, at = parameter.type, len(findings), findings.about(line.where)
    inner = kind.value if isinstance(kind, MapOf) else kind
    fields = [replace(x, type=inner) if x.name == "value" else x for x in columns_of(Parameter)]
    row = read_row(Parameter, line, findings, fields=fields)
    if line["of"] and not isinstance(kind, MapOf):
        what = f"nothing, for {line['parameter']} is of no material"
        at.note("column", what, line["of"], at="of")
    elif isinstance(kind, MapOf) and not (line["of"] or getattr(kind.key, "blank", False)):
        at.missing(f"the material that {line['parameter']} is of", at="of")
    return row if len(findings) == before else None


def models_of(
    sites: Mapping[str, Site],
    parameters: Iterable[Parameter],
    first: int,
    kinds: Mapping[str, type[SiteModel]],
    *,
    findings: LoopFindings,
) -> dict[str, SiteModel]:
    """Site models with their parameters, by site: those on the model first, then its own."""
    rows, models = [*parameters], {}
    places = (*(finding.where for finding in findings), *findings.losses)
    whole = not any(place.startswith(Parameter.table) for place in places)  # all could be read
    for site in sites.values():
        if site.model not in kinds:
            continue
        kind = kinds[site.model]
        since = month_number(site.starts) if site.starts not in (None, NEVER) else first
        own = [row for on in (site.model, site.site) for row in rows if row.on == on]
        aged = [replace(row, value=_aged(row.value, since)) for row in own]
        stated = {row.parameter for row in own}
        needed = [name for name, field in parameters_in(kind).items() if field.required]
        missing = [name for name in needed if name not in stated]
        for name in missing if whole else ():
            hint = f"write a row {site.site},{name} in parameters.csv"
            what = f"parameter {name} of {site.site}"
            findings.about(site.where).note("missing", what, "nothing", hint=hint)
        if not missing:
            models[site.site] = _record(kind, site.site, aged, process=site.process)
    return models


def bound(
    kind: type[Kind], names: Iterable[str], parameters: Iterable[Parameter]
) -> dict[str, Kind]:
    """Records of what has parameters, by name; none of their parameters is needed."""
    rows = [*parameters]
    return {name: _record(kind, name, [x for x in rows if x.on == name]) for name in names}


def _record(kind: type[Kind], name: str, rows: Iterable[Parameter], **others: str) -> Kind:
    """The record that rows fill; of two with one name and material the later holds."""
    values: dict[str, Value] = {}
    declared = parameters_in(kind)
    for row in rows:
        field = declared.get(row.parameter)
        if field and isinstance(field.type, MapOf):
            values.setdefault(field.name, {})[row.of] = row.value
        elif field:
            values[field.name] = row.value
    return kind(name=name, **others, **values)


def _aged(value: Value, since: int | None) -> Value:
    """A value whose series by age counts from a month."""
    match value:
        case Quantity(series=Series()):
            return value.since_month(since)
        case Amount(upper=Quantity()):
            return replace(value, upper=_aged(value.upper, since))
    return value
