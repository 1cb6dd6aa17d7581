"""Who has the book's file, but not its key, and makes all hashes again: found, or harmless.

Each change is found by `verify` with the checkpoint that an outsider kept, or it is harmless: what
the kept checkpoint covers is as it was, and the rest is counted as not covered. The book has every
kind of event, late facts of an open and of a closed period, corrections, and lots made again,
before the kept checkpoint, after it, and after the last one. ``--changes N`` makes N changes.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tampering import cut, forget_proofs, reseal, tamper
from test_conformance import story

from loopbook import book as b
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.book.storage.schema import column_names
from loopbook.errors import BalanceError, LoopbookError
from support.lots import SUBSTANCES, nouns, receive
from support.seeds import seeds
from support.world import START, Envelopes, envelope

SIGNER, EVE = generate_signer("gmbi.example/book"), generate_signer("gmbi.example/book")
FACTS = {
    table: [name for name in column_names(table) if name not in derived]
    for table, derived in {
        "event": ("id", "leaf"),
        "posting": ("event", "mass"),
        "lot": ("event",),
        "measurement": ("event",),
        "noun": ("event",),
        "account": ("id",),
    }.items()
}
"""Columns of facts that are changed, by table; amounts are changed in legs."""
DERIVED = {
    "event": ["leaf"],
    "edge": ["source", "target", "mass", "s_Ni"],
    "balance": ["bounded", "last_at", "mass", "s_Ni"],
    "closing": ["period", "start_at", "end_at", "event"],
    "snapshot": ["moment", "recorded_at", "mass", "s_Ni"],
    "load": ["site", "hazard", "mass", "most"],
    "leaf": ["place", "event"],
    "node": ["level", "place", "hash"],
}
"""Columns of what is derived from them."""


@dataclass(frozen=True, slots=True)
class Original:
    """A book, and what an outsider kept of it.

    Parameters
    ----------
    sizes : events that the kept checkpoint covers, that the last one covers, and all.
    """

    path: Path
    note: str
    sizes: tuple[int, int, int]


def stretch(book: b.Book, envelope: Envelopes, number: int) -> None:
    """Late facts, a correction, and a lot that is made again."""
    lot = f"A{number}"
    first = receive(envelope, lot, 900)
    wrong = receive(envelope, f"{lot}x", 300)
    split = b.Split(lot=lot, parts_kg={f"{lot}a": 400}, **envelope())
    inputs = {f"{lot}a": 100, f"{lot}x": None}
    blend = b.Blend(lot=f"{lot}b", material="BM", site="WS", inputs_kg=inputs, **envelope())
    book.post([first, wrong, split, blend])
    assay = {"stage": "final", "basis": "as received", "sample": f"S{number}", "laboratory": "Lab"}
    at = split.occurred_at - timedelta(seconds=20)
    book.post(b.Assay(lot=lot, shares={"Ni": "0.23"}, **assay, **envelope(at)))
    b.correct(book, wrong.key, {"owner": "GMBI"}, reason="typed wrongly", actor="amy")
    spare = receive(envelope, f"{lot}y", 40)
    book.post(spare)
    book.post(b.Reverse(event=spare.key, reason="typed twice", **envelope()))
    book.post(receive(envelope, f"{lot}y", 50))
    book.post(b.Weigh(lot=lot, ticket=f"T{number}", gross_kg=1003, tare_kg=500, **envelope()))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Original:
    """A book with checkpoints, of which an outsider kept the first."""
    path, envelope = tmp_path_factory.mktemp("original") / "book.sqlite", Envelopes()
    with b.Book(path, create=True, substances=SUBSTANCES, clock=envelope.clock) as book:
        book.post(nouns(envelope))
        for command in story(envelope):
            if not isinstance(command, b.Reverse):
                book.post(command)
        end = START + timedelta(days=1)
        book.post(b.OpenPeriod(period="1 March", start=START, end=end, **envelope()))
        book.post(b.ClosePeriod(period="1 March", **envelope(2.0)))
        envelope.count += 2 * 1440  # what follows is of the next days
        stretch(book, envelope, 0)
        sizes, note = [count(book)], proofs.checkpoint(book, SIGNER)
        stretch(book, envelope, 1)
        proofs.checkpoint(book, SIGNER)
        sizes.append(count(book))
        stretch(book, envelope, 2)
        sizes.append(count(book))
        assert b.verify(book, keys=[SIGNER.verifier], kept=read_kept(note), replan=True).clean
    return Original(path, note, tuple(sizes))


def count(book: b.Book) -> int:
    return int(book.store.rows("SELECT count(*) FROM event")[0][0])


def facts(path: Path, size: int) -> list[Any]:
    """All rows of the first events of a book."""
    queries = (
        "SELECT * FROM event WHERE id <= ?",
        "SELECT a.kind, a.party, a.site, a.lot, p.* FROM posting p JOIN account a "
        "ON a.id = p.account WHERE p.event <= ?",
        *(
            f"SELECT * FROM {table} WHERE event <= ?"
            for table in ("lot", "noun", "measurement", "edge", "closing")
        ),
    )
    with closing(sqlite3.connect(path)) as link:
        return [sorted(map(repr, link.execute(query, (size,)))) for query in queries]


# --- changes --------------------------------------------------------------------------------------


def changed(value: object, rng: random.Random) -> object:
    """Another value of the same type, or nothing where there was something."""
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 1_000_000, -86_400_000_000))
    if isinstance(value, bytes):
        return bytes([value[0] ^ 1]) + value[1:]
    text = "" if value is None else str(value)
    return rng.choice([x for x in ("eve", f"{text}x", text[1:], "k8", "LGES", "S1") if x != text])


def change_a_row(path: Path, tables: dict[str, list[str]], most: int, rng: random.Random) -> None:
    """Change a value of a row, of the first events where the table names them."""
    while True:
        table = rng.choice([*tables])
        column = rng.choice(tables[table])
        ranges = {
            "account": f"id IN (SELECT account FROM posting WHERE event BETWEEN 8 AND {most})",
            "event": f"id BETWEEN 8 AND {most}",
        }
        ranges |= dict.fromkeys(("balance", "snapshot", "load", "node"), "true")
        limit = ranges.get(table, f"event BETWEEN 8 AND {most}")
        with closing(sqlite3.connect(path)) as link:
            rows = link.execute(f"SELECT * FROM {table} WHERE {limit}")
            names = [name for name, *_ in rows.description]
            row = dict(zip(names, rng.choice(rows.fetchall()), strict=True))
        same = " AND ".join(f'"{name}" IS ?' for name in names)
        sql = f'UPDATE {table} SET "{column}" = ? WHERE {same}'
        with suppress(sqlite3.IntegrityError):  # a key that another row has
            tamper(path, (sql, (changed(row[column], rng), *row.values())))
            return


def change_rows(path: Path, most: int, rng: random.Random) -> None:
    """A fact of an event, with hashes, edges and balances made again; or what is derived."""
    if rng.random() < 0.3:
        change_a_row(path, DERIVED, most, rng)
    else:
        change_a_row(path, FACTS, most, rng)
        again(path)


def legs_against_command(path: Path, most: int, rng: random.Random) -> None:
    """Mass, or nickel for another substance, moved in the legs of an event; its command stays."""
    with closing(sqlite3.connect(path)) as link:
        legs = link.execute(
            "SELECT p.event, p.account FROM posting p WHERE p.event BETWEEN 8 AND ? AND p.event IN "
            "(SELECT event FROM posting GROUP BY event HAVING count(*) > 1)",
            (most,),
        ).fetchall()
    number = rng.choice(legs)[0]
    one, two = rng.sample([account for event, account in legs if event == number], 2)
    mg = rng.choice((1, 7, 5_000))
    paid = rng.choice(("mass", "s_other"))
    for sign, account in ((1, one), (-1, two)):
        mass = "+" if paid == "mass" else "-"
        tamper(
            path,
            f"UPDATE posting SET s_Ni = s_Ni + {sign * mg}, {paid} = {paid} {mass} {sign * mg} "
            f"WHERE event = {number} AND account = {account}",
        )
    again(path)


def again(path: Path) -> None:
    """Make all hashes again, if the rows are still those of events."""
    with suppress(LoopbookError, ValueError, TypeError, KeyError, sqlite3.Error):
        reseal(path)


def cut_tail(path: Path, most: int, rng: random.Random) -> None:
    """The last events away, with all that was derived from them."""
    cut(path, rng.randrange(8, most))


def remove_proofs(path: Path, most: int, rng: random.Random) -> None:
    """Checkpoints, tree or noted keys away, some after a change of facts."""
    if rng.random() < 0.5:
        change_rows(path, most, rng)
    if rng.random() < 0.5:
        forget_proofs(path)
    else:
        tamper(path, f"DELETE FROM checkpoint WHERE size > {rng.randrange(most)}")


def fork(path: Path, most: int, rng: random.Random, signer: Any = EVE) -> None:
    """The end taken away and other events posted in its place, signed with a key of hers."""
    cut(path, rng.randrange(8, most))
    forget_proofs(path)
    now = timedelta(days=30)
    with suppress(BalanceError), b.Book(path) as book:  # the cut may have left half a correction
        for n in range(rng.randrange(1, 70)):
            lot = {"lot": f"F{n}", "material": "scrap", "mass_kg": rng.randrange(1, 900)}
            place = {"supplier": "LGES", "owner": "LGES", "site": "WS", "shares": {"Ni": "0.3"}}
            book.post(b.Receive(**lot, **place, **envelope(f"fork {n}", START + now)))
        proofs.checkpoint(book, signer)


def sign_again(path: Path, most: int, rng: random.Random) -> None:
    """Any change of an event that is covered, by who has the book's key and signs it again."""
    change = rng.choice((change_facts, legs_against_command, cut_tail, fork))
    change(path, most, rng)
    forget_proofs(path)
    with suppress(LoopbookError), b.Book(path) as book:
        proofs.checkpoint(book, SIGNER)


