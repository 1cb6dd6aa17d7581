"""Splitting."""

from typing import Annotated

from loopbook.flowsheet.units.parameters import Bound, Share
from loopbook.flowsheet.units.unit import Streams, Unit, split
from loopbook.tables import Array


class Splitter(Unit):
    """One composition into two streams: ``first = share * feed``; a purge, a bleed, a recycle."""

    outs = ("first", "rest")

    share: Annotated[Share, "share of every component that goes first"]

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Split by the one share."""
        return split(ins[0], p.share)
