"""Commands as JSON Lines: wrong lines with their findings, right ones posted once and exactly."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
from import_case import held, is_seen, make_book, open_book

from loopbook.book.commands.planning import as_text
from loopbook.book.imports.json_lines import post_lines, read_command_lines
from loopbook.errors import InputError

LINE = {"kind": "hold", "key": "h9", "actor": "amy", "occurred_at": "2026-03-02T08:00:00Z"}

LINES = [
    (b'{"kind": "hold"', "file-truncated", "a.jsonl:1", "Expecting ',' delimiter"),
    (b"{'kind': 'hold'}", "syntax", "a.jsonl:1", "JSON"),
    (b"[1]", "type", "a.jsonl:1", "an object"),
    (b"\xff\n", "encoding", "a.jsonl:1", "0xff"),
    (b"\n \n", "empty", "a.jsonl", "commands, one a line"),
    (b'{"kind": "hold", "lot": "a", "lot": "b"}', "duplicate", "a.jsonl:1", "lot twice"),
    ({"kind": "holt"}, "unknown-name", "a.jsonl:1", "did you mean hold?"),
    (
        {**LINE, "lott": "L-1", "reason": "wet"},
        "unknown-name",
        "a.jsonl:1, lott",
        "did you mean lot?",
    ),
    ({**LINE, "lot": "L-1"}, "missing", "a.jsonl:1, reason", "the field reason"),
    ({**LINE, "lot": 1, "reason": "wet"}, "type", "a.jsonl:1, lot", "a text"),
    ({**LINE, "lot": "L-8", "reason": "wet"}, "unknown-name", "a.jsonl:1, lot", "did you mean L-"),
    (
        {**LINE, "lot": "L-1", "reason": "wet", "occurred_at": "today"},
        "type",
        "a.jsonl:1, occurred_at",
        "a time as",
    ),
    (
        {**LINE, "lot": "L-1", "reason": "wet", "occurred_at": "2026-03-02"},
        "time",
        "a.jsonl:1, occurred_at",
        "a time zone",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": [1]},
        "type",
        "a.jsonl:1, parts_kg",
        "an object",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": {"x": True}},
        "type",
        "a.jsonl:1, parts_kg.x",
        "a number",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": {"x": "1 ton"}},
        "unit",
        "a.jsonl:1, parts_kg.x",
        "short_ton",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": {"x": "3 kWh"}},
        "unit",
        "a.jsonl:1, parts_kg.x",
        "a unit of mass",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": {"x": "-0.2 t"}},
        "negative",
        "a.jsonl:1, parts_kg.x",
        "at least 0 kg",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": {"x": "1,2 t"}},
        "not-a-number",
        "a.jsonl:1, parts_kg.x",
        "1,2",
    ),
    (
        {**LINE, "kind": "split", "lot": "L-1", "parts_kg": {"x": float("nan")}},
        "not-finite",
        "a.jsonl:1, parts_kg.x",
        "NaN",
    ),
    (
        {
            **LINE,
            "kind": "process",
            "run": "r",
            "site": "GMBI",
            "inputs_kg": {"L-1": None},
            "outputs": [{"lot": "x"}],
        },
        "missing",
        "a.jsonl:1, outputs.1.mass_kg",
        "the field mass_kg",
    ),
]


@pytest.mark.parametrize(("line", "code", "where", "says"), LINES)
def test_a_wrong_line_is_found(
    shared: Path, line: bytes | dict[str, object], code: str, where: str, says: str
) -> None:
    raw = line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n"
    with open_book(shared) as book, pytest.raises(InputError) as caught:
        post_lines(book, raw, name="a.jsonl")
    found = caught.value.findings
    assert is_seen(found, code, where, says), "\n".join(map(str, found))


def test_lines_are_posted_exactly_and_once(tmp_path: Path) -> None:
    split = {
        **LINE,
        "kind": "split",
        "key": "s",
        "lot": "L-1",
        "parts_kg": {"L-1a": 100.1, "L-1b": "2000"},
    }
    run = {
        **LINE,
        "kind": "process",
        "key": "p",
        "run": "R",
        "site": "GMBI",
        "inputs_kg": {"L-1a": None},
        "outputs": [
            {"lot": "x", "material": "black mass", "mass_kg": 99.09, "shares": {"Ni": 0.3}}
        ],
    }
    raw = "\n".join(map(json.dumps, (split, run))).encode()
    make_book(tmp_path / "book.sqlite")
    with open_book(tmp_path / "book.sqlite") as book:
        done = post_lines(book, raw, name="a.jsonl")
        assert [e.kind for e in done.events] == ["split", "process"]
        assert sum(held(book, "x").values()) == Decimal("99.09")
        assert post_lines(book, raw, name="a.jsonl").again == 2


def test_a_line_that_needs_a_bad_one_says_so(shared: Path) -> None:
    bad = {**LINE, "kind": "split", "key": "s", "lot": "L-1", "parts_kg": {"L-1a": -1}}
    then = {**LINE, "lot": "L-1a", "reason": "wet"}
    with open_book(shared) as book, pytest.raises(InputError) as caught:
        post_lines(book, "\n".join(map(json.dumps, (bad, then))).encode(), name="a.jsonl")
    assert [(f.where, f.code) for f in caught.value.findings] == [
        ("a.jsonl:1, parts_kg.L-1a", "negative"),
        ("a.jsonl:2, lot", "depends"),
    ]


def test_a_mass_with_its_unit_is_kept_in_kg_and_its_retry_is_recognised(tmp_path: Path) -> None:
    weigh = {**LINE, "kind": "weigh", "key": "w", "lot": "L-1", "ticket": "T-7", "tare_kg": 10000}
    make_book(tmp_path / "book.sqlite")
    with open_book(tmp_path / "book.sqlite") as book:
        for gross in ("20.05 t", "20050 kg", "20050", 20050):
            raw = json.dumps({**weigh, "gross_kg": gross}).encode()
            done = post_lines(book, raw, name="a.jsonl")
            assert (len(done.events), done.again) in ((1, 0), (0, 1))
        assert '"gross_kg":"20050","' in book.event("w").command
        assert sum(held(book, "L-1").values()) == 10050
        raw = json.dumps({**weigh, "gross_kg": "20.06 t"}).encode()
        with pytest.raises(InputError, match="gross_kg 20060, not 20050"):
            post_lines(book, raw, name="a.jsonl")


@pytest.mark.parametrize("mass", [38460, "38460", "38460.00", 38460.5, "3.846e4"])
def test_a_bare_number_is_stored_as_it_is_written(mass: float | str) -> None:
    line = {**LINE, "kind": "split", "key": "s", "lot": "L-1", "parts_kg": {"L-1a": mass}}
    (entry,) = read_command_lines(json.dumps(line), "a.jsonl")
    (command,) = entry.commands
    assert f'"L-1a":"{mass}"' in as_text(command)
