"""Runs: sorted, immutable Parquet files of serials, each with its lot.

A run is four files of one name, made together and never changed:

* ``NAME.serials.parquet``: serial and lot, sorted by serial, in small row groups whose statistics
  say where a serial is;
* ``NAME.lots.parquet``: lot and serial, sorted by lot and serial; a lot of some size has row groups
  of its own, so that a recall reads what it needs and little else;
* ``NAME.index.parquet``: for each lot how many serials, the first and last, and its first row;
* ``NAME.prints``: fingerprints (`loopbook.serials.fingerprints`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from loopbook.errors import StorageError
from loopbook.files import part_of, readable, settle
from loopbook.serials.fingerprints import write_prints
from loopbook.serials.text import Words, hashes_of

ENDINGS = (".serials.parquet", ".lots.parquet", ".index.parquet", ".prints")
LOT = pa.dictionary(pa.int32(), pa.string())
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
_GROUP = 1 << 14  # rows of a group sorted by serial: what one lookup reads
_SMALL, _LARGE = 1 << 12, 1 << 16  # rows of a group sorted by lot: joined up to, cut from


@dataclass(frozen=True, slots=True)
class Run:
    """What the manifest knows of a run.

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
            self._file = pq.ParquetFile(self.path, memory_map=True)
        told = self._file.metadata
        if told.num_rows != run.rows:
            raise StorageError(f"{self.path}: damaged: {told.num_rows} rows, not {run.rows}")
        self._groups = told.num_row_groups
        self._starts: npt.NDArray[np.int64] | None = None
        self._held: tuple[tuple[int, ...], Any] = ((), None)

    def _edge(self, group: int, edge: str) -> str:
        found = getattr(self._file.metadata.row_group(group).column(0).statistics, edge)
        return found.decode() if isinstance(found, bytes) else str(found)

    def group(self, group: int, columns: Sequence[str] | None = None) -> Any:
        """A row group as a table."""
        with readable(self.path):
            return self._file.read_row_group(group, columns=columns, use_threads=False)

    def lot_of(self, serial: str) -> str | None:
        """Lot of one serial, in the file sorted by serial."""
        low, high = 0, self._groups
        while low < high:
            middle = (low + high) // 2
            if self._edge(middle, "max") < serial:
                low = middle + 1
            else:
                high = middle
        if low == self._groups or self._edge(low, "min") > serial:
            return None
        told = self.group(low)
        row = pc.index(told["serial"], serial).as_py()
        return None if row < 0 else str(told["lot"][row].as_py())

    def edges(self) -> list[tuple[str, str]]:
        """Least and greatest serial of each row group, in the file sorted by serial."""
        return [(self._edge(k, "min"), self._edge(k, "max")) for k in range(self._groups)]

    def lots_of(self, serials: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Place and lot of those of many serials that are here; `serials` sorted."""
        asked, told = np.array(serials, object), pa.array(serials, pa.string())
        for k, (low, high) in enumerate(self.edges()):
            begin = int(np.searchsorted(asked, low))
            end = int(np.searchsorted(asked, high, "right"))
            if begin == end:
                continue
            table = self.group(k)
            place = pc.index_in(table["serial"], value_set=told[begin:end])
            here = place.is_valid()
            lots = table["lot"].filter(here).cast(pa.string()).to_pylist()
            yield from zip((place.filter(here).to_numpy() + begin).tolist(), lots, strict=True)

    def piece(self, piece: Piece, at: int, rows: int) -> Any:
        """Some serials of a lot, from the file sorted by lot; string arrays, joined."""
        if self._starts is None:
            counts = [self._file.metadata.row_group(k).num_rows for k in range(self._groups)]
            self._starts = np.concatenate([[0], np.cumsum(counts)])
        begin, end = piece.start + at, piece.start + at + rows
        low = int(np.searchsorted(self._starts, begin, "right")) - 1
        high = int(np.searchsorted(self._starts, end))
        groups = tuple(range(low, high))
        if self._held[0] != groups:  # small lots share a group, which is read once for all of them
            with readable(self.path):
                told = self._file.read_row_groups(groups, columns=["serial"], use_threads=False)
            self._held = (groups, told["serial"].combine_chunks())
        offset = begin - int(self._starts[low])
        return self._held[1].slice(offset, rows)


def lot_pieces(folder: Path, run: Run, lots: Any | None = None) -> list[Piece]:
    """Pieces of lots in a run, sorted by lot; of all lots, or of those of a string array."""
    path = folder / f"{run.name}.index.parquet"
    with readable(path):
        told = pq.read_table(path, use_threads=False, memory_map=True)
    if lots is not None:
        told = told.filter(pc.is_in(told["lot"], value_set=lots))
    return [Piece(**row) for row in told.to_pylist()]


def prints_of(folder: Path, run: Run) -> Path:
    """File of a run's fingerprints."""
    return folder / f"{run.name}.prints"


# -- writing


def group_lengths(counts: Iterable[int]) -> Iterator[int]:
    """Rows of the groups of a file sorted by lot: small lots together, larger ones alone.

    >>> list(group_lengths([10, 20, 5000, 7, 70000]))
    [30, 5000, 7, 65536, 4464]
    """
    waiting = 0
    for count in counts:
        if waiting and waiting + count > _SMALL:
            yield waiting
            waiting = 0
        waiting += count
        if waiting >= _SMALL:
            while waiting:
                yield min(waiting, _LARGE)
                waiting -= min(waiting, _LARGE)
    if waiting:
        yield waiting


def write_groups(
    path: Path, chunks: Iterable[Any], lengths: Iterable[int], *, by_lot: bool
) -> None:
    """Write tables that follow each other as one Parquet file with row groups of these lengths."""
    schema = _BY_LOT if by_lot else _BY_SERIAL
    lengths, waiting, need = iter(lengths), [], 0
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["lot"],
        column_encoding={"serial": "DELTA_BYTE_ARRAY"},
        write_statistics=True,
    ) as out:
        have = 0
        for chunk in chunks:
            waiting.append(chunk.select(schema.names).cast(schema))
            have += chunk.num_rows
            need = need or next(lengths, have)
            if have < need:
                continue
            table = pa.concat_tables(waiting).unify_dictionaries().combine_chunks()
            at = 0
            while have - at >= need:
                out.write_table(table.slice(at, need), row_group_size=need)
                at += need
                need = next(lengths, have - at)
                if not need:
                    break
            waiting, have = [table.slice(at)] if at < have else [], have - at
        if have:
            table = pa.concat_tables(waiting).unify_dictionaries().combine_chunks()
            out.write_table(table, row_group_size=have)


