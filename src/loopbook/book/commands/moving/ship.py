"""A lot leaves a site."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import Consignment, FreeLot, KnownSite


@dataclass(frozen=True, kw_only=True)
class Ship(Command):
    """A whole lot leaves a site and is in transit under a consignment number."""

    lot: Annotated[FreeLot, "the lot"]
    from_site: Annotated[KnownSite, "where it is"]
    consignment: Annotated[Consignment, "number under which it is in transit"]

    line = ("into transit", "shipped out")
    example = {"lot": "S-1", "from_site": "Winston-Salem", "consignment": "C-17"}

    def plan(self, draft: Draft, *, lot: str, from_site: str) -> None:
        """The whole lot to the road."""
        draft.carry(lot, from_site, f"in transit {self.consignment}", at="from_site")
