"""A lot goes from one site to another."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownSite


@dataclass(frozen=True, kw_only=True)
class Move(Command):
    """A whole lot goes from one site to another at once."""

    lot: Annotated[FreeLot, "the lot"]
    from_site: Annotated[KnownSite, "where it is"]
    to_site: Annotated[KnownSite, "where it goes"]

    line = ("moved in", "moved out")
    example = {"lot": "S-1", "from_site": "Winston-Salem", "to_site": "Refinery"}

    def plan(self, draft: Draft) -> None:
        """The whole lot to the other site."""
        if self.from_site == self.to_site:
            draft.note("same", "two sites", self.to_site, at="to_site")
        draft.carry(self.lot, self.from_site, self.to_site, at="from_site")
