"""Files as others write them: each is read as it was meant, or refused with a way that works.

A test that follows a hint does what the message advises, and compares with what was meant.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from import_case import held
from import_desk import STOCK, TICKETS, Desk, microseconds, stock_of, stock_sheet

from loopbook.tables.cells import cell_text, quantity
from loopbook.tables.moments import form_problem, moment
from loopbook.tables.numbers import CellError, exact
from loopbook.tables.sheet import Cell, FileSettings


def utc(text: str, form: str, zone: str = "America/New_York") -> str:
    settings = FileSettings(date_format=form, time_zone=zone)
    return moment([Cell(text)], settings, None).astimezone(UTC).isoformat()


# -- times


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ("%Y-%m-%d %H:%M %Z", "%z"),
        ("%Y-%m-%d %I:%M", "%p"),
        ("%Y-%m-%d %H:%M %p", "%I"),
        ("%Y-%m-%d %H:%M PM", "%p"),
        ("%Y-%m-%d %H:%M-05:00", "%z"),
        ("%Y-%M-%d", "month"),
        ("%m-%d %H:%M", "year"),
        ("%x %H:%M", "language"),
        ("%d" * 300_000, "at most 100"),
    ],
)
def test_a_form_that_drops_a_part_of_the_time_is_refused(form: str, says: str) -> None:
    assert says in form_problem(form)


def test_a_zone_by_name_in_the_cells_is_read_as_it_says_or_refused(desk: Desk) -> None:
    row = "Ticket,Lot,Date,Gross,Tare,Ni\nT-1,X-1,2026-03-10 08:00 UTC,30,10,30\n"
    named = TICKETS.replace("%H:%M", "%H:%M %Z")
    (finding,) = desk.try_file("tickets", named, row)
    assert (finding.where, finding.code) == ("tickets.toml:3", "setting")
    assert "%z" in finding.hint
    assert not desk.try_file("tickets", named.replace("%Z", "%z"), row)
    assert desk.book.event("tickets.csv/T-1/weigh").occurred_at == microseconds(
        "2026-03-10T08:00:00+00:00"
    )


@pytest.mark.parametrize(
    ("text", "form", "zone", "right"),
    [
        ("2026-07-02 08:00 UTC", "%Y-%m-%d %H:%M", "America/New_York", "2026-07-02T08:00:00+00:00"),
        ("2026-07-02T08:00Z", "%Y-%m-%dT%H:%M", "America/New_York", "2026-07-02T08:00:00+00:00"),
        ("2026-07-02 08:00 UTC", "%Y-%m-%d %H:%M UTC", "UTC", "2026-07-02T08:00:00+00:00"),
        (
            "2026-07-02 8:00 EDT",
            "%Y-%m-%d %H:%M EDT",
            "America/New_York",
            "2026-07-02T12:00:00+00:00",
        ),
        ("07/02/2026 08:00 PM +0900", "%m/%d/%Y %I:%M %p", "", "2026-07-02T11:00:00+00:00"),
    ],
)
def test_a_zone_beside_the_time_counts(text: str, form: str, zone: str, right: str) -> None:
    assert utc(text, form, zone) == right


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2026-07-02T08:00Z", "%Y-%m-%dT%H:%MZ"),
        ("2026-07-02 08:00 UTC", "%Y-%m-%d %H:%M UTC"),
        ("2026-07-02 08:00 EST", "%Y-%m-%d %H:%M EST"),  # in July it is EDT
    ],
)
def test_a_zone_as_a_word_of_the_form_must_be_the_zone_of_the_mapping(text: str, form: str) -> None:
    with pytest.raises(CellError, match="by date_format") as caught:
        utc(text, form)
    assert "%z" in caught.value.hint


NIGHT = """\
Ticket,Lot,Date,Gross,Tare,Ni
T-1,X-1,2025-11-02 00:50,30,10,30
T-2,X-2,2025-11-02 01:30{},30,10,30
T-3,X-3,2025-11-02 01:10{},30,10,30
T-4,X-4,2025-11-02 02:05,30,10,30
"""


def test_the_hour_that_comes_twice_is_written_with_its_offset(tmp_path: Path) -> None:
    assert utc("2026-11-01 01:30-04:00", "%Y-%m-%d %H:%M") == "2026-11-01T05:30:00+00:00"
    assert utc("2026-11-01 01:10-05:00", "%Y-%m-%d %H:%M") == "2026-11-01T06:10:00+00:00"
    form = FileSettings(time_zone="America/New_York", date_format="%m/%d/%Y %H:%M")
    for cells in (
        [Cell("11/01/2026"), Cell("01:30")],
        [Cell("11/01/2026 01:30")],
        [Cell(datetime(2026, 11, 1)), Cell(time(1, 30))],
    ):
        with pytest.raises(CellError) as caught:
            moment(cells, form, None)
        early, late = caught.value.hint.split("its offset, ")[1].split(" or ")
        for offset, right in ((early, "05:30"), (late, "06:30")):
            head = [cells[0]] if len(cells) == 2 else [Cell("11/01/2026")]
            joined = [Cell(f"11/01/2026 {offset}")] if len(cells) == 1 else [*head, Cell(offset)]
            read = moment(joined, form, None).astimezone(UTC)
            assert read.isoformat() == f"2026-11-01T{right}:00+00:00"


def test_the_hour_that_never_comes_says_so(tmp_path: Path) -> None:
    with pytest.raises(CellError) as caught:
        utc("2026-03-08 02:30", "%Y-%m-%d %H:%M")
    assert "skip this hour" in caught.value.hint


# -- texts and numbers of workbooks


@pytest.mark.parametrize(
    ("value", "form", "right"),
    [
        (7, "0000", "0007"),
        (7.0, "00000000", "00000007"),
        (7, '"L-"000', "L-007"),
        (7, r"\P0", "P7"),
        (1001, "General", "1001"),
        (1001, "0", "1001"),
        (1001, "@", "1001"),
    ],
)
def test_a_number_is_a_name_as_the_workbook_shows_it(value: float, form: str, right: str) -> None:
    assert cell_text(Cell(value, form)) == right


@pytest.mark.parametrize(
    ("value", "form"),
    [
        (7, "0.00"),
        (1001, "#,##0"),
        (42, "00-00"),
        (-7, "0000"),
        (1234567890123456, "0"),  # a workbook keeps 15 digits
        (7, "0;(0)"),
        (7, '"lot"'),
        (timedelta(hours=30), "[h]:mm:ss"),
        (time(8), "hh:mm"),
        (datetime(2026, 3, 1), "yyyy-mm-dd"),
    ],
)
def test_a_name_that_the_workbook_shows_otherwise_is_refused(value: object, form: str) -> None:
    with pytest.raises(CellError) as caught:
        cell_text(Cell(value, form))
    assert caught.value.code == "text"
    assert "as text" in caught.value.hint


def test_lots_have_the_names_that_the_workbook_shows(desk: Desk) -> None:
    sheet = stock_sheet((7, 20_000, 30), ("0008", 10_000, 30), forms={"A2": "0000"})
    assert not desk.try_file("stock", STOCK, sheet)
    assert desk.lots() == {"0007": 20_000, "0008": 10_000}


@pytest.mark.parametrize(
    ("cells", "code", "column"),
    [
        ((timedelta(hours=30), 20_000, 30), "text", "Lot"),
        (("X-1", timedelta(hours=30), 30), "not-a-number", "kg"),
        (("X-1", 20_000, timedelta(minutes=5)), "not-a-number", "Ni"),
    ],
)
def test_a_duration_is_no_text_and_no_number(
    desk: Desk, cells: tuple[object, ...], code: str, column: str
) -> None:
    (finding,) = desk.try_file("stock", STOCK, stock_sheet(cells))
    assert (finding.code, finding.where) == (code, f"stock.xlsx:2, {column}")
    right = ["X-1", 20_000, 30]
    assert not desk.try_file("stock", STOCK, stock_sheet(tuple(right)))
    assert desk.lots() == {"X-1": 20_000}


@pytest.mark.parametrize("form", ["0.0,", "#,##0,", '0.0 "t"', r"0\t", "0.0%"])
def test_a_format_that_shows_another_number_or_unit_is_refused(form: str) -> None:
    with pytest.raises(CellError) as caught:
        quantity(Cell(20.0, form), "kg", "kg", FileSettings())
    assert caught.value.code == "unit"


@pytest.mark.parametrize("form", ["$#,##0", "[$\u20ac-407] 0.00", '0" h"', '0" ton"', '0" mol%"'])
def test_a_format_that_shows_money_or_another_kind_of_unit_is_refused(form: str) -> None:
    with pytest.raises(CellError) as caught:
        quantity(Cell(20.0, form), "kg", "kg", FileSettings())
    assert caught.value.code == "unit"


@pytest.mark.parametrize("form", ["0.0\u2030", '0.0" mol%"', '0.0" at%"', '0" g/L"'])
def test_a_format_that_shows_another_share_than_percent_is_refused(form: str) -> None:
    with pytest.raises(CellError) as caught:
        quantity(Cell(30.0, form), "%", "1", FileSettings())
    assert caught.value.code == "unit"


@pytest.mark.parametrize(
    "form", ["0.0", "#,##0", "#,##0.00", '0 "kg"', "General", "[Red]0.0", "[$-409]0.0", '0" net"']
)
def test_a_format_that_shows_the_number_is_taken(form: str) -> None:
    assert quantity(Cell(20.0, form), "kg", "kg", FileSettings()) == 20


# -- encodings


@pytest.mark.parametrize(
    ("encoding", "lot"),
    [("cp949", "로트1"), ("cp932", "ロット1"), ("cp1252", "Müller-1"), ("gb18030", "批次1")],
)
def test_the_hint_shows_the_word_in_each_encoding_and_the_right_one_works(
    desk: Desk, encoding: str, lot: str
) -> None:
    raw = f"Lot,kg,Ni\n{lot},20000,30\n".encode(encoding)
    (finding,) = desk.try_file("stock", STOCK, raw)
    assert (finding.where, finding.code) == ("stock.csv:2", "encoding")
    readings = dict(
        reversed(part.split(" in ")) for part in finding.hint.split("it reads ")[1].split(", ")
    )
    assert readings[encoding] == lot
    assert not desk.try_file("stock", f'[file]\nencoding = "{encoding}"\n{STOCK}', raw)
    assert desk.lots() == {lot: 20_000}


# -- a laboratory's sheet

SHEET = """\
Results of 7 March,,,
Serial No,Lab ID,Ni,Co
,,%,ppm
1,L-1,31.2,410
2,L-2,30.9,380
"""
LAB = """\
[file]
header_line = 2

