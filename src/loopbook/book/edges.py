"""What an event carried from lot to lot: the genealogy's edges, derived from the event's legs.

An edge goes from one *end* to another, in whole milligrams of each substance. An end is a lot, by
its name, or a boundary: suppliers and customers by party, all others by site, whatever owner
passes them (``unaccounted//Works/``). Title and custody make no edge; a lot stays itself.

Rules, in order:

1. The legs of an event are added up by end. What is below zero was given, what is above was taken.
2. Each substance goes separately: nickel follows nickel. Givers and takers of a substance are one
   well-mixed pool, and a taker gets of every giver in proportion,

       edge(i, j) = given(i) * taken(j) / pool

   rounded so that every giver gives and every taker gets exactly its legs' amounts: takers come
   in the order of their names, and each gets by largest remainders of what the givers have left.
3. A run's measured difference is an end of the pool like the others: missing nickel goes from the
   inputs to ``unaccounted``, and nickel that is measured beyond what entered comes from there.
   Nothing is scaled.
4. An event that amends another one for a late fact has the difference between the edges of the
   amended legs and those of the legs before.
5. A reversing event has the edges of the event that it reverses, with the sign turned.
6. Goods that come back from a customer pass through the lot that they were delivered as: the event
   has a leg of zero on it. They leave that lot again for the new one, and the customer has so much
   less of it: an edge from the lot to the customer with the sign turned.

So the edges into a lot less the edges out of it are the lot's content, in every substance.
"""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping, Sequence, Set
from itertools import groupby
from operator import add, itemgetter, sub
from typing import NamedTuple, TypeAlias

from loopbook.book.nouns import Account, Content, Leg, add_to, apportion, negate
from loopbook.errors import BalanceError

LegRow: TypeAlias = tuple[int, str | None, int | None, str, str, str, str, *Content]
"""Event, the key that it reverses or None, the number of the event that it amends or None; kind,
party, site and lot of the account, content."""
EdgeRow: TypeAlias = tuple[int, str, str, int, *Content]
"""Event, source, target, mass, content."""

_CUSTOMER = "customer/"
_NO_LEGS: Mapping[Account, Content] = {}
_UNBALANCED = "unbalanced: the event does not sum to zero"


class Edge(NamedTuple):
    """Matter that went from one end to another; below zero only where an event is reversed."""

    source: str
    target: str
    content: Content


def end_of(account: Account) -> str:
    """The end that an account belongs to.

    >>> end_of(Account("lot", "Maker", "Works", "S-1"))
    'S-1'
    >>> end_of(Account("unaccounted", "Maker", "Works"))
    'unaccounted//Works/'
    >>> end_of(Account("supplier", "Maker"))
    'supplier/Maker//'
    """
    if account.kind == "lot":
        return account.lot
    if account.kind in ("supplier", "customer"):
        return f"{account.kind}/{account.party}//"
    return f"{account.kind}//{account.site}/"


def edges_of(
    legs: Sequence[Leg], *, reverses: bool = False, before: Mapping[Account, Content] = _NO_LEGS
) -> tuple[Edge, ...]:
    """Edges of an event, sorted by their ends.

    Parameters
    ----------
    legs : of the event; they sum to zero in each substance.
    reverses : whether the event reverses another one.

    Raises
    ------
    BalanceError : the legs do not sum to zero.

    >>> scrap, half = Account("lot", "Maker", "WS", "S-1"), Account("lot", "Maker", "WS", "S-1a")
    >>> edges_of([Leg(scrap, (-5, -1)), Leg(half, (5, 1))])
    (Edge(source='S-1', target='S-1a', content=(5, 1)),)
    """
    if reverses:
        undone = edges_of([Leg(leg.account, negate(leg.content)) for leg in legs])
        return tuple([Edge(source, target, negate(x)) for source, target, x in undone])
    if before:
        return _amended(legs, before)
    if len(legs) == 2:  # the commonest events
        return _of_two(*legs)
    sums: dict[str, Sequence[int]] = {}
    for leg in legs:
        end = end_of(leg.account)
        old = sums.get(end)
        sums[end] = leg.content if old is None else list(map(add, old, leg.content))
    if any(map(sum, zip(*sums.values(), strict=True))):
        raise BalanceError(_UNBALANCED)
    if len(sums) < 2:
        return ()  # title or custody: nothing went anywhere
    edges = _pooled(sorted(sums), sums)
    if any(end.startswith(_CUSTOMER) and min(x) < 0 for end, x in sums.items()):
        moved = {leg.account.lot for leg in legs if any(leg.content)}
        return _returned(edges, {leg.account.lot for leg in legs} - moved - {""})
    return edges


