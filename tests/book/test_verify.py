"""Verify finds what was changed: every column of every table, and bytes of the file itself."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tampering import tamper

from loopbook import book as b
from loopbook.book.event_bytes import event_bytes, leaf_of
from loopbook.book.log import proofs
from loopbook.book.log.keys import Signer, generate_signer
from loopbook.book.storage.schema import TABLES
from loopbook.errors import LoopbookError, ProofError
from support.seeds import seeds
from support.world import envelope

T = datetime(2026, 3, 2, tzinfo=UTC)
SIGNER = generate_signer("gmbi.example/book")


def e(key: str, minutes: int = 0) -> dict[str, Any]:
    return envelope(key, T, minutes=minutes)


def month() -> list[b.Command]:
    """Something of everything: owners, a run, a road, a reversal, a hold, a closed period."""
    lot = {"material": "scrap", "supplier": "LGES", "site": "works"}
    return [
        b.RegisterParty(party="LGES", **e("p1")),
        b.RegisterParty(party="GMBI", **e("p2")),
        b.RegisterSite(site="works", limits_kg={"bm": 900_000}, **e("s1")),
        b.RegisterSite(site="refinery", limits_kg={"bm": 5}, **e("s2")),
        b.RegisterMaterial(material="scrap", **e("m1")),
        b.RegisterMaterial(material="black mass", hazard="bm", **e("m2")),
        b.OpenPeriod(period="march", start=T, end=T + timedelta(hours=1), **e("open")),
        b.Receive(lot="S", owner="LGES", mass_kg=900, shares={"Ni": 0.2}, **lot, **e("r1", 1)),
        b.Receive(lot="G", owner="GMBI", mass_kg=500, shares={"Ni": 0.3}, **lot, **e("r2", 2)),
        b.Weigh(lot="S", ticket="7", gross_kg=1990, tare_kg=1000, scale="A", **e("w", 3)),
        b.Split(lot="S", parts_kg={"S1": 10, "S2": 20}, **e("split", 4)),
        b.Process(
            run="R",
            site="works",
            inputs_kg={"S": None, "G": None},
            outputs=[b.Output("B", "black mass", 800, {"Ni": 0.4}), b.Output("C", "scrap", 9, {})],
            **e("run", 5),
        ),
        b.Assay(
            lot="B",
            stage="final",
            basis="dry",
            moisture=0.01,
            shares={"Ni": 0.41, "Co": 0.1},
            uncertainty={"Ni": 0.002},
            laboratory="lab",
            method="ICP",
            sample="9",
            **e("a", 6),
        ),
        b.Dispose(lot="S1", site="works", **e("d", 7)),
        b.Reverse(event="d", reason="was not", **e("rev", 8)),
        b.Hold(lot="C", reason="wet", **e("h", 9)),
        b.ClosePeriod(period="march", **e("close", 70)),
        b.AddSubstance(substance="Zn", **e("zn", 71)),
        b.Ship(lot="B", from_site="works", consignment="7", **e("ship", 72)),
    ]


def made(path: Path) -> None:
    with b.Book(path, create=True) as book:
        for command in month()[:-1]:
            book.post(command)
        proofs.checkpoint(book, SIGNER)
        book.post(month()[-1])
        proofs.checkpoint(book, SIGNER)
        assert b.verify(book).clean


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verify") / "book.sqlite"
    made(path)
    return path


@pytest.fixture
def path(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(original, tmp_path / "book.sqlite"))


def report(path: Path) -> b.VerifyReport:
    with b.Book(path) as book:
        return b.verify(book)


# --- every column of every row --------------------------------------------------------------------

FACTS = {"event", "posting", "lot", "measurement", "noun"}


def columns() -> Iterator[tuple[str, str]]:
    for table in TABLES:
        yield from ((table.name, column.name) for column in table.columns)
        if table.wide:
            yield from ((table.name, f'"s_{s}"') for s in ("Li", "Ni", "other", "Zn"))


def flipped(value: Any) -> Any:
    if value is None:
        return "p1"
    if isinstance(value, int):
        return value ^ 1
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"


@pytest.mark.parametrize(("table", "column"), list(columns()))
def test_a_change_in_any_column_of_any_row_is_found(
    original: Path, tmp_path: Path, table: str, column: str
) -> None:
    with closing(sqlite3.connect(original)) as link:
        keys = [row[1] for row in link.execute(f"PRAGMA table_info({table})") if row[5]]
        rows = link.execute(f"SELECT {column}, {', '.join(keys)} FROM {table}").fetchall()
    assert rows, table
    for value, *key in rows[:: max(1, len(rows) // 12)]:
        path = Path(shutil.copy(original, tmp_path / "book.sqlite"))
        where = " AND ".join(f"{k} = {literal(v)}" for k, v in zip(keys, key, strict=True))
        change = f"UPDATE {table} SET {column} = {literal(flipped(value))} WHERE {where}"
        try:
            tamper(path, change)
        except sqlite3.IntegrityError:
            continue  # the table's own keys refuse it
        try:
            found = report(path)
        except LoopbookError:
            continue  # does not open any more
        assert not found.clean, change
        if table in FACTS:
            assert found.first_wrong, (change, found)


def literal(value: Any) -> str:
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


# --- what is named --------------------------------------------------------------------------------

CASES: dict[str, tuple[str, str, str]] = {
    "an amount": (
        "UPDATE posting SET mass = mass + 1, s_Ni = s_Ni + 1 WHERE event = 11",
        "event 11 'split'",
        "leaf: expected the sealed hash",
    ),
    "a leg that does not add up": (
        "UPDATE posting SET s_Ni = s_Ni + 1 WHERE event = 11",
        "event 11 'split'",
        "leg: expected substances that sum to the mass",
    ),
    "who said it": (
        "UPDATE event SET actor = 'eve' WHERE id = 8",
        "event 8 'r1'",
        "leaf: expected the sealed hash",
    ),
    "an event taken away": (
        "DELETE FROM event WHERE id = 16",
        "event 17 'close'",
        "gap: expected event number 16, found number 17",
    ),
    "a leg taken away": (
        "DELETE FROM posting WHERE event = 8 AND mass < 0",
        "event 8 'r1'",
        "sum: expected legs that sum to zero",
    ),
    "a seal": (
        "UPDATE event SET leaf = zeroblob(32) WHERE id = 9",
        "event 9 'r2'",
        "leaf: expected the sealed",
    ),
    "a measurement's digit": (
        "UPDATE measurement SET value = '0.42' WHERE value = '0.41'",
        "event 13 'a'",
        "leaf: expected the sealed hash",
    ),
    "a leg on an account that is not there": (
        "UPDATE posting SET account = 99 WHERE event = 8 AND mass > 0",
        "event 8 'r1'",
        "account: expected an account, found none of number 99",
    ),
    "a date in a closed period": (
        "UPDATE event SET posted_at = (SELECT occurred_at FROM event WHERE id = 8) WHERE id = 19",
        "event 19 'ship'",
        "closed-period: expected a date in an open period, found in march",
    ),
    "a clock turned back": (
        "UPDATE event SET recorded_at = recorded_at - 100000000 WHERE id = 19",
        "event 19 'ship'",
        "order: expected recorded at",
    ),
    "a lot measured before it was made": (
        "UPDATE event SET occurred_at = occurred_at - 180000001 WHERE id = 10",
        "event 10 'w'",
        "before-lot: expected lots that were made by then, found lot S was made later",
    ),
    "a lot moved before it was made": (
        "UPDATE event SET occurred_at = occurred_at - 180000001 WHERE id = 14",
        "event 14 'd'",
        "before-lot: expected lots that were made by then, found lot S1 was made later",
    ),
    "a lot below zero at a date": (
        "UPDATE event SET occurred_at = 1772409900000000 WHERE id = 19",  # when B was made
        "event 19 'ship'",
        "back-dated: expected lots of zero or more at all dates, found lot B below zero on "
        "2026-03-02T00:05:00+00:00",
    ),
    "a reversal before its event": (
        "UPDATE event SET occurred_at = occurred_at - 60000001 WHERE id = 15",
        "event 15 'rev'",
        "reverse: expected an earlier event, found 'd'",
    ),
    "a balance": (
        "UPDATE balance SET s_Ni = s_Ni + 1 WHERE account = (SELECT min(id) FROM account)",
        "",
        "balance: expected",
    ),
    "a signed note": (
        "UPDATE checkpoint SET note = replace(note, 'gmbi', 'gmbj')",
        "",
        "checkpoint: expected a signature of the book's key",
    ),
    "a node": ("UPDATE node SET hash = zeroblob(32)", "", "node (4, 0) over events 1 and"),
    "a snapshot": ("UPDATE snapshot SET recorded_at = 1", "", "snapshot: expected recorded when"),
    "a reversal of nothing": (
        "UPDATE event SET reverses = 'x' WHERE id = 15",
        "event 15 'rev'",
        "reverse: expected an earlier event, found 'x'",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_the_first_wrong_event_is_named(path: Path, case: tuple[str, str, str]) -> None:
    change, first, told = case
    tamper(path, change)
    found = report(path)
    assert found.first_wrong == first
    assert any(told in str(f) for f in found.findings), found.findings


def reseal(path: Path) -> None:
    """Somebody clever: changes an event and its balances, and seals it anew."""
    tamper(path, "UPDATE event SET actor = 'eve' WHERE id = 8")
    with b.Book(path) as book:
        leaf = leaf_of(event_bytes(book.event("r1"), book.substances))
    tamper(path, f"UPDATE event SET leaf = x'{leaf.hex()}' WHERE id = 8")


def cut_off(path: Path) -> None:
    """Takes the last event away, with everything that hangs on it, in the order of the book."""
    tamper(
        path,
        "DELETE FROM load",
        "DELETE FROM leaf WHERE event = 19",
        "UPDATE balance SET mass = 0, s_Li = 0 WHERE account IN "
        "(SELECT account FROM posting WHERE event = 19)",
        "DELETE FROM posting WHERE event = 19",
        "DELETE FROM event WHERE id = 19",
    )


@pytest.mark.parametrize("how", [reseal, cut_off])
def test_a_signed_checkpoint_shows_what_was_changed_with_care(
    path: Path, how: Callable[[Path], None]
) -> None:
    how(path)
    found = report(path)
    assert any(f.code == "checkpoint" for f in found.findings), found


def test_an_outsider_brings_the_key(path: Path) -> None:
    other = generate_signer(SIGNER.name)
    with b.Book(path) as book:
        assert b.verify(book, keys=[SIGNER.verifier]).clean
        assert not b.verify(book, keys=[other.verifier]).clean


def test_a_missing_trigger_is_found(path: Path) -> None:
    with closing(sqlite3.connect(path)) as link:
        link.execute("DROP TRIGGER posting_no_update")
    assert "trigger posting_no_update is missing" in str(report(path).findings[0])


def test_many_wrong_events_are_counted_and_twenty_listed(path: Path) -> None:
    tamper(path, "UPDATE posting SET s_Ni = s_Ni + 1", "UPDATE event SET actor = 'eve'")
    found = report(path)
    assert len(found.findings) == 20 < found.count
    assert found.first_wrong == "event 1 'p1'"


# --- bytes of the file ----------------------------------------------------------------------------


def dump(path: Path) -> list[Any]:
    """All rows, read past our code; raises where SQLite cannot."""
    with closing(sqlite3.connect(path)) as link:
        link.text_factory = bytes
        return [
            link.execute(f"SELECT * FROM {name.decode()}").fetchall()
            for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]


def flip_bytes(original: Path, path: Path, seed: int) -> None:
    """Flip one bit of one byte; what SQLite still reads differently, verify reports."""
    rng = random.Random(seed)
    data = bytearray(original.read_bytes())
    place = rng.randrange(100, len(data))
    data[place] ^= 1 << rng.randrange(8)
    path.write_bytes(data)
    try:
        same = dump(path) == dump(original)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        same = False
    try:
        found = report(path)
    except LoopbookError:
        return
    assert same or not found.clean, f"byte {place}"
    assert found.clean or found.findings


@pytest.mark.parametrize("seed", seeds(60))
def test_a_flipped_byte_is_refused_or_reported(original: Path, tmp_path: Path, seed: int) -> None:
    flip_bytes(original, tmp_path / "book.sqlite", seed)


@pytest.mark.slow
def test_many_flipped_bytes_are_refused_or_reported(original: Path, tmp_path: Path) -> None:
    for seed in seeds(1_000, 4_000):
        flip_bytes(original, tmp_path / "book.sqlite", seed)


# --- proofs ---------------------------------------------------------------------------------------


def test_bundles_prove_without_the_book(path: Path) -> None:
    key: Signer = SIGNER
    with b.Book(path) as book:
        bundles = [proofs.inclusion(book, c.key) for c in month()]
        grown = proofs.consistency(book, 18, 19)
    assert [proofs.check_inclusion(x, key.verifier).key for x in bundles] == [
        c.key for c in month()
    ]
    proven = proofs.check_consistency(grown, key.verifier)
    assert (proven.from_size, proven.to_size) == (18, 19)


def changed(bundle: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every character of every text flipped, every number moved, every hash dropped."""
    for name, value in bundle.items():
        if isinstance(value, int):
            yield {**bundle, name: value + 1}
        elif isinstance(value, str):
            for k in range(len(value)):
                yield {**bundle, name: value[:k] + chr(ord(value[k]) ^ 1) + value[k + 1 :]}
        else:
            for k, text in enumerate(value):
                yield {**bundle, name: value[:k] + value[k + 1 :]}
                for i in range(len(text)):
                    bad = text[:i] + chr(ord(text[i]) ^ 1) + text[i + 1 :]
                    yield {**bundle, name: [*value[:k], bad, *value[k + 1 :]]}


