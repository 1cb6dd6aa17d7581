"""``loopbook serials``: which lot a cell or pack is of, and which cells and packs a lot has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loopbook.cli.options import address_option, open_book, open_if_there, register_option
from loopbook.cli.parts import MOST, Door, progress_bar, shows_answer

if TYPE_CHECKING:
    from loopbook.book import Book
    from loopbook.report import Answer

_month_option = click.option(
    "--month",
    metavar="YYYY-MM",
    default=lambda: f"{datetime.now(UTC):%Y-%m}",
    help="Under which month it is kept; this one if not given.",
)


def _with_register(
    *, book: bool, optional: bool = False
) -> Callable[[Callable[..., Answer]], Callable[..., Answer]]:
    """Give a command the folder of its register and, if asked for, the open book.

    If the book is `optional`, None where it cannot be opened.
    """

    def decorate(command: Callable[..., Answer]) -> Callable[..., Answer]:
        @address_option
        @register_option
        @functools.wraps(command)
        def in_folder(*, address: str, folder: Path | None, **options: Any) -> Answer:
            from loopbook.book import check_address, marked_by
            from loopbook.serials import register_beside

            check_address(address)
            if folder is None and "://" in address:
                raise click.UsageError(
                    "a book on a server has no folder beside it: give --register FOLDER"
                )
            place = folder or register_beside(Path(address))
            if not book:
                return command(folder=place, **options)
            with open_if_there(address) if optional else open_book(address) as opened:
                answer = command(folder=place, book=opened, **options)
                return answer if opened is None else marked_by(opened, answer)

        return in_folder

    return decorate


@click.group(cls=Door)
def serials() -> None:
    """Keep the serials of cells and packs: which lot a serial is of, which serials a lot has.

    \b
    Example:
      loopbook serials import cells.csv
      loopbook serials add-range CELL-1 LG26A-000001 LG26A-005000
      loopbook serials find LG26A-004711
    """


@serials.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_month_option
@shows_answer
@_with_register(book=True)
def import_command(*, folder: Path, book: Book, file: Path, month: str) -> Answer:
    """Import a CSV or Parquet FILE with the columns lot and serial, or of ranges.

    A file of ranges has the columns lot, prefix, first, last, width and suffix. All of the file or
    nothing; every bad row is shown at once. A file may be imported again and changes nothing.

    \b
    Example:
      loopbook serials import cells.csv
      loopbook serials import cells.parquet --month 2026-03
    """
    from loopbook.serials import import_in_step

    with progress_bar(file.name) as show:
        return import_in_step(folder, file, book=book, month=month, progress=show)


@serials.command("add-range")
@click.argument("lot")
@click.argument("first")
@click.argument("last")
@_month_option
@shows_answer
@_with_register(book=True)
def add_range_command(
    *, folder: Path, book: Book, lot: str, first: str, last: str, month: str
) -> Answer:
    """Give LOT all serials from FIRST to LAST, which differ in one number.

    \b
    Example:
      loopbook serials add-range CELL-1 LG26A-000001 LG26A-005000
    """
    from loopbook.serials import add_range

    return add_range(folder, (lot, first, last), book=book, month=month)


@serials.command("compact")
@click.option("--month", metavar="YYYY-MM", help="Only this month; all of them if not given.")
@shows_answer
@_with_register(book=False)
def compact_command(*, folder: Path, month: str | None) -> Answer:
    """Merge the runs of each month into one. Answers stay as they are and come sooner.

    \b
    Example:
      loopbook serials compact
      loopbook serials compact --month 2026-03
    """
    from loopbook.serials import compact_register

    return compact_register(folder, month)


@serials.command("rebuild")
@shows_answer
@_with_register(book=True)
def rebuild_command(*, folder: Path, book: Book) -> Answer:
    """Read again, from the book's events, where serials went.

    A register that is newer than its book, because the book was restored, is in step with it then.
    Serials that were entered stay.

    \b
    Example:
      loopbook serials rebuild
    """
    from loopbook.serials import rebuild_register

    return rebuild_register(folder, book)


@serials.command("find")
@click.argument("serial", nargs=-1, required=True)
@shows_answer
@_with_register(book=True, optional=True)
def find_command(*, folder: Path, book: Book | None, serial: tuple[str, ...]) -> Answer:
    """Show which lot a SERIAL, or each of several, is in.

    Where the book cannot be opened, these are the lots that the serials were entered for.

    \b
    Example:
      loopbook serials find LG26A-004711
    """
    from loopbook.serials import find_lots

    return find_lots(folder, serial, book)


@serials.command("list")
@click.argument("lot", nargs=-1, required=True)
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all of them to a .csv or .parquet file, which may be larger than the memory.",
)
@click.option(
    "--limit",
    default=20,
    show_default=True,
    type=click.IntRange(0, MOST),
    help="Serials to print; 0 for all.",
)
@shows_answer
@_with_register(book=True)
def list_command(
    *, folder: Path, book: Book, lot: tuple[str, ...], file: Path | None, limit: int
) -> Answer:
    """List the serials of each LOT, sorted; to a file for a recall.

    \b
    Example:
      loopbook serials list CELL-1 --limit 0
      loopbook serials list CELL-1 CELL-2 --out recall.csv
    """
    from loopbook.serials import list_serials, save_serials

    if file is not None:
        return save_serials(folder, lot, file, book)
    return list_serials(folder, lot, book, limit=limit or None)


@serials.command("count")
@click.argument("lot", nargs=-1, required=True)
@shows_answer
@_with_register(book=True)
def count_command(*, folder: Path, book: Book, lot: tuple[str, ...]) -> Answer:
    """Count the serials of each LOT.

    \b
    Example:
      loopbook serials count CELL-1 CELL-2
    """
    from loopbook.serials import count_serials

    return count_serials(folder, lot, book)
