"""What a finding about serials advises is done, and the register then has what was meant."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_whereabouts import Plant

from loopbook.errors import InputError, StorageError
from loopbook.files import readable
from loopbook.serials import SerialRegister, import_serials
from loopbook.serials.whereabouts import NOT_SURE
from support.advice import follows

LOTS = frozenset({"CELL-1", "CELL-\u00e9"})
HEAD = "serial,lot\n"
GOOD = HEAD + "A-1,CELL-1\nA-2,CELL-1\n"


def taken_in(folder: Path, name: str, raw: bytes) -> int:
    """How many serials a file brings."""
    (folder / name).write_bytes(raw)
    return import_serials(folder / "r", folder / name, lots=LOTS, month="2026-03").serials


def parquet(folder: Path) -> bytes:
    pq.write_table(pa.table({"serial": ["A-1", "A-2"], "lot": ["CELL-1"] * 2}), folder / "p")
    return (folder / "p").read_bytes()


def workbook(folder: Path) -> bytes:
    from openpyxl import Workbook

    made = Workbook()
    made.save(folder / "w")
    return (folder / "w").read_bytes()


ACCENT = HEAD + "A-1,CELL-\u00e9\nA-2,CELL-\u00e9\n"
Raw = bytes | Callable[[Path], bytes]


@pytest.mark.parametrize(
    ("advice", "name", "wrong", "right_name", "right"),
    [
        ("name it .parquet", "s.csv", parquet, "s.parquet", parquet),
        ("save it as CSV", "s.csv", workbook, "s.csv", GOOD.encode()),
        ("save it as UTF-8", "s.csv", GOOD.encode("utf-16"), "s.csv", GOOD.encode()),
        ("save it as UTF-8", "s.csv", GOOD.encode("utf-16-le"), "s.csv", GOOD.encode()),
        ("save it as UTF-8", "s.csv", ACCENT.encode("cp1252"), "s.csv", ACCENT.encode()),
        (
            "save it as UTF-8",
            "s.csv",
            ("serial,lot,caf\u00e9\nA-1,CELL-1,\nA-2,CELL-1,\n").encode("cp1252"),
            "s.csv",
            ("serial,lot,caf\u00e9\nA-1,CELL-1,\nA-2,CELL-1,\n").encode(),
        ),
        (
            "save it as UTF-8",
            "s.csv",
            (HEAD + "A-1,CELL-1\nA-2\nA-2,CELL-\u00e9\n").encode("cp1252"),
            "s.csv",
            ACCENT.encode(),
        ),
        (
            "if the file is whole, end its last line",
            "s.csv",
            GOOD.rstrip("\n").encode(),
            "s.csv",
            GOOD.encode(),
        ),
        ("rename one of them", "s.csv", b"serial,lot,lot\n", "s.csv", GOOD.encode()),
        (
            "put a cell with a comma in quotes",
            "s.csv",
            b"serial,lot,note\nA-1,CELL-1,\nA-2,CELL-1,a,b\n",
            "s.csv",
            b'serial,lot,note\nA-1,CELL-1,\nA-2,CELL-1,"a,b"\n',
        ),
        (
            "separate columns by commas, not ';'",
            "s.csv",
            GOOD.replace(",", ";").encode(),
            "s.csv",
            GOOD.encode(),
        ),
        (
            "close the quotation mark",
            "s.csv",
            b'serial,lot\n"A-1\nA-2",CELL-1\n',
            "s.csv",
            GOOD.encode(),
        ),
        ("end its name in that of its format", "s.txt", GOOD.encode(), "s.csv", GOOD.encode()),
        (
            "the file is cut off or damaged; copy or export it again",
            "s.parquet",
            lambda folder: parquet(folder)[:-9],
            "s.parquet",
            parquet,
        ),
        (
            "are first and last swapped?",
            "s.csv",
            b"lot,prefix,first,last,width\nCELL-1,A-,2,1,1\n",
            "s.csv",
            b"lot,prefix,first,last,width\nCELL-1,A-,1,2,1\n",
        ),
    ],
)
def test_a_file_of_serials_is_mended_as_the_hint_says(
    tmp_path: Path, advice: str, name: str, wrong: Raw, right_name: str, right: Raw
) -> None:
    with pytest.raises(InputError) as caught:
        taken_in(tmp_path, name, wrong if isinstance(wrong, bytes) else wrong(tmp_path))
    follows(next(x for x in caught.value.findings if x.hint), advice)
    raw = right if isinstance(right, bytes) else right(tmp_path)
    assert taken_in(tmp_path, right_name, raw) == 2


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(tmp_path)


@pytest.mark.parametrize("way", ["in the command", "of the part"])
def test_serials_of_a_part_are_named(plant: Plant, way: str) -> None:
    """Of 1,000 cells 400 went; nobody knows which, until somebody says so."""
    key = plant.split("C-1", C_1a=400)
    assert plant.cells("C-1", "C-1a") == ["up to 1,000", "up to 1,000"]
    follows(
        plant.run("serials", "count", "C-1").output,
        "name them in the command (serials) when a lot is cut",
    )
    follows(NOT_SURE, "enter those of the part: loopbook serials add-range PART FIRST LAST")
    if way == "in the command":
        from loopbook import book as b

        plant.post(b.Reverse, event=key, reason="serials")
        plant.split("C-1", {"C-1b": ["P-0601 to P-1000"]}, C_1b=400)
        assert plant.cells("C-1", "C-1b") == [600, 400]
    else:
        done = plant.run("serials", "add-range", "C-1a", "P-0601", "P-1000")
        assert done.exit_code == 0, done.output
        assert plant.cells("C-1", "C-1a") == [600, 400]


@pytest.mark.parametrize("way", ["right book", "rebuild"])
def test_a_register_that_is_newer_than_its_book(plant: Plant, way: str) -> None:
    plant.book.close()
    old = plant.folder / "old.sqlite"
    shutil.copy(plant.path, old)
    from loopbook import book as b

    plant.book = b.Book(plant.path)
    plant.split("C-1", {"C-1a": ["P-0601 to P-1000"]}, C_1a=400)
    assert plant.run("serials", "rebuild").exit_code == 0
    plant.book.close()
    new = plant.folder / "new.sqlite"
    shutil.move(plant.path, new)
    shutil.move(old, plant.path)
    wrong = plant.run("serials", "count", "C-1")
    assert wrong.exit_code
    follows(
        wrong.output,
        "was the book restored, or is the register of another book? name the right one with ",
    )
    follows(wrong.output, "--register, or play this book's events again: loopbook serials rebuild")
    if way == "rebuild":
        assert plant.run("serials", "rebuild").exit_code == 0
        assert plant.run("serials", "count", "C-1").exit_code == 0
    else:
        shutil.move(new, plant.path)
        assert "600" in plant.run("serials", "count", "C-1").output


@pytest.mark.parametrize("way", ["import", "range", "name"])
def test_a_register_that_is_not_there_is_begun(plant: Plant, way: str) -> None:
    shutil.move(plant.register, plant.folder / "other")
    follows(
        plant.run("serials", "count", "C-1").output,
        "import a file or add a range first, or name it with --register",
    )
    more = ["--register", str(plant.folder / "other")] if way == "name" else []
    if way == "import":
        (plant.folder / "s.csv").write_text("serial,lot\nA-1,C-1\n")
        assert plant.run("serials", "import", str(plant.folder / "s.csv")).exit_code == 0
    elif way == "range":
        plant.enter("C-1", "P-0001", "P-0010")
    assert plant.run("serials", "count", "C-1", *more).exit_code == 0


def test_a_file_that_another_process_replaced_is_found_again(tmp_path: Path) -> None:
    assert taken_in(tmp_path, "s.csv", GOOD.encode()) == 2
    register = SerialRegister(tmp_path / "r")
    for run in (tmp_path / "r").glob("*.parquet"):
        run.unlink()
    with pytest.raises(StorageError) as caught, readable(tmp_path / "r" / "gone"):
        (tmp_path / "r" / "gone").read_bytes()
    follows(caught.value, "deleted; another process may have replaced it: open the folder again")
    assert register.folder == tmp_path / "r"


def test_a_book_on_a_server_needs_the_folder_of_its_register(plant: Plant) -> None:
    from click.testing import CliRunner

    from loopbook.cli import main

    words = ["serials", "count", "C-1", "--book", "postgresql://amy@db/gmbi"]
    wrong = CliRunner().invoke(main, words)
    follows(wrong.output, "a book on a server has no folder beside it: give --register FOLDER")
    done = CliRunner().invoke(main, [*words, "--register", str(plant.register)])
    assert "--register" not in done.output
