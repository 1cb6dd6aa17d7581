"""Key figures and the table of periods, from the formulas that a case declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from loopbook.errors import Findings, InputError
from loopbook.loop import Answers, KeyFigure
from loopbook.report import Cell, Column, Quote, Table, YearFigure


@dataclass(frozen=True, slots=True)
class Line:
    """A key figure as a line of text.

    Parameters
    ----------
    name, label : for programs and for people.
    text : the number with its unit, and what it depends on.
    quotes : numbers in the text.
    """

    name: str
    label: str
    text: str
    quotes: tuple[Quote, ...] = ()


def lines_of(figures: Iterable[KeyFigure], answers: Answers) -> list[Line]:
    """Key figures of a case; all that cannot be computed is an `InputError`."""
    findings, lines = Findings(), list[Line]()
    for row in figures:
        try:
            number = answers.number(row.answer, row.unit, f"{row.where}, answer")
            note = answers.text(row.note, f"{row.where}, note")
        except InputError as error:
            findings.items.extend(error.findings)
            continue
        shown = number.none if number.value is None else f"{number.value:z,.{row.places}f}"
        text = f"{shown} {row.unit}" if row.unit not in ("", "1") else shown
        start = len(text) + 1
        quotes = [replace(number.quote, end=len(shown))] if number.quote else []
        quotes += [replace(x, start=start + x.start, end=start + x.end) for x in note.quotes]
        text = f"{text} {note.text}" if note.text else text
        lines.append(Line(row.figure, row.title or row.figure, text, tuple(quotes)))
    findings.raise_all()
    return lines


def summary_table(lines: Sequence[Line]) -> Table:
    """Key figures as text, columns ``label`` and ``text``; each number leads to its column."""
    return Table(
        "summary",
        "Key figures",
        (Column("label", "Key figure"), Column("text", "Value")),
        tuple((line.label, line.text) for line in lines),
        quotes={(place, "text"): line.quotes for place, line in enumerate(lines)},
    )


def years_cells(years: Iterable[YearFigure], answers: Answers) -> dict[str, list[Cell]]:
    """Cells of the columns of the periods that a layout declares, by name."""
    findings, cells = Findings(), dict[str, list[Cell]]()
    for year in years:
        try:
            where = f"report.toml, year {year.name}"
            cells[year.name] = answers.cells(year.value, year.unit, where)
        except InputError as error:
            findings.items.extend(error.findings)
    findings.raise_all()
    return cells


def years_table(
    years: Sequence[YearFigure],
    cells: Mapping[str, Sequence[Cell]],
    first: Column,
    periods: Sequence[Cell],
) -> Table:
    """The columns of the periods, a row each."""
    columns = (
        Column(x.name, x.title, x.unit, how=x.value, decimals=x.decimals, drops=x.drops)
        for x in years
    )
    rows = zip(periods, *(cells[x.name] for x in years), strict=True)
    return Table("years", f"{first.title} by {first.name}", (first, *columns), tuple(rows))
