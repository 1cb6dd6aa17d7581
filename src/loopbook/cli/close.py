"""``loopbook book close``: the check list of a period, and its closing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from loopbook.cli.options import accept_option, with_book
from loopbook.cli.parts import shows_answer

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.report import Answer


@click.command("close")
@click.argument("period")
@click.option("--actor", required=True, help="Who closes it.")
@click.option("--dry-run", is_flag=True, help="Show the check list; close nothing.")
@accept_option
@shows_answer
@with_book
def close_command(
    *, book: Book, period: str, actor: str, dry_run: bool, accept: dict[str, str]
) -> Answer:
    """Close a PERIOD after its check list: what came in without ticket or assay, what is missing.

    A line that is outside of its limit is accepted with a reason, which is kept with the closing.

    \b
    Example:
      loopbook book close 2026-03 --actor amy --dry-run
      loopbook book close 2026-03 --actor amy --accept "unassayed=SGS reports on 4 April"
    """
    from loopbook.book import close_period

    at = datetime.now(UTC)
    return close_period(book, period, actor=actor, at=at, accept=accept, dry_run=dry_run)
