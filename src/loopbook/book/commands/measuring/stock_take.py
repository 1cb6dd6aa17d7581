"""A lot was counted."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import CountedLot, KnownSite, Mass
from loopbook.book.nouns import Measurement


@dataclass(frozen=True, kw_only=True)
class StockTake(Command):
    """A lot was counted; the difference goes to the stock-take account.

    A lot that was counted as nothing and is found again gets what it had, in proportion.
    """

    lot: Annotated[CountedLot, "the lot counted"]
    site: Annotated[KnownSite, "where"]
    counted_kg: Annotated[Mass, "the mass that was counted"]

    line = ("stock-take", "stock-take")
    example = {"lot": "S-1", "site": "Works", "counted_kg": "11990"}

    def plan(self, draft: Draft, *, lot: str, site: str, counted_kg: int = 0) -> None:
        """Give the lot's content at the site the counted mass."""
        gone = {} if draft.view.holdings(lot) else draft.view.counted_out(lot)
        before = {account: content for account, content in gone.items() if account.site == site}
        if before:
            draft.put_back(before, counted_kg, "stock-take")
        else:
            draft.restate(draft.take(lot, site), counted_kg, "stock-take")
        known = Measurement(self.lot, "mass", str(counted_kg), stage="counted")
        draft.measurements.append(known)
