"""Two recyclers that compete for one maker's scrap, against a sum by hand from the same prose.

`shapes/rivals/prose.md` was given to somebody who saw the documentation and not the sources; the
tables beside it and `rivals_by_hand.py` are what was made of it.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from rivals_by_hand import PERIODS, by_hand, value_by_hand

from loopbook.cases import run_case
from loopbook.errors import InputError
from loopbook.loop import Accounts, Walk, accounts, answer, load, result_tables, walk
from support.advice import follows

RIVALS = Path(__file__).parent / "shapes" / "rivals"

FORMULAS = {
    "formed cells": "made('cell plant', 'formed cells')",
    "cathode scrap": "made('cell plant', 'cathode scrap')",
    "anode scrap": "made('cell plant', 'anode scrap')",
    "Elbe": "taken('Elbe scrap')",
    "Main": "taken('Main scrap')",
    "trader": "taken('trader scrap')",
    "Elbe black mass": "made('Elbe mill', 'Elbe black mass')",
    "copper fraction": "made('Elbe mill', 'copper fraction')",
    "Elbe disposal": "disposal('Elbe mill')",
    "Main nickel": "content(feed('Main mill'), Ni)",
    "Main nickel sold": "content(taken(metal), Ni)",
    "Main nickel lost at the mill": "content(disposal('Main mill'), Ni)",
    "Main nickel lost at the refinery": "content(disposal('Main refinery'), Ni)",
}
"""Each in tonnes."""

PAYMENTS = {
    "Elbe pays for scrap": ("Elbe scrap", "payable"),
    "Elbe freight": ("Elbe scrap", "freight"),
    "Elbe sells black mass": ("Elbe black mass", "payable"),
    "Elbe sells copper": ("copper", "payable"),
    "Main pays for scrap": ("Main scrap", "payable"),
    "Main freight": ("Main scrap", "freight"),
}

ROOMS_AND_NICKEL = [(5000.0, 16500.0), (1500.0, 16500.0), (5000.0, 24000.0)]


@cache
def priced(main_room: float, nickel_2027: float) -> Accounts:
    """The accounts of the tables with another room of Main, t/yr, and another price, USD/t."""
    room = f"parameters/Main mill/capacity/value={main_room} t/yr"
    loop = load(RIVALS, cells=[room, f"series/Ni/2027={nickel_2027}"])
    return accounts(walk(loop))


def from_tables(money: Accounts) -> dict[str, np.ndarray]:
    """Figures by the names that they have by hand."""
    walked: Walk = money.walked
    rows = {x: answer(walked, money, law, unit="t")[:, 0] for x, law in FORMULAS.items()}
    for name, (on, term) in PAYMENTS.items():
        paid = [x[:, 0] for e, x in money.payments.items() if (e.on, e.term) == (on, term)]
        rows[name] = np.sum(paid, axis=0)
    rows["Elbe cash"] = money.cash("Elbe", shared=False)[:, 0] + 24e6 * (np.arange(11) == 0)
    rows["Main cash"] = money.cash("Main")[:, 0]
    rows["Rhein Zellen"] = money.cash("Rhein Zellen", shared=False)[:, 0]
    for name in ("Elbe", "Main"):
        carried = [x[:, 0] for e, x in money.burdens.items() if e.on == f"{name} scrap"]
        rows[f"{name} CO2"] = np.sum(carried, axis=0)
    return rows


@pytest.mark.parametrize(("room", "nickel"), ROOMS_AND_NICKEL)
def test_each_figure_of_each_period_is_that_of_the_sum_by_hand(room: float, nickel: float) -> None:
    rows = from_tables(priced(room, nickel))
    expected = by_hand(room, nickel)
    assert rows.keys() == expected.keys()
    for name, figures in expected.items():
        largest = max(map(abs, figures))
        assert rows[name] == pytest.approx(figures, rel=1e-9, abs=1e-9 * largest), name


@pytest.mark.parametrize(("room", "nickel"), ROOMS_AND_NICKEL)
def test_a_company_is_worth_its_cash_and_each_owner_has_a_part(room: float, nickel: float) -> None:
    money, value = priced(room, nickel), value_by_hand(by_hand(room, nickel)["Elbe cash"])
    assert money.present_value("Elbe", shared=False) == pytest.approx(value, rel=1e-9)
    assert money.present_value("Nordkapital") == pytest.approx(0.4 * value, rel=1e-9)
    rhein = [money.present_value("Rhein Zellen", shared=shared) for shared in (True, False)]
    assert rhein[0] - rhein[1] == pytest.approx(0.6 * value, rel=1e-9)


def test_what_a_full_recycler_leaves_goes_to_the_trader_beyond_the_shares() -> None:
    """Elbe is full too: with less room at Main the trader gets all of the rest."""
    wide, narrow = (from_tables(priced(room, 16500.0)) for room in (5000.0, 1500.0))
    assert narrow["Main"][-1] == pytest.approx(1500)
    assert narrow["Elbe"] == pytest.approx(wide["Elbe"])
    more = narrow["trader"] - wide["trader"]
    assert more == pytest.approx(wide["Main"] - narrow["Main"], abs=1e-9)


def test_the_price_at_which_elbe_is_worth_its_plant_is_the_one_by_hand() -> None:
    """All that is paid is linear in nickel's price, so two values give it."""
    low, high = (value_by_hand(by_hand(5000.0, x)["Elbe cash"]) for x in (10000.0, 40000.0))
    worth = 10000 - low * 30000 / (high - low)
    money = priced(5000.0, worth)
    assert money.present_value("Elbe", shared=False) == pytest.approx(0, abs=1.0)


