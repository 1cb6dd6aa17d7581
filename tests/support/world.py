"""The tests' world: envelopes of commands, names that a book needs first, and a desk that posts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from loopbook.book import (
    AddSubstance,
    Book,
    Command,
    Output,
    Process,
    Receive,
    RegisterMaterial,
    RegisterParty,
    RegisterSite,
)
from loopbook.book.nouns import mass
from support.shelves import Shelf

START = datetime(2026, 3, 1, tzinfo=UTC)
T = datetime(2026, 3, 10, 8, tzinfo=UTC)
DAY = 86_400_000_000
"""Microseconds of a day."""


def us(moment: datetime) -> int:
    """Microseconds since 1970 UTC."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def envelope(
    key: str = "it", at: datetime = T, *, minutes: float = 0, **more: Any
) -> dict[str, Any]:
    """The fields that every command has."""
    return {"key": key, "actor": "amy", "occurred_at": at + timedelta(minutes=minutes), **more}


class Envelopes:
    """Envelopes, each a minute after the last one, and the clock of the book that they go to.

    Parameters
    ----------
    start : a minute before the first one.
    days : after `start`, at which the clock begins; each look at it takes a second.
    """

    def __init__(self, start: datetime = START, days: float = 40) -> None:
        self.start, self.count = start, 0
        self.now = us(start + timedelta(days=days))

    def __call__(self, at: datetime | float | None = None, key: str = "") -> dict[str, Any]:
        """The next envelope; `at` is its moment, or days after the start."""
        self.count += 1
        days = at if isinstance(at, (int, float)) else self.count / 1440
        moment = at if isinstance(at, datetime) else self.start + timedelta(days=days)
        self.now = max(self.now, us(moment))
        return envelope(key or f"k{self.count}", moment)

    def clock(self) -> int:
        """The clock of the book, microseconds since 1970 UTC."""
        self.now += 1_000_000
        return self.now


def nouns(
    envelope: Envelopes,
    parties: Iterable[str],
    sites: Mapping[str, Mapping[str, float]],
    materials: Mapping[str, str],
) -> list[Command]:
    """Commands that register parties, sites with limits (kg), and materials with hazards."""
    return [
        *(RegisterParty(party=party, **envelope()) for party in parties),
        *(RegisterSite(site=s, limits_kg=limits, **envelope()) for s, limits in sites.items()),
        *(RegisterMaterial(material=m, hazard=h, **envelope()) for m, h in materials.items()),
    ]


class Desk(Envelopes):
    """A book with its clock, and short calls that post to it.

    Parameters
    ----------
    parties, sites, materials : registered at first.
    """

    def __init__(
        self,
        shelf: Shelf,
        substances: Sequence[str] = ("Ni", "Li", "other"),
        *,
        parties: Sequence[str] = ("LGES", "GMBI"),
        sites: Sequence[str] = ("works",),
        materials: Sequence[str] = ("scrap", "black mass", "salt"),
        start: datetime = START,
        days: float = 400,
    ) -> None:
        super().__init__(start, days)
        self.shelf = shelf
        self.book: Book = shelf.new(substances=substances, clock=self.clock)
        if shelf.kind == "sqlite":
            self.book.store.rows("PRAGMA synchronous = OFF")  # these books need not outlive us
        names = {site: {} for site in sites}, dict.fromkeys(materials, "")
        self.book.post(nouns(self, parties, *names))

    def last(self) -> int:
        """When the last event happened, microseconds since 1970 UTC."""
        return us(self.start + timedelta(days=self.count / 1440))

    def post(
        self, kind: type[Command], at: datetime | float | None = None, key: str = "", **fields: Any
    ) -> str:
        """Post a command; its key."""
        command = kind(**self(at, key), **fields)
        self.book.post(command)
        return command.key

    def add_substance(self, substance: str) -> None:
        """Track a substance that was in ``other`` until now; only the book's owner may."""
        with self.shelf.as_owner(clock=self.clock) as owner:
            owner.post(AddSubstance(substance=substance, **self()))

    def receive(
        self, lot: str, kg: Any, shares: Any = None, at: float | None = None, **more: Any
    ) -> str:
        """Scrap from LGES at the works, unless `more` has other fields."""
        usual = {"material": "scrap", "supplier": "LGES", "owner": "LGES", "site": "works"}
        return self.post(Receive, at, lot=lot, mass_kg=kg, shares=shares or {}, **{**usual, **more})

    def run(self, name: str, inputs: Any, outputs: Any, **more: Any) -> str:
        """A run at the works; `outputs` are name, kg, shares."""
        made = [Output(lot, "salt", kg, shares) for lot, kg, shares in outputs]
        usual = {"site": "works", "inputs_kg": inputs, "outputs": made}
        return self.post(Process, run=name, **{**usual, **more})


def balances_kg(book: Book) -> dict[str, float]:
    """Mass of each account, by its short text."""
    return {str(a): mass(x) / 1e6 for a, x in book.balances().items() if mass(x)}
