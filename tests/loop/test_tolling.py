"""Tolling with metal returned, against sums by hand: 100 t of black mass a month with 30 t Ni."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from loop_folder import TOLLING, changed, loop_of

from loopbook.loop import Walk, walk

MONTHLY = changed(
    "parameters.csv",
    "refinery,opening,nickel,10 t\n",
    "refinery,opening,nickel,10 t\nrefinery,store,nickel,200 t\n",
    TOLLING,
)
"""With a store for nickel of the maker that the mint does not need yet."""
QUARTERLY = {**MONTHLY, "case.toml": 'title = "quarters"\nperiods = ["2027-Q1..2027-Q4"]\n'}


def walked(folder: Path, files: Mapping[str, str]) -> Walk:
    return walk(loop_of(folder, files))


def taken(result: Walk, contract: str) -> np.ndarray:
    return np.sum([flow.taken[:, 0] for flow in result.of(contract)], axis=0)


def nickel(result: Walk) -> np.ndarray:
    """t of nickel that waits at the refinery at the end of each step."""
    return result.sites["refinery"].waiting["nickel"].sum(axis=1)[:, 0]


def test_what_is_credited_is_returned_two_months_later(tmp_path: Path) -> None:
    """Output 96 % of 30 t is 28.8 t; 92 % are credited, 1.2 t and the 10 t at hand are his own."""
    result = walked(tmp_path, MONTHLY)
    assert taken(result, "own") == pytest.approx([11.2] + 11 * [1.2])
    assert taken(result, "bought") == pytest.approx(12 * [0.0])
    assert taken(result, "returned") == pytest.approx([0, 0] + 10 * [20.0])
    months = np.arange(1, 13)
    assert nickel(result) == pytest.approx(27.6 * months - 20 * np.maximum(months - 2, 0))
    assert not result.findings


def test_what_is_not_recovered_is_bought_in_the_same_step(tmp_path: Path) -> None:
    """Output 90 % is 27 t: 0.6 t are missing, in January they come from the 10 t at hand."""
    result = walked(tmp_path, changed("shares.csv", "nickel,96 %", "nickel,90 %", MONTHLY))
    assert taken(result, "own") == pytest.approx([9.4] + 11 * [0.0], abs=1e-9)
    assert taken(result, "bought") == pytest.approx([0.0] + 11 * [0.6])
    assert taken(result, "returned") == pytest.approx([0, 0] + 10 * [20.0])
    needs = result.sites["refinery"].needs["Ni"][:, 0]
    assert needs == pytest.approx([0.0] + 11 * [0.6])


def test_a_limit_leaves_the_rest_in_the_account(tmp_path: Path) -> None:
    """At most 15 t a month are returned: the maker's sale is 15 t, what he is owed grows."""
    result = walked(tmp_path, changed("terms.csv", "<= 30 t/month", "<= 15 t/month", MONTHLY))
    assert taken(result, "returned") == pytest.approx([0, 0] + 10 * [15.0])
    months = np.arange(1, 13)
    assert nickel(result) == pytest.approx(27.6 * months - 15 * np.maximum(months - 2, 0))
    assert taken(result, "own") == pytest.approx([11.2] + 11 * [1.2])


def test_quarters_return_a_third_at_once(tmp_path: Path) -> None:
    """Of 82.8 t credited in an even quarter a third is due in it, and two thirds in the next."""
    result = walked(tmp_path, QUARTERLY)
    assert taken(result, "returned") == pytest.approx([27.6, 60, 60, 60])
    assert taken(result, "own") == pytest.approx([13.6, 3.6, 3.6, 3.6])


