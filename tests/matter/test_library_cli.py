"""``loopbook library`` as typed: golden output, JSON, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loopbook import __version__
from loopbook.cli import main

GOLDEN = Path(__file__).parent / "golden"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["library", *arguments])


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("list_recoveries", ["list", "recoveries"]),
        ("search_price", ["search", "US", "electricity", "price"]),
        ("explain_key", ["explain", "burdens/heavy truck/ghg loaded"]),
        ("explain_value", ["explain", "2.9764"]),
        ("explain_json", ["explain", "2.9764", "--json"]),
    ],
)
def test_what_people_and_programs_see(name: str, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert result.output == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_where_does_it_come_from() -> None:
    found = json.loads(run("explain", "0.9", "--json").output)
    keys = {row["key"] for row in found["numbers"]}
    titles = {row["source_id"]: row["title"] for row in found["sources"]}
    assert {"recoveries/hydro/Li", "preprocessing/generic/copper recovery"} <= keys
    assert all(row["value"] == 0.9 and titles[row["source_id"]] for row in found["numbers"])


def test_list_names_every_table() -> None:
    found = json.loads(run("list", "--json").output)["tables"]
    text = run("list").output
    assert len(found) >= 28
    assert all(row["table"] in text and row["rows"] > 0 for row in found)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["explain", "0.123456"], "0.123456"),
        (["explain", "recoveries/hydro/Lu"], "did you mean recoveries/hydro/Li"),
        (["search", "no", "such", "thing"], "no such thing is not a text of a row"),
        (["list", "recoverys"], "did you mean recoveries"),
        (["explain", "nan"], "nan is not a key or a value"),
        (["explain", "inf"], "inf is not a key or a value"),
    ],
)
def test_findings_end_with_one(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert says in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [["explain"], ["search"], ["lst"], ["list", "--jason"]])
def test_misuse_ends_with_two(arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""


def test_tables_of_your_own_stand_beside_the_packaged(tmp_path: Path) -> None:
    head = "subject,parameter,value,low,high,unit,year,source_id,page,grade,note\n"
    own = tmp_path / "own.csv"
    own.write_text(head + "my plant,yield,0.917,,,kg/kg,2026,loopbook,,A,\n")
    result = run("explain", "0.917", "--data", str(own))
    assert result.exit_code == 0
    assert "own/my plant/yield = 0.917 kg/kg (2026)" in result.output


def test_every_finding_of_a_wrong_table_is_shown(tmp_path: Path) -> None:
    head = "subject,parameter,value,low,high,unit,year,source_id,page,grade,note\n"
    own = tmp_path / "own.csv"
    own.write_text(head + "s,p,1.2,0,1,ton,2026,loopbook,,A,\ns,q,nan,,,kg,2026,who,,A,\n")
    result = run("list", "--data", str(own))
    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert [line.split(": ")[:2] for line in lines[:-1]] == [
        ["own.csv:2", "unit"],
        ["own.csv:2", "range"],
        ["own.csv:3", "source"],
        ["own.csv:3, value", "not-finite"],
    ]
    assert lines[-1] == "4 findings"


def test_a_folder_that_is_not_there_is_misuse(tmp_path: Path) -> None:
    assert run("list", "--data", str(tmp_path / "nowhere")).exit_code == 2


@pytest.mark.parametrize("command", ["list", "search", "explain"])
def test_help_has_an_example(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "Example:" in result.output
    assert f"loopbook library {command}" in result.output


def test_the_version() -> None:
    result = CliRunner().invoke(main, ["--version"])
    assert result.output == f"loopbook, version {__version__}\n"
