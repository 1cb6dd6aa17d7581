"""Import of tickets, assays, stock and runs: right files, dry runs, importing again.

Wrong files are in ``test_import_findings.py``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from import_case import (
    ACCEPT,
    FILES,
    MAPS,
    SUBSTANCES,
    edited,
    findings_of,
    first_commands,
    held,
    make_book,
    now_us,
    open_book,
    said,
    workbook,
    write_files,
)
from openpyxl import Workbook

from loopbook.book import Book, Reverse, verify
from loopbook.book.exports import TABLES, export_book
from loopbook.book.imports.importing import import_file
from loopbook.book.imports.kinds import KINDS as RECORDS
from loopbook.book.imports.posting import Imported
from loopbook.book.nouns import Leg
from loopbook.errors import Finding, InputError
from loopbook.tables.sheet import FileSettings
from support.shelves import Shelf

KINDS = [kind.kind for kind in RECORDS]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    make_book(tmp_path / "book.sqlite")
    with open_book(tmp_path / "book.sqlite") as opened:
        yield opened


# -- all at once, all or nothing


def test_all_bad_rows_come_at_once_in_order_and_a_row_that_needs_a_bad_one_says_so_once(
    shared: Path, tmp_path: Path
) -> None:
    cells = {(2, "From"): "LGE", (2, "Gross"): "NaN", (4, "Material"): "foil", (4, "Date"): "x"}
    data = edited("tickets", cells) + b"T-14,L-12,03/04/2026 18:00,24.8,10,t,,,,,\n"
    file, mapping = write_files(tmp_path, "tickets", data)
    found = findings_of(shared, file, mapping, "tickets")
    assert [(f.where, f.code) for f in found] == [
        ("tickets.csv:2, Gross", "not-finite"),
        ("tickets.csv:2, From", "unknown-name"),
        ("tickets.csv:4, Date", "date"),
        ("tickets.csv:4, Material", "unknown-name"),
        ("tickets.csv:5, Lot", "depends"),
        ("tickets.csv:6, Lot", "depends"),
    ]
    assert found[4].hint == "correct line 4 first"


def test_a_row_whose_lot_a_bad_row_should_have_changed_says_so(
    shared: Path, tmp_path: Path
) -> None:
    data = edited("runs", {(4, "Material"): "blck mass", (7, "Mass"): "5000.5"})
    file, mapping = write_files(tmp_path, "runs", data)
    found = findings_of(shared, file, mapping, "runs")
    assert [(f.where, f.code) for f in found] == [
        ("runs.csv:4, Material", "unknown-name"),
        ("runs.csv:7, Lot", "depends"),
    ]


def test_a_lot_that_a_later_row_makes_after_all_is_there(shared: Path, tmp_path: Path) -> None:
    data = edited("tickets", {(2, "From"): "LGE", (4, "Lot"): "L-10", (5, "Lot"): "L-10"})
    file, mapping = write_files(tmp_path, "tickets", data)
    found = findings_of(shared, file, mapping, "tickets")
    assert [(f.where, f.code) for f in found] == [("tickets.csv:2, From", "unknown-name")]


def test_two_papers_of_one_number_are_found_whatever_their_documents(
    shared: Path, tmp_path: Path
) -> None:
    header, *rows = FILES["tickets"].splitlines()
    text = [f"{header},Note", *(f"{row},N-{k}" for k, row in enumerate(rows))]
    file, mapping = write_files(tmp_path, "tickets", "\n".join(text).encode() + b"\n")
    mapping.write_text(MAPS["tickets"].replace("[columns]", '[columns]\ndocument = "Note"'))
    file.write_text(file.read_text().replace("T-13", "T-12"))
    (found,) = findings_of(shared, file, mapping, "tickets")
    assert (found.where, found.code) == ("tickets.csv:5, Ticket", "duplicate")
    assert "T-12 is in the book as N-2/T-12/weigh" in found.found


def test_what_a_torn_row_names_counts_as_not_there(shared: Path, tmp_path: Path) -> None:
    torn = FILES["runs"].encode().replace(b"R-1,out,M-1,", b"R-1,out,M-1;")
    file, mapping = write_files(tmp_path, "runs", torn + b"R-3,in,M-1,,,GMBI,2026-03-08T06:00Z,,\n")
    found = findings_of(shared, file, mapping, "runs")
    assert [(f.where, f.code) for f in found] == [
        ("runs.csv:2, Lot", "depends"),
        ("runs.csv:4", "columns"),
        ("runs.csv:9, Lot", "depends"),
        ("runs.csv:9", "empty"),  # it has no output
    ]


def test_a_wrong_constant_is_one_finding_in_the_mapping(shared: Path, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    mapping.write_text(MAPS["tickets"].replace('"LGES"', '"LGS"'))
    found = findings_of(shared, file, mapping, "tickets")
    assert [(f.where, f.code) for f in found] == [
        ("tickets.csv:5, Lot", "depends"),
        ("tickets.toml:19", "unknown-name"),
    ]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", KINDS)
def test_a_dry_run_writes_nothing_and_shows_what_would_be_posted(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "book.sqlite"
    make_book(path)
    file, mapping = write_files(tmp_path, kind)
    before = digest(path)
    with open_book(path) as book:
        dry = import_file(book, file, mapping, kind=kind, dry_run=True, accept=ACCEPT.get(kind))
    assert digest(path) == before
    with open_book(path) as book:
        done = import_file(book, file, mapping, kind=kind, accept=ACCEPT.get(kind))
        assert (dry.posted, done.posted) == (False, True)
        assert dry.events == done.events
        assert all(book.event(event.key) == event for event in done.events)
        assert verify(book).clean


def test_one_bad_row_keeps_the_whole_file_out(tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    make_book(path)
    before = digest(path)
    file, mapping = write_files(tmp_path, "tickets", edited("tickets", {(5, "Gross"): "x"}))
    findings_of(path, file, mapping, "tickets")
    assert digest(path) == before


# -- importing again


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_may_be_imported_again_in_any_order_of_its_rows(
    book: Book, tmp_path: Path, kind: str
) -> None:
    file, mapping = write_files(tmp_path, kind)
    first = import_file(book, file, mapping, kind=kind, accept=ACCEPT.get(kind))
    held = book.balances()
    assert import_file(book, file, mapping, kind=kind) == Imported(
        file.name, first.rows, (), len(first.events), posted=True
    )
    if kind != "runs":  # whose rows belong together
        header, *rows = file.read_bytes().splitlines(keepends=True)
        file.write_bytes(b"".join([header, *reversed(rows)]))
        assert import_file(book, file, mapping, kind=kind).events == ()
    assert book.balances() == held


def test_a_file_that_grew_posts_what_is_new(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    import_file(book, file, mapping, kind="tickets")
    file.write_text(FILES["tickets"] + "T-14,L-10,03/04/2026 18:00,29.9,10,t,,,,,\n")
    done = import_file(book, file, mapping, kind="tickets")
    assert ([e.key for e in done.events], done.again) == (["tickets.csv/T-14/weigh"], 6)


def test_a_row_that_was_changed_since_is_found(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "assays")
    import_file(book, file, mapping, kind="assays")
    file.write_bytes(edited("assays", {(3, "Ni"): "33"}))
    with pytest.raises(InputError) as caught:
        import_file(book, file, mapping, kind="assays")
    (found,) = caught.value.findings
    assert (found.code, found.where) == ("duplicate", "assays.csv:3, Ni")
    advice = "loopbook book correct assays.csv/L-2/final/SGS/S-2/assay --set shares.Ni=0.33"
    assert f"correct what is posted: {advice};" in found.hint


def test_a_file_under_another_name_is_found_by_its_tickets_and_samples(
    book: Book, tmp_path: Path
) -> None:
    for kind, count in (("tickets", 4), ("assays", 3)):
        file, mapping = write_files(tmp_path, kind)
        import_file(book, file, mapping, kind=kind)
        other = file.with_stem("copy")
        other.write_bytes(file.read_bytes())
        with pytest.raises(InputError) as caught:
            import_file(book, other, mapping, kind=kind)
        assert [f.code for f in caught.value.findings] == ["duplicate"] * count


def test_a_reversed_ticket_comes_again_under_another_document(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    import_file(book, file, mapping, kind="tickets")
    book.post(Reverse(event="tickets.csv/T-11/weigh", reason="misread", **said("x", 3, 3)))
    header, _, row, *_ = FILES["tickets"].splitlines(keepends=True)
    again = tmp_path / "corrected.csv"
    again.write_text(header + row.replace("20.05", "20.15").replace("10.05", "10.15"))
    done = import_file(book, again, mapping, kind="tickets")
    assert [e.key for e in done.events] == ["corrected.csv/T-11/weigh"]
    (note,) = import_file(book, file, mapping, kind="tickets").notes
    assert note == "reversed in the book, and not posted again: tickets.csv/T-11/weigh by x"


# -- right files mean what they say


def test_tickets_bring_and_weigh_lots(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    done = import_file(book, file, mapping, kind="tickets")
    assert [e.kind for e in done.events] == [
        "receive",
        "weigh",
        "weigh",
        "receive",
        "weigh",
        "weigh",
    ]
    first = done.events[0]
    assert (first.actor, first.document) == ("gate", "tickets.csv")
    assert datetime.fromtimestamp(first.occurred_at / 1e6, UTC).isoformat() == (
        "2026-03-02T13:15:00+00:00"
    )
    assert held(book, "L-10") == {
        "Ni": Decimal("6331.5"),
        "Co": Decimal(804),
        "other": Decimal("12964.5"),
    }
    assert sum(held(book, "L-1").values()) == 10050
    assert sum(held(book, "L-12").values()) == 14900
    gross = done.events[1].measurements[0]
    assert (gross.value, gross.uncertainty, gross.sample, gross.group) == (
        "30100000000",
        "20000000",
        "T-10",
        "scale A",
    )


def test_assays_are_on_their_basis_and_uncertainties_are_standard(
    book: Book, tmp_path: Path
) -> None:
    file, mapping = write_files(tmp_path, "assays")
    done = import_file(book, file, mapping, kind="assays")
    (nickel,) = (x for x in done.events[0].measurements if x.quantity == "Ni")
    assert (nickel.quantity, Decimal(nickel.value), Decimal(nickel.uncertainty)) == (
        "Ni",
        Decimal("0.32"),
        Decimal("0.002"),
    )
    assert held(book, "L-1")["Ni"] == Decimal("3135.48")  # 31.8 % of 98.6 % of 10 t
    assert held(book, "L-1")["H2O"] == 140
    assert held(book, "L-2")["Co"] == 200


def test_stock_is_read_as_germans_write_it(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "stock")
    import_file(book, file, mapping, kind="stock")
    assert held(book, "B-1") == {"Ni": Decimal("3550.142"), "other": Decimal("8950.358")}
    assert sum(held(book, "B-2").values()) == 800


def test_runs_take_and_make_lots(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "runs")
    done = import_file(book, file, mapping, kind="runs", accept=ACCEPT["runs"])
    assert [e.kind for e in done.events] == ["process", "process"]
    assert done.rows == 2
    assert book.balances(lot="L-1") == {}
    assert sum(held(book, "L-2").values()) == 2000
    assert sum(held(book, "M-1").values()) == 9000
    lost = {
        leg.account.kind: sum(leg.content) for leg in done.events[0].legs if not leg.account.lot
    }
    assert lost == {"emission": 100_000_000, "waste": 50_000_000, "unaccounted": 2_850_000_000}


def test_a_workbook_says_the_same_as_its_csv(tmp_path: Path) -> None:
    said_by = []
    for name in ("tickets.csv", "tickets.xlsx"):
        folder = tmp_path / name
        folder.mkdir()
        make_book(folder / "book.sqlite")
        file, mapping = write_files(folder, "tickets")
        file = workbook(folder / name, {}) if name.endswith("xlsx") else file
        text = MAPS["tickets"].replace("[constants]", '[constants]\ndocument = "tickets"')
        mapping.write_text(text)
        with open_book(folder / "book.sqlite") as book:
            done = import_file(book, file, mapping, kind="tickets")
            said_by.append([(e.key, e.occurred_at, e.legs) for e in done.events])
    assert said_by[0] == said_by[1]


def test_a_workbook_may_have_date_and_time_apart(book: Book, tmp_path: Path) -> None:
    made = Workbook()
    sheet = made.active
    sheet.append(["Ticket", "Lot", "Day", "Hour", "Gross", "Tare", "Unit", "Net"])
    sheet.append(["T-11", "L-1", date(2026, 3, 2), time(9, 15), 20.05, 10000, "kg", None])
    made.save(tmp_path / "a.xlsx")
    _, mapping = write_files(tmp_path, "tickets")
    text = MAPS["tickets"].replace('"Date"', '["Day", "Hour"]')
    kept = [x for x in text.splitlines() if not re.match("material|supplier|shares|owner|site", x)]
    mapping.write_text("\n".join(kept))
    (event,) = import_file(book, tmp_path / "a.xlsx", mapping, kind="tickets").events
    assert datetime.fromtimestamp(event.occurred_at / 1e6, UTC).isoformat() == (
        "2026-03-02T14:15:00+00:00"
    )


def test_legacy_encodings_are_read(book: Book, tmp_path: Path) -> None:
    for encoding in ("cp1252", "iso-8859-15", "utf-16-le", "utf-8-sig", "shift_jis", "gbk"):
        text = FILES["assays"].replace("SGS", "東京" if encoding in ("shift_jis", "gbk") else "Ü")
        file, mapping = write_files(tmp_path, "assays", text.encode(encoding))
        head = f'[file]\nencoding = "{encoding}"\n'
        mapping.write_text(head + MAPS["assays"])
        done = import_file(book, file, mapping, kind="assays", dry_run=True)
        assert done.events[0].measurements[0].laboratory in ("東京", "Ü")


def test_other_ways_to_write_the_same_are_read(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    text = (
        MAPS["tickets"]
        .replace('"Date"', '["Day", "Hour"]')
        .replace("[file]", "[file]\nheader_line = 3")
    )
    text = text.replace("%m/%d/%Y %H:%M", "excel").replace("America/New_York", "UTC")
    mapping.write_text(
        text.replace(
            "[file]", '[file]\nencoding = "utf-16"\nopen_end = true\nthousands = " "\ndecimal = ","'
        )
    )
    body = (
        'Weighbridge\n\n"Ticket","Lot","Day","Hour","Gross","Tare","Unit","Net","Material","From","Ni","Co"\n'
        '"T-10","L-10","46083,25","","0\u202f030,1","1e1","t","20,1","cathode foil",'
        '"LGES","31,5","\u22120"'
    )
    file.write_text(body, encoding="utf-16")
    done = import_file(book, file, mapping, kind="tickets")
    assert datetime.fromtimestamp(done.events[0].occurred_at / 1e6, UTC).isoformat() == (
        "2026-03-02T06:00:00+00:00"
    )
    assert held(book, "L-10")["Ni"] == Decimal("6331.5")


def test_a_mark_at_the_beginning_and_blank_rows_do_no_harm(book: Book, tmp_path: Path) -> None:
    data = b"\xef\xbb\xbf" + FILES["tickets"].encode().replace(b"\n", b"\r\n") + b",,,,,,,,,,\r\n"
    file, mapping = write_files(tmp_path, "tickets", data)
    assert len(import_file(book, file, mapping, kind="tickets").events) == 6


def test_a_cell_may_have_its_own_unit(book: Book, tmp_path: Path) -> None:
    cells = {(2, "Gross"): "30100 kg", (2, "Ni"): "31.5%", (3, "Tare"): "10 t"}
    file, mapping = write_files(tmp_path, "tickets", edited("tickets", cells))
    import_file(book, file, mapping, kind="tickets")
    assert held(book, "L-10")["Ni"] == Decimal("6331.5")
    assert sum(held(book, "L-1").values()) == 10050
    assert import_file(book, file, mapping, kind="tickets").again == 6


def test_columns_that_are_not_used_are_named(book: Book, tmp_path: Path) -> None:
    file, mapping = write_files(tmp_path, "tickets")
    mapping.write_text(MAPS["tickets"].replace('net = { column = "Net", unit = "t" }\n', ""))
    assert import_file(book, file, mapping, kind="tickets").ignored == ("Net",)


def test_the_document_lists_every_field_setting_and_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "book.md").read_text(encoding="utf-8")
    for kind in RECORDS:
        assert {"occurred_at", "actor", "document"} <= set(kind.known)
        for name, column in kind.known.items():
            bold = f"**`{name}`**" if column.required else f"`{name}`"
            assert f"| {bold} | {column.cells} | {column.meaning} |" in text
    assert all(f"`{setting.name}`" in text for setting in fields(FileSettings))
    for table, columns in TABLES.items():
        names = ", ".join(f"`{x}`" if x != "kg" else "`Li_kg`, ..." for x in columns)
        assert re.search(rf"^\| {table} \| [^|]+ \| {re.escape(names)} \|$", text, re.MULTILINE)


# -- whatever comes in


def test_files_go_in_and_out_of_either_store(shelf: Shelf, tmp_path: Path) -> None:
    with shelf.new(substances=SUBSTANCES, clock=now_us) as book:
        book.post(first_commands())
        for kind in KINDS:
            file, mapping = write_files(tmp_path, kind)
            accept = ACCEPT.get(kind)
            dry = import_file(book, file, mapping, kind=kind, dry_run=True, accept=accept)
            done = import_file(book, file, mapping, kind=kind, accept=accept)
            assert [e.legs for e in dry.events] == [e.legs for e in done.events]
            assert import_file(book, file, mapping, kind=kind).events == ()
        file.write_bytes(edited("runs", {(7, "Lot"): "L-7"}).replace(b"R-", b"S-"))
        with pytest.raises(InputError) as caught:
            import_file(book, file, mapping, kind="runs")
        assert "unknown-name" in {f.code for f in caught.value.findings}
        out = export_book(book, tmp_path / "out", "csv")
        assert {x.table: x.rows for x in out.tables}["lots"] == 9
        assert verify(book).clean


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(FILES["tickets"]) - 1),
            st.integers(0, 3),
            st.binary(max_size=4) | st.sampled_from([b",", b'"', b"\n", b"-", b"9", b".", b"L-"]),
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_damaged_file_is_refused_or_means_what_it_says(
    shared: Path, edits: list[tuple[int, int, bytes]]
) -> None:
    raw = FILES["tickets"].encode()
    for at, length, new in edits:
        raw = raw[:at] + new + raw[at + length :]
    with TemporaryDirectory() as folder, open_book(shared) as book:
        file, mapping = write_files(Path(folder), "tickets", raw)
        found: tuple[Finding, ...] = ()
        legs: list[Leg] = []
        try:
            done = import_file(book, file, mapping, kind="tickets", dry_run=True)
        except InputError as error:
            found = error.findings
        else:
            legs = [leg for event in done.events for leg in event.legs]
    assert bool(found) != bool(legs)
    assert all(f.where.startswith("tickets.") for f in found)
    assert all(sum(column) == 0 for column in zip(*(leg.content for leg in legs), strict=True))
