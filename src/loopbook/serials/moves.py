"""Serials that went from one lot to another, or left: as events name them, or as they were given.

A register gives each serial the lot that it was entered for. Moves are laid over it: those that the
book's events name, and serials that were given to a part after its lot had been entered whole.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from loopbook.book import SerialMove, Span, span_between
from loopbook.files import part_of, readable, settle
from loopbook.serials.ranges import RANGES, Range, RangeTable
from loopbook.serials.text import table_of

MOVES = pa.schema([("event", pa.int64()), ("source", pa.string()), *RANGES])
NAMES = "moves-"
_Stem: TypeAlias = tuple[str, int, str]  # text before and after the number, and its digits
_MOST_WIDTH = 18  # digits of a number that fits into 64 bits


@dataclass(frozen=True, slots=True)
class Move:
    """Serials that are in a lot from some event on.

    Parameters
    ----------
    event : its number; 0 for serials that were given to the lot in the register.
    source : the lot that they were of; empty where all serials of the new lot are named.
    serials : the serials; their lot is the new one, or the end that they left the book's lots by.
    """

    event: int
    source: str
    serials: Range

    @property
    def node(self) -> str:
        """The new lot; of an end, which many lots share, the part of it that is of the source."""
        target = self.serials.lot
        return f"{target}{self.source}" if "/" in target else target


def move_of(named: SerialMove) -> Move:
    """A move that an event names."""
    span = named.span
    one = Range(named.target, span.prefix, span.first, span.last, span.width, span.suffix)
    return Move(named.event, named.source, one)


def given_to(lot: str, serial: str) -> Move:
    """A serial that is given to a part of the lot that it was entered for."""
    span = span_between(serial, serial) or Span(serial, 0, 0, 0)
    one = Range(lot, span.prefix, span.first, span.last, span.width, span.suffix)
    return Move(0, "", one)


def read_moves(folder: Path, file: str) -> list[Move]:
    """Moves in a file of a register; none without a file."""
    if not file:
        return []
    with readable(folder / file):
        rows = pq.read_table(
            (folder / file).absolute(), schema=MOVES, use_threads=False
        ).to_pylist()
    return [Move(row.pop("event"), row.pop("source"), Range(**row)) for row in rows]


def write_moves(folder: Path, moves: Sequence[Move], number: int) -> str:
    """Write a new file of moves; return its name."""
    path = folder / f"{NAMES}{number:06d}.parquet"
    table = table_of([one.serials for one in moves], RANGES)
    events = pa.array([one.event for one in moves], pa.int64())
    sources = pa.array([one.source for one in moves], pa.string())
    table = table.add_column(0, "event", events).add_column(1, "source", sources)
    pq.write_table(table, part_of(path.absolute()), compression="zstd")
    settle(part_of(path))
    return path.name


def overlapping(moves: Iterable[Move]) -> Iterator[tuple[Move, Move]]:
    """Pairs of moves that have a serial in common, where the numbers are at the same place."""
    placed = sorted(((_place(one.serials), one) for one in moves), key=lambda x: x[0])
    open_moves: list[tuple[_Stem, int, Move]] = []
    for (stem, low, high), one in placed:
        open_moves = [x for x in open_moves if x[0] == stem and x[1] >= low]
        yield from ((other, one) for _, _, other in open_moves)
        open_moves.append((stem, high, one))


def _place(one: Range) -> tuple[_Stem, int, int]:
    return Span(one.prefix, one.first, one.last, one.width, one.suffix).place


def common(one: Range, other: Range) -> str:
    """The serials that two overlapping ranges share, as people write them.

    >>> common(Range("A", "P-", 5, 12, 2), Range("B", "P-0", 8, 9, 1))
    'P-08 to P-09 are'
    """
    (stem, width, suffix), low, high = _place(one)
    _, least, most = _place(other)
    first, last = max(low, least), min(high, most)
    labels = [f"{stem}{n:0{width}d}{suffix}" if width else stem for n in (first, last)]
    return f"{labels[0]} is" if first == last else f"{labels[0]} to {labels[1]} are"


def joined(ranges: Iterable[Range]) -> list[Range]:
    """Ranges without their overlaps; those that meet are one. Their lots do not matter.

    >>> [one.span for one in joined([Range("A", "P-0", 5, 9, 1), Range("B", "P-", 8, 12, 2)])]
    ['P-05 to P-12']
    """
    places: dict[tuple[str, int, str], list[tuple[int, int]]] = defaultdict(list)
    for one in ranges:
        stem, width, head = one.prefix.rstrip("0123456789"), one.width, 0
        digits = one.prefix[len(stem) :]
        if len(digits) + width > _MOST_WIDTH:
            stem = one.prefix
        elif digits:
            head, width = int(digits) * 10**width, len(digits) + width
        places[stem, width, one.suffix].append((head + one.first, head + one.last))
    made: list[Range] = []
    for (stem, width, suffix), spans in places.items():
        low, high = min(spans)
        for first, last in sorted(spans):
            if first > high + 1:
                made.append(Range("", stem, low, high, width, suffix))
                low = first
            high = max(high, last)
        made.append(Range("", stem, low, high, width, suffix))
    return made


def union(ranges: Iterable[Range]) -> RangeTable:
    """A table that has a serial if one of the ranges has it."""
    return RangeTable.of(joined(ranges))
