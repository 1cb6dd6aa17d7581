"""A checkpoint that an outsider keeps binds the book: cuts, forks and other books are refused."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tampering import cut, forget_proofs, reseal, tamper

from loopbook import book as b
from loopbook.book.log import proofs
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer, save_signer
from loopbook.cli import main
from loopbook.errors import InputError, ProofError
from support.advice import follows
from support.lots import receive
from support.shelves import Shelf
from support.world import Envelopes, envelope

SIGNER = generate_signer("gmbi.example/book")
KEY = SIGNER.verifier


def load(number: int, kg: float = 1_000) -> b.Receive:
    lot = {"material": "foil", "supplier": "LGES", "owner": "LGES", "site": "WS"}
    return b.Receive(
        lot=f"L-{number}", mass_kg=kg, shares={"Ni": "0.3"}, **lot, **envelope(f"r{number}")
    )


def new_book(path: Path) -> b.Book:
    """A book whose clock stands still, so that the same commands give the same hashes."""
    moment = 1_800_000_000_000_000
    return b.Book(path, create=True, substances=("Ni", "Co", "other"), clock=lambda: moment)


def nouns() -> list[b.Command]:
    return [
        b.RegisterParty(party="LGES", **envelope("p")),
        b.RegisterSite(site="WS", **envelope("s")),
        b.RegisterMaterial(material="foil", **envelope("m")),
    ]


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A book of 8 events with checkpoints of 5 and 7, and their notes."""
    path = tmp_path_factory.mktemp("signed") / "book.sqlite"
    with new_book(path) as book:
        book.post([*nouns(), load(1), load(2)])
        notes = [proofs.checkpoint(book, SIGNER)]
        book.post([load(3), load(4)])
        notes.append(proofs.checkpoint(book, SIGNER))
        book.post(load(5))
    return path, notes


@pytest.fixture
def path(signed: tuple[Path, list[str]], tmp_path: Path) -> Path:
    return Path(shutil.copy(signed[0], tmp_path / "book.sqlite"))


@pytest.fixture
def notes(signed: tuple[Path, list[str]]) -> list[str]:
    return signed[1]


@pytest.fixture
def fork(tmp_path: Path) -> Iterator[b.Book]:
    """Another history of 7 events that the owner signed, with checkpoints of 5 and 7."""
    with new_book(tmp_path / "fork.sqlite") as book:
        book.post([*nouns(), load(1), load(2)])
        proofs.checkpoint(book, SIGNER)
        book.post([load(3), load(4, 999)])
        proofs.checkpoint(book, SIGNER)
        yield book


def verified(path: Path, *notes: str, keys: Any = (KEY,)) -> b.VerifyReport:
    kept = [note for text in notes for note in read_kept(text)]
    with b.Book(path) as book:
        return b.verify(book, keys=keys, kept=kept)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(x) for x in arguments])


# --- verify ---------------------------------------------------------------------------------------


def test_verify_counts_what_is_covered(path: Path, notes: list[str]) -> None:
    report = verified(path)
    assert (report.clean, report.covered, report.uncovered) == (True, 7, 1)
    assert report.kept_covered is None
    report = verified(path, notes[0])
    assert (report.clean, report.covered, report.uncovered, report.kept_covered) == (True, 7, 1, 5)
    assert "covered by the last good checkpoint: 7 events; covered by none: 1" in report.headline()
    assert "kept elsewhere: 5 events; not covered: 3" in report.headline()


def test_verify_without_a_key_says_whose_keys_it_used(path: Path, notes: list[str]) -> None:
    """The advice is followed: with the key, and with a kept checkpoint, the remark is gone."""
    assert "give --verifier-key KEY, or --checkpoint FILE" in str(verified(path, keys=()).notes)
    assert not verified(path).notes
    assert "the book itself notes" not in str(verified(path, notes[1], keys=()).notes)


