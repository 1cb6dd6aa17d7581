"""Sheets of parties and sites against sums of the tables that they are made of."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from loopbook.cases import run_case
from loopbook.report import RunResult

CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.fixture(scope="module", params=["gmbi", "integrated", "starter"])
def result(request: pytest.FixtureRequest) -> RunResult:
    return run_case(CASES / request.param)


def lines(result: RunResult, kind: str, name: str) -> dict[str, dict[str, Any]]:
    table = next(x for x in result.sheets[kind] if x.name == name)
    return {str(row["what"]): row for row in table.records()}


def test_what_a_party_receives_less_what_it_pays_is_its_cash(result: RunResult) -> None:
    cash: dict[tuple[str, str], float] = defaultdict(float)
    for row in result.tables["cash"].records():
        cash[str(row["party"]), str(row["period"])[:4]] += float(str(row["shared"])) / 1e6
    checked = 0
    for table in result.sheets["parties"]:
        party = table.name.removeprefix("party ")
        total = lines(result, "parties", table.name).get("received less paid")
        for year in [c.name for c in table.columns if c.name.isdecimal()]:
            shown = total[year] if total else 0.0
            assert shown == pytest.approx(cash[party, year], abs=1e-6), (party, year)
            checked += 1
    assert checked >= 8


def test_each_burden_of_a_site_is_in_its_sum(result: RunResult) -> None:
    burdens: dict[str, float] = defaultdict(float)
    for row in result.tables["burdens"].records():
        burdens[str(row["site"])] += float(str(row["burden_tco2e"]))
    for site, burden in burdens.items():
        rows = lines(result, "sites", f"site {site}")
        assert rows["burden in all"]["sum"] == pytest.approx(burden)


def test_what_sites_give_each_other_others_take(result: RunResult) -> None:
    given, taken = 0.0, 0.0
    for table in result.sheets["sites"]:
        for what, row in lines(result, "sites", table.name).items():
            if row["unit"] == "t" and what.startswith("gives ") and " to " in what:
                given += row["sum"]
            if row["unit"] == "t" and what.startswith("takes ") and " from " in what:
                taken += row["sum"]
    assert given == pytest.approx(taken)
    assert given > 0


def test_each_number_leads_to_the_column_that_it_sums(result: RunResult) -> None:
    for table in (*result.sheets["parties"], *result.sheets["sites"]):
        for place, row in enumerate(table.rows):
            for column in [c.name for c in table.columns[2:]]:
                (quote,) = table.quotes[place, column]
                result.tables[quote.table].position(quote.name)
            assert row[-1] == pytest.approx(sum(float(str(x)) for x in row[2:-1]))
