"""Money and carbon of whole loops: sums by hand, and what holds for any loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from loop_folder import STARTER, changed, findings_of, loop_of

from loopbook.errors import InputError
from loopbook.flowsheet import COST_GROUPS, ROUTES, RouteSetting
from loopbook.loop import load, month_number, span_of, walk
from loopbook.loop.money.accounts import Accounts, accounts
from loopbook.loop.money.footprint import footprint
from loopbook.loop.money.tables import account_tables, footprint_table
from loopbook.loop.terms.prices.payable import Payable
from loopbook.matter import Sourced, composition, load_library
from support.advice import follows

LIBRARY = load_library()

SMELTER: Mapping[str, str] = {
    "case.toml": """\
title = "a smelter of two owners"
periods = ["2027", "2028-Q1..2028-Q2"]

[npv]
rate = "10 %"
at = "2027-01-01"
""",
    "parties.csv": "party\nMine\nSmelter\nAnn\nBob\n",
    "owners.csv": """\
company,owner,starts,share
Smelter,Ann,,60 %
Smelter,Bob,,40 %
Smelter,Ann,2027-07-01,25 %
Smelter,Bob,2027-07-01,75 %
""",
    "sites.csv": """\
site,party,model,process
quarry,Mine,supply,
furnace,Smelter,process,smelting
""",
    "materials.csv": "material,mode,basis,Ni,Cu,other\nore,truck,%,10,2,88\nmatte,,,,,\n",
    "shares.csv": "process,to,Ni,Cu\nsmelting,matte,90 %,50 %\n",
    "parameters.csv": """\
on,parameter,of,value
quarry,makes,ore,1200 t/yr
truck,price,,2 USD/km
truck,payload,,20 t
truck,carbon,,1 kgCO2e/km
""",
    "series.csv": """\
series,unit,2027-Q1,2027-Q2,2027-Q3,2027-Q4,2028-Q1,2028-Q2,2028-Q3
Ni,USD/t,16000,17000,18000,19000,20000,21000,22000
""",
    "lanes.csv": "from,to,distance\nquarry,furnace,100 km\n",
    "contracts.csv": """\
contract,from,material,to,amount
ore,quarry,ore,furnace,all
matte,furnace,matte,outside,all
""",
    "terms.csv": """\
