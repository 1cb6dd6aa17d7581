"""The tables of results of the founding case are those of the code that computed it before.

``tests/cases/data/former`` has the tables of that code, a file a run: without clients, with one,
two and all, and with two other routes of refining.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import TypedDict

import pytest

from loopbook.loop import accounts, load, read_loop, result_tables, walk
from loopbook.report import Cell, Table

TESTS = Path(__file__).parents[1]
RUNS = ("none", "tbmnc", "gm_honda", "all", "pyro", "direct")
TABLES = (
    *("production", "scrap", "clients", "black_mass", "copper", "metals"),
    *("money", "refining", "carbon", "loop_flows", "batteries", "cars"),
)
CASE = TESTS.parent / "cases" / "gmbi"
SWITCHES = ("tbmnc", "gm", "ford", "stellantis", "hyundai", "honda")
TOLERANCE = 1e-9


class Before(TypedDict):
    """A table of the former code."""

    columns: list[list[str]]
    rows: list[list[Cell]]


class Former(TypedDict):
    """A run of the former code."""

    switches: list[str]
    route: str
    tables: dict[str, Before]


@cache
def former(run: str) -> Former:
    """What the former code gave."""
    path = TESTS / "cases" / "data" / "former" / f"{run}.json.gz"
    read: Former = json.loads(gzip.decompress(path.read_bytes()))
    return read


@cache
def tables(run: str) -> dict[str, Table]:
    """What the loop gives."""
    of = former(run)
    switches = {"may 2026": False, **dict.fromkeys(of["switches"], True)}
    loop = load(CASE, switches=switches, cells=[f"sites/refinery/process={of['route']}"])
    walked = walk(loop)
    return result_tables(walked, accounts(walked))


def as_text(cell: Cell) -> str:
    """A cell as files have it."""
    return ("yes" if cell else "no") if isinstance(cell, bool) else str(cell)


def key_of(row: tuple[Cell, ...]) -> tuple[str, ...]:
    """What names a row: its texts and its year."""
    return tuple(as_text(x) for x in row if isinstance(x, (str, int)))


@pytest.mark.parametrize("on", [(), *((name,) for name in SWITCHES), SWITCHES])
def test_the_tables_load_without_findings(on: tuple[str, ...]) -> None:
    read = read_loop(CASE, switches=dict.fromkeys(on, True))
    assert read.findings == ()
    assert read.loop is not None
    assert [warning for warning in read.loop.warnings if warning.code != "unused"] == []
    clients = [row for row in read.loop.contracts if row.contract.startswith("scrap of")]
    assert len(clients) == len(on)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("run", RUNS)
def test_a_table_is_as_it_was(run: str, table: str) -> None:
    old, new = former(run)["tables"][table], tables(run)[table]
    columns = [(x.name, x.title, x.unit) for x in new.columns]
    expected = [tuple(x) for x in old["columns"]]
    if table == "refining" and run in ("pyro", "direct"):  # products in another order
        assert sorted(columns) == sorted(expected)
    else:
        assert columns == expected
    places = [new.position(name) for name, *_ in expected]
    rows = {key_of(x): x for x in (tuple(row[k] for k in places) for row in new.rows)}
    before = {key_of(tuple(row)): row for row in old["rows"]}
    assert len(before) == len(old["rows"])
    assert rows.keys() == before.keys()
    if table != "loop_flows":
        assert [*rows] == [*before]
    for k, (name, *_) in enumerate(expected):
        numbers = [cell for row in old["rows"] for cell in [row[k]] if isinstance(cell, float)]
        scale = max(map(abs, numbers), default=0.0)
        for key, row in before.items():
            cell = rows[key][k]
            if isinstance(row[k], float):
                assert cell == pytest.approx(row[k], rel=TOLERANCE, abs=TOLERANCE * scale), name
            else:
                assert as_text(cell) == as_text(row[k]), (name, key)
