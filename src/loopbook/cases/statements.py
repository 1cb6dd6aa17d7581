"""Statements beside what is computed for each, from references to results and inputs."""

from collections.abc import Iterable

from loopbook.errors import Finding, InputError, raise_findings
from loopbook.loop import Statement
from loopbook.report import Cell, Column, Quotation, Quote, References, Referred, Table

ARTICLE = "article"
"""Name of the table of statements."""


def statements_table(statements: Iterable[Statement], references: References) -> Table:
    """One row a statement: its text, what is computed, how it is read, what is doubtful.

    Raises
    ------
    InputError : every reference that names nothing, with file and line.
    """
    findings: list[Finding] = []
    rows: list[tuple[Cell, ...]] = []
    keys: dict[str, None] = {}
    quotes: dict[tuple[int, str], tuple[Quote, ...]] = {}
    for row in statements:
        filled, answer = _computed(references, row, findings)
        quotes[len(rows), "loopbook_computes"] = filled.quotes
        if answer.quote:
            quotes[len(rows), "value"] = (answer.quote,)
        cells = (row.id, row.text, filled.text, answer.value, row.unit, row.reading, row.doubt)
        rows.append(cells)
        keys |= dict.fromkeys((*filled.keys, *answer.keys))
    raise_findings(dict.fromkeys(findings))
    basis = tuple(keys)
    columns = (
        Column("id", "No."),
        Column("statement", "Stated"),
        Column("loopbook_computes", "Loopbook computes", "", basis, "`computed` of `statements`"),
        Column("value", "Value", "", basis, "`answer` of `statements`"),
        Column("unit", "Unit"),
        Column("reading", "Read as"),
        Column("doubt", "Doubt"),
    )
    title = "What is stated, and what Loopbook computes"
    return Table(ARTICLE, title, columns, tuple(rows), quotes=quotes)


def _computed(
    references: References, row: Statement, findings: list[Finding]
) -> tuple[Quotation, Referred]:
    """Text and answer of a statement; wrong references go to the findings."""
    filled, answer = Quotation(""), Referred(None)
    try:
        filled = references.fill(row.computed, f"{row.where}, computed")
    except InputError as error:
        findings.extend(error.findings)
    try:
        if row.answer:
            answer = references.value(row.answer, f"{row.where}, answer")
    except InputError as error:
        findings.extend(error.findings)
    return filled, answer