def write_index(path: Path, pieces: Iterable[Piece]) -> None:
    """Write the index of a file sorted by lot."""
    rows = [(p.lot, p.rows, p.first, p.last, p.start) for p in pieces]
    columns = zip(*rows, strict=True) if rows else [()] * len(_INDEX)
    arrays = [pa.array(c, t.type) for c, t in zip(columns, _INDEX, strict=True)]
    pq.write_table(pa.table(arrays, schema=_INDEX), path, compression="zstd")


def run_parts(folder: Path, name: str) -> list[Path]:
    """Where the files of a run are written first, in the order of `ENDINGS`."""
    return [part_of(folder / f"{name}{ending}") for ending in ENDINGS]


def write_run(
    folder: Path,
    serials: Any,
    lots: Any,
    *,
    name: str,
    month: str,
    words: Words,
    order: npt.NDArray[np.intp],
) -> Run:
    """Write the files of a run; they do not count until a manifest names them.

    Parameters
    ----------
    serials, lots : a string array and a dictionary array of the same length, in any order.
    words, order : of the serials.
    """
    parts = run_parts(folder, name)
    ranked = pc.array_sort_indices(lots.dictionary)
    rank = np.empty(len(ranked), np.int32)
    rank[ranked.to_numpy()] = np.arange(len(ranked), dtype=np.int32)
    codes = rank[lots.indices.to_numpy(zero_copy_only=False)][order]
    names = lots.dictionary.take(ranked)
    by_serial = serials.take(pa.array(order))
    told = pa.DictionaryArray.from_arrays(pa.array(codes), names)
    table = pa.table({"serial": by_serial, "lot": told})
    write_groups(parts[0], [table], repeat(_GROUP), by_lot=False)

    then = np.argsort(codes, kind="stable")
    table = table.take(pa.array(then))
    counts = np.bincount(codes, minlength=len(names))
    write_groups(parts[1], [table], group_lengths(counts[counts > 0]), by_lot=True)
    ends = np.cumsum(counts)
    kept = np.flatnonzero(counts)
    firsts = table["serial"].take(pa.array(ends[kept] - counts[kept])).to_pylist()
    lasts = table["serial"].take(pa.array(ends[kept] - 1)).to_pylist()
    found = zip(
        names.take(pa.array(kept)).to_pylist(),
        counts[kept].tolist(),
        firsts,
        lasts,
        (ends - counts)[kept].tolist(),
        strict=True,
    )
    write_index(parts[2], (Piece(*one) for one in found))
    write_prints(parts[3], hashes_of(words))
    for part in parts:
        settle(part)
    return Run(name, month, len(serials), by_serial[0].as_py(), by_serial[-1].as_py())