def change_nickel(path: Path) -> None:
    """The load L-1 gets more nickel."""
    lines = ("SET s_Ni = s_Ni + 1000, s_other = s_other - 1000 WHERE event = 4 AND mass > 0",)
    lines += ("SET s_Ni = s_Ni - 1000, s_other = s_other + 1000 WHERE event = 4 AND mass < 0",)
    tamper(path, *[f"UPDATE posting {line}" for line in lines])
    reseal(path)


def test_a_book_stripped_of_its_proofs(path: Path, notes: list[str]) -> None:
    """Attack 01: facts changed, hashes made again, checkpoints and noted keys deleted."""
    change_nickel(path)
    forget_proofs(path)
    assert verified(path, keys=()).clean  # nothing in the book shows it
    report = verified(path)
    assert [str(f) for f in report.findings] == [
        f"key {KEY}: checkpoint: expected a checkpoint that it signed, found none"
    ]
    assert (report.covered, report.uncovered) == (0, 8)
    assert not verified(path, notes[0], keys=()).clean


def test_an_empty_book_and_the_key(tmp_path: Path, notes: list[str]) -> None:
    """Sibling: a new book in its place."""
    b.Book(tmp_path / "new.sqlite", create=True).close()
    assert not verified(tmp_path / "new.sqlite").clean
    report = verified(tmp_path / "new.sqlite", notes[0], keys=())
    assert "a book of 5 events or more" in str(report.findings)


def test_a_second_key_that_signed_nothing(path: Path) -> None:
    """Sibling: each given key must have signed a checkpoint."""
    other = generate_signer(SIGNER.name).verifier
    report = verified(path, keys=(KEY, other))
    assert [f.where for f in report.findings] == [f"key {other}"]


@pytest.mark.parametrize("last", [3, 5, 6])
def test_a_rollback(path: Path, notes: list[str], last: int) -> None:
    """Attack 02: the book is cut, its own checkpoints too."""
    cut(path, last)
    report = verified(path, notes[1])
    assert not report.clean
    kept = [str(f) for f in report.findings if f.where.startswith("kept")]
    assert len(kept) == 1
    assert "expected a book of 7 events or more" in kept[0]
    assert report.kept_covered == 0


def test_a_fork(fork: b.Book, notes: list[str]) -> None:
    """Attack 02: another history that the owner signed."""
    assert b.verify(fork, keys=[KEY]).clean
    report = b.verify(fork, keys=[KEY], kept=read_kept(notes[1]))
    assert [f.where for f in report.findings] == ["kept checkpoint of 7 events"]
    assert b.verify(fork, keys=[KEY], kept=read_kept(notes[0])).clean  # it forked later
    assert b.verify(fork, keys=[KEY], kept=read_kept(notes[0])).kept_covered == 5


def test_a_kept_checkpoint_of_another_key(path: Path, notes: list[str]) -> None:
    """Sibling: who brings the key does not believe a note that it did not sign."""
    note = notes[0].replace("gmbi.example/book ", "gmbj.example/book ")
    assert "a signature of the book's key" in str(verified(path, note).findings)


def test_both_stores_compare_with_what_was_kept(
    shelf: Shelf, book: b.Book, envelope: Envelopes
) -> None:
    book.post([receive(envelope, "A"), receive(envelope, "B")])
    note = proofs.checkpoint(book, SIGNER)
    book.post(receive(envelope, "C"))
    kept = read_kept(note)
    report = b.verify(book, keys=[KEY], kept=kept)
    assert (report.clean, report.kept_covered, report.uncovered) == (True, report.events - 1, 1)
    lines = note.split("\n")
    lines[1] = str(int(lines[1]) + 1)
    assert not b.verify(book, kept=read_kept("\n".join(lines))).clean


# --- proofs ---------------------------------------------------------------------------------------


