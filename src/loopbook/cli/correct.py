"""``loopbook book correct``: a wrong event becomes the one that it should have been."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from loopbook.cli.options import accept_option, post_asking, with_book
from loopbook.cli.parts import shows_answer

if TYPE_CHECKING:
    from loopbook.book import Book, Corrected
    from loopbook.report import Answer


def _settings(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """Values by field, from texts such as ``owner=Maker``."""
    changes = {}
    for pair in pairs:
        name, mark, value = pair.partition("=")
        if not (name and mark):
            text = f"{pair!r} is not a field and a value, such as owner=Maker"
            raise click.BadParameter(text, ctx, param)
        if name in changes:
            raise click.BadParameter(f"{name!r} is set twice", ctx, param)
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
    help="The right value of a field, such as owner=Maker, shares.Ni=0.3 or outputs.1.mass_kg=900.",
)
@click.option("--reason", required=True, help="Why it was wrong.")
@click.option("--actor", required=True, help="Who corrects it.")
@click.option("--dry-run", is_flag=True, help="Show what would be posted; write nothing.")
@accept_option
@shows_answer
@with_book
def correct_command(
    *,
    book: Book,
    event: str,
    changes: dict[str, str],
    reason: str,
    actor: str,
    dry_run: bool,
    accept: dict[str, str],
) -> Answer:
    """Correct EVENT, a key: it is as if it had been reported right from the start.

    The wrong event is reversed, the right one posted in its place, and each later event that used
    what it brought is amended: all of it or nothing. What was known before stays to be seen. What
    is outside of what is usual is a warning, which is accepted with a reason.

    \b
    Example:
      loopbook book correct T-7/receive --set owner=Maker --reason "title" --actor amy --dry-run
    """
    from loopbook.book import correct

    why = {"reason": reason, "actor": actor}

    def given(same: dict[str, str], accept: dict[str, str]) -> Corrected:
        right = {field: same.get(value, value) for field, value in changes.items()}
        return correct(book, event, right, **why, dry_run=dry_run, accept=accept)

    return post_asking(given, {}, accept)
