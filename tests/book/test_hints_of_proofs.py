"""What a message about proofs advises is done with ``loopbook book``; the proof then proves."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from test_hints_of_commands import loopbook
from test_same_names import LOT, Shell

from support.advice import follows

SIGN = ["checkpoint", "--key", "book.pem", "--name", "gmbi.example/book"]


class Signed(Shell):
    """A book with a checkpoint of its first five events, which an outsider kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        made = json.loads(self.good(*SIGN, "--new-key", "--json"))
        self.key = next(
            x for x in made.values() if isinstance(x, str) and "+" in x and "\n" not in x
        )
        self.note = self.keep("first.txt", made)
        self.post([LOT | {"key": "r2", "lot": "L-2"}])

    def good(self, *words: str) -> str:
        done = self.run(*words)
        assert not done.exit_code, done.output
        return done.stdout

    def bad(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code, done.output
        return done.stderr

    def keep(self, name: str, made: dict[str, object]) -> str:
        note = next(str(x) for x in made.values() if isinstance(x, str) and "\n" in x)
        (self.folder / name).write_text(note)
        return name

    def prove(self, name: str, *words: str) -> str:
        (self.folder / name).write_text(self.good("prove", *words, "--json"))
        return name

    def check(self, proof: str, *words: str) -> tuple[int, str]:
        done = loopbook("book", "check", proof, "--verifier-key", self.key, *words)
        return done.exit_code, done.output


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signed:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    return Signed(tmp_path)


def test_an_event_without_a_checkpoint_gets_one(shell: Signed) -> None:
    follows(shell.bad("prove", "r2"), "make one first")
    shell.good(*SIGN)
    assert shell.check(shell.prove("p.json", "r2"))[0] == 0


def test_an_event_after_the_kept_checkpoint_is_proved_by_growth(shell: Signed) -> None:
    made = json.loads(shell.good(*SIGN, "--json"))
    message = shell.bad("prove", "r2", "--checkpoint", shell.note)
    follows(message, ", and keep the newer checkpoint of it")
    sizes = re.search(r"--sizes (\d+) (\d+)", message)
    assert sizes
    growth = shell.prove("growth.json", "--sizes", sizes[1], sizes[2])
    assert shell.check(growth, "--checkpoint", shell.note)[0] == 0
    newer = shell.keep("newer.txt", made)
    proof = shell.prove("p.json", "r2", "--checkpoint", newer)
    assert shell.check(proof, "--checkpoint", newer)[0] == 0


def test_a_proof_for_another_checkpoint_is_asked_for_again(shell: Signed) -> None:
    shell.good(*SIGN)
    code, message = shell.check(shell.prove("p.json", "r"), "--checkpoint", shell.note)
    assert code
    follows(message, "ask for the proof with --checkpoint and the one that you kept")
    proof = shell.prove("p.json", "r", "--checkpoint", shell.note)
    assert shell.check(proof, "--checkpoint", shell.note)[0] == 0


def test_a_proof_of_other_sizes_is_asked_for_again(shell: Signed) -> None:
    shell.good(*SIGN)
    shell.post([LOT | {"key": "r3", "lot": "L-3"}])
    shell.good(*SIGN)
    code, message = shell.check(
        shell.prove("p.json", "--sizes", "6", "7"), "--checkpoint", shell.note
    )
    assert code
    follows(message, ": ask for a proof with --sizes ")
    sizes = re.search(r"--sizes (\d+) (\d+)", message)
    assert sizes
    proof = shell.prove("p.json", "--sizes", sizes[1], sizes[2])
    assert shell.check(proof, "--checkpoint", shell.note)[0] == 0


def test_a_witness_is_given_growth(shell: Signed) -> None:
    shell.good(*SIGN)
    words = ["witness", "kept.jsonl", "--verifier-key", shell.key]
    message = shell.bad(*words, "--proof", shell.prove("p.json", "r"))
    follows(message, "the proof is of one event, not of the book's growth: use --sizes")
    shell.good(*words, "--proof", shell.prove("p.json", "--sizes", "5", "6"))


def test_a_witness_gives_the_key_once(shell: Signed) -> None:
    follows(shell.bad("witness", "kept.jsonl"), "give --verifier-key once; the file keeps it")
    shell.good("witness", "kept.jsonl", "--verifier-key", shell.key)
    shell.good(*SIGN)
    shell.good("witness", "kept.jsonl")


def test_a_key_is_made_once_and_is_there_afterwards(shell: Signed) -> None:
    follows(shell.bad(*SIGN, "--new-key"), "the key is there: leave --new-key out")
    shell.good(*SIGN)
    (shell.folder / "book.pem").unlink()
    follows(shell.bad(*SIGN), "make one with --new-key")
    shell.good(*SIGN, "--new-key")


def test_a_key_that_others_may_read_is_closed(shell: Signed) -> None:
    (shell.folder / "book.pem").chmod(0o644)
    follows(shell.bad(*SIGN), "chmod 600, and make a new key if others may have read it")
    (shell.folder / "book.pem").chmod(0o600)
    shell.good(*SIGN)
    shell.good("checkpoint", "--key", "new.pem", "--name", "gmbi.example/book", "--new-key")


@pytest.mark.parametrize("words", [[], ["r", "--sizes", "1", "2"]])
def test_a_proof_is_of_an_event_or_of_growth(shell: Signed, words: list[str]) -> None:
    message = shell.bad("prove", *words)
    follows(message, "give the key of an event, or --sizes; --checkpoint goes with a key")
    shell.good("prove", "r")
    shell.good("prove", "--sizes", "5", "5")
    shell.good("prove", "r", "--checkpoint", shell.note)


def test_verify_takes_the_key_or_a_kept_checkpoint(shell: Signed) -> None:
    advice = "--verifier-key KEY, or --checkpoint FILE with a checkpoint that somebody else kept"
    follows(shell.good("verify"), advice)
    assert "give --verifier-key" not in shell.good("verify", "--verifier-key", shell.key)
    unsigned = "give --verifier-key KEY, or keep checkpoints with loopbook book witness"
    assert unsigned in shell.good("verify", "--checkpoint", shell.note)
    both = ("--checkpoint", shell.note, "--verifier-key", shell.key)
    assert "give --verifier-key" not in shell.good("verify", *both)


def test_a_proof_is_compared_with_a_kept_checkpoint(shell: Signed) -> None:
    proof = shell.prove("p.json", "r")
    advice = "give --checkpoint FILE to compare it with one you kept"
    code, text = shell.check(proof)
    assert code == 0
    follows(text, advice)
    code, text = shell.check(proof, "--checkpoint", shell.note)
    assert code == 0
    assert advice not in text


def test_verify_names_the_event_of_a_damaged_noun(shell: Signed) -> None:
    with closing(sqlite3.connect(shell.folder / "book.sqlite")) as link, link:
        link.execute("DROP TRIGGER noun_no_update")
        link.execute("UPDATE noun SET body = '{' WHERE kind = 'party'")
    follows(shell.bad("balance"), "loopbook book verify names its event")
    assert "first wrong: event 1 'p'" in shell.run("verify").output
