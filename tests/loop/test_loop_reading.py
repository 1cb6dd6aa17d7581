"""Loops are read as they are meant: lists, switches, cells that a run sets, workbooks."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path

import pytest
from loop_folder import (
    END_OF_LIFE,
    JOINT,
    STARTER,
    TOLLING,
    changed,
    findings_of,
    loop_of,
    write_loop,
)

from loopbook.errors import InputError
from loopbook.loop import copy_loop, load, read_loop
from loopbook.loop.models.cell_lines import CellLines
from loopbook.loop.models.fleet import Fleet
from loopbook.loop.models.hold import Hold
from loopbook.loop.terms.prices.give_back import Return
from loopbook.loop.terms.prices.payable import Payable
from loopbook.matter import load_library
from support.advice import follows

LIBRARY = load_library()


def test_the_starter_is_three_sites_and_one_contract_between_two_parties() -> None:
    loop = load(STARTER)
    assert [site.model for site in loop.sites.values()] == ["supply", "process", "process"]
    between = [x for x in loop.contracts if "outside" not in (x.from_, x.to)]
    assert [x.contract for x in between if loop.seller(x) != loop.buyer(x)] == ["scrap"]
    assert {term.of for term in loop.terms_on("scrap", "payable")} == {"Ni", "Co"}
    assert loop.composition("reject cells")["NMC811"] == pytest.approx(0.428948, abs=1e-6)
    assert sum(loop.composition("reject cells").values()) == pytest.approx(1)
    assert loop.composition("Ni") == {"Ni": 1.0}
    assert [x.sentence for x in loop.unstated] == ["no freight of black mass to refinery is stated"]


def test_a_list_of_names_is_a_row_each(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, switches={"second": True})
    rows = [row for row in loop.contracts if row.contract == "scrap"]
    assert [(row.from_, row.where) for row in rows] == [
        ("factory", "contracts.csv:3"),
        ("annex", "contracts.csv:3"),
    ]
    assert [row.address for row in rows] == [
        "contracts/scrap/factory/scrap",
        "contracts/scrap/annex/scrap",
    ]
    nickel = [x for x in loop.terms_on("black mass market", "payable") if isinstance(x, Payable)]
    assert [x.value.number for x in nickel if x.of == "Ni"] == [70, 60]
    assert loop.materials_of("scrap") == ("formed cells", "dry cells")


def test_what_is_behind_a_switch_is_off_with_it(tmp_path: Path) -> None:
    loop = loop_of(tmp_path)
    assert sorted(loop.sites) == ["cathode", "factory", "plant", "works"]
    assert sorted(loop.parties) == ["Maker", "Refiner", "Trader", "Venture"]
    assert {row.from_ for row in loop.contracts} == {"factory", "plant", "works", "outside"}
    assert [row.from_ for row in loop.lanes] == ["factory", "plant", "works"]
    assert loop.settings.switches["second"].on is False


def test_a_row_of_a_switch_replaces_the_cells_that_it_fills(tmp_path: Path) -> None:
    more = "plant,ramp,,running,,,,\nplant,capacity,,20000 t/yr,,22 kt/yr,,second\n"
    files = changed("parameters.csv", "plant,ramp,,running,,,,\n", more)
    capacity = loop_of(tmp_path, files).models["plant"].capacity[""]
    assert (capacity.number, capacity.low, capacity.high) == (13500, 12000, 14000)
    capacity = loop_of(tmp_path, files, switches={"second": True}).models["plant"].capacity[""]
    assert (capacity.number, capacity.low, capacity.high) == (20000, 12000, 22000)


def test_a_row_of_a_switch_that_is_off_is_checked_too(tmp_path: Path) -> None:
    more = "plant,ramp,,running,,,,\nplant,capacity,,20000 tons/yr,,,,second\n"
    files = changed("parameters.csv", "plant,ramp,,running,,,,\n", more)
    places = [str(x.where) for x in findings_of(tmp_path, files, library=LIBRARY)]
    assert places == ["parameters.csv:10, value"]


def test_never_removes_a_site_and_what_names_it(tmp_path: Path) -> None:
    text = JOINT["sites.csv"] + "cathode,,,,never,,second\n"
    files = {**JOINT, "sites.csv": text}
    assert "cathode" in loop_of(tmp_path, files).sites
    loop = loop_of(tmp_path, files, switches={"second": True})
    assert "cathode" not in loop.sites
    assert {row.contract for row in loop.contracts}.isdisjoint({"metal", "salts"})
    assert {row.on for row in loop.terms}.isdisjoint({"metal"})


def test_a_run_sets_a_cell_by_its_address(tmp_path: Path) -> None:
    loop = loop_of(tmp_path)
    payable = loop.terms_on("black mass", "payable")[-1]
    assert isinstance(payable, Payable)
    assert payable.value.address == "terms/black mass/payable/Li/value"
    cells = [f"{payable.value.address}=70 %", "case/npv/rate=7 %", "series/won/2026-Q1=1300"]
    loop = loop_of(tmp_path, cells=cells)
    payable = loop.terms_on("black mass", "payable")[-1]
    assert isinstance(payable, Payable)
    assert payable.value.number == 70
    assert loop.settings.npv is not None
    assert loop.settings.npv.rate.number == 7
    assert loop.series["won"].line.in_month(loop.calendar.first) == 1300


def test_every_quantity_can_be_set_by_its_address(tmp_path: Path) -> None:
    loop = loop_of(tmp_path)
    addresses = [row.value.address for row in loop.terms if hasattr(row.value, "address")]
    addresses += [row.amount.upper.address for row in loop.contracts if row.amount.upper]
    addresses += [row.share.address for row in loop.owners]
    addresses += [lane.lead.address for lane in loop.lanes if lane.lead]
    addresses += [x.address for rows in loop.splits.values() for x in rows[0].components.values()]
    assert len(addresses) > 20
    for address in addresses:
        cell = [f"{address}=none of it"]
        findings = read_loop(tmp_path, cells=cell, library=LIBRARY).findings
        assert findings
        assert all(x.where.startswith(f"--set {cell[0]}") for x in findings), address


@pytest.mark.parametrize(
    ("cell", "code", "hint"),
    [
        ("70 %", "address", 'write it as "sites/plant/model=hold"'),
        ("term/black mass/payable/Li/value=70 %", "unknown-name", "did you mean terms?"),
        ("terms/black mass/payable/Ly/value=70 %", "unknown-name", "payable/Li"),
        ("terms/black mass/payable/Li/price=70 %", "unknown-name", "known"),
        ("terms/black mass/payable/Li/of=Ni", "address", ""),
        ("terms/black mass/payable/Li/value=70", "unit", ""),
        ("case/step=day", "unknown-name", ""),
    ],
)
def test_what_cannot_be_set(tmp_path: Path, cell: str, code: str, hint: str) -> None:
    (finding,) = findings_of(tmp_path, JOINT, cells=[cell], library=LIBRARY)
    assert finding.code == code
    assert finding.where.startswith(f"--set {cell}")
    assert hint in finding.hint


def test_a_shorter_horizon_leaves_rows_out_and_lists_them(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, cells=["case/periods=2026-Q1"])
    assert [step.name for step in loop.calendar.steps] == ["2026-Q1"]
    assert [x.sentence for x in loop.warnings if x.code == "never"] == [
        "the site plant is in force in no month of 2026-Q1..2026-Q1",
        *[
            f"the contract {name} is in force in no month of 2026-Q1..2026-Q1"
            for name in ("scrap", "black mass", "black mass market", "copper")
        ],
    ]


def test_owners_hold_their_share_until_their_next_row(tmp_path: Path) -> None:
    loop = loop_of(tmp_path)
    for day, share in ((date(2026, 1, 1), 51), (date(2028, 12, 31), 51), (date(2029, 1, 1), 60)):
        assert loop.owners_of("Venture", day)["Trader"].number == share


def test_a_term_holds_until_the_next_row_of_its_kind(tmp_path: Path) -> None:
    row = "copper,payable,Cu,,,85 %,,,,,\n"
    files = changed("terms.csv", row, row + "copper,payable,Cu,,2028,90 %,,,,,\n")
    terms = loop_of(tmp_path, files).terms_on("copper")
    assert [(term.starts, term.ends) for term in terms] == [
        (None, date(2027, 12, 31)),
        (date(2028, 1, 1), None),
    ]


def test_parameters_of_a_model_are_the_default_of_its_sites(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, switches={"second": True})
    annex, factory = loop.models["annex"], loop.models["factory"]
    assert isinstance(annex, CellLines)
    assert isinstance(factory, CellLines)
    assert annex.reject.number == 5
    start = loop.calendar.first
    assert factory.reject.in_month(start, "%").tolist() == [22.5]
    assert factory.reject.in_month(start + 60, "%").tolist() == [5.0]
    assert annex.scrap["formed cells"].of == "rejects"


def test_a_cycle_without_a_lead_is_found(tmp_path: Path) -> None:
    row = "salts market,works,salts,outside,60 % of made,2,,,,\n"
    back = row.replace("60 %", "30 %") + "return,works,salts,plant,30 % of made,3,,,,\n"
    files = changed("contracts.csv", row, back)
    assert findings_of(tmp_path, files, library=LIBRARY) == ()
    files = changed("lanes.csv", "2 months", "", files)
    (finding,) = findings_of(tmp_path, files, library=LIBRARY)
    assert (finding.code, finding.where) == ("cycle", "contracts.csv:9")
    assert "plant -> works -> plant" in finding.found or "works -> plant" in finding.found


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "words"),
    [
        (
            "parameters.csv",
            "13500 t/yr,12000 t/yr,14000 t/yr",
            "13.5 t/yr,,",
            "slip",
            "13,500 t/yr",
        ),
        ("series.csv", "Ni,USD/t", "Ni,USD/kg", "slip", "is its unit USD/t?"),
        ("series.csv", "Li2CO3,USD/kg", "Li2CO3,USD/t", "slip", "is its unit USD/kg?"),
        ("lanes.csv", "990 km", "990000 km", "slip", "990 km"),
        ("terms.csv", "9 t CO2e/t", "9000 t CO2e/t", "slip", "9 tCO2e/t"),
        ("series.csv", "\nCu,", "\nspare,t/yr,1,,,,,,,,,\nCu,", "unused", "series spare"),
        ("parties.csv", "\nSecond", "\nTraders,twice,JP,\nSecond", "alike", "Traders"),
        ("parties.csv", "\nSecond", "\nSpare,unused,JP,\nSecond", "unused", "party Spare"),
        ("lanes.csv", "\nannex", "\ncathode,plant,,,9 km,,,\nannex", "unused", "from cathode"),
    ],
)
def test_a_slip_is_warned_of(
    tmp_path: Path, name: str, old: str, new: str, code: str, words: str
) -> None:
    loop = loop_of(tmp_path, changed(name, old, new), library=LIBRARY)
    assert code in {warning.code for warning in loop.warnings}
    assert any(words in str(warning) for warning in loop.warnings)


KRONE = "\nCu,", "\nkrone,CNY/USD,7,,,,,,,,,\nCu,"


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("parameters.csv", "\nhazmat,payload", "\nhazmat,packaging,,9 CNY/t,,,,\nhazmat,payload"),
        ("lanes.csv", "180 USD/t", "180 CNY/t"),
        ("terms.csv", "1.2 M USD/yr", "1.2 M CNY/yr"),
    ],
)
def test_a_rate_of_exchange_is_used_by_each_cell_of_its_currency(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    rated = changed("series.csv", *KRONE)
    idle = loop_of(tmp_path / "idle", rated, library=LIBRARY)
    assert any("no row uses the series krone" in str(x) for x in idle.warnings)
    used = loop_of(tmp_path / "used", changed(name, old, new, rated), library=LIBRARY)
    assert not [str(x) for x in used.warnings if "krone" in str(x)]
    (finding,) = findings_of(tmp_path / "none", changed(name, old, new), library=LIBRARY)
    assert (finding.code, finding.expected) == ("missing", "a rate of CNY in USD")


@pytest.mark.parametrize(("lag", "numbers"), [("M", 7), ("M+1", 6)])
def test_a_column_that_only_a_later_price_needs_is_not_left_out(
    tmp_path: Path, lag: str, numbers: int
) -> None:
    """Black mass of December 2028 is paid at the nickel of the month after: 2029 is needed."""
    files = {**JOINT, "terms.csv": JOINT["terms.csv"].replace(",M+1,", f",{lag},")}
    cells = ["case/periods=2026-Q1..2028-Q4"]
    loop = loop_of(tmp_path, files, library=LIBRARY, cells=cells)
    (warning,) = (x for x in loop.warnings if x.code == "left-out")
    assert str(warning).startswith(
        f"case/periods: left-out: {numbers} numbers of series in 3 later columns"
    )


def test_a_loop_is_also_one_workbook_both_ways(tmp_path: Path) -> None:
    folder = write_loop(tmp_path / "joint")
    book = copy_loop(folder, tmp_path / "joint.xlsx")
    again = copy_loop(book, tmp_path / "again")
    for name in JOINT:
        if name.endswith(".csv"):
            assert (again / name).read_text() == JOINT[name], name
    one, two, three = load(folder), load(book), load(again)
    assert one.contracts[2].where == "contracts.csv:4"
    assert two.contracts[2].where == "joint.xlsx[contracts]:4"
    assert one.settings.npv is not None
    assert three.settings.npv is not None
    assert one.settings.npv.rate.number == three.settings.npv.rate.number
    assert one.settings.npv.rate.address == "case/npv/rate"
    for loop in (two, three):
        assert {k: v.line for k, v in loop.series.items()} == {
            k: v.line for k, v in one.series.items()
        }
        assert [row.address for row in loop.terms] == [row.address for row in one.terms]
        assert loop.settings.calendar == one.settings.calendar


def test_cells_that_a_spreadsheet_made_of_texts_are_read(tmp_path: Path) -> None:
    from openpyxl import load_workbook

    book = copy_loop(write_loop(tmp_path / "joint"), tmp_path / "joint.xlsx")
    workbook = load_workbook(book)
    sites, owners, series = workbook["sites"], workbook["owners"], workbook["series"]
    sites["E3"] = datetime(2026, 4, 1)
    owners["D2"] = 0.51
    owners["D2"].number_format = "0%"
    series["G1"] = 2027
    series["C4"] = 15500
    workbook.save(book)
    loop = load(book)
    assert loop.sites["plant"].starts == date(2026, 4, 1)
    assert loop.owners[0].share.number == 51


def test_an_error_in_a_workbook_has_its_sheet_and_row(tmp_path: Path) -> None:
    files = changed("sites.csv", "works,Refiner", "works,Refinery")
    book = copy_loop(write_loop(tmp_path / "joint", files), tmp_path / "joint.xlsx")
    (finding,) = read_loop(book).findings
    assert finding.where == "joint.xlsx[sites]:4, party"


def test_findings_of_all_files_come_at_once(tmp_path: Path) -> None:
    files = changed("sites.csv", "works,Refiner", "works,Refinery")
    files = changed("terms.csv", "M+1,,,\nblack mass,payable", "M+1,,,\nblack,payable", files)
    files = changed("series.csv", "Ni,USD/t", "Ni,USD/ton", files)
    files = changed("case.toml", 'rate = "9 %"', 'rate = "9"', files)
    with pytest.raises(InputError) as error:
        load(write_loop(tmp_path, files))
    places = {finding.where.partition(":")[0] for finding in error.value.findings}
    assert places == {"case.toml", "series.csv", "sites.csv", "terms.csv"}


def test_other_places_than_a_loop(tmp_path: Path) -> None:
    (finding,) = read_loop(tmp_path / "nothing").findings
    assert finding.code == "file"
    empty = tmp_path / "empty"
    empty.mkdir()
    (finding,) = read_loop(empty).findings
    assert (finding.code, finding.where) == ("file", "case.toml")
    shutil.copytree(STARTER, tmp_path / "more")
    (tmp_path / "more" / "notes.csv").write_text("a,b\n1,2\n")
    (finding,) = read_loop(tmp_path / "more").findings
    assert (finding.code, finding.where) == ("unknown-name", "notes.csv:1")
    (finding,) = read_loop(STARTER, switches={"on": True}).findings
    assert (finding.code, finding.where) == ("unknown-name", "--switch")


def test_tolling_can_be_written(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, TOLLING)
    assert loop.warnings == ()
    assert len(loop.calendar.steps) == 12
    (toll,) = [row for row in loop.contracts if row.contract == "toll"]
    (returned,) = loop.terms_on("toll", "return")
    assert isinstance(returned, Return)
    assert (toll.title, returned.lag.months, returned.lag.arrival) == ("stays", 2, True)
    assert returned.when is not None
    assert returned.when.comparisons[0].limit.over(loop.calendar.steps[0], "t/yr")[0] == (
        pytest.approx(360)
    )
    assert [loop.seller(row) for row in loop.contracts] == ["Maker", "Maker", "Refiner", "outside"]


def test_returns_at_end_of_life_can_be_written(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, END_OF_LIFE)
    assert loop.warnings == ()
    fleet, yard = loop.models["roads"], loop.models["yard"]
    assert isinstance(fleet, Fleet)
    assert isinstance(yard, Hold)
    assert fleet.lifetime["packs"].shape == 2.8
    first = loop.calendar.first
    sold = [fleet.sales["packs"].in_month(first + 12 * k, "pack/yr")[0] for k in (-10, 0)]
    assert sold == pytest.approx([10000, 10000 * 1.1**10])
    assert yard.stay["old packs"].in_month(first, "month").tolist() == pytest.approx([18])
    assert loop.goods["packs"].mass is not None


def test_a_lifetime_in_time_needs_a_value_in_each_month(tmp_path: Path) -> None:
    files = changed("parameters.csv", "weibull 2.8, 12 yr", "weibull 2.8, life", END_OF_LIFE)
    files["series-life.csv"] = "series,unit,2025\nlife,yr,12\n"
    (finding,) = findings_of(tmp_path / "short", files, library=LIBRARY)
    assert str(finding).startswith("series-life.csv:2: missing: value of life in 2026-01")
    years = ",".join(map(str, range(2025, 2046)))
    files["series-life.csv"] = f"series,unit,{years}\nlife,yr,12{20 * ','}\n"
    assert findings_of(tmp_path / "whole", files, library=LIBRARY) == ()


def test_a_grade_is_one_of_the_list(tmp_path: Path) -> None:
    head, *rows = JOINT["owners.csv"].splitlines()
    text = "\n".join([f"{head},grade", *(f"{row},D" for row in rows), ""])
    findings = findings_of(tmp_path, {**JOINT, "owners.csv": text}, library=LIBRARY)
    places = [f"owners.csv:{line}, grade: unknown-name" for line in range(2, 6)]
    assert [f"{x.where}: {x.code}" for x in findings] == places


def test_a_run_sets_a_list_of_the_settings(tmp_path: Path) -> None:
    loop = loop_of(tmp_path, cells=["case/recycled/readings=regulation; all"])
    assert loop.settings.recycled.readings == ("regulation", "all")


MILL = '''\
"""A mill."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.loop import Measure, Quantity, SiteModel


