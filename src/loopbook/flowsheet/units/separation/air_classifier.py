"""Air classification."""

from typing import Annotated

from loopbook.flowsheet.units.unit import Separator, Shares


class AirClassifier(Separator):
    """Air classification: ``heavy = to_heavy * feed`` per component; copper from aluminium foil."""

    outs = ("heavy", "light")

    to_heavy: Annotated[Shares, "transfer coefficient to the heavy fraction"]