def test_its_tables_of_results_answer_the_questions() -> None:
    money = priced(5000.0, 16500.0)
    tables = result_tables(money.walked, money)
    assert set(tables) == {"scrap", "elbe", "values", "nickel", "carbon"}
    hand = by_hand()
    for column, name in enumerate(("formed cells", "cathode scrap", "anode scrap"), start=1):
        cells = [row[column] for row in tables["scrap"].rows]
        assert cells == pytest.approx(hand[name], rel=1e-9)
    carbon = [row[1] for row in tables["carbon"].rows]
    both = np.add(hand["Elbe CO2"], hand["Main CO2"])
    assert carbon == pytest.approx([*both], rel=1e-9)


def test_money_before_the_first_period_that_counts_is_listed() -> None:
    loop = load(RIVALS, cells=["case/money/from=2028-Q1"])
    money = accounts(walk(loop))
    lines = [str(x) for x in money.findings if x.code == "not-counted"]
    invest = "invest of 2027-03-01 on Elbe is before 2028-Q1, and not counted: 24,000,000 USD"
    assert f"terms.csv:20: not-counted: {invest}" in lines
    hand = by_hand()
    freight = sum(sum(hand[name][:4]) for name in ("Elbe freight", "Main freight"))
    assert any(
        f"freight is before 2028-Q1, and not counted: {freight:,.0f} USD" in x for x in lines
    )
    assert {line.split(": ")[2].split()[0] for line in lines} == {
        "invest", "payable", "freight", "fee", "fixed", "cost",
    }  # fmt: skip
    assert len(lines) == 6
    assert money.cash("Elbe")[:4] == pytest.approx(0)
    assert not [x for x in priced(5000.0, 16500.0).findings if x.code == "not-counted"]


def test_a_party_pays_the_freight_between_its_own_sites() -> None:
    """Without a term: there is no other to pay it. Nothing is to pay on a lane of no cost."""
    free, address = priced(5000.0, 16500.0), "lanes/Main mill/Main refinery/cost"
    assert not [x for x in free.findings if "payer of the freight" in str(x)]
    money = accounts(walk(load(RIVALS, cells=[f"{address}=5 USD/t"])))
    assert not [x for x in money.findings if "payer of the freight" in str(x)]
    tonnes = sum(flow.taken for flow in money.walked.of("Main black mass"))
    assert free.cash("Main") - money.cash("Main") == pytest.approx(5 * tonnes, rel=1e-9)


def test_formulas_say_a_company_before_and_after_its_owners() -> None:
    """Elbe passes all that it earns on: of its own it has something, after its owners nothing."""
    money, hand = priced(5000.0, 16500.0), by_hand()["Elbe cash"]
    own = answer(money.walked, money, "cash(Elbe, own)", unit="USD")[:, 0]
    assert own[1:] == pytest.approx(hand[1:], rel=1e-9)
    shared = answer(money.walked, money, "cash(Elbe)", unit="USD")
    assert shared == pytest.approx(np.zeros((11, 1)), abs=0.01)
    (value,) = answer(money.walked, money, "npv(Elbe, own)", unit="M USD")
    assert value * 1e6 == pytest.approx(value_by_hand(hand), rel=1e-9)
    with pytest.raises(InputError, match="gross is not"):
        answer(money.walked, money, "cash(Elbe, gross)", unit="USD")


def test_a_formula_of_an_amount_needs_its_unit() -> None:
    money = priced(5000.0, 16500.0)
    with pytest.raises(InputError) as error:
        answer(money.walked, money, "taken('Elbe scrap')")
    follows(error.value.findings[0], "give a unit of mass, as in unit='t'")
    assert answer(money.walked, money, "taken('Elbe scrap')", unit="t").shape == (11, 1)


def test_a_report_shows_the_joint_company_and_writes_years_as_names() -> None:
    result = run_case(RIVALS)
    periods = result.tables["scrap"].column("period")
    assert periods == [f"{year}-Q{q}" for year, q, months in PERIODS[:8]] + ["2029", "2030", "2031"]
    overview = result.tables["overview"]
    own = [usd - 24e6 * (k == 0) for k, usd in enumerate(by_hand()["Elbe cash"])]
    assert overview.column("elbe_usd") == pytest.approx(own, rel=1e-9)
    figures = dict(result.summary.rows)
    shown = f"{sum(own) / 1e6:,.1f} M USD (nominal), before its owners' shares"
    assert figures["Elbe Recycling"] == shown
    assert figures["A maker of NMC622 cells"].endswith("received less paid")
