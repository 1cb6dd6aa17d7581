"""An event is reversed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.nouns import is_zero, negate
from loopbook.tables import Text

_TARE = "post a tare-vehicle of it with the right tare and the same date"
_PERIOD = "post a change-period with the right start and end, as long as the period is open"
_OTHER = "register another one under a name of its own, and use that from now on"

REMEDIES: Mapping[str, str] = {
    "register-vehicle": _TARE,
    "tare-vehicle": _TARE,
    "hold": "post a release of the lot, which ends the hold",
    "release": "post a hold of the lot with its reason",
    "open-period": _PERIOD,
    "change-period": _PERIOD,
    "register-location": "register the right location, and move the lots there",
    "register-site": _OTHER,
    "register-party": _OTHER,
    "register-material": _OTHER,
}
"""What is posted in place of an event that states a noun: hints, by kinds of commands."""


@dataclass(frozen=True, kw_only=True)
class Reverse(Command):
    """An event is reversed as a whole, at its own date, as if it had never been reported.

    What came after is amended to what it would have been without it. An event that could not have
    been without it, such as the shipment of a lot that it made, must be reversed first.
    """

    event: Annotated[str, Text("a posted event", role="event"), "key of the event"]
    reason: Annotated[str, "why"]

    example = {"event": "weigh-T-1", "reason": "weighed with the wrong tare"}

    def plan(self, draft: Draft, *, event: str) -> None:
        """Legs opposite to those of the event."""
        posted, view = draft.view.event(event), draft.view
        if posted is None:
            draft.note("unknown-name", "a posted event", repr(event), at="event")
        elif posted.states or posted.reverses or posted.amends:
            expected = "an event that moved or measured matter"
            value = "a reversal" if posted.reverses else posted.kind
            hint = REMEDIES.get(posted.kind, "")
            draft.note("reverse", expected, value, at="event", hint=hint)
        elif again := view.reversal(event):
            why = f"{event} was reversed by {again} already"
            draft.note("duplicate", "an event not reversed", again, at="event", sentence=why)
        elif draft.occurred_at < posted.occurred_at:
            draft.too_early("before-event", posted.occurred_at, f", when {event} occurred")
        else:
            draft.reverses, draft.occurred_at = event, posted.occurred_at
            for account, content in view.fact(event).items():
                draft.put(account, negate(content))
                if account.lot and is_zero(content):
                    draft.kept.add(account.lot)