on,term,of,when,starts,value,lag
ore,payable,Ni,,,50 %,M+1
ore,penalty,Cu,> 1.5 %,,3 USD/t per 0.1 %,
ore,freight,,,,buyer,
matte,payable,Ni,,,100 %,
furnace,cost,feed,,,10 USD/t,
furnace,cost,,,,1200 USD/yr,
furnace,burden,feed,,,0.5 t/t,
furnace,invest,,,2027-04-01,1 M USD,
""",
}
"""A mine, a smelter and its owners: 100 t of ore a month, 10 t of nickel in it."""

PRICES = [16, 16, 16, 17, 17, 17, 18, 18, 18, 19, 19, 19, 20, 20, 20, 21, 21, 21, 22]
"""Thousand USD a tonne, by month from January 2027."""
STEPS = [range(12), range(12, 15), range(15, 18)]
MONTHS = np.array([12, 3, 3])


def account(folder: Path, files: Mapping[str, str] = SMELTER, **run: object) -> Accounts:
    return accounts(walk(loop_of(folder, files, **run)))


def line(money: Accounts, on: str, term: str, of: str = "") -> np.ndarray:
    rows = [x for e, x in money.payments.items() if (e.on, e.term, e.of) == (on, term, of)]
    assert len(rows) == 1, [*money.payments]
    return rows[0][:, 0]


COLUMNS = ("on", "term", "of", "when", "starts", "ends", "value", "index", "lag", "payer", "payee")


def with_terms(*rows: Mapping[str, str], **tables: str) -> dict[str, str]:
    """The smelter with other terms."""
    lines = [",".join(f'"{row.get(x, "")}"' for x in COLUMNS) for row in rows]
    return {**SMELTER, **tables, "terms.csv": "\n".join([",".join(COLUMNS), *lines, ""])}


def test_policies_by_hand(tmp_path: Path) -> None:
    """Ore at 400 USD/t: a duty on it, a credit on the cost, a carbon price from April 2027 on."""
    money = account(
        tmp_path,
        with_terms(
            {"on": "ore", "term": "fixed", "value": "400 USD/t"},
            {"on": "ore", "term": "fee", "value": "50 USD/t"},
            {"on": "ore", "term": "duty", "value": "10 %", "ends": "2027-06-30"},
            {"on": "matte", "term": "payable", "of": "Ni", "value": "100 %"},
            {"on": "matte", "term": "credit", "of": "Ni", "value": "100 USD/t"},
            {"on": "furnace", "term": "cost", "of": "disposal", "value": "20 USD/t"},
            {"on": "furnace", "term": "credit", "value": "25 %"},
            {"on": "furnace", "term": "burden", "of": "feed", "value": "0.5 t/t"},
            {
                **{"on": "Smelter", "term": "carbon price", "value": "30 USD/t CO2e"},
                "starts": "2027-04-01",
            },
            {"on": "Mine", "term": "once", "value": "7000 USD", "starts": "2028-02-01"},
            {
                **{"on": "ore", "term": "once", "value": "500 USD", "starts": "2027-01-31"},
                **{"payer": "seller", "payee": "buyer"},
            },
        ),
    )
    ore = MONTHS * 100 * 350.0
    disposal = MONTHS * 20.0 * (100 - 9 - 1)
    assert money.cash("Mine")[:, 0] == pytest.approx(ore - [500, 7000, 0])
    assert line(money, "ore", "duty")[0] == pytest.approx(6 * 100 * 350 * 0.1)
    assert line(money, "matte", "credit", "Ni") == pytest.approx(MONTHS * 9 * 100)
    assert line(money, "furnace", "credit") == pytest.approx(0.25 * disposal)
    assert line(money, "Smelter", "carbon price") == pytest.approx([9 * 50 * 30, 4500, 4500])
    paid = {(e.payer, e.payee) for e in money.payments if e.term in ("duty", "credit")}
    assert paid == {("Smelter", "outside"), ("outside", "Smelter")}


def test_a_contract_in_force_for_a_part_of_the_year(tmp_path: Path) -> None:
    """Of three months of a year all is shipped in them, at their prices and for their terms."""
    contracts = """\
