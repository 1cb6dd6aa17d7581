"""Eddy-current separation."""

from typing import Annotated

from loopbook.flowsheet.units.parameters import Bound, Shares
from loopbook.flowsheet.units.unit import Streams, Unit, split
from loopbook.tables import Array


class EddyCurrentSeparator(Unit):
    """Eddy-current separator: ``metal = to_metal * feed`` per component."""

    outs = ("metal", "rest")

    to_metal: Annotated[Shares, "transfer coefficient to the metal fraction"]

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split off the metal fraction."""
        return split(ins[0], p.to_metal)
