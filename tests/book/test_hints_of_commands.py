"""What a message of ``loopbook book`` advises is done at the same door; the result is compared."""

from __future__ import annotations

import re
import shlex
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from test_same_names import HOLD, LOT, Shell

from loopbook import book as b
from loopbook.book.storage import address as addresses
from loopbook.book.storage.postgres import connection
from loopbook.cli import main
from loopbook.errors import InputError, StorageError
from support.advice import follows
from support.shelves import Shelf
from support.world import envelope

BOOKS = Path(__file__).parent / "books"
MONTH = {"kind": "open-period", "key": "o", "period": "2026-03"}
MONTH |= {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z"}


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    return Shell(tmp_path)


def posted(shell: Shell, *commands: dict[str, object]) -> None:
    done = shell.post(list(commands), name="right.jsonl")
    assert not done.exit_code, done.stderr


def refused(shell: Shell, *commands: dict[str, object]) -> str:
    done = shell.post(list(commands))
    assert done.exit_code == 1, done.output
    return done.stderr


def loopbook(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def advised(advice: str, *words: str) -> str:
    """Words that fail with a message that advises something; the message."""
    done = loopbook(*words)
    assert done.exit_code, done.output
    follows(done.stderr, advice)
    return done.stderr


def works(*words: str) -> str:
    """Words that do what they should; what they print."""
    done = loopbook(*words)
    assert not done.exit_code, done.stderr
    return done.stdout


# -- commands


@pytest.mark.parametrize(
    ("advice", "wrong", "right", "lot", "nickel"),
    [
        (
            "write 'P3-D'",
            LOT | {"key": "x", "lot": "P3/D"},
            LOT | {"key": "x", "lot": "P3-D"},
            "P3-D",
            6000,
        ),
        (
            "write 'P3'",
            LOT | {"key": "x", "lot": " P3 "},
            LOT | {"key": "x", "lot": "P3"},
            "P3",
            6000,
        ),
        (
            "write it without this character",
            LOT | {"key": "x", "lot": "P\u200b3"},
            LOT | {"key": "x", "lot": "P3"},
            "P3",
            6000,
        ),
        (
            "date it 2026-03-02T08:00:00+00:00 and name the real date in the document",
            HOLD | {"lot": "L-1", "occurred_at": "2026-03-01T08:00:00Z"},
            HOLD | {"lot": "L-1", "document": "hold of 2026-03-01T08:00Z"},
            "L-1",
            6000,
        ),
        (
            "write a share as a fraction of 1: 0.05 for 5 %",
            LOT | {"key": "x", "lot": "P3", "shares": {"Ni": "31 %"}},
            LOT | {"key": "x", "lot": "P3", "shares": {"Ni": "0.31"}},
            "P3",
            6200,
        ),
        (
            "is it 20100 or 20.100? write it without a comma",
            LOT | {"key": "x", "lot": "P3", "mass_kg": "20,100 kg"},
            LOT | {"key": "x", "lot": "P3", "mass_kg": "20100 kg"},
            "P3",
            6030,
        ),
        (
            "is it 20100 or 20.100? write it without a comma",
            LOT | {"key": "x", "lot": "P3", "mass_kg": "20,100"},
            LOT | {"key": "x", "lot": "P3", "mass_kg": "20100"},
            "P3",
            6030,
        ),
        (
            "is it 2000.5? write it without a comma",
            LOT | {"key": "x", "lot": "P3", "mass_kg": "2000,5"},
            LOT | {"key": "x", "lot": "P3", "mass_kg": "2000.5"},
            "P3",
            Decimal("600.15"),
        ),
        (
            "write the offset, for example 2026-03-01T08:00:00-05:00",
            LOT | {"key": "x", "lot": "P3", "occurred_at": "2026-03-02T08:00:00"},
            LOT | {"key": "x", "lot": "P3", "occurred_at": "2026-03-02T08:00:00-05:00"},
            "P3",
            6000,
        ),
        ("did you mean L-1?", HOLD | {"lot": "L-11"}, HOLD | {"lot": "L-1"}, "L-1", 6000),
        (
            "did you mean receive, arrive, reverse?",
            LOT | {"kind": "recieve", "key": "x", "lot": "P3"},
            LOT | {"key": "x", "lot": "P3"},
            "P3",
            6000,
        ),
        (
            "if it is another one, give it another key",
            LOT | {"lot": "P3"},
            LOT | {"lot": "P3", "key": "r2"},
            "P3",
            6000,
        ),
        (
            "a tonne is t (1000 kg); a short ton is short_ton",
            LOT | {"key": "x", "lot": "P3", "mass_kg": "20 tons"},
            LOT | {"key": "x", "lot": "P3", "mass_kg": "20 t"},
            "P3",
            6000,
        ),
    ],
)
def test_a_command_is_posted_as_the_hint_says(
    shell: Shell,
    advice: str,
    wrong: dict[str, object],
    right: dict[str, object],
    lot: str,
    nickel: Decimal,
) -> None:
    follows(refused(shell, wrong), advice)
    posted(shell, right)
    assert shell.held(lot)["Ni"] == nickel


def test_a_mass_with_decimals_that_is_small_for_a_lorry_is_in_tonnes(shell: Shell) -> None:
    lot = LOT | {"key": "x", "lot": "P3"}
    follows(refused(shell, lot | {"mass_kg": "20.1"}), " without decimals: is it in t?")
    posted(shell, lot | {"mass_kg": "20.1 t"})
    assert shell.held("P3")["Ni"] == 6030


def test_a_name_that_looks_like_another_in_a_program(shell: Shell) -> None:
    """Who posts from Python has no mapping and no option: the name itself is written right."""
    with b.Book(shell.folder / "book.sqlite") as book:
        when = envelope("h", datetime(2026, 3, 3, 8, tzinfo=UTC))
        with pytest.raises(InputError) as caught:
            book.post(b.Hold(lot="L\u20111", reason="wet", **when))
        follows(
            caught.value.findings[0],
            "if they are one, write 'L-1'; if not, give this one another name",
        )
        book.post(b.Hold(lot="L-1", reason="wet", **when))
        fields = {"supplier": "A", "owner": "A", "site": "W", "material": "foil"}
        fields |= {"mass_kg": 10, "shares": {}}
        book.post(b.Receive(lot="M-1", **fields, **envelope("r2", when["occurred_at"])))


def test_gross_and_tare_of_a_command_that_are_swapped(shell: Shell) -> None:
    weigh = {"kind": "weigh", "key": "w", "lot": "L-1", "ticket": "T-1"}
    follows(refused(shell, weigh | {"gross_kg": 10_000, "tare_kg": 29_900}), "are they swapped?")
    posted(shell, weigh | {"gross_kg": 29_900, "tare_kg": 10_000})
    assert sum(shell.held().values()) == 19_900


UNDO = {"kind": "reverse", "reason": "wrong", "occurred_at": "2026-03-05T08:00:00Z"}


def test_what_rests_on_an_event_is_reversed_first(shell: Shell) -> None:
    split = {"kind": "split", "key": "s1", "lot": "L-1", "parts_kg": {"L-1a": 5000}}
    move = {"kind": "move", "key": "s3", "lot": "L-1a", "from_site": "W", "to_site": "R"}
    cut = {"kind": "split", "key": "s4", "lot": "L-1a", "parts_kg": {"L-1b": 1000}}
    posted(shell, split, move, cut)
    command = UNDO | {"key": "u", "event": "r"}
    message = refused(shell, command)
    follows(message, "reverse these first, the last one first")
    for key in reversed(re.findall(r"'(\w+)' of 2026", message)):
        posted(shell, UNDO | {"key": f"u {key}", "event": key})
    posted(shell, command)
    with b.Book(shell.folder / "book.sqlite") as book:
        assert not [a for a in book.balances() if a.kind == "lot"]


ASSAY = {"kind": "assay", "key": "a", "lot": "L-1", "laboratory": "X", "sample": "S"}
ASSAY |= {"stage": "final", "basis": "as received"}


def test_the_rest_is_left_out_of_an_assay(shell: Shell) -> None:
    shares = {"Ni": "0.31", "other": "0.72"}
    follows(refused(shell, ASSAY | {"shares": shares}), "leave out other, the rest")
    posted(shell, ASSAY | {"shares": {"Ni": "0.31"}})
    assert shell.held() == {"Ni": 6200, "other": 13_800}


@pytest.mark.parametrize("shares", [{"Ni": "0.7", "Co": "0.4", "other": "0.1"}, {"Ni": "1.1"}])
def test_without_the_rest_the_sum_is_right_or_nothing_is_advised(
    shell: Shell, shares: dict[str, str]
) -> None:
    assert "leave out" not in refused(shell, ASSAY | {"shares": shares})


def test_the_substance_of_moisture_is_added_first(shell: Shell) -> None:
    dry = ASSAY | {"basis": "dry", "shares": {"Ni": "0.4"}, "moisture": "0.25"}
    follows(refused(shell, dry), "add the substance H2O to the book first")
    posted(shell, {"kind": "add-substance", "key": "h2o", "substance": "H2O"}, dry)
    assert shell.held()["Ni"] == 6000
    assert shell.held()["H2O"] == 5000


def test_the_lot_that_was_forgotten_is_named_in_the_run(shell: Shell) -> None:
    posted(shell, LOT | {"key": "r2", "lot": "acid", "mass_kg": 1000, "shares": {}})
    run = {"kind": "process", "key": "x", "run": "R", "site": "W", "inputs_kg": {"L-1": 20_000}}
    run |= {
        "outputs": [{"lot": "P", "material": "foil", "mass_kg": 21_000, "shares": {"Ni": "0.28"}}]
    }
    follows(refused(shell, run), "was a reagent lot used that is not named?")
    posted(shell, run | {"inputs_kg": {"L-1": 20_000, "acid": 1000}})
    assert sum(shell.held("P").values()) == 21_000


def test_a_noun_with_another_name_is_not_to_be_reversed(shell: Shell) -> None:
    party = {"kind": "register-party", "key": "p", "party": "B"}
    message = refused(shell, party)
    follows(message, "give it another key")
    assert "reverse" not in message
    assert "correct" not in message
    posted(shell, party | {"key": "p2"})


def test_a_command_of_another_kind_is_not_taken_for_the_one_with_its_key(shell: Shell) -> None:
    """Of two kinds with the same fields, which was taken for the same in silence."""
    (shell.folder / "recount2.py").write_text(RECOUNT)
    shell.write("loopbook.toml", 'plugins = ["recount2.py"]')
    count = {"kind": "recount", "key": "y", "lot": "L-1", "site": "W", "counted_kg": 19_000}
    posted(shell, count)
    message = refused(shell, count | {"kind": "stock-take"})
    follows(message, "give it another key")
    assert "found kind stock-take, not recount" in message
    posted(shell, count | {"kind": "stock-take", "key": "y2"})


# -- books

COMPUTER = 1_900_000_000_000_000


def test_a_book_has_the_substance_for_the_rest(shell: Shell) -> None:
    words = ["book", "new", "--book", "n.sqlite", "--substances"]
    advised("add other", *words, "Ni,Co")
    works(*words, "Ni,Co,other")


def test_the_computer_with_the_wrong_clock_gets_the_right_one(tmp_path: Path) -> None:
    """A clock an hour behind takes what it dates itself, and refuses what is after it."""
    path, now = tmp_path / "clock.sqlite", [COMPUTER]
    with b.Book(path, create=True, clock=lambda: now[0]) as book:
        today = datetime.fromtimestamp(COMPUTER / 1e6, UTC)
        book.post(b.RegisterParty(party="A", **envelope("p", today)))
        now[0] -= 3_600_000_000
        book.post(b.RegisterParty(party="C", **envelope("p1", today - timedelta(hours=1))))
        (note,) = b.show_event(book, "p1").notes
        follows(note, "set the clock of this computer, if it is the wrong one")
        with pytest.raises(InputError) as caught:
            book.post(b.RegisterParty(party="B", **envelope("p2", today)))
        follows(caught.value.findings[0], "correct the date, or this computer's clock")
        now[0] = COMPUTER + 1
        assert book.post(b.RegisterParty(party="B", **envelope("p2", today)))
        assert not b.show_event(book, "p2").notes


def test_a_book_that_is_not_there_is_made(shell: Shell) -> None:
    words = ["book", "lots", "--book", "none.sqlite"]
    advised("make one with loopbook book new", *words)
    works("book", "new", "--book", "none.sqlite")
    works(*words)


@pytest.mark.server
def test_a_book_on_a_server_is_made(shelf: Shelf) -> None:
    if shelf.kind == "sqlite":
        return  # the file: see above
    with pytest.raises(InputError) as caught, b.Book(shelf.owner):
        pass
    follows(caught.value.findings[0], "make one with loopbook book new")
    with shelf.new() as book:
        assert not book.balances()


def test_an_old_book_is_migrated_with_the_command_of_the_message(
    shell: Shell, tmp_path: Path
) -> None:
    path = tmp_path / "old one.sqlite"
    text = (BOOKS / "version2.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path, isolation_level=None)) as link:
        link.executescript(text)
    words = ["book", "verify", "--book", str(path)]
    message = advised("loopbook book migrate --book", *words)
    command = re.search(r"\((loopbook book migrate .*)\)", message)
    assert command
    done = works(*shlex.split(command[1])[1:])
    follows(done, "; now: loopbook book verify ")
    command = re.search(r"now: (loopbook .*)", done)
    assert command
    works(*shlex.split(command[1])[1:])
    works(*words)


def test_an_export_gets_a_folder_of_its_own(shell: Shell) -> None:
    shell.write("notes.txt", "mine")
    words = ["export", "--format", "csv", "--out"]
    follows(shell.run(*words, ".").stderr, "give a folder of its own")
    assert not shell.run(*words, "exported").exit_code
    assert "L-1" in (shell.folder / "exported" / "lots.csv").read_text()


def test_a_table_is_not_written_over_a_book(shell: Shell) -> None:
    book = shell.folder / "book.sqlite"
    book.rename(shell.folder / "book.csv")
    words = ["book", "lots", "--book", "book.csv", "--save"]
    advised("give the name of a new file", *words, "book.csv")
    works(*words, "lots.csv")


def test_a_moment_of_a_statement_gets_its_offset(shell: Shell) -> None:
    with b.Book(shell.folder / "book.sqlite") as book:
        start, end = datetime(2026, 3, 1), datetime(2026, 4, 1, tzinfo=UTC)
        with pytest.raises(InputError) as caught:
            b.metal_statement(book, start=start, end=end)
        follows(caught.value.findings[0], "write the offset, for example 2026-03-01T00:00:00-05:00")
        statement = b.metal_statement(book, start=start.replace(tzinfo=UTC), end=end)
        assert "20,000" in statement.text()


@pytest.mark.parametrize(
    ("advice", "words", "right"),
    [
        ("give --period, or --from and --to", ["statement"], ["--period", "2026-03"]),
        (
            "give --period, or --from and --to",
            ["statement", "--from", "2026-03-01T00:00Z"],
            ["--to", "2026-04-01T00:00Z"],
        ),
    ],
)
def test_a_statement_gets_its_stretch(
    shell: Shell, advice: str, words: list[str], right: list[str]
) -> None:
    posted(shell, MONTH)
    wrong = shell.run(*words)
    assert wrong.exit_code == 2
    follows(wrong.stderr, advice)
    assert not shell.run(*words, *right).exit_code


# -- kinds of others

MINE = '''
from dataclasses import dataclass

from loopbook.book import Command


@dataclass(frozen=True, kw_only=True)
class {name}(Command):
    """A remark."""

    example = {{}}
    line = ("", "")

    def plan(self, draft):
        """Nothing moves."""
'''


def test_a_plugin_whose_name_is_taken_is_renamed(shell: Shell) -> None:
    (shell.folder / "mine.py").write_text(MINE.format(name="Hold"))
    shell.write("loopbook.toml", 'plugins = ["mine.py"]')
    advised("rename the class", "book", "kinds")
    (shell.folder / "again.py").write_text(MINE.format(name="Remark"))  # a module is read once
    shell.write("loopbook.toml", 'plugins = ["again.py"]')
    assert "remark" in works("book", "kinds")


PLAN = "plan = lambda self, draft: None"
BARE = """
from dataclasses import dataclass

from loopbook.book import Command, ImportKind


@dataclass(frozen=True, kw_only=True)
class Remark(Command):
    \"\"\"A remark.\"\"\"

    {command}


class Counts(ImportKind):
    \"\"\"Counted lots.\"\"\"

    {kind}
"""


@pytest.mark.parametrize(
    ("command", "kind", "advice"),
    [
        ("example = {}", "entry = print", "write plan() in the class"),
        (PLAN, "columns = ()", "write entry() or entries() in the class"),
        ("check_all = print", "known = {}", "write plan() in the class"),
    ],
)
def test_a_plugin_without_its_method_gets_one(
    shell: Shell, command: str, kind: str, advice: str
) -> None:
    """It was found when a row was read, or never."""
    (shell.folder / "bare.py").write_text(BARE.format(command=command, kind=kind))
    shell.write("loopbook.toml", 'plugins = ["bare.py"]')
    advised(advice, "book", "kinds")
    (shell.folder / "full.py").write_text(BARE.format(command=PLAN, kind="entry = print"))
    shell.write("loopbook.toml", 'plugins = ["full.py"]')
    assert "remark" in works("book", "kinds")


RECOUNT = '''
from dataclasses import dataclass

from loopbook.book import StockTake


@dataclass(frozen=True, kw_only=True)
class Recount(StockTake):
    """A lot is counted again."""
'''


def test_the_file_of_a_kind_is_named_again(shell: Shell) -> None:
    (shell.folder / "recount.py").write_text(RECOUNT)
    shell.write("loopbook.toml", 'plugins = ["recount.py"]')
    count = {"kind": "recount", "key": "y", "lot": "L-1", "site": "W", "counted_kg": 19_000}
    posted(shell, count)
    (shell.folder / "loopbook.toml").unlink()
    words = ["statement", "--from", "2026-03-01T00:00Z", "--to", "2026-04-01T00:00Z"]
    wrong = shell.run(*words)
    advice = "install its package, or name its file under plugins in loopbook.toml"
    follows(wrong.stderr, advice)
    shell.write("loopbook.toml", 'plugins = ["recount.py"]')
    assert "19,000" in shell.run(*words).stdout


# -- addresses


@pytest.mark.parametrize("wrong", ["postgres:/amy@db/gmbi", "mysql://amy@db/gmbi"])
def test_an_address_in_the_form_that_is_named_is_a_server(wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        addresses.check_address(wrong)
    follows(caught.value.findings[0], "write postgresql://user@host/database")
    addresses.check_address("postgresql://amy@db/gmbi")
    assert addresses.is_server("postgresql://amy@db/gmbi")


def test_a_password_is_written_as_the_message_says() -> None:
    secret = "a/b@c:d?e#f%"
    with pytest.raises(StorageError) as caught:
        connection.connect(f"postgresql://amy:{secret}@127.0.0.1:1/gmbi")
    advice = "write / @ : ? # % in a password as %2F %40 %3A %3F %23 %25"
    follows(caught.value, advice)
    signs, numbers = advice.partition(" in a")[0].split()[1:], advice.split(" as ")[1].split()
    written = "".join(dict(zip(signs, numbers, strict=True)).get(sign, sign) for sign in secret)
    import psycopg

    address = f"postgresql://amy:{written}@127.0.0.1:1/gmbi"
    assert psycopg.conninfo.conninfo_to_dict(address)["password"] == secret
    with pytest.raises(StorageError) as caught:
        connection.connect(address)
    assert advice not in str(caught.value)


@pytest.mark.parametrize("share", ["30 mol%", "30 at%", "30 vol%"])
def test_a_share_of_something_else_gets_no_advice_that_makes_it_one_of_mass(
    shell: Shell, share: str
) -> None:
    line = LOT | {"key": "x", "lot": "P3", "shares": {"Ni": share}}
    assert "write" not in refused(shell, line)
