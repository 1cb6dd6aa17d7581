"""A lot goes to a customer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownParty, KnownSite
from loopbook.book.commands.serial_spans import SerialText, Spans, check_spans
from loopbook.book.nouns import Account
from loopbook.tables import Value


@dataclass(frozen=True, kw_only=True)
class Deliver(Command):
    """A whole lot goes to a customer outside the book."""

    lot: Annotated[FreeLot, "the lot"]
    site: Annotated[KnownSite, "where it is"]
    customer: Annotated[KnownParty, "who gets it"]
    serials: Annotated[
        Sequence[SerialText] | None, "all serials of the lot, as they were counted"
    ] = None

    line = ("delivered", "delivered")
    example = {"lot": "S-1", "site": "Works", "customer": "Trader"}
    added = ("serials",)

    def check_serials(self, draft: Draft, *, serials: Spans | None) -> None:
        """Each serial is named once."""
        check_spans(draft, {self.lot: serials or ()}, {self.lot: None}, "the lot")

    def plan(self, draft: Draft, *, lot: str, site: str) -> None:
        """The whole lot to the customer's account."""
        for account, content in draft.take(lot, site).items():
            draft.shift(account, Account("customer", party=self.customer), content)

    @classmethod
    def serial_moves(
        cls, stored: Mapping[str, Value], /
    ) -> Iterator[tuple[str, str, Sequence[str]]]:
        """All that are in the lot."""
        yield "", stored["lot"], stored["serials"]
