"""A command planned again from the text that its event keeps."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.view import View
from loopbook.tables import Value, check_fields, read_fields

_NO_DATE = datetime.min.replace(tzinfo=UTC)  # until the command is read


def plan_again(view: View, kind: type[Command], key: str, text: str, *, at: int) -> Draft:
    """The draft of an event, as the present rules plan it on a view; with findings if they cannot.

    Parameters
    ----------
    kind, key, text : of the event: its kind of command, its key and its stored command.
    at : the event's date, microseconds since 1970 UTC.
    """
    draft = Draft(key, view=view, moment=_NO_DATE, occurred_at=at)
    values = read_fields(kind, json.loads(text), draft)
    if values is not None:
        command = kind(**values)
        draft.moment = command.occurred_at
        checked = check_fields(command, draft)
        if not draft.items:
            take_steps(command, draft, checked)
    return draft


def take_steps(command: Command, draft: Draft, checked: Mapping[str, Value]) -> None:
    """Every step of a command whose fields are right."""
    for step, fields in command.steps.items():
        if not any(needed and name in draft.wrong for name, needed in fields.items()):
            values = {name: checked[name] for name in fields if name not in draft.wrong}
            getattr(command, step)(draft, **values)
