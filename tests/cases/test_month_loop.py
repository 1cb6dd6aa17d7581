"""The month beyond the plant: black mass becomes salts, salts active material, and that cells.

Ancestry is walked here over postings as naively as can be: an event's lots that lose an element are
the parents of its lots that gain it.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from pathlib import Path

import pytest
from case_folder import GMBI, copy_case, founding, replace_in

from loopbook.book import Book, run_accounts, verify
from loopbook.cases import run_case
from loopbook.matter import element_shares
from loopbook.report import RunResult

POSTINGS = """
SELECT e.id, e.key, e.kind, a.kind AS account, a.party, a.site, a.lot, e.occurred_at,
       p.mass, p."s_Ni" AS ni, p."s_Li" AS li, p."s_Co" AS co
FROM posting p JOIN event e ON e.id = p.event JOIN account a ON a.id = p.account
ORDER BY e.id
"""


@pytest.fixture(scope="module")
def result() -> RunResult:
    return founding()


@pytest.fixture(scope="module")
def path(result: RunResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("book") / "book.sqlite"
    path.write_bytes(result.attachments["book.sqlite"])
    return path


@pytest.fixture(scope="module")
def postings(path: Path) -> list[sqlite3.Row]:
    with sqlite3.connect(path) as db:
        db.row_factory = sqlite3.Row
        rows = db.execute(POSTINGS).fetchall()
    db.close()
    return rows


@pytest.fixture(scope="module")
def parents(postings: list[sqlite3.Row]) -> dict[str, set[str]]:
    """Lots whose nickel is in a lot, one step back."""
    events: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in postings:
        if row["account"] == "lot":
            events[row["id"]][row["lot"]] += row["ni"]
    found: dict[str, set[str]] = defaultdict(set)
    for lots in events.values():
        given = {lot for lot, ni in lots.items() if ni < 0}
        for lot in (lot for lot, ni in lots.items() if ni > 0 and lot not in given):
            found[lot] |= given
    return found


def ancestors(lot: str, parents: dict[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    left = [lot]
    while left:
        for parent in parents.get(left.pop(), set()) - seen:
            seen.add(parent)
            left.append(parent)
    return seen


def supplier_of(postings: list[sqlite3.Row]) -> dict[str, str]:
    """Who sent a lot, of lots that came from outside."""
    sent: dict[int, str] = {}
    for row in postings:
        if row["account"] == "supplier":
            sent[row["id"]] = row["party"]
    return {r["lot"]: sent[r["id"]] for r in postings if r["account"] == "lot" and r["id"] in sent}


def cells_of(postings: list[sqlite3.Row]) -> list[str]:
    return list(dict.fromkeys(r["lot"] for r in postings if r["lot"].endswith("finished cells")))


def test_a_cell_lot_holds_nickel_of_several_suppliers(
    postings: list[sqlite3.Row], parents: dict[str, set[str]]
) -> None:
    suppliers = supplier_of(postings)
    origins = {}
    for lot in cells_of(postings):
        loads = {x: suppliers[x] for x in ancestors(lot, parents) if x in suppliers}
        origins[lot] = {
            name: sum(who == name for lot, who in loads.items() if lot.startswith("L"))
            for name in ("LGES", "TBMNC")
        }
        assert "metal supplier" in loads.values(), "virgin metal is in it too"
    assert len(origins) >= 20
    both = [lot for lot, found in origins.items() if all(found.values())]
    assert both
    assert max(sum(found.values()) for found in origins.values()) > 10


def test_nickel_is_all_there(postings: list[sqlite3.Row]) -> None:
    """What came in is in stock, delivered or lost, to the milligram; so are lithium and cobalt."""
    for element in ("mass", "ni", "li", "co"):
        where: dict[str, int] = defaultdict(int)
        for row in postings:
            where[row["account"]] += row[element]
        came = -where.pop("supplier")
        assert came > 0
        assert came == sum(where.values())
        assert where["lot"] > 0
        assert where["customer"] > 0
        if element != "mass":
            assert abs(where["unaccounted"]) < 0.01 * came


def test_no_lot_moves_before_it_is_made(postings: list[sqlite3.Row]) -> None:
    last: dict[str, int] = {}
    for row in postings:
        if row["account"] == "lot":
            assert row["occurred_at"] >= last.get(row["lot"], 0), row["key"]
            last[row["lot"]] = row["occurred_at"]


def test_scrap_of_the_lines_is_run_again(
    postings: list[sqlite3.Row], parents: dict[str, set[str]]
) -> None:
    """The loop closes: a lot of black mass descends from cells' scrap of the same month."""
    suppliers = supplier_of(postings)
    back = {r["lot"] for r in postings if re.match(r"B\d", r["lot"])}
    assert back
    assert not back & suppliers.keys(), "it comes by road, not from a supplier"
    black = [lot for lot in parents if re.match(r"R\d+ black mass", lot)]
    closed = [lot for lot in black if ancestors(lot, parents) & back]
    assert closed
    assert any(re.match(r"[CKZ]\d", x) for x in ancestors(closed[0], parents))
    hops = [r for r in postings if r["kind"] in ("ship", "arrive") and r["lot"] in back]
    assert {r["site"] for r in hops if r["mass"] > 0} >= {"Winston-Salem"}


