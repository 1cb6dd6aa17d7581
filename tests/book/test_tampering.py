"""Who has the book's file, but not its key, and makes all hashes again: found, or harmless.

Each change is found by `verify` with the checkpoint that an outsider kept, or it is harmless: what
the kept checkpoint covers is as it was, and the rest is counted as not covered.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tampering import cut, forget_proofs, reseal, tamper

from loopbook import book as b
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.errors import LoopbookError
from support.seeds import seeds
from support.world import envelope

SIGNER, EVE = generate_signer("gmbi.example/book"), generate_signer("gmbi.example/book")
LOT = {"material": "foil", "supplier": "LGES", "owner": "LGES", "site": "WS"}
KEPT = 12  # events that the outsider's checkpoint covers; the book has some more


def load(number: int, kg: float) -> b.Receive:
    return b.Receive(
        lot=f"L-{number}", mass_kg=kg, shares={"Ni": "0.3"}, **LOT, **envelope(f"r{number}")
    )


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A book of 17 events, with checkpoints of 12 and 15, and the note of 12."""
    path = tmp_path_factory.mktemp("original") / "book.sqlite"
    with b.Book(path, create=True, substances=("Ni", "Co", "other")) as book:
        book.post(b.RegisterParty(party="LGES", **envelope("p")))
        book.post(b.RegisterSite(site="WS", **envelope("s")))
        book.post(b.RegisterMaterial(material="foil", **envelope("m")))
        book.post([load(n, 1_000 + n) for n in range(7)])
        book.post(b.Split(lot="L-1", parts_kg={"L-1a": 100}, **envelope("split", minutes=1)))
        book.post(b.Hold(lot="L-2", reason="wet", **envelope("hold", minutes=2)))
        note = proofs.checkpoint(book, SIGNER)
        book.post([load(n, 1_000 + n) for n in range(7, 10)])
        proofs.checkpoint(book, SIGNER)
        book.post([load(n, 1_000 + n) for n in range(10, 12)])
    return path, note


def events(path: Path, count: int) -> list[Any]:
    """All rows of the first events of a book, in order."""
    with b.Book(path) as book:
        rows = [
            book.store.rows(f"SELECT * FROM {table} WHERE {column} <= ? ORDER BY 1, 2, 3", (count,))
            for table, column in (
                ("event", "id"),
                ("posting", "event"),
                ("lot", "event"),
                ("noun", "event"),
                ("measurement", "event"),
                ("edge", "event"),
            )
        ]
    return [sorted(map(repr, of_table)) for of_table in rows]


def change_rows(path: Path, rng: random.Random) -> None:
    """A fact of an event, with hashes, edges and balances made again."""
    number = rng.randrange(4, 18)
    field, value = rng.choice([("actor", "'eve'"), ("document", "'paper'"), ("key", "'k' || id")])
    if rng.random() < 0.5:
        tamper(path, f"UPDATE event SET {field} = {value} WHERE id = {number}")
    else:
        legs_against_command(path, rng)
    reseal(path)


def legs_against_command(path: Path, rng: random.Random) -> None:
    """Nickel moved in the legs of a load; its command stays."""
    number = rng.choice([*range(4, 11), *range(13, 18)])
    amount = rng.randrange(1, 100_000)
    for sign, legs in ((1, "mass > 0"), (-1, "mass < 0")):
        tamper(
            path,
            f"UPDATE posting SET s_Ni = s_Ni + {sign * amount}, s_other = s_other - "
            f"{sign * amount} WHERE event = {number} AND {legs}",
        )
    reseal(path)


def cut_tail(path: Path, rng: random.Random) -> None:
    """The last events away, with all that was derived from them."""
    cut(path, rng.randrange(3, 17))


def remove_proofs(path: Path, rng: random.Random) -> None:
    """Checkpoints, tree or noted keys away, some after a change of facts."""
    if rng.random() < 0.5:
        change_rows(path, rng)
    if rng.random() < 0.5:
        forget_proofs(path)
    else:
        tamper(path, f"DELETE FROM checkpoint WHERE size > {rng.randrange(16)}")


def fork(path: Path, rng: random.Random, signer: Any = EVE) -> None:
    """The end taken away and other events posted in its place, signed with a key of hers."""
    cut(path, rng.randrange(3, 17))
    forget_proofs(path)
    with b.Book(path) as book:
        book.post([load(n, rng.randrange(1, 9_000)) for n in range(20, 20 + rng.randrange(1, 20))])
        proofs.checkpoint(book, signer)


CHANGES = (change_rows, legs_against_command, cut_tail, remove_proofs, fork)


def judge(
    original: tuple[Path, str], path: Path, change: Callable[..., None], seed: int, **how: Any
) -> str:
    """Make a change and say whether it was found, or was harmless; neither is an error."""
    source, note = original
    shutil.copy(source, path)
    try:
        change(path, random.Random(seed), **how)
        with b.Book(path) as book:
            report = b.verify(book, keys=[SIGNER.verifier], kept=read_kept(note))
    except LoopbookError:
        return "found"  # it cannot be read any more
    if not report.clean:
        return "found"
    assert report.kept_covered == KEPT
    assert events(path, KEPT) == events(source, KEPT), (change.__name__, seed)
    if "signer" not in how:  # she has no key: what a checkpoint covers is as it was
        assert events(path, report.covered) == events(source, report.covered), (change, seed)
    assert report.uncovered == report.events - report.covered
    return "harmless"


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_without_the_key_is_found_or_harmless(
    original: tuple[Path, str], tmp_path: Path, change: Callable[..., None]
) -> None:
    verdicts = [judge(original, tmp_path / "book.sqlite", change, n) for n in seeds(20)]
    assert verdicts.count("found") >= 5, verdicts


def test_the_owner_of_the_key_cannot_change_what_is_kept(
    original: tuple[Path, str], tmp_path: Path
) -> None:
    """She signs a fork with the book's key; what came after the kept checkpoint is counted."""
    path = tmp_path / "book.sqlite"
    verdicts = [judge(original, path, fork, n, signer=SIGNER) for n in seeds(20)]
    assert verdicts.count("found") >= 5


@pytest.mark.slow
def test_many_changes(original: tuple[Path, str], tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    for change in CHANGES:
        for seed in seeds(20, 120):
            judge(original, path, change, seed)
    for seed in seeds(20, 220):
        judge(original, path, fork, seed, signer=SIGNER)
