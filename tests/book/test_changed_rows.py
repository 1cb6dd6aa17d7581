"""What is said of a row that is in the book with other values is done; the result is compared."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from test_hints_of_commands import UNDO, posted
from test_same_names import CONSTANTS, LABORATORY, LOT, NICKEL, STOCK, Shell

from support.advice import follows


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    return Shell(tmp_path)


@pytest.mark.parametrize(
    ("constants", "beside"),
    [
        (LABORATORY, "import the row from a file of another name"),
        (LABORATORY | {"document": "R-7"}, "import the row under another document"),
    ],
)
def test_a_row_with_another_value_goes_in_after_the_old_one_is_corrected(
    shell: Shell, constants: dict[str, str], beside: str
) -> None:
    columns = 'lot = "Lot"\n' + NICKEL
    assert not shell.run(*shell.file("assays", "Lot,Ni\nL-1,31\n", columns, constants)).exit_code
    words = shell.file("assays", "Lot,Ni\nL-1,32\n", columns, constants)
    wrong = shell.run(*words).stderr
    follows(wrong, f"if it is another one, {beside}")
    correct(shell, wrong)
    assert shell.held()["Ni"] == 6400
    assert not shell.run(*words).exit_code  # what the book has now
    own = constants | {"sample": "S-2", "document": "R-8"}
    if "document" not in constants:
        own.pop("document")
    words = shell.file("assays", "Lot,Ni\nL-1,32\n", columns, own)
    if "document" not in constants:
        (shell.folder / "file.csv").rename(shell.folder / "new.csv")
        words = [word.replace("file.csv", "new.csv") for word in words]
    assert not shell.run(*words).exit_code
    assert shell.held()["Ni"] == 6400


def test_a_receipt_with_another_mass_names_its_lot_otherwise(shell: Shell) -> None:
    words = shell.file("stock", "Lot,kg,Ni\nB-1,2500,30\n", STOCK, CONSTANTS)
    assert not shell.run(*words).exit_code
    words = shell.file("stock", "Lot,kg,Ni\nB-1,2000,30\n", STOCK, CONSTANTS)
    wrong = shell.run(*words).stderr
    follows(wrong, "import the row from a file of another name")
    assert wrong.rstrip().splitlines()[0].endswith(", with another name for its lot)")
    correct(shell, wrong)
    assert sum(shell.held("B-1").values()) == 2000
    assert "1 was in the book already" in shell.run(*words).stdout
    shell.file("stock", "Lot,kg,Ni\nB-1 (2),2000,30\n", STOCK, CONSTANTS)
    (shell.folder / "file.csv").rename(shell.folder / "new.csv")
    words = [word.replace("file.csv", "new.csv") for word in words]
    assert not shell.run(*words).exit_code
    assert shell.held("B-1 (2)")["Ni"] == 600


TICKET = """lot = "Lot"
ticket = "Ticket"
gross = { column = "Gross", unit = "kg" }
tare = { column = "Tare", unit = "kg" }
"""


def test_a_wrong_receipt_of_a_ticket_is_entered_again(shell: Shell) -> None:
    """Reported case 03: two events of one row, the last one reversed first."""
    constants = CONSTANTS | {"supplier": "A"}
    words = shell.file("tickets", "Ticket,Lot,Gross,Tare\nT-1,W-9,25900,900\n", TICKET, constants)
    assert not shell.run(*words).exit_code
    rows = "Ticket,Lot,Gross,Tare\nT-1,W-9,20900,900\n"
    wrong = shell.run(*shell.file("tickets", rows, TICKET, constants)).stderr
    beside = "if it is another one, import the row from a file of another name"
    assert f"{beside}, with its own ticket or sample number, with another name for its" in wrong
    correct(shell, wrong)
    assert sum(shell.held("W-9").values()) == 20_000
    done = shell.run(*words)
    assert "0 events posted" in done.stdout, done.stderr
    rows = rows.replace("T-1", "T-2").replace("W-9", "W-10")
    shell.file("tickets", rows, TICKET, constants)
    (shell.folder / "file.csv").rename(shell.folder / "week9.csv")
    done = shell.run(*[word.replace("file.csv", "week9.csv") for word in words])
    assert not done.exit_code, done.stderr
    assert shell.lots() == ["L-1", "W-10", "W-9"]


def test_a_row_whose_events_were_reversed_goes_in_from_another_file(shell: Shell) -> None:
    """Siblings: nothing is left to correct, and its ticket and its lot are free again."""
    constants = CONSTANTS | {"supplier": "A"}
    rows = "Ticket,Lot,Gross,Tare\nT-1,W-9,25900,900\n"
    words = shell.file("tickets", rows, TICKET, constants)
    assert not shell.run(*words).exit_code
    for key in ("file.csv/T-1/weigh", "file.csv/T-1/receive"):
        posted(shell, UNDO | {"key": f"u {key}", "event": key})
    shell.file("tickets", rows.replace("25900", "20900"), TICKET, constants)
    wrong = shell.run(*words).stderr
    assert wrong.splitlines()[0].endswith("(import the row from a file of another name)")
    (shell.folder / "file.csv").rename(shell.folder / "week9.csv")
    done = shell.run(*[word.replace("file.csv", "week9.csv") for word in words])
    assert not done.exit_code, done.stderr
    assert sum(shell.held("W-9").values()) == 20_000


def week_nine(shell: Shell, words: list[str]) -> None:
    """The row is imported from a file of another name."""
    (shell.folder / "file.csv").rename(shell.folder / "week9.csv")
    done = shell.run(*[word.replace("file.csv", "week9.csv") for word in words])
    assert not done.exit_code, done.stderr


def test_a_ticket_of_a_later_hour_is_entered_again(shell: Shell) -> None:
    """A load cannot be corrected event by event: it would be weighed before it came."""
    constants = CONSTANTS | {"supplier": "A"}
    rows = "Ticket,Lot,Gross,Tare\nT-1,W-9,25900,900\n"
    assert not shell.run(*shell.file("tickets", rows, TICKET, constants)).exit_code
    later = constants | {"occurred_at": "2026-03-01T10:00:00Z"}
    words = shell.file("tickets", rows, TICKET, later)
    follows(
        shell.run(*words).stderr,
        "if the row is right, reverse 'file.csv/T-1/weigh', then reverse 'file.csv/T-1/receive', "
        "and import the row from a file of another name",
    )
    for key in ("file.csv/T-1/weigh", "file.csv/T-1/receive"):
        posted(shell, UNDO | {"key": f"u {key}", "event": key})
    week_nine(shell, words)
    assert sum(shell.held("W-9").values()) == 25_000
    assert shell.lots() == ["L-1", "W-9"]


def test_a_row_of_which_one_event_was_reversed_is_entered_again(shell: Shell) -> None:
    """The load is not booked twice."""
    constants = CONSTANTS | {"supplier": "A"}
    rows = "Ticket,Lot,Gross,Tare\nT-1,W-9,25900,900\n"
    assert not shell.run(*shell.file("tickets", rows, TICKET, constants)).exit_code
    posted(shell, UNDO | {"key": "u", "event": "file.csv/T-1/weigh"})
    words = shell.file("tickets", rows.replace("25900", "20900"), TICKET, constants)
    hint = "if the row is right, reverse 'file.csv/T-1/receive', and import the row from a file of"
    follows(shell.run(*words).stderr, hint)
    posted(shell, UNDO | {"key": "u2", "event": "file.csv/T-1/receive"})
    week_nine(shell, words)
    assert sum(shell.held("W-9").values()) == 20_000
    assert shell.lots() == ["L-1", "W-9"]


def test_a_file_that_was_imported_with_same_needs_it_again(shell: Shell) -> None:
    """The hint is followed: the load is not booked twice."""
    constants = CONSTANTS | {"supplier": "Ay", "owner": "Ay"}
    words = shell.file("tickets", "Ticket,Lot,Gross,Tare\nT-1,W-9,25900,900\n", TICKET, constants)
    assert not shell.run(*words, "--same", "Ay=A").exit_code
    wrong = shell.run(*words).stderr
    follows(wrong, 'if it is the same, give --same "Ay=A" again')
    assert "correct what is posted" not in wrong
    assert "0 events posted" in shell.run(*words, "--same", "Ay=A").stdout


def correct(shell: Shell, message: str) -> None:
    """What the message says is typed, with a reason."""
    follows(message, "if the row is right, correct what is posted: loopbook book correct ")
    advice = message.partition("correct what is posted: ")[2].partition("; ")[0]
    for line in advice.split(", and then "):
        words = [*shlex.split(line)[2:], "--reason", "typed wrongly", "--actor", "amy"]
        done = shell.run(*words)
        assert not done.exit_code, done.stderr


RUN = 'run = "Run"\nrole = "Role"\nlot = "Lot"\nmaterial = "What"\n'
RUN += 'mass = { column = "kg", unit = "kg" }\n' + NICKEL
PART = {"kind": "split", "key": "c", "lot": "L-1", "parts_kg": {"Q-1": 9000, "Q-2": 300}}
PLACE = {"actor": "amy", "site": "W", "occurred_at": "2026-03-05T08:00:00Z"}


@pytest.mark.parametrize(
    ("before", "after", "differ"),
    [
        ("R,input,Q-2,,290,\n", "R,input,Q-2,,,\n", "inputs_kg.Q-2 all of it, not 290"),
        ("R,input,Q-2,,,\n", "R,input,Q-2,,290,\n", "inputs_kg.Q-2 290, not all of it"),
        ("", "R,input,Q-2,,,\n", "inputs_kg.Q-2 all of it, not empty"),
        ("R,input,Q-2,,,\n", "", "inputs_kg.Q-2 empty, not all of it"),
    ],
)
def test_an_input_of_which_all_is_taken(shell: Shell, before: str, after: str, differ: str) -> None:
    """An empty mass of an input is all of its lot; the advice keeps the input."""
    assert not shell.post([PART], name="parts.jsonl").exit_code
    rows = "Run,Role,Lot,What,kg,Ni\nR,input,Q-1,,,\n{}R,output,BM,foil,9000,31\n"
    assert not shell.run(*shell.file("runs", rows.format(before), RUN, PLACE)).exit_code
    words = shell.file("runs", rows.format(after), RUN, PLACE)
    wrong = shell.run(*words).stderr
    assert differ in wrong
    correct(shell, wrong)
    if after.endswith(",,,\n"):
        assert "Q-2" not in shell.lots()
    else:
        assert sum(shell.held("Q-2").values()) == (10 if after else 300)
    assert "in the book already" in shell.run(*words).stdout


def test_a_number_in_other_digits_is_no_difference(shell: Shell) -> None:
    changed = LOT | {"lot": "L-1", "actor": "bob", "mass_kg": "20000.0"}
    wrong = shell.post([changed]).stderr
    assert "found actor bob, not amy (" in wrong
    assert "mass_kg" not in wrong