def test_a_proof_is_compared_with_what_was_kept(path: Path, notes: list[str]) -> None:
    with b.Book(path) as book:
        event, growth = b.inclusion(book, "r1"), b.consistency(book, 5, 7)
    assert (event.covered, event.uncovered) == (growth.covered, growth.uncovered) == (7, 1)
    assert "7 events; covered by none: 1" in event.remark()
    text = event.headline().encode()
    assert "uncovered" not in event.headline()
    proven = b.check_proof(text, str(KEY), read_kept(notes[1]))
    assert (proven.covered, proven.kept) == (7, True)
    proven = b.check_proof(growth.headline().encode(), str(KEY), read_kept(notes[0]))
    assert (proven.covered, proven.kept) == (7, True)


def test_a_proof_of_a_fork_is_refused(fork: b.Book, notes: list[str]) -> None:
    """Attack 02: "the book only grew", said of another book."""
    growth = b.consistency(fork, 5, 7).headline().encode()
    assert b.check_proof(growth, str(KEY)).proves == "the book only grew"
    with pytest.raises(ProofError, match="of another book: at 7 events"):
        b.check_proof(growth, str(KEY), read_kept(notes[1]))
    event = b.inclusion(fork, "r4").headline().encode()
    with pytest.raises(ProofError, match="of another book: at 7 events"):
        b.check_proof(event, str(KEY), read_kept(notes[1]))


def test_a_proof_of_a_shorter_book_is_refused(path: Path, notes: list[str]) -> None:
    """Sibling: a rollback cannot show growth up to less than what was kept."""
    with b.Book(path) as book:
        growth = b.consistency(book, 5, 5).headline().encode()
    with pytest.raises(ProofError, match="shorter than the one whose checkpoint was kept: 5"):
        b.check_proof(growth, str(KEY), read_kept(notes[1]))


def test_the_advice_of_a_proof_of_another_size_is_followed(
    path: Path, notes: list[str], tmp_path: Path
) -> None:
    """Ask for the proof with --checkpoint; and of a later event, for the growth."""
    (tmp_path / "kept.txt").write_text(notes[0])
    kept, option = tmp_path / "kept.txt", ("--book", path)
    proof = tmp_path / "proof.json"
    proof.write_text(run("book", "prove", "r1", *option).stdout)
    check = ("book", "check", proof, "--verifier-key", KEY, "--checkpoint", kept)
    refused = run(*check)
    assert refused.exit_code == 1
    assert "ask for the proof with --checkpoint" in refused.stderr
    proof.write_text(run("book", "prove", "r1", "--checkpoint", kept, *option).stdout)
    assert "the event is in the book" in run(*check).stdout
    later = run("book", "prove", "r3", "--checkpoint", kept, *option)
    assert "prove the growth with --sizes 5 7" in later.stderr
    proof.write_text(run("book", "prove", "--sizes", 5, 7, *option).stdout)
    assert "the book only grew" in run(*check).stdout
    kept.write_text(json.loads(proof.read_text())["second"])
    proof.write_text(run("book", "prove", "r3", "--checkpoint", kept, *option).stdout)
    assert "the event is in the book" in run(*check).stdout


def test_a_fork_cannot_prove_an_event_to_a_kept_checkpoint(fork: b.Book, notes: list[str]) -> None:
    with pytest.raises(ProofError, match="leads to another root"):
        b.inclusion(fork, "r1", read_kept(notes[1]))


def test_a_proof_of_many_brackets_is_refused() -> None:
    with pytest.raises(ProofError, match="not JSON"):
        b.check_proof(b"[" * 100_000, str(KEY))


