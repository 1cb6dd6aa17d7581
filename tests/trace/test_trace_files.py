"""Arrays on disk: damaged, of another book, half written, and written by several at once."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from trace_books import Desk, a_book
from trace_compare import same

from loopbook.book import Book
from loopbook.errors import StorageError
from loopbook.trace import Genealogy, open_genealogy, save_genealogy
from loopbook.trace.genealogy import files
from loopbook.trace.genealogy.files import read_genealogy
from support.crash import pull
from support.shelves import sqlite_shelf


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A book that these tests read only."""
    made = a_book(sqlite_shelf(tmp_path_factory.mktemp("book")), 7, 80)
    yield made
    made.book.close()


@pytest.fixture
def folder(tmp_path: Path, desk: Desk) -> Path:
    place = tmp_path / "arrays"
    save_genealogy(Genealogy.of(desk.book), desk.book, place)
    return place


def version(folder: Path) -> Path:
    return folder / (folder / "current").read_text()


def opens_right(book: Book, folder: Path) -> None:
    """And what is written anew is whole."""
    anew = Genealogy.of(book)
    same(open_genealogy(book, folder), anew)
    found = read_genealogy(book, folder)
    assert found is not None
    same(found, anew)


FILES = (
    "header.json",
    "parent.bin",
    "in_ptr.bin",
    "outside_end.bin",
    "total Ni.bin",
    "content Li.bin",
    "names text.bin",
    "names ends.bin",
    "names hashes.bin",
)
DAMAGES: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:8]),
    "cut by a byte": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_made_anew(desk: Desk, folder: Path, damage: str) -> None:
    for name in FILES:
        DAMAGES[damage](version(folder) / name)
        assert read_genealogy(desk.book, folder) is None
        opens_right(desk.book, folder)


HEADERS: dict[str, Callable[[dict[str, object]], object]] = {
    "a list": lambda told: [],
    "text": lambda told: "header",
    "of another version": lambda told: told | {"version": 1},
    "without a leaf": lambda told: told | {"leaf": ""},
    "of a later event": lambda told: told | {"last": 10**6},
    "of the event before": lambda told: told | {"last": int(str(told["last"])) - 1},
    "without sizes": lambda told: told | {"sizes": {}},
    "with fewer lots": lambda told: told | {"sizes": {**told["sizes"], "event": 3}},
    "with no lots": lambda told: told | {"sizes": dict.fromkeys(told["sizes"], 0)},
    "with other substances": lambda told: told | {"substances": ["Li", "Ni", "other"]},
    "with ends of an old kind": lambda told: told | {"ends": ["supplier/LGES//"]},
}


@pytest.mark.parametrize("kind", HEADERS)
def test_a_wrong_header_is_made_anew(desk: Desk, folder: Path, kind: str) -> None:
    header = version(folder) / "header.json"
    header.write_text(json.dumps(HEADERS[kind](json.loads(header.read_text()))))
    assert read_genealogy(desk.book, folder) is None
    opens_right(desk.book, folder)


@pytest.mark.parametrize("text", [b"", b"none", b"\xff\xfe", b"a\0b", b"..", b"header.json"])
def test_a_wrong_pointer_is_made_anew(desk: Desk, folder: Path, text: bytes) -> None:
    (folder / "current").write_bytes(text)
    opens_right(desk.book, folder)


@pytest.mark.parametrize("substances", [("Ni", "Li", "other"), ("Li", "Ni", "other")])
def test_arrays_of_another_book(folder: Path, tmp_path: Path, substances: tuple[str, ...]) -> None:
    """It has as many events, or none; its arrays are taken for nobody else's."""
    (tmp_path / "other").mkdir()
    other = Desk(sqlite_shelf(tmp_path / "other"), substances)
    save_genealogy(Genealogy.of(other.book), other.book, tmp_path / "none")
    for n in range(200):
        other.receive(f"X{n}", 1, {"Li": "0.25"})
    opens_right(other.book, folder)
    (tmp_path / "third").mkdir()
    third = Desk(sqlite_shelf(tmp_path / "third"), tuple(reversed(substances)))
    third.receive("Y", 1, {"Li": "0.25"})
    opens_right(third.book, tmp_path / "none")
    other.book.close()
    third.book.close()


def test_an_empty_book(tmp_path: Path) -> None:
    with Book(tmp_path / "book.sqlite", create=True) as book:
        for _ in range(2):
            assert len(open_genealogy(book, tmp_path / "arrays").graph) == 0
        save_genealogy(Genealogy.of(book), book, tmp_path / "arrays")
        opens_right(book, tmp_path / "arrays")


