"""Money and carbon of the founding case as tables, against the same case as it was computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from loopbook.cases import compute, load_case
from loopbook.loop import Accounts, accounts, load, walk
from loopbook.report import Table

CASES = Path(__file__).parents[2] / "cases"
GROUPS = (
    "reagents",
    "energy",
    "water and disposal",
    "labour",
    "maintenance",
    "overhead",
    "capital",
)


@dataclass(frozen=True)
class Both:
    """The loop's accounts, and the former tables."""

    money: Accounts
    tables: Mapping[str, Table]

    def former(self, table: str, column: str) -> np.ndarray:
        return np.array(self.tables[table].column(column), dtype=np.float64)

    def paid(self, term: str, *on: str) -> np.ndarray:
        rows = [x[:, 0] for e, x in self.money.payments.items() if e.term == term and e.on in on]
        return np.sum(rows, axis=0)

    def carried(self, term: str) -> np.ndarray:
        rows = [x[:, 0] for e, x in self.money.burdens.items() if e.term == term]
        return np.sum(rows, axis=0)


@pytest.fixture(scope="module", params=[(), ("tbmnc",), ("gm", "hyundai")], ids="+".join)
def both(request: pytest.FixtureRequest) -> Both:
    case = replace(load_case(CASES / "gmbi"), month=None)
    loop = load(CASES / "gmbi-loop", switches=dict.fromkeys(request.param, True))
    return Both(accounts(walk(loop)), compute(case, request.param).tables)


def test_what_the_plant_buys_and_sells(both: Both) -> None:
    scrap = [x for x in {e.on for e in both.money.payments} if x.startswith("scrap")]
    for term, on, column in (
        ("payable", scrap, "scrap_usd"),
        ("freight", scrap, "freight_usd"),
        ("payable", ["black mass"], "revenue_black_mass_usd"),
        ("payable", ["copper fraction"], "revenue_copper_usd"),
        ("payable", ["aluminium fraction"], "revenue_aluminium_usd"),
    ):
        np.testing.assert_allclose(both.paid(term, *on), both.former("money", column), rtol=1e-9)


@pytest.mark.parametrize("group", GROUPS)
def test_what_plant_and_refinery_cost(both: Both, group: str) -> None:
    for site, table in (("plant", "money"), ("refinery", "refining")):
        former = both.former(table, f"{group.replace(' ', '_')}_usd")
        np.testing.assert_allclose(both.paid(group, site), former, rtol=1e-9)


def test_margins_and_shares_of_the_owners(both: Both) -> None:
    plant, refinery = (both.money.account(site)[:, 0] for site in ("plant", "refinery"))
    np.testing.assert_allclose(plant, both.former("money", "margin_usd"), rtol=1e-9)
    np.testing.assert_allclose(refinery, both.former("refining", "margin_usd"), rtol=1e-9)
    owner = both.money.cash("TTA")[:, 0]
    np.testing.assert_allclose(owner, both.former("money", "tta_share_usd"), rtol=1e-9)
    paid = [
        x[:, 0] for e, x in both.money.payments.items() if (e.payee, e.term) == ("LGES", "payout")
    ]
    np.testing.assert_allclose(
        np.sum(paid, axis=0), both.former("money", "lges_share_usd"), rtol=1e-9
    )


@pytest.mark.parametrize("part", ["process", "energy", "reagents", "freight"])
def test_carbon(both: Both, part: str) -> None:
    former = both.former("carbon", f"{part}_tco2e")
    np.testing.assert_allclose(both.carried(part), former, rtol=1e-9)
