"""All kinds of commands: ours, and those of plugins."""

from loopbook.book.commands.command import Command
from loopbook.book.commands.ours import COMMANDS
from loopbook.book.plugins import loaded, with_plugins
from loopbook.errors import Finding

PLANNER = 1
"""Version of the planning rules: raised when the same command on the same book gets other legs."""
PLUGIN = 1_000_000
"""Times the version of a plugin above 1, in the version that is sealed with its events."""


def rules_of(kind: type[Command] | None) -> int:
    """Version of the rules of a kind: of the planner, and of the plugin that has it."""
    return PLANNER if kind is None else PLANNER + PLUGIN * (kind.version - 1)


def is_ours(kind: str) -> bool:
    """Whether a kind is one of our commands."""
    return kind in COMMANDS


def all_commands() -> dict[str, type[Command]]:
    """Our commands and those of plugins, by the name of their kind."""
    return with_plugins(COMMANDS, Command)


def command_of(kind: str) -> type[Command] | None:
    """The command of a kind; None for one that is not known here. Plugins are asked last."""
    return COMMANDS.get(kind) or all_commands().get(kind)


def loadable_commands() -> tuple[dict[str, type[Command]], list[Finding]]:
    """Our commands and those of plugins that can be loaded, and findings about the others."""
    return loaded(COMMANDS, Command)
