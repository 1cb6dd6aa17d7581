"""Loopbook's part of `bench/trace_scale.py`, in processes of its own.

trace_ours.py arrays KERNELS FOLDER ANSWERS    the arrays, as the peers are measured
trace_ours.py book FOLDER                      the book's file, and arrays beside it
trace_ours.py cold BOOK VERB LOT               one question in a new process, the file forgotten
trace_ours.py fresh BOOK VERB LOT              the same, the file as the system has it
trace_ours.py again BOOK VERB LOT ...          questions, each over a new connection
trace_ours.py open BOOK LOT                    saved arrays in a new process
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import trace_peers as peers
from loopbook.book import Book
from loopbook.book.storage.schema import VERSION
from loopbook.book.storage.sqlite.store import SqliteStore
from loopbook.trace import Genealogy, open_genealogy, recall, save_genealogy, trace
from loopbook.trace.genealogy.arrays import best_kernels
from loopbook.trace.genealogy.numpy_loops import Kernels
from trace_book import build, make, one_blend, post_blends
from trace_lots import GROUPS, Lots, draw, load, name_of
from trace_peers import each, once, peak_mb, tell

COLD = 10
ADDED = 200
SHARES = 1e-9
READ = 1_000_000  # lots up to which the arrays are also made from the book: 20 s for a million


class Ours(peers.Engine):
    """The arrays."""

    def __init__(self, given: peers.Given, lots: Lots, kernels: Kernels) -> None:
        super().__init__(given)
        self.lots, self.kernels = lots, kernels

    def build(self) -> None:
        self.genealogy = build(self.lots, self.kernels)

    def ancestors(self, lot: int) -> Any:
        return self.genealogy.ancestors(name_of(lot))

    def descendants(self, lot: int) -> Any:
        return self.genealogy.descendants(name_of(lot))

    def sources(self, lot: int) -> tuple[Any, Any]:
        order, shares = self.genealogy.back(name_of(lot), "Ni")
        some = (order < self.given.received) & (shares > 0.0)
        return order[some], shares[some]

    def composition(self) -> Any:
        found = self.genealogy.composition("Ni")
        place = [found.groups.index(name) for name in GROUPS]
        return found.shares[self.given.sample()][:, place]

    def more(self) -> None:
        """Whole answers for users, and one event more."""
        each("answer", self.genealogy.trace, [name_of(x) for x in self.given.traced])
        each("recalled", self.genealogy.recall, [name_of(x) for x in self.given.recalled])
        graph = self.genealogy.graph
        once("first_add", lambda: graph.extend(one_blend(graph)) or True)
        each("add", lambda _: graph.extend(one_blend(graph)) or True, range(ADDED))
        count = len(graph)
        found = self.genealogy.trace(f"X{count - 1}").shares("other")
        if abs(sum(found.values()) - 1.0) > SHARES:
            sys.exit("what was added last is not traced")


def arrays(name: str, folder: Path, answers: Path) -> None:
    """Measure the arrays; what numba compiles is compiled before."""
    kernels: Kernels = Kernels() if name == "numpy" else best_kernels()
    if kernels.name != name:
        sys.exit("numba is not installed")
    warmed(kernels)
    peers.measure(Ours(peers.Given(folder, edges=False), load(folder), kernels), answers)


def warmed(kernels: Kernels | None = None) -> None:
    """Have numba compile, or load what it compiled before."""
    small = build(draw(3000), kernels)
    for work in (small.trace, small.recall, small.ancestors, small.descendants):
        work(name_of(2990))
    small.back(name_of(2990), "Ni")
    small.composition("Ni")
    small.graph.extend(one_blend(small.graph))


# -- the file


def forget(*paths: Path) -> None:
    """Have the system forget what it read from files; where it cannot, they stay warm."""
    if not hasattr(os, "posix_fadvise"):
        return
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def asked(*arguments: object) -> dict[str, float]:
    """What this file prints in a process of its own."""
    command = [sys.executable, __file__, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, float] = {}
    for line in done.stdout.splitlines():
        found |= json.loads(line)
    return found


def first(name: str, path: Path, verb: str, lot: str) -> None:
    """One question to a book that this process has not opened before.

    ``cold`` has the system forget the file; ``fresh`` finds what it keeps of it.
    """
    work = {"trace": trace, "recall": recall}[verb]
    assert SqliteStore  # loaded before, like everything that is imported
    if name == "cold":
        forget(path)

    def question() -> object:
        with Book(path) as book:
            return work(book, lot)

    each_once(name, question)


def again(path: Path, verb: str, lots: Sequence[str]) -> None:
    """Questions over new connections, each asked before: the system has the file's pages."""
    work = {"trace": trace, "recall": recall}[verb]

    def question(lot: str) -> object:
        with Book(path) as book:
            return work(book, lot)

    for lot in lots:
        question(lot)
    each("again", question, lots)


