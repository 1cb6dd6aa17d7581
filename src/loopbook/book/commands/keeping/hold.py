"""A lot may not be used."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import ExistingLot
from loopbook.tables import Name


@dataclass(frozen=True, kw_only=True)
class Hold(Command):
    """A lot may not be used until it is released."""

    lot: Annotated[ExistingLot, "the lot"]
    reason: Annotated[str, Name("a reason"), "why"]

    example = {"lot": "S-1", "reason": "wet"}

    def plan(self, draft: Draft, *, lot: str) -> None:
        """State the hold."""
        if draft.view.hold(lot, draft.occurred_at):
            draft.note(
                "duplicate",
                "a free lot",
                self.lot,
                at="lot",
                sentence=f"lot {self.lot} is on hold already",
            )
        draft.state("hold", self.lot, reason=self.reason)
