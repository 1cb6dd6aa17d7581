"""Rows of ``parameters`` by what they are numbers of, and the records that they fill."""

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, replace
from typing import TypeVar

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.facts import Parameter
from loopbook.loop.nouns.numbers import OTHERS, ModeNumbers, Numbers, is_by_material, parameters_in
from loopbook.loop.nouns.row import columns_of
from loopbook.loop.reading.rows import read_row
from loopbook.loop.reading.written import Line
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
    names : names of materials, contracts and parties, by list; that of modes is made of their
        parameters.
    kinds : site models by name.
    """

    models: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Iterable[str]] = field(default_factory=dict)
    kinds: Mapping[str, type[SiteModel]] = field(default_factory=dict)

    def records(self, on: str) -> list[type[Numbers]]:
        """Records that a name may have parameters of; a mode's is the last."""
        records: list[type[Numbers]] = []
        model = self.models.get(on, on if on in self.kinds else "")
        if model in self.kinds:
            records.append(self.kinds[model])
        records += [x for x in OTHERS if x is not ModeNumbers and on in self.names.get(x.kind, ())]
        return records


def mode_names(lines: Iterable[Line], owners: Owners) -> set[str]:
    """Names of modes of freight: what has the parameters of one and is nothing else."""
    known = parameters_in(ModeNumbers)
    return {
        line["on"]
        for line in lines
        if line["parameter"] in known and not owners.records(line["on"])
    }


def read_parameter(
    line: Line, owners: Owners, modes: set[str], findings: LoopFindings, *, lost: bool = False
) -> Parameter | None:
    """A parameter with its value as its declaration has it; None with findings.

    Parameters
    ----------
    line : the row.
    owners, modes : what it may be on.
    findings : takes the errors.
    lost : whether there are names that are not known, for their table cannot be read.
    """
    name, on = line["parameter"], line["on"]
    records = owners.records(on)
    if on in modes:
        records.append(ModeNumbers)
    declared = [(x, parameters_in(x)[name]) for x in records if name in parameters_in(x)]
    at = findings.about(line.where)
    if not records and (lost or on in owners.models):
        return None  # the table of its name, or the model of the site, has its own finding
    if not records or not on:
        known = {*owners.models, *owners.kinds, *modes}.union(*owners.names.values())
        at.unknown(
            "a site, model, material, mode, contract or party", on or "nothing", known, at="on"
        )
        return None
    if not declared:
        names = {x for record in records for x in parameters_in(record)}
        what = records[0].model if issubclass(records[0], SiteModel) else records[0].kind
        at.unknown(f"a parameter of {what}", name or "nothing", names, at="parameter")
        return None
    if len(declared) > 1:
        kinds = " or ".join(record.kind for record, _ in declared)
        at.note("ambiguous", "one thing of this name", f"{on}, a {kinds}", at="on")
        return None
    ((_, parameter),) = declared
    kind = parameter.type.value if isinstance(parameter.type, MapOf) else parameter.type
    value = next(x for x in columns_of(Parameter) if x.name == "value")
    typed = Field("value", kind, value.meaning, value.default)
    row = read_row(Parameter, line, findings, types={"value": typed})
    return row if _check_of(line, parameter, at) and row is not None else None


def _check_of(line: Line, parameter: Field, findings: LoopFindings) -> bool:
    """Whether a row names a material where its parameter is by material, and none elsewhere."""
    name, of = line["parameter"], line["of"]
    if not isinstance(parameter.type, MapOf):
        if of:
            findings.note("column", f"nothing, for {name} is of no material", of, at="of")
        return not of
    if not of and not getattr(parameter.type.key, "blank", False):
        findings.missing(f"the material that {name} is of", at="of")
        return False
    return True


def bind(kind: type[Kind], name: str, rows: Iterable[Parameter], **others: str) -> Kind | list[str]:
    """The record that rows fill; or the names of parameters that are needed and missing.

    Parameters
    ----------
    kind : its class.
    name : of the thing.
    rows : its parameters; of two with one name and material the later holds.
    """
    values: dict[str, object] = {}
    declared = parameters_in(kind)
    for row in rows:
        parameter = declared.get(row.parameter)
        if parameter is None:
            continue
        if is_by_material(parameter):
            by_material = values.setdefault(parameter.name, {})
            assert isinstance(by_material, dict)
            by_material[row.of] = row.value
        else:
            values[parameter.name] = row.value
    missing = [
        x for x, one in declared.items() if one.default is MISSING and one.name not in values
    ]
    return missing or kind(name=name, **others, **values)


def aged(value: Value, since: int | None) -> Value:
    """A value whose series by age counts from a month."""
    match value:
        case Quantity(series=Series()):
            return value.since_month(since)
        case Amount(upper=Quantity()):
            return replace(value, upper=aged(value.upper, since))
    return value


def aged_rows(rows: Iterable[Parameter], since: int | None) -> list[Parameter]:
    """Parameters of a site that starts in a month."""
    return [replace(row, value=aged(row.value, since)) for row in rows]
