"""Files of serials or of ranges into a register: all of a file, or nothing and every finding.

A file of serials has the columns ``lot`` and ``serial``; a file of ranges has ``lot``, ``prefix``,
``first``, ``last``, ``width`` and ``suffix``. A file of any length is read a million rows at a
time. The register recognises by its content a file that it has already.
"""

import hashlib
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from loopbook.errors import InputError
from loopbook.report import Answer, counted
from loopbook.serials.check import LineFindings, check_month, clashes
from loopbook.serials.manifest import Taken, commit, read_manifest, sweep
from loopbook.serials.moves import Move, given_to, write_moves
from loopbook.serials.reading import Batch, SerialFile, open_file
from loopbook.serials.register import SerialRegister
from loopbook.serials.runs import SIZES, Run, Sizes, write_run
from loopbook.serials.text import MOST, Rows, Words, bad_serials, matrix_of, order_of, words_of
from loopbook.serials.writing import Related, add_ranges, unrelated, writing


@dataclass(frozen=True, slots=True)
class Imported(Answer):
    """Result of an import."""

    file: Annotated[str, "name of the file"]
    kind: Annotated[str, "serials or ranges"]
    rows: Annotated[int, "how many rows the file has"]
    serials: Annotated[int, "how many serials are new in the register"]
    again: Annotated[bool, "whether the register had the file already"]
    ignored: Annotated[tuple[str, ...], "columns that were not used"]
    month: Annotated[str, "under which the file is kept"]
    register: Annotated[str, "folder of the register"]

    def headline(self) -> str:
        """What was imported, and what was not."""
        ignored = f"; columns not used: {', '.join(self.ignored)}" if self.ignored else ""
        if self.again:
            since = f"in the register already, since {self.month}; nothing was changed"
            return f"{self.file}: {since}{ignored}"
        ranges = f" in {counted(self.rows, 'range')}" if self.kind == "ranges" else ""
        serials = counted(self.serials, "serial")
        return f"{self.file}: {serials}{ranges} imported, {self.month}{ignored}"


def import_serials(
    folder: Path | str,
    path: Path | str,
    *,
    lots: Collection[str],
    month: str,
    progress: Callable[[float], None] = lambda _: None,
    related: Related = unrelated,
    sizes: Sizes = SIZES,
) -> Imported:
    """Import a CSV or Parquet file of serials or ranges, distinguished by its columns.

    Parameters
    ----------
    folder : of the register; made if it does not exist.
    path : the file, CSV or Parquet by its ending.
    lots : names of the book's lots; a set, if there are many.
    month : under which its runs are kept and compacted, ``2026-03``.
    progress : called with the share of the file that is done, 0..1.
    related : lots that may have the same serials: a lot and its part. The part has them then.
    sizes : how much is read and written at once.

    Raises
    ------
    InputError
        Every finding, with file and line (row, of a Parquet file); the register is as it was.
    """
    folder, path = Path(folder), Path(path)
    check_month(month)
    digest = _digest(path)
    with open_file(path, sizes) as file:
        known = next((t for t in read_manifest(folder).taken if t.digest == digest), None)
        taken, serials = known or Taken(digest, path.name, 0, month), 0
        if known is None and file.kind == "ranges":
            taken, serials = _import_ranges(folder, file, taken, lots=lots, related=related)
        elif known is None:
            with writing(folder, sizes) as register:
                taken = _Intake(register, file, lots, progress, related=related).take(taken)
            serials = taken.rows
        return Imported(
            path.name,
            file.kind,
            taken.rows,
            serials,
            known is not None,
            file.ignored,
            taken.month,
            str(folder),
        )


