"""All kinds of commands: ours, and those of plugins."""

import json

from loopbook.book.commands.command import Command
from loopbook.book.commands.ours import COMMANDS
from loopbook.book.plugins import with_plugins
from loopbook.errors import Findings
from loopbook.tables import Schema, fields_of, schema_of


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
