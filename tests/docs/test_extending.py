"""``docs/extending.md`` once more: on each store, and with its kinds in an installed package."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from docs_runner import ROOT, Document, blocks_of

from support.shelves import Shelf

PAGE = ROOT / "docs" / "extending.md"
ENTRY_POINTS = """\
[loopbook.kinds]
consume = consume:Consume
count-sheet = count_sheet:CountSheet
dry = dry:Dry

[loopbook.units]
dust-sifter = sifter:DustSifter
"""


@pytest.fixture
def folder(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the page runs, with the store's address as the book."""
    made = tmp_path / "page"
    made.mkdir()
    monkeypatch.chdir(made)
    monkeypatch.setenv("LOOPBOOK_BOOK", shelf.owner)
    return made


def test_the_page_holds_on_each_store(folder: Path) -> None:
    assert Document(PAGE, folder).run() > 15


def test_the_page_holds_for_an_installed_package(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = tmp_path / "site-packages"
    info = site / "refinery-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: refinery\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    text = PAGE.read_text(encoding="utf-8")
    modules = [block for block in blocks_of(text) if re.fullmatch(r"file=\w+\.py", block.info)]
    assert len(modules) == 4
    for block in modules:
        (site / block.info.removeprefix("file=")).write_text(block.text, encoding="utf-8")
        text = text.replace(block.text, "")
    text = re.sub(r"^plugins = .*", "plugins = []", text, flags=re.MULTILINE)
    text = re.sub(r"^## Without the plugin\n.*?(?=^## )", "", text, flags=re.MULTILINE | re.DOTALL)
    page = tmp_path / "extending.md"
    page.write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(site)
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}{os.pathsep}{site}")
    assert Document(page, folder).run() > 15
    assert (folder / "consume.py").read_text(encoding="utf-8") == ""