def test_a_changed_character_breaks_a_bundle(path: Path) -> None:
    with b.Book(path) as book:
        included = proofs.inclusion(book, "split")
        grown = proofs.consistency(book, 18, 19)
    for bundle in (included, grown):
        proofs.check_proof(bundle.headline().encode(), str(SIGNER.verifier))
        for bad in changed(json.loads(bundle.headline())):
            with pytest.raises(LoopbookError):
                proofs.check_proof(json.dumps(bad).encode(), str(SIGNER.verifier))


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        (b"{", "not JSON"),
        (b"[1]", "no JSON object"),
        (b'{"format": "loopbook inclusion 2"}', "its format is 'loopbook inclusion 2'"),
        (b'{"format": ["loopbook inclusion 1"]}', "its format is"),
        (b'{"format": "loopbook inclusion 1", "checkpoint": 1}', "checkpoint of the proof"),
        (b'{"format": "loopbook consistency 1", "first": "", "second": "", "proof": ""}', "proof"),
    ],
)
def test_what_is_no_proof_is_refused(raw: bytes, complaint: str) -> None:
    with pytest.raises(ProofError, match=complaint):
        proofs.check_proof(raw, str(SIGNER.verifier))


def test_what_cannot_be_proven(path: Path) -> None:
    with b.Book(path) as book:
        book.post(b.Hold(lot="S2", reason="new", **e("new", 80)))
        for ask in (
            lambda: proofs.inclusion(book, "new"),
            lambda: proofs.inclusion(book, "unknown"),
            lambda: proofs.consistency(book, 3, 19),
            lambda: proofs.consistency(book, 19, 18),
        ):
            with pytest.raises(LoopbookError):
                ask()
        note = proofs.checkpoint(book, SIGNER)
        assert proofs.checkpoint(book, SIGNER) == note
        other = generate_signer("other.example")
        with pytest.raises(LoopbookError):
            proofs.check_inclusion(proofs.inclusion(book, "new"), other.verifier)


