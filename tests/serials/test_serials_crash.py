"""The plug is pulled between any two steps: the register is what it was, or what it should be."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from loopbook.errors import StorageError
from loopbook.serials import Range, SerialRegister, add_ranges, compact_register, import_serials
from support.crash import pull

LOTS = frozenset({"CELL-1", "CELL-2"})
Change = Callable[[Path], object]


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A register of two runs of a month and a range; and a third file."""
    for k in range(3):
        rows = "".join(f"Q{k}-{n},CELL-{n % 2 + 1}\n" for n in range(5))
        (tmp_path / f"{k}.csv").write_text("serial,lot\n" + rows)
    for k in range(2):
        import_serials(tmp_path / "old", tmp_path / f"{k}.csv", lots=LOTS, month="2026-01")
    add_ranges(tmp_path / "old", [Range("CELL-1", "R-", 1, 5, 3)], lots=LOTS, month="2026-01")
    return tmp_path / "old"


def answers(folder: Path) -> tuple[object, ...]:
    register = SerialRegister(folder)
    rows = [table.to_pylist() for table in register.serials_of(LOTS)]
    lots = [register.lot_of(f"Q{k}-{n}") for k in range(3) for n in range(5)]
    return rows, lots, register.count_of(LOTS), register.lot_of("R-003"), register.lot_of("S-1")


CHANGES: dict[str, Change] = {
    "import": lambda r: import_serials(r, r.parent / "2.csv", lots=LOTS, month="2026-01"),
    "range": lambda r: add_ranges(r, [Range("CELL-2", "S-", 1, 9, 1)], lots=LOTS, month="2026-02"),
    "compact": compact_register,
}


@pytest.mark.parametrize("name", CHANGES)
def test_stopped_anywhere_it_is_old_or_new(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    change, before = CHANGES[name], answers(old)
    shutil.copytree(old, tmp_path / "new")
    change(tmp_path / "new")
    after = answers(tmp_path / "new")
    assert (before == after) == (name == "compact")
    seen = set()
    for stop in range(200):
        folder = tmp_path / f"stopped-{stop}"
        shutil.copytree(old, folder)
        pulled = pull(monkeypatch, stop, lambda folder=folder: change(folder))
        kept = answers(folder)
        assert kept in (before, after), stop
        seen.add(kept == after)
        change(folder)  # the next writer finds no trace of what was begun
        assert answers(folder) == after, stop
        assert_no_leftovers(folder)
        if not pulled:
            break
    else:
        pytest.fail("more steps than there can be")
    assert stop > 5
    assert seen == ({True} if name == "compact" else {True, False})


def assert_no_leftovers(folder: Path) -> None:
    """After one more writer there are only files that the manifest names."""
    add_ranges(folder, [Range("CELL-2", "T-", 1, 9, 1)], lots=LOTS, month="2026-03")
    add_ranges(folder, [Range("CELL-2", "U-", 1, 9, 1)], lots=LOTS, month="2026-03")
    runs = len(SerialRegister(folder).runs)
    names = [p.name for p in folder.iterdir()]
    assert not [n for n in names if n.endswith(".part")]
    assert len([n for n in names if n[:2] == "20"]) == 4 * runs
    assert len([n for n in names if n.startswith("ranges-")]) == 2  # and the one just replaced


def test_a_refused_file_leaves_nothing(old: Path, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("serial,lot\nA,CELL-1\nQ1-1,CELL-1\n")
    names = sorted(p.name for p in old.iterdir())
    with pytest.raises(Exception, match="Q1-1"):
        import_serials(old, tmp_path / "x.csv", lots=LOTS, month="2026-01")
    assert sorted(p.name for p in old.iterdir()) == names


@pytest.mark.parametrize("name", CHANGES)
def test_a_full_disk_is_told_and_changes_nothing(
    old: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    before = answers(old)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(StorageError, match=r"cannot be written.*No space left"):
            CHANGES[name](old)
    assert answers(old) == before


def test_a_reader_goes_on_while_a_month_is_compacted(old: Path) -> None:
    reader = SerialRegister(old)
    before = answers(old)
    compact_register(old)
    assert reader.lot_of("Q1-3") == "CELL-2"
    assert [t.to_pylist() for t in reader.serials_of(LOTS)] == before[0]
    add_ranges(old, [Range("CELL-2", "T-", 1, 9, 1)], lots=LOTS, month="2026-03")  # sweeps
    with pytest.raises(StorageError, match="open the folder again"):
        reader.count_of(LOTS)


def test_one_writer_at_a_time(old: Path) -> None:
    link = sqlite3.connect(old / "lock", isolation_level=None)
    link.execute("BEGIN EXCLUSIVE")
    for change in CHANGES.values():
        with pytest.raises(StorageError, match="another process is writing"):
            change(old)
    link.close()
    compact_register(old)
    assert len(SerialRegister(old).runs) == 1


@pytest.mark.parametrize(
    ("ending", "word"),
    [
        (".serials.parquet", "damaged"),
        (".lots.parquet", "damaged"),
        (".index.parquet", "damaged"),
        (".prints", "damaged: not the fingerprints of 5 serials"),
        ("manifest.json", "not readable"),
        ("ranges-000003.parquet", "damaged"),
    ],
)
def test_a_file_that_was_cut_off(old: Path, ending: str, word: str) -> None:
    (path,) = [p for p in old.iterdir() if p.name.endswith(ending) and "000002" not in p.name]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(StorageError, match=f"{path.name}.*{word}"):
        answers(old)


def test_a_manifest_of_another_version_or_shape(old: Path) -> None:
    path = old / "manifest.json"
    text = path.read_text()
    path.write_text(text.replace("serials 2", "serials 9"))
    with pytest.raises(StorageError, match="another version"):
        SerialRegister(old)
    path.write_text(text.replace('"rows"', '"lines"'))
    with pytest.raises(StorageError, match="damaged"):
        SerialRegister(old)
    with pytest.raises(StorageError, match="a file, and not the folder"):
        SerialRegister(path)
