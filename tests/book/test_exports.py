"""Exports: what is written and read again is what the book has, in every format."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from import_case import ACCEPT, make_book, open_book, said, write_files
from openpyxl import load_workbook

from loopbook.book import Book, Receive, RegisterParty
from loopbook.book.exports import FORMATS, TABLES, columns_of, export_book, table_rows
from loopbook.book.imports.importing import import_file
from loopbook.errors import InputError

Rows = list[list[object]]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    """A book with tickets, assays and runs, and names that spreadsheets stumble over."""
    make_book(tmp_path / "book.sqlite")
    with open_book(tmp_path / "book.sqlite") as opened:
        for kind in ("tickets", "runs"):
            import_file(opened, *write_files(tmp_path, kind), kind=kind, accept=ACCEPT.get(kind))
        odd = '=1+1, "quoted" Müller'
        large = "987654321.123457"  # more digits than a workbook's numbers hold
        lot = {"material": "cathode foil", "supplier": odd, "owner": odd, "site": "Ulsan"}
        opened.post(
            [
                RegisterParty(party=odd, **said("p9")),
                Receive(lot="007", mass_kg=large, shares={"Ni": "0.123456"}, **lot, **said("r9")),
            ]
        )
        yield opened


def last(book: Book) -> int:
    return int(book.store.rows("SELECT max(id) FROM event")[0][0])


def read_csv(folder: Path, name: str) -> Rows:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [list(row) for row in csv.reader(file)]


def read_jsonl(folder: Path, name: str) -> Rows:
    lines = (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    head = [list(records[0])] if records else []
    assert all(list(r) == head[0] for r in records)
    return [*head, *(list(r.values()) for r in records)]


def read_parquet(folder: Path, name: str) -> Rows:
    table = pq.read_table(folder / f"{name}.parquet")
    return [list(table.column_names), *(list(r.values()) for r in table.to_pylist())]


def read_xlsx(folder: Path, name: str) -> Rows:
    sheet = load_workbook(folder / "book.xlsx")[name]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    return [list(row) for row in sheet.iter_rows(values_only=True)]


READERS: dict[str, Callable[[Path, str], Rows]] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "xlsx": read_xlsx,
}


def same(read: object, column: str) -> object:
    """A value as read, as the book has it."""
    if column.endswith("_kg"):
        number = Decimal(f"{read:.15g}") if isinstance(read, float) else Decimal(str(read))
        return number.quantize(Decimal("0.000001"))
    if column in ("event", "line"):
        return int(str(read))
    return "" if read is None else read


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_written_and_read_is_what_the_book_has(
    book: Book, tmp_path: Path, form: str
) -> None:
    done = export_book(book, tmp_path / "out", form)
    assert done.last_event == last(book)
    rows_of = {table.table: table.rows for table in done.tables}
    for name in TABLES:
        wanted = list(table_rows(book, name, last(book)))
        columns, *rows = READERS[form](tmp_path / "out", name)
        assert columns == [column.name for column in columns_of(name, book.substances)]
        found = [[same(x, str(c)) for x, c in zip(r, columns, strict=True)] for r in rows]
        assert found == wanted
        assert rows_of[name] == len(wanted) > 0


def test_the_tables_are_the_book(book: Book) -> None:
    balances = list(table_rows(book, "balances", last(book)))
    held = {tuple(row[:4]): row[5:] for row in balances if any(row[4:])}
    assert held == {
        (a.kind, a.party, a.site, a.lot): [Decimal(x).scaleb(-6) for x in content]
        for a, content in book.balances().items()
    }
    postings = list(table_rows(book, "postings", last(book)))
    for event in {row[0] for row in postings}:
        legs = [row for row in postings if row[0] == event]
        assert all(sum(column) == 0 for column in zip(*(leg[5:] for leg in legs), strict=True))
    assert all(sum(row[6:]) == row[5] for row in postings)
    assert balances == sorted(balances, key=lambda row: row[:4])


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_book_gives_the_same_bytes(
    book: Book, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = export_book(book, tmp_path / "a", form)
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    second = export_book(book, tmp_path / "b", form, page=3)
    assert first.files == second.files
    for name in first.files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_an_older_export_is_replaced_as_a_whole(book: Book, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_book(book, out, "csv")
    export_book(book, out, "xlsx")
    assert [p.name for p in out.iterdir()] == ["book.xlsx"]
    assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {"out"}


def test_a_folder_with_other_files_is_left_alone(book: Book, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.doc").write_text("ten years")
    with pytest.raises(InputError) as caught:
        export_book(book, tmp_path / "out", "csv")
    assert caught.value.findings[0].hint == "give a folder of its own"
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["thesis.doc"]


def test_a_place_that_cannot_be_written_is_a_finding(book: Book, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "out"):
        with pytest.raises(InputError) as caught:
            export_book(book, place, "csv")
        assert caught.value.findings[0].expected == "a folder that can be written"


def test_an_export_that_fails_leaves_the_old_one(book: Book, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_book(book, out, "xlsx")
    before = (out / "book.xlsx").read_bytes()
    book.post(RegisterParty(party="x" * 40_000, **said("p10")))
    with pytest.raises(InputError):
        export_book(book, out, "xlsx")
    assert (out / "book.xlsx").read_bytes() == before
    assert {p.name for p in tmp_path.iterdir() if p.is_dir()} == {"out"}


@pytest.mark.parametrize("name", ["a\x07b", "x" * 40_000], ids=["control", "long"])
def test_a_text_that_a_workbook_cannot_hold_is_refused(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr("loopbook.tables.declared.unfit", lambda text: "")  # as older books
    book.post(RegisterParty(party=name, **said("p10")))
    with pytest.raises(InputError) as caught:
        export_book(book, tmp_path / "out", "xlsx")
    assert caught.value.findings[0].hint == "write csv, jsonl or parquet instead"
    export_book(book, tmp_path / "out", "csv")


def test_an_empty_book_has_empty_tables(tmp_path: Path) -> None:
    with Book(tmp_path / "b.sqlite", create=True) as book:
        for form in FORMATS:
            done = export_book(book, tmp_path / form, form)
            assert {table.rows for table in done.tables} == {0}
