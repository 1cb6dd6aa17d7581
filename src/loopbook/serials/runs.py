"""Runs: sorted, immutable Parquet files of serials, each with its lot.

A run is four files of one name, made together and never changed:

* ``NAME.serials.parquet``: serial and lot, sorted by serial, in small row groups whose statistics
  locate a serial;
* ``NAME.lots.parquet``: lot and serial, sorted by lot and serial; a lot of some size has row groups
  of its own, so that a recall reads what it needs and little else;
* ``NAME.index.parquet``: for each lot how many serials, the first and last, and its first row;
* ``NAME.prints``: fingerprints of its serials, which show whether it may hold a serial.

A file of fingerprints holds the sorted hashes of a run, cut to their leading ``32 + bits`` bits.
The first `bits` of a hash number a bucket; a table holds where each bucket begins, and 32 bits a
serial follow. With 8 to 16 serials a bucket, the chance that a serial which is not in a run seems
to be in it is below 4e-9. Every hit is looked up in the run itself.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loopbook.errors import StorageError
from loopbook.files import part_of, readable, settle
from loopbook.serials.text import Rows, Words, hashes_of, table_of

ENDINGS = (".serials.parquet", ".lots.parquet", ".index.parquet", ".prints")
LOT = pa.dictionary(pa.int32(), pa.string())
_MAGIC = b"LBSP0001"
_HEAD = len(_MAGIC)
_LOW = 32
_BY_SERIAL = pa.schema([("serial", pa.string()), ("lot", LOT)])
_BY_LOT = pa.schema([("lot", LOT), ("serial", pa.string())])
_INDEX = pa.schema(
    [
        ("lot", pa.string()),
        ("rows", pa.int64()),
        ("first", pa.string()),
        ("last", pa.string()),
        ("start", pa.int64()),
    ]
)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is read, written and merged at once; answers are the same with any of them.

    Parameters
    ----------
    batch, block : rows of a file that become a run; bytes of CSV that are parsed at once.
    group : rows of a group sorted by serial, which is what one lookup reads.
    small, large : rows of a group sorted by lot: lots are joined up to the first, cut at the other.
    slice : serials of a lot that are read at once.
    merged_runs, merged_groups : runs, and row groups of all of them, that are merged at once.
    open_files : sorted files of runs that stay open.
    """

    batch: int = 1 << 20
    block: int = 1 << 24
    group: int = 1 << 14
    small: int = 1 << 12
    large: int = 1 << 16
    slice: int = 1 << 17
    merged_runs: int = 100
    merged_groups: int = 64
    open_files: int = 128


SIZES = Sizes()


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the manifest lists it.

    Parameters
    ----------
    name : of its files, without their endings.
    month : ``2026-03``.
    rows : how many serials.
    first, last : its least and greatest serial.
    """

    name: str
    month: str
    rows: int
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Piece:
    """Serials of one lot in one run: how many, from which row on, the first and last."""

    lot: str
    rows: int
    first: str
    last: str
    start: int


class RunFile:
    """One of the two sorted files of a run, open; its groups are read when they are needed."""

    def __init__(self, folder: Path, run: Run, ending: str) -> None:
        self.path = folder / f"{run.name}{ending}"
        with readable(self.path):
            self._file = pq.ParquetFile(self.path.absolute(), memory_map=True)
        rows = self._file.metadata.num_rows
        if rows != run.rows:
            raise StorageError(f"{self.path}: damaged: {rows} rows, not {run.rows}")
        self._groups = self._file.metadata.num_row_groups
        self._held: tuple[tuple[int, ...], pa.Array] = ((), None)

    def _edge(self, group: int, edge: str) -> str:
        value = getattr(self._file.metadata.row_group(group).column(0).statistics, edge)
        return value.decode() if isinstance(value, bytes) else str(value)

    def group(self, group: int) -> pa.Table:
        """A row group."""
        with readable(self.path):
            return self._file.read_row_group(group, use_threads=False)

    def lot_of(self, serial: str) -> str | None:
        """Lot of one serial, in the file sorted by serial."""
        group = bisect_left(range(self._groups), serial, key=lambda k: self._edge(k, "max"))
        if group == self._groups or self._edge(group, "min") > serial:
            return None
        table = self.group(group)
        row = pc.index(table["serial"], serial).as_py()
        return None if row < 0 else str(table["lot"][row].as_py())

    def edges(self) -> list[tuple[str, str]]:
        """Least and greatest serial of each row group, in the file sorted by serial."""
        return [(self._edge(k, "min"), self._edge(k, "max")) for k in range(self._groups)]

    def lots_of(self, serials: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Place and lot of those of many sorted serials that are in the file."""
        for k, (low, high) in enumerate(self.edges()):
            begin, end = bisect_left(serials, low), bisect_right(serials, high)
            if begin == end:
                continue
            table = self.group(k)
            asked = pa.array(serials[begin:end], pa.string())
            place = pc.index_in(table["serial"], value_set=asked)
            hit = place.is_valid()
            lots = table["lot"].filter(hit).cast(pa.string()).to_pylist()
            yield from zip((place.filter(hit).to_numpy() + begin).tolist(), lots, strict=True)

    @cached_property
    def _starts(self) -> Rows:
        counts = [self._file.metadata.row_group(k).num_rows for k in range(self._groups)]
        return np.concatenate([[0], np.cumsum(counts)])

    def piece(self, piece: Piece, at: int, rows: int) -> pa.StringArray:
        """Some serials of a lot, from the file sorted by lot."""
        begin, end = piece.start + at, piece.start + at + rows
        low = int(np.searchsorted(self._starts, begin, "right")) - 1
        high = int(np.searchsorted(self._starts, end))
        groups = tuple(range(low, high))
        if self._held[0] != groups:  # small lots share a group, which is read once for all of them
            with readable(self.path):
                table = self._file.read_row_groups(groups, columns=["serial"], use_threads=False)
            self._held = (groups, table["serial"].combine_chunks())
        offset = begin - int(self._starts[low])
        return self._held[1].slice(offset, rows)


