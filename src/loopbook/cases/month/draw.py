"""The month of a case: drawn from its loop, posted to a book, or left out with the reason."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from loopbook.book import Book, VerifyReport, verify
from loopbook.cases.month.origins import cell_origins
from loopbook.errors import InputError, LoopbookError
from loopbook.loop import Walk
from loopbook.matter import load_library
from loopbook.plant import MONTH_FILE, MonthRecord, chain_record, post_month, read_month
from loopbook.report import MONTH_LEFT_OUT, Column, InputRow, Table, counted


class DrawnMonth(NamedTuple):
    """What a month adds to the result of a case; nothing where it has no ``month.toml``.

    Parameters
    ----------
    tables : the plant's metal statement, the whole book's, lots of finished cells, and where their
        metal came from; or the reason why no month is drawn.
    attachments : files by name: the book (SQLite), and the picture of a lineage.
    inputs : input rows of its numbers, on which its tables rest.
    proven : what the book shows, one line; empty without one.
    """

    tables: tuple[Table, ...] = ()
    attachments: Mapping[str, bytes] = MappingProxyType({})
    inputs: tuple[InputRow, ...] = ()
    proven: str = ""


def draw_month(folder: Path, walked: Walk, keys: tuple[str, ...] = ()) -> DrawnMonth:
    """Draw the month of a case and post it to a new book.

    The month illustrates the periods, which do not depend on it: whatever is wrong with it becomes
    the table `MONTH_LEFT_OUT`.

    Parameters
    ----------
    folder : of the case.
    walked : its loop.
    keys : input rows that the loop's flows rest on.
    """
    path = folder / MONTH_FILE
    if not path.is_file():
        return DrawnMonth()
    sources = (walked.loop.library or load_library()).sources.keys() | walked.loop.works.keys()
    try:
        settings = read_month(path, sources)
        month = drawn(chain_record(walked, settings, keys))
    except (LoopbookError, ArithmeticError, LookupError, ValueError) as error:
        return DrawnMonth((_left_out(error),))
    return month._replace(inputs=settings.inputs)


def drawn(record: MonthRecord) -> DrawnMonth:
    """Tables of a month, its book and picture, and what the book shows when it is verified."""
    scrap = sorted({feed.scrap_type for feed in record.matter.feeds})
    with tempfile.TemporaryDirectory(prefix="loopbook-") as folder:
        path = Path(folder) / "book.sqlite"
        tables, lots = post_month(record, path)
        with Book(path) as book:
            origins, pictures = cell_origins(book, lots, scrap, record.keys)
            proven = _proven(verify(book))
        raw = path.read_bytes()
    return DrawnMonth((*tables, *origins), {"book.sqlite": raw, **pictures}, proven=proven)


def _proven(report: VerifyReport) -> str:
    """What the modelled month's book shows, and what nothing shows yet."""
    if not report.clean:
        return f"{report.first_wrong} does not agree with its seal"
    balance = f"{counted(report.events, 'event')} of the modelled month balance"
    kept = counted(report.checkpoints, "checkpoint") if report.checkpoints else "no checkpoint"
    return (
        f"{balance}; {kept}, claim or drill yet" if not report.checkpoints else f"{balance}; {kept}"
    )


def _left_out(error: Exception) -> Table:
    """The table in place of a month that cannot be drawn."""
    findings = error.findings if isinstance(error, InputError) else ()
    rows = [(f.where, str(f).removeprefix(f"{f.where}: ")) for f in findings]
    return Table(
        MONTH_LEFT_OUT,
        "No month drawn",
        (Column("where", "Where"), Column("finding", "Finding")),
        tuple(rows or [(MONTH_FILE, f"{type(error).__name__}: {error}")]),
        "The periods do not depend on the month. Change month.toml, or delete it.",
    )
