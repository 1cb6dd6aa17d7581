"""Trace lots through genealogies of up to ten million, beside graph libraries and SQL engines.

Everybody gets the same edges and is asked the same: all lots in a lot, all lots that a lot is in,
the exact shares of a lot's nickel by received lot, and the suppliers' shares in the nickel of all
lots. Loopbook also keeps cobalt, the rest, the mass, names and boundaries, answers from a book's
file, and takes new events. Each runs in a process of its own. Answers are compared, sets exactly
and shares to 1e-9; the exit code is 1 if one is wrong, never because of time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from trace_lots import draw
from trace_peers import PEERS
from trace_plot import Panel, plot

BENCH = Path(__file__).resolve().parent
IGRAPH_PYTHON = BENCH.parent / "build" / "igraph" / "bin" / "python"
FULL = 10_000_000
MOST = {"NetworkX": 1_000_000, "PostgreSQL": 1_000_000}
"""Lots up to which a peer runs: NetworkX would need more than ten gigabytes, PostgreSQL minutes."""

SHARES = 1e-9
ENGINES = ("Loopbook", "Loopbook, NumPy", *PEERS)
MEASURES = ("build_s", "peak_mb", "trace_ms", "recall_ms", "shares_ms", "composition_s")
TARGETS = (
    ("build, s", "Loopbook", "build_cpu_s", 15.0),
    ("memory of the whole process after it, MB", "Loopbook", "peak_mb", 3000.0),
    ("one trace, ms", "Loopbook", "trace_cpu_ms", 0.5),
    ("one recall, ms", "Loopbook", "recall_cpu_ms", 0.5),
    ("exact source shares of a lot, ms", "Loopbook", "shares_cpu_ms", 2.0),
    ("composition of all lots, s", "Loopbook", "composition_cpu_s", 10.0),
    ("adding one event, ms", "Loopbook", "add_cpu_ms", 1.0),
    ("a trace from the file, opened for it, ms", "book", "trace_again_ms", 20.0),
    ("a recall from the file, opened for it, ms", "book", "recall_again_ms", 20.0),
    ("  the first one of a new process: trace", "book", "trace_fresh_ms", 20.0),
    ("  the first one of a new process: recall", "book", "recall_fresh_ms", 20.0),
    ("  and none of the file in memory: trace", "book", "trace_cold_ms", 20.0),
    ("  and none of the file in memory: recall", "book", "recall_cold_ms", 20.0),
)
PANELS = (
    Panel("One trace: all lots in a lot, ms", "trace_shown_ms", 0.5),
    Panel("One recall: all lots that a lot is in, ms", "recall_shown_ms", 0.5),
    Panel("Exact shares of a lot's nickel by source, ms", "shares_shown_ms", 2.0),
    Panel("Origins of all lots, 16 groups, s", "composition_shown_s", 10.0),
    Panel("Build from arrays, s", "build_shown_s", 15.0),
    Panel("Memory of the whole process after the build, MB", "peak_mb", 3000.0),
)
COLD = {"trace_shown_ms": "trace_cold_cpu_ms", "recall_shown_ms": "recall_cold_cpu_ms"}

Measured = dict[str, float]
Results = dict[str, dict[str, Measured]]


def prepared(count: int) -> Path:
    """Folder with a genealogy of so many lots, made if it is not there."""
    folder = Path(tempfile.gettempdir()) / "loopbook-trace" / str(count)
    if not (folder / "recalled.npy").exists():
        print(f"making {count:,} lots", flush=True)
        lots = draw(count)
        lots.save(folder)
        np.save(folder / "recalled.npy", lots.questions()[1])
    return folder


def command_of(engine: str, folder: Path, answers: Path) -> list[str] | None:
    """How an engine is started; None where it is not installed."""
    if engine.startswith("Loopbook"):
        kernels = "numpy" if engine.endswith("NumPy") else "numba"
        return [
            sys.executable,
            str(BENCH / "trace_ours.py"),
            "arrays",
            kernels,
            str(folder),
            str(answers),
        ]
    python = sys.executable
    if engine == "igraph":
        python = os.environ.get("IGRAPH_PYTHON", str(IGRAPH_PYTHON))
        if not Path(python).exists():
            print("  igraph is not installed: make bench-igraph")
            return None
    return [python, str(BENCH / "trace_peers.py"), engine, str(folder), str(answers)]


def started(command: Sequence[str], bound_s: float) -> tuple[Measured, str]:
    """What a process measured, and what went wrong."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=bound_s, check=False)
        said, wrong = done.stdout, done.stderr if done.returncode else ""
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode() if isinstance(error.stdout, bytes) else error.stdout or ""
        wrong = f"stopped after {bound_s:,.0f} s"
    found: Measured = {}
    for line in said.splitlines():
        found |= json.loads(line)
    return found, wrong.strip()


def shown(engine: str, found: Measured) -> Measured:
    """CPU time of the process; of the wall clock for a server, which works in other processes."""
    made: Measured = {}
    for name, value in found.items():
        stem, _, unit = name.rpartition("_")
        if unit in ("ms", "s") and not stem.endswith(("_max", "cpu")):
            cpu = found.get(f"{stem}_cpu_{unit}", value)
            made[f"{stem}_shown_{unit}"] = value if engine == "PostgreSQL" else cpu
    return made


