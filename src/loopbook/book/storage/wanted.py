"""What a batch of commands will read and lock, by the fields that the commands declare."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from loopbook.book.commands.command import Command
from loopbook.tables import names_in


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch of commands will touch, as far as the commands themselves name it."""

    keys: tuple[str, ...]
    lots: tuple[str, ...]
    materials: frozenset[str]
    reverses: tuple[str, ...]
    states_nouns: bool


def wanted(batch: Sequence[Command]) -> Wanted:
    """What a batch will touch; lots sorted.

    >>> from datetime import UTC, datetime
    >>> from loopbook.book.commands.keeping.hold import Hold
    >>> hold = Hold(key="1", actor="amy", occurred_at=datetime.now(UTC), lot="B", reason="wet")
    >>> wanted([hold]).lots
    ('B',)
    """
    names: dict[str, set[str]] = defaultdict(set)
    for command in batch:
        for role, name in names_in(type(command), command):
            names[role].add(name)
    return Wanted(
        keys=tuple(command.key for command in batch),
        lots=tuple(sorted(names["lot"] | names["new lot"])),
        materials=frozenset(names["material"]),
        reverses=tuple(sorted(names["event"])),
        states_nouns=bool(names["noun"]),
    )
