"""``loopbook run`` and ``loopbook compare``: what they print and write, and what they refuse."""

from __future__ import annotations

import csv
import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from case_folder import GMBI, ROOT, STARTER, copy_case, founding, replace_in
from click.testing import CliRunner, Result

from loopbook.cases import run_case
from loopbook.cli import main
from loopbook.errors import InputError
from loopbook.report import Column, Run, SwitchChange, Table, compare_runs, write_result

BOOK = b"SQLite format 3\x00"  # how a book begins
GOLDEN = Path(__file__).parent / "data" / "starter_run.txt"


def call(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(a) for a in arguments])


def test_the_screen_is_the_golden_file(tmp_path: Path) -> None:
    done = call("run", STARTER, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    shown = done.output.replace(str(tmp_path), "")
    assert shown == GOLDEN.read_text(encoding="utf-8")


def test_the_last_line_says_where_the_report_is(tmp_path: Path) -> None:
    done = call("run", GMBI, "--out", tmp_path / "gmbi", "--draws", "0")
    report, following = done.output.splitlines()[-2:]
    assert report == f"Report  {tmp_path / 'gmbi' / 'report.html'}"
    assert following.startswith("Next    loopbook run gmbi --switch ")
    assert (tmp_path / "gmbi" / "report.html").stat().st_size > 100_000


def test_a_name_is_found_under_cases_and_out_is_the_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_case(STARTER, tmp_path / "cases").rename(tmp_path / "cases" / "mine")
    monkeypatch.chdir(tmp_path)
    done = call("run", "mine")
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "Report  out/mine/report.html")


def test_json_is_the_same_run(tmp_path: Path) -> None:
    done = call("run", STARTER, "--out", tmp_path / "out", "--json")
    data = json.loads(done.output)
    result = run_case(STARTER)
    assert (data["answer"], data["version"], data["switched_off"]) == ("run", 1, [])
    page = result.headline
    assert page is not None
    assert (data["message"], data["proven"]) == (page.title, page.proven)
    figures = {row["name"]: row for row in data["figures"]}
    assert figures["black_mass_t"]["value"] == pytest.approx(10282.37, abs=0.01)
    assert [row["title"] for row in data["stations"]] == [x.title for x in page.stations]
    assert data["verdicts"] == []
    for name, table in result.tables.items():
        assert data[name] == [*table.records()]
    assert [row["year"] for row in data["years"]] == [2027, 2028, 2029, 2030]


def test_the_years_quote_the_tables() -> None:
    result = founding()
    money, years = result.tables["money"], result.years
    assert years.column("margin_musd") == [usd / 1e6 for usd in money.column("margin_usd")]
    nickel = [row for row in result.tables["metals"].records() if row["metal"] == "nickel"]
    assert years.column("nickel_t") == [row["recovered_t"] for row in nickel]
    assert years.column("nickel_covered_share") == [row["covered_share"] for row in nickel]


@pytest.mark.parametrize("width", [120, 80, 60, 40])
@pytest.mark.parametrize("name", ["gmbi", "integrated", "starter"])
def test_the_screen_fits_and_shows_every_figure_whole(name: str, width: int) -> None:
    result = founding() if name == "gmbi" else run_case(name)
    text = Run.of(result, Path("out/report.html")).screen(width)
    assert max(map(len, text.splitlines())) <= width
    assert result.headline is not None
    words = " ".join(text.split())
    assert words.startswith(" ".join(result.headline.title.split()))
    for one in (*result.headline.stations, *result.headline.figures):
        assert one.estimate.value is not None
        assert f"{one.estimate.value:z,.{one.estimate.decimals}f}" in text
    assert f"Proven: {result.headline.proven}" in words
    wide = Run.of(result, Path("out/report.html")).screen(None)
    assert all(x.note in wide and x.place in wide for x in result.headline.stations)


@pytest.mark.parametrize(("width", "dropped"), [(100, ""), (56, "more columns (")])
def test_years_drop_what_has_no_room_and_name_it(width: int, dropped: str) -> None:
    run = Run.of(founding(), Path("out/gmbi/report.html"), by_period=True)
    text, margin = run.screen(width), founding().years.column("margin_musd")[-1]
    assert max(map(len, text.splitlines())) <= width
    assert re.search(rf"^2035 .* {margin:.1f} ", text, re.MULTILINE)
    assert ("more columns (" in text) == bool(dropped)
    assert run.as_record().tables[0].column("margin_musd")[-1] == margin


