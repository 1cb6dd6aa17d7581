"""Screening."""

from typing import Annotated

from loopbook.flowsheet.units.parameters import Bound, Shares
from loopbook.flowsheet.units.unit import Streams, Unit, split
from loopbook.tables import Array


class Sieve(Unit):
    """Screening: ``undersize = to_undersize * feed`` per component; black mass is undersize."""

    outs = ("undersize", "oversize")

    to_undersize: Annotated[Shares, "transfer coefficient to the undersize"]

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Screen."""
        return split(ins[0], p.to_undersize)
