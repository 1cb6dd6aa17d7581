"""Parameters bound to what they are of: the model of each site, and the other records."""

from collections.abc import Iterable, Mapping
from typing import TypeVar

from loopbook.loop.models.model import SiteModel
from loopbook.loop.nouns.facts import Parameter
from loopbook.loop.nouns.numbers import Numbers
from loopbook.loop.nouns.places import Site
from loopbook.loop.reading.parameters import aged_rows, bind
from loopbook.loop.time.calendar import month_number
from loopbook.loop.values.findings import LoopFindings

Kind = TypeVar("Kind", bound=Numbers)


def models_of(
    sites: Mapping[str, Site],
    parameters: Iterable[Parameter],
    first: int,
    kinds: Mapping[str, type[SiteModel]],
    *,
    findings: LoopFindings,
) -> dict[str, SiteModel]:
    """Site models with their parameters, by site: those on the model first, then its own."""
    rows = [*parameters]
    places = (*(finding.where for finding in findings), *findings.losses)
    whole = not any(place.startswith(Parameter.table) for place in places)  # all could be read
    models = {}
    for site in sites.values():
        kind = kinds.get(site.model)
        if kind is None:
            continue
        own = [row for on in (site.model, site.site) for row in rows if row.on == on]
        since = month_number(site.starts) if site.starts and not site.is_off else first
        model = bind(kind, site.site, aged_rows(own, since), process=site.process)
        if isinstance(model, list):
            at = findings.about(site.where)
            for name in model if whole else ():
                hint = f"write a row {site.site},{name} in parameters.csv"
                at.note("missing", f"parameter {name} of {site.site}", "nothing", hint=hint)
        else:
            models[site.site] = model
    return models


def bound(
    kind: type[Kind], names: Iterable[str], parameters: Iterable[Parameter]
) -> dict[str, Kind]:
    """Records of what has parameters, by name; none of their parameters is needed."""
    rows = [*parameters]
    records = {}
    for name in dict.fromkeys(names):
        record = bind(kind, name, [row for row in rows if row.on == name])
        assert not isinstance(record, list)
        records[name] = record
    return records
