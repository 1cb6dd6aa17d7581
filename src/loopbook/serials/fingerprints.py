"""Fingerprints of a run's serials: which runs may hold a serial, without opening a Parquet file.

A file of fingerprints holds the sorted hashes of a run, cut to their leading ``32 + bits`` bits.
The first `bits` of a hash number a bucket; a table holds where each bucket begins, and 32 bits a
serial follow. With 8 to 16 serials a bucket, the chance that a serial which is not in a run seems
to be in it is below 4e-9. Every hit is looked up in the run itself.
"""

from pathlib import Path
from typing import BinaryIO

import numpy as np

from loopbook.errors import StorageError
from loopbook.files import readable
from loopbook.serials.text import Rows, Words

_MAGIC = b"LBSP0001"
_HEAD = len(_MAGIC)
_LOW = 32


def _bits(rows: int) -> int:
    """Bits of the bucket's number: 8 to 16 serials a bucket."""
    return max(1, min(24, rows.bit_length() - 4))


def write_prints(path: Path, hashes: Words) -> None:
    """Write the fingerprints of a run; `hashes` in any order."""
    bits = _bits(len(hashes))
    cut = np.sort(hashes) >> np.uint64(64 - _LOW - bits)
    buckets = np.arange((1 << bits) + 1, dtype=np.uint64) << np.uint64(_LOW)
    begins = np.searchsorted(cut, buckets).astype("<u4")
    low = (cut & np.uint64(2**_LOW - 1)).astype("<u4")
    path.write_bytes(_MAGIC + begins.tobytes() + low.tobytes())


def may_hold(path: Path, rows: int, serial_hash: int) -> bool:
    """Whether a run of so many rows may hold a serial: three short reads."""
    bits = _bits(rows)
    bucket = serial_hash >> (64 - bits)
    low = serial_hash >> (_LOW - bits) & (2**_LOW - 1)
    with readable(path), path.open("rb", buffering=0) as file:
        _check(path, file, rows)
        file.seek(_HEAD + 4 * bucket)
        begin, end = np.frombuffer(file.read(8), "<u4").tolist()
        file.seek(_HEAD + 4 * ((1 << bits) + 1 + begin))
        return low in np.frombuffer(file.read(4 * (end - begin)), "<u4").tolist()


class Lookup:
    """Many serials that are looked up in one run after the other.

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

    def places(self, path: Path, rows: int) -> Rows:
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
        buckets = np.arange(1 << bits, dtype=np.uint64) << np.uint64(_LOW)
        prints = np.repeat(buckets, np.diff(begins))
        prints |= low
        if cut <= self._shift:
            prints = prints[self._begun[prints >> (self._shift - cut)]]
        own = self.hashes >> cut
        place = np.minimum(np.searchsorted(own, prints), len(own) - 1)
        return np.flatnonzero(np.isin(own, prints[own[place] == prints]))


def _check(path: Path, file: BinaryIO, rows: int) -> None:
    """Refuse a file of another kind or size; its end may have been cut off."""
    size = _HEAD + 4 * ((1 << _bits(rows)) + 1 + rows)
    if file.read(_HEAD) != _MAGIC or file.seek(0, 2) != size:
        raise StorageError(f"{path}: damaged: not the fingerprints of {rows} serials")
