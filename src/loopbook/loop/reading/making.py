"""The loop that good rows make: defaults filled, parameters bound to sites, terms that end."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from loopbook.errors import InputError
from loopbook.flowsheet import ROUTES, read_flowsheet
from loopbook.loop.loop import Loop
from loopbook.loop.nouns.facts import Curve, Law, Parameter, Result, Work
from loopbook.loop.nouns.matter import Material, Split
from loopbook.loop.nouns.numbers import ContractNumbers, MaterialNumbers, ModeNumbers, PartyNumbers
from loopbook.loop.nouns.page import KeyFigure, Message, Reading, Statement, Station
from loopbook.loop.nouns.people import Ownership, Party
from loopbook.loop.nouns.places import Lane, Site
from loopbook.loop.nouns.settings import Settings
from loopbook.loop.nouns.trade import Contract, Term
from loopbook.loop.reading.names import Names
from loopbook.loop.reading.parameters import bound, models_of
from loopbook.loop.reading.typed import Rows
from loopbook.loop.values.cells import OUTSIDE
from loopbook.loop.values.findings import LoopFindings


def made_loop(
    name: str, settings: Settings, rows: Rows, names: Names, *, findings: LoopFindings
) -> Loop:
    """The loop of good rows; what they lack is a finding.

    Parameters
    ----------
    name : of the folder or workbook.
    settings : of the case.
    rows : those in force.
    names : of the case.
    findings : takes the errors; has the series.
    """
    parties = {row.party: row for row in rows.of(Party)}
    sites = _sites(rows.of(Site), parties, names, findings)
    parameters = rows.of(Parameter)
    splits = rows.of(Split)
    materials = {row.material: row for row in rows.of(Material)}
    ends = {OUTSIDE, *sites}
    contracts = [row for row in rows.of(Contract) if {row.from_, row.to} <= ends]
    return Loop(
        name=name,
        settings=settings,
        parties=parties,
        owners=rows.of(Ownership),
        sites=sites,
        materials=materials,
        splits={x.process: tuple(y for y in splits if y.process == x.process) for x in splits},
        parameters=parameters,
        models=models_of(
            sites, parameters, settings.calendar.first, names.owners.kinds, findings=findings
        ),
        modes=bound(ModeNumbers, names.places["mode"], parameters),
        goods=bound(MaterialNumbers, materials, parameters),
        trades=bound(ContractNumbers, [row.contract for row in contracts], parameters),
        companies=bound(PartyNumbers, parties, parameters),
        series=dict(findings.series),
        lanes=tuple(row for row in rows.of(Lane) if {row.from_, row.to} <= ends),
        contracts=tuple(contracts),
        terms=_ending(rows.of(Term)),
        results=rows.of(Result),
        statements=rows.of(Statement),
        stations=rows.of(Station),
        curves=rows.of(Curve),
        figures=rows.of(KeyFigure),
        readings=rows.of(Reading),
        messages=rows.of(Message),
        laws=rows.of(Law),
        flowsheets=dict(names.flowsheets),
        library=findings.library,
        works={row.source_id: row for row in rows.of(Work)},
    )


def _sites(
    rows: Iterable[Site], parties: Mapping[str, Party], names: Names, findings: LoopFindings
) -> dict[str, Site]:
    """Sites by name, each with its party: the one of its own name if the cell is empty."""
    sites = {}
    for row in rows:
        at = findings.about(row.where)
        if not row.party and row.site not in parties and not names.are_lost("party"):
            hint = f"name a party, or declare {row.site} in parties"
            at.note("missing", "a party", "nothing", at="party", hint=hint)
        kind = names.owners.kinds.get(row.model)
        if kind is None:
            at.unknown("a site model", row.model, names.owners.kinds, at="model")
        elif kind.runs == "needed" and not row.process:
            at.missing(f"the process that a site of the model {row.model} runs", at="process")
        elif kind.runs == "empty" and row.process:
            what = f"nothing, for the model {row.model} runs no process"
            at.note("column", what, row.process, at="process")
        elif row.process:
            _check_process(row.process, names, at)
        sites[row.site] = replace(row, party=row.party or row.site)
    return sites


def _check_process(process: str, names: Names, findings: LoopFindings) -> None:
    """Findings for a process that nothing is, and for those of a flowsheet file."""
    if process in names.flowsheets:
        try:
            read_flowsheet(names.flowsheets[process])
        except InputError as error:
            findings.items.extend(error.findings)
        return
    known = {*ROUTES, *names.places["process"], *names.flowsheets}
    findings.check_known(
        "a route, a process of shares or a flowsheet file", process, known, at="process"
    )


def _ending(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Terms, each until the next row of the same law, thing, material and condition starts."""
    starts, ends = dict[str, date](), dict[int, date]()
    for row in sorted(terms, key=lambda row: row.starts or date.min, reverse=True):
        key = repr((row.on, row.term, getattr(row, "of", ""), getattr(row, "when", None)))
        if starts.get(key, date.min) > date.min:
            ends[id(row)] = min(row.ends or date.max, starts[key] - timedelta(days=1))
        starts[key] = row.starts or date.min
    return tuple(replace(row, ends=ends.get(id(row), row.ends)) for row in terms)
