"""A second process that judges the later events of a large book while the first reads them all.

Python computes on one core at a time, and hashes and edges, half of `verify`'s work, need no event
but their own. The second process opens the book by its address and answers with the errors of the
events that it judged, and with their numbers. The first process judges every other event itself,
so that nothing depends on the second one but time.
"""

import bisect
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby

from loopbook.book.storage.database import uncollected
from loopbook.book.storage.open import open_store
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions.checks import numbers_between
from loopbook.book.verification.seals import PAGE, Page, Wrong, wrong_seal
from loopbook.errors import LoopbookError

_ALONE = 0.45  # of the events, which the first process judges meanwhile: both then end together


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Second:
    """When a second process is started, and what it runs.

    Parameters
    ----------
    least : events from which on it helps; it takes as long to start as some thousand events.
    cores : that this process may use; with less than two it gets no help.
    code : the program, in Python.
    """

    least: int = 40_000
    cores: int = field(default_factory=_cores)
    code: str = "from loopbook.book.verification.second_process import serve; serve()"


@dataclass(slots=True)
class Helper:
    """The second process's answer; waited for when the first event of its part comes.

    Parameters
    ----------
    after : number of the last event before its part.
    output : of the process, when it has ended.
    """

    after: int
    output: Future[tuple[bytes, bytes]]
    _judged: list[list[int]] | None = None
    _wrong: dict[int, list[Wrong]] = field(default_factory=dict)

    def wrong(self, number: int) -> Sequence[Wrong] | None:
        """The errors of an event, or None where the process did not judge it."""
        if number <= self.after:
            return None
        if self._judged is None:
            self._judged = self._read()
        place = bisect.bisect_right(self._judged, [number + 1]) - 1
        if place < 0 or number > self._judged[place][1]:
            return None
        return self._wrong.get(number, ())

    def _read(self) -> list[list[int]]:
        """Wait for the answer; first and last of each stretch of numbers that were judged."""
        try:
            judged, wrong = json.loads(self.output.result()[0])
        except (OSError, ValueError):  # it ended early
            return []
        for number, error in wrong:
            self._wrong.setdefault(number, []).append(tuple(error))
        return list(judged)


@contextmanager
def helped(store: Store, substances: Sequence[str], second: Second) -> Iterator[Helper | None]:
    """A helper where the book is large and there is a core for it; its process ends with the block.

    Parameters
    ----------
    store : of the book, in a snapshot.
    substances : all that the book has declared.
    """
    try:
        first, last = numbers_between(store) or (0, 0)
    except LoopbookError:  # the scan reports it
        first = last = 0
    after = first + int(_ALONE * (last - first))
    # through its input: an address may hold a password, and arguments can be read by others
    question = json.dumps([store.address, list(substances), after, last]).encode()
    pipe, helper = subprocess.PIPE, None
    with ExitStack() as ending:
        if last - first >= second.least and second.cores >= 2 and sys.executable:
            command = [sys.executable, "-c", second.code]
            waiting = ending.enter_context(ThreadPoolExecutor(1))
            with suppress(OSError):  # the machine starts no further process
                process = subprocess.Popen(
                    command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL
                )
                ending.callback(process.kill)
                helper = Helper(after, waiting.submit(process.communicate, question))
        yield helper


def serve() -> None:
    """The second process: a question on standard input, the answer on standard output."""
    address, substances, number, until = json.load(sys.stdin)
    judged: list[int] = []
    wrong: list[tuple[int, Wrong]] = []
    with closing(open_store(address)) as store, uncollected():
        while number < until and (page := Page(store, substances, number, PAGE)).heads:
            for head in page.heads:
                if head[0] <= number:
                    raise SystemExit("numbers that do not rise")
                number = head[0]
                judged.append(number)
                wrong += [(number, error) for error in wrong_seal(page, head, substances)]
    json.dump([_spans(judged), wrong], sys.stdout)


def _spans(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each stretch of rising numbers without gaps.

    >>> _spans([3, 4, 5, 9])
    [(3, 5), (9, 9)]
    """
    stretches = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    whole = [[number for _, number in stretch] for _, stretch in stretches]
    return [(stretch[0], stretch[-1]) for stretch in whole]
