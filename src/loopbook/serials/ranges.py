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
from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.errors import Finding, InputError
from loopbook.serials.text import MOST, Lengths, Matrix, Rows, matrix_of, strings_of, table_of

_DIGITS = "0123456789"
_MOST_WIDTH = 18  # digits of a number that fits into 64 bits
_BLOCK = 4  # digits that are looked up at once
_SLICE = 1 << 17  # serials that are made at once
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
    width : digits of the number, with zeros in front.
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
        return f"{self.prefix}{self.first:0{self.width}d}{self.suffix}"

    @property
    def last_serial(self) -> str:
        """Its last serial."""
        return f"{self.prefix}{self.last:0{self.width}d}{self.suffix}"

    @property
    def count(self) -> int:
        """How many serials it has."""
        return self.last - self.first + 1


def spanning(lot: str, first: str, last: str, *, where: str = "range") -> Range:
    """Range from one serial to another, as on the first and the last label.

    >>> spanning("CELL-1", "LG26A-000001/B", "LG26A-005000/B")
    Range(lot='CELL-1', prefix='LG26A-00', first=1, last=5000, width=4, suffix='/B', month='')
    """
    same = len(first) == len(last) and first.isascii() and last.isascii()
    apart = [k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b]
    if not apart:  # one serial: its last number
        apart = [k for k, character in enumerate(first) if character in _DIGITS][-1:]
    start, end = (apart[0], apart[-1] + 1) if apart else (0, 0)
    while end < len(first) and first[end] in _DIGITS:
        end += 1
    a, b = first[start:end], last[start:end]
    if not (same and apart and a.isdigit() and b.isdigit() and first[end:] == last[end:]):
        raise InputError(
            [
                Finding(
                    "range",
                    where,
                    "two serials of one length that differ in one number",
                    f"{first} and {last}",
                    "zeros in front count; serials without a common number come from a file",
                )
            ]
        )
    return Range(lot, first[:start], int(a), int(b), end - start, first[end:])


def range_findings(one: Range, where: str) -> Iterator[Finding]:
    """Errors of a range, whatever else the register has.

    >>> for finding in range_findings(Range("CELL-1", "A", 12, 3, 1, "7"), "cells.csv:2"):
    ...     print(finding)
    cells.csv:2, last: range: expected a last number >= 12, found 3 (are first and last swapped?)
    cells.csv:2, width: width: expected at least 2 digits, found 1
    cells.csv:2, suffix: serial: expected a suffix that does not begin with a digit, found '7'
    """
    for name, number in (("first", one.first), ("last", one.last)):
        if number < 0:
            yield Finding("negative", f"{where}, {name}", "a number >= 0", str(number))
    if one.last < one.first:
        expected, hint = f"a last number >= {one.first}", "are first and last swapped?"
        yield Finding("range", f"{where}, last", expected, str(one.last), hint)
    digits = len(str(max(one.first, one.last, 0)))
    if one.width < digits:
        yield Finding("width", f"{where}, width", f"at least {digits} digits", str(one.width))
    if one.width > _MOST_WIDTH:
        hint = "leading digits that all serials share belong to the prefix"
        expected = f"at most {_MOST_WIDTH} digits"
        yield Finding("width", f"{where}, width", expected, str(one.width), hint)
    if one.suffix[:1] and one.suffix[0] in _DIGITS:
        expected = "a suffix that does not begin with a digit"
        yield Finding("serial", f"{where}, suffix", expected, repr(one.suffix))
    for name, text in (("prefix", one.prefix), ("suffix", one.suffix)):
        if not all("!" <= character <= "~" for character in text):
            expected = f"visible ASCII characters, at most {MOST}"
            yield Finding("serial", f"{where}, {name}", expected, repr(text))
    length = len(one.prefix) + one.width + len(one.suffix)
    if length > MOST >= one.width:
        expected = f"serials of at most {MOST} characters"
        yield Finding("serial", where, expected, f"{length} characters")


# -- all serials of a range


