"""A new book that holds what was computed, and not what happened."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import NewName


@dataclass(frozen=True, kw_only=True)
class MarkModelled(Command):
    """The book holds what a model computed, not what happened; its first command.

    Every answer about the book shows the mark. Once the book is closed, it accepts no more events.
    """

    model: Annotated[str, NewName("a model", role="noun"), "what computed it"]

    example = {"model": "case mine, month 2030-03"}

    def plan(self, draft: Draft) -> None:
        """State the mark."""
        if any(map(draft.view.names, ("party", "site", "material", "period", "lot"))):
            draft.note("state", "a new book", "a book with events", about="state")
        draft.state("modelled", self.model)
