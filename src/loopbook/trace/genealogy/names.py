"""Names of millions of lots by number and numbers by name, without a Python object for each.

Names follow one another as UTF-8. Their 64-bit FNV-1a hashes are kept sorted for most lots; the few
that came since are looked up in a dictionary. Each hit is compared, so that two names with one hash
are distinguished.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

_OFFSET, _PRIME = 0xCBF29CE484222325, 0x100000001B3
_WORD = 2**64 - 1
_CHUNK = 50_000  # names hashed at once, in the processor's cache
_FEW = 10_000  # names that a dictionary may hold
_TOGETHER = 64  # names from which on they are looked up together
_LATE = 1 / 8  # part that may be in the dictionary, so that each name is sorted in few times

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def _hash(name: bytes) -> int:
    """64-bit FNV-1a.

    >>> hex(_hash(b"a"))
    '0xaf63dc4c8601ec8c'
    """
    value = _OFFSET
    for byte in name:
        value = ((value ^ byte) * _PRIME) & _WORD
    return value


def _hashes(text: Bytes, ends: Numbers) -> Hashes:
    """Hashes of names that follow one another; `ends` has their bounds, one more than names."""
    hashes = np.empty(len(ends) - 1, np.uint64)
    for first in range(0, len(hashes), _CHUNK):
        starts, stops = ends[first : first + _CHUNK], ends[first + 1 : first + _CHUNK + 1]
        starts = starts[: len(stops)]
        lengths = stops - starts
        value = np.full(len(stops), _OFFSET, np.uint64)
        for k in range(int(lengths.max(initial=0))):
            longer = np.flatnonzero(lengths > k)
            byte = text[starts[longer] + k].astype(np.uint64)
            value[longer] = (value[longer] ^ byte) * np.uint64(_PRIME)
        hashes[first : first + _CHUNK] = value
    return hashes


def _packed(names: Iterable[str]) -> tuple[Bytes, Numbers]:
    """Names that follow one another, and their bounds."""
    raw = [name.encode() for name in names]
    ends = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([len(name) for name in raw], out=ends[1:])
    return np.frombuffer(b"".join(raw), np.uint8), ends


class Names:
    """Names in the order in which they were added.

    Parameters
    ----------
    text, ends : the names' bytes, and their bounds: one number more than there are names.
    hashes, order : sorted hashes, and the number of the name of each.

    >>> names = Names.of(["S-1", "S-2"])
    >>> names.add(["B-1"])
    >>> names.number("B-1"), names.number("S-2"), names.number("S-3"), names[1]
    (2, 1, -1, 'S-2')
    """

    def __init__(self, text: Bytes, ends: Numbers, hashes: Hashes, order: Numbers) -> None:
        self.text, self.ends, self.hashes, self.order = text, ends, hashes, order
        self._late: list[str] = []
        self._numbers: dict[str, int] = {}

    @classmethod
    def of(cls, names: Iterable[str] = ()) -> Names:
        """Names from text."""
        return cls.packed(*_packed(names))

    @classmethod
    def packed(cls, text: Bytes, ends: Numbers) -> Names:
        """Names that follow one another already."""
        hashes = _hashes(text, ends)
        order = np.argsort(hashes).astype(np.int64)
        return cls(text, ends, hashes[order], order)

    def __len__(self) -> int:
        return len(self.order) + len(self._late)

    def __getitem__(self, number: int) -> str:
        late = number - len(self.order)
        if late >= 0:
            return self._late[late]
        return self.text[self.ends[number] : self.ends[number + 1]].tobytes().decode()

    def many(self, numbers: Sequence[int] | NDArray[np.integer]) -> list[str]:
        """Names by their numbers."""
        chosen = np.asarray(numbers, np.int64)
        if not len(self.order):
            late = self._late
            return [late[number] for number in chosen.tolist()]
        if not len(chosen) or chosen.max() >= len(self.order):
            return [self[number] for number in chosen.tolist()]
        spans = zip(self.ends[chosen].tolist(), self.ends[chosen + 1].tolist(), strict=True)
        text = self.text
        return [text[first:last].tobytes().decode() for first, last in spans]

    def number(self, name: str) -> int:
        """Number of a name; -1 if it is not there."""
        if name in self._numbers:
            return self._numbers[name]
        value = np.uint64(_hash(name.encode()))
        place = int(np.searchsorted(self.hashes, value))
        while place < len(self.hashes) and self.hashes[place] == value:
            number = int(self.order[place])
            if self[number] == name:
                return number
            place += 1
        return -1

    def numbers(self, names: Sequence[str]) -> Numbers:
        """Numbers of names; -1 for those that are not there."""
        if len(names) < _TOGETHER or not len(self.order):
            return np.array([self.number(name) for name in names], np.int64)
        hashes = _hashes(*_packed(names))
        places = np.searchsorted(self.hashes, hashes)
        places[places == len(self.hashes)] = 0
        hits = np.where(self.hashes[places] == hashes, self.order[places], 0)
        return np.array(
            [
                number if met == name else self.number(name)  # a late one, or two with one hash
                for name, number, met in zip(names, hits.tolist(), self.many(hits), strict=True)
            ],
            np.int64,
        )

    def add(self, names: Sequence[str]) -> None:
        """Add names after the others; none of them may exist already."""
        for number, name in enumerate(names, len(self)):
            self._numbers[name] = number
        self._late.extend(names)
        if len(self._late) > max(_FEW, len(self.order) * _LATE):
            made = self.settled()
            self.text, self.ends, self.hashes, self.order = (
                made.text,
                made.ends,
                made.hashes,
                made.order,
            )
            self._late, self._numbers = [], {}

    def settled(self) -> Names:
        """The same names, all of them in the sorted part."""
        if not self._late:
            return self
        late = Names.of(self._late)
        if not len(self.order):
            return late
        place = np.searchsorted(self.hashes, late.hashes)
        return Names(
            np.concatenate([self.text, late.text]),
            np.concatenate([self.ends, late.ends[1:] + self.ends[-1]]),
            np.insert(self.hashes, place, late.hashes),
            np.insert(self.order, place, late.order + len(self.order)),
        )
