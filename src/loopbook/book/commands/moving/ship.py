"""A lot leaves a site."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import Consignment, FreeLot, KnownSite
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.tables import Value


@dataclass(frozen=True, kw_only=True)
class Ship(Command):
    """A whole lot leaves a site and is in transit under a consignment number."""

    lot: Annotated[FreeLot, "the lot"]
    from_site: Annotated[KnownSite, "where it is"]
    consignment: Annotated[Consignment, "number under which it is in transit"]
    serials: Annotated[
        Sequence[SerialText] | None, "all serials of the lot, as they were counted"
    ] = None

    line = ("into transit", "shipped out")
    example = {"lot": "S-1", "from_site": "Works", "consignment": "C-17"}
    added = ("serials",)

    def check_serials(self, draft: Draft, *, serials: Spans | None) -> None:
        """Each serial is named once."""
        check_spans(draft, {self.lot: serials or ()}, {self.lot: None}, "the lot")

    def plan(self, draft: Draft, *, lot: str, from_site: str) -> None:
        """The whole lot to the road."""
        draft.carry(lot, from_site, f"in transit {self.consignment}", at="from_site")

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """All that are in the lot."""
        yield "", stored["lot"], stored["serials"]
