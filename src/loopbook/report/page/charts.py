"""Charts of the report as SVG, made from the tables of a `RunResult`: no script, no request.

Lines and stacked bars over the periods, each series named at its end with its last value. A colour
is a role of the page's style sheet, so that a chart is right in light, in dark and on paper. A
chart whose table is missing, or holds nothing but zeros, is None: the page then notes that there is
nothing to show.
"""

import math
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from markupsafe import escape

from loopbook.report.format import is_number, is_share, number_text, unit_text
from loopbook.report.layout import Colour, Plot
from loopbook.report.result import RunResult
from loopbook.report.table import Column, Table

_MILLIONS, _THOUSANDS = 2e6, 5e3
_LEFT, _TOP, _PLOT, _DEEP = 34, 14, 198, 150  # px: left and top margin, width and least depth
_RIGHT = _LEFT + _PLOT
_LETTERS, _LINE = 14, 13  # letters of a line of a label, and its height
_MOST, _SLIVER = 5, 0.05  # parts of a stack; of more, those below this share of it are put together
_TICKS = 4
_LINES = 7  # lines of a chart; of more, the largest are drawn

METALS = {
    "Ni": "nickel", "Co": "cobalt", "Li": "lithium", "Mn": "mangan|mnso4", "Cu": "copper",
    "Al": "alumin", "C": "graphite",
}  # fmt: skip
"""Colour roles of metals, by what their names begin with; the same in each chart and picture."""

_SHADES = (90, 56, 34, 72, 20, 45)  # percent of ink in the parts of a stack that are no metals


@dataclass(frozen=True, slots=True)
class Series:
    """Numbers over a shared axis: name, and one cell for each place on the axis."""

    name: str
    cells: tuple[float | None, ...]
    column: Column


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart: unit of its numbers, columns that it draws, and its picture."""

    unit: str
    columns: tuple[Column, ...]
    svg: str


class Axis(NamedTuple):
    """An axis of numbers: where each place is, its unit, the case's own place, and ranges."""

    at: tuple[float, ...]
    unit: str
    base: float | None
    ranges: tuple[tuple[float, float], ...]


class Label(NamedTuple):
    """A label at the end of a line: wished height, colours of the mark and of its lines of text."""

    y: float
    colour: str
    ink: str
    lines: list[str]


def metal_role(name: str) -> str:
    """Colour role of a metal; empty for other names.

    >>> metal_role("Nickel"), metal_role("Virgin cobalt"), metal_role("Li2CO3"), metal_role("scrap")
    ('Ni', 'Co', 'Li', '')
    """
    for role, words in METALS.items():
        if re.search(
            rf"\b({words})|\b{role}(?![a-z])", name, re.IGNORECASE if len(name) > 2 else 0
        ):
            return role
    return ""


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
    """A line or bar chart of one table, or None where there is nothing to show."""
    if plot.curve:
        return _curve_chart(result, plot)
    table = result.tables.get(plot.table)
    places, series = series_of(table, plot) if table and table.columns else ([], [])
    if not series:
        return None
    places, series = _with_data(places, series)
    factor, unit = scale_of(series, stacked=plot.stacked)
    columns = tuple(dict.fromkeys(s.column for s in series))
    scaled = [
        replace(s, cells=tuple(c if c is None else c * factor for c in s.cells)) for s in series
    ]
    lined = [s for s in scaled if not plot.stacked or _matches(s.column.name, plot.lines)]
    drawing = _Drawing(places, [s for s in scaled if s not in lined], lined, result.layout.colours)
    return Chart(unit, columns, drawing.svg(f"{plot.title}, {unit}", unit))


