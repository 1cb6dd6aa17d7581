"""Fingerprints of a run's serials: which runs may hold a serial, without opening a Parquet file.

A file of fingerprints holds the hashes of a run in order, cut to ``32 + bits`` leading bits: `bits`
name a bucket, whose beginning stands in a table, and 32 bits a serial follow. With 8 to 16 serials
a bucket, a serial that is not there is taken for one that is with a chance below 4e-9 a run; what
is found is always looked up in the run itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from loopbook.errors import StorageError
from loopbook.files import readable
from loopbook.serials.text import Words

_MAGIC = b"LBSP0001"
_HEAD = len(_MAGIC)
_LOW = 32


def _bits(rows: int) -> int:
    """Bits of the bucket's number: 8 to 16 serials a bucket."""
    return max(1, min(24, rows.bit_length() - 4))


def _size(rows: int) -> int:
    return _HEAD + 4 * ((1 << _bits(rows)) + 1 + rows)


def write_prints(path: Path, hashes: Words) -> None:
    """Write the fingerprints of a run; `hashes` in any order."""
    bits = _bits(len(hashes))
    cut = np.sort(hashes) >> np.uint64(64 - _LOW - bits)
    buckets = np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(_LOW)
    begins = np.searchsorted(cut, buckets).astype("<u4")
    with path.open("wb") as file:
        file.write(_MAGIC)
        file.write(begins.tobytes())
        file.write((cut & np.uint64(2**_LOW - 1)).astype("<u4").tobytes())


def may_hold(path: Path, rows: int, serial_hash: int) -> bool:
    """Whether a run of so many rows may hold a serial: two short reads."""
    bits = _bits(rows)
    bucket = serial_hash >> (64 - bits)
    low = serial_hash >> (_LOW - bits) & (2**_LOW - 1)
    with readable(path), path.open("rb", buffering=0) as file:
        _check_size(path, file, rows)
        file.seek(_HEAD + 4 * bucket)
        begin, end = np.frombuffer(file.read(8), "<u4").tolist()
        file.seek(_HEAD + 4 * ((1 << bits) + 1 + begin))
        return low in np.frombuffer(file.read(4 * (end - begin)), "<u4").tolist()


class Asked:
    """Many serials that are asked of one run after the other.

    Parameters
    ----------
    hashes : of the serials, sorted.
    """

    def __init__(self, hashes: Words) -> None:
        self.hashes = hashes
        bits = min(25, len(hashes).bit_length() + 5)
        self._shift = np.uint64(64 - bits)
        self._begun = np.zeros(1 << bits, bool)  # which beginnings of hashes are among them
        self._begun[hashes >> self._shift] = True

    def places(self, path: Path, rows: int) -> npt.NDArray[np.intp]:
        """Places in `hashes` of serials that a run may hold.

        The run's fingerprints are thinned by their beginnings, which leaves a few in a hundred, and
        only these are looked for.
        """
        bits = _bits(rows)
        with readable(path), path.open("rb") as file:
            _check(path, file, rows)
            file.seek(_HEAD)
            begins = np.fromfile(file, "<u4", (1 << bits) + 1).astype(np.int64)
            low = np.fromfile(file, "<u4", rows)
        cut = np.uint64(64 - _LOW - bits)
        told = np.repeat(np.arange(1 << bits, dtype=np.uint64) << np.uint64(_LOW), np.diff(begins))
        told |= low
        if cut <= self._shift:
            told = told[self._begun[told >> (self._shift - cut)]]
        asked = self.hashes >> cut
        place = np.minimum(np.searchsorted(asked, told), len(asked) - 1)
        hits = told[asked[place] == told]
        return np.flatnonzero(np.isin(asked, hits)) if len(hits) else np.zeros(0, np.intp)


def _check(path: Path, file: BinaryIO, rows: int) -> None:
    """Refuse a file of another size or kind."""
    if file.read(_HEAD) != _MAGIC:
        raise StorageError(f"{path}: damaged: not a file of fingerprints")
    _check_size(path, file, rows)


def _check_size(path: Path, file: BinaryIO, rows: int) -> None:
    """Refuse a file of another size; its end may have been cut off."""
    if file.seek(0, 2) != _size(rows):
        raise StorageError(f"{path}: damaged: not the fingerprints of {rows} serials")
