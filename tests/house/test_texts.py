"""House rules about text: units in data, addresses, reasons, README, commands and their docs."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import house_rules as rules
import pytest
from click.testing import CliRunner

from loopbook.cli import main

TEXT = {".py", ".md", ".toml", ".csv", ".json", ".cfg", ".ini", ".yaml", ".yml", ".html", ".lock"}


def test_no_machine_and_no_registry_is_named() -> None:
    found = []
    for path in rules.project_files():
        if path.suffix in TEXT or path.name in {"Makefile", "run", ".gitignore"}:
            text = path.read_text(encoding="utf-8")
            found += rules.machine_addresses(text, path.relative_to(rules.ROOT).as_posix())
    assert found == []


@pytest.mark.parametrize(
    "line",
    [
        "cd " + "/wor" + "k/main",
        'open("' + "/tm" + 'p/x.csv")',
        "pip install --index" + "-url=x",
        "https://files.python" + "hosted.org/a",
    ],
)
def test_an_address_is_seen(line: str) -> None:
    assert rules.machine_addresses("ok\n" + line, "a.md") != []
    assert rules.machine_addresses("see https://example.org/our/work/ and net/work/x", "a") == []


def units_of_csv(path: Path) -> Iterator[str]:
    """Column names of a table and what stands in its unit columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        columns = list(rows.fieldnames or [])
        yield from columns
        of_units = [c for c in columns if c in {"unit", "units"} or c.endswith("_unit")]
        for row in rows:
            yield from (row[c] or "" for c in of_units)


def units_of_toml(table: Any, key: str = "") -> Iterator[str]:
    """Keys of a TOML document and what stands under its unit keys."""
    if isinstance(table, dict):
        for name, value in table.items():
            yield name
            yield from units_of_toml(value, name)
    elif isinstance(table, list):
        for value in table:
            yield from units_of_toml(value, key)
    elif key in {"unit", "units"} or key.endswith("_unit"):
        yield str(table)


def test_no_data_is_in_tons() -> None:
    found = []
    for path in rules.project_files():
        if not (path.is_relative_to(rules.SRC) or path.is_relative_to(rules.ROOT / "cases")):
            continue
        units: Iterator[str] = iter(())
        if path.suffix == ".csv":
            units = units_of_csv(path)
        elif path.suffix == ".toml":
            units = units_of_toml(tomllib.loads(path.read_text(encoding="utf-8")))
        found += [f"{path.name}: {u}: write t (1,000 kg)" for u in units if rules.is_ton(u)]
    assert found == []


def test_a_ton_is_seen(tmp_path: Path) -> None:
    assert [
        u for u in ("USD/ton", "long_ton", "price_usd_per_ton", "tons/yr") if not rules.is_ton(u)
    ] == []
    assert [u for u in ("t", "USD/t", "tonne", "carton", "short_ton") if rules.is_ton(u)] == []
    table = tmp_path / "a.csv"
    table.write_text("subject,unit,note\nscrap,ton/yr,a ton\n")
    assert [u for u in units_of_csv(table) if rules.is_ton(u)] == ["ton/yr"]
    document = tomllib.loads('note = "a ton"\n[[price]]\nunit = "USD/ton"\nfreight_per_ton = 1')
    assert [u for u in units_of_toml(document) if rules.is_ton(u)] == ["USD/ton", "freight_per_ton"]


def test_every_dependency_has_a_reason() -> None:
    text = (rules.ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert rules.uncommented_requirements(text) == []
    project = tomllib.loads(text)["project"]
    extras = project["optional-dependencies"].values()
    listed = [*project["dependencies"], *(name for extra in extras for name in extra)]
    stripped = re.sub(r"#.*", "", text)
    assert len(rules.uncommented_requirements(stripped)) == len(listed)


def test_readme_begins_with_something_to_type() -> None:
    text = (rules.ROOT / "README.md").read_text(encoding="utf-8")
    assert rules.readme_front(text) == []


def test_a_bad_readme_is_seen() -> None:
    good = "# A\n```console\n$ make run\nbalance closes\n```\nand `make test`.\n"
    assert rules.readme_front(good) == []
    for bad in (
        "\n" * 25 + good,
        good.replace("balance closes\n", ""),
        good + "`make docs`",
        good.replace("`make test`", "tests"),
    ):
        assert len(rules.readme_front(bad)) == 1, bad


def test_nothing_in_the_build_ignores_a_failure() -> None:
    for name in ("Makefile", ".ci/run"):
        text = (rules.ROOT / name).read_text(encoding="utf-8")
        assert not re.search(r"\|\|\s*(?:true|:)|^\t-", text, re.MULTILINE), name
    assert (rules.ROOT / ".ci" / "run").stat().st_mode & 0o111


def commands(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command that does something, with the words that call it."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, name
            yield from commands(inner, (*path, name))
    else:
        yield path, command


COMMANDS = [path for path, _ in commands(main)]


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_a_command_has_an_example_in_its_help_and_stands_in_the_docs(path: tuple[str, ...]) -> None:
    done = CliRunner().invoke(main, [*path, "--help"])
    assert done.exit_code == 0
    call = " ".join(["loopbook", *path])
    _, found, example = done.output.partition("Example")
    assert found, f"{call} --help has no example"
    assert call in example
    docs = [rules.ROOT / "README.md", *(rules.ROOT / "docs").glob("*.md")]
    assert any(call in d.read_text(encoding="utf-8") for d in docs), f"no document shows {call}"


@pytest.mark.parametrize("group", [(), *sorted({path[:1] for path in COMMANDS if path[1:]})])
def test_a_list_of_commands_cuts_no_sentence(group: tuple[str, ...]) -> None:
    listed = CliRunner().invoke(main, [*group, "--help"]).output.partition("Commands:")[2]
    assert listed
    assert "..." not in listed
    assert max(map(len, listed.splitlines())) <= 80


def test_all_commands_are_walked() -> None:
    leaf = click.Command("leaf")
    tree = click.Group("top", commands=[click.Group("b", commands=[leaf]), click.Command("a")])
    assert [path for path, _ in commands(tree)] == [("a",), ("b", "leaf")]
    assert COMMANDS
