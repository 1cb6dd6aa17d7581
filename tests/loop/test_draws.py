"""Scenarios: each draw is the loop with its numbers set, and figures are those of closed forms."""

from __future__ import annotations

import math
import multiprocessing
import os
from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from loop_folder import JOINT, changed, findings_of, write_loop

from loopbook.errors import InputError
from loopbook.loop import (
    Accounts,
    Loop,
    Quantity,
    Walk,
    accounts,
    footprint,
    indicators,
    load,
    sample,
    walk,
)
from support.advice import follows

POINT = NormalDist().inv_cdf(0.95)

LIMITS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "lanes.csv": {"factory,plant": ("800 km", "1300 km")},
    "series.csv": {
        "lines": ("-30 %", "+10 %"),
        "running": ("-10 %", "+20 %"),
        "Ni": ("-20 %", "+40 %"),
        "Co": ("-20 %", "+40 %"),
        "Li2CO3": ("poor", "rich"),
        "won": ("-5 %", "+5 %"),
        "lithium yield": ("-5 %", "+5 %"),
    },
    "contracts.csv": {
        "cells": ("6 GWh/yr", "30 GWh/yr"),
        "black mass,plant": ("250 t/month", "400 t/month"),
    },
    "terms.csv": {
        "cells,fixed": ("70 USD/kWh", "95 USD/kWh"),
        "copper,payable": ("60 %", "90 %"),
        "plant,cost,feed": ("200000 KRW/t", "500000 KRW/t"),
        "plant,invest": ("20 M USD", "40 M USD"),
        "metal,burden": ("6 t CO2e/t", "15 t CO2e/t"),
    },
}
"""Ranges of most kinds of numbers, by file and beginning of the row; capacity has one already."""

PRICES = "poor,USD/kg,8,,,,~,~,~,~,9,\nrich,USD/kg,20,,,,,,,,,\n"


def ranged(limits: Mapping[str, Mapping[str, tuple[str, str]]], files: Mapping[str, str]) -> dict:
    """The files with columns of low and high."""
    files = dict(files)
    for name, rows in limits.items():
        head, *lines = files[name].splitlines()
        of = {start: ",".join(pair) for start, pair in rows.items()}
        ends = [
            next((x for y, x in of.items() if f"{line},".startswith(f"{y},")), ",")
            for line in lines
        ]
        assert sum(end != "," for end in ends) == len(rows), name
        pairs = zip(lines, ends, strict=True)
        files[name] = "\n".join([f"{head},low,high", *(f"{x},{y}" for x, y in pairs)]) + "\n"
    return files


MASS = "cells,mass,,5 kg/kWh,4 kg/kWh,7 kg/kWh,,\n"

MORE = {"series.csv": PRICES, "parameters.csv": MASS}
WIDE = ranged(LIMITS, JOINT | {name: JOINT[name] + rows for name, rows in MORE.items()})


def amount(loop: Loop, contract: str, site: str) -> Quantity:
    (row,) = (x for x in loop.contracts if (x.contract, x.from_) == (contract, site))
    assert row.amount.upper is not None
    return row.amount.upper


def value(loop: Loop, on: str, law: str, of: str = "") -> Quantity:
    (row,) = (x for x in loop.terms_on(on, law) if getattr(x, "of", "") == of)
    return row.value