def _curve_chart(result: RunResult, plot: Plot) -> Chart | None:
    """Lines of a curve over the number that it moves."""
    table, ranges = (result.tables.get(name) for name in ("curves", "ranges"))
    rows = [row for row in table.records() if row["curve"] == plot.curve] if table else []
    if not table or not rows:
        return None
    names, ats = (list(dict.fromkeys(row[name] for row in rows)) for name in ("line", "at"))
    column = replace(table.columns[table.position("value")], unit=str(rows[0]["unit"]))
    values = {(row["line"], row["at"]): float(str(row["value"])) for row in rows}
    series = [Series(str(x), tuple(values.get((x, at)) for at in ats), column) for x in names]
    base = rows[0]["base"]
    shaded = tuple(
        (float(str(row["low"])), float(str(row["high"])))
        for row in (ranges.records() if ranges else ())
        if row["curve"] == plot.curve and row["line"] == "all that gain"
    )
    places = tuple(float(str(at)) for at in ats)
    axis = Axis(places, str(rows[0]["at_unit"]), base if is_number(base) else None, shaded)
    texts = [number_text(x) for x in places]
    drawing = _Drawing(texts, [], series, result.layout.colours, axis=axis)
    unit = unit_text(column.unit)
    return Chart(unit, (column,), drawing.svg(f"{plot.title}, {unit}", unit))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in patterns)


def _with_data(places: list[str], series: list[Series]) -> tuple[list[str], list[Series]]:
    """Without the places at both ends where nothing is."""
    filled = [k for k in range(len(places)) if any(s.cells[k] for s in series)]
    cut = slice(filled[0], filled[-1] + 1)
    return places[cut], [replace(s, cells=s.cells[cut]) for s in series]


