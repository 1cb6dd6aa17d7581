"""Origins of the month's cells: shares add up, agree with the book, and are drawn."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from loopbook.book import Book
from loopbook.cases import run_case
from loopbook.cases.month.origins import LINEAGE
from loopbook.report import RunResult
from loopbook.trace import trace

CASES = Path(__file__).resolve().parents[2] / "cases"


@pytest.fixture(scope="module")
def result() -> RunResult:
    return run_case("gmbi", cases=CASES)


def test_shares_of_each_metal_add_up_to_one(result: RunResult) -> None:
    table = result.tables["cell_origins"]
    *rows, total = list(table.records())
    assert total["supplier"] == "all"
    for metal in ("ni", "co", "li"):
        assert sum(float(r[f"{metal}_share"] or 0) for r in rows) == pytest.approx(1, abs=1e-9)
        whole = sum(float(r[f"{metal}_kg"] or 0) for r in rows)
        assert whole == pytest.approx(float(str(total[f"{metal}_kg"])), rel=1e-9)
    kinds = {str(r["kind"]) for r in rows}
    assert kinds == {"recovered", "bought", "restated"}
    recovered = {r["supplier"] for r in rows if r["kind"] == "recovered"}
    assert recovered == {"LGES", "TBMNC"}


def test_each_lot_agrees_with_the_book(result: RunResult, tmp_path: Path) -> None:
    path = tmp_path / "book.sqlite"
    path.write_bytes(result.attachments["book.sqlite"])
    by_lot = list(result.tables["cell_lot_origins"].records())
    lots = result.tables["cell_lots"].column("lot")
    assert {r["lot"] for r in by_lot} <= set(lots)
    with Book(path) as book:
        for lot in lots[:3]:
            found = trace(book, lot)
            place = found.substances.index("Ni")
            for row in (r for r in by_lot if r["lot"] == lot):
                shares = [
                    float(x.shares[place])
                    for x in found.origins
                    if (x.supplier, x.material) == (row["supplier"], row["scrap_type"])
                ]
                assert sum(shares) == pytest.approx(float(str(row["ni_share"])), abs=1e-12)


def test_the_picture_is_of_a_lot_with_scrap_of_both_suppliers(result: RunResult) -> None:
    text = result.attachments[LINEAGE].decode()
    root = ElementTree.fromstring(text)
    assert root.tag.endswith("svg")
    assert "script" not in text
    for name in ("LGES", "TBMNC", "finished cells", "black mass"):
        assert name in text
