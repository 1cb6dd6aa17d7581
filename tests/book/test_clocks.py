"""Two computers whose clocks differ: nobody is kept from posting, and the recorded order holds.

Case 28: one computer's clock was a year ahead when it posted; then the others could post nothing
for a year, and were advised to set clocks that were right.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from loopbook import book as b
from loopbook.book.log.keys import generate_signer
from loopbook.book.log.proofs import checkpoint, inclusion
from loopbook.cli import main
from loopbook.errors import InputError
from loopbook.trace import trace
from support.lots import SUBSTANCES, nouns
from support.shelves import Shelf
from support.world import Envelopes, envelope, us

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
YEAR = timedelta(days=365)


def at(moment: datetime) -> dict[str, Any]:
    """A clock that stands still."""
    return {"clock": lambda: us(moment)}


def load(lot: str, *, actor: str = "amy", moment: datetime = NOW, **more: Any) -> b.Receive:
    fields = {"material": "scrap", "supplier": "LGES", "owner": "LGES", "site": "WS"} | more
    written = envelope(lot, moment) | {"actor": actor}
    return b.Receive(lot=lot, mass_kg=10_000, shares={"Ni": "0.2"}, **fields, **written)


@pytest.fixture
def ahead(shelf: Shelf) -> Shelf:
    """A book with a load that a computer posted whose clock was a year ahead."""
    with shelf.new(substances=SUBSTANCES, **at(NOW)) as book:
        book.post(nouns(Envelopes()))
    with shelf.open(**at(NOW + YEAR)) as book:
        book.post(load("L-1", actor="ben", moment=NOW))
    return shelf


def held(book: b.Book) -> dict[str, float]:
    return {a.lot: sum(c) / 1e6 for a, c in book.balances().items() if a.kind == "lot"}


def recorded(book: b.Book) -> list[int]:
    times = book.store.rows("SELECT recorded_at FROM event ORDER BY recorded_at, id")
    return [moment for (moment,) in times]


def test_everybody_else_goes_on_posting(ahead: Shelf) -> None:
    for number, moment in enumerate((NOW, NOW + timedelta(hours=1), NOW + timedelta(days=40)), 2):
        with ahead.open(**at(moment)) as book:
            hold = b.Hold(lot=f"L-{number}", reason="wet", **envelope(f"h{number}", moment))
            book.post([load(f"L-{number}", moment=moment), hold])
    with ahead.open(**at(NOW + YEAR + timedelta(hours=1))) as book:  # that moment has come
        book.post(load("L-9"))
        assert held(book) == {f"L-{n}": 10_000 for n in (1, 2, 3, 4, 9)}
        times = recorded(book)
        assert all(one <= other for one, other in pairwise(times[-8:]))
        assert times[-1] == us(NOW + YEAR + timedelta(hours=1))
        assert [kind for kind, _, _ in book.event("L-2").nouns] == ["clock"]
        assert book.event("L-9").nouns == ()
        assert b.verify(book).clean
        checkpoint(book, generate_signer("gmbi.example/book"))
        assert inclusion(book, "L-2").covered
        assert trace(book, "L-2").total_mg[0] > 0


def test_the_event_says_so(ahead: Shelf) -> None:
    with ahead.open(**at(NOW)) as book:
        book.post(load("L-2"))
        note = (
            "a computer's clock showed 2026-03-10T12:00:00+00:00, but event L-1 of ben had been "
            "recorded at 2027-03-10T12:00:00+00:00: one of both clocks was wrong. 1 event was "
            "recorded a moment later, in the order of posting; set the clock of this computer, if "
            "it is the wrong one"
        )
        assert b.show_event(book, "L-2").notes == (note,)
        assert b.show_event(book, "L-1").notes == ()
        assert not b.show_event(book, "L-2").nouns


def test_what_was_known_at_a_moment_does_not_change(ahead: Shelf) -> None:
    """As of recording, the later event is after the earlier one, by the book's times."""
    with ahead.open(**at(NOW)) as book:
        first = book.event("L-1").recorded_at
        before = book.balances(recorded=first)
        book.post(load("L-2"))
        assert book.event("L-2").recorded_at == first + 1
        assert book.balances(recorded=first) == before
        assert {a.lot for a in book.balances(recorded=first + 1)} >= {"L-1", "L-2"}


def test_a_clock_that_is_behind_is_not_blamed_and_not_believed(shelf: Shelf) -> None:
    """Sibling: this computer's clock is wrong, an hour and a year behind one that is right."""
    with shelf.new(substances=SUBSTANCES, **at(NOW)) as book:
        book.post(nouns(Envelopes()))
    for hours, lot in ((1, "L-1"), (8760, "L-2")):
        with shelf.open(**at(NOW - timedelta(hours=hours))) as book:
            book.post(load(lot, moment=NOW - timedelta(hours=hours)))
    with shelf.open(**at(NOW + timedelta(minutes=1))) as book:
        book.post(load("L-3"))
        assert held(book) == dict.fromkeys(("L-1", "L-2", "L-3"), 10_000.0)
        assert recorded(book)[-1] == us(NOW + timedelta(minutes=1))
        assert [len(book.event(f"L-{n}").nouns) for n in (1, 2, 3)] == [1, 1, 0]
        assert b.verify(book).clean


