"""A loop in scenarios: a decade by months, and ten thousand draws of it by years, on two cores.

The peer is the same loop, computed one draw at a time.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # a process a core: threads would wait

import argparse
import csv
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from loopbook.loop import Accounts, Loop, Walk, accounts, footprint, indicators, load, sample, walk

CASES = Path(__file__).parents[1] / "cases"
CASE = next(x for x in (CASES / "gmbi-loop", CASES / "gmbi") if (x / "contracts.csv").exists())
LIMITS_S = {"months": 1.5, "draws": 20.0}
WHOLES = ("scrap", "ramp")  # shares of one whole, and a ramp that ends at all of it
_NUMBER = re.compile(r"([\d.]+)( .*)")


def widened(folder: Path) -> Path:
    """The case with 10 % to each side of its numbers: parameters, terms and series."""
    for file in CASE.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    for name in ("parameters.csv", "terms.csv", "series.csv"):
        with (folder / name).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            match = _NUMBER.fullmatch(row.get("value") or "")
            if name == "series.csv":
                row |= {"low": "-10 %", "high": "+10 %"}
            elif match and row.get("parameter") not in WHOLES and float(match[1]) != 100:
                number, unit = float(match[1]), match[2].split(" of ")[0]
                row |= {"low": f"{number * 0.9:g}{unit}", "high": f"{number * 1.1:g}{unit}"}
        columns = dict.fromkeys(column for row in rows for column in row)
        with (folder / name).open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, [*columns])
            writer.writeheader()
            writer.writerows(rows)
    return folder


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


def memory_mb() -> float:
    """Most memory that this process, or the largest of its children, has held."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(x).ru_maxrss for x in who) / 1024


def run_draws(folder: str, draws: int) -> None:
    """Print seconds, memory and what could not be computed, of some draws on two processes."""
    loop = load(folder)
    start = time.perf_counter()
    kept = indicators(loop, measure, draws=draws, seed=1, processes=2)
    used = [resource.getrusage(x) for x in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu_s = sum(x.ru_utime + x.ru_stime for x in used)
    print(time.perf_counter() - start, cpu_s, memory_mb(), len(kept.failed))


def main() -> None:
    """Print speed and memory, with their limits."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=10_000)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        run_draws(options.only[0], int(options.only[1]))
        return
    months = load(CASE, cells=["case/step=month"])
    steps, limit = len(months.calendar.steps), LIMITS_S["months"]
    seconds, cpu_s = best_s(lambda: whole(months), options.rounds)
    print(f"{steps} months, one scenario  {seconds:8.2f} s   {cpu_s:7.2f} s CPU   limit {limit} s")
    with tempfile.TemporaryDirectory() as home:
        folder = widened(Path(home))
        for draws in (options.draws // 10, options.draws):
            command = [sys.executable, __file__, "--only", str(folder), str(draws)]
            told = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, cpu_s, memory, failed = map(float, told.stdout.split())
            limit_s = LIMITS_S["draws"] * draws / 10_000
            print(
                f"{draws:,} draws, two cores  {seconds:8.2f} s   {cpu_s:7.2f} s CPU   "
                f"limit {limit_s:g} s   {memory:,.0f} MB a process   {failed:.0f} not computed"
            )
        loop = load(folder)

        def alone() -> None:
            walked = walk(sample(loop, [5], seed=1).loop)
            measure(walked, accounts(walked))

        _, one = best_s(alone, 5)
    ratio = one * options.draws / cpu_s
    print(f"peer: one draw at a time   {one:7.3f} s CPU each, {ratio:.0f} times as much in all")


if __name__ == "__main__":
    main()
