"""A buyer that needs goods and keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.goods.exchange import Goods, Needs, Now, Outcome
from loopbook.loop.models.model import Rates, SiteModel
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Demand(SiteModel):
    """Needs `needs` of each material, and makes nothing."""

    model = "demand"
    makes_goods = False

    needs_: Annotated[Rates, "what it needs of a material"] = field(default_factory=dict)

    def needs(self, orders: Mapping[str, Array], now: Now) -> Needs:
        """Its rates over the months in operation."""
        return Needs({name: now.amount(rate, name) for name, rate in self.needs_.items()})

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """Nothing: it keeps what arrives."""
        return Outcome()
