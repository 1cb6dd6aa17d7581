"""Tables and site models that would give a wrong number in silence, or end in a traceback."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from loop_folder import END_OF_LIFE, JOINT, STARTER, changed, findings_of, walk_of, write_loop

from loopbook.cases import run_case
from loopbook.errors import BalanceError, InputError
from loopbook.loop import copy_loop, read_loop
from support.advice import follows


def first(folder: Path, files: Mapping[str, str], **run: object) -> str:
    """Place, kind and what the first finding shows."""
    finding = findings_of(folder, files, **run)[0]
    return f"{finding.where}: {finding.code}: {finding.found}"


def test_a_lead_and_a_mass_are_one_number_for_all_of_time(tmp_path: Path) -> None:
    lead = changed("lanes.csv", "2 months", "on the way")
    columns = ",".join(map(str, range(2026, 2033)))
    same = f"series,unit,{columns}\non the way,month,1,1,1,1,1,1,1\n"
    lead["series-lead.csv"] = same.replace(",1\n", ",3\n")
    assert first(tmp_path / "a", lead) == "lanes.csv:4, lead: series: 1, 3"
    assert findings_of(tmp_path / "b", {**lead, "series-lead.csv": same}) == ()
    mass = changed("parameters.csv", "410 kg/pack", "heavy", END_OF_LIFE)
    mass["series-heavy.csv"] = "series,unit,2015,2030\nheavy,kg/pack,400,500\n"
    assert first(tmp_path / "c", mass) == "parameters.csv:5, value: series: 400, 500"


MILL = """\
from dataclasses import dataclass
import numpy as np
from loopbook.loop import Outcome, SiteModel

@dataclass(frozen=True, kw_only=True)
class Mill(SiteModel):
    "A mill."
    model = "mill"
    by_arrival = True

    def run(self, feed, orders, now):
        "Runs."
        whole = sum(feed.values(), now.basis.zeros())
        LAW