def change_facts(path: Path, most: int, rng: random.Random) -> None:
    """A fact of an event, with hashes, edges and balances made again."""
    change_a_row(path, FACTS, most, rng)
    again(path)


CHANGES = (change_rows, legs_against_command, cut_tail, remove_proofs, fork)


# --- found, or harmless ---------------------------------------------------------------------------


def judge(
    original: Original, path: Path, change: Callable[[Path], None], *, replan: bool = False
) -> tuple[str, ...]:
    """Make a change; the codes of its findings, none if it was harmless; neither is an error."""
    kept = original.sizes[0]
    shutil.copy(original.path, path)
    change(path)
    try:
        with b.Book(path) as book:
            notes = read_kept(original.note)
            report = b.verify(book, keys=[SIGNER.verifier], kept=notes, replan=replan)
    except LoopbookError as error:
        return (type(error).__name__,)  # it cannot be read any more
    if not report.clean:
        return tuple(x.code for x in report.findings)
    assert report.kept_covered == kept
    assert report.uncovered == report.events - report.covered
    assert facts(path, report.covered) == facts(original.path, report.covered)
    return ()


def run(
    original: Original, folder: Path, change: Callable[..., None], count: int, most: int, **how: Any
) -> Counter[str]:
    """Make so many changes of a class; how many were found, by their first code, or harmless."""
    verdicts: Counter[str] = Counter()
    for seed in seeds(count):
        rng = random.Random(f"{change.__name__} {seed}")
        codes = judge(original, folder / "book.sqlite", partial(change, most=most, rng=rng), **how)
        verdicts[codes[0] if codes else "harmless"] += 1
    print(change.__name__, dict(verdicts))
    return verdicts


