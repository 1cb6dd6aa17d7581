"""A held lot may be used again."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import ExistingLot


@dataclass(frozen=True, kw_only=True)
class Release(Command):
    """A held lot may be used again."""

    lot: Annotated[ExistingLot, "the lot"]

    example = {"lot": "H-1"}

    def plan(self, draft: Draft, *, lot: str) -> None:
        """State that there is no hold."""
        if not draft.view.hold(lot, draft.occurred_at):
            draft.note(
                "duplicate",
                "a lot on hold",
                self.lot,
                at="lot",
                sentence=f"lot {self.lot} is not on hold",
            )
        draft.state("hold", self.lot, reason="")
