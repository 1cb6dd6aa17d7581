"""The base of all kinds of files to import: the columns that it declares, and what a row means."""

from collections.abc import Iterable, Iterator
from typing import ClassVar

from loopbook.book.imports.columns import ENVELOPE, Column
from loopbook.book.imports.posting import Entry
from loopbook.book.imports.rows import ImportRow
from loopbook.book.plugins import Kind


class ImportKind(Kind):
    """Base of all kinds of files; a kind is a subclass in a file of its own.

    Class attributes
    ----------------
    kind : its name, made from the name of the class.
    columns : what its files may and must have, beside time, actor and document of the commands.
    known : all columns, by name.
    """

    columns: ClassVar[tuple[Column, ...]] = ()
    known: ClassVar[dict[str, Column]] = {}

    def __init_subclass__(cls) -> None:
        """Add the columns of every file."""
        super().__init_subclass__()
        cls.known = {column.name: column for column in (*cls.columns, *ENVELOPE)}

    def entries(self, rows: Iterable[ImportRow]) -> Iterator[Entry]:
        """Entries of a file's rows; by default one a row."""
        return map(self.entry, rows)

    def entry(self, row: ImportRow) -> Entry:
        """The commands that a row means, made with `ImportRow.command` and `ImportRow.entry`."""
        raise NotImplementedError(f"{self.kind} does not give the commands of a row")
