"""Filtration."""

from collections.abc import Mapping
from typing import Annotated

import numpy as np

from loopbook.errors import Findings
from loopbook.flowsheet.units.unit import BindContext, Bound, Flags, Share, Streams, Unit, split
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
    reacts = False

    solids_to_cake: Annotated[Share, "share of each solid that stays in the cake"] = 0.99
    liquid_to_cake: Annotated[Share, "share of the liquor that the cake holds"] = 0.03
    wash_efficiency: Annotated[Share, "share of the held solutes that the wash displaces"] = 0.0

    def bind(self, context: BindContext) -> Bound:
        """Precompute each component's share to the cake."""
        p = super().bind(context)
        solid = np.array([ph == "solid" for ph in context.basis.phases])[:, None]
        water = context.basis.water[:, None]
        held = np.asarray(p.liquid_to_cake)[None, :]
        washed = held * (1.0 - p.wash_efficiency) if "wash" in context.connected else held
        p.to_cake = np.where(solid, p.solids_to_cake[None, :], np.where(water, held, washed))
        return p

    def check_effect(self, p: Bound, coming: Mapping[str, Flags], findings: Findings) -> None:
        """A wash needs an efficiency and solutes in the cake; an efficiency needs a wash."""
        super().check_effect(p, coming, findings)
        solid = np.array([ph == "solid" for ph in p.basis.phases])
        slurry = coming["slurry"]
        if slurry.any() and not (slurry & solid).any():
            findings.note(
                "no-effect",
                "a solid",
                "none",
                at="slurry",
                hint="give the components that the filter holds back the phase solid",
            )
        washed, efficient = "wash" in p.connected, bool(p.wash_efficiency.any())
        if efficient and not washed:
            findings.note(
                "no-effect",
                "a wash",
                "none",
                at="wash_efficiency",
                hint="connect the inlet wash, or leave wash_efficiency out",
            )
        if washed and not efficient:
            findings.note(
                "no-effect",
                "a wash_efficiency above 0",
                "0",
                at="wash",
                hint="give wash_efficiency, or leave the inlet wash open",
            )
        elif washed and not p.liquid_to_cake.any():
            findings.note(
                "no-effect",
                "a liquid_to_cake above 0",
                "0",
                at="wash",
                hint="a cake without liquor has nothing to wash; give liquid_to_cake",
            )
        elif washed and slurry.any() and not (slurry & ~solid & ~p.basis.water).any():
            findings.note(
                "no-effect",
                "a solute to wash out",
                "none",
                at="wash",
                hint="give the solutes the phase aqueous",
            )

    def run(self, p: Bound, *ins: Array) -> Streams:
        """Filter, then wash."""
        cake, filtrate = split(ins[0], p.to_cake)
        if "wash" in p.connected:
            filtrate = filtrate + ins[1]
        return filtrate, cake
