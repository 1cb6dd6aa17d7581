"""Rows that are computed from others: a finding, skipped or taken, as the mapping sets it.

A total in the last row of a list would be a lot, and double the stock.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from loopbook.book.imports.rows import Binding, ImportRow
from loopbook.errors import Finding
from loopbook.tables import Row, Sheet

_TOTAL = re.compile(
    r"(?:(?:grand |sub[- ]?)?totals?|sum|(?:gesamt|zwischen)?summe|gesamt|insgesamt|totale?|somme"
    r"|suma|合計|小計|总计|合计|小计|합계|총계|소계|итого|всего)(?:[\s:.(].*)?"
    r"|(?:mean|average|avg|median|min|minimum|max|maximum|std|stdev|mittel(?:wert)?|durchschnitt"
    r"|moyenne|media|promedio|평균|최대|최소|平均|最大|最小)\.?:?(?:\s*\(.*)?",
    re.IGNORECASE | re.DOTALL,
)
_HINT = (
    'if it is computed from other rows, delete it or write total_row = "skip" in [file]; '
    'if it is one of the rows, write total_row = "take"'
)
_ROUNDED = Decimal(10_000)  # a sum of rows as they are shown may be off by one in so many


def without_totals(binding: Binding, findings: list[Finding], *, sums: bool) -> Sheet:
    """The sheet without its rows of totals; they are findings if the mapping does not name them.

    Parameters
    ----------
    sums : whether a last row is a total, too, whose masses are the sums of those above.
    """
    sheet, way = binding.sheet, binding.map.settings.total_row
    if way == "take":
        return sheet
    lines = {row.line for row in sheet.rows if _is_named(row)}
    last = sheet.rows[-1].line if sheet.rows else 0
    if sums and not lines and _is_sum(binding, sheet.rows):
        lines = {last}
    if way != "skip":
        for line in sorted(lines):
            findings.append(
                Finding("total", sheet.where(line), "a row", "a total or a mean", _HINT)
            )
    torn = sheet.torn if way != "skip" else [x for x in sheet.torn if not _is_named(x[0])]
    rows = tuple(row for row in sheet.rows if row.line not in lines)
    return replace(sheet, rows=rows, torn=tuple(torn))


def _is_named(row: Row) -> bool:
    """Whether the first text of a row is a word for a total or a mean."""
    first = next((str(cell.value) for cell in row.cells if cell.value not in (None, "")), "")
    return _TOTAL.fullmatch(first.strip()) is not None


def _is_sum(binding: Binding, rows: Sequence[Row]) -> bool:
    """Whether each mass of the last row is the sum of at least two above it, as they are shown."""
    names = [
        name
        for name, source in binding.map.sources.items()
        if source.base == "kg" and "uncertainty" not in name
    ]
    if len(rows) < 3 or not names:
        return False
    last = [mass for mass in _masses(binding, rows[-1], names) if mass is not None]
    if len(last) < len(names) or not any(last):
        return False
    excess = [-mass for mass in last]  # of the rows above over the last one
    for row in rows[:-1]:
        masses = _masses(binding, row, names)
        excess = [rest + (mass or 0) for rest, mass in zip(excess, masses, strict=True)]
        if any(rest * _ROUNDED > mass for rest, mass in zip(excess, last, strict=True)):
            return False  # no mass is negative: what is too much stays so
    return all(-rest * _ROUNDED <= mass for rest, mass in zip(excess, last, strict=True))


def _masses(binding: Binding, row: Row, names: Sequence[str]) -> Iterator[Decimal | None]:
    read = ImportRow(binding, row)
    for name in names:
        value = read[name]
        yield value if isinstance(value, Decimal) and name not in read.bad else None
