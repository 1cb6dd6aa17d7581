"""Files of serials or of ranges into a register: all of a file, or nothing and every finding.

A file of serials has the columns ``lot`` and ``serial``; a file of ranges has ``lot``, ``prefix``,
``first``, ``last``, ``width`` and ``suffix``. A file of any length is taken a million rows at a
time. The register knows a file again by its content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loopbook.errors import Finding, InputError, raise_findings
from loopbook.serials.check import Found, clashes, month_finding, unknown_lot
from loopbook.serials.manifest import Manifest, Taken, commit, sweep
from loopbook.serials.reading import Batch, SerialFile, open_file
from loopbook.serials.register import SerialRegister
from loopbook.serials.runs import Run, write_run
from loopbook.serials.text import MOST, Words, bad_serials, matrix_of, order_of, words_of
from loopbook.serials.writing import add_ranges, writing

_BLOCK = 1 << 23


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did.

    Parameters
    ----------
    file, kind : name of the file, and ``serials`` or ``ranges``.
    rows : of the file.
    serials : how many serials the register has got; 0 for a file that it had already.
    again : whether it had the file already.
    ignored : columns that were not used.
    month : under which the file is kept.
    """

    file: str
    kind: str
    rows: int
    serials: int
    again: bool
    ignored: tuple[str, ...]
    month: str


def import_serials(
    folder: Path | str,
    path: Path | str,
    *,
    lots: Collection[str],
    month: str,
    progress: Callable[[float], None] = lambda _: None,
) -> Imported:
    """Import a CSV or Parquet file of serials or ranges, told apart by its columns.

    Parameters
    ----------
    folder : of the register; made if it is not there.
    path : the file, CSV or Parquet by its ending.
    lots : names of the book's lots; a set, if there are many.
    month : under which its runs are kept and compacted, ``2026-03``.
    progress : is told the share of the file that is done, 0..1.

    Raises
    ------
    InputError
        Every finding, with file and line (row, of a Parquet file); the register is as it was.
    """
    folder, path = Path(folder), Path(path)
    raise_findings(month_finding(month))
    digest = _digest(path)
    with open_file(path) as file:
        known = next((t for t in _taken(folder) if t.digest == digest), None)
        if known is not None:
            return Imported(
                path.name,
                file.kind,
                known.rows,
                0,
                again=True,
                ignored=file.ignored,
                month=known.month,
            )
        taken = Taken(digest, path.name, 0, month)
        if file.kind == "ranges":
            return _import_ranges(folder, file, taken, lots)
        with writing(folder) as register:
            return _Intake(register, file, lots, progress).take(taken)


def _taken(folder: Path) -> list[Taken]:
    return list(SerialRegister(folder).manifest.taken)


def _digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                found.update(block)
    except OSError as error:
        told = error.strerror or "unreadable"
        raise InputError([Finding("file", str(path), "a readable file", told)]) from error
    return found.hexdigest()


def _import_ranges(folder: Path, file: SerialFile, taken: Taken, lots: Collection[str]) -> Imported:
    found = Found(file.name)
    ranges, places = file.ranges(found)
    taken = replace(taken, rows=len(ranges))
    fresh = add_ranges(
        folder, ranges, lots=lots, month=taken.month, places=places, taken=taken, found=found
    )
    return Imported(
        file.name,
        "ranges",
        len(ranges),
        sum(one.count for one in fresh),
        again=False,
        ignored=file.ignored,
        month=taken.month,
    )


