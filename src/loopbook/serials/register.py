"""The register of serials: which lot a cell or pack belongs to, and which serials a lot has.

A register is a folder beside the book: a file of ranges, runs of arbitrary serials, and a manifest.
Opening it reads the manifest; ranges are read for the first question, and of a run only the groups
that an answer needs. A pack's serial is a serial of a pack lot, like any other.

A recall lists the serials of lots in order. They come from sources (a range, or a run's piece) that
are sorted themselves. Sources that do not reach into each other follow one another as they are;
those that do are joined and sorted. So the memory holds one chunk, or the sources of one lot that
interleave.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from loopbook.errors import InputError, StorageError
from loopbook.files import part_of, refuse_book, settle
from loopbook.serials.manifest import Manifest, read_manifest, read_ranges
from loopbook.serials.moves import Move, read_moves
from loopbook.serials.ranges import Range, RangeTable, expand
from loopbook.serials.runs import (
    LOT,
    SIZES,
    Piece,
    Run,
    RunFile,
    Sizes,
    lot_pieces,
    may_hold,
    parquet_writer,
    prints_of,
)
from loopbook.serials.text import bad_serials, ending_of, hashes_of, matrix_of, order_of, words_of


@dataclass(frozen=True, slots=True)
class Source:
    """Sorted serials of a lot: how many, the first and last, and a function that reads them."""

    rows: int
    first: str
    last: str
    arrays: Callable[[], Iterator[pa.StringArray]]


def of_range(one: Range) -> Source:
    """Serials of a range."""
    return Source(one.count, one.first_serial, one.last_serial, lambda: expand(one))


def of_piece(piece: Piece, opened: Callable[[], RunFile], sizes: Sizes) -> Source:
    """Serials of a lot in a run; `opened` opens the run's file sorted by lot."""

    def arrays() -> Iterator[pa.StringArray]:
        for at in range(0, piece.rows, sizes.slice):
            yield opened().piece(piece, at, min(sizes.slice, piece.rows - at))

    return Source(piece.rows, piece.first, piece.last, arrays)


def _in_order(sources: Iterable[Source]) -> Iterator[pa.StringArray]:
    """Serials of one lot, sorted."""
    clusters: list[list[Source]] = []  # sources that reach into each other
    last = ""
    for source in sorted(sources, key=lambda s: s.first):
        if clusters and source.first <= last:
            clusters[-1].append(source)
        else:
            clusters.append([source])
        last = max(last, source.last)
    for cluster in clusters:
        if len(cluster) == 1:
            yield from cluster[0].arrays()
            continue
        mixed = pa.concat_arrays([array for source in cluster for array in source.arrays()])
        yield mixed.take(pa.array(order_of(words_of(matrix_of(mixed)))))


def _table(lots: Sequence[str], arrays: Sequence[pa.StringArray]) -> pa.Table:
    codes = {name: code for code, name in enumerate(dict.fromkeys(lots))}
    rows = np.repeat([codes[lot] for lot in lots], [len(a) for a in arrays]).astype(np.int32)
    column = pa.DictionaryArray.from_arrays(pa.array(rows), pa.array([*codes], pa.string()))
    return pa.table({"lot": column.cast(LOT), "serial": pa.concat_arrays(arrays)})


def recall(sources: Mapping[str, Iterable[Source]], sizes: Sizes = SIZES) -> Iterator[pa.Table]:
    """Tables of lot and serial, sorted by both.

    >>> cells = {"CELL-2": [of_range(Range("CELL-2", "A-", 7, 8, 3))],
    ...          "CELL-1": [of_range(Range("CELL-1", "A-", 1, 1, 3))]}
    >>> for table in recall(cells):
    ...     print(table["lot"].to_pylist(), table["serial"].to_pylist())
    ['CELL-1', 'CELL-2', 'CELL-2'] ['A-001', 'A-007', 'A-008']
    """
    lots: list[str] = []
    arrays: list[pa.StringArray] = []
    waiting = 0
    for lot in sorted(sources):
        for array in _in_order(sources[lot]):
            lots.append(lot)
            arrays.append(array)
            waiting += len(array)
            if waiting >= sizes.slice:
                yield _table(lots, arrays)
                lots, arrays, waiting = [], [], 0
    if waiting:
        yield _table(lots, arrays)


def write_tables(tables: Iterable[pa.Table], path: Path, more: Sequence[str] = ()) -> int:
    """Write tables of lot, serial and more columns of text to a file; see `write_serials`."""
    csv, part = ending_of(path) == ".csv", part_of(path)
    refuse_book(path, part)
    texts = [(name, pa.string()) for name in ("serial", *more)]
    schema = pa.schema([("lot", pa.string() if csv else LOT), *texts])
    rows = 0
    try:
        with pa_csv.CSVWriter(part, schema) if csv else parquet_writer(part, schema) as out:
            for table in tables:
                out.write_table(table.cast(schema))
                rows += table.num_rows
        settle(part)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error}") from error
    finally:
        if part.exists():
            part.unlink()
    return rows


