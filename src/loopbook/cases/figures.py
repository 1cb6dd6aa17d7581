"""Key figures in words, and the table of periods."""

from collections.abc import Sequence
from dataclasses import replace

from loopbook.errors import Findings, InputError
from loopbook.loop import Answers
from loopbook.report import Cell, Column, Headline, Quote, Table, YearFigure, amount


def summary_table(headline: Headline) -> Table:
    """Key figures as text, columns ``label`` and ``text``; each number leads to its column."""
    rows: list[tuple[Cell, ...]] = []
    quotes: dict[tuple[int, str], tuple[Quote, ...]] = {}
    for place, figure in enumerate(headline.figures):
        number = amount(figure.estimate, figure.estimate.value)
        words = (number, figure.estimate.unit, figure.note)
        rows.append((figure.title, " ".join(filter(None, words))))
        if figure.estimate.quote:
            quotes[place, "text"] = (replace(figure.estimate.quote, end=len(number)),)
    columns = (Column("label", "Key figure"), Column("text", "Value"))
    return Table("summary", "Key figures", columns, tuple(rows), quotes=quotes)


def years_table(
    years: Sequence[YearFigure], answers: Answers, first: Column, periods: Sequence[Cell]
) -> Table:
    """The columns of the periods that a layout declares, a row each."""
    findings, cells = Findings(), list[list[Cell]]()
    for year in years:
        try:
            cells.append(answers.cells(year.value, year.unit, f"report.toml, year {year.name}"))
        except InputError as error:
            findings.items.extend(error.findings)
    findings.raise_all()
    columns = (
        Column(x.name, x.title, x.unit, how=x.value, decimals=x.decimals, drops=x.drops)
        for x in years
    )
    rows = tuple(zip(periods, *cells, strict=True))
    return Table("years", f"{first.title} by {first.name}", (first, *columns), rows)
