"""``loopbook book``: post commands and files, and list what the book holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from loopbook.cli.options import (
    accept_option,
    address_option,
    lot_option,
    party_option,
    post_asking,
    same_option,
    site_option,
    substance_option,
    with_book,
    with_clocks,
)
from loopbook.cli.parts import MOST, Door, shows_answer

if TYPE_CHECKING:
    from loopbook.book import AsOf, Book, Imported
    from loopbook.report import Answer


@click.group(cls=Door)
def book() -> None:
    """Keep the book: what happened to every lot, in and out to the milligram.

    \b
    Example:
      loopbook book new
      loopbook book import tickets tickets.csv --map tickets.toml --dry-run
      loopbook book balance --lot L-1
    """


book.lazy = {
    name: f"loopbook.cli.proofs:{name}_command"
    for name in ("statement", "checkpoint", "prove", "check", "verify", "witness", "migrate")
} | {
    "close": "loopbook.cli.close:close_command",
    "consignments": "loopbook.cli.consignments:consignments_command",
    "correct": "loopbook.cli.correct:correct_command",
}

# ---- in ----


@book.command("new")
@address_option
@click.option(
    "--substances", help="Substances to track separately, comma-separated; must include 'other'."
)
@shows_answer
def new_command(*, address: str, substances: str | None) -> Answer:
    """Make a new, empty book.

    \b
    Example:
      loopbook book new --book plant.sqlite --substances Li,Ni,Co,Cu,other
    """
    from loopbook.book import SUBSTANCES, new_book

    return new_book(address, SUBSTANCES if substances is None else substances.split(","))


@book.command("post")
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="Show what would be posted; write nothing.")
@same_option
@accept_option
@shows_answer
@with_book
def post_command(
    *, book: Book, file: BinaryIO, dry_run: bool, same: dict[str, str], accept: dict[str, str]
) -> Answer:
    """Post the commands of a JSON Lines FILE (- for stdin), all of them or none.

    What is outside of what is usual is a warning; it is posted when it is accepted with a reason.

    \b
    Example:
      loopbook book post commands.jsonl --dry-run
      loopbook book post commands.jsonl
    """
    from loopbook.book import post_lines, posted

    name, raw = Path(getattr(file, "name", "<stdin>")).name, file.read()

    def given(same: dict[str, str], accept: dict[str, str]) -> Imported:
        return post_lines(book, raw, name=name, dry_run=dry_run, same=same, accept=accept)

    done = post_asking(given, same, accept)
    return posted(book, done)


class _Import(click.Command):
    """A command whose help lists the kinds of files, ours and those of plugins."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line a kind."""
        from loopbook.book import all_imports

        with formatter.section("Kinds of files"):
            kinds = all_imports().values()
            formatter.write_dl([(x.kind, (x.__doc__ or "").splitlines()[0]) for x in kinds])


def _known_kind(ctx: click.Context, parameter: click.Parameter, name: str) -> str:
    """The name of a kind of file; another name is misuse."""
    from loopbook.book import all_imports

    return click.Choice([*all_imports()]).convert(name, parameter, ctx)


@book.command("import", cls=_Import)
@click.argument("kind", callback=_known_kind)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "mapping",
    required=True,
    type=click.Path(path_type=Path),
    metavar="MAP.toml",
    help="Which column is what, in which unit.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be posted; write nothing.")
@same_option
@accept_option
@shows_answer
@with_book
def import_command(
    *,
    book: Book,
    kind: str,
    file: Path,
    mapping: Path,
    dry_run: bool,
    same: dict[str, str],
    accept: dict[str, str],
) -> Answer:
    """Import a CSV or XLSX FILE of a KIND: weighbridge tickets, assays, opening stock, runs.

    All of the file or nothing; every bad row is shown at once. A file may be imported again: what
    is in the book is not posted twice. `loopbook book kinds KIND` lists the columns of a kind. What
    is outside of what is usual is a warning; it is posted when it is accepted with a reason.

    \b
    Example:
      loopbook book import tickets tickets.csv --map tickets.toml --dry-run
      loopbook book import assays lab.xlsx --map lab.toml
      loopbook book import tickets tickets.csv --map tickets.toml --accept "ticket=pallets are wet"
    """
    from loopbook.book import import_file, posted

    def given(same: dict[str, str], accept: dict[str, str]) -> Imported:
        return import_file(
            book, file, mapping, kind=kind, dry_run=dry_run, same=same, accept=accept
        )

    done = post_asking(given, same, accept)
    return posted(book, done)


