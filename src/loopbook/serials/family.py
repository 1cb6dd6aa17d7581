"""Which lots of a book were made of which: as of a moment, read a generation at a time."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Set

from loopbook.book import NOW, AsOf, Book, amended_by, edges_into, edges_out_of_book, targets_of


class Family:
    """Lots with those that they were made of, and where their matter went.

    Parameters
    ----------
    book : an open book.
    asof : only what had happened, or was known, by a moment. What was reversed by then is left out.
    """

    def __init__(self, book: Book, asof: AsOf = NOW) -> None:
        self._book, self._asof = book, asof
        self._parents: dict[str, Mapping[str, int]] = {}
        self._left: dict[str, list[tuple[str, int, int]]] = {}

    def parents(self, lots: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
        """Lots and boundaries that a lot's matter came from, with how much, mg."""
        asked = set(lots)
        missing = sorted(asked - self._parents.keys())
        came: dict[str, Counter[str]] = defaultdict(Counter)
        for source, target, _, *content in edges_into(
            self._book.store, self._book.substances, missing, self._asof
        ):
            came[target][source] += sum(content)
        for lot in missing:
            self._parents[lot] = {name: mg for name, mg in came[lot].items() if mg > 0}
        return {lot: self._parents[lot] for lot in asked}

    def outflows(self, lots: Iterable[str]) -> Mapping[str, Mapping[str, int]]:
        """Lots and boundaries that a lot's matter went to, with how much, mg."""
        asked = sorted(set(lots))
        went: dict[str, Counter[str]] = {lot: Counter() for lot in asked}
        pairs = set(targets_of(self._book.store, asked, self._asof))
        parents = self.parents(target for _, target in pairs if "/" not in target)
        for source, target in pairs:
            if "/" not in target:
                went[source][target] = parents[target].get(source, 0)
        self._left |= {lot: [] for lot in asked}
        store = self._book.store
        rows = edges_out_of_book(store, self._book.substances, asked, self._asof)
        amended = amended_by(store, sorted({event for _, _, event, *_ in rows}))
        for source, target, event, *content in rows:
            went[source][target] += sum(content)
            self._left[source].append((target, amended.get(event, event), sum(content)))
        return {lot: {end: mg for end, mg in ends.items() if mg > 0} for lot, ends in went.items()}

    def left(self, lot: str, end: str, *, but: Set[int]) -> int:
        """What left the book's lots from a lot by an end, mg, but for some events.

        The lot's outflows must have been read.
        """
        return sum(mg for x, event, mg in self._left[lot] if x == end and event not in but)

    def ancestors(self, lots: Iterable[str]) -> Mapping[str, Set[str]]:
        """All lots that each lot was made of, directly or by others."""
        asked = set(lots)
        front, seen = set(asked), set[str]()
        while front:
            seen |= front
            parents = self.parents(front)
            front = {name for some in parents.values() for name in some if "/" not in name} - seen
        return {lot: self._above(lot) for lot in asked}

    def _above(self, lot: str) -> Set[str]:
        above, front = set[str](), [lot]
        while front:
            names = {name for name in self._parents[front.pop()] if "/" not in name} - above
            above |= names
            front += names
        return above

    def may_come_from(self, lots: Iterable[str]) -> Set[str]:
        """Lots that something went to from these, directly or by others, reversed or not."""
        below, front = set[str](), set(lots)
        while front:
            pairs = targets_of(self._book.store, sorted(front), self._asof)
            front = {target for _, target in pairs if "/" not in target} - below
            below |= front
        return below
