"""Books for the tests of statements: one written by hand, and ones that nobody wrote."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.commands.draft import microseconds
from loopbook.book.nouns import Account, Content, Event, add, zero
from loopbook.book.statement.statement import Statement, metal_statement
from loopbook.errors import InputError
from support import world
from support.shelves import Shelf
from support.world import DAY

SUBSTANCES = ("Ni", "Li", "other")
START = datetime(2026, 2, 1, tzinfo=UTC)
END = datetime(2026, 3, 1, tzinfo=UTC)


class Desk(world.Desk):
    """A desk at a plant in February, and its statements."""

    def __init__(self, shelf: Shelf) -> None:
        super().__init__(
            shelf,
            SUBSTANCES,
            parties=("LGES", "GMBI", "smelter"),
            sites=("plant", "refinery"),
            materials=("scrap", "black mass"),
            start=START,
            days=0,
        )

    def state(self, **asked: Any) -> Statement:
        return metal_statement(self.book, **{"start": START, "end": END, **asked})


class Maker:
    """Writes a random month into a book; what the book refuses is left out."""

    def __init__(self, desk: Desk, seed: int) -> None:
        self.desk, self.draw = desk, random.Random(seed)
        self.lots: list[str] = []
        self.events: list[str] = []

    def attempt(self, kind: type[c.Command], **fields: Any) -> bool:
        day = self.draw.uniform(0, 45)
        self.desk.now += self.draw.randrange(3_600_000_000)
        command = kind(**self.desk(min(day, self.day())), **fields)
        try:
            self.desk.book.post(command)
        except InputError:
            return False
        self.events.append(command.key)
        return True

    def day(self) -> float:
        return (self.desk.now - microseconds(START)) / DAY

    def name(self) -> str:
        return f"lot{self.desk.count}"

    def shares(self) -> dict[str, str]:
        ni = self.draw.uniform(0, 0.6)
        return {"Ni": f"{ni:.4f}", "Li": f"{self.draw.uniform(0, 0.9 - ni):.4f}"}

    def some(self) -> str:
        return self.draw.choice(self.lots[-8:]) if self.lots else "none"

    def one(self) -> None:
        draw, lot, new = self.draw, self.some(), self.name()
        party, site = draw.choice(("LGES", "GMBI")), draw.choice(("plant", "refinery"))
        where = {a.site for a in self.desk.book.balances(lot=lot)} or {"plant"}
        here = sorted(where)[0]
        road = here.removeprefix("in transit ")
        kg = f"{draw.uniform(1, 900):.3f}"
        match draw.randrange(15):
            case 0 | 1 | 2:
                made = self.attempt(
                    c.Receive,
                    lot=new,
                    material="scrap",
                    supplier="LGES",
                    owner=party,
                    site=site,
                    mass_kg=kg,
                    shares=self.shares(),
                )
            case 3:
                tare = draw.uniform(1, 50)
                made = self.attempt(
                    c.Weigh,
                    lot=lot,
                    ticket=new,
                    gross_kg=f"{tare + float(kg):.3f}",
                    tare_kg=f"{tare:.3f}",
                    uncertainty_kg="0.5",
                    scale=draw.choice("WV"),
                )
                new = ""
            case 4 | 5:
                made, new = (
                    self.attempt(
                        c.Assay,
                        lot=lot,
                        stage="provisional",
                        basis="as received",
                        shares=self.shares(),
                        uncertainty={"Ni": "0.002"},
                        laboratory="P",
                    ),
                    "",
                )
            case 6:
                made = self.attempt(c.Sample, lot=lot, sample=new, mass_kg="0.5")
            case 7:
                made = self.attempt(
                    c.Blend,
                    inputs_kg={lot: None, self.some(): None},
                    site=here,
                    lot=new,
                    material="scrap",
                )
            case 8 | 9:
                total = sum(sum(x) for a, x in self.desk.book.balances(lot=lot).items())
                made = self.attempt(
                    c.Process,
                    run=new,
                    site=here,
                    inputs_kg={lot: None},
                    outputs=[c.Output(new, "black mass", f"{0.7e-6 * total:.3f}", self.shares())],
                    emissions_kg={"other": f"{0.1e-6 * total:.3f}"},
                )
            case 10:
                made = self.attempt(c.Ship, lot=lot, from_site=here, consignment=f"C{new}")
                new = ""
            case 11 | 12:
                afloat = [a for a in self.desk.book.balances() if a.site.startswith("in transit ")]
                if afloat:
                    lot, road = afloat[0].lot, afloat[0].site.removeprefix("in transit ")
                made = self.attempt(c.Arrive, lot=lot, consignment=road, site=site, mass_kg=kg)
                new = ""
            case 13:
                made, new = (
                    self.attempt(
                        c.TransferTitle,
                        lot=lot,
                        seller=party,
                        buyer="LGES" if party == "GMBI" else "GMBI",
                        mass_kg=draw.choice((None, "5")),
                    ),
                    "",
                )
            case _:
                made, new = self.ending(lot, here, kg), ""
        if made and new:
            self.lots.append(new)

    def ending(self, lot: str, site: str, kg: str) -> bool:
        match self.draw.randrange(5):
            case 0:
                return self.attempt(c.Deliver, lot=lot, site=site, customer="smelter")
            case 1:
                return self.attempt(c.Dispose, lot=lot, site=site, mass_kg="1")
            case 2:
                return self.attempt(c.StockTake, lot=lot, site=site, counted_kg=kg)
            case 3:
                target = "plant" if site == "refinery" else "refinery"
                return self.attempt(c.Move, lot=lot, from_site=site, to_site=target)
        event = self.draw.choice(self.events) if self.events else "none"
        return self.attempt(c.Reverse, event=event, reason="test")


def a_book(shelf: Shelf, seed: int, count: int = 90) -> Desk:
    """A random month with its period open, and half of the time closed in between."""
    desk = Desk(shelf)
    span = {"start": START, "end": START + timedelta(days=20)}
    desk.post(c.OpenPeriod, 0, period="first", **span)
    maker = Maker(desk, seed)
    desk.now += 20 * DAY
    for _ in range(count):
        maker.one()
    if seed % 2:
        desk.book.post(c.ClosePeriod(**desk(22), period="first"))
        for _ in range(count // 2):
            maker.one()
    return desk


def events_of(book: Book) -> list[Event]:
    """Every event, in order of recording."""
    return [book.event(key) for (key,) in book.store.rows("SELECT key FROM event ORDER BY id")]


def brute(events: list[Event], before: int | None, known: int | None) -> dict[Account, Content]:
    """What lies on each account, by adding up events."""
    held: dict[Account, Content] = {}
    for event in events:
        if before is not None and event.occurred_at >= before:
            continue
        if known is not None and event.recorded_at > known:
            continue
        for leg in event.legs:
            old = held.get(leg.account, zero(len(SUBSTANCES)))
            held[leg.account] = add(old, leg.content)
    return {a: x for a, x in held.items() if any(x)}
