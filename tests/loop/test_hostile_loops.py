"""Cells of the cases that are wrong, and hostile: findings, or a run whose numbers are numbers."""

from __future__ import annotations

import csv
import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from loopbook.errors import Finding, InputError
from loopbook.loop import account_tables, accounts, mass_tables, read_loop, walk

CASES = Path(__file__).parents[2] / "cases"

# fmt: off
WRONG = [
    ("starter", "contracts.csv", "scrap,cell factory", "scrap,cel factory", "contracts.csv:2, from: unknown-name"),
    ("gmbi", "contracts.csv", "cells,Lansing,NCMA", "cells,Lansng,NCMA", "contracts.csv:2, from: unknown-name"),
    ("integrated", "contracts.csv", "NCA toll,NCA factory", "NCA toll,NCA factry", "contracts.csv:4, from: unknown-name"),
    ("integrated", "sites.csv", "place,starts\nNCA factory,NCA maker,cell lines,,Nevada,2027-01-01", "place,ends\nNCA factory,NCA maker,cell lines,,Nevada,2020-01-01", "in force in no month"),
    ("starter", "lanes.csv", "truck,350 km", "truck,", "lanes.csv:2, distance: missing"),
    ("integrated", "lanes.csv", "LFP line,,,900 km", "LFP line,,,", "lanes.csv:3, distance: missing"),
    ("gmbi", "lanes.csv", "lib:freight/leg/default distance", "", "lanes.csv:3, distance: missing"),
    ("starter", "shares.csv", "88 %", "188 %", "shares.csv:3, Li: share"),
    ("gmbi", "owners.csv", "51 %", "52 %", "owners.csv:3, share: sum"),
    ("integrated", "owners.csv", "45 %", "46 %", "owners.csv:4, share: sum"),
    ("gmbi", "parameters.csv", "13500 t/yr", "13500", "parameters.csv:19, value: unit"),
    ("gmbi", "parameters.csv", "13500 t/yr", "-13500 t/yr", "parameters.csv:19, value: negative"),
    ("gmbi", "contracts.csv", "20 GWh/yr", "-20 GWh/yr", "contracts.csv:2, amount: negative"),
    ("starter", "contracts.csv", "metal market,refinery,metal,outside,all,a market is a contract with outside\n", "", "sites.csv:4: no-taker"),
    ("starter", "contracts.csv", "black mass,shredder,black mass,refinery,all,", "black mass,shredder,black mass,refinery,70 % of made,\nother,shredder,black mass,outside,70 % of made,", "contracts.csv:4, amount: promised"),
    ("starter", "contracts.csv", "metal market,refinery,metal,outside,all", "metal market,refinery,metal,shredder,all", "cycle"),
    ("gmbi", "parameters.csv", "10000 t/yr", "10 t/yr", "parameters.csv:21, value: slip"),
    ("starter", "series.csv", "Ni,USD/t,15500,16000,,16500", "Ni,USD/t,15500000,16000000,,16500000", "series.csv:4"),
]
# fmt: on


@pytest.mark.parametrize(("case", "table", "cell", "wrong", "finding"), WRONG)
def test_a_wrong_cell_of_a_case_has_its_place(
    case: str, table: str, cell: str, wrong: str, finding: str, tmp_path: Path
) -> None:
    folder = shutil.copytree(CASES / case, tmp_path / case)
    text = (folder / table).read_text(encoding="utf-8")
    assert cell in text
    (folder / table).write_text(text.replace(cell, wrong, 1), encoding="utf-8")
    read = read_loop(folder)
    warnings = read.loop.warnings if read.loop else ()
    texts = [*map(str, read.findings), *map(str, warnings)]
    assert any(finding in text for text in texts), texts


HOSTILE = ("", "nan", "-1", "1e309", "abc", "5 ton", "1,5", "½", "x" * 5000, "0", "never")


def test_a_hostile_cell_is_a_finding_or_a_run_of_numbers(tmp_path: Path) -> None:
    """A sample of all cells and all hostile values, headers and other rows' cells included."""
    tables = {path.name: path for path in sorted((CASES / "starter").glob("*.csv"))}
    rows = {
        name: list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
        for name, path in tables.items()
    }
    places = [
        (t, k, c) for t, x in rows.items() for k, row in enumerate(x) for c in range(len(row))
    ]
    chance, outcomes = random.Random(14), {"findings": 0, "numbers": 0}
    unplaced: list[Finding] = []
    for number in range(30):
        table, line, column = chance.choice(places)
        others = [row[column] for row in rows[table] if len(row) > column]
        changed = [list(row) for row in rows[table]]
        changed[line][column] = chance.choice((*HOSTILE, chance.choice(others)))
        folder = shutil.copytree(CASES / "starter", tmp_path / str(number))
        with (folder / table).open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(changed)
        read = read_loop(folder)
        if read.loop is None:
            outcomes["findings"] += 1
            unplaced += [finding for finding in read.findings if not finding.where]
            continue
        try:
            money = accounts(walk(read.loop))
        except InputError:
            outcomes["findings"] += 1
            continue
        outcomes["numbers"] += 1
        for result in (*mass_tables(money), *account_tables(money)):
            cells = [cell for row in result.rows for cell in row if isinstance(cell, float)]
            assert np.isfinite(cells).all(), (table, line, column, changed[line][column])
    assert unplaced == []
    assert min(outcomes.values()) > 3
