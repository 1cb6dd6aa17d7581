"""No command writes over a book or deletes one, whatever the book's file is called."""

from __future__ import annotations

import json
import re
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import loopbook
from loopbook.book import Book
from loopbook.book.storage.sqlite import store
from loopbook.cases import run_case
from loopbook.cli import main
from loopbook.errors import InputError, StorageError
from loopbook.files import is_book, refuse_book, whole_folder
from loopbook.report import RunResult, write_result
from support import lots
from support.world import Envelopes

STARTER = Path(__file__).parents[2] / "cases" / "starter"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a book of one lot and serials of its cells."""
    monkeypatch.chdir(tmp_path)
    make_book("book.sqlite")
    Path("cells.csv").write_text("lot,serial\nL-1,A1\n")
    assert run("serials", "import", "cells.csv").exit_code == 0
    return tmp_path


def make_book(name: str) -> None:
    book_of_lots = Envelopes()
    with Book(name, create=True, substances=lots.SUBSTANCES) as book:
        book.post([*lots.nouns(book_of_lots), lots.receive(book_of_lots, "L-1")])


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def has_its_lot(path: str | Path) -> bool:
    with Book(path) as book:
        return [account.lot for account in book.balances() if account.kind == "lot"] == ["L-1"]


STATEMENT = ("book", "statement", "--from", "2026-03-01T00:00Z", "--to", "2026-04-01T00:00Z")
WRITERS = [
    ("book", "balance", "--save", "x.csv"),
    ("book", "log", "--save", "x.jsonl"),
    ("book", "lots", "--save", "x.xlsx"),
    ("book", "schema", "--save", "x-columns.parquet"),
    ("book", "kinds", "--save", "x-files.csv"),
    ("suspect", "L-1", "--certificates", "no.csv", "--save", "x-certificates.arrow"),
    ("trace", "L-1", "--out", "x.svg"),
    ("recall", "L-1", "--out", "x.json"),
    ("path", "L-1", "L-1", "--out", "x.graphml"),
    ("serials", "list", "L-1", "--out", "x.csv"),
    ("serials", "list", "L-1", "--out", "x.parquet"),
    ("serials", "count", "L-1", "--save", "x.csv"),
    ("library", "search", "nickel", "--save", "x.csv"),
    ("units", "--save", "x.csv"),
]


@pytest.mark.parametrize("link", [False, True], ids=["itself", "a link to it"])
@pytest.mark.parametrize("call", WRITERS, ids=" ".join)
def test_a_file_that_is_a_book_is_not_written_over(
    folder: Path, call: tuple[str, ...], *, link: bool
) -> None:
    name = call[-1]
    make_book("ours.sqlite" if link else name)
    Path("no.csv").write_text("certificate,lot\nC-1,L-1\n")
    if link:
        Path(name).symlink_to("ours.sqlite")
    written = name.partition("-")[0] + Path(name).suffix if "-" in name else name
    result = run(*call[:-1], written)
    assert result.exit_code == 1, result.output
    assert f"{name}: file: expected a file that may be written over, found a book" in result.stderr
    assert has_its_lot(name)
    assert "give the name of a new file" in result.stderr  # the hint is followed
    answer = run(*call[:-1], f"new{Path(name).suffix}")
    assert answer.exit_code == 0, answer.output


@pytest.mark.parametrize("place", ["no such folder/x", "cells.csv/x", "taken"])
@pytest.mark.parametrize("call", WRITERS, ids=" ".join)
def test_a_file_that_cannot_be_written_is_a_finding(
    folder: Path, call: tuple[str, ...], place: str
) -> None:
    """It was a traceback; the advice is followed."""
    end = Path(call[-1]).suffix
    (folder / f"taken{end}").mkdir()
    for table in ("columns", "tables", "commands", "files", "certificates"):
        (folder / f"taken-{table}{end}").mkdir()
    Path("no.csv").write_text("certificate,lot\nC-1,L-1\n")
    result = run(*call[:-1], f"{place}{end}")
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.exception
    assert "cannot be written" in result.stderr or "a file that can be written" in result.stderr
    if "in a folder that is there" in result.stderr:
        assert run(*call[:-1], f"new{end}").exit_code == 0


def test_several_tables_are_written_or_none(folder: Path) -> None:
    """Sibling: a record of several tables makes a file each, and one of these names is taken."""
    make_book("all-files.csv")
    assert run("book", "kinds", "--save", "all.csv").exit_code == 1
    assert has_its_lot("all-files.csv")
    assert not Path("all-commands.csv").exists()


@pytest.mark.parametrize("end", ["-wal", "-shm", "-journal"])
def test_what_sqlite_keeps_beside_a_book(folder: Path, end: str) -> None:
    """Sibling: the last events may be in the log beside the file."""
    assert is_book(folder / f"book.sqlite{end}")
    assert not is_book(folder / f"notes{end}")
    assert not is_book(folder / end)


def test_files_that_are_no_book_are_written_over(folder: Path) -> None:
    Path("x.csv").write_text("old")
    assert run("book", "balance", "--save", "x.csv").exit_code == 0
    assert "old" not in Path("x.csv").read_text()


def test_an_export_keeps_a_book_that_has_the_name_of_its_file(folder: Path) -> None:
    assert run("book", "export", "--format", "csv", "--out", "export").exit_code == 0
    Path("export/lots.csv").unlink()
    make_book("export/lots.csv")
    for form in ("csv", "jsonl"):  # also where the new export has no such file
        result = run("book", "export", "--format", form, "--out", "export")
        assert result.exit_code == 1
        assert "export/lots.csv: file" in result.stderr
    assert has_its_lot("export/lots.csv")


def test_the_folder_of_a_genealogy_keeps_what_is_not_of_it(folder: Path) -> None:
    assert run("origins", "--keep").exit_code == 0
    kept = folder / "book.sqlite.genealogy"
    (kept / "backup").mkdir()
    make_book(str(kept / "backup" / "book.sqlite"))
    (folder / "more.jsonl").write_text(
        '{"kind": "split", "key": "w", "actor": "amy", "occurred_at": "2026-03-05T00:00:00Z", '
        '"lot": "L-1", "parts_kg": {"L-2": "1"}}'
    )
    versions = {path.name for path in kept.iterdir()}
    assert run("book", "post", "more.jsonl").exit_code == 0
    assert run("origins", "--keep").exit_code == 0
    assert versions != {path.name for path in kept.iterdir()}  # it was written again
    assert has_its_lot(kept / "backup" / "book.sqlite")


def test_the_folder_of_a_register_keeps_a_book(folder: Path) -> None:
    make_book("book.sqlite.serials/names-2026.part")
    assert run("serials", "add-range", "L-1", "B1", "B9").exit_code == 0
    assert has_its_lot("book.sqlite.serials/names-2026.part")


def test_a_folder_is_not_replaced_with_a_book_in_it(tmp_path: Path) -> None:
    """Sibling: whatever replaces a folder."""
    (tmp_path / "out" / "deep").mkdir(parents=True)
    make_book(str(tmp_path / "out" / "deep" / "it.sqlite"))
    with pytest.raises(InputError, match="found a book"), whole_folder(tmp_path / "out") as new:
        (new / "a.txt").write_text("a")
    assert has_its_lot(tmp_path / "out" / "deep" / "it.sqlite")
    refuse_book(tmp_path / "out", tmp_path / "no such file")


@pytest.fixture(scope="module")
def result() -> RunResult:
    return replace(run_case(STARTER), attachments={})


def test_a_run_keeps_books_among_its_tables(result: RunResult, tmp_path: Path) -> None:
    """A book of the user's in the folder of the tables went with them."""
    out = tmp_path / "out"
    write_result(result, out)
    make_book(str(out / "tables" / "mine.sqlite"))
    (out / "letters").mkdir()
    make_book(str(out / "letters" / "ours.sqlite"))
    with Book(out / "letters" / "ours.sqlite") as book:
        write_result(result, out)
        book.post(lots.nouns(Envelopes())[:1])  # it is open, and still the same file
    assert has_its_lot(out / "tables" / "mine.sqlite")
    assert has_its_lot(out / "letters" / "ours.sqlite")
    assert (out / "tables" / "cash.csv").exists()


