"""``loopbook library``: where numbers come from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from loopbook.cli.parts import Door, shows_answer

if TYPE_CHECKING:
    from loopbook.matter import Library
    from loopbook.report import Answer


@click.group(cls=Door)
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
    help="Folder or file with your own tables, beside the packaged ones; may be repeated.",
)


def _load(data: tuple[Path, ...]) -> Library:
    from loopbook.matter import load_library, packaged_data

    return load_library([packaged_data(), *data])


@library.command("list")
@click.argument("table", required=False)
@_data
@shows_answer
def list_command(table: str | None, data: tuple[Path, ...]) -> Answer:
    """List the tables, or the rows of one TABLE.

    \b
    Example:
      loopbook library list recoveries
    """
    from loopbook.matter import library_table, library_tables

    numbers = _load(data)
    return library_tables(numbers) if table is None else library_table(numbers, table)


@library.command("search")
@click.argument("text", nargs=-1, required=True)
@_data
@shows_answer
def search_command(text: tuple[str, ...], data: tuple[Path, ...]) -> Answer:
    """Find rows that contain every word of TEXT in key, unit, source or note.

    \b
    Example:
      loopbook library search nickel price --json
    """
    from loopbook.matter import search_library

    return search_library(_load(data), " ".join(text))


@library.command("explain")
@click.argument("key_or_value")
@_data
@shows_answer
def explain_command(key_or_value: str, data: tuple[Path, ...]) -> Answer:
    """Show where a number comes from, by its KEY (table/subject/parameter) or its VALUE.

    \b
    Example:
      loopbook library explain 0.9
      loopbook library explain "geography/US/electricity price"
    """
    from loopbook.matter import explain

    return explain(_load(data), key_or_value)