@pytest.fixture(
    params=[pytest.param(8, id="few"), pytest.param(0, id="many", marks=pytest.mark.slow)]
)
def changes(request: pytest.FixtureRequest) -> int:
    """How many changes of each class are made."""
    return int(request.param or int(request.config.getoption("--changes")) // len(CHANGES))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_without_the_key_is_found_or_harmless(
    original: Original, tmp_path: Path, change: Callable[..., None], changes: int
) -> None:
    """Anywhere in the book."""
    verdicts = run(original, tmp_path, change, changes, original.sizes[2])
    assert 3 * verdicts["harmless"] <= 2 * changes, verdicts


@pytest.mark.parametrize("change", [change_rows, legs_against_command, cut_tail, fork])
def test_a_change_of_what_is_covered_is_found(
    original: Original, tmp_path: Path, change: Callable[..., None], changes: int
) -> None:
    assert run(original, tmp_path, change, changes // 2, original.sizes[0])["harmless"] == 0


def test_legs_that_do_not_follow_from_their_command_are_found_without_a_checkpoint(
    original: Original, tmp_path: Path, changes: int
) -> None:
    """Anywhere in the book, where the events are planned again."""
    most = original.sizes[2]
    verdicts = run(original, tmp_path, legs_against_command, changes, most, replan=True)
    assert verdicts["harmless"] == 0


def test_the_owner_of_the_key_cannot_change_what_is_kept(
    original: Original, tmp_path: Path, changes: int
) -> None:
    """She signs her change with the book's key; the checkpoint that is kept does not fit."""
    assert run(original, tmp_path, sign_again, 2 * changes, original.sizes[0])["harmless"] == 0


def test_what_the_owner_changes_after_it_is_counted_as_not_covered_by_it(
    original: Original, tmp_path: Path
) -> None:
    """Nobody else has a proof of it; verify says how many events the kept checkpoint covers."""
    kept = original.sizes[0]
    path = tmp_path / "book.sqlite"
    shutil.copy(original.path, path)
    cut(path, kept)
    with b.Book(path) as book:
        late = Envelopes(START + timedelta(days=30))
        late.count = 1_000
        book.post(receive(late, "F"))
        report = b.verify(book, keys=[SIGNER.verifier], kept=read_kept(original.note))
        assert report.clean, report.findings
        assert (report.kept_covered, report.uncovered) == (kept, 1)