contract,from,material,to,amount,starts,ends
ore,quarry,ore,furnace,all,2027-04-01,2027-06-30
late,quarry,ore,furnace,all,2027-07-01,
matte,furnace,matte,outside,all,,
"""
    money = account(
        tmp_path,
        with_terms(
            {"on": "ore; late", "term": "payable", "of": "Ni", "value": "50 %"},
            {"on": "ore", "term": "fee", "value": "1 USD/t", "starts": "2027-06-16"},
            {"on": "matte", "term": "payable", "of": "Ni", "value": "100 %"},
            **{"contracts.csv": contracts},
        ),
    )
    (ore, *_) = money.walked.of("ore")
    nickel = 0.1 * ore.taken[0, 0] / 3
    assert line(money, "ore", "payable", "Ni")[0] == pytest.approx(0.5 * nickel * 3 * 17000)
    assert line(money, "ore", "fee")[0] == pytest.approx(ore.taken[0, 0] / 3 * 15 / 30)


def test_take_or_pay_counts_what_is_not_taken(tmp_path: Path) -> None:
    parameters = SMELTER["parameters.csv"] + "furnace,capacity,,60 t/month\nquarry,store,,99999 t\n"
    money = account(
        tmp_path,
        with_terms(
            {"on": "ore", "term": "take_or_pay", "value": "40 USD/t", "when": "80 %"},
            {"on": "matte", "term": "fixed", "of": "Ni", "value": "15 CNY/kg"},
            **{
                "parameters.csv": parameters,
                "contracts.csv": SMELTER["contracts.csv"].replace(
                    "ore,furnace,all", "ore,furnace,100 t/month"
                ),
                "series.csv": SMELTER["series.csv"] + "yuan,CNY/USD,7.5,,,,8,,\n",
            },
        ),
    )
    assert line(money, "ore", "take_or_pay") == pytest.approx(MONTHS * (80 - 60) * 40)
    assert line(money, "matte", "fixed", "Ni") == pytest.approx(
        60 * 0.09 * MONTHS * 15000 / [7.5, 8, 8]
    )


def test_a_smelter_by_hand(tmp_path: Path) -> None:
    money = account(tmp_path)
    ore = np.array([sum(5 * 1000 * PRICES[month + 1] for month in step) for step in STEPS])
    matte = np.array([sum(9 * 1000 * PRICES[month] for month in step) for step in STEPS])
    penalty = MONTHS * 100 * 3 * 5.0
    freight = MONTHS * 100 * 100 * 2 / 20
    feed, time = MONTHS * 100 * 10.0, MONTHS * 100.0
    assert ore[0] == 1_070_000
    assert line(money, "ore", "payable", "Ni") == pytest.approx(ore)
    assert line(money, "matte", "payable", "Ni") == pytest.approx(matte)
    assert line(money, "ore", "penalty", "Cu") == pytest.approx(penalty)
    assert line(money, "ore", "freight") == pytest.approx(freight)
    assert line(money, "furnace", "cost", "feed") == pytest.approx(feed)
    assert line(money, "furnace", "cost") == pytest.approx(time)
    cash = matte - ore + penalty - freight - feed - time
    invested = np.array([1e6, 0, 0])
    own = money.cash("Smelter", shared=False)[:, 0]
    assert own == pytest.approx(cash - invested)
    assert money.account("furnace")[:, 0] == pytest.approx(cash - invested)
    assert money.cash("Smelter")[:, 0] == pytest.approx([0, 0, 0], abs=1e-6)
    assert money.cash("Mine")[:, 0] == pytest.approx(ore - penalty)
    ann, bob = money.cash("Ann")[:, 0], money.cash("Bob")[:, 0]
    assert ann == pytest.approx(cash * [0.425, 0.25, 0.25] - [600_000, 0, 0])
    assert bob == pytest.approx(cash * [0.575, 0.75, 0.75] - [400_000, 0, 0])
    discount = 1.1 ** -np.array([1.0, 1.25, 1.5])
    worth = (cash * [0.425, 0.25, 0.25] * discount).sum() - 600_000 * 1.1**-0.25
    assert money.present_value("Ann") == pytest.approx([worth])
    worth = (cash * discount).sum() - 1e6 * 1.1**-0.25
    assert money.present_value("Smelter", shared=False) == pytest.approx([worth])


def test_flows_in_the_middle_and_interest_of_an_investment(tmp_path: Path) -> None:
    files = changed(
        "case.toml", 'at = "2027-01-01"', 'at = "2027-01-01"\nflows = "middle"', SMELTER
    )
    files = changed("terms.csv", "furnace,invest,,,", "furnace,invest,,at 4 %,", files)
    money = account(tmp_path, files)
    cash = money.cash("Smelter", shared=False)[:, 0] + [1e6, 0, 0]
    worth = (cash * 1.1 ** -np.array([0.5, 1.125, 1.375])).sum() - 1e6 * 1.04**-0.25
    assert money.present_value("Smelter", shared=False) == pytest.approx([worth])


def test_nothing_counts_before_the_first_period_of_money(tmp_path: Path) -> None:
    files = changed("case.toml", "[npv]", '[money]\nfrom = "2028-Q1"\n\n[npv]', SMELTER)
    before, after = account(tmp_path / "a"), account(tmp_path / "b", files)
    for party in before.parties:
        assert after.cash(party)[0].tolist() == [0.0]
        assert after.cash(party)[1:] == pytest.approx(before.cash(party)[1:])


@pytest.mark.parametrize("first", ["2027-05", "2027-Q3", "2027-12", "2028-02"])
def test_money_counts_from_a_month_within_a_period(tmp_path: Path, first: str) -> None:
    """A year of which some months count is the sum of these months, for owners and costs too."""
    late = "ore,pay,,,,1 month,\nfurnace,cost,,,"
    files = changed("terms.csv", "furnace,cost,,,", late, SMELTER)
    files = changed("case.toml", "[npv]", f'[money]\nfrom = "{first}"\n\n[npv]', files)
    months = changed("case.toml", "\n\n[money]", '\nstep = "month"\n\n[money]', files)
    every = changed("case.toml", f'from = "{first}"', 'from = "2027"', months)
    yearly, monthly, whole = (
        account(tmp_path / name, some) for name, some in (("y", files), ("m", months), ("w", every))
    )
    start, begin = month_number(date(2027, 1, 1)), span_of(first)
    assert begin is not None
    counted = np.array([k + start >= begin.first for k in range(18)])
    for party in ("Mine", "Smelter", "outside"):
        cash = monthly.cash(party, shared=False)[:, 0]
        assert cash == pytest.approx(whole.cash(party, shared=False)[:, 0] * counted, abs=1e-6)
        by_period = np.add.reduceat(cash, [0, 12, 15])
        assert yearly.cash(party, shared=False)[:, 0] == pytest.approx(by_period, abs=1e-6)
        owed = monthly.unsettled(party)[[11, 14, 17], 0]
        assert yearly.unsettled(party)[:, 0] == pytest.approx(owed, abs=1e-6)
    for money in (yearly, monthly):
        owners = money.cash("Ann") + money.cash("Bob")
        assert owners == pytest.approx(money.cash("Smelter", shared=False), abs=1e-6)
        assert [x for x in money.findings if x.code == "not-counted"]


def test_a_way_that_takes_time(tmp_path: Path) -> None:
    """1.5 months: half of a month's ore arrives one month later, half two; priced one after."""
    files = changed(
        "lanes.csv",
        "distance\nquarry,furnace,100 km",
        "distance,lead\nquarry,furnace,100 km,1.5 months",
        SMELTER,
    )
    files = changed("terms.csv", "50 %,M+1", "50 %,A+1", files)
    money = account(tmp_path, files)
    prices = [*PRICES, 22, 22]
    paid = [sum(2500 * (prices[month + 2] + prices[month + 3]) for month in step) for step in STEPS]
    assert line(money, "ore", "payable", "Ni") == pytest.approx(np.array(paid))
    due = account(
        tmp_path / "due",
        changed(
            "contracts.csv",
            "amount\nore,quarry,ore,furnace,all",
            "amount,due\nore,quarry,ore,furnace,all,arrival",
            changed("contracts.csv", "outside,all", "outside,all,", files),
        ),
    )
    halves: dict[int, float] = {}
    for month in range(18):
        for later in (1, 2):
            halves[month + later] = halves.get(month + later, 0) + 2500 * prices[month + later + 1]
    steps = [np.sum([halves.get(month, 0) for month in step]) for step in STEPS]
    assert line(due, "ore", "payable", "Ni") == pytest.approx(np.array(steps))
    (due_later,) = (x for e, x in due.later.items() if e.term == "payable")
    assert due_later == pytest.approx([halves[18] + halves[19]])


