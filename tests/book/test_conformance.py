"""One suite for both stores: what a book answers must not depend on where its rows lie.

The book is opened by whoever posts: on PostgreSQL a role without any right to change a fact.
"""

from __future__ import annotations

import dataclasses
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tampering import tamper

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.commands.kinds import PLANNER
from loopbook.book.commands.planning import plan
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.exports import export_book
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.book.nouns import Account, Event, Leg, mass, negate
from loopbook.book.statement.statement import metal_statement
from loopbook.book.storage.session import Session
from loopbook.book.verification.report import verify
from loopbook.errors import BalanceError, InputError, LoopbookError, StorageError
from support.lots import SUBSTANCES, nouns, receive
from support.shelves import Shelf, postgres_shelf
from support.world import DAY, START, Envelopes, balances_kg, us


def sums(book: Book) -> list[int]:
    return [sum(column) for column in zip(*book.balances().values(), strict=True)]


# --- every command once ---------------------------------------------------------------------------


def story(envelope: Envelopes) -> list[c.Command]:
    """Every kind of command once, in an order in which each can be posted."""
    return [
        c.OpenPeriod(period="Feb", start=START - timedelta(days=28), end=START, **envelope()),
        c.RegisterVehicle(vehicle="T-1", tare_kg=15_000, **envelope()),
        c.TareVehicle(vehicle="T-1", tare_kg=15_100, **envelope()),
        c.RegisterLocation(location="Bay 1", site="WS", **envelope()),
        receive(envelope, "S1", 1000),
        receive(envelope, "S2", 500, owner="GMBI"),
        c.Weigh(lot="S1", ticket="T1", gross_kg=1510, tare_kg=500, **envelope()),
        c.Assay(
            lot="S1", stage="provisional", basis="as received", shares={"Ni": "0.25"}, **envelope()
        ),
        c.Sample(lot="S1", sample="S1/a".replace("/", "-"), mass_kg=10, **envelope()),
        c.Split(lot="S1", parts_kg={"S3": 200, "S4": 300}, **envelope()),
        c.Blend(
            inputs_kg={"S3": None, "S2": 100}, site="WS", lot="B1", material="scrap", **envelope()
        ),
        c.Process(
            run="R1",
            site="WS",
            inputs_kg={"S4": None},
            outputs=[c.Output("M1", "BM", 200, {"Ni": "0.3"}), c.Output("P1", "scrap", 80, {})],
            waste_kg={"other": 5},
            emissions_kg={"C": 1},
            **envelope(),
        ),
        c.TransferTitle(lot="M1", seller="LGES", buyer="GMBI", mass_kg=50, **envelope()),
        c.Move(lot="P1", from_site="WS", to_site="REF", **envelope()),
        c.Ship(lot="M1", from_site="WS", consignment="77", **envelope()),
        c.Arrive(lot="M1", consignment="77", site="REF", mass_kg=198, **envelope()),
        c.Deliver(lot="M1", site="REF", customer="REFINER", **envelope()),
        c.ReturnGoods(
            **{"lot": "M1", "customer": "REFINER", "new_lot": "M1-back", "mass_kg": 48},
            owner="GMBI",
            site="WS",
            **envelope(),
        ),
        c.StockTake(lot="P1", site="REF", counted_kg=79, **envelope()),
        c.Dispose(lot="P1", site="REF", mass_kg=9, **envelope()),
        c.Hold(lot="S2", reason="wet", **envelope()),
        c.Release(lot="S2", **envelope()),
        c.Reverse(event="k9", reason="typed twice", **envelope()),
        c.ClosePeriod(period="Feb", **envelope()),
    ]


KG = {
    "customer/REFINER//": 150,
    "emission/LGES/WS/": 1,
    "lot/GMBI/WS/B1": 100,
    "lot/GMBI/WS/M1-back": 48,
    "lot/LGES/REF/P1": 70,
    "lot/LGES/WS/B1": 200,
    "lot/LGES/WS/S1": 500,
    "lot/LGES/WS/S1-a": 10,
    "reassay/LGES/WS/": -10,
    "stock-take/LGES/REF/": 1,
    "supplier/LGES//": -1000,
    "unaccounted/GMBI/in transit 77/": 0.5,
    "unaccounted/LGES/WS/": 14,
    "unaccounted/LGES/in transit 77/": 1.5,
    "waste/LGES/REF/": 9,
    "waste/LGES/WS/": 5,
}


