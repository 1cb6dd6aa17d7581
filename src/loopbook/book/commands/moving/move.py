"""A lot goes from one site to another."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownSite
from loopbook.book.commands.moving.locating import LocationName, locate


@dataclass(frozen=True, kw_only=True)
class Move(Command):
    """A whole lot goes from one site to another at once, or to another location of its site."""

    lot: Annotated[FreeLot, "the lot"]
    from_site: Annotated[KnownSite, "where it is"]
    to_site: Annotated[KnownSite, "where it goes"]
    to_location: Annotated[LocationName | None, "where inside that site it is then"] = None

    line = ("moved in", "moved out")
    example = {"lot": "S-1", "from_site": "Works", "to_site": "Refinery"}

    added = ("to_location",)

    def check_sites(
        self, draft: Draft, *, from_site: str, to_site: str, to_location: str | None
    ) -> None:
        """It goes to another site, or to a location."""
        if from_site == to_site and not to_location:
            hint = "write to_location for a move inside a site"
            draft.note("same", "two sites", to_site, at="to_site", hint=hint)

    def plan(
        self, draft: Draft, *, lot: str, from_site: str, to_site: str, to_location: str | None
    ) -> None:
        """The whole lot to the other site; inside a site no matter moves in the book."""
        if from_site == to_site:
            draft.take(lot, from_site, at="from_site")
        else:
            draft.carry(lot, from_site, to_site, at="from_site")
        locate(draft, lot, (to_site, to_location), at="to_location")
