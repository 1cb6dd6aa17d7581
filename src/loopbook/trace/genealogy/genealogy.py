"""The genealogy of a book's lots, and the questions asked of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from loopbook.book import NOW, AsOf, says_modelled, uncollected
from loopbook.errors import require_known
from loopbook.trace.genealogy.answers import (
    Composition,
    Ended,
    Origin,
    Reached,
    Recall,
    Trace,
    moved_notes,
)
from loopbook.trace.genealogy.arrays import Graph
from loopbook.trace.genealogy.columns import MASS, Amounts, Numbers, Shares
from loopbook.trace.genealogy.numpy_loops import Kernels, chained, distinct
from loopbook.trace.genealogy.reading import PAGE, read_ancestors, read_descendants, read_new

if TYPE_CHECKING:
    from loopbook.book import Book


_RECENT = 10_000  # lots whose names are offered for a wrong one

_Place = tuple[str, str, str, str]  # of an origin: id, kind, material, supplier
_Kernel = Callable[[Graph, Sequence[str], Numbers, Shares], Shares]


@says_modelled
def trace(book: Book, lot: str, *, asof: AsOf = NOW) -> Trace:
    """Where a lot's matter came from: one question to a cold book, by SQL.

    Parameters
    ----------
    book : an open book.
    lot : its name; an unknown one is an InputError.
    asof : only what had happened, or was known, by a moment.
    """
    with uncollected():
        return Genealogy(read_ancestors(book, lot, asof)).trace(lot)


@says_modelled
def recall(book: Book, lot: str, *, asof: AsOf = NOW) -> Recall:
    """Where a lot's matter went: one question to a cold book, by SQL.

    Parameters
    ----------
    book : an open book.
    lot : its name; an unknown one is an InputError.
    asof : only what had happened, or was known, by a moment.
    """
    with uncollected():
        return Genealogy(read_descendants(book, lot, asof)).recall(lot)


class Genealogy:
    """Lots and what went between them, in arrays: for many questions, and for all lots at once.

    Parameters
    ----------
    graph : the arrays.
    last : number of the last event that is in them.
    asof : the moment up to which they hold the book's events.
    """

    def __init__(self, graph: Graph, last: int = 0, *, asof: AsOf = NOW) -> None:
        self.graph, self.last, self.asof = graph, last, asof

    @classmethod
    def of(
        cls, book: Book, *, asof: AsOf = NOW, kernels: Kernels | None = None, page: int = PAGE
    ) -> Genealogy:
        """The genealogy of a book, or of what it knew at a moment; `page` as in `update`."""
        genealogy = cls(Graph(book.substances, kernels), asof=asof)
        genealogy.update(book, page=page)
        return genealogy

    def update(self, book: Book, *, page: int = PAGE) -> int:
        """Add what the book has recorded since; returns the number of the last event.

        Should the book's storage fail on the way, what was read is in, and the next call goes on
        from there.

        Parameters
        ----------
        page : events that are read at once.
        """
        with uncollected():
            for last in read_new(self.graph, book, self.last, self.asof, page=page):
                self.last = last
        return self.last

    # -- raw numbers

    def number(self, lot: str) -> int:
        """Number of a lot; an unknown one is an InputError."""
        number = self.graph.names.number(lot)
        if number < 0:
            count = len(self.graph)
            recent = self.graph.names.many(range(max(count - _RECENT, 0), count))
            require_known("a lot of the book", lot, recent, where="lot")
        return number

    def place(self, substance: str) -> int:
        """Place of a substance among the others; an unknown one is an InputError."""
        require_known(
            "a substance of the book", substance, self.graph.substances, where="substance"
        )
        return self.graph.substances.index(substance)

    def material(self, number: int) -> str:
        """Material of a lot by its number."""
        return self.graph.materials[int(self.graph.material[number])]

    def ancestors(self, lot: str) -> Numbers:
        """Numbers of a lot and of all lots before it, whatever went from one to another; rising."""
        return self.graph.kernels.ancestors(self.graph, np.array([self.number(lot)]))

    def descendants(self, lot: str) -> Numbers:
        """Numbers of a lot and of all lots after it, whatever went from one to another; rising."""
        return self.graph.kernels.descendants(self.graph, np.array([self.number(lot)]))

    def back(self, lot: str, substance: str) -> tuple[Numbers, Shares]:
        """Ancestors of a lot, itself included, and the share of its matter through each of them."""
        return self._of_one(lot, substance, self.ancestors(lot), self.graph.kernels.back)

    def forward(self, lot: str, substance: str) -> tuple[Numbers, Shares]:
        """Descendants of a lot, itself included, and the share of their matter that is its."""
        return self._of_one(lot, substance, self.descendants(lot), self.graph.kernels.forward)

    def _of_one(
        self, lot: str, substance: str, order: Numbers, kernel: _Kernel
    ) -> tuple[Numbers, Shares]:
        self.place(substance)
        start = (order == self.number(lot)).astype(np.float64)
        return order, kernel(self.graph, [substance], order, start)[:, 0]

    # -- questions

    def trace(self, lot: str) -> Trace:
        """Where a lot's matter came from, in every substance."""
        graph, number = self.graph, self.number(lot)
        order = self.ancestors(lot)
        shares = self._shares(number, order, graph.kernels.back)
        whole = self._totals([number])[0]
        owner, end, nets = graph.nets(order)
        suppliers = self.suppliers(owner, end, nets)
        roots = np.searchsorted(order, sorted(suppliers))
        lots, lot_parts = self._lots_of_origin(order[roots], shares[roots], suppliers)
        places, supplied = np.searchsorted(order, owner), np.zeros(len(order), bool)
        supplied[roots] = True
        made = ~supplied[places]
        through = shares[places[made]]
        gained = np.maximum(nets.T[made], 0.0)
        ends, end_parts = self._boundaries_of_origin(through, owner[made], end[made], gained)
        origins, parts = lots + ends, np.concatenate([lot_parts, end_parts])
        amounts = np.nan_to_num(parts) * whole
        mass = (-amounts.sum(axis=1)).tolist()
        ranks = sorted(range(len(mass)), key=lambda k: (mass[k], origins[k][0]))
        again = [_kind(graph.ends[k]) == "reassay" for k in end.tolist()]
        moved = float(np.maximum(nets.T[np.array(again, bool) & (owner == number)], 0).sum())
        ancestors = int(np.count_nonzero(np.any(shares > 0.0, axis=1) & (order != number)))
        return Trace(
            lot,
            self.material(number),
            graph.substances,
            whole,
            tuple([Origin(*origins[k], parts[k], amounts[k]) for k in ranks]),
            ancestors,
            moved_notes(moved),
        )

    def _totals(self, lots: Numbers | Sequence[int]) -> Shares:
        """All that came into lots, mg (lot, substance)."""
        return np.stack([self.graph.total(s)[lots] for s in self.graph.substances], axis=1)

    def _shares(self, number: int, order: Numbers, kernel: _Kernel) -> Shares:
        """Shares (lot, substance); NaN for a substance that the lot has nothing of."""
        graph = self.graph
        start = (order == number).astype(np.float64)
        shares = np.full((len(order), len(graph.substances)), np.nan)
        held = [k for k, s in enumerate(graph.substances) if graph.total(s)[number] > 0.0]
        if held:
            shares[:, held] = kernel(graph, [graph.substances[k] for k in held], order, start)
        return shares

    def suppliers(self, owner: Numbers, end: Numbers, nets: Amounts) -> dict[int, str]:
        """Lots that came from outside, by number, and from whom; of `Graph.nets`."""
        ends = self.graph.ends
        parties = {
            number: ends[number].split("/")[1]
            for number in set(end.tolist())
            if _kind(ends[number]) == "supplier"
        }
        came = nets.any(axis=0)
        rows = zip(owner[came].tolist(), end[came].tolist(), strict=True)
        return {lot: parties[number] for lot, number in rows if number in parties}

    def _lots_of_origin(
        self, roots: Numbers, shares: Shares, suppliers: Mapping[int, str]
    ) -> tuple[list[_Place], Shares]:
        """Lots from outside of which there is something, and their shares of the traced lot."""
        graph, some = self.graph, np.nansum(shares, axis=1) > 0.0
        lots = roots[some]
        rows = zip(lots.tolist(), graph.names.many(lots), graph.material[lots], strict=True)
        places = [(name, "lot", graph.materials[m], suppliers[lot]) for lot, name, m in rows]
        return places, shares[some]

    def _boundaries_of_origin(
        self, shares: Shares, owner: Numbers, end: Numbers, gained: Shares
    ) -> tuple[list[_Place], Shares]:
        """Boundaries from which something came into lots that have parents, and how much.

        Parameters
        ----------
        shares, owner, end, gained : a row for each lot and boundary: the share of the traced lot's
            matter that came through the lot, the two, and mg from the one into the other.
        """
        graph, total = self.graph, self._totals(owner)
        parts = shares * np.divide(gained, total, out=np.zeros_like(gained), where=total > 0)
        sums: dict[str, Shares] = {}
        for code in distinct(end).tolist():
            name, part = graph.ends[code], parts[end == code].sum(axis=0)
            if np.nansum(part) > 0.0:
                sums[name] = sums.get(name, 0.0) + part
        places = [(name, _kind(name), "", "") for name in sums]
        return places, np.array([*sums.values()]).reshape(-1, len(graph.substances))

    def recall(self, lot: str) -> Recall:
        """Where a lot's matter went, in every substance."""
        graph, number = self.graph, self.number(lot)
        order = self.descendants(lot)
        part = np.nan_to_num(self._shares(number, order, graph.kernels.forward))
        totals = self._totals(order)
        shares = np.where(totals > 0.0, part, np.nan)
        owner, end, nets = graph.nets(order)
        out = np.minimum(nets.T, 0)
        places = np.searchsorted(order, owner)
        held = totals - self._sent(order)
        np.add.at(held, places, out)
        amounts, held = part * totals, part * held
        some = np.flatnonzero((part > 0.0).any(axis=1))
        some = some[np.lexsort((graph.event[order[some]], order[some] != number))]
        lots = order[some]
        rows = zip(
            graph.names.many(lots), graph.material[lots].tolist(), some.tolist(), strict=True
        )
        reached = [
            Reached(name, graph.materials[material], shares[k], amounts[k], held[k])
            for name, material, k in rows
        ]
        gone = -out * part[places]
        some = np.flatnonzero((gone > 0.0).any(axis=1))
        left = zip(end[some].tolist(), graph.names.many(owner[some]), gone[some], strict=True)
        ends = graph.ends
        ended = [Ended(ends[k], _kind(ends[k]), name, amount) for k, name, amount in left]
        ended.sort(key=lambda x: (x.kind, x.id, x.lot))
        whole = totals[int(np.searchsorted(order, number))]
        material = self.material(number)
        return Recall(lot, material, graph.substances, whole, tuple(reached), tuple(ended))

    def _sent(self, order: Numbers) -> Shares:
        """Amounts that went from each lot into other lots, mg (lot, substance)."""
        graph = self.graph
        edge = chained(graph.head[order], graph.following)
        giver = np.searchsorted(order, graph.parent[edge])
        sums = [np.bincount(giver, graph.content(s)[edge], len(order)) for s in graph.substances]
        return np.stack(sums, axis=1)

    # -- all lots at once

    def composition(
        self, substance: str, group: Callable[[str, str], str] | None = None
    ) -> Composition:
        """Origins of all lots at once.

        Parameters
        ----------
        substance : whose shares; ``mass`` for all substances together.
        group : group of a lot from outside by its supplier and material; by default its supplier.
            Metal that no input had is in the group of its boundary's kind.
        """
        graph = self.graph
        group = group or (lambda supplier, _: supplier)
        if substance == MASS:
            return self._composition_of_mass(group)
        place = self.place(substance)
        owner, end, nets = graph.nets(None)
        outside = np.array([_kind(name) == "supplier" for name in graph.ends], bool)[end]
        outside &= nets.any(axis=0)
        supplier = np.full(len(graph), -1, np.int64)  # of each lot; -1 for what was made here
        supplier[owner[outside]] = end[outside]
        came = np.flatnonzero(nets[place] > 0)
        owner, end, amount = owner[came], end[came], nets[place][came]
        source, many = supplier[owner], len(graph.materials) + 1
        root, boundary = source * many + graph.material[owner], end.astype(np.int64) * many
        keys = np.where(source >= 0, root, boundary + len(graph.materials))
        codes, inverse = np.unique(keys, return_inverse=True)
        names = [self._group_name(int(code), group) for code in codes]
        groups = tuple(dict.fromkeys(names))
        column = np.array([groups.index(name) for name in names], np.int64)[inverse]
        shares = np.zeros((len(graph), len(groups)))
        total = graph.total(substance)
        np.add.at(shares, (owner, column), amount / total[owner])
        graph.kernels.compose(graph, substance, shares)
        return Composition(graph.names, groups, substance, shares, total)

    def _composition_of_mass(self, group: Callable[[str, str], str]) -> Composition:
        """Origins of the mass: the amounts of the substances added up."""
        graph, whole = self.graph, self.graph.total(MASS)
        groups: dict[str, Shares] = {}
        for substance in graph.substances:
            part = self.composition(substance, group)
            for k, name in enumerate(part.groups):
                groups[name] = groups.get(name, 0.0) + part.shares[:, k] * part.total_mg
        amounts = np.stack([np.zeros(len(graph)), *groups.values()], axis=1)[:, 1:]
        shares = amounts / np.maximum(whole, 1.0)[:, np.newaxis]
        return Composition(graph.names, tuple(groups), MASS, shares, whole)

    def _group_name(self, code: int, group: Callable[[str, str], str]) -> str:
        end, material = divmod(code, len(self.graph.materials) + 1)
        name = self.graph.ends[end]
        if material == len(self.graph.materials):
            return _kind(name)
        return group(name.split("/")[1], self.graph.materials[material])


def _kind(end: str) -> str:
    return end.partition("/")[0]
