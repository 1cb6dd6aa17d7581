"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same cases on every run and no deadline: a busy machine must not turn a right answer red.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")
