"""The loop as a network: where its places are, for a picture that a script draws in the page.

Material flows from left to right (on a phone downward), from rank to rank; what closes a circle
comes back beneath. The order of the places is the same in every period and for every measure, and
a place has the room of its largest flow, so that nothing jumps when the period changes.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loopbook.report.format import is_number, unit_text
from loopbook.report.page.charts import metal_role, spread
from loopbook.report.result import RunResult
from loopbook.report.table import Cell, Column

LOST, ADDED = "waste, stock", "other material"
"""What a place takes and does not pass on, and what it passes on and no flow brings."""

_OPEN = 0.015  # share of what goes through a place that is shown where its flows do not add up
_SWEEPS = 30

Pair = tuple[str, str]
Row = tuple[str, str, str, str, list[float]]
"""Period, source, target, material, and numbers by measure."""


@dataclass(frozen=True, slots=True)
class Graph:
    """Places in ranks, and links between them.

    Parameters
    ----------
    places : names; after them come the bends of links that pass a rank, as ``""``.
    ranks : of each, from 0.
    order : of each in its rank, from 0.
    links : source, bends and target of each link, as positions in `places`.
    back : whether a link closes a circle.
    """

    places: tuple[str, ...]
    ranks: tuple[int, ...]
    order: tuple[int, ...]
    links: tuple[tuple[int, ...], ...]
    back: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """What the page needs to draw the loop; `data` is what its script reads.

    `first` is the place of the measure and `shown` the period that the page begins with.
    """

    measures: tuple[Column, ...]
    first: int
    periods: tuple[str, ...]
    shown: str
    axis: str
    data: Mapping[str, object]


def loop_network(result: RunResult, name: str) -> Network | None:
    """The network of a table of flows, or None where nothing flows.

    The table has a period in its first column, ``source``, ``target``, perhaps ``material``, and
    numbers with a unit, each a measure. The period with the largest flows is shown first, by the
    first metal where something comes back.
    """
    table = result.tables.get(name)
    measures = [c for c in table.columns if c.unit] if table else []
    rows = list(_rows(table.records(), table.columns[0].name, measures)) if table else []
    if not table or not rows:
        return None
    measures = [m for k, m in enumerate(measures) if any(row[4][k] for row in rows)]
    rows = list(_rows(table.records(), table.columns[0].name, measures))
    rows = _passing(rows)
    rows += _open_ends(rows)
    periods = tuple(dict.fromkeys(row[0] for row in rows))
    busiest = Counter(row[0] for row in rows).most_common(1)[0][0]
    rows.sort(key=lambda row: row[0] != busiest)
    pairs = list(dict.fromkeys((row[1], row[2]) for row in rows))
    weights = _widths(pairs, rows, 0)
    graph = graph_of(pairs, weights)
    at = {pair: k for k, pair in enumerate(pairs)}
    when = {period: k for k, period in enumerate(periods)}
    through = dict.fromkeys(periods, 0.0)
    for period, *_, values in rows:
        through[period] += values[0]
    flows = [
        [when[period], at[source, target], material, *(float(f"{x:.6g}") for x in values)]
        for period, source, target, material, values in rows
    ]
    data = {
        "places": [_titled(x) for x in graph.places],
        "of": [result.layout.places.get(x, "") for x in graph.places],
        "ranks": graph.ranks,
        "links": graph.links,
        "back": [int(x) for x in graph.back],
        "periods": periods,
        "measures": [[m.title, unit_text(m.unit), metal_role(m.title)] for m in measures],
        "wide": [_spots(graph, _widths(pairs, rows, k), 170, 58) for k in range(len(measures))],
        "tall": [_spots(graph, _widths(pairs, rows, k), 110, 14) for k in range(len(measures))],
        "flows": flows,
    }
    first = min(1, len(measures) - 1) if any(graph.back) else 0
    shown = max(periods, key=lambda period: round(through[period], 6))
    return Network(tuple(measures), first, periods, shown, table.columns[0].title, data)


def _rows(
    records: Iterable[Mapping[str, Cell]], axis: str, measures: Sequence[Column]
) -> list[Row]:
    rows = []
    for r in records:
        cells = [r[m.name] for m in measures]
        values = [max(float(c), 0.0) if is_number(c) else 0.0 for c in cells]
        if any(values):
            material = str(r.get("material", ""))
            rows.append((str(r[axis]), str(r["source"]), str(r["target"]), material, values))
    return rows


def _passing(rows: list[Row]) -> list[Row]:
    """Flows from or to a place that both takes and gives; all where there is none."""
    passing = {row[1] for row in rows} & {row[2] for row in rows}
    return [row for row in rows if {row[1], row[2]} & passing] or rows


def _open_ends(rows: Sequence[Row]) -> list[Row]:
    """Rows for what a place takes and does not pass on, or passes on and does not take."""
    count = len(rows[0][4])
    into: dict[str, dict[str, list[float]]] = defaultdict(
        lambda: defaultdict(lambda: [0.0] * count)
    )
    out: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0] * count))
    for period, source, target, _, values in rows:
        for k, value in enumerate(values):
            into[target][period][k] += value
            out[source][period][k] += value
    made: list[Row] = []
    for place in into.keys() & out.keys():
        periods = {**into[place], **out[place]}
        sums = [sum(values[0] for values in ends[place].values()) for ends in (into, out)]
        lost = sums[0] > sums[1]
        if abs(sums[0] - sums[1]) < _OPEN * max(sums):
            continue
        end = f"{LOST} of {place}" if lost else f"{ADDED} of {place}"
        for period in periods:
            differences = [
                max((a - b) if lost else (b - a), 0.0)
                for a, b in zip(into[place][period], out[place][period], strict=True)
            ]
            if any(differences):
                ends = (place, end) if lost else (end, place)
                made.append((period, *ends, "", differences))
    return sorted(made)


def _widths(pairs: Sequence[Pair], rows: Iterable[Row], measure: int) -> list[float]:
    """Largest flow of each pair in any period."""
    sums: dict[tuple[Pair, str], float] = defaultdict(float)
    for period, source, target, _, values in rows:
        sums[(source, target), period] += values[measure]
    largest: dict[Pair, float] = defaultdict(float)
    for (pair, _), value in sums.items():
        largest[pair] = max(largest[pair], value)
    return [largest[pair] for pair in pairs]


def closing(pairs: Sequence[Pair]) -> set[Pair]:
    """Pairs that lead back to a place that the material came from; the loop begins with the first.

    >>> closing([("cells", "scrap"), ("scrap", "metal"), ("metal", "cells")])
    {('metal', 'cells')}
    """
    targets: dict[str, list[str]] = defaultdict(list)
    for source, target in pairs:
        targets[source].append(target)
    back, done = set[Pair](), set[str]()

    def walk(place: str, path: frozenset[str]) -> None:
        """Depth first; a pair that leads back onto the path closes a circle."""
        for target in targets.get(place, ()):
            if target in path:
                back.add((place, target))
            elif target not in done:
                walk(target, path | {target})
        done.add(place)

    for start in [*targets]:
        if start not in done:
            walk(start, frozenset([start]))
    return back


def graph_of(pairs: Sequence[Pair], weights: Sequence[float]) -> Graph:
    """Ranks and order: a link leads to a higher rank or closes a circle.

    What belongs to a circle is lowest in its rank, next to the way back beneath; the rest is
    ordered by where it comes from, the largest first.

    >>> graph = graph_of([("mine", "cells"), ("cells", "scrap"), ("scrap", "cells")], [9, 2, 1])
    >>> graph.places, graph.ranks, graph.back
    (('mine', 'cells', 'scrap'), (0, 1, 2), (False, False, True))
    """
    back = closing(pairs)
    names = list(dict.fromkeys(x for pair in pairs for x in pair))
    ranks = _ranks(names, [p for p in pairs if p not in back])
    circle = _circle(pairs, back)
    at = {name: k for k, name in enumerate(names)}
    levels, links = [ranks[x] for x in names], []
    for pair in pairs:
        source, target = (at[x] for x in pair)
        bends = () if pair in back else range(levels[source] + 1, levels[target])
        first = len(levels)
        levels += bends
        links.append((source, *range(first, len(levels)), target))
    names += [""] * (len(levels) - len(names))
    size = defaultdict[int, float](float)
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for link, pair, weight in zip(links, pairs, weights, strict=True):
        for one, other in pairwise(link):
            size[one] = size[one] + weight
            size[other] = max(size[other], weight)
            if pair not in back:
                near[other].append((one, weight))
    place: dict[int, float] = {}
    order = [0] * len(levels)
    for level in range(max(levels) + 1):
        own = [k for k, x in enumerate(levels) if x == level]
        mean = {k: _mean([(place[m], w) for m, w in near[k] if m in place]) for k in own}
        own.sort(key=lambda k: (names[k] in circle, mean[k], -size[k]))
        for position, k in enumerate(own):
            order[k] = position
            place[k] = position / max(len(own) - 1, 1) if len(own) > 1 else 0.5
    closes = tuple(pair in back for pair in pairs)
    return Graph(tuple(names), tuple(levels), tuple(order), tuple(links), closes)


def _mean(weighted: Sequence[tuple[float, float]]) -> float:
    whole = sum(w for _, w in weighted)
    return sum(x * w for x, w in weighted) / whole if whole else 0.0


def _ranks(names: Sequence[str], forward: Sequence[Pair]) -> dict[str, int]:
    """Longest way from a beginning; a beginning is right before its first target."""
    ranks = dict.fromkeys(names, 0)
    for _ in names:
        for source, target in forward:
            ranks[target] = max(ranks[target], ranks[source] + 1)
    fed = {target for _, target in forward}
    for name in names:
        nexts = [ranks[target] for source, target in forward if source == name]
        if name not in fed and nexts:
            ranks[name] = min(nexts) - 1
    lowest = min(ranks.values())
    return {name: rank - lowest for name, rank in ranks.items()}


def _circle(pairs: Sequence[Pair], back: set[Pair]) -> set[str]:
    """Places that are on a way that closes."""
    ends = {x for pair in back for x in pair}
    ahead, behind = (_reached(way, pairs, ends, back) for way in ((0, 1), (1, 0)))
    return ends | (ahead & behind)


def _reached(
    ends: tuple[int, int], pairs: Sequence[Pair], starts: set[str], back: set[Pair]
) -> set[str]:
    reached = {*starts}
    for _ in pairs:
        reached |= {p[ends[1]] for p in pairs if p not in back and p[ends[0]] in reached}
    return reached


def _spots(graph: Graph, widths: Sequence[float], room: float, gap: float) -> dict[str, object]:
    """Where each place begins across the flow, and the scale; the largest rank fills `room`."""
    count = len(graph.places)
    into, out = [0.0] * count, [0.0] * count
    for link, width in zip(graph.links, widths, strict=True):
        for one, other in pairwise(link):
            out[one] += width
            into[other] += width
    sizes = [max(a, b) for a, b in zip(into, out, strict=True)]
    ranks = [
        sorted((k for k in range(count) if graph.ranks[k] == rank), key=lambda k: graph.order[k])
        for rank in range(max(graph.ranks) + 1)
    ]
    scale = room / (max(sum(sizes[k] for k in rank) for rank in ranks) or 1.0)
    deep = [max(size * scale, 2.0) if size else 0.0 for size in sizes]
    needs = [x + gap if x else 0.0 for x in deep]  # a label is above; what is not takes no room
    lowest = max(sum(needs[k] for k in rank) for rank in ranks)
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for link, width, back in zip(graph.links, widths, graph.back, strict=True):
        for one, other in pairwise(link) if not back else ():
            near[one].append((other, width))
            near[other].append((one, width))
    middles = [0.0] * count
    for sweep in range(_SWEEPS):
        for rank in ranks if sweep % 2 == 0 else reversed(ranks):
            wishes, least = list[float](), 0.0
            for k in rank:
                wish = _mean([(middles[m], w) for m, w in near[k]]) + deep[k] / 2 - needs[k]
                least = max(least + 1e-6, wish)  # the order stays
                wishes.append(least)
            tops = spread(wishes, [needs[k] for k in rank], lowest)
            for k, top in zip(rank, tops, strict=True):
                middles[k] = top + needs[k] - deep[k] / 2
    begins = [middle - x / 2 for middle, x in zip(middles, deep, strict=True)]
    rounded = ([round(x, 1) for x in values] for values in (begins, deep))
    return {"scale": scale, **dict(zip(("tops", "deep"), rounded, strict=True))}


def _titled(name: str) -> str:
    """A place as people see it; what a place loses or gains is named without the place."""
    name = next((x for x in (LOST, ADDED) if name.startswith(f"{x} of ")), name)
    return name[:1].upper() + name[1:]
