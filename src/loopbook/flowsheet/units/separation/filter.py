"""Filtration."""

from typing import Annotated

import numpy as np

from loopbook.flowsheet.units.unit import BindContext, Bound, Share, Streams, Unit, split
from loopbook.tables import Array


class Filter(Unit):
    """Solid-liquid separation with an optional displacement wash.

    ``cake = solids_to_cake * solids + liquid_to_cake * (1 - wash_efficiency) * dissolved``; the
    water that fills the cake's pores is ``liquid_to_cake * water`` with or without wash. Wash
    water joins the filtrate. Everything that is not a solid counts as liquid.
    """

    ins = ("slurry", "wash")
    outs = ("filtrate", "cake")
    optional = ("wash",)

    solids_to_cake: Annotated[Share, "share of each solid that stays in the cake"] = 0.99
    liquid_to_cake: Annotated[Share, "share of the liquor that the cake holds"] = 0.03
    wash_efficiency: Annotated[Share, "share of the held solutes that the wash displaces"] = 0.0

    def bind(self, context: BindContext) -> Bound:
        """Precompute each component's share to the cake."""
        p = super().bind(context)
        solid = np.array([ph == "solid" for ph in context.basis.phases])[:, None]
        water = np.array([name == "water" for name in context.basis.names])[:, None]
        held = np.asarray(p.liquid_to_cake)[None, :]
        washed = held * (1.0 - p.wash_efficiency) if "wash" in context.connected else held
        p.to_cake = np.where(solid, p.solids_to_cake[None, :], np.where(water, held, washed))
        return p

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Filter, then wash."""
        cake, filtrate = split(ins[0], p.to_cake)
        if "wash" in p.connected:
            filtrate = filtrate + ins[1]
        return filtrate, cake
