"""The register of serials: which lot a cell or pack belongs to, and which serials a lot has.

A register is a folder beside the book: a file of ranges, runs of arbitrary serials, and a manifest.
Opening it reads the manifest; ranges are read when they are first asked, of a run only the groups
that an answer needs. A pack's serial is a serial of a pack lot, like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from loopbook.errors import Finding, InputError, StorageError
from loopbook.files import part_of, settle
from loopbook.serials.fingerprints import may_hold
from loopbook.serials.manifest import Manifest, read_manifest, read_ranges
from loopbook.serials.ranges import RangeTable
from loopbook.serials.recall import Source, of_piece, of_range, recall
from loopbook.serials.runs import LOT, Run, RunFile, lot_pieces, prints_of
from loopbook.serials.text import bad_serials, hashes_of, matrix_of, words_of

_OPEN = 128  # files of runs that are held open


def register_beside(book: Path) -> Path:
    """Folder of the register of a book's file.

    >>> register_beside(Path("gmbi.sqlite")).name
    'gmbi.sqlite.serials'
    """
    return book.with_name(book.name + ".serials")


class SerialRegister:
    """Questions to a register, as it was when it was opened.

    Parameters
    ----------
    folder : of the register; one that is not there yet is an empty register.

    Others may import and compact meanwhile: what is open goes on with the files of its manifest
    until the second writer after it, and then says so; open it again then.
    """

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        if self.folder.exists() and not self.folder.is_dir():
            raise StorageError(f"{self.folder}: a file, and not the folder of a register")
        self.manifest: Manifest = read_manifest(self.folder)
        self._opened: dict[tuple[str, str], RunFile] = {}

    @cached_property
    def ranges(self) -> RangeTable:
        """All ranges, in the order in which they came."""
        return read_ranges(self.folder, self.manifest)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, in the order in which they came."""
        return tuple(self.manifest.runs)

    def opened(self, run: Run, ending: str) -> RunFile:
        """A sorted file of a run; the latest ones stay open."""
        key = (run.name, ending)
        found = self._opened.pop(key, None) or RunFile(self.folder, run, ending)
        self._opened[key] = found
        if len(self._opened) > _OPEN:
            del self._opened[next(iter(self._opened))]
        return found

    def lot_of(self, serial: str) -> str | None:
        """Lot that a serial belongs to; None if the register does not have it.

        Ranges are asked first. Of the runs, only those are opened whose fingerprints have it.
        """
        found = self.ranges.lot_of(serial)
        if found is not None or not self.runs:
            return found
        told = pa.array([serial], pa.string())
        if len(bad_serials(told)):
            return None
        hashed = int(hashes_of(words_of(matrix_of(told)))[0])
        for run in self.runs:
            if not run.first <= serial <= run.last:
                continue
            if may_hold(prints_of(self.folder, run), run.rows, hashed):
                found = self.opened(run, ".serials.parquet").lot_of(serial)
                if found is not None:
                    return found
        return None

    def count_of(self, lots: Iterable[str]) -> dict[str, int]:
        """Number of serials of each lot, by name; none is listed."""
        return {lot: sum(s.rows for s in told) for lot, told in self._sources(lots).items()}

    def serials_of(self, lots: Iterable[str]) -> Iterator[Any]:
        """Tables (lot, serial) of some 100,000 rows, sorted by lot and serial.

        What is held in memory is one table, or those serials of one lot whose ranges and runs
        reach into each other.
        """
        return recall(self._sources(lots))

    def write_serials(self, lots: Iterable[str], path: Path | str) -> int:
        """Write serials of lots to a CSV or Parquet file, by its ending; return how many.

        The file appears when it is whole.
        """
        path = Path(path)
        if path.suffix.lower() not in (".csv", ".parquet"):
            expected, hint = "a file that ends in .csv or .parquet", "name it so"
            raise InputError([Finding("file", str(path), expected, path.suffix or "none", hint)])
        part = part_of(path)
        try:
            rows = _write(part, self.serials_of(lots), csv=path.suffix.lower() == ".csv")
            settle(part)
        except OSError as error:
            raise StorageError(f"{path}: cannot be written: {error}") from error
        finally:
            part.unlink(missing_ok=True)
        return rows

    def _sources(self, lots: Iterable[str]) -> dict[str, list[Source]]:
        asked = sorted(set(lots))
        names = pa.array(asked, pa.string())
        found: dict[str, list[Source]] = {lot: [] for lot in asked}
        for one in self.ranges.of_lots(names):
            found[one.lot].append(of_range(one))
        for run in self.runs if asked else ():
            for piece in lot_pieces(self.folder, run, names):
                found[piece.lot].append(of_piece(piece, self._opener(run)))
        return found

    def _opener(self, run: Run) -> Any:
        return lambda: self.opened(run, ".lots.parquet")


def _write(path: Path, tables: Iterable[Any], *, csv: bool) -> int:
    """Write tables one after the other; a file without any has its header."""
    lot = pa.string() if csv else LOT
    schema = pa.schema([("lot", lot), ("serial", pa.string())])
    rows = 0
    if csv:
        with pa_csv.CSVWriter(path, schema) as out:
            for table in tables:
                out.write_table(table.cast(schema))
                rows += table.num_rows
        return rows
    with pq.ParquetWriter(
        path,
        schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=["lot"],
        column_encoding={"serial": "DELTA_BYTE_ARRAY"},
    ) as writer:
        for table in tables:
            writer.write_table(table)
            rows += table.num_rows
    return rows
