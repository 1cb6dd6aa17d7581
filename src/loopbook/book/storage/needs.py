"""What a batch of commands will read and lock, by the fields that the commands declare."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from loopbook.book.commands.command import Command
from loopbook.tables import names_in

MadeRow: TypeAlias = tuple[str, str, int, int, bool]
"""A making of a lot: lot, material, date, how often it was made before, whether it was reversed."""
HeldRow: TypeAlias = tuple[str, int, str, str, int, *tuple[int, ...]]
"""An account of a lot: lot, number, party, site, date of its last posting, content."""


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


@dataclass(frozen=True, slots=True)
class Seen:
    """Rows of a batch's lots and keys that a store has already read and locked.

    Parameters
    ----------
    lots : names of lots, also of those that do not exist.
    made : their makings, in their order.
    held : accounts of the lots.
    holds : lots that ever were on hold.
    absent : keys that no event has.
    """

    lots: Sequence[str]
    made: Sequence[MadeRow]
    held: Sequence[HeldRow]
    holds: Container[str]
    absent: Iterable[str]


class More(Exception):
    """Another client holds what planning turned out to need: begin again, and wait for it.

    `alone` is whether that is the whole book.
    """

    def __init__(
        self,
        *,
        lots: Iterable[str] = (),
        loads: Iterable[tuple[str, str]] = (),
        alone: bool = False,
    ) -> None:
        super().__init__()
        self.lots = frozenset(lots)
        self.loads = frozenset(loads)
        self.alone = alone
