"""Lots that were counted as nothing, and may be found again."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from loopbook.book.commands.view import Past
from loopbook.book.nouns import Account, Content, Entry, add_to, is_zero

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
    for _, group in groupby(sorted(entries, key=lambda x: x[:2]), key=lambda x: x[:2]):
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


class Counts:
    """Lots of a view that were counted as nothing."""

    __slots__ = ()

    def counted_out(self: Past, lot: str) -> Mapping[Account, Content]:
        """What a lot that is empty had before it was counted as nothing; nothing for others."""
        return counted_out(self, self.history(lot))
