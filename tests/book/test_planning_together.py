"""Commands with several errors: a wrong field hides no check that does not read it."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from planning_world import CLOSE, HOLD, IN_FEB, OPEN, SHIP, T, e, kg, world
from test_planning_findings import WRONG, assay, process, receive

from loopbook import book as b
from loopbook.errors import InputError

# before, command, findings as (code, field, names and values in the sentence ...)
SEVERAL: dict[str, tuple[list[b.Command], b.Command, list[tuple[str, ...]]]] = {
    "weigh an unknown lot, swapped": (
        [],
        b.Weigh(lot="SS", ticket="T", gross_kg=15, tare_kg=35, **e()),
        [("unknown-name", "lot", "'SS'"), ("weights", "gross_kg", "15 kg", "35 kg")],
    ),
    "deliver to nobody from where it is not, in a closed period": (
        [OPEN, CLOSE],
        b.Deliver(lot="S", site="REF", customer="Custer", **e(at=IN_FEB)),
        [("unknown-name", "customer", "'Custer'"), ("place", "site", "S", "REF", "WS")],
    ),
    "deliver an unknown lot from nowhere": (
        [],
        b.Deliver(lot="SS", site="WZ", customer="Cust", **e()),
        [("unknown-name", "lot", "'SS'"), ("unknown-name", "site", "'WZ'")],
    ),
    "dispose of a wrong mass where it is not": (
        [],
        b.Dispose(lot="S", site="REF", way="river", mass_kg="1,5", **e()),
        [
            ("unknown-name", "way", "'river'"),
            ("not-a-number", "mass_kg", "'1,5'"),
            ("place", "site", "S", "REF", "WS"),
        ],
    ),
    "sell to oneself what another owns, nobody knows how much": (
        [],
        b.TransferTitle(lot="S", seller="GMBI", buyer="GMBI", mass_kg="?", **e()),
        [
            ("not-a-number", "mass_kg", "'?'"),
            ("same", "buyer", "GMBI"),
            ("place", "seller", "GMBI", "S"),
        ],
    ),
    "move an unknown lot to where it is": (
        [],
        b.Move(lot="SS", from_site="WS", to_site="WS", **e()),
        [("unknown-name", "lot", "'SS'"), ("same", "to_site", "WS")],
    ),
    "receive over the limit from nobody": (
        [],
        receive(supplier="Supp", material="BM", mass_kg=kg(2001)),
        [("unknown-name", "supplier", "'Supp'"), ("limit", "site", "WS", "0.002 kg")],
    ),
    "assay of an unknown lot, dry, with an uncertainty of another substance": (
        [],
        assay(lot="SS", basis="dry", uncertainty={"Co": "0.01"}),
        [
            ("unknown-name", "lot", "'SS'"),
            ("unknown-name", "uncertainty.Co", "Co"),
            ("missing", "moisture"),
        ],
    ),
    "process more than there is into a wrong mass": (
        [],
        process(inputs_kg={"S": kg(1001)}, outputs=[b.Output("N", "BM", "-1", {"Ni": 0.5})]),
        [("negative", "outputs.1.mass_kg"), ("negative", "inputs_kg.S", "0.001 kg")],
    ),
    "process an unknown lot into nothing": (
        [],
        process(inputs_kg={"SS": None}, outputs=[]),
        [("unknown-name", "inputs_kg.SS", "'SS'"), ("empty", "outputs")],
    ),
    "split an unknown lot into nothing": (
        [],
        b.Split(lot="SS", parts_kg={}, **e()),
        [("unknown-name", "lot", "'SS'"), ("empty", "parts_kg")],
    ),
    "hold twice for no reason": (
        [HOLD],
        b.Hold(lot="S", reason=" ", **e()),
        [("missing", "reason"), ("duplicate", "lot", "S")],
    ),
    "count a wrong mass in the past": (
        [SHIP, b.Arrive(lot="S", consignment="7", site="WS", mass_kg=kg(900), **e("a"))],
        b.StockTake(lot="S", site="WS", counted_kg="?", **e(at=T - timedelta(days=1))),
        [("not-a-number", "counted_kg", "'?'")],
    ),
}


@pytest.mark.parametrize("case", SEVERAL.values(), ids=SEVERAL.keys())
def test_all_errors_are_reported(tmp_path: Path, case: Any) -> None:
    before, command, expected = case
    with world(tmp_path / "b.sqlite") as book:
        book.post(before)
        with pytest.raises(InputError) as caught:
            book.post(command)
    head = f"{type(command).__name__} {command.key}, "
    findings = caught.value.findings
    places = [(f.code, f.where.removeprefix(head)) for f in findings]
    assert places == [(code, at) for code, at, *_ in expected]
    for finding, (_, _, *values) in zip(findings, expected, strict=True):
        assert [value for value in values if value not in str(finding)] == []


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
def test_a_missing_actor_hides_no_other_error(tmp_path: Path, case: Any) -> None:
    before, command, expected = case
    with world(tmp_path / "b.sqlite") as book:
        book.post(before)
        with pytest.raises(InputError) as caught:
            book.post(dataclasses.replace(command, actor=""))
    codes = [finding.code for finding in caught.value.findings if finding.code != "missing"]
    assert codes == [code for code, *_ in expected if code != "missing"]
