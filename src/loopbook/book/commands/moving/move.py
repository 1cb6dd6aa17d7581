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

    def check_sites(self, draft: Draft, *, from_site: str, to_site: str) -> None:
        """It goes to another site."""
        if from_site == to_site:
            draft.note("same", "two sites", to_site, at="to_site")

    def plan(self, draft: Draft, *, lot: str, from_site: str) -> None:
        """The whole lot to the other site."""
        draft.carry(lot, from_site, self.to_site, at="from_site")
