"""What changes a register: new ranges, new runs, and the compaction of a month.

Each change is made by one writer at a time: leftovers of a crash are swept away, new files are
written beside the old ones, and a new manifest makes them count. Stopped anywhere, the register is
what it was, or what it should be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.errors import Finding, raise_findings
from loopbook.files import one_writer, settle
from loopbook.serials.check import Found, month_finding, range_clashes, unknown_lot
from loopbook.serials.fingerprints import write_prints
from loopbook.serials.manifest import Manifest, Taken, commit, read_manifest, sweep, write_ranges
from loopbook.serials.ranges import Range, RangeTable, range_findings
from loopbook.serials.recall import of_piece, recall
from loopbook.serials.register import SerialRegister
from loopbook.serials.runs import (
    Piece,
    Run,
    RunFile,
    group_lengths,
    lot_pieces,
    run_parts,
    write_groups,
    write_index,
)
from loopbook.serials.text import hashes_of, matrix_of, order_of, words_of

_FILES = 100  # runs that are merged, and so open, at once
_MERGED = 64  # row groups, of all runs together, that are merged at once


@contextmanager
def writing(folder: Path) -> Iterator[SerialRegister]:
    """Hold a register for writing, as it stands now and without leftovers."""
    with one_writer(folder):
        register = SerialRegister(folder)
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
    found: Found | None = None,
) -> list[Range]:
    """Add ranges to a register, all or none; return those that were not there before.

    Parameters
    ----------
    folder : of the register; made if it is not there.
    ranges : their months are set to `month`.
    lots : names of the book's lots.
    places : file and line of each, for findings.
    taken : the file that they come from, to be known again.
    found : what is wrong already; everything is raised together.

    Raises
    ------
    InputError
        Every finding: what is wrong with a range, unknown lots, overlaps, serials that runs have.
    """
    folder = Path(folder)
    places = places or [("range", k + 1) for k in range(len(ranges))]
    found = found or Found("range")
    raise_findings(month_finding(month))
    good: list[int] = []
    for k, one in enumerate(ranges):
        where = _where(places[k])
        told = list(range_findings(one, where))
        if one.lot not in lots:
            told.append(unknown_lot(one.lot, lots, f"{where}, lot", found))
        for finding in told:
            found.add(places[k][1], finding)
        if not told:
            good.append(k)
    with writing(folder) as register:
        fresh = _fresh(register, ranges, good, month)
        _against_ranges(register, fresh, places, found)
        clash = range_clashes(register, list(fresh.values()))
        for (k, one), n in zip(fresh.items(), range(len(fresh)), strict=True):
            if n in clash:
                found.add(places[k][1], _clash(one, clash[n], _where(places[k])))
        found.stop()
        if not fresh and taken is None:
            return []
        manifest: Manifest = register.manifest
        if fresh:
            ranges_now = _joined(register.ranges, list(fresh.values()))
            name = write_ranges(folder, ranges_now, manifest.number)
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


def _joined(known: RangeTable, fresh: Sequence[Range]) -> RangeTable:
    return RangeTable(pa.concat_tables([known.columns, RangeTable.of(fresh).columns]))


def _against_ranges(
    register: SerialRegister,
    fresh: dict[int, Range],
    places: Sequence[tuple[str, int]],
    found: Found,
) -> None:
    known, new = len(register.ranges), list(fresh)
    if not new:
        return
    table = _joined(register.ranges, list(fresh.values()))
    for one, other in table.overlaps():
        if other < known:
            continue  # both were there before
        k = new[other - known]
        a, b = table[one], table[other]
        line = f", line {places[new[one - known]][1]}" if one >= known else ""
        told = (
            f"{b.first_serial} to {b.last_serial} of lot {b.lot}, "
            f"and {a.first_serial} to {a.last_serial} of lot {a.lot}{line}"
        )
        finding = Finding("duplicate", _where(places[k]), "ranges that do not overlap", told)
        found.add(places[k][1], finding)


def _clash(one: Range, clash: tuple[int, str, str], where: str) -> Finding:
    count, serial, lot = clash
    more = f" and {count - 1:,} more" if count > 1 else ""
    told = f"{serial}{more} of lot {one.lot} in the register already, in lot {lot}"
    return Finding("duplicate", where, "one lot for each serial", told)


# -- compaction


def compact_register(folder: Path | str, month: str | None = None) -> dict[str, int]:
    """Merge the runs of each month, or of one, into one run; return how many were merged, by month.

    Answers are the same before and after. Memory is bounded whatever the size of the month, but
    for eight bytes a serial. Files that were merged are deleted by the next writer, so that those
    who read them now can finish.
    """
    folder = Path(folder)
    if month is not None:
        raise_findings(month_finding(month))
    done: dict[str, int] = {}
    if not folder.is_dir() or not read_manifest(folder).runs:
        return done
    with writing(folder) as register:
        manifest: Manifest = register.manifest
        for one in sorted({run.month for run in manifest.runs}):
            runs = [run for run in manifest.runs if run.month == one]
            if len(runs) < 2 or month not in (None, one):
                continue
            done[one] = len(runs)
            while len(runs) > 1:
                some = runs[:_FILES]
                merged = _merge(register, some, name=f"{one}-{manifest.number:06d}")
                kept = [run for run in manifest.runs if run not in some]
                manifest = replace(manifest, runs=(*kept, merged), number=manifest.number + 1)
                commit(folder, manifest)
                runs = [*runs[_FILES:], merged]
    return done


def _merge(register: SerialRegister, runs: Sequence[Run], *, name: str) -> Run:
    """Write one run of several."""
    folder, parts = register.folder, run_parts(register.folder, name)
    hashes: list[Any] = []
    files = [RunFile(folder, run, ".serials.parquet") for run in runs]
    write_groups(parts[0], _by_serial(files, hashes), repeat(1 << 14), by_lot=False)
    write_prints(parts[3], np.concatenate(hashes))

    pieces: dict[str, list[Piece]] = {}
    sources: dict[str, list[Any]] = {}
    for run in runs:
        opened = RunFile(folder, run, ".lots.parquet")
        for piece in lot_pieces(folder, run):
            pieces.setdefault(piece.lot, []).append(piece)
            source = of_piece(piece, lambda opened=opened: opened)  # type: ignore[misc]
            sources.setdefault(piece.lot, []).append(source)
    index, start = [], 0
    for lot in sorted(pieces):
        told = pieces[lot]
        rows = sum(p.rows for p in told)
        index.append(Piece(lot, rows, min(p.first for p in told), max(p.last for p in told), start))
        start += rows
    counts = [piece.rows for piece in index]
    write_groups(parts[1], recall(sources), group_lengths(counts), by_lot=True)
    write_index(parts[2], index)
    for part in parts:
        settle(part)
    first, last = min(run.first for run in runs), max(run.last for run in runs)
    return Run(name, runs[0].month, start, first, last)


def _by_serial(files: Sequence[RunFile], hashes: list[Any]) -> Iterator[Any]:
    """Serials of several runs in order, some row groups at a time; `hashes` takes theirs."""
    edges = [(low, high, file, k) for file in files for k, (low, high) in enumerate(file.edges())]
    cuts = sorted(low for low, *_ in edges)[::_MERGED]
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
        serials = table["serial"].combine_chunks()
        words = words_of(matrix_of(serials))
        hashes.append(hashes_of(words))
        yield table.take(pa.array(order_of(words)))
