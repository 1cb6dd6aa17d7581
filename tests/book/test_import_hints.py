"""Hints that name a setting are followed; workbooks that hold gigabytes; exports for sheets."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from decimal import Decimal
from pathlib import Path
from time import monotonic

import pytest
from import_case import held
from import_desk import STOCK, TICKETS, Desk, microseconds, stock_of, stock_sheet
from openpyxl import Workbook

from loopbook.book.exports import export_book
from loopbook.errors import Finding
from loopbook.tables.sheet import FileSettings, read_sheet
from support.advice import follows

# -- workbooks that are small and hold gigabytes


def bomb(path: Path, piece: bytes, times: int, *, part: str = "xl/worksheets/sheet1.xml") -> Path:
    """A workbook with more in a part, packed as it is written."""
    made = io.BytesIO()
    stock_sheet(("X-1", 20_000, 30)).save(made)
    end = b"</sheetData>" if "sheet1" in part else b"</styleSheet>"
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            raw = old.read(info)
            if info.filename != part:
                new.writestr(info.filename, raw)
                continue
            at = raw.index(end)
            with new.open(info.filename, "w") as file:
                for chunk in (raw[:at], *[piece * 1000] * (times // 1000), raw[at:]):
                    file.write(chunk)
    return path


FAR = b'<row r="2000000000"><c r="A2000000000"><v>1</v></c></row>'
XFD = b"".join(b'<row r="%d"><c r="XFD%d"><v>1</v></c></row>' % (k, k) for k in range(6, 1_500))


@pytest.mark.parametrize(
    ("piece", "times", "part"),
    [
        (FAR, 0, "sheet"),
        (XFD, 0, "sheet"),
        (b"<row/>", 20_000_000, "sheet"),
        (b"<c/>", 5_000_000, "sheet"),
        (b"x", 60_000_000, "sheet"),
        (b"<xf/>", 2_000_000, "styles"),
    ],
    ids=["far row", "far column", "empty rows", "cells", "text", "styles"],
)
def test_a_workbook_bomb_is_a_finding_in_a_moment(
    desk: Desk, piece: bytes, times: int, part: str
) -> None:
    name = "xl/styles.xml" if part == "styles" else "xl/worksheets/sheet1.xml"
    path = bomb(desk.folder / "bomb.xlsx", piece, times, part=name)
    if not times:
        path = once(path, piece)
    findings: list[Finding] = []
    begin = monotonic()
    assert read_sheet(path, FileSettings(), findings) is None
    assert monotonic() - begin < 5
    assert [f.code for f in findings] == ["too-large"]
    assert "save the sheet as CSV" in findings[0].hint


def once(path: Path, piece: bytes) -> Path:
    """The workbook with a piece once more at the end of its rows."""
    with zipfile.ZipFile(path) as old:
        parts = {info.filename: old.read(info) for info in old.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, raw in parts.items():
            new.writestr(name, raw.replace(b"</sheetData>", piece + b"</sheetData>"))
    return path


def test_a_cell_holds_no_more_text_than_in_excel(desk: Desk) -> None:
    path = desk.folder / "text.xlsx"
    stock_sheet(("X-1", 20_000, 30)).save(path)
    text = "".join(f"{k:x}" for k in range(20_000)).encode()
    once(path, b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + text + b"</t></is></c></row>")
    findings: list[Finding] = []
    assert read_sheet(path, FileSettings(), findings) is None
    assert [f.code for f in findings] == ["too-large"]


def test_a_workbook_with_a_far_cell_and_many_rows_is_read(desk: Desk) -> None:
    sheet = stock_sheet(*((f"X-{k}", 1, 30) for k in range(3_000)))
    sheet.active["XFD2"] = "note"
    sheet.save(desk.folder / "wide.xlsx")
    findings: list[Finding] = []
    read = read_sheet(desk.folder / "wide.xlsx", FileSettings(), findings)
    assert read is not None
    assert not findings
    assert len(read.rows) == 3_000


# -- exports


@pytest.mark.parametrize("lot", ["=HYPERLINK(1)", "@SUM(1)", "+1", "-1+1", "X-1"])
def test_texts_of_an_export_for_spreadsheets_are_no_formulas(desk: Desk, lot: str) -> None:
    assert not desk.try_file("stock", STOCK, stock_of(f'"{lot}",200,30'))
    for safe, shown in ((False, lot), (True, lot if lot == "X-1" else f"'{lot}")):
        export_book(desk.book, desk.folder / "out", "csv", for_spreadsheet=safe)
        with (desk.folder / "out" / "lots.csv").open(newline="") as file:
            assert shown in [row["lot"] for row in csv.DictReader(file)]


# -- hints that name a setting: each is followed, one after the other, until the file goes in


def followed(
    desk: Desk, kind: str, mapping: str, file: str | bytes | Workbook, which: int = 0
) -> list[str]:
    """Write each setting that a hint names into the mapping; the hints that it took."""
    hints: list[str] = []
    while True:
        findings = desk.try_file(kind, mapping, file)
        if not findings:
            return hints
        hints.append(findings[0].hint)
        assert len(hints) < 5, "the hints do not end"
        settings = re.findall(r"""(\w+) = ("[^"]*"|'[^']*'|\w+)""", findings[0].hint)
        assert settings, "\n".join(map(str, findings))
        name, value = settings[min(which, len(settings) - 1)]
        if name == "unit":
            mapping = re.sub(r'(column = "Ni", unit = )"[^"]*"', rf"\1{value}", mapping)
        else:
            mapping = re.sub(rf"(?m)^{name} = .*\n", "", mapping)
            head = mapping if mapping.startswith("[file]") else f"[file]\n{mapping}"
            mapping = head.replace("[file]\n", f"[file]\n{name} = {value}\n", 1)


