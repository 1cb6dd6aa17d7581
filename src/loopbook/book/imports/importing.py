"""Import of files: weighbridge tickets, assays, opening stock and runs, all of a file or none.

A file (CSV or XLSX) and a column-mapping file in TOML become commands, which are planned and posted
in one transaction. All errors are reported together, with row and column, and then nothing is
posted. A file may be imported again: rows that are in the book are recognised by document and
ticket, lot or run, and skipped.
"""

from pathlib import Path

from loopbook.book.book import Book
from loopbook.book.imports.binding import bind
from loopbook.book.imports.kinds import READERS, read_entries
from loopbook.book.imports.mapping import read_map
from loopbook.book.imports.posting import Imported, post_entries
from loopbook.errors import Finding, InputError
from loopbook.tables import read_sheet

KINDS = tuple(READERS)
"""Kinds of files that can be imported."""


def import_file(
    book: Book, path: Path, mapping: Path, *, kind: str, dry_run: bool = False
) -> Imported:
    """Import a file, all of it or nothing.

    Parameters
    ----------
    path : CSV or XLSX file.
    mapping : its column-mapping file.
    kind : one of `KINDS`.
    dry_run : only show what would be posted.

    Raises
    ------
    InputError
        Everything that is wrong with mapping, file and rows; nothing was posted.
    """
    plan = read_map(mapping, kind)
    findings: list[Finding] = []
    sheet = read_sheet(path, plan.settings, findings)
    if sheet is None:
        raise InputError(findings)
    unbound = len(findings)
    binding = bind(sheet, plan, findings)
    if len(findings) > unbound:
        raise InputError(findings)
    return post_entries(
        book,
        read_entries(binding),
        name=path.name,
        findings=findings,
        dry_run=dry_run,
        ignored=binding.ignored,
    )
