"""All kinds of commands: ours, and those of plugins."""

from loopbook.book.commands.command import Command
from loopbook.book.commands.ours import COMMANDS
from loopbook.book.plugins import loaded, with_plugins
from loopbook.errors import Finding


def all_commands() -> dict[str, type[Command]]:
    """Our commands and those of plugins, by the name of their kind."""
    return with_plugins(COMMANDS, Command)


def command_of(kind: str) -> type[Command] | None:
    """The command of a kind; None for one that is not known here. Plugins are asked last."""
    return COMMANDS.get(kind) or all_commands().get(kind)


def loadable_commands() -> tuple[dict[str, type[Command]], list[Finding]]:
    """Our commands and those of plugins that can be loaded, and findings about the others."""
    return loaded(COMMANDS, Command)