def opened(path: Path, lot: str) -> None:
    """Saved arrays, opened, and two questions asked of them."""
    each_once("compiled", warmed)
    forget(path, *(x for x in arrays_beside(path).rglob("*") if x.is_file()))
    with Book(path) as book:
        found: list[Genealogy] = []
        each_once("open", lambda: found.append(open_genealogy(book, arrays_beside(path))))
        each_once("first", lambda: found[0].ancestors(lot))
        each_once("first_answer", lambda: found[0].trace(lot))
        tell(open_peak_mb=peak_mb())


def each_once(name: str, work: Callable[[], object]) -> None:
    """Do something once; told in ms."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    tell(**{f"{name}_ms": wall * 1e3, f"{name}_cpu_ms": cpu * 1e3})


def arrays_beside(path: Path) -> Path:
    """Folder of a book's saved arrays."""
    return path.with_suffix(".arrays")


def middle(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """Medians of measures that were taken several times."""
    return {name: float(np.median([x[name] for x in found])) for name in found[0]}


def book_file(folder: Path) -> None:
    """Make the file if it is not there; ask it cold and warm; open arrays; add an event."""
    path, lots = folder / f"book-v{VERSION}.sqlite", load(folder)
    if not path.exists():
        scratch = path.with_suffix(".part")
        scratch.unlink(missing_ok=True)
        once("file", lambda: make(scratch, lots) or True)
        scratch.rename(path)
    tell(file_mb=path.stat().st_size / 1e6)
    traced = [name_of(x) for x in np.load(folder / "traced.npy")]
    recalled = [name_of(x) for x in np.load(folder / "recalled.npy")]
    for verb, names in (("trace", traced), ("recall", recalled)):
        both = [
            asked("cold", path, verb, name) | asked("fresh", path, verb, name)
            for name in names[:COLD]
        ]
        found = middle(both)
        found |= middle([asked("again", path, verb, *names) for _ in range(3)])
        tell(**{f"{verb}_{name}": value for name, value in found.items()})
    warm(path, lots, traced, recalled)
    tell(**middle([asked("open", path, name) for name in traced[:5]]))
    with Book(path) as book:
        updates(book, open_genealogy(book, arrays_beside(path)))
        if len(lots) <= READ:
            once("read", lambda: Genealogy.of(book))
    tell(end_peak_mb=peak_mb())


def warm(path: Path, lots: Lots, traced: Sequence[str], recalled: Sequence[str]) -> None:
    """Compare the file with the arrays, and save these."""
    genealogy = build(lots)
    with Book(path) as book:
        compare(book, genealogy, traced, recalled)
        once("save", lambda: save_genealogy(genealogy, book, arrays_beside(path)) or True)


def compare(
    book: Book, genealogy: Genealogy, traced: Sequence[str], recalled: Sequence[str]
) -> None:
    """The file and the arrays must give one answer."""
    for name in traced[:20]:
        one, other = trace(book, name), genealogy.trace(name)
        for substance in book.substances:
            found, expected = one.shares(substance), other.shares(substance)
            if found.keys() != expected.keys() or any(
                not abs(found[x] - expected[x]) <= SHARES for x in found
            ):
                sys.exit(f"trace of {name}: the file and the arrays do not agree")
    for name in recalled[:20]:
        reached, other_reached = recall(book, name).reached, genealogy.recall(name).reached
        same = [x.lot for x in reached] == [x.lot for x in other_reached]
        if not same or any(
            not np.allclose(x.shares, y.shares, rtol=0, atol=SHARES, equal_nan=True)
            for x, y in zip(reached, other_reached, strict=True)
        ):
            sys.exit(f"recall of {name}: the file and the arrays do not agree")


def updates(book: Book, genealogy: Genealogy) -> None:
    """Post events, and add each to the arrays."""
    taken = []
    for name in post_blends(book, 30):
        began = time.perf_counter(), time.process_time()
        genealogy.update(book)
        taken.append((time.perf_counter() - began[0], time.process_time() - began[1]))
        if len(genealogy.ancestors(name)) != 4:
            sys.exit("what was posted last is not traced")
    wall, cpu = np.median(np.array(taken[1:]) * 1e3, axis=0)
    tell(update_ms=float(wall), update_cpu_ms=float(cpu), update_first_ms=taken[0][0] * 1e3)


if __name__ == "__main__":
    kind, *rest = sys.argv[1:]
    if kind == "arrays":
        arrays(rest[0], Path(rest[1]), Path(rest[2]))
    elif kind == "book":
        book_file(Path(rest[0]))
    elif kind in ("cold", "fresh"):
        first(kind, Path(rest[0]), rest[1], rest[2])
    elif kind == "again":
        again(Path(rest[0]), rest[1], rest[2:])
    else:
        opened(Path(rest[0]), rest[1])