def register_beside(book: Path) -> Path:
    """Folder of the register of a book's file.

    >>> register_beside(Path("plant.sqlite")).name
    'plant.sqlite.serials'
    """
    if not book.name:
        raise InputError.of("file", str(book), "a book", "a folder")
    return book.with_name(book.name + ".serials")


def register_of(address: str) -> SerialRegister | None:
    """The register beside the file of a book; None where there is none."""
    folder = register_beside(Path(address))
    return None if "://" in address or not folder.exists() else SerialRegister(folder)


def open_register(folder: Path) -> SerialRegister:
    """A register that must be there."""
    if not folder.is_dir():
        raise InputError.of(
            "file",
            str(folder),
            "the folder of a register",
            "none",
            hint="import a file or add a range first, or name it with --register",
        )
    return SerialRegister(folder)


class SerialRegister:
    """Questions to a register, as it was when it was opened: for which lots serials were entered.

    Where they are now, after splits and blends, the book knows, too: ask `Whereabouts`.

    Parameters
    ----------
    folder : of the register; one that does not exist yet is an empty register.
    sizes : how much is read at once.

    Others may import and compact meanwhile: an open register goes on with the files of its
    manifest until the second writer after it deletes them; then it raises a StorageError.
    """

    def __init__(self, folder: Path | str, sizes: Sizes = SIZES) -> None:
        self.folder, self.sizes = Path(folder), sizes
        if self.folder.exists() and not self.folder.is_dir():
            raise StorageError(f"{self.folder}: a file, and not the folder of a register")
        self.manifest: Manifest = read_manifest(self.folder)
        self._opened: dict[tuple[str, str], RunFile] = {}

    @cached_property
    def ranges(self) -> RangeTable:
        """All ranges, in the order in which they came."""
        return read_ranges(self.folder, self.manifest)

    @cached_property
    def moves(self) -> list[Move]:
        """Serials that went from one lot to another, in the order of the events."""
        return read_moves(self.folder, self.manifest.moves)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, in the order in which they came."""
        return tuple(self.manifest.runs)

    def opened(self, run: Run, ending: str) -> RunFile:
        """A sorted file of a run; the latest ones stay open."""
        key = (run.name, ending)
        file = self._opened.pop(key, None) or RunFile(self.folder, run, ending)
        self._opened[key] = file
        if len(self._opened) > self.sizes.open_files:
            del self._opened[next(iter(self._opened))]
        return file

    def lot_of(self, serial: str) -> str | None:
        """Lot that a serial was entered for; None if the register does not have it.

        Ranges come first. Of the runs, only those are opened whose fingerprints have the serial.
        """
        one = self.ranges.range_of(serial)
        if one is not None or not self.runs:
            return one.lot if one else None
        column = pa.array([serial], pa.string())
        if len(bad_serials(column)):
            return None
        hashed = int(hashes_of(words_of(matrix_of(column)))[0])
        for run in self.runs:
            inside = run.first <= serial <= run.last
            if inside and may_hold(prints_of(self.folder, run), run.rows, hashed):
                lot = self.opened(run, ".serials.parquet").lot_of(serial)
                if lot is not None:
                    return lot
        return None

    def count_of(self, lots: Iterable[str]) -> dict[str, int]:
        """Number of serials that were entered for each lot, by name; none is listed."""
        return {lot: sum(s.rows for s in some) for lot, some in self.sources(lots).items()}

    def serials_of(self, lots: Iterable[str]) -> Iterator[pa.Table]:
        """Tables (lot, serial) of some 100,000 rows, sorted by lot and serial.

        The memory holds one table, or those serials of one lot whose ranges and runs reach into
        each other.
        """
        return recall(self.sources(lots), self.sizes)

    def write_serials(self, lots: Iterable[str], path: Path | str) -> int:
        """Write serials of lots to a CSV or Parquet file, by its ending; return how many.

        The file appears when it is whole.
        """
        return write_tables(self.serials_of(lots), Path(path))

    def sources(self, lots: Iterable[str], *, runs_only: bool = False) -> dict[str, list[Source]]:
        """What was entered for each lot: ranges, unless `runs_only`, and pieces of runs."""
        sources: dict[str, list[Source]] = {lot: [] for lot in sorted(set(lots))}
        names = pa.array([*sources], pa.string())
        for one in () if runs_only else self.ranges.of_lots(names):
            sources[one.lot].append(of_range(one))
        for run in self.runs if sources else ():
            opened = partial(self.opened, run, ".lots.parquet")
            for piece in lot_pieces(self.folder, run, names):
                sources[piece.lot].append(of_piece(piece, opened, self.sizes))
        return sources