ROW = "Lot,kg,Ni\nX-1,20000,30\n"
SHEETS = Workbook()
SHEETS.active.title = "Stock"
SHEETS.active.append(("Lot", "kg", "Ni"))
SHEETS.active.append(("X-1", 20_000, 30))
SHEETS.create_sheet("Notes")


UTF16 = 'if each second byte is zero, write encoding = "utf-16-{}"'
MARKS = (
    'write decimal = "," in the mapping if that is the decimal mark, '
    'thousands = "," if it parts thousands'
)


@pytest.mark.parametrize(
    ("file", "which", "mass", "advice"),
    [
        (
            "sep=;\n" + ROW.replace(",", ";"),
            0,
            20_000,
            "the header is below this line: write header_line = 2",
        ),
        (ROW.replace(",", "\t"), 0, 20_000, 'write delimiter = "\\t" in the mapping'),
        (ROW.replace(",", ";"), 0, 20_000, 'write delimiter = ";" in the mapping'),
        (ROW.replace(",", "|"), 0, 20_000, 'write delimiter = "|" in the mapping'),
        (ROW.encode("utf-16-le"), 0, 20_000, UTF16.format("le")),
        (ROW.encode("utf-16"), 0, 20_000, 'write encoding = "utf-16"'),
        (ROW.encode("utf-16-be"), 0, 20_000, UTF16.format("be")),
        (
            ROW.rstrip("\n"),
            0,
            20_000,
            "the file looks cut off; if it is whole, write open_end = true",
        ),
        (ROW.replace("20000", '"20000,5"'), 0, Decimal("20000.5"), MARKS),
        (ROW.replace("20000", '"120,000"'), 0, 120, MARKS),
        (ROW.replace("20000", '"20,000"'), 1, 20_000, MARKS),
        (ROW.replace("20000", "20 000"), 0, 20_000, 'write thousands = " " in the mapping'),
        (ROW.replace("20000", "20'000"), 0, 20_000, 'write thousands = "\'" in the mapping'),
        (SHEETS, 0, 20_000, 'write sheet = "Stock" or another of them'),
        (
            stock_sheet(("X-1", 20_000, 0.3), forms={"C2": "0%"}),
            0,
            20_000,
            'write unit = "1" for this column',
        ),
    ],
)
def test_the_setting_that_a_hint_names_reads_the_stock(
    desk: Desk, file: str | bytes | Workbook, which: int, mass: Decimal, advice: str
) -> None:
    follows(followed(desk, "stock", STOCK, file, which)[0], advice)
    assert desk.lots() == {"X-1": mass}
    assert held(desk.book, "X-1")["Ni"] == mass * Decimal("0.3")


def test_the_setting_that_is_wrong_for_the_file_is_caught_by_a_warning(desk: Desk) -> None:
    file = ROW.replace("20000", '"20,500"')
    (finding,) = desk.try_file("stock", STOCK, file)
    assert 'decimal = ","' in finding.hint
    (finding,) = desk.try_file("stock", '[file]\ndecimal = ","\n' + STOCK, file)
    assert (finding.code, finding.found) == ("load", "20.5 kg")
    assert desk.lots() == {}


@pytest.mark.parametrize(
    ("written", "form", "advice"),
    [
        (
            "03/13/2026 08:00",
            "%d/%m/%Y %H:%M",
            'are day and month swapped? then write date_format = "%m/%d/%Y %H:%M"',
        ),
        (
            "46094.3333333333",
            "%Y-%m-%d %H:%M",
            'as an Excel day number it is 2026-03-13 08:00:00: then write date_format = "excel"',
        ),
        ("2026-03-13 08:00", "", 'write time_zone = "America/New_York" or the zone of the scale'),
    ],
)
def test_the_setting_that_a_hint_names_reads_the_time(
    desk: Desk, written: str, form: str, advice: str
) -> None:
    setting = f'date_format = "{form}"\n' if form else ""
    zone = "" if not form else 'time_zone = "America/New_York"\n'
    mapping = re.sub("(?m)^(date_format|time_zone) = .*\n", "", TICKETS)
    mapping = mapping.replace("[file]\n", f"[file]\n{setting}{zone}")
    row = f"Ticket,Lot,Date,Gross,Tare,Ni\nT-1,X-1,{written},30,10,30\n"
    assert advice in followed(desk, "tickets", mapping, row)
    event = desk.book.event("tickets.csv/T-1/weigh")
    assert event.occurred_at == microseconds("2026-03-13T08:00:00-04:00")


@pytest.mark.parametrize("parts", [("20", "10"), ("15", "15")])
def test_one_ticket_of_two_lots_counts_its_load_once(desk: Desk, parts: tuple[str, str]) -> None:
    head = "Ticket,Lot,Date,Gross,Tare,Ni\n"
    row = "{},{},2026-03-13 08:00,{},{},30\n"
    shared = head + "".join(row.format("T-1", lot, 40, 10) for lot in ("X-1", "X-2"))
    follows(
        desk.try_file("tickets", TICKETS, shared)[0],
        "if one truck brought both, its load counts once: give each its own number and its own "
        "gross and tare, so that the net masses add up to the load; if one is wrong, delete the "
        "wrong one",
    )
    between = 40 - int(parts[0])
    file = row.format("T-1", "X-1", 40, between) + row.format("T-1b", "X-2", between, 10)
    assert not desk.try_file("tickets", TICKETS, head + file)
    assert list(desk.lots().values()) == [int(x) * 1000 for x in parts]
