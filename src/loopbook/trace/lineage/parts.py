"""Parts of a genealogy as ends and links, for pictures and files: back, forward, between two lots.

A boundary that gave something and one that took something are two ends, even where they are the
same account: what came from ``unaccounted`` has a plus before its name, so that a lineage has no
circles and reads from left to right.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from loopbook.book import NOW, AsOf, Book, Content, makers_of, says_modelled, uncollected
from loopbook.trace.genealogy.arrays import Graph
from loopbook.trace.genealogy.columns import MASS, Numbers
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.genealogy.reading import check_lot, one_moment, read_ancestors
from loopbook.trace.lineage.fold import added
from loopbook.trace.lineage.nouns import End, Lineage, Link


def lineage_back(genealogy: Genealogy, lot: str, *, losses: bool = False) -> Lineage:
    """All that a lot came from.

    Parameters
    ----------
    genealogy : holds the lot.
    lot : its name; an unknown one is an InputError.
    losses : whether what went from its ancestors to boundaries (waste, unaccounted, customers) is
        shown, too.
    """
    order = genealogy.ancestors(lot)
    origins = genealogy.trace(lot).origins
    shares = {("" if x.kind == "lot" else "+") + x.id: x.shares.tolist() for x in origins}
    return _lineage(genealogy.graph, order, [lot], shares=shares, losses=losses)


def lineage_forward(genealogy: Genealogy, lot: str) -> Lineage:
    """All that a lot went to, with what left the book's lots."""
    order = genealogy.descendants(lot)
    shares = {x.lot: x.shares.tolist() for x in genealogy.recall(lot).reached}
    return _lineage(genealogy.graph, order, [lot], shares=shares, losses=True, gains=False)


def lineage_between(genealogy: Genealogy, source: str, target: str) -> Lineage:
    """All ways from one lot to another; empty where there is none.

    The shares are those of the target's matter that came through each lot from anywhere.
    """
    order = np.intersect1d(genealogy.descendants(source), genealogy.ancestors(target))
    return _lineage(genealogy.graph, order, [source, target], shares={}, losses=False, gains=False)


@says_modelled
def path(book: Book, source: str, target: str, *, asof: AsOf = NOW) -> Lineage:
    """All ways from one lot to another: one question to a cold book, by SQL.

    Parameters
    ----------
    book : an open book.
    source, target : their names; an unknown one is an InputError.
    asof : only what had happened, or was known, by a moment.
    """
    with uncollected(), one_moment(book, asof):
        graph = read_ancestors(book, target, asof, materials=True)
        if graph.names.number(source) < 0:
            check_lot(book, source, asof)
            return Lineage(graph.substances, (source, target), (), (), {})
        return lineage_between(Genealogy(graph, asof=asof), source, target)


def _lineage(
    graph: Graph,
    order: Numbers,
    focus: Sequence[str],
    *,
    shares: dict[str, list[float]],
    losses: bool,
    gains: bool = True,
) -> Lineage:
    names = {int(lot): graph.names[int(lot)] for lot in order}
    links = _inner_links(graph, order, names)
    across = [x for x in _outer_links(graph, order, names) if losses or "/" in x.source]
    across = [x for x in across if gains or "/" in x.target]
    ends = [
        End(
            names[int(lot)],
            "lot",
            graph.materials[int(graph.material[lot])],
            int(graph.level[lot]),
            tuple([int(graph.total(s)[lot]) for s in graph.substances]),
        )
        for lot in order
    ]
    stage = {end.id: end.stage for end in ends}
    for name in sorted({end for x in across for end in (x.source, x.target) if "/" in end}):
        near = [x for x in across if name in (x.source, x.target)]
        gave = near[0].source == name
        stages = [stage[x.target if gave else x.source] for x in near]
        place = max(min(stages) - 1, 0) if gave else max(stages) + 1
        kind = name.lstrip("+").partition("/")[0]
        ends.append(End(name, kind, "", place, added(x.content for x in near)))
    return Lineage(
        graph.substances,
        tuple(focus),
        tuple(sorted(ends, key=lambda x: (x.stage, x.id))),
        tuple(sorted([*links, *across], key=lambda x: (x.source, x.target))),
        shares,
    )


def _inner_links(graph: Graph, order: Numbers, names: dict[int, str]) -> list[Link]:
    content, mass = [graph.content(s) for s in graph.substances], graph.content(MASS)
    links = []
    for lot in order.tolist():
        for edge in range(graph.in_ptr[lot], graph.in_ptr[lot + 1]):
            source = names.get(int(graph.parent[edge]))
            if source is not None and mass[edge]:
                amounts = tuple([int(column[edge]) for column in content])
                links.append(Link(source, names[lot], amounts))
    return links


def _outer_links(graph: Graph, order: Numbers, names: dict[int, str]) -> list[Link]:
    links = []
    owner, end, nets = graph.nets(order)
    for row in range(len(owner)):
        lot, boundary = names[int(owner[row])], graph.ends[int(end[row])]
        net = nets[:, row].tolist()
        came: Content = tuple([max(x, 0) for x in net])
        went: Content = tuple([max(-x, 0) for x in net])
        if any(came):
            supplied = boundary.startswith("supplier/")
            links.append(Link(boundary if supplied else f"+{boundary}", lot, came))
        if any(went):
            links.append(Link(lot, boundary, went))
    return links


def of_substance(lineage: Lineage, substance: str) -> Lineage:
    """The part of a lineage that carries a substance: reagents and packing fall away.

    Parameters
    ----------
    lineage : of any lots.
    substance : one of its own; an unknown one is a ValueError.
    """
    place = list(lineage.substances).index(substance)
    links = tuple([link for link in lineage.links if link.content[place]])
    kept = {end for link in links for end in (link.source, link.target)} | set(lineage.focus)
    ends = tuple([end for end in lineage.ends if end.id in kept])
    return replace(lineage, ends=ends, links=links)


def with_events(lineage: Lineage, book: Book, asof: AsOf = NOW) -> Lineage:
    """The same lineage, its lots with the key and moment of the event that made them.

    It is marked if the book is modelled.
    """
    makers = makers_of(book.store, [end.id for end in lineage.ends if end.kind == "lot"], asof)
    ends = []
    for end in lineage.ends:
        key, _, moment = makers.get(end.id, (end.event, "", end.made_at))
        ends.append(replace(end, event=key, made_at=moment))
    return replace(lineage, ends=tuple(ends), modelled=book.modelled)