def differences(expected: Path, answers: Path) -> list[str]:
    """What an engine answers otherwise than Loopbook."""
    wrong = []
    with np.load(expected) as ours, np.load(answers) as theirs:
        for name in theirs:
            one, other = ours[name], theirs[name]
            same = one.shape == other.shape
            if same and name.split()[0] in ("trace", "recall", "sources"):
                same = bool(np.array_equal(one, other))
            elif same:
                same = bool(np.all(np.abs(one - other) <= SHARES))
            if not same:
                wrong.append(name)
    return wrong


def measure(count: int, engines: Sequence[str], bound_s: float) -> tuple[dict[str, Measured], int]:
    """Measures of all engines at one size, and how many gave wrong answers."""
    folder = prepared(count)
    results: dict[str, Measured] = {}
    failures = 0
    expected = folder / "Loopbook.npz"
    for engine in engines:
        answers = folder / f"{engine}.npz"
        if count > MOST.get(engine, FULL):
            continue
        if engine == "book":
            ours = str(BENCH / "trace_ours.py")
            command: list[str] | None = [sys.executable, ours, "book", str(folder)]
        else:
            answers.unlink(missing_ok=True)
            command = command_of(engine, folder, answers)
        if command is None:
            continue
        found, wrong = started(command, bound_s)
        if engine == "PostgreSQL":
            found.pop("peak_mb", None)  # of the client only
        results[engine] = found | shown(engine, found)
        if engine == "book":
            told = {name: found[key] for name, key in COLD.items() if key in found}
            results["Loopbook, cold file"] = told
        if wrong:
            print(f"  {engine}: {wrong.splitlines()[-1]}", flush=True)
            failures += not wrong.startswith("stopped")
        if engine != "book" and answers.exists() and expected.exists():
            different = differences(expected, answers)
            if different:
                print(f"  {engine} answers otherwise: {', '.join(different[:5])}")
                failures += 1
    return results, failures


def print_machine() -> None:
    """Print what this is measured on."""
    info = Path("/proc/cpuinfo")
    cpu = platform.machine()
    if info.exists():
        models = [x for x in info.read_text(encoding="utf-8").splitlines() if "model name" in x]
        cpu = models[0].partition(":")[2].strip() if models else cpu
    print(f"{cpu}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")


def print_tables(count: int, results: Mapping[str, Measured]) -> None:
    """Print a size's measures."""
    print(f"\n{count:,} lots; CPU time of the process, medians of questions")
    print(f"  {'':<18}" + "".join(f"{name.replace('_', ', '):>15}" for name in MEASURES))
    for engine, found in results.items():
        if "build_s" not in found:
            continue
        cells = []
        for name in MEASURES:
            stem, _, unit = name.rpartition("_")
            value = found.get(name if unit == "mb" else f"{stem}_shown_{unit}")
            cells.append(f"{'-':>15}" if value is None else f"{value:>15,.4g}")
        print(f"  {engine:<18}" + "".join(cells))
    for engine in ("Loopbook", "book"):
        for name, value in results.get(engine, {}).items():
            if "shown" not in name:
                print(f"    {engine}: {name:<28}{value:>14,.4g}")


def print_targets(results: Mapping[str, Measured]) -> None:
    """Print which targets are met; they are for ten million lots."""
    print("\n  targets for 10,000,000 lots; here:")
    for title, engine, measure_, most in TARGETS:
        value = results.get(engine, {}).get(measure_)
        if value is not None:
            told = "met" if value <= most else "MISSED on this machine now"
            print(f"  {title:<44}{value:>10,.4g}  at most {most:>7,g}: {told}", flush=True)


def main() -> int:
    """Make, measure, compare, print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lots", default="1e5,1e6", help="sizes, with commas between them")
    options.add_argument("--full", action="store_true", help="ten million lots, too")
    options.add_argument("--engines", default="", help="only these, with semicolons between them")
    options.add_argument("--seconds", type=float, default=300, help="time bound of each engine")
    options.add_argument("--plot", type=Path, help="write the plot here, earlier sizes included")
    given = options.parse_args()
    sizes = [int(float(size)) for size in given.lots.split(",") if size]
    sizes += [FULL] if given.full else []
    engines = given.engines.split(";") if given.engines else [*ENGINES, "book"]
    kept = Path(tempfile.gettempdir()) / "loopbook-trace" / "results.json"
    results: Results = json.loads(kept.read_text("utf-8")) if kept.exists() else {}
    print_machine()
    failures = 0
    for count in sizes:
        found, wrong = measure(count, engines, given.seconds)
        failures += wrong
        results[str(count)] = results.get(str(count), {}) | found
        kept.write_text(json.dumps(results, indent=1), encoding="utf-8")
        print_tables(count, found)
        print_targets(found)
    if given.plot:
        told = "CPU time of one process, PostgreSQL's by the clock; medians of up to 50 questions"
        given.plot.write_text(plot(results, PANELS, told), encoding="utf-8")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