def lot_pieces(folder: Path, run: Run, lots: pa.StringArray | None = None) -> list[Piece]:
    """Pieces of lots in a run, sorted by lot; of all lots for None."""
    path = folder / f"{run.name}.index.parquet"
    with readable(path):
        index = pq.read_table(path.absolute(), use_threads=False, memory_map=True)
    if lots is not None:
        index = index.filter(pc.is_in(index["lot"], value_set=lots))
    return [Piece(**row) for row in index.to_pylist()]


def prints_of(folder: Path, run: Run) -> Path:
    """File of a run's fingerprints."""
    return folder / f"{run.name}.prints"


# -- writing


def group_lengths(counts: Iterable[int], sizes: Sizes = SIZES) -> Iterator[int]:
    """Rows of the groups of a file sorted by lot: small lots together, larger ones alone.

    >>> list(group_lengths([10, 20, 5000, 7, 70000]))
    [30, 5000, 7, 65536, 4464]
    """
    waiting = 0
    for count in counts:
        if waiting and waiting + count > sizes.small:
            yield waiting
            waiting = 0
        waiting += count
        if waiting >= sizes.small:
            while waiting:
                yield min(waiting, sizes.large)
                waiting -= min(waiting, sizes.large)
    if waiting:
        yield waiting


def parquet_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """A writer of tables with the columns lot and serial."""
    return pq.ParquetWriter(
        path.absolute(),  # a relative one with a colon is an address to pyarrow
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["lot"],
        column_encoding={"serial": "DELTA_BYTE_ARRAY"},
    )


def write_groups(
    path: Path, chunks: Iterable[pa.Table], lengths: Iterable[int], *, by_lot: bool
) -> None:
    """Write tables that follow each other as one Parquet file with row groups of these lengths."""
    schema = _BY_LOT if by_lot else _BY_SERIAL
    lengths, need, table = iter(lengths), 0, schema.empty_table()
    with parquet_writer(path, schema) as out:
        for chunk in chunks:
            both = pa.concat_tables([table, chunk.select(schema.names).cast(schema)])
            table = both.unify_dictionaries().combine_chunks()
            while 0 < (need := need or next(lengths, table.num_rows)) <= table.num_rows:
                out.write_table(table.slice(0, need), row_group_size=need)
                table, need = table.slice(need), 0
        if table.num_rows:
            out.write_table(table, row_group_size=table.num_rows)


def write_index(path: Path, pieces: Sequence[Piece]) -> None:
    """Write the index of a file sorted by lot."""
    pq.write_table(table_of(pieces, _INDEX), path.absolute(), compression="zstd")


def run_parts(folder: Path, name: str) -> list[Path]:
    """Where the files of a run are written first, in the order of `ENDINGS`."""
    return [part_of(folder / f"{name}{ending}") for ending in ENDINGS]


def write_run(
    folder: Path,
    serials: pa.StringArray,
    lots: pa.DictionaryArray,
    *,
    name: str,
    month: str,
    words: Words,
    order: Rows,
    sizes: Sizes = SIZES,
) -> Run:
    """Write the files of a run; they do not count until a manifest names them.

    Parameters
    ----------
    serials, lots : of the same length, in any order.
    words : of the serials.
    order : which rows the run has, in the order of their serials.
    """
    parts = run_parts(folder, name)
    ranked = pc.array_sort_indices(lots.dictionary)
    rank = np.argsort(ranked.to_numpy()).astype(np.int32)
    codes = rank[lots.indices.to_numpy(zero_copy_only=False)][order]
    names = lots.dictionary.take(ranked)
    by_serial = serials.take(pa.array(order))
    sorted_lots = pa.DictionaryArray.from_arrays(pa.array(codes), names)
    table = pa.table({"serial": by_serial, "lot": sorted_lots})
    write_groups(parts[0], [table], repeat(sizes.group), by_lot=False)

    table = table.take(pa.array(np.argsort(codes, kind="stable")))
    counts = np.bincount(codes, minlength=len(names))
    kept = np.flatnonzero(counts)
    rows, ends = counts[kept], np.cumsum(counts)[kept]
    write_groups(parts[1], [table], group_lengths(rows, sizes), by_lot=True)
    firsts, lasts = (table["serial"].take(pa.array(at)) for at in (ends - rows, ends - 1))
    columns = [names.take(pa.array(kept)), rows, firsts, lasts, ends - rows]
    pq.write_table(pa.table(columns, schema=_INDEX), parts[2].absolute(), compression="zstd")
    write_prints(parts[3], hashes_of(words)[order])
    for part in parts:
        settle(part)
    return Run(name, month, len(order), by_serial[0].as_py(), by_serial[-1].as_py())


# -- fingerprints


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
