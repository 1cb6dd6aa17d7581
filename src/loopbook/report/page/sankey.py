"""The Sankey of a loop: flows of one year between places, by each measure of their table.

The loop is cut where it closes, so that it reads from left to right: a flow back to a place that
the material came from ends in that place drawn once more, marked with an arrow. Flows from and to
outside may be many times those inside; the first view leaves them out.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from loopbook.report.format import is_number, number_text, unit_text
from loopbook.report.layout import Colour, Flows
from loopbook.report.page.charts import Figure
from loopbook.report.result import RunResult
from loopbook.report.table import Cell, Column

BACK = "↺ "
"""Marks the place where the loop closes."""

_MATURE = 2 / 3
_PALETTE = ("@c1", "@c6", "@c5", "@c9", "@c8", "@c2", "@c3", "@c6", "@c4")
_LETTER_PX = 8  # width of a letter of a label, at most on average


@dataclass(frozen=True, slots=True)
class Sankey:
    """Figures by view, year or other period, and measure, and the period that is shown first.

    A measure is what the widths of the flows are: a column of the table. `axis` is the title of
    the column of periods.
    """

    views: dict[str, str]
    years: tuple[str, ...]
    measures: tuple[Column, ...]
    year: str
    axis: str
    figures: dict[str, Figure]


def loop_sankey(result: RunResult, drawn: Flows) -> Sankey | None:
    """The Sankey of a table of flows, or None where nothing flows.

    Figures are named ``view/year/measure``, views ``inside`` (only if there are flows outside) and
    ``all``. The first year shown is two thirds of the way through the years in which anything
    flows: past the ramp, before the end. The loop begins where the first flow of the year with
    most flows begins.
    """
    table = result.tables.get(drawn.table)
    if table is None:
        return None
    axis = table.columns[0].name
    ends = (axis, "source", "target")
    measures = tuple(c for c in table.columns if c.unit and c.name not in ends)
    flows = [
        (str(r[axis]), (str(r["source"]), str(r["target"])), r)
        for r in table.records()
        if any(_width(r[m.name]) > 0 for m in measures)
    ]
    years = tuple(dict.fromkeys(year for year, _, _ in flows))
    if not years:
        return None
    busiest = Counter(year for year, _, _ in flows).most_common(1)[0][0]
    ordered = sorted(flows, key=lambda flow: flow[0] != busiest)
    pairs = list(dict.fromkeys(pair for _, pair, _ in ordered))
    opened = dict(zip(pairs, open_loop(pairs), strict=True))
    roles = _roles(opened.values(), drawn.colours, result.layout.colours)
    outside = {pair for pair in pairs if set(pair) & set(drawn.outside)}
    titles = drawn.views or {"inside": "Inside", "all": "All"}
    views = {n: t for n, t in titles.items() if n == "all" or 0 < len(outside) < len(pairs)}
    figures: dict[str, Figure] = {}
    for view, year, measure in product(views, years, measures):
        links = [
            (*opened[pair], width)
            for at, pair, record in flows
            if at == year
            and (view == "all" or pair not in outside)
            and (width := _width(record[measure.name])) > 0
        ]
        figures[f"{view}/{year}/{measure.name}"] = _figure(links, measure, roles)
    shown = years[round((len(years) - 1) * _MATURE)]
    return Sankey(views, years, measures, shown, table.columns[0].title, figures)


def open_loop(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Pairs of source and target without a circle: what closes one ends in a marked twin.

    The loop begins where the first pair begins.

    >>> open_loop([("cells", "scrap"), ("scrap", "metal"), ("metal", "cells")])
    [('cells', 'scrap'), ('scrap', 'metal'), ('metal', '↺ cells')]
    """
    targets: dict[str, list[str]] = {}
    for source, target in pairs:
        targets.setdefault(source, []).append(target)
    closing: set[tuple[str, str]] = set()
    done: set[str] = set()

    def walk(place: str, path: frozenset[str]) -> None:
        """Depth first; a pair that leads back onto the path closes a circle."""
        for target in targets.get(place, ()):
            if target in path:
                closing.add((place, target))
            elif target not in done:
                walk(target, path | {target})
        done.add(place)

    for start in targets:
        if start not in done:
            walk(start, frozenset([start]))
    return [(s, BACK + t if (s, t) in closing else t) for s, t in pairs]


def _width(cell: Cell) -> float:
    return max(cell, 0.0) if is_number(cell) else 0.0


def _roles(
    pairs: Iterable[tuple[str, str]], own: Sequence[Colour], shared: Sequence[Colour]
) -> dict[str, str]:
    """Colour role of each place: that of its name, and of the palette in turn for the rest."""
    roles: dict[str, str] = {}
    turn = 0
    for place in dict.fromkeys(p.removeprefix(BACK) for pair in pairs for p in pair):
        named = [c.role for c in own if re.fullmatch(c.pattern, place, re.IGNORECASE)]
        named += [c.role for c in shared if re.match(c.pattern, place, re.IGNORECASE)]
        if not named:
            named = [_PALETTE[turn % len(_PALETTE)]]
            turn += 1
        roles[place] = roles[BACK + place] = named[0]
    return roles


def _figure(
    flows: Sequence[tuple[str, str, float]], measure: Column, roles: dict[str, str]
) -> Figure:
    places = list(dict.fromkeys(p for s, t, _ in flows for p in (s, t)))
    at = {place: i for i, place in enumerate(places)}
    unit = unit_text(measure.unit)
    ends = [p for p in places if all(source != p for source, _, _ in flows)]
    right = 30 + _LETTER_PX * max((len(p) for p in ends), default=0)
    margin = {"l": 8, "r": right, "t": 24, "b": 24}
    through = {p: max(_sum(flows, 0, p), _sum(flows, 1, p)) for p in places}
    shown = {p: number_text(width, 0 if width >= 10 else 1) for p, width in through.items()}
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "fixed",
                "valueformat": ",.0f",
                "valuesuffix": f" {unit}",
                "textfont": {"color": "@text", "size": 13, "shadow": "none"},
                "node": {
                    "label": [f"{_name(p)}<br>{shown[p]} {unit}" for p in places],
                    "color": [roles[p] for p in places],
                    "line": {"width": 0},
                    "pad": 34,
                    "thickness": 16,
                    "hovertemplate": "%{label}<extra></extra>",
                },
                "link": {
                    "source": [at[s] for s, _, _ in flows],
                    "target": [at[t] for _, t, _ in flows],
                    "value": [float(f"{v:.7g}") for _, _, v in flows],
                    "color": [f"{roles[s]}/0.38" for s, _, _ in flows],
                    "customdata": [f"{_name(s)} → {_name(t)}" for s, t, _ in flows],
                    "hovertemplate": "%{customdata}<br>%{value}<extra></extra>",
                },
            }
        ],
        "layout": {"margin": margin, "meta": {"places": len(places)}},
    }


def _name(place: str) -> str:
    start = len(BACK) if place.startswith(BACK) else 0
    return place[:start] + place[start:][:1].upper() + place[start + 1 :]


def _sum(flows: Sequence[tuple[str, str, float]], end: int, place: str) -> float:
    return sum(f[2] for f in flows if f[end] == place)