@pytest.mark.parametrize("place", ["file/out", "file/deep/out"])
def test_a_run_that_cannot_be_written_is_a_finding(
    result: RunResult, tmp_path: Path, place: str
) -> None:
    """It was a traceback; the advice is followed."""
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(InputError, match="a file that can be written") as refused:
        write_result(result, tmp_path / place)
    assert refused.value.findings[0].where == str(tmp_path / place)
    assert refused.value.findings[0].hint == "give the name of a new file in a folder that is there"
    assert write_result(result, tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["report.html", "tables/cash.csv"])
def test_a_run_does_not_write_over_a_book(result: RunResult, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out"
    write_result(result, out)
    (out / name).unlink()
    make_book(str(out / name))
    with pytest.raises(InputError, match="found a book"):
        write_result(result, out)
    assert has_its_lot(out / name)
    assert json.loads((out / "summary.json").read_text())["kind"] == "loopbook-run"


def test_a_book_that_another_process_makes_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two make a book of one name at the same moment: the second is refused, the first stays."""
    path, first = tmp_path / "book.sqlite", store._is_first

    def too_late(file: Path) -> bool:
        monkeypatch.setattr(store, "_is_first", first)
        make_book(str(file))
        return first(file)

    monkeypatch.setattr(store, "_is_first", too_late)
    with pytest.raises(StorageError):
        Book(path, create=True)
    assert has_its_lot(path)


def test_half_of_a_new_book_does_not_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("disk full")

    path = tmp_path / "book.sqlite"
    monkeypatch.setattr(store.SqliteStore, "_make", full)
    with pytest.raises(StorageError):
        Book(path, create=True)
    assert not path.exists()
    with pytest.raises(StorageError):
        Book(tmp_path / "no such folder" / "book.sqlite", create=True)


_WRITES = re.compile(r"""\.write_(?:text|bytes)\(|\.open\("[wax]|\bopen\([^)]*"[wax]b?"|O_CREAT""")
_PLACES = {
    "book/log/kept.py": "only adds lines to a file whose lines it has read",
    "book/log/keys.py": "never over a file",
    "book/storage/sqlite/store.py": "never over a file",
    "files.py": "the gate itself; parts beside their files",
    "report/answers/writing.py": "asks the gate for all files of a record",
    "report/page/page.py": "into a new folder",
    "report/write.py": "into a new folder, after it has asked the gate",
    "serials/runs.py": "parts of a register",
    "trace/genealogy/files.py": "into a new folder",
    "trace/lineage/formats.py": "asks the gate",
}
"""Files of the source that write files, and why they write over no book."""


def test_every_place_that_writes_a_file_is_known() -> None:
    """A new one asks `refuse_book` first, or writes where nothing of a user's can be."""
    source = Path(loopbook.__file__).parent
    writing = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if _WRITES.search(re.sub(r"(?m)^ *(?:>>>|\.\.\.) .*$", "", path.read_text("utf-8")))
    }
    assert writing == set(_PLACES)
