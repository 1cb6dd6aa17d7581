"""``loopbook run`` of a loop: tables, inputs with addresses, what people see without a layout."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loopbook.cases import run_case
from loopbook.cli import main
from loopbook.errors import InputError
from loopbook.loop import copy_loop
from loopbook.report import RunResult
from support.advice import follows

CASES = Path(__file__).parents[2] / "cases"
MONTH = ("cell_lots", "cell_lot_origins", "cell_origins", "metal_statement", "loop_statement")
STARTER, INTEGRATED = CASES / "starter", CASES / "integrated"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def small_loop(folder: Path, **tables: str) -> Path:
    """A loop of one site, and further tables."""
    folder.mkdir()
    texts = {
        "case.toml": 'title = "One site"\nperiods = ["2027-01..2027-03", "2027-Q2", "2027-Q3"]\n',
        "parties.csv": "party\nMill\n",
        "sites.csv": "site,model\nMill,supply\n",
        "materials.csv": "material,basis,Cu\nsheet,%,100\n",
        "parameters.csv": "on,parameter,of,value\nMill,makes,sheet,1200 t/yr\n",
        "contracts.csv": "contract,from,material,to,amount\nsale,Mill,sheet,outside,all\n",
        **{f"{name}.csv": text for name, text in tables.items()},
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_the_starter_is_what_its_rows_add_up_to() -> None:
    """Room is 5,000 t/yr * 90 % * ramp, and 500 t of store; what is made rises by 500 t a year."""
    result = run_case(STARTER)
    overview = result.tables["overview"]
    assert overview.column("year") == [2027, 2028, 2029, 2030]
    assert overview.column("scrap_t") == pytest.approx([2750, 3600, 4150, 4500])
    assert overview.column("short_t") == pytest.approx([250, 150, 0, 0])
    payments = [*result.tables["payments"].records()]
    for party, column in (("Cellmaker", "cellmaker_usd"), ("Recycler", "recycler_usd")):
        gets = sum(x["amount"] for x in payments if x["payee"] == party)
        pays = sum(x["amount"] for x in payments if x["payer"] == party)
        assert sum(overview.column(column)) == pytest.approx(gets - pays)


def test_key_figures_and_periods_quote_the_overview() -> None:
    result = run_case(INTEGRATED)
    figures = dict(result.summary.rows)
    assert figures["NCA cells"].endswith("t from NCA factory to outside")
    assert result.years.columns[0].name == "period"
    assert result.years.column("period") == result.tables["overview"].column("period")
    cash = result.tables["overview"].column("recycler_usd")
    assert result.years.column("recycler_usd") == pytest.approx([usd / 1e6 for usd in cash])
    assert result.tables["article"].column("id") == ["nickel home", "lithium"]


def test_every_input_has_the_address_that_sets_it() -> None:
    """Each address is taken by ``--set`` with the value that it has, and nothing changes."""
    result = run_case(STARTER)
    rows = {k: v for k, v in result.inputs.items() if not k.startswith(("library/", "statements/"))}
    assert "terms/scrap/payable/Ni/value" in rows
    for key, row in rows.items():
        number = f"{row.value:.15g}" if isinstance(row.value, float) else str(row.value)
        bare = key.startswith(("series/", "materials/"))
        value = number.removeprefix("series ") + ("" if bare else f" {row.unit}")
        again = run_case(STARTER, cells=[f"{key}={value.strip()}"])
        assert again.tables["overview"].rows == result.tables["overview"].rows, key
        assert again.inputs[key].where.startswith("--set ") or key.startswith("case/"), key


def test_a_cell_that_one_run_sets_has_no_source_of_the_row() -> None:
    key = "parameters/NCA factory/active material loss/value"
    before, after = (run_case(INTEGRATED, cells=x).inputs[key] for x in ((), [f"{key}=9 %"]))
    assert (before.source, before.grade, before.value) == ("everbatt2023", "A", 7.8216)
    assert (after.source, after.grade, after.value) == ("", "assumption", 9)
    assert after.where == f"--set {key}=9 %"


def test_inputs_have_file_line_source_and_range(tmp_path: Path) -> None:
    assert call("run", INTEGRATED, "--out", tmp_path / "out").exit_code == 0
    inputs = json.loads((tmp_path / "out" / "inputs.json").read_text())["inputs"]
    for key, row in inputs.items():
        file, _, line = row["where"].removeprefix("library ").partition(":")
        if not key.startswith("library/"):
            text = (INTEGRATED / file).read_text().splitlines()[int(line) - 1]
            assert key.startswith("case/") or key.split("/")[1].split(";")[0] in text, key
    toll = inputs["terms/NCA toll/fee/value"]
    assert (toll["low"], toll["value"], toll["high"]) == (1400.0, 1800.0, 2400.0)
    lines = inputs["series/NCA lines/2029"]
    assert (lines["low"], lines["value"], lines["high"]) == (14.4, 18.0, 19.8)
    assert {row["grade"] for row in inputs.values()} >= {"A", "assumption", "setting"}


@pytest.mark.parametrize(
    ("cell", "code", "hint"),
    [
        ("terms/scrap/payabel/Ni/value=50 %", "unknown-name", "terms/scrap/payable/Ni"),
        ("parameters/shredder/capacity/value=50", "unit", ""),
        ("parameters/shredder/capacity/value=-5 t/yr", "negative", ""),
        ("case/period=2027", "unknown-name", "periods"),
        ("nothing", "address", "sites/plant/model=hold"),
    ],
)
def test_a_wrong_cell_is_a_finding(cell: str, code: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        run_case(STARTER, cells=[cell])
    assert code in {finding.code for finding in caught.value.findings}
    assert hint in str(caught.value)


def test_an_address_without_its_column_is_completed_as_advised() -> None:
    with pytest.raises(InputError) as caught:
        run_case(STARTER, cells=["parameters/shredder/capacity=5 kt/yr"])
    (finding,) = caught.value.findings
    follows(finding, "write parameters/shredder/capacity/value=5 kt/yr")
    cell = finding.hint.removeprefix("write ")
    assert run_case(STARTER, cells=[cell]).inputs[cell.partition("=")[0]].value == 5


def test_a_number_that_one_run_sets_may_lie_outside_of_the_range_of_the_row() -> None:
    key = "terms/NCA toll/fee/value"
    row = run_case(INTEGRATED, cells=[f"{key}=9000 USD/t"]).inputs[key]
    assert (row.value, row.low, row.high) == (9000, None, None)
    with pytest.raises(InputError, match="range"):
        run_case(INTEGRATED, cells=[f"{key}=900 USD/t", "terms/NCA toll/fee/low=950 USD/t"])


def test_a_workbook_runs_as_the_folder_does(tmp_path: Path) -> None:
    copy_loop(STARTER, tmp_path / "starter.xlsx")
    folder, workbook = run_case(STARTER), run_case(tmp_path / "starter.xlsx")
    for name in ("overview", "payments", "cash", "links"):
        kept = [column.name != "row" for column in folder.tables[name].columns]
        rows = [
            [[c for c, keep in zip(row, kept, strict=True) if keep] for row in x.tables[name].rows]
            for x in (folder, workbook)
        ]
        assert rows[0] == rows[1]
    assert folder.inputs.keys() == workbook.inputs.keys()


@pytest.mark.parametrize("name", ["starter", "integrated", "gmbi"])
def test_a_case_is_a_workbook_and_a_folder_again(name: str, tmp_path: Path) -> None:
    """What the tables give is the same after both ways; the month has a file of its own."""
    book, folder = tmp_path / "book.xlsx", tmp_path / "again"
    first, second = call("copy-case", name, book), call("copy-case", book, folder)
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    beside = "; not copied: month.toml, report.toml" if name == "gmbi" else ""
    assert first.output.endswith(f"/{name}{beside}\n")
    assert second.output == f"{folder}: the tables of {book}\n"
    before, after = run_case(name), run_case(folder)
    gone = before.tables.keys() - after.tables.keys()
    assert gone == ({*MONTH} if name == "gmbi" else set())
    for table in before.tables.keys() - gone - {"warnings"}:
        assert after.tables[table].rows == before.tables[table].rows, table
    assert after.inputs.keys() >= {x for x in before.inputs if not x.startswith("month/")}


def test_a_copy_of_a_case_replaces_nothing(tmp_path: Path) -> None:
    for place in (tmp_path / "folder", tmp_path / "book.xlsx"):
        assert call("copy-case", "starter", place).exit_code == 0
        before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
        done = call("copy-case", "starter", place)
        assert (done.exit_code, "it exists" in done.output) == (1, True)
        assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before
    done = call("copy-case", "startre", tmp_path / "other")
    assert (done.exit_code, "starter" in done.output) == (1, True)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize("money", [False, True])
def test_a_loop_of_one_site_without_terms_statements_or_switches(
    tmp_path: Path, money: bool
) -> None:
    terms = {"terms": "on,term,of,value\nsale,fixed,,9000 USD/t\n"} if money else {}
    done = call("run", small_loop(tmp_path / "mill", **terms), "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert "Sale, t" in done.output
    assert ("USD" in done.output) == money
    page = (tmp_path / "out" / "report.html").read_text()
    assert "Money</h2>" in page if money else "Money</h2>" not in page
    assert "Nothing to compare" not in page


def left_out(result: RunResult) -> list[str]:
    return [str(r["what"]) for r in result.tables["warnings"].records() if r["kind"] == "left-out"]


def test_a_shorter_horizon_leaves_rows_and_columns_out_and_counts_them() -> None:
    assert left_out(run_case(INTEGRATED)) == []
    short = run_case(INTEGRATED, cells=["case/periods=2027-Q1..2028-Q4"])
    assert len(short.years.rows) == 8
    (sentence,) = left_out(short)
    assert (
        "and 2 rows are outside of 2027-Q1..2028-Q4" in sentence
    )  # the shares of owners from 2030 on
    assert not [key for key in short.inputs if key.startswith("series/") and "2031" in key]


def test_a_shorter_look_at_the_founding_case_says_what_it_leaves_out() -> None:
    """Sums of 2025 to 2030 of the full run; what statements quote of later years has no value."""
    result = run_case("gmbi", cells=["case/periods=2025..2030"])
    figures = dict(result.summary.rows)
    assert figures["GMBI"].startswith("54,085 t taken of 63,906 t offered")
    assert figures["Margin"].startswith("78.9 M USD")
    series, *quoted = left_out(result)
    assert "numbers of series in 5 later columns" in series
    assert "at(replaced.replaced_share[nickel], 2035) has no value" in " ".join(quoted)
    assert len(quoted) == 7
    computed = dict(
        zip(*map(result.tables["article"].column, ("id", "loopbook_computes")), strict=True)
    )
    assert "bought for 2030, (outside of 2025..2030) in 2035" in computed["A8"]


def test_a_statement_about_a_period_between_those_that_are_run_is_a_finding(tmp_path: Path) -> None:
    statements = "id,text,meaning,answer\nS1,It grows,\"{at(taken(sale), '%s')|.0f} t\",\n"
    for number, period in enumerate(["2027-04", "2027-Q9"]):
        folder = small_loop(tmp_path / f"{number}", statements=statements % period)
        with pytest.raises(InputError, match="no period"):
            run_case(folder)
    for number, period in enumerate(["2026-Q4", "2028-Q1", "2031"]):
        folder = small_loop(tmp_path / f"out{number}", statements=statements % period)
        (computed,) = run_case(folder).tables["article"].column("loopbook_computes")
        assert computed == "(outside of 2027-01..2027-Q3) t"


def test_goods_that_nobody_pays_for_are_named(tmp_path: Path) -> None:
    folder = tmp_path / "gmbi"
    shutil.copytree(CASES / "gmbi", folder)
    results = (folder / "results.csv").read_text("utf-8").splitlines(keepends=True)
    others = [line for line in results if not line.startswith("waterfall,")]  # it reads payables
    (folder / "results.csv").write_text("".join(others), encoding="utf-8")
    lines = (folder / "terms.csv").read_text("utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("black mass,payable")]
    assert len(lines) - len(kept) == 6
    sentences = []
    for rows in (lines, kept):
        (folder / "terms.csv").write_text("".join(rows), encoding="utf-8")
        sentences.append({*map(str, run_case(folder).tables["not_stated"].column("what"))})
    assert sentences[1] - sentences[0] == {"no price of black mass in black mass is stated"}


@pytest.mark.parametrize(
    ("cell", "words"),
    [("case/money/year=1995", "expected money of 1995"), ("case/money/year=2025", "money of 2025")],
)
def test_money_of_another_year_is_no_label(cell: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        run_case("gmbi", cells=[cell])


def test_a_capacity_a_thousand_times_too_small_is_warned_of() -> None:
    result = run_case("gmbi", cells=["parameters/plant/capacity/value=13.5 t/yr"])
    (slip,) = [x for x in result.tables["warnings"].records() if x["kind"] == "slip"]
    assert "13,500 t/yr?" in str(slip["what"])