def _digest(path: Path) -> str:
    """SHA-256 of a file's content."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError.of(
            "file", str(path), "a readable file", error.strerror or "unreadable"
        ) from error


def _import_ranges(
    folder: Path, file: SerialFile, taken: Taken, *, lots: Collection[str], related: Related
) -> tuple[Taken, int]:
    findings = LineFindings(file.name)
    ranges = file.ranges(findings)
    taken = replace(taken, rows=len(ranges))
    fresh = add_ranges(
        folder,
        list(ranges.values()),
        lots=lots,
        month=taken.month,
        lines=list(ranges),
        taken=taken,
        findings=findings,
        related=related,
    )
    return taken, sum(one.count for one in fresh)


class _Intake:
    """A file of serials on its way into runs, a batch at a time."""

    def __init__(
        self,
        register: SerialRegister,
        file: SerialFile,
        lots: Collection[str],
        progress: Callable[[float], None],
        *,
        related: Related,
    ) -> None:
        self._register, self._file, self._lots = register, file, lots
        self._progress, self._related = progress, related
        self._parts: list[Move] = []
        self._findings = LineFindings(file.name)
        self._runs: list[Run] = []
        self._unknown: set[str] = set()

    def take(self, taken: Taken) -> Taken:
        """Check and write all batches; nothing of them counts unless all are good."""
        folder, manifest, file = self._register.folder, self._register.manifest, self._file
        with ExitStack() as undo:
            undo.callback(sweep, folder, manifest)
            for batch in file.batches(self._findings, self._register.sizes.batch):
                taken = replace(taken, rows=taken.rows + len(batch.serials))
                self._batch(batch, taken.month)
                self._progress(file.share())
            if not taken.rows:
                self._findings.empty()
            self._findings.raise_all()
            undo.pop_all()
        number = manifest.number + len(self._runs)
        if self._parts:
            moves = [*self._register.moves, *self._parts]
            manifest = replace(manifest, moves=write_moves(folder, moves, number))
            number += 1
        made = replace(
            manifest,
            number=number,
            runs=(*manifest.runs, *self._runs),
            taken=(*manifest.taken, taken),
        )
        commit(folder, made)
        return taken

    def _batch(self, batch: Batch, month: str) -> None:
        """Check a batch, and write its good rows as a run."""
        good = np.ones(len(batch.serials), bool)
        self._note_bad_text(batch, good)
        self._note_bad_lots(batch, good)
        kept = np.flatnonzero(good)
        serials = batch.serials.take(pa.array(kept))
        matrix = matrix_of(serials)
        words = words_of(matrix)
        fresh, order = np.ones(len(kept), bool), order_of(words)
        self._note_repeated(batch, kept, words, order=order, fresh=fresh)
        register, runs = self._register, (*self._register.runs, *self._runs)
        for row, lot in clashes(register, runs, serials, matrix=matrix, words=words):
            fresh[row] = False
            own = batch.lot(int(kept[row]))
            if lot != own and self._related(own, lot):
                self._parts.append(given_to(own, serials[row].as_py()))
            else:
                self._note_duplicate(batch, int(kept[row]), f"in lot {lot} already")
        order = order[fresh[order]]
        if not len(order):
            return
        run = write_run(
            register.folder,
            serials,
            pa.DictionaryArray.from_arrays(pa.array(batch.codes[kept]), pa.array(batch.names)),
            name=f"{month}-{register.manifest.number + len(self._runs):06d}",
            month=month,
            words=words,
            order=order,
            sizes=register.sizes,
        )
        self._runs.append(run)

    def _note_duplicate(self, batch: Batch, row: int, other: str) -> None:
        self._findings.note(
            batch.line(row),
            "duplicate",
            "one lot for each serial",
            f"{batch.text(row)} of lot {batch.lot(row)}, and {other}",
            at="serial",
        )

    def _note_missing(self, batch: Batch, row: int, column: str) -> None:
        self._findings.note(batch.line(row), "missing", f"a {column}", "an empty cell", at=column)

    def _note_bad_text(self, batch: Batch, good: npt.NDArray[np.bool_]) -> None:
        """Cells that hold no serial."""
        for row in bad_serials(batch.serials).tolist():
            good[row] = False
            text = batch.text(row)
            if not text:
                self._note_missing(batch, row, "serial")
                continue
            self._findings.note(
                batch.line(row),
                "serial",
                f"1 to {MOST} visible ASCII characters",
                repr(text[:MOST]) + ("..." if len(text) > MOST else ""),
                at="serial",
                hint="close the quotation mark" if "\n" in text else "",
            )

    def _note_bad_lots(self, batch: Batch, good: npt.NDArray[np.bool_]) -> None:
        """Lots that are empty, damaged, or not in the book; an unknown one is noted once."""
        for code, name in enumerate(batch.names):
            if name in self._lots and name:
                continue
            rows = np.flatnonzero(batch.codes == code)
            good[rows] = False
            if not name:
                for row in rows.tolist():
                    self._note_missing(batch, row, "lot")
            elif len(rows) and name not in self._unknown:
                self._unknown.add(name)
                line = batch.line(int(rows[0]))
                if "\ufffd" in name:
                    self._findings.note(
                        line, "encoding", "UTF-8", repr(name), at="lot", hint="save it as UTF-8"
                    )
                else:
                    self._findings.unknown_lot(name, self._lots, line, rows=len(rows))

    def _note_repeated(
        self, batch: Batch, kept: Rows, words: Words, *, order: Rows, fresh: npt.NDArray[np.bool_]
    ) -> None:
        """Serials that the batch has twice; the first of them stays."""
        same = np.zeros(len(order), bool)
        same[1:] = (words[order[1:]] == words[order[:-1]]).all(axis=1)
        begins = np.maximum.accumulate(np.where(same, 0, np.arange(len(order))))
        for row, first in zip(order[same].tolist(), order[begins[same]].tolist(), strict=True):
            before = int(kept[first])
            other = f"of lot {batch.lot(before)} in line {batch.line(before)}"
            self._note_duplicate(batch, int(kept[row]), other)
            fresh[row] = False
