"""A genealogy's arrays on disk, beside the book, mapped into memory when they are opened.

A folder holds versions; ``current`` names the one that is whole. A new version is written beside
the old one and named when all of it is on the disk, so that a crash leaves the old one. One process
writes at a time, so every other version is left over and is deleted; other folders stay. Opening
maps the arrays copy-on-write: what a process adds is its own until it saves. The arrays follow from
the book; if they belong to another book, or are cut short, they are made again. Changed bytes
inside of them are not detected.
"""

import json
import re
import shutil
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from loopbook.book import NOW, AsOf, Book, seal_of
from loopbook.errors import InputError
from loopbook.files import is_book, one_writer, sync, write_whole
from loopbook.trace.genealogy.arrays import Graph
from loopbook.trace.genealogy.columns import MASS
from loopbook.trace.genealogy.genealogy import Genealogy
from loopbook.trace.genealogy.names import Names
from loopbook.trace.genealogy.numpy_loops import Kernels

VERSION = 2
_NAMES = {"text": np.uint8, "ends": np.int64, "hashes": np.uint64, "order": np.int64}
_WORTH = 1 / 16  # share of new lots from which on a save is worth its time
_VERSION = re.compile(r"\d{16}-\d+")  # name of a version's folder; others are not ours
_LOOKS = 3  # while others name new versions


def open_genealogy(book: Book, folder: Path, *, kernels: Kernels | None = None) -> Genealogy:
    """The genealogy of a book as it is: what the folder holds, and what came since.

    Parameters
    ----------
    book : an open book.
    folder : where the arrays are; made if it is absent, and written again when much was added.
    kernels : who runs the inner loops.
    """
    genealogy = read_genealogy(book, folder, kernels=kernels)
    before = 0 if genealogy is None else len(genealogy.graph)
    if genealogy is None:
        genealogy = Genealogy.of(book, kernels=kernels)
    else:
        genealogy.update(book)
    if genealogy.graph.regrown or len(genealogy.graph) > before * (1 + _WORTH):
        save_genealogy(genealogy, book, folder)
    return genealogy


def genealogy_beside(book: Book, asof: AsOf = NOW, *, keep: bool = False) -> Genealogy:
    """The genealogy of a book: from the arrays beside its file, where they are, or from its events.

    Parameters
    ----------
    keep : whether to write the arrays where they are not.
    """
    folder = Path(f"{book.address}.genealogy")
    if asof.now and "://" not in book.address and (keep or folder.exists()):
        return open_genealogy(book, folder)
    return Genealogy.of(book, asof=asof)


def save_genealogy(genealogy: Genealogy, book: Book, folder: Path, *, wait_s: float = 60.0) -> None:
    """Write a genealogy's arrays; processes that have the old ones open keep them.

    Parameters
    ----------
    wait_s : how long to wait for another process that is saving, seconds.

    Raises
    ------
    InputError : the genealogy is as of a past moment; the folder is for what the book knows now.
    StorageError : the disk refuses, or another process is still saving after `wait_s`.
    """
    if not genealogy.asof.now:
        raise InputError.of(
            "asof", str(folder), "a genealogy of all that the book knows", f"one {genealogy.asof}"
        )
    with one_writer(folder, wait_s=wait_s):
        stem = f"{genealogy.last:016d}"
        version = next(v for n in count() if not (folder / (v := f"{stem}-{n}")).exists())
        _write_version(genealogy, _leaf(book, genealogy.last), folder / version)
        write_whole(folder / "current", version.encode())
        for old in folder.iterdir():
            ours = _VERSION.fullmatch(old.name) and old.name != version
            if ours and not any(map(is_book, old.rglob("*"))):
                shutil.rmtree(old, ignore_errors=True)


