"""How fast Loopbook solves R20, beside peers on the same work and in the same run.

First everyone must give R20's six answers; then all are measured in turn (A B C A B C ...), so
that a busy machine is busy for all of them, in CPU time of the process, and medians are printed.
Ends with 1 if an answer is wrong, never because of time.
"""

from __future__ import annotations

import argparse
import importlib.util
import inspect
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

import loopbook
import r20_peers as peers
from loopbook.flowsheet import Flowsheet
from loopbook.flowsheet.audit import Ledger
from r20_flowsheet import ANSWERS_KG_PER_H, KEEP, answers, r20

BATCH = 8192
SEED = 20
ROUNDS = 9
SINGLES = 20
BIOSTEAM_SCENARIOS = 40
CHUNKS = (128, 192, 256, 384, 512)
DEFAULT_CHUNK = inspect.signature(Flowsheet.solve).parameters["chunk"].default
RELATIVE = 1e-8
MIN_PER_CORE_S = 40_000
MAX_MS = 1.0
RANGES = {
    "scrap.NMC": (280.0, 360.0),
    "leach.conversion.NMC": (0.93, 0.995),
    "leach.conversion.Al": (0.8, 0.95),
    "leach.conversion.Cu": (0.4, 0.8),
    "soda.conversion.Li2SO4": (0.82, 0.92),
}
ROOT = Path(__file__).resolve().parents[1]
BIOSTEAM_PYTHON = ROOT / "build" / "biosteam" / "bin" / "python"

Array = peers.Array
Values = Mapping[str, Array]
Measure = Callable[[], float]
Solve = Callable[..., Array]


def varied(count: int) -> dict[str, Array]:
    """Scenarios drawn evenly from the ranges, by path."""
    random = np.random.default_rng(SEED)
    return {path: random.uniform(*span, count) for path, span in RANGES.items()}


def cpu_s(work: Callable[[], object]) -> float:
    """CPU seconds of this process for one piece of work."""
    began = time.process_time()
    work()
    return time.process_time() - began


def in_turn(measures: Mapping[str, Measure], rounds: int) -> dict[str, float]:
    """Median of each measure; all are taken once a round, after one round that does not count."""
    taken = [{name: measure() for name, measure in measures.items()} for _ in range(rounds + 1)]
    return {name: float(np.median([r[name] for r in taken[1:]])) for name in measures}


# --- who takes part ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loopbook:
    """R20 in Loopbook's language, solved as everybody would."""

    flowsheet: Flowsheet

    def solve(self, values: Values | None = None, chunk: int = DEFAULT_CHUNK) -> Array:
        """The six answers, closure checks included."""
        solution = self.flowsheet.solve(values, keep=KEEP, chunk=chunk)
        return np.array(list(answers(solution).values()))