def test_findings_end_with_1_and_misuse_with_2(tmp_path: Path) -> None:
    folder = copy_case(STARTER, tmp_path)
    replace_in(folder / "parameters.csv", "5000 t/yr", "5000 tons/yr")
    replace_in(folder / "series.csv", "15500,16000", "15500,nan")
    done = call("run", folder, "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "parameters.csv:3, value: unit:" in done.output
    assert "series.csv:4, 2028: not-finite:" in done.output
    assert done.output.splitlines()[-1] == "2 findings"
    assert not (tmp_path / "out").exists()
    assert call("run").exit_code == 2
    assert call("run", folder, "--swich", "x").exit_code == 2
    assert call("run", "nosuch").exit_code == 1
    assert call("compare", tmp_path, tmp_path).exit_code == 1
    assert call("compare", tmp_path).exit_code == 2


# ---- files ----


def test_tables_are_written_as_csv_and_parquet(tmp_path: Path) -> None:
    result = founding()
    write_result(result, tmp_path / "run")
    for table in result.tables.values():
        names = [column.name for column in table.columns]
        with (tmp_path / "run" / "tables" / f"{table.name}.csv").open(encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert rows[0] == names
        assert len(rows) == len(table.rows) + 1
        parquet = pq.read_table(tmp_path / "run" / "tables" / f"{table.name}.parquet")
        assert parquet.column_names == names
        for column in table.columns:
            written = parquet.column(column.name).to_pylist()
            wanted = table.column(column.name)
            numbers = any(isinstance(cell, float) for cell in wanted)
            mixed = numbers and any(isinstance(cell, str) for cell in wanted)
            assert mixed or written == wanted
            unit = parquet.schema.field(column.name).metadata[b"unit"].decode()
            assert unit == column.unit


def test_inputs_are_written_with_checksums(tmp_path: Path) -> None:
    write_result(founding(), tmp_path / "run")
    data = json.loads((tmp_path / "run" / "inputs.json").read_text(encoding="utf-8"))
    names = {path.name for path in GMBI.iterdir() if path.suffix in {".csv", ".toml"}}
    assert {file["name"] for file in data["files"]} == names
    import hashlib

    for file in data["files"]:
        raw = (GMBI / file["name"]).read_bytes()
        assert (file["bytes"], file["sha256"]) == (len(raw), hashlib.sha256(raw).hexdigest())
    row = data["inputs"]["parameters/cell lines/reject/value"]
    assert (row["value"], row["unit"], row["source"]) == (5, "%", "everbatt2023")
    line = int(row["where"].partition(":")[2])
    assert "cell lines,reject" in (GMBI / "parameters.csv").read_text().splitlines()[line - 1]


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_result(run_case(STARTER), tmp_path / name)
    for path in sorted((tmp_path / "a").rglob("*")):
        if path.is_file():
            other = tmp_path / "b" / path.relative_to(tmp_path / "a")
            assert path.read_bytes() == other.read_bytes(), path.name


def test_a_run_replaces_an_earlier_run_and_nothing_else(tmp_path: Path) -> None:
    result = run_case(STARTER)
    write_result(result, tmp_path / "run")
    (tmp_path / "run" / "letter.txt").write_text("of a person")
    write_result(result, tmp_path / "run")
    assert (tmp_path / "run" / "letter.txt").read_text() == "of a person"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    with pytest.raises(InputError, match="a folder of a run"):
        write_result(result, tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"
    (tmp_path / "file").write_text("keep")
    with pytest.raises(InputError):
        write_result(result, tmp_path / "file")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "mine", "run"]


def test_a_run_without_a_month_replaces_one_whose_book_is_as_it_was_written(tmp_path: Path) -> None:
    """A book that somebody changed since stays."""
    month = replace(run_case(STARTER), attachments={"book.sqlite": BOOK})
    for changed in (False, True):
        out = tmp_path / f"{changed}"
        write_result(month, out)
        assert (out / "book.sqlite").is_file()
        if changed:
            (out / "book.sqlite").write_bytes(BOOK + b"posted")
        write_result(run_case(STARTER), out)
        assert (out / "book.sqlite").exists() is changed


def test_a_run_that_fails_leaves_the_earlier_one_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = run_case(STARTER)
    write_result(result, tmp_path / "run")
    before = (tmp_path / "run" / "summary.json").read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("loopbook.report.page.write_report", full_disk)
    with pytest.raises(InputError, match="No space"):
        write_result(result, tmp_path / "run")
    assert (tmp_path / "run" / "summary.json").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["run"]


# ---- compare ----


@pytest.fixture
def changed(tmp_path: Path) -> tuple[Path, Path]:
    folder = copy_case(ROOT / "cases" / "integrated", tmp_path)
    write_result(run_case(folder), tmp_path / "a")
    replace_in(folder / "terms.csv", "1800 USD/t,,,", "2000 USD/t,,,")
    write_result(run_case(folder, ["dear_lithium"]), tmp_path / "b")
    return tmp_path / "a", tmp_path / "b"


def test_changed_inputs_have_their_place(changed: tuple[Path, Path]) -> None:
    comparison = compare_runs(*changed)
    changes = {(c.key, c.where, c.old, c.new) for c in comparison.inputs}
    assert ("terms/NCA toll/fee/value", "terms.csv:2", 1800.0, 2000.0) in changes
    assert comparison.switches == (SwitchChange("dear_lithium", old=False, new=True),)


def test_changed_results_are_sorted_by_effect(changed: tuple[Path, Path]) -> None:
    comparison = compare_runs(*changed)
    effects = [c.effect_share for c in comparison.results if c.effect_share is not None]
    assert effects == sorted(effects, reverse=True)
    tables = {c.table for c in comparison.results}
    assert {"cash", "overview"} <= tables
    assert not tables & {"links", "burdens"}  # no tonne moves another way


def test_a_run_does_not_differ_from_itself(changed: tuple[Path, Path]) -> None:
    same = compare_runs(changed[0], changed[0])
    assert (same.switches, same.inputs, same.results) == ((), (), ())
    assert call("compare", changed[0], changed[0]).output.startswith("no result differs\n")


def test_compare_prints_both(changed: tuple[Path, Path]) -> None:
    done = call("compare", *changed, "--limit", "3")
    assert done.exit_code == 0
    lines = [line.split() for line in done.output.splitlines()]
    assert "the first 3 are below" in done.output.splitlines()[0]
    assert ["dear_lithium", "no", "yes"] in lines
    assert ["terms/NCA", "toll/fee/value", "terms.csv:2", "1,800", "2,000", "USD/t"] in lines
    assert len(lines[lines.index(["Results,", "largest", "effect", "first"]) :]) == 5
    data = json.loads(call("compare", *changed, "--limit", 0, "--json").output)
    assert (data["answer"], data["version"]) == ("comparison", 1)
    assert "terms.csv:2" in {row["where"] for row in data["inputs"]}
    assert len(data["results"]) == data["different"] > 3


@pytest.mark.parametrize(
    ("cell", "old", "new", "unit"),
    [
        ("1.8 kt/yr", "5,000 t/yr", "1.8 kt/yr", ""),
        ("5000 kg/yr", "5,000 t/yr", "5,000 kg/yr", ""),
        ("1800 t/yr", 5000.0, 1800.0, "t/yr"),
    ],
)
def test_an_input_in_another_unit_has_both_units(
    tmp_path: Path, cell: str, old: object, new: object, unit: str
) -> None:
    address = "parameters/shredder/capacity/value"
    for name, cells in (("a", []), ("b", [f"{address}={cell}"])):
        write_result(run_case(STARTER, cells=cells), tmp_path / name)
    (change,) = compare_runs(tmp_path / "a", tmp_path / "b").inputs
    assert (change.key, change.old, change.new, change.unit) == (address, old, new, unit)


def written_runs(folder: Path, *runs: list[tuple[str, str, float, float]]) -> tuple[Path, Path]:
    """Folders of runs with a table; each row has a name, the unit of its column, and two cells."""
    result = run_case(STARTER)
    for name, rows in zip("ab", runs, strict=True):
        unit = rows[0][1]
        columns = (Column("site"), Column("flow", "Flow", unit), Column("large", "Large", unit))
        table = Table("mill_flows", "Flows", columns, tuple((a, x, y) for a, _, x, y in rows))
        write_result(replace(result, tables={**result.tables, "mill_flows": table}), folder / name)
    return folder / "a", folder / "b"


def test_what_is_rounding_beside_the_numbers_of_its_unit_is_no_difference(tmp_path: Path) -> None:
    """A column of nothing has no size of its own: 2.6e-13 t are rounding beside 4,000 t."""
    runs = [("Mill", "t", 0.0, 4000.0)], [("Mill", "t", 2.6e-13, 4000.0)]
    assert compare_runs(*written_runs(tmp_path / "none", *runs)).results == ()
    runs = [("Mill", "t", 0.0, 4000.0)], [("Mill", "t", 2.6e-5, 4000.0)]
    (change,) = compare_runs(*written_runs(tmp_path / "some", *runs)).results
    assert (change.column, change.old, change.new, change.unit) == ("flow", 0.0, 2.6e-5, "t")


def test_a_result_in_another_unit_has_both_units(tmp_path: Path) -> None:
    runs = [("Mill", "t", 4000.0, 4000.0)], [("Mill", "kt", 4.0, 4.0)]
    changes = compare_runs(*written_runs(tmp_path / "runs", *runs)).results
    assert [(x.old, x.new, x.unit) for x in changes] == [("4,000 t", "4 kt", "")] * 2


def test_half_a_run_is_refused(changed: tuple[Path, Path]) -> None:
    a, b = changed
    (a / "summary.json").write_text('{"tables": {', encoding="utf-8")
    shutil.rmtree(b / "tables")
    (b / "inputs.json").unlink()
    with pytest.raises(InputError) as caught:
        compare_runs(a, b)
    assert {f.code for f in caught.value.findings} == {"file-truncated", "missing-file"}


def test_a_result_answers_json_numbers_only() -> None:
    result = founding()
    for table in result.tables.values():
        for row in table.rows:
            json.dumps(row, allow_nan=False)
