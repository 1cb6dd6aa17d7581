"""Present value, rate of return and payback against sums by hand, and parties in their roles."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loop_folder import changed
from test_accounts import SMELTER, account

from loopbook.loop import answer
from loopbook.loop.money.accounts import ROLES
from loopbook.loop.money.tables import account_tables
from loopbook.loop.money.worth import Flows

NPV = '[npv]\nrate = "10 %"\nat = "2027-01-01"\n'


def flows(years: list[float], *money: list[float], rate: float = 0.1) -> Flows:
    return Flows(np.array(years), np.array(money).T, np.full((len(years), 1), rate))


def test_an_outlay_that_comes_back_evenly() -> None:
    """1,000 paid, 300 a year for five years: present value, interest of the annuity, payback."""
    some = flows([0, 1, 2, 3, 4, 5], [-1000, 300, 300, 300, 300, 300])
    annuity = 300 * (1 - 1.1**-5) / 0.1
    assert some.present_value() == pytest.approx([annuity - 1000])
    (rate,) = some.rate_of_return()
    assert 300 * (1 - (1 + rate) ** -5) / rate == pytest.approx(1000)
    assert some.payback() == pytest.approx([10 / 3])


@pytest.mark.parametrize(
    ("years", "money", "rate", "payback"),
    [
        ([0, 1], [-100, 110], 0.1, 1 - 10 / 110),
        ([0, 0, 2], [-60, -40, 121], 0.1, 200 / 121),  # two flows of one moment
        ([2, 0], [121, -100], 0.1, 200 / 121),  # the later is written first
        ([1.5, 2.5], [-100, 95], -0.05, math.nan),  # less comes back than was paid
        ([0, 1], [100, 110], math.nan, 0),  # nothing was paid
        ([0, 1], [-100, -1], math.nan, math.nan),
        ([0, 1, 2], [100, -110, 5], math.nan, math.nan),  # paid after it came
        ([0, 1, 2], [-100, 230, -132], math.nan, math.nan),  # 10 % and 20 % are both one
        ([0, 1, 2, 3], [-100, 200, -150, 100], math.nan, 3 - 50 / 100),  # balance turns thrice
        ([0, 1], [0, 0], math.nan, 0),
        ([0, 1], [-1, 1e6], math.nan, 1e-6),  # more than a hundredfold a year
    ],
)
def test_where_there_is_none(
    years: list[float], money: list[float], rate: float, payback: float
) -> None:
    some = flows(years, money)
    assert some.rate_of_return() == pytest.approx([rate], nan_ok=True)
    assert some.payback() == pytest.approx([payback], nan_ok=True)


@given(
    outlay=st.floats(1.0, 1e9),
    income=st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12),
    scale=st.floats(0.5, 1e6),
)
def test_at_the_rate_of_return_all_is_worth_nothing(
    outlay: float, income: list[float], scale: float
) -> None:
    years = [float(k) for k in range(len(income) + 1)]
    money = [-outlay, *(outlay * x for x in income)]
    rates = flows(years, money, [scale * x for x in money]).rate_of_return()
    (rate, scaled) = rates
    if sum(income) > 1.0 + 1e-6:
        worth = sum(x / (1 + rate) ** year for year, x in zip(years, money, strict=True))
        assert worth == pytest.approx(0.0, abs=1e-9 * outlay * len(years))
        assert scaled == pytest.approx(rate, abs=1e-9)


def test_formulas_and_tables_of_a_loop(tmp_path: Path) -> None:
    money = account(tmp_path, SMELTER)
    walked = money.walked
    cash = money.cash("Ann")[:, 0]
    paid = np.array([600_000.0])  # 60 % of a million, on the day that it is paid
    (rate,) = answer(walked, money, "irr(Ann)")[0]
    (years,) = answer(walked, money, "payback(Ann)", unit="yr")[0]
    ends = np.array([1.0, 1.25, 1.5]) - 0.25
    income = cash + np.array([paid[0], 0, 0])
    if math.isfinite(rate):
        assert (income / (1 + rate) ** ends).sum() == pytest.approx(600_000)
    tables = {table.name: table for table in account_tables(money)}
    worth = {row["party"]: row for row in tables["present_value"].records()}
    assert worth["Smelter"]["invested"] == pytest.approx(1e6)
    assert worth["Ann"]["invested"] == pytest.approx(6e5)
    shown = worth["Ann"]["irr"], worth["Ann"]["payback_yr"]
    assert shown == pytest.approx(
        tuple(None if math.isnan(x) else x for x in (float(rate), float(years)))
    )


def test_roles_add_up_to_all_that_a_party_gets(tmp_path: Path) -> None:
    money = account(tmp_path, SMELTER)
    roles = next(x for x in account_tables(money) if x.name == "roles")
    rows = {(row["party"], row["role"]): row for row in roles.records()}
    for party in ("Mine", "Smelter", "Ann", "Bob"):
        for column in ("amount", "present_value"):
            parts = [rows[party, role][column] for role in ROLES if (party, role) in rows]
            whole = rows[party, "all"][column] if (party, "all") in rows else 0.0
            assert sum(parts) == pytest.approx(whole, abs=1e-6)  # type: ignore[arg-type]
    assert ("Mine", "seller") in rows
    assert {role for party, role in rows if party == "Smelter"} >= {"buyer", "operator", "company"}
    assert rows["Ann", "owner"]["amount"] == rows["Ann", "all"]["amount"]
    without = account(
        tmp_path / "b",
        changed("case.toml", '[npv]\nrate = "10 %"\nat = "2027-01-01"\n', "", SMELTER),
    )
    roles = next(x for x in account_tables(without) if x.name == "roles")
    assert [column.name for column in roles.columns] == ["party", "role", "amount"]