def test_refining_recovers_what_the_case_says(path: Path, postings: list[sqlite3.Row]) -> None:
    with Book(path) as book:
        assert verify(book).clean
        runs = {run.run: run for run in run_accounts(book, start=0, end=2**62)}
    campaigns = [run for run in runs if run.startswith("C")]
    assert len(campaigns) >= 5
    for run in runs.values():
        assert abs(run.share() or 0.0) < 0.005, run.run
    flows: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for row in postings:
        if row["key"].startswith("campaign "):
            into = "in" if row["mass"] < 0 else "out"
            lot = flows[row["key"]][into]
            for element in ("ni", "li"):
                lot[element] = lot.get(element, 0) + (row[element] if row["lot"] else 0)
    for name, flow in flows.items():
        for element, recovery in (("ni", 0.98), ("li", 0.9)):
            found = flow["out"][element] / -flow["in"][element]
            assert found == pytest.approx(recovery, rel=0.03), f"{name} {element}"


def test_products_are_what_they_are_called(postings: list[sqlite3.Row]) -> None:
    """Shares of nickel and lithium in what runs made."""
    for name, column, share in (
        ("nickel sulfate", "ni", element_shares("NiSO4.6H2O")["Ni"]),
        ("lithium carbonate", "li", element_shares("Li2CO3")["Li"]),
        ("cathode", "ni", 0.5411),
        ("finished cells", "ni", 0.5411 * 0.4289),
    ):
        mass: dict[str, int] = defaultdict(int)
        held: dict[str, int] = defaultdict(int)
        for row in postings:
            if row["kind"] == "process" and row["mass"] > 0 and row["lot"].endswith(name):
                mass[row["lot"]] += row["mass"]
                held[row["lot"]] += row[column]
        assert len(mass) >= 5
        for lot, kg in mass.items():
            assert held[lot] / kg == pytest.approx(share, rel=0.01), lot


def test_the_lots_of_cells_are_numbered_without_a_gap(result: RunResult, path: Path) -> None:
    with sqlite3.connect(path) as db:
        notes = dict(db.execute("SELECT key, document FROM event WHERE kind = 'deliver'"))
    db.close()
    rows = list(result.tables["cell_lots"].records())
    assert len(rows) >= 20
    after = 1
    for row in rows:
        first, last = (int(str(row[n]).rpartition("-")[2]) for n in ("first_serial", "last_serial"))
        assert first == after
        assert last - first + 1 == row["cells"]
        after = last + 1
        cell_kg = float(str(row["mass_t"])) * 1000.0 / float(str(row["cells"]))
        assert cell_kg == pytest.approx(0.7441, rel=0.01)
        note = notes[f"deliver {row['lot']}"]
        assert note.endswith(f"serials {row['first_serial']} to {row['last_serial']}")


def test_title_follows_the_metal(postings: list[sqlite3.Row]) -> None:
    """The owners of the black mass own the salts until they sell them; the cells are LGES's."""
    owners: dict[str, set[str]] = defaultdict(set)
    for row in postings:
        if row["kind"] in ("process", "transfer-title") and row["mass"] > 0:
            owners[row["lot"]].add(row["party"])
    salts = [lot for lot in owners if re.match(r"C\d+ nickel sulfate", lot)]
    assert salts
    for lot in salts:
        assert {"GMBI", "Refiner", "Cathode maker"} <= owners[lot]
    assert any("TBMNC" in owners[lot] for lot in salts)
    for lot in cells_of(postings):
        assert owners[lot] == {"LGES"}


def without(folder: Path, *edits: tuple[str, str, str]) -> RunResult:
    case = copy_case(GMBI, folder)
    for file, old, new in edits:
        replace_in(case / file, old, new)
    return run_case(case)


def test_another_route_ends_at_the_refiner(tmp_path: Path) -> None:
    """Salts are made by hydrometallurgy only; the month of another route has no cells."""
    result = without(tmp_path, ("sites.csv", "Refiner,process,hydro", "Refiner,process,pyro"))
    assert result.tables["cell_lots"].rows == ()
    assert result.tables["metal_statement"].rows


@pytest.mark.parametrize(
    "edits",
    [
        [("materials.csv", "NMC811,NCMA 89-4-4-3", "NMC811,NMC811")],
        [("month.toml", 'other_sender = "TBMNC"', 'other_sender = "GMBI"')],
        [("month.toml", 'owner = "LGES"', 'owner = "GMBI"')],
        [("month.toml", 'cathode_maker = "Cathode maker"', 'cathode_maker = "Refiner"')],
        [("month.toml", 'month = "2030-06"', 'month = "2026-12"')],
    ],
)
def test_other_settings_make_a_sound_book(
    tmp_path: Path, edits: list[tuple[str, str, str]]
) -> None:
    result = without(tmp_path, *edits)
    (tmp_path / "book.sqlite").write_bytes(result.attachments["book.sqlite"])
    with Book(tmp_path / "book.sqlite") as book:
        assert verify(book).clean
