"""Settings that all tests share, and the grammar of every finding that a test meets."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drift import slips
from hypothesis import settings

from loopbook.errors import Finding

if TYPE_CHECKING:
    from support.postgres_server import Server
    from support.shelves import Shelf

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


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server for the whole run."""
    from support import postgres_server

    if postgres_server.binaries() is None:
        pytest.skip(postgres_server.MISSING)
    with postgres_server.running() as made:
        with made.connect() as link:
            link.execute("CREATE ROLE poster LOGIN")
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """A place for one book, on each of the stores."""
    from support.shelves import postgres_shelf, sqlite_shelf

    if request.param == "sqlite":
        return sqlite_shelf(tmp_path)
    return postgres_shelf(request.getfixturevalue("server"))
