"""Recall: serials of lots in order, from ranges and runs, a chunk at a time.

Each lot's serials come from sources (a range, or a run's piece) that are sorted themselves. Sources
that do not reach into each other follow one another as they are; those that do are joined and
sorted. So what is held is a chunk, or the sources of one lot that interleave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from loopbook.serials.ranges import Range, expand
from loopbook.serials.runs import LOT, Piece, RunFile
from loopbook.serials.text import matrix_of, order_of, words_of

_SLICE = 1 << 17  # serials that are read of a run, or shown, at once


@dataclass(frozen=True, slots=True)
class Source:
    """Sorted serials of a lot: how many, the first and last, and what gives them."""

    rows: int
    first: str
    last: str
    arrays: Callable[[], Iterator[Any]]


def of_range(one: Range) -> Source:
    """Serials of a range."""
    return Source(one.count, one.first_serial, one.last_serial, lambda: expand(one))


def of_piece(piece: Piece, opened: Callable[[], RunFile]) -> Source:
    """Serials of a lot in a run; `opened` gives the run's file sorted by lot."""

    def arrays() -> Iterator[Any]:
        for at in range(0, piece.rows, _SLICE):
            yield opened().piece(piece, at, min(_SLICE, piece.rows - at))

    return Source(piece.rows, piece.first, piece.last, arrays)


def _clusters(sources: Iterable[Source]) -> Iterator[list[Source]]:
    """Sources in order; those that reach into each other together."""
    together: list[Source] = []
    last = ""
    for source in sorted(sources, key=lambda s: s.first):
        if together and source.first > last:
            yield together
            together, last = [], ""
        together.append(source)
        last = max(last, source.last)
    if together:
        yield together


def _in_order(sources: Iterable[Source]) -> Iterator[Any]:
    """Serials of one lot, sorted; string arrays."""
    for together in _clusters(sources):
        if len(together) == 1:
            yield from together[0].arrays()
            continue
        mixed = pa.concat_arrays([array for source in together for array in source.arrays()])
        yield mixed.take(pa.array(order_of(words_of(matrix_of(mixed)))))


def _table(lots: Sequence[str], arrays: Sequence[Any]) -> Any:
    names = list(dict.fromkeys(lots))
    place = {name: k for k, name in enumerate(names)}
    codes = np.repeat([place[lot] for lot in lots], [len(a) for a in arrays]).astype(np.int32)
    told = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names, pa.string()))
    return pa.table({"lot": told.cast(LOT), "serial": pa.concat_arrays(arrays)})


def recall(sources: Mapping[str, Sequence[Source]]) -> Iterator[Any]:
    """Tables of lot and serial, sorted by both.

    >>> cells = {"CELL-2": [of_range(Range("CELL-2", "A-", 7, 8, 3))],
    ...          "CELL-1": [of_range(Range("CELL-1", "A-", 1, 1, 3))]}
    >>> for table in recall(cells):
    ...     print(table["lot"].to_pylist(), table["serial"].to_pylist())
    ['CELL-1', 'CELL-2', 'CELL-2'] ['A-001', 'A-007', 'A-008']
    """
    lots: list[str] = []
    arrays: list[Any] = []
    waiting = 0
    for lot in sorted(sources):
        for array in _in_order(sources[lot]):
            lots.append(lot)
            arrays.append(array)
            waiting += len(array)
            if waiting >= _SLICE:
                yield _table(lots, arrays)
                lots, arrays, waiting = [], [], 0
    if waiting:
        yield _table(lots, arrays)
