"""What the trace's tests share: a disk that need not survive."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def no_sync() -> Iterator[None]:
    """Files are not forced to the disk, which takes most of a small import's time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield
