"""Places of boxes and bands in a lineage's picture: columns by stage, few crossings, no overlap.

1. *Columns.* Lots are placed by stage. A boundary is one column left of the first lot that it feeds
   or one column right of the last lot that feeds it; one that does both is drawn twice.
2. *Points.* A link over several columns goes through a point in each column between. All links
   into one boundary share these points, and so do all out of one: they run together like a cable.
3. *Order.* First along the graph's second eigenvector, which places connected parts side by side;
   then each column is sorted by the mean place of its neighbours to the left, then to the right,
   and so on (barycentres, Sugiyama 1981). The order with the fewest crossings stays. Ties keep
   their order, so the same lineage has the same layout.
4. *Height.* Each column in turn takes the heights nearest to its neighbours' (weighted least
   squares) that keep order and gaps: isotonic regression, solved exactly by pooling.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from loopbook.errors import Findings
from loopbook.trace.lineage.crossings import Graph, order_columns
from loopbook.trace.lineage.nouns import Lineage

_SETTLINGS = 4
_STIFF = 4.0  # weight of a point on a long link against a box's: long links run straight
_STEEP = 0.02  # by how much the room between columns widens with the picture's height
_WIDEST_GAP = 260.0


@dataclass(frozen=True, slots=True)
class Spacing:
    """Sizes in px: of a box at least, and of the room between boxes, bands and columns."""

    box_width: float = 190.0
    box_height: float = 52.0
    box_gap: float = 12.0
    band_gap: float = 5.0
    column_gap: float = 96.0


@dataclass(frozen=True, slots=True)
class Column:
    """A column: where it begins, px, and the stage of its lots; None where there are none."""

    x: float
    stage: int | None


@dataclass(frozen=True, slots=True)
class Box:
    """Place of an end, px from the top left.

    Parameters
    ----------
    end : id of the end.
    side : ``"out"`` or ``"in"`` where a boundary is drawn twice, for what it gives and takes; else
        empty.
    column : number of its column, 0 left.
    """

    end: str
    side: str
    column: int
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """Course of a link: its middle line, px.

    Parameters
    ----------
    points : from the right side of the source's box to the left side of the target's; from an
        even point to the next the link swings, from an odd one it goes straight.
    width : px.
    """

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    width: float


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes in the order of the ends, routes in the order of the links, size of the whole, px."""

    boxes: tuple[Box, ...]
    routes: tuple[Route, ...]
    columns: tuple[Column, ...]
    width: float
    height: float
    crossings: int
    crossings_before: int


def lay_out(
    lineage: Lineage,
    *,
    widths: Sequence[float] | None = None,
    heights: Mapping[str, float] | None = None,
    spacing: Spacing | None = None,
) -> Layout:
    """Boxes and bands of a lineage.

    Parameters
    ----------
    widths : of the links in their order, px; 1 each if not given.
    heights : of boxes by their end's id, px, where they need more than `spacing` has.

    A link that does not go to a later stage (no book makes one) is drawn straight back.

    >>> from loopbook.trace import End, Lineage, Link
    >>> ends = [End("S-1", "lot", "scrap", 0, (5,)), End("B-1", "lot", "black mass", 1, (5,))]
    >>> laid = lay_out(Lineage(("Ni",), ("B-1",), ends, [Link("S-1", "B-1", (5,))], {}))
    >>> [(b.end, b.x, b.y) for b in laid.boxes], laid.crossings
    ([('S-1', 0.0, 0.0), ('B-1', 287.0, 0.0)], 0)
    """
    spacing = spacing or Spacing()
    widths = [1.0] * len(lineage.links) if widths is None else widths
    _check_names(lineage)
    graph, stages = _graph(lineage, widths, heights or {}, spacing)
    crossings = order_columns(graph)
    _settle(graph, spacing)
    _bundle(graph, lineage)
    return _drawn(graph, lineage, widths, (spacing, stages, crossings))


Key = tuple[str, str]  # a box: id of its end, and its side


# --- columns ---------------------------------------------------------------------------------


def _placed(lineage: Lineage) -> tuple[dict[Key, int], list[Key]]:
    """Column of each box, and the boxes in the order of their ends."""
    stage = {e.id: e.stage for e in lineage.ends if e.kind == "lot"}
    feeds: dict[str, list[str]] = {}
    takes: dict[str, list[str]] = {}
    for link in lineage.links:
        if link.source not in stage:
            feeds.setdefault(link.source, []).append(link.target)
        if link.target not in stage:
            takes.setdefault(link.target, []).append(link.source)
    first = min(stage.values(), default=0)
    gives: dict[str, int] = {
        end: min((stage[i] for i in fed if i in stage), default=first) - 1
        for end, fed in feeds.items()
    }
    places: dict[Key, int] = {}
    boxes = []
    for end in lineage.ends:
        sides = [s for s, of in (("out", feeds), ("in", takes)) if end.id in of]
        for side in sides or ["out" if end.kind == "supplier" else "in"]:
            key = (end.id, side if len(sides) == 2 else "")
            boxes.append(key)
            if end.kind == "lot":
                places[key] = end.stage
            elif side == "out":
                places[key] = gives.get(end.id, first - 1)
            else:
                fed = takes.get(end.id, ())
                places[key] = max((stage.get(i, gives.get(i, 0)) for i in fed), default=first) + 1
    return places, boxes


