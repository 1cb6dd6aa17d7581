"""A source of goods: what it makes, or what is ordered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from loopbook.loop.goods.exchange import Goods, Now, Outcome
from loopbook.loop.models.model import Rates, SiteModel
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Supply(SiteModel):
    """Makes `makes` of each material; of a material without a rate what is ordered."""

    model = "supply"
    takes_goods = False

    makes: Annotated[Rates, "what it makes of a material"] = field(default_factory=dict)

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """Its rates over the months in operation, by the composition of the material."""
        made = {
            material: now.basis.stream(material, now.amount(rate, material))
            for material, rate in self.makes.items()
        }
        return Outcome(made=made, drawn=sum(made.values(), now.basis.zeros()), to_order=True)
