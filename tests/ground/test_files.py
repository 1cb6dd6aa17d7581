"""Files and folders that are whole or absent; one writer at a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from loopbook.errors import InputError, StorageError
from loopbook.files import clear_left, one_writer, readable, whole_folder, write_whole, writing
from support.crash import pull


def test_a_file_is_the_old_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "current"
    contents = []
    for stop in range(10):
        write_whole(path, b"old")
        pulled = pull(monkeypatch, stop, lambda: write_whole(path, b"new"))
        contents.append(path.read_bytes())
        if not pulled:
            break
    assert contents == [b"old", b"old", b"new", b"new"]  # content synced, renamed, name synced


def folder_of(text: str, out: Path) -> None:
    with whole_folder(out) as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "a.txt").write_text(text)
        if text == "fails":
            raise ZeroDivisionError


def test_a_folder_is_replaced_as_a_whole_or_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "deep" / "out"
    folder_of("old", out)
    with pytest.raises(ZeroDivisionError):
        folder_of("fails", out)
    rename = Path.rename

    def refusing(path: Path, target: Path) -> Path:
        if path.name == "new":
            raise OSError(28, "No space left on device")
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", refusing)
        for place in (out, tmp_path / "deep" / "other"):
            with pytest.raises(OSError, match="No space"):
                folder_of("new", place)
    assert (out / "sub" / "a.txt").read_text() == "old"
    assert [p.name for p in out.parent.iterdir()] == ["out"]
    folder_of("new", out)
    assert (out / "sub" / "a.txt").read_text() == "new"
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_the_lock_falls_with_its_process(tmp_path: Path) -> None:
    script = (
        "import sys, time; from pathlib import Path; from loopbook.files import one_writer\n"
        f"with one_writer(Path({str(tmp_path)!r})): print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    with pytest.raises(StorageError, match="another process is writing"), one_writer(tmp_path):
        pytest.fail("two writers")
    process.kill()
    process.communicate()
    with one_writer(tmp_path, wait_s=5):
        pass


def test_a_system_that_refuses(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(StorageError, match=r"file: cannot be written"),
        one_writer(tmp_path / "file"),
    ):
        pytest.fail("a file is no folder")
    with pytest.raises(StorageError, match="cannot be written: full"), one_writer(tmp_path):
        raise OSError("full")
    with pytest.raises(StorageError, match="open the folder again"), readable(tmp_path / "x"):
        (tmp_path / "x").read_bytes()
    with pytest.raises(StorageError, match="damaged"), readable(tmp_path / "file"):
        raise ValueError("not a number")


def test_what_a_killed_writer_leaves_is_removed_by_the_next(tmp_path: Path) -> None:
    out = tmp_path / "out"
    folder_of("old", out)
    script = (
        "import sys, time; from pathlib import Path; from loopbook.files import whole_folder\n"
        f"with whole_folder(Path({str(out)!r})) as new:\n"
        "    (new / 'half').write_text('half'); print('half', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "half\n"
    (other,) = set(tmp_path.iterdir()) - {out}
    own = tmp_path / ".out-settings"
    own.mkdir()
    (own / "lock").write_text("of somebody")
    (own / "notes").write_text("of somebody")
    folder_of("second", out)
    assert other.is_dir()  # its writer is at work
    with process:
        process.kill()
    folder_of("third", out)
    assert {*tmp_path.iterdir()} == {out, own}
    other.mkdir()
    (other / "lock").touch()
    out.rename(other / "old")  # killed between the two renames
    clear_left(out)
    assert (out / "sub" / "a.txt").read_text() == "third"
    assert {*tmp_path.iterdir()} == {out, own}


def test_an_interrupt_leaves_the_old_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, rename = tmp_path / "out", Path.rename
    folder_of("old", out)
    for stop in ("out", "new"):

        def interrupted(path: Path, target: Path, stop: str = stop) -> Path:
            made = rename(path, target) if path.name != "new" else target
            if path.name == stop:
                raise KeyboardInterrupt
            return made

        with monkeypatch.context() as patch:
            patch.setattr(Path, "rename", interrupted)
            with pytest.raises(KeyboardInterrupt):
                folder_of("new", out)
        assert (out / "sub" / "a.txt").read_text() == "old"
        assert [*tmp_path.iterdir()] == [out]


def test_a_folder_may_be_a_link(tmp_path: Path) -> None:
    link, place = tmp_path / "link", tmp_path / "elsewhere" / "out"
    link.symlink_to(place)
    for text in ("first", "second"):
        folder_of(text, link)
        assert link.is_symlink()
        assert (place / "sub" / "a.txt").read_text() == text
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    with pytest.raises(InputError, match="file that can be written"), writing(loop):
        folder_of("new", loop)
    assert {*tmp_path.iterdir()} == {link, place.parent, loop}
    assert [*place.parent.iterdir()] == [place]
