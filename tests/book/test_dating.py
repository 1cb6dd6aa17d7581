"""When an event may be dated: not before its lots were made, and on what was there at its date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from import_case import edited, findings_of, is_seen, make_book, open_book, said, write_files
from planning_world import BLEND, HOLD, MADE, RECEIVE, SHIP, T, e, kg, world
from statement_books import a_book

from loopbook import book as b
from loopbook.errors import Finding, InputError
from support.seeds import seeds
from support.world import us


@pytest.fixture
def book(tmp_path: Path) -> Iterator[b.Book]:
    with world(tmp_path / "b.sqlite") as it:
        yield it


def day(number: float) -> datetime:
    """So many days after lots S and G were made."""
    return MADE + timedelta(days=number)


def refused(book: b.Book, command: b.Command) -> tuple[Finding, ...]:
    before = book.store.rows("SELECT count(*) FROM event")
    with pytest.raises(InputError) as caught:
        book.post(command)
    assert book.store.rows("SELECT count(*) FROM event") == before
    return caught.value.findings


# --- not before the lot was made ------------------------------------------------------------------

NI = {"Ni": 0}
ALL = {"S": None}
OUT = [b.Output("N", "BM", kg(1), {})]
TOUCHING: dict[str, tuple[list[b.Command], type[b.Command], dict[str, Any]]] = {
    "weigh": ([], b.Weigh, {"lot": "S", "ticket": "T", "gross_kg": kg(7), "tare_kg": 0}),
    "assay": ([], b.Assay, {"lot": "S", "stage": "final", "basis": "as received", "shares": NI}),
    "sample": ([], b.Sample, {"lot": "S", "sample": "P", "mass_kg": kg(1)}),
    "return-goods": (
        [b.Deliver(lot="S", site="WS", customer="Cust", **e("out", MADE))],
        b.ReturnGoods,
        {"lot": "S", "customer": "Cust", "new_lot": "P", "owner": "LGES", "site": "WS"},
    ),
    "split": ([], b.Split, {"lot": "S", "parts_kg": {"P": kg(1)}}),
    "blend": ([], b.Blend, {"inputs_kg": ALL, "site": "WS", "lot": "N", "material": "scrap"}),
    "process": ([], b.Process, {"run": "R", "site": "WS", "inputs_kg": ALL, "outputs": OUT}),
    "move": ([], b.Move, {"lot": "S", "from_site": "WS", "to_site": "REF"}),
    "ship": ([], b.Ship, {"lot": "S", "from_site": "WS", "consignment": "7"}),
    "arrive": ([SHIP], b.Arrive, {"lot": "S", "consignment": "7", "site": "REF", "mass_kg": 0}),
    "deliver": ([], b.Deliver, {"lot": "S", "site": "WS", "customer": "Cust"}),
    "transfer": ([], b.TransferTitle, {"lot": "S", "seller": "LGES", "buyer": "GMBI"}),
    "stock-take": ([], b.StockTake, {"lot": "S", "site": "WS", "counted_kg": kg(999)}),
    "dispose": ([], b.Dispose, {"lot": "S", "site": "WS"}),
    "hold": ([], b.Hold, {"lot": "S", "reason": "wet"}),
    "release": ([HOLD], b.Release, {"lot": "S"}),
}


@pytest.mark.parametrize("case", TOUCHING.values(), ids=TOUCHING.keys())
def test_nothing_happens_to_a_lot_before_it_was_made(book: b.Book, case: Any) -> None:
    before, kind, fields = case
    book.post(before)
    early = kind(**fields, **e("it", MADE - timedelta(seconds=1)))
    (found,) = refused(book, early)
    assert (found.code, found.where) == ("before-lot", f"{kind.__name__} it, occurred_at")
    assert (found.expected, found.found) == (
        "2026-01-09T08:00:00+00:00 or later",
        "2026-01-09T07:59:59+00:00",
    )
    assert "lot S" in str(found)


def test_every_command_that_touches_a_lot_is_tried() -> None:
    made = {b.Receive}
    touching = {
        kind
        for kind in b.COMMANDS.values()
        if {"lot", "inputs_kg"} & set(kind.__dataclass_fields__)
    }
    assert {kind for _, kind, _ in TOUCHING.values()} == touching - made


@pytest.mark.parametrize(
    "name", [n for n in TOUCHING if n not in ("arrive", "release", "return-goods")]
)
def test_at_the_moment_when_it_was_made(book: b.Book, name: str) -> None:
    _, kind, fields = TOUCHING[name]
    book.post(kind(**fields, **e("it", MADE)))


def test_the_dates_are_in_the_zone_of_the_command(book: b.Book) -> None:
    zone = timezone(timedelta(hours=-5))
    (found,) = refused(book, b.Hold(lot="S", reason="x", **e("h", day(-1).astimezone(zone))))
    assert found.expected == "2026-01-09T03:00:00-05:00 or later"
    assert found.found == "2026-01-08T03:00:00-05:00"


def test_all_lots_of_a_command_are_looked_at(book: b.Book) -> None:
    early = b.Blend(
        inputs_kg={"S": None, "G": None}, site="WS", lot="N", material="scrap", **e("x", day(-1))
    )
    for finding, lot in zip(refused(book, early), "SG", strict=True):
        assert f"lot {lot}" in str(finding)


def test_a_lot_of_the_same_batch(book: b.Book) -> None:
    """What is not written yet has a date, too."""
    lot = {"lot": "N", "owner": "LGES", "mass_kg": kg(9), "shares": {}}
    brought = b.Receive(**lot, **RECEIVE, **e("n", day(3)))
    with pytest.raises(InputError, match=r"2026-01-12T08.* when lot N was made"):
        book.post([brought, b.Hold(lot="N", reason="x", **e("h", day(2)))])


# --- on what was there at its date ----------------------------------------------------------------


def test_taken_from_where_it_was_not_yet(book: b.Book) -> None:
    book.post(b.Move(lot="S", from_site="WS", to_site="REF", **e("mv", day(9))))
    early = b.Dispose(lot="S", site="REF", mass_kg=kg(10), **e("d", day(5)))
    (finding,) = refused(book, early)
    assert (finding.code, finding.where) == ("place", "Dispose d, mass_kg")
    assert "lot S is not at REF; it is at WS" in str(finding)
    book.post(b.Dispose(lot="S", site="REF", mass_kg=kg(10), **e("d", day(9))))


def test_more_than_lay_there_then(book: b.Book) -> None:
    """A stock-take found more on day 9; on day 5 it was not known to be there."""
    book.post(b.StockTake(lot="S", site="WS", counted_kg=kg(1500), **e("st", day(9))))
    (finding,) = refused(book, b.Dispose(lot="S", site="WS", mass_kg=kg(1400), **e("d", day(5))))
    assert finding.code == "negative"
    book.post(b.Dispose(lot="S", site="WS", mass_kg=kg(900), **e("d", day(5))))
    assert sum(sum(x) for x in book.balances(lot="S").values()) == 1500


def test_sold_before_the_seller_had_it(book: b.Book) -> None:
    book.post(b.TransferTitle(lot="S", seller="LGES", buyer="GMBI", **e("t", day(9))))
    (finding,) = refused(
        book, b.TransferTitle(lot="S", seller="GMBI", buyer="LGES", **e("u", day(8)))
    )
    assert (finding.code, "GMBI owns nothing of lot S" in str(finding)) == ("place", True)


def test_a_run_that_leaves_nothing_for_a_later_assay(book: b.Book) -> None:
    """The assay of day 9 could not have been made: its lot was used up on day 5."""
    book.post(
        b.Assay(lot="S", stage="final", basis="as received", shares={"Ni": ".3"}, **e("a", day(9)))
    )
    outputs = [b.Output("N", "scrap", kg(900), {"Ni": ".3"})]
    run = {"run": "R", "site": "WS", "inputs_kg": {"S": None}, "outputs": outputs}
    (finding,) = refused(book, b.Process(**run, **e("p", day(5))))
    assert (finding.code, finding.found) == ("depends", "a")
    assert "lot S is empty" in str(finding)
    book.post(b.Reverse(event="a", reason="dated wrongly", **e("ra", day(9))))
    book.post(b.Process(**run, **e("p", day(5))))
    assert b.verify(book).clean


def test_what_waits_to_be_written_counts(book: b.Book) -> None:
    move = b.Move(lot="S", from_site="WS", to_site="REF", **e("mv", day(9)))
    early = b.Dispose(lot="S", site="REF", **e("d", day(5)))
    with pytest.raises(InputError, match="lot S is not at REF"):
        book.post([move, early])


def test_late_papers_are_taken(book: b.Book) -> None:
    """Told in the wrong order, and right at every moment."""
    book.post([BLEND, b.Split(lot="B", parts_kg={"B1": kg(100)}, **e("s"))])
    book.post(b.Dispose(lot="B", site="WS", mass_kg=kg(50), **e("d", T)))
    book.post(
        b.Receive(lot="N", owner="LGES", mass_kg=kg(9), shares={}, **RECEIVE, **e("n", day(1)))
    )
    book.post(b.Ship(lot="N", from_site="WS", consignment="1", **e("sh", day(30))))
    book.post(b.Weigh(lot="N", ticket="late", gross_kg=kg(8), tare_kg=0, **e("w", day(30))))
    book.post(b.Hold(lot="N", reason="late", **e("h", day(2))))


# --- reversals ------------------------------------------------------------------------------------


def test_a_reversal_is_not_dated_before_its_event(book: b.Book) -> None:
    book.post(b.Dispose(lot="S", site="WS", mass_kg=kg(1), **e("d", day(5))))
    (found,) = refused(book, b.Reverse(event="d", reason="no", **e("r", day(4))))
    assert (found.code, found.where) == ("before-event", "Reverse r, occurred_at")
    assert found.expected == "2026-01-14T08:00:00+00:00 or later"
    assert found.found == "2026-01-13T08:00:00+00:00"
    book.post(b.Reverse(event="d", reason="no", **e("r", day(5))))


def test_a_reversal_counts_from_the_date_of_its_event(book: b.Book) -> None:
    book.post(b.StockTake(lot="S", site="WS", counted_kg=kg(1500), **e("st", day(1))))
    book.post(b.Dispose(lot="S", site="WS", **e("d", day(3))))
    book.post(b.Reverse(event="st", reason="another lot was counted", **e("rs", day(8))))
    for when in (day(1), day(2)):
        assert sum(sum(x) for x in book.balances(lot="S", occurred=us(when)).values()) == 1000
    assert book.balances(lot="S") == {}
    assert b.verify(book).clean


# --- many, files, both databases ------------------------------------------------------------------


@pytest.mark.parametrize("seed", seeds(4))
def test_no_lot_of_a_random_month_was_below_zero(shelf: Any, seed: int) -> None:
    with a_book(shelf, seed).book as book:
        moments = book.store.rows("SELECT DISTINCT occurred_at FROM event ORDER BY occurred_at")
        for (moment,) in moments:
            lies = book.balances(occurred=moment)
            assert all(min(x) >= 0 for a, x in lies.items() if a.kind == "lot")
        assert b.verify(book).clean


def test_rows_of_a_file(tmp_path: Path) -> None:
    make_book(tmp_path / "book.sqlite")
    early = edited("assays", {(2, "Date"): "2026-02-01T10:00:00-05:00"})
    file, mapping = write_files(tmp_path, "assays", early)
    found = findings_of(tmp_path / "book.sqlite", file, mapping, "assays")
    expected = "2026-02-02T03:00:00-05:00 or later"
    assert is_seen(found, "before-lot", "assays.csv:2, Date", expected)


def test_a_run_that_is_imported_after_a_later_assay(tmp_path: Path) -> None:
    make_book(tmp_path / "book.sqlite")
    assay = {"stage": "final", "basis": "as received", "shares": {"Ni": "0.31"}}
    with open_book(tmp_path / "book.sqlite") as book:
        book.post(b.Assay(lot="L-1", **assay, **said("a", 9, 3)))
    file, mapping = write_files(tmp_path, "runs")
    findings = findings_of(tmp_path / "book.sqlite", file, mapping, "runs")
    assert is_seen(findings, "depends", "runs.csv:2", "a")
