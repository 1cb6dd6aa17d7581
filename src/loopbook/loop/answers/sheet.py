"""Tables of results as they are declared."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from loopbook.loop.nouns.facts import Result

Key = tuple[str, str]
"""Names of a row of a table of results; empty where its rows are periods alone."""

OURS = (
    *("flows", "goods", "elements", "payments", "cash", "present_value", "sites", "burdens"),
    *("footprints", "not_stated", "warnings", "article", "overview", "links", "roles"),
    *("curves", "ranges", "figures", "stations", "verdicts", "draws", "drivers", "draw_findings"),
    *("years", "summary", "versions", "month_left_out", "metal_statement", "loop_statement"),
    *("cell_lots", "cell_origins", "cell_lot_origins"),
)
"""Tables of any loop, whose names no table of results may have."""

PERIOD = "period"
"""The answer of a column of periods."""


@dataclass(slots=True)
class Sheet:
    """A table of results.

    Parameters
    ----------
    head : its own row; None without one.
    columns : by name, in order, the rows that answer it, by names of the row.
    keys : names of its rows in order; one empty name where there are none.
    """

    head: Result | None = None
    columns: dict[str, dict[Key, Result]] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)

    def answer(self, column: str, key: Key) -> Result | None:
        """The row that answers a column in a row of the table: that of both names goes first."""
        names = (key, (key[0], ""), ("", key[1]), ("", ""))
        return next((self.columns[column][x] for x in names if x in self.columns[column]), None)

    def title(self, column: str) -> Result | None:
        """The row that has the title of a column; None of one that is not shown."""
        return next((row for row in self.columns[column].values() if row.title), None)

    def unit(self, column: str) -> str:
        """The unit of a column; empty of one of texts."""
        return next((row.unit for row in self.columns[column].values() if row.unit), "")

    @property
    def by_period(self) -> bool:
        """Whether it has a row for each period."""
        rows = (x for column in self.columns.values() for x in column.values())
        return any(row.answer == PERIOD for row in rows)


def sheets_of(results: Sequence[Result]) -> dict[str, Sheet]:
    """Tables of results by name, in the order in which they are declared."""
    sheets: dict[str, Sheet] = {}
    for row in results:
        sheet = sheets.setdefault(row.table_, Sheet())
        if not row.column:
            sheet.head = row
            continue
        sheet.columns.setdefault(row.column, {})[row.row, row.by] = row
        if row.row and (row.row, row.by) not in sheet.keys:
            sheet.keys.append((row.row, row.by))
    for sheet in sheets.values():
        twofold = any(by for _, by in sheet.keys)
        sheet.keys = [key for key in sheet.keys if key[1] or not twofold] or [("", "")]
    return sheets
