"""Serials in commands: what is stored, what is refused, and the stored form of commands without."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from book.planning_world import SPLIT, kg, world
from loopbook import book as b
from loopbook.errors import InputError
from support.world import envelope as e

PARTS = {"S1": kg(300), "S2": kg(200)}


@pytest.fixture
def book(tmp_path: Path) -> Iterator[b.Book]:
    with world(tmp_path / "b.sqlite") as it:
        yield it


def stored(book: b.Book, key: str) -> dict[str, object]:
    text: dict[str, object] = json.loads(book.event(key).command)
    return text


def test_a_command_without_serials_is_stored_as_before(book: b.Book) -> None:
    book.post(SPLIT)
    assert set(stored(book, "split")) == {
        *("key", "actor", "occurred_at", "document", "lot", "parts_kg")
    }
    again = b.Split(lot="S", parts_kg={"S1": kg(333)}, serials=None, **e("split"))
    assert book.post(again)[0].again
    assert (again, again.serials) == (SPLIT, None)


@pytest.mark.parametrize(
    ("command", "moves"),
    [
        (
            b.Split(lot="S", parts_kg=PARTS, serials={"S1": ["P-1 to P-4", "Q"]}, **e("x")),
            [("S", "S1", 1, 4), ("S", "S1", 0, 0)],
        ),
        (
            b.Sample(lot="S", sample="s", mass_kg=kg(1), serials=["P-7"], **e("x")),
            [("S", "s", 7, 7)],
        ),
        (
            b.Blend(
                inputs_kg={"S": kg(5), "G": None},
                site="WS",
                lot="B",
                material="scrap",
                serials={"S": ["P-2 to P-3"]},
                **e("x"),
            ),
            [("S", "B", 2, 3)],
        ),
        (
            b.Deliver(lot="S", site="WS", customer="Cust", serials=["P-1 to P-9"], **e("x")),
            [("", "S", 1, 9)],
        ),
        (
            b.Ship(lot="S", from_site="WS", consignment="7", serials=["P-1 to P-9"], **e("x")),
            [("", "S", 1, 9)],
        ),
        (
            b.Process(
                run="R",
                site="WS",
                inputs_kg={"S": kg(5)},
                outputs=[b.Output("P", "scrap", kg(5), {})],
                serials={"P": ["P-1 to P-5"]},
                **e("x"),
            ),
            [("", "P", 1, 5)],
        ),
        (
            b.Dispose(lot="S", site="WS", mass_kg=kg(5), serials=["P-5"], **e("x")),
            [("S", "waste//WS/", 5, 5)],
        ),
    ],
)
def test_serials_are_kept_in_the_event(
    book: b.Book, command: b.Command, moves: list[tuple[str, str, int, int]]
) -> None:
    book.post(command)
    assert "serials" in stored(book, "x")
    named = [(m.source, m.target, m.span.first, m.span.last) for m in b.serial_moves(book.store, 0)]
    assert named == moves
    assert book.post(command)[0].again
    assert b.verify(book).clean


@pytest.mark.parametrize(
    ("serials", "place", "word"),
    [
        ({"S1": ["P-9 to P-1"]}, "serials.S1.1", "the last is not less"),
        ({"S1": ["P-1 to Q-2"]}, "serials.S1.1", "differ in one number"),
        ({"S1": ["P-1 to P-10"]}, "serials.S1.1", "have one length"),
        ({"S1": ["P 1"]}, "serials.S1.1", "a serial"),
        ({"S1": ["P-1", "x" * 65]}, "serials.S1.2", "a serial"),
        ({"S3": ["P-1"]}, "serials.S3", "a part of the split"),
        ({"S1": ["P-1 to P-5"], "S2": ["P-5"]}, "serials", "a serial is named twice"),
        ({"S1": ["P-01 to P-50", "P-2"]}, None, ""),
        ({"S1": ["P-1 to P-9"], "S2": ["P-10 to P-99"]}, None, ""),
    ],
)
def test_serials_that_are_wrong(
    book: b.Book, serials: dict[str, list[str]], place: str | None, word: str
) -> None:
    command = b.Split(lot="S", parts_kg=PARTS, serials=serials, **e("x"))
    if place is None:
        book.post(command)
        return
    with pytest.raises(InputError) as error:
        book.post(command)
    (finding,) = error.value.findings
    assert finding.where == f"Split x, {place}"
    assert word in str(finding)


def test_serials_of_a_lot_that_the_run_does_not_make(book: b.Book) -> None:
    made = [b.Output("P", "scrap", kg(5), {})]
    run = b.Process(
        run="R",
        site="WS",
        inputs_kg={"S": kg(5)},
        outputs=made,
        serials={"S": ["P-1"], "P": ["P-1"]},
        **e("x"),
    )
    with pytest.raises(InputError) as error:
        book.post(run)
    assert [f.code for f in error.value.findings] == ["unknown-name", "duplicate"]
    assert "an output of the run" in str(error.value)


def test_from_json_lines(book: b.Book, tmp_path: Path) -> None:
    line = {"kind": "split", "key": "x", "actor": "amy", "occurred_at": "2026-03-30T08:00:00Z"}
    path = tmp_path / "a.jsonl"
    rest = {"lot": "S", "parts_kg": {"S1": kg(5)}, "serials": {"S1": [7]}}
    path.write_text(json.dumps(line | rest) + "\n")
    with pytest.raises(InputError, match=r"a.jsonl:1, serials.S1.1: type: expected a text"):
        b.post_lines(book, path.read_bytes(), name=path.name)
