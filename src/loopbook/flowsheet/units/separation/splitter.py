"""Splitting."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Separator, Share


class Splitter(Separator):
    """One composition into two streams: ``first = share * feed``; a purge, a bleed, a recycle."""

    outs = ("first", "rest")

    share: Annotated[Share, "share of every component that goes first"]
