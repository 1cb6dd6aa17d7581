"""A genealogy's arrays on disk, beside the book, mapped into memory when they are opened.

A folder holds versions; ``current`` names the one that is whole. A new version is written beside
the old one and named when all of it is on disk, so that a crash leaves the old one. Opening maps
the arrays copy-on-write: what a process adds is its own until it saves. The arrays follow from the
book; if they are of another book, or damaged, they are made anew.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loopbook.trace.genealogy import Genealogy
from loopbook.trace.graph import Column, Graph
from loopbook.trace.kernels import Kernels
from loopbook.trace.names import Names

if TYPE_CHECKING:
    from loopbook.book import Book

__all__ = ["open_genealogy", "save_genealogy"]

VERSION = 1
_NAMES = ("text", "ends", "hashes", "order")
_WORTH = 1 / 16  # part that is new, from which on a save is worth its time


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
    """Write a genealogy's arrays; whoever has the old ones open keeps them."""
    graph = genealogy.graph
    graph.names = graph.names.settled()
    folder.mkdir(parents=True, exist_ok=True)
    version = f"{genealogy.last:016d}-{os.getpid()}"
    place = folder / version
    shutil.rmtree(place, ignore_errors=True)
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
        "version": VERSION, "last": genealogy.last, "leaf": _leaf(book, genealogy.last),
        "substances": graph.substances, "materials": graph.materials, "ends": graph.ends,
        "sizes": sizes,
    }  # fmt: skip
    (place / "header.json").write_text(json.dumps(told), encoding="utf-8")
    pointer = folder / f"current.{os.getpid()}"
    pointer.write_text(version, encoding="utf-8")
    pointer.replace(folder / "current")
    for old in folder.iterdir():
        if old.is_dir() and old.name != version:
            shutil.rmtree(old, ignore_errors=True)


def _write(path: Path, *parts: Any) -> None:
    with path.open("wb") as file:
        for part in parts:
            np.ascontiguousarray(part).tofile(file)
        file.flush()
        os.fsync(file.fileno())


def _leaf(book: Book, number: int) -> str:
    """Hash of an event, which tells one book from another."""
    found = book.store.rows("SELECT leaf FROM event WHERE id = ?", (number,))
    return bytes(found[0][0]).hex() if found else ""


def _opened(book: Book, folder: Path, kernels: Kernels | None) -> Genealogy | None:
    """What a folder holds of this book; None if there is nothing that fits."""
    try:
        place = folder / (folder / "current").read_text(encoding="utf-8")
        told = json.loads((place / "header.json").read_text(encoding="utf-8"))
        if told["version"] != VERSION or told["leaf"] != _leaf(book, told["last"]):
            return None
        graph = Graph(told["substances"], kernels)
        graph.materials = list(told["materials"])
        for end in told["ends"]:
            graph.end_number(end)
        sizes = told["sizes"]
        for name, column in graph.columns.items():
            room = _mapped(place / f"{name}.bin", column.room.dtype, sizes[name])
            graph.columns[name] = Column(room.dtype, room, sizes[name])
        kinds = (np.uint8, np.int64, np.uint64, np.int64)
        parts = [
            _mapped(place / f"names {name}.bin", np.dtype(kind), sizes[f"names {name}"])
            for name, kind in zip(_NAMES, kinds, strict=True)
        ]
    except (OSError, ValueError, KeyError):
        return None
    text, ends, hashes, order = parts
    graph.names = Names(text, ends, hashes, order)
    return Genealogy(graph, int(told["last"]))


def _mapped(path: Path, kind: Any, size: int) -> Any:
    if not size:
        return np.empty(0, kind)
    found = np.memmap(path, kind, mode="c")
    if len(found) < size:
        raise ValueError(f"{path} is cut short")
    return found.view(np.ndarray)
