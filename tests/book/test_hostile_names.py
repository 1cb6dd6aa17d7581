"""Names that act: formulas in files for spreadsheets, control characters on a terminal.

Books of today refuse what hides (``test_entry.py``); an old one may hold such names. Here they are
put into its file, byte by byte.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook
from test_same_names import LOT, NOUNS, Shell

from loopbook.book import AddSubstance, Book
from loopbook.book.commands.fields import bad_substance
from loopbook.book.storage.schema import TABLES
from loopbook.cli import main
from loopbook.errors import InputError
from support.world import Envelopes

FORMULAS = ["=HYPERLINK(1)", "@SUM(1)", "+1", "-1+1", "\uff1d1+1", "\uff0b2", "\uff20A"]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    return Shell(tmp_path)


# -- formulas


@pytest.fixture
def acting(shell: Shell) -> Shell:
    """A book in which lots, parties, sites, materials, actors and papers have such names."""
    for k, name in enumerate(FORMULAS):
        nouns = [{**noun, "key": f"{noun['key']} {k}"} for noun in (NOUNS[0], NOUNS[1], NOUNS[3])]
        nouns = [
            {n: name if n in ("party", "site", "material") else v for n, v in x.items()}
            for x in nouns
        ]
        lot = LOT | {"key": f"r {k}", "lot": name, "document": name, "actor": name}
        lot |= {"owner": name, "supplier": name, "site": name, "material": name}
        done = shell.post([*nouns, lot])
        assert not done.exit_code, done.stderr
    return shell


def test_csv_for_spreadsheets_has_no_formula_in_any_table(acting: Shell) -> None:
    assert not acting.run("export", "--format", "csv", "--out", "x", "--for-spreadsheet").exit_code
    shown: set[str] = set()
    for table in Path("x").glob("*.csv"):
        with table.open(newline="", encoding="utf-8") as file:
            for row in csv.reader(file):
                shown |= set(row)
    assert {f"'{name}" for name in FORMULAS} <= shown
    assert not {cell for cell in shown if cell in FORMULAS}


def test_csv_as_data_has_the_names_as_they_are(acting: Shell) -> None:
    assert not acting.run("export", "--format", "csv", "--out", "x").exit_code
    with Path("x/lots.csv").open(newline="", encoding="utf-8") as file:
        assert {*FORMULAS, "L-1"} == {row["lot"] for row in csv.DictReader(file)}


@pytest.mark.parametrize(
    "words",
    [
        ["export", "--format", "xlsx", "--out", "x"],
        ["lots", "--save", "x.xlsx"],
        ["balance", "--save", "x.xlsx"],
        ["log", "--save", "x.xlsx"],
        [
            "statement",
            "--from",
            "2026-03-01T00:00Z",
            "--to",
            "2026-04-01T00:00Z",
            "--save",
            "x.xlsx",
        ],
    ],
    ids=lambda words: words[0],
)
def test_a_workbook_has_them_as_texts(acting: Shell, words: list[str]) -> None:
    done = acting.run(*words)
    assert not done.exit_code, done.output
    paths = [*Path().glob("x*.xlsx"), *Path().glob("x/*.xlsx")]
    assert paths
    texts: set[str] = set()
    for path in paths:
        for sheet in load_workbook(path):
            cells = [cell for row in sheet.iter_rows() for cell in row]
            assert not [cell.value for cell in cells if cell.data_type == "f"]
            texts |= {str(cell.value) for cell in cells}
    if words[0] != "statement":
        assert set(FORMULAS) & texts


# -- control characters in an old book

SIGNS = {
    "clear the screen": "\x1b[2J\r\n",
    "a row that is not there": "\n  L-23",
    "right to left": "\u202e54-L",
    "C1": "\x9b2J\x85\r",
    "half a title": "\x1b]0;ab",
    "invisible": "\u2066\u200b",
}
COMMANDS = [
    "book lots",
    "book balance",
    "book log",
    "book event evil",
    "book verify",
    "book statement --from 2026-03-01T00:00Z --to 2026-04-01T00:00Z",
    "book lots --json",
    "book event evil --json",
    "trace L-2",
    "recall L-2",
    "suspect L-2",
    "on-site W",
    "origins",
    "trace L-2 --json",
]


@pytest.mark.parametrize("evil", SIGNS.values(), ids=[*SIGNS])
def test_an_old_name_acts_on_no_terminal(shell: Shell, evil: str) -> None:
    plain = "!" * len(evil.encode())
    lot = LOT | {"key": "evil", "lot": plain, "actor": plain, "document": plain}
    split = {"kind": "split", "key": "cut", "lot": plain, "parts_kg": {"L-2": 100}}
    done = shell.post([lot, split])
    assert not done.exit_code, done.stderr
    path = shell.folder / "book.sqlite"
    raw = path.read_bytes()
    assert raw.count(plain.encode()) >= 4
    path.write_bytes(raw.replace(plain.encode(), evil.encode()))
    for command in COMMANDS:
        done = CliRunner().invoke(main, command.split())
        assert done.exception is None or isinstance(done.exception, SystemExit), command
        acting = {sign for sign in done.output if sign != "\n" and not sign.isprintable()}
        assert not acting, (command, acting)
        assert not done.exit_code or command not in ("book lots", "book balance"), done.output


COLUMNS = sorted({column.name for table in TABLES for column in table.columns} | {"gross", "TOTAL"})


def test_no_substance_is_called_like_a_column(tmp_path: Path) -> None:
    """A substance `mass` made statements, traces and assays fail."""
    assert [name for name in COLUMNS if "name of a column" not in bad_substance(name, [])] == []
    with pytest.raises(InputError, match="the name of a column"):
        Book(tmp_path / "no.sqlite", create=True, substances=("Ni", "mass", "other"))
    envelope = Envelopes(datetime(2026, 3, 1, tzinfo=UTC))
    with Book(tmp_path / "b.sqlite", create=True, substances=("Ni", "other")) as book:
        with pytest.raises(InputError, match="the name of a column"):
            book.post(AddSubstance(substance="mass", **envelope()))
        book.post(AddSubstance(substance="mass1", **envelope()))
