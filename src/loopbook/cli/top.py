"""The ``loopbook`` command: parses, calls one function of a room, prints.

Exit codes: 0 clean, 1 findings, 2 misuse. Every command prints a table for people and, with
``--json``, the same for programs. Rooms are imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loopbook import __version__
from loopbook.cli.parts import Door
from loopbook.cli.parts import as_json_option as _as_json
from loopbook.cli.parts import print_json as _print_json
from loopbook.cli.parts import print_table as _print_table

if TYPE_CHECKING:
    from loopbook.report import RunResult


@click.group(
    cls=Door,
    lazy={
        "book": "loopbook.cli.book:book",
        "library": "loopbook.cli.library:library",
        "new": "loopbook.cli.new:new_command",
        "on-site": "loopbook.cli.trace:on_site_command",
        "origins": "loopbook.cli.trace:origins_command",
        "path": "loopbook.cli.trace:path_command",
        "recall": "loopbook.cli.trace:recall_command",
        "serials": "loopbook.cli.serials:serials",
        "suspect": "loopbook.cli.trace:suspect_command",
        "trace": "loopbook.cli.trace:trace_command",
        "units": "loopbook.cli.units:units_command",
    },
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="loopbook")
def main() -> None:
    """Keep the books of a closed battery loop.

    \b
    Example:
      loopbook library explain 0.9
    """


# ---- run and compare: cases ----


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
    "--out", type=click.Path(path_type=Path), help="Folder of the run; out/NAME if not given."
)
@_as_json
def run_command(case: Path, switches: tuple[str, ...], out: Path | None, as_json: bool) -> None:
    """Run a CASE and write tables, inputs and a report: a folder, or a name in ./cases or shipped.

    \b
    Example:
      loopbook run gmbi
      loopbook run gmbi --switch tbmnc --switch gm --out out/with-clients
    """
    from loopbook.cases import run_case
    from loopbook.report import result_json, write_result

    with _progress() as say:
        result = run_case(case, switches, progress=say)
        say("writing tables and report")
        report = write_result(result, out or Path("out") / result.name)
    if as_json:
        _print_json({**result_json(result), "report": str(report)})
        return
    _print_run(result)
    click.echo(f"Report: {report}")


def _print_run(result: RunResult) -> None:
    from loopbook.cases import YEAR_COLUMNS, headline_rows

    click.echo(result.title)
    on = [name for name, value in result.switches.items() if value]
    off = [name for name, value in result.switches.items() if not value]
    click.echo(f"switched on: {', '.join(on) or 'none'}; off: {', '.join(off) or 'none'}\n")
    width = max(len(label) for label in result.summary.column("label"))
    for label, text in result.summary.rows:
        click.echo(f"{str(label).ljust(width)}  {text}")
    columns = ["year", *(f">{title}, {unit}" for title, unit, *_ in YEAR_COLUMNS)]
    _print_table("", columns, headline_rows(result))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """What tells a person at a terminal what is being done, and nobody else."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield status.update


@main.command("compare")
@click.argument("run_a", type=click.Path(path_type=Path))
@click.argument("run_b", type=click.Path(path_type=Path))
@click.option("--limit", default=20, show_default=True, help="Changed results to print; 0 for all.")
@_as_json
def compare_command(run_a: Path, run_b: Path, limit: int, as_json: bool) -> None:
    """Say what inputs and results differ between RUN_A and RUN_B, largest effect first.

    \b
    Example:
      loopbook compare out/gmbi out/with-clients
    """
    from loopbook.report import compare_runs, comparison_json

    found = compare_runs(run_a, run_b)
    if as_json:
        _print_json(comparison_json(found))
        return
    for name, (old, new) in found.switches.items():
        click.echo(f"switch {name}: {_cell_text(old)} -> {_cell_text(new)}")
    for change in found.inputs:
        unit = f" {change.unit}" if change.unit not in {"", "1"} else ""
        values = f"{_cell_text(change.old)} -> {_cell_text(change.new)}"
        click.echo(f"{change.where}: {change.name}: {values}{unit}")
    if not found.results:
        click.echo("no result differs")
        return
    shown = found.results[: limit or None]
    rows = (
        (
            f"{c.table}.{c.column}",
            c.row,
            _cell_text(c.old),
            _cell_text(c.new),
            c.unit,
            f"{c.relative:.2%}",
        )
        for c in shown
    )
    title = f"{len(found.results)} results differ" + (
        f", the first {len(shown)}" if len(shown) < len(found.results) else ""
    )
    _print_table(title, ("result", "row", ">old", ">new", "unit", ">effect"), rows)


def _cell_text(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:,.6g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main()
