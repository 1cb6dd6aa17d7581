"""What a report's page shows, section by section: data that a case brings, no code of its own."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Plot:
    """What a bar or line chart draws: which columns of a table, and how.

    Parameters
    ----------
    name : identifier in the page.
    title, text : heading, and a sentence on what to see.
    table : name of the table that it draws.
    columns : patterns of column names, in the order of drawing; one may match several columns or
        none. With `by`, the first match holds the numbers of a long table.
    by : pattern of the column that splits a long table into series.
    lines : patterns of the columns drawn as lines; the rest are bars.
    stacked : whether bars are stacked.
    curve : name of a curve of the table ``curves``, which is then drawn over its own axis, with the
        ranges of the table ``ranges`` in which all that gain do not lose.
    """

    name: str
    title: str
    text: str
    table: str
    columns: tuple[str, ...] = ()
    by: str = ""
    lines: tuple[str, ...] = ()
    stacked: bool = False
    curve: str = ""


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour role (``p1``) for the names that a pattern matches, in any case of letters."""

    pattern: str
    role: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: charts, the loop as a network, or a table with a picture.

    Parameters
    ----------
    id, title, lead : identifier, heading and first sentences.
    short : title in the list of sections; `title` if empty.
    plots : its charts.
    flows : table of the flows that its network draws: a period in the first column, ``source``,
        ``target``, perhaps ``material``, and numbers with a unit.
    table, picture : table and attachment (SVG); the section is left out without either.
    caption : text between the two.
    empty : text where there is nothing to show.
    """

    id: str
    title: str
    lead: str = ""
    short: str = ""
    plots: tuple[Plot, ...] = ()
    flows: str = ""
    table: str = ""
    picture: str = ""
    caption: str = ""
    empty: str = "Switched off: nothing to show."


@dataclass(frozen=True, slots=True)
class YearFigure:
    """A column of the table of years.

    Parameters
    ----------
    name, title, unit : as of a `Column`.
    value : a formula of results, by period, in the unit.
    decimals, drops : as of a `Column`.
    """

    name: str
    title: str
    unit: str
    value: str
    decimals: int = 0
    drops: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """The sections of a page between its key figures and its tables.

    Parameters
    ----------
    lead : what the report is about, its first sentences.
    sections : in order.
    colours : of series whose name matches, the same in each chart; metals have their own.
    years : columns of the table of years, in order.
    places : by place of the loop, whose it is.
    """

    lead: str = ""
    sections: tuple[Section, ...] = ()
    colours: tuple[Colour, ...] = ()
    years: tuple[YearFigure, ...] = ()
    places: Mapping[str, str] = field(default_factory=dict)


def parse_layout(text: str) -> Layout:
    """A layout from TOML: ``lead``, ``[[colour]]``, ``[[section]]`` with ``[[section.plot]]``.

    ``[[year]]`` is a column of the table of years.

    >>> layout = parse_layout('''
    ... [[section]]
    ... id = "money"
    ... title = "Money"
    ... [[section.plot]]
    ... name = "margin"
    ... title = "Margin"
    ... text = "Revenue less cost."
    ... table = "money"
    ... columns = ["margin_usd"]
    ... ''')
    >>> layout.sections[0].plots[0].columns
    ('margin_usd',)
    """
    data = tomllib.loads(text)
    return Layout(
        data.get("lead", ""),
        tuple(_section(section) for section in data.get("section", ())),
        _colours(data),
        years=tuple(YearFigure(**column) for column in data.get("year", ())),
    )


def _colours(table: Mapping[str, Any]) -> tuple[Colour, ...]:
    return tuple(Colour(**colour) for colour in table.get("colour", ()))


def _section(table: Mapping[str, Any]) -> Section:
    known = {name: value for name, value in table.items() if name != "plot"}
    return Section(**known, plots=tuple(Plot(**_with_tuples(x)) for x in table.get("plot", ())))


def _with_tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in table.items()}
