"""What stays in use and what leaves it, against closed forms, sums by hand and scipy."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from loopbook.loop.models.lifetimes import InUse, Staying, step_by_sales, step_by_stock, surviving

WEIBULL = ("weibull", 2.8, np.array([144.0]))


def used(
    staying: Staying, sales: Sequence[float], steps: Sequence[tuple[int, int]]
) -> tuple[list[float], list[float]]:
    """Stock at the end of each step and what left in it, for sales of so much a step."""
    goods, stocks, left = InUse.none(bounds_of(steps), 1), [], []
    for came in sales:
        goods, gone = step_by_sales(goods, staying, np.array([[came]]))
        stocks.append(float(goods.stock[0, 0]))
        left.append(float(gone[0, 0]))
    return stocks, left


def bounds_of(steps: Sequence[tuple[int, int]]) -> np.ndarray:
    return np.array([steps[0][0], *(end for _, end in steps)])


def each(count: int) -> list[tuple[int, int]]:
    return [(n, n + 1) for n in range(count)]


@pytest.mark.parametrize(
    ("law", "shape", "peer"),
    [
        ("weibull", 2.8, stats.weibull_min(2.8, scale=12.0)),
        ("weibull", 1.0, stats.expon(scale=12.0)),
        ("normal", 0.25, stats.norm(12.0, 3.0)),
        (
            "lognormal",
            0.25,
            stats.lognorm(math.sqrt(math.log(1 + 0.25**2)), scale=12.0 / math.sqrt(1 + 0.25**2)),
        ),
    ],
)
def test_laws_are_those_of_scipy(law: str, shape: float, peer: stats.rv_continuous) -> None:
    ages = np.linspace(0.0, 60.0, 121)
    ours = surviving(law, shape, np.array([12.0]), ages)[:, 0]
    np.testing.assert_allclose(ours, peer.sf(ages), rtol=1e-12, atol=1e-15)
    if law != "normal":
        assert ours[0] == 1.0


def test_a_fixed_lifetime_ends_after_its_time() -> None:
    ages = np.array([0.0, 11.5, 11.999, 12.0, 30.0])
    assert surviving("fixed", 0.0, np.array([12.0]), ages)[:, 0].tolist() == [1, 1, 1, 0, 0]


def test_goods_of_a_fixed_lifetime_leave_as_they_came() -> None:
    sales = [5.0, 7.0, 0.0, 11.0, 2.0, 3.0, 1.0, 4.0]
    _, left = used(Staying.of("fixed", 0.0, np.array([3.0]), 8), sales, each(8))
    assert left == pytest.approx([0.0, 0.0, 0.0, *sales[:5]], abs=1e-12)


def test_an_exponential_lifetime_has_a_closed_form() -> None:
    time, sales = 30.0, 4.0
    stocks, left = used(Staying.of("weibull", 1.0, np.array([time]), 200), [sales] * 200, each(200))
    q = math.exp(-1 / time)
    formula = [sales * q**0.5 * (1 - q ** (n + 1)) / (1 - q) for n in range(200)]
    assert stocks == pytest.approx(formula, rel=1e-12)
    assert left[1:] == pytest.approx(
        [sales - formula[n] + formula[n - 1] for n in range(1, 200)], rel=1e-9
    )


@pytest.mark.parametrize(
    ("law", "shape", "mean"),
    [
        ("weibull", 2.8, 144.0 * math.gamma(1 + 1 / 2.8)),
        ("normal", 0.2, 144.0),
        ("lognormal", 0.3, 144.0),
        ("fixed", 0.0, 144.0),
    ],
)
def test_a_steady_stock_is_sales_times_mean_lifetime(law: str, shape: float, mean: float) -> None:
    stocks, left = used(Staying.of(law, shape, np.array([144.0]), 900), [2.0] * 900, each(900))
    assert left[-1] == pytest.approx(2.0, rel=1e-6)
    assert stocks[-1] == pytest.approx(2.0 * mean, rel=1e-5)


def test_what_leaves_is_the_convolution_of_sales_and_lifetimes() -> None:
    sales = [float(3 + (7 * n) % 11) for n in range(60)]
    _, left = used(Staying.of("weibull", 2.2, np.array([20.0]), 60), sales, each(60))

    def in_use(age: float) -> float:
        return math.exp(-((max(age, 0.0) / 20.0) ** 2.2))

    for n in range(60):
        by_hand = sum(
            sales[m] * (in_use(n - m - 0.5) - in_use(n + 1 - m - 0.5)) for m in range(n + 1)
        )
        assert left[n] == pytest.approx(by_hand, rel=1e-9, abs=1e-11)


def test_steps_of_any_length_are_the_sum_of_their_months() -> None:
    steps = [(0, 12), (12, 15), (15, 18), (18, 19), (19, 31)]
    rates = [3.0, 5.0, 0.0, 2.0, 8.0]
    staying = Staying.of("normal", 0.3, np.array([9.0]), 40)
    sales = [rate * (end - first) for rate, (first, end) in zip(rates, steps, strict=True)]
    stocks, left = used(staying, sales, steps)
    monthly = [rate for rate, (a, b) in zip(rates, steps, strict=True) for _ in range(a, b)]
    by_month, left_by_month = used(staying, monthly, each(31))
    assert stocks == pytest.approx([by_month[end - 1] for _, end in steps], rel=1e-12)
    sums = [sum(left_by_month[first:end]) for first, end in steps]
    assert left == pytest.approx(sums, rel=1e-12)


def test_sales_from_stock_undo_stock_from_sales() -> None:
    steps = [(0, 12), (12, 15), (15, 18), (18, 30), (30, 31), (31, 43)]
    sales = [10.0, 4.0, 5.0, 30.0, 1.0, 60.0]
    staying = Staying.of(*WEIBULL, 60)
    stocks, _ = used(staying, sales, steps)
    goods, again = InUse.none(bounds_of(steps), 1), []
    for stock in stocks:
        goods, came, _ = step_by_stock(goods, staying, np.array([stock]))
        again.append(float(came[0, 0]))
        assert goods.stock[0, 0] == pytest.approx(stock, rel=1e-12)
    assert again == pytest.approx(sales, rel=1e-9)


def test_a_stock_that_shrinks_faster_than_goods_leave_needs_no_sales() -> None:
    staying = Staying.of(*WEIBULL, 24)
    goods, first = step_by_sales(InUse.none(np.array([0, 12, 24]), 1), staying, np.array([[100.0]]))
    goods, came, left = step_by_stock(goods, staying, np.array([50.0]))
    assert came.tolist() == [[0.0]]
    assert goods.stock[0, 0] == pytest.approx(100.0 - first[0, 0] - left[0, 0])
    assert goods.stock[0, 0] > 90.0


def test_draws_are_as_each_of_them_alone() -> None:
    times, sales = np.array([6.0, 12.0, 30.0]), np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    together, bounds = Staying.of("lognormal", 0.4, times, 48), np.arange(0, 60, 12)
    goods = InUse.none(bounds, 2)
    left = []
    for n in range(4):
        goods, gone = step_by_sales(goods, together, sales * (n + 1))
        left.append(gone)
    for draw in range(3):
        one, alone = InUse.none(bounds, 2), Staying.of("lognormal", 0.4, times[[draw]], 48)
        for n in range(4):
            one, gone = step_by_sales(one, alone, sales[:, [draw]] * (n + 1))
            np.testing.assert_allclose(left[n][:, draw], gone[:, 0], rtol=1e-12)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["fixed", "weibull", "normal", "lognormal"]),
    st.floats(0.1, 4.0),
    st.floats(1.0, 80.0),
    st.lists(st.tuples(st.integers(1, 12), st.floats(0.0, 1e5)), min_size=1, max_size=25),
)
def test_what_comes_leaves_or_stays(
    law: str, shape: float, time: float, steps: list[tuple[int, float]]
) -> None:
    bounds = np.cumsum([0, *(months for months, _ in steps)])
    staying = Staying.of(law, shape, np.array([time]), int(bounds[-1]))
    goods, came, gone = InUse.none(bounds, 1), 0.0, 0.0
    for _, sales in steps:
        goods, left = step_by_sales(goods, staying, np.array([[sales]]))
        came, gone = came + sales, gone + float(left[0, 0])
        assert left[0, 0] >= -1e-9 * (1.0 + came)
        assert goods.stock[0, 0] + gone == pytest.approx(came, rel=1e-11, abs=1e-11)
