"""How sure shares are: the errors of scales and laboratories, carried through the genealogy.

What a lot gave to its children is known as well as its content was measured. Let e_p be the
relative error of a lot's content of a substance, the same for all that was taken from it (one
weighing, one assay). A child's share of its parent p is w_p = x_p / sum(x); with x_p (1 + e_p)

    share_k(child) = sum_p w_p (1 + e_p) share_k(p) / sum_p w_p (1 + e_p)

so that, to first order, with f_c the share of the traced lot's matter that came through child c,

    d share_k / d e_p = sum over children c of p:  f_c w_p (share_k(p) - share_k(c))

An error that all parents share cancels, as it must: shares do not depend on a scale's calibration.
The error of a lot's content is the sum of its own last weighing's and last assay's (the
book's `statement.uncertainty`, whose `SHARED` part of a group's variance is its bias). A lot that
was split off or blended and not measured since has the errors of its parents, in proportion; a
run's output that was not measured since has none that is known: `covered` is the share of the
traced matter that passed through known errors wherever it was blended.

The largest error of the first order is of the order of e^2, 1/1000 at three percent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from loopbook.book import NOW, SHARED, AsOf, Book, Knowledge, all_commands, knowledge, makers_of
from loopbook.trace.genealogy.columns import Numbers, Shares
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.genealogy.reading import read_ancestors


@dataclass(frozen=True, slots=True)
class SureShares:
    """Shares of a lot's origins with their standard uncertainties.

    Parameters
    ----------
    lot, substance : which.
    shares : by origin, as in `Trace.shares`.
    sigmas : one standard uncertainty of each share.
    covered : 0..1, share of the lot's matter whose blending was measured; NaN, with no shares,
        where the lot has nothing of the substance.
    """

    lot: str
    substance: str
    shares: Mapping[str, float]
    sigmas: Mapping[str, float]
    covered: float

    def interval(self, origin: str, k: float = 2.0) -> tuple[float, float]:
        """Share less and plus k standard uncertainties, within 0..1."""
        share, sigma = self.shares[origin], self.sigmas[origin]
        return max(share - k * sigma, 0.0), min(share + k * sigma, 1.0)


Flags = NDArray[np.bool_]
Weight = tuple[int, Numbers, Shares]


def sure_shares(
    book: Book,
    lot: str,
    substance: str,
    *,
    genealogy: Genealogy | None = None,
    asof: AsOf = NOW,
    shared: float = SHARED,
) -> SureShares:
    """Shares of a lot's origins in one substance, with what the measurements give as their error.

    Parameters
    ----------
    book : an open book.
    lot, substance : which; an unknown one is an InputError.
    genealogy : of the book; without one the lot's ancestors are read.
    asof : measurements and events that count.
    shared : share of the variance of one scale's or laboratory's measurements that is its bias.
    """
    if genealogy is None:
        genealogy = Genealogy(read_ancestors(book, lot, asof))
    graph, column = genealogy.graph, 1 + genealogy.place(substance)
    if not graph.total(substance)[genealogy.number(lot)] > 0.0:
        return SureShares(lot, substance, {}, {}, float("nan"))
    order, through = genealogy.back(lot, substance)
    names = graph.names.many(order)
    known = knowledge(book.store, graph.substances, names, asof)
    weights = _weights(genealogy, order, substance)
    errors = _Errors.of(known, names, column)
    passed = _passed_on(book, names, errors.known, weights, asof=asof)
    origins, composition = _composition(genealogy, order, substance, weights)
    gradient = np.zeros((len(origins), len(order)))
    for child, parents, parts in weights:
        if through[child] > 0.0:
            change = composition[parents] - composition[child]
            gradient[:, parents] += through[child] * parts * change.T
    for child, parents, parts in passed:
        gradient[:, parents] += gradient[:, [child]] * parts
        gradient[:, child] = 0.0
    spread = errors.spread(gradient, shared)
    place = int(np.searchsorted(order, genealogy.number(lot)))
    shares = {name: float(composition[place, k]) for k, name in enumerate(origins)}
    kept = {name: share for name, share in shares.items() if share > 0.0}
    sigmas = {name: float(spread[k]) for k, name in enumerate(origins) if name in kept}
    covered = _covered(weights, through, _known(errors.known, passed))
    return SureShares(lot, substance, kept, sigmas, covered)


@dataclass(frozen=True, slots=True)
class _Errors:
    """Relative errors of lots' contents by their own weighings and assays.

    Parameters
    ----------
    known : whether a lot has both.
    measured : for weighing and assay: standard uncertainty of each lot, and its group's number.
    """

    known: Flags
    measured: tuple[tuple[Shares, Numbers], ...]

    @classmethod
    def of(cls, knows: Knowledge, names: list[str], column: int) -> _Errors:
        """Errors of lots in the substance of a column."""
        rows = np.array([knows.places[name] for name in names], np.int64)
        weighed, assayed = knows.weighed[rows], knows.relative[rows, column]
        known = ~np.isnan(weighed) & ~np.isnan(assayed)
        pairs = ((weighed, knows.weighed_groups[rows]), (assayed, knows.groups[rows, column]))
        return cls(known, tuple((np.where(known, sigma, 0.0), group) for sigma, group in pairs))

    def spread(self, gradient: Shares, shared: float) -> Shares:
        """Standard uncertainty of each row of a gradient (share, lot)."""
        variance = np.zeros(len(gradient))
        for sigma, groups in self.measured:
            errors, alone = gradient * sigma, groups < 0
            variance += (errors[:, alone] ** 2).sum(axis=1)
            variance += (1.0 - shared) * (errors[:, ~alone] ** 2).sum(axis=1)
            for group in np.unique(groups[~alone]):
                variance += shared * errors[:, groups == group].sum(axis=1) ** 2
        return np.sqrt(variance)


def _weights(genealogy: Genealogy, order: Numbers, substance: str) -> list[Weight]:
    """For each lot with parents: its place, the parents' places, their shares in it."""
    graph = genealogy.graph
    content, total = graph.content(substance), graph.total(substance)
    weights: list[Weight] = []
    for place, lot in enumerate(order.tolist()):
        edges = np.arange(graph.in_ptr[lot], graph.in_ptr[lot + 1])
        edges = edges[content[edges] > 0]
        if len(edges):
            parents = np.searchsorted(order, graph.parent[edges])
            weights.append((place, parents, content[edges] / total[lot]))
    return weights


