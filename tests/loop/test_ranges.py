"""Ranges of series: factors, other rows, the library's; three paths as likely as each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from loop_folder import findings_of, write_loop

from loopbook.errors import Finding
from loopbook.loop import Asked, Loop, doubt, input_rows, load, sample, walk
from support.advice import follows

HEAD = "series,unit,2027,2028,2029,2030,low,high,moves\n"
RAMPS = """\
ramp,t/yr,0,10,~,30,slow,early,start
slow,t/yr,0,0,,12,,,
early,t/yr,10,~,~,40,,,
"""
MINE = {
    "case.toml": """\
title = "a mine that begins"
periods = ["2027..2030"]

[money]
currency = "USD"
year = "nominal"
""",
    "parties.csv": "party\nMine\n",
    "sites.csv": "site,party,model\nmine,Mine,supply\n",
    "materials.csv": "material\nore\n",
    "parameters.csv": "on,parameter,of,value\nmine,makes,ore,ramp\n",
    "contracts.csv": "contract,from,material,to,amount\nore,mine,ore,outside,all\n",
    "terms.csv": "on,term,of,value,low,high\nore,fixed,,10 USD/t,,\n",
    "series.csv": HEAD + RAMPS,
    "laws.csv": "moves,law\nstart,one of\n",
}
SOLD = Asked("taken(ore)", "t")


def mine(tmp_path: Path, **files: str) -> Loop:
    changed = {f"{name}.csv": text for name, text in files.items()}
    return load(write_loop(tmp_path / "mine", MINE | changed))


def found(tmp_path: Path, series: str, *, laws: str = MINE["laws.csv"]) -> Finding:
    files = {"series.csv": HEAD + series, "laws.csv": laws}
    (finding,) = findings_of(tmp_path, {x: text for x, text in {**MINE, **files}.items() if text})
    return finding


def paths(loop: Loop, draws: int) -> np.ndarray:
    """What is sold, (draw, period)."""
    taken = doubt(loop, {"t": Asked("sum(taken(ore))", "t")}, draws=draws, seed=2)
    assert taken.of["t"].values.shape == (draws,)
    return walk(sample(loop, draws, seed=2).loop).of("ore")[0].taken.T


def test_three_paths_are_as_likely_as_each_other(tmp_path: Path) -> None:
    """They begin in 2027, 2028 and 2030, with lines between and values that are held."""
    drawn = paths(mine(tmp_path), 3000)
    known = [(0, 10, 20, 30), (0, 0, 0, 12), (10, 20, 30, 40)]
    shares = [np.isclose(drawn, path).all(axis=1).mean() for path in known]
    assert sum(shares) == 1
    assert shares == pytest.approx([1 / 3] * 3, abs=4 * np.sqrt(2 / 9 / 3000))


def test_paths_have_their_weights(tmp_path: Path) -> None:
    laws = "moves,law,low_weight,high_weight\nstart,one of,50 %,10 %\n"
    drawn = paths(mine(tmp_path, laws=laws), 3000)
    assert np.isclose(drawn[:, 3], 12).mean() == pytest.approx(0.5, abs=0.04)
    assert np.isclose(drawn[:, 0], 10).mean() == pytest.approx(0.1, abs=0.03)


def test_the_path_is_an_input_that_matters_by_its_order(tmp_path: Path) -> None:
    sold = {"t": Asked("sum(taken(ore))", "t")}
    (driver,) = doubt(mine(tmp_path), sold, draws=500, seed=1).of["t"].drivers
    assert (driver.address, driver.title) == ("series/ramp", "ramp")
    assert driver.correlation == pytest.approx(1, abs=1e-9)


def test_a_path_that_has_not_begun_is_written_as_0(tmp_path: Path) -> None:
    late = RAMPS.replace("slow,t/yr,0,0,,12", "slow,t/yr,,,,12")
    finding = found(tmp_path, late)
    assert (finding.where, finding.code) == ("series.csv:2, low", "missing")
    follows(finding, "write 0 where it has not begun or has ended")
    for cells in ("0,0,,12", "10,-,,"):
        row = RAMPS.replace("slow,t/yr,0,0,,12", f"slow,t/yr,{cells}")
        if "-" in cells:
            assert found(tmp_path / "ended", row).code == "missing"
            row = row.replace("10,-,,", "10,0,,")
        mine(tmp_path / cells, series=HEAD + row)


def test_a_path_in_another_unit_is_refused(tmp_path: Path) -> None:
    finding = found(tmp_path, RAMPS.replace("slow,t/yr", "slow,kg/yr"))
    assert str(finding) == "series.csv:2, low: unit: expected a row in t/yr, found slow in kg/yr"


def test_a_path_with_finer_columns_needs_those_columns(tmp_path: Path) -> None:
    finer = "series,unit,2027-Q1,2027-Q2,2027-Q3,2027-Q4,2028,2029,2030,low,high,moves\n"
    slow = "slow,t/yr,0,2,4,6,8,10,12,,,\n"
    early = "early,t/yr,10,,,,20,30,40,,,\n"
    rows = RAMPS.splitlines(keepends=True)
    files = {"series.csv": HEAD + rows[0] + rows[2], "series-slow.csv": finer + slow}
    (finding,) = findings_of(tmp_path, MINE | files)
    follows(finding, "give ramp the columns of slow")
    ramp = "ramp,t/yr,0,,,,10,~,30,slow,early,start\n"
    files = {"series.csv": HEAD, "series-slow.csv": finer + slow + ramp + early}
    drawn = paths(load(write_loop(tmp_path / "right", MINE | files)), 30)
    assert {*drawn[:, 0].round(9)} == {0.0, 3.0, 10.0}


def test_rows_that_cross_are_paths(tmp_path: Path) -> None:
    crossed = RAMPS.replace("early,t/yr,10,~,~,40", "early,t/yr,10,~,~,20")
    finding = found(tmp_path, crossed, laws="")
    assert (finding.where, finding.code) == ("series.csv:2", "range")
    follows(finding, "write the law one of for its word in laws, if the rows cross")
    mine(tmp_path / "law", series=HEAD + crossed)


def test_rows_of_one_word_may_fall_and_rise(tmp_path: Path) -> None:
    """The shares of two lots of one whole add up to it in every draw."""
    text = RAMPS + "down,t/yr,40,30,~,10,most,least,start\nmost,t/yr,40,40,,28,,,\n"
    down = mine(tmp_path, series=HEAD + text + "least,t/yr,30,20,~,0,,,\n", laws="moves\nstart\n")
    drawn = sample(down, 300, seed=1).loop.series
    np.testing.assert_allclose(drawn["ramp"].draws + drawn["down"].draws, 40)


@pytest.mark.parametrize(("low", "high"), [("+5 %", "+10 %"), ("-20 %", "-10 %")])
def test_factors_have_the_value_between_them(tmp_path: Path, low: str, high: str) -> None:
    finding = found(tmp_path, f"ramp,t/yr,10,,,,{low},{high},start\n")
    assert (finding.code, finding.expected) == ("range", "low <= value <= high")


def test_numbers_of_a_lognormal_law_are_above_0(tmp_path: Path) -> None:
    finding = found(tmp_path, RAMPS, laws="moves,law\nstart,lognormal\n")
    assert finding.expected == "numbers above 0, for start is lognormal"


NAME = "metal_prices/Li2CO3/level check@2024-11"
"""A price of the library with a range: 10.95 USD/kg in [10.6, 11.3]."""


def test_cells_of_the_library_bring_their_range(tmp_path: Path) -> None:
    """One that is held and one that is raised have its range too; one of the case has none."""
    row = f"price,USD/t,lib:{NAME},,+10 %,5,,,\n"
    terms = MINE["terms.csv"].replace("10 USD/t", "price")
    loop = mine(tmp_path, series=HEAD + RAMPS + row, terms=terms)
    low, high = loop.series["price"].limits
    assert low == pytest.approx((10600, 10600, 11660, 5))
    assert high == pytest.approx((11300, 11300, 12430, 5))
    drawn = sample(loop, 4000, seed=1).loop.series["price"].draws
    assert np.ptp(drawn[3]) == 0
    assert np.quantile(drawn[0], [0.05, 0.95]) == pytest.approx([10600, 11300], abs=40)
    rows = input_rows(walk(loop))
    assert [rows[f"series/price/{year}"].high for year in (2027, 2030)] == pytest.approx([11300, 5])


def test_a_number_of_the_library_brings_its_range_and_a_set_one_none(tmp_path: Path) -> None:
    terms = MINE["terms.csv"].replace("10 USD/t", f"lib:{NAME}")
    folder = write_loop(tmp_path / "price", MINE | {"terms.csv": terms})
    value = load(folder).terms[0].value
    assert (value.low, value.high) == (10.6, 11.3)
    assert sample(load(folder), 1, seed=1).words[f"library/{NAME}"] == ("terms/ore/fixed/value",)
    alone = load(folder, cells=["terms/ore/fixed/value=5 USD/t"])
    assert [*sample(alone, 1, seed=1).words] == ["start"]


def test_a_number_that_a_run_sets_has_no_range_but_that_of_the_run(tmp_path: Path) -> None:
    terms = "on,term,of,value,low,high\nore,fixed,,10 USD/t,8 USD/t,12 USD/t\n"
    folder = write_loop(tmp_path / "set", MINE | {"terms.csv": terms})
    number = load(folder, cells=["terms/ore/fixed/value=20 USD/t"]).terms[0].value
    assert (number.low, number.number, number.high) == (None, 20, None)
    cells = [f"terms/ore/fixed/{x}" for x in ("value=20 USD/t", "low=15 USD/t", "high=30 USD/t")]
    number = load(folder, cells=cells).terms[0].value
    assert (number.low, number.number, number.high) == (15, 20, 30)


def test_a_series_that_a_run_sets_has_no_range_but_that_of_the_run(tmp_path: Path) -> None:
    folder = write_loop(tmp_path / "mine", MINE)
    assert load(folder, cells=["series/ramp/2030=50"]).series["ramp"].limits is None
    cells = ["series/ramp/2030=50", "series/ramp/low=-10 %"]
    low, high = load(folder, cells=cells).series["ramp"].limits
    assert low == pytest.approx((0, 9, 27, 45))
    assert high == (10, 20, 30, 40)
