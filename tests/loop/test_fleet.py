"""Fleets: what leaves use, by cohorts, beside sums by hand."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import END_OF_LIFE, loop_of

from loopbook.errors import InputError
from loopbook.loop import Walk, walk
from support.advice import follows

RETURNS: Mapping[str, str] = {
    "case.toml": (
        'title = "returns"\nperiods = ["2025..2026", "2027-Q1..2027-Q4", "2028-01..2028-06"]\n'
    ),
    "parties.csv": "party\nDrivers\nRecycler\n",
    "sites.csv": "site,party,model,process\nroads,Drivers,fleet,\n"
    "plant,Recycler,process,shredding\n",
    "materials.csv": """\
material,class,basis,Ni,Cu,other
packs,,%,10,20,70
old packs,end of life,%,10,20,70
warranty packs,end of life,%,10,20,70
black mass,,,,,
""",
    "shares.csv": "process,to,Ni,Cu\nshredding,black mass,95 %,2 %\n",
    "parameters.csv": """\
on,parameter,of,value
roads,sales,packs,sold
roads,lifetime,packs,"weibull 2.8, 4 yr"
roads,lifetime,warranty packs,"weibull 1, 10 months"
roads,fails,warranty packs,3 % of packs
roads,returns,old packs,80 % of packs
packs,mass,,400 kg/pack
""",
    "series.csv": "series,unit,2025,2026,2027,2028\nsold,pack/yr,30000,36000,48000,24000\n",
    "contracts.csv": """\
