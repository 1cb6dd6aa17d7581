"""A loop in scenarios: a decade by months, the founding case as `make run` draws it, and ten
thousand draws of it by years, on two cores.

The peer is the same loop, computed one draw at a time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process a core: threads would wait

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from loopbook.loop import Accounts, Loop, Walk, accounts, footprint, load, sample, walk

CASE = Path(__file__).parents[1] / "cases" / "gmbi"
LIMITS_S = {"months": 1.5, "run": 15.0, "draws": 20.0}


def measure(walked: Walk, money: Accounts) -> Mapping[str, np.ndarray]:
    """Cash of each party and burden of each site, by step."""
    cash = {f"cash {party}": money.cash(party) for party in money.parties}
    return cash | {f"burden {site}": money.burden(site) for site in walked.sites}


def best_s(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Wall and CPU seconds of the quickest of some rounds."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter(), time.process_time()
        work()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    return min(times)


def whole(loop: Loop) -> None:
    """Walk, accounts and footprint."""
    footprint(accounts(walk(loop)))


def run_s(out: Path, draws: int) -> tuple[float, float, float]:
    """Wall and CPU seconds, and MB of the largest process, of `make run` with some draws."""
    command = [sys.executable, "-m", "loopbook", "run", str(CASE), "--out", str(out)]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    options = ["--draws", str(draws), "--processes", "2"]
    subprocess.run([*command, *options], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - start, cpu_s, after.ru_maxrss / 1024


def main() -> None:
    """Print speed and memory, with their limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=10_000)
    options = parser.parse_args()
    months = load(CASE, cells=["case/step=month"])
    steps, limit = len(months.calendar.steps), LIMITS_S["months"]
    seconds, cpu_s = best_s(lambda: whole(months), options.rounds)
    print(f"{steps} months, one scenario  {seconds:8.2f} s   {cpu_s:7.2f} s CPU   limit {limit} s")
    with tempfile.TemporaryDirectory() as home:
        rows = {n: run_s(Path(home) / "out", n) for n in (0, 1000, options.draws)}
    for draws, (seconds, cpu_s, memory) in rows.items():
        limit = LIMITS_S["run"] if draws <= 1000 else LIMITS_S["run"] + LIMITS_S["draws"]
        print(
            f"{f'make run, {draws:,} draws':25} {seconds:8.2f} s   {cpu_s:7.2f} s CPU   "
            f"limit {limit:g} s   {memory:,.0f} MB a process"
        )
    loop = load(CASE)

    def alone() -> None:
        walked = walk(sample(loop, [5], seed=1).loop)
        measure(walked, accounts(walked))

    _, one = best_s(alone, 5)
    ratio = one * options.draws / (rows[options.draws][1] - rows[0][1])
    print(f"peer: one draw at a time   {one:7.3f} s CPU each, {ratio:.0f} times as much in all")


if __name__ == "__main__":
    main()
