"""A book of scrap and black mass at two sites, for the tests that run on both stores."""

from __future__ import annotations

from typing import Any

from loopbook.book import Command, Receive
from support import world
from support.world import Envelopes

SUBSTANCES = ("Ni", "Cu", "C", "H2O", "other")
PARTIES = ("LGES", "GMBI", "REFINER")
SITES = {"WS": {"black mass": 5000}, "REF": {}}
MATERIALS = {"scrap": "", "BM": "black mass"}


def nouns(envelope: Envelopes) -> list[Command]:
    """Commands that register what the lots need."""
    return world.nouns(envelope, PARTIES, SITES, MATERIALS)


def receive(
    envelope: Envelopes, lot: str, kg: int = 1000, owner: str = "LGES", **more: Any
) -> Receive:
    """A load of scrap at WS, unless `more` has other fields."""
    usual = {"material": "scrap", "supplier": "LGES", "site": "WS", "shares": {"Ni": "0.2"}}
    return Receive(lot=lot, owner=owner, mass_kg=kg, **{**usual, **more}, **envelope())
