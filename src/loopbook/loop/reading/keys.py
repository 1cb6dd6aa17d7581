"""Keys and addresses of rows, cells that one run sets, and rows that switches turn on.

A row with a switch holds only when that is on: a new key adds a row, a known key replaces the
filled cells of the row that has it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loopbook.errors import Findings
from loopbook.loop.reading.folder import CASE
from loopbook.loop.reading.written import (
    NOTHING,
    NOUNS,
    Cell,
    Line,
    Tables,
    fields_of_table,
    opened,
)
from loopbook.loop.time.calendar import month_name, span_of
from loopbook.loop.values.findings import LoopFindings

SET = "--set "
"""How the place of a cell begins that one run sets."""

_SET = re.compile(r"(?P<row>.+?)/(?P<column>[^/<>=]+)=(?P<value>.*)", re.DOTALL)


def key_of(line: Line) -> tuple[str, ...]:
    """The key of a row as text: days as days, blanks as one."""
    return tuple(_canonical(line[column], column) for column in NOUNS[line.table].key)


def _canonical(text: str, column: str) -> str:
    span = span_of(text) if column == "starts" else None
    return f"{month_name(span.first)}-01" if span else " ".join(text.split())


def address_of(line: Line) -> str:
    """What ``--set`` calls a row: ``terms/black mass/payable/Li``.

    >>> from loopbook.loop.reading.written import Cell
    >>> cells = {"on": "black mass", "term": "payable", "of": "Li"}
    >>> address_of(Line("terms", "", {name: Cell(text, "") for name, text in cells.items()}))
    'terms/black mass/payable/Li'
    """
    return "/".join((line.table, *key_of(line))).rstrip("/")


@dataclass(slots=True)
class Keyed:
    """Rows of a table by key: what holds without switches, and what switches change.

    Parameters
    ----------
    base : rows without a switch, and rows of a switch that add a key.
    changes : rows of a switch that replace cells of a base row, in the order of the file.
    """

    base: dict[tuple[str, ...], Line] = field(default_factory=dict)
    changes: list[tuple[tuple[str, ...], Line]] = field(default_factory=list)

    def all_lines(self) -> Iterable[Line]:
        """Each row as it holds when its switch is on, alone."""
        yield from self.base.values()
        for key, line in self.changes:
            yield line.over(self.base[key])

    def in_force(self, switches: Mapping[str, bool]) -> Iterable[Line]:
        """Rows that hold in a run."""
        rows = {
            key: line
            for key, line in self.base.items()
            if switches.get(line["switch"], not line["switch"])
        }
        for key, line in self.changes:
            if switches.get(line["switch"], False):
                rows[key] = line.over(rows[key]) if key in rows else line
        return rows.values()


def keyed(lines: Iterable[Line], findings: Findings) -> Keyed:
    """Rows by key; a key that is given twice, for one switch or without, is a finding."""
    table, first = Keyed(), dict[tuple[tuple[str, ...], str], Line]()
    for line in sorted(lines, key=lambda line: bool(line["switch"])):
        key = key_of(line)
        before = first.setdefault((key, line["switch"]), line)
        if before is not line:
            shown, hint = " / ".join(filter(None, key)), f"first at {before.where}"
            findings.note("duplicate", "each key once", shown, at=line.where, hint=hint)
        elif key in table.base:
            table.changes.append((key, line))
        else:
            table.base[key] = line
    return table


def key_tables(tables: Tables, findings: Findings) -> dict[str, Keyed]:
    """All tables opened and by key."""
    return {table: keyed(opened(tables.lines.get(table, ())), findings) for table in NOUNS}


def set_cells(
    tables: Tables, keyed_tables: Mapping[str, Keyed], texts: Iterable[str], findings: LoopFindings
) -> None:
    """Apply ``ADDRESS=VALUE`` to rows and settings; what cannot be set is a finding."""
    seen: set[str] = set()
    for text in texts:
        match, at = _SET.fullmatch(text), findings.about(f"{SET}{text}")
        if match is None:
            hint = 'write it as "sites/plant/model=hold"'
            at.note("address", "ADDRESS=VALUE", text, hint=hint)
        elif (address := f"{match['row']}/{match['column']}") in seen:
            at.note("duplicate", "each address once", address)
        elif match["row"].partition("/")[0] == CASE:
            path = f"{match['row']}/{match['column']}".split("/")[1:]
            tables.put(path, match["value"], at.where)
        else:
            _set_cell(keyed_tables, match, at)
        if match:
            seen.add(f"{match['row']}/{match['column']}")


def _set_cell(tables: Mapping[str, Keyed], match: re.Match[str], at: LoopFindings) -> None:
    row, column, value = match["row"], match["column"], match["value"].strip()
    table = row.partition("/")[0]
    base = tables[table].base if table in tables else {}
    keys = {address_of(line): key for key, line in base.items()}
    if table not in tables:
        at.unknown("a table of the loop", table, tables)
    elif row in keys:
        base[keys[row]] = _with_cell(base[keys[row]], column, Cell(value, at.where), at)
    elif (whole := f"{row}/{column}") in keys:
        hint = f"write {whole}/{NOUNS[table].ranged or 'COLUMN'}={value}"
        at.note("address", "a column behind the row's address", column, hint=hint)
    else:
        at.unknown("the address of a row", row, keys)


def _with_cell(line: Line, column: str, cell: Cell, at: LoopFindings) -> Line:
    """The row with another cell; a range that it has is of the number that is replaced."""
    noun, known = NOUNS[line.table], fields_of_table(line.table)
    if column in noun.key:
        at.note("address", "a column that is no key", column)
    elif not (noun.wide == "component" or column in line.cells or column in known):
        at.unknown(f"a column of {line.table}", column, (*known, *line.cells))
    else:
        for limit in ("low", "high") if column == noun.ranged else ():
            if not line.cells.get(limit, NOTHING).where.startswith(SET):
                line = line.with_cell(limit, "", at.where)
        line = line.with_cell(column, cell.text, cell.where)
    return line
