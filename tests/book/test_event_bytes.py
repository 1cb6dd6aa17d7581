"""An event's bytes are RFC 8785 JSON: beside another writer, and with the standard's vectors."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from loopbook.book.event_bytes import event_bytes
from loopbook.book.nouns import SUBSTANCES, Account, Event, Leg, Lot, Measurement

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "acceptance"
VECTORS = Path(os.environ.get("LOOPBOOK_ACCEPTANCE", BESIDE)) / "jcs"

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
MG = st.integers(-(2**63), 2**63 - 1)
LEGS = st.builds(
    Leg, st.builds(Account, TEXT, TEXT, TEXT, TEXT), st.tuples(*[MG | st.just(0)] * len(SUBSTANCES))
)
EVENTS = st.builds(
    Event,
    key=TEXT,
    kind=TEXT,
    actor=TEXT,
    document=TEXT,
    occurred_at=MG,
    recorded_at=MG,
    command=TEXT,
    legs=st.lists(LEGS, max_size=3),
    lots=st.lists(st.builds(Lot, TEXT, TEXT), max_size=2),
    measurements=st.lists(st.builds(Measurement, *[TEXT] * len(Measurement._fields)), max_size=2),
    nouns=st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=2),
    reverses=TEXT,
)


def as_written(body: bytes) -> bytes:
    """The same value in the bytes of another writer."""
    return rfc8785.dumps(json.loads(body))


@given(EVENTS)
def test_an_events_bytes_are_those_of_another_writer(event: Event) -> None:
    body = event_bytes(event, SUBSTANCES)
    assert body == as_written(body)
    value = json.loads(body)
    assert (value["key"], value["command"]) == (event.key, event.command)
    assert [account for account, _ in value["legs"]] == [str(leg.account) for leg in event.legs]
    for (_, amounts), leg in zip(value["legs"], event.legs, strict=True):
        moved = {s: str(x) for s, x in zip(SUBSTANCES, leg.content, strict=True) if x}
        assert amounts == moved


def texts_of(value: object) -> set[str]:
    """Every key and text in a JSON value."""
    if isinstance(value, dict):
        return set(value).union(*map(texts_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(texts_of, value))
    return {value} if isinstance(value, str) else set()


def test_the_vectors_of_the_standard() -> None:
    """The other writer gives the standard's bytes, and their odd texts pass through an event."""
    if not VECTORS.is_dir():
        pytest.skip(f"NO VECTORS: {VECTORS} is absent; set LOOPBOOK_ACCEPTANCE")
    inputs = sorted((VECTORS / "input").glob("*.json"))
    assert len(inputs) == 6
    for path in inputs:
        value = json.loads(path.read_text(encoding="utf-8"))
        canonical = (VECTORS / "output" / path.name).read_bytes()
        assert rfc8785.dumps(value) == canonical, path.name
        for text in {canonical.decode(), *texts_of(value)}:
            account = Account("lot", text, text, text)
            event = Event(
                key=text,
                kind=text,
                actor=text,
                document=text,
                occurred_at=-1,
                recorded_at=2**60,
                command=text,
                legs=(Leg(account, (1,) * len(SUBSTANCES)),),
                lots=(Lot(text, text),),
                measurements=(Measurement(*[text] * len(Measurement._fields)),),
                nouns=((text, text, text),),
                reverses=text,
            )
            body = event_bytes(event, SUBSTANCES)
            assert body == as_written(body), path.name
            assert json.loads(body)["command"] == text
