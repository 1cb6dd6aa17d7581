"""A consignment arrives."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, in_proportion
from loopbook.book.commands.fields import ExistingLot, KnownSite, Mass
from loopbook.book.nouns import Account, Measurement, add, apportion, negate


@dataclass(frozen=True, kw_only=True)
class Arrive(Command):
    """A consignment arrives, as weighed; the difference to what was dispatched is unaccounted."""

    lot: Annotated[ExistingLot, "the lot"]
    consignment: Annotated[str, "number under which it was shipped"]
    site: Annotated[KnownSite, "where it arrives"]
    mass_kg: Annotated[Mass, "its mass on arrival"]

    line = ("shipped in", "out of transit")
    example = {"lot": "T-1", "consignment": "C-16", "site": "Refinery", "mass_kg": "11995"}

    def plan(self, draft: Draft, *, lot: str, mass_kg: int = 0) -> None:
        """From the road to the site; what is missing is ``unaccounted`` on that road."""
        road = f"in transit {self.consignment}"
        sent = draft.take(lot, road, at="consignment")
        for account, cut in in_proportion(mass_kg, sent):
            came = apportion(cut, sent[account])
            draft.put(account, negate(sent[account]))
            draft.put(Account("lot", account.party, self.site, self.lot), came)
            missing = add(sent[account], negate(came))
            draft.put(Account("unaccounted", account.party, road), missing)
        draft.measurements.append(Measurement(self.lot, "mass", str(mass_kg), stage="arrived"))
