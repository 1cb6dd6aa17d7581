"""The article's table: each statement answered, and texts that quote formulas."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from case_folder import GMBI, copy_case, founding, replace_in

from loopbook.errors import InputError
from loopbook.loop import Accounts, Answers, accounts, load, walk
from loopbook.report import Quote, RunResult


@pytest.fixture(scope="module")
def gmbi() -> RunResult:
    return founding()


@pytest.fixture(scope="module")
def walked() -> Accounts:
    return accounts(walk(load(GMBI)))


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
        ("A4", ["85.5 and 82.2 M USD by ownership"]),
        ("A5", ["13,500 t/yr as tonnes", "12,247 t/yr as short tons"]),
        ("A6", ["68 kWh", "113 kWh", "by nickel recovered"]),
        ("A7", ["2026"]),
        ("A11", ["220 GWh"]),
        ("A15", ["110 M USD"]),
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
        ("{at(production.made_gwh, 2030)}", "20"),
        ("{max(production.made_gwh)|.2f} GWh", "20.00 GWh"),
        ("{first(production.made_gwh)|.0f}", "0"),
        ("{sum(production.contract_gwh)|,.0f|MWh}", "220,000"),
        ("{sum(production.contract_gwh) / 1e3|.2f}", "0.22"),
        ("{sum(production.contract_gwh) / max(production.made_gwh)|.0f}", "11"),
        ("{when(production.made_gwh)}", "2030"),
        ("{when(production.made_gwh, last)}", "2035"),
        ("{when(1)}-{when(1, last)}", "2025-2035"),
        ("{stated(A6)|,.0f}", "40,000"),
        ("{stated(A15)|,.0f} USD", "110,000,000 USD"),
        ("{stated(A4, 2)|.0%}", "49%"),
        ("{parameter(plant, capacity)|,.0f} t/yr", "13,500 t/yr"),
        ("{max(production.made_gwh) / min(production.made_gwh)|.1f}", "none"),
        ("{at(scrap.taken_t, 2041)|.1f}", "(outside of 2025..2035)"),
        ("{sum(scrap.taken_t) - sum(scrap.taken_t) - '1 mg'|,.1f}", "0.0"),
    ],
)
def test_a_text_quotes_a_formula(walked: Accounts, text: str, value: str) -> None:
    assert Answers.of(walked).text(text, "here").text == value


def test_a_quotation_leads_to_its_column_or_input_and_names_its_rows(walked: Accounts) -> None:
    text = "{sum(scrap.taken_t)|,.0f} t of {parameter(plant, capacity)|,.0f}, {stated(A4, 2)|.0%}"
    written = Answers.of(walked).text(text, "here")
    assert written.text == "108,824 t of 13,500, 49%"
    assert written.quotes == (
        Quote("scrap", "taken_t", 0, 7),
        Quote("", "parameters/plant/capacity", 13, 19),
        Quote("", "statements/A4/stated/2", 21, 23),
    )
    assert {"parameters/plant/capacity", "statements/A4"} <= set(written.basis)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("max(prodution.made_gwh)", "did you mean production"),
        ("max(production.made_gw)", "did you mean made_gwh"),
        ("at(production.made_gwh, 20299)", "no period"),
        ("scrap.taken_t", "a number a period"),
        ("maxi(production.made_gwh)", "did you mean max"),
        ("parameter(plant, capacty)", "did you mean"),
        ("just words", "invalid syntax"),
        ("sum(money.margin_usd)", "expected a formula in t, found USD"),
        ("when(scrap.taken_t)", "no number"),
    ],
)
def test_a_wrong_formula_is_found_with_its_line(text: str, hint: str, tmp_path: Path) -> None:
    folder = copy_case(GMBI, tmp_path)
    replace_in(folder / "statements.csv", ',"at(scrap.taken_t, 2026)",t', f',"{text}",t')
    with pytest.raises(InputError, match=r"statements\.csv:8, answer") as caught:
        load(folder)
    assert hint in str(caught.value)


def test_all_wrong_formulas_come_at_once(tmp_path: Path) -> None:
    folder = copy_case(GMBI, tmp_path)
    text = (folder / "statements.csv").read_text(encoding="utf-8")
    (folder / "statements.csv").write_text(text.replace("scrap.", "scrab."), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(folder)
    assert len({f.where.partition(", ")[0] for f in caught.value.findings}) > 3
