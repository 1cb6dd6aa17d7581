"""The manifest of a register: the one small file that lists the files that count.

It names the runs with their months, sizes and least and greatest serials, the file of ranges, and
what was imported, by the digest of its content. A change of the register is a new manifest.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from loopbook.errors import StorageError
from loopbook.files import PART, is_book, part_of, readable, settle, sync, write_whole
from loopbook.serials.moves import NAMES
from loopbook.serials.ranges import RANGES, RangeTable
from loopbook.serials.runs import ENDINGS, Run

_FORMAT = "loopbook serials 2"
_FORMATS = ("loopbook serials 1", _FORMAT)
_NAME = "manifest.json"
_RANGES = "ranges-"


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was imported: SHA-256 of its content, its name, rows and month."""

    digest: str
    file: str
    rows: int
    month: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a register holds.

    Parameters
    ----------
    number : of the next file; never used twice.
    ranges : name of the file of ranges; empty if there is none.
    runs, taken : runs and imported files, in the order in which they came.
    moves : name of the file of moves; empty if there is none.
    event, seal : number and seal of the book's last event whose moves it has; 0 for none.
    """

    number: int = 1
    ranges: str = ""
    runs: Sequence[Run] = field(default_factory=tuple)
    taken: Sequence[Taken] = field(default_factory=tuple)
    moves: str = ""
    event: int = 0
    seal: str = ""


def read_manifest(folder: Path) -> Manifest:
    """Manifest of a folder; an empty one if there is none."""
    path = folder / _NAME
    if not path.exists():
        return Manifest()
    with readable(path):
        content = json.loads(path.read_text(encoding="utf-8"))
    try:
        if content["format"] not in _FORMATS:
            raise StorageError(f"{path}: written by another version: {content['format']!r}")
        runs = tuple(Run(**row) for row in content["runs"])
        taken = tuple(Taken(**row) for row in content["imports"])
        step = (content.get("moves", ""), int(content.get("event", 0)), content.get("seal", ""))
        return Manifest(int(content["number"]), str(content["ranges"]), runs, taken, *step)
    except (KeyError, TypeError, ValueError) as error:
        raise StorageError(f"{path}: damaged: {error!r}") from error


def commit(folder: Path, manifest: Manifest) -> None:
    """Make a manifest the one that counts; its files must have their names already."""
    sync(folder)
    content = asdict(manifest)
    content["imports"] = content.pop("taken")
    text = json.dumps({"format": _FORMAT, **content}, indent=1, ensure_ascii=False)
    write_whole(folder / _NAME, f"{text}\n".encode())


def sweep(folder: Path, manifest: Manifest) -> None:
    """Delete what writers left over: files of a register's names that the manifest has not."""
    kept = {f"{run.name}{ending}" for run in manifest.runs for ending in ENDINGS}
    kept |= {manifest.ranges, manifest.moves, _NAME}
    for path in sorted(folder.iterdir()):
        ours = path.name.endswith((PART, *ENDINGS)) or path.name.startswith((_RANGES, NAMES))
        if ours and path.name not in kept and not is_book(path):
            path.unlink(missing_ok=True)


def read_ranges(folder: Path, manifest: Manifest) -> RangeTable:
    """Ranges of a register."""
    if not manifest.ranges:
        return RangeTable.of([])
    path = folder / manifest.ranges
    with readable(path):
        return RangeTable(pq.read_table(path.absolute(), schema=RANGES, use_threads=False))


def write_ranges(folder: Path, ranges: RangeTable, number: int) -> str:
    """Write a new file of ranges; return its name."""
    path = folder / f"{_RANGES}{number:06d}.parquet"
    pq.write_table(ranges.columns, part_of(path.absolute()), compression="zstd")
    settle(part_of(path))
    return path.name
