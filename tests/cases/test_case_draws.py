"""``loopbook run --draws``: tables of figures, inputs and findings; the same bytes everywhere."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from case_folder import STARTER, copy_case, replace_in
from click.testing import CliRunner, Result

from loopbook.cli import main
from loopbook.loop import Asked, doubt, load

STATIONS = """\
station,title,answer,unit
margin,Earned,sum(cash(Recycler)),M USD
metal,Metal,sum(taken(metal market)),t
ratio,Taken,sum(feed(shredder)) / sum(taken(scrap)) + sum(feed(shredder)) / '10 kt',%
"""


@pytest.fixture
def case(tmp_path: Path) -> Path:
    """The starter, with a range of two costs and of what the shredder takes."""
    folder = copy_case(STARTER, tmp_path / "cases")
    text = STATIONS.replace("(metal market)", "('metal market')")
    (folder / "stations.csv").write_text(text, encoding="utf-8")
    for name, old, new in (
        ("terms.csv", "on,term,of,value,index,note", "on,term,of,value,low,high,index,note"),
        ("terms.csv", "payable,Ni; Co,55 %,,of", "payable,Ni; Co,55 %,,,,of"),
        ("terms.csv", "150 USD/t,,what", "150 USD/t,,,,what"),
        ("terms.csv", "freight,,buyer,,", "freight,,buyer,,,,"),
        ("terms.csv", "98 %,,", "98 %,,,,"),
        ("terms.csv", "320 USD/t,,", "320 USD/t,200 USD/t,500 USD/t,,"),
        ("terms.csv", "90 USD/t,,", "90 USD/t,,,,"),
        ("terms.csv", "1900 USD/t,,", "1900 USD/t,1500 USD/t,3000 USD/t,,"),
        ("terms.csv", "0.12 t CO2e/t,,", "0.12 t CO2e/t,,,,"),
        ("terms.csv", "2.1 t CO2e/t,,", "2.1 t CO2e/t,,,,"),
        ("parameters.csv", "value,source_id", "value,low,high,source_id"),
        ("parameters.csv", "scrap,,,,a series", "scrap,,,,,,a series"),
        ("parameters.csv", "5000 t/yr,,,assumption", "5000 t/yr,,,,,assumption"),
        ("parameters.csv", "90 %,,,assumption", "90 %,70 %,99 %,,,assumption"),
        ("parameters.csv", "ramp,,,assumption", "ramp,,,,,assumption"),
        ("parameters.csv", "500 t,,,assumption", "500 t,,,,,assumption"),
        ("parameters.csv", "truck/price,,,,", "truck/price,,,,,,"),
        ("parameters.csv", "truck/payload,,,,", "truck/payload,,,,,,"),
        ("parameters.csv", "loaded,,,,", "loaded,,,,,,"),
    ):
        replace_in(folder / name, old, new)
    return folder


def run(case: Path, out: Path, *options: str) -> Result:
    return CliRunner().invoke(main, ["run", str(case), "--out", str(out), *options])


def rows(out: Path, table: str) -> list[dict[str, str]]:
    with (out / "tables" / f"{table}.csv").open(encoding="utf-8") as file:
        return [*csv.DictReader(file)]


def test_tables_of_the_draws_are_written(case: Path, tmp_path: Path) -> None:
    done = run(case, tmp_path / "out", "--draws", "300", "--seed", "4", "--processes", "1")
    assert done.exit_code == 0, done.output
    loop = load(case)
    asked = {x.address: Asked(x.answer, x.unit) for x in loop.stations}
    doubts = doubt(loop, asked, draws=300, seed=4)
    shown = rows(tmp_path / "out", "draws")
    shown = [x for x in shown if x["figure"].startswith("stations/")]
    assert [x["figure"] for x in shown] == [f"stations/{x}" for x in ("margin", "metal", "ratio")]
    for row in shown:
        one = doubts.of[row["figure"]]
        for name in ("value", "low", "median", "high"):
            assert float(row[name]) == pytest.approx(getattr(one, name), rel=1e-9)
        assert float(row["low"]) < float(row["median"]) < float(row["high"])
        assert int(row["missing"]) == 0
    assert {x["holds"] for x in shown} == {""}
    assert shown[0]["unit"] == "M USD"
    drivers = rows(tmp_path / "out", "drivers")
    assert [x["input"] for x in drivers if x["figure"] == "stations/ratio"] == [
        "parameters/shredder/availability/value"
    ]
    assert {x["input"] for x in drivers if x["figure"] == "stations/margin"} >= {
        "terms/refinery/cost/feed/value"
    }
    cut = rows(tmp_path / "out", "draw_findings")
    assert [(x["what"], x["why"]) for x in cut] == [
        ("cut at its limit", "parameters/shredder/availability/value")
    ]
    assert "Inputs cut at their limit in some draws: 1 (table draw_findings)" in done.output
    parquet = pq.read_table(tmp_path / "out" / "tables" / "draws.parquet")
    medians = dict(zip(*(parquet.column(x).to_pylist() for x in ("figure", "median")), strict=True))
    assert {x: medians[x] for x in doubts.of} == {x: y.median for x, y in doubts.of.items()}


def test_a_statement_has_the_share_of_draws_in_which_its_test_holds(
    case: Path, tmp_path: Path
) -> None:
    """The availability, of which 5 % are below 70 % and half below 90 %, bounds what is fed."""
    statement = "id,text,stated,answer,unit,test\nfed,Feed of 2027,{},sum(feed(shredder)),t,{}\n"
    text = statement.format("2000 t", "answer >= '14000 t'")
    (case / "statements.csv").write_text(text, encoding="utf-8")
    assert run(case, tmp_path / "out", "--draws", "500", "--processes", "1").exit_code == 0
    *_, row = rows(tmp_path / "out", "draws")
    asked = {"fed": Asked("sum(feed(shredder))", "t")}
    fed = doubt(load(case), asked, draws=500, seed=1).of["fed"].values
    assert 0.05 < (fed >= 14000).mean() < 0.95
    assert float(row["holds"]) == (fed >= 14000).mean()
    assert row["figure"] == "statements/fed"


def test_bytes_are_the_same_on_one_process_and_two(case: Path, tmp_path: Path) -> None:
    for processes in ("1", "2"):
        done = run(case, tmp_path / processes, "--draws", "600", "--processes", processes)
        assert done.exit_code == 0, done.output
    one, two = (
        {x.relative_to(tmp_path / name): x.read_bytes() for x in (tmp_path / name).rglob("*.*")}
        for name in "12"
    )
    assert one == two


def test_no_draws_and_no_ranges_change_nothing(case: Path, tmp_path: Path) -> None:
    assert run(case, tmp_path / "none", "--draws", "0").exit_code == 0
    assert not (tmp_path / "none" / "tables" / "draws.csv").exists()
    folder = copy_case(STARTER, tmp_path / "plain")
    (folder / "stations.csv").write_bytes((case / "stations.csv").read_bytes())
    assert run(folder, tmp_path / "out", "--draws", "5").exit_code == 0
    for row in rows(tmp_path / "out", "draws"):
        assert row["low"] == row["high"]
        assert float(row["value"]) == pytest.approx(float(row["low"]), rel=1e-12)
    assert rows(tmp_path / "out", "drivers") == []


def test_one_draw_is_a_run(case: Path, tmp_path: Path) -> None:
    assert run(case, tmp_path / "out", "--draws", "1", "--processes", "8").exit_code == 0
    for row in rows(tmp_path / "out", "draws"):
        assert row["low"] == row["median"] == row["high"]
    assert rows(tmp_path / "out", "drivers") == []
    assert run(case, tmp_path / "none", "--draws", "-1").exit_code == 2


def test_a_cluster_that_is_not_there_is_a_finding(case: Path, tmp_path: Path) -> None:
    done = run(case, tmp_path / "out", "--cluster", "nowhere")
    assert done.exit_code == 1
    assert "cluster nowhere: input: expected the address of a Dask scheduler" in done.output
    assert not (tmp_path / "out").exists()


def living(group: int) -> list[str]:
    """Processes of a group that have not ended, by their entry in /proc."""
    states = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(FileNotFoundError, ProcessLookupError):
            state, _, of, *_ = stat.read_text().rpartition(")")[2].split()
            if int(of) == group and state != "Z":
                states.append(stat.parent.name)
    return states


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="reads processes from /proc")
def test_an_interrupt_leaves_nothing_behind(case: Path, tmp_path: Path) -> None:
    command = ["run", str(case), "--out", str(tmp_path / "out"), "--draws", "1000000"]
    with subprocess.Popen(
        [sys.executable, "-m", "loopbook", *command, "--processes", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        until = time.monotonic() + 60
        while len(children.read_text().split()) < 3 and time.monotonic() < until:
            time.sleep(0.1)  # two workers and the tracker of their resources
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors.decode().strip()) == (1, "Aborted!")
    assert [x.name for x in tmp_path.iterdir()] == ["cases"]
    until = time.monotonic() + 20
    while (left := living(process.pid)) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []
