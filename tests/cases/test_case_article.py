"""The article's table: each statement answered, and references that say what is wrong with them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from case_folder import GMBI, copy_case, founding, replace_in

from loopbook.cases import run_case
from loopbook.errors import InputError
from loopbook.report import References, RunResult


@pytest.fixture(scope="module")
def gmbi() -> RunResult:
    return founding()


def test_every_statement_has_an_answer_a_reading_and_a_doubt(gmbi: RunResult) -> None:
    rows = list(gmbi.tables["article"].records())
    assert [row["id"] for row in rows] == [f"A{n}" for n in range(1, 19)]
    for row in rows:
        for name in ("statement", "loopbook_computes", "reading", "doubt"):
            assert len(str(row[name])) > 5, (row["id"], name)
        assert row["value"] is not None, row["id"]
        assert not re.search(r"[{}|]|\bnan\b|none", str(row["loopbook_computes"])), row["id"]


@pytest.mark.parametrize(
    ("statement", "texts"),
    [
        ("A4", ["Toyota Tsusho America", "LG Energy Solution Michigan"]),
        ("A5", ["13,500 t/yr as tonnes", "12,247 t/yr as short tons"]),
        ("A6", ["337.5 kg", "306.2 kg", "68 kWh", "113 kWh", "as nickel"]),
        ("A7", ["2026"]),
        ("A11", ["220 GWh", "20 GWh"]),
        ("A15", ["110,000,000 USD", "50,000 t/yr"]),
        ("A18", ["1,381.5"]),
    ],
)
def test_what_must_be_shown(gmbi: RunResult, statement: str, texts: list[str]) -> None:
    rows = {str(row["id"]): row for row in gmbi.tables["article"].records()}
    for text in texts:
        assert text in str(rows[statement]["loopbook_computes"])


def test_the_implied_rate(gmbi: RunResult) -> None:
    rows = {str(row["id"]): row for row in gmbi.tables["article"].records()}
    assert rows["A18"]["value"] == pytest.approx(225.6e9 / 163.3e6)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("production.made_gwh[year=2030]", 20.0),
        ("production.made_gwh:max", 20.0),
        ("production.made_gwh:min", 0.0),
        ("production.made_gwh:first", 0.0),
        ("production.made_gwh:last", 20.0),
        ("production.contract_gwh:sum", 220.0),
        ("production.made_gwh:argmax", 2030),
        ("production.contract_gwh:sum / production.made_gwh:max", 11.0),
        ("input:statements/A6/stated", 40000.0),
        ("input:parameters/plant/capacity/value", 13500.0),
        ("production.made_gwh:max / production.made_gwh:min", None),
        ("production.contract_gwh:sum / 1e3", 0.22),
        ("input:sites/plant/starts", "2026-01-01"),
    ],
)
def test_a_reference(gmbi: RunResult, text: str, value: float | None) -> None:
    referred = References(gmbi.tables, gmbi.inputs).value(text).value
    assert referred == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("prodution.made_gwh:max", "did you mean production"),
        ("production.made_gw:max", "did you mean made_gwh"),
        ("production.made_gwh[yaer=2030]", "did you mean year"),
        ("production.made_gwh", "11 rows"),
        ("production.made_gwh:mean", ":argmax"),
        ("production.made_gwh[year=20299]", "0 rows"),
        ("input:parameters/plant/capacty/value", "did you mean"),
        ("just words", "scrap.taken_t:max"),
        ("input:sites/plant/starts / production.made_gwh:max", "a number"),
    ],
)
def test_a_wrong_reference_is_found_with_its_line(text: str, hint: str, tmp_path: Path) -> None:
    folder = copy_case(GMBI, tmp_path)
    replace_in(folder / "statements.csv", ",scrap.taken_t[year=2026],", f',"{text}",')
    with pytest.raises(InputError, match=r"statements\.csv:8, answer") as caught:
        run_case(folder)
    assert hint in str(caught.value)


def test_all_wrong_references_come_at_once(tmp_path: Path) -> None:
    folder = copy_case(GMBI, tmp_path)
    text = (folder / "statements.csv").read_text(encoding="utf-8")
    (folder / "statements.csv").write_text(text.replace("scrap.", "scrab."), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        run_case(folder)
    assert len({f.where.partition(", ")[0] for f in caught.value.findings}) > 3
