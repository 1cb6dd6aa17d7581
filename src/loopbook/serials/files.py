"""Files of a register that are whole or not there: part files, syncs, renames, one writer.

Every file is written under a name that ends in ``.part``, forced to the disk and renamed; the
manifest, which names all files that count, is replaced last. So at any moment the folder holds one
manifest and every file that it names; whatever else lies there is left over and is swept away by
the next writer.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from loopbook.errors import StorageError

PART = ".part"


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Force names of a folder to the disk, where the system can."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def settle(part: Path) -> None:
    """Give a written part file its name."""
    _sync(part)
    part.replace(part.with_name(part.name.removesuffix(PART)))


def write_json(path: Path, data: object) -> None:
    """Write or replace a JSON file: its readers see the old or the new one."""
    part = path.with_name(path.name + PART)
    part.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    settle(part)
    sync_folder(path.parent)


def read_json(path: Path) -> Any:
    """Read a JSON file; None if there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: not readable: {error}") from error


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Tell what goes wrong with a register's own file."""
    try:
        yield
    except FileNotFoundError as error:
        text = f"{path}: gone; if it was compacted meanwhile, open the register again"
        raise StorageError(text) from error
    except (OSError, pa.ArrowInvalid, ValueError) as error:
        raise StorageError(f"{path}: damaged or not readable: {error}") from error


@contextmanager
def one_writer(folder: Path) -> Iterator[None]:
    """Hold the register for writing; a second writer is refused, and a crash lets go.

    The lock is SQLite's on an empty file, which works on every system that Python runs on.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        link = sqlite3.connect(folder / "lock", timeout=0, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        raise StorageError(f"{folder}: cannot be written: {error}") from error
    with closing(link):
        try:
            link.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise StorageError(f"{folder}: held by another writer, or not writable") from error
        yield
