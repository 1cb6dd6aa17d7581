"""``loopbook book`` as typed: golden output, JSON, exit codes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from import_case import ACCEPT, edited, make_book, write_files

from loopbook.cli import main

GOLDEN = Path(__file__).parent / "golden"

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``loopbook book`` in a folder with a book and right files of each kind."""
    make_book(tmp_path / "book.sqlite")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOOPBOOK_BOOK", raising=False)
    for kind in ("tickets", "assays", "stock", "runs"):
        write_files(tmp_path, kind)
    return lambda *arguments: CliRunner().invoke(main, ["book", *arguments])


def imported(run: Run, *kinds: str) -> None:
    for kind in kinds:
        reasons = [f"--accept={k}={reason}" for k, reason in ACCEPT.get(kind, {}).items()]
        done = run("import", kind, f"{kind}.csv", "--map", f"{kind}.toml", *reasons)
        assert done.exit_code == 0, done.output


def without_clock(text: str) -> str:
    return re.sub(r"(?m)^(Recorded at  ).*", r"\1...", text)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("new", ["new", "--book", "other.sqlite", "--substances", "Ni,Co,other"]),
        ("dry_run", ["import", "stock", "stock.csv", "--map", "stock.toml", "--dry-run"]),
        ("balance", ["balance", "--party", "LGES"]),
        ("balance_then", ["balance", "--lot", "L-1", "--as-of", "2026-03-01T00:00:00Z"]),
        ("lots", ["lots"]),
        ("event", ["event", "assays.csv/L-2/final/SGS/S-2/assay"]),
        ("log", ["log", "--last", "4"]),
        ("verify", ["verify"]),
    ],
)
def test_what_people_see(run: Run, name: str, arguments: list[str]) -> None:
    imported(run, "tickets", "assays", "runs")
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    golden = (GOLDEN / f"book_{name}.txt").read_text(encoding="utf-8")
    assert without_clock(result.stdout) == golden


def test_programs_get_the_same_as_json(run: Run) -> None:
    imported(run, "tickets", "assays", "runs")
    balances = json.loads(run("balance", "--json").output)["accounts"]
    lot = {"account": "lot", "party": "LGES", "site": "GMBI", "lot": "L-2"}
    (held,) = (row for row in balances if row.items() >= lot.items())
    assert held["mass_kg"] == "2000.000000"
    (row,) = (
        row for row in json.loads(run("lots", "--json").output)["lots"] if row["lot"] == "L-2"
    )
    assert (row["sites"], row["owners"], row["mass_kg"]) == (["GMBI"], ["LGES"], "2000.000000")
    assert json.loads(run("lots", "--gone", "--json").output)["lots"][0]["lot"] == "L-1"
    event = json.loads(run("event", "runs.csv/R-1/run", "--json").output)
    assert event["kind"] == "process"
    assert {"account", "party", "site", "lot", "mass_kg", "Ni_kg"} <= set(event["legs"][-1])
    assert (
        json.loads(run("log", "--json", "--last", "2").output)["events"][-1]["key"]
        == "runs.csv/R-2/run"
    )
    assert run("statement", "--period", "2026-01").output.startswith("Metal statement, 2026-01")
    assert "as it was given, so that the plan can be checked" in run("schema").output
    schema = json.loads(run("schema", "--json").output)
    assert all(row["why"] for row in (*schema["tables"], *schema["columns"]))
    assert {row["table"] for row in schema["tables"]} == {row["table"] for row in schema["columns"]}
    lines = json.loads(run("statement", "--period", "2026-01", "--json").output)["balance"]
    assert lines[0]["line"] == "opening"
    assert json.loads(run("verify", "--json").output)["clean"] is True


def test_both_clocks_and_the_road_can_be_asked(run: Run, tmp_path: Path) -> None:
    assert (
        json.loads(run("balance", "--known-at", "2026-03-31T00:00:00Z", "--json").output)[
            "accounts"
        ]
        == []
    )
    ship = {
        "kind": "ship",
        "key": "s",
        "actor": "amy",
        "occurred_at": "2026-03-02T08:00:00Z",
        "lot": "L-2",
        "from_site": "GMBI",
        "consignment": "C-1",
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(ship) + "\n")
    assert run("post", "a.jsonl").exit_code == 0
    (row,) = json.loads(run("balance", "--site", "in transit", "--json").output)["accounts"]
    assert (row["lot"], row["site"]) == ("L-2", "in transit C-1")
    then = run("balance", "--lot", "L-2", "--as-of", "2026-03-02T07:59:59Z", "--json")
    assert json.loads(then.output)["accounts"][0]["site"] == "GMBI"


