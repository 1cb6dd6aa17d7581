"""The table "the article says / Loopbook computes", from references to results.

A reference is ``table.column``, with ``[column=value,...]`` to choose rows and ``:max``, ``:min``,
``:sum``, ``:first``, ``:last`` or ``:argmax`` (the year of the largest) where several rows are
left; or ``number:ID/NAME`` of ``article_numbers.csv``; or ``input:KEY`` of an input row. Two
references may be divided: ``a / b``. In a text a reference stands in braces with a format:
``{a|,.0f}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Any

from loopbook.cases.folder.case import Case, join_keys
from loopbook.cases.folder.reading import Record
from loopbook.errors import Finding, InputError, UnknownNameError, nearest_hint, raise_findings
from loopbook.report.table import Cell, Column, Table

_REFERENCE = re.compile(
    r"^(?P<table>\w+)\.(?P<column>\w+)(?:\[(?P<match>[^\]]*)\])?(?::(?P<pick>\w+))?$"
)
_BRACES = re.compile(r"\{([^{}|]+)\|([^{}|]*)\}")
_PICKS = ("max", "min", "sum", "first", "last", "argmax")


class _Results:
    """What references can name: tables, the article's numbers, input rows."""

    __slots__ = ("case", "tables")

    def __init__(self, case: Case, tables: Mapping[str, Table]) -> None:
        self.case, self.tables = case, tables

    def value(self, text: str, where: str) -> tuple[Any, tuple[str, ...]]:
        """Value of a reference or a ratio of two, and the input keys behind it."""
        over, _, under = text.strip().partition(" / ")
        top, keys = self.one(over.strip(), where)
        if not under:
            return top, keys
        bottom, more = self.one(under.strip(), where)
        if top is None or not bottom:
            return None, join_keys(keys, more)
        return top / bottom, join_keys(keys, more)

    def one(self, text: str, where: str) -> tuple[Any, tuple[str, ...]]:
        kind, _, rest = text.partition(":")
        if kind == "number" and rest:
            name, _, number = rest.partition("/")
            rows = self.case.rows("article_numbers.csv", id=name, number=number)
            if not rows:
                raise self.unknown(where, "a number of article_numbers.csv", rest, ())
            return rows[0]["value"], (rows[0].key("value"),)
        if kind == "input" and rest:
            row = self.case.inputs.get(rest)
            if row is None:
                raise self.unknown(where, "an input key", rest, self.case.inputs)
            return row.value, (rest,)
        return self.cell(text, where)

    def cell(self, text: str, where: str) -> tuple[Any, tuple[str, ...]]:
        found = _REFERENCE.match(text)
        if found is None:
            raise self.unknown(where, "a reference such as scrap.taken_t:max", text, ())
        table = self.tables.get(found["table"])
        if table is None:
            raise self.unknown(where, "a table of results", found["table"], self.tables)
        names = {c.name: c for c in table.columns}
        if found["column"] not in names:
            raise self.unknown(where, f"a column of {table.name}", found["column"], names)
        wanted = dict(part.split("=", 1) for part in (found["match"] or "").split(",") if part)
        if strange := [name for name in wanted if name not in names]:
            raise self.unknown(where, f"a column of {table.name}", strange[0], names)
        rows = [row for row in table.records() if all(str(row[k]) == v for k, v in wanted.items())]
        keys = names[found["column"]].basis
        return self.pick(rows, found["column"], found["pick"], f"{where}: {text}"), keys

    def pick(self, rows: list[dict[str, Cell]], column: str, pick: str | None, where: str) -> Any:
        cells = [(row[column], row) for row in rows if row[column] is not None]
        if not rows or (len(rows) > 1 and pick not in _PICKS):
            picks = ", ".join(f":{name}" for name in _PICKS)
            found = f"{len(rows)} rows"
            raise InputError([Finding("ambiguous", where, f"one row, or {picks}", found)])
        if not cells:
            return None
        if pick == "argmax":
            return max(cells, key=lambda pair: float(str(pair[0])))[1].get("year")
        values: list[Any] = [value for value, _ in cells]
        choose: dict[str | None, Callable[[list[Any]], Any]] = {
            "max": max,
            "min": min,
            "sum": sum,
            "last": itemgetter(-1),
        }
        return choose.get(pick, itemgetter(0))(values)

    def unknown(self, where: str, expected: str, found: str, known: Any) -> UnknownNameError:
        hint = nearest_hint(found, known) if known else ""
        return UnknownNameError([Finding("unknown-name", where, expected, found, hint)])


def refer(
    case: Case, tables: Mapping[str, Table], text: str, where: str = "reference"
) -> tuple[Any, tuple[str, ...]]:
    """Value of a reference, and the input keys behind it."""
    return _Results(case, tables).value(text, where)


def article_table(case: Case, tables: Mapping[str, Table]) -> Table:
    """One row a statement: what it says, what is computed, how it is read, what is doubtful."""
    results = _Results(case, tables)
    findings: list[Finding] = []
    rows: list[tuple[Cell, ...]] = []
    keys: list[tuple[str, ...]] = []
    for record in case.rows("article.csv"):
        try:
            row, used = _row(results, record)
        except InputError as error:
            findings.extend(error.findings)
            continue
        rows.append(row)
        keys.append(used)
    raise_findings(findings)
    basis = join_keys(*keys)
    columns = (
        Column("id", "No."),
        Column("statement", "The article says"),
        Column("loopbook_computes", "Loopbook computes", "", basis, "article.csv"),
        Column("value", "Value", "", basis, "reference in article.csv, column answer"),
        Column("unit", "Unit"),
        Column("reading", "Read as"),
        Column("doubt", "Doubt"),
    )
    note = "No number of the article is used anywhere but in this table and in `batteries`."
    return Table("article", "The article says / Loopbook computes", columns, tuple(rows), note)


def _row(results: _Results, record: Record) -> tuple[tuple[Cell, ...], tuple[str, ...]]:
    used: list[tuple[str, ...]] = []
    findings: list[Finding] = []

    def fill(found: re.Match[str]) -> str:
        try:
            value, keys = results.value(found[1], f"{record.where}: loopbook_computes")
            used.append(keys)
            return "none" if value is None else format(value, found[2])
        except InputError as error:
            findings.extend(error.findings)
        except ValueError as error:
            where = f"{record.where}: loopbook_computes"
            findings.append(Finding("format", where, "a number format", f"{found[2]}: {error}"))
        return ""

    text = _BRACES.sub(fill, record["loopbook_computes"])
    value: Cell = None
    if record["answer"]:
        try:
            value, keys = results.value(record["answer"], f"{record.where}: answer")
            used.append(keys)
        except InputError as error:
            findings.extend(error.findings)
    raise_findings(findings)
    head = (record["id"], record["statement"], text, value, record["unit"])
    return (*head, record["reading"], record["doubt"]), join_keys(*used)