def cells_of(drawn: Loop, draw: int) -> list[str]:
    """Cells that set the numbers of one draw."""
    numbers = [
        ("{} t/yr", drawn.models["plant"].capacity[""]),
        ("{} GWh/yr", amount(drawn, "cells", "factory")),
        ("{} GWh/yr", amount(drawn, "cells", "annex")),
        ("200..{} t/month", amount(drawn, "black mass", "plant")),
        ("{} kg/kWh", drawn.goods["cells"].mass),
        ("{} km", drawn.lanes[0].distance),
        ("{} USD/kWh", value(drawn, "cells", "fixed")),
        ("{} %", value(drawn, "copper", "payable", "Cu")),
        ("{} KRW/t", value(drawn, "plant", "cost", "feed")),
        ("{} USD", value(drawn, "plant", "invest")),
        ("{} t CO2e/t", value(drawn, "metal", "burden")),
    ]
    cells = [f"{x.address}={form.format(float(x.draws[draw]))}" for form, x in numbers]
    for name in LIMITS["series.csv"]:
        row = drawn.series[name]
        most = 100.0 if row.unit == "%" else math.inf
        for column, number in zip(row.line.columns, row.draws[:, draw], strict=True):
            if not math.isnan(number):
                cells.append(f"series/{name}/{column.name}={min(float(number), most)!r}")
    return cells


def figures(walked: Walk, money: Accounts) -> dict[str, np.ndarray]:
    """Most of what a walk and its accounts have, by name."""
    carried = footprint(money)
    rows = {f"taken {k}": flow.taken for k, flow in enumerate(walked.flows)}
    rows |= {f"short {k}": flow.short_by_seller for k, flow in enumerate(walked.flows)}
    rows |= {f"cash {party}": money.cash(party) for party in money.parties}
    rows |= {f"worth {party}": money.present_value(party) for party in money.parties}
    rows |= {f"account {site}": money.account(site) for site in walked.sites}
    rows |= {f"burden {unit}": tonnes for unit, tonnes in carried.whole.items()}
    return rows


def test_each_draw_is_the_loop_with_its_numbers_set(tmp_path: Path) -> None:
    folder, on = write_loop(tmp_path / "wide", WIDE), {"second": True}
    drawn = sample(load(folder, switches=on), 20, seed=7).loop
    walked = walk(drawn)
    batch = figures(walked, accounts(walked))
    for draw in range(20):
        alone = walk(load(folder, switches=on, cells=cells_of(drawn, draw)))
        for name, one in figures(alone, accounts(alone)).items():
            many = np.broadcast_to(batch[name], (*batch[name].shape[:-1], 20))[..., draw]
            scale = max(1000.0, float(np.abs(one).max()))
            np.testing.assert_allclose(many, one[..., 0], rtol=1e-12, atol=1e-12 * scale)
    assert all(np.ptp(batch[name][..., -1, :]) > 0 for name in ("cash Maker", "burden plant"))


SALTS = {"contracts.csv": {"salts,works": ("30 %", "50 %")}}
WITH_MASS = {**JOINT, "parameters.csv": JOINT["parameters.csv"] + MASS}


def test_numbers_that_do_not_go_together_are_named_and_in_no_figure(tmp_path: Path) -> None:
    """Of salts 60 % are sold already: a refiner that takes more than 40 % has no answer."""
    loop = load(write_loop(tmp_path / "salts", ranged(SALTS, WITH_MASS)))
    kept = indicators(loop, salts, draws=300, seed=3)
    shares = amount(sample(loop, 300, seed=3).loop, "salts", "works").draws
    good = shares <= 40.0
    assert 100 < good.sum() < 200
    assert list(kept.failed) == np.flatnonzero(~good).tolist()
    what = "expected at most 100 % of the salts that works makes, found more"
    assert {*kept.failed.values()} == {f"contracts.csv:8: promised: {what}"}
    assert kept.numbers == tuple(np.flatnonzero(good))
    np.testing.assert_allclose(kept.values["share"], shares[good] / 100)


def salts(walked: Walk, money: Accounts) -> Mapping[str, np.ndarray]:
    """The share of what is made that the refiner keeps at the end of 2026, and cash by step."""
    made = walked.sites["works"].quantity("salts", walked.basis)
    (flow,) = walked.of("salts")
    return {
        "share": flow.taken[3] / np.where(made[3] > 0, made[3], 1.0),
        "cash": money.cash("Refiner"),
    }


