"""A weighbridge ticket: a lorry weighed full and empty; the net mass becomes the lot's."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, kg
from loopbook.book.commands.fields import Mass, WeighedLot
from loopbook.book.nouns import Measurement


@dataclass(frozen=True, kw_only=True)
class Weigh(Command):
    """A weighbridge ticket, weighed twice: net is gross minus tare and becomes the lot's mass."""

    lot: Annotated[WeighedLot, "the lot weighed"]
    ticket: Annotated[str, "number of the weighbridge ticket"]
    gross_kg: Annotated[Mass, "vehicle with load"]
    tare_kg: Annotated[Mass, "vehicle without load"]
    uncertainty_kg: Annotated[Mass, "one standard uncertainty of the net mass"] = 0
    scale: Annotated[str, "which weighbridge; its tickets share an error"] = ""

    line = ("re-assay", "re-assay")
    example = {"lot": "S-1", "ticket": "WB-2291", "gross_kg": "30380", "tare_kg": "18400"}

    @property
    def paper(self) -> tuple[str, ...]:
        """The ticket, of its scale."""
        group = self.scale and f"scale {self.scale}"
        return ("gross", self.ticket, group, "") if self.ticket else ()

    def plan(self, draft: Draft, *, gross_kg: int, tare_kg: int, uncertainty_kg: int = 0) -> None:
        """Measure the lot; the difference to what the book had goes to ``reassay``."""
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
            known = (self.lot, quantity, value, sigma, "weighbridge")
            draft.measurements.append(Measurement(*known, sample=self.ticket, group=group))
        draft.restate(draft.view.holdings(self.lot), net, "reassay")
