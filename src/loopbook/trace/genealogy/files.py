"""A genealogy's arrays on disk, beside the book, mapped into memory when they are opened.

A folder holds versions; ``current`` names the one that is whole. A new version is written beside
the old one and named when all of it is on disk, so that a crash leaves the old one. Who writes
holds ``lock``, which falls with the process; so what is neither named nor being written is
somebody's left-over and is taken away. Opening maps the arrays copy-on-write: what a process adds
is its own until it saves. The arrays follow from the book; if they are of another book, or cut
short, they are made anew. Bytes that somebody changed inside of them are not looked for.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loopbook.errors import Finding, InputError, StorageError
from loopbook.trace.genealogy.arrays import MASS, Column, Graph
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import Kernels

if TYPE_CHECKING:
    from loopbook.book import Book


VERSION = 2
_NAMES = ("text", "ends", "hashes", "order")
_WORTH = 1 / 16  # part that is new, from which on a save is worth its time
_WAIT_S = 60  # for another process that is saving
_LOOKS = 3  # while others name new versions


def open_genealogy(book: Book, folder: Path, *, kernels: Kernels | None = None) -> Genealogy:
    """The genealogy of a book as it stands: what the folder holds, and what came since.

    Parameters
    ----------
    book : an open book.
    folder : where the arrays lie; made, and written anew when much was added.
    kernels : who runs the inner loops.
    """
    found = _opened(book, folder, kernels)
    before = 0 if found is None else len(found.graph)
    if found is None:
        found = Genealogy.of(book, kernels=kernels)
    else:
        found.update(book)
    if len(found.graph) > before * (1 + _WORTH):
        save_genealogy(found, book, folder)
    return found


def save_genealogy(genealogy: Genealogy, book: Book, folder: Path) -> None:
    """Write a genealogy's arrays; whoever has the old ones open keeps them.

    Raises
    ------
    InputError : it is as of a moment; whoever opens the folder wants what the book knows now.
    StorageError : the disk refuses; or another process has been saving for a minute.
    """
    if not genealogy.asof.now:
        expected = "a genealogy of all that the book knows"
        raise InputError([Finding("asof", str(folder), expected, f"one {genealogy.asof}")])
    with _alone(folder):
        stem = f"{genealogy.last:016d}"
        version = next(v for n in count() if not (folder / (v := f"{stem}-{n}")).exists())
        _write_version(genealogy, _leaf(book, genealogy.last), folder / version)
        _write(folder / "current.new", version.encode())
        (folder / "current.new").replace(folder / "current")
        for old in folder.iterdir():
            if old.is_dir() and old.name != version:
                shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: an empty database that is being written, on every system."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = sqlite3.connect(folder / "lock", timeout=_WAIT_S, isolation_level=None)
        with closing(lock):
            lock.execute("BEGIN EXCLUSIVE")
            yield
    except (OSError, sqlite3.DatabaseError) as error:
        busy = isinstance(error, sqlite3.DatabaseError) and "locked" in str(error)
        why = "somebody else is saving there" if busy else str(error)
        raise StorageError(f"{folder}: the arrays are not saved: {why}") from error


def _write_version(genealogy: Genealogy, leaf: str, place: Path) -> None:
    """Write arrays into a new folder; the header, which says that they are whole, is the last."""
    graph = genealogy.graph
    graph.names = graph.names.settled()
    place.mkdir()
    sizes = {}
    for name, column in graph.columns.items():
        sizes[name] = column.size
        spare = np.zeros(column.size // 16 + 64, column.room.dtype)
        _write(place / f"{name}.bin", column.all, spare)
    for name in _NAMES:
        part = getattr(graph.names, name)
        sizes[f"names {name}"] = len(part)
        _write(place / f"names {name}.bin", part)
    told = {
        "version": VERSION,
        "last": genealogy.last,
        "leaf": leaf,
        "substances": graph.substances,
        "materials": graph.materials,
        "ends": graph.end_keys,
        "sizes": sizes,
    }
    _write(place / "header.json", json.dumps(told).encode())


def _write(path: Path, *parts: Any) -> None:
    with path.open("wb") as file:
        for part in parts:
            if isinstance(part, bytes):
                file.write(part)
            else:
                np.ascontiguousarray(part).tofile(file)
        file.flush()
        os.fsync(file.fileno())


def _leaf(book: Book, number: int) -> str:
    """Hash of an event, which tells one book from another."""
    found = book.store.rows("SELECT leaf FROM event WHERE id = ?", (number,))
    return bytes(found[0][0]).hex() if found else ""


def _opened(book: Book, folder: Path, kernels: Kernels | None) -> Genealogy | None:
    """What a folder holds of this book; None if there is nothing that fits."""
    version = None
    for _ in range(_LOOKS):
        try:
            before, version = version, (folder / "current").read_text(encoding="utf-8")
            if version == before:
                return None
            return _read_version(book, folder / version, kernels)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged; or somebody has named another version and taken this one away
    return None


def _read_version(book: Book, place: Path, kernels: Kernels | None) -> Genealogy | None:
    told = json.loads((place / "header.json").read_text(encoding="utf-8"))
    substances, last = tuple(told["substances"]), int(told["last"])
    if told["version"] != VERSION or told["leaf"] != _leaf(book, last):
        return None
    if substances != book.substances[: len(substances)]:
        return None
    graph = Graph(substances, kernels)
    graph.materials = list(told["materials"])
    for end, out in told["ends"]:
        graph.end_number(end, out=out)
    sizes = told["sizes"]
    for name, column in graph.columns.items():
        room = _mapped(place / f"{name}.bin", column.room.dtype, sizes[name])
        graph.columns[name] = Column(room.dtype, room, sizes[name])
    kinds = (np.uint8, np.int64, np.uint64, np.int64)
    text, ends, hashes, order = [
        _mapped(place / f"names {name}.bin", np.dtype(kind), sizes[f"names {name}"])[
            : sizes[f"names {name}"]
        ]
        for name, kind in zip(_NAMES, kinds, strict=True)
    ]
    graph.names = Names(text, ends, hashes, order)
    _check(graph, sizes, last)
    return Genealogy(graph, last)


def _check(graph: Graph, sizes: Mapping[str, int], last: int) -> None:
    """Arrays that belong together; else a ValueError."""
    lots, edges, rows = len(graph), len(graph.parent), len(graph.outside_lot)
    per_lot = ("material", "level", "head", "outside_head", "names hashes", "names order")
    wanted = {
        **dict.fromkeys(per_lot, lots),
        "in_ptr": lots + 1,
        "names ends": lots + 1,
        "child": edges,
        "following": edges,
        "outside_end": rows,
        "outside_next": rows,
    }
    for name in (MASS, *graph.substances):
        wanted |= {f"total {name}": lots, f"content {name}": edges, f"outside {name}": rows}
    fits = lots >= 0 and all(sizes[name] == size for name, size in wanted.items())
    if not fits or graph.in_ptr[lots] != edges or graph.names.ends[lots] != sizes["names text"]:
        raise ValueError("arrays that do not belong together")
    if lots and graph.event[-1] > last:
        raise ValueError("arrays of later events")


def _mapped(path: Path, kind: Any, size: int) -> Any:
    if not size:
        return np.empty(0, kind)
    found = np.memmap(path, kind, mode="c")
    if len(found) < size:
        raise ValueError(f"{path} is cut short")
    return found.view(np.ndarray)
