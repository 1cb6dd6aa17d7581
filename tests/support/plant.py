"""A book of two parties and two sites, and short calls that report to it by days of March."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import pytest

from loopbook import book as b
from loopbook.errors import InputError
from support.shelves import Shelf
from support.world import DAY, Envelopes, us


class Plant:
    """A book of two parties and two sites, and short calls that report to it."""

    def __init__(self, shelf: Shelf) -> None:
        self.envelope = Envelopes(datetime(2026, 3, 1, tzinfo=UTC))
        self.book = shelf.new(substances=("Ni", "Co", "other"), clock=self.envelope.clock)
        nouns = ("foil", "black mass")
        self.post(0, *[partial(b.RegisterParty, party=p) for p in "AB"])
        self.post(0, *[partial(b.RegisterSite, site=s) for s in "WR"])
        self.post(0, *[partial(b.RegisterMaterial, material=m) for m in nouns])

    def post(self, day: float, *commands: Callable[..., b.Command], key: str = "") -> None:
        """Report what happened on a day of March."""
        self.book.post([c(**self.envelope(day - 1, key)) for c in commands])

    def receive(
        self,
        day: float,
        lot: str,
        kg: float,
        key: str = "",
        material: str = "foil",
        site: str = "W",
        **shares: str,
    ) -> None:
        place = {"supplier": "A", "owner": "A", "site": site, "material": material}
        self.post(day, partial(b.Receive, lot=lot, mass_kg=kg, shares=shares, **place), key=key)

    def weigh(self, day: float, lot: str, kg: float, key: str = "") -> None:
        scale = {"ticket": "T", "gross_kg": kg + 15_000, "tare_kg": 15_000}
        self.post(day, partial(b.Weigh, lot=lot, **scale), key=key)

    def kg(self, of: str, substance: str = "", day: float | None = None) -> float:
        """What a lot, or a kind of boundary, has at the end of a day of March."""
        at = None if day is None else us(self.envelope.start) + round(day * DAY) - 1
        place = None if not substance else self.book.substances.index(substance)
        return sum(
            (sum(x) if place is None else x[place]) / 1e6
            for a, x in self.book.balances(occurred=at).items()
            if of in (a.lot, a.kind)
        )

    def refused(self, day: float, command: Callable[..., b.Command]) -> str:
        """What the one finding says."""
        with pytest.raises(InputError) as caught:
            self.post(day, command)
        (finding,) = caught.value.findings
        return str(finding)
