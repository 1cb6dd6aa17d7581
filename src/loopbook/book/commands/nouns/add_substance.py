"""A substance that the book lists from now on."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import NewSubstance


@dataclass(frozen=True, kw_only=True)
class AddSubstance(Command):
    """A substance that the book lists from now on; until now it was in ``other``."""

    substance: Annotated[str, NewSubstance(), "letters and digits, such as Zn"]

    example = {"substance": "Zn"}

    def plan(self, draft: Draft) -> None:
        """State the substance."""
        draft.state("substance", self.substance)
