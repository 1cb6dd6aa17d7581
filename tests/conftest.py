"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# The same cases on every run and no deadline: a busy machine must not turn a right answer red.
settings.register_profile("house", derandomize=True, deadline=None)
settings.load_profile("house")

# Doctests are looked for in every module; of several files named conftest only one can be imported.
collect_ignore_glob = ["*conftest.py"]
