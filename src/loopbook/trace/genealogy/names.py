"""Names of millions of lots by number and numbers by name, without a Python object for each.

Names follow one another as UTF-8. Their 64-bit FNV-1a hashes are kept sorted for most lots; the few
that came since are looked up in a dictionary. Each hit is compared, so that two names with one hash
are distinguished.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from loopbook.trace.genealogy.columns import Numbers

_OFFSET, _PRIME = 0xCBF29CE484222325, 0x100000001B3
_WORD = 2**64 - 1
_CHUNK = 50_000  # names hashed at once, in the processor's cache
_LATE = 1 / 8  # part that may be in the dictionary, so that each name is sorted in few times

Bytes = NDArray[np.uint8]
Hashes = NDArray[np.uint64]


def _hash(name: bytes, prime: int) -> int:
    """64-bit FNV-1a.

    >>> hex(_hash(b"a", _PRIME))
    '0xaf63dc4c8601ec8c'
    """
    value = _OFFSET
    for byte in name:
        value = ((value ^ byte) * prime) & _WORD
    return value


def _hashes(text: Bytes, ends: Numbers, prime: int) -> Hashes:
    """Hashes of names that follow one another; `ends` has their bounds, one more than names."""
    hashes = np.full(len(ends) - 1, _OFFSET, np.uint64)
    for first in range(0, len(hashes), _CHUNK):
        value = hashes[first : first + _CHUNK]
        starts = ends[first : first + len(value)]
        lengths = ends[first + 1 : first + len(value) + 1] - starts
        for k in range(int(lengths.max())):
            longer = np.flatnonzero(lengths > k)
            byte = text[starts[longer] + k].astype(np.uint64)
            value[longer] = (value[longer] ^ byte) * np.uint64(prime)
    return hashes


def _packed(names: Iterable[str]) -> tuple[Bytes, Numbers]:
    """Names that follow one another, and their bounds."""
    raw = [name.encode() for name in names]
    ends = np.zeros(len(raw) + 1, np.int64)
    np.cumsum([len(name) for name in raw], out=ends[1:])
    return np.frombuffer(b"".join(raw), np.uint8), ends


def _sorted(text: Bytes, ends: Numbers, prime: int) -> tuple[Hashes, Numbers]:
    """Hashes of names, rising, and the number of the name of each."""
    hashes = _hashes(text, ends, prime)
    order = np.argsort(hashes)
    return hashes[order], order.astype(np.int64)


class Names:
    """Names in the order in which they were added.

    Parameters
    ----------
    text, ends : the names' bytes, and their bounds: one number more than there are names.
    hashes, order : sorted hashes, and the number of the name of each; made if they are not given.
    few : names that a dictionary may hold.
    together : names from which on they are looked up together.
    prime : of the hashes.

    >>> names = Names.of(["S-1", "S-2"])
    >>> names.add(["B-1"])
    >>> names.number("B-1"), names.number("S-2"), names.number("S-3"), names[1]
    (2, 1, -1, 'S-2')
    """

    def __init__(
        self,
        text: Bytes,
        ends: Numbers,
        hashes: Hashes | None = None,
        order: Numbers | None = None,
        *,
        few: int = 10_000,
        together: int = 64,
        prime: int = _PRIME,
    ) -> None:
        self.text, self.ends = text, ends
        if hashes is None or order is None:
            hashes, order = _sorted(text, ends, prime)
        self.hashes, self.order = hashes, order
        self._few, self._together, self._prime = few, together, prime
        self._late: list[str] = []
        self._numbers: dict[str, int] = {}

    @classmethod
    def of(
        cls,
        names: Iterable[str] = (),
        *,
        few: int = 10_000,
        together: int = 64,
        prime: int = _PRIME,
    ) -> "Names":
        """Names from text."""
        return cls(*_packed(names), few=few, together=together, prime=prime)

    def __len__(self) -> int:
        return len(self.order) + len(self._late)

    def __getitem__(self, number: int) -> str:
        late = number - len(self.order)
        if late >= 0:
            return self._late[late]
        return self.text[self.ends[number] : self.ends[number + 1]].tobytes().decode()

    def many(self, numbers: Sequence[int] | Numbers) -> list[str]:
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
        value = np.uint64(_hash(name.encode(), self._prime))
        place = int(np.searchsorted(self.hashes, value))
        while place < len(self.hashes) and self.hashes[place] == value:
            number = int(self.order[place])
            if self[number] == name:
                return number
            place += 1
        return -1

    def numbers(self, names: Sequence[str]) -> Numbers:
        """Numbers of names; -1 for those that are not there."""
        if len(names) < self._together or not len(self.order):
            return np.array([self.number(name) for name in names], np.int64)
        hashes = _hashes(*_packed(names), self._prime)
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
        if len(self._late) > max(self._few, len(self.order) * _LATE):
            self.settle()

    def settle(self) -> None:
        """Sort in the names that the dictionary holds."""
        if not self._late:
            return
        text, ends = _packed(self._late)
        hashes, order = _sorted(text, ends, self._prime)
        place = np.searchsorted(self.hashes, hashes)
        self.order = np.insert(self.order, place, order + len(self.order))
        self.hashes = np.insert(self.hashes, place, hashes)
        self.text = np.concatenate([self.text, text])
        self.ends = np.concatenate([self.ends, ends[1:] + self.ends[-1]])
        self._late, self._numbers = [], {}
