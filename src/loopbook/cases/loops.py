"""Running a loop: read, walk, price, and put the tables and the report together."""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path

from loopbook.cases.overview import (
    default_layout,
    links_table,
    overview_table,
    periods_of,
    shown_of,
)
from loopbook.cases.statements import ARTICLE, statements_table
from loopbook.loop import (
    Accounts,
    account_tables,
    accounts,
    footprint,
    footprint_table,
    input_rows,
    load,
    mass_tables,
    walk,
    works_of,
)
from loopbook.report import (
    Column,
    InputFile,
    Layout,
    References,
    RunResult,
    Table,
    check_basis,
    figures_table,
    parse_layout,
    years_table,
)

LAYOUT = "report.toml"
"""File of a case with what its report shows."""

Progress = Callable[[str], None]


def run_loop(
    place: Path, switches: Iterable[str], cells: Iterable[str], progress: Progress
) -> RunResult:
    """The result of a loop in a folder or workbook; see `loopbook.cases.run.run_case`."""
    progress("reading the loop")
    loop = load(place, switches=dict.fromkeys(switches, True), cells=cells)
    progress("walking the loop")
    walked = walk(loop)
    progress("money and carbon")
    money = accounts(walked)
    progress("tables")
    tables = {table.name: table for table in _tables(money)}
    inputs = input_rows(walked)
    layout = _own_layout(place)
    if layout is None:
        shown = shown_of(money)
        tables |= {x.name: x for x in (overview_table(walked, shown), links_table(walked))}
        layout = default_layout(walked, shown, statements=ARTICLE if loop.statements else "")
    references = References(tables, inputs)
    if loop.statements:
        tables[ARTICLE] = statements_table(loop.statements, references)
    first, periods = periods_of(walked)
    result = RunResult(
        loop.name,
        loop.settings.title,
        {name: switch.on for name, switch in loop.settings.switches.items()},
        figures_table(layout.figures, references),
        tables,
        inputs,
        works_of(loop, inputs),
        [*_files(place)],
        layout=layout,
        switch_titles={name: switch.title for name, switch in loop.settings.switches.items()},
        years=years_table(layout, references, periods, first=first),
    )
    check_basis(result)
    return result


def _tables(money: Accounts) -> Iterator[Table]:
    """Tables of any loop."""
    loop = money.walked.loop
    yield from mass_tables(money)
    yield from account_tables(money)
    yield footprint_table(money, footprint(money))
    columns = (Column("place", "Row"), Column("kind", "Kind"), Column("what", "What"))
    doubts = (*loop.warnings, *money.walked.findings)
    rows = tuple((x.where, x.code, str(x).partition(f"{x.code}: ")[2]) for x in doubts)
    yield Table("warnings", "Warnings", columns, rows, "Nothing is refused for these.")


def _own_layout(place: Path) -> Layout | None:
    """The layout that a case brings, if it does."""
    path = place / LAYOUT
    return parse_layout(path.read_text("utf-8")) if path.is_file() else None


def _files(place: Path) -> Iterator[InputFile]:
    """Files of a folder that are read, or the workbook."""
    paths = sorted(place.iterdir()) if place.is_dir() else [place]
    for path in paths:
        if path.suffix in {".csv", ".toml", ".py", ".xlsx"}:
            raw = path.read_bytes()
            yield InputFile(path.name, sha256(raw).hexdigest(), len(raw))