class Biosteam:
    """BioSTEAM in its own interpreter, asked a round at a time."""

    def __init__(self, python: Path | str) -> None:
        command = [str(python), str(ROOT / "bench" / "r20_biosteam.py"), "--serve"]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.versions = self._reply()

    def _reply(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("BioSTEAM stopped: run bench/r20_biosteam.py with its interpreter")
        return json.loads(line)

    def solve(self, values: Values | None = None) -> tuple[Array, float, float]:
        """The six answers, CPU seconds and the closure of the last scenario's mass."""
        rows = [[320.0, 0.98, 0.9, 0.6, 0.88]]
        if values is not None:
            rows = np.column_stack([values[path] for path in RANGES]).tolist()
        assert self._process.stdin is not None
        print(json.dumps(rows), file=self._process.stdin, flush=True)
        reply = self._reply()
        return np.array(reply["answers"]).T, reply["cpu_s"], reply["closure"]

    def close(self) -> None:
        """End the other process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


def find_biosteam() -> Biosteam | None:
    """BioSTEAM from its own environment or from this one, or None."""
    python = os.environ.get("BIOSTEAM_PYTHON")
    if python:
        return Biosteam(python)
    if BIOSTEAM_PYTHON.exists():
        return Biosteam(BIOSTEAM_PYTHON)
    if importlib.util.find_spec("biosteam"):
        return Biosteam(sys.executable)
    print("BioSTEAM: not installed, not measured; `make bench-biosteam` installs it (Python 3.11)")
    return None


def find_numba() -> Solve | None:
    """The compiled kernel, or None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        print("numba: not installed, not measured; `make bench` installs it")
        return None
    from r20_numba import solve_numba

    return solve_numba


# --- right first ----------------------------------------------------------------------


def wrong_answers(ours: Loopbook, others: Mapping[str, Solve], biosteam: Biosteam | None) -> int:
    """Print how far each is from R20's answers and from Loopbook's; count who is too far."""
    known = np.array(list(ANSWERS_KG_PER_H.values()))[:, None]
    values = varied(BATCH)
    expected = ours.solve(values)
    found = {"Loopbook": (ours.solve(), ours.solve(values, chunk=1000))}
    for name, solve in others.items():
        found[name] = (solve(peers.scenarios()), solve(peers.scenarios(values)))
    if biosteam is not None:
        few = {path: value[:BIOSTEAM_SCENARIOS] for path, value in values.items()}
        found["BioSTEAM"] = (biosteam.solve()[0], biosteam.solve(few)[0])
    wrong = 0
    print(f"largest relative error of the six answers (allowed {RELATIVE:g})")
    print(f"  {'':<16}{'R20':>10}{'varied, against Loopbook':>28}")
    for name, (single, batch) in found.items():
        errors = (_error(single, known), _error(batch, expected[:, : batch.shape[1]]))
        fine = all(e <= RELATIVE for e in errors)
        wrong += not fine
        count = f"{errors[1]:.1e} of {batch.shape[1]:>5}"
        print(f"  {name:<16}{errors[0]:>10.1e}{count:>28}{'' if fine else '   WRONG'}")
    return wrong


def _error(found: Array, expected: Array) -> float:
    return float(np.abs(found / expected - 1.0).max())


# --- then fast ----------------------------------------------------------------------


def best_chunks(taken: Mapping[str, float], names: Iterable[str]) -> dict[str, float]:
    """Of each peer that was measured with several chunk sizes only the quickest."""
    best = dict(taken)
    for name in names:
        sizes = [key for key in taken if key.startswith(f"{name}, ")]
        for key in sorted(sizes, key=taken.__getitem__)[:-1]:
            del best[key]
    return best


def single_measures(
    ours: Loopbook, others: Mapping[str, Solve], biosteam: Biosteam | None
) -> dict[str, Measure]:
    """Milliseconds for one scenario, by name."""
    one = peers.scenarios()

    def repeated(work: Callable[[], object]) -> Measure:
        return lambda: cpu_s(lambda: [work() for _ in range(SINGLES)]) / SINGLES * 1e3

    measures = {"Loopbook": repeated(ours.solve)}
    for name, solve in others.items():
        measures[name] = repeated(lambda s=solve: s(one))
    if biosteam is not None:
        few = {path: value[:SINGLES] for path, value in varied(BATCH).items()}
        measures["BioSTEAM"] = lambda: biosteam.solve(few)[1] / SINGLES * 1e3
    return measures


def batch_measures(
    ours: Loopbook, others: Mapping[str, Solve], biosteam: Biosteam | None
) -> dict[str, Measure]:
    """Scenarios per core-second in batches, by name and chunk."""
    values = varied(BATCH)
    given = peers.scenarios(values)
    measures: dict[str, Measure] = {}
    for c in sorted({*CHUNKS, DEFAULT_CHUNK}):
        measures[f"Loopbook, {c}"] = lambda c=c: BATCH / cpu_s(lambda: ours.solve(values, c))
    for name, solve in others.items():
        if name == "numba kernel":
            measures[name] = lambda s=solve: BATCH / cpu_s(lambda: s(given))
            continue
        for c in (*CHUNKS, 1024):
            measures[f"{name}, {c}"] = lambda s=solve, c=c: BATCH / cpu_s(lambda: s(given, c))
    if biosteam is not None:
        few = {path: value[:BIOSTEAM_SCENARIOS] for path, value in values.items()}
        measures["BioSTEAM"] = lambda: BIOSTEAM_SCENARIOS / biosteam.solve(few)[1]
    return measures


def audit_share(work: Callable[[], object], rounds: int) -> float:
    """Median share of a solve's CPU time that the closure checks after it take."""
    audit = Ledger.audit
    spent = 0.0

    def timed(self: Ledger, streams: list[Array]) -> Array:
        nonlocal spent
        began = time.process_time()
        closure = audit(self, streams)
        spent += time.process_time() - began
        return closure

    shares = []
    with patch.object(Ledger, "audit", timed):
        for _ in range(rounds):
            spent = 0.0
            total = cpu_s(work)
            shares.append(spent / total)
    return float(np.median(shares))


# --- and told ----------------------------------------------------------------------


def print_machine(biosteam: Biosteam | None) -> None:
    """Print what this was measured on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        models = [x for x in info.read_text(encoding="utf-8").splitlines() if "model name" in x]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    versions = {
        "Python": platform.python_version(),
        "NumPy": np.__version__,
        "Loopbook": loopbook.__version__,
        **(biosteam.versions if biosteam else {}),
    }
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    print(f"\n{cpu}, {os.cpu_count()} cores, {load}; BLAS on one thread")
    print(", ".join(f"{name} {version}" for name, version in versions.items()))


def print_table(title: str, taken: Mapping[str, float], *, base: str, digits: int) -> None:
    """Print medians with their ratio to Loopbook's."""
    print(f"\n{title}\n  {'':<24}{'median':>10}{'/ Loopbook':>12}")
    for name, value in taken.items():
        print(f"  {name:<24}{value:>10,.{digits}f}{value / taken[base]:>12.3g}")


def report(ours: Loopbook, others: Mapping[str, Solve], biosteam: Biosteam | None, n: int) -> None:
    """Measure and print."""
    single = in_turn(single_measures(ours, others, biosteam), n)
    print_table("one scenario, ms of CPU time", single, base="Loopbook", digits=3)
    met = "met" if single["Loopbook"] <= MAX_MS else "MISSED on this machine now"
    print(f"  target: Loopbook at most {MAX_MS:g} ms: {met}")
    batch = best_chunks(in_turn(batch_measures(ours, others, biosteam), n), others)
    base = f"Loopbook, {DEFAULT_CHUNK}"
    title = f"batch of {BATCH}, scenarios per core-second (name, scenarios in a chunk)"
    print_table(title, batch, base=base, digits=0)
    met = "met" if batch[base] >= MIN_PER_CORE_S else "MISSED on this machine now"
    print(f"  target: Loopbook at least {MIN_PER_CORE_S:,} with its default chunk: {met}")

    values = varied(BATCH)
    closure = ours.flowsheet.solve(values, keep=KEEP).report
    shares = audit_share(ours.solve, 10 * n), audit_share(lambda: ours.solve(values), n)
    print(
        f"\nclosure checks: {shares[0]:.0%} of the time of one scenario, {shares[1]:.0%} in batches"
        f"\nworst closure of any element in {BATCH} scenarios: {closure.worst_closure:.1e} of what"
        f" enters; {closure.passes} passes"
    )
    built = in_turn({"": lambda: cpu_s(lambda: r20().plan()) * 1e3}, n)[""]
    print(f"building R20 and planning its solution, once: {built:.1f} ms")


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds, of which the median")
    rounds = max(parser.parse_args(arguments).rounds, 1)
    ours = Loopbook(r20())
    others: dict[str, Solve] = {
        "NumPy kernel": peers.solve_kernel,
        "NumPy graph": peers.solve_graph,
    }
    compiled = find_numba()
    if compiled is not None:
        others["numba kernel"] = compiled
    biosteam = find_biosteam()
    try:
        wrong = wrong_answers(ours, others, biosteam)
        if wrong:
            print(f"{wrong} of them give wrong answers: nothing is measured", file=sys.stderr)
            return 1
        print_machine(biosteam)
        report(ours, others, biosteam, rounds)
    finally:
        if biosteam is not None:
            biosteam.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
