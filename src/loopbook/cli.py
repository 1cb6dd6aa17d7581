"""The ``loopbook`` command: parses, calls one function of a room, prints.

Exit codes: 0 clean, 1 findings, 2 misuse. Every command prints a table for people and, with
``--json``, the same for programs. Rooms are imported inside the commands, so that help is quick.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook import __version__

if TYPE_CHECKING:
    from loopbook.matter import Library, Number

__all__ = ["main"]

_PIPE_WIDTH = 500  # columns where the output is no terminal: a row stays on one line


class Door(click.Group):
    """Command group whose commands end with exit code 1 and every finding on bad input."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; print findings instead of a traceback."""
        from loopbook.errors import InputError

        try:
            return super().invoke(ctx)
        except InputError as error:
            for finding in error.findings:
                click.echo(str(finding), err=True)
            count = len(error.findings)
            click.echo(f"{count} finding{'s' if count != 1 else ''}", err=True)
            ctx.exit(1)


@click.group(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="loopbook")
def main() -> None:
    """Keep the books of a closed battery loop.

    \b
    Example:
      loopbook library explain 0.9
    """


def _print_json(data: object) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


def _print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Table for people; columns that start with ``>`` hold numbers, set to the right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        number = column.startswith(">")
        table.add_column(column.lstrip(">"), justify="right" if number else "left", no_wrap=number)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    with console.capture() as capture:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


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


_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")
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


if __name__ == "__main__":
    main()
