"""What a batch of commands will read and lock, as far as the commands themselves say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from loopbook.book.commands import records as c


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a batch of commands will touch, as far as the commands themselves tell."""

    keys: tuple[str, ...]
    lots: tuple[str, ...]
    materials: frozenset[str]
    reverses: tuple[str, ...]
    states_nouns: bool


_STATING = (
    c.RegisterParty,
    c.RegisterSite,
    c.RegisterMaterial,
    c.AddSubstance,
    c.OpenPeriod,
    c.ClosePeriod,
)


def wanted(batch: Sequence[c.Command]) -> Wanted:
    """What a batch will touch; lots sorted.

    >>> from datetime import UTC, datetime
    >>> hold = c.Hold(key="1", actor="amy", occurred_at=datetime.now(UTC), lot="B", reason="wet")
    >>> wanted([hold]).lots
    ('B',)
    """
    lots: set[str] = set()
    materials: set[str] = set()
    for command in batch:
        for name in ("lot", "sample"):
            value = getattr(command, name, "")
            if value:
                lots.add(value)
        for name in ("inputs_kg", "parts_kg"):
            lots.update(getattr(command, name, ()))
        for output in getattr(command, "outputs", ()):
            lots.add(output.lot)
            materials.add(output.material)
        materials.add(getattr(command, "material", ""))
    return Wanted(
        keys=tuple(command.key for command in batch),
        lots=tuple(sorted(lots)),
        materials=frozenset(materials - {""}),
        reverses=tuple(x.event for x in batch if isinstance(x, c.Reverse)),
        states_nouns=any(isinstance(x, _STATING) for x in batch),
    )