def test_a_crash_leaves_the_old_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it happens: before a file is on the disk, before the new version is named."""
    (tmp_path / "book").mkdir()
    desk = Desk(sqlite_shelf(tmp_path / "book"))
    desk.receive("A", 10)
    folder = tmp_path / "arrays"
    old = Genealogy.of(desk.book)
    save_genealogy(old, desk.book, folder)
    before = version(folder).name
    desk.receive("B", 10)
    new = Genealogy.of(desk.book)
    for stop in range(100):
        if not pull(monkeypatch, stop, lambda: save_genealogy(new, desk.book, folder)):
            break
        kept = read_genealogy(desk.book, folder)
        assert kept is not None
        if version(folder).name == before:
            same(kept, old)
        else:  # it stopped after the new version was named
            same(kept, new)
            save_genealogy(old, desk.book, folder)
            before = version(folder).name
    assert stop > 20
    assert version(folder).name != before
    opens_right(desk.book, folder)
    names = {x.name for x in folder.iterdir()}
    assert names == {"current", "lock", version(folder).name}  # nothing is left over
    desk.book.close()


def test_saving_what_is_open_keeps_it_whole(desk: Desk, folder: Path) -> None:
    """A process writes anew what it has mapped itself."""
    first = open_genealogy(desk.book, folder)
    names = set()
    for _ in range(3):
        save_genealogy(first, desk.book, folder)
        names.add(version(folder).name)
        same(first, Genealogy.of(desk.book))
        opens_right(desk.book, folder)
    assert len(names) > 1


def test_a_version_that_is_taken_away_while_it_is_read(
    desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = files._read_version
    seen = []

    def meddled(book: Book, place: Path, kernels: object) -> Genealogy | None:
        seen.append(place.name)
        if len(seen) == 1:
            save_genealogy(Genealogy.of(book), book, folder)
            assert not place.exists()
        return read(book, place, None)

    monkeypatch.setattr(files, "_read_version", meddled)
    found = read_genealogy(desk.book, folder)
    assert found is not None
    same(found, Genealogy.of(desk.book))
    assert len(set(seen)) == 2


def test_another_process_that_saves_for_too_long(desk: Desk, folder: Path) -> None:
    genealogy = Genealogy.of(desk.book)
    with closing(sqlite3.connect(folder / "lock", isolation_level=None)) as lock:
        lock.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="another process is writing"):
            save_genealogy(genealogy, desk.book, folder, wait_s=0.05)
    save_genealogy(genealogy, desk.book, folder)


def test_a_disk_that_refuses(
    desk: Desk, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file where the folder should be, a lock that is none, a full disk: no harm is done."""
    genealogy = Genealogy.of(desk.book)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot be written"):
        save_genealogy(genealogy, desk.book, tmp_path / "file")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            save_genealogy(genealogy, desk.book, folder)
    opens_right(desk.book, folder)
    (folder / "lock").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match="not a database"):
        save_genealogy(genealogy, desk.book, folder)


def test_several_save_at_once(desk: Desk, folder: Path) -> None:
    """Each finds a whole version at any time, and none takes away what another one is writing."""
    wrong: list[str] = []

    def work(n: int) -> None:
        with desk.shelf.open() as book:
            for _ in range(6):
                try:
                    found = open_genealogy(book, folder)
                    save_genealogy(found, book, folder)
                except (OSError, ValueError, StorageError) as error:
                    wrong.append(f"{n}: {error!r}")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert wrong == []
    opens_right(desk.book, folder)
    assert len([x for x in folder.iterdir() if x.is_dir()]) == 1


PROCESS = """
import sys
from pathlib import Path
from loopbook.book import Book
from loopbook.trace import open_genealogy, save_genealogy
with Book(sys.argv[1]) as book:
    for _ in range(15):
        found = open_genealogy(book, Path(sys.argv[2]))
        save_genealogy(found, book, Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_several_processes_save_and_some_die(desk: Desk, folder: Path) -> None:
    shutil.rmtree(folder)
    words = [sys.executable, "-c", PROCESS, desk.shelf.address, str(folder)]
    for dies in (True, False):
        running = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(3)]
        if dies:
            while not (folder / "current").exists():
                assert running[0].poll() is None
            running[0].kill()
        ends = [one.communicate(timeout=120)[1] for one in running]
        assert ends[1:] == ["", ""]
        assert dies or ends[0] == ""
        opens_right(desk.book, folder)
