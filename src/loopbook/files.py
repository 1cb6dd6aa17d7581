"""Files and folders that are whole or absent, and a lock that lets one process write at a time.

A file or a folder is written beside its place, forced to the disk and renamed. So a reader finds
the old version or the new one and never half of one, even after a crash. What a crash leaves
behind ends in ``.part`` or is a hidden folder; it is never read, and the next writer removes such
a folder.

>>> with tempfile.TemporaryDirectory() as folder:
...     with one_writer(Path(folder)):
...         write_whole(Path(folder) / "current", b"version 1")
...     (Path(folder) / "current").read_bytes()
b'version 1'
"""

import glob
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path

from loopbook.errors import Finding, InputError, StorageError

PART = ".part"
_WRONG_NAME = (
    FileExistsError,
    FileNotFoundError,
    IsADirectoryError,
    NotADirectoryError,
    PermissionError,
)  # errors that another name may mend; a full disk is none
_SQLITE = b"SQLite format 3\x00"
_BESIDE = ("-wal", "-shm", "-journal")  # files in which SQLite keeps what is not in a book yet


def is_book(path: Path) -> bool:
    """Whether a file is a book, or another database, or what SQLite keeps beside one."""
    names = [path.name.removesuffix(end) for end in _BESIDE if path.name.endswith(end)]
    for file in (path, *(path.with_name(name) for name in names if name)):
        if file.is_file():
            with file.open("rb") as raw:
                if raw.read(len(_SQLITE)) == _SQLITE:
                    return True
    return False


@contextmanager
def writing(*paths: Path) -> Iterator[None]:
    """Write files that a user names: none that is a book, and a finding where they cannot be.

    Raises
    ------
    InputError : a finding for each path that is a book, or why the first cannot be written.
    """
    refuse_book(*paths)
    try:
        yield
    except OSError as error:
        reason = error.strerror or "not writable"
        wrong_name = isinstance(error, _WRONG_NAME)
        hint = "give the name of a new file in a folder that is there" if wrong_name else ""
        finding = Finding("file", str(paths[0]), "a file that can be written", reason, hint)
        raise InputError([finding]) from error


def refuse_book(*paths: Path) -> None:
    """Refuse to write over a book: whatever writes to a file that a user names asks this first.

    Raises
    ------
    InputError : a finding for each path that is a book.
    """
    hint = "give the name of a new file"
    findings = [
        Finding("file", str(path), "a file that may be written over", "a book", hint)
        for path in paths
        if is_book(path)
    ]
    if findings:
        raise InputError(findings)


def sync(path: Path) -> None:
    """Force a file's content to the disk, or a folder's names where the system can."""
    if not path.is_dir():
        with path.open("rb+") as file:
            os.fsync(file.fileno())
    elif os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def part_of(path: Path) -> Path:
    """Name under which a file is written first."""
    return path.with_name(path.name + PART)


def settle(part: Path) -> None:
    """Force a part file to the disk and give it its name; an older file of that name goes."""
    sync(part)
    part.replace(part.with_name(part.name.removesuffix(PART)))


def write_whole(path: Path, content: bytes) -> None:
    """Write or replace a file; when this returns, it is on the disk under its name."""
    part = part_of(path)
    part.write_bytes(content)
    settle(part)
    sync(path.parent)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Report what prevents reading a file that other processes may replace."""
    try:
        yield
    except FileNotFoundError as error:
        raise StorageError(
            f"{path}: deleted; another process may have replaced it: open the folder again"
        ) from error
    except (OSError, ValueError) as error:
        raise StorageError(f"{path}: damaged or not readable: {error}") from error


@contextmanager
def whole_folder(folder: Path, *, own: Collection[Path] = ()) -> Iterator[Path]:
    """Write a folder: the block fills a new one, which then takes the place of the old one.

    If the block raises an exception, the old folder stays as it is. So it does, with an
    `InputError`, if a book is in it that the new folder has no file in place of and that is not
    among the caller's `own` files. A link keeps its place: the folder that it leads to is written.
    """
    place = _place(folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    clear_left(folder)
    with (
        tempfile.TemporaryDirectory(dir=place.parent, prefix=f".{place.name}-") as scratch,
        ExitStack() as held,
    ):
        with suppress(sqlite3.Error):  # a system without locks: what is left stays
            held.enter_context(closing(_locked(Path(scratch))))
        new, old = (Path(scratch) / name for name in ("new", "old"))
        new.mkdir()
        yield new
        for path in new.rglob("*"):
            sync(path)
        kept = {path.relative_to(new) for path in new.rglob("*")}
        old_files = {*folder.rglob("*")} - {*own} if folder.is_dir() else set[Path]()
        refuse_book(*(path for path in old_files if path.relative_to(folder) not in kept))
        try:
            if place.exists():
                place.rename(old)
            new.rename(place)
        finally:  # after an interrupt too
            if old.exists() and not place.exists():
                old.rename(place)


def clear_left(folder: Path) -> None:
    """Remove what killed writers of a folder left; a folder that one had moved is put back."""
    place = _place(folder)
    pattern = f".{glob.escape(place.name)}-{'[a-z0-9_]' * 8}"
    for scratch in place.parent.glob(pattern) if place.parent.is_dir() else ():
        names = {path.name for path in scratch.iterdir()} if scratch.is_dir() else set()
        if "lock" not in names or names - {"lock", "lock-journal", "new", "old"}:
            continue
        with suppress(OSError, sqlite3.Error):  # its writer is at work
            with closing(_locked(scratch)):
                if "old" in names and not place.exists():
                    (scratch / "old").rename(place)
            shutil.rmtree(scratch)


def _place(folder: Path) -> Path:
    """Where a folder is that may be a link."""
    return Path(os.path.realpath(folder))


def _locked(folder: Path, wait_s: float = 0.0) -> sqlite3.Connection:
    """The lock of a folder, held until it is closed or the process ends."""
    lock = sqlite3.connect(folder / "lock", timeout=wait_s, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.Error:
        lock.close()
        raise
    return lock


@contextmanager
def one_writer(folder: Path, *, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a folder for writing; the lock falls when the process ends, however it ends.

    The lock is SQLite's on an empty file, which works on every system that Python runs on.

    Parameters
    ----------
    folder : made if it is absent.
    wait_s : how long to wait for another writer, seconds.

    Raises
    ------
    StorageError : another process is writing, or the system refused to write, in the block too.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(_locked(folder, wait_s)):
            yield
    except (OSError, sqlite3.Error) as error:
        busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        reason = "another process is writing to it" if busy else str(error)
        raise StorageError(f"{folder}: cannot be written: {reason}") from error
