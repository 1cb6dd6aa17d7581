"""Air classification."""

from typing import Annotated

from loopbook.flowsheet.units.parameters import Bound, Shares
from loopbook.flowsheet.units.unit import Streams, Unit, split
from loopbook.tables import Array


class AirClassifier(Unit):
    """Air classification: ``heavy = to_heavy * feed`` per component; copper from aluminium foil."""

    outs = ("heavy", "light")

    to_heavy: Annotated[Shares, "transfer coefficient to the heavy fraction"]

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split into heavy and light."""
        return split(ins[0], p.to_heavy)
