"""Every command, used wrongly: each finding with its field and its values, and nothing posted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from planning_world import BLEND, CLOSE, HOLD, IN_FEB, OPEN, RECEIVE, SHIP, SPLIT, T, e, kg, world

from loopbook import book as b
from loopbook.errors import InputError


@pytest.fixture
def book(tmp_path: Path) -> Iterator[b.Book]:
    with world(tmp_path / "b.sqlite") as it:
        yield it


# --- wrong uses -----------------------------------------------------------------------------------


def receive(**changed: Any) -> b.Receive:
    right = {"lot": "N", "owner": "LGES", "mass_kg": kg(7), "shares": {"Ni": 0.5}}
    return b.Receive(**(RECEIVE | right | e() | changed))


def assay(**changed: Any) -> b.Assay:
    right = {"lot": "S", "stage": "final", "basis": "as received", "shares": {"Ni": 0.5}}
    return b.Assay(**(right | e() | changed))


def process(**changed: Any) -> b.Process:
    outputs = [b.Output("N", "BM", kg(500), {"Ni": 0.5})]
    right = {"run": "R", "site": "WS", "inputs_kg": {"S": None}, "outputs": outputs}
    return b.Process(**(right | e() | changed))


# before, command, findings as (code, field, names and values in the sentence ...)
WRONG: dict[str, tuple[list[b.Command], b.Command, list[tuple[str, ...]]]] = {
    # what holds for all commands
    "no key": ([], b.Hold(lot="S", reason="x", **e("")), [("missing", "key")]),
    "no actor": ([], b.Hold(lot="S", reason="x", **(e() | {"actor": " "})), [("missing", "actor")]),
    "no time zone": (
        [],
        b.Hold(lot="S", reason="x", **e(at=datetime(2026, 3, 1))),
        [("time", "occurred_at", "2026-03-01T00:00:00", "2026-03-01T08:00:00-05:00)")],
    ),
    "in the future": (
        [],
        b.Hold(lot="S", reason="x", **e(at=datetime(2026, 5, 1, tzinfo=UTC))),
        [("future", "occurred_at", "2026-05-01T00:00:00+00:00")],
    ),
    "half a character": ([], b.Hold(lot="S", reason="\ud83d", **e()), [("text", "reason")]),
    "a NUL": ([], b.Hold(lot="S", reason="a\0b", **e()), [("text", "reason")]),
    # nouns
    "party twice": ([], b.RegisterParty(party="GMBI", **e()), [("duplicate", "party", "GMBI")]),
    "location of another site": (
        [],
        b.RegisterLocation(location="Bay 3", site="WSS", **e()),
        [("unknown-name", "site", "'WSS'", "WS")],
    ),
    "vehicle without tare": (
        [],
        b.RegisterVehicle(vehicle="T-7", tare_kg=0, **e()),
        [("empty", "tare_kg", "a mass above zero")],
    ),
    "tare of another vehicle": (
        [b.RegisterVehicle(vehicle="T-7", tare_kg=9, **e("v"))],
        b.TareVehicle(vehicle="T-8", tare_kg=9, **e()),
        [("unknown-name", "vehicle", "'T-8'", "T-7")],
    ),
    "party with a slash": ([], b.RegisterParty(party="A/B", **e()), [("name", "party", "'A/B'")]),
    "site twice": ([], b.RegisterSite(site="WS", **e()), [("duplicate", "site", "WS")]),
    "site named as a road": (
        [],
        b.RegisterSite(site="in transit 7", **e()),
        [("name", "site", "'in transit 7'")],
    ),
    "site with a limit below zero": (
        [],
        b.RegisterSite(site="N", limits_kg={"bm": -1}, **e()),
        [("negative", "limits_kg.bm", "0 kg", "-1 kg")],
    ),
    "material twice": (
        [],
        b.RegisterMaterial(material="BM", **e()),
        [("duplicate", "material", "BM")],
    ),
    "material without a name": (
        [],
        b.RegisterMaterial(material="", **e()),
        [("name", "material", "''")],
    ),
    "substance twice": (
        [],
        b.AddSubstance(substance="Ni", **e()),
        [("duplicate", "substance", "Ni")],
    ),
    "substance in other case": (
        [],
        b.AddSubstance(substance="NI", **e()),
        [("name", "substance", "NI", "Ni")],
    ),
    "substance with a blank": (
        [],
        b.AddSubstance(substance="N i", **e()),
        [("name", "substance", "'N i'")],
    ),
    # periods
    "period twice": (
        [OPEN],
        b.OpenPeriod(period="Feb", start=T, end=T + timedelta(1), **e()),
        [("duplicate", "period", "Feb")],
    ),
    "period backwards": (
        [],
        b.OpenPeriod(period="P", start=T, end=T, **e()),
        [("range", "end", "2026-03-10")],
    ),
    "period in another": (
        [OPEN],
        b.OpenPeriod(period="P", start=IN_FEB, end=T, **e()),
        [("overlap", "start", "P", "Feb")],
    ),
    "period without a zone": (
        [],
        b.OpenPeriod(period="P", start=datetime(2026, 1, 1), end=T, **e()),
        [("time", "start", "2026-01-01T00:00:00", "2026-03-01T08:00:00-05:00)")],
    ),
    "period without a name": (
        [],
        b.OpenPeriod(period="", start=IN_FEB, end=T, **e()),
        [("name", "period", "''")],
    ),
    "change what is closed": (
        [OPEN, CLOSE],
        b.ChangePeriod(period="Feb", start=IN_FEB, end=T, **e()),
        [("closed", "period", "Feb is closed")],
    ),
    "close what is not there": (
        [],
        b.ClosePeriod(period="Feb", **e()),
        [("unknown-name", "period", "'Feb'")],
    ),
    "close twice": (
        [OPEN, CLOSE],
        b.ClosePeriod(period="Feb", **e()),
        [("duplicate", "period", "Feb")],
    ),
    # receive
    "receive everything wrong, told at once": (
        [],
        receive(
            supplier="Supp",
            owner="LGS",
            site="WZ",
            lot="S",
            material="scarp",
            mass_kg="-1",
            shares={"Nickel": 1},
        ),
        [
            ("duplicate", "lot", "S"),
            ("unknown-name", "material", "'scarp'", "did you mean scrap?"),
            ("unknown-name", "supplier", "'Supp'", "did you mean Sup?"),
            ("unknown-name", "owner", "'LGS'", "did you mean LGES?"),
            ("unknown-name", "site", "'WZ'", "REF", "WS"),
            ("negative", "mass_kg", "0 kg", "-1 kg"),
            ("unknown-name", "shares.Nickel", "Nickel", "Co", "H2O", "Ni"),
        ],
    ),
    "receive nothing": ([], receive(mass_kg=0), [("empty", "mass_kg", "0 kg")]),
    "receive less than a milligram": (
        [],
        receive(mass_kg="0.0000001"),
        [("empty", "mass_kg", "0.0000001 kg")],
    ),
    "receive NaN": ([], receive(mass_kg=float("nan")), [("not-finite", "mass_kg")]),
    "receive a decimal comma": ([], receive(mass_kg="1,5"), [("not-a-number", "mass_kg", "'1,5'")]),
    "receive more than the earth": (
        [],
        receive(mass_kg="6e24"),
        [("range", "mass_kg", "1,000,000,000 kg", "6e+24 kg")],
    ),
    "receive percent": ([], receive(shares={"Ni": 22}), [("share", "shares.Ni", "1 kg", "22 kg")]),
    "receive more than all": ([], receive(shares={"Ni": ".6", "Co": ".5"}), [("share", "shares")]),
    "receive a lot with a slash": ([], receive(lot="a/b"), [("name", "lot", "'a/b'")]),
    "receive over the limit": (
        [],
        receive(material="BM", mass_kg=kg(2001)),
        [("limit", "site", "WS", "0.002001 kg", "0.002 kg")],
    ),
    # weigh
    "gross and tare swapped": (
        [],
        b.Weigh(lot="S", ticket="T", gross_kg=15, tare_kg=35, **e()),
        [("weights", "gross_kg", "15 kg", "35 kg")],
    ),
    "weigh an unknown lot": (
        [],
        b.Weigh(lot="SS", ticket="T", gross_kg=35, tare_kg=15, **e()),
        [("unknown-name", "lot", "'SS'", "did you mean S?")],
    ),
    "weigh an empty lot": (
        [BLEND],
        b.Weigh(lot="S", ticket="T", gross_kg=35, tare_kg=15, **e()),
        [("empty", "lot", "S")],
    ),
    # assay
    "assay of no stage": ([], assay(stage="first"), [("unknown-name", "stage", "'first'")]),
    "assay of no basis": ([], assay(basis="wet"), [("unknown-name", "basis", "'wet'")]),
    "assay dry without moisture": ([], assay(basis="dry"), [("missing", "moisture")]),
    "assay of moisture and water": (
        [],
        assay(moisture=0.1, shares={"H2O": 0.1}),
        [("duplicate", "moisture", "H2O")],
    ),
    "assay of a moisture's uncertainty alone": (
        [],
        assay(moisture_uncertainty="0.001"),
        [("missing", "moisture")],
    ),
    "assay of a moisture's uncertainty in percent": (
        [],
        assay(moisture="0.1", moisture_uncertainty=2),
        [("share", "moisture_uncertainty", "1 kg", "2 kg")],
    ),
    "assay of nothing": ([], assay(shares={}), [("empty", "shares")]),
    "assay above one": ([], assay(shares={"Ni": "0.7", "other": "0.4"}), [("share", "shares")]),
    "assay above one with its water": (
        [],
        assay(shares={"Ni": "0.95"}, moisture="0.1"),
        [("share", "shares")],
    ),
    "assay of everything below one": (
        [],
        assay(shares={"Ni": ".2", "Co": ".1", "H2O": 0, "other": ".6"}),
        [("share", "shares")],
    ),
    "assay's uncertainty of what it does not say": (
        [],
        assay(uncertainty={"Co": "0.01"}),
        [("unknown-name", "uncertainty.Co", "Co")],
    ),
    # sample, split
    "sample on hold": (
        [HOLD],
        b.Sample(lot="S", sample="P", mass_kg=kg(1), **e()),
        [("hold", "lot", "S")],
    ),
    "sample of nothing": (
        [],
        b.Sample(lot="S", sample="P", mass_kg=0, **e()),
        [("empty", "mass_kg", "0 kg")],
    ),
    "sample into itself": (
        [],
        b.Sample(lot="S", sample="S", mass_kg=kg(1), **e()),
        [("duplicate", "sample", "S")],
    ),
    "split into nothing": ([], b.Split(lot="S", parts_kg={}, **e()), [("empty", "parts_kg")]),
    "split more than there is": (
        [],
        b.Split(lot="S", parts_kg={"S1": kg(700), "S2": kg(301)}, **e()),
        [("negative", "parts_kg", "S", "0.0003 kg", "S2", "0.000301 kg")],
    ),
    "split of what was split off": (
        [SPLIT],
        b.Split(lot="S", parts_kg={"S1": kg(1)}, **e()),
        [("duplicate", "parts_kg.S1", "S1")],
    ),
    # blend, process
    "blend of nothing": (
        [],
        b.Blend(inputs_kg={}, site="WS", lot="N", material="BM", **e()),
        [("empty", "inputs_kg")],
    ),
    "blend of no mass": (
        [],
        b.Blend(inputs_kg={"S": 0}, site="WS", lot="N", material="scrap", **e()),
        [("empty", "inputs_kg.S", "0 kg")],
    ),
    "blend at another site": (
        [],
        b.Blend(inputs_kg={"S": None}, site="REF", lot="N", material="BM", **e()),
        [("place", "inputs_kg.S", "S", "REF", "WS")],
    ),
    "blend over the limit": (
        [
            b.Receive(
                lot="M",
                owner="LGES",
                mass_kg=kg(600),
                shares={},
                **(RECEIVE | {"material": "BM"}),
                **e("m"),
            )
        ],
        b.Blend(inputs_kg={"S": None, "G": None}, site="WS", lot="N", material="BM", **e()),
        [("limit", "site", "WS", "0.0021 kg", "0.002 kg")],
    ),
    "process more than there is": (
        [],
        process(inputs_kg={"S": kg(1001)}),
        [("negative", "inputs_kg.S", "S", "0.001 kg", "WS", "0.001001 kg")],
    ),
    "process nothing": ([], process(inputs_kg={"S": 0}), [("empty", "inputs_kg.S", "0 kg")]),
    "process a held lot": ([HOLD], process(), [("hold", "inputs_kg.S", "S")]),
    "process into an old lot": (
        [],
        process(outputs=[b.Output("G", "BM", kg(1), {})]),
        [("duplicate", "outputs.1.lot", "G")],
    ),
    "process into one lot twice": (
        [],
        process(outputs=[b.Output("N", "BM", kg(1), {}), b.Output("N", "BM", kg(1), {})]),
        [("duplicate", "outputs.2.lot", "N")],
    ),
    "process into nothing": ([], process(outputs=[]), [("empty", "outputs")]),
    "process into an empty lot": (
        [],
        process(outputs=[b.Output("N", "BM", 0, {})]),
        [("empty", "outputs.1.mass_kg", "0 kg")],
    ),
    "process by hand": ([], process(share_by="hand"), [("unknown-name", "share_by", "'hand'")]),
    "process with outputs heavier than inputs": (
        [],
        process(outputs=[b.Output("N", "BM", kg(1006), {})]),
        [("heavier", "outputs", "0.001006 kg", "0.001 kg")],
    ),
    "process with a wrong emission": (
        [],
        process(emissions_kg={"CO2": 1}),
        [("unknown-name", "emissions_kg.CO2", "CO2", "did you mean Co?")],
    ),
    # places and owners
    "move from where it is not": (
        [],
        b.Move(lot="S", from_site="REF", to_site="WS", **e()),
        [("place", "from_site", "S", "REF", "WS")],
    ),
    "move to where it is": (
        [],
        b.Move(lot="S", from_site="WS", to_site="WS", **e()),
        [("same", "to_site", "WS")],
    ),
    "ship what is shipped": (
        [SHIP],
        b.Ship(lot="S", from_site="WS", consignment="8", **e()),
        [("place", "from_site", "S", "WS")],
    ),
    "ship without a number": (
        [],
        b.Ship(lot="S", from_site="WS", consignment=" ", **e()),
        [("name", "consignment", "' '")],
    ),
    "ship under a number with a slash": (
        [],
        b.Ship(lot="S", from_site="WS", consignment="7/S", **e()),
        [("name", "consignment", "'7/S'")],
    ),
    "arrive under another number": (
        [SHIP],
        b.Arrive(lot="S", consignment="8", site="REF", mass_kg=kg(1), **e()),
        [("place", "consignment", "S")],
    ),
    "arrive before it left": (
        [],
        b.Arrive(lot="S", consignment="7", site="REF", mass_kg=kg(1), **e()),
        [("place", "consignment", "S", "WS")],
    ),
    "arrive over the limit": (
        [
            b.Receive(
                lot="M",
                owner="LGES",
                mass_kg=kg(600),
                shares={},
                **(RECEIVE | {"material": "BM", "site": "REF"}),
                **e("m"),
            ),
            b.Ship(lot="M", from_site="REF", consignment="7", **e("s")),
        ],
        b.Arrive(lot="M", consignment="7", site="WS", mass_kg=kg(2001), **e()),
        [("limit", "site", "WS", "0.002001 kg", "0.002 kg")],
    ),
    "deliver to nobody": (
        [],
        b.Deliver(lot="S", site="WS", customer="Custer", **e()),
        [("unknown-name", "customer", "'Custer'", "did you mean Cust?")],
    ),
    "what nobody has comes back": (
        [],
        b.ReturnGoods(
            **{"lot": "S", "customer": "Cust", "new_lot": "P", "owner": "LGES", "site": "WS"}, **e()
        ),
        [("place", "customer", "Cust")],
    ),
    "deliver on hold": (
        [HOLD],
        b.Deliver(lot="S", site="WS", customer="Cust", **e()),
        [("hold", "lot", "S")],
    ),
    "sell to oneself": (
        [],
        b.TransferTitle(lot="S", seller="LGES", buyer="LGES", **e()),
        [("same", "buyer", "LGES")],
    ),
    "sell what another owns": (
        [],
        b.TransferTitle(lot="S", seller="GMBI", buyer="LGES", **e()),
        [("place", "seller", "GMBI", "S")],
    ),
    "sell more than one has": (
        [BLEND],
        b.TransferTitle(lot="B", seller="GMBI", buyer="LGES", mass_kg=kg(501), **e()),
        [("negative", "mass_kg", "GMBI", "0.0005 kg", "B", "0.000501 kg")],
    ),
    "sell nothing": (
        [],
        b.TransferTitle(lot="S", seller="LGES", buyer="GMBI", mass_kg=0, **e()),
        [("empty", "mass_kg", "0 kg")],
    ),
    "count where it is not": (
        [],
        b.StockTake(lot="S", site="REF", counted_kg=1, **e()),
        [("place", "site", "S", "REF", "WS")],
    ),
    "dispose of too much": (
        [],
        b.Dispose(lot="S", site="WS", mass_kg=kg(1001), **e()),
        [("negative", "mass_kg", "S", "0.001 kg", "WS", "0.001001 kg")],
    ),
    "dispose of it somehow": (
        [],
        b.Dispose(lot="S", site="WS", way="river", **e()),
        [("unknown-name", "way", "'river'")],
    ),
    # holds
    "hold for no reason": ([], b.Hold(lot="S", reason=" ", **e()), [("missing", "reason")]),
    "hold twice": ([HOLD], b.Hold(lot="S", reason="x", **e()), [("duplicate", "lot", "S")]),
    "release what is free": ([], b.Release(lot="S", **e()), [("duplicate", "lot", "S")]),
    "use between hold and release": (
        [HOLD, b.Release(lot="S", **e("rel")), b.Hold(lot="S", reason="again", **e("h2"))],
        b.Move(lot="S", from_site="WS", to_site="REF", **e()),
        [("hold", "lot", "S")],
    ),
    # reversals
    "reverse the unknown": (
        [],
        b.Reverse(event="?", reason="", **e()),
        [("unknown-name", "event", "'?'")],
    ),
    "reverse a noun": ([], b.Reverse(event="GMBI", reason="", **e()), [("reverse", "event")]),
    "reverse a reversal": (
        [SPLIT, b.Reverse(event="split", reason="", **e("r"))],
        b.Reverse(event="r", reason="", **e()),
        [("reverse", "event")],
    ),
    "reverse twice": (
        [SPLIT, b.Reverse(event="split", reason="", **e("r"))],
        b.Reverse(event="split", reason="", **e()),
        [("duplicate", "event")],
    ),
    "reverse what others depend on": (
        [SPLIT, SHIP, b.Dispose(lot="S1", site="WS", **e("d"))],
        b.Reverse(event="S", reason="", **e()),
        [("depends", "event")],
    ),
    "reverse into over the limit": (
        [
            b.Receive(
                lot="M",
                owner="LGES",
                mass_kg=kg(1500),
                shares={},
                **(RECEIVE | {"material": "BM"}),
                **e("m"),
            ),
            b.Move(lot="M", from_site="WS", to_site="REF", **e("mv")),
            b.Receive(
                lot="M2",
                owner="LGES",
                mass_kg=kg(600),
                shares={},
                **(RECEIVE | {"material": "BM"}),
                **e("m2"),
            ),
        ],
        b.Reverse(event="mv", reason="", **e()),
        [("limit", "site", "WS", "0.0021 kg", "0.002 kg")],
    ),
    "a mark on a book of what happened": (
        [],
        b.MarkModelled(model="case gmbi", **e()),
        [("state", "", "a new book")],
    ),
    "a mark without a model": (
        [],
        b.MarkModelled(model=" ", **e()),
        [("name", "model", "a model"), ("state", "", "a new book")],
    ),
}


@pytest.mark.parametrize("case", WRONG.values(), ids=WRONG.keys())
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in a batch"])
def test_wrong_use(book: b.Book, case: Any, together: bool) -> None:
    before, command, expected = case
    if not together:
        for one in before:
            book.post(one)
    was = book.balances(), book.store.rows("SELECT count(*) FROM event")
    with pytest.raises(InputError) as caught:
        book.post([*before, command] if together else command)
    head = f"{type(command).__name__} {command.key}".strip()
    findings = caught.value.findings
    places = [(f.code, f.where.removeprefix(head).removeprefix(", ")) for f in findings]
    assert places == [(code, at) for code, at, *_ in expected]
    for finding, (_, _, *values) in zip(findings, expected, strict=True):
        assert [value for value in values if value not in str(finding)] == []
    assert (book.balances(), book.store.rows("SELECT count(*) FROM event")) == was


def test_every_command_is_used_wrongly() -> None:
    used = {type(command) for _, command, _ in WRONG.values()}
    assert used | {b.COMMANDS["mark-modelled"]} == set(b.COMMANDS.values())
