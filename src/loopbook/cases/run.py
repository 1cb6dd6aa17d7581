"""Running a case: its loop is read, walked and priced, and becomes tables and a report."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path

from loopbook.cases.draws import Drawing, asked_of, doubt_tables, draw_values
from loopbook.cases.figures import summary_table, years_table
from loopbook.cases.headline import Page, Solved, titled
from loopbook.cases.month.draw import draw_month
from loopbook.cases.overview import (
    default_layout,
    links_table,
    overview_table,
    periods_of,
    shown_of,
)
from loopbook.cases.sheets import sheets_of
from loopbook.cases.shipped import find_case
from loopbook.cases.statements import ARTICLE, statements_table
from loopbook.errors import Findings
from loopbook.loop import (
    Accounts,
    Drawn,
    Loop,
    account_tables,
    curve,
    curve_tables,
    curves_of,
    footprint,
    footprint_table,
    input_rows,
    load,
    mass_tables,
    tables_with_zeros,
    works_of,
)
from loopbook.report import (
    Column,
    Headline,
    InputFile,
    InputRow,
    Layout,
    RunResult,
    Table,
    check_basis,
    parse_layout,
)

LAYOUT = "report.toml"
"""File of a case with what its report shows."""

CHANGES = "changes"
"""Table of results with what changed since the earlier version, in the words of a case."""

Progress = Callable[[str], None]


def _silent(_: str) -> None:
    """Report no progress."""


NO_DRAWS = Drawing()
"""A run of the base alone."""


def run_case(
    path_or_name: str | Path,
    switches: Iterable[str] | Mapping[str, bool] = (),
    cells: Iterable[str] = (),
    *,
    drawing: Drawing = NO_DRAWS,
    cases: Path | None = None,
    progress: Progress = _silent,
) -> RunResult:
    """Run a case from its folder or workbook, or by its name; the same case gives the same result.

    Parameters
    ----------
    path_or_name : folder or workbook of the case, or its name.
    switches : scenarios to switch on, beside those that are on by default; or by name, whether each
        is on.
    cells : cells that this run sets, each ``ADDRESS=VALUE``.
    drawing : how it is drawn; by default it is not.
    cases : folder that holds named cases; ``cases`` in the working folder by default.
    progress : called with each step as it begins.

    Raises
    ------
    InputError : with everything that is wrong with the case, by file and line.
    BalanceError : mass does not close somewhere.
    """
    place = find_case(path_or_name, cases)
    progress("reading the case")
    on = switches if isinstance(switches, Mapping) else dict.fromkeys(switches, True)

    def reload(**changed: bool) -> Loop:
        """The loop with some switches changed."""
        return load(place, switches={**on, **changed}, cells=cells)

    loop = reload()
    progress("walking the loop")
    case = Solved.of(loop)
    money, walked, answers = case.money, case.money.walked, case.answers
    inputs, made = input_rows(walked), [links_table(walked)]
    progress("tables")
    tables = _checked([*_tables(money), *_curves(loop, reload)], inputs)
    layout = _own_layout(place)
    if layout is None:
        shown = shown_of(money)
        made.append(overview_table(walked, shown))
        layout = default_layout(walked, shown)
    tables |= {table.name: _with_inputs(table, inputs) for table in made}
    if loop.statements:
        tables[ARTICLE] = _with_inputs(statements_table(loop.statements, answers), inputs)
    progress("the month")
    month = draw_month(place, walked, _numbers(inputs))
    tables |= {table.name: table for table in month.tables}
    inputs |= {row.key: row for row in month.inputs}
    progress("the draws")
    doubts = drawing.of(loop, asked_of(case.loop))
    tables |= doubt_tables(doubts)
    progress("page one")
    earlier, flipped = _others(loop, reload)
    headline = Page(case, earlier, doubts, flipped, inputs).headline(layout, month.proven)
    headline, tables = _with_changes(headline, tables)
    years = years_table(layout.years, answers, *periods_of(walked))
    tables["warnings"] = _with_outside(tables["warnings"], answers.outside)
    result = RunResult(
        loop.name,
        loop.settings.title,
        {name: switch.on for name, switch in loop.settings.switches.items()},
        summary_table(headline),
        tables,
        inputs,
        works_of(loop, inputs),
        [*_files(place)],
        {**month.attachments, **draw_values(doubts)},
        _with_places(titled(layout, case), loop),
        {name: switch.title for name, switch in loop.settings.switches.items()},
        years,
        sheets_of(loop, tables),
        headline,
    )
    check_basis(result)
    return result


def _with_changes(
    headline: Headline, tables: dict[str, Table]
) -> tuple[Headline, dict[str, Table]]:
    """Page one with what changed in the words of the case, where it has any; then the numbers of
    both versions are a table beside it.
    """
    numbers = headline.changes
    made = {} if numbers is None else {numbers.name: numbers}
    return replace(headline, changes=tables.get(CHANGES, numbers)), {**tables, **made}


def _others(
    loop: Loop, reload: Callable[..., Loop]
) -> tuple[Solved | None, Callable[[str], Solved]]:
    """The version of the case without later ones, and the case with one switch the other way."""

    @cache
    def flipped(name: str) -> Solved:
        return Solved.of(reload(**{name: not loop.settings.switches[name].on}))

    dated = dict.fromkeys(loop.settings.dated, False)
    return Solved.of(reload(**dated)) if dated else None, flipped


def _tables(money: Accounts) -> Iterator[Table]:
    """The tables that a case declares, and those of any loop."""
    loop = money.walked.loop
    yield from mass_tables(money)
    results, zeros = tables_with_zeros(money.walked, money)
    yield from results.values()
    yield from account_tables(money)
    yield footprint_table(money, footprint(money))
    columns = (Column("place", "Row"), Column("kind", "Kind"), Column("what", "What"))
    doubts = (*loop.warnings, *money.walked.findings, *zeros)
    rows = tuple((x.where, x.code, str(x).partition(f"{x.code}: ")[2]) for x in doubts)
    yield Table("warnings", "Warnings", columns, rows, "Nothing is refused for these.")


def _curves(loop: Loop, reload: Callable[..., Loop]) -> Iterator[Table]:
    """Tables of the curves that a case declares."""
    drawn: list[Drawn] = []
    for name, (head, _) in curves_of(loop).items():
        is_on = head.against and loop.settings.switches[head.against].on
        other = reload(**{head.against: not is_on}) if head.against else None
        drawn.append(curve(loop, name, other))
    yield from curve_tables(drawn)


def _checked(tables: Iterable[Table], inputs: Mapping[str, InputRow]) -> dict[str, Table]:
    """Tables by name, with what their columns rest on; a finding for each with infinite numbers."""
    findings = Findings()
    for table in tables:
        for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=False):
            infinite = [x for x in cells if isinstance(x, float) and not math.isfinite(x)]
            if infinite:
                at = f"{table.name}.{column.name}"
                findings.note("not-finite", "finite numbers", str(infinite[0]), at=at)
    findings.raise_all()
    return {table.name: _with_inputs(table, inputs) for table in tables}


def _with_outside(table: Table, outside: Iterable[tuple[str, str]]) -> Table:
    """The warnings, with what quotes a period that is not run."""
    what = "has no value, as its period is outside of the run"
    rows = ((where, "left-out", f"{text} {what}") for where, text in outside)
    return replace(table, rows=(*table.rows, *rows))


def _numbers(inputs: Iterable[str]) -> tuple[str, ...]:
    """Addresses of all that results may rest on: numbers of statements are only compared."""
    return tuple(key for key in inputs if not key.startswith("statements/"))


def _with_inputs(table: Table, inputs: Mapping[str, InputRow]) -> Table:
    """The table with the cells of the rows that its columns rest on; all where it names none."""
    cells: dict[str, list[str]] = {}
    for key in inputs:
        cells.setdefault(key.rpartition("/")[0], []).append(key)
    every, columns = _numbers(inputs), []
    for column in table.columns:
        keys = [x for row in column.basis for x in ([row] if row in inputs else cells.get(row, ()))]
        basis = tuple(keys) or (every if column.unit and not column.basis else ())
        columns.append(replace(column, basis=basis))
    quotes = {}
    for place, some in table.quotes.items():
        known = {x.name: x.name if x.name in inputs else cells.get(x.name, [""])[0] for x in some}
        named = (x if x.table else replace(x, name=known[x.name]) for x in some)
        quotes[place] = tuple(x for x in named if x.name)
    return replace(table, columns=tuple(columns), quotes=quotes)


def _own_layout(place: Path) -> Layout | None:
    """The layout that a case brings, if it does."""
    path = place / LAYOUT
    return parse_layout(path.read_text("utf-8")) if path.is_file() else None


def _with_places(layout: Layout, loop: Loop) -> Layout:
    """The layout with the party of each site."""
    return replace(layout, places={site.site: site.party for site in loop.sites.values()})


def _files(place: Path) -> Iterator[InputFile]:
    """Files of a folder that are read, or the workbook."""
    paths = sorted(place.iterdir()) if place.is_dir() else [place]
    for path in paths:
        if path.suffix in {".csv", ".toml", ".py", ".xlsx"} and path.is_file():
            raw = path.read_bytes()
            yield InputFile(path.name, sha256(raw).hexdigest(), len(raw))
