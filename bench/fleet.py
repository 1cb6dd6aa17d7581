"""Goods in use: Loopbook's stocks and lifetimes beside flodym's, with equal results.

    fleet.py [--rounds N]

**Work.** 40 years x 300 kinds of cells, each with its Weibull lifetime: sales and what leaves from
given stocks, then stocks and what leaves from given sales. Then 40 years of months, of 30 kinds and
of one. flodym has what comes in a span come in its middle, as we do. Both make their tables of
lifetimes anew each time. Where results differ by more than 1e-9 of the largest, the exit code is
1; time never is a reason for it.

**Not compared.** flodym also knows named dimensions, lifetimes that change with the years, other
points of a span, and lifetimes of any cohort; a fleet of a loop has steps of mixed length.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from loopbook.loop.models.lifetimes import InUse, Staying, step_by_sales, step_by_stock

Array = NDArray[np.float64]
Answer = tuple[Array, Array]


def ours_from_stock(stock: Array, shape: Array, scale: Array) -> Answer:
    """Sales and what leaves, shape (span, kind)."""
    came, gone = np.empty_like(stock), np.empty_like(stock)
    staying = Staying.of("weibull", shape, scale, len(stock))
    used = InUse.none(np.arange(len(stock) + 1), 1)
    for n in range(len(stock)):
        used, sales, left = step_by_stock(used, staying, stock[n])
        came[n], gone[n] = sales[0], left[0]
    return came, gone


def ours_from_sales(sales: Array, shape: Array, scale: Array) -> Answer:
    """Stock and what leaves, shape (span, kind)."""
    stock, gone = np.empty_like(sales), np.empty_like(sales)
    staying = Staying.of("weibull", shape, scale, len(sales))
    used = InUse.none(np.arange(len(sales) + 1), 1)
    for n in range(len(sales)):
        used, left = step_by_sales(used, staying, sales[n][None])
        stock[n], gone[n] = used.stock[0], left[0]
    return stock, gone


def flodym_from(what: str, numbers: Array, shape: Array, scale: Array) -> Answer:
    """The same by flodym: from ``stock`` or from ``sales``."""
    import flodym as fd

    spans = fd.Dimension(name="Time", letter="t", items=list(range(len(numbers))), dtype=int)
    kinds = [f"k{n}" for n in range(numbers.shape[1])]
    dims = fd.DimensionSet(
        dim_list=[spans, fd.Dimension(name="Kind", letter="k", items=kinds, dtype=str)]
    )
    by_kind = dims.get_subset(("k",))
    lifetime = fd.WeibullLifetime(
        dims=dims,
        weibull_shape=fd.Parameter(dims=by_kind, values=shape),
        weibull_scale=fd.Parameter(dims=by_kind, values=scale),
    )
    given = fd.StockArray(dims=dims, values=numbers.copy())
    if what == "stock":
        model = fd.StockDrivenDSM(dims=dims, stock=given, lifetime_model=lifetime)
        model.compute()
        return model.inflow.values, model.outflow.values
    model = fd.InflowDrivenDSM(dims=dims, inflow=given, lifetime_model=lifetime)
    model.compute()
    return model.stock.values, model.outflow.values


def seconds(work: Callable[[], Answer], rounds: int) -> tuple[float, Answer]:
    """Median CPU time of some rounds after one that does not count, and the answer."""
    answer, times = work(), []
    for _ in range(rounds):
        begin = time.process_time()
        answer = work()
        times.append(time.process_time() - begin)
    return statistics.median(times), answer


def kinds_of(spans: int, kinds: int, chemistries: int) -> tuple[Array, Array, Array]:
    """Stocks that grow along a curve, shape (span, kind), and a lifetime for each kind."""
    rng = np.random.default_rng(0)
    curve = 1 / (1 + np.exp(-(np.arange(spans) - 0.45 * spans) / (0.11 * spans)))
    stock = curve[:, None] * rng.uniform(0.2, 20.0, kinds)
    chosen = np.arange(kinds) % chemistries
    shape, scale = rng.uniform(2.2, 3.5, chemistries), rng.uniform(0.22, 0.42, chemistries)
    return stock, shape[chosen], spans * scale[chosen]


def main() -> int:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    try:
        import flodym  # noqa: F401
    except ImportError:
        print("fleet.py: flodym is not installed (pip install 'loopbook[peers]'); nothing compared")
        return 0
    print("| work | Loopbook, ms | flodym, ms | ratio | largest difference |")
    print("| --- | ---: | ---: | ---: | ---: |")
    works = ((40, 300), (480, 30), (480, 1))
    off = [compare(spans, kinds, rounds) for spans, kinds in works]
    if not max(off) <= 1e-9:
        print("fleet.py: results differ", file=sys.stderr)
        return 1
    return 0


def compare(spans: int, kinds: int, rounds: int) -> float:
    """Measure one work both ways, print it, and return the largest difference."""
    stock, shape, scale = kinds_of(spans, kinds, 6)
    sales, _ = ours_from_stock(stock, shape, scale)
    worst = 0.0
    for what, numbers, ours in (
        ("stock", stock, ours_from_stock),
        ("sales", sales, ours_from_sales),
    ):
        mine, answer = seconds(partial(ours, numbers, shape, scale), rounds)
        peer, other = seconds(partial(flodym_from, what, numbers, shape, scale), rounds)
        off = max(
            float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(answer, other, strict=True)
        )
        print(
            f"| {spans} spans x {kinds}, from {what} | {1e3 * mine:.2f} | {1e3 * peer:.1f} "
            f"| {peer / mine:.0f} | {off:.0e} |"
        )
        worst = max(worst, off)
    return worst


if __name__ == "__main__":
    sys.exit(main())