def scale_of(series: Sequence[Series], *, stacked: bool = False) -> tuple[float, str]:
    """Factor and unit that a chart is drawn in: percent for shares, millions for large numbers.

    >>> column = Column("cost_usd", "Cost", "USD")
    >>> scale_of([Series("Cost", (91e6, None), column)])
    (1e-06, 'million USD')
    """
    column = series[0].column
    if is_share(column):
        return 100.0, "%"
    sizes = zip(*([abs(cell or 0.0) for cell in one.cells] for one in series), strict=True)
    largest = max(sum(x) if stacked else max(x) for x in sizes)
    for size, factor, word in ((_MILLIONS, 1e-6, "million"), (_THOUSANDS, 1e-3, "thousand")):
        if largest >= size:
            return factor, f"{word} {unit_text(column.unit)}".strip()
    return 1.0, unit_text(column.unit)


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from at most `low` to at least `high`, zero among them.

    >>> ticks(0, 17.6), ticks(-9.5, 11)
    ([0.0, 5.0, 10.0, 15.0, 20.0], [-10.0, -5.0, 0.0, 5.0, 10.0, 15.0])
    """
    low, high = min(low, 0.0), max(high, 0.0)
    rough = (high - low) / _TICKS or 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(x * power for x in (1, 2, 5, 10) if x * power >= rough * 0.9)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [k * step for k in range(first, last + 1)]


def spread(wishes: Sequence[float], heights: Sequence[float], bottom: float) -> list[float]:
    """Tops of things near where they wish to be, none on another, none above 0 or below `bottom`.

    What has no room in all is highest where it must be, and then begins above 0.

    >>> spread([10, 12, 40], [13, 13, 13], 60), spread([10, 12, 50], [13, 13, 13], 60)
    ([4.5, 17.5, 40], [4.5, 17.5, 47])
    """
    order = sorted(range(len(wishes)), key=lambda k: wishes[k])
    groups: list[tuple[float, list[int]]] = []  # top of a group, and its labels from above
    for k in order:
        start, members = wishes[k], [k]
        while groups and groups[-1][0] + sum(heights[m] for m in groups[-1][1]) > start:
            members = groups.pop()[1] + members
            offsets = [sum(heights[m] for m in members[:i]) for i in range(len(members))]
            wished = [wishes[m] - offset for m, offset in zip(members, offsets, strict=True)]
            start = max(0.0, sum(wished) / len(wished))
        groups.append((max(0.0, start), members))
    tops = dict[int, float]()
    for start, members in groups:
        for i, m in enumerate(members):
            tops[m] = start + sum(heights[x] for x in members[:i])
    for k in reversed([m for _, members in groups for m in members]):
        bottom = tops[k] = min(tops[k], bottom - heights[k])
    return [tops[k] for k in range(len(wishes))]


class _Drawing:
    """One chart: bars in stacks and lines over the same places."""

    def __init__(
        self,
        places: Sequence[str],
        stacked: Sequence[Series],
        lines: Sequence[Series],
        colours: Sequence[Colour],
        *,
        axis: Axis | None = None,
    ) -> None:
        self._axis = axis
        most = sorted(lines, key=lambda s: -max(abs(c or 0.0) for c in s.cells))[:_LINES]
        self._places, self._lines = places, [s for s in lines if s in most]
        self._left_out = len(lines) - len(self._lines)
        self._all = [*stacked, *lines]
        self._stacked = _merged(stacked)
        self._colours = self._roles(colours)
        tops = [sum(max(s.cells[k] or 0.0, 0.0) for s in stacked) for k in range(len(places))]
        feet = [sum(min(s.cells[k] or 0.0, 0.0) for s in stacked) for k in range(len(places))]
        ends = [c for s in lines for c in s.cells if c is not None] + tops + feet
        self._ticks = ticks(min(ends), max(ends))
        span = self._ticks[-1] - self._ticks[0]
        self._decimals = (
            max(0, -math.floor(math.log10(span / len(self._ticks)) + 1e-9)) if span else 0
        )
        self._depth = float(_DEEP)

    def svg(self, title: str, unit: str) -> str:
        """The picture; it is as deep as its labels need."""
        labels = [*self._stack_labels(), *self._line_labels()]
        needed = sum(len(label.lines) for label in labels) * _LINE + 4 * len(labels)
        if needed > self._depth:
            self._depth = float(needed)
            labels = [*self._stack_labels(), *self._line_labels()]
        parts = [
            *self._axes(),
            *self._bars(),
            *self._paths(),
            *_labels(labels, self._depth + _TOP + 14),
            *self._hits(unit),
        ]
        deepest = self._depth + _TOP + 20
        return (
            f'<svg class="chart" viewBox="0 0 352 {deepest:.0f}" role="img" '
            f'aria-label="{escape(title)}">{"".join(parts)}</svg>'
        )

    def _roles(self, colours: Sequence[Colour]) -> dict[str, str]:
        """CSS colours by series: of its metal, of the layout, else a shade of ink."""
        roles, shade = dict[str, str](), 0
        for one in (*self._stacked, *self._lines):
            named = next((c.role for c in colours if re.search(c.pattern, one.name, re.I)), "")
            role = named or metal_role(one.name)
            if role and f"var(--{role})" not in roles.values():
                roles[one.name] = f"var(--{role})"
                continue
            roles[one.name] = f"color-mix(in srgb, var(--ink) {_SHADES[shade % 6]}%, var(--paper))"
            shade += 1
        return roles

    def _x(self, place: int) -> float:
        if self._axis:
            return self._along(self._axis, self._axis.at[place])
        return _LEFT + _PLOT * (place + 0.5) / len(self._places)

    @staticmethod
    def _along(axis: Axis, value: float) -> float:
        return _LEFT + _PLOT * (value - axis.at[0]) / (axis.at[-1] - axis.at[0] or 1.0)

    def _y(self, value: float) -> float:
        low, high = self._ticks[0], self._ticks[-1]
        return _TOP + self._depth * (high - value) / (high - low or 1.0)

    def _axes(self) -> Iterator[str]:
        for tick in self._ticks:
            y, kind = self._y(tick), "axis" if tick == 0 else "grid"
            yield f'<path class="{kind}" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
            yield (
                f'<text class="tick" x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">'
                f"{number_text(tick, self._decimals)}</text>"
            )
        y = _TOP + self._depth + 16
        if self._axis:
            yield from self._numbers(self._axis, y)
            return
        for k in _shown_places(len(self._places), len(self._places[0])):
            yield (
                f'<text class="tick" x="{self._x(k):.1f}" y="{y:.1f}" text-anchor="middle">'
                f"{escape(self._places[k])}</text>"
            )

    def _numbers(self, axis: Axis, y: float) -> Iterator[str]:
        """Numbers of the axis, ranges in which all gain, and where the case is."""
        for low, high in axis.ranges:
            x, end = self._along(axis, low), self._along(axis, high)
            yield (
                f'<rect class="shade" x="{x:.1f}" y="{_TOP}" width="{end - x:.1f}" '
                f'height="{self._depth:.0f}"/><text class="tick" x="{(x + end) / 2:.1f}" '
                f'y="{_TOP + self._depth - 5:.1f}" text-anchor="middle">all gain</text>'
            )
        if axis.base is not None and axis.at[0] <= axis.base <= axis.at[-1]:
            x = self._along(axis, axis.base)
            yield (
                f'<path class="axis" stroke-dasharray="1.5 2.5" d="M{x:.1f} {_TOP}'
                f'V{_TOP + self._depth:.0f}"/><text class="tick" x="{x:.1f}" y="{_TOP - 4}" '
                f'text-anchor="middle">case {number_text(axis.base)}</text>'
            )
        marks = ticks(axis.at[0], axis.at[-1])
        shown = [tick for tick in marks if axis.at[0] <= tick <= axis.at[-1]]
        for tick in shown:
            unit = f"\u00a0{unit_text(axis.unit)}" if tick == shown[-1] and axis.unit != "1" else ""
            yield (
                f'<text class="tick" x="{self._along(axis, tick):.1f}" y="{y:.1f}" '
                f'text-anchor="middle">{number_text(tick)}{unit}</text>'
            )

    def _segments(self) -> Iterator[tuple[Series, int, float, float]]:
        """Series, place, foot and top of each part of a stack."""
        for k in range(len(self._places)):
            up = down = 0.0
            for one in self._stacked:
                value = one.cells[k] or 0.0
                foot = up if value >= 0 else down
                up, down = up + max(value, 0.0), down + min(value, 0.0)
                yield one, k, foot, foot + value

    def _bars(self) -> Iterator[str]:
        width = min(26.0, 0.78 * _PLOT / len(self._places))
        for one, k, foot, top in self._segments():
            y, deep = min(self._y(foot), self._y(top)), abs(self._y(foot) - self._y(top))
            if deep > 0.05:
                yield (
                    f'<rect x="{self._x(k) - width / 2:.1f}" y="{y:.1f}" width="{width:.1f}" '
                    f'height="{max(deep - 0.6, 0.4):.1f}" fill="{self._colours[one.name]}"/>'
                )

    def _paths(self) -> Iterator[str]:
        for one in self._lines:
            colour, pen, d = self._colours[one.name], "M", ""
            for k, cell in enumerate(one.cells):
                d += "" if cell is None else f"{pen}{self._x(k):.1f} {self._y(cell):.1f}"
                pen = "M" if cell is None else "L"
            limit = (
                ' stroke-dasharray="4 3"' if re.search("capacity|can take", one.name, re.I) else ""
            )
            yield f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="1.8"{limit}/>'
            last = max(k for k, cell in enumerate(one.cells) if cell is not None)
            y = self._y(one.cells[last] or 0.0)
            yield f'<circle cx="{self._x(last):.1f}" cy="{y:.1f}" r="2.6" fill="{colour}"/>'

    def _stack_labels(self) -> Iterator[Label]:
        for one, k, foot, top in self._segments():
            if k == len(self._places) - 1:
                middle = (self._y(foot) + self._y(top)) / 2
                yield self._label(one, one.cells[k] or 0.0, middle)

    def _line_labels(self) -> Iterator[Label]:
        for one in self._lines:
            value = next(cell for cell in reversed(one.cells) if cell is not None)
            yield self._label(one, value, self._y(value))
        if self._left_out:
            lines = textwrap.wrap(f"{self._left_out} more in its table", _LETTERS)
            yield Label(self._y(0.0), "none", "var(--ink3)", lines)

    def _label(self, one: Series, value: float, y: float) -> Label:
        text = f"{one.name} {self._text(value)}"
        lines = textwrap.wrap(text, _LETTERS, break_long_words=True, max_lines=3, placeholder=" …")
        colour = self._colours[one.name]
        return Label(y, colour, colour if colour.startswith("var") else "var(--ink2)", lines)

    def _text(self, value: float) -> str:
        places = max(self._decimals, 1 if abs(self._ticks[-1]) < 100 else 0)
        return number_text(value, places)

    def _hits(self, unit: str) -> Iterator[str]:
        """A strip over each place; pointing at it shows its numbers and, of a stack, their sum."""
        width = _PLOT / len(self._places)
        for k, place in enumerate(self._places):
            left = self._x(k) - width / 2
            lines = [f"{s.name}: {self._text(s.cells[k] or 0.0)}" for s in self._all if s.cells[k]]
            stack = [s.cells[k] or 0.0 for s in self._all if s not in self._lines]
            lines += [f"sum: {self._text(sum(stack))}"] * (len(stack) > 1)
            text = "\n".join([f"{place}, {unit}", *lines])
            yield (
                f'<rect class="hit" x="{left:.1f}" y="{_TOP}" width="{width:.1f}" '
                f'height="{self._depth:.0f}" data-tip="{escape(text)}"/>'
            )


def _merged(series: Sequence[Series]) -> list[Series]:
    """Parts of a stack; of many, those that could not be seen are one."""
    sums = (
        [sum(abs(s.cells[k] or 0.0) for s in series) for k in range(len(series[0].cells))]
        if series
        else []
    )
    small = [s for s in series if max(abs(c or 0.0) for c in s.cells) < _SLIVER * max(sums)]
    if len(series) <= _MOST or len(small) < 2:
        return [*series]
    cells = tuple(sum(s.cells[k] or 0.0 for s in small) for k in range(len(sums)))
    return [
        *(s for s in series if s not in small),
        Series(f"{len(small)} others", cells, small[0].column),
    ]


def _shown_places(count: int, letters: int) -> list[int]:
    """Places whose name is written: the first, the last, and some between in equal steps.

    >>> _shown_places(10, 4), _shown_places(20, 7), _shown_places(1, 4)
    ([0, 3, 6, 9], [0, 19], [0])
    """
    most = max(1, min(count - 1, _PLOT // (8 * letters + 16) - 1)) if count > 1 else 1
    steps = [s for s in range(1, count) if (count - 1) % s == 0 and (count - 1) // s <= most]
    return [*range(0, count, min(steps, default=1))]


def _labels(labels: Sequence[Label], bottom: float) -> Iterator[str]:
    """Labels at the right, moved apart; a hair line ties one that had to move to its place."""
    heights = [len(label.lines) * _LINE + 4.0 for label in labels]
    wishes = [label.y - height / 2 for label, height in zip(labels, heights, strict=True)]
    for label, height, top in zip(labels, heights, spread(wishes, heights, bottom), strict=True):
        middle, x = top + height / 2, _RIGHT + 12
        yield (
            f'<path stroke="{label.colour}" stroke-width="3" d="M{x} {top + 4:.1f}'
            f'V{top + height - 3:.1f}"/>'
        )
        if abs(middle - label.y) > 3:
            yield (
                f'<path class="tie" stroke="{label.colour}" d="M{_RIGHT - 2} {label.y:.1f}'
                f'L{x - 2} {middle:.1f}"/>'
            )
        for k, line in enumerate(label.lines):
            y = top + 2 + _LINE * (k + 0.8)
            yield (
                f'<text class="label" x="{x + 5}" y="{y:.1f}" fill="{label.ink}">'
                f"{escape(line)}</text>"
            )
