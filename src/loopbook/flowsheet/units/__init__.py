"""Unit operations, each in a file of its own; `KINDS` lists ours."""

from collections.abc import Mapping

from loopbook.flowsheet.units import reaction, separation
from loopbook.flowsheet.units.unit import Unit
from loopbook.tables import installed_kinds

GROUP = "loopbook.units"
"""Entry point group under which installed packages register unit operations."""

KINDS: Mapping[str, type[Unit]] = {unit.kind: unit for unit in (*separation.KINDS, *reaction.KINDS)}
"""Our unit operations by kind."""


def known_kinds() -> dict[str, type[Unit]]:
    """Our unit operations and those of installed packages, by kind."""
    return {**KINDS, **{unit.kind: unit for unit in installed_kinds(GROUP, Unit)}}
