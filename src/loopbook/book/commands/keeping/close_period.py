"""A period is closed."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import KnownPeriod


@dataclass(frozen=True, kw_only=True)
class ClosePeriod(Command):
    """No event is posted into the period any more; late facts are posted into the open one.

    Periods close in their order.
    """

    period: Annotated[KnownPeriod, "its name"]

    example = {"period": "2026-03"}

    def plan(self, draft: Draft, *, period: str) -> None:
        """State that it is closed."""
        known = draft.view.period(period)
        if known is not None and known.closed:
            draft.note(
                "duplicate",
                "an open period",
                period,
                at="period",
                sentence=f"period {period} is closed already",
            )
        earlier = None if known is None else draft.view.open_before(known.start)
        if earlier is not None:
            draft.note(
                "order",
                f"period {earlier.id} closed first",
                "it is open",
                at="period",
                sentence=f"period {earlier.id} is earlier than {period} and still open",
                hint=f"close {earlier.id} first",
            )
        draft.state("close", period)
