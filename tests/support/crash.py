"""A machine that stops between two steps of writing to the disk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


class PulledError(BaseException):
    """The plug is pulled: nothing after it is done."""


def pull(monkeypatch: pytest.MonkeyPatch, stop: int, change: Callable[[], object]) -> bool:
    """Do a change and stop before its step number `stop`; return whether there was such a step.

    Steps are syncs, renames and deletions.
    """
    steps = iter(range(10_000))

    def stopping(step: Callable[..., object]) -> Callable[..., object]:
        def taken(*arguments: object, **more: object) -> object:
            if next(steps) >= stop:
                raise PulledError
            return step(*arguments, **more)

        return taken

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", stopping(lambda _: None))
        patch.setattr(Path, "replace", stopping(Path.replace))
        patch.setattr(Path, "unlink", stopping(Path.unlink))  # nothing is tidied up either
        try:
            change()
        except PulledError:
            return True
    return False
