"""A vehicle is weighed without load."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import Known, SomeMass


@dataclass(frozen=True, kw_only=True)
class TareVehicle(Command):
    """The tare of a vehicle from the command's date on.

    Tickets that are in the book keep the tare that they were posted with.
    """

    vehicle: Annotated[
        str, Known("a vehicle of the book", role="noun", noun="vehicle"), "the vehicle"
    ]
    tare_kg: Annotated[SomeMass, "its mass without load"]

    example = {"vehicle": "T-7", "tare_kg": "14860"}

    def plan(self, draft: Draft, *, vehicle: str, tare_kg: int) -> None:
        """State the tare in mg, as text."""
        draft.state("tare", vehicle, at=str(draft.occurred_at), tare=str(tare_kg))