def test_every_command_once(book: Book, envelope: Envelopes) -> None:
    commands = story(envelope)
    reversal = next(x for x in commands if isinstance(x, c.Reverse))
    spare = receive(envelope, "S9", 7)
    commands.insert(commands.index(reversal), spare)
    commands[commands.index(reversal)] = c.Reverse(
        event=spare.key, reason="typed twice", **envelope()
    )
    for command in commands:
        (receipt,) = book.post(command)
        assert receipt.key == command.key
        assert not receipt.again
        assert not any(sums(book)), command
    assert balances_kg(book) == {**KG, "lot/GMBI/WS/S2": 400, "supplier/LGES//": -1500}
    stated = {c.AddSubstance, c.MarkModelled, c.ChangePeriod}  # in tests of their own
    posted = {type(x) for x in [*nouns(envelope), *commands]} | stated
    assert posted == set(c.COMMANDS.values())


def test_one_batch_gives_the_same_book(book: Book, envelope: Envelopes) -> None:
    commands = [x for x in story(envelope) if not isinstance(x, c.Reverse)]
    book.post(commands)
    assert balances_kg(book) == {**KG, "lot/GMBI/WS/S2": 400, "supplier/LGES//": -1500}


def test_rows_give_the_sealed_hash(book: Book, envelope: Envelopes) -> None:
    commands = [x for x in story(envelope) if not isinstance(x, c.Reverse)]
    book.post(commands)
    seals = dict(book.store.rows("SELECT key, leaf FROM event"))
    assert len(seals) == len(commands) + 7
    for key, leaf in seals.items():
        assert leaf_of(event_bytes(book.event(key), book.substances)) == bytes(leaf)


def test_numbers_rise_and_leaves_follow_them(book: Book, envelope: Envelopes) -> None:
    for lot in ("A", "B", "C"):
        book.post(receive(envelope, lot))
    assert book.store.place_leaves() == 10
    book.post(receive(envelope, "D"))
    assert book.store.place_leaves() == 11
    found = book.store.rows("SELECT l.place, l.event FROM leaf l ORDER BY l.place")
    assert [place for place, _ in found] == list(range(11))
    assert [event for _, event in found] == sorted(event for _, event in found)


@pytest.mark.parametrize("signed", [0, 10, 40])
def test_leaves_without_a_checkpoint_are_no_damage(
    book: Book, envelope: Envelopes, signed: int
) -> None:
    """Who makes one places the leaves first, and may be killed before it signs them."""
    signer = generate_signer("gmbi.example/book")
    if signed:
        book.post([receive(envelope, f"S{k}") for k in range(signed)])
        proofs.checkpoint(book, signer)
    book.post([receive(envelope, f"L{k}") for k in range(40)])
    book.store.place_leaves()
    nodes = book.store.rows("SELECT count(*) FROM node")
    report = verify(book)
    assert (report.findings, report.uncovered) == ((), report.events - report.covered)
    note = proofs.checkpoint(book, signer)
    assert book.store.rows("SELECT count(*) FROM node") > nodes
    assert verify(book, keys=[signer.verifier]).clean
    proofs.check_inclusion(proofs.inclusion(book, "k20"), signer.verifier, read_kept(note))


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
@pytest.mark.parametrize("wrong", ["DELETE FROM node WHERE place = 1", "DELETE FROM node"])
def test_nodes_of_a_checkpoint_stay(
    shelf: Shelf, book: Book, envelope: Envelopes, wrong: str
) -> None:
    book.post([receive(envelope, f"L{k}") for k in range(40)])
    proofs.checkpoint(book, generate_signer("gmbi.example/book"))
    tamper(Path(shelf.address), wrong)
    assert {x.code for x in verify(book).findings} == {"node", "tree"}


