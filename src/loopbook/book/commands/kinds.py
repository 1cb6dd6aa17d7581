"""All kinds of commands: ours, and those of plugins."""

from __future__ import annotations

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

_OURS = (*NOUNS, *ARRIVING, *MEASURING, *CUTTING, *RUNNING, *MOVING, *LEAVING, *KEEPING)

COMMANDS: Mapping[str, type[Command]] = {record.kind: record for record in _OURS}
"""Our commands by the name of their kind."""


def all_commands() -> dict[str, type[Command]]:
    """Our commands and those of plugins, by the name of their kind."""
    return with_plugins(COMMANDS, Command)