def test_carbon_goes_to_what_is_sold(tmp_path: Path) -> None:
    """Two smelters in a row: ore 0.5 t/t, freight 100 km x 1 kg / 20 t, matte to two buyers."""
    files = changed(
        "contracts.csv",
        "matte,furnace,matte,outside,all",
        "matte,furnace,matte,outside,25 % of made\ninward,furnace,matte,works,75 % of made",
        SMELTER,
    )
    files = changed("parties.csv", "Bob\n", "Bob\nRefiner\n", files)
    files = changed("sites.csv", "smelting\n", "smelting\nworks,Refiner,process,refining\n", files)
    files = changed("shares.csv", "50 %\n", "50 %\nrefining,nickel,99 %,\n", files)
    files = changed("materials.csv", "matte,,,,,\n", "matte,,,,,\nnickel,,,,,\n", files)
    files = changed(
        "contracts.csv",
        "works,75 % of made\n",
        "works,75 % of made\nnickel,works,nickel,outside,all\n",
        files,
    )
    files = changed(
        "terms.csv",
        "100 %,\n",
        "100 %,\ninward,fixed,,,,1 USD/t,\nworks,burden,,,,1.2 t CO2e/yr,\n",
        files,
    )
    money = account(tmp_path / "mass", files)
    furnace = 1200 * 0.5 + 1200 * 100 * 0.001 / 20
    carried = footprint(money)
    assert carried.own["furnace"][0] == pytest.approx([furnace])
    assert carried.whole["works"][0] == pytest.approx([0.75 * furnace + 1.2])
    shares = dict(
        zip((flow.row.contract for flow in money.walked.flows), carried.flows, strict=True)
    )
    assert shares["matte"][0] == pytest.approx([0.25 * furnace])
    assert shares["nickel"][0] == pytest.approx([0.75 * furnace + 1.2])
    text = files["case.toml"] + '\n[carbon]\nallocate = "revenue"\n'
    sold = account(tmp_path / "revenue", {**files, "case.toml": text})
    matte, rest = (sold.paid[k][0, 0] for k in (1, 2))
    by_revenue = footprint(sold).flows
    assert by_revenue[1][0] == pytest.approx([matte / (matte + rest) * furnace])
    assert rest == pytest.approx(0.75 * 1200 * (0.1 * 0.9 + 0.02 * 0.5))
    table = footprint_table(money, carried)
    assert [row[0] for row in table.rows[:2]] == ["matte", "matte"]


