"""Commands for the tests that run on both stores, with envelopes a minute apart and a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from loopbook import book as c
from loopbook.book.book import Book
from loopbook.book.nouns import mass

START = datetime(2026, 3, 1, tzinfo=UTC)
SUBSTANCES = ("Ni", "Cu", "C", "H2O", "other")


class Told:
    """Envelopes of commands, a minute apart, and a clock that the test sets."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self.now = START + timedelta(days=40)

    def __call__(self, day: float | None = None) -> dict[str, Any]:
        n = next(self._numbers)
        moment = START + (timedelta(minutes=n) if day is None else timedelta(days=day))
        return {"key": f"k{n}", "actor": "amy", "occurred_at": moment}

    def clock(self) -> int:
        self.now += timedelta(seconds=1)
        return int(self.now.timestamp() * 1e6)


def nouns(told: Told) -> list[c.Command]:
    return [
        *(c.RegisterParty(party=p, **told()) for p in ("LGES", "GMBI", "REFINER")),
        c.RegisterSite(site="WS", limits_kg={"black mass": 5000}, **told()),
        c.RegisterSite(site="REF", **told()),
        c.RegisterMaterial(material="scrap", **told()),
        c.RegisterMaterial(material="BM", hazard="black mass", **told()),
    ]


def receive(told: Told, lot: str, kg: int = 1000, owner: str = "LGES", **more: Any) -> c.Receive:
    given = {"material": "scrap", "supplier": "LGES", "site": "WS", "shares": {"Ni": "0.2"}}
    return c.Receive(lot=lot, owner=owner, mass_kg=kg, **{**given, **more}, **told())


def kg(book: Book) -> dict[str, float]:
    """Mass of each account, as short text."""
    return {str(a): mass(x) / 1e6 for a, x in book.balances().items() if mass(x)}
