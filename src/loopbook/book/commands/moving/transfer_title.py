"""Title passes."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, in_proportion, kg
from loopbook.book.commands.fields import ExistingLot, KnownParty, SomeMass
from loopbook.book.nouns import Account, mass, part


@dataclass(frozen=True, kw_only=True)
class TransferTitle(Command):
    """Title passes, the lot stays where it is."""

    lot: Annotated[ExistingLot, "the lot"]
    seller: Annotated[KnownParty, "who has title"]
    buyer: Annotated[KnownParty, "who gets it"]
    mass_kg: Annotated[SomeMass | None, "how much; null for all that the seller has"] = None

    line = ("title in", "title out")
    example = {"lot": "S-1", "seller": "LGES", "buyer": "GMBI", "mass_kg": 2000}

    def plan(self, draft: Draft, *, mass_kg: int | None) -> None:
        """Owner to owner, at every site where the seller has the lot."""
        if self.seller == self.buyer:
            draft.note("same", "two parties", self.buyer, at="buyer")
        holdings = draft.view.holdings(self.lot)
        owned = {a: content for a, content in holdings.items() if a.party == self.seller}
        whole = sum(mass(content) for content in owned.values())
        asked = whole if mass_kg is None else mass_kg
        if not owned:
            draft.note(
                "place",
                "content",
                "none",
                at="seller",
                sentence=f"{self.seller} owns nothing of lot {self.lot}",
                about="state",
            )
        elif asked > whole:
            owns = f"{self.seller} owns {kg(whole)} of lot {self.lot}"
            draft.short(owns, whole, asked, at="mass_kg")
        if draft.items:
            return
        for account, cut in in_proportion(asked, owned):
            buyer = Account("lot", self.buyer, account.site, self.lot)
            draft.shift(account, buyer, part(owned[account], cut))
