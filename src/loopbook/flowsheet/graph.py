"""Order of calculation: strongly connected groups of units, and the streams to tear in each.

All functions work on plain integers (units) and arcs (streams), in an order that depends on names
alone, so that the order in which a flowsheet was built never matters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter


@dataclass(frozen=True, slots=True)
class Arc:
    """A stream from one unit to another, both by index."""

    stream: int
    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Group:
    """Units that are calculated together, in order; `tears` are the streams that are guessed."""

    units: tuple[int, ...]
    tears: tuple[int, ...]


def order_groups(count: int, arcs: Sequence[Arc]) -> list[Group]:
    """Split units into groups in order of flow; a group with tears holds recycles.

    >>> loop = [Arc(0, 0, 1), Arc(1, 1, 2), Arc(2, 2, 1)]
    >>> order_groups(3, loop)
    [Group(units=(0,), tears=()), Group(units=(2, 1), tears=(1,))]
    """
    groups = []
    for members in _components(count, arcs):
        inside = [a for a in arcs if a.source in members and a.target in members]
        tears = _tears(sorted(members), inside) if inside else ()
        kept = [a for a in inside if a.stream not in tears]
        groups.append(Group(_topological(sorted(members), kept), tears))
    return groups


def _components(count: int, arcs: Sequence[Arc]) -> list[frozenset[int]]:
    """Strongly connected components in topological order (Tarjan 1972, without recursion)."""
    targets: list[list[int]] = [[] for _ in range(count)]
    for arc in arcs:
        targets[arc.source].append(arc.target)
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    components: list[frozenset[int]] = []
    for root in range(count):
        if root in index:
            continue
        work = [(root, 0)]
        while work:
            node, position = work.pop()
            if position == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            for i in range(position, len(targets[node])):
                nxt = targets[node][i]
                if nxt not in index:
                    work += [(node, i + 1), (nxt, 0)]
                    break
                if nxt in on_stack:
                    low[node] = min(low[node], index[nxt])
            else:
                if low[node] == index[node]:
                    cut = stack.index(node)
                    components.append(frozenset(stack[cut:]))
                    on_stack -= components[-1]
                    del stack[cut:]
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
    return components[::-1]


def _is_acyclic(members: Sequence[int], arcs: Sequence[Arc]) -> bool:
    try:
        _topological(members, arcs)
    except CycleError:
        return False
    return True


def _topological(members: Sequence[int], arcs: Sequence[Arc]) -> tuple[int, ...]:
    """Units in an order of flow; raises `CycleError` if there is none."""
    sorter = TopologicalSorter(dict.fromkeys(members, ()))
    for arc in arcs:
        sorter.add(arc.target, arc.source)
    return tuple(sorter.static_order())


def _tears(members: Sequence[int], arcs: Sequence[Arc]) -> tuple[int, ...]:
    """A small set of streams whose removal leaves no cycle.

    One stream if one is enough (tried first, latest in the flow preferred by name order);
    otherwise the best of the depth-first searches from every unit, thinned until no stream can
    be put back.
    """
    for arc in arcs:
        if _is_acyclic(members, [a for a in arcs if a.stream != arc.stream]):
            return (arc.stream,)
    return min((_thin(members, arcs, _back_arcs(m, members, arcs)) for m in members), key=len)


def _thin(members: Sequence[int], arcs: Sequence[Arc], tears: list[int]) -> tuple[int, ...]:
    for stream in list(tears):
        rest = [t for t in tears if t != stream]
        if _is_acyclic(members, [a for a in arcs if a.stream not in rest]):
            tears = rest
    return tuple(sorted(tears))


def _back_arcs(root: int, members: Sequence[int], arcs: Sequence[Arc]) -> list[int]:
    """Streams that close a cycle in the depth-first search from `root`."""
    outgoing = {m: [a for a in arcs if a.source == m] for m in members}
    ahead = {root: True}  # units that were reached, and whether the search is still behind them
    back = []
    work = [(root, iter(outgoing[root]))]
    while work:
        node, rest = work[-1]
        for arc in rest:
            if arc.target not in ahead:
                ahead[arc.target] = True
                work.append((arc.target, iter(outgoing[arc.target])))
                break
            if ahead[arc.target]:
                back.append(arc.stream)
        else:
            ahead[node] = False
            work.pop()
    return back