contract,from,material,to,amount
old,roads,old packs,plant,all
warranty,roads,warranty packs,plant,all
black mass,plant,black mass,outside,all
""",
}
STEPS = [
    (0, 12),
    (12, 24),
    (24, 27),
    (27, 30),
    (30, 33),
    (33, 36),
    *((n, n + 1) for n in range(36, 42)),
]
SOLD = [30000, 36000, 48000, 24000]


def weibull(shape: float, months: float, age: float) -> float:
    return math.exp(-((max(age, 0.0) / months) ** shape))


def leaving(sales: list[float], shape: float, months: float, first: int, end: int) -> float:
    """What leaves in a span of months of sales by month, from month 0: a sum by hand."""
    return sum(
        sold * (weibull(shape, months, first - m - 0.5) - weibull(shape, months, end - m - 0.5))
        for m, sold in enumerate(sales[:end])
    )


def by_step(walked: Walk, site: str, material: str) -> list[float]:
    return walked.sites[site].made[material].sum(axis=(1, 2)).tolist()


def test_end_of_life_by_cohorts_is_a_sum_by_hand(tmp_path: Path) -> None:
    walked = walk(loop_of(tmp_path, RETURNS))
    monthly = [0.4 * SOLD[m // 12] / 12 for m in range(42)]
    worn = [leaving([0.97 * x for x in monthly], 2.8, 48.0, *step) for step in STEPS]
    early = [leaving([0.03 * x for x in monthly], 1.0, 10.0, *step) for step in STEPS]
    roads, plant = walked.sites["roads"], walked.sites["plant"]
    assert by_step(walked, "roads", "old packs") == pytest.approx([0.8 * x for x in worn], rel=1e-9)
    assert by_step(walked, "roads", "warranty packs") == pytest.approx(early, rel=1e-9)
    assert roads.disposal.sum(axis=(1, 2)) == pytest.approx([0.2 * x for x in worn], rel=1e-9)
    nickel = walked.content(plant.made["black mass"], "Ni")[:, 0]
    by_hand = [0.95 * 0.1 * (0.8 * a + b) for a, b in zip(worn, early, strict=True)]
    assert nickel == pytest.approx(by_hand, rel=1e-9)
    stocks = [
        sum(monthly[:end]) - sum(worn[: k + 1]) - sum(early[: k + 1])
        for k, (_, end) in enumerate(STEPS)
    ]
    assert roads.held.sum(axis=(1, 2)) == pytest.approx(stocks, rel=1e-9)
    assert roads.drawn.sum() == pytest.approx(sum(monthly))
    assert walked.findings == ()


def test_a_fixed_lifetime_returns_sales_that_began_before_the_first_period(tmp_path: Path) -> None:
    """Sold since 2020 by the year, in use for six years: sales come back six years later."""
    files = {
        **RETURNS,
        "case.toml": 'title = "before"\nperiods = ["2025..2028"]\n',
        "parameters.csv": "on,parameter,of,value\nroads,sales,packs,sold\npacks,mass,,400 kg/pack\n"
        "roads,lifetime,packs,6 yr\nroads,returns,old packs,100 % of packs\n",
        "series.csv": "series,unit,2020,2021,2022,2023,2024,2025,2026,2027,2028\n"
        "sold,pack/yr,1000,2000,3000,,4000,5000,,,\n",
        "contracts.csv": "contract,from,material,to,amount\nold,roads,old packs,plant,all\n"
        "black mass,plant,black mass,outside,all\n",
    }
    walked = walk(loop_of(tmp_path, files))
    assert by_step(walked, "roads", "old packs") == pytest.approx([0, 400, 800, 1200], abs=1e-9)
    roads = walked.sites["roads"]
    assert roads.opening.sum() == pytest.approx(0.4 * (1000 + 2000 + 3000 + 3000 + 4000))
    assert roads.held.sum(axis=(1, 2)) == pytest.approx([7200, 8800, 10000, 10800])


def test_sales_follow_from_a_stock(tmp_path: Path) -> None:
    """A stock of a fixed lifetime: what is sold replaces what leaves, and adds what is wanted."""
    parameters = RETURNS["parameters.csv"]
    for name in (
        "roads,sales,packs,sold",
        "roads,fails,warranty packs,3 % of packs",
        'roads,lifetime,warranty packs,"weibull 1, 10 months"',
    ):
        assert name in parameters
        parameters = parameters.replace(name + "\n", "")
    parameters = parameters.replace('"weibull 2.8, 4 yr"', "2 yr") + "roads,stock,packs,in use\n"
    files = {
        **RETURNS,
        "case.toml": 'title = "stock"\nperiods = ["2025..2029"]\n',
        "parameters.csv": parameters,
        "series.csv": "series,unit,2023,2024,2025,2026,2027,2028,2029\n"
        "in use,pack,100,150,300,400,500,200,200\n",
        "contracts.csv": "contract,from,material,to,amount\nold,roads,old packs,plant,all\n"
        "black mass,plant,black mass,outside,all\n",
    }
    walked = walk(loop_of(tmp_path, files))
    sales, stocks, wanted = [100.0, 50.0], [], [300.0, 400.0, 500.0, 200.0, 200.0]
    for stock in wanted:
        sales.append(max(stock - sales[-1], 0.0))
        stocks.append(sales[-1] + sales[-2])
    roads = walked.sites["roads"]
    assert roads.drawn.sum(axis=(1, 2)) == pytest.approx([0.4 * x for x in sales[2:]])
    assert roads.held.sum(axis=(1, 2)) == pytest.approx([0.4 * x for x in stocks])
    assert by_step(walked, "roads", "old packs") == pytest.approx(
        [0.8 * 0.4 * x for x in sales[:5]]
    )


def test_lifetimes_of_a_series_are_those_of_the_time_of_sale(tmp_path: Path) -> None:
    files = {
        **RETURNS,
        "case.toml": 'title = "better packs"\nperiods = ["2025..2029"]\n',
        "parameters.csv": "on,parameter,of,value\nroads,sales,packs,sold\npacks,mass,,400 kg/pack\n"
        "roads,lifetime,packs,fixed years\n",
        "series.csv": "series,unit,2025,2026,2027,2028,2029\nsold,pack/yr,1000,2000,3000,,\n"
        "years,yr,2,1,,2,\n",
        "contracts.csv": "contract,from,material,to,amount\nold,roads,packs,plant,all\n"
        "black mass,plant,black mass,outside,all\n",
    }
    walked = walk(loop_of(tmp_path, files))
    assert by_step(walked, "roads", "packs") == pytest.approx([0, 0, 1200, 1200, 0], abs=1e-9)


def test_packs_go_round_through_use_and_dismantling(tmp_path: Path) -> None:
    """The pack plant builds the cells that come back into what is sold; cells close."""
    contracts = (
        END_OF_LIFE["contracts.csv"].replace("\n", ",\n").replace("amount,", "amount,priority")
    )
    contracts = contracts.replace("pack plant,as needed,", "pack plant,as needed,2")
    walked = walk(loop_of(tmp_path, {**END_OF_LIFE, "contracts.csv": contracts}))
    roads, plant = walked.sites["roads"], walked.sites["pack plant"]
    sold = np.array([10000 * 1.1**n * 0.41 for n in range(10, 31)])
    assert walked.of("packs")[0].asked[1:, 0] == pytest.approx(sold[1:])
    made = plant.made["packs"].sum(axis=(1, 2))
    assert made[1:] == pytest.approx(np.minimum(sold, 120000 * 0.41)[1:])
    assert roads.drawn.sum(axis=(1, 2)) == pytest.approx(sold - made, abs=1e-6)
    back, new = walked.of("cells back")[0].taken[:, 0], walked.of("new cells")[0].taken[:, 0]
    assert back + new == pytest.approx(0.7 * made)
    assert back[-1] > 100
    cells = walked.content(plant.drawn, "cells")
    assert np.abs(cells).max() < 1e-6
    monthly = [10000 * 1.1 ** (m // 12) * 0.41 / 12 for m in range(12 * 31)]
    by_hand = [leaving(monthly, 2.8, 144.0, 12 * n, 12 * n + 12) for n in range(10, 31)]
    assert by_step(walked, "roads", "old packs") == pytest.approx(by_hand, rel=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('roads,lifetime,packs,"weibull 2.8, 4 yr"\n', "", "lifetime of packs"),
        ("3 % of packs", "3 % of cars", "lifetime of cars"),
        ("3 % of packs", "130 % of packs", "0..100 %"),
        (
            "roads,returns",
            "roads,returns,warranty packs,30 % of packs\nroads,returns",
            "shares of packs at roads that sum to at most 100 %",
        ),
        ("roads,sales", "roads,stock,packs,9 packs\nroads,sales", "sales or stock of packs"),
    ],
)
def test_what_is_missing_is_found(tmp_path: Path, old: str, new: str, message: str) -> None:
    parameters = RETURNS["parameters.csv"]
    assert old in parameters
    with pytest.raises(InputError, match=message) as error:
        loop_of(tmp_path, {**RETURNS, "parameters.csv": parameters.replace(old, new)})
    assert all(finding.where.startswith("parameters.csv:") for finding in error.value.findings)


def test_goods_without_a_lifetime_get_one(tmp_path: Path) -> None:
    """What contracts bring is in use as long as its lifetime, too."""
    more = {
        "parties.csv": "Importer\n",
        "sites.csv": "port,Importer,supply,\n",
        "materials.csv": "scooters,,%,10,20,70\n",
        "parameters.csv": "port,makes,scooters,120 t/yr\n",
        "contracts.csv": "imports,port,scooters,roads,all\n",
    }
    files = {**RETURNS, **{name: RETURNS[name] + rows for name, rows in more.items()}}
    with pytest.raises(InputError, match="lifetime of scooters") as error:
        walk(loop_of(tmp_path / "without", files))
    follows(
        error.value.findings[0], "write a row roads,lifetime,scooters with a value such as 8 yr"
    )
    files["parameters.csv"] += "roads,lifetime,scooters,1 yr\n"
    files["contracts.csv"] += "dead,roads,scooters,plant,all\n"
    walked = walk(loop_of(tmp_path / "with", files))
    assert by_step(walked, "roads", "scooters")[:3] == pytest.approx([0, 120, 30])
    assert walked.sites["roads"].drawn.sum() == pytest.approx(0.4 * sum(SOLD[:3]) + 0.2 * SOLD[3])


@pytest.mark.parametrize("seed", range(16))
def test_nothing_is_made_of_nothing(tmp_path: Path, seed: int) -> None:
    """Whatever arrives beside the sales and whenever goods leave: elements close, none is owed."""
    draw = random.Random(seed)
    laws = (
        "weibull 1, 10 months",
        "fixed 3 months",
        "normal 0.5, 14 months",
        "lognormal 0.4, 2 yr",
    )
    facts = ("roads,sales,packs,sold\n", "roads,stock,packs,in use\n", "")[seed % 3]
    parameters = RETURNS["parameters.csv"].replace("roads,sales,packs,sold\n", facts)
    parameters = parameters.replace("weibull 2.8, 4 yr", laws[seed % 4])
    amount = "all" if draw.random() < 0.7 else f"{draw.randint(1, 9)} kt/yr"
    stocks = ",".join(str(draw.randint(0, 90000)) for _ in SOLD)
    start = draw.choice(["", "2025-04-15", "2026-01-01"])
    files = {
        **RETURNS,
        "case.toml": RETURNS["case.toml"] + f'step = "{("period", "month")[seed % 2]}"\n',
        "parties.csv": RETURNS["parties.csv"] + "Maker\n",
        "sites.csv": "site,party,model,process,starts\n"
        f"roads,Drivers,fleet,,{start}\nplant,Recycler,process,shredding,\nmill,Maker,supply,,\n",
        "parameters.csv": f"{parameters}mill,makes,packs,{draw.randint(1, 40)} kt/yr\n"
        "mill,store,packs,1000 kt\n",
        "series.csv": RETURNS["series.csv"] + f"in use,pack,{stocks}\n",
        "contracts.csv": RETURNS["contracts.csv"] + f"new,mill,packs,roads,{amount}\n",
    }
    walked = walk(loop_of(tmp_path, files))
    roads = walked.sites["roads"]
    streams = (*roads.made.values(), roads.held, roads.disposal, roads.drawn)
    assert min(stream.min() for stream in streams) >= -1e-6