def test_what_is_not_stated_is_a_line(tmp_path: Path) -> None:
    files = changed(
        "terms.csv", "furnace,cost,feed,,,10 USD/t,\nfurnace,cost,,,,1200 USD/yr,\n", "", SMELTER
    )
    files = changed("terms.csv", "ore,freight,,,,buyer,\n", "ore,accept,Cu,<= 1 %,,,\n", files)
    files = changed("terms.csv", "ore,payable,Ni,,", "ore,payable,Ni,< 10 %,", files)
    files = changed("parameters.csv", "truck,carbon,,1 kgCO2e/km\n", "", files)
    money = account(tmp_path, files)
    (*_, table) = account_tables(money)
    assert [(kind, what) for _, kind, what in table.rows] == [
        ("not-stated", "no burden of the freight of ore in ore is stated"),
        ("not-stated", "no payer of the freight of ore in ore is stated"),
        ("not-paid", "no payable of Ni in ore fits 10 % (2027)"),
        ("grade", "2 % Cu in ore is refused (2027)"),
        ("not-stated", "no cost of quarry is stated"),
        ("not-stated", "no burden of quarry is stated"),
        ("not-stated", "no cost of furnace is stated"),
    ]


def test_the_cash_of_all_parties_is_nothing_to_the_cent(tmp_path: Path) -> None:
    money = account(tmp_path)
    for shared in (True, False):
        every = [money.cash(party, shared=shared) for party in money.parties]
        whole = np.sum(every, axis=0)
        assert np.abs(whole).max() < 0.005
    worth = np.sum([money.present_value(party) for party in money.parties], axis=0)
    assert np.abs(worth).max() < 0.005


def test_twice_the_ore_is_paid_twice(tmp_path: Path) -> None:
    once = account(tmp_path / "once")
    twice = account(
        tmp_path / "twice", changed("parameters.csv", "1200 t/yr", "2400 t/yr", SMELTER)
    )
    fixed = {("furnace", "invest"), ("Smelter", "invest"), ("Smelter", "payout")}
    for entry, amount in once.payments.items():
        if (entry.on, entry.term) not in fixed and (entry.term, entry.of) != ("cost", ""):
            assert twice.payments[entry] == pytest.approx(2 * amount)


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    def turned(text: str) -> str:
        head, *rows = text.splitlines()
        return "\n".join([head, *reversed(rows), ""])

    tables = ("terms.csv", "contracts.csv", "sites.csv", "owners.csv", "parties.csv")
    files = {**SMELTER, **{name: turned(SMELTER[name]) for name in tables}}
    one, other = account(tmp_path / "one"), account(tmp_path / "other", files)
    for party in one.parties:
        assert other.cash(party) == pytest.approx(one.cash(party), abs=1e-6)
    for site in one.walked.sites:
        assert other.burden(site) == pytest.approx(one.burden(site))