SALES = {
    "case.toml": """\
title = "a mine"
periods = ["2027"]

[money]
currency = "USD"
year = "nominal"
""",
    "parties.csv": "party\nMine\n",
    "sites.csv": "site,party,model\nmine,Mine,supply\n",
    "materials.csv": "material\nore\nslag\n",
    "contracts.csv": """\
contract,from,material,to,amount,low,high,moves
ore,mine,ore,outside,100 t/yr,80 t/yr,{most},{ore}
slag,mine,slag,outside,50 t/yr,45 t/yr,55 t/yr,{slag}
""",
    "terms.csv": """\
on,term,of,value,low,high,moves
ore,fixed,,{price},{price_moves}
slag,fixed,,20 USD/t,,,
""",
}


def sales(tmp_path: Path, *, price: str = "10 USD/t,,", laws: str = "", **moves: str) -> Loop:
    """A mine that sells ore and slag."""
    words = {"ore": "", "slag": "", "price_moves": "", "most": "120 t/yr", **moves}
    files = {
        name: text if name == "case.toml" else text.format(price=price, **words)
        for name, text in SALES.items()
    }
    return load(write_loop(tmp_path, files | ({"laws.csv": laws} if laws else {})))


def cash(walked: Walk, money: Accounts) -> Mapping[str, np.ndarray]:
    """Cash of the mine."""
    return {"cash": money.cash("Mine")[0]}


def points(loop: Loop, draws: int = 20_000) -> list[float]:
    return np.quantile(
        indicators(loop, cash, draws=draws, seed=5).values["cash"], [0.05, 0.5, 0.95]
    ).tolist()


def test_a_sum_of_normals_has_its_interval(tmp_path: Path) -> None:
    """1000 and 1000 USD with half intervals of 200 and 100 USD."""
    half = math.hypot(200, 100)
    assert points(sales(tmp_path)) == pytest.approx([2000 - half, 2000, 2000 + half], abs=12)


def test_numbers_that_move_together_add_their_intervals(tmp_path: Path) -> None:
    loop = sales(tmp_path, ore="output", slag="output")
    assert points(loop) == pytest.approx([1700, 2000, 2300], abs=12)


@pytest.mark.parametrize("rank", [90, -60])
def test_a_rank_correlation_is_that_of_the_draws(tmp_path: Path, rank: int) -> None:
    """Spearman 0.9 and -0.6 of two normal numbers; Pearson is 2 sin(pi rank / 6)."""
    laws = f"moves,with,rank_correlation\nb,a,{rank} %\n"
    loop = sales(tmp_path, ore="a", slag="b", laws=laws)
    drawn = sample(loop, 20_000, seed=2).loop
    one, other = (x.amount.upper.draws for x in drawn.contracts)
    ranks = [np.argsort(np.argsort(x)) for x in (one, other)]
    assert np.corrcoef(*ranks)[0, 1] == pytest.approx(rank / 100, abs=0.01)
    r = 2 * math.sin(math.pi * rank / 600)
    half = math.sqrt(200**2 + 100**2 + 2 * r * 200 * 100)
    assert points(loop) == pytest.approx([2000 - half, 2000, 2000 + half], abs=12)


def ore(walked: Walk, money: Accounts) -> Mapping[str, np.ndarray]:
    """What is paid for ore."""
    return {"paid": sum(x[0] for e, x in money.payments.items() if e.on == "ore")}


def test_a_product_of_lognormals_has_its_interval(tmp_path: Path) -> None:
    """Ore 100 t by 1.25, price 10 USD/t by 2: half intervals of logarithms add as squares."""
    laws = "moves,law\ntonnes,lognormal\nprice,lognormal\n"
    price = "10 USD/t,5 USD/t,20 USD/t"
    words = {"ore": "tonnes", "most": "125 t/yr", "price_moves": "price"}
    loop = sales(tmp_path, price=price, laws=laws, **words)
    paid = indicators(loop, ore, draws=20_000, seed=4).values["paid"]
    times = math.exp(math.hypot(math.log(1.25), math.log(2)))
    expected = [1000 / times, 1000, 1000 * times]
    assert np.quantile(paid, [0.05, 0.5, 0.95]) == pytest.approx(expected, rel=0.02)


