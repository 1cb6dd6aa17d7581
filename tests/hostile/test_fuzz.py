"""No input of any reader ends in a traceback, takes 5 s or 1 GB.

Valid files are changed at random, with fixed seeds: 20,000 in the whole suite, some hundred in the
fast one, as many as one likes with ``--inputs N``.
"""

from __future__ import annotations

import resource
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random

import pytest
from readers import CLOSING, COMMANDS, Reader, readers

from loopbook.book.commands.kinds import all_commands
from loopbook.errors import InputError, LoopbookError
from support.seeds import seeds

SYNTAX = {"syntax", "encoding", "file-truncated", "empty", "file"}
SECONDS, MOST_KB = 5.0, 1_000_000


@pytest.fixture
def grammar() -> None:
    """Names in these inputs are not English."""


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Reader]]:
    with readers(tmp_path_factory.mktemp("fuzz")) as listed:
        yield listed


def is_past_the_parser(reader: Reader, raw: bytes) -> bool:
    """Read an input; whether a finding, if there is one, is about more than the format."""
    try:
        reader.read(raw)
    except InputError as error:
        str(error).encode()
        return not SYNTAX.issuperset(finding.code for finding in error.findings)
    except LoopbookError as error:
        str(error).encode()
        return "JSON" not in str(error)
    return True


def peak_kb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


class _Noted(AbstractContextManager["_Noted"]):
    """Keeps an error, whatever it is, for the test to name."""

    error: BaseException | None = None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> bool:
        self.error = error
        return isinstance(error, Exception)


def failures(reader: Reader, count: int, most_kb: int) -> tuple[int, dict[str, str]]:
    """How many inputs got past the parser, and what went wrong, each kind once."""
    past, wrong = 0, dict[str, str]()
    for seed in seeds(count):
        raw = reader.input_of(Random(f"{reader.name} {seed}"))
        start = time.perf_counter()
        with warnings.catch_warnings(), _Noted() as noted:
            warnings.simplefilter("error")
            past += is_past_the_parser(reader, raw)
        if noted.error is not None:
            last = traceback.extract_tb(noted.error.__traceback__)[-1]
            kind = f"{type(noted.error).__name__} in {Path(last.filename).name}:{last.lineno}"
            wrong.setdefault(kind, f"seed {seed}: {ascii(str(noted.error))[:200]}: {raw[:300]!r}")
        if time.perf_counter() - start > SECONDS and is_slow(reader, raw):
            wrong.setdefault("slow", f"seed {seed}: {raw[:300]!r}")
        if peak_kb() > most_kb:
            wrong.setdefault("large", f"seed {seed}: {raw[:300]!r}")
    return past, wrong


def is_slow(reader: Reader, raw: bytes) -> bool:
    """Whether an input is slow when it is read again: the machine itself may have stood still."""
    start = time.perf_counter()
    with _Noted():
        is_past_the_parser(reader, raw)
    return time.perf_counter() - start > SECONDS


def run(known: list[Reader], inputs: int) -> None:
    """Read so many inputs, divided among the readers by their shares."""
    whole = sum(reader.share for reader in known)
    most_kb = peak_kb() + MOST_KB
    past, count, wrong = dict[str, int](), dict[str, int](), dict[str, dict[str, str]]()
    for reader in known:
        count[reader.name] = max(3, round(inputs * reader.share / whole))
        past[reader.name], seen = failures(reader, count[reader.name], most_kb)
        if seen:
            wrong[reader.name] = seen
    assert not wrong, "\n".join(f"{n}: {k}: {v}" for n, x in wrong.items() for k, v in x.items())
    total = sum(count.values())
    print(f"{sum(past.values())} of {total} past the parser")
    print(", ".join(f"{name} {past[name]} of {n}" for name, n in count.items()))
    assert total >= inputs * 0.99
    assert sum(past.values()) >= total / 2, (past, count)


def test_a_few_broken_inputs_are_answered(known: list[Reader]) -> None:
    run(known, 400)


@pytest.mark.slow
def test_broken_inputs_are_answered(known: list[Reader], request: pytest.FixtureRequest) -> None:
    run(known, int(request.config.getoption("--inputs")))


def test_the_files_are_right_before_they_are_changed(known: list[Reader]) -> None:
    for reader in known:
        for seed in reader.seeds:
            reader.read(seed)


def test_every_command_is_among_the_inputs() -> None:
    """But the mark of a model, which only a new book takes."""
    kinds = {str(one["kind"]) for one in (*COMMANDS, *CLOSING)}
    assert kinds == {*all_commands()} - {"mark-modelled"}
