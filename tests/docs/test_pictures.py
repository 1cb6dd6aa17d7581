"""The pictures of the documents are what their scripts draw."""

from __future__ import annotations

import importlib
import re
from xml.etree import ElementTree

import pytest
from docs_runner import ROOT

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
