"""``loopbook book``: commands and files into the ledger, and what lies in it out again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook.cli.parts import Door, as_json_option, print_json, print_table

if TYPE_CHECKING:
    from loopbook.book import Book, Event


address_option = click.option(
    "--book",
    "address",
    default="book.sqlite",
    show_default=True,
    envvar="LOOPBOOK_BOOK",
    metavar="FILE",
    help="The book: a file, or postgresql://... (also LOOPBOOK_BOOK).",
)
_PLAIN = ("account", "party", "site", "lot")


def moment(
    ctx: click.Context | None, param: click.Parameter | None, value: str | None
) -> datetime | None:
    """Read ISO 8601; a time without an offset could be anywhere, and is refused."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        found = datetime.min
    if found.tzinfo is None:
        raise click.BadParameter(
            f"{value!r} is no time with its zone, such as 2026-03-31T23:59:59-05:00", ctx, param
        )
    return found


lot_option = click.option("--lot", help="Only this lot.")
party_option = click.option("--party", help="Only what this party owns.")
site_option = click.option("--site", help="Only what lies at this site; 'in transit' for the road.")
known_at_option = click.option(
    "--known-at", metavar="TIME", callback=moment, help="What the book knew then."
)


@contextmanager
def open_book(address: str) -> Iterator[Book]:
    """An open book, closed afterwards."""
    from loopbook.book import Book

    with Book(address) as opened:
        yield opened


_CLOSE = "loopbook.cli.proofs"


@click.group(
    cls=Door,
    lazy={
        name: f"{_CLOSE}:{name}_command"
        for name in ("statement", "checkpoint", "prove", "check", "verify", "migrate")
    },
)
def book() -> None:
    """Keep the book: what happened to every lot, in and out to the milligram.

    \b
    Example:
      loopbook book new
      loopbook book import tickets tickets.csv --map tickets.toml --dry-run
      loopbook book balance --lot L-1
    """


# ---- in ----


@book.command("new")
@address_option
@click.option(
    "--substances", help="Substances to track separately, comma-separated; must include 'other'."
)
@as_json_option
def new_command(address: str, substances: str | None, as_json: bool) -> None:
    """Make a new, empty book.

    \b
    Example:
      loopbook book new --book gmbi.sqlite --substances Li,Ni,Co,Cu,other
    """
    from loopbook.book import SUBSTANCES, Book

    names = SUBSTANCES if substances is None else tuple(substances.split(","))
    Book(address, create=True, substances=names).close()
    if as_json:
        print_json({"book": address, "substances": list(names)})
    else:
        click.echo(f"{address}: a new book of {len(names)} substances: {', '.join(names)}")


@book.command("post")
@click.argument("file", type=click.File("rb"))
@address_option
@click.option("--dry-run", is_flag=True, help="Show what would be posted; write nothing.")
@as_json_option
def post_command(file: Any, address: str, dry_run: bool, as_json: bool) -> None:
    """Post the commands of a JSON Lines FILE (- for stdin), all of them or none.

    \b
    Example:
      loopbook book post commands.jsonl --dry-run
      loopbook book post commands.jsonl
    """
    from loopbook.book import post_lines

    with open_book(address) as opened:
        name = Path(getattr(file, "name", "<stdin>")).name
        done = post_lines(opened, file.read(), name=name, dry_run=dry_run)
        _show_imported(done, opened.substances, as_json)


@book.command("import")
@click.argument("kind", type=click.Choice(["tickets", "assays", "stock", "runs"]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--map",
    "mapping",
    required=True,
    type=click.Path(path_type=Path),
    metavar="MAP.toml",
    help="Which column is what, in which unit.",
)
@address_option
@click.option("--dry-run", is_flag=True, help="Show what would be posted; write nothing.")
@as_json_option
def import_command(
    *, kind: str, file: Path, mapping: Path, address: str, dry_run: bool, as_json: bool
) -> None:
    """Import a CSV or XLSX FILE of weighbridge tickets, assays, opening stock or runs.

    All of the file or nothing; every bad row is shown at once. A file may be imported again: what
    is in the book is not posted twice.

    \b
    Example:
      loopbook book import tickets tickets.csv --map tickets.toml --dry-run
      loopbook book import assays lab.xlsx --map lab.toml
    """
    from loopbook.book import import_file

    with open_book(address) as opened:
        done = import_file(opened, file, mapping, kind=kind, dry_run=dry_run)
        _show_imported(done, opened.substances, as_json)


def _show_imported(done: Any, substances: Sequence[str], as_json: bool) -> None:
    """What an import did, or would do."""
    from loopbook.book import event_row

    if as_json:
        events = [event_row(event, substances) for event in done.events]
        print_json(
            {
                "file": done.file,
                "rows": done.rows,
                "posted": done.posted,
                "events": events,
                "again": done.again,
                "ignored_columns": list(done.ignored),
            }
        )
        return
    if not done.posted:
        rows = [leg for event in done.events for leg in _leg_rows(event, substances)]
        _print_content("", ("key", "kind", "occurred_at", *_PLAIN), rows, substances)
    verb = "posted" if done.posted else "would be posted; nothing was written"
    again = f"; {done.again} were in the book already" if done.again else ""
    ignored = f"; columns not used: {', '.join(done.ignored)}" if done.ignored else ""
    click.echo(f"{done.file}: {_count(done.events, 'event')} {verb}{again}{ignored}")


def _leg_rows(event: Event, substances: Sequence[str]) -> Iterator[dict[str, Any]]:
    from loopbook.book import event_row

    row = event_row(event, substances)
    head = {name: row[name] for name in ("key", "kind", "occurred_at")}
    yield from ({**head, **leg} for leg in row["legs"] or [{}])


def _print_content(
    title: str, names: Sequence[str], rows: Iterable[Mapping[str, Any]], substances: Sequence[str]
) -> None:
    """Table of rows with masses in kg; substances that are nowhere are left out."""
    rows = list(rows)
    there = {name for row in rows for name in row}
    kg = [name for name in ("mass_kg", *(f"{s}_kg" for s in substances)) if name in there]
    columns = [*(n.replace("_", " ") for n in names), *(f">{n[:-3]}, kg" for n in kg)]
    cells = (
        [*(_text(row.get(n, "")) for n in names), *(_kg(row.get(n)) for n in kg)] for row in rows
    )
    print_table(title, columns, cells)


def _count(things: Sequence[Any], name: str) -> str:
    return f"{len(things)} {name}{'s' if len(things) != 1 else ''}"


def _text(value: object) -> str:
    return ", ".join(value) if isinstance(value, list) else str(value)


def _kg(text: str | None) -> str:
    """Decimal text to the gram, with commas between thousands."""
    from decimal import Decimal

    return "" if text is None else f"{Decimal(text):,.3f}"


# ---- out ----


@book.command("export")
@address_option
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["csv", "xlsx", "jsonl", "parquet"]),
    help="How to write the tables.",
)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to write.")
@as_json_option
def export_command(address: str, form: str, out: Path, as_json: bool) -> None:
    """Write events, postings, lots, balances, measurements and nouns for other programs.

    \b
    Example:
      loopbook book export --format parquet --out book-2026-03
    """
    from loopbook.book import export_book

    with open_book(address) as opened:
        done = export_book(opened, out, form)
    if as_json:
        print_json({"files": [str(f) for f in done.files], "rows": dict(done.rows)})
        return
    told = ", ".join(f"{count} {name}" for name, count in done.rows.items())
    click.echo(f"{out}: {_count(done.files, 'file')} with {told}")


