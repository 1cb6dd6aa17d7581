"""Rows of edges and of lots as columns for a genealogy's arrays.

A page of rows is split into columns at once, while its values are in the processor's cache: among
thousands of older rows, each value would have to come from memory.
"""

from collections.abc import Mapping, Sequence, Set

import numpy as np

from loopbook.book import EdgeRow
from loopbook.errors import BalanceError
from loopbook.trace.genealogy.arrays import Additions, Graph
from loopbook.trace.genealogy.columns import MASS, Amounts, Numbers

LotRow = tuple[str, str, int]
"""Name, material and number of the event of a lot."""


class EdgeRows:
    """Edges as columns.

    Parameters
    ----------
    rows : source, target, event, and content of each substance; more may be added.

    >>> edges = EdgeRows([("A", "B", 7, 2, 3)])
    >>> edges.sources, edges.targets, edges.events, edges.content(2).tolist()
    (['A'], ['B'], [7], [[2], [3]])
    """

    __slots__ = ("_amounts", "events", "sources", "targets")

    def __init__(self, rows: Sequence[EdgeRow] = ()) -> None:
        self.sources: list[str] = []
        self.targets: list[str] = []
        self.events: list[int] = []
        self._amounts: list[Amounts] = []
        self.add(rows)

    def add(self, rows: Sequence[EdgeRow]) -> tuple[Sequence[str], Sequence[str]]:
        """Add rows; returns their sources and their targets."""
        if not rows:
            return (), ()
        sources, targets, events, *amounts = zip(*rows, strict=True)
        self.sources.extend(sources)
        self.targets.extend(targets)
        self.events.extend(events)
        self._amounts.append(np.array(amounts, np.int64))
        return sources, targets

    def content(self, count: int) -> Amounts:
        """Content (substance, edge), mg; of so many substances."""
        none = np.empty((count, 0), np.int64)
        return np.concatenate([none, *self._amounts], axis=1)

    def merge_sources(self, names: Set[str]) -> Set[str]:
        """Join these lots to one without a name, if no edge was reversed; return the names left.

        An edge below zero reverses one from a certain lot, and needs its name.
        """
        if not names or any((amounts < 0).any() for amounts in self._amounts):
            return names
        self.sources = ["" if name in names else name for name in self.sources]
        return {""}


def additions(graph: Graph, lots: Sequence[LotRow], edges: EdgeRows) -> Additions:
    """Rows as arrays.

    Parameters
    ----------
    graph : knows the lots that were made before.
    lots : name, material, number of the event, in the order in which they were made; one that was
        made again may come twice.
    edges : with content of each of the graph's substances.

    Raises
    ------
    BalanceError : an edge of a lot that is not there.
    """
    coming = [k for k, name in enumerate(edges.sources) if "/" in name]
    leaving = [k for k, name in enumerate(edges.targets) if "/" in name]
    first = {(edges.sources[k], False): k for k in reversed(coming)}
    first |= {(edges.targets[k], True): k for k in reversed(leaving)}
    # numbered in the order of the rows, however many come at once
    ends = {key: -1 - graph.end_number(*key) for key in sorted(first, key=first.__getitem__)}
    amounts = edges.content(len(graph.substances))
    content = {MASS: amounts.sum(axis=0)} | dict(zip(graph.substances, amounts, strict=True))
    graph.gone.update([edges.targets[k] for k in np.flatnonzero(content[MASS] < 0)])
    lots, remade = _made_again(graph, lots)
    new = {row[0]: k for k, row in enumerate(lots, len(graph))}
    if len(graph):
        old = [x for x in {*edges.sources, *edges.targets} if x not in new and "/" not in x]
        known = zip(old, graph.names.numbers(old).tolist(), strict=True)
        new.update([(name, number) for name, number in known if number >= 0])
    source, target = (
        _numbers(new | {end: k for (end, out), k in ends.items() if out == side}, names)
        for side, names in ((False, edges.sources), (True, edges.targets))
    )
    came, inner = source < 0, (source >= 0) & (target >= 0)
    # waste of a substance that no input had is an edge between boundaries: no lot held it
    outer = came != (target < 0)
    sign = np.where(came[outer], 1, -1)
    materials = [row[1] for row in (*lots, *remade)]
    numbers = {name: graph.material_number(name) for name in dict.fromkeys(materials)}
    material = np.array([numbers[name] for name in materials], np.int32)
    event = np.array([row[2] for row in lots], np.int64)
    happened = np.array(edges.events, np.int64)[inner]
    filled = np.zeros(len(lots), bool)
    filled[target[target >= len(graph)] - len(graph)] = True
    graph.gone.update(
        [row[0] for row, known in zip(lots, filled.tolist(), strict=True) if not known]
    )
    return Additions(
        names=[row[0] for row in lots],
        material=material[: len(lots)],
        event=event,
        parent=source[inner],
        child=target[inner],
        content={name: x[inner] for name, x in content.items()},
        lot=np.where(came, target, source)[outer],
        end=-1 - np.where(came, source, target)[outer],
        outside={name: x[outer] * sign for name, x in content.items()},
        repeats=_repeats(target[inner] - len(graph), event, happened),
        again=graph.names.numbers([row[0] for row in remade]),
        again_material=material[len(lots) :],
        again_event=np.array([row[2] for row in remade], np.int64),
    )


def _made_again(graph: Graph, lots: Sequence[LotRow]) -> tuple[Sequence[LotRow], list[LotRow]]:
    """New lots, and old ones that are made again; of a lot that comes twice the last row."""
    last = {row[0]: row for row in lots}
    again = [name for name in last.keys() & graph.gone if graph.names.number(name) >= 0]
    if len(last) < len(lots) or again:
        lots = [row for row in lots if row is last[row[0]] and row[0] not in again]
    return lots, [last[name] for name in again]


def _repeats(child: Numbers, event: Numbers, happened: Numbers) -> bool:
    """Whether some edges are not of the event that made their child.

    Parameters
    ----------
    child : of each edge, from 0 for the first new lot.
    event : that made each new lot.
    happened : event of each edge.
    """
    if not len(child):
        return False
    return bool(child.min() < 0 or np.any(event[child] != happened))


def _numbers(known: Mapping[str, int], names: Sequence[str]) -> Numbers:
    """Numbers of the ends of edges: of lots, and of boundaries below zero, from -1."""
    try:
        return np.fromiter(map(known.__getitem__, names), np.int64, len(names))
    except KeyError as error:
        raise BalanceError(
            f"lot {error.args[0]}: matter came or went when it was not yet made"
        ) from None
