"""A weighbridge ticket: a lorry weighed full and empty; the net mass becomes the lot's."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, kg, moment_at
from loopbook.book.commands.fields import KnownVehicle, Mass, WeighedLot
from loopbook.book.nouns import Measurement


@dataclass(frozen=True, kw_only=True)
class Weigh(Command):
    """A weighbridge ticket: net is gross minus tare and becomes the lot's mass.

    The tare is weighed, or it is the stored tare of the vehicle at the ticket's date, as the book
    has it when the ticket is posted.
    """

    lot: Annotated[WeighedLot, "the lot weighed"]
    ticket: Annotated[str, "number of the weighbridge ticket"]
    gross_kg: Annotated[Mass, "vehicle with load"]
    tare_kg: Annotated[
        Mass | None, "vehicle without load, as weighed; empty for its stored one"
    ] = None
    vehicle: Annotated[KnownVehicle | None, "which vehicle"] = None
    uncertainty_kg: Annotated[Mass, "one standard uncertainty of the net mass"] = 0
    scale: Annotated[str, "which weighbridge; its tickets share an error"] = ""

    line = ("re-assay", "re-assay")
    example = {"lot": "S-1", "ticket": "WB-2291", "gross_kg": "30380", "tare_kg": "18400"}

    added = ("vehicle",)

    @property
    def paper(self) -> tuple[str, ...]:
        """The ticket, of its scale."""
        group = self.scale and f"scale {self.scale}"
        return ("gross", self.ticket, group, "") if self.ticket else ()

    def plan(
        self,
        draft: Draft,
        *,
        gross_kg: int,
        tare_kg: int | None,
        vehicle: str | None,
        uncertainty_kg: int = 0,
    ) -> None:
        """Measure the lot; the difference to what the book had goes to ``reassay``."""
        how = f"weighbridge, vehicle {vehicle}" if vehicle else "weighbridge"
        if tare_kg is None:
            tare_kg, how = self._stored_tare(draft, vehicle), f"stored tare, vehicle {vehicle}"
        if tare_kg is None:
            return
        net = gross_kg - tare_kg
        if net <= 0:
            draft.note(
                "weights",
                f"above {kg(tare_kg)}",
                kg(gross_kg),
                at="gross_kg",
                hint="are they swapped?",
                sentence=f"gross {kg(gross_kg)} is not above tare {kg(tare_kg)}",
            )
            return
        group = self.scale and f"scale {self.scale}"
        for quantity, mg in (("gross", gross_kg), ("tare", tare_kg), ("mass", net)):
            value, sigma = str(mg), str(uncertainty_kg)
            method = how if quantity == "tare" else "weighbridge"
            known = (self.lot, quantity, value, sigma, method)
            draft.measurements.append(Measurement(*known, sample=self.ticket, group=group))
        draft.restate(draft.view.holdings(self.lot), net, "reassay")

    def _stored_tare(self, draft: Draft, vehicle: str | None) -> int | None:
        """The vehicle's tare at the ticket's date, mg; None after a finding."""
        if vehicle is None:
            draft.missing("a tare, or a vehicle whose tare is stored", at="tare_kg")
            return None
        known = draft.view.vehicle(vehicle)
        tare = None if known is None else known.tare_mg(draft.occurred_at)
        if tare is None:
            date = moment_at(draft.occurred_at, draft.moment.tzinfo)
            draft.note(
                "tare",
                "a stored tare by then",
                "none",
                at="vehicle",
                hint=f"post a tare-vehicle of {vehicle} dated {date} or before, or write tare_kg",
                sentence=f"the book has no tare of vehicle {vehicle} at {date}",
                about="state",
            )
        return tare
