"""Import of files: weighbridge tickets, assays, opening stock and runs, all of a file or none.

A file (CSV or XLSX) and a column-mapping file in TOML become commands, which are planned and posted
in one transaction. All errors are reported together, with row and column, and then nothing is
posted. A file may be imported again: rows that are in the book are recognised by document and
ticket, lot or run, and skipped. A command's key is made of the document and of what names the row
in the plant, never of its line: the same row is the same event, wherever it is.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from loopbook.book.book import Book
from loopbook.book.imports.kinds import KINDS
from loopbook.book.imports.mapping import read_map
from loopbook.book.imports.posting import Entry, Imported, post_entries
from loopbook.book.imports.rows import ImportKind, ImportRow, bind
from loopbook.book.imports.totals import without_totals
from loopbook.book.plugins import with_plugins
from loopbook.book.storage.database import uncollected
from loopbook.errors import Finding, Findings, InputError
from loopbook.tables import PLUGIN_ERRORS, Row, class_place, failure, read_sheet


def all_imports() -> dict[str, type[ImportKind]]:
    """Our kinds of files and those of plugins, by name."""
    return with_plugins({kind.kind: kind for kind in KINDS}, ImportKind)


@uncollected()
def import_file(
    book: Book,
    path: Path,
    mapping: Path,
    *,
    kind: str,
    dry_run: bool = False,
    same: Mapping[str, str] | None = None,
    accept: Mapping[str, str] | None = None,
) -> Imported:
    """Import a file, all of it or nothing.

    Parameters
    ----------
    path : CSV or XLSX file.
    mapping : its column-mapping file.
    kind : name of one of `all_imports`.
    dry_run : only show what would be posted.
    same : names of the book, by the names of the file that stand for them.
    accept : reasons for which warnings are accepted, by their kind.

    Raises
    ------
    InputError
        Every error of mapping, file and rows; nothing was posted.
    """
    known, findings = all_imports(), Findings()
    if kind not in known:
        findings.unknown("a kind of file", kind, known)
    findings.raise_all()
    plan = read_map(mapping, known[kind].known, same)
    sheet = read_sheet(path, plan.settings, findings.items)
    if sheet is None:
        raise InputError(findings)
    unbound = len(findings)
    binding = bind(sheet, plan, book.store.nouns().vehicles, findings.items)
    if len(findings) > unbound:
        raise InputError(findings)
    sheet = without_totals(binding, findings.items, sums=known[kind].sums_are_totals)
    rows = (ImportRow(binding, row) for row in sheet.rows)
    has_document = "document" in {**plan.sources, **plan.constants}
    named = "under another document" if has_document else "from a file of another name"
    entries = [*(_torn(*torn) for torn in sheet.torn), *_entries(known[kind], rows)]
    return post_entries(
        book,
        entries,
        name=path.name,
        findings=findings.items,
        dry_run=dry_run,
        ignored=binding.ignored,
        words=binding.words,
        beside=f"import the row {named}",
        accept=accept,
    )


def _entries(kind: type[ImportKind], rows: Iterable[ImportRow]) -> Iterator[Entry]:
    """Entries of the rows of a file; an error of a kind that others wrote is a finding."""
    if kind in KINDS:
        yield from kind().entries(rows)
        return
    place = class_place(kind)

    def noted() -> Iterator[ImportRow]:
        nonlocal place
        for row in rows:
            place = row.where
            yield row

    try:
        for made in kind().entries(noted()):
            if not isinstance(made, Entry):
                words = f"{type(made).__name__} from {class_place(kind)}"
                hint = "write return row.entry(COMMAND, ...)"
                raise InputError.of("plugin", place, "an entry", words, hint=hint)
            yield made
    except PLUGIN_ERRORS as error:
        words = f"{class_place(kind)}, which stops at {failure(error, kind)}"
        raise InputError.of("plugin", place, "a kind of file that runs", words) from error


def _torn(row: Row, finding: Finding) -> Entry:
    """A torn row, whose meaning is not known: the lots named in it count as missing."""
    texts = [str(cell.value) for cell in row.cells]
    words = [word.strip() for text in texts for word in re.split(r"[,;|\t]", text)]
    return Entry(row.line, finding.where, (), makes=tuple(filter(None, words)), findings=(finding,))
