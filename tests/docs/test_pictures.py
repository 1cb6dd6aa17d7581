"""The pictures of the documents are what their scripts draw."""

from __future__ import annotations

import ast
import importlib
import re
from xml.etree import ElementTree

import pytest
from docs_runner import ROOT

SRC = ROOT / "src" / "loopbook"
PICTURES = {"chain.svg": ("make_chain", "chain_svg")}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_what_its_script_draws(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    module, function = PICTURES[name]
    drawn = getattr(importlib.import_module(module), function)()
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == drawn, f"python docs/{module}.py"
    assert ElementTree.fromstring(drawn).tag.endswith("svg")


def test_every_link_to_a_file_of_the_project_leads_somewhere() -> None:
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")):
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_the_rooms_are_drawn_as_the_imports_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    architecture = importlib.import_module("make_architecture")
    rooms = architecture.read_rooms()
    drawn = architecture.architecture_svg(rooms)
    remedy = "python docs/make_architecture.py"
    assert (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8") == drawn, remedy
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    document = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert architecture.with_table(document, rooms) == document, remedy


def test_arrows_that_follow_from_others_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    architecture = importlib.import_module("make_architecture")
    imported = {"cli": {"trace", "book", "errors"}, "trace": {"book"}, "book": {"errors"}}
    rooms = [architecture.Room(name, "", imports=below) for name, below in imported.items()]
    assert architecture.reduced(rooms) == [("cli", "trace"), ("trace", "book")]


def test_the_walks_name_what_exists() -> None:
    document = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`(\w+)` in `([\w/]+\.py)`", document)
    assert len(named) > 20
    missing = [(name, path) for name, path in named if name not in _defined(path)]
    assert missing == []
    folders = re.findall(r"`([a-z_]+(?:/[a-z_]+)*)/`", document)
    assert [f for f in folders if not (SRC / f).is_dir()] == []


def _defined(path: str) -> set[str]:
    """Names of the functions and classes of a module."""
    nodes = ast.walk(ast.parse((SRC / path).read_text(encoding="utf-8")))
    return {n.name for n in nodes if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
