"""When the model of the book lets an event be dated, by looking at every moment there was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Where = tuple[str, str, str, str]


def too_early(model: Any, command: Any, at: int) -> bool:
    """Whether a lot was made after a date, or the event happened after it that is taken back."""
    lots = [getattr(command, "lot", ""), *getattr(command, "inputs_kg", ())]
    taken_back = model.facts.get(getattr(command, "event", ""))
    made = [model.made[lot] for lot in lots if lot in model.made]
    return any(at < moment for moment in made) or (taken_back and at < taken_back.occurred_at)


def short(model: Any, change: Mapping[Where, Sequence[int]], at: int) -> bool:
    """Whether a lot would be below zero at any moment, if a change had happened at a date."""
    facts = model.facts.values()
    for moment in {at, *(f.occurred_at for f in facts if f.occurred_at > at)}:
        for account, content in change.items():
            if account[0] != "lot":
                continue
            lies = list(content)
            for fact in facts:
                if fact.occurred_at <= moment and account in fact.change:
                    for k, amount in enumerate(fact.change[account]):
                        lies[k] += amount
            if min(lies) < 0:
                return True
    return False
