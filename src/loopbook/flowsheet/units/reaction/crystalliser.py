"""Crystallisation."""

from typing import Annotated

import numpy as np

from loopbook.flowsheet.units.reaction.reactor import Reactor
from loopbook.flowsheet.units.unit import Bound, Share, Streams
from loopbook.tables import Array


class Crystalliser(Reactor):
    """Crystallisation: ``vapour = evaporation * water``, salts to crystals by reaction."""

    outs = ("out", "vent", "vapour")
    optional = ("recycle", "vent", "vapour")

    evaporation: Annotated[Share, "share of the water that is evaporated"] = 0.0

    def run(self, p: Bound, *ins: Array) -> Streams:
        """React, then evaporate where a vapour port is connected."""
        out, vent, supply = super().run(p, *ins)
        if "vapour" not in p.connected or out is None:
            return out, vent, None, supply
        vapour = np.zeros_like(out)
        for i, name in enumerate(p.basis.names):
            if name == "water":
                vapour[i] = p.evaporation * out[i]
        return out - vapour, vent, vapour, supply
