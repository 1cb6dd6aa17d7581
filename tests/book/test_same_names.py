"""Names that look alike, accepted in each way that their finding names: a line, --same, a yes.

Each test takes the words of the message, does what they say, and compares the book with the one in
which the name had been written right.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from import_case import held

from loopbook.book import Book, latest_events, post_lines
from loopbook.cli import main
from loopbook.errors import InputError
from support.lots import receive
from support.terminal import at_terminal
from support.world import Envelopes

CONSTANTS = {"actor": "amy", "site": "W", "owner": "A", "material": "foil"}
CONSTANTS |= {"occurred_at": "2026-03-01T08:00:00Z"}
LABORATORY = {"actor": "lab", "laboratory": "Lab X", "stage": "final", "basis": "as received"}
LABORATORY |= {"sample": "S-1", "occurred_at": "2026-03-04T08:00:00Z"}
NICKEL = 'shares.Ni = { column = "Ni", unit = "%" }\n'
STOCK = 'lot = "Lot"\nmass = { column = "kg", unit = "kg" }\n' + NICKEL
WHEN = {"actor": "amy", "occurred_at": "2026-03-02T08:00:00Z"}
NOUNS = [
    {"kind": "register-party", "key": "p", "party": "A"},
    {"kind": "register-site", "key": "s", "site": "W"},
    {"kind": "register-site", "key": "s2", "site": "R"},
    {"kind": "register-material", "key": "m", "material": "foil"},
]
LOT = {"kind": "receive", "key": "r", "supplier": "A", "owner": "A", "site": "W"}
LOT |= {"material": "foil", "mass_kg": 20000, "shares": {"Ni": "0.3"}}


class Shell:
    """Commands of ``loopbook book`` in a folder with a book of one lot."""

    def __init__(self, folder: Path, lot: str = "L-1") -> None:
        self.folder = folder
        assert not self.run("new", "--substances", "Ni,Co,other").exit_code
        assert not self.post([*NOUNS, LOT | {"lot": lot}], name="nouns.jsonl").exit_code

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(main, self.words(words))

    def words(self, words: Sequence[str]) -> list[str]:
        return ["book", *words, "--book", str(self.folder / "book.sqlite")]

    def post(self, commands: list[dict[str, object]], *more: str, name: str = "c.jsonl") -> Result:
        return self.run("post", str(self.write(name, *(WHEN | one for one in commands))), *more)

    def write(self, name: str, *lines: object) -> Path:
        path = self.folder / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return path

    def file(self, kind: str, rows: str, columns: str, constants: dict[str, str]) -> list[str]:
        self.write("file.csv", *rows.splitlines())
        lines = [f'{name} = "{value}"' for name, value in constants.items()]
        self.write("map.toml", "[columns]", *columns.splitlines(), "[constants]", *lines)
        names = str(self.folder / "file.csv"), "--map", str(self.folder / "map.toml")
        return ["import", kind, *names]

    def held(self, lot: str = "L-1") -> dict[str, Decimal]:
        with Book(self.folder / "book.sqlite") as book:
            return held(book, lot)

    def lots(self) -> list[str]:
        with Book(self.folder / "book.sqlite") as book:
            return sorted({account.lot for account in book.balances(site="W")} - {""})


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def given(text: str) -> list[str]:
    """The option that a message names, as a shell would read it."""
    match = re.search(r'--same "[^"]*"', text)
    assert match, text
    return shlex.split(match[0])


def write_words(shell: Shell, text: str) -> None:
    """Write the line that a message names into each part of the mapping that it names."""
    line, parts = re.search(r"write (.*?) under", text), re.findall(r"\[words\.[\w.]+\]", text)
    assert line, text
    assert parts, text
    mapping = shell.folder / "map.toml"
    added = "".join(f"{part}\n{line[1]}\n" for part in parts)
    mapping.write_text(mapping.read_text(encoding="utf-8") + added, encoding="utf-8")


TWINS = ["L\u20111", "L\u22121", "\uff2c-1", "\U0001d40b-1"]


@pytest.mark.parametrize("lot", TWINS)
@pytest.mark.parametrize("way", ["words", "same"])
def test_an_assay_of_a_lot_that_looks_like_another_is_its_assay(
    shell: Shell, lot: str, way: str
) -> None:
    columns = 'lot = "Sample of"\n' + NICKEL
    words = shell.file("assays", f"Sample of,Ni\n{lot},31\n", columns, LABORATORY)
    refused = shell.run(*words)
    assert refused.exit_code == 1
    assert f"file.csv:2, Sample of: alike: {lot!a} with" in refused.stderr
    assert "looks like the lot 'L-1' with" in refused.stderr
    assert " of event r (" in refused.stderr
    more = given(refused.stderr) if way == "same" else []
    if way == "words":
        write_words(shell, refused.stderr)
    assert not shell.run(*words, *more).exit_code
    assert shell.held()["Ni"] == 6200
    assert shell.lots() == ["L-1"]


@pytest.mark.parametrize("way", ["words", "same"])
def test_the_mapping_line_is_under_the_columns_of_the_file(shell: Shell, way: str) -> None:
    """A cell that is owner and supplier, and a constant: the noun is no part of a mapping."""
    columns = STOCK + 'owner = "From"\nsupplier = "From"\n'
    constants = {key: value for key, value in CONSTANTS.items() if key != "owner"}
    rows = "Lot,kg,Ni,From\nL-2,1000,30,\u0410\n"
    words = shell.file("stock", rows, columns, constants | {"site": "\uff37"})
    refused = shell.run(*words)
    assert refused.stderr.count("alike") == 2
    more: list[str] = []
    for line in refused.stderr.splitlines():
        if "alike" in line and way == "words":
            write_words(shell, line)
        elif "alike" in line:
            more += given(line)
    done = shell.run(*words, *more)
    assert not done.exit_code, done.stderr
    assert shell.held("L-2") == {"Ni": 300, "other": 700}


def test_two_rows_of_one_file_name_the_line_of_the_other(shell: Shell) -> None:
    words = shell.file("stock", "Lot,kg,Ni\nB-1,100,30\nB\u20111,200,30\n", STOCK, CONSTANTS)
    refused = shell.run(*words)
    assert "file.csv:3, Lot: alike" in refused.stderr
    assert "U+002D of file.csv:2 (" in refused.stderr
    assert "each row once" in shell.run(*words, *given(refused.stderr)).stderr, "nothing is lost"
    words = shell.file("stock", "Lot,kg,Ni\nB-1,100,30\nB-2,200,30\n", STOCK, CONSTANTS)
    assert not shell.run(*words).exit_code, "another name, as advised"
    assert shell.lots() == ["B-1", "B-2", "L-1"]


HOLD = {"kind": "hold", "key": "h", "lot": "L\u20111", "reason": "wet"}
SPLIT = {"kind": "split", "key": "x", "lot": "L\u20111", "parts_kg": {"L-1a": 5000}}
SHIP = {"kind": "ship", "key": "x", "lot": "L\u20111", "from_site": "\uff37", "consignment": "C"}
RUN = {"kind": "process", "key": "x", "run": "R", "site": "W", "inputs_kg": {"L\u20111": 5000}}
RUN |= {"outputs": [{"lot": "P", "material": "f\u043eil", "mass_kg": 5000, "shares": {}}]}


@pytest.mark.parametrize("command", [HOLD, SPLIT, SHIP, RUN], ids=["hold", "split", "ship", "run"])
def test_a_command_is_posted_with_the_option_that_the_message_names(
    shell: Shell, command: dict[str, object]
) -> None:
    refused = shell.post([command])
    assert refused.exit_code == 1
    assert " of event r (if they are one, give --same" in refused.stderr
    more: list[str] = []
    for line in refused.stderr.splitlines()[:-1]:
        more += given(line)
    done = shell.post([command], *more)
    assert not done.exit_code, done.stderr
    with Book(shell.folder / "book.sqlite") as book:
        kept = book.event(str(command["key"])).command
    assert kept.isascii()
    assert '"L-1"' in kept


NEAR = [("site", "w"), ("material", "FOIL"), ("party", "a"), ("material", "f\u043eil")]
GOOD = [("site", "W1"), ("material", "foils"), ("party", "A-1"), ("material", "fo il")]


@pytest.mark.parametrize(("noun", "name"), NEAR)
def test_a_noun_that_is_nearly_another_is_a_finding_with_both(
    shell: Shell, noun: str, name: str
) -> None:
    refused = shell.post([{"kind": f"register-{noun}", "key": "x", noun: name}])
    assert "alike" in refused.stderr
    assert f"looks like the {noun} " in refused.stderr
    assert f" of event {noun[0]} (" in refused.stderr
    lot = LOT | {"key": "y", "lot": "M-1"}
    lot |= {"owner" if noun == "party" else noun: name}
    refused = shell.post([lot])
    assert not shell.post([lot], *given(refused.stderr)).exit_code
    assert shell.held("M-1")["Ni"] == 6000


@pytest.mark.parametrize(("noun", "name"), GOOD)
def test_another_noun_is_none_that_is_nearly_one(shell: Shell, noun: str, name: str) -> None:
    assert not shell.post([{"kind": f"register-{noun}", "key": "x", noun: name}]).exit_code


@pytest.mark.parametrize(
    ("known", "name"), [("Winston-Salem", "winston salem"), ("black mass", "Black_Mass")]
)
def test_blanks_and_capitals_make_no_second_noun(shell: Shell, known: str, name: str) -> None:
    shell.post([{"kind": "register-site", "key": "x", "site": known}])
    assert "alike" in shell.post([{"kind": "register-site", "key": "y", "site": name}]).stderr


def test_lots_differ_in_capitals(shell: Shell) -> None:
    assert not shell.post([LOT | {"key": "x", "lot": "l-1"}]).exit_code


def test_two_names_of_an_object_that_become_one_are_a_finding(shell: Shell) -> None:
    shell.post([LOT | {"key": "r2", "lot": "L-2"}])
    parts = {"L-2": 10, "M-2": 20}
    run = {"kind": "process", "key": "x", "run": "R", "site": "W", "inputs_kg": parts}
    run |= {"outputs": [{"lot": "P", "material": "foil", "mass_kg": 20, "shares": {}}]}
    refused = shell.post([run], "--same", "M-2=L-2")
    assert "duplicate" in refused.stderr
    assert "L-2 as M-2, too" in refused.stderr


@pytest.mark.parametrize("pair", ["L-1", "=L-1", "L-1=", r"L\U00ffffff=L-1"])
def test_what_is_no_pair_of_names_is_misuse(shell: Shell, pair: str) -> None:
    assert shell.post([HOLD], "--same", pair).exit_code == 2


def test_a_name_in_the_options_may_be_any(shell: Shell) -> None:
    """Signs that a shell or TOML would take for its own."""
    odd = "$L=`1`!%\u2011\\"
    twin = odd.replace("\u2011", "-")
    assert not shell.post([LOT | {"key": "r2", "lot": twin}]).exit_code
    refused = shell.post([HOLD | {"lot": odd}])
    assert not shell.post([HOLD | {"lot": odd}], *given(refused.stderr)).exit_code


def test_both_stores_name_the_event_of_a_twin(book: Book, envelope: Envelopes) -> None:
    book.post(receive(envelope, "A-1"))
    key = book.event(next(x.key for x in latest_events(book).events if x.kind == "receive")).key
    line = WHEN | {"kind": "hold", "key": "h", "lot": "A\u20111", "reason": "wet"}
    for noun, name in (("lot", "A\u20111"), ("party", "lges")):
        other = {"kind": "register-party", "key": "p9", "party": name}
        raw = json.dumps(line if noun == "lot" else WHEN | other).encode()
        with pytest.raises(InputError) as caught:
            post_lines(book, raw, name="c.jsonl")
        finding = next(x for x in caught.value.findings if x.code == "alike")
        assert f"{noun} " in finding.sentence
        assert " of event " in finding.sentence
        assert noun != "lot" or finding.sentence.endswith(f"of event {key}")


# -- at a terminal


@pytest.mark.parametrize("kind", ["import", "post"])
def test_a_yes_at_a_terminal_makes_two_names_one(shell: Shell, kind: str) -> None:
    columns = 'lot = "Lot"\n' + NICKEL
    words = shell.file("assays", "Lot,Ni\nL\u20111,31\n", columns, LABORATORY)
    if kind == "post":
        assay = {"kind": "assay", "key": "a", "lot": "L\u20111", "shares": {"Ni": "0.31"}}
        assay |= {"laboratory": "X", "stage": "final", "sample": "S", "basis": "as received"}
        words = ["post", str(shell.write("c.jsonl", WHEN | assay))]
    code, shown = at_terminal(shell.words(words), "y\n")
    assert code == 0, shown
    assert "looks like the lot 'L-1' with U+002D of event r" in shown
    assert "Are they one? [y/N]" in shown
    assert shell.held()["Ni"] == 6200


@pytest.mark.parametrize("answer", ["n\n", "\n"])
def test_without_a_yes_nothing_is_posted(shell: Shell, answer: str) -> None:
    words = ["post", str(shell.write("c.jsonl", WHEN | HOLD))]
    code, shown = at_terminal(shell.words(words), answer)
    assert code == 1
    assert shown.count("Are they one?") == 1
    assert "alike" in shown


def test_two_answers_at_once_and_a_third_finding_stays(shell: Shell) -> None:
    rows = "Lot,kg,Ni\nC\u20111,10,30\nC-1,10,30\nL\u20111,5,30\nD-1,x,30\n"
    words = shell.file("stock", rows, STOCK, CONSTANTS)
    code, shown = at_terminal(shell.words(words), "n\nn\n")
    assert code == 1
    assert shown.count("Are they one?") == 2
    assert "file.csv:5, kg" in shown
    assert shell.lots() == ["L-1"]
