"""Changes of a register: new ranges, new runs, and the compaction of a month.

One writer changes it at a time: leftovers of a crash are swept away, new files are written beside
the old ones, and a new manifest makes them count. Stopped anywhere, the register is the old one or
the new one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, repeat
from pathlib import Path
from typing import Annotated, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from loopbook.files import one_writer, settle
from loopbook.report import Answer, Column, Rows
from loopbook.serials.check import LineFindings, check_month, range_clashes
from loopbook.serials.manifest import Taken, commit, read_manifest, sweep, write_ranges
from loopbook.serials.moves import Move, joined, write_moves
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
    write_prints,
)
from loopbook.serials.text import Words, hashes_of, matrix_of, order_of, words_of

Related: TypeAlias = Callable[[str, str], bool]
"""Whether a lot that is to get serials and the lot that has them are one made of the other."""


def unrelated(_: str, __: str, /) -> bool:
    """No lot is made of another."""
    return False


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
    lines: Sequence[int] = (),
    taken: Taken | None = None,
    findings: LineFindings | None = None,
    related: Related = unrelated,
) -> list[Range]:
    """Add ranges to a register, all or none; return those that were not there before.

    Parameters
    ----------
    folder : of the register; made if it does not exist.
    ranges : their months are set to `month`.
    lots : names of the book's lots.
    lines : of each in its file, for findings.
    taken : the file that they come from, to be known again.
    findings : errors of the file so far; all are raised together.
    related : lots that may have the same serials: a lot and its part. The part has them then.

    Raises
    ------
    InputError
        Every finding: errors of a range, unknown lots, overlaps, serials that runs have.
    """
    folder, findings = Path(folder), findings or LineFindings("range")
    check_month(month)
    good: dict[int, Range] = {}  # by line
    for line, one in zip(lines or count(1), ranges, strict=False):
        before = findings.count
        for finding in range_findings(one, f"{findings.file}:{line}"):
            findings.add(line, finding)
        if one.lot not in lots:
            findings.unknown_lot(one.lot, lots, line)
        if findings.count == before:
            good[line] = replace(one, month=month)
    with writing(folder) as register:
        fresh = {line: one for line, one in good.items() if not _is_there(register, one)}
        new = RangeTable.of(list(fresh.values()))
        table = RangeTable(pa.concat_tables([register.ranges.columns, new.columns]))
        parts = _note_overlaps(table, list(fresh), findings, related)
        parts |= _note_clashes(register, fresh, findings, related)
        parts |= _note_moved(register.moves, fresh, findings, related)
        findings.raise_all()
        manifest = register.manifest
        entered = [one for line, one in fresh.items() if line not in parts]
        if entered:
            new = RangeTable.of(entered)
            table = RangeTable(pa.concat_tables([register.ranges.columns, new.columns]))
            name = write_ranges(folder, table, manifest.number)
            manifest = replace(manifest, ranges=name, number=manifest.number + 1)
        if parts:
            moves = [Move(0, "", one) for line, one in fresh.items() if line in parts]
            name = write_moves(folder, [*register.moves, *moves], manifest.number)
            manifest = replace(manifest, moves=name, number=manifest.number + 1)
        if taken is not None:
            manifest = replace(manifest, taken=(*manifest.taken, taken))
        if manifest is not register.manifest:
            commit(folder, manifest)
    return list(fresh.values())


def _is_there(register: SerialRegister, one: Range) -> bool:
    """Whether a register has this very range, whatever its month."""
    known = register.ranges.range_of(one.first_serial)
    entered = [move.serials for move in register.moves if not move.event]
    return any(replace(x, month=one.month) == one for x in (known, *entered) if x is not None)


def _note_overlaps(
    table: RangeTable, lines: Sequence[int], findings: LineFindings, related: Related
) -> set[int]:
    """Overlaps of new ranges, which are the last of a table, with any; lines of related ones."""
    known, parts = len(table) - len(lines), set[int]()
    for one, other in table.overlaps():
        if other < known:
            continue  # both were there before
        a, b = table[one], table[other]
        if a.lot != b.lot and related(b.lot, a.lot):
            parts.add(lines[other - known])
            continue
        findings.note(
            lines[other - known],
            "duplicate",
            "ranges that do not overlap",
            f"{b.span} of lot {b.lot}, and {a.span} of lot {a.lot}"
            + (f", line {lines[one - known]}" if one >= known else ""),
        )
    return parts


def _note_clashes(
    register: SerialRegister, fresh: Mapping[int, Range], findings: LineFindings, related: Related
) -> set[int]:
    """Serials of new ranges that runs have; lines of ranges whose serials a related lot has."""
    lines, parts = list(fresh), set[int]()
    foreign: dict[int, tuple[int, str, str]] = {}  # how many, the first, and its lot
    for (k, lot), (rows, serial) in range_clashes(register, list(fresh.values())).items():
        if lot != fresh[lines[k]].lot and related(fresh[lines[k]].lot, lot):
            parts.add(lines[k])
        else:
            before, first, its_lot = foreign.get(k, (0, serial, lot))
            foreign[k] = (before + rows, first, its_lot)
    for k, (rows, serial, lot) in foreign.items():
        more = f" and {rows - 1:,} more" if rows > 1 else ""
        own = f"{serial}{more} of lot {fresh[lines[k]].lot}"
        findings.note(
            lines[k],
            "duplicate",
            "one lot for each serial",
            f"{own} in the register already, in lot {lot}",
        )
    return parts


def _note_moved(
    moves: Sequence[Move], fresh: Mapping[int, Range], findings: LineFindings, related: Related
) -> set[int]:
    """Serials of new ranges that were named for lots; lines of ranges of related lots."""
    parts, by_lot = set[int](), defaultdict[str, list[Range]](list)
    for move in moves:
        by_lot[move.serials.lot].append(move.serials)
    for lot, ranges in by_lot.items() if fresh else ():
        named = joined(ranges)
        table = RangeTable.of([*named, *fresh.values()])
        for one, other in table.overlaps():
            if not one < len(named) <= other:
                continue
            line = [*fresh][other - len(named)]
            if lot == fresh[line].lot or "/" in lot or related(fresh[line].lot, lot):
                parts.add(line)
                continue
            findings.note(
                line,
                "duplicate",
                "ranges that do not overlap",
                f"{fresh[line].span} of lot {fresh[line].lot}, and {named[one].span} of lot {lot}",
            )
    return parts


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

    sources: dict[str, list[Source]] = defaultdict(list)
    for run in runs:
        file = RunFile(folder, run, ".lots.parquet")
        for piece in lot_pieces(folder, run):
            source = of_piece(piece, lambda file=file: file, sizes)  # type: ignore[misc]  # bound here
            sources[piece.lot].append(source)
    index, start = [], 0
    for lot, some in sorted(sources.items()):
        rows = sum(s.rows for s in some)
        index.append(Piece(lot, rows, min(s.first for s in some), max(s.last for s in some), start))
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
