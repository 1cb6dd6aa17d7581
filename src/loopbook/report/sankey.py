"""The Sankey of the loop: flows of one year between places, by mass and by nickel.

The loop is cut where it closes, so that it reads from left to right: a flow back to a place that
the material came from ends in that place drawn once more, marked with an arrow. New cells and the
new material for them are many times what is recycled; the first view leaves them out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product

from loopbook.report.charts import OF_MATTER, Figure
from loopbook.report.format import number_text, unit_text
from loopbook.report.table import CaseResult, Column

TABLE = "loop_flows"
BACK = "↺ "
"""Marks the place where the loop closes."""

VIEWS = {"recycled": "What is recycled", "all": "With new material and new cells"}
"""Views of the loop, the first one first; without flows outside there is only one."""

OUTSIDE = frozenset({"new material", "new cells"})
"""Places that the view of what is recycled leaves out."""

_MATURE = 2 / 3
_PALETTE = ("@c1", "@c6", "@c5", "@c9", "@c8", "@c2", "@c3", "@c6", "@c4")
_LETTER_PX = 8  # width of a letter of a label, at most on average
_BLACK = "black mass"
_GREY_WORDS = ("loss", "waste", "residue", "unaccounted", "off-gas", "other", "disposal")


@dataclass(frozen=True, slots=True)
class Measure:
    """What the widths of the flows stand for: a column of the table."""

    name: str
    title: str
    column: Column


@dataclass(frozen=True, slots=True)
class Sankey:
    """Figures by view, year and measure, and which year the page shows first."""

    views: dict[str, str]
    years: tuple[str, ...]
    measures: tuple[Measure, ...]
    year: str
    figures: dict[str, Figure]


def loop_sankey(result: CaseResult) -> Sankey | None:
    """The Sankey of a case, or None where nothing flows.

    Figures are named ``view/year/measure``; the first year shown is two thirds of the way
    through the years in which anything flows: past the ramp, before the end. The loop
    begins where the first flow of the year with most flows begins.
    """
    table = result.tables.get(TABLE)
    if table is None:
        return None
    measures = tuple(
        Measure(c.name, _measure_title(c), c)
        for c in table.columns
        if c.unit and c.name not in ("year", "source", "target")
    )
    flows = [r for r in table.records() if any(_width(r[m.name]) > 0 for m in measures)]
    years = tuple(dict.fromkeys(str(r["year"]) for r in flows))
    if not years:
        return None
    busiest = Counter(str(r["year"]) for r in flows).most_common(1)[0][0]
    ordered = sorted(flows, key=lambda r: str(r["year"]) != busiest)
    pairs = list(dict.fromkeys((str(r["source"]), str(r["target"])) for r in ordered))
    ends = dict(zip(pairs, open_loop(pairs), strict=True))
    roles = _roles(ends.values())
    inner = [p for p in pairs if not OUTSIDE & set(p)]
    views = VIEWS if inner and len(inner) < len(pairs) else {"all": VIEWS["all"]}
    figures: dict[str, Figure] = {}
    for view, year, measure in product(views, years, measures):
        drawn = [
            (*ends[str(r["source"]), str(r["target"])], _width(r[measure.name]))
            for r in flows
            if str(r["year"]) == year
            and (view == "all" or not OUTSIDE & {str(r["source"]), str(r["target"])})
        ]
        name = f"{view}/{year}/{measure.name}"
        figures[name] = _figure([d for d in drawn if d[2] > 0], measure, roles)
    return Sankey(views, years, measures, years[round((len(years) - 1) * _MATURE)], figures)


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
    for start in targets:
        _walk(start, targets, done, closing)
    return [(s, BACK + t if (s, t) in closing else t) for s, t in pairs]


def _walk(
    start: str, targets: dict[str, list[str]], done: set[str], closing: set[tuple[str, str]]
) -> None:
    """Depth first from one place; a pair that leads back onto the path closes a circle."""
    if start in done:
        return
    path = {start: iter(targets.get(start, ()))}
    while path:
        place, rest = next(reversed(path.items()))
        target = next(rest, None)
        if target is None:
            path.pop(place)
            done.add(place)
        elif target in path:
            closing.add((place, target))
        elif target not in done:
            path[target] = iter(targets.get(target, ()))


def _measure_title(column: Column) -> str:
    return f"{column.title}, {unit_text(column.unit)}"


def _width(cell: object) -> float:
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return 0.0
    return float(cell) if cell > 0 else 0.0


def _roles(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Colour role of each place: what is lost is grey, a metal has its own, the rest take turns."""
    roles: dict[str, str] = {}
    turn = 0
    for place in dict.fromkeys(p.removeprefix(BACK) for pair in pairs for p in pair):
        matter = [r for pattern, r in OF_MATTER if re.match(pattern, place, re.IGNORECASE)]
        if place.lower() == _BLACK:
            role = "@ink"
        elif any(word in place.lower() for word in _GREY_WORDS):
            role = "@c7"
        elif matter:
            role = matter[0]
        else:
            role = _PALETTE[turn % len(_PALETTE)]
            turn += 1
        roles[place] = roles[BACK + place] = role
    return roles


def _figure(
    flows: Sequence[tuple[str, str, float]], measure: Measure, roles: dict[str, str]
) -> Figure:
    places = list(dict.fromkeys(p for s, t, _ in flows for p in (s, t)))
    at = {place: i for i, place in enumerate(places)}
    unit = unit_text(measure.column.unit)
    ends = [p for p in places if all(source != p for source, _, _ in flows)]
    right = 30 + _LETTER_PX * max((len(p) for p in ends), default=0)
    margin = {"l": 8, "r": right, "t": 24, "b": 24}
    through = {p: max(_sum(flows, 0, p), _sum(flows, 1, p)) for p in places}
    return {
        "data": [
            {
                "type": "sankey",
                "arrangement": "fixed",
                "valueformat": ",.0f",
                "valuesuffix": f" {unit}",
                "textfont": {"color": "@text", "size": 13, "shadow": "none"},
                "node": {
                    "label": [f"{_name(p)}<br>{_short(through[p])} {unit}" for p in places],
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
    mark, bare = (BACK, place.removeprefix(BACK)) if place.startswith(BACK) else ("", place)
    return mark + bare[:1].upper() + bare[1:]


def _short(value: float) -> str:
    return number_text(value, 0 if value >= 10 else 1)


def _sum(flows: Sequence[tuple[str, str, float]], end: int, place: str) -> float:
    return sum(f[2] for f in flows if f[end] == place)