[columns]
lot = "Lab ID"
shares.Ni = { column = "Ni", unit = "%" }
shares.Co = { column = "Co", unit = "ppm" }

[constants]
actor = "lab desk"
laboratory = "Lab X"
stage = "final"
basis = "as received"
sample = "S-1"
occurred_at = "2026-03-04T08:00:00Z"
"""


def test_a_row_of_units_is_skipped_as_the_hint_says(desk: Desk) -> None:
    findings = desk.try_file("assays", LAB, SHEET)
    assert {f.where.partition(",")[0] for f in findings} == {"assays.csv:3"}
    hint = "if line 3 holds units, write data_line = 4"
    assert hint in [f.hint for f in findings]
    below = LAB.replace("header_line = 2", "header_line = 2\ndata_line = 4")
    assert not desk.try_file("assays", below, SHEET)
    assert {s: held(desk.book, "L-1")[s] for s in ("Ni", "Co")} == {
        "Ni": Decimal("3120"),
        "Co": Decimal("4.1"),
    }


@pytest.mark.parametrize("unit", ["mg/g", "%"])
def test_units_of_the_sheet_that_are_not_those_of_the_mapping_are_found(
    desk: Desk, unit: str
) -> None:
    below = LAB.replace("header_line = 2", "header_line = 2\ndata_line = 4")
    wrong = SHEET.replace("ppm", unit)
    (finding,) = desk.try_file("assays", below, wrong)
    assert (finding.where, finding.code) == ("assays.csv:3, Co", "unit")
    followed = below.replace('unit = "ppm"', finding.hint.split("write ")[1].split(" for")[0])
    right = wrong.replace("410", "0.41").replace("380", "0.38")
    assert not desk.try_file("assays", followed, right)


def test_two_rows_of_remarks_in_a_workbook_are_skipped(desk: Desk) -> None:
    sheet = stock_sheet(("", "kg", "%"), ("method", "scale", "ICP"), ("X-1", 20_000, 30))
    assert desk.try_file("stock", STOCK, sheet)
    assert not desk.try_file("stock", f"[file]\ndata_line = 4\n{STOCK}", sheet)
    assert desk.lots() == {"X-1": 20_000}


# -- totals, and rows that come twice or apart


@pytest.mark.parametrize(
    "rows",
    [
        ("X-1,20000,30", "X-2,10000,31", "Total,30000,"),
        ("X-1,20000,30", "X-2,10000,31", "합계,30000,"),
        ("X-1,20000,30", "X-2,10000,31", "Grand total (2 lots):,30000.4,"),
        ("X-1,20000,30", "X-2,10000,31", "all,30000,"),
        ("X-1,20000.4,30", "X-2,10000.4,31", "all,30001,"),  # the sum as it is shown
        ("X-1,20000,30", "X-2,10000,31", "Mean,15000,30.5"),
        ("X-1,20000,30", "X-2,10000,31", "평균:,15000,30.5"),
        ("X-1,20000,30", "X-2,10000,31", "Max. (kg),20000,31"),
    ],
)
def test_a_row_of_totals_is_found_and_skipped_as_the_hint_says(
    desk: Desk, rows: tuple[str, ...]
) -> None:
    (finding,) = desk.try_file("stock", STOCK, stock_of(*rows))
    assert (finding.where, finding.code) == ("stock.csv:4", "total")
    assert 'total_row = "skip"' in finding.hint
    assert not desk.try_file("stock", f'[file]\ntotal_row = "skip"\n{STOCK}', stock_of(*rows))
    lots = {lot: round(kg, -1) for lot, kg in desk.lots().items()}
    assert lots == {"X-1": 20_000, "X-2": 10_000}


def test_a_subtotal_amid_the_rows_is_found_and_may_be_deleted(desk: Desk) -> None:
    rows = ["X-1,20000,30", "Subtotal,20000,", "X-2,10000,31"]
    (finding,) = desk.try_file("stock", STOCK, stock_of(*rows))
    assert (finding.where, finding.code) == ("stock.csv:3", "total")
    assert not desk.try_file("stock", STOCK, stock_of(rows[0], rows[2]))


@pytest.mark.parametrize("lot", ["Total", "X-3"])
def test_a_lot_that_looks_like_a_total_is_taken_as_the_hint_says(desk: Desk, lot: str) -> None:
    rows = stock_of("X-1,20000,30", "X-2,10000,31", f"{lot},30000,30")
    assert [f.code for f in desk.try_file("stock", STOCK, rows)] == ["total"]
    assert not desk.try_file("stock", f'[file]\ntotal_row = "take"\n{STOCK}', rows)
    assert desk.lots()[lot] == 30_000


@pytest.mark.parametrize(
    "lot", ["TotalEnergies-7", "Total-7", "Summer-1", "X-3", "Mean Street 7", "MAX-3"]
)
def test_other_rows_are_no_totals(desk: Desk, lot: str) -> None:
    assert not desk.try_file("stock", STOCK, stock_of("X-1,200,30", "X-2,100,31", f"{lot},301,30"))


RUNS = """\
[columns]
run = "Run"
role = "Role"
lot = "Lot"
material = "Material"
mass = { column = "kg", unit = "kg" }
occurred_at = "When"
shares.Ni = { column = "Ni", unit = "kg/kg" }

