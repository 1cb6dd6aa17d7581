"""All kinds of commands: ours, and those of plugins."""

from loopbook.book.commands.command import Command
from loopbook.book.commands.ours import COMMANDS
from loopbook.book.plugins import with_plugins


def all_commands() -> dict[str, type[Command]]:
    """Our commands and those of plugins, by the name of their kind."""
    return with_plugins(COMMANDS, Command)
