"""Mixing."""

from loopbook.flowsheet.units.unit import Bound, Streams, Unit
from loopbook.tables import Array


class Mixer(Unit):
    """Several streams into one: ``out = sum(feed)``. Connect a list of streams to ``feed``."""

    reacts = False

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Pass the summed inlet on."""
        return (ins[0],)
