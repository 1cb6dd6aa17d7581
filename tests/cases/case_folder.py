"""Copies of cases for tests to change."""

from __future__ import annotations

import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GMBI = ROOT / "cases" / "gmbi"
TOY = Path(__file__).parent / "data" / "toy"


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
