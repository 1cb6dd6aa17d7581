"""Settings that all tests share, and the grammar of every finding that a test meets."""

from __future__ import annotations

import functools
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drift import slips
from hypothesis import core, settings

from loopbook.errors import Finding
from support.seeds import VARIABLE

if TYPE_CHECKING:
    from support.postgres_server import Server
    from support.shelves import Shelf

# The same cases on every run and no deadline: a busy machine must not turn a right answer red.
settings.register_profile("house", derandomize=True, deadline=None)
settings.register_profile("seeded", deadline=None, print_blob=True)
settings.load_profile("house")

MEMORY, ROOM = Path("/dev/shm"), 4 << 30
"""A folder in memory, and the bytes that must be free in it."""
DISK = "LOOPBOOK_TEST_DISK"
"""Variable of the environment that hands the usual temporary folder to the tests that need it."""

# Doctests are looked for in every module; of several files named conftest only one can be imported.
collect_ignore_glob = ["*conftest.py"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--seed``: other generated cases than the usual ones; others: more of them."""
    words = "generated cases of another seed; 'fresh' draws one and prints it (make nightly)"
    parser.addoption("--seed", default="0", metavar="N", help=words)
    words = "generated stories of late facts on each store (tests/book/test_late_facts.py)"
    parser.addoption("--stories", default="200", metavar="N", help=words)
    words = "processes that are killed at work (tests/book/test_kills.py)"
    parser.addoption("--kills", default="60", metavar="N", help=words)
    words = "changes of a book file by who has not its key (tests/book/test_tampering.py)"
    parser.addoption("--changes", default="100", metavar="N", help=words)
    words = "broken inputs that the fuzz test of the readers makes (tests/hostile)"
    parser.addoption("--inputs", default="20000", metavar="N", help=words)


def pytest_configure(config: pytest.Config) -> None:
    """Set the seed of the run and where its books lie, for the processes that it starts too.

    They lie in memory where it has room: on a disk, each commit waits for it. A process that is
    killed leaves the same bytes on both.
    """
    os.environ.setdefault(DISK, tempfile.gettempdir())
    if "TMPDIR" not in os.environ and MEMORY.is_dir():
        may_run_programs = not os.statvfs(MEMORY).f_flag & os.ST_NOEXEC
        if may_run_programs and shutil.disk_usage(MEMORY).free > ROOM:
            os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)
    if hasattr(config, "workerinput"):  # a process that the run started
        config.option.seed = os.environ[VARIABLE]
    elif config.option.seed == "fresh":
        config.option.seed = str(1 + secrets.randbelow(10**9))
    os.environ[VARIABLE] = config.option.seed
    if int(config.option.seed):
        settings.load_profile("seeded")
        core.global_force_seed = int(config.option.seed)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put slow tests first, the longest before all, so that no process waits at the end."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    """Place of a test in the run: 0 of the longest, 1 of other slow ones, 2 of the rest."""
    slow = item.get_closest_marker("slow")
    return 2 if slow is None else 0 if slow.kwargs.get("first") else 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the seed of a run, so that it can be run again."""
    seed = terminalreporter.config.option.seed
    if int(seed):
        terminalreporter.write_line(f"generated cases of seed {seed}: pytest --seed {seed}")


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


@pytest.fixture
def on_disk() -> Iterator[Path]:
    """A folder where a commit waits for the disk, so that a process may be killed while it does."""
    with tempfile.TemporaryDirectory(dir=os.environ[DISK]) as folder:
        yield Path(folder)


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
