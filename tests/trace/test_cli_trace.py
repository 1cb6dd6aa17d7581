"""The commands that ask the genealogy: answers, files, and what they say of bad input."""

from __future__ import annotations

import csv
import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from lineages import lineage_of_json, links_of_csv

from loopbook import book as c
from loopbook.cli import main
from support.shelves import sqlite_shelf
from support.world import START, Desk


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two loads of two suppliers are run; one product is split and delivered, with a reversal."""
    shelf = sqlite_shelf(tmp_path_factory.mktemp("book"))
    nouns = {"parties": ("LGES", "Toyota"), "materials": ("foil", "cells", "black mass")}
    desk = Desk(shelf, ("Ni", "Co", "other"), sites=("WS",), **nouns)
    for lot, supplier, material, ni in (("A", "LGES", "foil", 0.4), ("B", "Toyota", "cells", 0.2)):
        its = {"supplier": supplier, "material": material, "site": "WS"}
        desk.receive(lot, 1000, {"Ni": f"{ni}"}, **its)
        desk.post(c.Weigh, lot=lot, ticket=lot, gross_kg=1100, tare_kg=100, uncertainty_kg=2)
        desk.post(
            c.Assay,
            lot=lot,
            stage="final",
            basis="as received",
            shares={"Ni": f"{ni}"},
            uncertainty={"Ni": "0.004"},
            laboratory="works",
        )
    out = c.Output("BM", "black mass", 1500, {"Ni": "0.39"})
    desk.post(c.Process, run="R", site="WS", inputs_kg={"A": None, "B": None}, outputs=[out])
    desk.post(c.Split, lot="BM", parts_kg={"BM-1": 600})
    wrong = desk.post(c.Dispose, lot="BM", site="WS", mass_kg=5)
    desk.post(c.Reverse, event=wrong, reason="was not")
    desk.post(c.Deliver, lot="BM-1", site="WS", customer="Toyota", document="note 7")
    desk.book.close()
    return Path(shelf.address)


def run(path: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [words[0], *words[1:], "--book", str(path)])


def read(path: Path, *words: str) -> Any:
    done = run(path, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_trace_in_json_and_for_people(path: Path) -> None:
    found = read(path, "trace", "BM-1", "--sure", "-s", "Ni")
    assert (found["answer"], found["lot"], found["total_Ni_kg"]) == (
        "sure-trace",
        "BM-1",
        "234.000000",
    )
    origins = {x["id"]: x for x in found["origins"]}
    assert origins["A"]["Ni_share"] == pytest.approx(400 / 600)
    assert origins["B"]["Ni_share"] == pytest.approx(200 / 600)
    assert origins["A"]["Co_share"] is None
    relative = (0.002**2 * 2 + 0.01**2 + 0.02**2) ** 0.5
    # half of the laboratory's variance is shared and partly cancels
    assert 0.0 < origins["A"]["Ni_u_share"] < 2 / 9 * relative
    text = run(path, "trace", "BM-1").stdout
    assert re.search(r"A +foil +LGES .* 66\.67\n", text)
    assert "Toyota" in text
    assert "Total" in text


def test_recall_adds_up_and_leaves_out_what_was_taken_back(path: Path) -> None:
    found = read(path, "recall", "A")
    rows = [*(x["Ni_here_kg"] for x in found["reached"]), *(x["Ni_kg"] for x in found["ended"])]
    milligram = Decimal("0.000001")
    whole = Decimal(found["total_Ni_kg"])
    assert abs(sum(map(Decimal, rows)) - whole) <= milligram * len(rows)
    assert {x["kind"] for x in found["ended"]} == {"customer", "unaccounted"}
    places = {x["place"]: Decimal(x["Ni_kg"]) for x in found["whereabouts"]}
    assert set(places) == {"in lots of the book", "customer", "unaccounted"}
    assert abs(sum(places.values()) - whole) <= 3 * milligram
    text = run(path, "recall", "A", "-s", "Ni").stdout
    assert re.search(r"Total .* 400\.000\n", text)
    assert "waste" not in text


def test_as_of_before_the_delivery(path: Path) -> None:
    before = (START + timedelta(minutes=13, seconds=30)).isoformat()
    found = read(path, "recall", "A", "--as-of", before)
    assert [x["lot"] for x in found["reached"]] == ["A", "BM"]


@pytest.mark.parametrize("ending", ["svg", "json", "csv", "graphml"])
def test_a_lineage_is_written_as_its_ending_says(path: Path, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"a.{ending}"
    done = run(path, "trace", "BM-1", "--out", str(out))
    assert done.exit_code == 0, done.output
    text = out.read_text(encoding="utf-8")
    if ending in ("svg", "graphml"):
        assert len(ElementTree.fromstring(text)) > 0
    elif ending == "json":
        assert {x.id for x in lineage_of_json(text).ends} >= {"A", "B", "BM", "BM-1"}
    else:
        _, links = links_of_csv(text)
        assert {(x.source, x.target) for x in links} >= {("A", "BM"), ("BM", "BM-1")}


def test_path_between_lots(path: Path, tmp_path: Path) -> None:
    assert re.search("(?m)^BM +BM-1 ", run(path, "path", "A", "BM-1").stdout)
    assert run(path, "path", "BM-1", "A").stdout == "Nothing went from BM-1 to A\n"
    out = tmp_path / "path.svg"
    assert run(path, "path", "A", "BM-1", "--out", str(out)).exit_code == 0
    assert len(read(path, "path", "A", "BM-1")["links"]) == 2


def test_suspect_names_customers_lots_and_certificates(path: Path, tmp_path: Path) -> None:
    stated = tmp_path / "certificates.csv"
    stated.write_text("certificate,lot,claim\nC-1,BM-1,all recycled\nC-2,B,x\n", encoding="utf-8")
    found = read(path, "suspect", "A", "--certificates", str(stated))
    assert [(x["customer"], x["lot"], x["document"]) for x in found["deliveries"]] == [
        ("Toyota", "BM-1", "note 7")
    ]
    assert [x["lot"] for x in found["held"]] == ["BM"]
    assert [x["certificate"] for x in found["certificates"]] == ["C-1"]
    text = run(path, "suspect", "A", "--certificates", str(stated)).stdout
    assert "all recycled" in text
    assert "C-2" not in text


def test_suspect_as_of_a_day_before_it_was_delivered(path: Path) -> None:
    (delivery,) = read(path, "suspect", "A")["deliveries"]
    before = (datetime.fromisoformat(delivery["occurred_at"]) - timedelta(seconds=1)).isoformat()
    found = read(path, "suspect", "A", "--as-of", before)
    assert found["deliveries"] == []
    assert [x["lot"] for x in found["held"]] == ["BM", "BM-1"]
    text = run(path, "suspect", "A", "--as-of", before).stdout
    assert "\n\nDelivered: none\n" in text


def test_on_site_with_origins(path: Path) -> None:
    found = read(path, "on-site", "WS", "--by", "supplier")
    assert [x["lot"] for x in found["lots"]] == ["BM"]
    nickel = {x["group"]: float(x["Ni_kg"]) for x in found["origins"]}
    assert sum(nickel.values()) == pytest.approx(float(found["lots"][0]["Ni_kg"]), rel=1e-7)
    assert nickel["LGES"] == pytest.approx(2 * nickel["Toyota"], rel=1e-6)
    assert read(path, "on-site", "WS")["origins"] == []


def test_origins_of_all_lots_in_groups(path: Path, tmp_path: Path) -> None:
    found = read(path, "origins", "-s", "Ni", "--material", "black mass")
    assert [x["lot"] for x in found["lots"]] == ["BM", "BM-1"]
    last = found["lots"][1]
    assert (last["LGES_share"], last["Toyota_share"]) == pytest.approx((2 / 3, 1 / 3))
    groups = tmp_path / "groups.csv"
    groups.write_text("supplier,material,group\nLGES,,US\n,cells,post\n", encoding="utf-8")
    found = read(path, "origins", "--groups", str(groups))
    assert {"US_share", "post_share"} <= set(found["lots"][0])
    out = tmp_path / "all.parquet"
    assert run(path, "origins", "--save", str(out)).exit_code == 0
    assert pq.read_table(out).column("lot").to_pylist() == ["A", "B", "BM", "BM-1"]
    out = tmp_path / "all.csv"
    assert run(path, "origins", "-s", "Co", "--save", str(out)).exit_code == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["Co_kg"] for row in rows} == {"0.000000"}


def test_a_genealogy_that_is_kept_gives_the_same_answers(path: Path) -> None:
    first = read(path, "origins", "-s", "Ni")
    assert read(path, "origins", "-s", "Ni", "--keep") == first
    assert path.with_name("book.sqlite.genealogy").is_dir()
    assert read(path, "origins", "-s", "Ni") == first
    assert read(path, "path", "A", "BM-1")["links"]


WRONG = [
    (("trace", "BM-7"), "unknown-name.*BM-7.*did you mean BM"),
    (("recall", "nothing like it"), "unknown-name"),
    (("path", "A", "X"), "unknown-name: X is"),
    (("trace", "A", "-s", "nickel"), "unknown-name.*nickel"),
    (("origins", "-s", "Nl"), "unknown-name.*known: Co, Ni"),
    (("on-site", "WX"), "unknown-name.*known: WS"),
    (("origins", "--save", "x.xls"), "format.*expected one of .csv"),
    (("trace", "A", "--out", "x.png"), "format.*expected one of .svg"),
    (("recall", "A", "-s", "nickel", "--json"), "unknown-name.*nickel"),
    (("suspect", "A", "--certificates", "absent.csv"), "absent.csv: file"),
]


@pytest.mark.parametrize(("words", "pattern"), WRONG, ids=[" ".join(x[0]) for x in WRONG])
def test_bad_questions_get_a_finding(path: Path, words: tuple[str, ...], pattern: str) -> None:
    done = run(path, *words)
    assert done.exit_code == 1
    assert re.search(pattern, done.stderr), done.stderr


FILES = [
    ("certificate,lott\nC,BM\n", ["f.csv:1: missing.*lot"]),
    (
        "certificate,lot\nC,BM\nC,BM\n,BM\nD,\nE,BX\n",
        ["f.csv:3: duplicate", "f.csv:4: missing", "f.csv:5: missing", "f.csv:6: unknown-name.*BX"],
    ),
    (b"certificate,lot\nC\xe9,BM\n", ["f.csv:2: encoding"]),
    ("", ["f.csv:1: empty"]),
]


@pytest.mark.parametrize(("text", "patterns"), FILES)
def test_wrong_certificates_get_every_finding(
    path: Path, tmp_path: Path, text: str | bytes, patterns: list[str]
) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = run(path, "suspect", "A", "--certificates", str(file))
    assert done.exit_code == 1
    for pattern in patterns:
        assert re.search(pattern, done.stderr), done.stderr


GROUPS = [
    ("supplier,material\nLGES,\n", "f.csv:1: missing.*group"),
    ("supplier,material,group\nLGSE,,US\n", "f.csv:2: unknown-name.*did you mean LGES"),
    ("supplier,material,group\nLGES,,\n", "f.csv:2: missing"),
    ("supplier,material,group\n,,US\nLGES,,US\n", "f.csv:3: duplicate"),
    ("supplier,material,group\nLGES,,US\n", "missing.*none for 'cells' of 'Toyota'"),
]


@pytest.mark.parametrize(("text", "pattern"), GROUPS)
def test_wrong_groups_get_a_finding(path: Path, tmp_path: Path, text: str, pattern: str) -> None:
    file = tmp_path / "f.csv"
    file.write_text(text, encoding="utf-8")
    done = run(path, "origins", "--groups", str(file))
    assert done.exit_code == 1
    assert re.search(pattern, done.stderr), done.stderr


def test_what_assays_moved_is_named_beside_what_came_in(tmp_path: Path) -> None:
    shelf = sqlite_shelf(tmp_path)
    nouns = {"parties": ("LGES",), "materials": ("foil",)}
    desk = Desk(shelf, ("Ni", "Co", "other"), sites=("WS",), **nouns)
    its = {"supplier": "LGES", "material": "foil", "site": "WS"}
    desk.receive("L-A", 10_000, {"Ni": "0.40"}, **its)
    share = {"stage": "final", "basis": "as received", "laboratory": "works"}
    desk.post(c.Assay, lot="L-A", shares={"Ni": "0.45"}, **share)
    desk.book.close()
    for command in ("recall", "trace"):
        text = run(Path(shelf.address), command, "L-A", "-s", "Ni").stdout
        assert "Mass came in, kg" in text
        assert "Note: 500.000 kg of it is what assays moved from one substance to another" in text
    text = run(Path(shelf.address), "recall", "L-A", "-s", "Ni").stdout
    rows = re.findall(r"(?m)^(?:in lots.*?|1 other.*?|Total) +([\d,]+\.\d{3}) ", text)
    assert rows[-3:] == ["10,000.000", "500.000", "10,500.000"]
