"""What goes wrong around a book: full, read-only, locked, a clock that goes back.

Each time: a clear error, nothing acknowledged is lost, nothing is half-written, the same commands
sent again post nothing twice, and verify is clean.
"""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import poster
import pytest

from loopbook import book as b
from loopbook.errors import InputError, LoopbookError, StorageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "book.sqlite"
    with b.Book(file, create=True) as book:
        book.post(poster.nouns())
    return file


def count(book: b.Book) -> int:
    return int(book.store.rows("SELECT count(*) FROM event")[0][0])


# --- refused --------------------------------------------------------------------------------------


def post_until_refused(book: b.Book) -> None:
    for number in range(1_000):
        book.post(poster.commands(number, 20))


def refused(path: Path, book: b.Book, told: str) -> None:
    """Posting fails with a clear error; the book is as it was."""
    before = book.balances()
    with pytest.raises(StorageError, match=told):
        post_until_refused(book)
    with b.Book(path) as other:
        assert b.verify(other).clean
        assert count(other) % 40 == len(poster.nouns()) % 40
        assert other.balances().keys() >= before.keys()


def test_a_full_disk(path: Path) -> None:
    with b.Book(path) as book:
        pages = book.store.rows("PRAGMA page_count")[0][0]
        book.store.rows(f"PRAGMA max_page_count = {pages + 60}")
        refused(path, book, "full; nothing was posted")
        at_limit = count(book)
        book.store.rows("PRAGMA max_page_count = 1000000")
        book.post(poster.commands(1_001, 20))  # there is room again: the same connection goes on
        assert count(book) == at_limit + 40
        assert b.verify(book).clean


