"""What a message of an import advises is done, and the book then has what was meant.

A row of a table has the advice, the file that brings it, and the file or mapping that does what it
says. Settings that a hint names are read from the hint in ``test_import_hints.py``.
"""

from __future__ import annotations

import io
import re
import sys
import tomllib
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from import_case import held
from import_desk import STOCK, TICKETS, Desk, microseconds, stock_of, stock_sheet
from openpyxl import Workbook, load_workbook

from loopbook.book import Book, import_file, new_book
from loopbook.errors import Finding, InputError, MissingExtraError
from loopbook.loop import Asked, doubt, load
from support.advice import follows

ROOT = Path(__file__).parents[2]
TICKET_HEAD = "Ticket,Lot,Date,Gross,Tare,Ni\n"
TICKET = TICKET_HEAD + "T-1,X-1,2026-03-13 08:00,30,10,30\n"
TIMELESS = re.sub("(?m)^(date_format|time_zone) = .*\n", "", TICKETS)


@pytest.fixture(autouse=True)
def small_lots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of somebody who has lots of 20 kg."""
    settings = tmp_path / "settings.toml"
    settings.write_text('[limits.load]\n"net in tonnes" = "0 kg to 0 kg"\n', "utf-8")
    monkeypatch.setenv("LOOPBOOK_SETTINGS", str(settings))


def only(findings: list[Finding]) -> Finding:
    """The one finding of a file."""
    (finding,) = findings
    return finding


# -- cells of a text file


@pytest.mark.parametrize(
    ("advice", "wrong", "right", "kg"),
    [
        ("put a cell with ',' in quotes", "X-1,20,000,30", 'X-1,"20.000",30', 20),
        ("put a cell with ',' in quotes", "X,1,20000,30", '"X,1",20000,30', 20_000),
        ("put a cell with ',' in quotes", "X-1,20000,30,", "X-1,20000,30", 20_000),
    ],
)
def test_a_cell_with_a_comma_goes_in_with_quotes(
    desk: Desk, advice: str, wrong: str, right: str, kg: int
) -> None:
    follows(only(desk.try_file("stock", STOCK, stock_of(wrong))), advice)
    assert not desk.try_file("stock", STOCK, stock_of(right))
    assert list(desk.lots().values()) == [kg]


@pytest.mark.parametrize(("delimiter", "kind"), [(";", "stock"), ("|", "stock"), ("\t", "stock")])
def test_a_cell_with_another_delimiter_goes_in_with_quotes(
    desk: Desk, delimiter: str, kind: str
) -> None:
    mapping = f"[file]\ndelimiter = '{delimiter}'\n{STOCK}"
    file = stock_of("X-1a,20000,30").replace(",", delimiter)
    finding = only(desk.try_file(kind, mapping, file.replace("1a", f"1{delimiter}a")))
    follows(finding, f"put a cell with {delimiter!r} in quotes")
    quoted = file.replace("X-1a", f'"X-1{delimiter}a"')
    if delimiter == "\t":
        return  # which no name may have
    assert not desk.try_file(kind, mapping, quoted)
    assert desk.lots() == {f"X-1{delimiter}a": 20_000}


def test_a_replacement_character_is_gone_after_another_export(desk: Desk) -> None:
    finding = only(desk.try_file("stock", STOCK, stock_of("M\ufffdller,20,30")))
    follows(finding, "the text was damaged before; export it again")
    assert not desk.try_file("stock", STOCK, stock_of("M\u00fcller,20,30"))
    assert desk.lots() == {"M\u00fcller": 20}


@pytest.mark.parametrize("sign", ["\u200b", "\x1b", "\u202e", "\u00ad"])
def test_a_name_goes_in_without_its_hidden_sign(desk: Desk, sign: str) -> None:
    finding = desk.try_file("stock", STOCK, stock_of(f"X{sign}-1,20,30"))[0]
    follows(finding, "write it without this character")
    assert not desk.try_file("stock", STOCK, stock_of("X-1,20,30"))
    assert desk.lots() == {"X-1": 20}


@pytest.mark.parametrize("encoding", ["cp949", "cp932", "cp1252"])
def test_the_encoding_in_which_the_word_is_right_reads_it(desk: Desk, encoding: str) -> None:
    word = {"cp949": "\ub85c\ud2b8", "cp932": "\u4e80\u88c2", "cp1252": "M\u00fcller"}[encoding]
    file = stock_of(f"{word}1,20,30").encode(encoding)
    finding = only(desk.try_file("stock", STOCK, file))
    follows(finding, "name the encoding of the file, encoding = ..., in which this word is right")
    named = re.findall(r"(\S+) in (\w+)", finding.hint.partition("it reads ")[2])
    codec = next(name for reading, name in named if reading == f"{word}1")
    assert not desk.try_file("stock", f'[file]\nencoding = "{codec}"\n{STOCK}', file)
    assert desk.lots() == {f"{word}1": 20}


# -- columns, units and rows


def test_a_column_that_comes_twice_is_read_when_one_is_renamed(desk: Desk) -> None:
    file = "Lot,kg,kg,Ni\nX-1,20,25,30\n"
    follows(only(desk.try_file("stock", STOCK, file)), "rename one of them")
    assert not desk.try_file("stock", STOCK, file.replace("kg,kg", "kg,kg wet"))
    assert desk.lots() == {"X-1": 20}


@pytest.mark.parametrize("ni", ["31.5", "100", "1.5"])
def test_percent_in_a_column_of_fractions(desk: Desk, ni: str) -> None:
    mapping = STOCK.replace('unit = "%"', 'unit = "1"')
    finding = only(desk.try_file("stock", mapping, stock_of(f"X-1,20,{ni}")))
    follows(finding, 'write unit = "%" if the numbers are percent')
    assert not desk.try_file("stock", mapping.replace('"1"', '"%"'), stock_of(f"X-1,20,{ni}"))
    assert held(desk.book, "X-1")["Ni"] == Decimal(ni) / 5


@pytest.mark.parametrize("ni", ["315000", "101"])
def test_what_is_no_percent_either_is_no_advice(desk: Desk, ni: str) -> None:
    for unit in ("1", "%"):
        mapping = STOCK.replace('unit = "%"', f'unit = "{unit}"')
        assert not only(desk.try_file("stock", mapping, stock_of(f"X-1,20,{ni}"))).hint


@pytest.mark.parametrize(("written", "kg"), [("NiO", "4.715"), ("Ni", "6.000")])
def test_a_column_of_an_oxide_says_in_what_its_numbers_are(
    desk: Desk, written: str, kg: str
) -> None:
    mapping = STOCK.replace('column = "Ni"', 'column = "NiO"')
    file = stock_of("X-1,20,30").replace("Ni", "NiO")
    finding = only(desk.try_file("stock", mapping, file))
    follows(finding, 'write as = "NiO" if the numbers are NiO, as = "Ni" if not')
    assert not desk.try_file("stock", mapping.replace('"%" }', f'"%", as = "{written}" }}'), file)
    assert round(held(desk.book, "X-1")["Ni"], 3) == Decimal(kg)


def test_a_column_gets_its_unit_as_the_hint_writes_it(desk: Desk) -> None:
    for name, unit in (("mass", "kg"), ("shares.Ni", "%")):
        bare = re.sub(rf"(?m)^({name} = .*), unit = .*", r"\1 }", STOCK)
        finding = only(desk.try_file("stock", bare, stock_of("X-1,20,30")))
        follows(finding, f'write {{ column = "...", unit = "{unit}" }}')
    assert not desk.try_file("stock", STOCK, stock_of("X-1,20,30"))
    assert held(desk.book, "X-1")["Ni"] == 6


def test_a_row_of_units_that_are_not_those_of_the_mapping(desk: Desk) -> None:
    mapping = f"[file]\ndata_line = 3\n{STOCK}"
    file = "Lot,kg,Ni\n,t,%\nX-1,20,30\n"
    finding = only(desk.try_file("stock", mapping, file))
    follows(finding, 'write unit = "t" for this column, if the sheet is right')
    assert not desk.try_file("stock", mapping.replace('"kg" }', '"t" }'), file)
    assert desk.lots() == {"X-1": 20_000}


def test_a_row_of_units_is_skipped(desk: Desk) -> None:
    file = "Lot,kg,Ni\n,kg,%\nX-1,20,30\n"
    finding = next(x for x in desk.try_file("stock", STOCK, file) if x.hint)
    follows(finding, "if line 2 holds units, write data_line = 3")
    assert not desk.try_file("stock", f"[file]\ndata_line = 3\n{STOCK}", file)
    assert desk.lots() == {"X-1": 20}


@pytest.mark.parametrize("way", ["skip", "take", "delete"])
def test_a_row_of_totals_is_skipped_taken_or_deleted(desk: Desk, way: str) -> None:
    rows = ["X-1,20,30", "X-2,10,30", "Total,30,"]
    follows(
        only(desk.try_file("stock", STOCK, stock_of(*rows))),
        'if it is computed from other rows, delete it or write total_row = "skip" in [file]; '
        'if it is one of the rows, write total_row = "take"',
    )
    mapping = STOCK if way == "delete" else f'[file]\ntotal_row = "{way}"\n{STOCK}'
    assert not desk.try_file("stock", mapping, stock_of(*(rows[:2] if way == "delete" else rows)))
    assert desk.lots() == {"X-1": 20, "X-2": 10} | ({"Total": 30} if way == "take" else {})


def test_a_tab_is_written_as_the_hint_writes_it(desk: Desk) -> None:
    file = stock_of("X-1,20,30").replace(",", "\t")
    finding = only(desk.try_file("stock", f'[file]\ndelimiter = "tab"\n{STOCK}', file))
    follows(finding, r'a tab is "\t"')
    assert not desk.try_file("stock", f'[file]\ndelimiter = "\\t"\n{STOCK}', file)
    assert desk.lots() == {"X-1": 20}


def test_a_row_that_comes_twice_is_deleted(desk: Desk) -> None:
    rows = ["X-1,20,30", "X-2,10,30", "X-1,20,30"]
    follows(only(desk.try_file("stock", STOCK, stock_of(*rows))), "delete one of them")
    assert not desk.try_file("stock", STOCK, stock_of(*rows[:2]))
    assert desk.lots() == {"X-1": 20, "X-2": 10}


@pytest.mark.parametrize("way", ["own number", "delete"])
def test_two_rows_of_one_number(desk: Desk, way: str) -> None:
    row = "T-1,X-2,2026-03-13 09:00,25,10,30\n"
    finding = only(desk.try_file("tickets", TICKETS, TICKET + row))
    follows(
        finding, "they are two: give each its own number; if one is wrong, delete the wrong one"
    )
    more = row.replace("T-1", "T-2") if way == "own number" else ""
    assert not desk.try_file("tickets", TICKETS, TICKET + more)
    assert desk.lots() == {"X-1": 20_000} | ({"X-2": 15_000} if more else {})


def test_a_row_that_depends_on_a_wrong_one_needs_only_that_mended(desk: Desk) -> None:
    weighed = TICKET_HEAD.replace("\n", ",Material\n") + (
        "T-1,X-1,2026-03-13 08:00,30,10,30,{}\nT-2,X-1,2026-03-13 09:00,29.9,10,,\n"
    )
    mapping = TICKETS.replace('material = "cathode foil"\n', "")
    mapping = mapping.replace("[columns]\n", '[columns]\nmaterial = "Material"\n')
    findings = desk.try_file("tickets", mapping, weighed.format("cathode fool"))
    follows(findings[1], "correct line 2 first")
    assert not desk.try_file("tickets", mapping, weighed.format("cathode foil"))
    assert desk.lots() == {"X-1": 19_900}


@pytest.mark.parametrize(("gross", "tare"), [("10", "30"), ("10", "10.02")])
def test_gross_and_tare_that_are_swapped(desk: Desk, gross: str, tare: str) -> None:
    wrong = TICKET.replace("30,10,30", f"{gross},{tare},30")
    follows(only(desk.try_file("tickets", TICKETS, wrong)), "are they swapped?")
    assert not desk.try_file("tickets", TICKETS, TICKET.replace("30,10,30", f"{tare},{gross},30"))
    assert desk.lots() == {"X-1": (Decimal(tare) - Decimal(gross)) * 1000}


# -- times


@pytest.mark.parametrize(
    ("form", "written", "advice", "right"),
    [
        (
            "%Y-%m-%d %H:%M %Z",
            "2026-03-13 08:00 UTC",
            "%Z drops the zone: write %z for UTC, GMT and offsets, else set time_zone",
            "%Y-%m-%d %H:%M %z",
        ),
        (
            "%c",
            "2026-03-13 08:00",
            "%c, %x and %X depend on the computer's language: name each part",
            "%Y-%m-%d %H:%M",
        ),
        (
            "%Y-%m-%d %I:%M",
            "2026-03-13 20:00",
            "%I is an hour up to 12: write %H, or %I with %p",
            "%Y-%m-%d %H:%M",
        ),
        (
            "%Y-%m-%d %I:%M",
            "2026-03-13 08:00 PM",
            "%I is an hour up to 12: write %H, or %I with %p",
            "%Y-%m-%d %I:%M %p",
        ),
        ("%d.%m. %H:%M", "13.03.2026 08:00", "the form has no year: write %Y", "%d.%m.%Y %H:%M"),
        ("%d.%M.%Y", "13.03.2026", "the form has no month: write %m", "%d.%m.%Y"),
        ("%m/%Y %H:%M", "13/03/2026 08:00", "the form has no day: write %d", "%d/%m/%Y %H:%M"),
    ],
)
def test_a_form_of_times_is_mended_as_its_hint_says(
    desk: Desk, form: str, written: str, advice: str, right: str
) -> None:
    zone = "UTC" if "UTC" in written else "America/New_York"
    mapping = TICKETS.replace("America/New_York", zone).replace("%Y-%m-%d %H:%M", form)
    file = TICKET.replace("2026-03-13 08:00", written)
    follows(only(desk.try_file("tickets", mapping, file)), advice)
    assert not desk.try_file("tickets", mapping.replace(form, right), file)
    hour = "20" if "20:" in written or "PM" in written else "08" if ":" in written else "00"
    offset = "+00:00" if zone == "UTC" else "-04:00"
    event = desk.book.event("tickets.csv/T-1/weigh")
    assert event.occurred_at == microseconds(f"2026-03-13T{hour}:00:00{offset}")


@pytest.mark.parametrize("way", ["zone", "form"])
def test_the_name_of_a_zone_in_a_form(desk: Desk, way: str) -> None:
    form = "%Y-%m-%d %H:%M"
    file = TICKET.replace("08:00", "08:00 UTC")
    mapping = TICKETS.replace(form, f"{form} UTC")
    follows(
        only(desk.try_file("tickets", mapping, file)),
        "set time_zone to the zone of that name (UTC for Z), or read UTC, GMT and offsets with %z",
    )
    if way == "zone":
        mapping = mapping.replace("America/New_York", "UTC")
    else:
        mapping = mapping.replace(f"{form} UTC", f"{form} %z")
    assert not desk.try_file("tickets", mapping, file)
    event = desk.book.event("tickets.csv/T-1/weigh")
    assert event.occurred_at == microseconds("2026-03-13T08:00:00+00:00")


def test_a_time_that_is_not_iso_gets_a_form(desk: Desk) -> None:
    mapping = TIMELESS.replace("[file]\n", '[file]\ntime_zone = "America/New_York"\n')
    file = TICKET.replace("2026-03-13", "13.03.2026")
    advice = 'name its form, for example date_format = "%d.%m.%Y %H:%M"'
    follows(only(desk.try_file("tickets", mapping, file)), advice)
    form = advice.partition("example ")[2]
    assert not desk.try_file("tickets", mapping.replace("[file]\n", f"[file]\n{form}\n"), file)
    event = desk.book.event("tickets.csv/T-1/weigh")
    assert event.occurred_at == microseconds("2026-03-13T08:00:00-04:00")


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        (
            "2025-11-02 01:30",
            "clocks are changed in this hour: write the time with its offset, "
            "01:30-04:00 or 01:30-05:00",
        ),
        (
            "2026-03-08 02:30",
            "clocks skip this hour: is time_zone right? else write 02:30-05:00 or 02:30-04:00",
        ),
    ],
)
def test_an_hour_that_comes_twice_or_never(desk: Desk, written: str, advice: str) -> None:
    file = TICKET.replace("2026-03-13 08:00", written)
    follows(only(desk.try_file("tickets", TICKETS, file)), advice)
    for k, own in enumerate(re.findall(r"\d\d:\d\d[-+]\d\d:\d\d", advice)):
        more = file.replace(written, f"{written[:10]} {own}")
        more = more.replace("T-1", f"T-{k}").replace("X-1", f"X-{k}")
        assert not desk.try_file("tickets", TICKETS, more)
        event = desk.book.event(f"tickets.csv/T-{k}/weigh")
        assert event.occurred_at == microseconds(f"{written[:10]}T{own[:5]}:00{own[5:]}")


def test_the_hour_that_is_skipped_exists_in_the_right_zone(desk: Desk) -> None:
    file = TICKET.replace("2026-03-13 08:00", "2026-03-08 02:30")
    assert not desk.try_file("tickets", TICKETS.replace("America/New_York", "Asia/Seoul"), file)
    event = desk.book.event("tickets.csv/T-1/weigh")
    assert event.occurred_at == microseconds("2026-03-08T02:30:00+09:00")


# -- workbooks


def calculated(sheet: Workbook, formula: str, value: object) -> bytes:
    """The workbook after a spreadsheet calculated one of its formulas."""
    packed = io.BytesIO()
    sheet.save(packed)
    made = io.BytesIO()
    with zipfile.ZipFile(packed) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.namelist():
            raw = old.read(part).decode()
            written = f"<f>{formula}</f><v></v>", f"<f>{formula}</f><v />"
            for empty in written:
                raw = raw.replace(empty, f"<f>{formula}</f><v>{value}</v>")
            new.writestr(part, raw)
    return made.getvalue()


def test_a_formula_counts_after_the_workbook_calculated_it(desk: Desk) -> None:
    sheet = stock_sheet(("X-1", "=2*10", 30))
    advice = "open the workbook, let it calculate, and save it"
    follows(only(desk.try_file("stock", STOCK, sheet)), advice)
    (desk.folder / "stock.xlsx").write_bytes(calculated(sheet, "2*10", 20))
    import_file(desk.book, desk.folder / "stock.xlsx", desk.folder / "stock.toml", kind="stock")
    assert desk.lots() == {"X-1": 20}


@pytest.mark.parametrize(
    ("advice", "wrong", "right", "forms", "kg"),
    [
        ("correct the formula in the workbook and export again", "#REF!", 20, {}, 20),
        ("correct the formula in the workbook and export again", "#DIV/0!", 20, {}, 20),
        (
            "the workbook took the number for something else: format the cells as numbers, and "
            "write the numbers again",
            46_143,  # such as Excel makes of 1.5 in a German sheet: 1 May
            150.5,
            {"B2": "d. mmm"},
            150.5,
        ),
        (
            "the workbook took the number for something else: format the cells as numbers, and "
            "write the numbers again",
            True,
            20,
            {},
            20,
        ),
        (
            "the workbook shows thousandths of the value: format the cells as General",
            20_000,
            20_000,
            {"B2": "0,"},
            20_000,
        ),
        ('write unit = "t" for this column', 20, 20, {"B2": '0.0" t"'}, 20_000),
        (
            "the workbook shows no mass: format the cells as General if the numbers are right",
            20_000,
            20_000,
            {"B2": "$#,##0"},
            20_000,
        ),
        (
            "the workbook shows no mass: format the cells as General if the numbers are right",
            20_000,
            20_000,
            {"B2": "0.0%"},
            20_000,
        ),
    ],
)
def test_a_mass_in_a_workbook_is_mended_as_the_hint_says(
    desk: Desk, advice: str, wrong: object, right: object, forms: dict[str, str], kg: float
) -> None:
    sheet = stock_sheet(("X-1", wrong, 30), forms=forms)
    follows(only(desk.try_file("stock", STOCK, sheet)), advice)
    is_unit = advice.startswith("write unit")
    mapping = STOCK.replace('"kg" }', '"t" }') if is_unit else STOCK
    assert not desk.try_file(
        "stock", mapping, stock_sheet(("X-1", right, 30), forms=forms if is_unit else {})
    )
    assert desk.lots() == {"X-1": Decimal(str(kg))}


@pytest.mark.parametrize(
    ("merged", "wrong", "place"),
    [
        ("C2:C3", (("X-1", 200, 30), ("X-2", 100, None)), "stock.xlsx:3, Ni"),
        ("B2:B3", (("X-1", 200, 30), ("X-2", None, 30)), "stock.xlsx:3, kg"),
        ("A2:A3", (("X-1", 200, 30), (None, 100, 30)), "stock.xlsx:3, Lot"),
        ("B2:C2", (("X-1", 200, None), ("X-2", 100, 30)), "stock.xlsx:2, Ni"),
    ],
)
def test_merged_cells_are_unmerged_and_filled(
    desk: Desk, merged: str, wrong: tuple[tuple[object, ...], ...], place: str
) -> None:
    sheet = stock_sheet(*wrong)
    sheet.active.merge_cells(merged)
    finding = only(desk.try_file("stock", STOCK, sheet))
    assert (finding.code, finding.where) == ("merged", place)
    follows(finding, "unmerge them, and write the value into each cell that it holds for")
    assert not desk.try_file("stock", STOCK, stock_sheet(("X-1", 200, 30), ("X-2", 100, 30)))
    assert desk.lots() == {"X-1": 200, "X-2": 100}
    assert held(desk.book, "X-2")["Ni"] == 30


@pytest.mark.parametrize("merged", ["C1:D1", "D2:D3", "A5:C9", "C3:XFD3"])
def test_merged_cells_that_hold_no_value_of_a_row_do_no_harm(desk: Desk, merged: str) -> None:
    sheet = stock_sheet(("X-1", 200, 30), ("X-2", 100, 30))
    sheet.active.merge_cells(merged)
    assert not desk.try_file("stock", STOCK, sheet)
    assert held(desk.book, "X-2")["Ni"] == 30


@pytest.mark.parametrize(
    ("advice", "wrong", "form", "name"),
    [
        (
            "the workbook took the text for something else: format the cells as text, and write "
            "the text again",
            46_143,
            "d. mmm",
            "1-5",
        ),
        ("format the cells as text, and write the text again", 7, "0.00", "7.00"),
        ("format the cells as text, and write the text again", 1.5, "General", "1.5"),
    ],
)
def test_a_name_in_a_workbook_is_written_as_text(
    desk: Desk, advice: str, wrong: object, form: str, name: str
) -> None:
    sheet = stock_sheet((wrong, 20, 30), forms={"A2": form})
    follows(only(desk.try_file("stock", STOCK, sheet)), advice)
    assert not desk.try_file("stock", STOCK, stock_sheet((name, 20, 30), forms={"A2": "@"}))
    assert desk.lots() == {name: 20}


def raw_of(sheet: Workbook) -> bytes:
    made = io.BytesIO()
    sheet.save(made)
    return made.getvalue()


def far_row(sheet: Workbook) -> bytes:
    """The workbook with something in a row below the last one that a sheet can have."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw_of(sheet))) as old, zipfile.ZipFile(made, "w") as new:
        for part in old.namelist():
            row = b'<row r="2000000"><c r="A2000000"><v>1</v></c></row></sheetData>'
            new.writestr(part, old.read(part).replace(b"</sheetData>", row))
    return made.getvalue()


