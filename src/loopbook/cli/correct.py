"""``loopbook book correct``: a wrong event becomes the one that it should have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loopbook.cli.options import with_book
from loopbook.cli.parts import shows_answer

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.report import Answer


def _settings(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """Values by field, from texts such as ``owner=LGES``."""
    changes = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not (name and mark):
            text = f"{pair!r} is not a field and a value, such as owner=LGES"
            raise click.BadParameter(text, ctx, param)
        changes[name] = value
    return changes


@click.command("correct")
@click.argument("event")
@click.option(
    "--set",
    "changes",
    multiple=True,
    required=True,
    callback=_settings,
    metavar="FIELD=VALUE",
    help="The right value of a field, such as owner=LGES or shares.Ni=0.31; may be repeated.",
)
@click.option("--reason", required=True, help="Why it was wrong.")
@click.option("--actor", required=True, help="Who corrects it.")
@click.option("--dry-run", is_flag=True, help="Show what would be posted; write nothing.")
@shows_answer
@with_book
def correct_command(
    *, book: Book, event: str, changes: dict[str, str], reason: str, actor: str, dry_run: bool
) -> Answer:
    """Correct EVENT, a key: it is as if it had been reported right from the start.

    The wrong event is reversed, the right one posted in its place, and each later event that used
    what it brought is amended: all of it or nothing. What was known before stays to be seen.

    \b
    Example:
      loopbook book correct T-7/receive --set owner=LGES --reason "title" --actor amy --dry-run
    """
    from loopbook.book import correct

    return correct(book, event, changes, reason=reason, actor=actor, dry_run=dry_run)
