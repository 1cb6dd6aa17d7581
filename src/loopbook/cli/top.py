"""The ``loopbook`` command: parses, calls one function of a room, prints.

Exit codes: 0 clean, 1 findings, 2 misuse. Every command prints a table for people and, with
``--json``, the same for programs. Rooms are imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
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
    from loopbook.cases import CaseResult
    from loopbook.matter import Library, Number


@click.group(
    cls=Door,
    lazy={
        "book": "loopbook.cli.book:book",
        "on-site": "loopbook.cli.lots:on_site_command",
        "origins": "loopbook.cli.lots:origins_command",
        "path": "loopbook.cli.trace:path_command",
        "recall": "loopbook.cli.trace:recall_command",
        "serials": "loopbook.cli.serials:serials",
        "suspect": "loopbook.cli.lots:suspect_command",
        "trace": "loopbook.cli.trace:trace_command",
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


# ---- library: where numbers come from ----


@main.group()
def library() -> None:
    """Look up the sourced numbers: where does 0.9 come from?

    \b
    Example:
      loopbook library list
      loopbook library search nickel recovery
      loopbook library explain 0.9
    """


_data = click.option(
    "--data",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Folder or file with tables of your own, beside the packaged ones; may be repeated.",
)


def _load(data: tuple[Path, ...]) -> Library:
    from loopbook.matter import load_library, packaged_data

    return load_library([packaged_data(), *data])


def _number_json(number: Number, library: Library) -> dict[str, object]:
    from dataclasses import asdict

    return {"key": number.key, **asdict(number), "source": asdict(library.source(number))}


def _print_numbers(title: str, numbers: Sequence[Number]) -> None:
    columns = ("key", ">value", "unit", "year", ">low", ">high", "grade", "source", "row")
    rows = (
        (
            n.key,
            f"{n.value:.6g}",
            n.unit,
            n.year,
            "" if n.low is None else f"{n.low:.6g}",
            "" if n.high is None else f"{n.high:.6g}",
            n.grade,
            n.source_id,
            n.where,
        )
        for n in numbers
    )
    _print_table(title, columns, rows)


@library.command("list")
@click.argument("table", required=False)
@_data
@_as_json
def library_list(table: str | None, data: tuple[Path, ...], as_json: bool) -> None:
    """List the tables, or the rows of one TABLE.

    \b
    Example:
      loopbook library list recoveries
    """
    numbers = _load(data)
    if table is not None:
        rows = numbers.table(table)
        if as_json:
            _print_json([_number_json(n, numbers) for n in rows])
        else:
            _print_numbers(f"{table}: {len(rows)} rows", rows)
        return
    found = [
        {
            "table": name,
            "rows": len(numbers.table(name)),
            "subjects": len(numbers.subjects(name)),
            "sources": sorted({n.source_id for n in numbers.table(name)}),
        }
        for name in numbers.tables()
    ]
    if as_json:
        _print_json(found)
        return
    title = f"{len(found)} tables, {len(numbers.numbers)} rows, {len(numbers.sources)} sources"
    cells = []
    for row in found:
        names = list(map(str, row["sources"]))  # type: ignore[call-overload]
        text = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
        cells.append((str(row["table"]), str(row["rows"]), str(row["subjects"]), text))
    _print_table(title, ("table", ">rows", ">subjects", "sources"), cells)


@library.command("search")
@click.argument("text", nargs=-1, required=True)
@_data
@_as_json
def library_search(text: tuple[str, ...], data: tuple[Path, ...], as_json: bool) -> None:
    """Find rows that hold every word of TEXT in key, unit, source or note.

    \b
    Example:
      loopbook library search nickel price --json
    """
    numbers = _load(data)
    words = " ".join(text)
    found = numbers.find(words)
    if not found:
        _nothing(f"library search {words}", "at least one row", "none")
    if as_json:
        _print_json([_number_json(n, numbers) for n in found])
    else:
        _print_numbers(f"{len(found)} rows with: {words}", found)


@library.command("explain")
@click.argument("key_or_value")
@_data
@_as_json
def library_explain(key_or_value: str, data: tuple[Path, ...], as_json: bool) -> None:
    """Say where a number comes from, by its KEY (table/subject/parameter) or its VALUE.

    \b
    Example:
      loopbook library explain 0.9
      loopbook library explain "geography/US/electricity price"
    """
    from loopbook.errors import nearest_hint
    from loopbook.matter import explain

    numbers = _load(data)
    try:
        value = float(key_or_value)
    except ValueError:
        found = numbers.with_key(key_or_value)
        hint = "" if found else nearest_hint(key_or_value, {n.key for n in numbers.numbers})
    else:
        if not math.isfinite(value):
            raise click.BadParameter("a number must be finite", param_hint="KEY_OR_VALUE")
        found, hint = numbers.with_value(value), "as written in its table, in the table's unit"
    if not found:
        _nothing("library explain", "a key or a value of the library", key_or_value, hint)
    if as_json:
        _print_json([_number_json(n, numbers) for n in found])
        return
    for place, number in enumerate(found):
        if place:
            click.echo()
        for line in explain(number, numbers):
            click.echo(line)


def _nothing(where: str, expected: str, found: str, hint: str = "") -> None:
    from loopbook.errors import Finding, UnknownNameError

    raise UnknownNameError([Finding("unknown-name", where, expected, found, hint)])


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
    """Run a CASE: a folder, or a name under ./cases. Writes tables, inputs and a report.

    \b
    Example:
      loopbook run gmbi
      loopbook run gmbi --switch tbmnc --switch gm --out out/with-clients
    """
    from loopbook.cases.run import run_case
    from loopbook.report.write import result_json, write_result

    with _progress() as say:
        result = run_case(case, switches, progress=say)
        say("writing tables and report")
        report = write_result(result, out or Path("out") / result.name)
    if as_json:
        _print_json({**result_json(result), "report": str(report)})
        return
    _print_run(result)
    click.echo(f"Report: {report}")


def _print_run(result: CaseResult) -> None:
    from loopbook.cases.year.screen import YEAR_COLUMNS, headline_rows

    click.echo(result.title)
    on = [name for name, value in result.switches.items() if value]
    off = [name for name, value in result.switches.items() if not value]
    click.echo(f"switched on: {', '.join(on) or 'none'}; off: {', '.join(off) or 'none'}\n")
    width = max(len(label) for label, _ in result.summary)
    for label, text in result.summary:
        click.echo(f"{label.ljust(width)}  {text}")
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
    from loopbook.report.compare import compare_runs, comparison_json

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
