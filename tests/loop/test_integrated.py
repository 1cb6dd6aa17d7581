"""The second loop: an integrated recycler with two cell makers, tolling and three owners."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from loopbook.loop import Loop, load, read_loop

INTEGRATED = Path(__file__).parents[2] / "cases" / "integrated"
SWITCHES = ("all_lithium", "dear_lithium")


@pytest.fixture(scope="module")
def loop() -> Loop:
    return load(INTEGRATED)


@pytest.mark.parametrize("on", [(), *((name,) for name in SWITCHES), SWITCHES])
def test_it_loads_without_findings(on: tuple[str, ...]) -> None:
    read = read_loop(INTEGRATED, switches=dict.fromkeys(on, True))
    assert read.findings == ()
    assert read.loop is not None
    assert read.loop.warnings == ()


def test_three_owners_hold_all_of_it_on_every_day(loop: Loop) -> None:
    for day, shares in (
        (date(2027, 1, 1), {"Miner": 45, "Trader": 35, "Fund": 20}),
        (date(2030, 1, 1), {"Miner": 45, "Trader": 50, "Fund": 5}),
    ):
        owners = loop.owners_of("Recycler", day)
        assert {name: share.number for name, share in owners.items()} == shares
        assert sum(share.number for share in owners.values()) == 100


def test_it_is_another_shape_than_the_founding_case(loop: Loop) -> None:
    assert {step.months for step in loop.calendar.steps} == {3}
    assert {row.title for row in loop.contracts} == {"passes", "stays"}
    assert loop.composition("NCA cells").keys() & {"NCA", "LFP"} == {"NCA"}
    assert loop.composition("LFP cells").keys() & {"NCA", "LFP"} == {"LFP"}
    assert not [name for name in loop.series if "foil" in name]
    own = {site.party for site in loop.sites.values() if site.model == "process"}
    assert own == {"Recycler"}


def test_a_switch_sends_all_lithium_to_the_works() -> None:
    amounts = []
    for on in (False, True):
        loop = load(INTEGRATED, switches={"all_lithium": on})
        (row,) = [row for row in loop.contracts if row.to == "lithium works"]
        assert row.amount.upper is not None
        amounts.append(row.amount.upper.number)
    assert amounts == [40, 100]
