"""What a batch of commands will read and lock, by the fields that the commands declare."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loopbook.book.commands.command import Command
from loopbook.tables import names_in


@dataclass(slots=True)
class Needs:
    """What an attempt locks and reads; lots and loads may grow from attempt to attempt.

    `alone` is whether nobody else may post meanwhile.
    """

    keys: list[str]
    lots: set[str]
    materials: set[str]
    reverses: list[str]
    states_nouns: bool
    loads: set[tuple[str, str]] = field(default_factory=set)
    alone: bool = False


def needs_of(batch: Sequence[Command]) -> Needs:
    """What a batch will touch, as far as its commands name it.

    >>> from datetime import UTC, datetime
    >>> from loopbook.book.commands.keeping.hold import Hold
    >>> hold = Hold(key="1", actor="amy", occurred_at=datetime.now(UTC), lot="B", reason="wet")
    >>> needs_of([hold]).lots
    {'B'}
    """
    names: dict[str, set[str]] = defaultdict(set)
    for command in batch:
        for role, name in names_in(type(command), command):
            names[role].add(name)
    return Needs(
        [command.key for command in batch],
        names["lot"] | names["new lot"],
        names["material"],
        sorted(names["event"]),
        bool(names["noun"]),
    )


class More(Exception):
    """Another client holds what planning turned out to need: begin again, and wait for it."""

    def __init__(self, *, lots: Iterable[str] = (), loads: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__()
        self.lots = frozenset(lots)
        self.loads = frozenset(loads)