def _returned(edges: tuple[Edge, ...], passed: Set[str]) -> tuple[Edge, ...]:
    """Edges of an event in which a customer gives; `passed` are lots with legs of zero only."""
    if len(passed) != 1:
        return edges
    (lot,) = passed
    made = [edge for edge in edges if not edge.source.startswith(_CUSTOMER)]
    for source, target, content in edges:
        if source.startswith(_CUSTOMER):
            made += [Edge(lot, target, content), Edge(lot, source, negate(content))]
    return tuple(sorted(made))


def _amended(legs: Sequence[Leg], before: Mapping[Account, Content]) -> tuple[Edge, ...]:
    """Edges of the amended event less its edges before."""
    after = dict(before)
    for account, content in legs:
        add_to(after, account, content)
    changes: dict[tuple[str, str], Content] = {}
    for source, target, content in edges_of([Leg(*leg) for leg in sorted(after.items())]):
        add_to(changes, (source, target), content)
    for source, target, content in edges_of([Leg(*leg) for leg in sorted(before.items())]):
        add_to(changes, (source, target), negate(content))
    return tuple([Edge(*ends, x) for ends, x in sorted(changes.items()) if any(x)])


def edge_rows(
    postings: Iterable[LegRow], facts: Mapping[int, MutableMapping[Account, Content]]
) -> Iterator[EdgeRow]:
    """Rows of the table of edges, derived from postings in the order of the events.

    Parameters
    ----------
    facts : an empty mapping by number of each event that another one amends; it is filled.
    """
    for (event, reverses, amended), rows in groupby(postings, key=itemgetter(0, 1, 2)):
        legs = [Leg(Account(*row[3:7]), row[7:]) for row in rows]
        before = _NO_LEGS if amended is None else facts[amended]
        for source, target, content in edges_of(legs, reverses=bool(reverses), before=before):
            yield event, source, target, sum(content), *content
        fact = facts.get(event if amended is None else amended)
        if fact is not None:
            for account, content in legs:
                add_to(fact, account, content)


def _of_two(one: Leg, other: Leg) -> tuple[Edge, ...]:
    """Edges of an event of two legs."""
    if any(map(add, one.content, other.content)):
        raise BalanceError(_UNBALANCED)
    first, second = end_of(one.account), end_of(other.account)
    if first == second:
        return ()  # title or custody
    if first > second:
        return _between(second, first, one.content)
    return _between(first, second, other.content)


def _between(first: str, second: str, gained: Sequence[int]) -> tuple[Edge, ...]:
    """Edges between two ends, the second of which gained."""
    least, most = min(gained), max(gained)
    if least >= 0:
        return (Edge(first, second, tuple(gained)),) if most > 0 else ()
    if most <= 0:
        return (Edge(second, first, negate(tuple(gained))),)
    return (
        Edge(first, second, tuple([x if x > 0 else 0 for x in gained])),
        Edge(second, first, tuple([-x if x < 0 else 0 for x in gained])),
    )


def _pooled(ends: Sequence[str], sums: Mapping[str, Sequence[int]]) -> tuple[Edge, ...]:
    """Edges between many ends, each substance separately.

    An end may give of one substance and take of another. A taker gets of what the givers have left;
    the last that takes a substance thereby gets all that is left of it.
    """
    givers = [end for end in ends if min(sums[end]) < 0]
    left = list(zip(*[[-x if x < 0 else 0 for x in sums[end]] for end in givers], strict=True))
    none = (0,) * len(givers)
    edges: list[Edge] = []
    for target in ends:
        taken = sums[target]
        if max(taken) <= 0:
            continue
        parts = [apportion(x, have) if x > 0 else none for x, have in zip(taken, left, strict=True)]
        left = [tuple(map(sub, have, gets)) for have, gets in zip(left, parts, strict=True)]
        gained = zip(givers, zip(*parts, strict=True), strict=True)
        edges += [Edge(source, target, content) for source, content in gained if any(content)]
    return tuple(sorted(edges))
