"""Every kind of command: declared whole, an example that runs, a line of the statement."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import timedelta

import pytest
from test_conformance import story

from loopbook import book as b
from loopbook.book.commands.command import LINES
from loopbook.book.imports.json_lines import read_command_lines
from loopbook.book.nouns import Event
from loopbook.book.storage.session import Session
from loopbook.errors import StorageError
from loopbook.tables import fields_of
from support.lots import nouns
from support.world import START, Envelopes

KINDS = list(b.COMMANDS.values())
NAMES = {kind.__name__: kind for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_kind_is_declared_whole(kind: type[b.Command]) -> None:
    assert kind.__doc__
    assert set(kind.line) <= {"", *LINES}
    assert all(field.meaning for field in fields_of(kind))
    envelope = {"key": "1", "actor": "amy", "occurred_at": "2026-03-01T08:00:00Z"}
    line = json.dumps({"kind": kind.kind, **envelope, **kind.example})
    (entry,) = read_command_lines(line, "example.jsonl")
    assert entry.findings == ()
    assert [type(command) for command in entry.commands] == [kind]


def test_a_statement_is_given_over_every_kind(book: b.Book, envelope: Envelopes) -> None:
    commands = [x for x in story(envelope) if not isinstance(x, b.Reverse)]
    book.post(commands)
    (disposed,) = (x for x in commands if isinstance(x, b.Dispose))
    book.post(b.Reverse(event=disposed.key, reason="typed twice", **envelope()))
    posted = {type(x) for x in [*nouns(Envelopes()), *commands]}
    assert posted | {b.AddSubstance, b.Reverse} == set(KINDS)
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