def test_a_date_in_the_future_is_refused_by_the_clock_and_not_by_the_last_event(
    ahead: Shelf,
) -> None:
    """Sibling: a year's typing error does not pass because one clock was a year ahead."""
    with ahead.open(**at(NOW)) as book:
        wrong = load("L-2", moment=NOW + timedelta(days=30))
        with pytest.raises(InputError) as refused:
            book.post(wrong)
        (finding,) = refused.value.findings
        assert (finding.code, finding.where) == ("future", "Receive L-2, occurred_at")
        assert "is after this computer's clock, which shows 2026-03-10T12:00:00" in str(finding)
        assert "event L-1 of ben had been recorded at 2027-03-10" in finding.hint
        line = {"kind": "receive", **json.loads(b_text(wrong))}
        with pytest.raises(InputError, match=r"late.jsonl:1, occurred_at: future"):
            b.post_lines(book, json.dumps(line).encode(), name="late.jsonl")
        book.post(load("L-2", moment=NOW + timedelta(minutes=4)))  # the hint: correct the date
    with ahead.open(**at(NOW + timedelta(days=30))) as book:  # the hint: or the clock
        book.post(load("L-3", moment=NOW + timedelta(days=30)))
        assert set(held(book)) == {"L-1", "L-2", "L-3"}


def test_a_late_fact_and_what_it_amends(ahead: Shelf) -> None:
    """Sibling: each event of the posting says so, and all are planned again as they were."""
    with ahead.open(**at(NOW + timedelta(hours=2))) as book:
        book.post(
            b.Split(lot="L-1", parts_kg={"L-1a": 4000}, **envelope("cut", NOW + timedelta(hours=1)))
        )
        late = {"ticket": "T-1", "gross_kg": 19_980, "tare_kg": 10_000}
        book.post(b.Weigh(lot="L-1", **late, **envelope("w", NOW + timedelta(minutes=1))))
        assert held(book) == {"L-1": 5_980, "L-1a": 4_000}
        numbers = book.store.rows("SELECT key FROM event WHERE recorded_at > ?", (us(NOW + YEAR),))
        assert all(book.event(key).nouns[0][0] == "clock" for (key,) in numbers)
        assert not book.event("w").states
        assert b.verify(book, replan=True).clean


def b_text(command: b.Command) -> str:
    from loopbook.book.commands.planning import as_text

    return as_text(command)


def test_a_retry_is_the_same_event(ahead: Shelf) -> None:
    with ahead.open(**at(NOW)) as book:
        split = b.Split(lot="L-1", parts_kg={"L-1a": 400}, **envelope("cut", NOW))
        (first,) = book.post(split)
        (again,) = book.post(split)
        assert (again.number, again.again) == (first.number, True)
        book.post(b.Reverse(event="cut", reason="twice", **envelope("r", NOW)))
        assert held(book) == {"L-1": 10_000}
        assert b.verify(book).clean


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments])


def test_the_command_line_goes_on_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case as it was reported, with the computer's own clock."""
    monkeypatch.chdir(tmp_path)
    now = datetime.now(UTC)
    with b.Book("book.sqlite", create=True, substances=SUBSTANCES, **at(now + YEAR)) as book:
        book.post(nouns(Envelopes()))
    line = {"kind": "receive", **json.loads(b_text(load("L-2")))}
    Path("second.jsonl").write_text(json.dumps(line))
    result = run("book", "post", "second.jsonl")
    assert result.exit_code == 0, result.output
    assert "Note: a computer's clock showed" in result.stdout
    assert "one of both clocks was wrong" in result.stdout
    assert "10,000.000" in run("book", "balance", "--lot", "L-2").stdout
    Path("stock.csv").write_text("lot,mass\nL-3,7\n")
    Path("stock.toml").write_text(
        '[columns]\nlot = "lot"\nmass = { column = "mass", unit = "kg" }\n[constants]\n'
        'actor = "amy"\nmaterial = "scrap"\nowner = "LGES"\nsite = "WS"\n'
        "occurred_at = 2026-03-01T00:00:00Z\n"
    )
    result = run("book", "import", "stock", "stock.csv", "--map", "stock.toml")
    assert result.exit_code == 0, result.output
    assert "event L-2 of amy had been recorded" in result.stdout
    assert run("book", "verify").exit_code == 0
