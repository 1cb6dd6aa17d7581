"""Ranges of serials: a lot's first to last number between a prefix and a suffix.

A table of ranges answers for whole columns of serials at once. Ranges of one *shape* (the lengths
of stem, number and suffix) are sorted by their first serial, with the suffix moved to the front,
and found by binary search. Digits at the end of a prefix count as part of the number, and a suffix
may not begin with a digit: so the number is a whole run of digits, and two ranges of different
shapes share one serial at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.book import span_between
from loopbook.errors import Finding, InputError
from loopbook.serials.text import MOST, Lengths, Matrix, Rows, matrix_of, strings_of, table_of

_DIGITS = "0123456789"
_MOST_WIDTH = 18  # digits of a number that fits into 64 bits
_LEADING = "leading digits that all serials share belong to the prefix"
_BLOCK = 4  # digits that are looked up at once
_ZERO, _NINE = ord("0"), ord("9")

RANGES = pa.schema(
    [
        ("lot", pa.string()),
        ("prefix", pa.string()),
        ("first", pa.int64()),
        ("last", pa.int64()),
        ("width", pa.int32()),
        ("suffix", pa.string()),
        ("month", pa.string()),
    ]
)


@dataclass(frozen=True, slots=True)
class Range:
    """Serials from `first` to `last`, both included, of one lot.

    Parameters
    ----------
    lot : whose serials they are.
    prefix, suffix : text before and after the number; may be empty.
    first, last : the numbers.
    width : digits of the number, with zeros in front; 0 for one serial without a number.
    month : when the register learned of it, ``2026-03``.

    >>> cells = Range("CELL-1", "LG26A-", 1, 5000, 6)
    >>> cells.first_serial, cells.last_serial, cells.count
    ('LG26A-000001', 'LG26A-005000', 5000)
    """

    lot: str
    prefix: str
    first: int
    last: int
    width: int
    suffix: str = ""
    month: str = ""

    @property
    def first_serial(self) -> str:
        """Its first serial."""
        return self._serial(self.first)

    @property
    def last_serial(self) -> str:
        """Its last serial."""
        return self._serial(self.last)

    def _serial(self, number: int) -> str:
        digits = f"{number:0{self.width}d}" if self.width else ""
        return f"{self.prefix}{digits}{self.suffix}"

    @property
    def span(self) -> str:
        """Its first and last serial in words."""
        return f"{self.first_serial} to {self.last_serial}"

    @property
    def count(self) -> int:
        """How many serials it has."""
        return self.last - self.first + 1


def spanning(lot: str, first: str, last: str, *, where: str = "range") -> Range:
    """Range from one serial to another, as on the first and the last label.

    >>> spanning("CELL-1", "LG26A-000001/B", "LG26A-005000/B")
    Range(lot='CELL-1', prefix='LG26A-00', first=1, last=5000, width=4, suffix='/B', month='')
    """
    span = span_between(first, last)
    if span is None or not span.width:
        raise InputError.of(
            "range",
            where,
            "two serials of one length that differ in one number",
            f"{first} and {last}",
            hint="zeros in front count; serials without a common number come from a file",
        )
    return Range(lot, span.prefix, span.first, span.last, span.width, span.suffix)


def range_findings(one: Range, where: str) -> Iterator[Finding]:
    """Errors of a range, whatever else the register has.

    >>> for finding in range_findings(Range("CELL-1", "A", 12, 3, 1, "7"), "cells.csv:2"):
    ...     print(finding)
    cells.csv:2, last: range: expected a last number >= 12, found 3 (are first and last swapped?)
    cells.csv:2, width: width: expected at least 2 digits, found 1
    cells.csv:2, suffix: serial: expected a suffix that does not begin with a digit, found '7'
    """
    digits = len(str(max(one.first, one.last, 0)))
    length = len(one.prefix) + one.width + len(one.suffix)
    least = f"a last number >= {one.first}"
    widest = f"at most {_MOST_WIDTH} digits"
    visible = f"visible ASCII characters, at most {MOST}"
    for wrong, code, at, expected, value, hint in (
        (one.first < 0, "negative", "first", "a number >= 0", one.first, ""),
        (one.last < 0, "negative", "last", "a number >= 0", one.last, ""),
        (one.last < one.first, "range", "last", least, one.last, "are first and last swapped?"),
        (one.width < digits, "width", "width", f"at least {digits} digits", one.width, ""),
        (one.width > _MOST_WIDTH, "width", "width", widest, one.width, _LEADING),
        (
            one.suffix.startswith(tuple(_DIGITS)),
            "serial",
            "suffix",
            "a suffix that does not begin with a digit",
            repr(one.suffix),
            "",
        ),
        (not _is_visible(one.prefix), "serial", "prefix", visible, repr(one.prefix), ""),
        (not _is_visible(one.suffix), "serial", "suffix", visible, repr(one.suffix), ""),
    ):
        if wrong:
            yield Finding(code, f"{where}, {at}", expected, str(value), hint)
    if length > MOST >= one.width:
        yield Finding(
            "serial", where, f"serials of at most {MOST} characters", f"{length} characters"
        )


def _is_visible(text: str) -> bool:
    return all("!" <= character <= "~" for character in text)


# -- all serials of a range


@cache
def _low_digits() -> Matrix:
    """The digits of 0000 to 9999, a row each."""
    powers = 10 ** np.arange(_BLOCK)[::-1]
    return (np.arange(10**_BLOCK)[:, None] // powers % 10 + _ZERO).astype(np.uint8)


def expand(one: Range) -> Iterator[pa.StringArray]:
    """Serials of a range in order, made when they are asked for: at most 10,000 at a time.

    Those that differ in their last four digits only are made together.

    >>> [part.to_pylist() for part in expand(Range("CELL-1", "A-", 9, 11, 3))]
    [['A-009', 'A-010', 'A-011']]
    """
    tail, shown = len(one.prefix) + one.width, min(_BLOCK, one.width)
    for at in range(one.first - one.first % 10**_BLOCK, one.last + 1, 10**_BLOCK):
        first, last = max(one.first, at), min(one.last, at + 10**_BLOCK - 1)
        part = replace(one, first=first, last=last)
        matrix = np.tile(np.frombuffer(part.first_serial.encode(), np.uint8), (part.count, 1))
        matrix[:, tail - shown : tail] = _low_digits()[first - at : last - at + 1, _BLOCK - shown :]
        yield strings_of(matrix)


# -- many ranges


@dataclass(frozen=True, slots=True)
class _Shape:
    """Ranges of one shape, sorted by their first key; `rows` are their places in the table."""

    stem: int
    width: int
    suffix: int
    firsts: npt.NDArray[np.bytes_]
    lasts: npt.NDArray[np.bytes_]
    rows: Rows

    @property
    def length(self) -> int:
        return self.stem + self.width + self.suffix

    def find(self, serials: Matrix) -> Rows:
        """Place of the range of each serial, -1 where there is none; all have its length."""
        cut = self.stem + self.width
        keys = np.ascontiguousarray(np.concatenate([serials[:, cut:], serials[:, :cut]], axis=1))
        digits = keys[:, self.suffix + self.stem :]
        whole = ((digits >= _ZERO) & (digits <= _NINE)).all(axis=1)
        rotated = keys.view(f"S{self.length}").ravel()
        place = np.searchsorted(self.firsts, rotated, "right") - 1
        inside = whole & (place >= 0) & (rotated <= self.lasts[place])
        return np.where(inside, self.rows[place], -1)


class RangeTable:
    """Ranges, and to which of them a serial belongs.

    Parameters
    ----------
    columns : a table of `RANGES`, a row a range, in any order; see `of` for records. `overlaps`
        lists ranges that overlap.

    >>> table = RangeTable.of([Range("CELL-1", "A-", 1, 50, 4), Range("CELL-2", "A-", 51, 90, 4)])
    >>> table.range_of("A-0051").lot, table.range_of("A-0091"), len(table)
    ('CELL-2', None, 2)
    """

    def __init__(self, columns: pa.Table) -> None:
        self.columns = columns.cast(RANGES).combine_chunks()
        self._shapes = tuple(self._sort()) if len(self) else ()

    @classmethod
    def of(cls, ranges: Sequence[Range]) -> RangeTable:
        """Table of records."""
        return cls(table_of(ranges, RANGES))

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    def __getitem__(self, row: int) -> Range:
        return Range(*(self.columns[name][row].as_py() for name in RANGES.names))

    def of_lots(self, lots: pa.StringArray) -> list[Range]:
        """Ranges of some lots."""
        rows = self.columns.filter(pc.is_in(self.columns["lot"], value_set=lots))
        return [Range(**row) for row in rows.to_pylist()]

    def _sort(self) -> Iterator[_Shape]:
        """Ranges by their shapes; all columns at once, since there may be a hundred thousand."""
        prefix, suffix = self.columns["prefix"], self.columns["suffix"]
        width = self.columns["width"].to_numpy().astype(np.int64)
        stem, before, behind = (
            pc.binary_length(text).to_numpy().astype(np.int64)
            for text in (pc.utf8_rtrim(prefix, _DIGITS), prefix, suffix)
        )
        shapes = (stem << 16) + (before - stem + width << 8) + behind
        firsts, lasts = self._keys("first", 10**width), self._keys("last", 10**width)
        for shape in np.unique(shapes).tolist():
            rows = np.flatnonzero(shapes == shape)
            lengths = (shape >> 16, shape >> 8 & 255, shape & 255)
            first, last = (
                np.ascontiguousarray(matrix_of(keys.take(rows))[:, : sum(lengths)])
                .view(f"S{sum(lengths)}")
                .ravel()
                for keys in (firsts, lasts)
            )
            order = np.argsort(first, kind="stable")
            yield _Shape(*lengths, first[order], last[order], rows[order])

    def _keys(self, edge: str, powers: Rows) -> pa.StringArray:
        """First or last serials of all ranges, with the suffix in front."""
        number = pa.array(self.columns[edge].to_numpy() + powers).cast(pa.string())
        digits = pc.utf8_slice_codeunits(number, 1)  # all but the 1 in front of them
        parts = (self.columns["suffix"], self.columns["prefix"], digits, "")
        return pc.binary_join_element_wise(*parts).combine_chunks()

    def find(self, matrix: Matrix, lengths: Lengths) -> Rows:
        """Row of the range of each serial, -1 where there is none."""
        place = np.full(len(matrix), -1)
        for shape in self._shapes:
            rows = np.flatnonzero((lengths == shape.length) & (place < 0))
            if len(rows):
                place[rows] = shape.find(matrix[rows, : shape.length])
        return place

    def range_of(self, serial: str) -> Range | None:
        """Range of one serial."""
        raw = serial.encode("utf-8")
        for shape in self._shapes:
            cut = shape.stem + shape.width
            if shape.length != len(raw) or not raw[shape.stem : cut].isdigit():
                continue
            key = raw[cut:] + raw[:cut]
            place = int(np.searchsorted(shape.firsts, np.bytes_(key), "right")) - 1
            if place >= 0 and key <= shape.lasts[place]:
                return self[int(shape.rows[place])]
        return None

    def overlaps(self) -> list[tuple[int, int]]:
        """Rows of ranges that have a serial in common; the later row is the second."""
        pairs: set[tuple[int, int]] = set()
        for shape in self._shapes:
            if not (shape.lasts[:-1] >= shape.firsts[1:]).any():
                continue  # if any overlap, two neighbours do
            widest = 0
            for k in range(1, len(shape.rows)):
                if shape.firsts[k] <= shape.lasts[widest]:
                    pairs.add((int(shape.rows[widest]), int(shape.rows[k])))
                if shape.lasts[k] > shape.lasts[widest]:
                    widest = k
        for one, other in permutations(self._shapes, 2):
            if one.length == other.length and one.stem < other.stem:
                pairs |= self._crossing(one, other)
        return sorted((min(pair), max(pair)) for pair in pairs)

    def _crossing(self, one: _Shape, other: _Shape) -> set[tuple[int, int]]:
        """Overlaps of two shapes: `one` has its number before that of `other`.

        Only the serial that has the prefix of the other and the suffix of the one can be in both.
        """
        cut, stem = one.stem + one.width, other.stem
        tails: dict[str, set[str]] = defaultdict(set)
        for row in one.rows:
            serial = self[int(row)].first_serial
            tails[serial[cut:stem]].add(serial[stem:])
        heads = {self[int(row)].first_serial[:stem] for row in other.rows}
        shared = set()
        for serial in (head + tail for head in heads for tail in tails.get(head[cut:], ())):
            matrix = np.frombuffer(serial.encode(), np.uint8)[None]
            shared.add((int(one.find(matrix)[0]), int(other.find(matrix)[0])))
        return {pair for pair in shared if min(pair) >= 0}
