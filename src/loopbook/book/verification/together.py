"""Which events were recorded together: a late fact with what amends others for it, a correction.

They count together: between them a lot may be below zero. On a server, events of other clients may
have numbers between theirs, so that they are known by their keys and by when they were recorded.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from loopbook.book.storage.rows import Head
from loopbook.book.verification.seals import Wrong, one_line

_DAMAGED = (ValueError, TypeError, LookupError, RecursionError)

Group: TypeAlias = tuple[str, int]
"""Key of the late fact or of the right event, and when it was recorded."""


class Missing(NamedTuple):
    """An event after which another one of its group has to come: code, number, key, which one."""

    code: str
    number: int
    key: str
    due: str


@dataclass(slots=True)
class Together:
    """The groups of events, asked for in the order of the events.

    Parameters
    ----------
    waiting : groups whose last event has not come.
    """

    waiting: dict[Group, Missing] = field(default_factory=dict)
    _first: dict[str, str] = field(default_factory=dict)
    _corrections: dict[Group, str] = field(default_factory=dict)

    def group(self, head: Head) -> Group:
        """The group of the next event.

        What amends others comes before the late fact; what corrects an event, before its reversal.
        """
        number, key, recorded_at, reverses, corrects = head[0], head[1], head[6], head[8], head[13]
        if head[10] is not None:
            group = because(head), recorded_at
            self.waiting.setdefault(
                group, Missing("amend", number, key, f"the late fact {group[0]!r}")
            )
            return group
        group = key, recorded_at
        if corrects is not None:
            self._first[key], self._corrections[corrects, recorded_at] = corrects, key
            due = f"the reversal of what {key!r} corrects"
            self.waiting[group] = Missing("correct", number, key, due)
            return group
        if reverses is not None:
            place = self._first.get(reverses, reverses), recorded_at
            group = self._corrections.pop(place, key), recorded_at
        self.waiting.pop(group, None)
        return group


def because(head: Head) -> str:
    """Key of the late fact for which an event amends another; empty if its command is damaged."""
    try:
        return str(json.loads(head[7])["because"])
    except _DAMAGED:
        return ""


def wrong_amendment(head: Head) -> Iterator[Wrong]:
    """The command of what amends an event names that event, and the late fact."""
    try:
        command = json.loads(head[7])
        amends, _ = command["event"], command["because"]
    except _DAMAGED as error:
        yield "amend", "an event and its late fact", one_line(error)
        return
    if amends != head[10]:
        yield "amend", f"the event {head[10]!r} in its command", repr(amends)