# --- what was kept, as text -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "mail",
    [
        lambda note: note,
        lambda note: note.rstrip("\n"),
        lambda note: note.replace("\n", "\r\n") + "\r\n",
        lambda note: "\ufeff" + note,
        lambda note: json.dumps({"checkpoint": note}, indent=2),
        lambda note: json.dumps({"checkpoint": note}) + "\n",
    ],
)
def test_a_checkpoint_is_read_as_it_was_kept(notes: list[str], mail: Any) -> None:
    assert [x.text() for x in read_kept(mail(notes[0]).encode())] == [notes[0]]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "an empty line between the text and the signatures"),
        (b"\xff\xfe", "UTF-8"),
        (b"{}", "an object with the text"),
        (b'{"checkpoint": 1}', "an object with the text"),
        (b'{"a":' * 5_000, "levels of brackets|cut off"),
        (b"SQLite format 3\x00", "control characters|empty line"),
    ],
)
def test_what_is_no_checkpoint_is_a_finding(text: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_kept(text, "kept.txt")


def test_all_errors_of_a_witness_file_are_found(notes: list[str]) -> None:
    first, second = (json.dumps({"checkpoint": note}) for note in notes)
    other = second.replace("gmbi", "gmbj")
    text = "\n".join([second, "{", other, first, "[]"])
    with pytest.raises(InputError) as error:
        read_kept(text, "kept.jsonl")
    places = [finding.where.split(",")[0] for finding in error.value.findings]
    assert places == ["kept.jsonl:2", "kept.jsonl:4", "kept.jsonl:5"]


def test_a_line_that_its_key_did_not_sign_is_a_finding(path: Path, fork: b.Book) -> None:
    """The root of another history in the kept file, with the old signature, and other siblings."""
    file = path.with_name("kept.jsonl")
    with b.Book(path) as book:
        b.witness_book(book, file, str(KEY))
    good = json.loads(file.read_text())
    with fork.store.snapshot():
        root = fork.store.rows("SELECT note FROM checkpoint ORDER BY size")[-1][0].split("\n")[2]
    forged = good["checkpoint"].split("\n")
    other = str(generate_signer(SIGNER.name).verifier)
    for line in (
        {**good, "checkpoint": "\n".join([*forged[:2], root, *forged[3:]])},
        {**good, "checkpoint": "\n".join([forged[0], "6", *forged[2:]])},
        {**good, "verifier_key": other},
        {**good, "verifier_key": "no key"},
    ):
        file.write_text(json.dumps(line) + "\n")
        for words in (("verify", "--checkpoint", file), ("witness", file)):
            result = run("book", *words, "--book", fork.address)
            assert result.exit_code == 1
            assert "expected a checkpoint that its verifier key signed" in result.stderr
    file.write_text(json.dumps(good))
    result = run("book", "verify", "--checkpoint", file, "--book", path)
    assert (result.exit_code, "not checked" in result.output) == (0, False)


def test_a_bare_note_whose_signature_is_not_checked_is_said(
    path: Path, notes: list[str], tmp_path: Path
) -> None:
    """Both ways of the advice are followed, and the remark is gone."""
    (note,) = verified(path, notes[1], keys=()).notes
    follows(note, "give --verifier-key KEY, or keep checkpoints with loopbook book witness")
    assert "the signature of 1 kept checkpoint was not checked" in note
    assert not verified(path, notes[1]).notes
    file = tmp_path / "elsewhere.jsonl"
    run("book", "witness", file, "--verifier-key", KEY, "--book", path)
    assert not verified(path, file.read_text(), keys=()).notes


# --- a witness ------------------------------------------------------------------------------------


def test_a_witness_keeps_a_line_each_time_that_the_book_has_grown(
    path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "elsewhere.jsonl"
    option = ("--book", path)
    first = run("book", "witness", file, "--verifier-key", KEY, *option)
    assert "1 checkpoint; the last one covers 7 events (added); not covered: 1" in first.stdout
    before = file.read_bytes()
    again = run("book", "witness", file, *option)
    assert (again.exit_code, file.read_bytes()) == (0, before)
    assert "kept before" in again.stdout
    with b.Book(path) as book:
        proofs.checkpoint(book, SIGNER)
    assert (
        "2 checkpoints; the last one covers 8 events"
        in run("book", "witness", file, *option).stdout
    )
    assert file.read_bytes().startswith(before)
    verify = run("book", "verify", "--checkpoint", file, "--verifier-key", KEY, *option)
    assert "kept elsewhere: 8 events; not covered: 0" in verify.stdout


def test_a_witness_needs_a_key_once(path: Path, tmp_path: Path) -> None:
    refused = run("book", "witness", tmp_path / "k.jsonl", "--book", path)
    assert refused.exit_code == 1
    assert "give --verifier-key once" in refused.stderr
    assert not (tmp_path / "k.jsonl").exists()
    other = generate_signer(SIGNER.name).verifier
    refused = run("book", "witness", tmp_path / "k.jsonl", "--book", path, "--verifier-key", other)
    assert "no checkpoint that" in refused.stderr


@pytest.mark.parametrize("how", ["cut", "fork", "changed"])
def test_a_witness_refuses_another_book(path: Path, fork: b.Book, tmp_path: Path, how: str) -> None:
    file = tmp_path / "elsewhere.jsonl"
    with b.Book(path) as book:
        b.witness_book(book, file, str(KEY))
    before = file.read_bytes()
    if how == "cut":
        cut(path, 6)
    elif how == "changed":
        change_nickel(path)
        tamper(path, "DELETE FROM node", "DELETE FROM checkpoint")
        with b.Book(path) as book:
            proofs.checkpoint(book, SIGNER)
    with b.Book(fork.address if how == "fork" else path) as book, pytest.raises(ProofError):
        b.witness_book(book, file)
    assert file.read_bytes() == before


def test_a_witness_without_the_book(path: Path, fork: b.Book, tmp_path: Path) -> None:
    file, proof = tmp_path / "kept.jsonl", tmp_path / "growth.json"
    with b.Book(path) as book:
        for sizes in ((5, 5), (5, 7)):
            proof.write_text(b.consistency(book, *sizes).headline())
            done = run("book", "witness", file, "--proof", proof, "--verifier-key", KEY)
            assert f"the last one covers {sizes[1]} events (added)" in done.stdout
        event = b.inclusion(book, "r1").headline().encode()
    with pytest.raises(ProofError, match="use --sizes"):
        b.witness_proof(event, file)
    growth = b.consistency(fork, 5, 7).headline().encode()
    with pytest.raises(ProofError, match="of another book"):
        b.witness_proof(growth, file)


def test_a_line_that_was_cut_is_found_and_a_missing_line_end_is_mended(
    path: Path, tmp_path: Path
) -> None:
    file = tmp_path / "kept.jsonl"
    with b.Book(path) as book:
        b.witness_book(book, file, str(KEY))
        proofs.checkpoint(book, SIGNER)
        file.write_bytes(file.read_bytes().rstrip(b"\n"))
        assert b.witness_book(book, file).kept == 2
        assert [x.checkpoint.size for x in read_kept(file.read_bytes())] == [7, 8]
        file.write_bytes(file.read_bytes()[:-40])
        with pytest.raises(InputError, match=r"kept\.jsonl:2"):
            b.witness_book(book, file)


def test_a_witness_never_writes_over_a_book(path: Path) -> None:
    before = path.read_bytes()
    assert run("book", "witness", path, "--verifier-key", KEY, "--book", path).exit_code == 1
    assert path.read_bytes() == before


def test_the_key_of_the_command_line(path: Path, tmp_path: Path) -> None:
    """The checkpoint that the command prints is the file that it takes."""
    save_signer(SIGNER, tmp_path / "book.pem")
    note = run(
        "book", "checkpoint", "--key", tmp_path / "book.pem", "--name", SIGNER.name, "--book", path
    )
    (tmp_path / "note.txt").write_text(note.stdout)
    done = run("book", "verify", "--checkpoint", tmp_path / "note.txt", "--book", path)
    assert done.exit_code == 0, done.output
