"""A consignment arrives."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, in_proportion, kg
from loopbook.book.commands.fields import ExistingLot, KnownSite, MadeLot, Mass
from loopbook.book.commands.moving.locating import LocationName, locate
from loopbook.book.nouns import Account, Measurement, add, apportion, mass, negate


@dataclass(frozen=True, kw_only=True)
class Arrive(Command):
    """A consignment arrives, as weighed; the difference to what was dispatched is unaccounted.

    Of a consignment on several trucks each load arrives as a lot of its own (`load`), and the rest
    stays in transit. With the last truck the lot itself arrives: the difference is known then.
    """

    lot: Annotated[ExistingLot, "the lot"]
    consignment: Annotated[str, "number under which it was shipped"]
    site: Annotated[KnownSite, "where it arrives"]
    mass_kg: Annotated[Mass, "its mass on arrival"]
    load: Annotated[MadeLot | None, "name of a truck's load, if more is still in transit"] = None
    location: Annotated[LocationName | None, "where inside the site it is"] = None

    line = ("shipped in", "out of transit")
    copies = True
    example = {"lot": "T-1", "consignment": "C-16", "site": "Refinery", "mass_kg": "11995"}
    added = ("load", "location")

    def check_location(
        self, draft: Draft, *, lot: str, site: str, location: str | None, load: str | None = None
    ) -> None:
        """The location is one of the site; what arrives is there: the load, or else the lot."""
        locate(draft, load or lot, (site, location), at="location")

    def plan(self, draft: Draft, *, lot: str, mass_kg: int = 0, load: str | None = None) -> None:
        """From the road to the site; what is missing is ``unaccounted`` on that road."""
        road = f"in transit {self.consignment}"
        sent = draft.take(lot, road, at="consignment")
        arrived = Measurement(load or lot, "mass", str(mass_kg), stage="arrived")
        draft.measurements.append(arrived)
        if load is not None:
            self._unload(draft, load, road, mass_kg)
            return
        for account, cut in in_proportion(mass_kg, sent):
            came = apportion(cut, sent[account])
            draft.put(account, negate(sent[account]))
            draft.put(Account("lot", account.party, self.site, self.lot), came)
            missing = add(sent[account], negate(came))
            draft.put(Account("unaccounted", account.party, road), missing)

    def _unload(self, draft: Draft, load: str, road: str, mass_mg: int) -> None:
        """A part of the lot arrives as a new one."""
        whole = sum(mass(x) for a, x in draft.view.holdings(self.lot).items() if a.site == road)
        made = draft.view.lot(self.lot)
        if not mass_mg:
            draft.note("empty", "a mass above zero", "0 kg", at="mass_kg")
        elif mass_mg >= whole > 0:
            has = f"{kg(whole)} of lot {self.lot} are {road}"
            hint = "if it is the last truck, leave out load: the lot itself arrives"
            draft.short(has, whole, mass_mg, at="mass_kg", hint=hint)
        elif whole and made is not None:
            draft.make(load, made.material)
            for account, content in draft.take(self.lot, road, mass_mg).items():
                draft.shift(account, Account("lot", account.party, self.site, load), content)
