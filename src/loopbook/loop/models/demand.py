"""A buyer that needs goods and keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.goods.exchange import Needs, Now
from loopbook.loop.models.model import Rates
from loopbook.loop.models.sink import Sink
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Demand(Sink):
    """Needs `needs` of each material, and makes nothing."""

    model = "demand"

    needs_: Annotated[Rates, "what it needs of a material"] = field(default_factory=dict)

    def needs(self, orders: Mapping[str, Array], now: Now) -> Needs:
        """Its rates over the months in operation."""
        return Needs({name: now.amount(rate, name) for name, rate in self.needs_.items()})
