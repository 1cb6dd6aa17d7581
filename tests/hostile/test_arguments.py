"""No argument or option of a command ends in a traceback, whatever text it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from loopbook.cli import main

FACTS = [
    {"kind": "register-party", "party": "A"},
    {"kind": "register-site", "site": "W"},
    {"kind": "register-material", "material": "foil"},
    {
        **{"kind": "receive", "lot": "L-1", "material": "foil", "supplier": "A", "owner": "A"},
        **{"site": "W", "mass_kg": "20000", "shares": {"Ni": "0.3"}},
    },
]
BROKEN = [
    "",
    "L-\udcff",  # a byte that is no UTF-8, as a shell hands it over
    "L-\x1b[2J",
    "9" * 5_000,
    "9" * 24,
    "-1",
    "1e999999",
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "2026:03/b",  # to some libraries an address
    "A=",
    "..",
]


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif (*path, name) not in {("run",), ("new",)}:  # no books; they write where they are
            yield (*path, name)


def command_of(path: tuple[str, ...]) -> click.Command:
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None
        command = found
    return command


def calls(path: tuple[str, ...], book: Path) -> Iterator[list[str]]:
    """Arguments of a command, of which one is broken."""
    params = command_of(path).params
    for param in params:
        if isinstance(param, click.Option) and param.is_flag:
            continue
        for text in BROKEN:
            has_book = any("--book" in x.opts for x in params if x is not param)
            options = ["--book", str(book)] if has_book else []
            plain = ["--"]
            for other in params:
                value = text if other is param else "L-1"
                if isinstance(other, click.Argument) and (other.required or other is param):
                    plain.append(value)
                elif isinstance(other, click.Option) and (other.required or other is param):
                    options += [other.opts[0], *[value] * other.nargs]
            yield [*path, *options, *plain]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arguments")
    made, file = folder / "b.sqlite", folder / "lines.jsonl"
    envelope = {"actor": "amy", "occurred_at": "2026-03-02T08:00:00Z"}
    lines = [json.dumps({**envelope, **fact, "key": f"k{n}"}) for n, fact in enumerate(FACTS)]
    file.write_text("\n".join(lines), "utf-8")
    for step in (["new", "--substances", "Ni,other"], ["post", str(file)]):
        result = CliRunner().invoke(main, ["book", *step, "--book", str(made)])
        assert result.exit_code == 0, result.output
    return made


@pytest.mark.parametrize("path", list(commands(main)), ids=" ".join)
def test_a_broken_argument_is_answered(
    path: tuple[str, ...], book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in calls(path, book):
        result = CliRunner().invoke(main, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), arguments
        assert "\x1b" not in result.output
