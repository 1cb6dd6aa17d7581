"""A vehicle with its tare."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import NewNoun, SomeMass


@dataclass(frozen=True, kw_only=True)
class RegisterVehicle(Command):
    """A lorry, wagon or container, with its tare from the command's date on."""

    vehicle: Annotated[str, NewNoun("a new vehicle", noun="vehicle"), "its number plate or number"]
    name: Annotated[str, "its name in full; the short name if empty"] = ""
    tare_kg: Annotated[SomeMass, "its mass without load"]

    example = {"vehicle": "T-7", "tare_kg": "14820"}

    def plan(self, draft: Draft, *, tare_kg: int) -> None:
        """State the vehicle; its tare in mg, as text."""
        at, name = str(draft.occurred_at), self.name or self.vehicle
        draft.state("vehicle", self.vehicle, name=name, at=at, tare=str(tare_kg))
