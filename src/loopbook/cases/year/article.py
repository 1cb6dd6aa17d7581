"""The table of the article beside what Loopbook computes, from references to results.

References are those of `loopbook.report.References`, and two more: ``number:ID/NAME`` of
``article_numbers.csv`` and ``setting:PATH`` of ``case.toml``.
"""

from collections.abc import Mapping

from loopbook.cases.folder.case import Case, join_keys
from loopbook.cases.folder.tables import Record
from loopbook.errors import Finding, InputError, UnknownNameError, nearest_hint, raise_findings
from loopbook.report import Cell, Column, Quotation, Quote, References, Referred, Table


def case_references(case: Case, tables: Mapping[str, Table]) -> References:
    """References to the results, input rows, settings and article's numbers of a case."""

    def number(name: str, where: str) -> Referred:
        statement, _, part = name.partition("/")
        rows = case.rows("article_numbers.csv", id=statement, number=part)
        if not rows:
            raise UnknownNameError(
                [Finding("unknown-name", where, "a number of article_numbers.csv", name)]
            )
        key = rows[0].key("value")
        return Referred(rows[0]["value"], (key,), Quote("", key))

    def setting(path: str, where: str) -> Referred:
        value = case.settings.get(path)
        if value is None:
            raise UnknownNameError(
                [
                    Finding(
                        "unknown-name",
                        where,
                        "a setting",
                        path,
                        nearest_hint(path, case.settings.leaves),
                    )
                ]
            )
        return Referred(value)

    return References(tables, case.inputs, {"number": number, "setting": setting})


def article_table(case: Case, references: References) -> Table:
    """One row a statement: its text, what is computed, how it is read, what is doubtful."""
    findings: list[Finding] = []
    rows: list[tuple[Cell, ...]] = []
    keys: list[tuple[str, ...]] = []
    quotes: dict[tuple[int, str], tuple[Quote, ...]] = {}
    for record in case.rows("article.csv"):
        filled, answer = _computed(references, record, findings)
        quotes[len(rows), "loopbook_computes"] = filled.quotes
        if answer.quote:
            quotes[len(rows), "value"] = (answer.quote,)
        rows.append(
            (
                *(record[name] for name in ("id", "statement")),
                filled.text,
                answer.value,
                *(record[name] for name in ("unit", "reading", "doubt")),
            )
        )
        keys += [filled.keys, answer.keys]
    raise_findings(findings)
    basis = join_keys(*keys)
    columns = (
        Column("id", "No."),
        Column("statement", "The article states"),
        Column("loopbook_computes", "Loopbook computes", "", basis, "article.csv"),
        Column("value", "Value", "", basis, "reference in article.csv, column answer"),
        Column("unit", "Unit"),
        Column("reading", "Read as"),
        Column("doubt", "Doubt"),
    )
    return Table(
        "article",
        "The article states / Loopbook computes",
        columns,
        tuple(rows),
        "No number of the article is used anywhere but in this table and in `batteries`.",
        quotes,
    )


def _computed(
    references: References, record: Record, findings: list[Finding]
) -> tuple[Quotation, Referred]:
    """Text and answer of a statement; wrong references go to the findings."""
    filled, answer = Quotation(""), Referred(None)
    try:
        filled = references.fill(record["loopbook_computes"], f"{record.where}: loopbook_computes")
    except InputError as error:
        findings.extend(error.findings)
    try:
        if record["answer"]:
            answer = references.value(record["answer"], f"{record.where}: answer")
    except InputError as error:
        findings.extend(error.findings)
    return filled, answer
