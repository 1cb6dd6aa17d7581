"""The genealogy as arrays: lots, edges and what crossed the boundaries, mostly only added to.

Lots are numbered in the order in which they were made, so a parent's number is below its
children's, and nearly every edge into a lot comes with the event that made it:

* ``parent``, ``child``, ``content`` of the edges are in the order of the children; the edges into
  lot i are ``in_ptr[i]:in_ptr[i + 1]``. The edges out of a lot are a linked list (``head``,
  ``following``). So an event is added by writing after the existing rows.
* A late fact or a reversal changes edges in place. What fits neither there nor at the end waits,
  and then all lots and edges are put in order at once (`loopbook.trace.genealogy.order`): an edge
  between old lots that had none, and a lot that is made again.
* What came into a lot from a boundary or went out to one (``outside``) is a row each, linked by
  lot. Re-statements of a lot with one boundary are added up: a re-assay of +10 kg and one of -8 kg
  are +2 kg. So are losses and gains on one road. Gains and losses of runs are not: the lot really
  had what a run gained when it was made, although another run lost it again.
* ``total`` is all that ever came into a lot: its edges, and each boundary's sum where it is above
  zero. A sum below zero went out. A lot is well mixed, and a re-statement applies to the whole lot
  from its beginning; so a lot has one composition of origins, however often it is re-stated.

Everything is whole milligrams except ``total``, whose sums are exact in float64 up to nine million
tonnes a lot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from loopbook.book import TRANSIT
from loopbook.errors import BalanceError
from loopbook.trace.genealogy.columns import MASS, MOST, Amounts, Column, Columns, Numbers
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import Kernels, chained, distinct, edges_into
from loopbook.trace.genealogy.order import Flows, by_pair, joined, order_of

_NONE: Numbers = np.empty(0, np.int64)
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

    >>> restates("reassay///L-1"), restates("supplier/Maker//")
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
        Below zero where an edge is amended or reversed.
    lot, end, outside : what came into a lot from a boundary; below zero what went out to it.
    repeats : whether an edge may come twice, or change an older one.
    again, again_material, again_event : numbers of old lots that are made again, and of what.
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
    repeats: bool = False
    again: Numbers = field(default_factory=lambda: _NONE)
    again_material: Numbers = field(default_factory=lambda: _NONE)
    again_event: Numbers = field(default_factory=lambda: _NONE)


def _check_content(names: Names, flows: Flows) -> None:
    """Raise a BalanceError if an edge carries less than nothing."""
    for amounts in flows.content.values():
        if not len(amounts) or amounts.min() >= 0:
            continue
        k = int(np.argmin(amounts))
        where = f"from lot {names[int(flows.parent[k])]} to {names[int(flows.child[k])]}"
        raise BalanceError(f"{where}: more is reversed than went")


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
        self.regrown = False
        self._waiting: list[Flows] = []
        self._gone: set[str] | None = None

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

    @property
    def gone(self) -> set[str]:
        """Lots that may be made again; some that may not are among them.

        Only what has nothing is made again, and only what something was taken from, or never had
        anything, has nothing. So most new names need not be compared with the old ones.
        """
        if self._gone is None:
            self._gone = set(self.names.many(np.flatnonzero(self.total(MASS) == 0.0)))
        return self._gone

    def extend(self, more: Additions) -> None:
        """Add lots, edges and boundary rows; what does not fit at the end waits for `settle`.

        Raises
        ------
        BalanceError : more of an edge is reversed than went.
        """
        first, rows = len(self), len(self.outside_lot)
        if first + len(more.event) > MOST or len(self.parent) + len(more.parent) > MOST:
            raise BalanceError("a genealogy of more than 2^31 lots or edges")
        self._add_lots(more)
        none = np.full(len(more.lot), -1, np.int32)
        self._add({"outside_lot": more.lot, "outside_end": more.end, "outside_next": none})
        self._add({f"outside {name}": amounts for name, amounts in more.outside.items()})
        self.kernels.link(self.outside_lot, self.outside_head, self.outside_next, rows)
        flows = Flows(more.parent, more.child, more.content)
        repeats = more.repeats or bool(len(more.child) and more.child.min() < first)
        if self._waiting or len(more.again) or not self._append(flows, first, repeats):
            self._waiting.append(flows)
            return
        changed = [np.arange(first, len(self)), more.lot, more.child[more.child < first]]
        self._sum(distinct(np.concatenate(changed)) if first else None)

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
        self.material[more.again], self.event[more.again] = more.again_material, more.again_event

    def _append(self, flows: Flows, first: int, repeats: bool) -> bool:
        """Add edges into new lots behind the others and change old ones; False if that cannot be.

        Parameters
        ----------
        first : number of the first new lot.
        repeats : whether a pair of lots may come twice, or be an old one.
        """
        changes: Flows | None = None
        if repeats:
            pairs = by_pair(flows, len(self))
            flows = pairs.some(pairs.child >= first)
            changes = pairs.some(pairs.child < first)
            changes = changes.some(changes.filled())
        if np.any(flows.parent >= flows.child) or (changes and not self._change(changes)):
            return False
        _check_content(self.names, flows)
        if np.any(flows.child[1:] < flows.child[:-1]):
            flows = flows.some(np.argsort(flows.child, kind="stable"))
        self._add_edges(flows, first)
        return True

    def _add_edges(self, flows: Flows, first: int) -> None:
        """Add edges in the order of their children, lots from number `first` on."""
        begin, count = len(self.parent), len(self) - first
        self._add({"parent": flows.parent, "child": flows.child})
        self._add({"following": np.full(len(flows.child), -1, np.int32)})
        self._add({f"content {name}": amounts for name, amounts in flows.content.items()})
        ends = np.cumsum(np.bincount(flows.child - first, minlength=count)) + begin
        self.columns["in_ptr"].extend(ends[:count])
        self.kernels.link(self.parent, self.head, self.following, begin)
        self.kernels.levels(self.in_ptr, self.parent, self.level, first)

    def _edges_of(self, flows: Flows) -> Numbers:
        """Number of the edge of each pair; -1 if there is none."""
        edges, counts = edges_into(self, flows.child)
        same = self.parent[edges] == np.repeat(flows.parent, counts)
        numbers = np.full(len(counts), -1, np.int64)
        numbers[np.repeat(np.arange(len(counts)), counts)[same]] = edges[same]
        return numbers

    def _change(self, changes: Flows) -> bool:
        """Change old edges; False if there is no such edge, or lots might get another order."""
        edges = self._edges_of(changes)
        if (edges < 0).any():
            return False
        before = self.content(MASS)[edges]
        filled = (before == 0) != (before + changes.content[MASS] == 0)
        if filled.any() and np.any(self.event[1:] < self.event[:-1]):
            return False
        for name, amounts in changes.content.items():
            self.content(name)[edges] += amounts
        _check_content(self.names, self._flows().some(edges))
        return True

    def _flows(self) -> Flows:
        """All edges."""
        content = {name: self.content(name) for name in (MASS, *self.substances)}
        return Flows(self.parent, self.child, content)

    def settle(self) -> None:
        """Put in what did not fit at the end: lots and edges get their order again.

        Raises
        ------
        BalanceError : more of an edge is reversed than went, or matter went in a circle.
        """
        if not self._waiting:
            return
        flows = by_pair(joined([self._flows(), *self._waiting]), len(self))
        _check_content(self.names, flows)
        order = order_of(self.event, flows)
        self._waiting, self.regrown = [], True
        number = np.empty_like(order)
        number[order] = np.arange(len(order))
        if np.any(order[1:] < order[:-1]):
            self.names = Names.of(self.names.many(order))
            self._replace({"material": self.material[order], "event": self.event[order]})
            self._replace({"outside_lot": number[self.outside_lot]})
        flows = flows._replace(parent=number[flows.parent], child=number[flows.child])
        flows = flows.some((flows.parent < flows.child) | (flows.content[MASS] != 0))
        none = np.full(len(self), -1)
        self._replace({"head": none, "outside_head": none, "level": none, "in_ptr": none[:1] + 1})
        self._replace({"outside_next": np.full(len(self.outside_lot), -1)})
        nothing = flows.some(_NONE)
        self._replace({"parent": nothing.parent, "child": nothing.child, "following": none[:0]})
        self._replace({f"content {name}": x for name, x in nothing.content.items()})
        self._add_edges(flows.some(np.argsort(flows.child, kind="stable")), 0)
        self.kernels.link(self.outside_lot, self.outside_head, self.outside_next, 0)
        self._sum(None)

    def _replace(self, columns: Mapping[str, NDArray[np.generic]]) -> None:
        for name, values in columns.items():
            kind = self.columns[name].room.dtype
            self.columns[name] = Column(kind, values.astype(kind), len(values))

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
