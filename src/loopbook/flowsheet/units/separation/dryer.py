"""Drying."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Bound, Shares, Streams, Unit, split
from loopbook.tables import Array


class Dryer(Unit):
    """Evaporation: ``vapour = to_vapour * feed`` per component."""

    outs = ("dry", "vapour")
    reacts = False

    to_vapour: Annotated[Shares, "share that leaves as vapour"]

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split off the vapour."""
        vapour, rest = split(ins[0], p.to_vapour)
        return rest, vapour