[constants]
actor = "shift 1"
site = "GMBI"
"""
RUN_ROWS = [
    "R-1,input,L-1,,100,2026-03-06T06:00:00Z,",
    "R-2,input,BM-1,,,2026-03-06T07:00:00Z,",
    "R-1,output,BM-1,black mass,95,2026-03-06T06:00:00Z,0.3",
    "R-2,output,BM-2,black mass,94,2026-03-06T07:00:00Z,0.3",
]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (1, 2, 3, 0), (3, 2, 1, 0), (0, 2, 1, 3)])
def test_rows_of_a_run_may_be_apart(desk: Desk, order: tuple[int, ...]) -> None:
    head = "Run,Role,Lot,Material,kg,When,Ni\n"
    text = head + "".join(f"{RUN_ROWS[k]}\n" for k in order)
    assert not desk.try_file("runs", RUNS, text)
    assert sum(held(desk.book, "BM-2").values(), Decimal(0)) == 94
    assert sum(held(desk.book, "L-1").values(), Decimal(0)) == 9_900


def test_a_run_number_that_is_used_again_is_found_by_its_time(desk: Desk) -> None:
    head = "Run,Role,Lot,Material,kg,When,Ni\n"
    again = RUN_ROWS[3].replace("R-2", "R-1")
    text = head + "".join(f"{row}\n" for row in (*RUN_ROWS[::2], RUN_ROWS[1], again))
    assert "differs" in {f.code for f in desk.try_file("runs", RUNS, text)}


def test_two_tickets_of_one_number_are_not_the_same_row(desk: Desk) -> None:
    head = "Ticket,Lot,Date,Gross,Tare,Ni\n"
    rows = ["T-1,X-1,2026-03-10 08:00,30,10,30\n", "T-1,X-2,2026-03-10 09:00,31,10,30\n"]
    (finding,) = desk.try_file("tickets", TICKETS, head + "".join(rows))
    assert finding.where == "tickets.csv:3"
    assert "tickets.csv:2 with another lot" in finding.found
    assert "its own number" in finding.hint
    rows[1] = rows[1].replace("T-1", "T-1b")
    assert not desk.try_file("tickets", TICKETS, head + "".join(rows))
    assert desk.lots() == {"X-1": 20_000, "X-2": 21_000}


def test_the_same_row_twice_may_be_deleted(desk: Desk) -> None:
    row = "T-1,X-1,2026-03-10 08:00,30,10,30\n"
    head = "Ticket,Lot,Date,Gross,Tare,Ni\n"
    (finding,) = desk.try_file("tickets", TICKETS, head + row + row)
    assert finding.hint == "delete one of them"
    assert not desk.try_file("tickets", TICKETS, head + row)
    assert desk.lots() == {"X-1": 20_000}


def test_a_wrong_receipt_names_what_corrects_all_of_it(desk: Desk) -> None:
    head = "Ticket,Lot,Date,Gross,Tare,Ni\n"
    assert not desk.try_file("tickets", TICKETS, head + "T-1,X-1,2026-03-10 08:00,35,10,30\n")
    (*_, finding) = desk.try_file("tickets", TICKETS, head + "T-1,X-1,2026-03-10 08:00,30,10,30\n")
    receive = "loopbook book correct tickets.csv/T-1/receive --set mass_kg=20000, and "
    assert receive in finding.hint
    assert "loopbook book correct tickets.csv/T-1/weigh --set gross_kg=30000" in finding.hint


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("20,100", "is it 20100 or 20.100? write it without a comma"),
        ("1,5", "is it 1.5? write it without a comma"),
        ("1,234,567", "is it 1234567? write it without a comma"),
        ("1.234,5", "is it 1234.5? write it without a comma"),
        ("0,500", "is it 0.500? write it without a comma"),
    ],
)
def test_a_number_with_a_comma_is_refused_with_its_readings(text: str, hint: str) -> None:
    with pytest.raises(CellError) as caught:
        exact(text)
    assert caught.value.hint == hint
    for reading in hint.removeprefix("is it ").partition("?")[0].split(" or "):
        assert exact(reading) == Decimal(reading)
