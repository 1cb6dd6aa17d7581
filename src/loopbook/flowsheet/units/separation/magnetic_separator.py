"""Magnetic separation."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Separator, Shares


class MagneticSeparator(Separator):
    """Magnet: ``magnetic = to_magnetic * feed`` per component."""

    outs = ("magnetic", "rest")

    to_magnetic: Annotated[Shares, "transfer coefficient to the magnetic fraction"]