def test_draws_of_prices_and_rates_are_scenarios(tmp_path: Path) -> None:
    """Nickel at 90, 100 and 120 % of its row, ore at 40, 50 and 60 % of its metal."""
    loop = loop_of(tmp_path, SMELTER)
    row, factors = loop.series["Ni"], np.array([0.9, 1.0, 1.2])
    shares = np.array([40.0, 50.0, 60.0])
    terms = tuple(
        replace(term, value=replace(term.value, draws=shares))
        if isinstance(term, Payable) and term.on == "ore"
        else term
        for term in loop.terms
    )
    numbers = np.array([[np.nan if x is None else x] for x in row.line.numbers])
    nickel = replace(row, draws=numbers * factors)
    walked = walk(replace(loop, terms=terms, series={**loop.series, "Ni": nickel}))
    money, alone = accounts(walked), account(tmp_path / "alone")
    for of, payment, ratio in (
        ("ore", "payable", factors * shares / 50),
        ("matte", "payable", factors),
        ("ore", "freight", np.ones(1)),
    ):
        (drawn,) = (x for e, x in money.payments.items() if (e.on, e.term) == (of, payment))
        (single,) = (x for e, x in alone.payments.items() if (e.on, e.term) == (of, payment))
        np.testing.assert_allclose(drawn, single * ratio)
    whole = np.sum([np.broadcast_to(money.cash(x), (3, 3)) for x in money.parties], axis=0)
    assert np.abs(whole).max() < 0.005
    assert money.present_value("Ann").shape == (3,)
    assert money.present_value("Ann")[1] == pytest.approx(alone.present_value("Ann")[0])


def test_money_of_a_year_is_not_mixed(tmp_path: Path) -> None:
    files = changed("case.toml", "[npv]", '[money]\nyear = "2027"\n\n[npv]', SMELTER)
    assert account(tmp_path / "same", files)
    old = changed("terms.csv", "10 USD/t,", "10 USD(2022)/t,", files)
    with pytest.raises(
        InputError, match=r"terms.csv:6.*money of 2027.*found money of 2022"
    ) as error:
        account(tmp_path / "old", old)
    follows(error.value.findings[0], "name a series with a price index in [money] index")
    named = changed("case.toml", 'year = "2027"', 'year = "2027"\nindex = "prices"', old)
    named["series-prices.csv"] = (
        "series,unit,2021,2022,2023,2024,2025,2026,2027\nprices,%,80,100,,,,,125\n"
    )
    cost = line(account(tmp_path / "indexed", named), "furnace", "cost", "feed")
    assert cost == pytest.approx(1.25 * 10 * 100 * MONTHS, rel=1e-9)
    other = changed("case.toml", 'index = "prices"', 'index = "Ni"', named)
    assert [x.code for x in findings_of(tmp_path / "Ni", other)] == ["unit"]
    other = changed("case.toml", 'index = "prices"', 'index = "price"', named)
    (finding,) = findings_of(tmp_path / "price", other)
    assert (finding.code, finding.where) == ("unknown-name", "case.toml:6, money.index")
    assert account(
        tmp_path / "nominal", changed("terms.csv", "10 USD/t,", "10 USD(2022)/t,", SMELTER)
    )


def test_companies_that_own_each_other_are_refused(tmp_path: Path) -> None:
    text = "company,owner,share\nSmelter,Ann,100 %\nAnn,Smelter,100 %\n"
    with pytest.raises(InputError, match="do not own each other"):
        account(tmp_path, {**SMELTER, "owners.csv": text})


