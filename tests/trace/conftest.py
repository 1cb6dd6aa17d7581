"""What the trace's tests share: shelves, a PostgreSQL server, and a disk that need not survive."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))

import postgres_server
from shelves import Shelf, postgres_shelf, sqlite_shelf


@pytest.fixture(scope="session")
def server() -> Iterator[postgres_server.Server]:
    """A server of this run's own."""
    if postgres_server.binaries() is None:
        pytest.skip(postgres_server.MISSING)
    with postgres_server.running() as made:
        with made.connect() as link:
            link.execute("CREATE ROLE poster LOGIN")
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.server)])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """An empty shelf on each of the stores."""
    if request.param == "sqlite":
        return sqlite_shelf(tmp_path)
    return postgres_shelf(request.getfixturevalue("server"))


@pytest.fixture(autouse=True, scope="module")
def no_sync() -> Iterator[None]:
    """Files are not forced to the disk, which takes most of a small import's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield
