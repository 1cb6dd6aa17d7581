"""Loading: good cases load, and every slip is found with its kind and its line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from case_folder import GMBI, TOY, copy_case, replace_in
from hypothesis import given
from hypothesis import strategies as st

from loopbook.cases import compute, find_case, load_case
from loopbook.cases.folder.fields import PROVENANCE
from loopbook.cases.folder.schema import TABLES
from loopbook.errors import InputError, ShareError, UnitError
from loopbook.matter.library import Library, load_library

Edit = Callable[[Path], None]


def edit(file: str, old: str, new: str) -> Edit:
    return lambda folder: replace_in(folder / file, old, new)


def raw(file: str, change: Callable[[bytes], bytes]) -> Edit:
    def apply(folder: Path) -> None:
        path = folder / file
        path.write_bytes(change(path.read_bytes()))

    return apply


def drop(file: str) -> Edit:
    return lambda folder: (folder / file).unlink()


def add(file: str, text: str) -> Edit:
    return lambda folder: (folder / file).write_text(text, encoding="utf-8")


PATH_2030 = "young,2030,0.2,0.1,0.2,"
LINE_2031 = "line 1,2031,2,young,"
WRONG: dict[str, tuple[Edit, str, str, str]] = {
    # name: (change, code, place, text that the finding must hold)
    "unknown setting": (
        edit("case.toml", "route =", "ruote ="),
        "unknown-name",
        "case.toml:7",
        "did you mean route",
    ),
    "unknown setting in a table": (
        edit("case.toml", 'place = "there"', 'plaec = "there"'),
        "unknown-name",
        "case.toml:20",
        "did you mean place",
    ),
    "setting missing": (
        edit("case.toml", 'region = "Korea"\n', ""),
        "missing",
        "case.toml:1",
        "region",
    ),
    "unknown route": (
        edit("case.toml", '"direct"', '"hidro"'),
        "unknown-name",
        "case.toml:7",
        "hydro, pyro or direct",
    ),
    "ton": (edit("case.toml", "400 t/yr", "400 ton/yr"), "unit", "case.toml:23", "short_ton"),
    "capacity without a unit": (
        edit("case.toml", '"400 t/yr"', "400"),
        "unit",
        "case.toml:23",
        "such as 400 t/yr",
    ),
    "capacity in a wrong unit": (
        edit("case.toml", "400 t/yr", "400 kWh"),
        "unit",
        "case.toml:23",
        "kWh",
    ),
    "capacity negative": (
        edit("case.toml", "400 t/yr", "-400 t/yr"),
        "negative",
        "case.toml:23",
        "-400",
    ),
    "capacity without a source": (
        edit(
            "case.toml",
            '[plant.capacity]\nvalue = "400 t/yr"\ngrade = "assumption"\n',
            '[plant.capacity]\nvalue = "400 t/yr"\ngrade = "A"\n',
        ),
        "source",
        "case.toml:22",
        "source_id",
    ),
    "owners do not sum to 1": (
        edit("case.toml", "share = 0.25", "share = 0.35"),
        "share",
        "case.toml:51",
        "1.1",
    ),
    "owner in percent": (
        edit("case.toml", "share = 0.75", "share = 75"),
        "share",
        "case.toml:44",
        "not percent",
    ),
    "year far off": (
        edit("case.toml", "first_year = 2030", "first_year = 20300"),
        "year",
        "case.toml:2",
        "20300",
    ),
    "last year before the first": (
        edit("case.toml", "last_year = 2031", "last_year = 2029"),
        "year",
        "case.toml:3",
        "2029",
    ),
    "chemistry unknown": (
        edit("case.toml", 'chemistry = "NMC622"', 'chemistry = "NMC626"'),
        "unknown-name",
        "case.toml:5",
        "did you mean NMC622",
    ),
    "chemistry without a route": (
        edit("case.toml", 'chemistry = "NMC622"', 'chemistry = "LFP"'),
        "not-covered",
        "case.toml:5",
        "LFP",
    ),
    "lane unknown": (
        edit("case.toml", 'site = "here"\nlane = "road"', 'site = "here"\nlane = "rode"'),
        "unknown-name",
        "case.toml:16",
        "did you mean road",
    ),
    "capacity zero": (
        edit("case.toml", "400 t/yr", "0 t/yr"),
        "negative",
        "case.toml:23",
        "above 0",
    ),
    "owner twice": (
        edit("case.toml", 'id = "two"', 'id = "one"'),
        "duplicate",
        "case.toml:49",
        "one",
    ),
    "owner id that is no column name": (
        edit("case.toml", 'id = "two"', 'id = "No. 2"'),
        "name",
        "case.toml:49",
        "No. 2",
    ),
    "equipment year without an index": (
        edit("case.toml", "equipment_year = 2022", "equipment_year = 2026"),
        "unknown-name",
        "case.toml:11",
        "did you mean 2022",
    ),
    "payload zero": (
        edit("freight_rates.csv", "hazmat,payload,20", "hazmat,payload,0"),
        "negative",
        "freight_rates.csv:8",
        "above 0",
    ),
    "virgin compound without the metal": (
        edit("virgin.csv", "nickel,nickel,", "nickel,MnSO4,"),
        "not-covered",
        "virgin.csv:2",
        "contains Ni",
    ),
    "line that changes its path": (
        lambda folder: (
            edit("lines.csv", LINE_2031, "line 1,2031,2,old,")(folder),
            raw(
                "scrap_path.csv",
                lambda b: b + b"old,2030,0,0,0,,,assumption,x\nold,2031,0,0,0,,,assumption,x\n",
            )(folder),
        )[-1],
        "input",
        "lines.csv:3",
        "the path of line 1",
    ),
    "stated batteries without article": (
        edit("case.toml", 'region = "Korea"', 'region = "Korea"\nstated_batteries = "A6/x"'),
        "unknown-name",
        "case.toml:10",
        "article_numbers.csv",
    ),
    "TOML cut off": (
        raw("case.toml", lambda b: b[: b.index(b'"4') + 3]),
        "file-truncated",
        "case.toml:23",
        "",
    ),
    "TOML broken": (
        edit("case.toml", "first_year = 2030", "first_year = "),
        "syntax",
        "case.toml:2",
        "TOML",
    ),
    "unknown column": (
        edit("contract.csv", "contract_gwh", "contract_gwhs"),
        "unknown-name",
        "contract.csv:1",
        "did you mean contract_gwh",
    ),
    "column missing": (
        raw("running.csv", lambda b: re.sub(rb",[^,\n]*\n", b"\n", b)),
        "missing",
        "running.csv:1",
        "column note",
    ),
    "semicolons": (
        raw("contract.csv", lambda b: b.replace(b",", b";")),
        "columns",
        "contract.csv:1",
        "semicolons",
    ),
    "decimal comma": (
        edit("scrap_path.csv", PATH_2030, 'young,2030,"0,2",0.1,0.2,'),
        "not-a-number",
        "scrap_path.csv:2",
        "without a comma",
    ),
    "decimal comma without quotes": (
        edit("scrap_path.csv", PATH_2030, "young,2030,0,2,0.1,0.2,"),
        "columns",
        "scrap_path.csv:2",
        "put a cell with ',' in quotes",
    ),
    "no number": (
        edit("lines.csv", LINE_2031, "line 1,2031,two,young,"),
        "not-a-number",
        "lines.csv:3",
        "two",
    ),
    "number missing": (
        edit("lines.csv", LINE_2031, "line 1,2031,,young,"),
        "missing",
        "lines.csv:3",
        "made_gwh",
    ),
    "NaN": (
        edit("lines.csv", LINE_2031, "line 1,2031,nan,young,"),
        "not-finite",
        "lines.csv:3",
        "nan",
    ),
    "infinite": (
        edit("lines.csv", LINE_2031, "line 1,2031,inf,young,"),
        "not-finite",
        "lines.csv:3",
        "inf",
    ),
    "beyond floating point": (
        edit("lines.csv", LINE_2031, "line 1,2031,1e999,young,"),
        "not-finite",
        "lines.csv:3",
        "inf",
    ),
    "too large to be true": (
        edit("lines.csv", LINE_2031, "line 1,2031,1e300,young,"),
        "range",
        "lines.csv:3",
        "1e+15",
    ),
    "too small to be true": (
        edit("lines.csv", LINE_2031, "line 1,2031,1e-300,young,"),
        "range",
        "lines.csv:3",
        "1e-300",
    ),
    "blank rows alone": (add("lines.csv", ",,\n ,,\n"), "empty", "lines.csv:1", "nothing there"),
    "negative": (
        edit("lines.csv", LINE_2031, "line 1,2031,-2,young,"),
        "negative",
        "lines.csv:3",
        "-2",
    ),
    "share in percent": (
        edit("scrap_path.csv", PATH_2030, "young,2030,20,0.1,0.2,"),
        "share",
        "scrap_path.csv:2",
        "not percent",
    ),
    "share with a percent sign": (
        edit("scrap_path.csv", PATH_2030, "young,2030,20%,0.1,0.2,"),
        "not-a-number",
        "scrap_path.csv:2",
        "0.05 for 5 %",
    ),
    "loss of everything": (
        edit("scrap_path.csv", PATH_2030, "young,2030,1,0.1,0.2,"),
        "share",
        "scrap_path.csv:2",
        "below 1",
    ),
    "year twice": (
        edit("lines.csv", LINE_2031, "line 1,2030,2,young,"),
        "duplicate",
        "lines.csv:3",
        "first at lines.csv:2",
    ),
    "year missing": (
        raw("running.csv", lambda b: b"".join(b.splitlines(keepends=True)[:-1])),
        "missing-year",
        "running.csv:2",
        "no 2031",
    ),
    "year outside the case": (
        edit("lines.csv", LINE_2031, "line 1,2045,2,young,"),
        "year",
        "lines.csv:3",
        "2030..2031",
    ),
    "year absurd": (
        edit("lines.csv", LINE_2031, "line 1,9031,2,young,"),
        "year",
        "lines.csv:3",
        "1990..2100",
    ),
    "year no year": (
        edit("lines.csv", LINE_2031, "line 1,31,2,young,"),
        "year",
        "lines.csv:3",
        "such as 2030",
    ),
    "path unknown": (
        edit("lines.csv", LINE_2031, "line 1,2031,2,yung,"),
        "unknown-name",
        "lines.csv:3",
        "did you mean young",
    ),
    "file missing": (drop("lines.csv"), "file", "lines.csv", "a readable file"),
    "file empty": (add("lines.csv", ""), "empty", "lines.csv:1", "an empty file"),
    "header alone": (
        raw("lines.csv", lambda b: b.splitlines(keepends=True)[0]),
        "empty",
        "lines.csv:1",
        "rows below the header",
    ),
    "file cut off": (
        raw("prices.csv", lambda b: b[:-20]),
        "file-truncated",
        "prices.csv:19",
        "end its last line",
    ),
    "quotes not closed": (
        edit("lines.csv", LINE_2031, '"line 1,2031,2,young,'),
        "file-truncated",
        "lines.csv:3",
        "",
    ),
    "wrong encoding": (
        raw("sources.csv", lambda b: b.replace(b"The toy book", b"Das sch\xf6ne Buch")),
        "encoding",
        "sources.csv:2",
        "save the file as UTF-8",
    ),
    "file name slip": (
        add("line.csv", "a\n1\n"),
        "unknown-name",
        "line.csv",
        "did you mean lines.csv",
    ),
    "source unknown": (
        edit("contract.csv", "2030,1,toybook", "2030,1,toybok"),
        "source",
        "contract.csv:2",
        "did you mean toybook",
    ),
    "source missing": (
        edit("contract.csv", "2030,1,toybook", "2030,1,"),
        "source",
        "contract.csv:2",
        "mark it as an assumption",
    ),
    "assumption without a reason": (
        edit("running.csv", "2030,0.5,,,assumption,round", "2030,0.5,,,assumption,"),
        "source",
        "running.csv:2",
        "why this is assumed",
    ),
    "grade unknown": (
        edit("running.csv", "2030,0.5,,,assumption,", "2030,0.5,,,guess,"),
        "grade",
        "running.csv:2",
        "guess",
    ),
    "TODO": (
        edit("running.csv", "2030,0.5,,,assumption,round", "2030,0.5,,,assumption,TODO"),
        "todo",
        "running.csv:2",
        "TODO",
    ),
    "price per ton": (
        edit("prices.csv", "nickel,2030,20,USD/kg", "nickel,2030,20000,USD/ton"),
        "unit",
        "prices.csv:2",
        "short_ton",
    ),
    "price of wrong kind": (
        edit("prices.csv", "nickel,2030,20,USD/kg", "nickel,2030,20,kg/kWh"),
        "unit",
        "prices.csv:2",
        "USD/kg",
    ),
    "price without a unit": (
        edit("prices.csv", "nickel,2030,20,USD/kg", "nickel,2030,20,"),
        "unit",
        "prices.csv:2",
        "a unit",
    ),
    "metal without a price": (
        raw(
            "prices.csv",
            lambda b: b"".join(
                line for line in b.splitlines(keepends=True) if not line.startswith(b"cobalt")
            ),
        ),
        "missing",
        "prices.csv:17",
        "no cobalt",
    ),
    "library row unknown": (
        edit(
            "recoveries.csv",
            "preprocessing/generic/copper recovery",
            "preprocessing/generic/coper recovery",
        ),
        "unknown-name",
        "recoveries.csv:3",
        "did you mean copper recovery",
    ),
    "value and library row": (
        edit(
            "recoveries.csv",
            "preprocessing,copper recovery,,,",
            "preprocessing,copper recovery,0.9,1,",
        ),
        "duplicate",
        "recoveries.csv:3",
        "both",
    ),
    "recovery unknown": (
        edit("recoveries.csv", "direct,active material,", "direct,nickel,"),
        "unknown-name",
        "recoveries.csv:2",
        "active material",
    ),
    "recovery above 1": (
        edit("recoveries.csv", "direct,active material,0.8", "direct,active material,1.8"),
        "share",
        "recoveries.csv:2",
        "1.8",
    ),
    "metal unknown": (
        edit("payables.csv", "black mass,nickel", "black mass,nikel"),
        "unknown-name",
        "payables.csv:2",
        "nickel, cobalt",
    ),
    "scrap types do not sum to 1": (
        edit("scrap_types.csv", "electrodes,anode,1,", "electrodes,anode,0.9,"),
        "share",
        "scrap_types.csv:3",
        "0.9",
    ),
    "origin unknown": (
        edit("scrap_types.csv", "electrodes,anode,1,", "electrodes,anodes,1,"),
        "unknown-name",
        "scrap_types.csv:3",
        "cathode, anode or cells",
    ),
    "flag neither yes nor no": (
        edit("scrap_types.csv", "cells,cells,1,yes,yes", "cells,cells,1,yes,maybe"),
        "unknown-name",
        "scrap_types.csv:4",
        "yes or no",
    ),
    "switch unknown": (
        edit("clients.csv", "guest,guest,", "guest,gast,"),
        "unknown-name",
        "clients.csv:2",
        "did you mean guest",
    ),
    "client without output": (
        edit("clients.csv", "guest,guest,there", "gast,guest,there"),
        "unknown-name",
        "clients.csv:2",
        "client_output.csv",
    ),
    "foil unknown": (
        edit("case.toml", 'foil = "foil"', 'foil = "foyl"'),
        "unknown-name",
        "case.toml:10",
        "did you mean foil",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_slip_is_found_with_kind_and_place(name: str, tmp_path: Path) -> None:
    change, code, place, text = WRONG[name]
    folder = copy_case(TOY, tmp_path)
    change(folder)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    found = [f for f in caught.value.findings if f.code == code and f.where.startswith(place)]
    assert found, [str(f) for f in caught.value.findings]
    assert any(text in str(f) for f in found), [str(f) for f in found]


def test_all_slips_of_all_files_come_at_once(tmp_path: Path) -> None:
    folder = copy_case(TOY, tmp_path)
    for name in (
        "ton",
        "NaN",
        "share in percent",
        "source unknown",
        "price per ton",
        "grade unknown",
    ):
        WRONG[name][0](folder)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert {f.where.partition(":")[0] for f in caught.value.findings} == {
        "case.toml",
        "lines.csv",
        "scrap_path.csv",
        "contract.csv",
        "prices.csv",
        "running.csv",
    }


def test_one_kind_of_slip_raises_its_own_error(tmp_path: Path) -> None:
    folder = copy_case(TOY, tmp_path)
    WRONG["share in percent"][0](folder)
    with pytest.raises(ShareError):
        load_case(folder)
    other = copy_case(TOY, tmp_path / "other")
    WRONG["price per ton"][0](other)
    with pytest.raises(UnitError):
        load_case(other)


@pytest.mark.parametrize("folder", [GMBI, TOY], ids=["gmbi", "toy"])
def test_a_good_case_loads_and_every_number_has_a_source(folder: Path) -> None:
    case = load_case(folder)
    assert case.name == folder.name
    for row in case.inputs.values():
        if row.grade == "setting":
            continue
        assert row.grade == "assumption" or row.source in case.sources, row.key
        assert row.grade != "assumption" or row.note, row.key
        file, _, line = row.where.partition(":")
        assert (folder / file).read_text(encoding="utf-8").splitlines()[int(line) - 1], row.key


def test_numbers_are_in_the_unit_of_their_column(tmp_path: Path) -> None:
    folder = copy_case(TOY, tmp_path)
    replace_in(folder / "prices.csv", "nickel,2030,20,USD/kg", "nickel,2030,20000,USD/t")
    replace_in(folder / "freight.csv", "road,here,there,100,mile", "road,here,there,160.9344,km")
    case = load_case(folder)
    assert case.value("prices.csv", item="nickel", year=2030) == pytest.approx(20.0)
    assert case.value("freight.csv", lane="road") == pytest.approx(100.0)


def test_a_library_row_is_converted_and_keeps_its_source() -> None:
    case = load_case(GMBI)
    assert case.value("prices.csv", item="nickel", year=2030) == pytest.approx(17.1731)
    row = case.inputs["case/prices.csv/nickel/2030/value"]
    assert (row.source, row.unit) == ("worldbank", "USD/kg")
    assert "metal_prices/nickel/monthly price" in row.note


def test_a_case_is_found_by_path_and_by_name(tmp_path: Path) -> None:
    copy_case(TOY, tmp_path)
    assert find_case(TOY) == TOY
    assert find_case("toy", tmp_path) == tmp_path / "toy"
    with pytest.raises(InputError, match="did you mean toy"):
        find_case("tpy", tmp_path)


@cache
def packaged() -> Library:
    return load_library()


PIECES = [
    *(b"nan", b"-1", b"0", b"1", b"0.5", b"1e308", b"2030", b"99999", b"ton", b"USD/kg", b"yes"),
    *(b"", b'"', b",", b"\n", b"=", b"[", b"]", b"\x00", b"\xff", b"\xef\xbb\xbf"),
]


@given(
    name=st.sampled_from(sorted(path.name for path in TOY.iterdir())),
    at=st.floats(0.0, 1.0),
    length=st.integers(0, 20),
    piece=st.sampled_from(PIECES),
    cut=st.booleans(),
)
def test_a_damaged_file_never_gives_a_traceback(
    name: str, at: float, length: int, piece: bytes, *, cut: bool
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = copy_case(TOY, Path(scratch))
        good = (folder / name).read_bytes()
        begin = int(at * len(good))
        tail = b"" if cut else good[begin + length :]
        (folder / name).write_bytes(good[:begin] + piece + tail)
        with suppress(InputError):  # findings are right, any other exception is not
            compute(load_case(folder, packaged()))


def test_every_table_is_declared_once_and_ends_with_its_provenance() -> None:
    assert len({spec.name for spec in TABLES}) == len(TABLES)
    for spec in TABLES:
        names = {column.name for column in spec.fields}
        assert set(spec.key) <= names
        assert not spec.sourced or spec.columns[-len(PROVENANCE) :] == PROVENANCE
        assert all(column.meaning for column in spec.columns)
        assert (GMBI / spec.name).exists()
