"""A run never deletes or overwrites a book that somebody posted to, nor a file of the user's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loopbook.book import Book, MarkModelled, RegisterParty, checkpoint, read_kept, verify
from loopbook.book.log.keys import generate_signer
from loopbook.cases import run_case
from loopbook.report import Run, RunResult, names_beside, write_result
from support.world import envelope

STARTER = Path(__file__).parents[2] / "cases" / "starter"


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    """A run with a book of its own."""
    path = tmp_path_factory.mktemp("made") / "book.sqlite"
    Book(path, create=True).close()
    return replace(run_case(STARTER), attachments={"book.sqlite": path.read_bytes()})


def test_a_book_that_only_runs_wrote_is_replaced(result: RunResult, tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_result(result, out)
    newer = replace(result, attachments={"book.sqlite": b"newer"})
    assert names_beside(newer, out) == {}
    write_result(newer, out)
    assert (out / "book.sqlite").read_bytes() == b"newer"
    assert not (out / "book-2.sqlite").exists()


def test_a_book_that_a_person_posted_to_stays(result: RunResult, tmp_path: Path) -> None:
    """W4: the run deleted it; now the new one is written beside it, and the answer says so."""
    out = tmp_path / "out"
    write_result(result, out)
    with Book(out / "book.sqlite") as book:
        book.post(RegisterParty(party="LGES", **envelope("p")))
    for _ in range(3):  # again and again: one book is replaced, the other stays
        beside = names_beside(result, out)
        answer = Run.of(result, write_result(result, out), beside=beside)
        assert "book.sqlite is not as a run wrote it, and stays" in answer.remark()
        assert "the new one is book-2.sqlite" in answer.remark()
        with Book(out / "book.sqlite") as book:
            assert book.event("p").key == "p"
        assert (out / "book-2.sqlite").read_bytes() == result.attachments["book.sqlite"]
    assert not (out / "book-3.sqlite").exists()


def test_a_modelled_book_that_somebody_signed_stays(result: RunResult, tmp_path: Path) -> None:
    """Sibling: nobody can post to it, but a checkpoint that others keep is of this very book."""
    path, out = tmp_path / "book.sqlite", tmp_path / "out"
    with Book(path, create=True) as book:
        book.post(MarkModelled(model="case toy", **envelope("m")))
    made = replace(result, attachments={"book.sqlite": path.read_bytes()})
    write_result(made, out)
    assert names_beside(made, out) == {}
    with Book(out / "book.sqlite") as book:
        note = checkpoint(book, generate_signer("toy.example/book"))
    assert names_beside(made, out) == {"book.sqlite": "book-2.sqlite"}
    write_result(made, out)
    with Book(out / "book.sqlite") as book:
        assert verify(book, kept=read_kept(note)).clean


def test_posting_while_a_run_is_written_is_not_lost(result: RunResult, tmp_path: Path) -> None:
    """Sibling: the book is open, and its event is in SQLite's log beside the file."""
    out = tmp_path / "out"
    write_result(result, out)
    with Book(out / "book.sqlite") as book:
        book.post(RegisterParty(party="LGES", **envelope("p")))
        write_result(result, out)
    with Book(out / "book.sqlite") as book:
        assert book.event("p").key == "p"


def test_other_files_of_a_user_stay(result: RunResult, tmp_path: Path) -> None:
    """Siblings: a second book, notes, a folder, in the folder of a run."""
    out = tmp_path / "out"
    write_result(result, out)
    Book(out / "mine.sqlite", create=True).close()
    mine = (out / "mine.sqlite").read_bytes()
    (out / "letters").mkdir()
    (out / "letters" / "a.txt").write_text("to whom it may concern")
    write_result(result, out)
    assert (out / "mine.sqlite").read_bytes() == mine
    assert (out / "letters" / "a.txt").exists()
    assert names_beside(result, out) == {}