def in_a_child(work: Callable[[], None]) -> None:
    """Run in a forked process, whose limits and rights are its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_file_that_cannot_grow(path: Path) -> None:
    """The system refuses the write: as a full disk does, in the middle of a commit."""

    def work() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with b.Book(path) as book:
            resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, resource.RLIM_INFINITY))
            with pytest.raises(StorageError, match="nothing was posted"):
                post_until_refused(book)
            resource.setrlimit(
                resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
            )
            at_limit = count(book)
            book.post(poster.commands(1_001, 20))
            assert count(book) == at_limit + 40

    in_a_child(work)
    with b.Book(path) as book:
        assert b.verify(book).clean
        assert count(book) % 40 == len(poster.nouns())


def post_to(path: Path) -> None:
    with b.Book(path) as book:
        book.post(poster.commands(1, 1))


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_read_only_file() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.sqlite"
        with b.Book(path, create=True) as book:
            book.post(poster.nouns())
        path.chmod(0o444)
        Path(folder).chmod(0o555)

        def work() -> None:
            if os.geteuid() == 0:  # root may write everything: be nobody
                os.setegid(65534)
                os.seteuid(65534)
            with pytest.raises(StorageError, match=r"readonly|unable to open"):
                post_to(path)

        in_a_child(work)
        Path(folder).chmod(0o755)
        path.chmod(0o644)
        with b.Book(path) as book:
            assert b.verify(book).clean
            assert count(book) == len(poster.nouns())


def test_a_second_writer_has_the_file(path: Path) -> None:
    with b.Book(path) as book, closing(sqlite3.connect(path, isolation_level=None)) as other:
        book.store.rows("PRAGMA busy_timeout = 50")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageError, match="database is locked; nothing was posted"):
            book.post(poster.commands(1, 1))
        assert count(book) == len(poster.nouns())  # reading goes on
        other.execute("ROLLBACK")
        book.post(poster.commands(1, 1))
        assert b.verify(book).clean


def test_two_processes_post_at_once(path: Path) -> None:
    """They wait for each other; what both send is posted once."""
    script = (
        "import sys, poster\nfrom loopbook import book as b\n"
        "with b.Book(sys.argv[1]) as book:\n"
        "    for n in range(int(sys.argv[2]), int(sys.argv[2]) + 60):\n"
        "        book.post(poster.commands(n, 1))\n"
    )
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(poster.__file__).parent), *filter(None, sys.path)]),
    }
    command = [sys.executable, "-c", script, str(path)]
    both = [subprocess.Popen([*command, first], env=env) for first in ("0", "30")]
    assert [process.wait() for process in both] == [0, 0]
    with b.Book(path) as book:
        assert count(book) == len(poster.nouns()) + 2 * 90
        assert b.verify(book).clean


def test_a_noun_of_another_process_is_seen(path: Path) -> None:
    with b.Book(path) as one, b.Book(path) as two:
        two.post(b.RegisterParty(party="GMBI", **poster.said("gmbi")))
        two.post(b.AddSubstance(substance="Zn", **poster.said("zn")))
        lot = {"lot": "Z", "material": "black mass", "supplier": "GMBI", "owner": "GMBI"}
        content = {"mass_kg": 10, "shares": {"Zn": 0.5}}
        one.post(b.Receive(**lot, **content, site="works", **poster.said("z")))
        assert one.balances() == two.balances()
        assert b.verify(two).clean


# --- clocks ---------------------------------------------------------------------------------------


def test_a_clock_that_goes_back(path: Path) -> None:
    """A few seconds happen when a clock is set, and are not noted; see also test_clocks.py."""
    now = time.time_ns() // 1000
    moments = iter([now, now - 4_000_000, now - 4_000_000, now - 6_000_000, now + 10])
    with b.Book(path, clock=lambda: next(moments)) as book:
        for number in range(5):
            book.post(poster.commands(number, 1))
        events = [book.event(f"r{n}-0") for n in range(5)]
        assert [x.recorded_at for x in events] == [now, now + 1, now + 2, now + 3, now + 10]
        assert [len(x.nouns) for x in events] == [0, 0, 0, 1, 0]
        assert b.verify(book).clean


def test_a_retry_asks_no_clock(path: Path) -> None:
    now = time.time_ns() // 1000
    moments = iter([now])
    with b.Book(path, clock=lambda: next(moments)) as book:
        (first, *_) = book.post(poster.commands(0, 1))
        (again, *_) = book.post(poster.commands(0, 1))
        assert (again.number, again.again) == (first.number, True)


# --- files that are no books ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [b"", b"not a book", b"SQLite format 3\0" + b"\xff" * 5_000],
    ids=["empty", "text", "damaged"],
)
def test_a_file_that_is_no_book(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "book.sqlite"
    file.write_bytes(content)
    with pytest.raises(LoopbookError):
        b.Book(file)
    assert file.read_bytes() == content


def test_a_book_of_another_version(path: Path) -> None:
    for change in ("'999'", "'x'"):
        with closing(sqlite3.connect(path)) as link, link:
            link.execute(f"UPDATE book SET value = {change} WHERE key = 'version'")
        with pytest.raises(InputError, match="version"):
            b.Book(path)


def test_a_new_book_does_not_overwrite(path: Path, tmp_path: Path) -> None:
    was = path.read_bytes()
    with pytest.raises(InputError, match="it exists"):
        b.Book(path, create=True)
    assert path.read_bytes() == was
    with pytest.raises(InputError, match="no such file"):
        b.Book(tmp_path / "other.sqlite")
    with pytest.raises(StorageError, match="unable to open"):
        b.Book(tmp_path / "no folder" / "book.sqlite", create=True)


def test_the_database_itself_refuses(path: Path) -> None:
    """Whoever goes around the planners meets the triggers."""
    from loopbook.errors import BalanceError

    def attempts() -> Iterator[tuple[str, Any]]:
        yield "frozen", "UPDATE event SET actor = 'eve'"
        yield "frozen", "DELETE FROM posting"
        yield "frozen", "DELETE FROM measurement WHERE event = 4"
        yield (
            "sealed",
            "INSERT INTO posting SELECT event, 3, 0, "
            + ", ".join("0" for _ in b.SUBSTANCES)
            + " FROM posting WHERE event = 4 LIMIT 1",
        )
        yield "duplicate", "INSERT OR REPLACE INTO event SELECT * FROM event WHERE id = 4"

    with b.Book(path) as book:
        book.post(poster.commands(1, 1))
        for told, statement in attempts():
            with pytest.raises(BalanceError, match=told):
                book.store.write(statement, [()])
        assert b.verify(book).clean