def test_a_split_normal_has_its_points_and_a_uniform_its_ends(tmp_path: Path) -> None:
    loop = sales(tmp_path / "split", price="10 USD/t,9 USD/t,20 USD/t", price_moves="price")
    price = sample(loop, 20_000, seed=1).loop.terms[0].value.draws
    assert np.quantile(price, [0.05, 0.5, 0.95]) == pytest.approx([9, 10, 20], abs=0.25)
    laws = "moves,law\nprice,uniform\n"
    loop = sales(
        tmp_path / "even", price="10 USD/t,9 USD/t,18 USD/t", price_moves="price", laws=laws
    )
    price = sample(loop, 20_000, seed=1).loop.terms[0].value.draws
    assert [price.min(), np.median(price), price.max()] == pytest.approx([8.5, 13.5, 18.5], abs=0.1)


def test_one_of_three_points_is_drawn_by_weights(tmp_path: Path) -> None:
    laws = "moves,law,low_weight,high_weight\nprice,one of,20 %,30 %\n"
    loop = sales(tmp_path, price="10 USD/t,9 USD/t,20 USD/t", price_moves="price", laws=laws)
    price = sample(loop, 20_000, seed=1).loop.terms[0].value.draws
    shares = [np.mean(price == x) for x in (9.0, 10.0, 20.0)]
    assert shares == pytest.approx([0.2, 0.5, 0.3], abs=0.01)


def test_draws_are_the_same_in_any_order_and_number(tmp_path: Path) -> None:
    loop = load(write_loop(tmp_path / "wide", WIDE))
    capacity = sample(loop, 600, seed=1).loop.models["plant"].capacity[""].draws
    some = sample(loop, [599, 3, 255, 256], seed=1).loop.models["plant"].capacity[""].draws
    assert some.tolist() == capacity[[599, 3, 255, 256]].tolist()
    other = sample(loop, 600, seed=2).loop.models["plant"].capacity[""].draws
    assert not np.isin(other, capacity).any()
    row = "works,availability,,90 %,80 %,95 %,,\n"
    more = {**WIDE, "parameters.csv": WIDE["parameters.csv"] + row}
    again = sample(load(write_loop(tmp_path / "more", more)), 600, seed=1).loop
    assert again.models["plant"].capacity[""].draws.tolist() == capacity.tolist()


def test_metals_move_together_and_a_row_has_one_quantile(tmp_path: Path) -> None:
    drawn = sample(load(write_loop(tmp_path / "wide", WIDE)), 500, seed=1).loop
    nickel, cobalt, won = (drawn.series[name] for name in ("Ni", "Co", "won"))
    factors = nickel.draws / np.array(nickel.line.numbers)[:, None]
    np.testing.assert_allclose(factors, np.broadcast_to(factors[0], factors.shape))
    np.testing.assert_allclose(factors[0], cobalt.draws[0] / cobalt.line.numbers[0])
    assert abs(np.corrcoef(factors[0], won.draws[0])[0, 1]) < 0.15
    low = np.quantile(drawn.series["Li2CO3"].draws[0], 0.05)
    assert low == pytest.approx(8, abs=0.5)
    apart = changed("series.csv", ",low,high", ",low,high,moves", WIDE)
    head, *lines = apart["series.csv"].splitlines()
    lines = [f"{x},{'cobalt' if x.startswith('Co,') else ''}" for x in lines]
    apart["series.csv"] = "\n".join([head, *lines, ""])
    free = sample(load(write_loop(tmp_path / "apart", apart)), 500, seed=1).loop
    assert free.series["Ni"].draws.tolist() == nickel.draws.tolist()
    assert abs(np.corrcoef(free.series["Co"].draws[0], nickel.draws[0])[0, 1]) < 0.15