def test_an_owner_may_be_owned(tmp_path: Path) -> None:
    """Ann hands half of her cash on; what she invests her owners bring."""
    text = "company,owner,share\nSmelter,Ann,100 %\nAnn,Bob,30 %\nAnn,Mine,70 %\n"
    payout = SMELTER["parameters.csv"] + "Ann,payout,,50 %\n"
    files = {**SMELTER, "owners.csv": text, "parameters.csv": payout}
    money = account(tmp_path, files)
    cash = money.cash("Smelter", shared=False)[:, 0] + [1e6, 0, 0]
    invested = np.array([1e6, 0, 0])
    assert money.cash("Bob")[:, 0] == pytest.approx(0.3 * (0.5 * cash - invested))
    assert money.cash("Ann")[:, 0] == pytest.approx(0.5 * cash)


def test_a_plant_whose_route_is_costed(tmp_path: Path) -> None:
    """Half of the capacity: what is fixed as the route alone has it, what varies by half."""
    files = {
        "case.toml": 'title = "one plant"\nperiods = ["2027", "2028-Q1"]\n',
        "parties.csv": "party\nMaker\nPlant\n",
        "sites.csv": (
            "site,party,model,process\nfactory,Maker,supply,\nplant,Plant,process,preprocessing\n"
        ),
        "materials.csv": (
            "material,like\ncells,lib:composition_cell/NMC811\nblack mass,\ncopper,\naluminium,\n"
        ),
        "parameters.csv": """\
on,parameter,of,value
factory,makes,cells,6750 t/yr
plant,capacity,,13500 t/yr
plant,costing,,everbatt
""",
        "contracts.csv": """\
contract,from,material,to,amount
scrap,factory,cells,plant,all
black mass,plant,black mass,outside,all
metals,plant,copper; aluminium,outside,all
""",
        "terms.csv": "on,term,value\nscrap,fixed,1000 USD/t\nblack mass,fixed,4000 USD/t\n",
    }
    money = account(tmp_path, files)
    cells = composition(Sourced(LIBRARY), "composition_cell", "NMC811")
    alone = ROUTES["preprocessing"](
        cells, RouteSetting(throughput_t_per_yr=13500.0), numbers=Sourced(LIBRARY)
    )
    annual = {name: float(usd[0]) for name, usd in alone.cost.annual_usd.items()}
    assert line(money, "plant", "maintenance") == pytest.approx(
        annual["maintenance"] * MONTHS[:2] / 12
    )
    assert line(money, "plant", "capital")[0] == pytest.approx(annual["capital"])
    energy = annual["electricity"] + annual["natural gas"]
    assert line(money, "plant", "energy") == pytest.approx(energy / 2 * MONTHS[:2] / 12)
    carbon = {x.term: tonnes[0, 0] for x, tonnes in money.burdens.items()}
    each = alone.burdens.ghg_kgco2e_per_kg
    assert carbon["energy"] == pytest.approx(6750 * float(each["energy"][0]))
    assert carbon["reagents"] == pytest.approx(6750 * float(each["materials"][0]))
    sold = float(alone.products["black mass"][0]) * 6750 * 4000
    costs = sum(line(money, "plant", name)[0] for name in COST_GROUPS if name != "reagents")
    costs += sum(x[0, 0] for e, x in money.payments.items() if e.term == "reagents")
    assert money.account("plant")[0, 0] == pytest.approx(sold - 6750 * 1000 - costs)


def test_freight_that_costs_nothing_needs_no_payer(tmp_path: Path) -> None:
    files = changed("terms.csv", "ore,freight,,,,buyer,\n", "", SMELTER)
    header, row = SMELTER["lanes.csv"].splitlines()
    assert header.split(",")[:2] == ["from", "to"]
    ends = ",".join(row.split(",")[:2])
    for cost, count in (("0 USD/t", 0), ("1 USD/t", 1)):
        lanes = f"from,to,cost,carbon\n{ends},{cost},0 kgCO2e/t\n"
        money = account(tmp_path / cost[0], {**files, "lanes.csv": lanes})
        assert sum("payer of the freight" in str(x) for x in money.findings) == count


@pytest.mark.parametrize("case", ["gmbi", "integrated"])
def test_no_payment_is_rounding_residue(case: str) -> None:
    payments = accounts(walk(load(STARTER.parent / case))).payments
    most = {entry: float(np.abs(amount).max()) for entry, amount in payments.items()}
    assert min(most.values()) > 1e-12 * max(most.values())
