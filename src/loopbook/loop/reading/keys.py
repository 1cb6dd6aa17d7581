"""Keys and addresses of rows, cells that one run sets, and rows that switches turn on.

A row with a switch holds only when that is on: a new key adds a row, a known key replaces the
filled cells of the row that has it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loopbook.errors import Findings, nearest_hint
from loopbook.loop.reading.folder import CASE
from loopbook.loop.reading.written import NOUNS, SERIES, Line, Tables, fields_of_table, opened
from loopbook.loop.time.calendar import span_of

_SET = re.compile(r"(?P<address>.+?/(?P<column>[^/<>=]+))=(?P<value>.*)", re.DOTALL)


def key_of(line: Line) -> tuple[str, ...]:
    """The key of a row as text: days as days, blanks as one."""
    columns = ("series",) if line.table == SERIES else NOUNS[line.table].key
    return tuple(_canonical(line[column], column) for column in columns)


def _canonical(text: str, column: str) -> str:
    span = span_of(text) if column == "starts" else None
    if span is not None:
        return f"{span.first // 12:04d}-{span.first % 12 + 1:02d}-01"
    return " ".join(text.split())


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
        rows: dict[tuple[str, ...], Line] = {}
        for key, line in self.base.items():
            if switches.get(line["switch"], not line["switch"]):
                rows[key] = line
        for key, line in self.changes:
            if switches.get(line["switch"], False):
                rows[key] = line.over(rows[key]) if key in rows else line
        return rows.values()


def keyed(lines: Iterable[Line], findings: Findings) -> Keyed:
    """Rows by key; a key that is given twice, for one switch or without, is a finding."""
    table, first = Keyed(), dict[tuple[tuple[str, ...], str], Line]()
    ordered = sorted(lines, key=lambda line: bool(line["switch"]))
    for line in ordered:
        key = key_of(line)
        before = first.setdefault((key, line["switch"]), line)
        if before is not line:
            findings.note(
                "duplicate",
                "each key once",
                " / ".join(filter(None, key)),
                at=line.where,
                hint=f"first at {before.where}",
            )
        elif key in table.base:
            table.changes.append((key, line))
        else:
            table.base[key] = line
    return table


def key_tables(tables: Tables, findings: Findings) -> dict[str, Keyed]:
    """All tables opened and by key."""
    made = {SERIES: keyed(tables.lines.get(SERIES, ()), findings)}
    for table in NOUNS:
        made[table] = keyed(opened(tables.lines.get(table, ()), table), findings)
    return made


def set_cells(
    tables: Tables, keyed_tables: dict[str, Keyed], texts: Iterable[str], findings: Findings
) -> None:
    """Apply ``ADDRESS=VALUE`` to rows and settings; what cannot be set is a finding."""
    for text in texts:
        match = _SET.fullmatch(text)
        where = f"--set {text}"
        if match is None:
            hint = 'write it as "sites/plant/model=hold"'
            findings.note("address", "ADDRESS=VALUE", text, at=where, hint=hint)
        elif match["address"].startswith(f"{CASE}/"):
            _set_setting(tables, match["address"], match["value"], where)
        else:
            _set_cell(keyed_tables, match, where, findings)


def _set_setting(tables: Tables, address: str, value: str, where: str) -> None:
    *path, name = address.split("/")[1:]
    inner = tables.settings
    for part in path:
        below = inner.setdefault(part, {})
        if not isinstance(below, dict):
            inner[part] = below = {}
        inner = below
    old = inner.get(name)
    listed = isinstance(old, list) or name == "periods"
    flag = {"true": True, "false": False}.get(value, value)
    inner[name] = [x.strip() for x in value.split(";")] if listed else flag
    tables.places = {**tables.places, ".".join((*path, name)): where}


def _set_cell(
    keyed_tables: dict[str, Keyed], match: re.Match[str], where: str, findings: Findings
) -> None:
    column, value = match["column"], match["value"].strip()
    row = match["address"].removesuffix(f"/{column}")
    table = row.partition("/")[0]
    if table not in keyed_tables:
        findings.unknown("a table of the loop", table, keyed_tables, at=where)
        return
    rows = {address_of(line): key for key, line in keyed_tables[table].base.items()}
    if row not in rows:
        findings.unknown("the address of a row", row, rows, at=where)
        return
    key = rows[row]
    line = keyed_tables[table].base[key]
    allowed = [*fields_of_table(table)] if table != SERIES else ["unit"]
    wide = table == SERIES or NOUNS[table].wide
    if column not in (*allowed, *line.cells) and not wide:
        findings.note(
            "unknown-name",
            f"a column of {table}",
            column,
            at=where,
            hint=nearest_hint(column, allowed),
        )
    elif column in (NOUNS[table].key if table != SERIES else ("series",)):
        findings.note("address", "a column that is no key", column, at=where)
    else:
        keyed_tables[table].base[key] = line.with_cell(column, value, where)