def test_proofs_grow_with_the_book(tmp_path: Path) -> None:
    """Nodes built in steps are those built at once, over several levels."""
    lot = {"material": "scrap", "supplier": "LGES", "site": "works", "owner": "LGES", "shares": {}}
    with b.Book(tmp_path / "b.sqlite", create=True) as book:
        book.post(month()[:6])
        sizes = [6]
        proofs.checkpoint(book, SIGNER)
        for step in (1, 9, 15, 16, 17, 200, 3, 300):
            book.post(
                [
                    b.Receive(lot=f"L{sizes[-1]}-{k}", mass_kg=1, **lot, **e(f"{sizes[-1]}-{k}"))
                    for k in range(step)
                ]
            )
            sizes.append(sizes[-1] + step)
            proofs.checkpoint(book, SIGNER)
        assert b.verify(book).clean
        for first in sizes:
            for second in sizes[sizes.index(first) :]:
                bundle = proofs.consistency(book, first, second)
                proven = proofs.check_consistency(bundle, SIGNER.verifier)
                assert (proven.from_size, proven.to_size) == (first, second)
        for key in ("p1", "6-0", "31-15", "64-199", "264-2", "267-299"):
            included = proofs.inclusion(book, key)
            assert proofs.check_inclusion(included, SIGNER.verifier).key == key
