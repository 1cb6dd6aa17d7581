"""A modelled book: every answer shows it, no person posts to it, and the mark cannot be removed."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from tampering import reseal, tamper

from loopbook import book as b
from loopbook.book.log.checkpoint import Checkpoint, sign
from loopbook.book.log.kept import read_kept
from loopbook.book.log.keys import generate_signer
from loopbook.book.log.proofs import checkpoint
from loopbook.book.storage.questions.log import keep_checkpoint
from loopbook.cli import main
from loopbook.errors import InputError
from loopbook.trace import trace
from support.advice import follows
from support.lots import SUBSTANCES, nouns, receive
from support.shelves import Shelf
from support.world import START, Envelopes, us

MODEL = "case gmbi, month 2030-03"
SHOWN = f"Modelled, not measured: {MODEL}"
SIGNER = generate_signer("gmbi.example/book")
END = START + timedelta(days=90)
STATEMENT = "book statement --from 2026-02-01T00:00Z --to 2026-05-01T00:00Z"
MORE = {
    "kind": "receive",
    "key": "mine",
    "actor": "amy",
    "occurred_at": "2026-03-05T00:00:00Z",
    "lot": "M-1",
    "material": "scrap",
    "supplier": "LGES",
    "owner": "LGES",
    "site": "WS",
    "mass_kg": "5",
    "shares": {"Ni": "0.2"},
}


def fill(book: b.Book, envelope: Envelopes, *, model: str = MODEL) -> None:
    """A load, a run and serials."""
    mark = [b.MarkModelled(model=model, **envelope())] if model else []
    outputs = [b.Output("BM-1", "BM", 800, {"Ni": "0.2"})]
    run = {"run": "R-1", "site": "WS", "inputs_kg": {"L-1": 1000}, "outputs": outputs}
    book.post(
        [*mark, *nouns(envelope), receive(envelope, "L-1"), b.Process(**run, **envelope(key="run"))]
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a modelled book, a checkpoint of it, a proof, and serials of its lots."""
    folder = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        envelope = Envelopes()
        with b.Book("book.sqlite", create=True, substances=SUBSTANCES, clock=envelope.clock) as it:
            fill(it, envelope)
        Path("cells.csv").write_text("lot,serial\nBM-1,A1\n")
        assert run("serials import cells.csv").exit_code == 0
        noted = run("book checkpoint --key book.pem --new-key --name gmbi.example/book")
        Path("kept").write_text(noted.stdout)
        Path("key").write_text(noted.stderr.split("verifier key: ")[1].strip())
        Path("proof.json").write_text(run("book prove run").stdout)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(made, tmp_path / "it")
    monkeypatch.chdir(tmp_path / "it")
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    return tmp_path / "it"


def run(line: str) -> Result:
    return CliRunner().invoke(main, line.split())


# --- every answer shows it ------------------------------------------------------------------------

ANSWERS = [
    "book balance",
    "book lots",
    "book log",
    "book event run",
    "book schema",
    STATEMENT,
    "book verify",
    "book export --format csv --out export",
    "trace BM-1",
    "recall L-1",
    "path L-1 BM-1",
    "suspect L-1",
    "on-site WS --by supplier",
    "origins",
    "serials list BM-1",
    "serials count BM-1",
    "serials find A1",
]


@pytest.mark.parametrize("line", ANSWERS)
def test_people_and_programs_see_the_mark(folder: Path, line: str) -> None:
    result = run(line)
    assert result.exit_code == 0, result.output
    text = result.stdout
    assert SHOWN in text or (MODEL in text and "Modelled" in text)  # over the facts, or one of them
    record = json.loads(run(f"{line} --json").stdout)
    assert record["modelled"] == MODEL
    rows = [row for table in record.values() if isinstance(table, list) for row in table]
    assert {row["modelled"] for row in rows if isinstance(row, dict)} in ({MODEL}, set())


@pytest.mark.parametrize("line", ["book checkpoint --key book.pem --name gmbi.example/book"])
@pytest.mark.parametrize("extra", ["", "book prove run", "book prove --sizes 10 10"])
def test_proofs_show_the_mark(folder: Path, line: str, extra: str) -> None:
    """What is given away stays as it is, and has the mark among what is signed."""
    result = run(extra or line)
    assert result.exit_code == 0, result.output
    assert f"modelled: {MODEL}" in result.stdout
    assert SHOWN in result.stderr
    assert SHOWN not in result.stdout


