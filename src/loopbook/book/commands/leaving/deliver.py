"""A lot goes to a customer."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import FreeLot, KnownParty, KnownSite
from loopbook.book.nouns import Account


@dataclass(frozen=True, kw_only=True)
class Deliver(Command):
    """A whole lot goes to a customer outside the book."""

    lot: Annotated[FreeLot, "the lot"]
    site: Annotated[KnownSite, "where it is"]
    customer: Annotated[KnownParty, "who gets it"]

    line = ("delivered", "delivered")
    example = {"lot": "S-1", "site": "Winston-Salem", "customer": "Toyota"}

    def plan(self, draft: Draft, *, lot: str, site: str) -> None:
        """The whole lot to the customer's account."""
        for account, content in draft.take(lot, site).items():
            draft.shift(account, Account("customer", party=self.customer), content)
