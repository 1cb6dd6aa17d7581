"""All kinds of commands: ours, and those of plugins."""

import json
from collections.abc import Mapping

from loopbook.book.commands.arriving import KINDS as ARRIVING
from loopbook.book.commands.command import Command
from loopbook.book.commands.cutting import KINDS as CUTTING
from loopbook.book.commands.keeping import KINDS as KEEPING
from loopbook.book.commands.leaving import KINDS as LEAVING
from loopbook.book.commands.measuring import KINDS as MEASURING
from loopbook.book.commands.moving import KINDS as MOVING
from loopbook.book.commands.nouns import KINDS as NOUNS
from loopbook.book.commands.running import KINDS as RUNNING
from loopbook.book.plugins import with_plugins
from loopbook.errors import Findings
from loopbook.tables import Schema, fields_of, schema_of

_OURS = (*NOUNS, *ARRIVING, *MEASURING, *CUTTING, *RUNNING, *MOVING, *LEAVING, *KEEPING)

COMMANDS: Mapping[str, type[Command]] = {record.kind: record for record in _OURS}
"""Our commands by the name of their kind."""


def all_commands() -> dict[str, type[Command]]:
    """Our commands and those of plugins, by the name of their kind."""
    return with_plugins(COMMANDS, Command)


def schema_of_command(kind: str) -> Schema:
    """JSON Schema of a command's fields, with their meanings."""
    return schema_of(_named(kind))


def describe_command(kind: str) -> str:
    """What a command is for, and its fields: name, value, default and meaning.

    >>> print(describe_command("hold").splitlines()[0])
    hold: A lot may not be used until it is released.
    """
    command = _named(kind)
    lines = [f"{kind}: {(command.__doc__ or '').strip()}", ""]
    for field in fields_of(command):
        needed = "needed" if field.required else f"default {field.default!r}"
        lines.append(f"  {field.name} ({field.type.words}; {needed}): {field.meaning}")
    example = json.dumps({"kind": kind, **command.example}, default=str)
    return "\n".join([*lines, "", f"Example: {example}"]) + "\n"


def _named(kind: str) -> type[Command]:
    """A command by the name of its kind; a wrong name is a finding with the three nearest."""
    known, findings = all_commands(), Findings()
    if kind not in known:
        findings.unknown("a kind of command", kind, known)
    findings.raise_all()
    return known[kind]