def as_csv(sheet: Workbook) -> bytes:
    rows = sheet.active.iter_rows(values_only=True)
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


GOOD = stock_sheet(("X-1", 20, 30))


@pytest.mark.parametrize(
    ("advice", "name", "raw", "right_name", "right"),
    [
        (
            "save it as XLSX without a password, or as CSV",
            "stock.xlsx",
            b"\xd0\xcf\x11\xe0" + b"x" * 600,
            "stock.xlsx",
            raw_of(GOOD),
        ),
        (
            "save it as XLSX without a password, or as CSV",
            "stock.xls",
            b"\xd0\xcf\x11\xe0" + b"x" * 600,
            "stock.csv",
            as_csv(GOOD),
        ),
        ("if it is CSV, name it .csv", "stock.xlsx", as_csv(GOOD), "stock.csv", as_csv(GOOD)),
        ("name it .xlsx", "stock.csv", raw_of(GOOD), "stock.xlsx", raw_of(GOOD)),
        (
            "the file is cut off or damaged; copy or export it again",
            "stock.xlsx",
            raw_of(GOOD)[:-300],
            "stock.xlsx",
            raw_of(GOOD),
        ),
        (
            "delete what is not data, or save the sheet as CSV",
            "stock.xlsx",
            far_row(GOOD),
            "stock.csv",
            as_csv(GOOD),
        ),
        (
            "delete what is not data, or save the sheet as CSV",
            "stock.xlsx",
            far_row(GOOD),
            "stock.xlsx",
            raw_of(GOOD),
        ),
    ],
)
def test_another_file_is_given_as_the_hint_says(
    desk: Desk, advice: str, name: str, raw: bytes, right_name: str, right: bytes
) -> None:
    plan = desk.folder / "stock.toml"
    plan.write_text(STOCK, encoding="utf-8")
    (desk.folder / name).write_bytes(raw)
    with pytest.raises(InputError) as caught:
        import_file(desk.book, desk.folder / name, plan, kind="stock")
    follows(only(list(caught.value.findings)), advice)
    (desk.folder / right_name).write_bytes(right)
    import_file(desk.book, desk.folder / right_name, plan, kind="stock")
    assert desk.lots() == {"X-1": 20}