def test_verify_proofs_statement_exports(
    shelf: Shelf, book: Book, envelope: Envelopes, tmp_path: Path
) -> None:
    """The readers of a book ask both stores the same questions."""
    signer = generate_signer("gmbi.example/book")
    commands = [x for x in story(envelope) if not isinstance(x, c.Reverse)]
    for command in commands[:9]:
        book.post(command)
    proofs.checkpoint(book, signer)
    book.post(commands[9:])
    note = proofs.checkpoint(book, signer)
    assert proofs.checkpoint(book, signer) == note
    report = verify(book, keys=[signer.verifier])
    assert report.clean, report.findings
    assert (report.events, report.checkpoints) == (len(commands) + 7, 2)
    key = signer.verifier
    proofs.check_inclusion(proofs.inclusion(book, commands[3].key), key)
    proofs.check_consistency(proofs.consistency(book, 16, len(commands) + 7), key)
    made = export_book(book, tmp_path / "out", "jsonl")
    assert made.tables[0].rows == len(commands) + 7
    printed = str(metal_statement(book, start=START, end=START + timedelta(days=1)))
    assert "unaccounted" in printed


def test_verify_names_a_changed_row(shelf: Shelf, book: Book, envelope: Envelopes) -> None:
    """Whoever owns the tables can switch the rules off; verify finds the row."""
    first = receive(envelope, "A")
    book.post([first, receive(envelope, "B")])
    change = f"UPDATE event SET actor = 'eve' WHERE key = '{first.key}'"
    with shelf.as_owner() as owner:
        if shelf.kind == "sqlite":
            owner.store.write("DROP TRIGGER event_no_update", [()])
        else:
            owner.store.write("ALTER TABLE event DISABLE TRIGGER event_frozen", [()])
        owner.store.write(change, [()])
    report = verify(book)
    assert first.key in report.first_wrong
    assert any("event_no_update" in str(f) or "event_frozen" in str(f) for f in report.findings)


def test_a_snapshot_in_a_snapshot_is_of_the_same_moment(
    shelf: Shelf, book: Book, envelope: Envelopes
) -> None:
    book.post(receive(envelope, "A"))
    before = balances_kg(book)
    with book.store.snapshot(envelope.clock()):
        assert balances_kg(book) == before
        with shelf.open(clock=envelope.clock) as other:
            other.post(receive(envelope, "B"))
        with book.store.snapshot():
            assert balances_kg(book) == before
        assert balances_kg(book) == before
        if shelf.kind != "sqlite":  # where several post at once, arrays may not go on from here
            with pytest.raises(StorageError, match="inside a snapshot nobody can be waited for"):
                book.store.settle(2**62)
    assert balances_kg(book).keys() > before.keys()
    book.store.settle(2**62)


# --- events that were planned beforehand ----------------------------------------------------------


def title(envelope: Envelopes, grams: int, lot: str = "A") -> Event:
    """A planned event: some nickel of a lot changes hands."""
    said = envelope()
    moment = int(said.pop("occurred_at").timestamp() * 1e6)
    content = (grams * 1000, 0, 0, 0, 0)
    to, out = (Account("lot", party, "WS", lot) for party in ("GMBI", "LGES"))
    return Event(
        kind="transfer-title",
        document="",
        occurred_at=moment,
        recorded_at=envelope.clock(),
        command="{}",
        planner=PLANNER,
        legs=(Leg(to, content), Leg(out, negate(content))),
        **said,
    )


def append(book: Book, *events: Event) -> None:
    book.store.transact((), lambda session: session.append(*events))


def test_planned_events(book: Book, envelope: Envelopes) -> None:
    book.post([receive(envelope, "A"), receive(envelope, "B")])
    append(book, title(envelope, 1000))  # opens the buyer's account
    append(book, title(envelope, 2000), title(envelope, 500, "B"), title(envelope, 250, "B"))
    held = balances_kg(book)
    assert (held["lot/GMBI/WS/A"], held["lot/GMBI/WS/B"]) == (3, 0.75)
    assert (held["lot/LGES/WS/A"], held["lot/LGES/WS/B"]) == (997, 999.25)
    assert verify(book).clean


