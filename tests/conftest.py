"""Settings that all tests share, and the grammar of every finding that a test meets."""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.append(str(Path(__file__).parent / "house"))

from drift import slips

from loopbook.errors import Finding

# The same cases on every run and no deadline: a busy machine must not turn a right answer red.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")

# Doctests are looked for in every module; of several files named conftest only one can be imported.
collect_ignore_glob = ["*conftest.py"]


@pytest.fixture(autouse=True)
def grammar(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every finding that becomes text in a test reads without a slip of grammar."""
    slipped: list[str] = []
    in_words = Finding.__str__

    @functools.wraps(in_words)
    def judged(finding: Finding) -> str:
        text = in_words(finding)
        slipped.extend(f"{slip!r} in: {text}" for slip in slips(text))
        return text

    monkeypatch.setattr(Finding, "__str__", judged)
    yield
    assert slipped == []
