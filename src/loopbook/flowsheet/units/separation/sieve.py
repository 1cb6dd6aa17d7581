"""Screening."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Separator, Shares


class Sieve(Separator):
    """Screening: ``undersize = to_undersize * feed`` per component; black mass is undersize."""

    outs = ("undersize", "oversize")

    to_undersize: Annotated[Shares, "transfer coefficient to the undersize"]
