"""What is in a store when the book begins."""

from loopbook.book.commands.arriving.receive import Receive
from loopbook.book.imports.columns import columns_of
from loopbook.book.imports.posting import Entry
from loopbook.book.imports.rows import ImportKind, ImportRow


class Stock(ImportKind):
    """Opening stock: a row a lot, from its supplier or, where none is given, from its owner."""

    sums_are_totals = True
    columns = (
        *columns_of(Receive, "lot", "material", "owner", "site", "mass_kg"),
        *columns_of(Receive, "shares", "supplier", "location", optional=True),
    )

    def entry(self, row: ImportRow) -> Entry:
        """A receipt of the whole lot."""
        supplier = row["supplier"] or row["owner"]
        return row.entry(row.command(Receive, row["lot"], "stock", supplier=supplier))
