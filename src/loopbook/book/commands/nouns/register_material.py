"""A kind of matter."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import NewNoun


@dataclass(frozen=True, kw_only=True)
class RegisterMaterial(Command):
    """A kind of matter, with its hazard class if it has one."""

    material: Annotated[str, NewNoun("a new material", noun="material"), "its short name"]
    name: Annotated[str, "its name in full; the short name if empty"] = ""
    hazard: Annotated[str, "its hazard class, which sites may limit"] = ""

    example = {"material": "black mass", "hazard": "black mass"}

    def plan(self, draft: Draft) -> None:
        """State the material."""
        name = self.name or self.material
        draft.state("material", self.material, name=name, hazard=self.hazard)
