"""Eddy-current separation."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Separator, Shares


class EddyCurrentSeparator(Separator):
    """Eddy-current separator: ``metal = to_metal * feed`` per component."""

    outs = ("metal", "rest")

    to_metal: Annotated[Shares, "transfer coefficient to the metal fraction"]
