"""Running a case: load, compute, check, and put the tables together."""

from collections.abc import Callable, Iterable
from importlib import resources
from pathlib import Path

from loopbook.cases.folder.case import Case
from loopbook.cases.folder.load import library_input, load_case
from loopbook.cases.folder.shipped import find_case, is_loop
from loopbook.cases.loops import run_loop
from loopbook.cases.year.article import article_table, case_references
from loopbook.cases.year.carbon import carbon_table
from loopbook.cases.year.equivalents import equivalent_tables
from loopbook.cases.year.loop import loop_table
from loopbook.cases.year.mass import Outcome, check_metals, mass_tables
from loopbook.cases.year.money import money_tables
from loopbook.cases.year.plants import works
from loopbook.cases.year.supply import supply
from loopbook.errors import Findings, InputError, LoopbookError
from loopbook.matter import Sourced
from loopbook.report import (
    MONTH_LEFT_OUT,
    Column,
    InputRow,
    Layout,
    RunResult,
    Table,
    check_basis,
    figures_table,
    parse_layout,
    years_table,
)

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Report no progress."""


def run_case(
    path_or_name: str | Path,
    switches: Iterable[str] = (),
    cells: Iterable[str] = (),
    *,
    cases: Path | None = None,
    progress: Progress = _silent,
) -> RunResult:
    """Run a case from its folder or workbook, or by name from the folder ``cases``.

    Parameters
    ----------
    path_or_name : folder of the case, or its name.
    switches : scenarios to switch on, beside those that are on by default.
    cells : cells that this run sets, each ``ADDRESS=VALUE``.
    cases : folder that holds named cases; ``cases`` in the working folder by default.
    progress : called with each step as it begins.

    Raises
    ------
    InputError : with everything that is wrong with the case, by file and line.
    BalanceError : mass does not close somewhere.
    """
    place = find_case(path_or_name, cases)
    if is_loop(place):
        return run_loop(place, switches, cells, progress)
    progress("reading the case")
    return compute(load_case(place), switches, progress=progress)


def compute(case: Case, switches: Iterable[str] = (), *, progress: Progress = _silent) -> RunResult:
    """Compute a loaded case; the same case and switches give the same result."""
    chosen = _switches(case, switches)
    facts = Sourced(case.library)
    progress("cells and scrap")
    made = supply(case, chosen, facts)
    progress("plant and refiner")
    plant, refiner = works(case, made, facts)
    outcome = Outcome(case, chosen, facts, made, plant, refiner)
    check_metals(outcome)
    progress("tables")
    tables: dict[str, Table] = {table.name: table for table in mass_tables(outcome)}
    tables |= {table.name: table for table in money_tables(outcome)}
    for table in (carbon_table(outcome), loop_table(outcome), *equivalent_tables(outcome)):
        tables[table.name] = table
    references = case_references(case, tables)
    if case.rows("article.csv"):
        tables["article"] = article_table(case, references)
    attachments: dict[str, bytes] = {}
    if case.month is not None:
        from loopbook.cases.month.record import keep_book

        progress("the book of a month")
        try:
            months, attachments = keep_book(outcome, case.month)
        except (LoopbookError, ArithmeticError, LookupError, ValueError) as error:
            months = (_left_out(error, case.month.texts["month"]),)
        tables |= {table.name: table for table in months}
    inputs = _inputs(case, facts)
    sources = {
        name: work
        for name, work in case.sources.items()
        if name
        in (
            {row.source for row in inputs.values()}
            | {r["source_id"] for r in case.rows("sources.csv")}
        )
    }
    layout = _layout(case)
    result = RunResult(
        case.name,
        case.title,
        chosen,
        figures_table(layout.figures, references),
        tables,
        inputs,
        sources,
        case.files,
        attachments,
        layout,
        {row["switch"]: f"Scrap of {row['client']}" for row in case.rows("clients.csv")},
        years_table(layout, references, case.years),
    )
    check_basis(result)
    return result


def _left_out(error: Exception, month: str) -> Table:
    """The table in place of a month that cannot be drawn: the month illustrates the years."""
    findings = error.findings if isinstance(error, InputError) else ()
    rows = [(f.where, str(f).removeprefix(f"{f.where}: ")) for f in findings]
    note = "The years do not depend on the month. Change month.toml, or delete it."
    return Table(
        MONTH_LEFT_OUT,
        f"The month {month} was left out: it cannot be drawn",
        (Column("where", "Where"), Column("finding", "Finding")),
        tuple(rows or [("month.toml", f"{type(error).__name__}: {error}")]),
        note,
    )


def _layout(case: Case) -> Layout:
    """What people see of the run, with the owners' shares in the key figures."""
    shares = ", ".join(
        f"{{setting:owner.{number}.name|}} {{money.{owner.id}_share_usd:sum / 1e6|.1f}}"
        for number, owner in enumerate(case.owners)
    )
    return parse_layout(
        resources.files("loopbook.cases")
        .joinpath("report.toml")
        .read_text("utf-8")
        .replace("{owners}", shares)
    )


def _switches(case: Case, on: Iterable[str]) -> dict[str, bool]:
    known = {switch.name: switch.default for switch in case.switches}
    findings = Findings("switch")
    for name in on:
        findings.check_known("a switch of the case", name, known)
    findings.raise_all()
    return {**known, **dict.fromkeys(on, True)}


def _inputs(case: Case, facts: Sourced) -> dict[str, InputRow]:
    """Input rows of the case, and of the library rows that were used."""
    inputs = dict(case.inputs)
    for number, reference in zip(facts.used, facts.references, strict=True):
        if reference not in inputs:
            inputs[reference] = library_input(number)
    return inputs
