"""No output of a command holds the password of a book's server."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopbook.book.storage.address import shown_address
from loopbook.cli import main
from support.postgres_server import Server

SECRET = "geheim123"

SHOWN = [
    ("book.sqlite", "book.sqlite"),
    ("postgresql://db/pw", "postgresql://db/pw"),
    ("postgresql://amy@db:5432/pw", "postgresql://amy@db:5432/pw"),
    ("postgresql://amy:geheim123@db:5432/pw", "postgresql://amy:***@db:5432/pw"),
    ("postgres://:geheim123@/pw?host=/run", "postgres://:***@/pw?host=/run"),
    ("postgresql://amy:a@geheim123@db/pw", "postgresql://amy:***@db/pw"),
    ("postgresql://amy:a/geheim123@db/pw", "postgresql://amy:***@db/pw"),
    (
        "postgresql://db/pw?user=amy&password=geheim123&options=-csearch_path%3Dx",
        "postgresql://db/pw?user=amy&password=***&options=-csearch_path%3Dx",
    ),
    ("postgresql://db/pw?p%61ssword=geheim123", "postgresql://db/pw?p%61ssword=***"),
    ("postgresql://db/pw?sslpassword=geheim123", "postgresql://db/pw?sslpassword=***"),
    ("host=db password=geheim123 user=amy", "host=db password=*** user=amy"),
    ("host=db password='a geheim123'", "host=db password=***"),
    ("postgresql:/amy:geheim123@db/pw", "postgresql:/amy:***@db/pw"),
    ("mysql://amy:geheim123@db/pw", "mysql://amy:***@db/pw"),
]


@pytest.mark.parametrize(("address", "shown"), SHOWN)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert shown_address(address) == shown


COMMANDS = [
    ["book", "new"],
    ["book", "migrate"],
    ["book", "migrate", "--edges"],
    ["book", "balance"],
    ["book", "balance", "--json"],
    ["book", "lots", "--save", "lots.csv"],
    ["book", "verify"],
    ["book", "schema"],
    ["trace", "L-1"],
    ["suspect", "L-1"],
    ["serials", "find", "S-1"],
]
CLOSED = "127.0.0.1:1/pw"  # where no server is


def outputs(address: str, tmp_path: Path) -> str:
    """What all commands print about a book, on both streams."""
    runner, text = CliRunner(), ""
    with contextlib.chdir(tmp_path):
        for command in COMMANDS:
            result = runner.invoke(main, [*command, "--book", address])
            assert isinstance(result.exception, SystemExit | None), (command, result.exc_info)
            text += result.output
    return text


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://amy:{SECRET}@{CLOSED}",
        f"postgresql://amy:x@{SECRET}@{CLOSED}",
        f"postgresql://amy:x/{SECRET}@{CLOSED}",
        f"postgresql://amy:{SECRET}%zz@{CLOSED}",
        f"postgresql://{CLOSED}?password={SECRET}&user=amy",
        f"postgresql://{CLOSED}?password={SECRET}%zz",
        f"postgresql://{CLOSED}?passwort={SECRET}",
        f"postgresqll://amy:{SECRET}@{CLOSED}",
        f"POSTGRESQL://amy:{SECRET}@{CLOSED}",
        f"host=127.0.0.1 port=1 password={SECRET}",
    ],
)
def test_no_message_holds_the_password(tmp_path: Path, address: str) -> None:
    text = outputs(address, tmp_path)
    assert SECRET not in text
    assert "127.0.0.1" in text


def test_the_advised_spelling_of_a_password_is_read(tmp_path: Path) -> None:
    """What the message advises gets as far as the server, which is not there."""
    text = outputs(f"postgresql://amy:x@{SECRET}@{CLOSED}", tmp_path)
    assert "write / @ : ? # % in a password as %2F %40 %3A %3F %23 %25" in text
    text = outputs(f"postgresql://amy:x%40{SECRET}@{CLOSED}", tmp_path)
    assert "onnection refused" in text
    assert "is not read as an address" not in text
    assert SECRET not in text


@pytest.mark.server
def test_no_answer_of_a_server_holds_the_password(server: Server, tmp_path: Path) -> None:
    with server.connect() as link:
        link.execute("CREATE SCHEMA secretive")
    address = server.url("secretive").replace("postgres@", f"postgres:{SECRET}@")
    text = outputs(address, tmp_path)
    assert SECRET not in text
    assert "postgres:***@127.0.0.1" in text
    runner = CliRunner()
    result = runner.invoke(main, ["book", "migrate", "--json", "--book", address])
    assert json.loads(result.stdout)["book"].startswith("postgresql://postgres:***@")
    with server.connect("secretive") as link:
        link.execute("ALTER TABLE book DISABLE TRIGGER USER")
        link.execute("UPDATE book SET value = '2' WHERE key = 'version'")
    result = runner.invoke(main, ["book", "lots", "--book", address])
    assert "loopbook book migrate with the same --book" in result.output
    assert SECRET not in result.output
    with server.connect("secretive") as link:
        link.execute("UPDATE book SET value = '99' WHERE key = 'version'")
    assert SECRET not in outputs(address, tmp_path)