def _composition(
    genealogy: Genealogy, order: Numbers, substance: str, weights: list[Weight]
) -> tuple[list[str], Shares]:
    """Origins, and their share in each of the lots (lot, origin)."""
    graph = genealogy.graph
    owner, end, nets = graph.nets(order)
    roots = np.isin(order, list(genealogy.suppliers(owner, end, nets)))
    names = graph.names.many(order[roots])
    net = nets[genealogy.place(substance)]
    places = np.searchsorted(order, owner)
    gains = np.flatnonzero((net > 0) & ~roots[places])
    ends = [graph.ends[int(x)] for x in end[gains]]
    origins = [*names, *sorted(set(ends))]
    shares = np.zeros((len(order), len(origins)))
    shares[np.flatnonzero(roots), np.arange(len(names))] = 1.0
    for name, place, gain in zip(ends, places[gains], net[gains], strict=True):
        column = origins.index(name, len(names))
        shares[place, column] += gain / graph.total(substance)[order[place]]
    for child, parents, parts in weights:
        shares[child] += parts @ shares[parents]
    return origins, shares


def _passed_on(
    book: Book, names: list[str], known: Flags, weights: list[Weight], *, asof: AsOf
) -> list[Weight]:
    """Lots whose error is that of their parents' matter, children before parents.

    These were cut or blended, not made by a run, and not measured since.
    """
    kinds = {x: kind for x, (_, kind, _) in makers_of(book.store, names, asof).items()}
    copying = {kind for kind, command in all_commands().items() if command.copies}
    return [
        (place, parents, parts / parts.sum())
        for place, parents, parts in reversed(weights)
        if not known[place] and kinds.get(names[place]) in copying
    ]


def _known(own: Flags, passed: list[Weight]) -> Flags:
    """Whether the error of a lot is known, from its own measurements or its parents'."""
    known = own.copy()
    for place, parents, _ in reversed(passed):
        known[place] = bool(known[parents].all())
    return known


def _covered(weights: list[Weight], through: Shares, known: Flags) -> float:
    """Share of the lot's matter that was blended from lots of known error."""
    blended = unknown = 0.0
    for child, parents, parts in weights:
        if len(parents) > 1:
            blended += through[child] * float(parts.sum())
            unknown += through[child] * float(parts[~known[parents]].sum())
    return 1.0 if blended == 0.0 else 1.0 - unknown / blended
