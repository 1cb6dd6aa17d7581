"""Statements beside what is computed for each."""

from loopbook.errors import Findings, InputError
from loopbook.loop import Answers, Number, Statement, Written
from loopbook.report import Cell, Column, Quote, Table

ARTICLE = "article"
"""Name of the table of statements."""


def statements_table(statements: tuple[Statement, ...], answers: Answers) -> Table:
    """One row a statement: its text, what is computed, how it is read, what is doubtful.

    Raises
    ------
    InputError : every formula and text that cannot be computed, with file and line.
    """
    findings = Findings()
    rows: list[tuple[Cell, ...]] = []
    keys: dict[str, None] = {}
    quotes: dict[tuple[int, str], tuple[Quote, ...]] = {}
    for row in statements:
        text, number = Written(), Number(None)
        try:
            text = answers.text(row.meaning, f"{row.where}, meaning")
            if row.answer:
                number = answers.number(row.answer, row.unit, f"{row.where}, answer")
        except InputError as error:
            findings.items.extend(error.findings)
        quotes[len(rows), "loopbook_computes"] = text.quotes
        if number.quote:
            quotes[len(rows), "value"] = (number.quote,)
        cells = (row.id, row.text, text.text, number.value, row.unit, row.reading, row.doubt)
        rows.append(cells)
        keys |= dict.fromkeys((*text.basis, *number.basis))
    findings.raise_all()
    basis = tuple(keys)
    columns = (
        Column("id", "No."),
        Column("statement", "Stated"),
        Column("loopbook_computes", "Loopbook computes", "", basis, "`meaning` of `statements`"),
        Column("value", "Value", "", basis, "`answer` of `statements`"),
        Column("unit", "Unit"),
        Column("reading", "Read as"),
        Column("doubt", "Doubt"),
    )
    title = "What is stated, and what Loopbook computes"
    return Table(ARTICLE, title, columns, tuple(rows), quotes=quotes)