class _Intake:
    """A file of serials on its way into runs, a batch at a time."""

    def __init__(
        self,
        register: SerialRegister,
        file: SerialFile,
        lots: Collection[str],
        progress: Callable[[float], None],
    ) -> None:
        self._register, self._file, self._lots = register, file, lots
        self._progress = progress
        self._found = Found(file.name)
        self._runs: list[Run] = []
        self._strange: set[str] = set()

    def take(self, taken: Taken) -> Imported:
        """Check and write all batches; nothing of them counts unless all are good."""
        folder, manifest = self._register.folder, self._register.manifest
        number, rows, good = manifest.number, 0, False
        try:
            for batch in self._file.batches(self._found):
                rows += len(batch.serials)
                run = self._batch(batch, f"{taken.month}-{number:06d}", taken.month)
                if run is not None:
                    self._runs.append(run)
                    number += 1
                self._progress(self._file.share)
            if not rows and not self._found.count:
                place = f"{self._file.name}:1"
                self._found.add(1, Finding("empty", place, "rows below the header", "none"))
            self._found.stop()
            good = True
        finally:
            if not good:
                sweep(folder, manifest)
        made: Manifest = replace(
            manifest,
            number=number,
            runs=(*manifest.runs, *self._runs),
            taken=(*manifest.taken, replace(taken, rows=rows)),
        )
        commit(folder, made)
        return Imported(
            self._file.name,
            "serials",
            rows,
            rows,
            again=False,
            ignored=self._file.ignored,
            month=taken.month,
        )

    def _batch(self, batch: Batch, name: str, month: str) -> Run | None:
        """Check a batch, and write what is good of it."""
        good = np.ones(len(batch.serials), bool)
        self._bad_text(batch, good)
        self._bad_lots(batch, good)
        kept = np.flatnonzero(good)
        serials, codes = batch.serials, batch.codes
        if len(kept) < len(good):
            serials = serials.take(pa.array(kept))
        matrix = matrix_of(serials)
        words = words_of(matrix)
        fresh, order = np.ones(len(kept), bool), order_of(words)
        self._twice(batch, kept, words, order=order, fresh=fresh)
        known = (*self._register.runs, *self._runs)
        for row, lot in clashes(self._register, known, serials, matrix=matrix, words=words):
            at = int(kept[row])
            told = f"{serials[row].as_py()} of lot {batch.lot(at)}, and in lot {lot} already"
            self._duplicate(batch, at, told)
            fresh[row] = False
        rows = np.flatnonzero(fresh)
        if not len(rows):
            return None
        if len(rows) < len(kept):
            serials, words = serials.take(pa.array(rows)), words[rows]
            order = order_of(words)
        lots = pa.DictionaryArray.from_arrays(pa.array(codes[kept[rows]]), pa.array(batch.names))
        return write_run(
            self._register.folder, serials, lots, name=name, month=month, words=words, order=order
        )

    def _note(self, batch: Batch, row: int, finding: Finding) -> None:
        self._found.add(batch.line(row), finding)

    def _bad_text(self, batch: Batch, good: npt.NDArray[np.bool_]) -> None:
        """Serials that are none."""
        for row in bad_serials(batch.serials).tolist():
            good[row] = False
            where, text = f"{batch.where(row)}, serial", batch.text(row)
            if not text:
                self._note(batch, row, Finding("missing", where, "a serial", "an empty cell"))
                continue
            hint = "is a quotation mark never closed?" if "\n" in text else ""
            expected = f"1 to {MOST} visible ASCII signs"
            told = repr(text[:MOST]) + ("..." if len(text) > MOST else "")
            self._note(batch, row, Finding("serial", where, expected, told, hint))

    def _bad_lots(self, batch: Batch, good: npt.NDArray[np.bool_]) -> None:
        """Lots that are empty, damaged, or not in the book; each is told once."""
        for code, name in enumerate(batch.names):
            if name in self._lots and name:
                continue
            rows = np.flatnonzero(batch.codes == code)
            good[rows] = False
            if not len(rows) or (name and name in self._strange):
                continue
            self._strange.add(name)
            first = int(rows[0])
            where = f"{batch.where(first)}, lot"
            if not name:
                for row in rows.tolist():
                    told = Finding("missing", f"{batch.where(row)}, lot", "a lot", "an empty cell")
                    self._note(batch, row, told)
            elif "\ufffd" in name:
                hint = "is it from a Windows program? then save it as UTF-8"
                self._note(batch, first, Finding("encoding", where, "UTF-8", repr(name), hint))
            else:
                told = unknown_lot(name, self._lots, where, self._found, rows=len(rows))
                self._note(batch, first, told)

    def _twice(
        self,
        batch: Batch,
        kept: npt.NDArray[np.intp],
        words: Words,
        *,
        order: npt.NDArray[np.intp],
        fresh: npt.NDArray[np.bool_],
    ) -> None:
        """Serials that the batch has twice; the first of them stays."""
        same = np.zeros(len(order), bool)
        same[1:] = (words[order[1:]] == words[order[:-1]]).all(axis=1)
        if not same.any():
            return
        begins = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
        for place in np.flatnonzero(same).tolist():
            row, first = int(order[place]), int(order[begins[place]])
            at, before = int(kept[row]), int(kept[first])
            told = (
                f"{batch.text(at)} of lot {batch.lot(at)}, "
                f"and of lot {batch.lot(before)} in line {batch.line(before)}"
            )
            self._duplicate(batch, at, told)
            fresh[row] = False

    def _duplicate(self, batch: Batch, row: int, told: str) -> None:
        where = f"{batch.where(row)}, serial"
        self._note(batch, row, Finding("duplicate", where, "one lot for each serial", told))
