"""Doubt: points, shares and inputs that matter are those of closed forms; nothing is dropped."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from loop_folder import JOINT, write_loop
from test_draws import MASS, POINT, WIDE, cells_of, ranged, sales

from loopbook.errors import InputError
from loopbook.loop import Asked, Doubt, Loop, accounts, answer, doubt, load, sample, walk

CASH = {"cash": Asked("sum(cash(Mine))", "USD")}
DRAWS = 8_000


def of_cash(loop: Loop, *, draws: int = DRAWS, formula: str = "sum(cash(Mine))") -> Doubt:
    return doubt(loop, {"cash": Asked(formula, "USD")}, draws=draws, seed=5).of["cash"]


def error_of(density: float, share: float, draws: int = DRAWS) -> float:
    """Four standard errors of the point of a law at which its density is known."""
    return 4 * math.sqrt(share * (1 - share) / draws) / density


def test_a_sum_of_normals_has_its_points_share_and_inputs(tmp_path: Path) -> None:
    """1000 USD of ore and of slag; one deviation is 200 and 100 USD over the 95 % point.

    Pearson is a share of the deviation; Spearman of two normals ``6 / pi asin(Pearson / 2)``.
    """
    cash = of_cash(sales(tmp_path))
    deviation = math.hypot(200, 100) / POINT
    middle = 1 / (deviation * math.sqrt(2 * math.pi))
    tail = middle * math.exp(-(POINT**2) / 2)
    half = deviation * POINT
    assert cash.value == pytest.approx(2000)
    assert cash.median == pytest.approx(2000, abs=error_of(middle, 0.5))
    assert cash.low == pytest.approx(2000 - half, abs=error_of(tail, 0.05))
    assert cash.high == pytest.approx(2000 + half, abs=error_of(tail, 0.05))
    assert [(x.address, x.title) for x in cash.drivers] == [
        ("contracts/ore/mine/ore/amount", "amount of ore from mine"),
        ("contracts/slag/mine/slag/amount", "amount of slag from mine"),
    ]
    for driver, part in zip(cash.drivers, (200, 100), strict=True):
        spearman = 6 / math.pi * math.asin(part / math.hypot(200, 100) / 2)
        assert driver.correlation == pytest.approx(spearman, abs=4 / math.sqrt(DRAWS))


def test_a_product_of_lognormals_has_its_points_and_inputs(tmp_path: Path) -> None:
    """Ore 100 t by 1.25, price 10 USD/t by 2: deviations of logarithms add as squares."""
    laws = "moves,law\ntonnes,lognormal\nprice,lognormal\n"
    words = {"ore": "tonnes", "most": "125 t/yr", "price_moves": "price"}
    loop = sales(tmp_path, price="10 USD/t,5 USD/t,20 USD/t", laws=laws, **words)
    paid = of_cash(loop, formula="sum(paid(on=ore))")
    parts = {"price": math.log(2), "tonnes": math.log(1.25)}
    whole = math.hypot(*parts.values())
    deviation = whole / POINT
    middle = 1 / (deviation * math.sqrt(2 * math.pi))
    tail = middle * math.exp(-(POINT**2) / 2)
    assert paid.value == pytest.approx(1000)
    assert math.log(paid.median / 1000) == pytest.approx(0, abs=error_of(middle, 0.5))
    assert math.log(paid.low / 1000) == pytest.approx(-whole, abs=error_of(tail, 0.05))
    assert math.log(paid.high / 1000) == pytest.approx(whole, abs=error_of(tail, 0.05))
    names = {"price": "terms/ore/fixed/value", "tonnes": "contracts/ore/mine/ore/amount"}
    assert [x.address for x in paid.drivers] == [names["price"], names["tonnes"]]
    for driver, part in zip(paid.drivers, parts.values(), strict=True):
        spearman = 6 / math.pi * math.asin(part / whole / 2)
        assert driver.correlation == pytest.approx(spearman, abs=4 / math.sqrt(DRAWS))


def test_what_falls_has_a_negative_correlation_and_a_share_its_probability(tmp_path: Path) -> None:
    """2150 less the cash is above 0 where a normal number is under 150 over its deviation."""
    loop = sales(tmp_path)
    left = of_cash(loop, formula="'2150 USD' - sum(cash(Mine))")
    z = 150 / (math.hypot(200, 100) / POINT)
    share = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    assert left.share == pytest.approx(share, abs=4 * math.sqrt(share * (1 - share) / DRAWS))
    assert all(x.correlation < -0.3 for x in left.drivers)
    assert len(left.drivers) == 2


def test_twenty_draws_computed_again_one_by_one_are_equal(tmp_path: Path) -> None:
    folder = write_loop(tmp_path / "wide", WIDE)
    asked = {
        "worth": Asked("npv(Maker)", "M USD"),
        "mass": Asked("sum(feed(plant))", "t"),
        "margin": Asked("sum(account(plant)) / sum(feed(plant))", "USD/t"),
    }
    loop = load(folder, switches={"second": True})
    doubts = doubt(loop, asked, draws=20, seed=7)
    assert doubts.numbers == tuple(range(20))
    assert not doubts.failed
    drawn = sample(loop, 20, seed=7).loop
    for draw in range(20):
        alone = walk(load(folder, switches={"second": True}, cells=cells_of(drawn, draw)))
        money = accounts(alone)
        for name, one in asked.items():
            number = answer(alone, money, one.formula, unit=one.unit)[0, 0]
            assert doubts.of[name].values[draw] == pytest.approx(number, rel=1e-12)
    assert all(np.ptp(x.values) > 0 for x in doubts.of.values())


def test_a_draw_that_fails_is_named_and_the_others_count(tmp_path: Path) -> None:
    salts = {"contracts.csv": {"salts,works": ("30 %", "50 %")}}
    files = ranged(salts, {**JOINT, "parameters.csv": JOINT["parameters.csv"] + MASS})
    loop = load(write_loop(tmp_path / "salts", files))
    doubts = doubt(loop, {"cash": Asked("sum(cash(Maker))", "USD")}, draws=300, seed=3)
    assert sorted((*doubts.numbers, *doubts.failed)) == [*range(300)]
    assert len(doubts.of["cash"].values) == len(doubts.numbers) < 300
    assert all("at most 100 % of the salts" in x for x in doubts.failed.values())


def test_a_ratio_to_nothing_is_missing_and_no_draw_is_dropped(tmp_path: Path) -> None:
    """The price of ore is 0 in half of the draws, and a ratio to what is paid has no number."""
    loop = sales(tmp_path, price="0 USD/t,0 USD/t,1 USD/t")
    ratio = of_cash(loop, draws=1000, formula="'1 USD' * sum(paid(on=ore)) / sum(paid(on=ore))")
    price = sample(loop, 1000, seed=5).loop.terms[0].value.draws
    assert ratio.missing == (price == 0).sum()
    assert 400 < ratio.missing < 600
    assert (ratio.low, ratio.median, ratio.high) == pytest.approx((1, 1, 1))
    assert ratio.share == 1 - ratio.missing / 1000
    assert math.isnan(ratio.value)


def test_an_infinite_figure_is_a_failed_draw(tmp_path: Path) -> None:
    laws = "moves,law\nprice,lognormal\n"
    loop = sales(tmp_path, price="1 USD/t,1e-300 USD/t,1e300 USD/t", price_moves="price", laws=laws)
    doubts = doubt(loop, CASH, draws=400, seed=1)
    assert 0 < len(doubts.failed) < 40
    assert {*doubts.failed.values()} == {
        "terms.csv:2: not-finite: expected a finite number, found inf"
    }
    assert np.isfinite(doubts.of["cash"].values).all()


def test_what_touches_nothing_is_no_input_that_matters(tmp_path: Path) -> None:
    """The ore of a price that pays for slag alone has no correlation beyond chance."""
    loop = sales(tmp_path, price="10 USD/t,5 USD/t,20 USD/t")
    slag = of_cash(loop, formula="sum(paid(on=slag))", draws=2000)
    assert [x.address for x in slag.drivers] == ["contracts/slag/mine/slag/amount"]
    assert slag.drivers[0].correlation == pytest.approx(1, abs=1e-9)


def test_numbers_with_one_word_are_one_input(tmp_path: Path) -> None:
    cash = of_cash(sales(tmp_path, ore="output", slag="output"), draws=500)
    assert [(x.address, x.title) for x in cash.drivers] == [("output", "output")]


def test_formulas_by_period_have_bands(tmp_path: Path) -> None:
    loop = load(write_loop(tmp_path / "wide", WIDE))
    doubts = doubt(loop, {"made": Asked("feed(plant)", "t")}, draws=30, seed=1)
    assert doubts.of == {}
    assert doubts.bands["made"].shape == (3, len(loop.calendar.periods))
    assert (np.diff(doubts.bands["made"], axis=0) >= 0).all()


def test_more_draws_keep_the_first(tmp_path: Path) -> None:
    loop = sales(tmp_path)
    some, more = (of_cash(loop, draws=n).values for n in (100, 700))
    assert more[:100].tobytes() == some.tobytes()


def test_a_formula_that_cannot_be_read_stops_before_the_draws(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a party"):
        doubt(sales(tmp_path), {"cash": Asked("sum(cash(Mina))", "USD")}, draws=10, seed=1)


def test_where_all_draws_fail_the_first_reason_is_the_finding(tmp_path: Path) -> None:
    """More salts are promised in every draw than there are; in the loop itself there are enough."""
    salts = {"contracts.csv": {"salts,works": ("40 %", "99 %")}}
    files = ranged(salts, {**JOINT, "parameters.csv": JOINT["parameters.csv"] + MASS})
    files["contracts.csv"] = files["contracts.csv"].replace(",low,high", ",low,high,moves")
    files["laws.csv"] = "moves,law,low_weight,high_weight\npromise,one of,0 %,100 %\n"
    head, *rows = files["contracts.csv"].splitlines()
    rows = [head, *(f"{x},{'promise' * x.endswith('99 %')}" for x in rows)]
    files["contracts.csv"] = "\n".join([*rows, ""])
    loop = load(write_loop(tmp_path / "salts", files))
    with pytest.raises(InputError, match=r"draw 0: draws: .* at most 100 % of the salts") as caught:
        doubt(loop, {"cash": Asked("sum(cash(Maker))", "USD")}, draws=300, seed=3)
    assert "300 of 300 draws fail" in str(caught.value)


def test_a_price_below_0_is_cut_and_counted(tmp_path: Path) -> None:
    wide = WIDE | {"series.csv": WIDE["series.csv"].replace("-20 %,+40 %", "-90 %,+40 %")}
    loop = load(write_loop(tmp_path / "wide", wide))
    drawn = sample(loop, 1000, seed=1)
    below = (drawn.loop.series["Ni"].draws < 0).any(axis=0)
    assert 0 < below.sum() == drawn.cut["series/Ni"].sum()
    price = drawn.loop.quantities["series/Ni"].in_month(12 * 2030, "USD/t")
    assert price.min() == 0


def test_a_law_that_draws_nothing_is_a_warning(tmp_path: Path) -> None:
    laws = "moves,law\nnobody,uniform\n"
    (warning,) = (x for x in sales(tmp_path, laws=laws).warnings if x.where == "laws.csv:2")
    assert "the law of nobody draws nothing" in str(warning)
    used = sales(tmp_path / "used", laws="moves,law\na,uniform\n", ore="a")
    assert not any(x.where.startswith("laws.csv") for x in used.warnings)
