"""Import of files: weighbridge tickets, assays, opening stock and runs, all of a file or none.

A file (CSV or XLSX) and a column-mapping file in TOML become commands; the commands are planned
against the book with nothing kept; everything that is wrong is shown at once, with its row and
column. Only when nothing is wrong is the file posted, in one transaction. A file may be imported
again: rows that are in the book are recognised by document and ticket, lot or run, and skipped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from loopbook.book.book import Book
from loopbook.book.imports.binding import bind
from loopbook.book.imports.kinds import READERS, read_entries
from loopbook.book.imports.mapping import read_map
from loopbook.book.imports.rehearsal import Entry, placed, rehearse
from loopbook.book.nouns import Event
from loopbook.errors import Finding, InputError, raise_findings
from loopbook.tables.sheet import read_sheet

KINDS = tuple(READERS)
"""Kinds of files that can be imported."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Parameters
    ----------
    file : its name.
    rows : rows, or runs, that were read.
    events : events that were posted; of a dry run, that would be.
    again : events that were in the book already.
    posted : False for a dry run.
    ignored : columns that the mapping does not name.
    """

    file: str
    rows: int
    events: tuple[Event, ...]
    again: int
    posted: bool
    ignored: tuple[str, ...] = ()


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
    entries = read_entries(binding)
    done = post_entries(book, entries, name=path.name, findings=findings, dry_run=dry_run)
    return Imported(done.file, done.rows, done.events, done.again, done.posted, binding.ignored)


def post_entries(
    book: Book,
    entries: Sequence[Entry],
    *,
    name: str,
    findings: Sequence[Finding] = (),
    dry_run: bool = False,
) -> Imported:
    """Rehearse entries and, if nothing is wrong, post them in one transaction.

    Parameters
    ----------
    name : file that they come from.
    findings : what is wrong with the file already; raised together with the entries'.
    dry_run : only rehearse.
    """
    tried = rehearse(book, entries)
    found = [*findings, *tried.findings]
    raise_findings(sorted(found, key=lambda f: _line(f.where)))
    if not dry_run:
        _post(book, entries)
    return Imported(name, len(entries), tried.events, tried.again, not dry_run)


def _line(where: str) -> tuple[str, int]:
    match = re.match(r"(.*?):(\d+)", where)
    return (match[1], int(match[2])) if match else (where, 0)


def _post(book: Book, entries: Sequence[Entry]) -> None:
    """Post; what another writer changed since the rehearsal is found here, at its row."""
    try:
        book.post([command for entry in entries for command in entry.commands])
    except InputError as error:
        raise InputError([placed(entries, finding) for finding in error.findings]) from error
