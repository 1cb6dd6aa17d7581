"""Books that nobody wrote, for the trace: lots cut, joined, run, returned, corrected, restated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from loopbook import book as c
from loopbook.book.nouns import mass
from loopbook.errors import InputError
from support import world
from support.shelves import Shelf

BEGIN = world.START
SUBSTANCES = ("Ni", "Li", "other")
PARTIES = ("LGES", "GMBI", 'O\'Neill & "Söhne" 100%')
SITES = ("works", "refinery _%")
MATERIALS = ("scrap", "black mass", "salt")
ODD = (
    "S",
    "S",
    "S",
    "lot ",
    "100%",
    "_",
    "O'x",
    'q"',
    "Ж",
    "🙂",
    "a\\b",
    "?",
    "{}",
    "x\ny",
    "supplier",
    "NULL",
    "\u00e9",
    "e\u0301",
)


class Desk(world.Desk):
    """A desk with odd names of parties and sites."""

    def __init__(self, shelf: Shelf, substances: Sequence[str] = SUBSTANCES) -> None:
        super().__init__(shelf, substances, parties=PARTIES, sites=SITES, materials=MATERIALS)


@dataclass
class Maker:
    """Tells a book random things; what it refuses is left out.

    Dates rise on each lot and not from lot to lot, so that the order in which things happened is
    another one than that in which the book learned of them.
    """

    desk: Desk
    seed: int
    draw: random.Random = field(init=False)
    lots: list[str] = field(default_factory=list)
    dates: dict[str, datetime] = field(default_factory=dict)
    events: list[tuple[str, list[str]]] = field(default_factory=list)
    told: dict[str, c.Command] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def tell(self, kind: type[c.Command], lots: Sequence[str], **fields: Any) -> bool:
        """Post a command on lots, old and new; whether the book took it."""
        draw = self.draw
        first = BEGIN + timedelta(minutes=draw.randrange(500_000))
        when = max((self.dates[x] for x in lots if x in self.dates), default=first)
        when += timedelta(minutes=draw.choice((0, 1, 600)))
        command = kind(**self.desk(when), **fields)
        try:
            self.desk.book.post(command)
        except InputError:
            return False
        self.told[command.key] = command
        self.events.append((command.key, list(lots)))
        for lot in lots:
            if lot not in self.dates:
                self.lots.append(lot)
            self.dates[lot] = when
        return True

    def name(self) -> str:
        return f"{self.draw.choice(ODD)}{self.desk.count}"

    def shares(self) -> dict[str, str]:
        ni = self.draw.choice((0, 0.2, self.draw.uniform(0, 0.6)))
        return {"Ni": f"{ni:.4f}", "Li": f"{self.draw.choice((0, 0.1, 0.3999)):.4f}"}

    def some(self) -> str:
        """A lot; rather a young one, and rather one with something in it."""
        lot = "none"
        for _ in range(3 if self.lots else 0):
            lot = self.draw.choice(self.lots if self.draw.random() < 0.2 else self.lots[-12:])
            if self.desk.book.balances(lot=lot):
                break
        return lot

    def site_of(self, lot: str) -> tuple[str, int]:
        """Where most of a lot lies, and how many mg of it."""
        there: dict[str, int] = {}
        for account, content in self.desk.book.balances(lot=lot).items():
            there[account.site] = there.get(account.site, 0) + mass(content)
        return max(there.items(), key=lambda x: x[1], default=("works", 0))

    def kg(self, mg: int, least: float = 0.0) -> str:
        """A part of a mass."""
        return f"{mg * self.draw.choice((1, 0.5, self.draw.uniform(least, 1))) / 1e6:.6f}"

    def one(self) -> None:
        draw = self.draw
        lot, new = self.some(), self.name()
        site, there = self.site_of(lot)
        acts = (
            (14, self.receive),
            (9, self.blend),
            (9, self.split),
            (4, self.sample),
            (14, self.process),
            (4, self.weigh),
            (7, self.assay),
            (4, self.stock_take),
            (4, self.carry),
            (4, self.title),
            (3, self.dispose),
            (2, self.deliver),
            (6, self.reverse),
        )
        act = draw.choices([x for _, x in acts], [x for x, _ in acts])[0]
        act(lot, new, site, there)

    def receive(self, lot: str, new: str, site: str, there: int) -> None:
        kg = self.draw.choice(("0.000003", "1", f"{self.draw.uniform(0.01, 900):.6f}"))
        self.tell(
            c.Receive,
            [new],
            lot=new,
            mass_kg=kg,
            shares=self.shares(),
            supplier=self.draw.choice(PARTIES),
            owner=self.draw.choice(PARTIES),
            material=self.draw.choice(MATERIALS),
            site=self.draw.choice(SITES),
        )

    def inputs(self, lot: str, site: str) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for other in (lot, *(self.some() for _ in range(self.draw.choice((0, 1, 2, 6))))):
            place, there = self.site_of(other)
            if place == site and there:
                found[other] = None if self.draw.random() < 0.6 else self.kg(there)
        return found

    def blend(self, lot: str, new: str, site: str, there: int) -> None:
        inputs = self.inputs(lot, site)
        self.tell(c.Blend, [*inputs, new], inputs_kg=inputs, site=site, lot=new, material="scrap")

    def split(self, lot: str, new: str, site: str, there: int) -> None:
        count = self.draw.choice((1, 1, 2, 2, 12))
        parts = {f"{new}-{k}": self.kg(there // (count + 1)) for k in range(count)}
        self.tell(c.Split, [lot, *parts], lot=lot, parts_kg=parts)

    def sample(self, lot: str, new: str, site: str, there: int) -> None:
        self.tell(c.Sample, [lot, new], lot=lot, sample=new, mass_kg=self.kg(there // 20))

    def process(self, lot: str, new: str, site: str, there: int) -> None:
        """A run; what it makes may hold metal that no input had."""
        draw, inputs = self.draw, self.inputs(lot, site)
        whole = sum(
            self.site_of(x)[1] if kg is None else int(float(kg) * 1e6) for x, kg in inputs.items()
        )
        count = draw.choice((1, 1, 2, 3))
        fraction = draw.choice((1.004, 1.0, 0.9, draw.uniform(0.01, 1))) / (count * 1e6)
        outputs = [
            c.Output(f"{new}.{k}", draw.choice(MATERIALS), f"{whole * fraction:.6f}", self.shares())
            for k in range(count)
        ]
        lost = {"Ni": "0.000002"} if draw.random() < 0.3 else {}
        waste = {"other": f"{whole * 1e-8:.6f}"} if draw.random() < 0.3 else {}
        self.tell(
            c.Process,
            [*inputs, *(x.lot for x in outputs)],
            run=new,
            site=site,
            inputs_kg=inputs,
            outputs=outputs,
            emissions_kg=lost,
            waste_kg=waste,
            share_by=draw.choice(("substance", "mass")),
        )

    def weigh(self, lot: str, new: str, site: str, there: int) -> None:
        gross = f"{there * self.draw.uniform(0.8, 1.2) / 1e6:.6f}"
        self.tell(c.Weigh, [lot], lot=lot, ticket=new, gross_kg=gross, tare_kg=0)

    def assay(self, lot: str, new: str, site: str, there: int) -> None:
        self.tell(c.Assay, [lot], lot=lot, stage="final", basis="as received", shares=self.shares())

    def stock_take(self, lot: str, new: str, site: str, there: int) -> None:
        counted = there * self.draw.choice((0, 1, 1.1, 0.9, 0.9)) / 1e6
        self.tell(c.StockTake, [lot], lot=lot, site=site, counted_kg=f"{counted:.6f}")

    def carry(self, lot: str, new: str, site: str, there: int) -> None:
        """Move, or ship and arrive with more or less."""
        other = self.draw.choice([s for s in SITES if s != site])
        if self.draw.random() < 0.3:
            self.tell(c.Move, [lot], lot=lot, from_site=site, to_site=other)
            return
        self.tell(c.Ship, [lot], lot=lot, from_site=site, consignment=f"N {new}".strip())
        place, there = self.site_of(lot)
        road = place.removeprefix("in transit ")
        kg = f"{there * self.draw.choice((1, 0.99, 1.01, self.draw.uniform(0, 1))) / 1e6:.6f}"
        self.tell(c.Arrive, [lot], lot=lot, consignment=road, site=other, mass_kg=kg)

    def title(self, lot: str, new: str, site: str, there: int) -> None:
        sellers = {a.party for a in self.desk.book.balances(lot=lot)} or {"LGES"}
        kg = None if self.draw.random() < 0.5 else self.kg(there)
        seller, buyer = self.draw.choice(sorted(sellers)), self.draw.choice(PARTIES)
        self.tell(c.TransferTitle, [lot], lot=lot, seller=seller, buyer=buyer, mass_kg=kg)

    def dispose(self, lot: str, new: str, site: str, there: int) -> None:
        way = self.draw.choice(("waste", "emission"))
        self.tell(c.Dispose, [lot], lot=lot, site=site, way=way, mass_kg=self.kg(there))

    def deliver(self, lot: str, new: str, site: str, there: int) -> None:
        customer = self.draw.choice(PARTIES)
        self.tell(c.Deliver, [lot], lot=lot, site=site, customer=customer)

    def reverse(self, lot: str, new: str, site: str, there: int) -> None:
        if self.events:
            recent = self.events[-min(len(self.events), self.draw.choice((1, 3, 20))) :]
            key, lots = self.draw.choice(recent)
            self.tell(c.Reverse, lots, event=key, reason="a mistake")


def a_book(shelf: Shelf, seed: int, count: int, *, add_at: int | None = None) -> Desk:
    """A book of random events.

    Parameters
    ----------
    count : how many events are tried; half of them or more are taken.
    add_at : after how many of them copper is tracked separately.
    """
    desk = Desk(shelf)
    maker = Maker(desk, seed)
    for k in range(count):
        if k == add_at:
            desk.add_substance("Cu")
        maker.one()
    return desk
