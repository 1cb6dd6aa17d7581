"""The ``loopbook`` command: parses, calls one function of a room, prints.

Exit codes: 0 clean, 1 findings, 2 misuse. Every command gives an answer: it is printed as text for
people, with ``--json`` for programs, and with ``--save`` it is written to a file. Rooms are
imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loopbook import __version__
from loopbook.cli.parts import Door, shows_answer

if TYPE_CHECKING:
    from loopbook.report import Answer


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="loopbook")
def main() -> None:
    """Keep the books of a closed battery loop.

    \b
    Example:
      loopbook library explain 0.9
    """


main.lazy = {
    "book": "loopbook.cli.book:book",
    "library": "loopbook.cli.library:library",
    "on-site": "loopbook.cli.trace:on_site_command",
    "origins": "loopbook.cli.trace:origins_command",
    "path": "loopbook.cli.trace:path_command",
    "recall": "loopbook.cli.trace:recall_command",
    "serials": "loopbook.cli.serials:serials",
    "suspect": "loopbook.cli.trace:suspect_command",
    "trace": "loopbook.cli.trace:trace_command",
}

# ---- cases ----


@main.command("new")
@click.argument("name")
@click.option(
    "--from",
    "source",
    default="",
    metavar="CASE",
    help="Shipped case to copy; by default the one called NAME, else starter.",
)
@shows_answer
def new_command(name: str, source: str) -> Answer:
    """Copy a shipped case into the new folder NAME, to edit and run.

    \b
    Example:
      loopbook new mine --from gmbi
    """
    from loopbook.cases import new_case

    return new_case(name, source=source)


@main.command("copy-case")
@click.argument("case", type=click.Path(path_type=Path))
@click.argument("to", type=click.Path(path_type=Path))
@shows_answer
def copy_case_command(case: Path, to: Path) -> Answer:
    """Write the tables of a CASE as the new workbook TO.xlsx, or as the new folder TO.

    CASE is a folder, a workbook, or a name in ./cases or among the shipped ones. What is beside
    the tables (report.toml, month.toml, flowsheets, site models) is not copied and is named.

    \b
    Example:
      loopbook copy-case starter starter.xlsx
      loopbook copy-case starter.xlsx my-case
    """
    from loopbook.cases import copy_case

    return copy_case(case, to)


@main.command("run")
@click.argument("case", type=click.Path(path_type=Path))
@click.option(
    "--switch",
    "switches",
    multiple=True,
    metavar="NAME",
    help="Switch a scenario on; may be repeated.",
)
@click.option(
    "--without",
    "off",
    multiple=True,
    metavar="NAME",
    help="Switch a scenario off that is on by default; may be repeated.",
)
@click.option(
    "--set",
    "cells",
    multiple=True,
    metavar="ADDRESS=VALUE",
    help="Set a cell for this run, by the address in the report's inputs; may be repeated.",
)
@click.option(
    "--out",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of the run; out/NAME if not given.",
)
@click.option(
    "--draws",
    type=click.IntRange(0),
    metavar="N",
    help="Draws of the numbers with a range; 1000 if not given, 0 for none.",
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the draws.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    metavar="P",
    help="Processes that compute draws at a time; as many as cores if not given.",
)
@click.option(
    "--cluster",
    default="",
    metavar="ADDRESS",
    help="Compute the draws on the Dask cluster of this scheduler, such as tcp://host:8786.",
)
@click.option("--years", is_flag=True, help="Print the table of years, or of other periods.")
@shows_answer
def run_command(
    case: Path,
    switches: tuple[str, ...],
    cells: tuple[str, ...],
    folder: Path | None,
    *,
    off: tuple[str, ...],
    draws: int | None,
    seed: int,
    processes: int | None,
    cluster: str,
    years: bool,
) -> Answer:
    """Run a CASE and write tables, inputs and a report.

    CASE is a folder, a workbook, or a name in ./cases or among the shipped ones.

    \b
    Example:
      loopbook run gmbi
      loopbook run mine --switch clients --out out/with-clients
      loopbook run starter --set "parameters/shredder/capacity/value=9 kt/yr"
      loopbook run gmbi --without "may 2026" --draws 10000 --seed 7
    """
    from loopbook.cases import DRAWS, Drawing, run_case
    from loopbook.report import Run, names_beside, write_result

    if both := sorted({*switches} & {*off}):
        raise click.UsageError(f"{', '.join(both)}: both --switch and --without")
    chosen = dict.fromkeys(switches, True) | dict.fromkeys(off, False)
    with _progress() as (report_step, report_blocks):
        count, cores = DRAWS if draws is None else draws, processes or _cores()
        drawing = Drawing(count, seed, cores, cluster, report_blocks)
        result = run_case(case, chosen, cells, drawing=drawing, progress=report_step)
        report_step("writing tables and report")
        out = folder or Path("out") / result.name
        beside = names_beside(result, out)
        return Run.of(result, write_result(result, out), beside=beside, by_period=years)


@contextmanager
def _progress() -> Iterator[tuple[Callable[[str], None], Callable[[int, int], None]]]:
    """Show steps, and how much of one is done, but only in an interactive terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None, lambda done, count: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        step, blocks = bars.add_task("", total=None), bars.add_task("draws", visible=False)
        yield (
            lambda text: bars.update(step, description=text),
            lambda done, count: bars.update(
                blocks, total=count, completed=done, visible=done < count
            ),
        )


def _cores() -> int:
    """Cores that this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


@main.command("compare")
@click.argument("first", type=click.Path(path_type=Path))
@click.argument("others", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(0),
    help="Changed results to list; 0 for all.",
)
@shows_answer
def compare_command(first: Path, others: tuple[Path, ...], limit: int) -> Answer:
    """Compare key figures of runs with those of the FIRST; then what else differs in the last.

    A figure's difference has an interval where the runs have the same draws.

    \b
    Example:
      loopbook compare out/mine out/with-clients
      loopbook compare out/mine out/with-clients out/smaller-plant
    """
    from loopbook.report import compare_runs

    return compare_runs(first, *others).first(limit)


# ---- plants ----


@main.command("units")
@click.argument("kind", required=False)
@shows_answer
def units_command(kind: str | None) -> Answer:
    """List the unit operations of flowsheets, or describe one KIND with its law and parameters.

    \b
    Example:
      loopbook units
      loopbook units sieve
    """
    from loopbook.flowsheet import describe_unit, unit_kinds

    return unit_kinds() if kind is None else describe_unit(kind)


if __name__ == "__main__":
    main()
