"""Texts of files or sheets as rows of the tables of a loop, with their columns checked."""

import re
from collections.abc import Sequence

from loopbook.errors import Findings, nearest_hint
from loopbook.loop.nouns.row import column_of, columns_of
from loopbook.loop.reading.written import NOUNS, SERIES, Cell, Line, Tables, known_columns
from loopbook.loop.time.calendar import span_of

AGE = re.compile(r"age (\d{1,3})")
"""The column of a year since the start of a site: ``age 0``."""


def arrange(tables: Tables, findings: Findings) -> None:
    """Make rows of texts; sheets of other names, and columns of other names, are findings."""
    for name, sheet in tables.sheets.items():
        table = SERIES if name.startswith(f"{SERIES}-") else name
        place = f"{sheet.name}:{sheet.header_line}"
        if table not in NOUNS:
            findings.unknown("a table of a loop", name, NOUNS, at=place)
            continue
        whole = _check_header(table, sheet.header, findings, at=place)
        if not whole and "series" in sheet.header:
            tables.lost_series |= {row["series"] for _, row in sheet.records()}
        elif not whole or sheet.torn:
            tables.broken.add(table)
        for number, row in sheet.records() if whole else ():
            where = f"{sheet.name}:{number}"
            cells = {x: Cell(text, where) for x, text in row.items() if text or table == SERIES}
            tables.lines.setdefault(table, []).append(Line(table, where, cells))


def _check_header(table: str, header: Sequence[str], findings: Findings, *, at: str) -> bool:
    """Whether a table has the columns that it needs; others that it cannot have are findings.

    Components are looked up when all names are known.
    """
    noun, known = NOUNS[table], known_columns(table)
    needed = [column_of(field.name) for field in columns_of(noun) if field.required]
    wrong = [name for name in needed if name not in header]
    for name in wrong:
        findings.missing(f"column {name} of {table}", at=at, hint=nearest_hint(name, header))
    for name in header:
        if name in known or (noun.wide == "component" and name):
            continue
        if noun.wide != "period":
            findings.unknown(f"a column of {table}", name or "an empty name", known, at=at)
        elif span_of(name) is None and not AGE.fullmatch(name):
            hint = "a period is 2028, 2026-Q1 or 2027-03; a year of age is age 0"
            findings.note("period", "a period, or age 0", name or "nothing", at=at, hint=hint)
            wrong.append(name)
    return not wrong
