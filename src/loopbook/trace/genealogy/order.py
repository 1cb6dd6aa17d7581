"""Edges added up by pair, and the order of lots, for what cannot be added at the end.

The lots of a genealogy are in the order in which their events were recorded. That is enough until a
late fact brings matter from one old lot into another, or a lot is made again under its name, by an
event that is recorded after those of its children. Then a lot is put behind the youngest of its
ancestors; lots that are put behind the same one follow one another by generations. So the order
depends on the book alone, not on when it was read, and lots that are made later come at its end.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from loopbook.errors import BalanceError
from loopbook.trace.genealogy.columns import MASS, Amounts, Flags, Numbers
from loopbook.trace.genealogy.numpy_loops import distinct

_BITS = 31  # for generations: there are fewer than lots


class Flows(NamedTuple):
    """Edges between lots: numbers of the lots, and mg by substance and for ``mass``."""

    parent: Numbers
    child: Numbers
    content: Mapping[str, Amounts]

    def some(self, which: Numbers | Flags) -> "Flows":
        """Some of the edges."""
        content = {name: amounts[which] for name, amounts in self.content.items()}
        return Flows(self.parent[which], self.child[which], content)

    def filled(self) -> Numbers:
        """Edges that carry something."""
        return np.flatnonzero(np.stack([*self.content.values()]).any(axis=0))


def joined(parts: Sequence[Flows]) -> Flows:
    """Edges behind one another.

    >>> one = Flows(np.array([0]), np.array([1]), {"mass": np.array([5])})
    >>> joined([one, one]).content["mass"].tolist()
    [5, 5]
    """
    return Flows(
        np.concatenate([part.parent for part in parts]),
        np.concatenate([part.child for part in parts]),
        {s: np.concatenate([part.content[s] for part in parts]) for s in parts[0].content},
    )


def by_pair(flows: Flows, lots: int) -> Flows:
    """An edge for each pair of lots, in the order in which the pairs first come.

    Parameters
    ----------
    lots : how many there are.

    >>> flows = Flows(np.array([1, 0, 1]), np.array([2, 2, 2]), {"mass": np.array([5, 7, -5])})
    >>> parent, child, content = by_pair(flows, 3)
    >>> parent.tolist(), child.tolist(), content["mass"].tolist()
    ([1, 0], [2, 2], [0, 7])
    """
    pairs = flows.parent.astype(np.int64) * lots + flows.child
    order = np.argsort(pairs, kind="stable")
    ranked = pairs[order]
    begins = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])[: len(pairs)])
    places = np.argsort(order[begins])
    rows = order[begins][places]
    sums = {s: np.add.reduceat(x[order], begins)[places] for s, x in flows.content.items()}
    return Flows(flows.parent[rows], flows.child[rows], sums)


def order_of(event: Numbers, flows: Flows) -> Numbers:
    """Lots in their order: by the events that made them, but parents before their children.

    Parameters
    ----------
    event : number of the event that made each lot.
    flows : an edge a pair; those that carry nothing bind nobody.

    Raises
    ------
    BalanceError : matter went in a circle.

    >>> flows = Flows(np.array([1]), np.array([0]), {"mass": np.array([5])})
    >>> order_of(np.array([3, 7, 8]), flows).tolist()
    [1, 0, 2]
    """
    some = flows.some(flows.content[MASS] != 0)
    place = np.searchsorted(distinct(event), event).astype(np.int64) << _BITS
    for _ in range(len(event) + 1):
        late = place[some.parent] >= place[some.child]
        if not late.any():
            return np.lexsort((event, place))
        np.maximum.at(place, some.child[late], place[some.parent[late]] + 1)
    raise BalanceError("matter went from a lot in a circle back to it")
