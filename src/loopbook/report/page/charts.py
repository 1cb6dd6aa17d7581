"""Charts of the report as plain figures for Plotly.js, made from the tables of a `RunResult`.

A figure is a mapping of ``data`` and ``layout``. A colour is a role, ``"@c1"`` or ``"@c1/0.4"``
with an opacity: the page's style sheet defines what the role looks like in light, in dark and on
paper, so that a figure has no colour of its own. A chart whose table is missing, or holds nothing
but zeros, has no figure: the page then notes that there is nothing to show.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from loopbook.report.format import is_number, is_share, unit_text
from loopbook.report.layout import Colour, Plot
from loopbook.report.result import RunResult
from loopbook.report.table import Column, Table

Figure: TypeAlias = dict[str, object]
"""What Plotly.js takes: ``data`` and ``layout``, or a part of it."""

_MILLIONS = 2e6

PALETTE = ("@c1", "@c2", "@c3", "@c4", "@c5", "@c6", "@c8", "@c9", "@c7")
"""Roles of unnamed series, in order."""


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over a shared axis: name, and one cell for each place on the axis."""

    name: str
    cells: tuple[float | None, ...]
    column: Column


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: unit of its numbers, columns that it draws, and its figure for Plotly.js."""

    unit: str
    columns: tuple[Column, ...]
    figure: Figure


def find_column(table: Table, pattern: str) -> Column | None:
    """First column whose whole name matches a pattern."""
    return next((c for c in table.columns if re.fullmatch(pattern, c.name)), None)


def series_of(table: Table, plot: Plot) -> tuple[list[str], list[Series]]:
    """Places on the axis and the series of a chart.

    A wide table gives a series a column; a long one (`Plot.by`) a series for each text in that
    column, summed over the rows of one place.
    """
    axis = find_column(table, "year|.*_year") or table.columns[0]
    records = list(table.records())
    places = list(dict.fromkeys(str(r[axis.name]) for r in records))
    drawn = [c for p in plot.columns for c in table.columns if re.fullmatch(p, c.name)]
    by = find_column(table, plot.by) if plot.by else None
    groups: dict[tuple[str, str], dict[str, float]] = {}
    for record in records:
        for column in drawn[:1] if by else drawn:
            group = str(record[by.name]) if by else column.title
            cells = groups.setdefault((group, column.name), {})
            place, cell = str(record[axis.name]), record[column.name]
            if is_number(cell):
                cells[place] = cells.get(place, 0) + cell
    columns = {c.name: c for c in drawn}
    return places, [
        Series(group, tuple(cells.get(p) for p in places), columns[name])
        for (group, name), cells in groups.items()
        if any(cells.values())
    ]


def plot_chart(result: RunResult, plot: Plot) -> Chart | None:
    """A bar or line chart of one table, or None where there is nothing to show."""
    table = result.tables.get(plot.table)
    places, series = series_of(table, plot) if table and table.columns else ([], [])
    if not series:
        return None
    columns = tuple(dict.fromkeys(s.column for s in series))
    factor, unit = scale_of(series)
    traces = list(_traces(places, series, plot, (factor, unit), colours=result.layout.colours))
    return Chart(unit, columns, {"data": traces, "layout": _layout(plot, keys=len(series) > 1)})


def scale_of(series: Sequence[Series]) -> tuple[float, str]:
    """Factor and unit that a chart is drawn in: percent for shares, millions for large numbers.

    >>> column = Column("cost_usd", "Cost", "USD")
    >>> scale_of([Series("Cost", (91e6, None), column)])
    (1e-06, 'million USD')
    """
    column = series[0].column
    if is_share(column):
        return 100.0, "%"
    if max(abs(cell or 0.0) for one in series for cell in one.cells) >= _MILLIONS:
        return 1e-6, f"million {unit_text(column.unit)}"
    return 1.0, unit_text(column.unit)


def _traces(
    places: Sequence[str],
    series: Sequence[Series],
    plot: Plot,
    scale: tuple[float, str],
    *,
    colours: Sequence[Colour],
) -> Iterator[Figure]:
    factor, unit = scale
    taken: set[str] = set()
    for position, one in enumerate(series):
        named = (c.role for c in colours if re.search(c.pattern, one.name, re.IGNORECASE))
        role = next(named, PALETTE[position % len(PALETTE)])
        role = role if role not in taken else next(r for r in (*PALETTE, role) if r not in taken)
        taken = taken | {role} if len(taken) < len(PALETTE) - 1 else set()
        trace: Figure = {
            "name": one.name,
            "x": list(places),
            "y": [_drawn(cell, factor, log=plot.log) for cell in one.cells],
            "hovertemplate": f"%{{y:,.4~r}} {unit}",
        }
        if any(re.fullmatch(p, one.column.name) for p in plot.lines):
            dash = ("solid", "dash", "dot", "dashdot")[position % 4]
            yield {
                **trace,
                "type": "scatter",
                "mode": "lines+markers",
                "connectgaps": False,
                "line": {"color": role, "width": 2.5, "dash": dash},
                "marker": {"color": role, "size": 6},
            }
        else:
            yield {**trace, "type": "bar", "marker": {"color": role}}


def _drawn(number: float | None, factor: float, *, log: bool) -> float | None:
    """A number as it is drawn; a logarithmic axis has no place for zero."""
    if number is None or (log and number <= 0.0):
        return None
    return float(f"{number * factor:.7g}")


def _layout(plot: Plot, *, keys: bool) -> Figure:
    axis = {"fixedrange": True, "automargin": True, "gridcolor": "@grid", "linecolor": "@line"}
    return {
        "barmode": "relative" if plot.stacked else "group",
        "bargap": 0.25,
        "xaxis": {**axis, "type": "category", "tickangle": 0, "showgrid": False},
        "yaxis": {
            **axis,
            **({"type": "log", "dtick": 1} if plot.log else {"rangemode": "tozero"}),
            "tickformat": ",",
            "zerolinecolor": "@line",
        },
        "hovermode": "x unified",
        "showlegend": keys,
        "legend": {
            "orientation": "h",
            "x": 0,
            "y": -0.14,
            "yanchor": "top",
            "traceorder": "normal",
        },
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
    }