"""


def starter() -> dict[str, str]:
    """The tables of the starter."""
    texts = {path.name: path.read_text() for path in STARTER.iterdir() if path.suffix == ".csv"}
    texts.pop("results.csv", None)
    texts["case.toml"] = 'title = "starter"\nperiods = ["2027..2028"]\n'
    return texts


def with_mill(law: str) -> dict[str, str]:
    """The starter with a mill in place of its shredder."""
    texts = changed("sites.csv", "process,shredding", "mill,", starter())
    return {
        **texts,
        "case.toml": texts["case.toml"] + 'plugins = ["mill.py"]\n',
        "mill.py": MILL.replace("LAW", law),
    }


MADE = "return Outcome(made={'black mass': "


@pytest.mark.parametrize(
    ("law", "kind", "words"),
    [
        (f"{MADE}1.5 * whole}}, disposal=-0.5 * whole)", BalanceError, "disposal of"),
        (f"{MADE}0.5 * whole}}, drawn=-0.5 * whole)", BalanceError, "drawn of"),
        (f"{MADE}np.nan * whole}})", BalanceError, "made black mass of"),
        (f"{MADE}whole + np.inf}})", BalanceError, "is inf t"),
        ("return None", InputError, "NoneType from"),
        (f"{MADE}'x'}})", InputError, "made black mass of"),
        (f"{MADE}np.ones((3, 1))}})", InputError, "float64 3 x 1"),
        (f"{MADE}whole * (1 + 0j)}})", InputError, "complex128"),
        ("raise RuntimeError('no power')", InputError, "mill.py:14: RuntimeError: no power"),
        ("return 1 / 0", InputError, "stops at mill.py:14: ZeroDivisionError"),
        ("raise SystemExit(3)", InputError, "stops at mill.py:14: SystemExit: 3"),
    ],
)
def test_what_a_site_model_must_not_give_names_site_step_and_model(
    tmp_path: Path, law: str, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match="site shredder, 2027: ") as error:
        walk_of(tmp_path, with_mill(law))
    assert words in str(error.value)
    assert "mill.py" in str(error.value)


@pytest.mark.parametrize("name", ["prepare", "components", "held_before"])
def test_each_method_of_a_site_model_that_stops_is_named(tmp_path: Path, name: str) -> None:
    files = with_mill(f"{MADE}whole}})")
    files["mill.py"] += f"\n    def {name}(self, facts):\n        'Stops.'\n        return 1 / 0\n"
    words = f"site shredder, {name}: .*mill.py, class Mill, which stops at mill.py:18: ZeroDiv"
    with pytest.raises(InputError, match=words):
        walk_of(tmp_path, files)


RESULTS = "table,column,title,unit,answer\n{0},,Q,,\n{0},period,Period,,period\n{0},c,C,1,{1}\n"


def test_a_table_in_capitals_is_no_table(tmp_path: Path) -> None:
    files = {**JOINT, "Terms.CSV": JOINT["terms.csv"]}
    (finding,) = findings_of(tmp_path, files)
    assert (finding.where, finding.code, finding.found) == (
        "Terms.CSV",
        "unknown-name",
        "Terms.CSV",
    )


def test_a_table_of_results_has_its_own_name(tmp_path: Path) -> None:
    for name in ("flows", "Warnings", "not_stated"):
        files = {**JOINT, "results.csv": RESULTS.format(name, "1")}
        found = first(tmp_path / name, files)
        assert found == f"results.csv:2, table: duplicate: {name}, as a table of any loop"
    two = RESULTS.format("mine", "1") + RESULTS.format("Mine", "1").partition("\n")[2]
    found = first(tmp_path / "two", {**JOINT, "results.csv": two})
    assert found == "results.csv:5, table: duplicate: Mine, as mine"


def test_names_of_tables_of_any_loop_are_all_refused(tmp_path: Path) -> None:
    tables = run_case(write_loop(tmp_path / "a", starter())).tables
    assert len(tables) > 8
    for name in tables:
        files = {**JOINT, "results.csv": RESULTS.format(name, "1")}
        assert "duplicate" in first(tmp_path / name, files)


def test_a_cell_is_set_once_and_in_a_column_that_there_is(tmp_path: Path) -> None:
    cell = "parameters/plant/capacity/value"
    twice = [f"{cell}=12600 t/yr", f"{cell}=13000 t/yr"]
    assert first(tmp_path, JOINT, cells=twice) == (f"--set {twice[1]}: duplicate: {cell}")
    late = ["series/Ni/2040=16000"]
    assert first(tmp_path, JOINT, cells=late) == f"--set {late[0]}: unknown-name: 2040"


def test_a_pipe_and_a_folder_are_no_files_of_a_case(tmp_path: Path) -> None:
    """A pipe that nobody writes to was read for ever."""
    for number, name in enumerate(("sites.csv", "series-x.csv", "case.toml", "month.toml", "x.py")):
        folder = write_loop(tmp_path / str(number), starter())
        for make, kind in ((os.mkfifo, "a pipe, a socket or a device"), (os.mkdir, "a folder")):
            (folder / name).unlink(missing_ok=True)
            make(folder / name)
            (finding,) = read_loop(folder).findings
            assert (finding.where, finding.expected) == (name, "a plain file")
            assert finding.found == kind


def test_what_cannot_be_read_is_one_finding(tmp_path: Path) -> None:
    """A title and periods were missing too, and a sheet."""
    folder = write_loop(tmp_path / "a", starter())
    copy_loop(folder, tmp_path / "whole.xlsx")
    raw = (tmp_path / "whole.xlsx").read_bytes()
    for size in (len(raw) // 2, 100):
        (tmp_path / "cut.xlsx").write_bytes(raw[:size])
        (finding,) = read_loop(tmp_path / "cut.xlsx").findings
        assert (finding.where, finding.code) == ("cut.xlsx", "file-truncated")
    text = (folder / "case.toml").read_text(encoding="utf-8")
    (folder / "case.toml").write_text(text + "[carbon\n", encoding="utf-8")
    (finding,) = read_loop(folder).findings
    assert (finding.where, finding.code) == (f"case.toml:{text.count(chr(10)) + 1}", "syntax")
    (folder / "case.toml").unlink()
    assert [x.where for x in read_loop(folder).findings] == ["case.toml"]


def test_infinite_numbers_are_findings(tmp_path: Path) -> None:
    ni = changed("series.csv", "Ni,USD/t,15500", "Ni,USD/t,1e400")
    assert first(tmp_path / "a", ni) == "series.csv:4, 2026-Q1: not-finite: 1e400"
    results = RESULTS.format("q", "9" * 400)
    assert "results.csv:4, answer: formula: 999" in first(
        tmp_path / "b", {**JOINT, "results.csv": results}
    )
    files = {**starter(), "results.csv": RESULTS.format("q", "1e300 * 1e300")}
    with pytest.raises(InputError, match=r"q\.c.*finite numbers.*inf"):
        run_case(write_loop(tmp_path / "c", files))


def test_a_price_has_a_whole_month_a_cap_above_its_floor_and_one_rate(tmp_path: Path) -> None:
    """Half a month was cut off, the cap won, and of two rates the last one counted."""
    for number, lag in enumerate(("1.5 months", "45 days")):
        row = f"scrap,payable,Ni,55 %,{lag}"
        files = {**starter(), "terms.csv": f"on,term,of,value,lag\n{row}\n"}
        found = first(tmp_path / str(number), files)
        assert found == f"terms.csv:2, lag: lag: {lag}"
        whole = {**files, "terms.csv": files["terms.csv"].replace(lag, "1 month")}
        assert findings_of(tmp_path / f"whole {number}", whole) == ()
    floor = "on,term,of,value\nscrap,payable,Ni,55 %\nscrap,floor,Ni,0.5 USD/kg\n"
    for number, (cap, count) in enumerate((("150 USD/t", 1), ("500 USD/t", 0))):
        files = {**starter(), "terms.csv": f"{floor}scrap,cap,Ni,{cap}\n"}
        found = findings_of(tmp_path / f"cap {number}", files)
        assert [x.where for x in found] == ["terms.csv:4, value"] * count
    columns = ",".join(map(str, range(2026, 2033)))
    rates = "".join(f"{name},{unit},{'1,' * 6}1\n" for name, unit in TWO_RATES)
    files = {**starter(), "series-rates.csv": f"series,unit,{columns}\n{rates}"}
    found = first(tmp_path / "rates", files)
    assert found == "series-rates.csv:3, unit: duplicate: won and dollar"


def test_the_range_of_a_rate_is_no_second_rate(tmp_path: Path) -> None:
    """The last row of the unit counted, which is the greatest rate."""
    files = changed("terms.csv", "150 USD/t", "150000 KRW/t", starter())
    files["series-rates.csv"] = RATE_WITH_RANGE
    files["results.csv"] = RESULTS.format("q", "sum(paid(term=fee))").replace(",1,", ",USD,")
    assert findings_of(tmp_path / "a", files) == ()
    krw = run_case(write_loop(tmp_path / "b", files)).tables["q"].column("c")
    dollars = changed("terms.csv", "150000 KRW/t", "150 USD/t", files)
    usd = run_case(write_loop(tmp_path / "c", dollars)).tables["q"].column("c")
    assert min(usd) > 0
    assert krw == pytest.approx(usd, rel=1e-12)


RATE_WITH_RANGE = """\
series,unit,low,high,2027,2028
won,USD/KRW,weak,strong,0.001,0.001
weak,USD/KRW,,,0.0008,0.0008
strong,USD/KRW,,,0.002,0.002
"""
TWO_RATES = (("won", "KRW/USD"), ("dollar", "USD/KRW"))


def test_a_price_below_zero_and_a_rate_of_zero_are_no_prices(tmp_path: Path) -> None:
    """They were only warned of, or divided by."""
    ni = changed("series.csv", "Ni,USD/t,15500", "Ni,USD/t,-15500")
    assert first(tmp_path / "a", ni).startswith("series.csv:4: range: ")
    cells = ["series/Ni/2026-Q1=-1"]
    assert first(tmp_path / "set", JOINT, cells=cells).startswith("series.csv:4: range: ")
    for number, rate in enumerate(("0", "-1300", "-0.0")):
        files = changed("terms.csv", "150 USD/t", "150000 KRW/t", starter())
        files["series-rates.csv"] = f"series,unit,2027,2028\nwon,KRW/USD,1300,{rate}\n"
        assert first(tmp_path / str(number), files) == "series-rates.csv:2: range: others"


def test_a_rate_that_is_missing_in_a_year_is_found_by_the_reader(tmp_path: Path) -> None:
    """The run stopped at it."""
    files = changed("terms.csv", "150 USD/t", "150000 KRW/t", starter())
    files["series-rates.csv"] = "series,unit,2028,2029\nwon,KRW/USD,1300,1320\n"
    (finding,) = findings_of(tmp_path / "a", files)
    assert (finding.where, finding.code) == ("series-rates.csv:2", "missing")
    assert finding.expected == "a value of won in 2027-01"
    assert "terms.csv" in finding.hint
    files["series-rates.csv"] = "series,unit,2027,2028\nwon,KRW/USD,1300,\n"
    assert findings_of(tmp_path / "b", files) == ()
    ended = "series,unit,2027,2028\nwon,KRW/USD,1300,-\n"
    (finding,) = findings_of(tmp_path / "c", {**files, "series-rates.csv": ended})
    assert finding.expected == "a value of won in 2028-01"


def test_a_rate_is_needed_until_the_last_payment(tmp_path: Path) -> None:
    files = changed("terms.csv", "150 USD/t", "150000 KRW/t", starter())
    pay = "scrap,pay,,2 months,,\nscrap,freight,"
    files = changed("terms.csv", "scrap,freight,", pay, files)
    months = "series,unit,2027,2028,2029-01,2029-02\n"
    files["series-rates.csv"] = f"{months}won,KRW/USD,1300,,,-\n"
    (finding,) = findings_of(tmp_path / "a", files)
    assert finding.expected == "a value of won in 2029-02"
    at_once = changed("terms.csv", "scrap,pay,,2 months,,\n", "", files)
    assert findings_of(tmp_path / "b", at_once) == ()


def test_floors_and_caps_in_time_and_in_two_currencies_are_compared(tmp_path: Path) -> None:
    terms = (
        "on,term,of,value,starts\nscrap,payable,Ni,55 %,\nscrap,floor,Ni,{},\nscrap,cap,Ni,{},{}\n"
    )
    rate = "series,unit,2027,2028\nwon,KRW/USD,1000,2000\nlow,USD/t,900,1100\n"
    for number, (floor, cap, starts, words) in enumerate(
        (
            ("low", "1000 USD/t", "", "2028-01"),
            ("low", "1200 USD/t", "", ""),
            ("1.5 M KRW/t", "1000 USD/t", "", "2027-01"),
            ("1.5 M KRW/t", "1000 USD/t", "2028-01-01", ""),
        )
    ):
        text = terms.format(floor, cap, starts)
        files = {**starter(), "terms.csv": text, "series-rates.csv": rate}
        lines = [str(x) for x in findings_of(tmp_path / str(number), files)]
        assert len(lines) == bool(words), lines
        assert all(words in line and line.startswith("terms.csv:4, value: range") for line in lines)


def test_a_plant_that_is_costed_has_a_capacity(tmp_path: Path) -> None:
    """It was sized as some other plant."""
    rows = [line for line in JOINT["parameters.csv"].splitlines() if "plant,capacity" in line]
    (row,) = rows
    files = changed("parameters.csv", f"{row}\n", "", JOINT)
    columns = files["parameters.csv"].splitlines()[0].count(",")
    costing = "plant,costing,,everbatt" + "," * (columns - 3) + "\n"
    files["parameters.csv"] += "" if "plant,costing" in files["parameters.csv"] else costing
    finding = next(x for x in findings_of(tmp_path / "a", files) if "sized" in x.expected)
    assert finding.where.startswith("sites.csv:")
    follows(finding, "write a row plant,capacity with a value such as 12000 t/yr")
    files["parameters.csv"] += "plant,capacity,,12000 t/yr" + "," * (columns - 3) + "\n"
    assert findings_of(tmp_path / "b", files) == ()