def test_json_of_an_import_shows_every_leg(run: Run) -> None:
    arguments = ["import", "stock", "stock.csv", "--map", "stock.toml", "--json"]
    dry = json.loads(run(*arguments, "--dry-run").output)
    done = json.loads(run(*arguments).output)
    assert (dry["posted"], done["posted"]) == (False, True)
    assert dry["legs"] == done["legs"]
    assert len(done["legs"]) == 4
    assert json.loads(run(*arguments).output)["again"] == 2


def test_all_findings_and_nothing_else(run: Run, tmp_path: Path) -> None:
    data = edited("tickets", {(2, "From"): "LGE", (3, "Gross"): "NaN", (4, "Unit"): "ton"})
    (tmp_path / "tickets.csv").write_bytes(data)
    result = run("import", "tickets", "tickets.csv", "--map", "tickets.toml")
    assert result.exit_code == 1
    assert result.stdout == ""
    golden = (GOLDEN / "book_findings.txt").read_text(encoding="utf-8")
    assert result.stderr == golden


def test_commands_are_posted_from_a_file_or_stdin(run: Run, tmp_path: Path) -> None:
    line = {
        "kind": "hold",
        "key": "h",
        "actor": "amy",
        "occurred_at": "2026-03-02T08:00:00Z",
        "lot": "L-1",
        "reason": "wet",
    }
    (tmp_path / "a.jsonl").write_text(json.dumps(line) + "\n")
    assert run("post", "a.jsonl", "--dry-run").output.splitlines()[-1] == (
        "a.jsonl: 1 event would be posted; nothing was written"
    )
    assert run("post", "a.jsonl").output == "a.jsonl: 1 event posted\n"
    del line["reason"]
    text = json.dumps({**line, "kind": "release", "key": "r"})
    result = CliRunner().invoke(main, ["book", "post", "-"], input=text)
    assert result.output == "<stdin>: 1 event posted\n"
    (tmp_path / "a.jsonl").write_text(json.dumps({**line, "reason": "", "lot": "L-9"}) + "\n")
    result = run("post", "a.jsonl")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "a.jsonl:1, lot: duplicate: expected what is posted as h, found"
    )


@pytest.mark.parametrize("form", ["csv", "xlsx", "jsonl", "parquet"])
def test_everything_goes_out(run: Run, tmp_path: Path, form: str) -> None:
    result = run("export", "--format", form, "--out", "out")
    assert result.exit_code == 0, result.output
    files = 1 if form == "xlsx" else 6
    assert result.output.startswith(f"out: {files} file")
    assert len(list((tmp_path / "out").iterdir())) == files
    told = json.loads(run("export", "--format", form, "--out", "out", "--json").output)
    assert {"table": "lots", "rows": 3} in told["tables"]


