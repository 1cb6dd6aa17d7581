"""Wrong files: a wrong cell, file, mapping or workbook a line, each with its finding."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import pytest
from import_case import FILES, MAPS, edited, findings_of, is_seen, open_book, workbook, write_files
from openpyxl import Workbook

from loopbook.book.imports.importing import import_file
from loopbook.errors import MissingExtraError

# kind, cells that are changed, the finding's code, its place, and something that it says
CELLS = [
    ("tickets", {(3, "Lot"): "L-9"}, "unknown-name", "tickets.csv:3, Lot", "did you mean L-"),
    ("tickets", {(2, "From"): "LGE"}, "unknown-name", "tickets.csv:2, From", "did you mean LGES?"),
    (
        "tickets",
        {(2, "Material"): "cathod foil"},
        "unknown-name",
        "tickets.csv:2, Material",
        "did you mean cathode foil",
    ),
    ("tickets", {(2, "From"): ""}, "missing", "tickets.csv:2, From", "an empty cell"),
    ("tickets", {(2, "Ticket"): ""}, "missing", "tickets.csv:2, Ticket", "a ticket"),
    ("tickets", {(2, "Lot"): "L-1"}, "duplicate", "tickets.csv:2, Lot", "L-1 exists"),
    ("tickets", {(2, "Lot"): "L/10"}, "name", "tickets.csv:2, Lot", "without slash"),
    ("tickets", {(4, "Lot"): "L-10"}, "duplicate", "tickets.csv:4, Lot", "L-10 exists"),
    (
        "tickets",
        {(3, "Ticket"): "T-1"},
        "duplicate",
        "tickets.csv:3, Ticket",
        "T-1 is in the book as w2",
    ),
    ("tickets", {(3, "Ticket"): "T-10"}, "duplicate", "tickets.csv:3", "csv:2 with another"),
    (
        "tickets",
        {(2, "Gross"): "10", (2, "Tare"): "30.1"},
        "weights",
        "tickets.csv:2, Gross",
        "are they swapped?",
    ),
    (
        "tickets",
        {(3, "Gross"): "10", (3, "Net"): "0"},
        "weights",
        "tickets.csv:3, Gross",
        "gross above tare",
    ),
    (
        "tickets",
        {(2, "Net"): "20.2"},
        "weights",
        "tickets.csv:2, Net",
        "found 20200 kg, difference 100 kg",
    ),
    ("tickets", {(2, "Gross"): "-30.1"}, "negative", "tickets.csv:2, Gross", "found -30100"),
    ("tickets", {(2, "Gross"): "NaN"}, "not-finite", "tickets.csv:2, Gross", "NaN"),
    ("tickets", {(2, "Gross"): "inf"}, "not-finite", "tickets.csv:2, Gross", "inf"),
    (
        "tickets",
        {(2, "Gross"): "30,1"},
        "not-a-number",
        "tickets.csv:2, Gross",
        'write decimal = ","',
    ),
    (
        "tickets",
        {(2, "Gross"): "1,030.1"},
        "not-a-number",
        "tickets.csv:2, Gross",
        'thousands = ","',
    ),
    (
        "tickets",
        {(2, "Gross"): "1 030"},
        "not-a-number",
        "tickets.csv:2, Gross",
        'write thousands = " "',
    ),
    ("tickets", {(2, "Gross"): "30.1 ton"}, "unit", "tickets.csv:2, Gross", "short_ton"),
    ("tickets", {(2, "Gross"): "30.1 kWh"}, "unit", "tickets.csv:2, Gross", "a unit of mass"),
    ("tickets", {(2, "Gross"): "30,1 t"}, "not-a-number", "tickets.csv:2, Gross", 'decimal = ","'),
    ("tickets", {(2, "Ni"): "31.5 kg"}, "unit", "tickets.csv:2, Ni", "a share"),
    ("tickets", {(2, "Gross"): "1_0"}, "not-a-number", "tickets.csv:2, Gross", "1_0"),
    ("tickets", {(2, "Gross"): "٣٠"}, "not-a-number", "tickets.csv:2, Gross", "٣٠"),
    ("tickets", {(2, "Gross"): "1e99"}, "too-large", "tickets.csv:2, Gross", "at most 1e9 kg"),
    ("tickets", {(2, "Gross"): "1e999999999"}, "not-a-number", "tickets.csv:2, Gross", "1e9"),
    ("tickets", {(2, "Gross"): "#REF!"}, "formula-error", "tickets.csv:2, Gross", "#REF!"),
    ("tickets", {(2, "Lot"): "#N/A"}, "formula-error", "tickets.csv:2, Lot", "correct the formula"),
    ("tickets", {(2, "Gross"): "####"}, "formula-error", "tickets.csv:2, Gross", "####"),
    ("tickets", {(2, "Gross"): ""}, "missing", "tickets.csv:2, Gross", "a gross"),
    ("tickets", {(2, "Unit"): "ton"}, "unit", "tickets.csv:2, Tare", "short_ton (907.18474 kg)"),
    ("tickets", {(2, "Unit"): "mt"}, "unit", "tickets.csv:2, Tare", "a tonne is t"),
    ("tickets", {(2, "Unit"): "kWh"}, "unit", "tickets.csv:2, Tare", "a unit of mass"),
    ("tickets", {(2, "Unit"): ""}, "unit", "tickets.csv:2, Tare", "found none"),
    ("tickets", {(2, "Ni"): "96.5"}, "share", "tickets.csv:2", "sum to 1.005"),
    ("tickets", {(2, "Ni"): "131.5"}, "share", "tickets.csv:2, Ni", "1.315 kg/kg"),
    ("tickets", {(2, "Ni"): "-1"}, "share", "tickets.csv:2, Ni", "0..1"),
    (
        "tickets",
        {(2, "Date"): "13/02/2026 08:15"},
        "date",
        "tickets.csv:2, Date",
        'date_format = "%d/%m/%Y %H:%M"',
    ),
    ("tickets", {(2, "Date"): "03/02/26 08:15"}, "date", "tickets.csv:2, Date", "03/02/26"),
    (
        "tickets",
        {(2, "Date"): "46083.34"},
        "date",
        "tickets.csv:2, Date",
        "2026-03-02 08:09:36: then write date_format",
    ),
    ("tickets", {(2, "Date"): ""}, "missing", "tickets.csv:2, Date", "a date and time"),
    (
        "tickets",
        {(2, "Date"): "03/02/2062 08:15"},
        "future",
        "tickets.csv:2, Date",
        "not after now",
    ),
    (
        "tickets",
        {(2, "Date"): "03/02/0026 08:15"},
        "date",
        "tickets.csv:2, Date",
        "a year from 1990 on",
    ),
    (
        "tickets",
        {(2, "Date"): "11/02/2025 01:30"},
        "time",
        "tickets.csv:2, Date",
        "clocks are changed",
    ),
    (
        "tickets",
        {(2, "Date"): "03/08/2026 02:30"},
        "time",
        "tickets.csv:2, Date",
        "a local time that comes once",
    ),
    ("assays", {(2, "Lot"): "L1"}, "unknown-name", "assays.csv:2, Lot", "did you mean L-1"),
    (
        "assays",
        {(2, "Stage"): "preliminary"},
        "unknown-name",
        "assays.csv:2, Stage",
        "provisional, exchanged",
    ),
    ("assays", {(2, "Basis"): ""}, "missing", "assays.csv:2, Basis", "a basis"),
    ("assays", {(2, "Basis"): "wet"}, "unknown-name", "assays.csv:2, Basis", "wet"),
    ("assays", {(2, "H2O"): ""}, "missing", "assays.csv:2, H2O", "moisture of a dry assay"),
    ("assays", {(2, "H2O"): "115"}, "share", "assays.csv:2, H2O", "1.15 kg/kg"),
    (
        "assays",
        {(3, "Ni"): "", (3, "Co"): "", (3, "U(Ni)"): ""},
        "empty",
        "assays.csv:3",
        "at least one analyte",
    ),
    ("assays", {(3, "Ni"): "<0.01"}, "censored", "assays.csv:3, U(Ni)", "leave out"),
    ("assays", {(3, "Ni"): ""}, "missing", "assays.csv:3, U(Ni)", "its uncertainty alone"),
    ("assays", {(3, "Ni"): "97", (3, "Co"): "41000"}, "share", "assays.csv:3", "sum to 1.01"),
    (
        "assays",
        {(2, "Date"): "2026-03-05T10:00:00"},
        "time",
        "assays.csv:2, Date",
        "write time_zone =",
    ),
    ("assays", {(2, "Date"): "5 March"}, "date", "assays.csv:2, Date", "name its form"),
    (
        "assays",
        {(4, "Stage"): "provisional"},
        "duplicate",
        "assays.csv:4",
        "assays.csv:2 with another",
    ),
    (
        "stock",
        {(2, "Menge"): "12500.5"},
        "not-a-number",
        "stock.csv:2, Menge",
        'write decimal = "."',
    ),
    ("stock", {(2, "Menge"): "12.50"}, "not-a-number", "stock.csv:2, Menge", "12.50"),
    ("stock", {(3, "Menge"): "0"}, "empty", "stock.csv:3, Menge", "above zero"),
    ("stock", {(3, "Menge"): ""}, "missing", "stock.csv:3, Menge", "a mass"),
    ("stock", {(2, "Menge"): "31.000"}, "limit", "stock.csv:2", "31,000 kg of black"),
    (
        "stock",
        {(2, "Eigentümer"): "Müller"},
        "unknown-name",
        "stock.csv:2, Eigentümer",
        "known: LGES, TTC",
    ),
    ("runs", {(4, "Mass"): "13000"}, "heavier", "runs.csv:2", "outputs weigh 13,150 kg"),
    ("runs", {(3, "Mass"): "5001"}, "negative", "runs.csv:3, Lot", "L-2 holds 5,000 kg at GMBI"),
    ("runs", {(3, "Lot"): "L-7"}, "unknown-name", "runs.csv:3, Lot", "did you mean L-"),
    ("runs", {(3, "Lot"): "L-3"}, "hold", "runs.csv:3, Lot", "L-3 is on hold: wet"),
    ("runs", {(3, "Lot"): "L-1"}, "duplicate", "runs.csv:3, Lot", "each input lot once"),
    ("runs", {(3, "Lot"): ""}, "missing", "runs.csv:3, Lot", "a lot"),
    ("runs", {(4, "Lot"): "L-3"}, "duplicate", "runs.csv:4, Lot", "L-3 exists"),
    ("runs", {(4, "Material"): ""}, "missing", "runs.csv:4, Material", "a material"),
    ("runs", {(4, "Mass"): ""}, "missing", "runs.csv:4, Mass", "a mass"),
    (
        "runs",
        {(4, "Material"): "blck mass"},
        "unknown-name",
        "runs.csv:4, Material",
        "did you mean black mass",
    ),
    ("runs", {(4, "Ni"): "0.97"}, "share", "runs.csv:4", "sum to 1.01"),
    (
        "runs",
        {(6, "Ni"): "0.97", (6, "Co"): "0.97"},
        "share",
        "runs.csv:6, Mass",
        "sum to at most 1",
    ),
    (
        "runs",
        {(2, "Role"): "feed"},
        "unknown-name",
        "runs.csv:2, Role",
        "input, output, emission or waste",
    ),
    ("runs", {(2, "Role"): ""}, "missing", "runs.csv:2, Role", "a role"),
    ("runs", {(3, "Site"): "Ulsan"}, "differs", "runs.csv:3, Site", "GMBI, as in line 2"),
    (
        "runs",
        {(2, "Site"): "Ulsan", (3, "Site"): "Ulsan"},
        "place",
        "runs.csv:2, Lot",
        "it is at GMBI",
    ),
    ("runs", {(3, "Date"): "2026-03-08T06:00:00Z"}, "differs", "runs.csv:3, Date", "as in line 2"),
    ("runs", {(2, "Site"): ""}, "missing", "runs.csv:2, Site", "a site"),
    ("runs", {(7, "Run"): "R-1"}, "differs", "runs.csv:7, Date", "as in line 2"),
]


@pytest.mark.parametrize(
    ("kind", "cells", "code", "where", "says"),
    CELLS,
    ids=[f"{k}-{c}-{i}" for i, (k, _, c, *_) in enumerate(CELLS)],
)
def test_a_wrong_cell_is_found(
    shared: Path,
    tmp_path: Path,
    kind: str,
    cells: dict[tuple[int, str], str],
    code: str,
    where: str,
    says: str,
) -> None:
    file, mapping = write_files(tmp_path, kind, edited(kind, cells))
    found = findings_of(shared, file, mapping, kind)
    assert is_seen(found, code, where, says), "\n".join(map(str, found))


GOOD = FILES["tickets"].encode()
HEAD = GOOD.splitlines(keepends=True)[0]

# name, bytes of tickets.csv, what is changed in its mapping, code, place, something that it says
BYTES = [
    ("empty", b"", {}, "empty", "tickets.csv:1", "a header and rows"),
    ("header only", HEAD, {}, "empty", "tickets.csv:1", "rows below the header"),
    ("blank lines", b"\n\n", {}, "empty", "tickets.csv:1", "nothing there"),
    ("cut in a row", GOOD[:-30], {}, "file-truncated", "tickets.csv:5", "open_end = true"),
    ("cut at a row's end", GOOD[:-1], {}, "file-truncated", "tickets.csv:5", "looks cut off"),
    ("open quotes", GOOD + b'T-9,"L', {}, "file-truncated", "tickets.csv:6", "never closed"),
    ("few columns", GOOD + b"T-9,L-9\n", {}, "columns", "tickets.csv:6", "found 2 columns"),
    (
        "many columns",
        GOOD.replace(b"30.1", b"30,1"),
        {},
        "columns",
        "tickets.csv:2",
        "put a cell with ',' in quotes",
    ),
    (
        "Latin-1",
        GOOD.replace(b"LGES", b"M\xfcller"),
        {},
        "encoding",
        "tickets.csv:2",
        "Müller in cp1252",
    ),
    (
        "UTF-16",
        GOOD.decode().encode("utf-16"),
        {},
        "encoding",
        "tickets.csv:1",
        'encoding = "utf-16"',
    ),
    (
        "UTF-16 without mark",
        GOOD.decode().encode("utf-16-le"),
        {},
        "encoding",
        "tickets.csv:1",
        "utf-16-le",
    ),
    (
        "UTF-8 named cp1252",
        GOOD.replace(b"LGES", "Müller".encode()),
        {"[file]": '[file]\nencoding = "cp1252"'},
        "encoding",
        "tickets.csv:2",
        'encoding = "utf-8"',
    ),
    (
        "marked, named cp1252",
        b"\xef\xbb\xbf" + GOOD,
        {"[file]": '[file]\nencoding = "cp1252"'},
        "encoding",
        "tickets.csv:1",
        'encoding = "utf-8-sig"',
    ),
    (
        "damaged before",
        GOOD.replace(b"LGES", "M\ufffdller".encode()),
        {},
        "encoding",
        "tickets.csv:2",
        "damaged before",
    ),
    (
        "a column missing",
        GOOD.replace(b"Gross", b"Grss"),
        {},
        "missing-column",
        "tickets.csv:1",
        "did you mean Grss?",
    ),
    (
        "a header twice",
        GOOD.replace(b"Net", b"Gross"),
        {},
        "duplicate",
        "tickets.csv:1",
        "2 columns 'Gross'",
    ),
    (
        "another delimiter",
        GOOD.replace(b",", b";"),
        {},
        "missing-column",
        "tickets.csv:1",
        'delimiter = ";"',
    ),
    ("the header elsewhere", b"Report\n" + GOOD, {}, "missing-column", "tickets.csv:1", "'Ticket'"),
    (
        "Excel's first line",
        b"sep=,\n" + GOOD,
        {},
        "missing-column",
        "tickets.csv:1",
        "write header_line = 2",
    ),
    (
        "UTF-16 named UTF-8 with mark",
        b"\xfe\xff" + GOOD,
        {},
        "encoding",
        "tickets.csv:1",
        "the byte-order mark of UTF-16",
    ),
    ("a workbook", b"PK\x03\x04abc", {}, "file", "tickets.csv", "name it .xlsx"),
    ("an old workbook", b"\xd0\xcf\x11\xe0abc", {}, "file", "tickets.csv", "save it as XLSX"),
    (
        "a row twice",
        GOOD + GOOD.splitlines(keepends=True)[2],
        {},
        "duplicate",
        "tickets.csv:6",
        "the same as tickets.csv:3",
    ),
]


@pytest.mark.parametrize(
    ("data", "changes", "code", "where", "says"), [b[1:] for b in BYTES], ids=[b[0] for b in BYTES]
)
def test_a_wrong_file_is_found(
    shared: Path,
    tmp_path: Path,
    data: bytes,
    changes: dict[str, str],
    code: str,
    where: str,
    says: str,
) -> None:
    file, mapping = write_files(tmp_path, "tickets", data)
    for old, new in changes.items():
        mapping.write_text(mapping.read_text().replace(old, new))
    found = findings_of(shared, file, mapping, "tickets")
    assert is_seen(found, code, where, says), "\n".join(map(str, found))


# text of the right mapping, what stands there instead, code, line, something that it says
MAPPINGS = [
    ('unit = "t"', 'unit = "ton"', "unit", 9, "short_ton"),
    (
        '{ column = "Gross", unit = "t" }',
        '"Gross"',
        "unit",
        9,
        'write { column = "...", unit = "kg" }',
    ),
    ('{ column = "Ni", unit = "%" }', '"Ni"', "unit", 14, 'unit = "%"'),
    ('{ column = "Ni", unit = "%" }', '{ column = "Ni", unit = "kg" }', "unit", 14, "a share"),
    (
        '{ column = "Ni", unit = "%" }',
        '{ column = "Ni", unit = "%", k = 0 }',
        "type",
        14,
        "a column",
    ),
    (
        '{ column = "Ni", unit = "%" }',
        '{ column = "Ni", unit = "%", k = 2 }',
        "type",
        14,
        "k with uncertainties only",
    ),
    (
        '{ column = "Gross", unit = "t" }',
        '{ column = "Gross", unit = "t", unit_column = "Unit" }',
        "duplicate",
        9,
        "unit or unit_column",
    ),
    ('lot = "Lot"', 'lot = ""', "type", 7, "a column"),
    ("%m/%d/%Y %H:%M", "%m/%Q", "setting", 3, "bad directive"),
    ('{ column = "Ni", unit = "%" }', '{ colum = "Ni", unit = "%" }', "type", 14, "a column"),
    ('lot = "Lot"', 'lott = "Lot"', "unknown-name", 7, "did you mean lot?"),
    ('lot = "Lot"', "", "missing", 1, "lot: the lot weighed"),
    ('lot = "Lot"', "lot = 3", "type", 7, "found 3"),
    ('lot = "Lot"', 'lot = ["A", "B"]', "type", 7, "one column"),
    ('lot = "Lot"', 'lot = { column = "Lot", unit = "kg" }', "unit", 7, "lot is no number"),
    ('actor = "gate"', "", "missing", 1, "actor: who reports it"),
    ('actor = "gate"', 'lot = "L-1"', "duplicate", 18, "lot is both"),
    ('actor = "gate"', "actor = 7", "type", 18, "a text in quotation marks"),
    ('"20 kg"', '"20"', "unit", 22, "such as 20 kg"),
    ('"20 kg"', '"20 ton"', "unit", 22, "short_ton"),
    ('"20 kg"', '"NaN kg"', "not-finite", 22, "NaN"),
    ("America/New_York", "America/NewYork", "setting", 2, "did you mean America/New_York"),
    ("date_format =", 'encoding = "utf-9"\ndate_format =', "setting", 3, "an encoding, such as"),
    ("date_format =", 'delimiter = ";;"\ndate_format =', "setting", 3, "one sign"),
    ("date_format =", 'decimal = ";"\ndate_format =', "setting", 3, "a dot or a comma"),
    ("date_format =", 'thousands = "."\ndate_format =', "setting", 3, "another mark"),
    ("date_format =", "header_line = 0\ndate_format =", "setting", 3, "a line from 1 on"),
    ("date_format =", 'header_line = "2"\ndate_format =', "type", 3, "a whole number"),
    ("date_format =", "date_fromat =", "unknown-name", 3, "did you mean date_format"),
    ("[constants]", "[constant]", "unknown-name", 17, "did you mean constants?"),
    ("[words.material]", "[words.gross]", "unknown-name", 24, "a field with text"),
    (
        'shares.Ni = { column = "Ni", unit = "%" }\nshares.Co = { column = "Co", unit = "%" }',
        'shares = "Ni"',
        "type",
        14,
        "one a substance",
    ),
    ('"Lot"', '"Lot', "syntax", 7, "TOML"),
]


@pytest.mark.parametrize(("old", "new", "code", "line", "says"), MAPPINGS)
def test_a_wrong_mapping_is_found(
    shared: Path, tmp_path: Path, old: str, new: str, code: str, line: int, says: str
) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    assert old in MAPS["tickets"]
    mapping.write_text(MAPS["tickets"].replace(old, new, 1))
    found = findings_of(shared, file, mapping, "tickets")
    assert is_seen(found, code, f"tickets.toml:{line}", says), "\n".join(map(str, found))


# -- workbooks


WORKBOOKS = [
    ({"D2": "=30+0.1"}, {}, "formula-error", "tickets.xlsx:2, Gross", "let it calculate"),
    ({"D2": "#REF!"}, {}, "formula-error", "tickets.xlsx:2, Gross", "#REF!"),
    (
        {"D2": datetime(2026, 1, 30)},
        {},
        "not-a-number",
        "tickets.xlsx:2, Gross",
        "took the number for something else",
    ),
    ({"D2": True}, {}, "not-a-number", "tickets.xlsx:2, Gross", "True"),
    ({"D2": "30,1"}, {}, "not-a-number", "tickets.xlsx:2, Gross", 'decimal = ","'),
    (
        {"C2": 46083.34375},
        {"C2": "General"},
        "date",
        "tickets.xlsx:2, Date",
        'it is 2026-03-02 08:15:00: then write date_format = "excel"',
    ),
    ({"C2": None}, {}, "missing", "tickets.xlsx:2, Date", "a date and time"),
    ({"J2": 0.315}, {"J2": "0.0%"}, "unit", "tickets.xlsx:2, Ni", 'write unit = "1"'),
    ({"B2": 10.5}, {}, "text", "tickets.xlsx:2, Lot", "format the cells as text"),
    ({"B2": datetime(2026, 1, 1)}, {}, "text", "tickets.xlsx:2, Lot", "format the cells as text"),
    ({"D1": None}, {}, "missing-column", "tickets.xlsx:1", "'Gross'"),
    ({"F2": "ton"}, {}, "unit", "tickets.xlsx:2, Tare", "short_ton"),
]


@pytest.mark.parametrize(("cells", "forms", "code", "where", "says"), WORKBOOKS)
def test_a_wrong_workbook_is_found(
    shared: Path,
    tmp_path: Path,
    cells: dict[str, object],
    forms: dict[str, str],
    code: str,
    where: str,
    says: str,
) -> None:
    _, mapping = write_files(tmp_path, "tickets")
    file = workbook(tmp_path / "tickets.xlsx", cells, forms)
    found = findings_of(shared, file, mapping, "tickets")
    assert is_seen(found, code, where, says), "\n".join(map(str, found))


def test_a_workbook_that_is_none_is_found(shared: Path, tmp_path: Path) -> None:
    _, mapping = write_files(tmp_path, "tickets")
    whole = workbook(tmp_path / "tickets.xlsx", {}).read_bytes()
    for data, code in (
        (whole[: len(whole) // 2], "file-truncated"),
        (whole[:-8], "file-truncated"),
        (GOOD, "file"),
        (b"", "empty"),
        (b"PK\x03\x04", "file-truncated"),
    ):
        (tmp_path / "tickets.xlsx").write_bytes(data)
        found = findings_of(shared, tmp_path / "tickets.xlsx", mapping, "tickets")
        assert [f.code for f in found] == [code]
    assert findings_of(shared, tmp_path / "no.csv", mapping, "tickets")[0].code == "file"


def test_the_sheet_must_be_named_where_there_are_several(shared: Path, tmp_path: Path) -> None:
    _, mapping = write_files(tmp_path, "tickets")
    made = Workbook()
    made.create_sheet("Tickets")
    made.save(tmp_path / "a.xlsx")
    (found,) = findings_of(shared, tmp_path / "a.xlsx", mapping, "tickets")
    assert (found.code, found.found) == ("sheet", "Sheet, Tickets")
    mapping.write_text(MAPS["tickets"].replace("[file]", '[file]\nsheet = "Ticket"'))
    (found,) = findings_of(shared, tmp_path / "a.xlsx", mapping, "tickets")
    assert (found.code, found.hint) == ("unknown-name", "did you mean Tickets?")


def test_without_openpyxl_the_message_says_what_to_install(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, mapping = write_files(tmp_path, "tickets")
    file = workbook(tmp_path / "tickets.xlsx", {})
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with open_book(shared) as book, pytest.raises(MissingExtraError, match=r"loopbook\[xlsx\]"):
        import_file(book, file, mapping, kind="tickets")
