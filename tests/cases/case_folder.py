"""Copies of cases for tests to change."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from loopbook.cases import run_case
from loopbook.report import RunResult

ROOT = Path(__file__).resolve().parents[2]
GMBI = ROOT / "cases" / "gmbi"
STARTER = ROOT / "cases" / "starter"


@cache
def founding() -> RunResult:
    """What the founding case gives, computed once for all tests that only read it."""
    return run_case(GMBI)


def copy_case(source: Path, target: Path) -> Path:
    """A copy of a case folder that a test may change."""
    folder = target / source.name
    shutil.copytree(source, folder)
    return folder


def replace_in(path: Path, old: str, new: str) -> None:
    """Replace a text that must be there, once."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name}: {old!r} stands {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")
