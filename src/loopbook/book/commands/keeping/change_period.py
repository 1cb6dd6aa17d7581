"""An open period gets other bounds."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.fields import KnownPeriod
from loopbook.book.commands.keeping.open_period import state_bounds


@dataclass(frozen=True, kw_only=True)
class ChangePeriod(Command):
    """Other bounds of a period that is open, such as the right ones after a mistyped date.

    Events belong to periods by their dates, so that none changes.
    """

    period: Annotated[KnownPeriod, "its name"]
    start: Annotated[datetime, "its first moment"]
    end: Annotated[datetime, "the first moment after it"]

    example = {
        "period": "2026-03",
        "start": "2026-03-01T00:00:00-05:00",
        "end": "2026-04-01T00:00:00-04:00",
    }

    def plan(self, draft: Draft, *, period: str, start: datetime, end: datetime) -> None:
        """State the period again."""
        known = draft.view.period(period)
        if known is not None and known.closed:
            why = f"period {period} is closed, and keeps its bounds"
            draft.note("closed", "an open period", period, at="period", sentence=why)
            return
        state_bounds(draft, period, start, end)