def test_draws_are_cut_at_what_their_column_allows_and_counted(tmp_path: Path) -> None:
    loop = load(write_loop(tmp_path / "wide", WIDE))
    drawn = sample(loop, 1000, seed=1)
    share = drawn.loop.terms_on("copper", "payable")[0].value
    assert share.draws.max() <= 100.0
    ramp = drawn.cut["parameters/plant/ramp/value"]
    running = drawn.loop.series["running"].draws
    assert ramp.sum() == (running.max(axis=0) > 100.0).sum() > 300
    kept = indicators(loop, salts, draws=100, seed=1)
    assert kept.cut["parameters/plant/ramp/value"] == ramp[:100].sum()


def test_bytes_are_the_same_on_one_and_two_processes(tmp_path: Path) -> None:
    loop = load(write_loop(tmp_path / "wide", WIDE))
    one, two = (indicators(loop, salts, draws=520, seed=9, processes=n) for n in (1, 2))
    short = indicators(loop, salts, draws=30, seed=9)
    for name, values in one.values.items():
        assert values.tobytes() == two.values[name].tobytes()
        assert values[..., :30].tobytes() == short.values[name].tobytes()
    assert (one.numbers, one.failed, one.cut) == (two.numbers, two.failed, two.cut)


def stopped(walked: Walk, money: Accounts) -> Mapping[str, np.ndarray]:
    """Ends its process without a word, as one that has no memory; the first process goes on."""
    if multiprocessing.parent_process() is not None:
        os._exit(9)
    return cash(walked, money)


def test_a_process_that_is_stopped_is_a_finding(tmp_path: Path) -> None:
    loop = sales(tmp_path)
    with pytest.raises(InputError, match="one was stopped") as caught:
        indicators(loop, stopped, draws=600, seed=1, processes=2)
    follows(caught.value.findings[0], "use fewer processes, if the memory is short")
    assert len(indicators(loop, stopped, draws=600, seed=1, processes=1).numbers) == 600


def test_what_stops_the_loop_itself_stops_all_draws(tmp_path: Path) -> None:
    loop = load(write_loop(tmp_path / "joint"))
    with pytest.raises(InputError, match="mass of cells"):
        indicators(loop, salts, draws=3, seed=1)
    with pytest.raises(InputError, match="1 draw or more"):
        sample(loop, 0, seed=1)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("a,bell,,,,", "laws.csv:2, law: unknown-name"),
        ("a,one of,,,60 %,", "laws.csv:2, law: missing"),
        ("a,one of,,,60 %,50 %", "laws.csv:2: sum"),
        ("a,uniform,,,60 %,", "laws.csv:2, law: column"),
        ("a,uniform,b,,,", "laws.csv:2, with: missing"),
        ("a,uniform,,50 %,,", "laws.csv:2, with: missing"),
        ("a,uniform,nickel,50 %,,", "laws.csv:2, with: unknown-name"),
        ("a,uniform,b,150 %,,", "laws.csv:2, rank_correlation: share"),
        (
            "a,uniform,b,50 %,,\nb,uniform,a,50 %,,",
            "laws.csv:2, with: cycle; laws.csv:3, with: cycle",
        ),
        ("a,uniform,a,50 %,,", "laws.csv:2, with: cycle"),
    ],
)
def test_wrong_laws_are_found(tmp_path: Path, rows: str, expected: str) -> None:
    words = {"ore": "a", "slag": "b", "price_moves": "", "price": "10 USD/t,,", "most": "120 t/yr"}
    files = {n: t if n == "case.toml" else t.format(**words) for n, t in SALES.items()}
    files["laws.csv"] = f"moves,law,with,rank_correlation,low_weight,high_weight\n{rows}\n"
    found = findings_of(tmp_path, files)
    assert "; ".join(f"{x.where}: {x.code}" for x in found) == expected
