"""A period is closed."""

from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import KnownPeriod


@dataclass(frozen=True, kw_only=True)
class ClosePeriod(Command):
    """No event may be dated into the period any more; late facts go into the open one."""

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
        draft.state("close", period)
