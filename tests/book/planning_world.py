"""The world of the planning tests: a book of four substances in whole milligrams.

Lot S is 1,000 mg of LGES, lot G 500 mg of GMBI, both at the works since January; the works may hold 2,000 mg of
black mass, the refinery as much as it likes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from loopbook import book as b
from support.world import T
from support.world import envelope as e

NOW_US = 1_775_000_000_000_000  # 31 March 2026
SUBSTANCES = ("Ni", "Co", "H2O", "other")


def kg(mg: int) -> str:
    return f"{mg / 1e6:.6f}"


MADE = T - timedelta(days=60)
RECEIVE = {"material": "scrap", "supplier": "Sup", "site": "WS"}
WORLD = [
    *(b.RegisterParty(party=p, **e(p)) for p in ("LGES", "GMBI", "Sup", "Cust")),
    b.RegisterSite(site="WS", limits_kg={"bm": kg(2000)}, **e("WS")),
    b.RegisterSite(site="REF", **e("REF")),
    b.RegisterMaterial(material="scrap", **e("scrap")),
    b.RegisterMaterial(material="BM", hazard="bm", **e("BM")),
    b.Receive(
        lot="S",
        owner="LGES",
        mass_kg=kg(1000),
        shares={"Ni": ".2", "Co": ".1"},
        **RECEIVE,
        **e("S", MADE),
    ),
    b.Receive(
        lot="G", owner="GMBI", mass_kg=kg(500), shares={"Ni": ".4"}, **RECEIVE, **e("G", MADE)
    ),
]
OPEN = b.OpenPeriod(period="Feb", start=T - timedelta(days=38), end=T - timedelta(days=9), **e("o"))
CLOSE = b.ClosePeriod(period="Feb", **e("c"))
IN_FEB = T - timedelta(days=20)
HOLD = b.Hold(lot="S", reason="wet", **e("hold"))
BLEND = b.Blend(
    inputs_kg={"S": None, "G": None}, site="WS", lot="B", material="scrap", **e("blend")
)
DELIVER = b.Deliver(lot="B", site="WS", customer="Cust", **e("deliver"))
RETURN = {
    "lot": "B",
    "customer": "Cust",
    "new_lot": "R",
    "owner": "GMBI",
    "site": "REF",
    "mass_kg": kg(450),
}
SHIP = b.Ship(lot="S", from_site="WS", consignment="7", **e("ship"))
SPLIT = b.Split(lot="S", parts_kg={"S1": kg(333)}, **e("split"))


@cache
def template() -> bytes:
    """The file of the world, made once."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "world.sqlite"
        with b.Book(path, create=True, substances=SUBSTANCES, clock=lambda: NOW_US) as it:
            it.post(WORLD)
        return path.read_bytes()


@contextmanager
def world(path: Path) -> Iterator[b.Book]:
    """The book before a test; after it, what verify says must be clean."""
    path.write_bytes(template())
    with b.Book(path, clock=lambda: NOW_US) as it:
        it.store.rows("PRAGMA synchronous = OFF")  # durability has its own tests
        yield it
        assert b.verify(it).clean
