"""A hundred million serials: build, look up, recall and count, beside SQLite and DuckDB.

Two registers are made once, as folders in the system's temporary folder, and used again by the next
run: 20,000 lots of 5,000 cells as arbitrary serials in 125 monthly runs, and half of the lots as
ranges. Arbitrary serials are scattered over their whole space, so that every run reaches over all
others and no statistics of a file say in which month a serial was made: the hard case. The
questions are asked in a fresh process, whose greatest memory is printed. SQLite and DuckDB hold the
first twelve months (9.6 million serials), as large as is bearable, and so does a third register.
Answers are checked; the exit code is 1 if one is wrong, never because of time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from loopbook.serials import Range, SerialRegister, add_ranges, import_serials
from loopbook.serials.text import strings_of

LOTS, CELLS, MONTHS, FEW = 20_000, 5_000, 125, 12
MONTHLY = LOTS // MONTHS
SIGNS = np.frombuffer(b"0123456789ABCDEFGHJKLMNPQRSTVWXY", np.uint8)
SPACE, ODD = 2**40, 0x5DEECE66D1
RECALL = 600
WRONG: list[str] = []


def lot_name(lot: int) -> str:
    return f"CELL-{lot:05d}"


def serials(numbers: np.ndarray) -> pa.Array:
    """Serials of cells by their numbers: LGX- and eight scattered signs, each once."""
    mixed = numbers.astype(np.uint64) * np.uint64(ODD) % np.uint64(SPACE)
    mixed ^= mixed >> np.uint64(19)
    mixed = mixed * np.uint64(ODD) % np.uint64(SPACE)
    matrix = np.empty((len(numbers), 12), np.uint8)
    matrix[:, :4] = np.frombuffer(b"LGX-", np.uint8)
    for k in range(8):
        matrix[:, 4 + k] = SIGNS[(mixed >> np.uint64(5 * k) & np.uint64(31)).astype(np.intp)]
    return strings_of(matrix)


def month_name(month: int) -> str:
    return f"{2026 + month // 12}-{month % 12 + 1:02d}"


def cells_of(month: int, rng: np.random.Generator) -> pa.Table:
    """A month's cells, lots mixed, as a line's computer would send them."""
    numbers = np.arange(month * MONTHLY * CELLS, (month + 1) * MONTHLY * CELLS)
    rng.shuffle(numbers)
    codes = (numbers // CELLS - month * MONTHLY).astype(np.int32)
    names = [lot_name(month * MONTHLY + k) for k in range(MONTHLY)]
    lots = pa.DictionaryArray.from_arrays(pa.array(codes), pa.array(names))
    return pa.table({"serial": serials(numbers), "lot": lots})


def one_range(lot: int) -> Range:
    first = lot // 10 * CELLS
    return Range(lot_name(lot), f"LG{26 + lot % 10}A-", first, first + CELLS - 1, 9)


def size(folder: Path, endings: str = "*") -> int:
    return sum(f.stat().st_size for f in folder.glob(endings))


def build(home: Path) -> None:
    """Make the registers, and say how long it took."""
    lots = {lot_name(k) for k in range(LOTS)}
    rng, spent, months = np.random.default_rng(7), 0.0, []
    big, few, halves = home / "runs", home / "few", home / "ranges"
    for month in range(MONTHS):
        path = home / "month.parquet"
        pq.write_table(cells_of(month, rng), path)
        begin = time.perf_counter()
        import_serials(big, path, lots=lots, month=month_name(month))
        months.append(time.perf_counter() - begin)
        spent += months[-1]
        if month + 1 == FEW:
            shutil.copytree(big, few)
            print(f"build: the first {FEW} months in {spent:.1f} s")
    path.unlink()
    rows = LOTS * CELLS
    print(
        f"build: {rows / 1e6:.0f} M serials in {MONTHS} imports: {spent:.0f} s, "
        f"{rows / spent / 1e3:.0f} k/s"
    )
    print(f"build: the first month {months[0]:.1f} s, the last {months[-1]:.1f} s")
    told = [one_range(k) for k in range(0, LOTS, 2)]
    begin = time.perf_counter()
    add_ranges(halves, told, lots=lots, month="2026-01")
    print(
        f"build: {len(told):,} ranges ({len(told) * CELLS / 1e6:.0f} M serials) in "
        f"{time.perf_counter() - begin:.2f} s"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"build: peak {peak:.0f} MB, with what makes the serials")
    (home / "made").touch()


# -- measuring


Spent = tuple[float, float]


def medians(
    work: Callable[[int], object], rounds: int, before: Callable[[], object] = lambda: None
) -> Spent:
    """Median milliseconds of some rounds, by the clock and of CPU."""
    clock, cpu = [], []
    for k in range(rounds):
        before()
        begin, used = time.perf_counter(), time.process_time()
        work(k)
        clock.append(time.perf_counter() - begin)
        cpu.append(time.process_time() - used)
    return statistics.median(clock) * 1e3, statistics.median(cpu) * 1e3


def must(right: bool, what: str) -> None:
    if not right:
        WRONG.append(what)
        print(f"WRONG: {what}")


def forget(folder: Path) -> None:
    """Ask the system to drop what it holds of a folder's files in memory."""
    for path in folder.iterdir():
        handle = os.open(path, os.O_RDONLY)
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(handle)


