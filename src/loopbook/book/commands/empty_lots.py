"""Lots that are empty and may come back: counted as nothing and found, delivered and returned."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from loopbook.book.commands.view import Past
from loopbook.book.edges import edges_of
from loopbook.book.nouns import Account, Content, Entry, Leg, add_to, is_zero

_NO_LEGS: Mapping[Account, Content] = {}
_CUSTOMER = "customer"
COUNTED = "stock-take"
"""Kind of the command that counts a lot."""


def counted_out(
    past: Past, entries: Sequence[Entry], in_hand: str = ""
) -> Mapping[Account, Content]:
    """What a lot had before it was counted as nothing; nothing if something else emptied it.

    Parameters
    ----------
    past : knows the events.
    entries : what was posted on the lot up to now.
    in_hand : kind of the command whose entries have no key.
    """
    sums: dict[Account, Content] = {}
    had: dict[Account, Content] = {}
    last = ""  # the event that emptied it
    of_lot = [entry for entry in entries if entry.account.kind == "lot"]
    for _, group in groupby(sorted(of_lot, key=lambda x: x[:2]), key=lambda x: x[:2]):
        at_once = list(group)
        before = {account: x for account, x in sums.items() if not is_zero(x)}
        for entry in at_once:
            add_to(sums, entry.account, entry.content)
        if any(not is_zero(x) for x in sums.values()):
            had = {}
        elif before:
            had, last = before, next((x.key for x in at_once if x.key), "")
    event = past.event(last) if had and last else None
    kind = in_hand if event is None else event.kind
    return had if kind == COUNTED else {}


def used_up(entries: Sequence[Entry], until: int) -> tuple[str, int]:
    """Key and date of the event that took the last of a lot by a date; empty if none did.

    Parameters
    ----------
    entries : what was posted on the lot.
    until : the date; what is dated later does not count.
    """
    sums: dict[Account, Content] = {}
    last = ("", 0)
    of_lot = [x for x in entries if x.account.kind == "lot" and x.at <= until]
    for (at, _), group in groupby(sorted(of_lot, key=lambda x: x[:2]), key=lambda x: x[:2]):
        before = any(not is_zero(x) for x in sums.values())
        for entry in (at_once := list(group)):
            add_to(sums, entry.account, entry.content)
        if before and all(map(is_zero, sums.values())):
            last = (at_once[-1].key, at)
    return last


def to_customers(
    legs: Mapping[Account, Content],
    *,
    reverses: bool = False,
    before: Mapping[Account, Content] = _NO_LEGS,
) -> Iterator[tuple[str, Account, Content]]:
    """Lot, customer's account and content of what the legs of an event carry to customers.

    Parameters
    ----------
    reverses, before : as in `loopbook.book.edges.edges_of`.
    """
    customers = {f"{x.kind}/{x.party}//": x for x in legs if x.kind == _CUSTOMER}
    if customers:
        rows = [Leg(*leg) for leg in sorted(legs.items())]
        for source, target, content in edges_of(rows, reverses=reverses, before=before):
            if target in customers:
                yield source, customers[target], content


class EmptyLots:
    """Lots of a view that were counted as nothing or delivered."""

    __slots__ = ()

    def counted_out(self: Past, lot: str) -> Mapping[Account, Content]:
        """What a lot that is empty had before it was counted as nothing; nothing for others."""
        return counted_out(self, self.history(lot))

    def delivered(self: Past, lot: str) -> Mapping[str, Content]:
        """What customers have of a lot, by customer, without those that have nothing."""
        sums: dict[str, Content] = {}
        for entry in self.history(lot):
            if entry.account.kind == _CUSTOMER:
                add_to(sums, entry.account.party, entry.content)
        return {party: content for party, content in sums.items() if not is_zero(content)}
