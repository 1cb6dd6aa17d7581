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


LATER = changed("terms.csv", "furnace,invest,", "ore,pay,,,,1.5 months,\nfurnace,invest,", SMELTER)


def test_what_is_paid_later_is_due_until_then(tmp_path: Path) -> None:
    """The ore of a month is paid half one month later, half two; duties and burdens stay."""
    before, after = account(tmp_path / "a"), account(tmp_path / "b", LATER)
    ore = before.cash("Mine")[:, 0]
    due = after.unsettled("Mine")[:, 0]
    moved = before.cash("Mine")[:, 0] - after.cash("Mine")[:, 0]
    assert due == pytest.approx(np.cumsum(moved))
    (late,) = [x for entry, x in after.later.items() if entry.payee == "Mine"][:1]
    assert sum(
        (x if entry.payee == "Mine" else -x)[0]
        for entry, x in after.later.items()
        if "Mine" in (entry.payer, entry.payee)
    ) == pytest.approx(due[-1])
    assert late.shape == (1,)
    assert after.unsettled("Smelter") == pytest.approx(-after.unsettled("Mine"))
    assert after.cash("Mine").sum() + due[-1] == pytest.approx(ore.sum(), rel=1e-3)
    (owed,) = answer(after.walked, after, "last(unsettled(Mine))", unit="USD")[0]
    assert owed == pytest.approx(due[-1])


def test_owners_have_the_worth_of_their_company(tmp_path: Path) -> None:
    """What is due after the last period counts at its end, of the company and of its owners."""
    money = account(tmp_path, LATER)
    assert money.later
    company = money.present_value("Smelter", shared=False)
    owners = sum(money.present_value(owner) for owner in ("Ann", "Bob"))
    assert owners == pytest.approx(company)
    assert money.present_value("Smelter") == pytest.approx([0.0], abs=1e-6)
    whole = sum(money.present_value(party) for party in money.parties)
    assert whole == pytest.approx([0.0], abs=1e-6)
    last = money.flows("Smelter", shared=False)
    undiscounted = money.cash("Smelter", shared=False).sum() + sum(
        (x if entry.payee == "Smelter" else -x)[0]
        for entry, x in money.later.items()
        if "Smelter" in (entry.payer, entry.payee) and entry.term != "payout"
    )
    assert last.money.sum() == pytest.approx(undiscounted)


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