def ask(home: Path, kind: str) -> dict[str, Spent]:
    """Ask a register, in this process alone; and the megabytes that it took."""
    folder = home / kind
    lots = range(0, FEW * MONTHLY if kind == "few" else LOTS, 2 if kind == "ranges" else 1)
    rng = np.random.default_rng(11)
    picked = rng.choice(np.array(lots), 1000).tolist()
    offsets = rng.integers(0, CELLS, 1000).tolist()
    if kind == "ranges":
        told = [
            f"{r.prefix}{r.first + k:09d}"
            for r, k in zip(map(one_range, picked), offsets, strict=True)
        ]
    else:
        told = serials(np.array(picked) * CELLS + np.array(offsets)).to_pylist()
    found: dict[str, Spent] = {}

    def look(register: SerialRegister, k: int) -> None:
        must(register.lot_of(told[k]) == lot_name(picked[k]), f"{kind}: lot of {told[k]}")

    found["opened anew"] = medians(lambda k: look(SerialRegister(folder), k), 100)
    held = SerialRegister(folder)
    look(held, 0)
    found["open"] = medians(lambda k: look(held, k), 1000)
    found["not there"] = medians(lambda k: held.lot_of(told[k][:-1] + "?"), 300)
    if hasattr(os, "posix_fadvise"):
        found["opened anew, off the disk"] = medians(
            lambda k: look(SerialRegister(folder), k), 15, lambda: forget(folder)
        )
    names = [lot_name(k) for k in sorted(rng.choice(np.array(lots), RECALL, replace=False))]
    fresh = SerialRegister(folder)
    found[f"count {RECALL} lots"] = medians(lambda _: SerialRegister(folder).count_of(names), 5)
    must(sum(fresh.count_of(names).values()) == RECALL * CELLS, f"{kind}: count")

    def arrays(_: int) -> None:
        table = pa.concat_tables(SerialRegister(folder).serials_of(names))
        must(table.num_rows == RECALL * CELLS, f"{kind}: recall")

    found["recall to arrays"] = medians(arrays, 3)
    for ending in (".parquet", ".csv"):
        out = home / f"recall-{kind}{ending}"
        found[f"recall to {ending[1:]}"] = medians(
            lambda _, out=out: SerialRegister(folder).write_serials(names, out), 3
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found["peak MB of all this"] = peak, peak
    if kind != "ranges":  # all serials of a lot are those that were made
        lot = int(names[5][5:])
        made = sorted(serials(np.arange(lot * CELLS, (lot + 1) * CELLS)).to_pylist())
        listed = pa.concat_tables(held.serials_of([names[5]]))["serial"].to_pylist()
        must(listed == made, f"{kind}: serials of {names[5]}")
    return found


def fresh_process(home: Path, kind: str) -> dict[str, Spent]:
    done = subprocess.run(
        [sys.executable, __file__, "--home", str(home), "--ask", kind],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    must(done.returncode == 0, f"{kind}: {done.stdout}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


# -- peers


def few_cells() -> pa.Table:
    rng = np.random.default_rng(7)
    return pa.concat_tables([cells_of(month, rng) for month in range(FEW)]).unify_dictionaries()


def questions() -> tuple[list[str], list[str], list[str]]:
    rng = np.random.default_rng(12)
    picked = rng.integers(0, FEW * MONTHLY, 300)
    told = serials(picked * CELLS + rng.integers(0, CELLS, 300)).to_pylist()
    names = [lot_name(k) for k in sorted(rng.choice(FEW * MONTHLY, RECALL, replace=False))]
    return told, [lot_name(k) for k in picked], names


def sqlite_peer(path: Path) -> dict[str, Spent]:
    """A table with its primary key, and an index by lot that has the serial too."""
    path.unlink(missing_ok=True)
    link = sqlite3.connect(path)
    link.execute("PRAGMA journal_mode = OFF")
    link.execute("PRAGMA synchronous = OFF")
    link.execute("PRAGMA cache_size = -200000")
    link.execute("CREATE TABLE cell (serial TEXT PRIMARY KEY, lot TEXT) WITHOUT ROWID")
    begin = time.perf_counter()
    table = few_cells().sort_by("serial")  # in order it is several times faster
    for batch in table.to_batches(100_000):
        rows = zip(batch["serial"].to_pylist(), batch["lot"].to_pylist(), strict=True)
        link.executemany("INSERT INTO cell VALUES (?, ?)", rows)
    link.execute("CREATE INDEX cell_lot ON cell (lot, serial)")
    link.commit()
    return _peer(
        time.perf_counter() - begin,
        path,
        lambda s: link.execute("SELECT lot FROM cell WHERE serial = ?", (s,)).fetchone()[0],
        lambda names: pa.array(
            [
                r[0]
                for lot in names
                for r in link.execute(
                    "SELECT serial FROM cell WHERE lot = ? ORDER BY serial", (lot,)
                )
            ]
        ),
    )


def duckdb_peer(path: Path) -> dict[str, Spent] | None:
    """A table with a primary key, sorted by lot."""
    try:
        import duckdb
    except ImportError:
        return None
    path.unlink(missing_ok=True)
    link = duckdb.connect(str(path))
    link.execute("SET threads = 1")
    link.execute("CREATE TABLE cell (lot TEXT, serial TEXT PRIMARY KEY)")
    begin = time.perf_counter()
    told = few_cells().cast(pa.schema([("serial", pa.string()), ("lot", pa.string())]))
    told = told.sort_by([("lot", "ascending"), ("serial", "ascending")])
    link.register("told", told)
    link.execute("INSERT INTO cell SELECT lot, serial FROM told")
    link.execute("CHECKPOINT")
    found = "SELECT lot FROM cell WHERE serial = ?"
    listed = "SELECT serial FROM cell WHERE lot IN (SELECT unnest(?)) ORDER BY lot, serial"

    def recall(names: Sequence[str]) -> pa.Table:
        return link.sql(listed, params=[list(names)]).to_arrow_table()

    return _peer(
        time.perf_counter() - begin,
        path,
        lambda s: link.execute(found, [s]).fetchall()[0][0],
        recall,
    )


def _peer(
    spent_s: float,
    path: Path,
    look: Callable[[str], str],
    recall: Callable[[Sequence[str]], pa.Table | pa.Array],
) -> dict[str, Spent]:
    told, lots, names = questions()

    def one(k: int) -> None:
        must(look(told[k]) == lots[k], f"{path.name}: lot of {told[k]}")

    def many(_: int) -> None:
        must(len(recall(names)) == RECALL * CELLS, f"{path.name}: recall")

    return {
        "open": medians(one, 300),
        "recall to arrays": medians(many, 3),
        "build": (spent_s, path.stat().st_size / (FEW * MONTHLY * CELLS)),
    }


def dataset_peer(home: Path) -> dict[str, Spent]:
    """The register's own Parquet files, all of them, scanned with a filter."""
    told, lots, names = questions()

    def one(k: int) -> None:
        cells = ds.dataset(sorted((home / "runs").glob("*.serials.parquet")))
        got = cells.to_table(columns=["lot"], filter=pc.field("serial") == told[k])
        must(got["lot"].to_pylist() == [lots[k]], "dataset: lot")

    def many(_: int) -> None:
        cells = ds.dataset(sorted((home / "runs").glob("*.lots.parquet")))
        kept = pc.field("lot").cast(pa.string()).isin(names)
        must(cells.to_table(filter=kept).num_rows == RECALL * CELLS, "dataset: recall")

    return {"opened anew": medians(one, 15), "recall to arrays": medians(many, 1)}


def _told(spent: Spent) -> str:
    return f"{spent[0]:,.3f} ({spent[1]:,.3f})" if spent[0] != spent[1] else f"{spent[0]:,.0f}"


def _ratios(got: dict[str, Spent], ours: dict[str, Spent]) -> str:
    return "; ".join(f"{k} {_told(v)}: {v[1] / ours[k][1]:.2f}" for k, v in got.items())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--home", type=Path, default=Path(tempfile.gettempdir()) / "loopbook-serials"
    )
    parser.add_argument("--ask", choices=["runs", "ranges", "few"])
    asked = parser.parse_args()
    if asked.ask:
        print(json.dumps(ask(asked.home, asked.ask)))
        return len(WRONG) > 0
    home = asked.home
    if not (home / "made").exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        build(home)
    rows = LOTS * CELLS
    kinds = ("serials", "lots", "index")
    parts = {k: size(home / "runs", f"*.{k}.parquet") / rows for k in kinds}
    parts["prints"] = size(home / "runs", "*.prints") / rows
    told = ", ".join(f"{k} {v:.2f}" for k, v in parts.items())
    print(
        f"bytes a serial: {size(home / 'runs') / rows:.1f} in runs ({told}); "
        f"{size(home / 'ranges') * 2 / rows:.3f} in ranges\n"
    )
    found = {kind: fresh_process(home, kind) for kind in ("runs", "ranges", "few")}
    heads = {"runs": "100 M in runs", "ranges": "50 M in ranges", "few": "9.6 M in runs"}
    print(f"{'ms, medians (of CPU)':<28}" + "".join(f"{heads[k]:>22}" for k in found))
    for name in found["runs"]:
        print(f"{name:<28}" + "".join(f"{_told(got[name]):>22}" for got in found.values()))
    print("\npeers, and how many times Loopbook's CPU time they take")
    ours = found["few"]
    peers = {"SQLite, 9.6 M": sqlite_peer(home / "peer.sqlite")}
    if (duck := duckdb_peer(home / "peer.duckdb")) is not None:
        peers["DuckDB, 9.6 M"] = duck
    for name, got in peers.items():
        build_s, each = got.pop("build")
        print(f"{name}: {_ratios(got, ours)}; built in {build_s:.0f} s, {each:.0f} bytes a serial")
    got = dataset_peer(home)
    print(f"pyarrow.dataset, 100 M: {_ratios(got, found['runs'])}")
    return len(WRONG) > 0


if __name__ == "__main__":
    sys.exit(main())
