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
    example = {"lot": "S-1", "seller": "Maker", "buyer": "Recycler", "mass_kg": 2000}

    def check_parties(self, draft: Draft, *, seller: str, buyer: str) -> None:
        """It goes to another party."""
        if seller == buyer:
            draft.note("same", "two parties", buyer, at="buyer")

    def plan(self, draft: Draft, *, lot: str, seller: str, mass_kg: int | None = None) -> None:
        """Owner to owner, at every site where the seller has the lot."""
        holdings = draft.view.holdings(lot)
        owned = {a: content for a, content in holdings.items() if a.party == seller}
        whole = sum(mass(content) for content in owned.values())
        asked = whole if mass_kg is None else mass_kg
        if not owned:
            draft.note(
                "place",
                "content",
                "none",
                at="seller",
                sentence=f"{seller} owns nothing of lot {lot}",
                about="state",
            )
        elif asked > whole:
            draft.short(f"{seller} owns {kg(whole)} of lot {lot}", whole, asked, at="mass_kg")
        if draft.items:
            return
        for account, cut in in_proportion(asked, owned):
            buyer = Account("lot", self.buyer, account.site, lot)
            draft.shift(account, buyer, part(owned[account], cut))
