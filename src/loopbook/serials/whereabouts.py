"""Where serials are: the register's lots, with the moves of the book's events played over them.

1. A serial is of the lot that it was entered for, or of the youngest lot that it was named for
   since: by an event, or because it was given to a part of its lot.
2. A lot that has serials entered for it has these and no others. Where an event names the serials
   of an input, these and no others came from it.
3. Serials of all other cuts, blends and runs are not known: those of a lot may be in it and in all
   lots that were made of it without serials. If nothing is left of the lot and all of it went to
   one lot, they are there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import partial
from graphlib import TopologicalSorter

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.book import NOW, AsOf, Book, event_keys, events_not_reversed
from loopbook.serials.family import Family
from loopbook.serials.moves import Move, common, joined, overlapping, union
from loopbook.serials.ranges import Range, RangeTable
from loopbook.serials.register import SerialRegister, Source, of_range
from loopbook.serials.step import moves_in_step
from loopbook.serials.text import lengths_of, matrix_of

NOT_SURE = (
    "which serials went was not recorded: name them in the command (serials) when a lot is cut, or "
    "enter those of the part: loopbook serials add-range PART FIRST LAST"
)


@dataclass(frozen=True, slots=True)
class InLot:
    """Serials in a lot.

    Parameters
    ----------
    lot : its name.
    least, most : how many serials are surely in it, and how many may be.
    sure, possible : lots whose own serials are surely, or possibly, in it.
    others : lots that have the same serials, or may have them.
    """

    lot: str
    least: int
    most: int
    sure: Set[str]
    possible: Set[str]
    others: tuple[str, ...]

    @property
    def cell(self) -> int | str:
        """The number of serials, or its limits in words."""
        if self.least == self.most:
            return self.most
        return f"{self.least:,} to {self.most:,}" if self.least else f"up to {self.most:,}"


class Whereabouts:
    """Serials of lots, as of a moment.

    Parameters
    ----------
    register : which lots serials were entered for.
    book : whose events name serials.
    asof : only what had happened, or was known, by a moment.

    Raises
    ------
    InputError : the register is newer than the book, or of another one.
    """

    def __init__(self, register: SerialRegister, book: Book, asof: AsOf = NOW) -> None:
        self._register, self._book, self._family = register, book, Family(book, asof)
        moves = moves_in_step(register, book)
        events = sorted({one.event for one in moves} - {0})
        counting = events_not_reversed(book.store, events, asof) | {0}
        self._named: dict[str, list[Move]] = defaultdict(list)
        for one in moves:
            if one.event in counting:
                self._named[one.node].append(one)
        self._inherits: dict[str, tuple[str, ...]] = {}
        self._younger: dict[str, Set[str]] = {}
        self._heirs: dict[str, tuple[str, ...]] = {}
        self._stays: dict[str, bool] = {}
        self._own: dict[str, tuple[Source, ...]] = {}
        self._pools: dict[str, tuple[Set[str], Set[str]]] = {}

    def of_lots(self, lots: Iterable[str]) -> dict[str, InLot]:
        """Serials in each lot."""
        asked = sorted(set(lots))
        visited = self._visit(asked)
        self._find_younger(visited)
        self._find_heirs(visited)
        order = TopologicalSorter({lot: self._inherits[lot] for lot in visited}).static_order()
        for lot in order:
            if lot not in self._pools:
                self._pools[lot] = self._pool(lot)
        return {lot: self._in_lot(lot) for lot in asked}

    def count(self, owners: Iterable[str]) -> int:
        """How many serials some lots have of their own."""
        return sum(source.rows for lot in set(owners) for source in self._sources(lot))

    def sources(self, owners: Iterable[str]) -> list[Source]:
        """Serials that some lots have of their own."""
        return [source for lot in sorted(set(owners)) for source in self._sources(lot)]

    def doubles(self) -> tuple[str, ...]:
        """Serials that two events name for lots of which neither was made of the other.

        Of the lots that were asked for, those that they may have serials of, and what was made of
        them.
        """
        asked = self._younger.keys() | {x for some in self._younger.values() for x in some}
        return self._doubles(asked) if any(node in self._named for node in asked) else ()

    def all_doubles(self) -> tuple[str, ...]:
        """Serials that two events name for lots of which neither was made of the other."""
        return self._doubles(self._named.keys())

    def _doubles(self, asked: Set[str]) -> tuple[str, ...]:
        """Serials that are named twice, once for one of some lots or ends."""
        moves = (one for some in self._named.values() for one in some if one.event)
        pairs = [
            (one, other)
            for one, other in overlapping(moves)
            if one.node != other.node and not asked.isdisjoint((one.node, other.node))
        ]
        above = self._above({one.node for pair in pairs for one in pair}) if pairs else {}
        apart = [(a, b) for a, b in pairs if not (_older(a, b, above) or _older(b, a, above))]
        keys = event_keys(self._book.store, sorted({x.event for pair in apart for x in pair}))
        texts = (_named_twice(a, b, keys) for a, b in apart)
        return tuple(dict.fromkeys([*texts, *self._of_others(asked)]))

    def _of_others(self, asked: Set[str]) -> Iterator[str]:
        """Serials that an event names for a lot, and that were entered for a lot apart from it."""
        moves = [
            one
            for node, some in self._named.items()
            for one in some
            if one.event and (node in asked or one.source in asked)
        ]
        above = self._above({one.node for one in moves}) if moves else {}
        keys = event_keys(self._book.store, sorted({one.event for one in moves}))
        for one in moves:
            for serial in dict.fromkeys(_ends(one.serials)):
                lot = self._register.lot_of(serial)
                if lot is not None and lot not in {one.node, *above[one.node]}:
                    yield (
                        f"{serial} is named by event {keys[one.event]} ({_place(one.node)}), and "
                        f"was entered for lot {lot}, of which that was not made: it is counted in "
                        "both; reverse the event and post it with the right serials"
                    )

    def lots_of(self, serial: str) -> tuple[str, ...]:
        """Lots that a serial is, or may be, in; none for an unknown one.

        One that left the book's lots is ``waste at W``.
        """
        column = pa.array([serial], pa.string())
        matrix, lengths = matrix_of(column), lengths_of(column)
        owners = {
            node
            for node, moves in self._named.items()
            if union(one.serials for one in moves).find(matrix, lengths)[0] >= 0
        }
        entered = self._register.lot_of(serial)
        if entered is not None:
            owners.add(entered)
        if not owners:
            return ()
        above = self._above(owners)
        youngest = sorted(x for x in owners if not any(x in above[y] for y in owners))
        lots: set[str] = set()
        for owner in youngest:
            front = [owner]
            while front:
                lot = front.pop()
                if "/" in lot:
                    lots.add(lot)
                    continue
                self.of_lots([lot])
                if self._stays[lot] or not self._heirs[lot]:
                    lots.add(lot)
                front += self._heirs[lot]
        return tuple(sorted(map(_place, lots)))

    # -- what came from where

    def _visit(self, lots: Sequence[str]) -> Set[str]:
        """Lots, and all that they may have serials of."""
        visited, front = set[str](), set(lots)
        while front:
            visited |= front
            self._read_inherited(front)
            front = {parent for lot in front for parent in self._inherits[lot]} - visited
        return visited

    def _read_inherited(self, lots: Set[str]) -> None:
        """Lots that each lot may have serials of without that they are named."""
        new = lots - self._inherits.keys()
        known, parents = self._entered(new) | self._counted(new), self._family.parents(new)
        for lot in new:
            named = {one.source for one in self._named.get(lot, ())}
            others = {name for name in parents[lot] if "/" not in name} - named
            self._inherits[lot] = () if lot in known else tuple(sorted(others))

    def _entered(self, lots: Set[str]) -> Set[str]:
        """Lots that have serials entered for them."""
        entered = self._register.count_of(lots)
        parts = (lot for lot in lots if any(not one.event for one in self._named.get(lot, ())))
        return {lot for lot, rows in entered.items() if rows}.union(parts)

    def _counted(self, lots: Set[str]) -> Set[str]:
        """Lots whose serials were all named when they left, and that had lost none unnamed."""
        whole = {lot for lot in lots if any(not x.source for x in self._named.get(lot, ()))}
        if not whole:
            return whole
        outflows = self._family.outflows(whole)
        entered = self._entered({x for ends in outflows.values() for x in ends if "/" not in x})
        return {
            lot
            for lot, ends in outflows.items()
            if all(
                not self._is_open(lot, end)
                if "/" in end
                else end in entered or any(x.source == lot for x in self._named.get(end, ()))
                for end in ends
            )
        }

    def _is_open(self, lot: str, end: str) -> bool:
        """Whether some of a lot is waste whose serials no event names."""
        events = {one.event for one in self._named.get(f"{end}{lot}", ())}
        return end.startswith("waste/") and self._family.left(lot, end, but=events) > 0

    def _above(self, nodes: Iterable[str]) -> Mapping[str, Set[str]]:
        """Lots that are older than lots, or than what left by an end."""
        asked = set(nodes)
        ends = {node: {one.source for one in self._named[node]} for node in asked if "/" in node}
        lots = (asked - ends.keys()).union(*ends.values())
        above = dict(self._family.ancestors(lots))
        for node, sources in ends.items():
            above[node] = sources.union(*(above[lot] for lot in sources))
        return above

    def _find_younger(self, lots: Set[str]) -> None:
        """What was made of each lot and has serials that were named for it."""
        new = lots - self._younger.keys()
        self._younger |= {lot: set() for lot in new}
        if not self._named:
            return
        below = self._family.may_come_from(new) | new
        named = {
            node
            for node, moves in self._named.items()
            if node in below or ("/" in node and any(one.source in below for one in moves))
        }
        if named & new:  # what is entered for a younger lot is not of an older one
            named |= {lot for lot, rows in self._register.count_of(below).items() if rows}
        for node, above in self._above(named).items():
            for lot in above & new:
                self._younger[lot] = {*self._younger[lot], node}

    def _find_heirs(self, lots: Set[str]) -> None:
        """Lots that may have serials of each lot, and whether some of it is, or was, elsewhere."""
        new = lots - self._heirs.keys()
        outflows, parents = self._family.outflows(new), self._family.parents(new)
        self._read_inherited({end for ends in outflows.values() for end in ends if "/" not in end})
        for lot, ends in outflows.items():
            kids = {end for end in ends if "/" not in end and lot in self._inherits[end]}
            waste = {f"{end}{lot}" for end in ends if self._is_open(lot, end)}
            self._heirs[lot] = tuple(sorted(kids | waste))
            away = any(end.startswith("customer/") for end in ends)
            self._stays[lot] = away or sum(parents[lot].values()) > sum(ends.values())

    # -- the serials themselves

    def _sources(self, lot: str) -> tuple[Source, ...]:
        """Serials of a lot's own: entered or named for it, and for no younger one."""
        if lot not in self._own:
            entered = self._register.sources([lot])[lot]
            named = [one.serials for one in self._named.get(lot, ())]
            nodes = self._younger[lot]
            gone = [one.serials for node in nodes for one in self._named.get(node, ())]
            if named or gone:
                entered = [*_without(entered, union([*named, *gone]))]
                younger = [lot for lot in nodes if "/" not in lot]
                gone += self._register.ranges.of_lots(pa.array(younger, pa.string()))
                others = self._scattered(younger)
                entered += _without(map(of_range, joined(named)), union(gone), others)
            self._own[lot] = tuple(entered)
        return self._own[lot]

    def _scattered(self, lots: Sequence[str]) -> pa.Array:
        """Serials of lots that are entered one by one."""
        some = (
            s for sources in self._register.sources(lots, runs_only=True).values() for s in sources
        )
        return pa.concat_arrays([pa.array([], pa.string()), *(a for s in some for a in s.arrays())])

    # -- how many

    def _pool(self, lot: str) -> tuple[Set[str], Set[str]]:
        """Lots whose own serials surely came to a lot, and those whose may have."""
        sure = {lot} if self.count([lot]) else set[str]()
        possible = set[str]()
        for parent in self._inherits[lot]:
            surely, maybe = self._pools[parent]
            if self._heirs[parent] == (lot,) and not self._stays[parent]:
                sure |= surely
                possible |= maybe
            else:
                possible |= surely | maybe
        return sure, possible - sure

    def _in_lot(self, lot: str) -> InLot:
        sure, possible = self._pools[lot]
        heirs = self._heirs[lot] if sure | possible else ()
        if heirs:
            sure, possible = set(), (sure | possible if self._stays[lot] else set())
        others = {x for owner in possible for x in (owner, *self._heirs[owner])}
        least = self.count(sure)
        most = least + self.count(possible)
        names = tuple(sorted(map(_place, others.union(heirs) - {lot})))
        return InLot(lot, least, most, sure, possible, names)


