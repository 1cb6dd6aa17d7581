"""What the trace's tests share: shelves, a PostgreSQL server, and a disk that need not survive."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "book"))

from shelf_fixtures import server, shelf

__all__ = ["server", "shelf"]


@pytest.fixture(autouse=True, scope="module")
def no_sync() -> Iterator[None]:
    """Files are not forced to the disk, which takes most of a small import's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield
