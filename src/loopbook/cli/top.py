"""The ``loopbook`` command: parses, calls one function of a room, prints.

Exit codes: 0 clean, 1 findings, 2 misuse. Every command prints a table for people and, with
``--json``, the same for programs. Rooms are imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from loopbook import __version__
from loopbook.cli.parts import Door, show
from loopbook.cli.parts import as_json_option as _as_json


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
    from loopbook.report import Run, write_result

    with _progress() as report_step:
        result = run_case(case, switches, progress=report_step)
        report_step("writing tables and report")
        report = write_result(result, out or Path("out") / result.name)
    show(Run.of(result, report), as_json=as_json)
    if not as_json:
        click.echo(f"\nReport: {report}")


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show progress, but only in an interactive terminal."""
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
    """List the inputs and results that differ between RUN_A and RUN_B, largest effect first.

    \b
    Example:
      loopbook compare out/gmbi out/with-clients
    """
    from loopbook.report import compare_runs

    comparison = compare_runs(run_a, run_b)
    show(comparison if as_json else comparison.first(limit), as_json=as_json)


if __name__ == "__main__":
    main()
