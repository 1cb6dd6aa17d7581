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

    def plan(self, draft: Draft) -> None:
        """State that it is closed."""
        period = draft.view.period(self.period)
        if period is not None and period.closed:
            draft.note(
                "duplicate",
                "an open period",
                self.period,
                at="period",
                sentence=f"period {self.period} is closed already",
            )
        draft.state("close", self.period)