def test_every_event_gets_a_place_in_the_log(shelf: Shelf, book: Book, envelope: Envelopes) -> None:
    """One that another program lets in late, too; and one that was left out is found."""
    book.post(receive(envelope, "A"))
    late = title(envelope, 500)
    proofs.checkpoint(book, generate_signer("plant"))
    early = dataclasses.replace(late, recorded_at=late.recorded_at - 2 * 600 * 10**6)
    book.store.transact((), lambda session: session.append(early))  # nobody looks at its time
    note = proofs.checkpoint(book, generate_signer("plant"))
    assert note.splitlines()[1] == str(len(nouns(envelope)) + 2)
    proofs.inclusion(book, early.key)
    assert {f.code for f in verify(book).findings} == {"order"}
    append(book, title(envelope, 200))
    proofs.checkpoint(book, generate_signer("plant"))
    with shelf.as_owner() as owner:
        if shelf.kind == "sqlite":
            for name in ("leaf_no_delete", "leaf_no_update"):
                owner.store.write(f"DROP TRIGGER {name}", [()])
        else:
            owner.store.write("ALTER TABLE leaf DISABLE TRIGGER USER", [()])
        last = owner.store.rows("SELECT max(place) FROM leaf")[0][0]
        owner.store.write("DELETE FROM leaf WHERE place = ?", [(last - 1,)])
        owner.store.write("UPDATE leaf SET place = place - 1 WHERE place = ?", [(last,)])
    found = {(f.code, f.where) for f in verify(book).findings}
    assert any(code == "left-out" and early.key in where for code, where in found)


def test_planned_events_are_seen_by_what_is_planned_after_them(
    book: Book, envelope: Envelopes
) -> None:
    book.post(receive(envelope, "A"))
    first, later = (
        title(envelope, 1000),
        c.TransferTitle(lot="A", seller="GMBI", buyer="REFINER", mass_kg=1, **envelope()),
    )

    def work(session: Session) -> None:
        session.append(first)
        held = {str(a): mass(x) for a, x in session.holdings("A").items()}
        assert held == {"lot/GMBI/WS/A": 10**6, "lot/LGES/WS/A": 999 * 10**6}
        session.append(*plan(session, later, first.recorded_at + 1))

    book.store.transact([later], work)
    assert balances_kg(book)["lot/REFINER/WS/A"] == 1
    assert verify(book).clean