def _ends(one: Range) -> Iterator[str]:
    """The first and the last serial of a range."""
    for number in (one.first, one.last):
        yield f"{one.prefix}{number:0{one.width}d}{one.suffix}" if one.width else one.prefix


def _older(one: Move, other: Move, above: Mapping[str, Set[str]]) -> bool:
    return one.node in above[other.node]


def _named_twice(one: Move, other: Move, keys: Mapping[int, str]) -> str:
    """Serials of two moves in words, with both events."""
    first, last = sorted((one, other), key=lambda move: move.event)
    both = common(one.serials, other.serials)
    lots = [f"event {keys[x.event]} ({_place(x.node)})" for x in (first, last)]
    return (
        f"{both} named by {lots[0]} and by {lots[1]}, though neither lot was made of the other: "
        "they are counted in both; reverse the event that is wrong and post it with the right ones"
    )


def _place(node: str) -> str:
    """A lot's name, or ``waste at W`` for an end."""
    kind, _, rest = node.partition("//")
    return f"{kind} at {rest.partition('/')[0]}" if rest else node


def _without(
    sources: Iterable[Source], table: RangeTable, others: pa.Array | None = None
) -> Iterator[Source]:
    """Sources without the serials that a table or an array has; empty ones are left out."""
    for source in sources:
        arrays = partial(_kept, source, table, others)
        rows = sum(len(array) for array in arrays())
        if rows:
            yield Source(rows, source.first, source.last, arrays)


def _kept(source: Source, table: RangeTable, others: pa.Array | None) -> Iterator[pa.StringArray]:
    for array in source.arrays():
        kept = pa.array(np.asarray(table.find(matrix_of(array), lengths_of(array)) < 0))
        if others is not None and len(others):
            kept = pc.and_(kept, pc.invert(pc.is_in(array, value_set=others)))
        some = array.filter(kept)
        if len(some):
            yield some
