"""A new case from a shipped one: which is copied, where to, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loopbook.cases import find_case, new_case, shipped
from loopbook.errors import InputError

GMBI = Path(__file__).resolve().parents[2] / "cases" / "gmbi"


@pytest.fixture
def two_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, while two cases are shipped."""
    for name in ("one", "two"):
        shutil.copytree(GMBI, tmp_path / "shipped" / name)
    monkeypatch.setattr(shipped, "shipped_cases", lambda: tmp_path / "shipped")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def test_the_case_of_that_name_is_copied_by_default(two_shipped: Path) -> None:
    assert new_case("two").folder == "two"
    assert new_case("third", source="one", folder=two_shipped).folder == str(two_shipped / "third")
    assert find_case("one").parent.name == "shipped"
    assert find_case("two") == Path("two")


@pytest.mark.parametrize(
    ("name", "source", "code", "hint"),
    [
        ("mine", "tow", "unknown-name", "two"),
        ("one", "one", "file", "another name"),
        ("../mine", "one", "name", ""),
        ("", "one", "name", ""),
        ("..", "one", "name", ""),
    ],
)
def test_a_wrong_name_makes_no_folder(
    two_shipped: Path, name: str, source: str, code: str, hint: str
) -> None:
    (two_shipped / "one").mkdir()
    with pytest.raises(InputError) as caught:
        new_case(name, source=source)
    (finding,) = caught.value.findings
    assert finding.code == code
    assert hint in finding.hint
    assert [p.name for p in two_shipped.iterdir()] == ["one"]