@book.command("balance")
@address_option
@lot_option
@party_option
@site_option
@click.option("--as-of", metavar="TIME", callback=moment, help="What lay there then, inclusive.")
@known_at_option
@as_json_option
def balance_command(*, address: str, as_json: bool, **asked: Any) -> None:
    """Say what lies on each account: now, as of a moment, or as it was known at one.

    \b
    Example:
      loopbook book balance --party LGES
      loopbook book balance --lot L-1 --as-of 2026-02-28T23:59:59-05:00 --known-at 2026-03-03T08:00Z
    """
    from loopbook.book import balance_rows

    with open_book(address) as opened:
        rows, substances = balance_rows(opened, **asked), opened.substances
    if as_json:
        print_json(rows)
    else:
        _print_content(_count(rows, "account"), _PLAIN, rows, substances)


@book.command("lots")
@address_option
@click.option("--material", help="Only lots of this material.")
@click.option("--gone", is_flag=True, help="Also lots that are empty now.")
@as_json_option
def lots_command(address: str, material: str | None, gone: bool, as_json: bool) -> None:
    """List the lots: material, where, whose, how much, and what holds them.

    \b
    Example:
      loopbook book lots --material "black mass"
    """
    from loopbook.book import lot_rows

    with open_book(address) as opened:
        rows, substances = lot_rows(opened, material=material, gone=gone), opened.substances
    if as_json:
        print_json(rows)
    else:
        names = ("lot", "material", "sites", "owners", "hold")
        _print_content(_count(rows, "lot"), names, rows, substances)


@book.command("event")
@click.argument("key")
@address_option
@as_json_option
def event_command(key: str, address: str, as_json: bool) -> None:
    """Show one event by its KEY: who, when, why, its legs and what was measured.

    \b
    Example:
      loopbook book event tickets.csv/T-1/weigh
    """
    from loopbook.book import one_event

    with open_book(address) as opened:
        row, substances = one_event(opened, key), opened.substances
    if as_json:
        print_json(row)
        return
    for name in ("key", "kind", "actor", "document", "occurred_at", "recorded_at", "reverses"):
        if row[name]:
            click.echo(f"{name.replace('_', ' '):<12} {row[name]}")
    for noun in row["nouns"]:
        told = ", ".join(f"{k} {v}" for k, v in noun.items() if k not in ("kind", "id"))
        click.echo(f"{noun['kind']:<12} {noun['id']}" + (f": {told}" if told else ""))
    if row["legs"]:
        _print_content("", _PLAIN, row["legs"], substances)
    if row["measurements"]:
        names = (
            "lot",
            "quantity",
            ">value",
            ">uncertainty",
            "unit",
            "basis",
            "method",
            "laboratory",
            "sample",
            "stage",
        )
        cells = ([m[n.lstrip(">")] for n in names] for m in row["measurements"])
        print_table("", names, cells)


@book.command("log")
@address_option
@click.option("--last", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@as_json_option
def log_command(address: str, last: int, as_json: bool) -> None:
    """List the latest events in the order in which they were recorded.

    \b
    Example:
      loopbook book log --last 5
    """
    from loopbook.book import latest_events

    with open_book(address) as opened:
        rows = latest_events(opened, last)
    if as_json:
        print_json(rows)
        return
    names = ("event", "kind", "occurred_at", "actor", "key", "lots")
    _print_content(f"latest {_count(rows, 'event')}", names, rows, ())


@book.command("schema")
@address_option
@as_json_option
def schema_command(address: str, as_json: bool) -> None:
    """Print the tables of the book with the reason for each column.

    \b
    Example:
      loopbook book schema
    """
    from dataclasses import asdict

    from loopbook.book import TABLES, describe

    with open_book(address) as opened:
        substances = opened.substances
    if as_json:
        print_json({"substances": substances, "tables": [asdict(table) for table in TABLES]})
    else:
        click.echo(describe(substances).rstrip())
