"""A command planned again from the text that its event keeps."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from loopbook.book.commands.checks import check_plan
from loopbook.book.commands.command import Command
from loopbook.book.commands.draft import Draft
from loopbook.book.commands.ours import COMMANDS
from loopbook.book.commands.view import View
from loopbook.tables import PLUGIN_ERRORS, Value, check_fields, failure, read_fields

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
    """Every step of a command whose fields are right; a plugin's plan is checked after it."""
    kind = type(command)
    is_ours = COMMANDS.get(command.kind) is kind
    for step, fields in command.steps.items():
        wrong = draft.wrong
        if wrong and any(needed and name in wrong for name, needed in fields.items()):
            continue
        values = {name: checked[name] for name in fields if name not in wrong}
        if is_ours:
            getattr(command, step)(draft, **values)
            continue
        try:
            getattr(command, step)(draft, **values)
        except PLUGIN_ERRORS as error:
            text = failure(error, kind)
            why = f"{step}() of kind {command.kind} stops at {text}"
            draft.note("plan", f"a {step}() that ends", text, sentence=why)
    if not is_ours and not draft.items:
        check_plan(command, draft)
    if not is_ours and draft.items:
        draft.legs.clear()  # no warning reads legs that may be wrong
