"""Size reduction."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Bound, Shares, Streams, Unit, split
from loopbook.tables import Array


class Shredder(Unit):
    """Size reduction: ``dust = dust_loss * feed``, the rest is shredded and unchanged."""

    outs = ("shredded", "dust")
    optional = ("dust",)

    dust_loss: Annotated[Shares, "share lost as dust"] = 0.0

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Shred; without a dust outlet all of the feed is shredded."""
        if "dust" not in p.connected:
            return ins[0], None
        dust, rest = split(ins[0], p.dust_loss)
        return rest, dust
