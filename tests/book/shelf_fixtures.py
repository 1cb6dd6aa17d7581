"""Fixtures of the rooms that keep books: a PostgreSQL server for a whole run, a shelf a store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest
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