def end_columns(lineage: Lineage) -> dict[str, tuple[int, ...]]:
    """Columns of each end, of which a boundary may have two.

    >>> from loopbook.trace import End, Lineage, Link
    >>> ends = [End("S-1", "lot", "scrap", 0, (5,)), End("waste//A/", "waste", "", 0, (5,))]
    >>> end_columns(Lineage(("Ni",), (), ends, [Link("S-1", "waste//A/", (5,))], {}))
    {'S-1': (0,), 'waste//A/': (1,)}
    """
    columns: dict[str, tuple[int, ...]] = {e.id: () for e in lineage.ends}
    for (end, _), column in _placed(lineage)[0].items():
        columns[end] += (column,)
    return columns


def _check_names(lineage: Lineage) -> None:
    known = {e.id for e in lineage.ends}
    findings = Findings("links")
    for name in sorted({i for k in lineage.links for i in (k.source, k.target)}):
        findings.check_known("an end of the lineage", name, known)
    findings.raise_all()


def _graph(
    lineage: Lineage, widths: Sequence[float], heights: Mapping[str, float], spacing: Spacing
) -> tuple[Graph, list[int | None]]:
    places, boxes = _placed(lineage)
    used = sorted(set(places.values()))
    at = {place: i for i, place in enumerate(used)}
    stages: list[int | None] = [None] * len(used)
    kinds = {e.id: e.kind for e in lineage.ends}
    graph = Graph()
    number = {}
    for key in boxes:
        if kinds[key[0]] == "lot":
            stages[at[places[key]]] = places[key]
        else:
            graph.light.add(len(graph.ends))
        graph.ends.append(key)
        number[key] = graph.add(at[places[key]], heights.get(key[0], spacing.box_height))
    points: dict[tuple[str, int, int], int] = {}
    for index, link in enumerate(lineage.links):
        source = number.get((link.source, "out"), number.get((link.source, ""), -1))
        target = number.get((link.target, "in"), number.get((link.target, ""), -1))
        if kinds[link.target] != "lot":
            cable = ("in", target)
        elif kinds[link.source] != "lot":
            cable = ("out", source)
        else:
            cable = ("link", index)
        path = [source]
        for column in range(graph.column[source] + 1, graph.column[target]):
            point = points.get((*cable, column))
            if point is None:
                point = points[(*cable, column)] = graph.add(column, 0.0)
                graph.through[point] = []
                if cable[0] != "link":
                    graph.light.add(point)
            graph.through[point].append(index)
            graph.height[point] += widths[index]
            path.append(point)
        graph.paths.append([*path, target])
        _join(graph, graph.paths[-1], widths[index])
    for box in range(len(graph.ends)):
        needed = max(sum(graph.left[box].values()), sum(graph.right[box].values()))
        graph.height[box] = max(graph.height[box], needed)
    return graph, stages


def _join(graph: Graph, path: Sequence[int], width: float) -> None:
    for a, b in pairwise(path):
        graph.right[a][b] = graph.right[a].get(b, 0.0) + width
        graph.left[b][a] = graph.left[b].get(a, 0.0) + width


# --- height ----------------------------------------------------------------------------------


def _settle(graph: Graph, spacing: Spacing) -> None:
    """Middles of boxes and points: near their neighbours', in order and apart."""
    boxes = len(graph.ends)
    graph.middle = [0.0] * len(graph.column)
    offsets = []
    for order in graph.orders:
        steps = [0.0]
        for a, b in pairwise(order):
            gap = spacing.box_gap if min(a, b) < boxes else spacing.band_gap
            steps.append(steps[-1] + (graph.height[a] + graph.height[b]) / 2 + gap)
        offsets.append(steps)
        for node, step in zip(order, steps, strict=False):
            graph.middle[node] = step - steps[-1] / 2
    weights = [1.0 if node < boxes else _STIFF for node in range(len(graph.column))]
    last = len(graph.orders) - 1
    both = [{**a, **b} for a, b in zip(graph.left, graph.right, strict=True)]
    for turn in range(_SETTLINGS):
        sides = (both, both) if turn == _SETTLINGS - 1 else (graph.left, graph.right)
        for near, columns in zip(sides, (range(last + 1), range(last, -1, -1)), strict=True):
            for column in columns:
                _settle_column(graph, graph.orders[column], offsets[column], (near, weights))
    top = min((m - h / 2 for m, h in zip(graph.middle, graph.height, strict=True)), default=0.0)
    graph.middle = [m - top for m in graph.middle]


def _settle_column(
    graph: Graph,
    order: Sequence[int],
    offsets: Sequence[float],
    pull: tuple[Sequence[Mapping[int, float]], Sequence[float]],
) -> None:
    near, weights = pull
    bases = []
    for node, offset in zip(order, offsets, strict=True):
        middle, total = graph.middle[node], sum(near[node].values())
        if total > 0:
            middle = sum(graph.middle[n] * w for n, w in near[node].items()) / total
        bases.append(middle - offset)
    placed = _rising(bases, [weights[node] for node in order])
    for node, base, offset in zip(order, placed, offsets, strict=True):
        graph.middle[node] = base + offset


def _rising(numbers: Sequence[float], weights: Sequence[float]) -> list[float]:
    """The never falling numbers nearest to the given ones (weighted least squares).

    >>> _rising([1.0, 3.0, 2.0], [1.0, 1.0, 1.0])
    [1.0, 2.5, 2.5]
    """
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(numbers, weights, strict=True):
        pool = (value, weight, 1)
        while pools and pools[-1][0] >= pool[0]:
            mean, heavy, many = pools.pop()
            both = heavy + pool[1]
            pool = ((mean * heavy + pool[0] * pool[1]) / both, both, many + pool[2])
        pools.append(pool)
    return [mean for mean, _, many in pools for _ in range(many)]


# --- bands -----------------------------------------------------------------------------------


def _bundle(graph: Graph, lineage: Lineage) -> None:
    """Order of the links in each cable, so that none crosses another inside it."""
    boundaries = {e.id for e in lineage.ends if e.kind != "lot"}
    for rightwards in (True, False):
        cables: dict[int, list[int]] = {}  # by the box at the cable's end
        for point, links in graph.through.items():
            inwards = lineage.links[links[0]].target in boundaries
            if inwards == rightwards:
                cables.setdefault(graph.paths[links[0]][-1 if rightwards else 0], []).append(point)
        for points in cables.values():
            points.sort(key=lambda p: graph.column[p], reverse=not rightwards)
            _lay_cable(graph, points, rightwards=rightwards)


def _lay_cable(graph: Graph, points: Sequence[int], *, rightwards: bool) -> None:
    """Links join on the side that they come from and keep their order from then on."""
    inside: list[int] = []
    before = None
    for point in points:
        through = set(graph.through[point])
        joining = sorted(through.difference(inside))
        far = {k: graph.middle[graph.paths[k][0 if rightwards else -1]] for k in joining}
        joining.sort(key=far.__getitem__)
        line = graph.middle[point if before is None else before]
        above = [k for k in joining if far[k] < line]
        inside = [*above, *inside, *(k for k in joining if not far[k] < line)]
        graph.through[point] = [k for k in inside if k in through]
        before = point


def _ports(graph: Graph, widths: Sequence[float]) -> dict[tuple[int, int, str], float]:
    """Height of each link's middle line at each side of each box and point."""
    place = {(p, k): i for p, links in graph.through.items() for i, k in enumerate(links)}
    sides: dict[tuple[int, str], list[tuple[float, int, int]]] = {}
    ports: dict[tuple[int, int, str], float] = {}
    for index, path in enumerate(graph.paths):
        for node, near, side in ((path[0], path[1], "out"), (path[-1], path[-2], "in")):
            rank = (graph.middle[near], place.get((near, index), 0), index)
            sides.setdefault((node, side), []).append(rank)
    stacks = [(node, (side,), [k for *_, k in sorted(r)]) for (node, side), r in sides.items()]
    both: list[tuple[int, tuple[str, ...], list[int]]] = [*stacks]
    both += [(point, ("in", "out"), links) for point, links in graph.through.items()]
    for node, names, links in both:
        top = graph.middle[node] - sum(widths[k] for k in links) / 2
        for k in links:
            for name in names:
                ports[node, k, name] = top + widths[k] / 2
            top += widths[k]
    return ports


def _drawn(
    graph: Graph,
    lineage: Lineage,
    widths: Sequence[float],
    rest: tuple[Spacing, list[int | None], tuple[int, int]],
) -> Layout:
    spacing, stages, (before, crossings) = rest
    wide = spacing.box_width
    lows = (m + h / 2 for m, h in zip(graph.middle, graph.height, strict=True))
    height = round(max(lows, default=0.0), 1)
    gap = round(min(spacing.column_gap + _STEEP * height, _WIDEST_GAP))
    x = [column * (wide + gap) for column in range(len(stages))]
    boxes = []
    for n, (end, side) in enumerate(graph.ends):
        tall, column = graph.height[n], graph.column[n]
        y = round(graph.middle[n] - tall / 2, 1)
        boxes.append(Box(end, side, column, x[column], y, wide, round(tall, 1)))
    ports = _ports(graph, widths)
    routes = []
    for k, (link, path) in enumerate(zip(lineage.links, graph.paths, strict=True)):
        steps = ((n, side) for a, b in pairwise(path) for n, side in ((a, "out"), (b, "in")))
        points = tuple(
            (x[graph.column[n]] + (wide if side == "out" else 0.0), round(ports[n, k, side], 2))
            for n, side in steps
        )
        routes.append(Route(link.source, link.target, points, widths[k]))
    columns = tuple(Column(a, stage) for a, stage in zip(x, stages, strict=True))
    width = x[-1] + wide if x else 0.0
    return Layout(tuple(boxes), tuple(routes), columns, width, height, crossings, before)