# ---- out ----


@book.command("export")
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["csv", "xlsx", "jsonl", "parquet"]),
    help="How to write the tables.",
)
@click.option(
    "--out", "folder", required=True, type=click.Path(path_type=Path), help="Folder to write."
)
@click.option(
    "--for-spreadsheet",
    is_flag=True,
    help="In CSV, an apostrophe before texts that a spreadsheet would run as a formula.",
)
@shows_answer
@with_book
def export_command(*, book: Book, form: str, folder: Path, for_spreadsheet: bool) -> Answer:
    """Write events, postings, lots, balances, measurements and nouns for other programs.

    \b
    Example:
      loopbook book export --format parquet --out book-2026-03
      loopbook book export --format csv --out book-csv --for-spreadsheet
    """
    from loopbook.book import export_book

    return export_book(book, folder, form, for_spreadsheet=for_spreadsheet)


@book.command("balance")
@lot_option
@party_option
@site_option
@click.option("--location", help="Only lots at this location of a site.")
@click.option("--by-location", is_flag=True, help="Sums of the lots by site and location.")
@substance_option
@shows_answer
@with_book
@with_clocks
def balance_command(
    *,
    book: Book,
    asof: AsOf,
    lot: str | None,
    party: str | None,
    site: str | None,
    location: str | None,
    by_location: bool,
    only: tuple[str, ...],
) -> Answer:
    """List the content of each account: now, as of a moment, or as it was known at one.

    \b
    Example:
      loopbook book balance --party Maker
      loopbook book balance --lot L-1 --as-of 2026-02-28T23:59:59-05:00 --known-at 2026-03-03T08:00Z
    """
    from loopbook.book import list_balances

    return list_balances(
        book, lot=lot, party=party, site=site, location=location, by_location=by_location, asof=asof
    )


@book.command("lots")
@click.option("--material", help="Only lots of this material.")
@click.option("--gone", is_flag=True, help="Also lots that are empty now.")
@substance_option
@shows_answer
@with_book
def lots_command(*, book: Book, material: str | None, gone: bool, only: tuple[str, ...]) -> Answer:
    """List the lots: material, site, owner, content, and why a lot is on hold.

    \b
    Example:
      loopbook book lots --material "black mass"
    """
    from loopbook.book import list_lots

    return list_lots(book, material=material, gone=gone)


@book.command("event")
@click.argument("key")
@shows_answer
@with_book
def event_command(*, book: Book, key: str) -> Answer:
    """Show one event by its KEY: who, when, why, its legs and what was measured.

    \b
    Example:
      loopbook book event tickets.csv/T-1/weigh
    """
    from loopbook.book import show_event

    return show_event(book, key)


@book.command("log")
@click.option(
    "--last", default=20, show_default=True, type=click.IntRange(1, MOST), help="How many."
)
@shows_answer
@with_book
def log_command(*, book: Book, last: int) -> Answer:
    """List the latest events in the order in which they were recorded.

    \b
    Example:
      loopbook book log --last 5
    """
    from loopbook.book import latest_events

    return latest_events(book, last)


@book.command("schema")
@shows_answer
@with_book
def schema_command(*, book: Book) -> Answer:
    """Print the tables of the book with the reason for each column.

    \b
    Example:
      loopbook book schema
    """
    from loopbook.book import book_schema

    return book_schema(book)


@book.command("kinds")
@click.argument("kind", required=False)
@shows_answer
def kinds_command(kind: str | None) -> Answer:
    """List the kinds of commands and of files that a book takes, or describe one KIND.

    \b
    Example:
      loopbook book kinds
      loopbook book kinds weigh
      loopbook book kinds tickets
    """
    from loopbook.book import describe_kind, list_kinds

    return list_kinds() if kind is None else describe_kind(kind)
