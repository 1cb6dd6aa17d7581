"""Every command, used rightly: legs computed by hand; retries; what a new book needs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from planning_world import (
    BLEND,
    CLOSE,
    DELIVER,
    HOLD,
    IN_FEB,
    OPEN,
    RECEIVE,
    RETURN,
    SHIP,
    SPLIT,
    WORLD,
    T,
    e,
    kg,
    world,
)

from loopbook import book as b
from loopbook.errors import InputError


@pytest.fixture
def book(tmp_path: Path) -> Iterator[b.Book]:
    with world(tmp_path / "b.sqlite") as it:
        yield it


def legs(event: b.Event) -> dict[str, tuple[int, ...]]:
    return {str(leg.account): tuple(leg.content) for leg in event.legs if any(leg.content)}


# --- right uses -----------------------------------------------------------------------------------

WS_S, WS_G = "lot/LGES/WS/S", "lot/GMBI/WS/G"
RIGHT: dict[str, tuple[list[b.Command], b.Command, dict[str, tuple[int, ...]]]] = {
    "receive: what is not named is other": (
        [],
        b.Receive(
            lot="N",
            owner="LGES",
            mass_kg=kg(7),
            shares={"Ni": "0.333", "Co": 0.5},
            **RECEIVE,
            **e(),
        ),
        # 2.331, 3.5, 0, 1.169: floors 2 3 0 1, one left, to the largest remainder .5
        {"lot/LGES/WS/N": (2, 4, 0, 1), "supplier/Sup//": (-2, -4, 0, -1)},
    ),
    "receive: a float is meant as it prints": (
        [],
        b.Receive(lot="N", owner="LGES", mass_kg=0.0003, shares={"other": 1}, **RECEIVE, **e()),
        {"lot/LGES/WS/N": (0, 0, 0, 300), "supplier/Sup//": (0, 0, 0, -300)},
    ),
    "weigh: net is gross minus tare, the difference goes to reassay": (
        [],
        b.Weigh(lot="S", ticket="T", gross_kg=kg(2990), tare_kg=kg(2000), **e()),
        {WS_S: (-2, -1, 0, -7), "reassay/LGES/WS/": (2, 1, 0, 7)},
    ),
    "weigh: as the book has it, nothing moves": (
        [],
        b.Weigh(lot="S", ticket="T", gross_kg=kg(1100), tare_kg=kg(100), **e()),
        {},
    ),
    "weigh: two owners in proportion to their mass": (
        [BLEND],
        b.Weigh(lot="B", ticket="T", gross_kg=kg(1530), tare_kg=0, **e()),
        # 1530 by 500:1000 is 510:1020; 510 by 200:300 is 204:306, 1020 by 200:100:700
        {
            "lot/GMBI/WS/B": (4, 0, 0, 6),
            "lot/LGES/WS/B": (4, 2, 0, 14),
            "reassay/GMBI/WS/": (-4, 0, 0, -6),
            "reassay/LGES/WS/": (-4, -2, 0, -14),
        },
    ),
    "assay as received: the rest keeps its proportions": (
        [],
        b.Assay(lot="S", stage="final", basis="as received", shares={"Ni": "0.1"}, **e()),
        # 900 for Co and other by 100:700 is 112.5:787.5, the tie goes to Co
        {WS_S: (-100, 13, 0, 87), "reassay/LGES/WS/": (100, -13, 0, -87)},
    ),
    "assay dry: shares of what is left without water": (
        [],
        b.Assay(lot="S", stage="final", basis="dry", moisture="0.1", shares={"Ni": "0.3"}, **e()),
        # Ni .27, H2O .1, 630 for 100:700 is 78.75:551.25
        {WS_S: (70, -21, 100, -149), "reassay/LGES/WS/": (-70, 21, -100, 149)},
    ),
    "assay as received with moisture": (
        [],
        b.Assay(
            lot="G", stage="umpire", basis="as received", moisture=".2", shares={"Ni": ".4"}, **e()
        ),
        {WS_G: (0, 0, 100, -100), "reassay/GMBI/WS/": (0, 0, -100, 100)},
    ),
    "assay of everything: shares that round up together still sum to the mass": (
        [b.Receive(lot="N", owner="LGES", mass_kg=kg(3), shares={"other": 1}, **RECEIVE, **e("n"))],
        b.Assay(
            lot="N", stage="final", basis="as received", shares={"Ni": ".5", "Co": ".5"}, **e()
        ),
        {"lot/LGES/WS/N": (2, 1, 0, -3), "reassay/LGES/WS/": (-2, -1, 0, 3)},
    ),
    "assay of two owners: who has copper gives it up, and gets what rises": (
        [BLEND],
        b.Assay(
            lot="B",
            stage="final",
            basis="as received",
            shares={"Ni": ".3", "Co": 0, "H2O": 0},
            **e(),
        ),
        {"lot/LGES/WS/B": (50, -100, 0, 50), "reassay/LGES/WS/": (-50, 100, 0, -50)},
    ),
    "assay of a held lot": (
        [HOLD],
        b.Assay(lot="S", stage="final", basis="as received", shares={"Ni": "0.2"}, **e()),
        {},
    ),
    "sample": (
        [],
        b.Sample(lot="S", sample="P", mass_kg=kg(5), **e()),
        # 1, 0.5, 0, 3.5: the one left goes to Co, the first of the halves
        {WS_S: (-1, -1, 0, -3), "lot/LGES/WS/P": (1, 1, 0, 3)},
    ),
    "split: parts follow each other": (
        [],
        b.Split(lot="S", parts_kg={"S1": kg(333), "S2": kg(667)}, **e()),
        # 66.6, 33.3, 233.1: the one left goes to Ni; S2 is what remains
        {
            WS_S: (-200, -100, 0, -700),
            "lot/LGES/WS/S1": (67, 33, 0, 233),
            "lot/LGES/WS/S2": (133, 67, 0, 467),
        },
    ),
    "split of a co-owned lot: every part belongs to both": (
        [BLEND],
        b.Split(lot="B", parts_kg={"B1": kg(150)}, **e()),
        {
            "lot/GMBI/WS/B": (-20, 0, 0, -30),
            "lot/LGES/WS/B": (-20, -10, 0, -70),
            "lot/GMBI/WS/B1": (20, 0, 0, 30),
            "lot/LGES/WS/B1": (20, 10, 0, 70),
        },
    ),
    "blend: each owner keeps what is its own": (
        [],
        b.Blend(inputs_kg={"S": kg(100), "G": None}, site="WS", lot="N", material="scrap", **e()),
        {
            WS_S: (-20, -10, 0, -70),
            WS_G: (-200, 0, 0, -300),
            "lot/LGES/WS/N": (20, 10, 0, 70),
            "lot/GMBI/WS/N": (200, 0, 0, 300),
        },
    ),
    "process by substance: nickel 1:1, cobalt all of LGES": (
        [],
        b.Process(
            run="R",
            site="WS",
            inputs_kg={"S": None, "G": None},
            outputs=[b.Output("N", "BM", kg(900), {"Ni": ".4", "Co": ".1"})],
            waste_kg={"other": kg(100)},
            emissions_kg={"H2O": kg(30)},
            **e(),
        ),
        # N: Ni 360 by 200:200, Co 90 by 100:0, other 450 by 700:300; water, that nobody brought,
        # by mass 1000:500
        {
            WS_S: (-200, -100, 0, -700),
            WS_G: (-200, 0, 0, -300),
            "lot/LGES/WS/N": (180, 90, 0, 315),
            "lot/GMBI/WS/N": (180, 0, 0, 135),
            "waste/LGES/WS/": (0, 0, 0, 70),
            "waste/GMBI/WS/": (0, 0, 0, 30),
            "emission/LGES/WS/": (0, 0, 20, 0),
            "emission/GMBI/WS/": (0, 0, 10, 0),
            "unaccounted/LGES/WS/": (20, 10, -20, 315),
            "unaccounted/GMBI/WS/": (20, 0, -10, 135),
        },
    ),
    "process by mass: everything 2:1": (
        [],
        b.Process(
            run="R",
            site="WS",
            inputs_kg={"S": None, "G": None},
            share_by="mass",
            outputs=[b.Output("N", "BM", kg(900), {"Ni": ".4", "Co": ".1"})],
            **e(),
        ),
        {
            WS_S: (-200, -100, 0, -700),
            WS_G: (-200, 0, 0, -300),
            "lot/LGES/WS/N": (240, 60, 0, 300),
            "lot/GMBI/WS/N": (120, 30, 0, 150),
            "unaccounted/LGES/WS/": (-40, 40, 0, 400),
            "unaccounted/GMBI/WS/": (80, -30, 0, 150),
        },
    ),
    "process: outputs may outweigh inputs by scales' error": (
        [],
        b.Process(
            run="R",
            site="WS",
            inputs_kg={"S": None},
            outputs=[b.Output("N", "scrap", kg(1005), {"other": 1})],
            **e(),
        ),
        {
            WS_S: (-200, -100, 0, -700),
            "lot/LGES/WS/N": (0, 0, 0, 1005),
            "unaccounted/LGES/WS/": (200, 100, 0, -305),
        },
    ),
    "move": (
        [],
        b.Move(lot="S", from_site="WS", to_site="REF", **e()),
        {WS_S: (-200, -100, 0, -700), "lot/LGES/REF/S": (200, 100, 0, 700)},
    ),
    "ship: in transit is a place": (
        [],
        b.Ship(lot="S", from_site="WS", consignment="7", **e()),
        {WS_S: (-200, -100, 0, -700), "lot/LGES/in transit 7/S": (200, 100, 0, 700)},
    ),
    "arrive with a loss": (
        [SHIP],
        b.Arrive(lot="S", consignment="7", site="REF", mass_kg=kg(960), **e()),
        {
            "lot/LGES/in transit 7/S": (-200, -100, 0, -700),
            "lot/LGES/REF/S": (192, 96, 0, 672),
            "unaccounted/LGES/in transit 7/": (8, 4, 0, 28),
        },
    ),
    "arrive with a gain, on hold": (
        [SHIP, HOLD],
        b.Arrive(lot="S", consignment="7", site="REF", mass_kg=kg(1010), **e()),
        {
            "lot/LGES/in transit 7/S": (-200, -100, 0, -700),
            "lot/LGES/REF/S": (202, 101, 0, 707),
            "unaccounted/LGES/in transit 7/": (-2, -1, 0, -7),
        },
    ),
    "arrive with nothing: the consignment is lost": (
        [SHIP],
        b.Arrive(lot="S", consignment="7", site="REF", mass_kg=0, **e()),
        {
            "lot/LGES/in transit 7/S": (-200, -100, 0, -700),
            "unaccounted/LGES/in transit 7/": (200, 100, 0, 700),
        },
    ),
    "deliver": (
        [BLEND],
        b.Deliver(lot="B", site="WS", customer="Cust", **e()),
        {
            "lot/GMBI/WS/B": (-200, 0, 0, -300),
            "lot/LGES/WS/B": (-200, -100, 0, -700),
            "customer/Cust//": (400, 100, 0, 1000),
        },
    ),
    "goods come back, all of them": (
        [BLEND, DELIVER],
        b.ReturnGoods(**{**RETURN, "mass_kg": None}, **e()),
        {"lot/GMBI/REF/R": (400, 100, 0, 1000), "customer/Cust//": (-400, -100, 0, -1000)},
    ),
    "goods come back, a part of them": (
        [BLEND, DELIVER],
        b.ReturnGoods(**RETURN, **e()),
        {"lot/GMBI/REF/R": (120, 30, 0, 300), "customer/Cust//": (-120, -30, 0, -300)},
    ),
    "transfer of all title, on hold": (
        [HOLD],
        b.TransferTitle(lot="S", seller="LGES", buyer="GMBI", **e()),
        {WS_S: (-200, -100, 0, -700), "lot/GMBI/WS/S": (200, 100, 0, 700)},
    ),
    "transfer of some title, on the road": (
        [SHIP],
        b.TransferTitle(lot="S", seller="LGES", buyer="GMBI", mass_kg=kg(500), **e()),
        {
            "lot/LGES/in transit 7/S": (-100, -50, 0, -350),
            "lot/GMBI/in transit 7/S": (100, 50, 0, 350),
        },
    ),
    "stock-take: less": (
        [],
        b.StockTake(lot="G", site="WS", counted_kg=kg(490), **e()),
        {WS_G: (-4, 0, 0, -6), "stock-take/GMBI/WS/": (4, 0, 0, 6)},
    ),
    "stock-take: more": (
        [],
        b.StockTake(lot="G", site="WS", counted_kg=kg(505), **e()),
        {WS_G: (2, 0, 0, 3), "stock-take/GMBI/WS/": (-2, 0, 0, -3)},
    ),
    "stock-take: gone": (
        [],
        b.StockTake(lot="G", site="WS", counted_kg=0, **e()),
        {WS_G: (-200, 0, 0, -300), "stock-take/GMBI/WS/": (200, 0, 0, 300)},
    ),
    "dispose of a part as waste": (
        [],
        b.Dispose(lot="G", site="WS", mass_kg=kg(5), **e()),
        {WS_G: (-2, 0, 0, -3), "waste/GMBI/WS/": (2, 0, 0, 3)},
    ),
    "dispose of all as emission": (
        [],
        b.Dispose(lot="G", site="WS", way="emission", **e()),
        {WS_G: (-200, 0, 0, -300), "emission/GMBI/WS/": (200, 0, 0, 300)},
    ),
    "reverse": (
        [SPLIT],
        b.Reverse(event="split", reason="the wrong lot", **e()),
        {WS_S: (67, 33, 0, 233), "lot/LGES/WS/S1": (-67, -33, 0, -233)},
    ),
    "reverse: what depended on it was reversed first": (
        [SPLIT, SHIP, b.Reverse(event="ship", reason="", **e("r"))],
        b.Reverse(event="split", reason="the wrong lot", **e()),
        {WS_S: (67, 33, 0, 233), "lot/LGES/WS/S1": (-67, -33, 0, -233)},
    ),
    "reverse: an assay that moved nothing": (
        [b.Assay(lot="S", stage="final", basis="as received", shares={"Ni": "0.2"}, **e("a"))],
        b.Reverse(event="a", reason="another lot's sample", **e()),
        {},
    ),
    "reverse into the open period": (
        [OPEN, b.Dispose(lot="G", site="WS", mass_kg=kg(5), **e("d", IN_FEB)), CLOSE],
        b.Reverse(event="d", reason="was not disposed of", **e(document="corrects February")),
        {WS_G: (2, 0, 0, 3), "waste/GMBI/WS/": (-2, 0, 0, -3)},
    ),
    "a new substance, then an older event reversed": (
        [
            SPLIT,
            b.AddSubstance(substance="Zn", **e("zn")),
            b.Receive(
                lot="Z", owner="LGES", mass_kg=kg(10), shares={"Zn": ".5"}, **RECEIVE, **e("z")
            ),
        ],
        b.Reverse(event="split", reason="", **e()),
        {WS_S: (67, 33, 0, 233, 0), "lot/LGES/WS/S1": (-67, -33, 0, -233, 0)},
    ),
    "move: inside a site no matter moves": (
        [b.RegisterLocation(location="Bay 3", site="WS", **e("bay"))],
        b.Move(lot="S", from_site="WS", to_site="WS", to_location="Bay 3", **e()),
        {},
    ),
    "weigh: the stored tare of the vehicle counts": (
        [
            b.RegisterVehicle(vehicle="T-7", tare_kg=kg(900), **e("v")),
            b.TareVehicle(vehicle="T-7", tare_kg=kg(1010), **e("tare")),
        ],
        b.Weigh(lot="S", ticket="T", gross_kg=kg(2000), vehicle="T-7", **e()),
        {WS_S: (-2, -1, 0, -7), "reassay/LGES/WS/": (2, 1, 0, 7)},
    ),
    "change-period: nothing moves": (
        [b.OpenPeriod(period="Feb", start=T - timedelta(days=38), end=T, **e("o"))],
        b.ChangePeriod(
            period="Feb", start=T - timedelta(days=38), end=T - timedelta(days=9), **e()
        ),
        {},
    ),
    "a new substance, then assayed": (
        [b.AddSubstance(substance="Zn", **e("zn"))],
        b.Assay(lot="S", stage="final", basis="as received", shares={"Zn": "0.5"}, **e()),
        {WS_S: (-100, -50, 0, -350, 500), "reassay/LGES/WS/": (100, 50, 0, 350, -500)},
    ),
    "a limit that is just kept": (
        [],
        b.Receive(
            lot="N",
            owner="LGES",
            mass_kg=kg(2000),
            shares={},
            **(RECEIVE | {"material": "BM"}),
            **e(),
        ),
        {"lot/LGES/WS/N": (0, 0, 0, 2000), "supplier/Sup//": (0, 0, 0, -2000)},
    ),
    "a limit binds one site": (
        [],
        b.Receive(
            lot="N",
            owner="LGES",
            mass_kg=kg(2001),
            shares={},
            **(RECEIVE | {"material": "BM", "site": "REF"}),
            **e(),
        ),
        {"lot/LGES/REF/N": (0, 0, 0, 2001), "supplier/Sup//": (0, 0, 0, -2001)},
    ),
    "just before and at the end of a closed period": (
        [OPEN, CLOSE],
        b.Hold(lot="S", reason="wet", **e(at=T - timedelta(days=9))),
        {},
    ),
}


@pytest.mark.parametrize("case", RIGHT.values(), ids=RIGHT.keys())
@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in a batch"])
def test_right_use(book: b.Book, case: Any, together: bool) -> None:
    before, command, expected = case
    if together:
        book.post([*before, command])
    else:
        for one in (*before, command):
            book.post(one)
    assert legs(book.event("it")) == expected


def test_every_command_is_used_rightly() -> None:
    used = {type(c) for before, command, _ in RIGHT.values() for c in (*WORLD, *before, command)}
    assert used | {b.MarkModelled, b.Release} == set(b.COMMANDS.values())


# --- retries, new books ---------------------------------------------------------------------------


def test_a_retry_gets_its_first_number(book: b.Book) -> None:
    (first,) = book.post(SPLIT)
    book.post(SHIP)
    assert book.post([SPLIT, HOLD, SPLIT, HOLD])[0] == b.Receipt("split", first.number, again=True)
    assert [r.again for r in book.post([SPLIT, HOLD])] == [True, True]
    assert first == b.Receipt("split", len(WORLD) + 1, again=False)


@pytest.mark.parametrize(
    "command",
    [
        b.Split(lot="S", parts_kg={"S1": kg(334)}, **e("split")),
        b.Hold(lot="S", reason="", **e("split")),
        b.Split(lot="S", parts_kg={"S1": kg(333)}, **e("split", T + timedelta(seconds=1))),
    ],
)
def test_a_key_means_one_command(book: b.Book, command: b.Command) -> None:
    book.post(SPLIT)
    with pytest.raises(InputError, match="a new command needs a new key"):
        book.post(command)


def test_the_same_moment_in_another_zone_is_the_same_command(book: b.Book) -> None:
    from zoneinfo import ZoneInfo

    book.post(SPLIT)
    there = b.Split(
        lot="S", parts_kg={"S1": kg(333)}, **e("split", T.astimezone(ZoneInfo("Asia/Tokyo")))
    )
    assert book.post(there)[0].again


@pytest.mark.parametrize(
    ("substances", "told"),
    [
        (("Ni",), "other, for what has no column"),
        (("Ni", "ni", "other"), "ni, there is Ni"),
        (("Ni", "Ni", "other"), "Ni, there is Ni"),
        (('a"; --', "other"), "letters and digits"),
        (("", "other"), "letters and digits"),
        (("x" * 41, "other"), "letters and digits"),
    ],
)
def test_a_new_book_needs_substances_that_can_be_told_apart(
    tmp_path: Path, substances: tuple[str, ...], told: str
) -> None:
    with pytest.raises(InputError, match=told):
        b.Book(tmp_path / "b.sqlite", create=True, substances=substances)
    assert not list(tmp_path.iterdir())


def test_moisture_needs_a_book_that_knows_water(tmp_path: Path) -> None:
    with b.Book(tmp_path / "b.sqlite", create=True, substances=("Ni", "Co", "other")) as dry:
        dry.post(WORLD)
        with pytest.raises(InputError, match="H2O is not a substance of the book"):
            dry.post(
                b.Assay(
                    lot="S", stage="final", basis="dry", moisture=0.1, shares={"Ni": 0.5}, **e()
                )
            )