def test_an_outsider_sees_the_mark(folder: Path) -> None:
    key = Path("key").read_text()
    for line in (
        f"book check proof.json --verifier-key {key} --checkpoint kept",
        f"book witness kept.jsonl --verifier-key {key}",
    ):
        result = run(line)
        assert result.exit_code == 0, result.output
        assert MODEL in result.stdout
        assert json.loads(run(f"{line} --json").stdout)["modelled"] == MODEL
    Path("growth.json").write_text(run("book prove --sizes 10 10").stdout)
    growth = run(f"book check growth.json --verifier-key {key} --json")
    assert json.loads(growth.stdout)["modelled"] == MODEL


def first_row(path: Path) -> dict[str, object]:
    """The first row of a file, by the names of its columns."""
    if path.suffix == ".csv":
        return next(csv.DictReader(path.read_text().splitlines()))
    if path.suffix == ".jsonl":
        return json.loads(path.read_text().splitlines()[0])
    if path.suffix == ".xlsx":
        heads, row = list(load_workbook(path).worksheets[0].values)[:2]
        return dict(zip(heads, row, strict=True))
    table = pq.read_table(path) if path.suffix == ".parquet" else ipc.open_file(path).read_all()
    return table.to_pylist()[0]


@pytest.mark.parametrize("end", [".csv", ".jsonl", ".xlsx", ".parquet", ".arrow"])
@pytest.mark.parametrize("line", ["book lots", STATEMENT, "trace BM-1", "serials count BM-1"])
def test_saved_tables_have_the_mark_in_each_row(folder: Path, line: str, end: str) -> None:
    assert run(f"{line} --save x{end}").exit_code == 0
    (path, *_) = sorted(folder.glob(f"x*{end}"))
    assert first_row(path)["modelled"] == MODEL


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx", "parquet"])
def test_exports_have_the_mark_in_each_row(folder: Path, form: str) -> None:
    assert run(f"book export --format {form} --out export").exit_code == 0
    paths = sorted((folder / "export").iterdir())
    assert paths
    assert all(first_row(path)["modelled"] == MODEL for path in paths)


@pytest.mark.parametrize("end", [".csv", ".parquet"])
def test_a_file_of_serials_has_the_mark(folder: Path, end: str) -> None:
    assert run(f"serials list BM-1 --out x{end}").exit_code == 0
    assert first_row(folder / f"x{end}")["modelled"] == MODEL


def test_lineages_have_the_mark(folder: Path) -> None:
    for end in ("svg", "json", "csv", "graphml"):
        for line in (f"trace BM-1 --out t.{end}", f"path L-1 BM-1 --out p.{end}"):
            assert run(line).exit_code == 0
            text = Path(line.rpartition(" ")[2]).read_text()
            assert MODEL in text
            if end in ("svg", "graphml"):
                ET.fromstring(text)


def test_functions_give_marked_answers(made: Path) -> None:
    with b.Book(made / "book.sqlite") as book:
        assert book.modelled == MODEL
        assert b.list_lots(book).modelled == MODEL
        assert trace(book, "BM-1").modelled == MODEL
        (account,) = b.run_accounts(book, start=0, end=us(END))
        assert account.modelled == MODEL
        statement = b.metal_statement(book, start=0, end=us(END))
        assert SHOWN in statement.text(["Ni"])


def test_a_book_of_what_happened_has_no_mark(shelf: Shelf, envelope: Envelopes) -> None:
    with shelf.new(substances=SUBSTANCES, clock=envelope.clock) as book:
        fill(book, envelope, model="")
        assert book.modelled == ""
        record = b.list_lots(book).as_record()
        assert "modelled" not in record.as_json()
        assert all("modelled" not in row for row in record.tables[0].records())
        assert "modelled" not in checkpoint(book, SIGNER)


# --- nobody posts to it ---------------------------------------------------------------------------


@pytest.fixture
def modelled(shelf: Shelf, envelope: Envelopes) -> Iterator[b.Book]:
    """A modelled book, opened again, on each store."""
    with b.Book(shelf.owner, create=True, substances=SUBSTANCES, clock=envelope.clock) as book:
        fill(book, envelope)
        book.post(b.Hold(lot="BM-1", reason="wet", **envelope()))  # its maker goes on
    with shelf.as_owner(clock=envelope.clock) as book:
        yield book


