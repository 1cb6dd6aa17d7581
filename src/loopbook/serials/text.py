"""Serials as arrays: bytes in a matrix, 64-bit words, order and hashes, of a whole column at once.

A serial is 1 to 64 visible ASCII characters, so its characters are its bytes, and zero bytes after
it change neither its order nor its identity.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.errors import InputError

Matrix: TypeAlias = npt.NDArray[np.uint8]
Words: TypeAlias = npt.NDArray[np.uint64]
Rows: TypeAlias = npt.NDArray[np.intp]
Lengths: TypeAlias = npt.NDArray[np.int32]

MOST = 64  # characters of a serial; GS1 allows 20, GB/T 34014 has 24
_FIRST, _LAST = 33, 126  # the visible characters of ASCII, ! to ~
_ODD = np.uint64(0x9E3779B97F4A7C15)  # 2**64 by the golden ratio: its multiples spread evenly
_ODD_2 = np.uint64(0xD6E8FEB86659FD93)
_HALF = np.uint64(32)


def _parts(serials: pa.StringArray) -> tuple[Lengths, Matrix]:
    """Offsets and bytes of a string array without nulls."""
    _, offsets, data = serials.buffers()
    count, start = len(serials), serials.offset
    if not count or data is None:
        return np.zeros(count + 1, np.int32), np.zeros(0, np.uint8)
    places = np.frombuffer(offsets, np.int32)[start : start + count + 1]
    return places, np.frombuffer(data, np.uint8)


def lengths_of(serials: pa.StringArray) -> Lengths:
    """Characters of each serial."""
    return np.diff(_parts(serials)[0])


def bad_serials(serials: pa.StringArray) -> Rows:
    """Rows without a valid serial: empty, too long, or with a character that is not visible ASCII.

    >>> bad_serials(pa.array(["C-1", "", "C 2", "Zelle-ä", "x" * 65])).tolist()
    [1, 2, 3, 4]
    """
    places, data = _parts(serials)
    lengths = np.diff(places)
    bad = (lengths < 1) | (lengths > MOST)
    used = data[places[0] : places[-1]]
    strange = np.flatnonzero((used < _FIRST) | (used > _LAST))
    if len(strange):
        bad[np.searchsorted(places, strange + places[0], "right") - 1] = True
    return np.flatnonzero(bad)


def matrix_of(serials: pa.StringArray) -> Matrix:
    """Bytes of serials, a row each, filled with zeros up to a whole number of words.

    >>> matrix_of(pa.array(["C-1", "C-12"]))[:, :5].tolist()
    [[67, 45, 49, 0, 0], [67, 45, 49, 50, 0]]
    """
    width = -(-int(lengths_of(serials).max(initial=1)) // 8) * 8
    padded = pc.ascii_rpad(serials, width=width, padding="\0")
    return _parts(padded)[1][: len(serials) * width].reshape(-1, width)


def strings_of(matrix: Matrix) -> pa.StringArray:
    """Text of a matrix whose rows are serials of one length.

    >>> strings_of(np.array([[67, 49], [67, 50]], np.uint8)).to_pylist()
    ['C1', 'C2']
    """
    count, length = matrix.shape
    places = np.arange(count + 1, dtype=np.int32) * np.int32(length)
    data = pa.py_buffer(np.ascontiguousarray(matrix))
    return pa.StringArray.from_buffers(count, pa.py_buffer(places), data)


def words_of(matrix: Matrix) -> Words:
    """Words of eight bytes whose order, word by word, is the order of the text."""
    return matrix.view(">u8").astype(np.uint64)


def order_of(words: Words) -> Rows:
    """Rows in the order of their serials.

    >>> order_of(words_of(matrix_of(pa.array(["C-2", "C-12", "B-9"])))).tolist()
    [2, 1, 0]
    """
    columns = [words[:, k] for k in reversed(range(words.shape[1]))]
    keys = [c for c in columns if len(c) and (c != c[0]).any()]  # a common beginning orders nothing
    if not keys:
        return np.arange(len(words))
    return np.argsort(keys[0], kind="stable") if len(keys) == 1 else np.lexsort(keys)


def hashes_of(words: Words) -> Words:
    """A number for each serial, spread evenly over 64 bits, the same on every machine.

    >>> one, two = hashes_of(words_of(matrix_of(pa.array(["C-1", "a longer serial"]))))
    >>> one == hashes_of(words_of(matrix_of(pa.array(["C-1"]))))[0], one == two
    (np.True_, np.False_)
    """
    mixed = np.full(len(words), _ODD_2)
    for k in range(words.shape[1]):
        word = words[:, k]
        new = (mixed ^ word) * _ODD
        new = (new ^ (new >> _HALF)) * _ODD_2
        new ^= new >> _HALF
        mixed = np.where(word == 0, mixed, new)  # zeros after a serial are not part of it
    return mixed


def table_of(records: Sequence[object], schema: pa.Schema) -> pa.Table:
    """Records as a table: a column for each of their fields that the schema names."""
    columns = {name: [getattr(one, name) for one in records] for name in schema.names}
    return pa.table(columns, schema=schema)


def ending_of(path: Path) -> str:
    """Ending of a CSV or Parquet file, in small letters; another one is refused."""
    ending = path.suffix.lower()
    if ending not in (".csv", ".parquet"):
        raise InputError.of(
            "file",
            str(path),
            "a file that ends in .csv or .parquet",
            path.suffix or "none",
            hint="end its name in that of its format",
        )
    return ending
