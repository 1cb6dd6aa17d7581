"""Lots become one new lot."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownMaterial, KnownSite, MadeLot, SomeMass
from loopbook.book.nouns import Account


@dataclass(frozen=True, kw_only=True)
class Blend(Command):
    """Lots at one site become one new lot; each owner keeps what is its own."""

    inputs_kg: Annotated[Mapping[FreeLot, SomeMass | None], "mass of each lot; null for all of it"]
    site: Annotated[KnownSite, "where"]
    lot: Annotated[MadeLot, "name of the blend"]
    material: Annotated[KnownMaterial, "what it is"]

    copies = True
    example = {
        "inputs_kg": {"S-1": 1000, "G-1": None},
        "site": "Winston-Salem",
        "lot": "B-1",
        "material": "electrode scrap",
    }

    def plan(self, draft: Draft, *, inputs_kg: Mapping[str, int | None], site: str) -> None:
        """All inputs to one new lot."""
        draft.make(self.lot, self.material)
        for account, content in draft.take_all(inputs_kg, site).items():
            draft.shift(account, Account("lot", account.party, self.site, self.lot), content)
