"""Heat treatment."""

from typing import Annotated, ClassVar

from loopbook.flowsheet.units.reaction.reactor import Reactor
from loopbook.flowsheet.units.unit import Bound, Shares, Streams
from loopbook.tables import Array


class HeatTreatment(Reactor):
    """Furnace: reactions (combustion, decomposition), gases to ``gas``, a share of solids to dust.

    ``gas = all gaseous components + dust * solids``; doses bring the air.
    """

    outs: ClassVar[tuple[str, ...]] = ("solids", "gas")
    optional = ("recycle",)

    dust: Annotated[Shares, "share carried away with the gas"] = 0.0

    def has_own_law(self, p: Bound) -> bool:
        """Gases and dust leave without reactions."""
        return True

    def run(self, p: Bound, *ins: Array) -> Streams:
        """React, then part gas from solids."""
        x, supply = self.contents(p, *ins)
        gas = x * p.dust
        gas[p.gas] = x[p.gas]
        return x - gas, gas, supply