def _write_version(genealogy: Genealogy, leaf: str, place: Path) -> None:
    """Write arrays into a new folder; the header, which marks them as whole, comes last."""
    graph = genealogy.graph
    graph.names.settle()
    place.mkdir()
    arrays = {name: column.all for name, column in graph.columns.items()}
    arrays |= {f"names {name}": getattr(graph.names, name) for name in _NAMES}
    for name, array in arrays.items():
        with (place / f"{name}.bin").open("wb") as file:
            np.ascontiguousarray(array).tofile(file)
            if name in graph.columns:
                np.zeros(len(array) // 16 + 64, array.dtype).tofile(file)
        sync(place / f"{name}.bin")
    header = {
        "version": VERSION,
        "last": genealogy.last,
        "leaf": leaf,
        "substances": graph.substances,
        "materials": graph.materials,
        "ends": graph.end_keys,
        "sizes": {name: len(array) for name, array in arrays.items()},
    }
    write_whole(place / "header.json", json.dumps(header).encode())


def _leaf(book: Book, number: int) -> str:
    """Hash of an event, by which books are distinguished."""
    return seal_of(book.store, number).hex()


def read_genealogy(book: Book, folder: Path, *, kernels: Kernels | None = None) -> Genealogy | None:
    """The genealogy that a folder holds; None if it holds none of this book, or a damaged one."""
    version = None
    for _ in range(_LOOKS):
        try:
            before, version = version, (folder / "current").read_text(encoding="utf-8")
            if version == before:
                return None
            return _read_version(book, folder / version, kernels)
        except (OSError, ValueError, KeyError, TypeError):
            continue  # damaged; or another process has named a new version and deleted this one
    return None


def _read_version(book: Book, place: Path, kernels: Kernels | None) -> Genealogy | None:
    header = json.loads((place / "header.json").read_text(encoding="utf-8"))
    substances, last = tuple(header["substances"]), int(header["last"])
    if header["version"] != VERSION or header["leaf"] != _leaf(book, last):
        return None
    if substances != book.substances[: len(substances)]:
        return None
    graph = Graph(substances, kernels)
    graph.materials = list(header["materials"])
    for end, out in header["ends"]:
        graph.end_number(end, out)
    sizes = header["sizes"]
    kinds = {name: column.room.dtype for name, column in graph.columns.items()}
    kinds |= {f"names {name}": np.dtype(kind) for name, kind in _NAMES.items()}
    arrays = {x: _mapped(place / f"{x}.bin", kind, sizes[x]) for x, kind in kinds.items()}
    for name, column in graph.columns.items():
        column.room, column.size = arrays[name], sizes[name]
    names = (arrays[f"names {name}"][: sizes[f"names {name}"]] for name in _NAMES)
    graph.names = Names(*names)
    _check(graph, sizes, last)
    return Genealogy(graph, last)


def _check(graph: Graph, sizes: Mapping[str, int], last: int) -> None:
    """Raise a ValueError if the arrays do not belong together."""
    lots, edges, rows = len(graph), len(graph.parent), len(graph.outside_lot)
    per_lot = ("material", "level", "head", "outside_head", "names hashes", "names order")
    expected = {
        **dict.fromkeys(per_lot, lots),
        "in_ptr": lots + 1,
        "names ends": lots + 1,
        "child": edges,
        "following": edges,
        "outside_end": rows,
        "outside_next": rows,
    }
    for name in (MASS, *graph.substances):
        expected |= {f"total {name}": lots, f"content {name}": edges, f"outside {name}": rows}
    fits = lots >= 0 and all(sizes[name] == size for name, size in expected.items())
    if not fits or graph.in_ptr[lots] != edges or graph.names.ends[lots] != sizes["names text"]:
        raise ValueError("arrays that do not belong together")
    if lots and graph.event[-1] > last:
        raise ValueError("arrays of later events")


def _mapped(path: Path, kind: np.dtype[Any], size: int) -> NDArray[Any]:
    """An array mapped copy-on-write; a file cut short is a ValueError."""
    if not size:
        return np.empty(0, kind)
    array = np.memmap(path, kind, mode="c")
    if len(array) < size:
        raise ValueError(f"{path} is cut short")
    return array.view(np.ndarray)