def test_two_givers_share_what_there_is(tmp_path: Path) -> None:
    """A second giver delivers half as much: of the 36 t that are made he gets a third.

    41.4 t are credited in a month. In January 10 + 36 t are there, and 4.6 t are the refiner's;
    then 36 t are. What is due of the second giver's 13.8 t a month he sells.
    """
    files = changed("parties.csv", "Mint\n", "Mint\nOther\n", MONTHLY)
    files = changed("sites.csv", "supply,\n", "supply,\nother lines,Other,supply,\n", files)
    files = changed("shares.csv", "nickel,96 %", "nickel,80 %", files)
    files = changed("contracts.csv", "bought,outside,Ni,refinery,as needed,,\n", "", files)
    second = "second,other lines,black mass,refinery,all,stays,"
    sent = "sent,refinery,nickel,outside,all,,Other"
    files = changed("contracts.csv", "stays,\n", f"stays,\n{second}\n{sent}\n", files)
    more = "1200 t/yr\nother lines,makes,black mass,600 t/yr\n"
    files = changed("parameters.csv", "1200 t/yr\n", more, files)
    files = changed("terms.csv", "bought,burden,,,9 t/t,\n", "", files)
    files = changed("terms.csv", "returned; own; bought", "returned; own", files)
    term = "toll,return,Ni,<= 30 t/month,92 %,2 months"
    files = changed("terms.csv", term, "toll; second,return,Ni,,92 %,1 month", files)
    result = walked(tmp_path, files)
    assert taken(result, "own") == pytest.approx([4.6] + 11 * [0.0], abs=1e-9)
    months = np.arange(12)
    there = 13.8 + 12 * months
    assert taken(result, "sent").cumsum() == pytest.approx(np.minimum(13.8 * months, there))
    owed = [finding for finding in result.findings if finding.code == "owed"]
    assert [finding.found for finding in owed] == ["5.4 t less at the end of 2027-02"] * 2


def test_metal_that_is_set_aside_needs_no_store(tmp_path: Path) -> None:
    """Two months of credit wait from March on; in January and February nothing else does."""
    files = {**TOLLING, "case.toml": 'title = "two months"\nperiods = ["2027-01..2027-02"]\n'}
    result = walked(tmp_path, files)
    assert nickel(result) == pytest.approx([27.6, 55.2])
    assert not result.findings


def test_black_mass_that_waits_is_not_bought(tmp_path: Path) -> None:
    """Half of it is refined: 14.4 t of nickel of 27.6 t credited are set aside, 15 t wait in it."""
    store = (
        "refinery,store,nickel,200 t\nrefinery,store,black mass,2 kt\nrefinery,capacity,,600 t/yr\n"
    )
    files = changed("parameters.csv", "refinery,store,nickel,200 t\n", store, MONTHLY)
    files = changed("parameters.csv", "refinery,opening,nickel,10 t\n", "", files)
    result = walked(tmp_path, files)
    assert taken(result, "toll") == pytest.approx(12 * [100.0])
    assert taken(result, "bought") == pytest.approx(12 * [0.0])
    assert taken(result, "own") == pytest.approx(12 * [0.0])


def test_without_a_contract_for_it_metal_stays_owed_and_is_found(tmp_path: Path) -> None:
    """Of 27.6 t a month 27 t are made: 0.6 t a month are owed, 10 t at hand last for 16 months."""
    files = changed("shares.csv", "nickel,96 %", "nickel,90 %", MONTHLY)
    files = changed("parameters.csv", "refinery,opening,nickel,10 t\n", "", files)
    files = changed("contracts.csv", "bought,outside,Ni,refinery,as needed,,\n", "", files)
    files = changed("terms.csv", "bought,burden,,,9 t/t,\n", "", files)
    files = changed("terms.csv", "returned; own; bought", "returned; own", files)
    files = changed("terms.csv", "92 %,2 months", "92 %,", files)
    result = walked(tmp_path, files)
    assert result.owed["toll", "Ni"][:, 0] == pytest.approx(0.6 * np.arange(1, 13))
    (finding,) = result.findings
    assert finding.where == "terms.csv:3"
    assert str(finding).startswith(
        "terms.csv:3: owed: expected all Ni that toll credits to Maker, made or bought, "
        "found 0.6 t less at the end of 2027-01"
    )