def test_no_function_posts_to_it(modelled: b.Book, envelope: Envelopes, tmp_path: Path) -> None:
    """W4: posting to the book of a run advised to set the computer's clock."""
    before = b.last_event(modelled.store)
    commands: list[b.Command] = [
        b.RegisterParty(party="Toyota", **envelope()),
        b.Reverse(event="run", reason="no", **envelope()),
        b.AddSubstance(substance="Zn", **envelope()),
        b.MarkModelled(model="mine", **envelope()),
    ]
    for command in commands:
        with pytest.raises(InputError, match=r"modelled \(case gmbi, month 2030-03\)") as refused:
            modelled.post(command)
        assert [f.code for f in refused.value.findings] == ["modelled"]
    with pytest.raises(InputError, match="modelled"):
        b.post_lines(modelled, json.dumps(MORE).encode(), name="more.jsonl", dry_run=True)
    (tmp_path / "stock.csv").write_text("lot,mass\nL-3,7\n")
    (tmp_path / "stock.toml").write_text(
        '[columns]\nlot = "lot"\nmass = { column = "mass", unit = "kg" }\n[constants]\n'
        'actor = "amy"\nmaterial = "scrap"\nowner = "LGES"\nsite = "WS"\n'
        "occurred_at = 2026-03-01T00:00:00Z\n"
    )
    with pytest.raises(InputError, match="modelled"):
        b.import_file(modelled, tmp_path / "stock.csv", tmp_path / "stock.toml", kind="stock")
    assert b.last_event(modelled.store) == before
    assert b.verify(modelled, replan=True).clean


def test_the_hint_is_followed(folder: Path) -> None:
    """The command line names a way, and the load is where it belongs then."""
    Path("more.jsonl").write_text(json.dumps(MORE))
    refused = run("book post more.jsonl")
    assert refused.exit_code == 1
    follows(
        refused.stderr,
        "make a book of what happened with loopbook book new --book FILE, and post to it",
    )
    assert "clock" not in refused.stderr
    assert run("book new --book mine.sqlite").exit_code == 0
    names = [
        {"kind": "register-party", "key": "1", "party": "LGES"},
        {"kind": "register-site", "key": "2", "site": "WS"},
        {"kind": "register-material", "key": "3", "material": "scrap"},
    ]
    lines = [{**name, "actor": "amy", "occurred_at": MORE["occurred_at"]} for name in names]
    Path("more.jsonl").write_text("\n".join(map(json.dumps, [*lines, MORE])))
    assert run("book post more.jsonl --book mine.sqlite").exit_code == 0
    listed = json.loads(run("book lots --book mine.sqlite --json").stdout)
    assert [(x["lot"], float(x["mass_kg"])) for x in listed["lots"]] == [("M-1", 5)]
    assert "modelled" not in listed


def test_a_book_with_events_cannot_become_a_modelled_one(book: b.Book, envelope: Envelopes) -> None:
    with pytest.raises(InputError, match="a new book"):
        book.post(b.MarkModelled(model="it", **envelope()))
    assert book.modelled == ""


# --- the mark stays -------------------------------------------------------------------------------


def kept_notes() -> list[b.SignedCheckpoint]:
    return [*read_kept(Path("kept").read_text())]


def verified(kept: list[b.SignedCheckpoint] | None = None) -> b.VerifyReport:
    with b.Book("book.sqlite") as book:
        return b.verify(book, kept=kept or [])


def test_a_mark_that_is_removed_is_seen(folder: Path) -> None:
    assert verified(kept_notes()).clean
    tamper(folder / "book.sqlite", "DELETE FROM noun WHERE kind = 'modelled'")
    report = verified()
    assert "event 1" in report.first_wrong
    assert "case gmbi, month 2030-03" in str(report.findings)  # the checkpoints still have it


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM noun WHERE kind = 'modelled'",
        "UPDATE noun SET id = 'a plant, April' WHERE kind = 'modelled'",
        "UPDATE noun SET kind = 'hold' WHERE kind = 'modelled'",
    ],
)
def test_a_kept_checkpoint_shows_it_though_all_hashes_are_made_again(
    folder: Path, change: str
) -> None:
    tamper(folder / "book.sqlite", change)
    reseal(folder / "book.sqlite")
    tamper(
        folder / "book.sqlite",
        "DELETE FROM checkpoint",
        "DELETE FROM book WHERE key LIKE 'verifier%'",
    )
    report = verified(kept_notes())
    assert "events were changed, or it is another book" in str(report.findings)


def test_a_checkpoint_without_the_mark_is_a_finding(folder: Path) -> None:
    """Sibling: the owner signs by a program of his own, which leaves the line out."""
    with b.Book("book.sqlite") as book:
        note = checkpoint(book, SIGNER)
        stated = read_kept(note)[0].checkpoint
        bare = sign(Checkpoint(stated.origin, stated.size, stated.root), SIGNER).text()
        book.store.transact((), lambda session: keep_checkpoint(session.db, stated.size, bare))
    assert f"expected the line 'modelled: {MODEL}', found none" in str(verified().findings[0])
