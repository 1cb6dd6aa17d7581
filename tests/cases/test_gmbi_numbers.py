"""What the founding case says of its numbers: present value, ranges, versions, readings.

Expected figures are those of three experts who computed the case with their own code.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from loopbook.loop import Accounts, Walk, accounts, answer, load, sample, walk

CASE = Path(__file__).parents[2] / "cases" / "gmbi"


@cache
def run() -> tuple[Walk, Accounts]:
    """The founding case, walked and priced."""
    walked = walk(load(CASE))
    return walked, accounts(walked)


def number(formula: str, unit: str = "1") -> float:
    """A formula that gives one number."""
    (value,) = answer(*run(), formula, unit=unit).ravel()
    return float(value)


class TestMoney:
    def test_the_present_value_counts_the_plant_once(self) -> None:
        charges = answer(*run(), "paid(on=plant, term=capital)", unit="USD").ravel()
        worth = sum(x / 1.1**year for year, x in enumerate(charges))
        assert worth == pytest.approx(29.7e6, rel=2e-3)
        assert number("npv(GMBI, own)", "USD") == pytest.approx(87.8e6, rel=1e-3)


class TestRanges:
    def test_shares_of_one_whole_add_up_in_all_draws(self) -> None:
        drawn = sample(load(CASE), 300, seed=1)
        for whole in (("dry", "wet", "formed"), ("separate", "mixed")):
            rows = [drawn.loop.series[f"{name} share"].draws for name in whole]
            shares = np.sum([x[0] for x in rows if x is not None], axis=0)
            assert shares == pytest.approx(np.full(300, 100.0))
            assert np.ptp(rows[0]) > 5.0

    def test_metal_prices_and_yields_move_together(self) -> None:
        words = sample(load(CASE), 2, seed=1).words
        assert {"series/Ni", "series/Co", "series/Li2CO3", "series/Cu"} <= {*words["metal prices"]}
        assert len(words["yields of new lines"]) >= 3
