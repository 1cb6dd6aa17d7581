"""``loopbook book consignments``: papers against trucks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loopbook.cli.options import with_book, with_clocks
from loopbook.cli.parts import shows_answer

if TYPE_CHECKING:
    from loopbook.book import AsOf, Book
    from loopbook.report import Answer


@click.command("consignments")
@shows_answer
@with_book
@with_clocks
def consignments_command(*, book: Book, asof: AsOf) -> Answer:
    """List consignments: mass by the papers, arrived, still in transit, and the difference.

    \b
    Example:
      loopbook book consignments
      loopbook book consignments --as-of 2026-03-05T17:00:00-05:00
    """
    from loopbook.book import list_consignments

    return list_consignments(book, asof=asof)