# -- packages that are not there

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def xlsx_in(desk: Desk) -> None:
    desk.try_file("stock", STOCK, GOOD)


def server_in(desk: Desk) -> None:
    with Book("postgresql://nobody@127.0.0.1:1/none"):
        pass


def draws_in(desk: Desk) -> None:
    formulas = {"made": Asked("sum(feed(shredder))", "t")}
    doubt(load(ROOT / "cases" / "starter"), formulas, draws=1, cluster="tcp://127.0.0.1:1")


@pytest.mark.parametrize(
    ("advice", "extra", "package", "work"),
    [
        ("install it with pip install 'loopbook[xlsx]'", "xlsx", "openpyxl", xlsx_in),
        ("pip install 'loopbook[postgres]'", "postgres", "psycopg", server_in),
        ("install it with pip install 'loopbook[dask]'", "dask", "distributed", draws_in),
    ],
)
def test_the_extra_that_is_to_be_installed_has_the_package(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    advice: str,
    extra: str,
    package: str,
    work: Callable[[Desk], None],
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    for name in [x for x in sys.modules if x.startswith("loopbook.book.storage.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises((MissingExtraError, InputError)) as caught:
        work(desk)
    follows(caught.value, advice)
    assert any(one.startswith(package) for one in PROJECT["optional-dependencies"][extra])


def test_helpers_of_these_tests(desk: Desk) -> None:
    """A workbook that was calculated has the value in its cell."""
    raw = calculated(stock_sheet(("X-1", "=2*10", 30)), "2*10", 20)
    assert load_workbook(io.BytesIO(raw), data_only=True).active["B2"].value == 20
    assert new_book(str(desk.folder / "other.sqlite"), ["Ni", "other"])
