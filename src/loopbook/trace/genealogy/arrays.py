"""The genealogy as arrays: lots, edges and what crossed the boundaries, only ever added to.

Lots are numbered in the order in which they were made, so a parent's number is below its
children's, and every edge into a lot comes with the event that made it:

* ``parent``, ``child``, ``content`` of the edges are in the order of the children; the edges into
  lot i are ``in_ptr[i]:in_ptr[i + 1]``. The edges out of a lot are a linked list (``head``,
  ``following``). So an event is added by writing after the existing rows.
* What came into a lot from a boundary or went out to one (``outside``) is a row each, linked by
  lot. Re-statements of a lot with one boundary are added up: a re-assay of +10 kg and one of -8 kg
  are +2 kg. So are losses and gains on one road. Gains and losses of runs are not: the lot really
  had what a run gained when it was made, although another run lost it again.
* ``total`` is all that ever came into a lot: its edges, and each boundary's sum where it is above
  zero. A sum below zero went out. A lot is well mixed, and a re-statement applies to the whole lot
  from its beginning; so a lot has one composition of origins, however often it is re-stated.
* A reversal sets the edges of the reversed event to zero.

Everything is whole milligrams except ``total``, whose sums are exact in float64 up to nine million
tonnes a lot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loopbook.book import TRANSIT
from loopbook.errors import BalanceError
from loopbook.trace.genealogy.columns import MASS, MOST, Amounts, Columns, Numbers
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import Kernels, chained, distinct, edges_into

_RESTATING = ("reassay/", "stock-take/", f"unaccounted//{TRANSIT} ")


def best_kernels() -> Kernels:
    """Compiled loops if numba is installed."""
    try:
        from loopbook.trace.genealogy.numba_loops import NumbaKernels
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        return Kernels()
    return NumbaKernels()


def restates(end: str) -> bool:
    """Whether what a lot got from a boundary and what it gave to it add up to one amount.

    >>> restates("reassay///L-1"), restates("supplier/LGES//")
    (True, False)
    """
    return end.startswith(_RESTATING)


@dataclass(frozen=True, slots=True)
class Additions:
    """Lots, edges and boundary rows that are added together.

    Parameters
    ----------
    names, material, event : of the new lots; material by its number in the graph.
    parent, child, content : edges between lots, old and new; mg by substance and for ``mass``.
        Below zero where an edge is reversed.
    lot, end, outside : what came into a lot from a boundary; below zero what went out to it.
    """

    names: Names | Sequence[str]
    material: Numbers
    event: Numbers
    parent: Numbers
    child: Numbers
    content: Mapping[str, Amounts]
    lot: Numbers
    end: Numbers
    outside: Mapping[str, Amounts]


class Graph(Columns):
    """The genealogy's arrays.

    Parameters
    ----------
    substances : of the book, in its order.
    kernels : the inner loops; numba's where it is installed.
    """

    def __init__(self, substances: Sequence[str], kernels: Kernels | None = None) -> None:
        super().__init__(substances)
        self.kernels = best_kernels() if kernels is None else kernels
        self.names = Names.of()
        self.materials: list[str] = []
        self.ends: list[str] = []
        self._end_numbers: dict[tuple[str, bool], int] = {}

    # -- names

    def end_number(self, end: str, out: bool) -> int:
        """Number of a boundary; a new one is added.

        Parameters
        ----------
        end : its name.
        out : whether matter went out there. It has a number of its own then, unless lots are
            re-stated there, so that re-statements add up and nothing else does.
        """
        key = end, out and not restates(end)
        if key not in self._end_numbers:
            self._end_numbers[key] = len(self.ends)
            self.ends.append(end)
        return self._end_numbers[key]

    @property
    def end_keys(self) -> list[tuple[str, bool]]:
        """Boundaries by number, as arguments of `end_number`."""
        return list(self._end_numbers)

    def material_number(self, material: str) -> int:
        """Number of a material; a new one is added."""
        if material not in self.materials:
            self.materials.append(material)
        return self.materials.index(material)

    # -- growing

    def extend(self, more: Additions) -> None:
        """Add lots, edges and boundary rows.

        Raises
        ------
        BalanceError : an edge into a lot that was made before or out of one made after, or a
            reversal of an edge that does not exist.
        """
        first, rows = len(self), len(self.outside_lot)
        if first + len(more.event) > MOST or len(self.parent) + len(more.parent) > MOST:
            raise BalanceError("a genealogy of more than 2^31 lots or edges")
        self._add_lots(more)
        reversed_lots = self._add_edges(more, first)
        none = np.full(len(more.lot), -1, np.int32)
        self._add({"outside_lot": more.lot, "outside_end": more.end, "outside_next": none})
        self._add({f"outside {name}": amounts for name, amounts in more.outside.items()})
        self.kernels.link(self.outside_lot, self.outside_head, self.outside_next, rows)
        new = np.arange(first, len(self))
        self._sum(distinct(np.concatenate([new, more.lot, reversed_lots])) if first else None)

    def _add(self, columns: Mapping[str, NDArray[np.generic]]) -> None:
        for name, values in columns.items():
            self.columns[name].extend(values)

    def _add_lots(self, more: Additions) -> None:
        count = len(more.event)
        if isinstance(more.names, Names) and not len(self.names):
            self.names = more.names
        else:
            self.names.add([more.names[k] for k in range(count)])
        none = np.full(count, -1, np.int32)
        self._add({"material": more.material, "event": more.event, "head": none})
        self._add({"level": np.zeros(count, np.int32), "outside_head": none.copy()})
        self._add({f"total {name}": np.zeros(count) for name in more.content})

    def _add_edges(self, more: Additions, first: int) -> Numbers:
        """Add edges into new lots, reverse old ones; return the lots whose edges were reversed."""
        begin, count = len(self.parent), len(more.event)
        kept = np.flatnonzero(more.content[MASS] > 0)
        child = more.child[kept]
        if len(child) and child.min() < first:
            name = self.names[int(child.min())]
            raise BalanceError(f"lot {name}: matter from a lot after it was made")
        if np.any(child[1:] < child[:-1]):
            kept = kept[np.argsort(child, kind="stable")]
            child = more.child[kept]
        whole = len(kept) == len(more.child) and np.array_equal(child, more.child)
        chosen = slice(None) if whole else kept
        parent = more.parent[chosen]
        if np.any(parent >= child):
            name = self.names[int(child[np.argmax(parent >= child)])]
            raise BalanceError(f"lot {name}: matter from a lot that was made after it")
        self._add({"parent": parent, "child": child})
        self._add({"following": np.full(len(child), -1, np.int32)})
        self._add({f"content {name}": x[chosen] for name, x in more.content.items()})
        ends = np.cumsum(np.bincount(child - first, minlength=count)) + begin
        self.columns["in_ptr"].extend(ends[:count])
        self.kernels.link(self.parent, self.head, self.following, begin)
        self.kernels.levels(self.in_ptr, self.parent, self.level, first)
        reversals = np.flatnonzero(more.content[MASS] < 0)
        for k in reversals.tolist():
            self._reverse(int(more.parent[k]), int(more.child[k]), k, more.content)
        return more.child[reversals]

    def _reverse(self, parent: int, child: int, k: int, content: Mapping[str, Amounts]) -> None:
        for edge in range(self.in_ptr[child], self.in_ptr[child + 1]):
            if self.parent[edge] == parent:
                for name, amounts in content.items():
                    self.content(name)[edge] += amounts[k]
                if self.content(MASS)[edge] >= 0:
                    return
        where = f"from lot {self.names[parent]} to {self.names[child]}"
        raise BalanceError(f"{where}: more is reversed than went")

    # -- sums

    def nets(self, lots: Numbers | None) -> tuple[Numbers, Numbers, Amounts]:
        """What came into lots from each boundary, added up: lots, ends, mg (substance, row).

        Parameters
        ----------
        lots : numbers; None for all.
        """
        rows = (
            np.arange(len(self.outside_lot))
            if lots is None
            else chained(self.outside_head[lots], self.outside_next)
        )
        keys = self.outside_lot[rows].astype(np.int64) * len(self.ends) + self.outside_end[rows]
        order = np.argsort(keys, kind="stable")
        keys, rows = keys[order], rows[order]
        begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])[: len(keys)])
        nets = [np.add.reduceat(self.outside(s)[rows], begins) for s in self.substances]
        return *divmod(keys[begins], max(len(self.ends), 1)), np.stack(nets)

    def _sum(self, lots: Numbers | None) -> None:
        """Compute the totals of lots again; of all for None."""
        owner, _, nets = self.nets(lots)
        some = slice(None) if lots is None else lots
        edges = slice(None) if lots is None else edges_into(self, lots)[0]
        target, mass = self.child[edges], self.total(MASS)
        mass[some] = 0.0
        for name, net in zip(self.substances, nets, strict=True):
            total, came = self.total(name), np.maximum(net, 0)
            content = self.content(name)[edges]
            if lots is None:
                total[:] = np.bincount(target, weights=content, minlength=len(self))
                total += np.bincount(owner, weights=came, minlength=len(self))
            else:
                total[lots] = 0.0
                np.add.at(total, target, content)
                np.add.at(total, owner, came)
            mass[some] += total[some]
