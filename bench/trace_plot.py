"""The plot of `bench/trace_scale.py`: time and memory over the number of lots, as an SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

__all__ = ["Panel", "plot"]

Results = Mapping[str, Mapping[str, Mapping[str, float]]]

COLOURS = {
    "Loopbook": "#0072b2",
    "Loopbook, NumPy": "#56b4e9",
    "Loopbook, cold file": "#3b3bd1",
    "igraph": "#e69f00",
    "rustworkx": "#d55e00",
    "NetworkX": "#cc79a7",
    "SciPy": "#009e73",
    "SQLite": "#7f7f7f",
    "DuckDB": "#b8a500",
    "PostgreSQL": "#1a1a1a",
}
WIDTH, HEIGHT = 470, 300
LEFT, RIGHT, TOP, BOTTOM = 64, 18, 40, 46
HEAD = 112
HALO = {"paint-order": "stroke", "stroke": "#ffffff", "stroke-width": 3}


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: its title with the unit, the measure, and the target if there is one."""

    title: str
    measure: str
    target: float | None = None


def plot(results: Results, panels: Sequence[Panel], subtitle: str) -> str:
    """The chart as SVG text.

    Parameters
    ----------
    results : measures by number of lots and engine.
    panels : two in a row.
    """
    sizes = sorted(int(size) for size in results)
    engines = [name for name in COLOURS if any(name in found for found in results.values())]
    rows = (len(panels) + 1) // 2
    width, height = 2 * WIDTH, HEAD + rows * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="Helvetica, Arial, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        text(LEFT, 26, "Genealogy of lots: growth with the number of lots", size=17, weight="bold"),
        text(LEFT, 46, subtitle, fill="#555555"),
        *_legend(engines),
    ]
    for k, panel in enumerate(panels):
        column, row = k % 2, k // 2
        parts.append(f'<g transform="translate({column * WIDTH}, {HEAD + row * HEIGHT})">')
        parts += _panel(panel, results, sizes, engines)
        parts.append("</g>")
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(x: float, y: float, words: str, **style: Any) -> str:
    """A line of text."""
    names = {"size": "font-size", "weight": "font-weight", "anchor": "text-anchor"}
    told = "".join(f' {names.get(name, name)}="{value}"' for name, value in style.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{told}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, stroke: str, dash: str = "") -> str:
    """A straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}"{dashed}/>'
    )


def _legend(engines: Sequence[str]) -> list[str]:
    parts, x, y = [], float(LEFT), 68
    for name in engines:
        wide = 40 + 6.8 * len(name)
        if x + wide > 2 * WIDTH - RIGHT:
            x, y = float(LEFT), y + 20
        parts.append(_mark(x + 8, y, name))
        parts.append(f'<path d="M{x:.1f} {y}h16" stroke="{COLOURS[name]}" stroke-width="2"/>')
        parts.append(text(x + 22, y + 4, name))
        x += wide
    return parts


def _mark(x: float, y: float, name: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{COLOURS[name]}"/>'


def _panel(
    panel: Panel, results: Results, sizes: Sequence[int], engines: Sequence[str]
) -> list[str]:
    lines = {
        name: [
            (size, results[str(size)][name][panel.measure])
            for size in sizes
            if results[str(size)].get(name, {}).get(panel.measure, 0.0) > 0.0
        ]
        for name in engines
    }
    values = [value for points in lines.values() for _, value in points]
    values += [panel.target] if panel.target else []
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(1.5 * max(values)))
    high = max(high, low + 1)
    first, last = math.log10(sizes[0]), math.log10(sizes[-1])

    def at_x(size: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(size) - first) / max(last - first, 1)

    def at_y(value: float) -> float:
        part = (math.log10(value) - low) / (high - low)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part

    parts = [text(LEFT, 26, panel.title, weight="bold", size=13)]
    parts += _axes(sizes, range(low, high + 1), at_x, at_y)
    notes = []
    if panel.target:
        y = at_y(panel.target)
        parts.append(line(LEFT, y, WIDTH - RIGHT, y, "#c00000", "5 4"))
        note = f"target at 10 million lots: {panel.target:,g}"
        notes.append(text(LEFT + 6, y - 5, note, fill="#c00000", size=11, **HALO))
    for name, points in reversed(lines.items()):
        path = " ".join(f"{at_x(size):.1f},{at_y(value):.1f}" for size, value in points)
        thick = 3 if name == "Loopbook" else 1.6
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" '
            f'stroke-width="{thick}"/>'
        )
        parts += [_mark(at_x(size), at_y(value), name) for size, value in points]
    return [*parts, *notes]


def _axes(
    sizes: Sequence[int],
    decades: range,
    at_x: Callable[[float], float],
    at_y: Callable[[float], float],
) -> list[str]:
    parts = []
    for decade in decades:
        y = at_y(10.0**decade)
        parts.append(line(LEFT, y, WIDTH - RIGHT, y, "#dddddd"))
        parts.append(text(LEFT - 8, y + 4, f"{10.0**decade:,g}", anchor="end", fill="#333333"))
    bottom = at_y(10.0 ** decades[0])
    for size in sizes:
        x = at_x(size)
        parts.append(line(x, at_y(10.0 ** decades[-1]), x, bottom, "#dddddd"))
        anchor = "end" if size == sizes[-1] else "start" if size == sizes[0] else "middle"
        parts.append(text(x, bottom + 18, f"{size:,}", anchor=anchor, fill="#333333"))
    middle = (at_x(sizes[0]) + at_x(sizes[-1])) / 2
    parts.append(text(middle, bottom + 34, "lots", anchor="middle", fill="#333333"))
    return parts