def test_planned_events_that_the_database_refuses(
    book: Book, envelope: Envelopes, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.post([receive(envelope, "A"), receive(envelope, "B")])
    before = balances_kg(book)
    with pytest.raises(BalanceError, match="negative"):
        append(book, title(envelope, 500), title(envelope, 200_001))
    assert balances_kg(book) == before
    append(book, title(envelope, 500, "B"))  # opens an account; the number of the one above is free
    first = title(envelope, 200_000)
    append(book, first)
    wrong = (title(envelope, 2, "A").legs[0], title(envelope, 1, "B").legs[1])
    half = dataclasses.replace(title(envelope, 1), legs=wrong)
    with pytest.raises(BalanceError, match="unbalanced"):
        append(book, half)
    with monkeypatch.context() as blind:
        blind.setattr("loopbook.book.storage.rows.edges_of", lambda *_, **__: ())
        with pytest.raises(BalanceError, match="the database refused the event"):
            append(book, half)
    again = dataclasses.replace(title(envelope, 1, "B"), key=first.key)
    with pytest.raises(LoopbookError, match=r"duplicate|attempts met other|already"):
        append(book, again)
    assert verify(book).clean


# --- retries, findings, rollback ------------------------------------------------------------------


def test_a_retry_posts_nothing_twice(book: Book, envelope: Envelopes) -> None:
    first = receive(envelope, "A")
    book.post(first)
    before = balances_kg(book)
    assert [r.again for r in book.post([first, receive(envelope, "B"), first])] == [
        True,
        False,
        True,
    ]
    assert balances_kg(book) == before | {"lot/LGES/WS/B": 1000, "supplier/LGES//": -2000}


def test_a_key_means_one_command(book: Book, envelope: Envelopes) -> None:
    first = receive(envelope, "A")
    book.post(first)
    other = c.Hold(key=first.key, actor="amy", occurred_at=first.occurred_at, lot="A", reason="x")
    with pytest.raises(InputError, match="duplicate"):
        book.post(other)


def test_one_wrong_command_takes_the_batch_back(book: Book, envelope: Envelopes) -> None:
    before, events = balances_kg(book), book.store.rows("SELECT count(*) FROM event")
    party, lot = c.RegisterParty(party="NEW", **envelope()), receive(envelope, "A")
    bad = c.Dispose(lot="A", site="WS", mass_kg=1001, **envelope())
    with pytest.raises(InputError, match=r"lot A holds 1,000 kg at WS; 1,001 kg"):
        book.post([party, lot, bad])
    assert balances_kg(book) == before
    assert book.store.rows("SELECT count(*) FROM event") == events
    for table in ("lot", "account", "balance", "measurement", "leaf"):
        assert book.store.rows(f"SELECT count(*) FROM {table}") == [(0,)], table
    book.post(party)  # what the batch had stated is forgotten, too


def test_findings_name_what_is_wrong(book: Book, envelope: Envelopes) -> None:
    book.post(receive(envelope, "A"))
    with pytest.raises(InputError) as caught:
        book.post(receive(envelope, "A", -5, owner="LGE", material="scap"))
    codes = {f.code for f in caught.value.findings}
    assert codes == {"duplicate", "negative", "unknown-name"}
    assert "did you mean LGES?" in str(caught.value)


def test_text_that_sql_might_misread(book: Book, envelope: Envelopes) -> None:
    lot = """a 'quoted" \\ {lot}, 50 % ? NULL äöü 電池"""
    book.post(receive(envelope, lot))
    book.post(c.Hold(lot=lot, reason='{"a", NULL}', **envelope()))
    assert {a.lot for a in book.balances(lot=lot)} == {lot}
    with pytest.raises(InputError, match="on hold"):
        book.post(c.Move(lot=lot, from_site="WS", to_site="REF", **envelope()))


# --- periods, reversals, substances, both clocks --------------------------------------------------


def test_closed_period(book: Book, envelope: Envelopes) -> None:
    book.post(c.OpenPeriod(period="Mar", start=START, end=START + timedelta(days=31), **envelope()))
    book.post(receive(envelope, "A"))
    book.post(c.ClosePeriod(period="Mar", **envelope(32)))
    march = metal_statement(book, start=START, end=START + timedelta(days=31)).lines
    book.post(receive(envelope, "B"))
    assert metal_statement(book, start=START, end=START + timedelta(days=31)).lines == march
    assert "lot/LGES/WS/B" in {str(a) for a in book.balances(occurred=us(START) + 31 * DAY - 1)}
    assert verify(book).clean
    late = c.Weigh(lot="A", ticket="T", gross_kg=1900, tare_kg=1000, **envelope(33))
    book.post(late)
    assert balances_kg(book)["lot/LGES/WS/A"] == 900


def test_reversal_restores(book: Book, envelope: Envelopes) -> None:
    first, second = (
        receive(envelope, "A"),
        c.Move(lot="A", from_site="WS", to_site="REF", **envelope()),
    )
    book.post(first)
    before = balances_kg(book)
    book.post(second)
    with pytest.raises(InputError, match=f"depends.*{second.key}"):
        book.post(c.Reverse(event=first.key, reason="x", **envelope()))
    book.post(c.Reverse(event=second.key, reason="x", **envelope()))
    assert balances_kg(book) == before
    book.post(c.Reverse(event=first.key, reason="x", **envelope()))
    assert balances_kg(book) == {}
    with pytest.raises(InputError, match="reversed by"):
        book.post(c.Reverse(event=first.key, reason="x", **envelope()))


def test_a_substance_more(shelf: Shelf, book: Book, envelope: Envelopes) -> None:
    first = receive(envelope, "A")
    book.post(first)
    leaf = event_bytes(book.event(first.key), book.substances)
    with shelf.as_owner(clock=envelope.clock) as owner:
        owner.post(
            [c.AddSubstance(substance="Ti", **envelope()), receive(envelope, "B", shares={"Ti": 1})]
        )
    book.post(receive(envelope, "D", shares={"Ti": "0.5"}))
    assert book.substances == (*SUBSTANCES, "Ti")
    assert event_bytes(book.event(first.key), book.substances) == leaf
    held = {a.lot: x for a, x in book.balances().items() if a.kind == "lot"}
    assert held["A"][-1] == 0
    assert held["B"] == (0, 0, 0, 0, 0, 10**9)
    assert held["D"][-1] == 5 * 10**8
    assert not any(sums(book))


@pytest.mark.server
def test_only_the_owner_adds_substances(server: Any, envelope: Envelopes) -> None:
    with postgres_shelf(server).new(substances=SUBSTANCES) as book:
        with pytest.raises(StorageError, match="owner"):
            book.post(c.AddSubstance(substance="Ti", **envelope()))
        assert book.substances == SUBSTANCES


def test_both_clocks(book: Book, envelope: Envelopes) -> None:
    book.post(receive(envelope, "A"))
    known = envelope.now
    late = c.Weigh(lot="A", ticket="T", gross_kg=1900, tare_kg=1000, **envelope(0.5))
    book.post(late)

    def of_a(**moment: int) -> float:
        found = book.balances(lot="A", **moment)
        return sum(mass(x) for x in found.values()) / 1e6

    now = int((START + timedelta(days=1)).timestamp() * 1e6)
    assert of_a() == 900
    assert of_a(occurred=now) == 900
    assert of_a(occurred=now, recorded=known) == 1000
    assert of_a(occurred=int(START.timestamp() * 1e6)) == 0


def test_recorded_at_never_goes_back(book: Book, envelope: Envelopes) -> None:
    book.post(receive(envelope, "A"))
    envelope.now -= 3_000_000
    book.post(receive(envelope, "B"))
    times = [t for (t,) in book.store.rows("SELECT recorded_at FROM event ORDER BY id")]
    assert times == sorted(times)
    envelope.now -= 3_600_000_000
    book.post(receive(envelope, "D"))  # see test_clocks.py
    times = [t for (t,) in book.store.rows("SELECT recorded_at FROM event ORDER BY id")]
    assert times == sorted(times)


# --- opening --------------------------------------------------------------------------------------


def test_another_version_is_refused(shelf: Shelf, book: Book) -> None:
    with shelf.as_owner() as owner:
        owner.store.write("UPDATE book SET value = ? WHERE key = ?", [("99", "version")])
    with pytest.raises(InputError, match=r"version.*99"):
        shelf.open()


def test_no_book_and_a_second_one(shelf: Shelf) -> None:
    with pytest.raises(InputError, match="expected a book"):
        shelf.as_owner()
    shelf.new().close()
    with pytest.raises(InputError, match="duplicate"):
        shelf.new()


def test_a_book_is_there_when_opened_again(shelf: Shelf, book: Book, envelope: Envelopes) -> None:
    book.post(receive(envelope, "A"))
    with shelf.open(clock=envelope.clock) as again:
        assert balances_kg(again) == balances_kg(book)
        assert again.substances == SUBSTANCES
        again.post(receive(envelope, "B"))
        assert balances_kg(book)["lot/LGES/WS/B"] == 1000
        again.post(c.RegisterParty(party="NEW", **envelope()))
    book.post(receive(envelope, "C", owner="NEW"))


def test_without_psycopg(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.startswith("loopbook.book.storage.postgres.store")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install 'loopbook\[postgres\]'"):
        Book("postgresql://db.example/gmbi")


# --- questions ------------------------------------------------------------------------------------


def test_questions_of_a_late_fact_do_not_grow_with_what_came_after(
    book: Book, envelope: Envelopes, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql: list[str] = []
    rows = book.store.rows

    def asked(text: str, *values: Any) -> Any:
        sql.append(text)
        return rows(text, *values)

    counts = []
    for name, later in (("S1", 4), ("S2", 60)):
        book.post(receive(envelope, name, 1000))
        date = envelope()
        title = {"lot": name, "seller": "LGES", "buyer": "GMBI", "mass_kg": 1}
        book.post([c.TransferTitle(**title, **envelope()) for _ in range(later)])
        shares = {"Ni": "0.3"}
        with monkeypatch.context() as patch:
            patch.setattr(book.store, "rows", asked)
            book.post(c.Assay(lot=name, stage="final", basis="as received", shares=shares, **date))
        counts.append(len(sql))
    assert counts[1] - 2 * counts[0] <= 12, counts
    assert verify(book, replan=True).clean
