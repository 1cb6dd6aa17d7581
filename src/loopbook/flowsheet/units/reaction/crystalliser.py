"""Crystallisation."""

from collections.abc import Mapping
from typing import Annotated

from loopbook.errors import Findings
from loopbook.flowsheet.units.reaction.reactor import Reactor
from loopbook.flowsheet.units.unit import Bound, Flags, Share, Streams
from loopbook.tables import Array


class Crystalliser(Reactor):
    """Crystallisation: ``vapour = evaporation * water``, salts to crystals by reaction."""

    outs = ("out", "vent", "vapour")
    optional = ("recycle", "vent", "vapour")

    evaporation: Annotated[Share, "share of the water that is evaporated"] = 0.0

    def check_effect(self, p: Bound, coming: Mapping[str, Flags], findings: Findings) -> None:
        """Evaporation needs water and an outlet; the outlet needs evaporation."""
        super().check_effect(p, coming, findings)
        inside = self.may_hold(p, coming["feed"] | coming["recycle"])
        evaporates, connected = bool(p.evaporation.any()), "vapour" in p.connected
        if evaporates and not connected:
            findings.note(
                "no-effect",
                "an outlet for the vapour",
                "none",
                at="evaporation",
                hint="connect the outlet vapour, or leave evaporation out",
            )
        if evaporates and not (inside & p.basis.water).any():
            findings.note(
                "no-effect",
                "water to evaporate",
                "none",
                at="evaporation",
                hint="water is a component of formula H2O and phase liquid",
            )
        if connected and not evaporates:
            findings.note(
                "no-effect",
                "an evaporation above 0",
                "0",
                at="vapour",
                hint="give evaporation, or leave the outlet vapour open",
            )

    def has_own_law(self, p: Bound) -> bool:
        """Evaporation acts without reactions."""
        return "vapour" in p.connected

    def run(self, p: Bound, *ins: Array) -> Streams:
        """React, then evaporate where a vapour port is connected."""
        out, vent, supply = super().run(p, *ins)
        if "vapour" not in p.connected or out is None:
            return out, vent, None, supply
        vapour = out * (p.basis.water[:, None] * p.evaporation)
        return out - vapour, vent, vapour, supply
