"""Every kind of command: declared whole, an example that runs, a line of the statement."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from test_conformance import story

from loopbook import book as b
from loopbook.book.commands.command import LINES
from loopbook.book.imports.json_lines import read_command_lines
from loopbook.book.nouns import Event, mass
from loopbook.book.storage.session import Session
from loopbook.errors import StorageError
from loopbook.tables import fields_of
from support.lots import nouns
from support.shelves import Shelf
from support.world import START, Envelopes

ROOT = Path(__file__).parents[2]
KINDS = list(b.COMMANDS.values())
NAMES = {kind.__name__: kind for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_kind_is_declared_whole(kind: type[b.Command]) -> None:
    assert kind.__doc__
    assert set(kind.line) <= {"", *LINES}
    assert all(field.meaning for field in fields_of(kind))


# What the examples are about: a works and a refinery, lots of two owners, one on hold, one in
# transit, one delivered, a weighing with the wrong tare.
FROM_MAKER = {"material": "electrode scrap", "supplier": "Maker", "site": "Works"}
WORLD: list[tuple[type[b.Command], dict[str, Any]]] = [
    *((b.RegisterParty, {"party": party}) for party in ("Maker", "Recycler", "Trader")),
    *((b.RegisterSite, {"site": site}) for site in ("Works", "Refinery")),
    *((b.RegisterMaterial, {"material": name}) for name in ("electrode scrap", "black mass")),
    *(
        (b.Receive, {"lot": lot, "owner": owner, "mass_kg": 12_000, "shares": {}, **FROM_MAKER})
        for lot, owner in (
            ("S-1", "Maker"),
            ("G-1", "Recycler"),
            ("H-1", "Maker"),
            ("T-1", "Maker"),
        )
    ),
    (b.Receive, {"lot": "D-1", "owner": "Maker", "mass_kg": 500, "shares": {}, **FROM_MAKER}),
    (b.Deliver, {"lot": "D-1", "site": "Works", "customer": "Trader"}),
    (b.Hold, {"lot": "H-1", "reason": "wet"}),
    (b.Ship, {"lot": "T-1", "from_site": "Works", "consignment": "C-16"}),
    (b.Weigh, {"lot": "G-1", "ticket": "T-1", "gross_kg": 30_500, "tare_kg": 18_000}),
    (b.OpenPeriod, {"period": "2026-03", "start": START, "end": START + timedelta(days=31)}),
]
LORRY = (b.RegisterVehicle, {"vehicle": "T-7", "tare_kg": 14_800})


def world(kind: type[b.Command], envelope: Envelopes) -> list[b.Command]:
    """What a book needs before an example; before a noun nothing but other kinds of nouns."""
    first = [made(**fields, **envelope(key="")) for made, fields in WORLD]
    if kind is b.RegisterLocation:
        return [b.RegisterSite(site="Works", **envelope(key=""))]
    if kind is b.TareVehicle:
        return [LORRY[0](**LORRY[1], **envelope(key=""))]
    first[-2] = dataclasses.replace(first[-2], key="weigh-T-1")
    return [] if kind.__module__.startswith(b.RegisterSite.__module__.rpartition(".")[0]) else first


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_kinds_example_is_posted_and_is_in_the_statement(
    kind: type[b.Command], shelf: Shelf, envelope: Envelopes
) -> None:
    shelf.new(clock=envelope.clock).close()
    with shelf.as_owner(clock=envelope.clock) as book:
        book.post(world(kind, envelope))
        line = {"kind": kind.kind, **envelope(key="example"), **kind.example}
        raw = json.dumps(line, default=datetime.isoformat).encode()
        reasons = ("unassayed", "unweighed", "road", "running") if kind is b.ClosePeriod else ()
        accept = dict.fromkeys(reasons, "an example")
        done = b.post_lines(book, raw, name="example.jsonl", accept=accept)
        assert len(done.events) == 1
        event = book.event("example")
        assert event.kind == kind.kind
        assert b.verify(book).clean
        start, end = START - timedelta(days=60), START + timedelta(days=60)
        statement = b.metal_statement(book, start=start, end=end)
        assert statement.as_record().version == 1
        lots = [leg.content for leg in event.legs if leg.account.kind == "lot"]
        gained = sum(mass(content) for content in lots if mass(content) > 0) / 1e6
        if kind.line[0] and gained:
            assert statement.kg(kind.line[0]) >= gained > 0


def test_a_statement_is_given_over_every_kind(book: b.Book, envelope: Envelopes) -> None:
    commands = [x for x in story(envelope) if not isinstance(x, b.Reverse)]
    commands.append(b.RegisterLocation(location="Bay 3", site="WS", **envelope()))
    commands += [kind(**LORRY[1], **envelope()) for kind in (b.RegisterVehicle, b.TareVehicle)]
    bounds = {"start": START + timedelta(days=90), "end": START + timedelta(days=120)}
    commands += [
        kind(period="June", **bounds, **envelope()) for kind in (b.OpenPeriod, b.ChangePeriod)
    ]
    book.post(commands)
    (disposed,) = (x for x in commands if isinstance(x, b.Dispose))
    book.post(b.Reverse(event=disposed.key, reason="typed twice", **envelope()))
    posted = {type(x) for x in [*nouns(Envelopes()), *commands]}
    assert posted | {b.AddSubstance, b.MarkModelled, b.Reverse} == set(KINDS)
    start, end = START - timedelta(days=60), START + timedelta(days=60)
    for scope in ({}, {"site": "WS"}, {"party": "LGES"}, {"lot": "S1"}):
        statement = b.metal_statement(book, start=start, end=end, **scope)
        assert statement.as_record().version == 1


@dataclass(frozen=True)
class Photographed(Event):
    """An event with a part that no table holds."""

    photos: tuple[str, ...] = ()


def test_a_part_that_no_table_holds_is_refused(book: b.Book, envelope: Envelopes) -> None:
    before = book.balances()

    def work(session: Session) -> None:
        now = book.recorded_at(session)
        event = Photographed("p", "move", "amy", "", now, now, "{}", photos=("lorry.png",))
        session.append(event)

    assert {f.name for f in fields(Photographed)} > {f.name for f in fields(Event)}
    with pytest.raises(StorageError, match="photos"):
        book.store.transact([], work)
    assert book.balances() == before
    assert b.verify(book).clean


def test_the_front_shows_every_command() -> None:
    assert {name: getattr(b, name) for name in b.__all__ if name in NAMES} == NAMES


def test_the_page_of_the_docs_is_made_from_the_declarations(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    page = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    made = importlib.import_module("make_commands").commands_page()
    assert page == made, "run python docs/make_commands.py"
    for kind in KINDS:
        assert all(
            f"| `{field.name}` | " in page and field.meaning in page for field in fields_of(kind)
        )
    examples = re.findall(r"^```json\n(.*?)\n```$", page, re.MULTILINE)
    entries = read_command_lines("\n".join(examples), "commands.md")
    assert [(type(x.commands[0]), x.findings) for x in entries] == [
        (kind, ()) for kind in sorted(KINDS, key=lambda kind: kind.kind)
    ]
