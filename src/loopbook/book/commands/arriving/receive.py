"""A lot comes in from a supplier."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import (
    Consignment,
    KnownMaterial,
    KnownParty,
    KnownSite,
    MadeLot,
    Shares,
    SomeMass,
)
from loopbook.book.commands.moving.locating import LocationName, check_location
from loopbook.book.nouns import Account, Measurement


@dataclass(frozen=True, kw_only=True)
class Receive(Command):
    """A lot comes in from a supplier: title to `owner`, custody to `site`."""

    lot: Annotated[MadeLot, "name of the lot"]
    material: Annotated[KnownMaterial, "what it is"]
    supplier: Annotated[KnownParty, "who sends it"]
    owner: Annotated[KnownParty, "who has title to it"]
    site: Annotated[KnownSite, "who has custody of it"]
    mass_kg: Annotated[SomeMass, "its mass as declared"]
    shares: Annotated[Shares, "declared contents, kg/kg; the rest is other"]
    consignment: Annotated[Consignment | None, "number of the consignment that it is a load of"] = (
        None
    )
    papers_kg: Annotated[
        SomeMass | None, "mass of the whole consignment by its papers, of all its loads"
    ] = None
    location: Annotated[LocationName | None, "where inside the site it is"] = None

    line = ("received", "received")
    example = {
        "lot": "S-2",
        "material": "electrode scrap",
        "supplier": "Maker",
        "owner": "Maker",
        "site": "Works",
        "mass_kg": 12_500,
        "shares": {"Ni": "0.22", "Co": "0.027"},
    }

    added = ("consignment", "papers_kg", "location")
    check_location = check_location

    def check_consignment(self, draft: Draft, *, papers_kg: int | None) -> None:
        """Only a consignment has a mass by its papers."""
        if papers_kg is not None and self.consignment is None:
            draft.note("missing", "the number of the consignment", "none", at="consignment")

    def plan(self, draft: Draft, *, mass_kg: int, shares: dict[str, Decimal]) -> None:
        """Supplier to owner: the supplier's account goes below zero by what it delivered."""
        draft.make(self.lot, self.material)
        lot = Account("lot", self.owner, self.site, self.lot)
        supplier = Account("supplier", party=self.supplier)
        draft.shift(supplier, lot, draft.content(mass_kg, shares))
        draft.measurements.append(Measurement(self.lot, "mass", str(mass_kg), stage="declared"))
