"""Changes of a register: new ranges, new runs, and the compaction of a month.

One writer changes it at a time: leftovers of a crash are swept away, new files are written beside
the old ones, and a new manifest makes them count. Stopped anywhere, the register is the old one or
the new one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.errors import Finding
from loopbook.files import one_writer, settle
from loopbook.report import Answer, Column, Rows
from loopbook.serials.check import LineFindings, check_month, range_clashes
from loopbook.serials.fingerprints import write_prints
from loopbook.serials.manifest import Taken, commit, read_manifest, sweep, write_ranges
from loopbook.serials.ranges import Range, RangeTable, range_findings
from loopbook.serials.register import SerialRegister, Source, of_piece, recall
from loopbook.serials.runs import (
    SIZES,
    Piece,
    Run,
    RunFile,
    Sizes,
    group_lengths,
    lot_pieces,
    run_parts,
    write_groups,
    write_index,
)
from loopbook.serials.text import Words, hashes_of, matrix_of, order_of, words_of


@contextmanager
def writing(folder: Path, sizes: Sizes = SIZES) -> Iterator[SerialRegister]:
    """Hold a register for writing, as it is now and without leftovers."""
    with one_writer(folder):
        register = SerialRegister(folder, sizes)
        sweep(folder, register.manifest)
        yield register


# -- ranges


def add_ranges(
    folder: Path | str,
    ranges: Sequence[Range],
    *,
    lots: Collection[str],
    month: str,
    places: Sequence[tuple[str, int]] = (),
    taken: Taken | None = None,
    findings: LineFindings | None = None,
) -> list[Range]:
    """Add ranges to a register, all or none; return those that were not there before.

    Parameters
    ----------
    folder : of the register; made if it does not exist.
    ranges : their months are set to `month`.
    lots : names of the book's lots.
    places : file and line of each, for findings.
    taken : the file that they come from, to be known again.
    findings : errors of the file so far; all are raised together.

    Raises
    ------
    InputError
        Every finding: errors of a range, unknown lots, overlaps, serials that runs have.
    """
    folder = Path(folder)
    places = places or [("range", k + 1) for k in range(len(ranges))]
    findings = findings or LineFindings("range")
    check_month(month)
    good: list[int] = []
    for k, one in enumerate(ranges):
        before, line, where = findings.count, places[k][1], _where(places[k])
        for finding in range_findings(one, where):
            findings.note(line, finding)
        if one.lot not in lots:
            findings.unknown_lot(one.lot, lots, f"{where}, lot", line=line)
        if findings.count == before:
            good.append(k)
    with writing(folder) as register:
        fresh = _fresh(register, ranges, good, month)
        _note_overlaps(register, fresh, places, findings)
        clash = range_clashes(register, list(fresh.values()))
        for n, k in enumerate(fresh):
            if n in clash:
                findings.note(places[k][1], _clash(fresh[k], clash[n], _where(places[k])))
        findings.raise_all()
        if not fresh and taken is None:
            return []
        manifest = register.manifest
        if fresh:
            table = _joined(register.ranges, fresh)
            name = write_ranges(folder, table, manifest.number)
            manifest = replace(manifest, ranges=name, number=manifest.number + 1)
        if taken is not None:
            manifest = replace(manifest, taken=(*manifest.taken, taken))
        commit(folder, manifest)
    return list(fresh.values())


def _where(place: tuple[str, int]) -> str:
    return f"{place[0]}:{place[1]}"


def _fresh(
    register: SerialRegister, ranges: Sequence[Range], good: Sequence[int], month: str
) -> dict[int, Range]:
    """Good ranges that the register does not have, by place."""
    fresh = {}
    for k in good:
        known = register.ranges.range_of(ranges[k].first_serial)
        if known is None or replace(known, month="") != replace(ranges[k], month=""):
            fresh[k] = replace(ranges[k], month=month)
    return fresh


def _joined(known: RangeTable, fresh: Mapping[int, Range]) -> RangeTable:
    new = RangeTable.of(list(fresh.values()))
    return RangeTable(pa.concat_tables([known.columns, new.columns]))


def _note_overlaps(
    register: SerialRegister,
    fresh: Mapping[int, Range],
    places: Sequence[tuple[str, int]],
    findings: LineFindings,
) -> None:
    if not fresh:
        return
    known, new = len(register.ranges), list(fresh)
    table = _joined(register.ranges, fresh)
    for one, other in table.overlaps():
        if other < known:
            continue  # both were there before
        place = places[new[other - known]]
        a, b = table[one], table[other]
        line = f", line {places[new[one - known]][1]}" if one >= known else ""
        findings.note(
            place[1],
            Finding(
                "duplicate",
                _where(place),
                "ranges that do not overlap",
                (
                    f"{b.first_serial} to {b.last_serial} of lot {b.lot}, "
                    f"and {a.first_serial} to {a.last_serial} of lot {a.lot}{line}"
                ),
            ),
        )


def _clash(one: Range, clash: tuple[int, str, str], where: str) -> Finding:
    count, serial, lot = clash
    more = f" and {count - 1:,} more" if count > 1 else ""
    return Finding(
        "duplicate",
        where,
        "one lot for each serial",
        f"{serial}{more} of lot {one.lot} in the register already, in lot {lot}",
    )


# -- compaction


@dataclass(frozen=True, slots=True)
class MergedMonth:
    """A month whose runs were merged into one."""

    month: Annotated[str, "the month"]
    runs: Annotated[int, "how many runs were merged into one", Column(title="Runs merged into one")]


@dataclass(frozen=True, slots=True)
class Compacted(Answer):
    """Result of a compaction."""

    months: Annotated[tuple[MergedMonth, ...], Rows("Months with more than one run")]


def compact_register(
    folder: Path | str, month: str | None = None, *, sizes: Sizes = SIZES
) -> Compacted:
    """Merge the runs of each month, or of one, into one run.

    Answers are the same before and after. Memory is bounded whatever the size of the month, except
    for eight bytes a serial. Merged files are deleted by the next writer, so that processes which
    read them now can finish.
    """
    folder = Path(folder)
    if month is not None:
        check_month(month)
    merged: list[MergedMonth] = []
    if not folder.is_dir() or not read_manifest(folder).runs:
        return Compacted(())
    with writing(folder, sizes) as register:
        manifest = register.manifest
        for one in sorted({run.month for run in manifest.runs}):
            runs = [run for run in manifest.runs if run.month == one]
            if len(runs) < 2 or month not in (None, one):
                continue
            merged.append(MergedMonth(one, len(runs)))
            while len(runs) > 1:
                some = runs[: sizes.merged_runs]
                run = _merge(register, some, name=f"{one}-{manifest.number:06d}")
                kept = [run for run in manifest.runs if run not in some]
                manifest = replace(manifest, runs=(*kept, run), number=manifest.number + 1)
                commit(folder, manifest)
                runs = [*runs[sizes.merged_runs :], run]
    return Compacted(tuple(merged))


def _merge(register: SerialRegister, runs: Sequence[Run], *, name: str) -> Run:
    """Write one run of several."""
    folder, sizes, parts = register.folder, register.sizes, run_parts(register.folder, name)
    hashes: list[Words] = []
    files = [RunFile(folder, run, ".serials.parquet") for run in runs]
    tables = _by_serial(files, hashes, sizes.merged_groups)
    write_groups(parts[0], tables, repeat(sizes.group), by_lot=False)
    write_prints(parts[3], np.concatenate(hashes))

    pieces: dict[str, list[Piece]] = {}
    sources: dict[str, list[Source]] = {}
    for run in runs:
        file = RunFile(folder, run, ".lots.parquet")
        for piece in lot_pieces(folder, run):
            pieces.setdefault(piece.lot, []).append(piece)
            source = of_piece(piece, lambda file=file: file, sizes)  # type: ignore[misc]
            sources.setdefault(piece.lot, []).append(source)
    index, start = [], 0
    for lot, some in sorted(pieces.items()):
        rows = sum(p.rows for p in some)
        index.append(Piece(lot, rows, min(p.first for p in some), max(p.last for p in some), start))
        start += rows
    lengths = group_lengths([piece.rows for piece in index], sizes)
    write_groups(parts[1], recall(sources, sizes), lengths, by_lot=True)
    write_index(parts[2], index)
    for part in parts:
        settle(part)
    first, last = min(run.first for run in runs), max(run.last for run in runs)
    return Run(name, runs[0].month, start, first, last)


def _by_serial(files: Sequence[RunFile], hashes: list[Words], together: int) -> Iterator[pa.Table]:
    """Serials of several runs in order, so many row groups at a time; `hashes` takes theirs."""
    edges = [(low, high, file, k) for file in files for k, (low, high) in enumerate(file.edges())]
    cuts = sorted(low for low, *_ in edges)[::together]
    for begin, end in zip(cuts, [*cuts[1:], None], strict=True):
        tables = [
            file.group(k)
            for low, high, file, k in edges
            if high >= begin and (end is None or low < end)
        ]
        table = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        inside = pc.greater_equal(table["serial"], begin)
        if end is not None:
            inside = pc.and_(inside, pc.less(table["serial"], end))
        table = table.filter(inside).combine_chunks()
        words = words_of(matrix_of(table["serial"].combine_chunks()))
        hashes.append(hashes_of(words))
        yield table.take(pa.array(order_of(words)))
