"""Three hundred runs of the founding case in one process: none fails without a finding."""

from __future__ import annotations

import random
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from loopbook.errors import InputError
from loopbook.loop import accounts, load, walk
from loopbook.matter import load_library

CASES = Path(__file__).parents[2] / "cases"
GMBI = next(x for x in (CASES / "gmbi-loop", CASES / "gmbi") if (x / "contracts.csv").exists())
LIBRARY = load_library()
CAPACITIES = ("0 t/yr", "700 t/yr", "13500 t/yr", "2 Mt/yr", "-1 t/yr")
REJECTS = ("0 %", "2.5 %", "40 %", "99 %", "105 %")
SWITCHES = (
    (),
    ("tbmnc",),
    ("gm", "ford"),
    ("tbmnc", "gm", "ford", "stellantis", "hyundai", "honda"),
)
SEEDS = range(3)
WRONG = {"0 t/yr": "negative", "-1 t/yr": "negative", "105 %": "share"}
"""Cells that are refused, and with what."""
COMBINATIONS = [*product(CAPACITIES, REJECTS, SWITCHES, SEEDS)]


def run(capacity: str, reject: str, switches: tuple[str, ...], seed: int) -> None:
    """Load, walk and account a run: its cash closes, or the findings name what was set wrong."""
    draw = random.Random(f"{capacity} {reject} {switches} {seed}")
    cells = {
        "case/periods": f"2025..{draw.choice((2026, 2028))}",
        "parameters/plant/capacity/value": capacity,
        "parameters/Lansing/reject/value": reject,
        "parameters/cell lines/active material loss/value": f"{draw.uniform(0, 40):.6g} %",
        "contracts/scrap of TBMNC/Liberty/scrap/amount": f"offer {draw.randint(0, 100)} % of made",
        "terms/scrap/payable/Ni/value": f"{draw.uniform(0, 100):.6g} %",
    }
    try:
        loop = load(
            GMBI,
            cells=[f"{address}={value}" for address, value in cells.items()],
            switches=dict.fromkeys(switches, True),
            library=LIBRARY,
        )
    except InputError as error:
        kinds = {finding.code for finding in error.findings}
        assert kinds
        assert kinds <= {WRONG[cell] for cell in (capacity, reject) if cell in WRONG}
        return
    assert capacity not in WRONG
    assert reject not in WRONG
    walked = walk(loop)
    money = accounts(walked)
    whole = sum(money.cash(party) for party in money.parties)
    paid = sum(abs(amount).sum() for amount in money.payments.values())
    assert np.isfinite(paid)
    assert abs(whole).max() <= 1e-9 * paid


def test_runs_fail_with_a_finding_or_not_at_all() -> None:
    for combination in random.Random(17).sample(COMBINATIONS, 40):
        run(*combination)


@pytest.mark.slow
def test_three_hundred_runs() -> None:
    assert len(COMBINATIONS) == 300
    for combination in COMBINATIONS:
        run(*combination)
