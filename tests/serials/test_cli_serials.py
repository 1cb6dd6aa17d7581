"""``loopbook serials`` as typed: tables, JSON, exit codes, where the register is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from loopbook import book as b
from loopbook.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``loopbook serials`` in a folder with a book of two lots and files of serials."""
    common = {"actor": "amy", "occurred_at": datetime(2026, 3, 2, tzinfo=UTC)}
    lot = {"material": "cells", "supplier": "LGES", "owner": "LGES", "site": "Holland"}
    lot |= {"mass_kg": "10", "shares": {"Ni": "0.2"}}
    with b.Book(tmp_path / "book.sqlite", create=True) as made:
        made.post(
            [
                b.RegisterParty(key="1", party="LGES", **common),
                b.RegisterSite(key="2", site="Holland", **common),
                b.RegisterMaterial(key="3", material="cells", **common),
                *(b.Receive(key=name, lot=name, **lot, **common) for name in ("CELL-1", "CELL-2")),
            ]
        )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    Path("a.csv").write_text("lot,serial,line\nCELL-2,Q7,1\nCELL-1,Q5,2\n")
    Path("b.csv").write_text("lot,serial\nCELL-2,Q8\n")
    return lambda *arguments: CliRunner().invoke(main, ["serials", *arguments])


def ok(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return re.sub(r"\s+", " ", result.stdout).strip()


def filled(run: Run) -> None:
    assert ok(run("import", "a.csv", "--month", "2026-03")) == (
        "a.csv: 2 serials imported, 2026-03; columns not used: line"
    )
    assert ok(run("add-range", "CELL-1", "R-01", "R-50", "--month", "2026-03")) == (
        "CELL-1: 50 serials, R-01 to R-50"
    )


def test_what_people_see(run: Run) -> None:
    filled(run)
    assert Path("book.sqlite.serials/manifest.json").is_file()
    assert "register already, since 2026-03" in ok(run("import", "a.csv", "--month", "2026-04"))
    assert "nothing was changed" in ok(run("add-range", "CELL-1", "R-01", "R-50"))
    assert ok(run("find", "R-07", "Q7")).endswith("R-07 CELL-1 Q7 CELL-2")
    assert ok(run("count", "CELL-1", "CELL-2")).endswith("CELL-1 51 CELL-2 1 Total 52")
    assert ok(run("count", "CELL-2")).endswith("CELL-2 1")
    assert ok(run("list", "CELL-1", "--limit", "2")) == (
        "2 of 51 serials; --limit 0 or --out FILE for all Lot Serial CELL-1 Q5 CELL-1 R-01"
    )
    assert ok(run("list", "CELL-1", "--limit", "0")).endswith("CELL-1 R-49 CELL-1 R-50")
    assert ok(run("list", "CELL-2", "--out", "r.csv")) == "r.csv: 1 serial of 1 lot"
    assert Path("r.csv").read_text() == '"lot","serial"\n"CELL-2","Q7"\n'
    assert ok(run("import", "b.csv", "--month", "2026-03")) == "b.csv: 1 serial imported, 2026-03"
    assert ok(run("compact", "--month", "2026-02")) == "Months with more than one run: none"
    assert ok(run("compact")) == "Month Runs merged into one 2026-03 2"
    assert ok(run("find", "Q8")).endswith("Q8 CELL-2")


def test_what_programs_see(run: Run) -> None:
    def record(*arguments: str) -> dict[str, object]:
        answer: dict[str, object] = json.loads(run(*arguments, "--json").stdout)
        assert answer.pop("version") == (2 if arguments[0] in ("find", "count", "list") else 1)
        return answer

    assert record("import", "a.csv", "--month", "2026-03") == {
        "answer": "imported",
        "file": "a.csv",
        "kind": "serials",
        "rows": 2,
        "serials": 2,
        "again": False,
        "ignored": ["line"],
        "month": "2026-03",
        "register": "book.sqlite.serials",
    }
    added = record("add-range", "CELL-1", "R-01", "R-50")
    assert (added["serials"], added["again"]) == (50, False)
    assert record("find", "Q7") == {
        "answer": "lots-of-serials",
        "notes": [],
        "serials": [{"serial": "Q7", "lot": "CELL-2", "may_be_in": []}],
    }
    assert record("count", "CELL-1") == {
        "answer": "serial-counts",
        "count": 51,
        "notes": [],
        "lots": [{"lot": "CELL-1", "serials": 51, "at_most": 51, "others": []}],
    }
    assert record("list", "CELL-1", "--limit", "1") == {
        "answer": "serials-of-lots",
        "count": 51,
        "sure": True,
        "notes": [],
        "serials": [{"lot": "CELL-1", "serial": "Q5", "sure": None}],
    }
    assert record("list", "CELL-1", "--out", "r.parquet") == {
        "answer": "saved-serials",
        "file": "r.parquet",
        "serials": 51,
        "lots": 1,
        "sure": True,
        "notes": [],
    }
    assert record("compact") == {"answer": "compacted", "months": []}


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["find", "Q9"], "SERIAL: unknown-name: Q9 is not a serial of the register"),
        (["count", "CELL-3"], "LOT: unknown-name: CELL-3 is not a lot of the book"),
        (["list", "CEL-1"], "did you mean CELL-1"),
        (["add-range", "CELL-9", "S-1", "S-2"], "'CELL-9' is not a lot of the book"),
        (["add-range", "CELL-1", "S-2", "S-1"], "are first and last swapped?"),
        (["add-range", "CELL-1", "S-1", "S-10"], "two serials of one length"),
        (["add-range", "CELL-2", "R-50", "R-60"], "R-01 to R-50 of lot CELL-1"),
        (["import", "c.csv"], "a readable file"),
        (["list", "CELL-1", "--out", "r.xlsx"], "ends in .csv or .parquet"),
        (["compact", "--month", "March"], "a month such as 2026-03"),
        (["find", "Q7", "--register", "elsewhere"], "the folder of a register, found none"),
    ],
)
def test_findings_end_with_one(run: Run, arguments: list[str], word: str) -> None:
    filled(run)
    result = run(*arguments)
    assert result.exit_code == 1
    assert word in result.stderr
    assert "1 finding" in result.stderr


def test_a_book_on_a_server_needs_a_folder(run: Run) -> None:
    result = run("find", "Q7", "--book", "postgresql://nowhere/book")
    assert result.exit_code == 2
    assert "give --register FOLDER" in result.stderr
    ok(run("import", "a.csv", "--register", "apart"))
    assert ok(run("find", "Q7", "--register", "apart", "--book", "postgresql://nowhere/book"))


def test_a_bar_is_for_people_at_a_terminal(run: Run) -> None:
    assert run("import", "a.csv").stderr == ""
    pty = pytest.importorskip("pty")  # systems without it have no such terminals
    ours, theirs = pty.openpty()
    program = "import sys; from loopbook.cli import main; main(sys.argv[1:])"
    command = [sys.executable, "-c", program, "serials", "import", "b.csv"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, text=True, check=True)
    os.close(theirs)
    assert "b.csv" in os.read(ours, 1000).decode()
    os.close(ours)
    assert done.stdout.startswith("b.csv: 1 serial imported")
