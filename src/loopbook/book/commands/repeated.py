"""A command that is sent again: whether it is the one that its event was posted from."""

import json

from loopbook.book.commands.command import Command
from loopbook.book.commands.planning import as_text
from loopbook.book.commands.warnings.warned import same_fact
from loopbook.book.nouns import Event
from loopbook.errors import Findings
from loopbook.tables import read_fields


def repeats(command: Command, event: Event) -> bool:
    """Whether an event was posted from a command, whatever warnings are accepted now.

    A field that came later than the event counts as its default.
    """
    text, stored = as_text(command), event.command
    if command.kind != event.kind:
        return False
    return same_fact(text, stored) or same_fact(text, _with_defaults(type(command), stored))


def _with_defaults(kind: type[Command], text: str) -> str:
    """The text of a stored command with fields that it lacks; as it is where it cannot be read."""
    findings = Findings("")
    values = read_fields(kind, json.loads(text), findings)
    return text if values is None or findings.items else as_text(kind(**values))