def test_a_proof_is_made_given_away_and_checked(run: Run, tmp_path: Path) -> None:
    sign = ["checkpoint", "--key", "book.pem", "--name", "gmbi.example/book"]
    first = run(*sign, "--new-key")
    assert first.exit_code == 0, first.output
    assert first.stdout.startswith("gmbi.example/book\n13\n")
    verifier = first.stderr.removeprefix("verifier key: ").strip()
    (tmp_path / "proof.json").write_text(run("prove", "w2").stdout)
    told = run("check", "proof.json", "--verifier-key", verifier)
    assert told.exit_code == 0, told.output
    assert (
        "Proves       the event is in the book\nIndex        12\nKey          w2\n" in told.output
    )
    assert "whether a later event reverses or amends this one" in told.output
    checked = json.loads(run("check", "proof.json", "--verifier-key", verifier, "--json").output)
    legs = json.loads(run("event", "w2", "--json").output)["legs"]
    assert checked["legs"]
    for proven, moved in zip(checked["legs"], legs, strict=True):
        assert proven.items() <= moved.items()
    imported(run, "tickets")
    assert json.loads(run(*sign, "--json").output)["verifier_key"] == verifier
    (tmp_path / "grown.json").write_text(run("prove", "--sizes", "13", "19").stdout)
    told = run("check", "grown.json", "--verifier-key", verifier, "--json")
    grown = json.loads(told.output)
    assert grown["answer"] == "proven-growth"
    assert (grown["proves"], grown["from_size"], grown["to_size"]) == ("the book only grew", 13, 19)
    assert grown["from_root"] == first.stdout.splitlines()[2]
    assert run("verify", "--verifier-key", verifier).exit_code == 0
    changed = (tmp_path / "proof.json").read_text().replace("15000", "16000")
    (tmp_path / "proof.json").write_text(changed)
    told = run("check", "proof.json", "--verifier-key", verifier)
    assert told.exit_code == 1
    assert told.stderr.startswith("ProofError: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["lots", "--book", "no.sqlite"], "make one with loopbook book new"),
        (["new"], "a new file"),
        (["new", "--book", "b.sqlite", "--substances", "Ni,Co"], "add other"),
        (["new", "--book", "b.sqlite", "--substances", "Ni,Ni,x y,other"], "there is Ni"),
        (["balance", "--lot", "L-9"], "did you mean L-"),
        (["balance", "--party", "LGE"], "did you mean LGES?"),
        (["balance", "--site", "GMB"], "did you mean GMBI?"),
        (["event", "r11"], "did you mean r1"),
        (["statement", "--period", "2026-1"], "did you mean 2026-01?"),
        (["prove", "w2"], "no checkpoint covers"),
        (["prove", "nothing"], "nothing"),
        (["prove", "--sizes", "1", "2"], "no checkpoint of 1 events"),
        (["check", "tickets.csv", "--verifier-key", "x"], "verifier key"),
        (["checkpoint", "--key", "no.pem", "--name", "a"], "make one with --new-key"),
        (["checkpoint", "--key", "tickets.csv", "--name", "a", "--new-key"], "it exists"),
        (["import", "stock", "no.csv", "--map", "stock.toml"], "a readable file"),
        (["import", "stock", "stock.csv", "--map", "no.toml"], "a readable file"),
    ],
)
def test_findings_end_with_one(run: Run, arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.exit_code == 1, result.output
    assert says in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["blance"],
        ["balance", "--as-of", "yesterday"],
        ["balance", "--as-of", "2026-03-01T00:00:00"],
        ["import", "letters", "a.csv", "--map", "a.toml"],
        ["import", "stock", "stock.csv"],
        ["export", "--format", "doc", "--out", "out"],
        ["post", "no.jsonl"],
        ["statement"],
        ["statement", "--from", "2026-03-01T00:00:00Z"],
        ["statement", "--period", "2026-01", "--from", "2026-03-01T00:00:00Z"],
        ["prove"],
        ["log", "--last", "0"],
    ],
)
def test_misuse_ends_with_two(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""


def test_a_changed_row_is_named(run: Run, tmp_path: Path) -> None:
    raw = (tmp_path / "book.sqlite").read_bytes()
    (tmp_path / "book.sqlite").write_bytes(raw.replace(b'"wet"', b'"dry"'))
    result = run("verify")
    assert result.exit_code == 1
    assert "first wrong" in result.output


PLUGIN = """
from dataclasses import dataclass
from typing import Annotated

from loopbook.book import Command, Draft, KnownSite


@dataclass(frozen=True, kw_only=True)
class Inspect(Command):
    \"\"\"A site is inspected.\"\"\"

    site: Annotated[KnownSite, "which site"]
    example = {"site": "GMBI"}

    def plan(self, draft: Draft) -> None: ...
"""


@pytest.mark.parametrize("settings", ["plugins = []", 'plugins = ["gone.py"]'])
def test_a_book_is_verified_without_the_plugin_of_a_kind(
    run: Run, tmp_path: Path, settings: str
) -> None:
    (tmp_path / "inspect_site.py").write_text(PLUGIN)
    (tmp_path / "loopbook.toml").write_text('plugins = ["inspect_site.py"]')
    moment = "2026-03-09T12:00:00Z"
    command = {"kind": "inspect", "key": "i1", "actor": "amy", "occurred_at": moment}
    (tmp_path / "one.jsonl").write_text(
        json.dumps({**command, "site": "GMBI", "document": "visit-1"})
    )
    assert run("post", "one.jsonl").exit_code == 0
    assert json.loads(run("verify", "--json").output)["unknown_kinds"] == []
    (tmp_path / "loopbook.toml").write_text(settings)
    report = run("verify", "--json")
    assert report.exit_code == 0
    assert json.loads(report.output)["unknown_kinds"] == [{"kind": "inspect", "events": 1}]
    assert "Note: 1 event of kind inspect, which is not known here" in run("verify").output
    raw = (tmp_path / "book.sqlite").read_bytes()
    (tmp_path / "book.sqlite").write_bytes(raw.replace(b"visit-1", b"visit-2"))
    assert run("verify").exit_code == 1
