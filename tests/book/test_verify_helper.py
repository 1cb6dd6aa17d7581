"""A second process judges the later events of a large book; the report is the same without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tampering import tamper

from loopbook import book as b
from loopbook.book.verification.second_process import Helper, Second
from support.world import Envelopes

T = datetime(2026, 3, 2, tzinfo=UTC)
EVENTS = 30
ALWAYS = Second(least=2, cores=2)


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of the events that a helper judged."""
    numbers: list[int] = []
    wrong = Helper.wrong

    def watched(self: Helper, number: int) -> Any:
        answer = wrong(self, number)
        numbers.extend([number] if answer is not None else [])
        return answer

    monkeypatch.setattr(Helper, "wrong", watched)
    return numbers


def fill(book: b.Book) -> None:
    lot = {"material": "scrap", "supplier": "LGES", "site": "works", "owner": "LGES"}
    who = {"actor": "amy", "occurred_at": T}
    for k in range(EVENTS):
        shares = {"Ni": 0.2, "Li": 0.01}
        book.post(b.Receive(lot=f"L{k}", key=f"k{k}", mass_kg=1, shares=shares, **lot, **who))
        if k % 3 == 0:
            book.post(b.Split(lot=f"L{k}", parts_kg={f"L{k}a": 0.5}, key=f"s{k}", **who))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "book.sqlite"
    with b.Book(path, create=True) as book:
        who = {"actor": "amy", "occurred_at": T}
        book.post(b.RegisterParty(party="LGES", key="p", **who))
        book.post(b.RegisterSite(site="works", key="s", **who))
        book.post(b.RegisterMaterial(material="scrap", key="m", **who))
        fill(book)
    return path


def report(path: Path, second: Second = ALWAYS) -> b.VerifyReport:
    with b.Book(path) as book:
        return b.verify(book, second=second)


def test_the_helper_judges_the_later_events(path: Path, judged: list[int]) -> None:
    assert report(path).clean
    assert judged == list(range(judged[0], 3 + EVENTS + 10 + 1))
    assert 10 < judged[0] < 30


def test_a_helper_judges_on_every_store(
    book: b.Book, envelope: Envelopes, judged: list[int]
) -> None:
    assert b.verify(book, second=ALWAYS).clean
    assert judged


CHANGES = {
    "an early hash": "UPDATE event SET actor = 'eve' WHERE id = 5",
    "a late hash": "UPDATE event SET actor = 'eve' WHERE id = 40",
    "all hashes": "UPDATE event SET actor = 'eve'",
    "a late edge": "UPDATE edge SET s_Ni = s_Ni + 1, mass = mass + 1 WHERE event = 37",
    "late amounts": "UPDATE posting SET s_Ni = s_Ni + 1 WHERE event > 30",
    "a lost event": "DELETE FROM event WHERE id = 35",
    "a text that is none": "UPDATE event SET document = CAST(x'ff' AS TEXT) WHERE id = 38",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_report_is_the_same_with_a_helper_without_one_and_with_one_that_ends_early(
    path: Path, judged: list[int], change: str
) -> None:
    tamper(path, change)
    helped = report(path)
    assert not helped.clean
    assert bool(judged) == ("x'ff'" not in change)  # what it cannot read it leaves to the first
    for code in ("raise SystemExit(3)", "import sys; sys.stdin.read(); print('{')"):
        assert report(path, replace(ALWAYS, code=code)) == helped
    assert report(path, replace(ALWAYS, least=10**9)) == helped
    assert report(path, replace(ALWAYS, cores=1)) == helped
