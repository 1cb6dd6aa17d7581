"""Curves over a number: lines by hand, the ranges in which they are not below zero, and errors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import findings_of, loop_of, write_loop

from loopbook.cases import run_case
from loopbook.errors import InputError, UnknownNameError
from loopbook.loop import accounts, answer, curve, curve_tables, sweep, walk
from support.advice import follows

CURVES = """\
curve,line,title,over,least,most,against,unit,answer,gain
ore price,,What ore is paid,terms/ore/payable/Ni; terms/ore/payable/Cu,0 %,100 %,,,,
ore price,mine,Mine,,,,,USD,sum(cash(Mine)),yes
ore price,works,Smelter,,,,,USD,sum(cash(Smelter)),yes
capacity,,Room of the smelter,parameters/Smelter/capacity,0 t/yr,2 kt/yr,half,,,
capacity,output,Made,,,,,t,sum(made(Smelter)),
nickel,,Price of nickel,series/Ni,10000 USD/t,20000 USD/t,,,,
nickel,works,Smelter,,,,,USD,sum(cash(Smelter)),
"""

FILES: Mapping[str, str] = {
    "case.toml": (
        'title = "ore"\nperiods = ["2027", "2028"]\n[switch.half]\ntitle = "half of the ore"\n'
    ),
    "parties.csv": "party\nMine\nSmelter\n",
    "sites.csv": "site,party,model,process\nMine,,supply,\nSmelter,,process,smelting\n",
    "materials.csv": "material,basis,Ni,Cu,other\nore,%,10,5,85\nmatte,,,,\n",
    "shares.csv": "process,to,Ni,Cu\nsmelting,matte,100 %,100 %\n",
    "parameters.csv": (
        "on,parameter,of,value,switch\nMine,makes,ore,1000 t/yr,\nMine,makes,ore,500 t/yr,half\n"
        "Mine,store,ore,100 kt,\nSmelter,capacity,,5 kt/yr,\n"
    ),
    "series.csv": "series,unit,2027,2028\nNi,USD/t,10000,\nCu,USD/t,8000,\n",
    "contracts.csv": (
        "contract,from,material,to,amount\nore,Mine,ore,Smelter,all\n"
        "matte,Smelter,matte,outside,all\n"
    ),
    "terms.csv": (
        "on,term,of,value\nore,payable,Ni; Cu,50 %\nmatte,payable,Ni; Cu,100 %\n"
        "Mine,cost,made,350 USD/t\nSmelter,cost,feed,700 USD/t\n"
    ),
    "curves.csv": CURVES,
}
"""1,000 t of ore a year hold 100 t Ni and 50 t Cu, worth 1.4 M USD; two years."""


def test_lines_are_those_of_one_run_each(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, FILES)
    drawn = curve(loop, "ore price")
    assert drawn.values[[0, -1]].tolist() == [0.0, 100.0]
    worth, share = 2 * 1.4e6, drawn.values / 100.0
    assert drawn.lines["mine"][1] == pytest.approx(worth * share - 2 * 350e3, abs=1e-6)
    assert drawn.lines["works"][1] == pytest.approx(worth * (1 - share) - 2 * 700e3, abs=1e-6)
    # the mine gains from 350/1400 on, the smelter up to 700/1400
    assert np.array(drawn.ranges(["mine"])) == pytest.approx(np.array([[25.0, 100.0]]))
    assert np.array(drawn.ranges(["mine", "works"])) == pytest.approx(np.array([[25.0, 50.0]]))
    nickel = curve(loop, "nickel").lines["works"][1]
    assert nickel[[0, -1]] == pytest.approx([0.5 * 2.8e6 - 1.4e6, 0.5 * 4.8e6 - 1.4e6], abs=1e-6)


def test_a_curve_against_a_switch(tmp_path: Path) -> None:
    result = run_case(write_loop(tmp_path / "ore", FILES))
    rows = [row for row in result.tables["curves"].records() if row["curve"] == "capacity"]
    taken = np.minimum(np.linspace(0.0, 2000.0, len(rows)), 1000.0)
    assert [row["value"] for row in rows] == pytest.approx(0.15 * 2 * (taken - 500.0))
    ranges = {
        (r["curve"], r["line"]): (r["low"], r["high"]) for r in result.tables["ranges"].records()
    }
    assert ranges["capacity", "Made"] == pytest.approx((0.5, 2.0))  # kt/yr, as its row
    assert ranges["ore price", "all that gain"] == pytest.approx((25.0, 50.0))


def test_several_ranges_and_none(tmp_path: Path) -> None:
    """A line that dips below zero has two ranges; one that is below all along has none."""
    below = CURVES.replace("sum(cash(Mine))", "sum(cash(Mine)) * 0 - '1 USD'")
    files = {**FILES, "curves.csv": below}
    drawn = curve(loop_of(tmp_path, files), "ore price")
    assert drawn.ranges(["mine"]) == []
    values = np.abs(drawn.values - 50.0) - 10.0
    bent = type(drawn)(drawn.head, "%", drawn.values, 50.0, {"x": (drawn.head, values)})
    assert np.array(bent.ranges(["x"])) == pytest.approx(np.array([[0.0, 40.0], [60.0, 100.0]]))


def test_without_curves_there_is_no_table() -> None:
    assert list(curve_tables([])) == []


def test_a_sweep_is_many_runs_at_once(tmp_path: Path) -> None:
    capacity, payable = "parameters/Smelter/capacity", "terms/ore/payable/Ni"
    numbers = {capacity: np.array([0.2, 5.0]), payable: np.array([10.0, 90.0])}
    walked = walk(sweep(loop_of(tmp_path / "a", FILES), numbers))
    (cash,) = answer(walked, accounts(walked), "sum(cash(Mine))", unit="USD")
    for k in range(2):
        cells = [
            f"{capacity}/value={numbers[capacity][k]} kt/yr",
            f"{payable}/value={numbers[payable][k]} %",
        ]
        run = walk(loop_of(tmp_path / str(k), FILES, cells=cells))
        (alone,) = answer(run, accounts(run), "sum(cash(Mine))", unit="USD")
        assert cash[k] == pytest.approx(alone[0])


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"terms/ore/payable/Ni": [1.0], "terms/ore/payable/Cu": [1.0, 2.0]}, "equally many"),
        ({"terms/ore/payable/Ni": [101.0]}, "0 to 100 %"),
        ({"terms/ore/payable/Ni": [np.nan]}, "0 to 100 %"),
        ({"terms/ore/payable/Fe": [1.0]}, "terms/ore/payable/Ni"),
        ({}, "numbers with values"),
    ],
)
def test_numbers_that_cannot_be_swept(
    tmp_path: Path, numbers: dict[str, list[float]], words: str
) -> None:
    loop = loop_of(tmp_path, FILES)
    with pytest.raises((InputError, UnknownNameError), match=words):
        sweep(loop, {address: np.array(values) for address, values in numbers.items()})


def test_a_number_that_no_row_in_force_has(tmp_path: Path) -> None:
    terms = FILES["terms.csv"].replace("\n", ",\n").replace("value,", "value,switch", 1)
    files = {**FILES, "terms.csv": f"{terms}ore,fee,,5 USD/t,half\n"}
    numbers = {"terms/ore/fee": np.array([1.0])}
    with pytest.raises(InputError, match="behind a switch") as caught:
        sweep(loop_of(tmp_path / "a", files), numbers)
    follows(caught.value, "its row is behind a switch that is off, or another row replaces it")
    assert sweep(loop_of(tmp_path / "b", files, switches={"half": True}), numbers).draws == 1


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("terms/ore/payable/Cu", "terms/ore/payable/Co", "over"),
        ("terms/ore/payable/Cu", "parameters/Smelter/capacity", "unit"),
        ("0 %,100 %", "60 %,40 %", "range"),
        ("0 %,100 %", "0 %,120 %", "range"),
        ("0 %,100 %", "0 t,100 %", "unit"),
        ("0 %,100 %", ",100 %", "least"),
        ("0 %,100 %", "nan %,100 %", "least"),
        ("2 kt/yr,half", "2 kt/yr,whole", "switch"),
        ("sum(cash(Mine))", "cash(Mine)", "one number"),
        ("sum(cash(Mine))", "sum(cash(Mime))", "Mine"),
        ("USD,sum(cash(Mine))", "t,sum(cash(Mine))", "unit"),
        ("USD,sum(cash(Mine)),yes", "USD,sum(cash(Mine)),no", "yes"),
        ("nickel,works", "nickle,works", "nickel"),
        ("ore price,mine", "ore price,works", "duplicate|twice"),
        ("nickel,,Price of nickel,series/Ni", "nickel,,Price of nickel,", "over|address"),
    ],
)
def test_wrong_curves_are_findings(tmp_path: Path, old: str, new: str, words: str) -> None:
    assert old in CURVES
    findings = findings_of(tmp_path, {**FILES, "curves.csv": CURVES.replace(old, new, 1)})
    lines = [str(x) for x in findings]
    assert lines
    assert all(line.startswith("curves.csv:") for line in lines), lines
    assert any(re.search(words, line) for line in lines), lines
