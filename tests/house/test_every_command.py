"""House rule: every command answers with a declared record, printed and written by one printer."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import click
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook
from test_answers import kinds

from loopbook.cli import main
from loopbook.report.answers.answer import answer_name

STARTER = Path(__file__).parents[2] / "cases" / "starter"

_AT = {"actor": "amy", "occurred_at": "2026-03-02T08:00:00Z"}
_LOT = {"material": "foil", "supplier": "LGES", "owner": "LGES", "site": "Works"}
COMMANDS = (
    {"kind": "register-party", "key": "1", "party": "LGES"},
    {"kind": "register-site", "key": "2", "site": "Works"},
    {"kind": "register-material", "key": "3", "material": "foil"},
    {
        "kind": "open-period",
        "key": "6",
        "period": "2026-03",
        "start": "2026-03-01T00:00:00Z",
        "end": "2026-04-01T00:00:00Z",
    },
    {"kind": "receive", "key": "4", "lot": "L-1", "mass_kg": "9", "shares": {"Ni": "0.5"}, **_LOT},
    {"kind": "split", "key": "5", "lot": "L-1", "parts_kg": {"L-2": "4"}},
)
FILES = {
    "commands.jsonl": "\n".join(json.dumps({**command, **_AT}) for command in COMMANDS),
    "stock.csv": "lot,mass\nL-3,7\n",
    "stock.toml": '[columns]\nlot = "lot"\nmass = { column = "mass", unit = "kg" }\n[constants]\n'
    'actor = "amy"\nmaterial = "foil"\nowner = "LGES"\nsite = "Works"\n'
    "occurred_at = 2026-03-01T00:00:00Z\n",
    "cells.csv": "lot,serial\nL-1,A1\nL-1,B7\n",
}

CALLS = {
    "book new": "--substances Ni,Co,other",
    "book post": "commands.jsonl",
    "book import": "stock stock.csv --map stock.toml",
    "book balance": "",
    "book lots": "--gone",
    "book event": "5",
    "book log": "",
    "book kinds": "weigh",
    "book schema": "",
    "book statement": "--from 2026-03-01T00:00:00Z --to 2026-04-01T00:00:00Z",
    "book checkpoint": "--key KEY --name gmbi.example/book --new-key",
    "book prove": "4",
    "book check": "proof.json --verifier-key VERIFIER",
    "book verify": "",
    "book witness": "kept.jsonl --verifier-key VERIFIER",
    "book export": "--format csv --out export",
    "book migrate": "",
    "book close": "2026-03 --actor amy --dry-run",
    "book consignments": "",
    "book correct": "4 --set mass_kg=8 --reason typed --actor amy --dry-run",
    "trace": "L-2",
    "recall": "L-1",
    "path": "L-1 L-2",
    "suspect": "L-1",
    "on-site": "Works",
    "origins": "",
    "serials import": "cells.csv --month 2026-03",
    "serials add-range": "L-2 C1 C9 --month 2026-04",
    "serials compact": "",
    "serials rebuild": "",
    "serials find": "A1",
    "serials list": "L-1",
    "serials count": "L-1",
    "library list": "",
    "library search": "nickel",
    "library explain": "0.9",
    "units": "sieve",
    "new": "FRESH",
    "copy-case": f"{STARTER} FRESH.xlsx",
    "run": f"{STARTER} --out a",
    "compare": "a a",
}
"""Every command with arguments that answer, in an order in which each finds what it needs."""


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Names of all commands below one."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, (*path, name))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The JSON of every command, run in a folder with a small world; its file by its name."""
    folder = tmp_path_factory.mktemp("world")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("LOOPBOOK_BOOK", raising=False)
        for name, text in FILES.items():
            Path(name).write_text(text)
        written = {}
        for number, name in enumerate(CALLS):
            result = call(name, f"{number}", "--json")
            written[name] = folder / f"{number}.json"
            written[name].write_text(result.stdout)
            if name == "book prove":
                Path("proof.json").write_text(result.stdout)
    return written


def call(name: str, fresh: str, *options: str) -> Result:
    """Run a command with its arguments; those in capitals are replaced."""
    text = CALLS[name].replace("FRESH", f"case-{fresh}").replace("KEY", f"{fresh}.pem")
    if "VERIFIER" in text:
        text = text.replace("VERIFIER", json.loads(Path("10.json").read_text())["verifier_key"])
    result = CliRunner().invoke(main, [*name.split(), *text.split(), *options])
    assert result.exit_code == 0, (name, result.output, result.exception)
    return result


def test_every_command_is_called_here() -> None:
    assert sorted(leaves(main)) == sorted(CALLS)


@pytest.mark.parametrize("name", CALLS)
def test_a_command_answers_with_a_declared_record(name: str, answers: dict[str, Path]) -> None:
    record = json.loads(answers[name].read_text())
    declared = {answer_name(kind): kind for kind in kinds()}
    assert record["version"] == declared[record["answer"]].version


ONCE = {"book new", "new"}
"""Commands that cannot be run twice with the same arguments."""


@pytest.mark.parametrize("name", [name for name in CALLS if name not in ONCE])
def test_an_answer_is_text_and_a_file(
    name: str, answers: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(answers[name].parent)
    endings = [".csv", ".jsonl", ".parquet", ".xlsx"]
    ending = endings[list(CALLS).index(name) % len(endings)]
    assert call(name, f"{name}-text".replace(" ", "-")).stdout.strip()
    result = call(name, f"{name}-file".replace(" ", "-"), "--save", str(tmp_path / f"x{ending}"))
    files = [Path(line.removesuffix(": written")) for line in result.stdout.splitlines()]
    assert files
    for file in files:
        assert columns_of(file), file


def columns_of(file: Path) -> list[str]:
    """Names of the columns of a file."""
    if file.suffix == ".parquet":
        return list(pq.read_schema(file).names)
    if file.suffix == ".xlsx":
        return [str(cell.value) for cell in load_workbook(file).worksheets[0][1]]
    lines = file.read_text(encoding="utf-8").splitlines()
    if file.suffix == ".csv":
        return next(csv.reader(lines))
    rows = [json.loads(line) for line in lines]
    return list(rows[0]) if rows else ["a table without rows"]
