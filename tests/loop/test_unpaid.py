"""Metals that nothing pays for beside others that are paid, and grades that are refused."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from loop_folder import changed
from test_accounts import SMELTER, account

UNPAID = "no payable of Cu in ore"


def unpaid(folder: Path, files: Mapping[str, str]) -> list[tuple[str, str]]:
    """Lines on payables, of their kinds."""
    findings = account(folder, files).findings
    return [(x.code, x.sentence) for x in findings if "no payable" in x.sentence]


@pytest.mark.parametrize(
    ("rows", "lines"),
    [
        ("ore,payable,Cu,,,0 %,", []),
        ("ore,fixed,,,,9 USD/t,", []),
        ("ore,premium,Cu,> 5 %,,3 USD/t per 1 %,", []),
        ("ore,payable,Cu,< 1 %,,50 %,", [("not-paid", f"{UNPAID} fits 2 % (2027)")]),
        ("ore,payable,Cu,,2027-03-20,9 %,", [("not-paid", f"{UNPAID} holds (2027)")]),
        ("ore,fixed,Cu,,2028-05-20,9 USD/t,", [("not-paid", f"{UNPAID} holds (2027)")]),
        ("matte,penalty,Ni,> 99 %,,1 USD/t per 1 %,", [("not-stated", f"{UNPAID} is stated")]),
    ],
)
def test_a_metal_that_has_a_price_is_paid_or_a_line(
    tmp_path: Path, rows: str, lines: list[tuple[str, str]]
) -> None:
    """Copper beside the nickel of the ore, that the matte is paid for."""
    files = changed("terms.csv", "ore,penalty,Cu,> 1.5 %,,3 USD/t per 0.1 %,\n", "", SMELTER)
    terms = f"{files['terms.csv']}matte,payable,Cu,,,90 %,\n{rows}\n"
    series = f"{files['series.csv']}Cu,USD/t,9000,,,,,,\n"
    assert unpaid(tmp_path, {**files, "terms.csv": terms, "series.csv": series}) == lines


def test_only_metals_with_a_price_are_lines(tmp_path: Path) -> None:
    """By a series of its own or of its salt; of oxygen and of iron, which has none, no line."""
    ore = "material,mode,basis,Ni,Cu,Li,O,Fe\nore,truck,%,10,2,1,47,40\nmatte,,,,,,,\n"
    files = {**SMELTER, "materials.csv": ore}
    assert unpaid(tmp_path / "none", files) == []
    for series, of in (("Li,USD/t", "Li"), ("Li2CO3,USD/t", "Li"), ("O,USD/kWh", "")):
        rows = f"{SMELTER['series.csv']}{series},9000,,,,,,\n"
        lines = [("not-stated", f"no payable of {of} in ore is stated")] if of else []
        assert unpaid(tmp_path / series[:3], {**files, "series.csv": rows}) == lines


def test_a_payable_that_ends_within_a_step_is_a_line(tmp_path: Path) -> None:
    """Also where it ends within a month, and no other price of the contract holds from then on."""
    rows = "\n".join(f"{row}," for row in SMELTER["terms.csv"].splitlines())
    rows = rows.replace("lag,", "lag,ends").replace("50 %,M+1,", "50 %,M+1,2027-09-10")
    files = {**SMELTER, "terms.csv": f"{rows}\n"}
    lines = [("not-paid", "no payable of Ni in ore holds (2027)")]
    assert unpaid(tmp_path / "ends", files) == lines
    followed = files["terms.csv"] + "ore,payable,Ni,,2027-09-11,40 %,,\n"
    assert unpaid(tmp_path / "next", {**files, "terms.csv": followed}) == []


def test_grades_are_refused_while_the_term_holds(tmp_path: Path) -> None:
    for day, steps in (("2027-06-15", "2027"), ("2028-02-10", "2028-Q1"), ("2029-01-01", "")):
        accept = f"ore,accept,Cu,<= 1 %,{day},,\n"
        files = {**SMELTER, "terms.csv": SMELTER["terms.csv"] + accept}
        sentences = [
            x.sentence for x in account(tmp_path / day, files).findings if x.code == "grade"
        ]
        assert sentences == ([f"2 % Cu in ore is refused ({steps})"] if steps else [])
