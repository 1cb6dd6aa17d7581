"""A period of the book begins."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft, microseconds, moment_at
from loopbook.book.commands.fields import NewNoun


@dataclass(frozen=True, kw_only=True)
class OpenPeriod(Command):
    """A period from `start` up to, but not including, `end`."""

    period: Annotated[str, NewNoun("a new period", noun="period"), "its name"]
    start: Annotated[datetime, "its first moment"]
    end: Annotated[datetime, "the first moment after it"]

    example = {
        "period": "2026-04",
        "start": "2026-04-01T00:00:00-04:00",
        "end": "2026-05-01T00:00:00-04:00",
    }

    def plan(self, draft: Draft, *, start: datetime, end: datetime) -> None:
        """State the period."""
        state_bounds(draft, self.period, start, end)


def state_bounds(draft: Draft, period: str, start: datetime, end: datetime) -> None:
    """State the bounds of a period: after what is closed, and apart from other periods."""
    if start >= end:
        draft.note("range", "start before end", f"{start} to {end}", at="end")
    stretch = microseconds(start), microseconds(end)
    closed = draft.view.closed_until()
    if stretch[0] < closed:
        first = moment_at(closed, start.tzinfo)
        draft.note(
            "closed",
            f"{first} or later",
            f"{start}",
            at="start",
            sentence=f"the book is closed up to {first}",
        )
    other = draft.view.overlapping(*stretch, but=period)
    if other is not None:
        draft.note(
            "overlap",
            "a stretch of its own",
            other.id,
            at="start",
            sentence=f"period {period} overlaps period {other.id}",
        )
    draft.state("period", period, start=str(stretch[0]), end=str(stretch[1]))
