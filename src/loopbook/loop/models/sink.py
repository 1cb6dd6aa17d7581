"""A place that takes goods and makes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass

from loopbook.loop.goods.exchange import Goods, Now, Outcome
from loopbook.loop.models.model import SiteModel
from loopbook.tables import Array


@dataclass(frozen=True, kw_only=True)
class Sink(SiteModel):
    """Takes what arrives, up to its capacity."""

    model = "sink"
    makes_goods = False

    def run(self, feed: Goods, orders: Mapping[str, Array], now: Now) -> Outcome:
        """Nothing: it keeps what arrives."""
        return Outcome()
