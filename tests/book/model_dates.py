"""When the model of the book lets an event be dated."""

from __future__ import annotations

from typing import Any


def before_its_event(model: Any, command: Any, at: int) -> bool:
    """Whether a lot was made after a date, or the event happened after it that is taken back."""
    lots = [getattr(command, "lot", ""), *getattr(command, "inputs_kg", ())]
    taken_back = model.facts.get(getattr(command, "event", ""))
    made = [model.made[lot] for lot in lots if lot in model.made]
    return any(at < moment for moment in made) or bool(taken_back and at < taken_back.occurred_at)