def _low_digits() -> Matrix:
    """The digits of 0000 to 9999, a row each."""
    numbers = np.arange(10**_BLOCK)
    powers = 10 ** np.arange(_BLOCK)[::-1]
    return (numbers[:, None] // powers % 10 + _ZERO).astype(np.uint8)


def expand(one: Range, start: int = 0, stop: int | None = None) -> Iterator[pa.StringArray]:
    """Serials of a range in order, made when they are asked for.

    Parameters
    ----------
    start, stop : which of its serials, counted from 0.

    >>> [part.to_pylist() for part in expand(Range("CELL-1", "A-", 9, 11, 3))]
    [['A-009', 'A-010', 'A-011']]
    """
    low, width = _low_digits(), one.width
    shown = min(_BLOCK, width)
    end = one.first + (one.count if stop is None else stop)
    at = one.first + start
    while at < end:
        upto = min(at + _SLICE, end)
        head, tail = len(one.prefix), len(one.prefix) + width
        matrix = np.empty((upto - at, tail + len(one.suffix)), np.uint8)
        matrix[:, :head] = np.frombuffer(one.prefix.encode(), np.uint8)
        matrix[:, tail:] = np.frombuffer(one.suffix.encode(), np.uint8)
        done = at
        while done < upto:  # up to the next number that ends with 0000: only low digits change
            block, begin = divmod(done, 10**_BLOCK)
            rows = min(upto - done, 10**_BLOCK - begin)
            part = matrix[done - at : done - at + rows]
            if width > _BLOCK:
                high = f"{block:0{width - _BLOCK}d}".encode()
                part[:, head : tail - _BLOCK] = np.frombuffer(high, np.uint8)
            part[:, tail - shown : tail] = low[begin : begin + rows, _BLOCK - shown :]
            done += rows
        yield strings_of(matrix)
        at = upto


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
    >>> table.lot_of("A-0051"), table.lot_of("A-0091"), len(table)
    ('CELL-2', None, 2)
    """

    def __init__(self, columns: pa.Table) -> None:
        self.columns = columns.cast(RANGES).combine_chunks()
        self._shapes = self._sort()

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

    def _sort(self) -> list[_Shape]:
        """Ranges by their shapes; all columns at once, since there may be a hundred thousand."""
        prefix, suffix = self.columns["prefix"], self.columns["suffix"]
        width = self.columns["width"].to_numpy().astype(np.int64)
        before, behind = (pc.binary_length(c).to_numpy().astype(np.int64) for c in (prefix, suffix))
        stem = pc.binary_length(pc.utf8_rtrim(prefix, _DIGITS)).to_numpy().astype(np.int64)
        shapes = (stem << 16) + (before - stem + width << 8) + behind
        made = []
        for shape in np.unique(shapes).tolist():
            rows = np.flatnonzero(shapes == shape)
            lengths = (shape >> 16, shape >> 8 & 255, shape & 255)
            firsts = self._keys(rows, width, "first", sum(lengths))
            lasts = self._keys(rows, width, "last", sum(lengths))
            order = np.argsort(firsts, kind="stable")
            made.append(_Shape(*lengths, firsts[order], lasts[order], rows[order]))
        return made

    def _keys(self, rows: Rows, width: Rows, edge: str, length: int) -> npt.NDArray[np.bytes_]:
        """First or last serials of ranges of one length, with the suffix in front."""
        keys: npt.NDArray[np.bytes_] = np.empty(len(rows), f"S{length}")
        for digits in np.unique(width[rows]):
            same = np.flatnonzero(width[rows] == digits)
            ranges = self.columns.take(pa.array(rows[same]))
            number = pc.utf8_lpad(ranges[edge].cast(pa.string()), width=int(digits), padding="0")
            parts = [ranges["suffix"], ranges["prefix"], number, ""]
            serials = pc.binary_join_element_wise(*parts).combine_chunks()
            matrix = np.ascontiguousarray(matrix_of(serials)[:, :length])
            keys[same] = matrix.view(f"S{length}").ravel()
        return keys

    def find(self, matrix: Matrix, lengths: Lengths) -> Rows:
        """Row of the range of each serial, -1 where there is none."""
        place = np.full(len(matrix), -1)
        for shape in self._shapes:
            rows = np.flatnonzero((lengths == shape.length) & (place < 0))
            if len(rows):
                place[rows] = shape.find(matrix[rows, : shape.length])
        return place

    def lot_of(self, serial: str) -> str | None:
        """Lot of one serial."""
        one = self.range_of(serial)
        return None if one is None else one.lot

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
