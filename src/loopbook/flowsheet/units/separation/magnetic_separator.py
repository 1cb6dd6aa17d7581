"""Magnetic separation."""

from typing import Annotated

from loopbook.flowsheet.units.parameters import Bound, Shares
from loopbook.flowsheet.units.unit import Streams, Unit, split
from loopbook.tables import Array


class MagneticSeparator(Unit):
    """Magnet: ``magnetic = to_magnetic * feed`` per component."""

    outs = ("magnetic", "rest")

    to_magnetic: Annotated[Shares, "transfer coefficient to the magnetic fraction"]

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split off the magnetic fraction."""
        return split(ins[0], p.to_magnetic)
