"""A process that works on a book, notes how far it is, and is killed with SIGKILL.

Its notes are in memory that it shares with the test, so that nobody waits for a pipe: how many
tasks were acknowledged, how many statements ran inside a transaction, and whether one is
open. The last is what the database's library reports before and after each statement: SQLite's
autocommit flag, and libpq's status of the transaction.
"""

from __future__ import annotations

import faulthandler
import mmap
import os
import signal
import sqlite3
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

LIMIT_S = 60.0
"""Seconds that a process may take."""

_BEFORE, _OUTSIDE, _INSIDE, _COMMITTING = range(4)
_PHASE, _DONE, _STEPS = range(3)


class Notes:
    """What a process notes while it works.

    Attributes
    ----------
    done : tasks that were acknowledged.
    steps : statements that began inside a transaction, its COMMIT included.
    """

    def __init__(self, last_step: int = 0) -> None:
        self._memory = memoryview(mmap.mmap(-1, 64)).cast("Q")
        self._last_step = last_step

    @property
    def done(self) -> int:
        return self._memory[_DONE]

    @property
    def steps(self) -> int:
        return self._memory[_STEPS]

    @property
    def is_begun(self) -> bool:
        """Whether the work has begun: the book is open."""
        return self._memory[_PHASE] != _BEFORE

    @property
    def is_inside(self) -> bool:
        """Whether a transaction is open."""
        return self._memory[_PHASE] in (_INSIDE, _COMMITTING)

    @property
    def is_committing(self) -> bool:
        return self._memory[_PHASE] == _COMMITTING

    def begin(self) -> None:
        """The book is open and the first task begins."""
        self._memory[_PHASE] = _OUTSIDE

    def acknowledge(self) -> None:
        """A task is done, as far as its caller can see."""
        self._memory[_DONE] += 1

    @contextmanager
    def statement(self, sql: str, is_open: Callable[[], bool]) -> Iterator[None]:
        """Note a statement; the process dies before it if it is the last step."""
        if is_open() and self.is_begun:
            self._memory[_PHASE] = _COMMITTING if "COMMIT" in sql else _INSIDE
            self._memory[_STEPS] += 1
            if self._memory[_STEPS] == self._last_step:
                os.kill(os.getpid(), signal.SIGKILL)
        try:
            yield
        finally:
            if self.is_begun:
                self._memory[_PHASE] = _INSIDE if is_open() else _OUTSIDE


@dataclass(frozen=True, slots=True)
class Kill:
    """When a process is killed: before a step, so long after it began, or after a commit began."""

    step: int = 0
    seconds: float | None = None
    commits: bool = False


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended.

    Parameters
    ----------
    killed : by SIGKILL; else it did all its work.
    inside : whether it was seen inside a transaction last.
    committing : whether it was seen to commit last.
    done : tasks that it acknowledged.
    steps : statements inside transactions.
    seconds : from its begin to its end.
    """

    killed: bool
    inside: bool
    committing: bool
    done: int
    steps: int
    seconds: float


def run(work: Callable[[Notes], None], kill: Kill | None = None) -> Ended:
    """Do work in a process of its own, which may be killed; it ends in `LIMIT_S` in any case."""
    kill = kill or Kill()
    notes = Notes(kill.step)
    with tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if not child:
            _work(work, notes, errors)
        began, code = _waited(child, notes, kill)
        seconds = time.perf_counter() - began
        if code not in (0, -signal.SIGKILL):
            errors.seek(0)
            raise AssertionError(f"the process ended with {code}: {errors.read()}")
    return Ended(code != 0, notes.is_inside, notes.is_committing, notes.done, notes.steps, seconds)


def _waited(child: int, notes: Notes, kill: Kill) -> tuple[float, int]:
    """Wait for a process and kill it in time; when it began, and its exit code."""
    until = time.perf_counter() + LIMIT_S
    began, is_killed = 0.0, False
    while True:
        now = time.perf_counter()
        began = began or (now if notes.is_begun else 0.0)
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return began or now, os.waitstatus_to_exitcode(status)
        if now > until:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"a process was not done after {LIMIT_S} s: {kill}")
        late = kill.seconds is not None and began and now - began >= kill.seconds
        if not is_killed and (late or (kill.commits and notes.is_committing)):
            os.kill(child, signal.SIGKILL)
            is_killed = True
        time.sleep(0 if kill.commits else 0.0002)


class _End(AbstractContextManager["_End"]):
    """The process ends here, whatever happened, and prints an error."""

    def __init__(self, errors: IO[str]) -> None:
        self._errors = errors

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            traceback.print_exception(error, file=self._errors)
            self._errors.flush()
        os._exit(0 if error is None else 1)


def _work(work: Callable[[Notes], None], notes: Notes, errors: IO[str]) -> None:
    """The process itself."""
    with _End(errors):
        faulthandler.dump_traceback_later(LIMIT_S - 5, exit=True, file=errors)
        _watch(notes)
        work(notes)


def _watch(notes: Notes) -> None:
    """Let the connections of this process to any database note their statements."""

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, /, *values: Any) -> sqlite3.Cursor:
            with notes.statement(sql, lambda: self.in_transaction):
                return super().execute(sql, *values)

        def executemany(self, sql: str, /, *values: Any) -> sqlite3.Cursor:
            with notes.statement(sql, lambda: self.in_transaction):
                return super().executemany(sql, *values)

    sqlite3.connect = partial(sqlite3.connect, factory=Watched)
    try:
        import psycopg
    except ModuleNotFoundError:
        return
    from loopbook.book.storage.postgres import store

    wait, ask = psycopg.Connection.wait, store.ask

    def is_open(link: Any) -> bool:
        return link.pgconn.transaction_status != psycopg.pq.TransactionStatus.IDLE

    def waiting(link: Any, *more: Any) -> Any:
        with notes.statement("", partial(is_open, link)):
            return wait(link, *more)

    def asking(link: Any, statements: str) -> Any:
        with notes.statement(statements, partial(is_open, link)):
            return ask(link, statements)

    psycopg.Connection.wait, store.ask = waiting, asking
