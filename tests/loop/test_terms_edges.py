"""Terms at their edges, against sums by hand: limits of grades, days within months and years."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from loop_folder import changed, loop_of

from loopbook.loop import walk
from loopbook.loop.money.accounts import Accounts, accounts

MINE: Mapping[str, str] = {
    "case.toml": 'title = "mine"\nperiods = ["2027"]\n',
    "parties.csv": "party\nA\nB\n",
    "sites.csv": "site,party,model,process\na,A,supply,\nb,B,process,p\n",
    "materials.csv": "material,basis,Ni,other\nore,%,10,90\nmatte,,,\n",
    "shares.csv": "process,to,Ni\np,matte,90 %\n",
    "parameters.csv": "on,parameter,of,value\na,makes,ore,1000 t/yr\n",
    "series.csv": "series,unit,2027\nNi,USD/t,1000\n",
    "contracts.csv": "contract,from,material,to,amount\nk,a,ore,b,all\nx,b,matte,outside,all\n",
    "terms.csv": "on,term,of,value,when,starts,ends,payer\nk,payable,Ni,50 %,,,,\n",
}
"""1000 t of ore a year with 10 % Ni."""


def with_terms(*rows: str, **files: str) -> dict[str, str]:
    """The mine with these rows of terms in place of its own, and other files."""
    head = MINE["terms.csv"].splitlines()[0]
    named = {f"{name}.csv": text for name, text in files.items()}
    return {**MINE, **named, "terms.csv": "\n".join((head, *rows, ""))}


def monthly(files: Mapping[str, str]) -> dict[str, str]:
    """The same in steps of a month."""
    return changed("case.toml", '["2027"]', '["2027"]\nstep = "month"', files)


def books(folder: Path, files: Mapping[str, str]) -> Accounts:
    return accounts(walk(loop_of(folder, files)))


def paid(books: Accounts, term: str) -> float:
    """All that is paid by a term."""
    return sum(float(x.sum()) for entry, x in books.payments.items() if entry.term == term)


def test_a_grade_at_the_limit_is_at_it_though_it_is_a_quotient(tmp_path: Path) -> None:
    bands = "k,payable,Ni,50 %,< 10 %,,,", "k,payable,Ni,60 %,>= 10 %,,,"
    edge = with_terms(*bands)
    # 1000 t * 10 % * 60 % * 1000 USD/t
    assert paid(books(tmp_path / "bands", edge), "payable") == pytest.approx(60_000)
    below = changed("materials.csv", "10,90", "9.99999,90.00001", edge)
    assert paid(books(tmp_path / "below", below), "payable") == pytest.approx(49_999.95)


@pytest.mark.parametrize(("limit", "refused"), [("<= 5 %", 0), ("< 5 %", 1), ("<= 4.9999 %", 1)])
def test_a_lot_of_the_grade_that_is_accepted_is_accepted(
    tmp_path: Path, limit: str, refused: int
) -> None:
    files = with_terms("k,fixed,,10 USD/t,,,,", f"k,accept,Ni,,{limit},,,")
    files = changed("materials.csv", "10,90", "5,95", files)
    files = changed("parameters.csv", "1000 t", "333 t", files)
    grades = [x for x in books(tmp_path, files).findings if x.code == "grade"]
    assert len(grades) == refused


@pytest.mark.parametrize("step", ["period", "month"])
def test_shares_of_a_cost_are_of_the_months_in_which_it_arises(tmp_path: Path, step: str) -> None:
    cost = "b,cost,feed,12 USD/t,,2027-07-01,,", "b,burden,feed,1 tCO2e/t,,2027-07-01,,"
    shares = "b,credit,,50 %,,{},", "b,carbon price,,100 USD/tCO2e,,{},", "B,credit,,10 %,,{},"

    def of_year(days: str, name: str) -> tuple[float, dict[str, float]]:
        files = with_terms("k,fixed,,10 USD/t,,,,", *cost, *(x.format(days) for x in shares))
        made = books(tmp_path / name, monthly(files) if step == "month" else files)
        of_cost = {x.on: float(n.sum()) for x, n in made.payments.items() if x.term == "credit"}
        return paid(made, "carbon price"), of_cost

    assert of_year(",2027-06-30", "first half") == (0.0, {})
    # 500 t in the second half: 6,000 USD and 500 t CO2e; of September to December two thirds
    carbon, of_cost = of_year("2027-09-01,", "from September")
    assert carbon == pytest.approx(500 * 2 / 3 * 100)
    assert of_cost["b"] == pytest.approx(6_000 * 2 / 3 / 2)
    # the company's costs are those of its site and the carbon price
    assert of_cost["B"] == pytest.approx((6_000 * 2 / 3 + carbon) / 10)


def test_a_credit_on_what_flows_back_is_nothing(tmp_path: Path) -> None:
    files = with_terms("k,fee,,50 USD/t,,,,", "k,credit,,10 %,,,,")
    assert paid(books(tmp_path, files), "credit") == 0.0


def day_by_day(bound: Mapping[tuple[date, date], float], share: Mapping[date, float]) -> float:
    """100 t Ni of a year at 1,000 USD/t, a twelfth a month and evenly over its days.

    Parameters
    ----------
    bound : the least price between two days; `share` : the payable from a day on.
    """
    whole, day = 0.0, date(2027, 1, 1)
    while day.year == 2027:
        price = max([1000.0, *(x for (a, b), x in bound.items() if a <= day <= b)])
        payable = [x for start, x in share.items() if start <= day][-1]
        whole += 100 / 12 / monthrange(day.year, day.month)[1] * price * payable
        day += timedelta(days=1)
    return whole


FLOORS = {(date(2027, 2, 15), date(2027, 6, 9)): 1500.0, (date(2027, 6, 10), date.max): 1250.0}


@pytest.mark.parametrize("step", ["period", "month"])
@pytest.mark.parametrize(
    ("rows", "share"),
    [
        (["k,payable,Ni,50 %,,,,"], {date.min: 0.5}),
        (
            ["k,payable,Ni,50 %,,,,", "k,payable,Ni,60 %,,2027-06-20,,"],
            {date.min: 0.5, date(2027, 6, 20): 0.6},
        ),
        (
            ["k,payable,Ni,50 %,,,,", "k,payable,Ni,70 %,,2027-06-10,,"],  # both change at once
            {date.min: 0.5, date(2027, 6, 10): 0.7},
        ),
    ],
)
def test_a_floor_bounds_the_days_on_which_it_holds(
    tmp_path: Path, rows: list[str], share: dict[date, float], step: str
) -> None:
    floors = "k,floor,Ni,1500 USD/t,,2027-02-15,,", "k,floor,Ni,1250 USD/t,,2027-06-10,,"
    files = with_terms(*rows, *floors)
    files = monthly(files) if step == "month" else files
    money = books(tmp_path, files)
    assert paid(money, "payable") == pytest.approx(day_by_day(FLOORS, share))


def test_a_floor_ends_within_a_month_and_a_cap_begins(tmp_path: Path) -> None:
    """200 USD/t; from 15 February a floor of 500, which ends on 14 April: half of both months."""
    series = "series,unit,2027\nNi,USD/t,200\n"
    bounds = "k,floor,Ni,500 USD/t,,2027-02-15,2027-04-15,", "k,cap,Ni,100 USD/t,,2027-11-16,,"
    files = with_terms("k,payable,Ni,50 %,,,,", *bounds, series=series)
    tonnes = 100 / 12
    months = [200] * 12
    months[1:4] = [350, 500, 350]
    months[10:] = [150, 100]
    right = sum(0.5 * tonnes * price for price in months)
    assert paid(books(tmp_path / "y", files), "payable") == pytest.approx(right)
    monthly_money = books(tmp_path / "m", monthly(files))
    (payable,) = [x[:, 0] for entry, x in monthly_money.payments.items() if entry.term == "payable"]
    assert payable == pytest.approx([0.5 * tonnes * price for price in months])


def test_a_contract_and_its_terms_begin_within_one_month(tmp_path: Path) -> None:
    """From 11 November, 20 of 30 days; a floor on the last 10 of them, and a payment later."""
    files = with_terms(
        "k,payable,Ni,50 %,,,,",
        "k,floor,Ni,4000 USD/t,,2027-11-21,2027-11-30,",
        "k,pay,,1 month,,,,",
    )
    contracts = "contract,from,material,to,amount,starts\nk,a,ore,b,all,2027-11-11\n"
    files |= {"contracts.csv": contracts + "x,b,matte,outside,all,\n"}
    files = changed("parameters.csv", "ore,1000 t/yr\n", "ore,1000 t/yr\na,store,ore,9 kt\n", files)
    money = books(tmp_path, monthly(files))
    (flow,) = money.walked.of("k")
    november = float(flow.taken[10, 0])
    (payable,) = [x[:, 0] for entry, x in money.payments.items() if entry.term == "payable"]
    assert payable[10] == 0.0
    assert payable[11] == pytest.approx(0.1 * november * 0.5 * (1000 + 4000) / 2)
