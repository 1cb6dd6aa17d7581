"""A company that can own matter."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import NewNoun


@dataclass(frozen=True, kw_only=True)
class RegisterParty(Command):
    """A company that can own matter."""

    party: Annotated[str, NewNoun("a new party", noun="party"), "its short name"]
    name: Annotated[str, "its name in full; the short name if empty"] = ""

    example = {"party": "Maker", "name": "Maker Limited"}

    def plan(self, draft: Draft) -> None:
        """State the party."""
        draft.state("party", self.party, name=self.name or self.party)
