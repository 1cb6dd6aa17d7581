"""A second process that judges the later events of a large book while the first reads them all.

Python computes on one core at a time, and hashes and edges, half of `verify`'s work, need no event
but their own. The helper opens the book by its address and answers with what is wrong, and with the
numbers of the events that it judged: whatever it did not judge, for whatever reason, the first
process judges itself. So nothing depends on the helper but time.
"""

from __future__ import annotations

import bisect
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from loopbook.book.storage.database import uncollected
from loopbook.book.storage.open import open_store
from loopbook.book.storage.protocol import Store
from loopbook.book.storage.questions.checks import numbers_between
from loopbook.book.verification.seals import PAGE, Told, read_page, wrong_seal
from loopbook.errors import LoopbookError

_LARGE = 40_000  # events; a process takes as long to start as some thousand events
_ALONE = 0.45  # of the events, which the first process judges meanwhile: both then end together
_CODE = "from loopbook.book.verification.second_process import serve; serve()"


@dataclass(slots=True)
class Helper:
    """What the second process answers; asked for when the first event of its part comes.

    Parameters
    ----------
    after : number of the last event before its part.
    process : running, its question not yet put.
    question : for its standard input; the address of a server may hold a password, and arguments
        can be read by others.
    """

    after: int
    process: subprocess.Popen[bytes]
    question: dict[str, Any]
    _answered: bool = False
    _starts: list[int] = field(default_factory=list)
    _ends: list[int] = field(default_factory=list)
    _wrong: dict[int, list[Told]] = field(default_factory=dict)

    def ask(self) -> None:
        """Put the question; the process works from now on."""
        assert self.process.stdin is not None
        with suppress(OSError):  # it has ended: it judges nothing
            self.process.stdin.write(json.dumps(self.question).encode())
            self.process.stdin.close()

    def told(self, number: int) -> Sequence[Told] | None:
        """What is wrong with an event, or None where the process did not judge it."""
        if number <= self.after:
            return None
        if not self._answered:
            self._read()
        k = bisect.bisect_right(self._starts, number) - 1
        if k < 0 or number > self._ends[k]:
            return None
        return self._wrong.get(number, ())

    def _read(self) -> None:
        """Wait for the answer."""
        self._answered = True
        assert self.process.stdout is not None
        text = self.process.stdout.read()
        try:
            answer = json.loads(text)
        except ValueError:  # it ended early
            return
        self._starts = [first for first, _ in answer["judged"]]
        self._ends = [last for _, last in answer["judged"]]
        for number, told in answer["wrong"]:
            self._wrong.setdefault(number, []).append(tuple(told))


@contextmanager
def helped(store: Store, substances: Sequence[str]) -> Iterator[Helper | None]:
    """A helper where the book is large and there is a core for it; its process ends with the block.

    Parameters
    ----------
    store : of the book, in a snapshot.
    substances : all that the book has declared.
    """
    helper = _begun(store, substances)
    try:
        yield helper
    finally:
        if helper is not None:
            helper.process.kill()
            helper.process.wait()
            for pipe in (helper.process.stdin, helper.process.stdout):
                with suppress(OSError):  # it ended before it was asked
                    if pipe is not None:
                        pipe.close()


def _begun(store: Store, substances: Sequence[str]) -> Helper | None:
    try:
        first, last = numbers_between(store)
    except LoopbookError:  # the scan says what is wrong
        return None
    if type(first) is not int or type(last) is not int or last - first < _LARGE:
        return None
    if _cores() < 2 or not sys.executable:
        return None
    after = first + int(_ALONE * (last - first))
    question = {
        "address": store.address,
        "substances": list(substances),
        "after": after,
        "until": last,
    }
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", _CODE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return None
    helper = Helper(after, process, question)
    helper.ask()
    return helper


def _cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def serve() -> None:
    """The helper's side: a question on standard input, the answer on standard output."""
    question = json.load(sys.stdin)
    substances = tuple(question["substances"])
    judged: list[int] = []
    wrong: list[tuple[int, Told]] = []
    number, until = question["after"], question["until"]
    with closing(open_store(question["address"])) as store, uncollected():
        while number < until:
            page = read_page(store, substances, number, PAGE)
            if not page.heads:
                break
            for head in page.heads:
                if head[0] <= number:
                    raise SystemExit("numbers that do not rise")
                number = head[0]
                judged.append(number)
                wrong += [(number, told) for told in wrong_seal(page, head, substances)]
    json.dump({"judged": _spans(judged), "wrong": wrong}, sys.stdout)


def _spans(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """First and last of each stretch of rising numbers without gaps.

    >>> _spans([3, 4, 5, 9])
    [(3, 5), (9, 9)]
    """
    stretches = groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0])
    whole = [[number for _, number in stretch] for _, stretch in stretches]
    return [(stretch[0], stretch[-1]) for stretch in whole]