@dataclass(frozen=True, kw_only=True)
class Mill(SiteModel):
    """Grinds what arrives."""

    model = "mill"

    power: Annotated[Quantity, Measure("kWh/t"), "electricity of grinding"]

    def run(self, feed, orders, now):
        """Nothing: the test only reads."""
'''


def test_a_site_model_of_ones_own_is_a_python_file_that_the_case_names(tmp_path: Path) -> None:
    files = changed("case.toml", 'step = "period"', 'step = "period"\nplugins = ["mill.py"]')
    files = changed("sites.csv", "cathode,Refiner,make to order", "cathode,Refiner,mill", files)
    files = changed("contracts.csv", "cathode,as needed", "cathode,10 t/yr", files)
    files["mill.py"] = MILL
    (finding,) = findings_of(tmp_path, files, library=LIBRARY)
    assert str(finding).startswith("sites.csv:5: missing: parameter power of cathode is missing")
    row = "hazmat,price"
    files = changed("parameters.csv", row, f"cathode,power,,31 kWh/t,,,,\n{row}", files)
    model = loop_of(tmp_path, files, library=LIBRARY).models["cathode"]
    assert type(model).__name__ == "Mill"
    files = changed("parameters.csv", "31 kWh/t", "31 kW", files)
    (finding,) = findings_of(tmp_path, files, library=LIBRARY)
    assert (finding.where, finding.code) == ("parameters.csv:14, value", "unit")
    with pytest.raises(InputError, match="class Mill: plugin: expected a class with run") as error:
        loop_of(tmp_path, changed("mill.py", "def run", "def runs", files), library=LIBRARY)
    follows(error.value, "write run(self, feed, orders, now) in it")
    files = changed("case.toml", "mill.py", "mil.py", files)
    assert "case.toml:4, plugins" in {x.where for x in findings_of(tmp_path, files)}


FLOWSHEET = """\
[flowsheet]
name = "a sieve"
components = ["graphite", "copper"]

[feeds.scrap]
unit = "kg/h"
flow = { graphite = 600, copper = 400 }

[units.sieve]
kind = "sieve"
streams = { feed = "scrap", undersize = "black mass", oversize = "foil" }
to_undersize = { graphite = 0.95, copper = 0.05 }
"""


def test_a_process_is_a_flowsheet_file_beside_the_tables(tmp_path: Path) -> None:
    files = changed("sites.csv", "preprocessing", "sieve.toml")
    (finding,) = findings_of(tmp_path, files, library=LIBRARY)
    assert (finding.where, finding.code) == ("sites.csv:3, process", "unknown-name")
    files["sieve.toml"] = FLOWSHEET
    assert findings_of(tmp_path, files, library=LIBRARY) == ()
    files["sieve.toml"] = FLOWSHEET.replace('"sieve"\n', '"siev"\n')
    (finding,) = findings_of(tmp_path, files, library=LIBRARY)
    assert finding.where.startswith("sieve.toml:")


def test_a_row_of_series_holds_when_its_switch_is_on() -> None:
    place = Path(__file__).parents[2] / "cases" / "integrated"
    for on, number in ((False, 10000.0), (True, 17140.0)):
        price = load(place, switches={"dear_lithium": on}).series["Li2CO3"]
        assert price.line.numbers[0] == number
